"""Identifiers that can exist, and near misses that cannot."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyx12.codes import ExternalCodes

from bot.claims import identifiers
from fixtures.people import PRACTICE, PRACTITIONERS, with_check_digit


@pytest.mark.parametrize("npi", ["1234567893", "1245319599", PRACTICE.npi, *(one.npi for one in PRACTITIONERS)])
def test_npi(npi: str) -> None:
    assert identifiers.is_npi(npi)
    for position in range(10):
        wrong = npi[:position] + str((int(npi[position]) + 1) % 10) + npi[position + 1 :]
        assert not identifiers.is_npi(wrong)


@pytest.mark.parametrize(
    "text", ["", "1234567890", "123456789", "12345678933", "3234567893", "123456789X", "１２３４５６７８９３"]
)
def test_not_an_npi(text: str) -> None:
    assert not identifiers.is_npi(text)


@given(st.from_regex(r"[12][0-9]{8}", fullmatch=True))
def test_every_npi_with_its_check_digit(nine: str) -> None:
    assert identifiers.is_npi(with_check_digit(nine))


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (identifiers.is_tin, ["990000017"], ["", "99000001", "99-0000017", "000000000"]),
        (identifiers.is_taxonomy, ["207Q00000X", "363LF0000X"], ["", "207Q00000Y", "207q00000X", "207Q0000X"]),
        (identifiers.is_clia, ["24D0000001"], ["", "24D000001", "24X0000001", "D240000001"]),
        (identifiers.is_mbi, ["1EG4TE5MK73"], ["", "1EG4TE5MK7", "0EG4TE5MK73", "1SG4TE5MK73", "1EG4-TE5-MK73"]),
        (
            identifiers.is_procedure,
            ["99213", "0509T", "G0506", "J3301"],
            ["", "9921", "992134", "g0506", "GG506", "9921-"],
        ),
        (identifiers.is_modifier, ["25", "GT", "Q6"], ["", "2", "255", "gt", "2 "]),
        (identifiers.is_zip, ["55001", "550010001"], ["", "5500", "550010", "55001-0001"]),
        (identifiers.is_state, ["MN", "DC", "PR", "AE"], ["", "mn", "XX", "Minnesota"]),
        (identifiers.is_place_of_service, ["11", "12", "02", "99"], ["", "2", "00", "28", "100"]),
        (identifiers.is_ndc, ["00004196501"], ["", "0000419650", "00004-1965-01"]),
        (
            identifiers.is_icd10cm,
            ["E119", "E11.9", "QA0", "S39012A", "U071"],
            ["", "E1", "119", "e119", "C00-C96", "E11.", "S390122AA"],
        ),
        (
            identifiers.is_billable,
            ["E119", "E11.9", "I10", "M5450", "S39012A"],
            ["E11", "M545", "M54.5", "QA0", "C00-C96", "Z9999", "E119 "],
        ),
    ],
)
def test_forms(check: object, good: list[str], bad: list[str]) -> None:
    assert callable(check)
    assert [text for text in good if not check(text)] == []
    assert [text for text in bad if check(text)] == []


def test_places_of_service_are_those_of_the_code_set() -> None:
    known = ExternalCodes()
    assert len(identifiers.PLACES_OF_SERVICE) == 52
    for number in range(100):
        code = f"{number:02d}"
        assert known.isValid("pos", code) == identifiers.is_place_of_service(code)


def test_the_diagnosis_codes_are_not_loaded_before_they_are_needed() -> None:
    program = "import sys, bot.claims.files, bot.claims.edits.engine; print('simple_icd_10_cm' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert out.stdout.strip() == "False"

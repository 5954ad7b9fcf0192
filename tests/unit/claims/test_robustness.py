"""No file, however broken, ends in a crash, in silence, or in a patient's data in a message."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.claims.files import open_file
from bot.claims.model import Claim, Severity
from fixtures.claims.generate import claims
from fixtures.claims.writers import write_837, write_csv, write_json
from tests.unit.claims.builders import put

_WRITERS: dict[str, Callable[[list[Claim], Path], None]] = {"837": write_837, "csv": write_csv, "json": write_json}


def _bytes_of(kind: str, some: list[Claim]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        _WRITERS[kind](some, path)
        return path.read_bytes()


WHOLE = {kind: _bytes_of(kind, claims("northstar", 3)) for kind in _WRITERS}
_SETTINGS = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _read(data: bytes) -> str:
    """Read the file to the end; every claim is whole or says why not. All that was said about it comes back."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        file = open_file(path)
        found = list(file)
    for item in found:
        blocked = any(problem.severity is Severity.BLOCK for problem in item.problems)
        assert (item.claim is None) == blocked
    assert found or any(problem.severity is Severity.BLOCK for problem in file.problems)
    return "".join(
        problem.model_dump_json()
        for problem in (*file.problems, *(problem for item in found for problem in item.problems))
    )


@_SETTINGS
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    _read(data)


@_SETTINGS
@given(
    st.sampled_from([b"ISA*", b"[", b'{"claims": [', b"account,code,charge,service_from\n"]),
    st.binary(max_size=400),
)
def test_any_bytes_after_a_known_beginning(head: bytes, data: bytes) -> None:
    _read(head + data)


@_SETTINGS
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_good_file_damaged_anywhere(kind: str, data: st.DataObject) -> None:
    whole = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        length = data.draw(st.integers(0, 40))
        whole[at : at + length] = data.draw(
            st.binary(max_size=20) | st.sampled_from([b"*", b"~", b":", b'"', b",", b"\n"])
        )
    _read(bytes(whole))


@_SETTINGS
@given(st.sampled_from(["837", "json"]), st.data())
def test_a_file_cut_anywhere_never_passes_for_whole(kind: str, data: st.DataObject) -> None:
    # What comes after the last bracket, or after the name of the end mark, carries nothing.
    end = WHOLE[kind].rindex(b"IEA" if kind == "837" else b"}")
    said = _read(WHOLE[kind][: data.draw(st.integers(0, end))])
    assert '"block"' in said


@pytest.mark.parametrize("rows", range(1, 4))
def test_a_csv_cut_within_a_row(rows: int) -> None:
    lines = WHOLE["csv"].splitlines(keepends=True)[: rows + 1]
    assert '"block"' in _read(b"".join(lines)[:-30])


CANARIES = {
    "subscriber.last": "ZZLASTNAME",
    "subscriber.first": "ZZFIRSTNAME",
    "subscriber.member_id": "ZZMEMBER777",
    "subscriber.address.street": "ZZ77 STREET",
    "diagnoses": ("E1177ZZ", "I1077ZZ"),
    "note": "ZZNOTE",
}
_DAMAGE = (b"*", b"~", b":", b'"', b",", b"\n", b"\xff", b"{", b"0", b"")


@_SETTINGS
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_no_message_repeats_what_a_patient_is_known_by(kind: str, data: st.DataObject) -> None:
    some = claims("northstar", 2)
    for path, value in CANARIES.items():
        some = [put(claim, path, value) for claim in some]
    whole = bytearray(_bytes_of(kind, some))
    # Beyond the headings: what stands there is not about anybody.
    first = 0 if kind != "csv" else whole.index(b"\n") + 1
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(first, len(whole)))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.sampled_from(_DAMAGE))
    said = _read(bytes(whole))
    for value in ("ZZ", "LASTNAME", "FIRSTNAME", "MEMBER777", "STREET", str(some[0].subscriber.birth_date)):
        assert value not in said


@pytest.mark.parametrize("value", [None, 7, "ZZ77", [], {}, True, 1e400, "NaN"])
@pytest.mark.parametrize(
    "field", ["account", "charge", "subscriber", "lines", "diagnoses", "frequency", "onset_on", "ZZ77"]
)
def test_any_json_value_anywhere(field: str, value: object) -> None:
    claim = json.loads(WHOLE["json"])["claims"][0]
    claim[field] = value
    said = _read(json.dumps([claim]).encode())
    assert "ZZ77" not in said or (field, value) == ("account", "ZZ77")
    if field == "account" and value == "ZZ77":
        assert said == ""


def test_a_very_deep_document() -> None:
    assert "block" in _read(b"[" * 100_000)
    assert "block" in _read(b'[{"a":' * 900 + b"1" + b"}]" * 900)


def test_a_file_without_terminators_does_not_fill_the_memory() -> None:
    head = WHOLE["837"][:106]
    assert "no end" in _read(head + b"X" * 3_000_000)

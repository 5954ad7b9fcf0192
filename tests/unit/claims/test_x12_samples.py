"""The public sample files that lie beside the project, where they do: read as their own count says."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from bot.claims.files import Kind, open_file
from bot.claims.model import Severity

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
MANIFEST = SAMPLES / "manifest.csv"

ROWS: list[dict[str, str]] = []
if MANIFEST.exists():
    with MANIFEST.open(newline="") as _file:
        ROWS = list(csv.DictReader(_file))

#: What each foreign sample must be called.
WORDS = {
    "276": "claim status request (276)",
    "277": "claim status response (277)",
    "835": "remittance advice (835)",
    "X096": "institutional claim file (837I)",
    "X223": "institutional claim file (837I)",
    "X224": "dental claim file (837D)",
}

pytestmark = pytest.mark.skipif(not ROWS, reason="no public sample files beside the project (../shared/samples)")


def _of(folder: str) -> list[dict[str, str]]:
    return [row for row in ROWS if row["file"].startswith(folder)]


def test_the_samples_are_those_that_were_counted() -> None:
    assert len(_of("837p/")) == 25
    assert sum(row["gs08"].startswith("004010") for row in _of("837p/")) == 6


@pytest.mark.parametrize("row", _of("837p/"), ids=lambda row: Path(row["file"]).name)
def test_professional_claims(row: dict[str, str]) -> None:
    file = open_file(SAMPLES / row["file"])
    found = list(file)
    assert file.kind is Kind.X12
    assert file.claims == len(found) == int(row["claims"])
    assert file.lines == int(row["lines_sv1"])
    assert file.charge == Decimal(row["total_charge_clm02"])
    assert not [problem for problem in file.problems if problem.severity is Severity.BLOCK]
    for item in found:
        if row["gs08"].startswith("004010"):
            assert [problem.rule for problem in item.problems] == ["version"]
            assert "version 4010" in item.problems[0].message
        assert (item.claim is None) == bool(item.problems)


@pytest.mark.parametrize("row", [row for row in _of("837p/") if row["gs08"].startswith("005010")],
                         ids=lambda row: Path(row["file"]).name)  # fmt: skip
def test_professional_claims_are_understood(row: dict[str, str], tmp_path: Path) -> None:
    """All of them predate ICD-10. With their diagnoses relabelled every claim is built, line for line."""
    path = tmp_path / "relabelled.837"
    text = (SAMPLES / row["file"]).read_text()
    for mark in ":<>":
        for old, new in (("*BK", "*ABK"), ("*BF", "*ABF")):
            text = text.replace(old + mark, new + mark)
    path.write_text(text)
    found = list(open_file(path))
    assert [item.problems for item in found] == [()] * int(row["claims"])
    claims = [item.claim for item in found if item.claim is not None]
    assert sum(len(claim.lines) for claim in claims) == int(row["lines_sv1"])
    assert sum(line.charge for claim in claims for line in claim.lines) == Decimal(row["sum_sv102"])
    assert all(claim.diagnoses and claim.subscriber.member_id and claim.billing.npi for claim in claims)


@pytest.mark.parametrize("row", _of("other/"), ids=lambda row: Path(row["file"]).name)
def test_other_files_are_refused_by_what_they_are(row: dict[str, str]) -> None:
    file = open_file(SAMPLES / row["file"])
    assert list(file) == []
    assert (file.claims, file.lines, file.charge) == (0, 0, Decimal(0))
    (problem,) = file.problems
    assert problem.severity is Severity.BLOCK
    assert WORDS[row["set"] if row["set"] != "837" else row["gs08"][6:10]] in problem.message

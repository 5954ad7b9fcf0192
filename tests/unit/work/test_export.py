"""Spreadsheets: no text becomes a formula, amounts and dates are such, and nothing names a patient."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.claims.vocabulary import State
from bot.ledger import views
from bot.work.export import COLUMNS, to_csv, to_xlsx
from tests.unit.ledger.books import CLAIMS, NOON, Books

_SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def row(books: Books) -> dict[str, Any]:
    """A claim as the ledger has it."""
    claim_id = books.one(State.ACCEPTED)
    books.put(
        claim_id, State.ACCEPTED, control_number="00202618200000001", paid=Decimal("-15.00"), accepted_at=NOON
    )  # fmt: skip
    return dict(books.row(claim_id))


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def cells(content: bytes, sheet: str = "sheet1") -> dict[str, tuple[str | None, str]]:
    """A sheet's cells: type and text by place."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        shared = (
            [
                "".join(part.itertext())
                for part in ElementTree.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{_SPACE}si")
            ]
            if "xl/sharedStrings.xml" in book.namelist()
            else []
        )
        tree = ElementTree.fromstring(book.read(f"xl/worksheets/{sheet}.xml"))
    found = {}
    for cell in tree.iter(f"{_SPACE}c"):
        text = "".join(cell.itertext())
        kind = cell.get("t")
        found[str(cell.get("r"))] = (kind, shared[int(text)] if kind == "s" else text)
    return found


EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("text", EVIL)
def test_no_text_is_a_formula(row: dict[str, Any], text: str) -> None:
    """Accounts and reasons come from files and portals."""
    evil = {**row, "account": text, "reason": text, "payer_reasons": [text]}
    [told] = read(to_csv([evil]))
    for name in ("account", "reason", "payer_reasons"):
        assert told[name] == "'" + text
    with zipfile.ZipFile(io.BytesIO(to_xlsx([evil]))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert cells(to_xlsx([evil]))["B2"][0] in ("s", "inlineStr")


def test_harmless_text_and_amounts_stay_as_they_are(row: dict[str, Any]) -> None:
    [told] = read(to_csv([row]))
    assert list(told) == list(COLUMNS)
    assert (told["account"], told["paid"], told["charge"]) == (row["account"], "-15.00", str(row["charge"]))
    assert (told["control_number"], told["service_from"]) == ("00202618200000001", str(row["service_from"]))
    assert told["accepted_at"] == NOON.astimezone().strftime("%Y-%m-%d %H:%M")


def test_a_workbook_has_numbers_dates_and_whole_claim_numbers(row: dict[str, Any]) -> None:
    content = to_xlsx([row])
    found = cells(content)
    place = {name: f"{_letter(at)}2" for at, name in enumerate(COLUMNS)}
    assert found[place["control_number"]] == ("inlineStr", "00202618200000001")
    assert found[place["paid"]] == (None, "-15.00")
    day, epoch = row["service_from"], datetime(1899, 12, 30, tzinfo=UTC).date()
    assert found[place["service_from"]] == (None, str((day - epoch).days))
    assert place["deadline"] in found
    assert place["due_at"] not in found  # nothing is nothing, not an empty text
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    assert "<autoFilter" in sheet
    assert cells(content, "sheet2")["B1"][1] == COLUMNS["id"]


def _letter(at: int) -> str:
    return chr(65 + at) if at < 26 else "A" + chr(65 + at - 26)


def test_nothing_of_it_names_a_patient(books: Books) -> None:
    books.queue(*CLAIMS)
    rows = views.claim_rows(books.ledger)
    text = to_csv(rows).decode() + " ".join(text for _, text in cells(to_xlsx(rows)).values())
    for claim in CLAIMS:
        person = claim.subscriber
        for secret in (person.last, person.member_id, str(person.birth_date), *claim.diagnoses):
            assert secret not in text
        assert claim.account in text


def test_of_no_claims_there_is_a_header(books: Books) -> None:
    assert to_csv([]).decode("utf-8-sig").strip() == ",".join(COLUMNS)
    assert cells(to_xlsx([]))["A1"][1] == "id"

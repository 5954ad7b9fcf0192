"""A file is what its content says, and a path that cannot be opened says so itself."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.claims.files import Kind, open_file
from bot.claims.model import Severity
from bot.claims.tables import csv_template
from fixtures.claims.writers import write_json
from tests.unit.claims.builders import BILLING, CLAIM, LINE, SUBSCRIBER, VISIT, x12

X12 = x12([*BILLING, *SUBSCRIBER, *CLAIM, *LINE])


@pytest.mark.parametrize("name", ["claims.837", "claims.csv", "claims.json", "claims", "claims.pdf"])
@pytest.mark.parametrize("kind", [Kind.X12, Kind.CSV, Kind.JSON])
def test_the_name_does_not_matter(tmp_path: Path, name: str, kind: Kind) -> None:
    path = tmp_path / name
    if kind is Kind.X12:
        path.write_text(X12)
    elif kind is Kind.CSV:
        path.write_text(csv_template())
    else:
        write_json([VISIT], path)
    file = open_file(path)
    assert file.kind is kind
    assert [item.claim is not None for item in file] == [True]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf \r\n", "The file is empty."),
        (b"PK\x03\x04rest", "This is an Excel workbook or a zip archive. Save the sheet as CSV."),
        (b"\xd0\xcf\x11\xe0rest", "This is an old Excel or Word file. Save the sheet as CSV."),
        (b"%PDF-1.7", "This is a PDF document, not a claim file."),
        (b"\x1f\x8b\x08", "This is a compressed file. Unpack it first."),
        (b"\x89PNG\r\n", "This is a picture, not a claim file."),
        (b"MSH|^~\\&|", "This is an HL7 message, not a claim file."),
        (b"UNB+UNOA", "This is an EDIFACT message, not a claim file."),
        (b"<?xml version='1.0'?>", "This is an XML or web page, not a claim file."),
        (
            b"GS*HC*S*R~",
            "This looks like a part of an X12 file: its beginning (ISA) is missing. Ask for the whole file.",
        ),
        (
            b"Dear Sirs,\n",
            "This is not a claim file: it is neither an 837P nor a table or JSON document of claims.",
        ),
        (
            b"date,amount\n1,2\n",
            "This is not a claim file: it is neither an 837P nor a table or JSON document of claims.",
        ),
        (
            bytes(range(256)),
            "This is not a claim file: it is neither an 837P nor a table or JSON document of claims.",
        ),
    ],
)
def test_other_files_are_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "claims.837"
    path.write_bytes(content)
    file = open_file(path)
    assert list(file) == []
    (problem,) = file.problems
    assert (file.kind, problem.severity, problem.message) == (Kind.OTHER, Severity.BLOCK, words)


def test_paths_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "missing.837")
    with pytest.raises(IsADirectoryError):
        open_file(tmp_path)


def test_reading_again_starts_again(tmp_path: Path) -> None:
    path = tmp_path / "claims.837"
    path.write_text(X12.replace("SE*20", "SE*21"))
    file = open_file(path)
    assert file.problems == ()
    for _ in range(2):
        assert len(list(file)) == 1
        assert (file.claims, file.lines, file.charge, len(file.problems)) == (1, 1, Decimal(100), 1)

"""Opens a file of claims: says what it is by its content, and hands out its claims one by one."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from bot.claims.columns import find
from bot.claims.interchange import Report, is_isa
from bot.claims.model import Found, Problem, Severity
from bot.claims.tables import decode, headings, read_csv, read_json, without_hint
from bot.claims.x12 import read_837

_HEAD = 1 << 16
#: So many known headings make a table of claims; fewer may be chance.
_ENOUGH = 3

#: How other files begin, and what they are.
_SIGNATURES = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive. Save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file. Save the sheet as CSV"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a compressed file. Unpack it first"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"II*\x00", "a picture"),
    (b"MM\x00*", "a picture"),
    (b"MSH|", "an HL7 message"),
    (b"UNA", "an EDIFACT message"),
    (b"UNB+", "an EDIFACT message"),
    (b"<", "an XML or web page"),
)


class Kind(StrEnum):
    """What a file is."""

    X12 = "X12"
    CSV = "CSV"
    JSON = "JSON"
    OTHER = "other"


class ClaimFile:
    """A file of claims. Iterating reads it; once read, the totals and `problems` are complete.

    `claims`, `lines` and `charge` count every claim found, the unreadable ones too. A claim whose `Found`
    carries a blocking problem has no `Claim`. Iterating again reads the file again. OSError is raised where
    the file cannot be read.
    """

    def __init__(self, path: Path, kind: Kind, read: Callable[[Path, Report], Iterator[Found]]) -> None:
        self.path = path
        self.kind = kind
        self._read = read
        self._problems: list[Problem] = []
        self.claims = 0
        self.lines = 0
        #: The sum of the claims' own totals, in dollars.
        self.charge = Decimal(0)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the file as a whole, as far as it has been read."""
        return tuple(self._problems)

    def __iter__(self) -> Iterator[Found]:
        self._problems.clear()
        self.claims, self.lines, self.charge = 0, 0, Decimal(0)
        for found in self._read(self.path, self._problems.append):
            self.claims += 1
            self.lines += found.lines
            self.charge += found.charge
            yield found


def open_file(path: Path) -> ClaimFile:
    """Open a claim file. What it is follows from how it begins, not from its name.

    Raises OSError when it is missing, a folder, or may not be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    text = _text(head).lstrip("\ufeff \t\r\n\x00\x1a")
    if is_isa(text):
        return ClaimFile(path, Kind.X12, read_837)
    if text[:1] in ("{", "["):
        return ClaimFile(path, Kind.JSON, read_json)
    if sum(column is not None for column in headings(without_hint(text)[0], find)[1]) >= _ENOUGH:
        return ClaimFile(path, Kind.CSV, read_csv)
    return ClaimFile(path, Kind.OTHER, _refuse(_describe(head, text)))


def _text(head: bytes) -> str:
    """The beginning as text, whatever it is; a character cut in half at its end does not matter."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "replace")
    try:
        return decode(head)
    except UnicodeDecodeError:
        return head.decode("latin-1")


def _describe(head: bytes, text: str) -> str:
    if not text:
        return "The file is empty"
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            return f"This is {what}, not a claim file" if ". " not in what else f"This is {what}"
    if text[:3] in ("GS*", "ST*", "GS|", "ST|"):
        return "This looks like a part of an X12 file: its beginning (ISA) is missing. Ask for the whole file"
    return "This is not a claim file: it is neither an 837P nor a table or JSON document of claims"


def _refuse(message: str) -> Callable[[Path, Report], Iterator[Found]]:
    def read(path: Path, report: Report) -> Iterator[Found]:
        report(Problem(severity=Severity.BLOCK, rule="file-type", message=f"{message}."))
        return iter(())

    return read

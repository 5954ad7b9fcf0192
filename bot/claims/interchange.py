"""X12 from bytes to segments: what is sent around the claims, whatever it is that they are.

pyx12 splits and counts the segments. It trusts its input more than files deserve: it stops without a word at an
empty segment, at one longer than its buffer and at a last one without terminator, keeps the separators of the
first interchange for all that follow, and knows two versions of the envelope. So the text is made regular
before pyx12 sees it, one interchange at a time, in pieces that end with a segment.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pyx12.errors import X12Error
from pyx12.x12file import X12Reader

from bot.claims.model import Problem, Severity

#: Takes what is wrong with a file as a whole.
Report = Callable[[Problem], None]

#: What may stand between segments: blanks, line ends, NUL padding and the DOS end-of-file mark. Not every
#: character Python calls white space: some of those are legal separators.
_BETWEEN = " \t\r\n\x00\x1a"
_NAME = re.compile("[A-Z][A-Z0-9]{1,2}")
_PIECE = 1 << 16
#: No real segment is a hundredth of this; a file without terminators must not fill the memory.
_LONGEST = 1 << 20
_ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)

#: pyx12's envelope findings that a biller should hear of, by its kind and code.
_ENVELOPE = {
    ("st", "3"): "The transaction trailer (SE) does not carry the number of its header (ST).",
    ("st", "4"): "The segment count in the transaction trailer (SE) is wrong.",
    ("st", "23"): "Two transactions (ST) carry the same number.",
    ("gs", "3"): "A functional group (GS) is not closed properly.",
    ("gs", "4"): "The group trailer (GE) does not carry the number of its header (GS).",
    ("gs", "5"): "The transaction count in the group trailer (GE) is wrong.",
    ("gs", "6"): "Two functional groups (GS) carry the same number.",
    ("isa", "001"): "The interchange trailer (IEA) does not carry the number of its header (ISA).",
    ("isa", "021"): "The group count in the interchange trailer (IEA) is wrong.",
    ("isa", "024"): "An interchange (ISA) is not closed properly.",
    ("order", ""): "A header or trailer (ISA, SE, GE or IEA) stands alone.",
}
#: Those of them after which something may be missing.
_GAPS = frozenset({("st", "4"), ("gs", "3"), ("gs", "5"), ("isa", "021"), ("isa", "024"), ("order", "")})


class Segment:
    """One segment: its position in the file (ISA is 1), its name and its elements, trimmed."""

    __slots__ = ("component", "elements", "garbled", "id", "number")

    def __init__(self, number: int, id: str, elements: list[str], component: str, garbled: bool) -> None:
        self.number = number
        self.id = id
        self.elements = elements
        #: The component separator of its interchange.
        self.component = component
        #: It holds a line break or bytes that are not text, or has no name: what it says cannot be trusted.
        self.garbled = garbled

    def __getitem__(self, position: int) -> str:
        """Element `position`, counted from 1 as in the implementation guide; empty when absent."""
        elements = self.elements
        return elements[position - 1] if position <= len(elements) else ""

    def parts(self, position: int) -> list[str]:
        """The components of element `position`, trimmed."""
        return [part.strip(" ") for part in self[position].split(self.component)]

    @property
    def place(self) -> str:
        """Where it stands, as problems name it."""
        return f"segment {self.number} ({self.id})"


class _Unreadable(Exception):
    """The text cannot be split into segments from here on; says why."""


class _Text:
    """A file as regular X12 text. pyx12 reads from it as from an open file."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = file.read(_PIECE)
        encoding = "utf-8-sig"
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._rest = self._decoder.decode(head)
        self._ended = not head
        #: A line break or an undecodable byte was seen inside a segment.
        self.suspect = False
        self._head = ""
        self._interchange_ended = True

    def _more(self) -> bool:
        data = self._file.read(_PIECE)
        self._ended = not data
        self._rest += self._decoder.decode(data, self._ended)
        return not self._ended

    def open_interchange(self) -> str | None:
        """Read the next ISA; return its component separator, or None at the end of the file."""
        self._rest = self._rest.lstrip(_BETWEEN)
        while len(self._rest) < 1024 and self._more():
            self._rest = self._rest.lstrip(_BETWEEN)
        if not self._rest:
            return None
        if not is_isa(self._rest):
            raise _Unreadable("text that is not X12 stands outside the interchange")
        separator = self._rest[3]
        # Counted by separators, not by columns: some writers do not pad the header to its 106 characters.
        elements = self._rest[:1024].split(separator, 16)
        if len(elements) < 17 or len(elements[16]) < 2:
            raise _Unreadable("the interchange header (ISA) is cut short")
        component, terminator = elements[16][0], elements[16][1]
        if (
            len({separator, component, terminator}) < 3
            or any(mark.isalnum() or mark in " \ufffd" for mark in (separator, component, terminator))
            or separator in "\r\n"
            or component in "\r\n"
        ):
            raise _Unreadable("the interchange header (ISA) does not name three different separators")
        padded = [
            part.strip().ljust(width)[:width] for part, width in zip(elements[1:16], _ISA_WIDTHS, strict=True)
        ]
        # pyx12 accepts two envelope versions only. The envelope of all of them is the same; the guide in GS08
        # says what is inside.
        padded[11] = "00501"
        self._head = separator.join(["ISA", *padded, component]) + terminator
        self._rest = self._rest[len(separator.join(elements[:16])) + 3 :]
        mark, between = re.escape(terminator), re.escape(_BETWEEN)
        self._next = re.compile(f"(?:^|[{mark}\\r\\n])[{between}{mark}]*(?=ISA[^A-Za-z0-9])")
        self._gap = re.compile(f"{mark}[{between}{mark}]+")
        self._terminator = terminator
        self._interchange_ended = False
        return component

    def read(self, size: int) -> str:
        """Return the header first, then whole segments until the next ISA or the end, then nothing."""
        if self._head:
            head, self._head = self._head, ""
            return head
        while not self._interchange_ended:
            text = self._rest
            if following := self._next.search(text):
                text, self._rest = text[: following.end()] + self._terminator, text[following.end() :]
                self._interchange_ended = True
            elif self._ended:
                # A last segment may lack its terminator.
                text, self._rest = text + self._terminator, ""
                self._interchange_ended = True
            else:
                cut = text.rfind(self._terminator) + 1
                if len(text) - cut > _LONGEST:
                    raise _Unreadable("a segment has no end")
                text, self._rest = text[:cut], text[cut:]
            text = self._gap.sub(self._terminator, text.lstrip(_BETWEEN + self._terminator))
            if not self._interchange_ended:
                self._more()
            if text:
                if "\ufffd" in text or (self._terminator not in "\r\n" and ("\n" in text or "\r" in text)):
                    self.suspect = True
                return text
        return ""


class _Reader(X12Reader):  # type: ignore[misc]  # pyx12 carries no type marker
    """pyx12's reader, made to survive broken envelopes and files with very many transactions."""

    def _parse_segment(self, seg_data: object) -> None:
        try:
            super()._parse_segment(seg_data)
        except (IndexError, X12Error):
            self.err_list.append(("order", "", "", None, None))
        # It remembers every number to find repeats: time and memory would grow with the square of the file.
        if len(self.st_ids) > 100 or len(self.gs_ids) > 100 or len(self.hl_stack) > 100:
            del self.st_ids[:-1], self.gs_ids[:-1], self.hl_stack[:-10]


def is_isa(text: str) -> bool:
    """Whether `text` starts with an interchange header: ISA and a separator."""
    return text[:3] == "ISA" and len(text) > 3 and not text[3].isalnum()


def read_segments(path: Path, report: Report, *, strict: bool = False) -> Iterator[Segment]:
    """Yield every segment of the file, however many interchanges it holds, in any legal separators.

    A byte order mark, line ends after terminators and blanks before segments do not matter. Wrong counts and
    numbers in the envelope are reported once each as a warning, a missing end as a block. In a `strict` reading
    wrong counts block, too: something may be missing. Raises OSError when the file cannot be read.
    """
    known: set[tuple[str, str]] = set()
    number = 0
    place = "the start of the file"
    with path.open("rb") as file:
        text = _Text(file)
        while True:
            try:
                component = text.open_interchange()
                if component is None:
                    return
                reader = _Reader(text)
                closed = False
                for raw in reader:
                    number += 1
                    segment = _segment(number, raw, component, text.suspect)
                    place = segment.place
                    if closed and ("after", "") not in known:
                        known.add(("after", ""))
                        report(
                            Problem(
                                severity=Severity.BLOCK,
                                rule="stray-text",
                                message="Something stands after the end mark (IEA). Claims in it may be lost.",
                                place=place,
                            )
                        )
                    closed = closed or segment.id == "IEA"
                    if reader.err_list:
                        for kind, code, *_ in reader.pop_errors():
                            if (kind, code) in _ENVELOPE and (kind, code) not in known:
                                known.add((kind, code))
                                blocks = strict and (kind, code) in _GAPS
                                report(_envelope_problem(_ENVELOPE[kind, code], place, blocks=blocks))
                    yield segment
            except _Unreadable as reason:
                report(
                    Problem(
                        severity=Severity.BLOCK,
                        rule="unreadable",
                        message=f"Nothing can be read from here on: {reason}. Ask for the file again.",
                        place=place,
                    )
                )
                return
            if not closed:
                report(
                    Problem(
                        severity=Severity.BLOCK,
                        rule="truncated",
                        message="The file ends before its end mark (IEA). Claims may be lost; ask for it again.",
                        place=place,
                    )
                )


def _segment(number: int, raw: Any, component: str, suspect: bool) -> Segment:
    elements = [
        parts[0].value.strip(" ") if len(parts) == 1 else component.join([part.value for part in parts]).strip(" ")
        for parts in [composite.elements for composite in raw.elements]
    ]
    name = raw.seg_id.strip(" ")
    if not _NAME.fullmatch(name):
        # Not quoted anywhere: after a stray separator it may be half of somebody's name.
        return Segment(number, "?", elements, component, True)
    garbled = suspect and any("\ufffd" in text or "\n" in text or "\r" in text for text in elements)
    return Segment(number, name, elements, component, garbled)


def _envelope_problem(finding: str, place: str, *, blocks: bool) -> Problem:
    then = "A part may be missing; ask for the file again." if blocks else "The claims are read all the same."
    return Problem(
        severity=Severity.BLOCK if blocks else Severity.WARN,
        rule="envelope",
        message=f"{finding} {then}",
        place=place,
    )

"""Opens a payer's file: says what it is by its content, and reads its remittances and claim statuses.

A file is read wholly or not at all: where something of it is broken, what it says in all cannot be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.claims.elements import Broken
from bot.claims.files import Kind, open_file
from bot.claims.guides import ACKNOWLEDGMENT, Reply, recognise_reply
from bot.claims.interchange import Segment, read_segments
from bot.claims.model import Problem, Severity
from bot.claims.remittance import Remittance
from bot.claims.response import Response
from bot.claims.x277 import ResponseReader
from bot.claims.x835 import RemittanceReader

_READ = "only remittances (835) and claim statuses (277CA, 277) of version 5010 are settled"
_NOT_X12 = {
    Kind.CSV: "a table (CSV)",
    Kind.JSON: "a JSON document",
    Kind.OTHER: "not an X12 file",
}
_ENVELOPE = frozenset({"ISA", "GS", "GE", "IEA"})


@dataclass(frozen=True, slots=True)
class ReplyFile:
    """A payer's file, read. With a problem that blocks it holds nothing."""

    path: Path
    #: ``835``, ``277CA``, ``277``, several joined by a plus, or nothing.
    kind: str
    transactions: tuple[Remittance | Response, ...]
    #: What is wrong with the file, and what does not add up in it.
    problems: tuple[Problem, ...]

    @property
    def refused(self) -> bool:
        """Whether nothing of it can be used."""
        return any(problem.severity is Severity.BLOCK for problem in self.problems)

    @property
    def balanced(self) -> bool:
        """Whether all its amounts and counts add up."""
        return not self.refused and not any(problem.rule == "balance" for problem in self.problems)


def read_reply(path: Path) -> ReplyFile:
    """Read a payer's file. Raises OSError when it cannot be read."""
    kind = open_file(path).kind
    if kind is not Kind.X12:
        message = f"This is {_NOT_X12[kind]}; {_READ}."
        return ReplyFile(path, "", (), (Problem(severity=Severity.BLOCK, rule="file-type", message=message),))
    transactions = _Transactions()
    for segment in read_segments(path, transactions.problems.append, strict=True):
        transactions.take(segment)
    return transactions.finish(path)


class _Transactions:
    """Cuts a file into transactions and hands each to its reader."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._found: list[Remittance | Response] = []
        self._kinds: list[Reply] = []
        #: What else the file holds, and where.
        self._foreign: dict[str, str] = {}
        self._guide = ""
        self._reader: RemittanceReader | ResponseReader | None = None
        #: A transaction is under way, whether it is read or passed over.
        self._open = False

    def take(self, segment: Segment) -> None:
        """Take the next segment."""
        try:
            if segment.id == "ST":
                self._begin(segment)
            elif segment.id == "SE":
                self._end(segment)
            elif segment.id in _ENVELOPE:
                self._between(segment)
            elif segment.id == "TA1":
                self._foreign.setdefault(ACKNOWLEDGMENT, segment.place)
            elif self._reader is not None:
                if segment.garbled:
                    raise Broken(segment, "It holds a line break or characters that are not text.")
                self._reader.take(segment)
            elif not self._open:
                raise Broken(segment, "It belongs to no transaction: no ST stands before it.")
        except Broken as broken:
            self._reader = None
            self._block(broken.segment, f"{broken.message} Nothing of this file is used; ask for it again.")

    def finish(self, path: Path) -> ReplyFile:
        """The file as a whole."""
        if not self._kinds and (self._foreign or not self.problems):
            what, place = next(iter(self._foreign.items()), ("an X12 file without a transaction", None))
            self._told(Severity.BLOCK, "file-type", f"This is {what}; {_READ}.", place)
        elif self._kinds:
            for what, place in self._foreign.items():
                self._told(Severity.WARN, "file-type", f"The file also holds {what}; it is passed over.", place)
        kinds = " + ".join(dict.fromkeys(self._kinds))
        refused = any(problem.severity is Severity.BLOCK for problem in self.problems)
        found = () if refused else tuple(self._found)
        faults = (fault for one in found for fault in one.faults)
        return ReplyFile(path, kinds, found, (*self._first_things_first(), *faults))

    def _first_things_first(self) -> list[Problem]:
        """The problems, those that block first; of a file that is something else, only that."""
        foreign = [one for one in self.problems if (one.rule, one.severity) == ("file-type", Severity.BLOCK)]
        return foreign or sorted(self.problems, key=lambda problem: problem.severity is not Severity.BLOCK)

    def _begin(self, segment: Segment) -> None:
        if self._open:
            self._block(segment, "The transaction before it has no end (SE). Ask for the file again.")
        self._open = True
        self._reader = None
        kind, what = recognise_reply(segment[1], segment[3], self._guide)
        if kind is None:
            self._foreign.setdefault(what, segment.place)
            return
        self._kinds.append(kind)
        if kind is Reply.REMITTANCE:
            self._reader = RemittanceReader(segment, self.problems.append)
        else:
            acknowledges = kind is Reply.ACKNOWLEDGMENT
            self._reader = ResponseReader(segment, self.problems.append, acknowledges=acknowledges)

    def _end(self, segment: Segment) -> None:
        reader, self._reader = self._reader, None
        self._open = False
        if reader is not None:
            self._found.append(reader.finish(segment))

    def _between(self, segment: Segment) -> None:
        if self._open:
            self._block(segment, "The transaction before it has no end (SE). Ask for the file again.")
        self._open = False
        self._reader = None
        self._guide = segment[8] if segment.id == "GS" else ""
        if segment.id == "ISA" and segment[15] == "T":
            self._told(
                Severity.WARN, "test-file", "The file is marked as a test file (ISA15 is T).", segment.place
            )

    def _block(self, segment: Segment, message: str) -> None:
        """Refuse the file; the same thing is said once, however often it is met."""
        if not any(problem.message == message for problem in self.problems):
            self._told(Severity.BLOCK, "unreadable", message, segment.place)

    def _told(self, severity: Severity, rule: str, message: str, place: str | None) -> None:
        self.problems.append(Problem(severity=severity, rule=rule, message=message, place=place))

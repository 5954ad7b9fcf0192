"""What an edit is: one documented function that looks for one kind of mistake in a claim.

Edits are pure: the day, the payer's limits and what else is known of the patient come in as a `Context`; they
open no file, ask no clock and no database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from bot.claims.model import Claim, Severity


@dataclass(frozen=True, slots=True)
class Limits:
    """What one payer's form can carry. The defaults are the narrowest that all portals we know share."""

    #: Service lines on one claim (the 837P allows 50).
    lines: int = 50
    #: Characters of the patient account number (the 837P allows 38, payers give back 20).
    account: int = 20
    #: Characters of a note and of a line description (NTE02, SV101-7).
    note: int = 80
    #: Characters the payer's pages refuse in any field.
    forbidden: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What an edit may know beside the claim."""

    #: The day at the payer.
    today: date
    limits: Limits = Limits()
    #: Claims of the same patient that were sent or will be, for edits that look beyond one claim.
    history: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What an edit found: one sentence for the biller, with no name, birth date, member number or diagnosis."""

    message: str
    #: The field in the biller's words.
    field: str
    #: Service line, from 1.
    line: int | None = None


Check = Callable[[Claim, Context], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Edit:
    """One kind of mistake: the rule behind it, where the rule comes from, and what it does to the claim."""

    id: str
    title: str
    source: str
    severity: Severity
    look: Check


class Book:
    """A collection of edits, in the order in which a biller reads them."""

    def __init__(self) -> None:
        self._edits: dict[str, Edit] = {}

    def edit(
        self, id: str, title: str, *, source: str, severity: Severity = Severity.BLOCK
    ) -> Callable[[Check], Check]:
        """Enter the decorated function as an edit. An id may be used once."""

        def enter(look: Check) -> Check:
            if id in self._edits:
                raise ValueError(f"edit {id} is entered twice")
            self._edits[id] = Edit(id, title, source, severity, look)
            return look

        return enter

    def __iter__(self) -> Iterator[Edit]:
        return iter(self._edits.values())

"""What an edit is: one documented function that looks for one kind of mistake in a claim.

Edits are pure: the day, the payer's limits and what else is known of the patient come in as a `Context`; they
open no file, ask no clock and no database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.claims.model import Claim, Severity
from bot.claims.records import CareRecord, VisitRecord


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
    #: How documents may go with a claim (PWK02): EL upload, FX fax, BM mail; none: not at all.
    routes: frozenset[str] = frozenset({"EL"})


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another claim for the same patient at the same payer, sent or still to be sent."""

    claim: Claim
    #: Its number in the ledger; None for a claim that stands before this one in the same file.
    id: int | None = None
    #: The payer has it.
    accepted: bool = False
    #: It is not finished: queueing this one asks a person whether it is a fix of that one.
    open: bool = True

    @property
    def name(self) -> str:
        """How a biller finds it."""
        return f"claim {self.id}" if self.id else f"account {self.claim.account} in the same file"


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something a payer may set for a rule in its policy."""

    default: Any
    #: What it means, in a few words.
    words: str
    #: The values it may have; none listed: any of the default's type.
    choices: tuple[Any, ...] = ()

    def accepts(self, value: object) -> bool:
        """Whether a policy may set this value."""
        if self.choices:
            return value in self.choices
        if isinstance(self.default, tuple):
            return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
        return type(value) is type(self.default)


@dataclass(frozen=True, slots=True)
class Context:
    """What an edit may know beside the claim."""

    #: The day at the payer.
    today: date
    limits: Limits = Limits()
    #: Claims of the same patient that were sent or will be, for edits that look beyond one claim.
    history: tuple[Earlier, ...] = ()
    #: The months of care on record, by month.
    care: Mapping[str, CareRecord] = field(default_factory=dict)
    #: What supports an unlisted home visit.
    visit: VisitRecord | None = None
    #: Why what the companion records say of the claim cannot be relied on; nothing: it can.
    doubt: str = ""
    #: The last day the payer takes the claim, where that is known.
    deadline: date | None = None
    #: What the payer sets for the edit that looks, by name.
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What an edit found: one sentence for the biller, with no name, birth date, member number or diagnosis."""

    message: str
    #: The field in the biller's words.
    field: str
    #: Service line, from 1.
    line: int | None = None
    #: Only a warning, however the payer weighs the rule.
    warns: bool = False


Check = Callable[[Claim, Context], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Edit:
    """One kind of mistake: the rule behind it, where the rule comes from, and what it does to the claim."""

    id: str
    title: str
    source: str
    #: None: off unless a payer's policy says otherwise.
    severity: Severity | None
    look: Check
    #: What it looks at, in a few words.
    needs: str = "the claim"
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    #: Whether a lead may set its finding aside for one claim.
    overridable: bool = True


class Book:
    """A collection of edits, in the order in which a biller reads them."""

    def __init__(self) -> None:
        self._edits: dict[str, Edit] = {}

    def edit(
        self,
        id: str,
        title: str,
        *,
        source: str,
        severity: Severity | None = Severity.BLOCK,
        needs: str = "the claim",
        parameters: Mapping[str, Parameter] | None = None,
        overridable: bool = True,
    ) -> Callable[[Check], Check]:
        """Enter the decorated function as an edit. An id may be used once."""

        def enter(look: Check) -> Check:
            if id in self._edits:
                raise ValueError(f"edit {id} is entered twice")
            self._edits[id] = Edit(id, title, source, severity, look, needs, parameters or {}, overridable)
            return look

        return enter

    def __iter__(self) -> Iterator[Edit]:
        return iter(self._edits.values())

"""What a payer says of claims before it pays: the acknowledgment (277CA, 005010X214) and the answer to a status
request (277, 005010X212).

Amounts are dollars with two decimals. Nothing of a patient is carried but the account.

Source: the element tables of both guides shipped with pyx12.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.claims.model import Problem, Severity


@dataclass(frozen=True, slots=True)
class StatusCode:
    """What a payer says in code (STC01, STC10, STC11)."""

    #: Category, such as A7 rejected for invalid information or F1 paid.
    category: str
    #: Claim status code, such as 562 (what is the matter).
    status: str = ""
    #: Whom it is about, such as 85 billing provider.
    entity: str = ""

    def __str__(self) -> str:
        return ":".join((self.category, self.status, self.entity)).rstrip(":")


@dataclass(frozen=True, slots=True)
class Statement:
    """One STC: what the payer said, and when."""

    codes: tuple[StatusCode, ...]
    on: date | None
    #: STC04 and STC05; None where the payer does not say.
    charge: Decimal | None
    paid: Decimal | None


@dataclass(frozen=True, slots=True)
class ReportedLine:
    """One service line that the payer speaks of (SVC)."""

    code: str
    modifiers: tuple[str, ...]
    charge: Decimal
    statements: tuple[Statement, ...]
    service_from: date | None = None
    service_to: date | None = None
    #: Our own number for the line (REF FJ).
    control_number: str = ""


@dataclass(frozen=True, slots=True)
class ReportedClaim:
    """One claim that the payer speaks of (the TRN of a patient or subscriber)."""

    #: Where in the file it stands.
    place: str
    #: Patient account number: TRN02 of an acknowledgment, REF EJ of an answer.
    account: str
    #: The payer's number (REF 1K).
    control_number: str
    charge: Decimal
    paid: Decimal
    statements: tuple[Statement, ...]
    service_from: date | None = None
    service_to: date | None = None
    lines: tuple[ReportedLine, ...] = ()
    #: Hash of its segments as they stand in the file, hexadecimal.
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the payer says of everything below a level, not of one claim."""

    #: ``the payer``, ``the sender`` or ``the billing provider``.
    about: str
    place: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class Response:
    """One transaction of claim statuses."""

    #: Where in the file it begins.
    place: str
    #: Whether it acknowledges claims (277CA); otherwise it answers a status request (277).
    acknowledges: bool
    payer: str
    payer_ids: tuple[str, ...]
    #: The payer's number for the transaction (BHT03) and its date (BHT04).
    number: str
    made_on: date | None
    claims: tuple[ReportedClaim, ...]
    notices: tuple[Notice, ...]
    #: Claims and charges that the payer counted, accepted and rejected together (QTY 90, AA; AMT YU, YY).
    counted: Decimal | None = None
    counted_charge: Decimal | None = None

    @property
    def charge(self) -> Decimal:
        """The claims' charges."""
        return sum((claim.charge for claim in self.claims), Decimal("0.00"))

    @property
    def paid(self) -> Decimal:
        """The claims' payments, as far as the payer speaks of any."""
        return sum((claim.paid for claim in self.claims), Decimal("0.00"))

    @property
    def faults(self) -> tuple[Problem, ...]:
        """Where the payer's own counts are not those of its claims."""
        found = []
        if self.counted is not None and self.counted != len(self.claims):
            found.append(f"The payer counts {self.counted} claims; {len(self.claims)} are in the file.")
        if self.counted_charge is not None and self.counted_charge != self.charge:
            found.append(f"The payer counts charges of {self.counted_charge}; the claims' are {self.charge}.")
        return tuple(
            Problem(severity=Severity.WARN, rule="balance", message=message, place=self.place) for message in found
        )

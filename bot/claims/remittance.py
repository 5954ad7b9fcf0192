"""What a payer decided and paid, as an electronic remittance advice says it (835, 005010X221A1).

Amounts are dollars with two decimals, dates are calendar dates. Nothing of a patient is carried but the account.
A remittance that exists was understood; whether its amounts add up is what `Remittance.faults` answers.

Source: the element table of 005010X221A1 shipped with pyx12, and the guide's section on balancing (1.10.2.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.claims.model import Adjustment, Problem, Severity

_ZERO = Decimal("0.00")
#: CLP02: the payer takes an earlier payment back.
REVERSAL = "22"


@dataclass(frozen=True, slots=True)
class PaidLine:
    """One service line as it was decided (SVC)."""

    #: As it was submitted, where the payer says so (SVC06), else as it was decided (SVC01).
    code: str
    modifiers: tuple[str, ...]
    charge: Decimal
    paid: Decimal
    units: Decimal
    service_from: date | None = None
    service_to: date | None = None
    #: Our own number for the line (REF 6R).
    control_number: str = ""
    adjustments: tuple[Adjustment, ...] = ()
    #: Remittance advice remark codes (LQ HE).
    remarks: tuple[str, ...] = ()

    @property
    def difference(self) -> Decimal:
        """Charge less adjustments less what was paid: nothing, when the line adds up."""
        return self.charge - _total(self.adjustments) - self.paid


@dataclass(frozen=True, slots=True)
class PaidClaim:
    """One claim as it was decided (CLP)."""

    #: Where in the file it stands.
    place: str
    account: str
    #: Claim status code (CLP02): 1 primary, 2 secondary, 3 tertiary, 4 denied, 22 reversal, …
    decision: str
    charge: Decimal
    paid: Decimal
    patient_responsibility: Decimal
    #: Claim filing indicator (CLP06), such as MB.
    filing_indicator: str
    #: The payer's number for it (CLP07), and the one it had before (REF F8).
    control_number: str
    earlier_number: str = ""
    service_from: date | None = None
    service_to: date | None = None
    adjustments: tuple[Adjustment, ...] = ()
    #: Remark codes about the whole claim (MIA, MOA).
    remarks: tuple[str, ...] = ()
    lines: tuple[PaidLine, ...] = ()
    #: Hash of its segments as they stand in the file, hexadecimal.
    digest: str = ""

    @property
    def is_reversal(self) -> bool:
        """Whether an earlier payment is taken back."""
        return self.decision == REVERSAL

    @property
    def adjusted(self) -> Decimal:
        """The sum of all its adjustments, its lines' included."""
        return _total(self.adjustments) + sum((_total(line.adjustments) for line in self.lines), _ZERO)

    @property
    def faults(self) -> tuple[str, ...]:
        """Which of its amounts do not add up, each in a sentence."""
        return tuple(self._faults())

    def _faults(self) -> Iterator[str]:
        for number, line in enumerate(self.lines, start=1):
            if line.difference:
                yield (
                    f"Line {number}: {line.charge} charged less {_total(line.adjustments)} adjusted is not "
                    f"{line.paid} paid."
                )
        if self.charge - self.adjusted != self.paid:
            yield f"{self.charge} charged less {self.adjusted} adjusted is not {self.paid} paid."
        lines = sum((line.charge for line in self.lines), _ZERO)
        if self.lines and lines != self.charge:
            yield f"The lines' charges are {lines}, the claim's is {self.charge}."


@dataclass(frozen=True, slots=True)
class ProviderAdjustment:
    """Money that changes a payment and belongs to no claim (PLB). A positive amount lowers the payment."""

    #: Adjustment reason (PLB03-1), such as WO overpayment recovery or FB forwarding balance.
    reason: str
    #: The payer's reference (PLB03-2).
    reference: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Remittance:
    """One payment and the claims it is for (one transaction)."""

    #: Where in the file it begins.
    place: str
    payer: str
    #: The payer's identifiers (N104, REF 2U and others).
    payer_ids: tuple[str, ...]
    payee: str
    #: What was paid (BPR02).
    payment: Decimal
    #: ACH, BOP, CHK, FWT, or NON where no money moved (BPR04).
    method: str
    #: The check's or the transfer's number (TRN02).
    number: str
    #: When the money moves (BPR16); where that is no date, when the file was made (DTM 405).
    paid_on: date | None
    claims: tuple[PaidClaim, ...]
    provider_adjustments: tuple[ProviderAdjustment, ...]

    @property
    def charge(self) -> Decimal:
        """The claims' charges."""
        return sum((claim.charge for claim in self.claims), _ZERO)

    @property
    def paid(self) -> Decimal:
        """The claims' payments, before provider-level adjustments."""
        return sum((claim.paid for claim in self.claims), _ZERO)

    @property
    def adjusted(self) -> Decimal:
        """The claims' adjustments."""
        return sum((claim.adjusted for claim in self.claims), _ZERO)

    @property
    def provider_adjusted(self) -> Decimal:
        """The provider-level adjustments."""
        return sum((one.amount for one in self.provider_adjustments), _ZERO)

    @property
    def faults(self) -> tuple[Problem, ...]:
        """What does not add up: lines, claims, and the payment as claims less provider-level adjustments."""
        found = [_fault(message, claim.place, claim.account) for claim in self.claims for message in claim.faults]
        if self.paid - self.provider_adjusted != self.payment:
            message = (
                f"The claims' payments, {self.paid}, less the provider-level adjustments, "
                f"{self.provider_adjusted}, are not the payment, {self.payment}."
            )
            found.append(_fault(message, self.place))
        return tuple(found)


def _fault(message: str, place: str, account: str | None = None) -> Problem:
    return Problem(severity=Severity.WARN, rule="balance", message=message, account=account, place=place)


def _total(adjustments: tuple[Adjustment, ...]) -> Decimal:
    return sum((one.amount for one in adjustments), _ZERO)

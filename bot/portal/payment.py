"""What the payer's own page says of a claim's payment: its word, weighed with the amounts and lines beside it.

Many portals have one word for whatever was decided in the provider's favour. The amounts tell whether anything is
paid, and the lines whether all of it is. A page that contradicts itself tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.claims.meanings import refuses, together
from bot.claims.vocabulary import DECIDED, Status
from bot.portal.adapter import Adapter, FoundClaim, total

#: By these the payer pays nothing: money beside one contradicts it. Of a claim that was paid and then passed on to
#: the next payer, only a person can say what it is.
_UNPAID = {
    Status.DENIED: "denied",
    Status.FORWARDED: "passed on to another payer",
    Status.PAID_ZERO: "decided with nothing to be paid",
    Status.UNPROCESSABLE: "refused",
}


@dataclass(frozen=True, slots=True)
class Payment:
    """Where a claim stands by the payer's page."""

    status: Status
    #: The status of each line that the page shows.
    lines: tuple[Status, ...] = ()
    #: Why that cannot be believed, in one sentence; empty when it can.
    doubt: str = ""


def payment(row: FoundClaim, adapter: Adapter) -> Payment:
    """What a row of the search, with the claim's page, comes to."""
    word = adapter.status_of(row.words)
    if word not in DECIDED:
        # nothing is decided, whatever stands under the amounts
        return Payment(word, tuple(adapter.status_of(line.words) if line.words else word for line in row.lines))
    lines = tuple(
        _weighed(adapter.status_of(line.words) if line.words else word, line.paid, line.reasons)
        for line in row.lines
    )
    status = _weighed(word, row.paid, row.reasons)
    if word is Status.PAID and lines:
        status = together(lines)
    return Payment(status, lines, _doubt(row, status))


def _weighed(word: Status, paid: Decimal | None, reasons: tuple[str, ...]) -> Status:
    """What is called paid, and is shown to have been paid nothing, was denied or is left to the patient."""
    if word is not Status.PAID or paid is None or paid:
        return word
    return Status.DENIED if refuses(reasons) else Status.PAID_ZERO


def _doubt(row: FoundClaim, status: Status) -> str:
    """How the page contradicts itself."""
    if unreadable := (*row.unreadable, *(label for line in row.lines for label in line.unreadable)):
        return f"The payer's page has something under '{unreadable[0]}' that is no amount or date."
    lines = total(line.paid for line in row.lines)
    paid = row.paid if row.paid is not None else lines
    if paid is None:
        return ""
    if lines is not None and lines != paid:
        return f"The payer's page shows ${paid:,.2f} as paid, and ${lines:,.2f} for the lines together."
    for most, what in ((row.allowed, "allowed"), (row.charge, "charged")):
        if most is not None and paid > most:
            return f"The payer's page shows ${paid:,.2f} as paid, and ${most:,.2f} as {what}."
    if paid > 0 and status in _UNPAID:
        return f"The payer's page calls the claim {_UNPAID[status]}, and shows ${paid:,.2f} as paid."
    if paid < 0 and status is not Status.REVERSED:
        return f"The payer's page shows ${paid:,.2f} as paid."
    return ""

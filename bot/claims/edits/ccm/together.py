"""What goes together in one month: one family of codes, one practitioner, and no service that excludes it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.claims.edits.book import Book, Context, Finding
from bot.claims.edits.ccm.month import (
    BASES,
    NEVER_TOGETHER,
    OTHER_PROGRAMMES,
    OTHERS,
    TRANSITIONS,
    Numbered,
    months,
    others,
    same_practitioner,
)
from bot.claims.minutes import FAMILY_OF
from bot.claims.model import Claim, Frequency, Severity
from bot.claims.records import month_of

BOOK = Book()
_WARN = Severity.WARN


@BOOK.edit(
    "CCM-07",
    "One family of codes a month",
    source="CPT; codapedia, immedicaresolutions.com, Regence policy 122",
    needs=OTHERS,
)
def one_family(claim: Claim, context: Context) -> Iterator[Finding]:
    """99490 with 99439, or 99491 with 99437, or 99487 with 99489: never two of them."""
    for month, lines in months(claim).items():
        number, line = lines[0]
        family = FAMILY_OF[line.code]
        for other_number, other in lines[1:]:
            if FAMILY_OF[other.code] is not family:
                yield Finding(
                    f"{other.code} cannot be billed beside {line.code} in one month; keep the one that the time"
                    " log supports.",
                    "procedure code",
                    other_number,
                )
                break
        for earlier, theirs in others(claim, context, month, frozenset(FAMILY_OF)):
            if same_practitioner(claim, line, earlier, theirs) and FAMILY_OF[theirs.code] is not family:
                yield Finding(
                    f"{line.code} cannot be billed beside {theirs.code}, which {earlier.name} bills for the same"
                    " month; withdraw one.",
                    "procedure code",
                    number,
                )
                break


@BOOK.edit(
    "CCM-08",
    "A base code once a month, an add-on only with its base",
    source="CPT; immedicaresolutions.com, codapedia",
    needs=OTHERS,
)
def once_a_month(claim: Claim, context: Context) -> Iterator[Finding]:
    """One unit of the base code for a patient and month; an add-on alone is denied.

    An add-on alone only warns where the payer has the base code of that month already. A copy of an open claim
    warns here, because queueing it asks a person.
    """
    for month, lines in months(claim).items():
        seen: set[str] = set()
        for number, line in lines:
            if line.code in BASES and (line.units != 1 or line.code in seen):
                yield Finding(
                    f"{line.code} is billed once a month, with one unit; bill further time with"
                    f" {FAMILY_OF[line.code].add_on}.",
                    "units",
                    number,
                )
            seen.add(line.code)
        yield from _without_base(claim, context, month, lines)
        yield from _again(claim, context, month, lines)


def _without_base(claim: Claim, context: Context, month: str, lines: list[Numbered]) -> Iterator[Finding]:
    if any(line.code in BASES for _, line in lines):
        return  # with a base of another family, CCM-07 speaks
    number, line = lines[0]
    base = FAMILY_OF[line.code].base
    standing = [earlier for earlier, _ in others(claim, context, month, {base})]
    if there := next((earlier for earlier in standing if earlier.accepted), None):
        yield Finding(
            f"{line.code} is billed without {base}, which the payer has from {there.name}; a correction of that"
            " claim is safer than a line of its own.",
            "procedure code",
            number,
            warns=True,
        )
    else:
        yield Finding(
            f"{line.code} is billed without {base}; put both on one claim.",
            "procedure code",
            number,
        )


def _again(claim: Claim, context: Context, month: str, lines: list[Numbered]) -> Iterator[Finding]:
    for number, line in lines:
        if line.code not in BASES:
            continue
        for earlier, theirs in others(claim, context, month, {line.code}):
            if same_practitioner(claim, line, earlier, theirs):
                asks = earlier.open and theirs.service_from == line.service_from
                yield Finding(
                    f"{line.code} is billed for {month} by {earlier.name} already; withdraw one, or replace that"
                    " claim (frequency 7).",
                    "procedure code",
                    number,
                    warns=asks,
                )
                return


@BOOK.edit(
    "CCM-17", "One practitioner a patient and month", source="Regence policy 122; AOA CCM FAQ", needs=OTHERS
)
def one_practitioner(claim: Claim, context: Context) -> Iterator[Finding]:
    """Payers pay one; the second is denied. What other practices bill nobody here can see."""
    for month, lines in months(claim).items():
        number, line = lines[0]
        for earlier, theirs in others(claim, context, month, frozenset(FAMILY_OF)):
            if not same_practitioner(claim, line, earlier, theirs):
                yield Finding(
                    f"{earlier.name[0].upper()}{earlier.name[1:]} bills {month} of this patient for another"
                    " practitioner; only one is paid, withdraw the other.",
                    "rendering provider",
                    number,
                )
                break


@BOOK.edit(
    "CCM-18",
    "No care plan oversight or dialysis by the month beside it",
    source="AAPC Home Health week 146412",
    needs=OTHERS,
)
def never_together(claim: Claim, context: Context) -> Iterator[Finding]:
    """G0181, G0182 and 90951 to 90970 by the same practitioner in the same month; G0179 and G0180 are fine."""
    yield from _clashes(claim, context, NEVER_TOGETHER, "bill the one, not both")


@BOOK.edit(
    "CCM-19",
    "No other care management programme beside it",
    source="general billing knowledge; a vendor page (oncare360) permits principal care management",
    severity=_WARN,
    needs=OTHERS,
)
def other_programmes(claim: Claim, context: Context) -> Iterator[Finding]:
    """99424 to 99427 and G0556 to G0558 by the same practitioner in the same month."""
    yield from _clashes(claim, context, OTHER_PROGRAMMES, "most payers pay one of them")


@BOOK.edit(
    "CCM-20",
    "Transitional care beside it shares no minute",
    source="general billing knowledge; Medicare since 2020",
    severity=_WARN,
    needs=OTHERS,
)
def transition(claim: Claim, context: Context) -> Iterator[Finding]:
    """99495 and 99496 may stand in the same month at Medicare; older and other policies deny them."""
    yield from _clashes(
        claim, context, TRANSITIONS, "make sure that no minute is counted twice and that this payer allows both"
    )


def _clashes(claim: Claim, context: Context, codes: Collection[str], advice: str) -> Iterator[Finding]:
    """Services of the same practitioner and month that do not go together; on the later claim, or on the other
    service's line."""
    if claim.frequency is Frequency.VOID:
        return
    for number, line in enumerate(claim.lines, start=1):
        month = month_of(line.service_from)
        if line.code in codes:
            for mine in claim.lines:
                if mine.code in BASES and month_of(mine.service_from) == month:
                    yield _clash(line.code, mine.code, "this claim", advice, number)
                    break
        elif line.code not in BASES:
            continue
        wanted = BASES if line.code in codes else codes
        for earlier, theirs in others(claim, context, month, wanted):
            if same_practitioner(claim, line, earlier, theirs):
                yield _clash(line.code, theirs.code, earlier.name, advice, number)
                break


def _clash(code: str, other: str, where: str, advice: str, number: int) -> Finding:
    return Finding(
        f"{code} and {other} (on {where}) are billed for the same month; {advice}.", "procedure code", number
    )

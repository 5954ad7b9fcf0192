"""What the rules of a month of care share: its lines, its record, the patient's other claims."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterator
from datetime import date, timedelta

from bot.claims.edits.book import Context, Earlier
from bot.claims.minutes import FAMILIES, FAMILY_OF
from bot.claims.model import Claim, Frequency, Line
from bot.claims.records import CareRecord, month_of

#: What rules look at, in their own list.
RECORD = "the month's record"
LOG = "the time log"
OTHERS = "the patient's other claims of the month"
#: Codes that begin a month of care; the others are add-ons.
BASES = frozenset(family.base for family in FAMILIES)
#: Home health and hospice oversight, and end-stage renal disease by the month.
NEVER_TOGETHER = frozenset({"G0181", "G0182", *(str(code) for code in range(90951, 90971))})
#: Principal care management, and advanced primary care management.
OTHER_PROGRAMMES = frozenset({"99424", "99425", "99426", "99427", "G0556", "G0557", "G0558"})
#: Transition of care from a hospital stay.
TRANSITIONS = frozenset({"99495", "99496"})
_ACROSS = frozenset(FAMILY_OF) | NEVER_TOGETHER | OTHER_PROGRAMMES | TRANSITIONS | {"G0506"}

#: A service line and its number on the claim, from 1.
Numbered = tuple[int, Line]


def looks_across(claim: Claim) -> bool:
    """Whether the patient's other claims of the month matter for this one, or this one for them."""
    return any(line.code in _ACROSS for line in claim.lines)


def months(claim: Claim) -> dict[str, list[Numbered]]:
    """The claim's lines of care management by month, with their numbers."""
    found: dict[str, list[Numbered]] = {}
    if claim.frequency is not Frequency.VOID:
        for number, line in enumerate(claim.lines, start=1):
            if line.code in FAMILY_OF:
                found.setdefault(month_of(line.service_from), []).append((number, line))
    return found


def on_record(claim: Claim, context: Context) -> Iterator[tuple[list[Numbered], CareRecord]]:
    """The claim's lines of each month that is on record, with the record."""
    for month, lines in months(claim).items():
        if month in context.care:
            yield lines, context.care[month]


def is_log_only(record: CareRecord) -> bool:
    """Whether a record says nothing of consent, plan or visit."""
    return record.consent is None and record.care_plan is None and record.initiating_visit is None


def us_day(day: date) -> str:
    """A date as billers here write it, such as 06/30/2026."""
    return f"{day:%m/%d/%Y}"


def others(claim: Claim, context: Context, month: str, codes: Collection[str]) -> Iterator[tuple[Earlier, Line]]:
    """The lines of the patient's other claims in a month with one of the codes."""
    for earlier in context.history:
        if earlier.claim.frequency is Frequency.VOID:
            continue
        for line in earlier.claim.lines:
            if line.code in codes and month_of(line.service_from) == month:
                yield earlier, line


def same_practitioner(claim: Claim, line: Line, earlier: Earlier, theirs: Line) -> bool:
    """Whether two lines of two claims name the same rendering practitioner."""
    return claim.rendering_of(line).npi == earlier.claim.rendering_of(theirs).npi


def last_day(month: str) -> date:
    """The last day of a month such as 2026-06."""
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


def months_between(first: date, second: date) -> int:
    """Full months from one day to a later one."""
    whole = (second.year - first.year) * 12 + second.month - first.month
    return whole - ((second + timedelta(1)).day != 1 and second.day < first.day)

"""Minutes: what each code of care management needs of them, and what keeps them from counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from bot.claims.edits.book import Book, Context, Finding, Parameter
from bot.claims.edits.ccm.month import (
    BASES,
    LOG,
    RECORD,
    Numbered,
    is_log_only,
    months,
    on_record,
    others,
    same_practitioner,
)
from bot.claims.minutes import COMPLEX, FAMILY_OF, PRACTITIONER, STAFF, Counted, Family, count
from bot.claims.model import Claim, Line
from bot.claims.records import CareRecord

BOOK = Book()


@dataclass(frozen=True, slots=True)
class _Short:
    """A line that the month's log does not support, and the rule that says why."""

    number: int
    line: Line
    message: str
    rule: str


_BASE_RULES = {
    "99490": "CCM-01", "99439": "CCM-02", "99491": "CCM-03", "99437": "CCM-04",
    "99487": "CCM-05", "99489": "CCM-06",
}  # fmt: skip


def _shorts(claim: Claim, context: Context) -> Iterator[_Short]:
    """Each line that lacks minutes, once: an add-on only where its base code has them."""
    for lines, record_ in on_record(claim, context):
        counted = count(record_)
        bare: set[Family] = set()
        billed = _billed_before(claim, context, record_.month, lines)
        for number, line in sorted(lines, key=lambda item: (item[1].code not in BASES, item[0])):
            family = FAMILY_OF[line.code]
            units = ceil(line.units)
            if line.code == family.add_on:
                billed[family] += units
                units = billed[family]
            if family.most is not None and line.code == family.add_on:
                units = min(units, family.most)
            need, have = family.minutes_for(line.code, units), counted.minutes(own=family.own)
            if have < need and family not in bare:
                rule, why = _cause(record_, counted, family, need)
                words = _lacking(line, units, family, need, have, why)
                yield _Short(number, line, words, rule or _BASE_RULES[line.code])
                if line.code == family.base:
                    bare.add(family)


def _billed_before(claim: Claim, context: Context, month: str, lines: Sequence[Numbered]) -> Counter[Family]:
    """Add-on units of the month that stand already, by the same practitioner: they have used their minutes."""
    found: Counter[Family] = Counter()
    for code in {line.code for _, line in lines} - BASES:
        mine = next(line for _, line in lines if line.code == code)
        for earlier, theirs in others(claim, context, month, {code}):
            asks = earlier.open and theirs.service_from == mine.service_from  # whether it is a fix of that one
            if same_practitioner(claim, mine, earlier, theirs) and not asks:
                found[FAMILY_OF[code]] += ceil(theirs.units)
    return found


def _cause(record_: CareRecord, counted: Counted, family: Family, need: int) -> tuple[str, str]:
    """The one rule without which the minutes would suffice, and how to say it; nothing when there is none."""
    if not record_.log:
        return "CCM-25", "nothing is logged"
    have = counted.minutes(own=family.own)
    for rule in ("CCM-12", "CCM-21", "CCM-11", "CCM-10"):
        more = counted.put_back(rule, own=family.own)
        if have + more >= need:
            words = {item.reason.words for item in counted.left_out if item.reason.rule == rule}
            return rule, f"{more} more were {' or '.join(sorted(words))}"
    other = counted.minutes(own=not family.own)
    if other and have + other >= need:
        whose = "those of clinical staff" if family.own else "the practitioner's own"
        return "CCM-09", f"{other} more are {whose}"
    return "", ""


def _lacking(line: Line, units: int, family: Family, need: int, have: int, why: str) -> str:
    whose = "the practitioner's own" if family.own else "clinical staff"
    what = line.code if line.code == family.base else f"{units} of {line.code}"
    supported = family.units(have).get(line.code, 0)
    advice = f"bill {supported}" if supported else "take the line off"
    because = f" ({why})" if why else ""
    verb = "needs" if line.code == family.base or units == 1 else "need"
    return (
        f"{what} {verb} {need} minutes of {whose} and {have} count{because}; correct the log if it is wrong, else"
        f" {advice}."
    )


def short_by(rule: str, claim: Claim, context: Context) -> Iterator[Finding]:
    """What a rule finds of the lines that lack minutes for its reason."""
    for short in _shorts(claim, context):
        if short.rule == rule:
            yield Finding(
                short.message, "units" if short.line.code not in BASES else "procedure code", short.number
            )


@BOOK.edit("CCM-01", "99490 has its 20 minutes", source="CPT 99490; Noridian CCM page", needs=LOG)
def staff_minutes(claim: Claim, context: Context) -> Iterator[Finding]:
    """Twenty minutes of clinical staff in the calendar month, and nineteen are not twenty."""
    yield from short_by("CCM-01", claim, context)


@BOOK.edit(
    "CCM-02",
    "99439 has 20 minutes for each unit, twice at most",
    source="CPT 99439; codapedia, quoting CMS",
    needs="the claim, and the time log where there is one",
    parameters={"most": Parameter(2, "units in one month")},
)
def staff_units(claim: Claim, context: Context) -> Iterator[Finding]:
    """40 to 59 minutes are one unit, 60 and more are two."""
    yield from short_by("CCM-02", claim, context)
    yield from _capped(STAFF, claim, context)


@BOOK.edit("CCM-03", "99491 has its 30 minutes", source="CPT 99491; codapedia, quoting CMS", needs=LOG)
def own_minutes(claim: Claim, context: Context) -> Iterator[Finding]:
    """Thirty minutes of the practitioner, personally."""
    yield from short_by("CCM-03", claim, context)


@BOOK.edit(
    "CCM-04",
    "99437 has 30 minutes for each unit",
    source="CPT 99437; unit limits are the payer's",
    needs="the claim, and the time log where there is one",
    parameters={"most": Parameter(0, "units in one month; 0 is no limit")},
)
def own_units(claim: Claim, context: Context) -> Iterator[Finding]:
    """Full thirty minutes only."""
    yield from short_by("CCM-04", claim, context)
    yield from _capped(PRACTITIONER, claim, context)


@BOOK.edit(
    "CCM-05",
    "99487 has its 60 minutes and its complexity",
    source="CPT 99487; immedicaresolutions.com and orbdoc on 99489",
    needs=RECORD,
)
def complex_minutes(claim: Claim, context: Context) -> Iterator[Finding]:
    """Sixty minutes of clinical staff, and moderate or high complexity of decision making on record."""
    yield from short_by("CCM-05", claim, context)
    for lines, record_ in on_record(claim, context):
        for number, line in lines:
            if line.code == COMPLEX.base and not record_.is_complex and not is_log_only(record_):
                yield Finding(
                    "99487 needs decision making of moderate or high complexity, and the record does not say so;"
                    " have the practitioner record it, or bill 99490.",
                    "procedure code",
                    number,
                    warns=record_.complexity is None,
                )


@BOOK.edit(
    "CCM-06",
    "99489 has 30 minutes for each unit",
    source="CPT 99489; codapedia and orbdoc on 99489",
    needs="the claim, and the time log where there is one",
    parameters={"most": Parameter(0, "units in one month; 0 is no limit")},
)
def complex_units(claim: Claim, context: Context) -> Iterator[Finding]:
    """60 to 89 minutes are none, 90 to 119 one, 120 two."""
    yield from short_by("CCM-06", claim, context)
    yield from _capped(COMPLEX, claim, context)


def _capped(family: Family, claim: Claim, context: Context) -> Iterator[Finding]:
    """More units in one month than the payer takes, with or without a log."""
    most = context.parameters["most"]
    for lines in months(claim).values():
        mine = [(number, line) for number, line in lines if line.code == family.add_on]
        for number, line in mine:
            if line.units % 1:
                yield Finding(f"{line.code} is billed in whole units; bill {int(line.units)}.", "units", number)
        units = sum(line.units for _, line in mine)
        if most and units > most:
            yield Finding(
                f"{family.add_on} is billed {units:f} times in the month and {most} is the most; bill {most}.",
                "units",
                mine[-1][0],
            )


@BOOK.edit(
    "CCM-09",
    "Staff minutes are never the practitioner's, nor the other way round",
    source="CMS FAQ 2017 (remingtonreport.com)",
    needs=LOG,
)
def whose_minutes(claim: Claim, context: Context) -> Iterator[Finding]:
    """99491 takes the practitioner's own minutes only. These may count as staff time when the log says that they
    did the work of staff (role ``practitioner as staff``)."""
    yield from short_by("CCM-09", claim, context)


@BOOK.edit(
    "CCM-10", "A minute counts once, in its own month", source="AAFP, questions on CCM; CPT time rules", needs=LOG
)
def once(claim: Claim, context: Context) -> Iterator[Finding]:
    """No carry-over between months, no entry twice, nothing rounded up."""
    yield from short_by("CCM-10", claim, context)


@BOOK.edit(
    "CCM-11",
    "Only clinical work away from the patient counts",
    source="Noridian CCM Q&A Feb and Nov 2017",
    needs=LOG,
)
def clinical(claim: Claim, context: Context) -> Iterator[Finding]:
    """Clerical work and time face to face never count, nor does an entry that does not say who did what."""
    yield from short_by("CCM-11", claim, context)


@BOOK.edit(
    "CCM-21",
    "Days as an inpatient do not count",
    source="AAFP March 2016, and its later answers",
    needs=LOG,
)
def inpatient(claim: Claim, context: Context) -> Iterator[Finding]:
    """Hospital or skilled nursing stays; the other days of the month do count."""
    yield from short_by("CCM-21", claim, context)


@BOOK.edit("CCM-25", "Something was done in the month", source="Noridian CCM Q&A Feb 2017", needs=LOG)
def contact(claim: Claim, context: Context) -> Iterator[Finding]:
    """A month without any logged work is not billable."""
    yield from short_by("CCM-25", claim, context)

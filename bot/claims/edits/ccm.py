"""What chronic care management is denied for: time, consent, care plan, a second biller, the wrong codes.

Each rule names its source. What is only general knowledge, or what payers see
differently, warns. A month without a companion record is looked at as far as the claim goes; a record that
contradicts the claim blocks it. A void is not looked at.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.claims.edits.book import UNREAD, Book, Context, Earlier, Finding, Parameter
from bot.claims.minutes import COMPLEX, FAMILIES, FAMILY_OF, PRACTITIONER, STAFF, Counted, Family, count
from bot.claims.model import Claim, Frequency, Line, Severity
from bot.claims.records import CareRecord, month_of

BOOK = Book()
_WARN = Severity.WARN

_RECORD = "the month's record"
_LOG = "the time log"
_OTHERS = "the patient's other claims of the month"

_BASES = frozenset(family.base for family in FAMILIES)
#: Home health and hospice oversight, and end-stage renal disease by the month.
_NEVER_TOGETHER = frozenset({"G0181", "G0182", *(str(code) for code in range(90951, 90971))})
#: Principal care management, and advanced primary care management.
_OTHER_PROGRAMMES = frozenset({"99424", "99425", "99426", "99427", "G0556", "G0557", "G0558"})
_TRANSITIONS = frozenset({"99495", "99496"})
#: Visits that may start the care: annual wellness, welcome to Medicare, office visits, transition of care.
_INITIATING = frozenset(
    {"G0402", "G0438", "G0439", "99202", "99203", "99204", "99205", "99212", "99213", "99214", "99215"}
    | _TRANSITIONS
)
#: Taxonomies of those who are staff here and never bill a month of care: nurses, aides, care coordinators.
_STAFF_TAXONOMIES = ("163W", "164W", "164X", "167G", "171M", "374", "376", "372")

_ACROSS = frozenset(FAMILY_OF) | _NEVER_TOGETHER | _OTHER_PROGRAMMES | _TRANSITIONS | {"G0506"}

Numbered = tuple[int, Line]


def looks_across(claim: Claim) -> bool:
    """Whether the patient's other claims of the month matter for this one, or this one for them."""
    return any(line.code in _ACROSS for line in claim.lines)


def _months(claim: Claim) -> dict[str, list[Numbered]]:
    """The claim's lines of care management by month, with their numbers."""
    found: dict[str, list[Numbered]] = {}
    if claim.frequency is not Frequency.VOID:
        for number, line in enumerate(claim.lines, start=1):
            if line.code in FAMILY_OF:
                found.setdefault(month_of(line.service_from), []).append((number, line))
    return found


def _on_record(claim: Claim, context: Context) -> Iterator[tuple[list[Numbered], CareRecord]]:
    for month, lines in _months(claim).items():
        if month in context.care:
            yield lines, context.care[month]


def _is_log_only(record: CareRecord) -> bool:
    return record.consent is None and record.care_plan is None and record.initiating_visit is None


def _day(day: date) -> str:
    return f"{day:%m/%d/%Y}"


# The record ---------------------------------------------------------------------------------------------------


@BOOK.edit(
    "ccm-record",
    "A billed month of care has its record",
    source="billing office practice: an 837P never carries one",
    severity=_WARN,
    needs=_RECORD,
)
def record(claim: Claim, context: Context) -> Iterator[Finding]:
    """Without a record nobody can say whether time, consent and care plan are in order."""
    for month, lines in _months(claim).items():
        if month in context.care:
            if _is_log_only(context.care[month]):
                yield Finding(
                    f"The record of {month} is a time log only; check consent, plan and initiating visit by hand.",
                    "companion record",
                    lines[0][0],
                )
        elif not context.unread:
            yield Finding(
                f"No record of {month} was given with this claim; check time, consent and care plan by hand, or"
                " give the companion file along.",
                "companion record",
                lines[0][0],
            )


@BOOK.edit(
    "ccm-unread",
    "What belongs to a billed month of care among the companion records can be read",
    source="billing office practice: a record with a slip of the pen is not no record",
    needs=_RECORD,
)
def unread(claim: Claim, context: Context) -> Iterator[Finding]:
    """A companion file was given, and part of it could not be read: that part may be about this claim."""
    if context.unread:
        for lines in _months(claim).values():
            yield Finding(UNREAD, "companion record", lines[0][0])
            return


@BOOK.edit(
    "ccm-patient",
    "Record and claim are about the same patient",
    source="billing office practice: account numbers are reused",
    needs=_RECORD,
    overridable=False,
)
def patient(claim: Claim, context: Context) -> Iterator[Finding]:
    """A record under the right account and of somebody else proves nothing, and is a breach when it is sent."""
    for lines, record_ in _on_record(claim, context):
        if record_.contradicts_patient(claim):
            yield Finding(
                "The record of this account is of another patient: name, birth date or member number differ;"
                " correct one of them.",
                "companion record",
                lines[0][0],
            )


# Minutes, codes and units -------------------------------------------------------------------------------------


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
    for lines, record_ in _on_record(claim, context):
        counted = count(record_)
        bare = set()
        for number, line in sorted(lines, key=lambda item: (item[1].code not in _BASES, item[0])):
            family = FAMILY_OF[line.code]
            units = int(line.units)
            if family.most is not None and line.code == family.add_on:
                units = min(units, family.most)
            need, have = family.minutes_for(line.code, units), counted.minutes(own=family.own)
            if have < need and family not in bare:
                rule, why = _cause(record_, counted, family, need)
                yield _Short(number, line, _lacking(line, family, need, have, why), rule or _BASE_RULES[line.code])
                if line.code == family.base:
                    bare.add(family)


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


def _lacking(line: Line, family: Family, need: int, have: int, why: str) -> str:
    whose = "the practitioner's own" if family.own else "clinical staff"
    what = line.code if line.code == family.base else f"{int(line.units)} of {line.code}"
    supported = family.units(have).get(line.code, 0)
    advice = f"bill {supported}" if supported else "take the line off"
    because = f" ({why})" if why else ""
    verb = "needs" if line.code == family.base or line.units == 1 else "need"
    return (
        f"{what} {verb} {need} minutes of {whose} and {have} count{because}; correct the log if it is wrong, else"
        f" {advice}."
    )


def _short_by(rule: str, claim: Claim, context: Context) -> Iterator[Finding]:
    for short in _shorts(claim, context):
        if short.rule == rule:
            yield Finding(
                short.message, "units" if short.line.code not in _BASES else "procedure code", short.number
            )


@BOOK.edit("CCM-01", "99490 has its 20 minutes", source="CPT 99490; Noridian CCM page", needs=_LOG)
def staff_minutes(claim: Claim, context: Context) -> Iterator[Finding]:
    """Twenty minutes of clinical staff in the calendar month, and nineteen are not twenty."""
    yield from _short_by("CCM-01", claim, context)


@BOOK.edit(
    "CCM-02",
    "99439 has 20 minutes for each unit, twice at most",
    source="CPT 99439; codapedia, quoting CMS",
    needs="the claim, and the time log where there is one",
    parameters={"most": Parameter(2, "units in one month")},
)
def staff_units(claim: Claim, context: Context) -> Iterator[Finding]:
    """40 to 59 minutes are one unit, 60 and more are two."""
    yield from _short_by("CCM-02", claim, context)
    yield from _capped(STAFF, claim, context)


@BOOK.edit("CCM-03", "99491 has its 30 minutes", source="CPT 99491; codapedia, quoting CMS", needs=_LOG)
def own_minutes(claim: Claim, context: Context) -> Iterator[Finding]:
    """Thirty minutes of the practitioner, personally."""
    yield from _short_by("CCM-03", claim, context)


@BOOK.edit(
    "CCM-04",
    "99437 has 30 minutes for each unit",
    source="CPT 99437; unit limits are the payer's",
    needs="the claim, and the time log where there is one",
    parameters={"most": Parameter(0, "units in one month; 0 is no limit")},
)
def own_units(claim: Claim, context: Context) -> Iterator[Finding]:
    """Full thirty minutes only."""
    yield from _short_by("CCM-04", claim, context)
    yield from _capped(PRACTITIONER, claim, context)


@BOOK.edit(
    "CCM-05",
    "99487 has its 60 minutes and its complexity",
    source="CPT 99487; immedicaresolutions.com and orbdoc on 99489",
    needs=_RECORD,
)
def complex_minutes(claim: Claim, context: Context) -> Iterator[Finding]:
    """Sixty minutes of clinical staff, and moderate or high complexity of decision making on record."""
    yield from _short_by("CCM-05", claim, context)
    for lines, record_ in _on_record(claim, context):
        for number, line in lines:
            if line.code == COMPLEX.base and not record_.is_complex and not _is_log_only(record_):
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
    yield from _short_by("CCM-06", claim, context)
    yield from _capped(COMPLEX, claim, context)


def _capped(family: Family, claim: Claim, context: Context) -> Iterator[Finding]:
    """More units in one month than the payer takes, with or without a log."""
    most = context.parameters["most"]
    for lines in _months(claim).values():
        mine = [(number, line) for number, line in lines if line.code == family.add_on]
        units = sum(line.units for _, line in mine)
        if most and units > most:
            yield Finding(
                f"{family.add_on} is billed {units:f} times in the month and {most} is the most; bill {most}.",
                "units",
                mine[-1][0],
            )


@BOOK.edit(
    "CCM-07",
    "One family of codes a month",
    source="CPT; codapedia, immedicaresolutions.com, Regence policy 122",
    needs=_OTHERS,
)
def one_family(claim: Claim, context: Context) -> Iterator[Finding]:
    """99490 with 99439, or 99491 with 99437, or 99487 with 99489: never two of them."""
    for month, lines in _months(claim).items():
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
        for earlier, theirs in _theirs(claim, context, month, frozenset(FAMILY_OF)):
            if _same_practitioner(claim, line, earlier, theirs) and FAMILY_OF[theirs.code] is not family:
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
    needs=_OTHERS,
)
def once_a_month(claim: Claim, context: Context) -> Iterator[Finding]:
    """One unit of the base code for a patient and month; an add-on alone is denied.

    An add-on alone only warns where the payer has the base code of that month already. A copy of an open claim
    warns here, because queueing it asks a person.
    """
    for month, lines in _months(claim).items():
        seen: set[str] = set()
        for number, line in lines:
            if line.code in _BASES and (line.units != 1 or line.code in seen):
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
    if any(line.code in _BASES for _, line in lines):
        return  # with a base of another family, CCM-07 speaks
    number, line = lines[0]
    base = FAMILY_OF[line.code].base
    standing = [earlier for earlier, _ in _theirs(claim, context, month, {base})]
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
        if line.code not in _BASES:
            continue
        for earlier, theirs in _theirs(claim, context, month, {line.code}):
            if _same_practitioner(claim, line, earlier, theirs):
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
    "CCM-09",
    "Staff minutes are never the practitioner's, nor the other way round",
    source="CMS FAQ 2017 (remingtonreport.com)",
    needs=_LOG,
)
def whose_minutes(claim: Claim, context: Context) -> Iterator[Finding]:
    """99491 takes the practitioner's own minutes only. These may count as staff time when the log says that they
    did the work of staff (role ``practitioner as staff``)."""
    yield from _short_by("CCM-09", claim, context)


@BOOK.edit(
    "CCM-10", "A minute counts once, in its own month", source="AAFP, questions on CCM; CPT time rules", needs=_LOG
)
def once(claim: Claim, context: Context) -> Iterator[Finding]:
    """No carry-over between months, no entry twice, nothing rounded up."""
    yield from _short_by("CCM-10", claim, context)


@BOOK.edit(
    "CCM-11",
    "Only clinical work away from the patient counts",
    source="Noridian CCM Q&A Feb and Nov 2017",
    needs=_LOG,
)
def clinical(claim: Claim, context: Context) -> Iterator[Finding]:
    """Clerical work and time face to face never count, nor does an entry that does not say who did what."""
    yield from _short_by("CCM-11", claim, context)


@BOOK.edit(
    "CCM-21",
    "Days as an inpatient do not count",
    source="AAFP March 2016, and its later answers",
    needs=_LOG,
)
def inpatient(claim: Claim, context: Context) -> Iterator[Finding]:
    """Hospital or skilled nursing stays; the other days of the month do count."""
    yield from _short_by("CCM-21", claim, context)


@BOOK.edit("CCM-25", "Something was done in the month", source="Noridian CCM Q&A Feb 2017", needs=_LOG)
def contact(claim: Claim, context: Context) -> Iterator[Finding]:
    """A month without any logged work is not billable."""
    yield from _short_by("CCM-25", claim, context)


# What must be in order before the first minute ----------------------------------------------------------------


@BOOK.edit(
    "CCM-12",
    "The patient consented before the first minute",
    source="Noridian CCM Q&A; AOA CCM FAQ; billing office practice",
    needs=_RECORD,
)
def consent(claim: Claim, context: Context) -> Iterator[Finding]:
    """Consent has a date, a way and somebody who took it. Stopping takes effect at the end of its month."""
    for lines, record_ in _on_record(claim, context):
        number, given = lines[0][0], record_.consent
        if given is None:
            if not _is_log_only(record_):
                yield Finding(
                    "The record says nothing about the patient's consent; check it by hand.", "consent", number,
                    warns=True,
                )  # fmt: skip
            continue
        missing = [
            name
            for name, value in (("its date", given.on), ("how it was given", given.how), ("who took it", given.by))
            if not value
        ]
        if missing:
            yield Finding(
                f"The patient's consent lacks {', '.join(missing)}; without it the month is not billable.",
                "consent",
                number,
            )
        elif given.revoked_on is not None and month_of(given.revoked_on) < record_.month:
            yield Finding(
                f"The patient stopped the service on {_day(given.revoked_on)}; later months are not billable.",
                "consent",
                number,
            )
        else:
            if given.revoked_on is not None and month_of(given.revoked_on) == record_.month:
                yield Finding(
                    f"The patient stopped the service on {_day(given.revoked_on)}: the last month to bill.",
                    "consent",
                    number,
                    warns=True,
                )
            yield from _short_by("CCM-12", claim, context)


@BOOK.edit(
    "CCM-13",
    "The patient has two chronic conditions or more",
    source="CPT 99490; Noridian CCM page",
    needs="the claim, and the month's record where there is one",
    parameters={"pointed": Parameter(False, "whether each line must point at two diagnoses")},
)
def conditions(claim: Claim, context: Context) -> Iterator[Finding]:
    """Two different diagnoses on the claim; some payers want each line to point at two."""
    for month, lines in _months(claim).items():
        known = context.care.get(month)
        if len(set(claim.diagnoses)) < 2:
            yield Finding(
                "Care management is for two chronic conditions or more and the claim has one diagnosis; add the"
                " others that were cared for.",
                "diagnosis",
                lines[0][0],
            )
        elif known is not None and len(set(known.conditions)) == 1:
            yield Finding(
                "The record names one chronic condition and the service is for two or more; complete the record.",
                "conditions",
                lines[0][0],
            )
        elif context.parameters["pointed"]:
            for number, line in lines:
                if len(set(line.pointers)) < 2:
                    yield Finding(
                        f"This payer wants line {number} to point at two diagnoses.", "diagnosis pointer", number
                    )


@BOOK.edit(
    "CCM-14",
    "There is a care plan, and the patient has a copy",
    source="CMS MLN909188",
    needs=_RECORD,
    parameters={"months": Parameter(12, "months after which a plan needs a look")},
)
def care_plan(claim: Claim, context: Context) -> Iterator[Finding]:
    """Dated on or before the month's end, kept current, and given to the patient."""
    for lines, record_ in _on_record(claim, context):
        number, plan = lines[0][0], record_.care_plan
        if plan is None:
            if not _is_log_only(record_):
                yield Finding(
                    "The record says nothing about a care plan; check it by hand.", "care plan", number, warns=True
                )
        elif plan.on is None:
            yield Finding(
                "The record has no care plan; the month is not billable without one.", "care plan", number
            )
        elif month_of(plan.on) > record_.month:
            yield Finding(
                f"The care plan is dated {_day(plan.on)}, after the month it is billed for; correct one of them.",
                "care plan",
                number,
            )
        elif not plan.copy_given:
            yield Finding(
                "The record does not say that the patient got a copy of the care plan; give it, and record it.",
                "care plan",
                number,
            )
        elif _months_between(plan.on, _last(record_.month)) >= context.parameters["months"]:
            yield Finding(
                f"The care plan was last revised on {_day(plan.on)}; see whether it is still current.",
                "care plan",
                number,
                warns=True,
            )


@BOOK.edit(
    "CCM-15",
    "The practitioner saw the patient before the care began",
    source="Noridian CCM Q&A; AAFP; twelve months by general knowledge",
    severity=_WARN,
    needs=_RECORD,
    parameters={"months": Parameter(12, "months that a visit may lie before the consent")},
)
def initiating_visit(claim: Claim, context: Context) -> Iterator[Finding]:
    """For patients new to the practice, or not seen for a year, a visit face to face comes first."""
    for lines, record_ in _on_record(claim, context):
        number, visit = lines[0][0], record_.initiating_visit
        first = min((entry.day for entry in count(record_).entries), default=None)
        began = record_.consent.on if record_.consent else None
        if visit is None:
            if not _is_log_only(record_):
                yield Finding(
                    "The record names no initiating visit; make sure that the practitioner had seen the patient"
                    " within a year before the care began.",
                    "initiating visit",
                    number,
                )
        elif first is not None and visit > first:
            yield Finding(
                f"The initiating visit ({_day(visit)}) is after the first minutes of the month; check its date.",
                "initiating visit",
                number,
            )
        elif began is not None and _months_between(visit, began) >= context.parameters["months"]:
            yield Finding(
                f"The initiating visit ({_day(visit)}) is long before the consent; look for a later one.",
                "initiating visit",
                number,
            )


@BOOK.edit(
    "CCM-16",
    "G0506 goes with the initiating visit, once",
    source="general billing knowledge",
    severity=_WARN,
    needs=_OTHERS,
)
def planning(claim: Claim, context: Context) -> Iterator[Finding]:
    """An add-on to the visit that starts the care; once for a practitioner and patient."""
    for number, line in enumerate(claim.lines, start=1):
        if line.code != "G0506" or claim.frequency is Frequency.VOID:
            continue
        before = [
            earlier
            for earlier in context.history
            for theirs in earlier.claim.lines
            if theirs.code == "G0506" and _same_practitioner(claim, line, earlier, theirs)
        ]
        if before:
            yield Finding(
                f"G0506 is billed once for a patient, and {before[0].name} bills it; take it off.",
                "procedure code",
                number,
            )
        elif not any(other.code in _INITIATING for other in claim.lines):
            yield Finding(
                "G0506 is an add-on to the visit that starts the care, and no such visit is on the claim.",
                "procedure code",
                number,
            )


# Other services and other people ------------------------------------------------------------------------------


@BOOK.edit(
    "CCM-17", "One practitioner a patient and month", source="Regence policy 122; AOA CCM FAQ", needs=_OTHERS
)
def one_practitioner(claim: Claim, context: Context) -> Iterator[Finding]:
    """Payers pay one; the second is denied. What other practices bill nobody here can see."""
    for month, lines in _months(claim).items():
        number, line = lines[0]
        for earlier, theirs in _theirs(claim, context, month, frozenset(FAMILY_OF)):
            if not _same_practitioner(claim, line, earlier, theirs):
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
    needs=_OTHERS,
)
def never_together(claim: Claim, context: Context) -> Iterator[Finding]:
    """G0181, G0182 and 90951 to 90970 by the same practitioner in the same month; G0179 and G0180 are fine."""
    yield from _clashes(claim, context, _NEVER_TOGETHER, "bill the one, not both")


@BOOK.edit(
    "CCM-19",
    "No other care management programme beside it",
    source="general billing knowledge; a vendor page (oncare360) permits principal care management",
    severity=_WARN,
    needs=_OTHERS,
)
def other_programmes(claim: Claim, context: Context) -> Iterator[Finding]:
    """99424 to 99427 and G0556 to G0558 by the same practitioner in the same month."""
    yield from _clashes(claim, context, _OTHER_PROGRAMMES, "most payers pay one of them")


@BOOK.edit(
    "CCM-20",
    "Transitional care beside it shares no minute",
    source="general billing knowledge; Medicare since 2020",
    severity=_WARN,
    needs=_OTHERS,
)
def transition(claim: Claim, context: Context) -> Iterator[Finding]:
    """99495 and 99496 may stand in the same month at Medicare; older and other policies deny them."""
    yield from _clashes(
        claim, context, _TRANSITIONS, "make sure that no minute is counted twice and that this payer allows both"
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
                if mine.code in _BASES and month_of(mine.service_from) == month:
                    yield _clash(line.code, mine.code, "this claim", advice, number)
                    break
        elif line.code not in _BASES:
            continue
        wanted = _BASES if line.code in codes else codes
        for earlier, theirs in _theirs(claim, context, month, wanted):
            if _same_practitioner(claim, line, earlier, theirs):
                yield _clash(line.code, theirs.code, earlier.name, advice, number)
                break


def _clash(code: str, other: str, where: str, advice: str, number: int) -> Finding:
    return Finding(
        f"{code} and {other} (on {where}) are billed for the same month; {advice}.", "procedure code", number
    )


def _theirs(claim: Claim, context: Context, month: str, codes: Collection[str]) -> Iterator[tuple[Earlier, Line]]:
    """The lines of the patient's other claims in a month with one of the codes."""
    for earlier in context.history:
        if earlier.claim.frequency is Frequency.VOID:
            continue
        for line in earlier.claim.lines:
            if line.code in codes and month_of(line.service_from) == month:
                yield earlier, line


def _same_practitioner(claim: Claim, line: Line, earlier: Earlier, theirs: Line) -> bool:
    return claim.rendering_of(line).npi == earlier.claim.rendering_of(theirs).npi


# The claim itself ---------------------------------------------------------------------------------------------


@BOOK.edit(
    "CCM-22",
    "The month is dated as the payer wants it",
    source="codapedia, quoting CMS; AAFP: the day the minutes are reached, or later in the month",
    severity=_WARN,
    parameters={
        "dates": Parameter(
            "month_end",
            "the last day, the day the minutes are reached or later, or the whole month",
            ("month_end", "threshold", "month_range"),
        )
    },
)
def dates(claim: Claim, context: Context) -> Iterator[Finding]:
    """By default one date, the last of the month, which is safe for add-ons; never after the patient's death."""
    style = context.parameters["dates"]
    for month, lines in _months(claim).items():
        last = _last(month)
        died = claim.patient.died_on
        if died is not None and month_of(died) == month:
            last = died
        first = last.replace(day=1)
        for number, line in lines:
            wanted = (first, last) if style == "month_range" else (line.service_from, line.service_from)
            said = (line.service_from, line.service_to)
            if style == "month_range" and said != wanted:
                yield Finding(
                    f"This payer wants the whole month on line {number}: {_day(first)} to {_day(last)}.",
                    "date of service",
                    number,
                )
                break
            if said != wanted:
                yield Finding(
                    f"Line {number} spans days, and a month of care has one date; use {_day(last)}.",
                    "date of service",
                    number,
                )
                break
            known = context.care.get(month)
            if known is not None and _not_yet_reached(line, known):
                break  # CCM-27 speaks
            if style != "month_range" and line.service_from < last:
                yield Finding(
                    f"Line {number} is dated before the end of the month. Month is open; later"
                    f" {FAMILY_OF[line.code].add_on} units will need a correction.",
                    "date of service",
                    number,
                    warns=style == "threshold",
                )
                break


@BOOK.edit(
    "CCM-23",
    "The place is where the practitioner sees the patient",
    source="AAFP March 2016",
    severity=_WARN,
    parameters={"unusual": Parameter(("12", "21", "31"), "places of service to ask about")},
)
def place(claim: Claim, context: Context) -> Iterator[Finding]:
    """Usually 11; not 12 only because the patient was at home when the telephone rang."""
    for lines in _months(claim).values():
        for number, line in lines:
            if claim.place_of(line) in context.parameters["unusual"]:
                yield Finding(
                    f"Place of service {claim.place_of(line)} on line {number}: use the place where the"
                    " practitioner usually sees this patient face to face, such as 11.",
                    "place of service",
                    number,
                )
                break


@BOOK.edit(
    "CCM-24",
    "The billing practitioner renders, never the staff",
    source="Noridian CCM page and Q&A",
    needs="the claim, and the month's record where there is one",
)
def rendering(claim: Claim, context: Context) -> Iterator[Finding]:
    """A physician, NP, PA, CNS or CNM; the one under whom the record says that the month is billed."""
    for month, lines in _months(claim).items():
        number, line = lines[0]
        provider, known = claim.rendering_of(line), context.care.get(month)
        if provider.taxonomy.startswith(_STAFF_TAXONOMIES):
            yield Finding(
                "The rendering provider is clinical staff; a month of care is billed by the practitioner who"
                " supervises it.",
                "rendering provider",
                number,
            )
        elif known is not None and known.billing_practitioner and known.billing_practitioner != provider.npi:
            yield Finding(
                "The record names another billing practitioner than the claim; correct one, and see that the"
                " patient consented to that one.",
                "rendering provider",
                number,
            )


@BOOK.edit(
    "CCM-26", "G0511 is not billed on a professional claim", source="Noridian 10521; codingintel; prevounce"
)
def clinic(claim: Claim, context: Context) -> Iterator[Finding]:
    """Rural health clinics and health centres bill on institutional claims, and the single codes since 2025."""
    for number, line in enumerate(claim.lines, start=1):
        if line.code == "G0511":
            yield Finding(
                "G0511 is billed by rural clinics and health centres on an institutional claim (837I), not here.",
                "procedure code",
                number,
            )


@BOOK.edit(
    "CCM-27",
    "The minutes were reached before the date billed",
    source="CPT time rules; billing office practice",
    needs="the time log and the payer's filing limit",
)
def in_time(claim: Claim, context: Context) -> Iterator[Finding]:
    """Not dated before its minutes were reached, and not after the payer's filing limit."""
    for lines, record_ in _on_record(claim, context):
        for number, line in lines:
            if reached := _not_yet_reached(line, record_):
                yield Finding(
                    f"Line {number} is dated {_day(line.service_to)}, and its minutes were reached on"
                    f" {_day(reached)}; date it then or at the end of the month.",
                    "date of service",
                    number,
                )
                break
    if _months(claim) and context.deadline is not None and context.today > context.deadline:
        yield Finding(
            f"The payer's filing limit for this claim was {_day(context.deadline)}; send it only with proof that"
            " it was sent in time.",
            "date of service",
            warns=True,
        )


def _not_yet_reached(line: Line, record_: CareRecord) -> date | None:
    """The day on which a line's minutes were reached, when that is after its date."""
    family = FAMILY_OF[line.code]
    reached = count(record_).reached(family.minutes_for(line.code, int(line.units)), own=family.own)
    return reached if reached is not None and line.service_to < reached else None


def _last(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


def _months_between(first: date, second: date) -> int:
    """Full months from one day to a later one."""
    whole = (second.year - first.year) * 12 + second.month - first.month
    return whole - ((second + timedelta(1)).day != 1 and second.day < first.day)

"""What must be in order before the first minute: the record itself, consent, conditions, care plan, visit."""

from __future__ import annotations

from collections.abc import Iterator

from bot.claims.edits.book import Book, Context, Finding, Parameter
from bot.claims.edits.ccm.month import (
    OTHERS,
    RECORD,
    TRANSITIONS,
    is_log_only,
    last_day,
    months,
    months_between,
    on_record,
    same_practitioner,
    us_day,
)
from bot.claims.edits.ccm.time import short_by
from bot.claims.minutes import count
from bot.claims.model import Claim, Frequency, Severity
from bot.claims.records import month_of

BOOK = Book()
_WARN = Severity.WARN

#: Visits that may start the care: annual wellness, welcome to Medicare, office visits, transition of care.
_INITIATING = frozenset(
    {"G0402", "G0438", "G0439", "99202", "99203", "99204", "99205", "99212", "99213", "99214", "99215"}
    | TRANSITIONS
)


@BOOK.edit(
    "ccm-record",
    "A billed month of care has its record",
    source="billing office practice: an 837P never carries one",
    severity=_WARN,
    needs=RECORD,
)
def record(claim: Claim, context: Context) -> Iterator[Finding]:
    """Without a record nobody can say whether time, consent and care plan are in order."""
    for month, lines in months(claim).items():
        if month in context.care:
            if is_log_only(context.care[month]):
                yield Finding(
                    f"The record of {month} is a time log only; check consent, plan and initiating visit by hand.",
                    "companion record",
                    lines[0][0],
                )
        elif not context.doubt:
            yield Finding(
                f"No record of {month} was given with this claim; check time, consent and care plan by hand, or"
                " give the companion file along.",
                "companion record",
                lines[0][0],
            )


@BOOK.edit(
    "ccm-unread",
    "What is on record for a billed month of care can be relied on",
    source="billing office practice: a record with a slip of the pen is not no record",
    needs=RECORD,
)
def unread(claim: Claim, context: Context) -> Iterator[Finding]:
    """What cannot be read of a companion file may be about this claim; of two records that differ one is wrong."""
    if context.doubt:
        for lines in months(claim).values():
            yield Finding(context.doubt, "companion record", lines[0][0])
            return


@BOOK.edit(
    "ccm-patient",
    "Record and claim are about the same patient",
    source="billing office practice: account numbers are reused",
    needs=RECORD,
    overridable=False,
)
def patient(claim: Claim, context: Context) -> Iterator[Finding]:
    """A record under the right account and of somebody else proves nothing, and is a breach when it is sent."""
    for lines, record_ in on_record(claim, context):
        if record_.contradicts_patient(claim):
            yield Finding(
                "The record of this account is of another patient: name, birth date or member number differ;"
                " correct one of them.",
                "companion record",
                lines[0][0],
            )


@BOOK.edit(
    "CCM-12",
    "The patient consented before the first minute",
    source="Noridian CCM Q&A; AOA CCM FAQ; billing office practice",
    needs=RECORD,
)
def consent(claim: Claim, context: Context) -> Iterator[Finding]:
    """Consent has a date, a way and somebody who took it. Stopping takes effect at the end of its month."""
    for lines, record_ in on_record(claim, context):
        number, given = lines[0][0], record_.consent
        if given is None:
            if not is_log_only(record_):
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
                f"The patient stopped the service on {us_day(given.revoked_on)}; later months are not billable.",
                "consent",
                number,
            )
        else:
            if given.revoked_on is not None and month_of(given.revoked_on) == record_.month:
                yield Finding(
                    f"The patient stopped the service on {us_day(given.revoked_on)}: the last month to bill.",
                    "consent",
                    number,
                    warns=True,
                )
            yield from short_by("CCM-12", claim, context)


@BOOK.edit(
    "CCM-13",
    "The patient has two chronic conditions or more",
    source="CPT 99490; Noridian CCM page",
    needs="the claim, and the month's record where there is one",
    parameters={"pointed": Parameter(False, "whether each line must point at two diagnoses")},
)
def conditions(claim: Claim, context: Context) -> Iterator[Finding]:
    """Two different diagnoses on the claim; some payers want each line to point at two."""
    for month, lines in months(claim).items():
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
    needs=RECORD,
    parameters={"months": Parameter(12, "months after which a plan needs a look")},
)
def care_plan(claim: Claim, context: Context) -> Iterator[Finding]:
    """Dated on or before the month's end, kept current, and given to the patient."""
    for lines, record_ in on_record(claim, context):
        number, plan = lines[0][0], record_.care_plan
        if plan is None:
            if not is_log_only(record_):
                yield Finding(
                    "The record says nothing about a care plan; check it by hand.", "care plan", number, warns=True
                )
        elif plan.on is None:
            yield Finding(
                "The record has no care plan; the month is not billable without one.", "care plan", number
            )
        elif month_of(plan.on) > record_.month:
            yield Finding(
                f"The care plan is dated {us_day(plan.on)}, after the month it is billed for; correct"
                " one of them.",
                "care plan",
                number,
            )
        elif not plan.copy_given:
            yield Finding(
                "The record does not say that the patient got a copy of the care plan; give it, and record it.",
                "care plan",
                number,
            )
        elif months_between(plan.on, last_day(record_.month)) >= context.parameters["months"]:
            yield Finding(
                f"The care plan was last revised on {us_day(plan.on)}; see whether it is still current.",
                "care plan",
                number,
                warns=True,
            )


@BOOK.edit(
    "CCM-15",
    "The practitioner saw the patient before the care began",
    source="Noridian CCM Q&A; AAFP; twelve months by general knowledge",
    severity=_WARN,
    needs=RECORD,
    parameters={"months": Parameter(12, "months that a visit may lie before the consent")},
)
def initiating_visit(claim: Claim, context: Context) -> Iterator[Finding]:
    """For patients new to the practice, or not seen for a year, a visit face to face comes first."""
    for lines, record_ in on_record(claim, context):
        number, visit = lines[0][0], record_.initiating_visit
        first = min((entry.day for entry in count(record_).entries), default=None)
        began = record_.consent.on if record_.consent else None
        if visit is None:
            if not is_log_only(record_):
                yield Finding(
                    "The record names no initiating visit; make sure that the practitioner had seen the patient"
                    " within a year before the care began.",
                    "initiating visit",
                    number,
                )
        elif first is not None and visit > first:
            yield Finding(
                f"The initiating visit ({us_day(visit)}) is after the first minutes of the month; check its date.",
                "initiating visit",
                number,
            )
        elif began is not None and months_between(visit, began) >= context.parameters["months"]:
            yield Finding(
                f"The initiating visit ({us_day(visit)}) is long before the consent; look for a later one.",
                "initiating visit",
                number,
            )


@BOOK.edit(
    "CCM-16",
    "G0506 goes with the initiating visit, once",
    source="general billing knowledge",
    severity=_WARN,
    needs=OTHERS,
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
            if theirs.code == "G0506" and same_practitioner(claim, line, earlier, theirs)
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

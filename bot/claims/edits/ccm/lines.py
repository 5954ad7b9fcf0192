"""A month's line as it stands on the claim: its date, place, practitioner and day of sending."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.claims.edits.book import Book, Context, Finding, Parameter
from bot.claims.edits.ccm.month import last_day, months, on_record, us_day
from bot.claims.minutes import FAMILY_OF, count
from bot.claims.model import Claim, Line, Severity
from bot.claims.records import CareRecord, month_of

BOOK = Book()
_WARN = Severity.WARN

#: Taxonomies of those who are staff here and never bill a month of care: nurses, aides, care coordinators.
_STAFF_TAXONOMIES = ("163W", "164W", "164X", "167G", "171M", "374", "376", "372")


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
    for month, lines in months(claim).items():
        last = last_day(month)
        died = claim.patient.died_on
        if died is not None and month_of(died) == month:
            last = died
        first = last.replace(day=1)
        for number, line in lines:
            wanted = (first, last) if style == "month_range" else (line.service_from, line.service_from)
            said = (line.service_from, line.service_to)
            if style == "month_range" and said != wanted:
                yield Finding(
                    f"This payer wants the whole month on line {number}: {us_day(first)} to {us_day(last)}.",
                    "date of service",
                    number,
                )
                break
            if said != wanted:
                yield Finding(
                    f"Line {number} spans days, and a month of care has one date; use {us_day(last)}.",
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
    for lines in months(claim).values():
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
    for month, lines in months(claim).items():
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
    for lines, record_ in on_record(claim, context):
        for number, line in lines:
            if reached := _not_yet_reached(line, record_):
                yield Finding(
                    f"Line {number} is dated {us_day(line.service_to)}, and its minutes were reached on"
                    f" {us_day(reached)}; date it then or at the end of the month.",
                    "date of service",
                    number,
                )
                break
    if months(claim) and context.deadline is not None and context.today > context.deadline:
        yield Finding(
            f"The payer's filing limit for this claim was {us_day(context.deadline)}; send it only with proof that"
            " it was sent in time.",
            "date of service",
            warns=True,
        )


def _not_yet_reached(line: Line, record_: CareRecord) -> date | None:
    """The day on which a line's minutes were reached, when that is after its date."""
    family = FAMILY_OF[line.code]
    reached = count(record_).reached(family.minutes_for(line.code, int(line.units)), own=family.own)
    return reached if reached is not None and line.service_to < reached else None

"""What an unlisted home visit (99600) is returned or denied for: no description, letter, comparator or records.

Each rule names its source. A claim without a companion record is looked at as
far as the claim goes; a record with something left empty blocks it. A void is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from bot.claims.edits.book import Book, Context, Finding, Parameter
from bot.claims.model import Claim, Frequency, Line, Severity
from bot.claims.records import Comparator, VisitRecord

BOOK = Book()
_WARN = Severity.WARN
_RECORD = "the visit's record"

#: The code these rules are about.
CODE = "99600"
#: Words that name no service. What is left without them must say something.
_EMPTY_WORDS = frozenset(
    {
        "a", "an", "and", "at", "by", "code", "for", "home", "in", "misc", "miscellaneous", "no", "none", "not",
        "of", "on", "or", "other", "otherwise", "patient", "procedure", "service", "services", "specified", "the",
        "to", "unlisted", "unspecified", "visit", "visits", "with",
    }
)  # fmt: skip
_TELLING = 2
_CATEGORY_III = re.compile(r"[0-9]{4}T")
_CENT = Decimal("0.01")


def _lines(claim: Claim) -> Iterator[tuple[int, Line]]:
    if claim.frequency is not Frequency.VOID:
        for number, line in enumerate(claim.lines, start=1):
            if line.code == CODE:
                yield number, line


def _on_record(claim: Claim, context: Context) -> Iterator[tuple[int, Line, VisitRecord]]:
    """The first such line, with its record."""
    if context.visit is not None:
        for number, line in _lines(claim):
            yield number, line, context.visit
            return


@BOOK.edit(
    "ul-record",
    "An unlisted visit has its record",
    source="case2code.com on 99600: the letter is written from it",
    severity=_WARN,
    needs=_RECORD,
)
def record(claim: Claim, context: Context) -> Iterator[Finding]:
    """Without it no letter can be written, and payers decide 99600 by letter and records."""
    if context.visit is None and not context.doubt:
        for number, _ in _lines(claim):
            yield Finding(
                f"No record of this {CODE} visit was given; payers ask for a letter and records, give the"
                " companion file along.",
                "companion record",
                number,
            )
            return


@BOOK.edit(
    "ul-unread",
    "What is on record for an unlisted visit can be relied on",
    source="billing office practice: a record with a slip of the pen is not no record",
    needs=_RECORD,
)
def unread(claim: Claim, context: Context) -> Iterator[Finding]:
    """What cannot be read of a companion file may be about this claim; of two records that differ one is wrong."""
    if context.doubt:
        for number, _ in _lines(claim):
            yield Finding(context.doubt, "companion record", number)
            return


@BOOK.edit(
    "ul-patient",
    "Record and claim are about the same patient",
    source="billing office practice: account numbers are reused",
    needs=_RECORD,
    overridable=False,
)
def patient(claim: Claim, context: Context) -> Iterator[Finding]:
    """A letter about somebody else is a breach when it is sent."""
    for number, _, known in _on_record(claim, context):
        if known.contradicts_patient(claim):
            yield Finding(
                "The record of this account is of another patient: name, birth date or member number differ;"
                " correct one of them.",
                "companion record",
                number,
            )


@BOOK.edit(
    "ul-day",
    "The record is of the visit's day",
    source="billing office practice: the letter names the day",
    needs=_RECORD,
    overridable=False,
)
def day(claim: Claim, context: Context) -> Iterator[Finding]:
    """A letter about another day supports no visit."""
    for number, line, known in _on_record(claim, context):
        if not line.service_from <= known.day <= line.service_to:
            yield Finding(
                f"The record under this account is of a visit on {known.day:%m/%d/%Y}; correct one of them.",
                "date of service",
                number,
            )


@BOOK.edit("UL-01", "Other codes were considered", source="case2code.com on 99600", needs=_RECORD)
def considered(claim: Claim, context: Context) -> Iterator[Finding]:
    """At least one, each with the reason why it does not describe the service."""
    for number, _, known in _on_record(claim, context):
        if not known.considered or not all(one.code and one.why_not for one in known.considered):
            yield Finding(
                f"Record which codes were considered before {CODE}, and for each why it does not fit.",
                "codes considered",
                number,
            )


@BOOK.edit(
    "UL-02", "Category III codes were looked at", source="case2code.com on 99600; Paramount PG0097", needs=_RECORD
)
def category_iii(claim: Claim, context: Context) -> Iterator[Finding]:
    """A Category III code that fits goes before an unlisted one."""
    for number, _, known in _on_record(claim, context):
        if not known.category_iii:
            yield Finding(
                "Record whether a Category III code fits: none, or that code.", "Category III answer", number
            )
        elif known.category_iii.lower() not in ("none", "no"):
            code = known.category_iii if _CATEGORY_III.fullmatch(known.category_iii) else "named there"
            yield Finding(
                f"The record says that Category III code {code} fits; bill that instead of {CODE}.",
                "Category III answer",
                number,
            )


@BOOK.edit(
    "UL-03",
    "The home visit codes were looked at first",
    source="pabau.com on 99600",
    severity=_WARN,
    needs=_RECORD,
)
def home_visit_codes(claim: Claim, context: Context) -> Iterator[Finding]:
    """99500 to 99602 name home visits; the record should say which was closest and why it does not fit."""
    for number, _, known in _on_record(claim, context):
        if known.considered and not any(
            re.fullmatch(r"99(5[0-9]{2}|60[0-2])", one.code) and one.code != CODE for one in known.considered
        ):
            yield Finding(
                "None of the home visit codes 99500 to 99602 is among the codes considered; add the closest.",
                "codes considered",
                number,
            )


@BOOK.edit("UL-04", "The description is not vague", source="Noridian, unlisted code billing")
def vague(claim: Claim, context: Context) -> Iterator[Finding]:
    """Payers return what only repeats the code's own words as unprocessable."""
    for number, line in _lines(claim):
        words = [word for word in re.findall(r"[a-z]+", line.description.lower()) if word not in _EMPTY_WORDS]
        if line.description and len(set(words)) < _TELLING:
            yield Finding(
                f"The description on line {number} does not say what was done; say what, how, where and why in 80"
                " characters.",
                "line description",
                number,
            )


@BOOK.edit("UL-05", "The visit is described on its line", source="Noridian, unlisted code billing; SV101-7 (80)")
def description(claim: Claim, context: Context) -> Iterator[Finding]:
    """In the field that the portal has for it; letter and records say more."""
    for number, line in _lines(claim):
        if not line.description:
            yield Finding(
                f"{CODE} on line {number} is an unlisted code and needs a description of what was done (80"
                " characters).",
                "line description",
                number,
            )
        elif context.visit and context.visit.description and context.visit.description != line.description:
            yield Finding(
                f"The description on line {number} is not the one in the record; make them the same.",
                "line description",
                number,
            )


@BOOK.edit(
    "UL-06", "The letter can be written", source="case2code.com on 99600; AAPC 43499 article", needs=_RECORD
)
def letter(claim: Claim, context: Context) -> Iterator[Finding]:
    """Nature, extent and need; time, effort, equipment and staff; and who signs."""
    for number, _, known in _on_record(claim, context):
        parts = {
            "nature": known.nature, "extent": known.extent, "need": known.need, "minutes": known.minutes,
            "effort": known.effort, "equipment": known.equipment, "staff": known.staff,
            "practitioner's name": known.practitioner_name,
        }  # fmt: skip
        if missing := [name for name, value in parts.items() if not value]:
            yield Finding(
                f"The letter to the payer lacks {', '.join(missing)}; complete the record.", "cover letter", number
            )


@BOOK.edit(
    "UL-07",
    "The charge is explained",
    source="case2code.com on 99600; AAPC 43499 article; rvuedge: no work value exists",
    needs=_RECORD,
)
def comparator(claim: Claim, context: Context) -> Iterator[Finding]:
    """A comparable code, and the charge as its fee times a factor, or another basis such as an invoice."""
    for number, line, known in _on_record(claim, context):
        if not known.comparators or not all(one.code and one.similar for one in known.comparators):
            yield Finding(
                f"Compare the service with at least one listed code: what is similar, what differs from {CODE}.",
                "comparator",
                number,
            )
        elif not known.charge_basis and not any(worth(one) == line.charge for one in known.comparators):
            yield Finding(
                f"The charge of ${line.charge:.2f} is not explained: no comparator's fee times its factor comes to"
                " it, and no other basis is given.",
                "charge",
                number,
            )


def worth(comparator_: Comparator) -> Decimal | None:
    """The comparator's fee times its factor, to the cent, half a cent up; None without a fee."""
    if comparator_.fee is None:
        return None
    return (comparator_.fee * Decimal(str(comparator_.factor))).quantize(_CENT, ROUND_HALF_UP)


@BOOK.edit(
    "UL-08", "Records of that day go along", source="case2code.com on 99600; CGS home services 2017", needs=_RECORD
)
def documents(claim: Claim, context: Context) -> Iterator[Finding]:
    """Visit notes dated as the service, and why the patient was seen at home."""
    for number, line, known in _on_record(claim, context):
        if not known.documents and not claim.attachments:
            yield Finding("No record of the visit goes with the claim; add the visit note.", "attachment", number)
        elif any(one.day is not None and one.day != line.service_from for one in known.documents):
            yield Finding(
                f"A record of the visit is dated otherwise than line {number}; attach the one of that day.",
                "attachment",
                number,
            )
        elif not known.home_reason:
            yield Finding(
                "The record does not say why the patient was seen at home; add the reason.", "home setting", number
            )


@BOOK.edit(
    "UL-09",
    "Letter and records can reach the payer",
    source="billing office practice; portal guides on attachments",
    needs="the visit's record and the portal's attachment routes",
    parameters={
        "no_upload": Parameter(
            "refuse",
            "where the portal takes no upload: refuse the claim, send it and wait for the payer's request, or fax"
            " or mail the papers after acceptance",
            ("refuse", "send_then_answer_request", "paper"),
        )
    },
)
def route(claim: Claim, context: Context) -> Iterator[Finding]:
    """By upload, or as the payer's policy says where there is none."""
    for number, _, _known in _on_record(claim, context):
        papers = context.limits.routes & {"FX", "BM"}
        answer = context.parameters["no_upload"]
        if "EL" not in context.limits.routes and (answer == "refuse" or (answer == "paper" and not papers)):
            yield Finding(
                "This portal takes no uploads, so letter and records cannot go with the claim; enter it on paper,"
                " or let a lead decide how this payer gets them (policy UL-09).",
                "attachment",
                number,
            )


@BOOK.edit(
    "UL-10",
    "A home visit is at home",
    source="general billing knowledge",
    severity=_WARN,
    parameters={"places": Parameter(("04", "12", "13", "14", "33"), "places of service that are a home")},
)
def place(claim: Claim, context: Context) -> Iterator[Finding]:
    """12, or another place where people live."""
    for number, line in _lines(claim):
        if claim.place_of(line) not in context.parameters["places"]:
            yield Finding(
                f"Place of service {claim.place_of(line)} on line {number} is no home, and {CODE} is a home visit;"
                " correct one.",
                "place of service",
                number,
            )


@BOOK.edit(
    "UL-11",
    "One visit is one unit",
    source="pabau.com on 99600; caps are the payer's",
    severity=_WARN,
    parameters={"most": Parameter(1, "units on a line")},
)
def units(claim: Claim, context: Context) -> Iterator[Finding]:
    """An unlisted service has no measure; some payers count otherwise and cap it."""
    for number, line in _lines(claim):
        if line.units > context.parameters["most"]:
            yield Finding(
                f"{CODE} on line {number} has {line.units:f} units and {context.parameters['most']} is usual.",
                "units",
                number,
            )


@BOOK.edit("UL-12", "The visit was authorised before", source="pabau.com on 99600", severity=_WARN)
def authorised(claim: Claim, context: Context) -> Iterator[Finding]:
    """Most payers want a prior authorisation."""
    for number, line in _lines(claim):
        if not line.prior_authorisation and not claim.prior_authorisation:
            yield Finding(
                f"Most payers want a prior authorisation for {CODE}, and line {number} has none.",
                "prior authorisation number",
                number,
            )


@BOOK.edit(
    "UL-13",
    "No modifier that the payer does not know here",
    source="general billing knowledge; pabau.com on 99600",
    severity=_WARN,
    parameters={"allowed": Parameter((), "modifiers that this payer wants, such as TD for a nurse")},
)
def modifiers(claim: Claim, context: Context) -> Iterator[Finding]:
    """A modifier of another payer is a named cause of denial."""
    for number, line in _lines(claim):
        if any(modifier not in context.parameters["allowed"] for modifier in line.modifiers):
            yield Finding(
                f"A modifier on line {number} is not known to go with {CODE} at this payer; take it off, or have"
                " it confirmed.",
                "modifier",
                number,
            )


@BOOK.edit(
    "UL-14", "Not to Medicare itself", source="general billing knowledge; billing office practice", severity=_WARN
)
def medicare(claim: Claim, context: Context) -> Iterator[Finding]:
    """Medicare prices none of the home visit codes; a denial may still be wanted for the second payer."""
    for number, _ in _lines(claim):
        if claim.subscriber.filing_indicator == "MB":
            yield Finding(
                f"Medicare does not pay {CODE}; a practitioner's home visit is 99341 to 99350. Send it only if the"
                " denial is wanted.",
                "procedure code",
                number,
            )

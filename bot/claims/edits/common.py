"""What every payer sends a professional claim back for.

What payers may see differently, or what is general billing knowledge only, warns; the rest blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bot.claims.edits.book import Book, Context, Finding
from bot.claims.identifiers import (
    RELATIONSHIPS,
    is_billable,
    is_clia,
    is_modifier,
    is_ndc,
    is_npi,
    is_place_of_service,
    is_procedure,
    is_state,
    is_taxonomy,
    is_tin,
    is_zip,
)
from bot.claims.model import Address, Attachment, Claim, Frequency, Provider, Severity

BOOK = Book()
_WARN = Severity.WARN

_X12 = "005010X222A1"
_CMS1500 = "CMS-1500 (02/12) instructions"

#: Codes that name no service: each needs its line described. Ending in 99 is a habit of theirs and not a rule,
#: so they are listed; CPT is the AMA's, so only the numbers are, and few.
UNLISTED = frozenset(
    {
        "99600", "99499", "99429", "99199", "97799", "97139", "97039", "96999", "96549", "96379", "95999", "95199",
        "94799", "93998", "93799", "92700", "92499", "90999", "90899", "90749", "90399", "89240", "84999", "81599",
        "76999", "76499", "69979", "64999", "43999", "27599", "20999", "17999", "A4649", "A9999", "C9399", "E1399",
        "J3490", "J3590", "J7599", "J7699", "J7799", "J8499", "J8999", "J9999", "K0108", "Q4050", "Q4082", "Q4100",
        "S9379", "T1999"
    }
)  # fmt: skip

_ROLES = ("rendering", "referring", "supervising", "facility")
_LINE_ROLES = (*_ROLES, "ordering")
_INDICATORS = (
    ("accept_assignment", "ABC", "accept assignment (item 27)"),
    ("benefits_assignment", "YNW", "assignment of benefits (item 13)"),
    ("release_of_information", "YI", "release of information (item 12)"),
    ("signature_on_file", "YN", "provider signature on file (item 31)"),
)
_ACCIDENTS = frozenset({"AA", "EM", "OA"})
_DELAYS = frozenset({"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "15"})


def _providers(claim: Claim) -> Iterator[tuple[Provider, str, int | None]]:
    """Every provider on the claim, what they are to it, and the line if it is a line's own."""
    yield claim.billing, "billing provider", None
    for role in _ROLES:
        if provider := getattr(claim, role):
            yield provider, _title(role), None
    for number, line in enumerate(claim.lines, start=1):
        for role in _LINE_ROLES:
            if provider := getattr(line, role):
                yield provider, _title(role), number


def _title(role: str) -> str:
    return "service facility" if role == "facility" else f"{role} provider"


def _addresses(claim: Claim) -> Iterator[tuple[Address, str]]:
    """Every address that reaches a payer's page, and whose it is."""
    if claim.billing.address:
        yield claim.billing.address, "billing provider"
    if claim.subscriber.address:
        yield claim.subscriber.address, "subscriber"
    if claim.dependant and claim.dependant.address:
        yield claim.dependant.address, "patient"
    if claim.facility and claim.facility.address:
        yield claim.facility.address, "service facility"


def _on(line: int | None) -> str:
    return f" on line {line}" if line else ""


# Who the claim is for, and from ------------------------------------------------------------------------------


@BOOK.edit(
    "account", "The claim has a patient account number the payer can give back", source=f"{_X12} CLM01; item 26"
)
def account(claim: Claim, context: Context) -> Iterator[Finding]:
    """Without it no answer finds its way home; beyond the payer's length it comes back cut."""
    if not claim.account:
        yield Finding("The patient account number is missing; give the claim one.", "patient account number")
    elif len(claim.account) > context.limits.account:
        yield Finding(
            f"The patient account number has {len(claim.account)} characters and this payer keeps"
            f" {context.limits.account}; shorten it.",
            "patient account number",
        )


@BOOK.edit("payer", "The payer is named", source=f"{_X12} 2010BB NM103, NM109", overridable=False)
def payer(claim: Claim, context: Context) -> Iterator[Finding]:
    """A claim that names no payer cannot be matched to a portal."""
    if not claim.payer.name and not claim.payer.payer_id:
        yield Finding("The claim names no payer; enter the payer's name or id.", "payer")


@BOOK.edit("billing-npi", "The billing provider has an NPI", source=f"{_X12} 2010AA NM109; item 33a")
def billing_npi(claim: Claim, context: Context) -> Iterator[Finding]:
    """Payers pay by it, and the login is found by it."""
    if not claim.billing.npi:
        yield Finding("The billing provider's NPI is missing; enter it.", "billing NPI")


@BOOK.edit("npi", "Every NPI passes its check digit", source="CMS NPI check digit (Luhn, prefix 80840)")
def npi(claim: Claim, context: Context) -> Iterator[Finding]:
    """One mistyped digit never passes."""
    for provider, role, line in _providers(claim):
        if provider.npi and not is_npi(provider.npi):
            yield Finding(
                f"The {role}'s NPI{_on(line)} is not a valid one (ten digits with a check digit); correct it.",
                f"{role} NPI",
                line,
            )


@BOOK.edit("provider-name", "Every provider is named", source=f"{_X12} NM103; items 17, 31-33")
def provider_name(claim: Claim, context: Context) -> Iterator[Finding]:
    """An NPI without a name is refused."""
    for provider, role, line in _providers(claim):
        if not provider.name:
            yield Finding(f"The {role}{_on(line)} has no name; enter it.", f"{role} name", line)


@BOOK.edit("provider-npi", "Every provider has an NPI", source="45 CFR 162.410; item 24J", severity=_WARN)
def provider_npi(claim: Claim, context: Context) -> Iterator[Finding]:
    """Only a few atypical providers may do without, and a service facility of somebody else."""
    for provider, role, line in _providers(claim):
        if not provider.npi and provider is not claim.billing and role != "service facility":
            yield Finding(f"The {role}{_on(line)} has no NPI; most payers demand it.", f"{role} NPI", line)


@BOOK.edit("tin", "The billing provider has a tax id of nine digits", source=f"{_X12} 2010AA REF EI, SY; item 25")
def tin(claim: Claim, context: Context) -> Iterator[Finding]:
    """The payer pays to it, and the login is found by it."""
    if not is_tin(claim.billing.tin):
        yield Finding("The billing provider's tax id must have nine digits; enter it without hyphens.", "tax id")


@BOOK.edit("billing-address", "The billing provider has a full address", source=f"{_X12} 2010AA N3, N4; item 33")
def billing_address(claim: Claim, context: Context) -> Iterator[Finding]:
    """Street, city, state and ZIP are all required."""
    yield from _incomplete(claim.billing.address, "billing provider")


@BOOK.edit("billing-street", "The billing address is a street", source=f"{_X12} 2010AA N301 note", severity=_WARN)
def billing_street(claim: Claim, context: Context) -> Iterator[Finding]:
    """A post office box belongs into the pay-to address."""
    street = claim.billing.address.street if claim.billing.address else ""
    if "".join(mark for mark in street.upper() if mark.isalnum()).startswith(("POBOX", "POSTOFFICEBOX")):
        yield Finding(
            "The billing address is a post office box; give the street and put the box into the pay-to address.",
            "billing provider address",
        )


@BOOK.edit("taxonomy", "Taxonomy codes have their form", source="NUCC provider taxonomy", severity=_WARN)
def taxonomy(claim: Claim, context: Context) -> Iterator[Finding]:
    """Ten characters ending in X."""
    for provider, role, line in _providers(claim):
        if provider.taxonomy and not is_taxonomy(provider.taxonomy):
            yield Finding(
                f"The {role}'s taxonomy code{_on(line)} is not one (ten characters ending in X); correct it.",
                f"{role} taxonomy",
                line,
            )


@BOOK.edit("phone", "The billing telephone has ten digits", source=f"{_X12} 2010AA PER; item 33", severity=_WARN)
def phone(claim: Claim, context: Context) -> Iterator[Finding]:
    """Portals take ten digits and nothing else."""
    number = claim.billing.phone
    if number and not (len(number) == 10 and number.isascii() and number.isdigit()):
        yield Finding("The billing provider's telephone number must have ten digits.", "billing telephone")


@BOOK.edit("member-id", "The subscriber has a member number", source=f"{_X12} 2010BA NM109; item 1a")
def member_id(claim: Claim, context: Context) -> Iterator[Finding]:
    """Two to eighty characters, as on the card."""
    if len(claim.subscriber.member_id) < 2:
        yield Finding("The member number is missing or has one character; copy it from the card.", "member number")


@BOOK.edit("member-name", "Subscriber and patient are named", source=f"{_X12} 2010BA, 2010CA NM103; items 2, 4")
def member_name(claim: Claim, context: Context) -> Iterator[Finding]:
    """The last name is what the payer compares first."""
    if not claim.subscriber.last:
        yield Finding("The subscriber's last name is missing; enter it.", "subscriber name")
    if claim.dependant is not None and not claim.dependant.last:
        yield Finding("The patient's last name is missing; enter it.", "patient name")


@BOOK.edit("first-name", "The patient has a first name", source="portal forms; items 2, 4", severity=_WARN)
def first_name(claim: Claim, context: Context) -> Iterator[Finding]:
    """A few people have one name only; most claims without a first name lost it."""
    if not claim.patient.first:
        yield Finding("The patient's first name is missing; most portals demand it.", "patient name")


@BOOK.edit("birth-date", "The patient's birth date is known and possible", source=f"{_X12} DMG02; item 3")
def birth_date(claim: Claim, context: Context) -> Iterator[Finding]:
    """Not in the future and not before 1900."""
    born = claim.patient.birth_date
    if born is None:
        yield Finding("The patient's birth date is missing; enter it.", "birth date")
    elif born > context.today or born.year < 1900:
        yield Finding("The patient's birth date cannot be right; check it.", "birth date")


@BOOK.edit("sex", "The patient's sex is F, M or U", source=f"{_X12} DMG03; item 3")
def sex(claim: Claim, context: Context) -> Iterator[Finding]:
    """The payer's form has no fourth choice."""
    if claim.patient.sex not in ("F", "M", "U"):
        yield Finding("The patient's sex must be F, M or U.", "sex")


@BOOK.edit("patient-address", "The patient has a full address", source=f"{_X12} 2010BA, 2010CA N3, N4; item 5")
def patient_address(claim: Claim, context: Context) -> Iterator[Finding]:
    """The 837P demands it of the patient, whether subscriber or dependant."""
    yield from _incomplete(claim.patient.address, "patient")


def _incomplete(address: Address | None, whose: str) -> Iterator[Finding]:
    given = address or Address()
    missing = [
        name
        for name, value in (
            ("street", given.street),
            ("city", given.city),
            ("state", given.state),
            ("ZIP code", given.zip_code),
        )
        if not value
    ]
    if missing:
        yield Finding(f"The {whose}'s address lacks {', '.join(missing)}; complete it.", f"{whose} address")


@BOOK.edit("zip", "ZIP codes have five or nine digits", source="USPS; items 5, 7, 32, 33")
def zip_code(claim: Claim, context: Context) -> Iterator[Finding]:
    """Four digits mean that a spreadsheet took a leading zero away."""
    for address, whose in _addresses(claim):
        if address.zip_code and not is_zip(address.zip_code):
            yield Finding(
                f"The {whose}'s ZIP code must have five or nine digits; a spreadsheet may have dropped a zero.",
                f"{whose} ZIP code",
            )


@BOOK.edit("state", "States are two-letter codes", source="USPS Publication 28")
def state(claim: Claim, context: Context) -> Iterator[Finding]:
    """Portals offer a list; a word is not on it."""
    for address, whose in _addresses(claim):
        if address.state and not is_state(address.state):
            yield Finding(f"The {whose}'s state must be a two-letter code, such as MN.", f"{whose} state")


@BOOK.edit("relationship", "Patient and relationship agree", source=f"{_X12} SBR02, PAT01; item 6")
def relationship(claim: Claim, context: Context) -> Iterator[Finding]:
    """Self means no other patient; anything else means one."""
    if claim.relationship not in RELATIONSHIPS:
        yield Finding(
            "The patient's relationship to the subscriber is not a known code, such as 18 or 01.", "relationship"
        )
    elif claim.relationship == "18" and claim.dependant is not None:
        yield Finding("The relationship is self, but another patient is named; correct one.", "relationship")
    elif claim.relationship != "18" and claim.dependant is None:
        yield Finding("The patient is not the subscriber, but nobody else is named; correct one.", "relationship")


@BOOK.edit(
    "payer-order", "Payer order and other insurance agree", source=f"{_X12} SBR01, 2320; item 11d", severity=_WARN
)
def payer_order(claim: Claim, context: Context) -> Iterator[Finding]:
    """A secondary claim carries what the first payer did; a primary one has nothing paid before."""
    if claim.subscriber.payer_order not in tuple("PSTABCDEFGHU"):
        yield Finding("The order of the payer must be P (primary), S or T.", "payer order")
    elif claim.subscriber.payer_order != "P" and not claim.other_insurance:
        yield Finding(
            "The payer is not the primary one, but no other insurance is given; add what it paid.", "payer order"
        )
    elif claim.subscriber.payer_order == "P" and any(other.paid for other in claim.other_insurance):
        yield Finding(
            "The payer is the primary one, but another has paid already; check the order.", "payer order"
        )


# What the patient had ------------------------------------------------------------------------------------------


@BOOK.edit("diagnosis", "There is at least one diagnosis", source=f"{_X12} 2300 HI; item 21")
def diagnosis(claim: Claim, context: Context) -> Iterator[Finding]:
    """No payer takes a professional claim without."""
    if not claim.diagnoses:
        yield Finding("The claim has no diagnosis; enter at least one.", "diagnosis")


@BOOK.edit("diagnosis-count", "There are at most twelve diagnoses", source=f"{_X12} 2300 HI; item 21")
def diagnosis_count(claim: Claim, context: Context) -> Iterator[Finding]:
    """The form has room for A to L."""
    if len(claim.diagnoses) > 12:
        yield Finding(
            f"The claim has {len(claim.diagnoses)} diagnoses and twelve fit; leave some out.", "diagnosis"
        )


@BOOK.edit("diagnosis-repeat", "No diagnosis stands twice", source="payer edits; ICD-10-CM guidelines I.B.8")
def diagnosis_repeat(claim: Claim, context: Context) -> Iterator[Finding]:
    """A code is reported once for an encounter."""
    for position, code in enumerate(claim.diagnoses):
        if code in claim.diagnoses[:position]:
            first = claim.diagnoses.index(code) + 1
            yield Finding(f"Diagnosis {position + 1} is the same as diagnosis {first}; remove one.", "diagnosis")


@BOOK.edit(
    "diagnosis-code", "Every diagnosis is a billable ICD-10-CM code", source="ICD-10-CM, April 2026 release"
)
def diagnosis_code(claim: Claim, context: Context) -> Iterator[Finding]:
    """A category with codes below it is sent back; so is a code that does not exist."""
    for position, code in enumerate(claim.diagnoses, start=1):
        if not is_billable(code):
            yield Finding(
                f"Diagnosis {position} is not a billable ICD-10-CM code; it may need more characters.",
                "diagnosis",
            )


# What was done -------------------------------------------------------------------------------------------------


@BOOK.edit("lines", "There is at least one service line", source=f"{_X12} 2400; item 24")
def lines(claim: Claim, context: Context) -> Iterator[Finding]:
    """A claim without a service asks for nothing."""
    if not claim.lines:
        yield Finding("The claim has no service line; enter at least one.", "service lines")


@BOOK.edit("line-count", "The lines fit on one claim", source=f"{_X12} 2400 (50 lines); payer's form")
def line_count(claim: Claim, context: Context) -> Iterator[Finding]:
    """Some forms take fewer than the fifty of the 837P."""
    most = context.limits.lines
    if len(claim.lines) > most:
        yield Finding(f"The claim has {len(claim.lines)} lines and {most} fit; split it.", "service lines")


@BOOK.edit("code", "Procedure codes have their form", source="CPT and HCPCS code formats; item 24D")
def code(claim: Claim, context: Context) -> Iterator[Finding]:
    """Five characters: digits with at most one letter at either end."""
    for number, line in enumerate(claim.lines, start=1):
        if not is_procedure(line.code):
            yield Finding(
                f"The procedure code on line {number} is missing or not a CPT or HCPCS code; correct it.",
                "procedure code",
                number,
            )


@BOOK.edit(
    "modifiers", "Modifiers are two characters, at most four, none twice", source=f"{_X12} SV101-3 to -6; item 24D"
)
def modifiers(claim: Claim, context: Context) -> Iterator[Finding]:
    """The form has room for four."""
    for number, line in enumerate(claim.lines, start=1):
        if not all(is_modifier(modifier) for modifier in line.modifiers):
            yield Finding(f"A modifier on line {number} does not have two letters or digits.", "modifier", number)
        if len(line.modifiers) > 4:
            yield Finding(f"Line {number} has {len(line.modifiers)} modifiers and four fit.", "modifier", number)
        if len(set(line.modifiers)) < len(line.modifiers):
            yield Finding(f"A modifier stands twice on line {number}; remove one.", "modifier", number)


@BOOK.edit(
    "unlisted", "Unlisted codes are described", source="domain rule UL-05; payers return them as unprocessable"
)
def unlisted(claim: Claim, context: Context) -> Iterator[Finding]:
    """A code that names no service says nothing without words. What 99600 needs besides has a book of its own."""
    for number, line in enumerate(claim.lines, start=1):
        if line.code in UNLISTED - {"99600"} and not line.description:
            yield Finding(
                f"{line.code} on line {number} is an unlisted code and needs a description of what was done (80"
                " characters).",
                "line description",
                number,
            )


@BOOK.edit("place", "Every line has a known place of service", source="CMS place of service codes; item 24B")
def place(claim: Claim, context: Context) -> Iterator[Finding]:
    """The line's own, else the claim's."""
    for number, line in enumerate(claim.lines, start=1):
        if not is_place_of_service(claim.place_of(line)):
            yield Finding(
                f"The place of service of line {number} is missing or not a CMS code, such as 11 or 12.",
                "place of service",
                number,
            )


@BOOK.edit("pointers", "Every line points at diagnoses of the claim", source=f"{_X12} SV107; item 24E")
def pointers(claim: Claim, context: Context) -> Iterator[Finding]:
    """One to four, none twice, none beyond the last diagnosis."""
    for number, line in enumerate(claim.lines, start=1):
        wrong = ""
        if not line.pointers:
            wrong = "points at no diagnosis; say which it is for"
        elif len(line.pointers) > 4:
            wrong = f"points at {len(line.pointers)} diagnoses and four fit"
        elif len(set(line.pointers)) < len(line.pointers):
            wrong = "points at one diagnosis twice"
        elif not all(1 <= pointer <= len(claim.diagnoses) for pointer in line.pointers):
            wrong = f"points at a diagnosis the claim does not have; it has {len(claim.diagnoses)}"
        if wrong:
            yield Finding(f"Line {number} {wrong}.", "diagnosis pointer", number)


@BOOK.edit("units", "Units are positive and fit", source=f"{_X12} SV104 (15 digits); item 24G")
def units(claim: Claim, context: Context) -> Iterator[Finding]:
    """Zero units ask for nothing."""
    for number, line in enumerate(claim.lines, start=1):
        if line.units <= 0 or len(f"{line.units:f}".replace(".", "")) > 15:
            yield Finding(
                f"The units of line {number} must be more than zero and at most 15 digits.", "units", number
            )


@BOOK.edit("units-whole", "Units are whole numbers", source="portal forms; item 24G", severity=_WARN)
def units_whole(claim: Claim, context: Context) -> Iterator[Finding]:
    """Most forms take whole units only, though the 837P has decimals."""
    for number, line in enumerate(claim.lines, start=1):
        if line.unit_type == "UN" and line.units != line.units.to_integral_value():
            yield Finding(
                f"Line {number} has a fraction of a unit; most payers take whole units.", "units", number
            )


@BOOK.edit("unit-type", "Units are UN or MJ", source=f"{_X12} SV103")
def unit_type(claim: Claim, context: Context) -> Iterator[Finding]:
    """Units, or minutes of anaesthesia."""
    for number, line in enumerate(claim.lines, start=1):
        if line.unit_type not in ("UN", "MJ"):
            yield Finding(f"The unit of line {number} must be UN (units) or MJ (minutes).", "units", number)


@BOOK.edit("line-repeat", "No line stands twice", source="payer duplicate edits (CARC 18)", severity=_WARN)
def line_repeat(claim: Claim, context: Context) -> Iterator[Finding]:
    """The same service on the same day is denied as a duplicate unless a modifier says why."""
    seen: dict[tuple[object, ...], int] = {}
    for number, line in enumerate(claim.lines, start=1):
        key = (
            line.service_from,
            line.service_to,
            line.code,
            frozenset(line.modifiers),
            claim.rendering_of(line).npi,
        )
        if key in seen:
            yield Finding(
                f"Line {number} repeats line {seen[key]}: same day, code and modifiers. Use units or a modifier.",
                "procedure code",
                number,
            )
        seen.setdefault(key, number)


@BOOK.edit(
    "ndc", "Drug codes have eleven digits", source="NDC billing format 5-4-2; item 24 shaded", severity=_WARN
)
def ndc(claim: Claim, context: Context) -> Iterator[Finding]:
    """A drug needs its code, a quantity and the quantity's unit."""
    for number, line in enumerate(claim.lines, start=1):
        if line.drug is None:
            continue
        if not is_ndc(line.drug.ndc):
            yield Finding(f"The drug code (NDC) on line {number} must have eleven digits.", "NDC", number)
        if line.drug.quantity is None or line.drug.unit not in ("F2", "GR", "ME", "ML", "UN"):
            yield Finding(f"The drug on line {number} needs a quantity and its unit, such as ML.", "NDC", number)


# Money ---------------------------------------------------------------------------------------------------------


@BOOK.edit("charge-sum", "The total is the sum of the lines", source=f"{_X12} CLM02; item 28")
def charge_sum(claim: Claim, context: Context) -> Iterator[Finding]:
    """To the cent."""
    total = sum((line.charge for line in claim.lines), Decimal(0))
    if claim.lines and claim.charge != total:
        yield Finding(
            f"The total charge is ${claim.charge:.2f} but the lines add up to ${total:.2f}; correct one.",
            "total charge",
        )


@BOOK.edit("charge-negative", "No charge is negative", source=f"{_X12} CLM02, SV102")
def charge_negative(claim: Claim, context: Context) -> Iterator[Finding]:
    """Money is taken back with a void or a replacement, never with a minus."""
    if claim.charge < 0:
        yield Finding("The total charge is negative; correct it.", "total charge")
    for number, line in enumerate(claim.lines, start=1):
        if line.charge < 0:
            yield Finding(f"The charge of line {number} is negative; correct it.", "charge", number)


@BOOK.edit("charge-zero", "The claim asks for money", source="payers return claims without a charge")
def charge_zero(claim: Claim, context: Context) -> Iterator[Finding]:
    """Zero in total is returned; a void may be anything."""
    if claim.charge == 0 and claim.frequency is not Frequency.VOID:
        yield Finding("The total charge is zero; enter the charge.", "total charge")


@BOOK.edit("line-zero", "Every line asks for money", source="payer practice differs", severity=_WARN)
def line_zero(claim: Claim, context: Context) -> Iterator[Finding]:
    """A few payers want lines for nothing (quality codes); others return them."""
    for number, line in enumerate(claim.lines, start=1):
        if line.charge == 0 and claim.charge != 0:
            yield Finding(f"Line {number} has no charge; some payers return such lines.", "charge", number)


@BOOK.edit("charge-size", "Charges fit the payers' forms", source="portal forms (10 characters); item 28")
def charge_size(claim: Claim, context: Context) -> Iterator[Finding]:
    """9,999,999.99 is the most that forms take."""
    if abs(claim.charge) >= Decimal(10_000_000):
        yield Finding("The total charge is over $9,999,999.99; check it.", "total charge")


@BOOK.edit("cob-balance", "What another payer did adds up", source="835 balancing; 2430 SVD, CAS", severity=_WARN)
def cob_balance(claim: Claim, context: Context) -> Iterator[Finding]:
    """A line's charge is what was paid and every adjustment; a claim's payment is the sum of its lines'."""
    for number, line in enumerate(claim.lines, start=1):
        for payment in line.paid_by_others:
            adjusted = sum((adjustment.amount for adjustment in payment.adjustments), Decimal(0))
            if payment.bundled_into is None and line.charge != payment.paid + adjusted:
                yield Finding(
                    f"On line {number} the other payer's payment and adjustments come to"
                    f" ${payment.paid + adjusted:.2f}, the charge is ${line.charge:.2f}.",
                    "other insurance",
                    number,
                )
    for other in claim.other_insurance:
        payments = [
            payment
            for line in claim.lines
            for payment in line.paid_by_others
            if payment.payer_id == other.payer.payer_id
        ]
        adjusted = sum((adjustment.amount for adjustment in other.adjustments), Decimal(0))
        paid = sum((payment.paid for payment in payments), Decimal(0))
        if payments and other.paid is not None and other.paid != paid - adjusted:
            yield Finding(
                f"The other payer paid ${other.paid:.2f} for the claim, but its lines and adjustments come to"
                f" ${paid - adjusted:.2f}.",
                "other insurance",
            )


# Dates ---------------------------------------------------------------------------------------------------------


@BOOK.edit("date-order", "Services do not end before they begin", source=f"{_X12} DTP472; item 24A")
def date_order(claim: Claim, context: Context) -> Iterator[Finding]:
    """From is on or before to."""
    for number, line in enumerate(claim.lines, start=1):
        if line.service_from > line.service_to:
            yield Finding(
                f"Line {number} ends before it begins; check the dates of service.", "date of service", number
            )


@BOOK.edit("date-future", "Nothing lies in the future", source="portal forms: not after today")
def date_future(claim: Claim, context: Context) -> Iterator[Finding]:
    """A service is billed after it was given."""
    for number, line in enumerate(claim.lines, start=1):
        if max(line.service_from, line.service_to) > context.today:
            yield Finding(f"The date of service of line {number} is in the future.", "date of service", number)
    for day, name in (
        (claim.onset_on, "onset"),
        (claim.admitted_on, "admission"),
        (claim.discharged_on, "discharge"),
    ):
        if day is not None and day > context.today:
            yield Finding(f"The date of {name} is in the future.", f"date of {name}")


@BOOK.edit("date-birth", "Nobody is treated before birth", source="payer edits (CARC 14)")
def date_birth(claim: Claim, context: Context) -> Iterator[Finding]:
    """On the day of birth is possible."""
    born = claim.patient.birth_date
    for number, line in enumerate(claim.lines, start=1):
        if born is not None and line.service_from < born:
            yield Finding(
                f"The date of service of line {number} is before the patient's birth; check both.",
                "date of service",
                number,
            )


@BOOK.edit("date-death", "Nobody is treated after death", source="payer edits (CARC 13)", severity=_WARN)
def date_death(claim: Claim, context: Context) -> Iterator[Finding]:
    """Some services end later on paper, so it warns."""
    died = claim.patient.died_on
    for number, line in enumerate(claim.lines, start=1):
        if died is not None and line.service_to > died:
            yield Finding(
                f"Line {number} is after the date of death on the claim; check both.", "date of service", number
            )


@BOOK.edit("date-onset", "Illness begins before treatment", source="item 14", severity=_WARN)
def date_onset(claim: Claim, context: Context) -> Iterator[Finding]:
    """The onset may be on the first day of service, not after the last."""
    if claim.onset_on is not None and claim.service_to is not None and claim.onset_on > claim.service_to:
        yield Finding(
            "The illness begins after the last date of service; check the date of onset.", "date of onset"
        )


@BOOK.edit("stay", "A hospital stay ends after it begins", source=f"{_X12} DTP435, DTP096; item 18")
def stay(claim: Claim, context: Context) -> Iterator[Finding]:
    """Discharge on or after admission, and none without one."""
    if claim.discharged_on is None:
        return
    if claim.admitted_on is None:
        yield Finding("There is a date of discharge without a date of admission; enter it.", "date of admission")
    elif claim.discharged_on < claim.admitted_on:
        yield Finding("The patient is discharged before admission; check both dates.", "date of discharge")


# The claim as a document ---------------------------------------------------------------------------------------


@BOOK.edit("original-number", "A correction names the claim it corrects", source=f"{_X12} REF F8; item 22")
def original_number(claim: Claim, context: Context) -> Iterator[Finding]:
    """A replacement or void without the payer's own number is entered as a duplicate."""
    if claim.frequency is not Frequency.ORIGINAL and not claim.original_control_number:
        yield Finding(
            "A replacement or void needs the payer's number of the claim it corrects; see the remittance.",
            "payer's number of the original claim",
        )


@BOOK.edit("original-unneeded", "A first claim corrects none", source=f"{_X12} REF F8; item 22", severity=_WARN)
def original_unneeded(claim: Claim, context: Context) -> Iterator[Finding]:
    """With the payer's number on it, it may have been meant as a replacement."""
    if claim.frequency is Frequency.ORIGINAL and claim.original_control_number:
        yield Finding(
            "The claim is marked as original but carries a payer's claim number; is it a replacement (7)?",
            "claim frequency code",
        )


@BOOK.edit(
    "indicators",
    "Assignment, release and signature are answered",
    source=f"{_X12} CLM06-CLM09; items 12, 13, 27, 31",
)
def indicators(claim: Claim, context: Context) -> Iterator[Finding]:
    """Every form asks all four."""
    for name, allowed, title in _INDICATORS:
        value: str = getattr(claim, name)
        if len(value) != 1 or value not in allowed:
            yield Finding(f"The answer to {title} must be one of {', '.join(allowed)}.", title)


@BOOK.edit(
    "accident",
    "An accident has a cause, a date and, on the road, a state",
    source=f"{_X12} CLM11; item 10",
    severity=_WARN,
)
def accident(claim: Claim, context: Context) -> Iterator[Finding]:
    """Payers ask before they pay."""
    if claim.accident is None:
        return
    if claim.accident.cause not in _ACCIDENTS:
        yield Finding("The cause of the accident must be AA (auto), EM (employment) or OA (other).", "accident")
    if claim.accident.on is None and claim.accident.cause != "EM":
        yield Finding("The accident has no date; enter it.", "accident date")
    elif claim.accident.on is not None and claim.service_to is not None and claim.accident.on > claim.service_to:
        yield Finding("The accident is after the last date of service; check its date.", "accident date")
    if claim.accident.cause == "AA" and not is_state(claim.accident.state):
        yield Finding("An auto accident needs the state it happened in.", "accident state")


@BOOK.edit("clia", "The CLIA number has its form", source="CMS CLIA; item 23", severity=_WARN)
def clia(claim: Claim, context: Context) -> Iterator[Finding]:
    """Two digits, D, seven digits."""
    if claim.clia and not is_clia(claim.clia):
        yield Finding("The CLIA number must be two digits, D and seven digits.", "CLIA number")


@BOOK.edit("delay-reason", "The delay reason is a known code", source=f"{_X12} CLM20", severity=_WARN)
def delay_reason(claim: Claim, context: Context) -> Iterator[Finding]:
    """1 to 11 or 15."""
    if claim.delay_reason and claim.delay_reason not in _DELAYS:
        yield Finding("The delay reason must be one of 1 to 11 or 15.", "delay reason")


@BOOK.edit("attachment", "Documents can be matched", source=f"{_X12} PWK02, PWK06", severity=_WARN)
def attachment(claim: Claim, context: Context) -> Iterator[Finding]:
    """What is sent beside the claim needs a control number; no two may share one."""
    seen: set[str] = set()
    for item, line in _documents(claim):
        if not item.control_number and item.transmission != "AA":
            yield Finding(
                f"A document{_on(line)} has no control number to match it by; give it one.", "attachment", line
            )
        if item.control_number and item.control_number in seen:
            yield Finding(
                f"A document{_on(line)} has the control number of another; each needs its own.", "attachment", line
            )
        seen.add(item.control_number)


def _documents(claim: Claim) -> Iterator[tuple[Attachment, int | None]]:
    for item in claim.attachments:
        yield item, None
    for number, line in enumerate(claim.lines, start=1):
        for item in line.attachments:
            yield item, number


@BOOK.edit("length", "Every text fits its field", source=f"{_X12} element lengths; payer's form")
def length(claim: Claim, context: Context) -> Iterator[Finding]:
    """A form cuts what is too long, and the claim then says something else."""
    for value, most, name, line in _texts(claim, context):
        if len(value) > most:
            yield Finding(
                f"The {name}{_on(line)} has {len(value)} characters and {most} fit; shorten it.", name, line
            )


@BOOK.edit("characters", "Every text can be typed", source="portal forms; X12 basic and extended sets")
def characters(claim: Claim, context: Context) -> Iterator[Finding]:
    """Control characters never, and none of those this payer's pages refuse."""
    for value, _, name, line in _texts(claim, context):
        if not value.isprintable():
            yield Finding(
                f"The {name}{_on(line)} holds a character that cannot be typed; enter it again.", name, line
            )
        elif any(mark in value for mark in context.limits.forbidden):
            shown = " ".join(context.limits.forbidden)
            yield Finding(f"The {name}{_on(line)} holds one of {shown}, which this payer refuses.", name, line)


@BOOK.edit("letters", "Texts have plain letters", source="X12 basic set; portal forms", severity=_WARN)
def letters(claim: Claim, context: Context) -> Iterator[Finding]:
    """Accents are lost or refused at some payers."""
    for value, _, name, line in _texts(claim, context):
        if value.isprintable() and not value.isascii():
            yield Finding(f"The {name}{_on(line)} has accents or signs that some payers refuse.", name, line)


def _texts(claim: Claim, context: Context) -> Iterator[tuple[str, int, str, int | None]]:
    """Every text that is typed into a form: itself, how long it may be, its name, its line."""
    note = context.limits.note
    yield claim.account, 38, "patient account number", None
    yield claim.payer.name, 60, "payer name", None
    yield claim.payer.payer_id, 80, "payer id", None
    yield claim.subscriber.member_id, 80, "member number", None
    yield claim.subscriber.group_number, 50, "group number", None
    yield claim.subscriber.plan_name, 60, "plan name", None
    for person, whose in ((claim.subscriber, "subscriber"), (claim.dependant, "patient")):
        if person is not None:
            yield person.last, 60, f"{whose} last name", None
            yield person.first, 35, f"{whose} first name", None
            yield person.middle, 25, f"{whose} middle name", None
            yield person.suffix, 10, f"{whose} name suffix", None
    for provider, role, line in _providers(claim):
        yield provider.name, 60, f"{role} name", line
        yield provider.first, 35, f"{role} first name", line
    for address, whose in _addresses(claim):
        yield address.street, 55, f"{whose} street", None
        yield address.street2, 55, f"{whose} second address line", None
        yield address.city, 30, f"{whose} city", None
    yield claim.original_control_number, 50, "payer's number of the original claim", None
    yield claim.prior_authorisation, 50, "prior authorisation number", None
    yield claim.referral_number, 50, "referral number", None
    yield claim.medical_record_number, 50, "medical record number", None
    yield claim.note, note, "claim note", None
    for item, line in _documents(claim):
        yield item.control_number, 80, "attachment control number", line
    for number, service in enumerate(claim.lines, start=1):
        yield service.description, note, "line description", number
        yield service.note, note, "line note", number
        yield service.prior_authorisation, 50, "prior authorisation number", number
        yield service.control_number, 30, "line control number", number


@BOOK.edit("unread", "Nothing in the file is left out", source="837P loops without a field here", severity=_WARN)
def unread(claim: Claim, context: Context) -> Iterator[Finding]:
    """What the file says and payerbot has no field for will not reach the payer's page."""
    if claim.unread:
        yield Finding(
            f"The file also says: {', '.join(claim.unread)}. payerbot does not enter that; enter the claim by"
            " hand if it matters.",
            "claim",
        )

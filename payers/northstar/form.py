"""Northstar's form, screen by screen. Lines count only once they are saved; dates are MMDDCCYY."""

from __future__ import annotations

from decimal import Decimal

from bot.portal import Claim, Field, FormPage, Kind, Line, Rows, Search, joined, mmddccyy, money, shown, whole


def _place_if_other(claim: Claim, line: Line) -> str:
    return line.place_of_service if line.place_of_service != claim.place_of_service else ""


def _adjusted(claim: Claim, _: object) -> Decimal:
    return sum((one.amount for other in claim.other_insurance for one in other.adjustments), Decimal(0))


BILLING = FormPage("Billing Provider", (shown("NPI", "billing.npi"),))
SUBSCRIBER = FormPage(
    "Subscriber",
    (
        Field("Subscriber ID", "subscriber.member_id", required=True, sensitive=True, max_length=8),
        Field("Birth Date", "subscriber.birth_date", mmddccyy, required=True, sensitive=True, then="Search"),
        shown("Last Name", "subscriber.last", sensitive=True),
        shown("First Name", "subscriber.first", sensitive=True),
    ),
)
CLAIM = FormPage(
    "Claim Information",
    (
        Field("Claim Frequency Code", "frequency", kind=Kind.SELECT, required=True),
        Field("Payer Claim Control Number", "original_control_number", max_length=17),
        Field("Place of Service", "place_of_service", kind=Kind.SELECT, required=True),
        Field("Patient Control Number", "account", required=True, max_length=20),
        Field("Assignment/Plan Participation", "accept_assignment", kind=Kind.SELECT, required=True),
        Field("Benefits Assignment", "benefits_assignment", kind=Kind.SELECT, required=True),
        Field("Release of Information", "release_of_information", kind=Kind.SELECT, required=True),
        Field("Signature on File", "signature_on_file", kind=Kind.SELECT, required=True),
        *(
            Field(f"Diagnosis Code {n + 1}", f"diagnoses.{n}", required=n == 0, sensitive=True, max_length=8)
            for n in range(12)
        ),
        Field("Prior Authorization", "prior_authorisation", max_length=50),
        Field("Referring Provider NPI", "referring.npi", max_length=10),
        Field("Attachment Control Number", "attachments.0.control_number", max_length=50),
        Field("Attachment Type", "attachments.0.report_type", kind=Kind.SELECT),
        Field("Claim Note", "note", max_length=80),
        Field(
            "Does the subscriber have other insurance?",
            lambda claim, _: "Yes" if claim.other_insurance else "No",
            kind=Kind.RADIO,
        ),
    ),
)
OTHER_INSURANCE = FormPage(
    "Coordination of Benefits",
    (
        Field("Other Payer ID", "other_insurance.0.payer.payer_id", required=True, max_length=80),
        Field("Other Payer Name", "other_insurance.0.payer.name", required=True, max_length=60),
        Field("Claim Filing Indicator", "other_insurance.0.filing_indicator", kind=Kind.SELECT, required=True),
        Field("Payer Paid Amount", "other_insurance.0.paid", money, required=True, max_length=10),
        Field("Adjustment Amount", _adjusted, money, required=True, max_length=10),
    ),
    when=lambda claim: bool(claim.other_insurance),
)
SERVICES = FormPage(
    "Services",
    rows=(
        Rows(
            "line",
            table="Saved lines",
            add="Save Line",
            fields=(
                Field("Date From", "line.service_from", mmddccyy, required=True),
                Field("Date To", "line.service_to", mmddccyy, required=True),
                Field("Place of Service", _place_if_other, kind=Kind.SELECT),
                Field("Procedure Code", "line.code", required=True, max_length=5),
                Field("Line Item Charge", "line.charge", money, required=True, max_length=10),
                Field("Service Unit Count", "line.units", whole, required=True, max_length=15),
                Field("Rendering Provider NPI", "line.rendering.npi", max_length=10),
                Field("Line Description", "line.description", max_length=80),
                *(Field(f"Modifier {n + 1}", f"line.modifiers.{n}", max_length=2) for n in range(4)),
                *(
                    Field(f"Diagnosis Pointer {n + 1}", f"line.pointers.{n}", kind=Kind.SELECT, required=n == 0)
                    for n in range(4)
                ),
            ),
            columns=(
                shown("From", "line.service_from", mmddccyy),
                shown("To", "line.service_to", mmddccyy),
                shown("POS", _place_if_other),
                shown("Procedure", "line.code"),
                shown("Modifiers", "line.modifiers", joined),
                shown("Pointers", "line.pointers", joined),
                shown("Charge", "line.charge", money),
                shown("Units", "line.units", whole),
                shown("Description", "line.description"),
                shown("Rendering NPI", "line.rendering.npi"),
            ),
        ),
    ),
    next=None,
)

PAGES = (BILLING, SUBSCRIBER, CLAIM, OTHER_INSURANCE, SERVICES)
SEARCH = Search(
    path="/claims/search",
    title="Claim Search",
    member_id="Subscriber ID",
    service_from="Service Date From",
    service_to="Service Date To",
    typed_date=mmddccyy,
    table="Claims found",
    empty="No claims found",
    shows_number="Claim Control Number",
    shows_account="Patient Control Number",
    shows_member_id="Subscriber ID",
    shows_from="Service From",
    shows_to="Service To",
    shows_charge="Total Charge",
    shows_received="Received",
    shows_status="Status",
    shows_allowed="Allowed Amount",
    shows_paid="Paid Amount",
    shows_paid_on="Paid Date",
    shows_payment_number="Warrant/EFT",
    shows_reasons="Reason Codes",
    shows_answer_by="Respond By",
)

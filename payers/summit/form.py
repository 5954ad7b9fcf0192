"""Summit's form: a question, then four pages and a review. Lines count only once they are added."""

from __future__ import annotations

from bot.portal import (
    ClaimPage,
    Field,
    FormPage,
    Kind,
    LineTable,
    Rows,
    Search,
    dollars,
    joined,
    last_first,
    mdy,
    money,
    shown,
    upper,
    whole,
    yes_no,
)  # fmt: skip

LINES = (
    shown("From", "line.service_from", mdy),
    shown("To", "line.service_to", mdy),
    shown("POS", "line.place_of_service"),
    shown("Procedure", "line.code"),
    shown("Modifiers", "line.modifiers", joined),
    shown("Pointers", "line.pointers", joined),
    shown("Charge", "line.charge", dollars),
    shown("Units", "line.units", whole),
    shown("Description", "line.description"),
    shown("Rendering NPI", "line.rendering.npi"),
)

PRIMARY = FormPage("Is Medicare the primary payer?", next="Yes")
BILLING = FormPage("Billing Provider Details", (shown("NPI", "billing.npi"),), next="Next")
BENEFICIARY = FormPage(
    "Beneficiary Details",
    (
        Field("Medicare Number", "subscriber.member_id", required=True, sensitive=True, max_length=11),
        Field("Last Name", "subscriber.last", required=True, sensitive=True, max_length=60),
        Field("First Name", "subscriber.first", required=True, sensitive=True, max_length=35),
        Field("Date of Birth", "subscriber.birth_date", mdy, required=True, sensitive=True),
        Field("Sex", "subscriber.sex", kind=Kind.SELECT, required=True, sensitive=True),
        Field("Address", "subscriber.address.street", sensitive=True, max_length=55),
        Field("City", "subscriber.address.city", sensitive=True, max_length=30),
        Field("State", "subscriber.address.state", sensitive=True, max_length=2),
        Field("ZIP", "subscriber.address.zip_code", sensitive=True, max_length=9),
    ),
    next="Next",
)
HEADER = FormPage(
    "Claim Header Information",
    (
        Field("Patient Control Number", "account", required=True, max_length=20),
        Field("Claim Frequency", "frequency", kind=Kind.SELECT, required=True),
        Field("Place of Service", "place_of_service", kind=Kind.SELECT, required=True),
        Field("Accept Assignment", "accept_assignment", kind=Kind.SELECT, required=True),
        Field("Signature on File", "signature_on_file", yes_no, Kind.RADIO, required=True),
        Field("Release of Information", "release_of_information", kind=Kind.SELECT, required=True),
        Field("Assignment of Benefits", "benefits_assignment", kind=Kind.SELECT, required=True),
        Field("Referring NPI", "referring.npi", max_length=10),
        Field("Prior Authorization No.", "prior_authorisation", max_length=50),
        Field("CLIA No.", "clia", max_length=10),
        Field("Claim Note", "note", max_length=80),
        *(
            Field(f"Diagnosis {n + 1}", f"diagnoses.{n}", required=n == 0, sensitive=True, max_length=7)
            for n in range(12)
        ),
    ),
    next="Next",
)
CLAIM_LINES = FormPage(
    "Claim Lines Information",
    rows=(
        Rows(
            "line",
            table="Claim lines",
            columns=LINES,
            fields=(
                Field("From", "line.service_from", mdy, required=True),
                Field("To", "line.service_to", mdy, required=True),
                Field("Line Place of Service", "line.place_of_service", kind=Kind.SELECT),
                Field("HCPCS", "line.code", required=True, max_length=5),
                *(Field(f"Modifier {n + 1}", f"line.modifiers.{n}", max_length=2) for n in range(4)),
                *(
                    Field(f"Diagnosis Pointer {n + 1}", f"line.pointers.{n}", required=n == 0, max_length=2)
                    for n in range(4)
                ),
                Field("Charge", "line.charge", money, required=True, max_length=10),
                Field("Units", "line.units", whole, required=True, max_length=15),
                Field("Rendering NPI", "line.rendering.npi", required=True, max_length=10),
                Field("Line Description", "line.description", max_length=80),
            ),
            add="Add Line",
        ),
    ),
    next="Next",
)
REVIEW = FormPage(
    "Ready to Submit",
    (
        shown("Patient Control Number", "account", upper),
        shown("Medicare Number", "subscriber.member_id", sensitive=True),
        shown("Beneficiary", "subscriber", last_first, sensitive=True),
        shown("Date of Birth", "subscriber.birth_date", mdy, sensitive=True),
        shown("From", "service_from", mdy),
        shown("To", "service_to", mdy),
        shown("Diagnoses", "diagnoses", joined, sensitive=True),
        shown("Referring NPI", "referring.npi"),
        shown("Prior Authorization No.", "prior_authorisation"),
        shown("Claim Note", "note"),
        shown("Total Charge", "charge", dollars),
    ),
    rows=(Rows("line", table="Claim lines", columns=LINES),),
    next=None,
)
PAGES = (PRIMARY, BILLING, BENEFICIARY, HEADER, CLAIM_LINES, REVIEW)
PAGE = ClaimPage(
    title="Claim detail",
    shows_number="Claim Number (ICN)",
    shows_account="Patient Control Number",
    shows_member_id="Medicare Number",
    shows_from="Service From",
    shows_to="Service To",
    shows_charge="Total Charge",
    shows_status="Status",
    shows_paid="Provider Paid",
    shows_paid_on="Finalized Date",
    shows_payment_number="Check/EFT Number",
    lines=LineTable(
        caption="What we decided",
        shows_code="Procedure",
        shows_allowed="Medicare Allowed",
        shows_paid="Provider Paid",
        shows_reasons="ANSI Codes",
    ),
)
SEARCH = Search(
    path="/claims/search",
    title="Claim Search",
    member_id="Medicare Number",
    service_from="Service Date From",
    service_to="Service Date To",
    table="Claims found",
    empty="No claims found",
    shows_number="Claim Number (ICN)",
    shows_tracking_number="Transaction ID",
    shows_account="Patient Control Number",
    shows_member_id="Medicare Number",
    shows_from="Service From",
    shows_to="Service To",
    shows_charge="Total Charge",
    shows_received="Received",
    shows_status="Status",
    page=PAGE,
)

"""Lakeshore's wizard, step by step. Diagnoses and lines count only once they are added; an upload is kept at the
payer even if the claim is never submitted, and its control number can never be used again."""

from __future__ import annotations

from bot.portal import (
    ClaimPage,
    Field,
    Fixed,
    FormPage,
    Kind,
    LineTable,
    Rows,
    Search,
    choice,
    dollars,
    joined,
    last_first,
    mdy,
    money,
    shown,
    whole,
    yes_no,
)  # fmt: skip

DIAGNOSES = (shown("Code", "diagnosis", sensitive=True),)
LINES = (
    shown("From", "line.service_from", mdy),
    shown("To", "line.service_to", mdy),
    shown("POS", "line.place_of_service"),
    shown("Procedure", "line.code"),
    shown("Modifiers", "line.modifiers", joined),
    shown("Pointers", "line.pointers", joined),
    shown("Units", "line.units", whole),
    shown("Charge", "line.charge", dollars),
    shown("Description", "line.description"),
    shown("Rendering NPI", "line.rendering.npi"),
)
ATTACHMENTS = (
    shown("Control number", "attachment.control_number"),
    shown("Type", "attachment.report_type"),
)

PROVIDER = FormPage(
    "Provider",
    (
        Field("Provider NPI", "billing.npi", kind=Kind.SELECT, required=True),
        Field("Claim type", Fixed("professional"), kind=Kind.SELECT, required=True),
    ),
    next="Proceed to Step 1",
)
DETAILS = FormPage(
    "Claim details",
    (
        Field("Member ID", "subscriber.member_id", required=True, sensitive=True, max_length=20, then="Look up"),
        shown("Member Name", "subscriber", last_first, sensitive=True),
        shown("Date of Birth", "subscriber.birth_date", mdy, sensitive=True),
        Field("Patient account no.", "account", max_length=20),
        Field("Service from", "service_from", mdy, required=True),
        Field("Service to", "service_to", mdy, required=True),
        Field("Place of service", "place_of_service", kind=Kind.SELECT, required=True),
        Field("Claim type", "frequency", kind=Kind.SELECT, required=True),
        Field("Previous ICN", "original_control_number", max_length=13),
        Field("Prior authorization", "prior_authorisation", max_length=50),
        Field("Referring provider NPI", "referring.npi", max_length=10),
        Field("Claim note", "note", max_length=80),
        Field("Patient signature on file", "signature_on_file", kind=Kind.SELECT, required=True),
        Field("Release of information", "release_of_information", kind=Kind.SELECT, required=True),
        Field("Assignment of benefits", "benefits_assignment", kind=Kind.SELECT, required=True),
        Field("Accept assignment", "accept_assignment", kind=Kind.SELECT, required=True),
        Field(
            "Accident related?", lambda claim, _: "Y" if claim.accident else "N", yes_no, Kind.RADIO, required=True
        ),
        Field("Accident date", "accident.on", mdy),
        Field("Accident type", "accident.cause", kind=Kind.SELECT),
        Field("Accident state", "accident.state", max_length=2),
        Field(
            "Include other insurance",
            lambda claim, _: "yes" if claim.other_insurance else "no",
            kind=Kind.CHECK,
        ),
        Field("Other payer name", "other_insurance.0.payer.name", max_length=60),
        Field("Policy number", "other_insurance.0.member_id", sensitive=True, max_length=50),
        Field("Other payer paid amount", "other_insurance.0.paid", money, max_length=10),
        Field("Adjudication date", "other_insurance.0.paid_on", mdy),
    ),
)
DIAGNOSIS = FormPage(
    "Diagnosis",
    rows=(
        Rows(
            "diagnosis",
            table="Diagnoses",
            columns=DIAGNOSES,
            fields=(
                Field("Diagnosis type", Fixed("ICD-10-CM"), kind=Kind.SELECT, required=True),
                Field("Diagnosis code", "diagnosis", required=True, sensitive=True, max_length=8),
            ),
            add="Add",
        ),
    ),
)
SERVICE_LINES = FormPage(
    "Service line",
    rows=(
        Rows(
            "line",
            table="Service lines",
            columns=LINES,
            fields=(
                Field("From", "line.service_from", mdy, required=True),
                Field("To", "line.service_to", mdy, required=True),
                Field("Place of service", "line.place_of_service", kind=Kind.SELECT, required=True),
                Field("Procedure", "line.code", kind=Kind.PICK, required=True),
                *(Field(f"Modifier {n + 1}", f"line.modifiers.{n}", max_length=2) for n in range(4)),
                *(
                    Field(f"Diagnosis pointer {n + 1}", f"line.pointers.{n}", kind=Kind.SELECT, required=n == 0)
                    for n in range(4)
                ),
                Field("Units", "line.units", whole, required=True, max_length=11),
                Field("Unit type", "line.unit_type", kind=Kind.SELECT, required=True),
                Field("Charge", "line.charge", money, required=True, max_length=10),
                Field("Rendering NPI", "line.rendering.npi", required=True, max_length=10),
                Field("Line description", "line.description", max_length=80),
            ),
            add="Add",
        ),
    ),
)
DOCUMENTS = FormPage(
    "Attachments",
    rows=(
        Rows(
            "attachment",
            table="Attachments",
            columns=ATTACHMENTS,
            fields=(
                Field(
                    "Method",
                    "attachment.transmission",
                    choice({"EL": "Upload", "BM": "Mail", "FX": "Fax"}),
                    Kind.SELECT,
                    required=True,
                ),
                Field("Type code", "attachment.report_type", kind=Kind.SELECT, required=True),
                Field("File", "attachment.file", kind=Kind.FILE),
                Field("Attachment control number", "attachment.control_number", required=True, max_length=30),
            ),
            add="Upload",
            stage="upload",
        ),
    ),
    next="Continue to review",
)
REVIEW = FormPage(
    "Review your claim",
    (
        shown("Member ID", "subscriber.member_id", sensitive=True),
        shown("Member Name", "subscriber", last_first, sensitive=True),
        shown("Date of Birth", "subscriber.birth_date", mdy, sensitive=True),
        shown("Patient account no.", "account"),
        shown("Service from", "service_from", mdy),
        shown("Service to", "service_to", mdy),
        shown("Previous ICN", "original_control_number"),
        shown("Prior authorization", "prior_authorisation"),
        shown("Referring provider NPI", "referring.npi"),
        shown("Claim note", "note"),
        shown("Total charge", "charge", dollars),
    ),
    rows=(
        Rows("diagnosis", table="Diagnoses", columns=DIAGNOSES),
        Rows("line", table="Service lines", columns=LINES),
        Rows("attachment", table="Attachments", columns=ATTACHMENTS),
    ),
    next=None,
)
PAGES = (PROVIDER, DETAILS, DIAGNOSIS, SERVICE_LINES, DOCUMENTS, REVIEW)
PAGE = ClaimPage(
    title="Claim detail",
    shows_number="Claim ID (ICN)",
    shows_account="Patient account no.",
    shows_member_id="Member ID",
    shows_from="Service From",
    shows_to="Service To",
    shows_charge="Total Charge",
    shows_status="Status",
    shows_allowed="Total allowed",
    shows_paid="Plan paid",
    shows_paid_on="Payment date",
    shows_payment_number="Check or EFT no.",
    shows_answer_by="Reply by",
    lines=LineTable(
        caption="What we decided",
        shows_code="Procedure",
        shows_status="Decision",
        shows_allowed="Allowed",
        shows_paid="Plan paid",
        shows_reasons="Remarks",
    ),
)
SEARCH = Search(
    path="/claims/search",
    title="Claim Search",
    member_id="Member ID",
    service_from="Service Date From",
    service_to="Service Date To",
    table="Claims found",
    empty="No claims found",
    shows_number="Claim ID (ICN)",
    shows_account="Patient account no.",
    shows_member_id="Member ID",
    shows_from="Service From",
    shows_to="Service To",
    shows_charge="Total Charge",
    shows_received="Received",
    shows_status="Status",
    page=PAGE,
)

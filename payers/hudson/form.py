"""Hudson's form: a first page, locked when it is left, then tabs. Lines stand in a grid of five to fifty rows."""

from __future__ import annotations

from bot.portal import (
    Claim,
    ClaimPage,
    Field,
    Fixed,
    FormPage,
    Grid,
    Kind,
    LineTable,
    Search,
    last_first,
    mdy,
    money,
    shown,
    whole,
)  # fmt: skip


def _only(values: set[str]) -> str:
    """The one value that all lines have. Raises `ValueError`: the portal asks for it once for all lines."""
    if len(values) > 1:
        raise ValueError("the lines differ")
    return "".join(values)


def _place(claim: Claim, _: object) -> str:
    return _only({claim.place_of(line) for line in claim.lines} or {claim.place_of_service})


def _rendering(claim: Claim, _: object) -> str:
    return _only({claim.rendering_of(line).npi for line in claim.lines})


INFORMATION = (
    Field("Place of Service", _place, kind=Kind.SELECT, required=True),
    Field("Provider Signature on File?", "signature_on_file", kind=Kind.SELECT, required=True),
    Field("Assignment of Benefits?", "benefits_assignment", kind=Kind.SELECT, required=True),
    Field("Release of Information?", "release_of_information", kind=Kind.SELECT, required=True),
    Field("Accept Assignment?", "accept_assignment", kind=Kind.SELECT, required=True),
    Field("Patient Amount Paid", "patient_paid", money, max_length=10),
    Field("Prior Authorization", "prior_authorisation", max_length=50),
)
PROVIDER = FormPage(
    "Provider Information",
    (
        shown("Billing NPI", "billing.npi"),
        Field("Rendering Provider", _rendering, kind=Kind.SELECT, required=True),
        Field("Referring Provider NPI", "referring.npi", max_length=10),
    ),
    next="Next",
)
DIAGNOSIS = FormPage(
    "Diagnosis",
    tuple(
        Field(f"Diagnosis {n + 1}", f"diagnoses.{n}", required=n == 0, sensitive=True, max_length=7)
        for n in range(12)
    ),
    next="Next",
)
OTHER_PAYERS = FormPage("Other Payers", next="Next")
LINES = Grid(
    "line",
    (
        Field("From {n}", "line.service_from", mdy),
        Field("To {n}", "line.service_to", mdy),
        Field("Proc {n}", "line.code", max_length=5),
        *(Field(f"Mod {{n}}.{n + 1}", f"line.modifiers.{n}", max_length=2) for n in range(4)),
        *(Field(f"Dx {{n}}.{n + 1}", f"line.pointers.{n}", max_length=2) for n in range(4)),
        Field("Count {n}", "line.units", whole, max_length=15),
        Field("Charge {n}", "line.charge", money, max_length=10),
        Field("Description {n}", "line.description", max_length=80),
    ),
    more="Add More Service Lines",
)


def pages(kind: str, last: str | None = None, stage: str | None = None) -> tuple[FormPage, ...]:
    """The form of a claim of this type; `last` leads on from its last tab and fires `stage`."""
    locked = (
        shown("Client ID", "subscriber.member_id", sensitive=True),
        shown("Patient Control Number", "account"),
        shown("Type of Claim", Fixed(kind)),
    )
    start = FormPage(
        "New Claim",
        (
            Field("Client ID", "subscriber.member_id", required=True, sensitive=True, max_length=8, then="Go"),
            shown("Client Name", "subscriber", last_first, sensitive=True),
            shown("Date of Birth", "subscriber.birth_date", mdy, sensitive=True),
            Field("Patient Control Number", "account", required=True, max_length=20),
            Field("Claim Submission Reason", "frequency", kind=Kind.SELECT, required=True),
            Field("Original TCN", "original_control_number", max_length=16),
            Field("Type of Claim", Fixed(kind), kind=Kind.SELECT, required=True),
            Field("Claim Note", "note", max_length=80),
        ),
        next="Next",
    )
    information = FormPage("Professional Claim Information", (*locked, *INFORMATION), next="Next")
    lines = FormPage("Service Line(s)", locked, grids=(LINES,), next=last, stage=stage)
    return (start, information, PROVIDER, DIAGNOSIS, OTHER_PAYERS, lines)


PAGE = ClaimPage(
    title="Claim detail",
    shows_number="TCN",
    shows_account="Patient Control Number",
    shows_member_id="Client ID",
    shows_from="Service From",
    shows_to="Service To",
    shows_charge="Total Charge",
    shows_status="Status",
    shows_paid_on="Remittance Date",
    shows_payment_number="Remittance Number",
    lines=LineTable(
        caption="What we decided",
        shows_code="Procedure",
        shows_status="Category",
        shows_paid="Amount Paid",
        shows_reasons="Reason",
    ),
)
SEARCH = Search(
    path="/claims/search",
    title="Claim Search",
    member_id="Client ID",
    service_from="Service Date From",
    service_to="Service Date To",
    table="Claims found",
    empty="No claims found",
    shows_number="TCN",
    shows_account="Patient Control Number",
    shows_member_id="Client ID",
    shows_from="Service From",
    shows_to="Service To",
    shows_charge="Total Charge",
    shows_received="Received",
    shows_status="Status",
    page=PAGE,
)

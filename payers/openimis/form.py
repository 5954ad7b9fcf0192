"""openIMIS's page for a new claim, and what an office must say for it that no claim carries."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from bot.portal import Claim, Field, Fixed, FormPage, Grid, Kind, Line, Options, dmy, money, nodot, shown, whole

#: What a select holds, by the words it shows.
_VISIT_TYPES = {"Emergency": '"E"', "Other": '"O"'}

DIAGNOSES = ("Main Diagnosis", "Sec Dg1", "Sec Dg2", "Sec Dg3", "Sec Dg4")


class Office(Options):
    """``[payers.openimis.options]``."""

    #: The health facility of each billing NPI, as the portal shows it: its code and its name.
    facilities: dict[str, str] = {}
    #: The claim administrator, as the portal shows them: code, last name, first name.
    claim_administrator: str = ""
    visit_type: Literal["Emergency", "Other"] = "Other"
    #: The insurer's code of a procedure, by ours, where it is another.
    services: dict[str, str] = {}

    def npi_of(self, facility: str) -> str:
        """The billing NPI of a health facility as the portal shows it; empty for one nobody named."""
        return next((npi for npi, shown_as in self.facilities.items() if shown_as == facility), "")

    def code_of(self, line: Line) -> str:
        """The insurer's code of what was done."""
        return self.services.get(line.code.lower(), line.code)

    @property
    def ours(self) -> dict[str, str]:
        """Our code of a procedure, by the insurer's."""
        return {theirs: ours.upper() for ours, theirs in self.services.items()}


def services(lines: Iterable[tuple[str, str, str]]) -> str:
    """Lines by code, quantity and price of each, in no order: openIMIS keeps none."""
    return ", ".join(sorted(f"{code} × {whole(quantity)} at {money(price)}" for code, quantity, price in lines))


def form(office: Office) -> FormPage:
    """The one page of it. A claim number is drawn for each claim; visits have dates, their lines have none."""
    return FormPage(
        "Claim",
        (
            shown("Health Facility", lambda claim, _: office.facilities.get(claim.billing.npi)),
            shown("Claim Administrator", Fixed(office.claim_administrator)),
            Field("Insurance No.", "subscriber.member_id", required=True, sensitive=True, max_length=12, then=""),
            shown("Name", lambda claim, _: f"{claim.subscriber.last} {claim.subscriber.first}", sensitive=True),
            Field("Visit Date From", "service_from", dmy, Kind.OWN, required=True),
            Field("Visit Date To", _last_day, dmy, Kind.OWN),
            Field("Visit Type", Fixed(_VISIT_TYPES[office.visit_type]), kind=Kind.OWN, required=True),
            *(
                Field(label, f"diagnoses.{place}", nodot, Kind.PICK, required=place == 0, sensitive=True)
                for place, label in enumerate(DIAGNOSES)
            ),
            Field("Claim No.", "account", required=True),
            Field("Guarantee No.", "prior_authorisation", max_length=50),
            Field("Explanation", "note"),
            Field("Item 1", lambda *_: None, kind=Kind.PICK),  # goods, which a professional claim has none of
        ),
        grids=(
            Grid(
                "line",
                (
                    Field("Service {n}", lambda _, line: office.code_of(line), kind=Kind.PICK, required=True),
                    Field("Quantity {n}", "line.units", whole, required=True),
                    Field("Price {n}", _price, money, required=True),
                    Field("Explanation {n}", _explanation),
                ),
                more=None,
            ),
        ),
        next="Save",
        stage="save",
    )  # fmt: skip


def _last_day(claim: Claim, _: object) -> object:
    return claim.service_to if claim.service_to != claim.service_from else None


def entered_services(office: Office) -> Field:
    """The lines, as the claim shows them once it is there."""

    def wanted(claim: Claim, _: object) -> str:
        return services(
            (office.code_of(line), whole(line.units), money(_price(claim, line))) for line in claim.lines
        )

    return shown("Services", wanted)


def _price(_: Claim, line: Line) -> Decimal:
    """Of each unit."""
    price = line.charge / line.units
    if price != price.quantize(Decimal("0.01")):
        raise ValueError("the charge is not so many times a price")
    return price


def _explanation(_: Claim, line: Line) -> str | None:
    """Asked for when there is more than one unit."""
    return line.description or (f"{whole(line.units)} units" if line.units > 1 else None)

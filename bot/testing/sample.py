"""An invented claim, and an invented user, for tests of adapters. Nobody here exists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bot.claims.model import Address, BillingProvider, Claim, Line, Payer, Provider, Subscriber


@dataclass(frozen=True, slots=True)
class PortalUser:
    """Who may sign in at a mock portal, and for which billing provider."""

    username: str = "billing@maplehollow.example"
    password: str = "correct horse"  # noqa: S105  nobody's
    npi: str = "1990000014"
    tin: str = "990000017"
    #: Base32 key of the authenticator, where the portal asks for a code.
    totp_secret: str | None = None


_STREET = Address(street="14 Orchard Row", city="Maple Hollow", state="MN", zip_code="550010001")


def visit(**changes: Any) -> Claim:
    """A claim of two lines and two diagnoses; `changes` replace what it says."""
    day = date(2026, 6, 3)
    rendering = Provider(npi="1990000113", name="Lindqvist", first="Anneli", taxonomy="207Q00000X")
    claim = Claim(
        account="MHA1000001",
        payer=Payer(name="SAMPLE PAYER"),
        billing=BillingProvider(
            npi="1990000014",
            tin="990000017",
            name="Maple Hollow Family Medicine",
            taxonomy="207Q00000X",
            address=_STREET,
            phone="6515550142",
        ),
        subscriber=Subscriber(
            last="Ashgrove",
            first="Mabel",
            birth_date=date(1950, 4, 9),
            sex="F",
            address=Address(street="100 Larkspur Lane", city="Maple Hollow", state="MN", zip_code="55001"),
            member_id="SP40210037",
            filing_indicator="CI",
        ),
        rendering=rendering,
        diagnoses=("E119", "I10"),
        charge=Decimal("169.00"),
        place_of_service="11",
        lines=(
            Line(service_from=day, service_to=day, code="99213", pointers=(1, 2), charge=Decimal("128.00")),
            Line(
                service_from=day,
                service_to=day,
                code="36415",
                modifiers=("59",),
                pointers=(1,),
                charge=Decimal("41.00"),
            ),
        ),
    )
    return claim.model_copy(update=changes)

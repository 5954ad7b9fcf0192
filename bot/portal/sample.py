"""An invented claim, for an office that has none of its own yet: enough to open the pages of a form that open only
for a claim. Its patient exists nowhere; a portal that looks members up leads no further than that."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from bot.claims.model import Address, BillingProvider, Claim, Line, Payer, Subscriber

_SOMEWHERE = Address(street="1 Sample Street", city="Springfield", state="MN", zip_code="55001")


def invented(npi: str, tin: str, today: date) -> Claim:
    """An office visit last week, billed by this provider."""
    day = today - timedelta(days=7)
    return Claim(
        account="SAMPLE1",
        payer=Payer(),
        billing=BillingProvider(npi=npi, tin=tin, name="Sample Practice", address=_SOMEWHERE),
        subscriber=Subscriber(
            last="Sample",
            first="Quentin",
            birth_date=date(1950, 1, 2),
            sex="M",
            address=_SOMEWHERE,
            member_id="00000000",
        ),
        diagnoses=("I10",),
        charge=Decimal("1.00"),
        place_of_service="11",
        lines=(Line(service_from=day, service_to=day, code="99213", pointers=(1,), charge=Decimal("1.00")),),
    )

"""The fake portal's adapter: a form of five fields and one stage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, cast

from playwright.async_api import Page

from bot.claims.vocabulary import Status
from bot.portal.adapter import (
    Adapter,
    Code,
    Credentials,
    Field,
    FormPage,
    FoundClaim,
    FoundLine,
    Limits,
    Receipt,
    SentAs,
    Stage,
    StageKind,
    shown,
    text,
)
from bot.portal.convert import dollars
from bot.portal.fit import MEANINGFUL, MEANINGFUL_ON_A_LINE

if TYPE_CHECKING:
    from bot.testing.desk import FakePage


_ENTRIES = (
    ("account", "account", text),
    ("member_id", "subscriber.member_id", text),
    ("service_from", "service_from", text),
    ("service_to", "service_to", text),
    ("charge", "charge", dollars),
)


class FakeAdapter(Adapter):
    """The fake portal."""

    slug = "fake"
    name = "The fake payer"
    limits = Limits(lines=50, diagnoses=12, visibility_delay=timedelta(0))
    control_number = r"F\d{9}"
    home = ""
    pages = (FormPage("Claim", tuple(Field(*entry, required=True) for entry in _ENTRIES), next=None),)
    echoes = tuple(shown(*entry) for entry in _ENTRIES)
    identity = frozenset({"account", "member_id"})
    stages = (Stage("submit", StageKind.FINAL, "POST", "/claims"),)
    words: ClassVar = {
        "received": Status.PENDING,
        "in process": Status.PENDING,
        "information requested": Status.INFO_REQUESTED,
        "paid": Status.PAID,
        "denied": Status.DENIED,
        "forwarded": Status.FORWARDED,
        "reversed": Status.REVERSED,
    }
    unexpected = ()
    not_asked: ClassVar = dict.fromkeys(
        (*MEANINGFUL, *MEANINGFUL_ON_A_LINE, "line.service_from"), "it asks for nothing else"
    )

    async def sign_in(self, page: Page, credentials: Credentials, code: Code) -> None:
        """Anybody may come in."""
        await _of(page).request("POST", "/sign-in", {})

    async def open_form(self, page: Page) -> None:
        """Empty the form."""
        _of(page).fields = {label: "" for label, *_ in _ENTRIES}

    async def ready_to_send(self, page: Page) -> None:
        """There is nothing to check."""

    async def send(self, page: Page) -> None:
        """Post the form."""
        await _of(page).submit()

    async def read_receipt(self, page: Page) -> Receipt:
        """What the portal answered."""
        answer = _of(page).answer
        return Receipt(control_number=answer["control_number"], shown=answer, words="received")

    async def find_claims(
        self, page: Page, sought: SentAs, service_from: date, service_to: date
    ) -> Sequence[FoundClaim]:
        """The claims of this account."""
        rows = await _of(page).request("GET", f"/claims?account={sought.account}", None)
        return [
            FoundClaim(
                control_number=row["control_number"],
                account=row["account"],
                member_id=row["member_id"],
                service_from=date.fromisoformat(row["service_from"]),
                service_to=date.fromisoformat(row["service_to"]),
                charge=Decimal(row["charge"].strip("$").replace(",", "")),
                received_at=datetime.fromisoformat(row["received_at"]),
                words=row["words"],
                allowed=_dollars(row["allowed"]),
                paid=_dollars(row["paid"]),
                paid_on=_day(row["paid_on"]),
                payment_number=row["payment_number"],
                reasons=tuple(row["reasons"]),
                answer_by=_day(row["answer_by"]),
                lines=tuple(FoundLine(code, words, paid=Decimal(paid)) for code, words, paid in row["lines"]),
            )
            for row in rows
        ]


def _dollars(amount: str | None) -> Decimal | None:
    return Decimal(amount) if amount else None


def _day(day: str | None) -> date | None:
    return date.fromisoformat(day) if day else None


def _of(page: Page) -> FakePage:
    return cast("FakePage", page)

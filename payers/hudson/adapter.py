"""Hudson Medicaid: tabs behind a client look-up. A claim by itself goes real-time and is answered at once; several
are saved, put together in a batch, and found in the claim search a day later."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from playwright.async_api import Page

from bot.portal import (
    Adapter,
    BatchAdapter,
    Limits,
    Receipt,
    Stage,
    StageKind,
    Status,
    dollars,
    heading,
    mdy,
    reach,
    read,
    shown,
)  # fmt: skip
from payers.hudson.form import SEARCH, pages


class Hudson(Adapter):
    """The provider portal of Hudson Medicaid."""

    slug = "hudson"
    name = "Hudson Medicaid"
    limits = Limits(
        lines=50,
        diagnoses=12,
        visibility_delay=timedelta(hours=24),
        verdict_delay=timedelta(hours=24),
        claims_per_send=10,
    )
    control_number = r"\d{16}"
    home = "Good to know"
    sends = "Send"
    pages = pages("Professional Real Time")
    echoes = (
        shown("Patient Control Number", "account"),
        shown("Client ID", "subscriber.member_id", sensitive=True),
        shown("From", "service_from", mdy),
        shown("To", "service_to", mdy),
        shown("Total Charge", "charge", dollars),
        shown("Lines", lambda claim, _: len(claim.lines)),
    )
    identity = frozenset({"Patient Control Number", "Client ID"})
    stages: ClassVar[tuple[Stage, ...]] = (Stage("submit", StageKind.FINAL, "POST", "/claims/send"),)
    words = {
        "a2 - accepted for processing": Status.PENDING,
        "in process": Status.PENDING,
        "r4 - documentation requested": Status.INFO_REQUESTED,
        "f1 - paid": Status.PAID,
        "f2 - denied": Status.DENIED,
        "f3 - payment reversed": Status.REVERSED,
        "f3f - forwarded": Status.FORWARDED,
    }
    duplicate = r"Exact duplicate of claim (\d{16})"
    search = SEARCH
    not_asked = {"line.rendering": "entered once for all lines; a claim whose lines differ in it is refused"}

    def together(self) -> BatchAdapter:
        """Batches."""
        from payers.hudson.batches import HudsonBatches

        return HudsonBatches(self.url)

    async def open_form(self, page: Page) -> None:
        """A new claim forgets the last one that was not finished."""
        await page.goto(f"{self.url}/claims/start")

    async def read_receipt(self, page: Page) -> Receipt:
        """The answer names the claim, or the last tab says what is wrong, an exact duplicate among it."""
        await reach(
            page, self, heading(page, "Real-time answer").or_(heading(page, "Please correct the following:"))
        )
        terms, problems = (await read(page)).terms, await self.problems(page)
        return Receipt(
            control_number=terms.get("TCN"),
            shown=terms,
            words=terms.get("Category", ""),
            refused=tuple(problems),
            duplicate_of=self.duplicate_in(problems),
        )

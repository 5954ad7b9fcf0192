"""Hudson Medicaid: tabs behind a client look-up; a real-time claim is sent by itself and answered at once."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.async_api import Page

from bot.claims.vocabulary import Status
from bot.portal.adapter import Adapter, Limits, Receipt, Stage, StageKind, shown
from bot.portal.convert import dollars, mdy
from bot.portal.reading import read
from bot.portal.way import heading, reach
from payers.hudson.form import PAGES, SEARCH


class Hudson(Adapter):
    """The provider portal of Hudson Medicaid."""

    slug = "hudson"
    name = "Hudson Medicaid"
    limits = Limits(lines=50, diagnoses=12, visibility_delay=timedelta(hours=24))
    control_number = r"\d{16}"
    home = "Good to know"
    sends = "Send"
    pages = PAGES
    echoes = (
        shown("Patient Control Number", "account"),
        shown("Client ID", "subscriber.member_id", sensitive=True),
        shown("From", "service_from", mdy),
        shown("To", "service_to", mdy),
        shown("Total Charge", "charge", dollars),
        shown("Lines", lambda claim, _: len(claim.lines)),
    )
    identity = frozenset({"Patient Control Number", "Client ID"})
    stages = (Stage("submit", StageKind.FINAL, "POST", "/claims/send"),)
    words = {
        "a2 - accepted for processing": Status.PENDING,
        "in process": Status.PENDING,
        "paid": Status.PAID,
        "denied": Status.DENIED,
    }
    search = SEARCH
    not_asked = {"line.rendering": "entered once for all lines; a claim whose lines differ in it is refused"}

    async def open_form(self, page: Page) -> None:
        """A new claim forgets the last one that was not finished."""
        await page.goto(f"{self.url}/claims/start")

    async def read_receipt(self, page: Page) -> Receipt:
        """The answer names the claim, or the last tab says what is wrong, an exact duplicate among it."""
        wrong = heading(page, "Please correct the following:")
        await reach(page, self, heading(page, "Real-time answer").or_(wrong))
        problems = await self.problems(page)
        duplicate = next((one.message for one in problems if "duplicate" in one.message), None)
        terms = (await read(page)).terms
        return Receipt(
            control_number=terms.get("TCN"),
            shown=terms,
            words=terms.get("Category", ""),
            refused=tuple(problems),
            duplicate_of=None if duplicate is None else "".join(re.findall(r"\d{16}", duplicate)),
        )

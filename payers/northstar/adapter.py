"""Northstar Medicaid: direct data entry, all screens in one document, validated and then sent by a script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from playwright.async_api import Page

from bot.claims.vocabulary import Status
from bot.errors import PortalProblem, PortalRefused
from bot.portal.adapter import (
    Adapter,
    Code,
    Credentials,
    FoundClaim,
    Limits,
    Receipt,
    SentAs,
    Stage,
    StageKind,
    Trouble,
    Unexpected,
    press,
    shown,
)
from bot.portal.convert import dollars, mdy, mmddccyy, read_mdy, read_moment, read_money
from bot.portal.reading import read
from bot.portal.way import heading, reach, records
from payers.northstar.form import PAGES


class Northstar(Adapter):
    """The provider portal of Northstar Medicaid."""

    slug = "northstar"
    name = "Northstar Medicaid"
    limits = Limits(
        lines=50, diagnoses=12, forbidden="*^:~|", attachments=1, attachment_routes=frozenset({"FX", "BM", "AA"})
    )
    control_number = r"\d{17}"
    home = "What you can do here"
    pages = PAGES
    echoes = (
        shown("Patient Control Number", "account"),
        shown("Subscriber ID", "subscriber.member_id", sensitive=True),
        shown("Service Date From", "service_from", mdy),
        shown("Service Date To", "service_to", mdy),
        shown("Total Charge", "charge", dollars),
        shown("Lines", lambda claim, _: len(claim.lines)),
    )
    identity = frozenset({"Patient Control Number", "Subscriber ID"})
    stages = (Stage("submit", StageKind.FINAL, "POST", "/claims"),)
    words = {
        "accepted": Status.PENDING,
        "in process": Status.PENDING,
        "denied": Status.DENIED,
        "paid": Status.PAID,
    }
    unexpected = (
        Unexpected(Trouble.SESSION_LOST, "Your session has ended. Please sign in again."),
        Unexpected(Trouble.UNAVAILABLE, "Scheduled maintenance"),
        Unexpected(Trouble.CAPTCHA, "Please show us that you are a person."),
        Unexpected(Trouble.TERMS, "Our terms of use have changed"),
        Unexpected(Trouble.LOCKED, "Account locked"),
        Unexpected(Trouble.IN_THE_WAY, "How are we doing?", ("No thanks",)),
        Unexpected(Trouble.IN_THE_WAY, "New: paperless remittances", ("Close",)),
        Unexpected(Trouble.IN_THE_WAY, "Provider bulletin", ("I have read this bulletin", "Continue")),
    )

    async def sign_in(self, page: Page, credentials: Credentials, code: Code) -> None:
        """User name and password."""
        await page.get_by_label("User name").fill(credentials.username)
        await page.get_by_label("Password").fill(credentials.password.get_secret_value())
        await press(page, "Sign in")

    async def open_form(self, page: Page) -> None:
        """The menu hides the link; its address does not change."""
        await page.goto(f"{self.url}/claims/new")

    async def ready_to_send(self, page: Page) -> None:
        """Submit stays disabled until the portal's own validation finds nothing."""
        await press(page, "Validate")
        fine = page.get_by_text("No errors found. You may submit.")
        await reach(page, self, fine.or_(page.get_by_role("table", name="Validation messages")))
        if messages := (await read(page)).tables.get("Validation messages"):
            raise PortalRefused([PortalProblem(row["Field"], row["Message"]) for row in messages.records()])

    async def send(self, page: Page) -> None:
        """Submit posts the claim by a script, which then opens the response."""
        await press(page, "Submit")

    async def read_receipt(self, page: Page) -> Receipt:
        """The response is a verdict: accepted, or rejected with reasons, among them an exact duplicate."""
        await reach(page, self, heading(page, "Claim Response"))
        reading = await read(page)
        reasons = list(reading.tables["Reasons"].records()) if "Reasons" in reading.tables else []
        duplicate = next((row["Message"] for row in reasons if row["Code"] == "18"), None)
        number = reading.terms.get("Claim Control Number")
        return Receipt(
            control_number=number,
            shown=reading.terms,
            words=reading.terms.get("Claim Status", ""),
            refused=() if number else tuple(PortalProblem(row["Field"], row["Message"]) for row in reasons),
            duplicate_of=None if duplicate is None else "".join(re.findall(r"\d{17}", duplicate)),
        )

    async def find_claims(
        self, page: Page, sought: SentAs, service_from: date, service_to: date
    ) -> Sequence[FoundClaim]:
        """Search by subscriber and dates."""
        await page.goto(f"{self.url}/claims/search")
        await reach(page, self, heading(page, "Claim Search"))
        await page.get_by_label("Subscriber ID").fill(sought.member_id)
        await page.get_by_label("Service Date From").fill(mmddccyy(service_from))
        await page.get_by_label("Service Date To").fill(mmddccyy(service_to))
        await press(page, "Search")
        return [
            FoundClaim(
                control_number=row["Claim Control Number"],
                account=row["Patient Control Number"],
                member_id=row["Subscriber ID"],
                service_from=read_mdy(row["Service From"]),
                service_to=read_mdy(row["Service To"]),
                charge=read_money(row["Total Charge"]),
                received_at=read_moment(row["Received"], "%m/%d/%Y %H:%M:%S UTC"),
                words=row["Status"],
            )
            for row in await records(page, self, "Claims found", "No claims found")
        ]

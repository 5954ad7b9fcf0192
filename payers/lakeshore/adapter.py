"""Lakeshore Health Plan: a wizard of pages with look-ups, uploads and a second press to confirm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from playwright.async_api import Page

from bot.claims.vocabulary import Status
from bot.errors import PayerHasIt
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
    target,
)
from bot.portal.convert import dollars, last_first, mdy, read_mdy, read_moment, read_money
from bot.portal.reading import read
from bot.portal.way import heading, reach, records
from payers.lakeshore.form import PAGES


class Lakeshore(Adapter):
    """The provider portal of Lakeshore Health Plan."""

    slug = "lakeshore"
    name = "Lakeshore Health Plan"
    limits = Limits(
        lines=28,
        diagnoses=12,
        visibility_delay=timedelta(hours=2),
        attachments=10,
        attachment_routes=frozenset({"EL", "FX", "BM"}),
        attachment_types=(".pdf", ".tif", ".tiff", ".jpg", ".jpeg"),
    )
    control_number = r"\d{13}"
    home = "Good to know"
    pages = PAGES
    echoes = (
        shown("Patient account no.", "account"),
        shown("Member ID", "subscriber.member_id", sensitive=True),
        shown("Member name", "subscriber", last_first, sensitive=True),
        shown("Service from", "service_from", mdy),
        shown("Service to", "service_to", mdy),
        shown("Total charge", "charge", dollars),
        shown("Lines", lambda claim, _: len(claim.lines)),
    )
    identity = frozenset({"Patient account no.", "Member ID", "Member name"})
    stages = (
        Stage("upload", StageKind.DRAFT, "POST", "/claims/wizard/attachments"),
        Stage("submit", StageKind.FINAL, "POST", "/claims/wizard/confirm"),
    )
    words = {
        "not in process yet": Status.PENDING,
        "in process": Status.PENDING,
        "suspend": Status.PENDING,
        "pay": Status.PAID,
        "deny": Status.DENIED,
    }
    unexpected = (
        Unexpected(Trouble.SESSION_LOST, "Your session has ended. Please sign in again."),
        Unexpected(Trouble.UNAVAILABLE, "Scheduled maintenance"),
        Unexpected(Trouble.CAPTCHA, "Please show us that you are a person."),
        Unexpected(Trouble.TERMS, "Our terms of use have changed"),
        Unexpected(Trouble.LOCKED, "Account locked"),
        Unexpected(Trouble.IN_THE_WAY, "Are you still there?", ("Stay signed in",)),
        Unexpected(Trouble.IN_THE_WAY, "How are we doing?", ("No thanks",)),
        Unexpected(Trouble.IN_THE_WAY, "New: paperless remittances", ("Close",)),
        Unexpected(Trouble.IN_THE_WAY, "Provider bulletin", ("I have read this bulletin", "Continue")),
    )

    async def sign_in(self, page: Page, credentials: Credentials, code: Code) -> None:
        """User name and password, then a code from the authenticator."""
        await page.get_by_label("User name").fill(credentials.username)
        await page.get_by_label("Password").fill(credentials.password.get_secret_value())
        await press(page, "Sign in")
        box = page.get_by_label("Verification code")
        await reach(page, self, box)
        await box.fill(await code.next())
        await press(page, "Verify")

    async def open_form(self, page: Page) -> None:
        """A new wizard forgets the working copy of the last one."""
        await page.goto(f"{self.url}/claims/wizard")

    async def ready_to_send(self, page: Page) -> None:
        """Submit asks for duplicates first; Confirm is the second press."""
        await press(page, "Submit")
        warning = page.get_by_role("dialog", name="Possible duplicate")
        await reach(page, self, warning.or_(target(page, "Confirm")))
        if await warning.is_visible():
            words = await warning.locator("p").inner_text()  # because: the dialog's text has no label of its own
            raise PayerHasIt("Lakeshore Health Plan warns of a duplicate.", words.rpartition(" ")[2])

    async def send(self, page: Page) -> None:
        """Confirm posts the claim; the portal answers with a redirect to the receipt."""
        await press(page, "Confirm")

    async def read_receipt(self, page: Page) -> Receipt:
        """The receipt names the claim and says that it is not in process yet."""
        await reach(page, self, heading(page, "Claim received"))
        reading = await read(page)
        return Receipt(
            control_number=reading.terms.get("Claim ID"),
            shown=reading.terms,
            words=reading.terms.get("Status", ""),
        )

    async def find_claims(
        self, page: Page, sought: SentAs, service_from: date, service_to: date
    ) -> Sequence[FoundClaim]:
        """Search by member and dates."""
        await page.goto(f"{self.url}/claims/search")
        await reach(page, self, heading(page, "Claim Search"))
        await page.get_by_label("Member ID").fill(sought.member_id)
        await page.get_by_label("Service Date From").fill(mdy(service_from))
        await page.get_by_label("Service Date To").fill(mdy(service_to))
        await press(page, "Search")
        return [
            FoundClaim(
                control_number=row["Claim ID (ICN)"],
                account=row["Patient account no."],
                member_id=row["Member ID"],
                service_from=read_mdy(row["Service From"]),
                service_to=read_mdy(row["Service To"]),
                charge=read_money(row["Total Charge"]),
                received_at=read_moment(row["Received"], "%m/%d/%Y %H:%M:%S UTC"),
                words=row["Status"],
            )
            for row in await records(page, self, "Claims found", "No claims found")
        ]

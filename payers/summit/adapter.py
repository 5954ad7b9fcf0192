"""Summit Medicare: four pages of forms, then only a transaction number; the verdict comes later, by message."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from playwright.async_api import Page

from bot.portal import (
    Adapter,
    Claim,
    FoundClaim,
    Limits,
    PortalProblem,
    Receipt,
    SentAs,
    SignInForm,
    Stage,
    StageKind,
    Status,
    dollars,
    heading,
    mdy,
    press,
    reach,
    read,
    shown,
    target,
    upper,
)  # fmt: skip
from payers.summit.form import PAGES, SEARCH
from payers.summit.letters import answer_by


class Summit(Adapter):
    """The contractor portal of Summit Medicare."""

    slug = "summit"
    name = "Summit Medicare"
    limits = Limits(lines=13, diagnoses=12, verdict_delay=timedelta(hours=24), on_line=timedelta(days=183))
    control_number = r"\d{13}"
    tracking_number = r"T\d{10}"
    home = "Before you begin"
    pages = PAGES
    echoes = (
        shown("Patient Control Number", "account", upper),
        shown("Medicare Number", "subscriber.member_id", sensitive=True),
        shown("From", "service_from", mdy),
        shown("To", "service_to", mdy),
        shown("Total Charge", "charge", dollars),
        shown("Lines", lambda claim, _: len(claim.lines)),
    )
    identity = frozenset({"Patient Control Number", "Medicare Number"})
    stages = (Stage("submit", StageKind.FINAL, "POST", "/claims/entry/submit"),)
    words = {
        "pending": Status.PENDING,
        "accepted": Status.PENDING,
        "in process": Status.PENDING,
        "additional documentation requested": Status.INFO_REQUESTED,
        "approved/paid": Status.PAID,
        "denied": Status.DENIED,
        "crossed over": Status.FORWARDED,
        "adjusted, payment taken back": Status.REVERSED,
        "rejected": Status.UNPROCESSABLE,
    }
    sign_in_form = SignInForm(code="Verification code")
    search = SEARCH

    def sent_as(self, claim: Claim) -> SentAs:
        """The account number is kept in capitals."""
        return SentAs(claim.account.upper(), claim.subscriber.member_id)

    async def open_form(self, page: Page) -> None:
        """Select the provider this session is for; a question about the primary payer follows."""
        await page.goto(f"{self.url}/claims/entry")
        box = page.get_by_label("NPI, PTAN or TIN")
        await reach(page, self, box)
        await box.fill(await self.provider_shown(page))
        await press(page, "Search")
        await reach(page, self, target(page, "Select"))
        await press(page, "Select")

    async def read_receipt(self, page: Page) -> Receipt:
        """That the form was sent, under a transaction number: no verdict."""
        await reach(page, self, heading(page, "Your form was sent"))
        terms = (await read(page)).terms
        return Receipt(tracking_number=terms.get("Transaction ID"), shown=terms, words="Pending")

    async def read_verdict(self, page: Page, tracking_number: str) -> Receipt | None:
        """The inbox lists messages by transaction; each accepts with a claim number or rejects with reasons."""
        await page.goto(f"{self.url}/messages")
        await reach(page, self, heading(page, "Messages"))
        message = page.get_by_role("link", name=tracking_number, exact=True)
        if not await message.count():
            return None
        await message.click()
        await reach(page, self, heading(page, "About your form"))
        reading = await read(page)
        reasons = list(reading.tables["Reasons"].records()) if "Reasons" in reading.tables else []
        duplicate = next((row["Message"] for row in reasons if row["Code"] == "18"), None)
        return Receipt(
            control_number=reading.terms.get("Claim Number (ICN)"),
            tracking_number=reading.terms.get("Transaction ID"),
            shown=reading.terms,
            words=reading.terms.get("Status", ""),
            refused=tuple(PortalProblem(row["Field"], row["Message"]) for row in reasons),
            duplicate_of=None if duplicate is None else "".join(re.findall(r"\d{13}", duplicate)),
        )

    async def read_claim(self, page: Page, row: FoundClaim) -> FoundClaim:
        """The page of the claim says that documents are asked for; a letter in the inbox, until when."""
        found = await super().read_claim(page, row)
        if self.status_of(found.words) is not Status.INFO_REQUESTED:
            return found
        return replace(found, answer_by=await answer_by(page, self, found))

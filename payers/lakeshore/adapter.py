"""Lakeshore Health Plan: a wizard of pages with look-ups, uploads and a second press to confirm."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import Page

from bot.portal import (
    USUAL,
    Adapter,
    Limits,
    PayerHasIt,
    Receipt,
    SignInForm,
    Stage,
    StageKind,
    Status,
    Trouble,
    Unexpected,
    dollars,
    heading,
    last_first,
    mdy,
    press,
    reach,
    read,
    shown,
    target,
)  # fmt: skip
from payers.lakeshore.form import PAGES, SEARCH


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
    sends = "Confirm"
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
        "information needed": Status.INFO_REQUESTED,
        "pay": Status.PAID,
        "deny": Status.DENIED,
        "sent to other carrier": Status.FORWARDED,
        "recovered": Status.REVERSED,
    }
    unexpected = (*USUAL, Unexpected(Trouble.IN_THE_WAY, "Are you still there?", ("Stay signed in",)))
    sign_in_form = SignInForm(code="Verification code")
    search = SEARCH

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

    async def read_receipt(self, page: Page) -> Receipt:
        """The receipt names the claim and says that it is not in process yet."""
        await reach(page, self, heading(page, "Claim received"))
        reading = await read(page)
        return Receipt(
            control_number=reading.terms.get("Claim ID"),
            shown=reading.terms,
            words=reading.terms.get("Status", ""),
        )

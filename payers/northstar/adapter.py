"""Northstar Medicaid: direct data entry, all screens in one document, validated and then sent by a script."""

from __future__ import annotations

import re

from playwright.async_api import Page

from bot.portal import (
    Adapter,
    Limits,
    PortalProblem,
    PortalRefused,
    Receipt,
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
)  # fmt: skip
from payers.northstar.form import PAGES, SEARCH


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
        "suspended, records requested": Status.INFO_REQUESTED,
        "denied": Status.DENIED,
        "paid": Status.PAID,
        "partially paid": Status.PAID_PART,
        "crossed over": Status.FORWARDED,
        "voided, payment recouped": Status.REVERSED,
    }
    search = SEARCH

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

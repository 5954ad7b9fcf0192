"""Fairview Health: one page, on which everything happens in dialogs."""

from __future__ import annotations

from typing import ClassVar

from bot.portal import (
    Adapter,
    Field,
    Limits,
    Receipt,
    Stage,
    StageKind,
    Status,
    dollars,
    heading,
    press,
    reach,
    read,
    shown,
    ymd,
)
from playwright.async_api import Page

from payerbot_fairview.form import PAGES, SEARCH


class Fairview(Adapter):
    """The provider portal of Fairview Health."""

    slug = "fairview"
    name = "Fairview Health"
    #: How many lines and diagnoses its form takes; how long a new claim may stay out of its search.
    limits = Limits(lines=20, diagnoses=4)
    #: The format of the payer's claim number, as a regular expression.
    control_number = r"\d{13}"
    #: Heading of the page that a successful sign-in leads to.
    home = "Work list"
    pages = PAGES
    #: The button that sends the claim.
    sends = "Send claim"
    #: What the receipt repeats: shown("Patient account no.", "account"), … and which of it tells whose it is.
    echoes: ClassVar[tuple[Field, ...]] = (
        shown("Your reference", "account"),
        shown("Member no.", "subscriber.member_id", sensitive=True),
        shown("Services from", "service_from", ymd),
        shown("Total", "charge", dollars),
    )
    identity: ClassVar[frozenset[str]] = frozenset({"Your reference", "Member no."})
    #: Each request that leaves something at the payer. Nothing else passes while a claim is sent.
    stages = (Stage("submit", StageKind.FINAL, "POST", "/api/claims"),)
    #: The payer's words for where a claim stands, in small letters: {"in process": Status.PENDING, …}.
    words: ClassVar[dict[str, Status]] = {"new": Status.PENDING, "paid": Status.PAID, "denied": Status.DENIED}
    #: What may say something that this form has no field for, each with the reason why that is harmless.
    not_asked: ClassVar[dict[str, str]] = {}
    search = SEARCH

    async def open_form(self, page: Page) -> None:
        """Open an empty form."""
        await page.goto(self.url)
        await press(page, "New claim")
        await reach(page, self, heading(page, "New claim"))

    async def open_search(self, page: Page) -> None:
        """The search is a dialog, too."""
        await page.goto(self.url)
        await press(page, "Find claims")
        await reach(page, self, heading(page, "Find claims"))

    async def read_receipt(self, page: Page) -> Receipt:
        """Wait for the portal's answer, and read it."""
        await reach(page, self, heading(page, "Claim sent"))
        terms = (await read(page)).terms
        return Receipt(control_number=terms.get("Claim no."), shown=terms, words=terms.get("State", ""))

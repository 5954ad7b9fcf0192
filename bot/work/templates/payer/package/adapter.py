"""[[ name ]]: what kind of portal this is, in one sentence."""

from __future__ import annotations

from typing import ClassVar

from bot.portal import Adapter, Field, Limits, Receipt, Stage, StageKind, Status, heading, reach, read
from playwright.async_api import Page

from [[ package ]].form import PAGES


class [[ class_name ]](Adapter):
    """The provider portal of [[ name ]]."""

    slug = "[[ slug ]]"
    name = "[[ name ]]"
    #: How many lines and diagnoses its form takes; how long a new claim may stay out of its search.
    limits = Limits(lines=0, diagnoses=0)
    #: The format of the payer's claim number, as a regular expression.
    control_number = r""
    #: Heading of the page that a successful sign-in leads to.
    home = ""
    pages = PAGES
    #: The button that sends the claim.
    sends = "Submit"
    #: What the receipt repeats: shown("Patient account no.", "account"), … and which of it tells whose it is.
    echoes: ClassVar[tuple[Field, ...]] = ()
    identity: ClassVar[frozenset[str]] = frozenset()
    #: Each request that leaves something at the payer. Nothing else passes while a claim is sent.
    stages = (Stage("submit", StageKind.FINAL, "POST", "/TODO"),)
    #: The payer's words for where a claim stands, in small letters: {"in process": Status.PENDING, …}.
    words: ClassVar[dict[str, Status]] = {}
    #: What may say something that this form has no field for, each with the reason why that is harmless.
    not_asked: ClassVar[dict[str, str]] = {}
    # sign_in_form = SignInForm(username="User ID", press="Log in")     the labels of its sign-in page
    # search = SEARCH

    async def open_form(self, page: Page) -> None:
        """Open an empty form."""
        await page.goto(f"{self.url}/claims/new")

    async def read_receipt(self, page: Page) -> Receipt:
        """Wait for the portal's answer, and read it."""
        await reach(page, self, heading(page, "Claim received"))
        shown = (await read(page)).terms
        return Receipt(control_number=shown.get("Claim number"), shown=shown, words=shown.get("Status", ""))

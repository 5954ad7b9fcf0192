"""openIMIS: a claim is saved, then submitted from the list of the saved ones; a journal tells what came of each."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import ClassVar

from playwright.async_api import ElementHandle, Locator, Page

from bot.claims.vocabulary import Status
from bot.errors import NotAsQueued, Passing, PayerHasIt, PortalProblem, PortalRefused
from bot.portal import graphql
from bot.portal.adapter import (
    Field,
    FormPage,
    FoundClaim,
    Limits,
    Receipt,
    SavingAdapter,
    SentAs,
    SignInForm,
    Stage,
    StageKind,
    Trouble,
    Unexpected,
    shown,
)
from bot.portal.convert import dmy, money, read_dmy, read_money
from bot.portal.reading import await_control, await_shown, box, read
from bot.portal.way import reach
from payers.openimis import screens
from payers.openimis.form import Office, form

_API = "/api/graphql"


def _submits(body: bytes) -> bool:
    """One claim. To submit all that a search finds is no stage, and leaves no page of ours."""
    one = re.search(rb'uuids: *\[ *\\"[-0-9a-f]{36}\\" *\]', body)
    return graphql.mutates(body, "submitClaims") and one is not None and b"additionalFilters" not in body


class OpenImis(SavingAdapter):
    """An insurer's openIMIS."""

    slug = "openimis"
    name = "openIMIS"
    asks_office = Office
    limits = Limits(lines=50, diagnoses=5)
    draws_account = 8
    control_number = r"[A-Z2-7]{8}"
    home = re.compile("^Welcome ")
    sends = "Submit Selected"
    sign_in_form = SignInForm("Username", "Password", "Log In")
    echoes = (
        shown("Claim No.", "account"),
        shown("Insurance No.", "subscriber.member_id", sensitive=True),
        shown("Visit Date From", "service_from", dmy),
        shown("Claimed", "charge", money),
        shown("Lines", lambda claim, _: len(claim.lines)),
    )
    identity = frozenset({"Claim No.", "Insurance No."})
    stages = (
        Stage("submit", StageKind.FINAL, "POST", _API, _submits),
        Stage(
            "save", StageKind.DRAFT, "POST", _API, lambda body: graphql.mutates(body, "createClaim"), sendable=True
        ),
    )
    words: ClassVar[Mapping[str, Status]] = {
        "rejected": Status.DENIED,
        "checked": Status.PENDING,
        "processed": Status.PENDING,
        "valuated": Status.FINALIZED,
    }
    unexpected = (Unexpected(Trouble.SESSION_LOST, "Session Expired"),)
    not_asked: ClassVar[Mapping[str, str]] = {
        "line.rendering": "the insurer pays facilities, whoever works there",
        "line.description": "it stands in the line's explanation",
    }

    def __init__(self, url: str, options: Mapping[str, object] | None = None) -> None:
        super().__init__(url, options)
        self.office = Office.model_validate(options or {})
        self.pages = (form(self.office),)

    def only_asks(self, method: str, path: str, body: bytes) -> bool:
        """Its pages post every question."""
        return method == "POST" and path == _API and graphql.asks(body)

    async def provider_shown(self, page: Page) -> str:
        """The facility comes with the claim administrator, who is chosen above the list of claims."""
        await screens.open_list(page, self)
        chooser = await box(page, "Claim Administrator")
        await chooser.fill(self.office.claim_administrator)
        option = page.get_by_role("option", name=self.office.claim_administrator, exact=True)
        await reach(page, self, option)
        await option.click()
        await await_shown(page, ["Health Facility"])
        return self.office.npi_of((await read(page)).shown("Health Facility") or "")

    async def open_form(self, page: Page) -> None:
        """From the list, which hands its administrator and facility on to the form."""
        await self.provider_shown(page)
        await _round_button(page).press("Enter")
        await await_control(page, "Service 1")  # the facility's prices come last

    async def problems(self, page: Page) -> Sequence[PortalProblem]:
        """What a box shows instead of a name."""
        unknown = (await read(page)).shown("Name") == "Not Found"
        return [PortalProblem("Insurance No.", "Not Found")] if unknown else []

    async def operate(self, page: Page, field: Field, control: ElementHandle, value: str) -> None:
        """Dates are picked from a calendar, the type of a visit from a list."""
        if field.convert is dmy:
            await screens.pick_day(page, control, value)
        elif await control.input_value() != value:
            await screens.choose_in(page, field.label, self.office.visit_type)

    async def leave(self, page: Page, form_page: FormPage) -> None:
        """The button works once the number was found to be free and everything is there."""
        taken = page.get_by_text("Claim code already exists", exact=True)
        await reach(page, self, _round_button(page, working=True).or_(taken))
        if await taken.count():
            raise PayerHasIt(f"{self.name} has a claim with this claim's number.", None)
        await _round_button(page).click()

    async def saved(self, page: Page) -> str:
        """A save that failed looks like one that worked: only the list tells them apart."""
        number = (await read(page)).shown("Claim No.") or ""
        label = f"Create Claim - {number}"
        await reach(page, self, screens.entry(page, label))
        if await screens.search(page, self, number) is None:
            raise PortalRefused([PortalProblem("", await screens.said(page, label))])
        return number

    async def choose(self, page: Page, saved: Collection[str]) -> None:
        """One claim; the button for all of them is never pressed."""
        [number] = saved
        if await screens.search(page, self, number) is None:
            raise NotAsQueued("The claim that was saved is not there to be submitted any more.")
        await screens.select(page, self, number, self.sends)

    async def send(self, page: Page) -> None:
        """From the menu of what may be done with the claim that is selected."""
        await page.get_by_role("menuitem", name=self.sends, exact=True).click()

    async def read_receipt(self, page: Page) -> Receipt:
        """The claim itself, once the journal has settled: a submitted one is no longer entered only."""
        number = (await read(page)).shown("Claim No.") or ""
        await reach(page, self, screens.entry(page, f"Submit claim {number}"))
        row = await screens.search(page, self, number)
        if row is None or row["Status"] == screens.ENTERED:
            raise Passing(f"{self.name} does not show the claim as submitted.")
        return Receipt(number, shown=await screens.opened(page, self, number), words=row["Status"])

    async def find_claims(
        self, page: Page, sought: SentAs, service_from: date, service_to: date
    ) -> Sequence[FoundClaim]:
        """By its number, which no other claim has; one that is entered only is not with the payer."""
        row = await screens.search(page, self, sought.account)
        if row is None or row["Status"] == screens.ENTERED:
            return []
        claim = await screens.opened(page, self, sought.account)
        first = read_dmy(claim["Visit Date From"])
        return [
            FoundClaim(
                control_number=row["Claim No."],
                account=row["Claim No."],
                member_id=claim["Insurance No."],
                service_from=first,
                service_to=read_dmy(claim["Visit Date To"]) or first,
                charge=read_money(claim["Claimed"]),
                received_at=None,
                words=row["Status"],
            )
        ]

    async def saved_claims(self, page: Page, sought: SentAs) -> Mapping[str, Mapping[str, str]]:
        """At most one has the number."""
        row = await screens.search(page, self, sought.account)
        if row is None or row["Status"] != screens.ENTERED:
            return {}
        return {row["Claim No."]: await screens.opened(page, self, sought.account)}

    async def discard(self, page: Page, saved: str) -> bool:
        """It may be deleted as long as nobody has submitted it."""
        row = await screens.search(page, self, saved)
        if row is not None and row["Status"] == screens.ENTERED:
            await (await screens.select(page, self, saved, "Delete Selected")).click()
            await page.get_by_role("dialog").get_by_role("button", name="OK", exact=True).click()
            await reach(page, self, screens.entry(page, f"Delete claim {saved}"))
            row = await screens.search(page, self, saved)
        return row is None


def _round_button(page: Page, *, working: bool = False) -> Locator:
    """The one for a new claim, or for saving it."""
    return page.locator(
        f"button[class*=MuiFab-root]{':enabled' if working else ''}"
    )  # because: only an icon on it

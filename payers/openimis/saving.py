"""openIMIS's saved claims: entered only, until somebody submits them from the list."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from playwright.async_api import Page

from bot.portal import (
    FormPage,
    NotAsQueued,
    PayerHasIt,
    PortalProblem,
    PortalRefused,
    SavingAdapter,
    SentAs,
    Stage,
    StageKind,
    graphql,
    reach,
    read,
)  # fmt: skip
from payers.openimis import screens

_API = "/api/graphql"


def _saves(body: bytes) -> bool:
    return graphql.mutates(body, "createClaim")


def _submits(body: bytes) -> bool:
    """One claim. To submit all that a search finds is no stage, and leaves no page of ours."""
    one = re.search(rb'uuids: *\[ *\\"[-0-9a-f]{36}\\" *\]', body)
    return graphql.mutates(body, "submitClaims") and one is not None and b"additionalFilters" not in body


class Saves(SavingAdapter):
    """The way of a claim from the form to the list, and out of it again."""

    sends = "Submit Selected"
    stages = (
        Stage("submit", StageKind.FINAL, "POST", _API, _submits),
        Stage("save", StageKind.DRAFT, "POST", _API, _saves, sendable=True),
    )

    def only_asks(self, method: str, path: str, body: bytes) -> bool:
        """Its pages post every question."""
        return method == "POST" and path == _API and graphql.asks(body)

    async def leave(self, page: Page, form_page: FormPage) -> None:
        """The button works once the number was found to be free and everything is there."""
        taken = page.get_by_text("Claim code already exists", exact=True)
        await reach(page, self, screens.round_button(page, working=True).or_(taken))
        if await taken.count():
            raise PayerHasIt(f"{self.name} has a claim with this claim's number.", None)
        await screens.round_button(page).click()

    async def saved(self, page: Page) -> str:
        """A save that failed looks like one that worked: only the list tells them apart."""
        number = (await read(page)).shown("Claim No.") or ""
        label = f"Create Claim - {number}"
        await reach(page, self, screens.entry(page, label))
        if await screens.search(page, self, number) is None:
            raise PortalRefused([PortalProblem("", f"not saved: {await screens.said(page, label)}")])
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

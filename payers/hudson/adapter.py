"""Hudson Medicaid: tabs behind a client look-up. A claim by itself goes real-time and is answered at once; several
are saved, put together in a batch, and found in the claim search a day later."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import ClassVar

from playwright.async_api import Page

from bot.claims.vocabulary import Status
from bot.errors import NotAsQueued
from bot.portal.adapter import Adapter, BatchAdapter, Limits, Receipt, SentAs, Stage, StageKind, shown
from bot.portal.convert import dollars, mdy
from bot.portal.reading import read
from bot.portal.way import heading, reach, records
from payers.hudson.form import SEARCH, pages


class Hudson(Adapter):
    """The provider portal of Hudson Medicaid."""

    slug = "hudson"
    name = "Hudson Medicaid"
    limits = Limits(
        lines=50,
        diagnoses=12,
        visibility_delay=timedelta(hours=24),
        verdict_delay=timedelta(hours=24),
        claims_per_send=10,
    )
    control_number = r"\d{16}"
    home = "Good to know"
    sends = "Send"
    pages = pages("Professional Real Time")
    echoes = (
        shown("Patient Control Number", "account"),
        shown("Client ID", "subscriber.member_id", sensitive=True),
        shown("From", "service_from", mdy),
        shown("To", "service_to", mdy),
        shown("Total Charge", "charge", dollars),
        shown("Lines", lambda claim, _: len(claim.lines)),
    )
    identity = frozenset({"Patient Control Number", "Client ID"})
    stages: ClassVar[tuple[Stage, ...]] = (Stage("submit", StageKind.FINAL, "POST", "/claims/send"),)
    words = {
        "a2 - accepted for processing": Status.PENDING,
        "in process": Status.PENDING,
        "paid": Status.PAID,
        "denied": Status.DENIED,
    }
    duplicate = r"Exact duplicate of claim (\d{16})"
    search = SEARCH
    not_asked = {"line.rendering": "entered once for all lines; a claim whose lines differ in it is refused"}

    def together(self) -> BatchAdapter:
        """Batches."""
        return HudsonBatches(self.url)

    async def discard(self, page: Page, sought: SentAs) -> bool:
        """A batch that was not submitted is taken apart, then its claim deleted."""
        await page.goto(f"{self.url}/claims/saved")
        saved = await records(page, self, "Claims not sent", "No claims to send")
        number = sum(row["Patient Control Number"] == sought.account for row in saved)
        if number > 1:
            raise NotAsQueued(f"{number} saved claims there have this account: delete what is not ours.")
        if number:
            link = page.get_by_role("link", name=sought.account, exact=True)
            async with page.expect_navigation():
                await page.get_by_role("row").filter(has=link).get_by_role("button").click()
        return bool(number)

    async def open_form(self, page: Page) -> None:
        """A new claim forgets the last one that was not finished."""
        await page.goto(f"{self.url}/claims/start")

    async def read_receipt(self, page: Page) -> Receipt:
        """The answer names the claim, or the last tab says what is wrong, an exact duplicate among it."""
        await reach(
            page, self, heading(page, "Real-time answer").or_(heading(page, "Please correct the following:"))
        )
        terms, problems = (await read(page)).terms, await self.problems(page)
        return Receipt(
            control_number=terms.get("TCN"),
            shown=terms,
            words=terms.get("Category", ""),
            refused=tuple(problems),
            duplicate_of=self.duplicate_in(problems),
        )


SAVE = Stage("save", StageKind.DRAFT, "POST", "/claims/finish")
BUILD = Stage("build", StageKind.DRAFT, "POST", "/batches")


class HudsonBatches(BatchAdapter, Hudson):
    """The way for claims that go together."""

    tracking_number = r"B\d{7}"
    pages = pages("Professional", last="Finish", stage="save")
    saved_title, confirm_title, sent_title = "Claim saved", "Confirm Batch", "Batches submitted"
    batch_number, batch_table = "Batch Number", "Claims in this batch"
    build, builds, sends = "build", "Build Batch", "Submit Batch"
    stages = (Stage("submit", StageKind.FINAL, "POST", "/batches/.+/submit"), SAVE, BUILD)

    async def choose(self, page: Page, saved: Collection[str]) -> None:
        """There is a box for each claim that is complete, whoever saved it."""
        await page.goto(f"{self.url}/batches/new")
        await reach(page, self, heading(page, self.builds))
        for number in saved:
            await page.locator(f"[name=claim_{number}]").check()  # because: accounts, the labels, may be alike

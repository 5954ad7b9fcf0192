"""Hudson's batches: claims are saved, put together, confirmed and submitted; their numbers are in the claim search
a day later. What is saved, anybody in the office may submit."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from playwright.async_api import Page

from bot.portal import BatchAdapter, NotAsQueued, SentAs, Stage, StageKind, heading, reach, read, records
from payers.hudson.adapter import Hudson
from payers.hudson.form import pages

SAVE = Stage("save", StageKind.DRAFT, "POST", "/claims/finish", sendable=True)
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
            box = page.locator(f"[name=claim_{number}]")  # because: accounts, the labels, may be alike
            if not await box.count():
                raise NotAsQueued("A claim that was saved is not there to be sent any more.")
            await box.check()

    async def saved_claims(self, page: Page, sought: SentAs) -> Mapping[str, Mapping[str, str]]:
        """Each has a page of its own."""
        await self._open_saved(page)
        links = await page.get_by_role("link", name=sought.account, exact=True).all()
        found = {}
        for path in [await link.get_attribute("href") or "" for link in links]:
            await page.goto(self.url + path)
            found[path.rpartition("/")[2]] = (await read(page)).terms
        return found

    async def discard(self, page: Page, saved: str) -> bool:
        """A batch that was not submitted is taken apart, then its claim deleted; one that was sent stays."""
        path = f"/claims/saved/{saved}"
        for _ in ("its batch", "itself"):
            await self._open_saved(page)
            link = page.locator(f"[href='{path}']")  # because: accounts, the names, may be alike
            row = page.get_by_role("row").filter(has=link)
            button = row.get_by_role("button", name=re.compile("^Delete "))
            if await button.count():
                async with page.expect_navigation():
                    await button.click()
        await page.goto(self.url + path)
        return await heading(page, "Claim not found").count() > 0

    async def _open_saved(self, page: Page) -> None:
        await page.goto(f"{self.url}/claims/saved")
        await records(page, self, "Claims not sent", "No claims to send")

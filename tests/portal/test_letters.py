"""Where a claim's own page does not say everything: a letter is believed for the claim that it names only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from playwright.async_api import Page, Playwright, Route

from bot.errors import Passing
from bot.portal import FoundClaim
from bot.portal.browser import PayerBrowser
from payers.summit.adapter import Summit
from tests.conftest import Loop
from tests.unit.portal.test_look_up import ROW

ADAPTER = Summit("http://127.0.0.9")
NUMBER, OTHER = "2026182000001", "2026182000002"
ASKED = "Additional documentation requested"
CLAIM = {
    "Claim Number (ICN)": NUMBER,
    "Patient Control Number": "A1",
    "Medicare Number": "1EG4TE5MK73",
    "Service From": "07/01/2026",
    "Service To": "07/01/2026",
    "Total Charge": "$128.00",
    "Status": ASKED,
    "Provider Paid": "",
    "Finalized Date": "",
    "Check/EFT Number": "",
}


def _page(title: str, terms: dict[str, str], more: str = "") -> str:
    entries = "".join(f"<dt>{label}</dt><dd>{words}</dd>" for label, words in terms.items())
    return f"<!doctype html><title>{title}</title><h1>{title}</h1><dl>{entries}</dl>{more}"


@asynccontextmanager
async def summit(driver: Playwright, chromium: Path, about: str, later: dict[str, str]) -> AsyncIterator[Page]:
    """A search that found the claim, whose page reads otherwise the second time, and a letter about a claim."""
    seen: list[str] = []

    async def answer(route: Route) -> None:
        path = route.request.url.partition("127.0.0.9")[2]
        claim = CLAIM | later if f"/claims/{NUMBER}" in seen else CLAIM
        seen.append(path)
        pages = {
            "/claims/search": _page("Claim Search", {}, f'<a href="/claims/{NUMBER}">{NUMBER}</a>'),
            f"/claims/{NUMBER}": _page("Claim detail", claim),
            "/messages": _page("Messages", {}, f'<a href="/letter">{NUMBER}</a>'),
            "/letter": _page(
                "Additional documentation request", {"Claim Number (ICN)": about, "Respond by": "08/20/2026"}
            ),
        }
        await route.fulfill(status=200, content_type="text/html", body=pages.get(path, ""))

    async with PayerBrowser(driver, chromium, ["127.0.0.9"]) as browser:
        page = await (await browser.context()).new_page()
        await page.route("**/*", answer)
        await page.goto("http://127.0.0.9/claims/search")
        yield page


async def _read(page: Page) -> FoundClaim:
    return await ADAPTER.read_claim(page, replace(ROW, control_number=NUMBER))


def test_the_page_that_is_kept_is_the_claims(loop: Loop, driver: Playwright, chromium: Path) -> None:
    async def play() -> None:
        async with summit(driver, chromium, NUMBER, {}) as page:
            found = await _read(page)
            assert (found.control_number, found.answer_by) == (NUMBER, date(2026, 8, 20))
            assert page.url == f"http://127.0.0.9/claims/{NUMBER}"

    loop.run(play())


@pytest.mark.parametrize(
    ("about", "later", "says"),
    [(OTHER, {}, "the letter about another claim"), (NUMBER, {"Status": "Denied"}, "as it just did")],
)
def test_what_is_about_another_claim_is_not_believed(
    about: str, later: dict[str, str], says: str, loop: Loop, driver: Playwright, chromium: Path
) -> None:
    async def play() -> None:
        async with summit(driver, chromium, about, later) as page:
            with pytest.raises(Passing, match=says):
                await _read(page)

    loop.run(play())

"""The letters in Summit Medicare's inbox: what it asks of a claim, and until when."""

from __future__ import annotations

from datetime import date

from playwright.async_api import Page

from bot.portal import Adapter, FoundClaim, Passing, heading, reach, read, read_mdy
from payers.summit.form import PAGE


async def answer_by(page: Page, adapter: Adapter, found: FoundClaim) -> date | None:
    """Until when the payer waits, by its letter about the claim whose page is open; None without a letter.

    It ends on the claim's page again: the one that is kept as proof.
    """
    at, until = page.url, None
    await page.goto(f"{adapter.url}/messages")
    await reach(page, adapter, heading(page, "Messages"))
    letter = page.get_by_role("link", name=str(found.control_number), exact=True)
    if await letter.count():
        await letter.click()
        await reach(page, adapter, heading(page, "Additional documentation request"))
        terms = (await read(page)).terms
        if terms["Claim Number (ICN)"] != found.control_number:
            raise Passing(f"{adapter.name}'s portal opened the letter about another claim.")
        until = read_mdy(terms["Respond by"])
    await page.goto(at)
    await reach(page, adapter, heading(page, PAGE.title))
    if PAGE.read(await read(page)) != found:
        raise Passing(f"{adapter.name}'s portal does not show the claim as it just did.")
    return until

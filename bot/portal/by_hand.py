"""A person at the browser, who signs in where only a person may: with a code by phone, a captcha, new terms."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import StorageState

from bot.portal.session import Session
from bot.portal.submission import shut


async def signed_in_by_hand(session: Session, patience: timedelta) -> StorageState:
    """Wait until a person has signed in, by the adapter's own signs; what a browser needs to go on from there.

    As in a dry run, no stage leaves meanwhile: a claim that is entered in this window reaches nobody. Raises
    `Interrupted` when nobody signs in, `PersonNeeded` when the portal then shows another provider.
    """
    async with shut(session):
        return await session.await_person(patience)

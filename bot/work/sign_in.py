"""Signing in by hand: a person sits at the browser, the session is kept, and the parked login goes on."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.errors import Refused
from bot.ledger.journal import LoginJournal, worker_name
from bot.ledger.seats import BESIDE
from bot.ledger.sign_ins import signed_in
from bot.ledger.store import Act
from bot.portal.by_hand import signed_in_by_hand
from bot.work.dispatch import Workshop
from bot.work.payers import Login, Payer
from bot.work.sitting import ALONE, seated

#: How long a person may take.
PATIENCE = timedelta(minutes=15)


async def sign_in(workshop: Workshop, payer: Payer, login: Login, who: str) -> int:
    """Let a person sign in at the workshop's browser, and keep the session; how many stops still stand.

    Raises `Refused` when all of the login's sessions are at work, `Interrupted` when nobody signs in,
    `PersonNeeded` when the portal then shows a provider that is not this login's.
    """
    ledger, clock, owner = workshop.ledger, workshop.clock, BESIDE + worker_name()
    journal = LoginJournal(ledger, payer.slug, login.name, login.credentials, payer.adapter.url, owner, clock)
    async with seated(ledger, payer.slug, login, owner, clock) as seat:
        if seat is None:
            raise Refused(
                f"Every session that login {login.name} may have at {payer.adapter.name} is at work. {ALONE}"
            )
        async with (
            workshop.desk() as desk,
            desk.session(payer.adapter, login.credentials, login.npis, journal, clock) as session,
        ):
            state = await signed_in_by_hand(session, PATIENCE)
    act = Act(who, clock.now(), "signed in by hand")
    about = (ledger, payer.slug, login.name, journal.whose, state, act)
    return await asyncio.to_thread(signed_in, *about)

"""An office on trial: one payer's adapter between the real queue, ledger, browser and guard, and a mock portal."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from bot.claims.fingerprint import fingerprint, likeness
from bot.claims.model import Claim, Found
from bot.claims.vocabulary import State
from bot.home import Home
from bot.ledger import views
from bot.ledger.database import Database
from bot.ledger.intake import Entry, queue_file
from bot.ledger.journal import Item
from bot.ledger.store import Act, Ledger
from bot.ledger.tally import Tally
from bot.ledger.views import Row
from bot.portal.adapter import Adapter, Credentials
from bot.portal.desk import browser_desk
from bot.portal.evidence import EvidenceStore
from bot.testing.pages import MockPortal
from bot.vault import Vault
from bot.work import dispatch
from bot.work.dispatch import Order, Workshop
from bot.work.payers import Login, Office, Payer, policy_of

_T = TypeVar("_T")

#: How long a page of a mock portal may take.
PATIENCE = timedelta(seconds=6)


class Trial:
    """Sends claims to a mock portal as an office would, on a clock on which waiting takes no time."""

    def __init__(
        self, folder: Path, adapter: type[Adapter], portal: MockPortal, options: Mapping[str, object] | None = None
    ) -> None:
        home = Home(folder)
        home.create()
        self._portal = portal
        self._ahead = timedelta(0)
        self._database = Database(f"sqlite:///{home.ledger}")
        self._database.migrate()
        vault = Vault.open(home)
        self._ledger = Ledger(self._database, vault, Tally(home.evidence))
        user = portal.user
        key = SecretStr(user.totp_secret) if user.totp_secret else None
        login = Login("main", Credentials(user.username, SecretStr(user.password), key), user.tin, (user.npi,), 1)
        self._slug = adapter.slug
        payer = Payer(adapter(portal.url, options), policy_of(adapter), (login,), timedelta(0))
        store = EvidenceStore(home.evidence, vault)
        self._workshop = Workshop(
            Office([payer]), self._ledger, store, self, lambda: browser_desk(patience=PATIENCE)
        )
        #: What was said about claims and the login, oldest first.
        self.said: list[str] = []

    def close(self) -> None:
        """Let go of the ledger."""
        self._database.close()

    def queue(self, claim: Claim) -> None:
        """Queue a claim, whatever an office's edits would say about it."""
        key = self._ledger.vault.fingerprint_key
        found = Found(
            account=claim.account, place="trial", lines=len(claim.lines), charge=claim.charge, claim=claim
        )
        marks = (fingerprint(claim, self._slug, key), likeness(claim, self._slug, key))
        entry = Entry(found, (), State.QUEUED, "", claim.payer.name, self._slug, "main", *marks, date.max)
        queue_file(self._ledger, "trial", "0" * 64, [entry], Act("trial", self.now()))

    def rehearse(self) -> str:
        """As far as one press before sending; what was said about it."""
        self._run(Order(dry_run=True))
        return " ".join(self.said)

    def run(self) -> Row:
        """Send what is queued, and ask the payer about whatever is unclear; the claim as it then stands."""
        self._run(Order())
        self._later()
        self._run(Order(look_ups_only=True))
        return self.claim

    @property
    def claim(self) -> Row:
        """The claim as the ledger has it."""
        return views.claim_rows(self._ledger)[0]

    @property
    def tasks(self) -> list[str]:
        """What is left for a person."""
        return [row["title"] for row in views.task_rows(self._ledger)]

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC) + self._ahead

    async def wait(self, seconds: float) -> None:
        """Time passes at once, here and at the portal."""
        self._ahead += timedelta(seconds=seconds)
        self._portal.advance(seconds)

    def moved(self, payer: str, item: Item, state: State, note: str) -> None:
        """A claim was worked."""
        self.said.append(note)

    def stopped(self, payer: str, login: str, why: str) -> None:
        """The login stopped before its work was done."""
        self.said.append(why)

    def _later(self) -> None:
        """So late that the payer's search knows."""
        _play(self.wait(3600))

    def _run(self, order: Order) -> None:
        _play(dispatch.run(self._workshop, order, self))


def _play(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end; in a thread, for others may have a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()

"""A ledger on disk, a clock that stands still, and the few things tests do to both."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from cryptography.fernet import Fernet
from playwright.async_api import StorageState
from pydantic import SecretStr
from sqlalchemy import Table, event, select, update

from bot.claims.fingerprint import fingerprint, likeness
from bot.claims.model import Claim, Found
from bot.claims.vocabulary import STANDING, Proof, Sent, State
from bot.ledger import queue, views
from bot.ledger.database import Database
from bot.ledger.intake import Entry, Queued, queue_file
from bot.ledger.journal import ClaimJournal, Item, LoginJournal
from bot.ledger.schema import claims, metadata
from bot.ledger.seats import Seat
from bot.ledger.store import Act, Ledger
from bot.ledger.tally import Tally
from bot.ledger.tasks import Need
from bot.ledger.views import Row
from bot.portal.adapter import Credentials, SentAs, Stage, StageKind
from bot.portal.submission import Outcome
from bot.vault import Vault
from fixtures.claims.generate import claims as invented
from tests.conftest import Loop
from tests.unit.claims.builders import put

__all__ = ["Books", "books", "empty_ledger", "file_ledger"]

_T = TypeVar("_T")

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
FINAL = Stage("submit", StageKind.FINAL, "POST", "/claims")
DRAFT = Stage("upload", StageKind.DRAFT, "POST", "/documents")
CLAIMS = invented("northstar", 12)
KEY = Fernet.generate_key().decode()


class StandingClock:
    """Moves only when told."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    async def wait(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


#: Where the one worker of most tests sits.
SEAT = Seat("northstar", "main", 0, 1, "one")


class Books:
    """A ledger, and short words for what tests do with it."""

    def __init__(self, url: str, folder: Path, loop: Loop) -> None:
        self.url = url
        self.folder = folder
        self.loop = loop
        self.clock = StandingClock()
        self.database = Database(url)
        hasten(self.database)
        self.vault = Vault([KEY], "an installation's key")
        self.ledger = Ledger(self.database, self.vault, Tally(folder))

    def act(self, why: str = "", who: str = "ruth") -> Act:
        """Something a person does now."""
        return Act(who, self.clock.now(), why)

    def entry(
        self, claim: Claim, state: State = State.QUEUED, payer: str | None = "northstar", **more: Any
    ) -> Entry:
        """A claim as the intake room hands it over."""
        key = self.vault.fingerprint_key
        slug = payer or claim.payer.name.upper()
        found = Found(
            account=claim.account, place="row 1", lines=len(claim.lines), charge=claim.charge, claim=claim
        )
        told: dict[str, Any] = {
            "problems": (),
            "reason": "",
            "payer_named": claim.payer.name,
            "login": "main" if payer else None,
            "fingerprint": fingerprint(claim, slug, key),
            "likeness": likeness(claim, slug, key),
            "deadline": date(2027, 1, 1),
            "need": None,
            **more,
        }
        return Entry(found=found, state=state, payer=payer, **told)

    def take_in(self, *entries: Entry, name: str = "visits.837") -> Queued:
        """Queue a file of these."""
        return queue_file(self.ledger, name, "0" * 64, entries, self.act(who="queue"))

    def queue(self, *some: Claim, state: State = State.QUEUED, **more: Any) -> list[int]:
        """Queue claims as one file; the ids they got."""
        before = {row["id"] for row in views.claim_rows(self.ledger)}
        self.take_in(*(self.entry(one, state, **more) for one in some))
        return [row["id"] for row in views.claim_rows(self.ledger) if row["id"] not in before]

    def one(self, state: State = State.QUEUED, number: int = 0) -> int:
        """One claim that stands in a state, however it came there."""
        [claim_id] = self.queue(CLAIMS[number])
        if state is not State.QUEUED:
            self.put(claim_id, state)
        return claim_id

    def put(self, claim_id: int, state: State, **columns: Any) -> None:
        """Set a claim down in a state, past every rule."""
        values = {"state": state, **columns}
        if state not in STANDING:
            values["standing"] = None
        with self.ledger.write() as connection:
            connection.execute(update(claims).where(claims.c.id == claim_id).values(**values))

    def row(self, claim_id: int) -> Row:
        """A claim as the ledger has it."""
        return views.claim_rows(self.ledger, claim_id=claim_id)[0]

    def state(self, claim_id: int) -> State:
        """Where a claim stands."""
        return State(self.row(claim_id)["state"])

    def rows(self, table: Table) -> list[Mapping[str, Any]]:
        """Everything in a table."""
        with self.ledger.read() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]

    def everything(self) -> dict[str, list[Mapping[str, Any]]]:
        """Everything in every table."""
        return {table.name: self.rows(table) for table in metadata.sorted_tables}

    def last_event(self, claim_id: int) -> Row:
        """What happened to a claim last."""
        return views.claim_history(self.ledger, claim_id)["events"][-1]

    def item(self, claim_id: int) -> Item:
        """A claim as a worker picks it."""
        return queue.claim(self.ledger, claim_id)

    def journal(self, claim_id: int, owner: str = "one", item: Item | None = None) -> Journal:
        """A worker's journal of a claim."""
        return Journal(self, item or self.item(claim_id), owner)

    def login(self, password: str = "hush", totp: str | None = None, **more: str) -> SignIns:
        """The sign-ins of northstar's login `main` under a password."""
        return SignIns(self, password, totp, **more)

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """What a coroutine of the bot's returns."""
        return self.loop.run(coroutine)

    def close(self) -> None:
        self.database.close()


class Journal:
    """A `ClaimJournal` that tests call without awaiting."""

    def __init__(self, books: Books, item: Item, owner: str) -> None:
        self._books = books
        self._journal = ClaimJournal(books.ledger, item, owner, books.clock)
        self.item = item

    def arm(self, stage: Stage = FINAL) -> datetime:
        sent_as = SentAs(self.item.account, self.item.claim.subscriber.member_id)
        return self._books.run(self._journal.arm(stage, sent_as))

    def still_mine(self) -> bool:
        return self._books.run(self._journal.still_mine())

    def taken(self, *numbers: str) -> frozenset[str]:
        return self._books.run(self._journal.taken(numbers))

    def record(self, state: State, need: Need | None = None, **more: Any) -> State:
        return self._books.run(self._journal.record(Outcome(state, **more), need))

    def accept(self, number: str) -> State:
        return self.record(State.ACCEPTED, sent=Sent.ONCE, proof=Proof.BOTH, control_number=number)


class SignIns:
    """A `LoginJournal` that tests call without awaiting."""

    def __init__(
        self,
        books: Books,
        password: str,
        totp: str | None,
        *,
        user: str = "night",
        url: str = "https://portal.example",
        owner: str = "night shift",
    ) -> None:
        self._books = books
        credentials = Credentials(user, SecretStr(password), SecretStr(totp) if totp else None)
        self._journal = LoginJournal(books.ledger, "northstar", "main", credentials, url, owner, books.clock)
        self.whose = self._journal.whose

    def arm(self) -> None:
        self._books.run(self._journal.arm())

    def may_be_tried(self) -> bool:
        """Whether a second seat's try would go ahead; asked without waiting for the first."""
        return self._journal._arm()

    def ended(self, *, worked: bool) -> None:
        self._books.run(self._journal.ended(worked=worked))

    def take_step(self, step: int) -> bool:
        return self._books.run(self._journal.take_step(step))

    def saved(self) -> StorageState | None:
        return self._books.run(self._journal.saved())

    def keep(self, state: StorageState) -> None:
        self._books.run(self._journal.keep(state))

    def forget(self) -> None:
        self._books.run(self._journal.forget())


def dearer(claim: Claim, by: str = "5.00") -> Claim:
    """The same services for more money: what a fixed copy of a claim looks like."""
    more = Decimal(by)
    changed: Claim = put(claim, "lines.0.charge", claim.lines[0].charge + more)
    return changed.model_copy(update={"charge": claim.charge + more})


def need(cause: str = "cause", **more: Any) -> Need:
    """Something a person must do."""
    return Need(**{"cause": cause, "kind": "unknown", "title": "Look", "action": "Look there.", **more})


def accounts(rows: Sequence[Row]) -> list[str]:
    """The accounts of claims, in their order."""
    return [row["account"] for row in rows]


def hasten(database: Database) -> None:
    """Tests need not survive a power cut, and waiting for the disk is most of what they would do."""

    @event.listens_for(database.engine, "connect")
    def _on_connect(connection: Any, _: object) -> None:
        connection.execute("PRAGMA synchronous=OFF" if database.embedded else "SET synchronous_commit = off")


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated ledger without a claim; copied, because migrating takes longer than a test."""
    path = tmp_path_factory.mktemp("ledger") / "empty.sqlite"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    with database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.close()  # the last connection folds the write-ahead log into the file
    return path


@pytest.fixture
def books(file_ledger: Path, loop: Loop) -> Iterator[Books]:
    """A fresh ledger."""
    one = Books(f"sqlite:///{file_ledger}", file_ledger.parent, loop)
    yield one
    one.close()


@pytest.fixture
def file_ledger(tmp_path: Path, empty_ledger: Path) -> Path:
    """A fresh ledger's file."""
    return Path(shutil.copy(empty_ledger, tmp_path / "ledger.sqlite"))

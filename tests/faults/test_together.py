"""Two things at once, and what a machine runs out of: each has one answer. At the fake portal, so quickly."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import event

from bot.claims.vocabulary import State
from bot.clock import SystemClock
from bot.errors import ConfigurationError, Interrupted, Refused
from bot.home import Home
from bot.ledger import people, views
from bot.ledger.database import Database
from bot.ledger.journal import Item
from bot.ledger.restore import accept_older
from bot.ledger.store import Act, Ledger
from bot.ledger.tally import Tally
from bot.portal.adapter import Credentials
from bot.portal.desk import Desk
from bot.portal.evidence import EvidenceStore
from bot.testing import FakeAdapter, FakeDesk, FakePortal
from bot.vault import Vault
from bot.work import dispatch, serve
from bot.work.automation import Automation
from bot.work.dispatch import Order, Workshop
from bot.work.payers import Filing, Login, Office, Payer, Policy
from bot.work.summary import Summary
from fixtures.claims.generate import claims
from tests.conftest import Loop
from tests.faults import entries

POLICY = Policy(
    filing=Filing(days=365, source="invented", verified=date(2026, 1, 1)),
    automation=Automation(allowed="yes", source="invented", verified=date(2026, 1, 1)),
)


class Watcher:
    """Does something when the first claim has moved."""

    def __init__(self) -> None:
        self.moves: list[tuple[str, State]] = []
        self.stops: list[str] = []
        self.then: list[object] = []

    def moved(self, payer: str, item: Item, state: State, note: str) -> None:
        self.moves.append((item.account, state))
        for act in self.then:
            act()  # type: ignore[operator]
        self.then.clear()

    def stopped(self, payer: str, login: str, why: str) -> None:
        self.stops.append(why)


class Ahead(SystemClock):
    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


class FakeOffice:
    """An office at the fake portal."""

    def __init__(self, folder: Path, loop: Loop) -> None:
        self.loop = loop
        self.home = Home(folder / "home")
        self.home.create()
        self.vault = Vault.open(self.home)
        self.portal = FakePortal()
        loop.run(self.portal.__aenter__())
        self.clock = Ahead()
        self.watcher = Watcher()
        self.some = claims("northstar", 6)
        self.open()

    def open(self) -> None:
        """Open the ledger."""
        self.database = Database(f"sqlite:///{self.home.ledger}")
        self.database.migrate()
        self.ledger = Ledger(self.database, self.vault, Tally(self.home.evidence))
        provider = self.some[0].billing
        credentials = Credentials("night", SecretStr("hush"), None)
        login = Login("main", credentials, provider.tin or "", (provider.npi or "",), 1)
        self.payer = Payer(FakeAdapter(self.portal.url), POLICY, (login,), timedelta(0))
        store = EvidenceStore(self.home.evidence, self.vault)
        self.workshop = Workshop(Office([self.payer]), self.ledger, store, self.clock, _desk)

    def queue(self, count: int) -> list[int]:
        """Queue so many claims; their ids."""
        self.act = Act("ruth", self.clock.now())
        entries.queue(self.ledger, self.some[:count], "fake", self.act)
        return [row["id"] for row in views.claim_rows(self.ledger)]

    def run(self, order: Order | None = None) -> Summary:
        return self.loop.run(dispatch.run(self.workshop, order or Order(), self.watcher))

    def advance(self, seconds: float) -> None:
        self.clock.ahead += timedelta(seconds=seconds)
        self.portal.ahead += timedelta(seconds=seconds)

    def let_grow(self, by: int) -> None:
        """From now on the ledger may grow by so many pages."""
        with closing(sqlite3.connect(self.home.ledger)) as connection:
            [pages] = connection.execute("PRAGMA page_count").fetchone()

        def limit(connection: sqlite3.Connection, _: object) -> None:
            connection.execute(f"PRAGMA max_page_count={pages + by}")

        self.database.engine.dispose()
        event.listen(self.database.engine, "connect", limit)

    def states(self) -> list[State]:
        return [State(row["state"]) for row in views.claim_rows(self.ledger)]

    def close(self) -> None:
        self.database.close()
        self.loop.run(self.portal.__aexit__(None, None, None))


@asynccontextmanager
async def _desk() -> AsyncIterator[Desk]:
    yield FakeDesk()


@pytest.fixture
def office(tmp_path: Path, loop: Loop) -> Iterator[FakeOffice]:
    one = FakeOffice(tmp_path, loop)
    yield one
    one.close()


def test_the_same_file_queued_by_two_at_once_is_queued_once(office: FakeOffice) -> None:
    ready = threading.Barrier(2)
    counted: list[int] = []

    def queue() -> None:
        database = Database(f"sqlite:///{office.home.ledger}")
        ledger = Ledger(database, office.vault, Tally(office.home.evidence))
        ready.wait()
        queued = entries.queue(ledger, office.some, "fake", Act("ruth", office.clock.now()))
        counted.append(len(queued.refused))
        database.close()

    both = [threading.Thread(target=queue) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(counted) == [0, len(office.some)]
    assert len(views.claim_rows(office.ledger)) == len(office.some)
    assert all(file["balanced"] for file in views.file_rows(office.ledger))


def test_a_pause_during_a_run_ends_it_after_the_claim_in_hand(office: FakeOffice) -> None:
    office.queue(3)
    office.watcher.then.append(lambda: people.pause(office.ledger, "fake", None, people.PAUSED, office.act))
    summary = office.run()
    assert (summary.counts["accepted"], summary.counts["parked"], summary.balanced) == (1, 2, True)
    assert len(office.portal.posts) == 1


def test_what_people_do_to_waiting_claims_during_a_run_holds(office: FakeOffice) -> None:
    _, held, withdrawn = office.queue(3)
    office.watcher.then.append(lambda: people.hold(office.ledger, [held], office.act))
    office.watcher.then.append(lambda: people.withdraw(office.ledger, [withdrawn], office.act))
    summary = office.run()
    assert office.states() == [State.ACCEPTED, State.HELD, State.WITHDRAWN]
    assert (summary.balanced, len(office.portal.posts)) == (True, 1)


@pytest.mark.parametrize("act", [people.hold, people.withdraw, people.release], ids=lambda act: act.__name__)
def test_nobody_changes_a_claim_while_it_is_being_sent(
    act: object, office: FakeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    [claim_id] = office.queue(1)
    taken, refusals = office.portal._take, []

    def take(claim: dict[str, object]) -> object:
        with pytest.raises(Refused) as refused:
            act(office.ledger, [claim_id], office.act)  # type: ignore[operator]
        refusals.append(refused.value)
        return taken(claim)

    monkeypatch.setattr(office.portal, "_take", take)
    office.run()
    assert (office.states(), len(refusals)) == ([State.ACCEPTED], 1)


@pytest.mark.parametrize("when", ["before the first arm", "while a claim is at the payer"])
def test_a_full_disk_stops_the_run_and_nothing_is_lost(
    when: str, office: FakeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.some = claims("northstar", 60)
    office.queue(60)
    taken = office.portal._take

    def take(claim: dict[str, object]) -> object:
        office.let_grow(by=0)
        return taken(claim)

    if when == "before the first arm":
        office.let_grow(by=0)
    else:
        monkeypatch.setattr(office.portal, "_take", take)
    with pytest.raises(Interrupted, match="disk is full"):
        office.run()
    assert State.QUEUED in office.states()
    monkeypatch.undo()
    office.let_grow(by=10_000)
    office.advance(120)
    summary = office.run()
    assert summary.balanced
    assert office.states() == [State.ACCEPTED] * 60
    assert len(office.portal.posts) == len(set(office.portal.posts)) == 60


def test_an_older_ledger_sends_nothing_that_is_at_the_payer_already(office: FakeOffice) -> None:
    office.queue(2)
    office.database.close()
    backup = office.home.ledger.with_suffix(".backup")
    shutil.copy(office.home.ledger, backup)
    office.open()
    office.run(Order(limit=1))
    assert len(office.portal.posts) == 1

    office.database.close()
    for left in office.home.path.glob("ledger.sqlite-*"):
        left.unlink()
    shutil.copy(backup, office.home.ledger)
    office.open()
    with pytest.raises(ConfigurationError, match="payerbot recover"):
        office.run()
    accept_older(office.ledger, Act("ruth", office.clock.now()))
    first = office.run()  # too early for the payer to know
    assert (first.counts["left"], len(office.portal.posts)) == (2, 1)
    office.advance(120)
    entries.queue(office.ledger, office.some[2:3], "fake", Act("ruth", office.clock.now()))
    office.run()
    assert office.states() == [State.ACCEPTED] * 3
    assert sorted(office.portal.posts) == sorted(claim.account for claim in office.some[:3])
    proofs = [row["proof"] for row in views.claim_rows(office.ledger)]
    assert proofs == ["look-up", "both", "both"]


def test_serve_works_what_comes_and_stops_after_the_claim_in_hand(
    office: FakeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "TICK", timedelta(seconds=0.05))
    office.queue(1)

    async def play() -> None:
        stopping = asyncio.Event()
        come = asyncio.Event()
        office.watcher.then.append(come.set)
        serving = asyncio.create_task(serve.serve(office.workshop, office.watcher, stopping))
        await come.wait()
        come.clear()
        office.watcher.then += [come.set, stopping.set]
        await asyncio.to_thread(entries.queue, office.ledger, office.some[1:4], "fake", office.act)
        await come.wait()
        await serving

    office.loop.run(play())
    assert office.states() == [State.ACCEPTED] * 2 + [State.QUEUED] * 2
    assert len(office.portal.posts) == 2


def test_one_shifts_trouble_lets_the_others_end_and_is_told(
    office: FakeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.payer = replace(office.payer, logins=(replace(office.payer.logins[0], seats=2),))
    office.workshop = replace(office.workshop, office=Office([office.payer]))
    office.queue(2)
    kept = EvidenceStore.keep
    first_is_kept = asyncio.Event()
    calls: list[int] = []

    async def keep(self: EvidenceStore, *about: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            await first_is_kept.wait()
            return await kept(self, *about)  # type: ignore[arg-type]
        first_is_kept.set()
        raise Interrupted("The disk is full.")

    monkeypatch.setattr(EvidenceStore, "keep", keep)
    with pytest.raises(Interrupted, match="disk is full"):
        office.loop.run(serve.serve(office.workshop, office.watcher, asyncio.Event()))
    accepted, troubled = sorted(office.states())
    assert accepted is State.ACCEPTED
    assert troubled in (State.SUBMITTING, State.UNKNOWN)  # by the next tick nobody has it in hand


def test_a_run_beside_workers_leaves_what_they_have_in_hand(office: FakeOffice) -> None:
    """Two seats' worth of claims, one seat: the second shift finds nobody's chair free and says so."""
    office.queue(2)
    office.payer = replace(office.payer, logins=(replace(office.payer.logins[0], seats=1),))

    async def both() -> list[Summary]:
        office.database.embedded = False  # as on a server: nobody may clear the others' seats
        return await asyncio.gather(*(dispatch.run(office.workshop, Order(), office.watcher) for _ in range(2)))

    first, second = office.loop.run(both())
    assert first.balanced
    assert second.balanced
    assert len(office.portal.posts) == len(set(office.portal.posts)) == 2
    assert any("at work elsewhere" in why for why in office.watcher.stops)

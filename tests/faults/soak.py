"""Kills in volume: workers are struck at every point of the protocol, and at random moments, until hundreds of
claims are through. What the payer's books say in the end is what counts. `make soak`, or `python -m
tests.faults.soak`. After them, quarters in volume (`tests.faults.quarter`).
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from bot.claims.model import Claim
from bot.claims.vocabulary import Proof, State
from bot.clock import SystemClock
from bot.home import Home
from bot.ledger import people, views
from bot.ledger.database import Database
from bot.ledger.schema import claims as claim_table
from bot.ledger.schema import events
from bot.ledger.store import Act, Ledger
from bot.ledger.tally import Tally
from bot.testing import FakePortal
from bot.vault import Vault
from bot.work.payers import find_adapters
from fixtures.claims.generate import claims as invented
from fixtures.portals.registry import SITES
from fixtures.portals.server import RunningPortal
from fixtures.portals.server import running as running_portal
from tests import postgres
from tests.conftest import Loop
from tests.faults import entries, quarter
from tests.faults.worker import EVERY_CLAIM, POINTS, Assignment, work

#: New processes are forked from one that has imported everything: starting costs milliseconds, not a second.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.faults.worker"])


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a soak."""

    name: str
    claims: int
    kills: int
    #: Claims of dead or sleeping workers that others took over.
    takeovers: int
    #: Submissions that arrived at the payer.
    sends: int
    #: Claims that the payer has twice.
    doubled: int
    #: Claims that the payer lacks though the ledger says accepted, or has though the ledger says it does not.
    lost: int
    #: Claims that ended with a person, by the rules.
    for_a_person: int
    balanced: bool

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.claims} claims, {self.kills} kills, {self.takeovers} takeovers,"
            f" {self.sends} sends, doubled {self.doubled}, lost {self.lost}, for a person {self.for_a_person},"
            f" balanced {'yes' if self.balanced else 'NO'}"
        )


class Books(Protocol):
    """The payer's own books, whoever plays the payer."""

    @property
    def posts(self) -> list[str]:
        """Accounts of the submissions that arrived."""
        ...

    @property
    def stored(self) -> Counter[str]:
        """How often each account is stored."""
        ...

    def advance(self, seconds: float) -> None:
        """Set the payer's clock on."""


class MockBooks:
    """Those of the fake portal, or of a mock portal."""

    def __init__(self, portal: FakePortal | RunningPortal) -> None:
        self._portal = portal

    @property
    def posts(self) -> list[str]:
        """Accounts of the submissions that arrived."""
        if isinstance(self._portal, FakePortal):
            return list(self._portal.posts)
        return [str(request["account"]) for request in self._portal.requests if request["stage"] == "submit"]

    @property
    def stored(self) -> Counter[str]:
        """How often each account is stored."""
        return Counter(str(claim["account"]) for claim in self._portal.claims)

    def advance(self, seconds: float) -> None:
        """Set the payer's clock on."""
        if isinstance(self._portal, FakePortal):
            self._portal.ahead += timedelta(seconds=seconds)
        else:
            self._portal.advance(seconds)


class Soak:
    """One ledger, one payer, and the processes that are struck."""

    def __init__(self, name: str, some: Sequence[Claim], assignment: Assignment, books: Books, seed: int) -> None:
        self.name = name
        self.claims = some
        self.assignment = assignment
        self.books = books
        self.chance = random.Random(seed)
        self.kills = 0
        self.database = Database(assignment.database)
        self.database.migrate()
        home = Home(assignment.home)
        self.ledger = Ledger(self.database, Vault.open(home), Tally(home.evidence))
        entries.queue(self.ledger, some, assignment.slug, Act("soak", SystemClock().now()))

    def strike_one_after_the_other(self, kills: int, life: float) -> None:
        """One process at a time: the first ones struck at points that every claim passes, the others at any point
        or wherever they are after at most `life` seconds; until enough were, or nothing is left to do."""
        for point in EVERY_CLAIM:
            worker = self._start(point=point)
            worker.join(120)
            if worker.exitcode != -signal.SIGKILL:
                raise AssertionError(f"a worker to be struck at {point!r} ended with {worker.exitcode}")
            self.kills += 1
        while self.kills < kills and self._left():
            worker = self._start(**self._somewhere())
            worker.join(self.chance.uniform(life / 4, life))
            if worker.is_alive():
                worker.kill()
                worker.join()
            self.kills += worker.exitcode == -signal.SIGKILL

    def strike_among_many(self, kills: int, server: postgres.Server, workers: int = 3) -> None:
        """Several processes at once on one ledger; one of them sleeps through a takeover, one never comes back,
        and the database restarts in the middle."""
        asleep = self._start(point="filled", passing=2, how=signal.SIGSTOP)
        team = [self._start(**self._somewhere()) for _ in range(workers)]
        restarted, never = False, True
        while self.kills < kills and self._left():
            worker = self.chance.choice(team)
            worker.join(self.chance.uniform(0.2, 1.2))
            if worker.is_alive() and worker.pid is not None:
                os.kill(worker.pid, signal.SIGKILL)
                worker.join()
            self.kills += worker.exitcode == -signal.SIGKILL
            team.remove(worker)
            if never and self.kills > kills // 4:
                never = False  # this one is not replaced
            else:
                team.append(self._start(**self._somewhere()))
            if not restarted and self.kills > kills // 2:
                restarted = True
                server.stop()
                server.start()
        if asleep.pid is not None:
            os.kill(asleep.pid, signal.SIGCONT)  # long after others have taken its seat and its claim
        time.sleep(2)
        for worker in (*team, asleep):
            worker.kill()
            worker.join()

    def bring_to_an_end(self, patience: float = 600) -> None:
        """Workers that nobody strikes, later and later, until nothing is due any more; each has these seconds."""
        for _ in range(8):
            self._pass(120)
            worker = self._start(unattended=False)
            worker.join(patience)
            if worker.exitcode != 0:
                raise AssertionError(f"a worker that nobody struck ended with {worker.exitcode}")
            if not self._left() and not self._waiting():
                return

    def figures(self) -> Figures:
        """What came of it, by the payer's books and the ledger's."""
        stored = self.books.stored
        states = {row["account"]: State(row["state"]) for row in views.claim_rows(self.ledger)}
        wrong = [
            account
            for account, state in states.items()
            if state is not State.DISPUTED and (state is State.ACCEPTED) != (stored[account] > 0)
        ]
        told = {claim["account"] for task in views.task_rows(self.ledger) for claim in task["claims"]}
        [file] = views.file_rows(self.ledger)
        with self.ledger.read() as connection:
            recovered = select(func.count()).select_from(events).where(events.c.what == "recovered")
            takeovers = int(connection.execute(recovered).scalar_one())
        return Figures(
            self.name,
            len(self.claims),
            self.kills,
            takeovers,
            len(self.books.posts),
            sum(count > 1 for count in stored.values()),
            # a task does not excuse an acceptance that the payer knows nothing of
            len([account for account in wrong if states[account] is State.ACCEPTED or account not in told]),
            sum(state is not State.ACCEPTED for state in states.values()),
            bool(file["balanced"]) and sum(file["states"].values()) == len(self.claims),
        )

    def close(self) -> None:
        """Close the ledger."""
        self.database.close()

    def _somewhere(self) -> dict[str, Any]:
        return {
            "point": self.chance.choice((*POINTS, None, None, None)),
            "passing": self.chance.choice((1, 1, 1, 2, 3)),
        }

    def _pass(self, seconds: float) -> None:
        """Let time pass, at the payer and here."""
        self.books.advance(seconds)
        self.assignment = replace(self.assignment, ahead=self.assignment.ahead + seconds)

    def _start(self, **task: Any) -> BaseProcess:
        if self.assignment.totp_secret:
            self._pass(30)  # an authenticator's code is good for one sign-in, and shown for half a minute
        with suppress(OperationalError):  # a sign-in that was cut short waits for a person: here is one
            people.resume(
                self.ledger, self.assignment.slug, None, Act("soak", SystemClock().now(), "signed in by hand")
            )
        assignment = replace(self.assignment, **task)
        process = _PROCESSES.Process(target=work, args=(assignment,), daemon=True)
        process.start()
        return process

    def _left(self) -> int:
        """Claims that still wait to be sent."""
        return self._count(claim_table.c.state.in_([State.QUEUED, State.SUBMITTING]))

    def _waiting(self) -> int:
        """Claims that still wait to be looked up, but for those that are followed up weeks later."""
        soon = SystemClock().now() + timedelta(days=1)
        arrived = (claim_table.c.state == State.ACCEPTED) & (claim_table.c.proof != Proof.RECEIPT)
        return self._count(~arrived & (claim_table.c.due_at < soon))

    def _count(self, which: Any) -> int:
        for _ in range(100):
            with suppress(OperationalError), self.ledger.read() as connection:
                return int(connection.execute(select(func.count()).where(which)).scalar_one())
            time.sleep(0.1)
        raise AssertionError("the database does not come back")


@contextmanager
def fake(folder: Path, losing: float) -> Iterator[tuple[Books, Assignment]]:
    """The fake portal on a loop of its own."""
    home = Home(folder / "home")
    home.create()
    Vault.open(home)
    loop = Loop()
    portal = FakePortal(losing=losing)
    loop.run(portal.__aenter__())
    provider = invented("northstar", 1)[0].billing
    try:
        yield (
            MockBooks(portal),
            Assignment(home.path, "", portal.url, "fake", "night", "hush", provider.tin or "", provider.npi or ""),
        )
    finally:
        loop.run(portal.__aexit__(None, None, None))
        loop.close()


def on_sqlite(folder: Path, claims: int, kills: int, seed: int = 1) -> Figures:
    """One process at a time on an embedded ledger, at the fake portal."""
    with fake(folder, losing=0.05) as (books, assignment):
        database = f"sqlite:///{folder / 'ledger.sqlite'}"
        soak = Soak("SQLite", invented("northstar", claims), replace(assignment, database=database), books, seed)
        try:
            soak.strike_one_after_the_other(kills, life=0.8)
            soak.bring_to_an_end()
            return soak.figures()
        finally:
            soak.close()


def on_postgresql(folder: Path, server: postgres.Server, claims: int, kills: int, seed: int = 1) -> Figures:
    """Three processes at once on PostgreSQL, at the fake portal."""
    with fake(folder, losing=0.05) as (books, assignment):
        told = replace(assignment, database=server.database(), unattended=True, seats=3)
        soak = Soak("PostgreSQL", invented("northstar", claims), told, books, seed)
        try:
            soak.strike_among_many(kills, server)
            soak.bring_to_an_end()
            return soak.figures()
        finally:
            soak.close()


def in_a_browser(folder: Path, slug: str, claims: int, kills: int, together: int = 1, seed: int = 1) -> Figures:
    """One process at a time on an embedded ledger, at a mock portal, through the browser. Where verdicts come
    later, they come after a minute."""
    home = Home(folder / "home")
    home.create()
    Vault.open(home)
    verdict_after = 60.0 if find_adapters()[slug].limits.verdict_delay else 0.0
    with running_portal(slug, 0, 0, verdict_after) as portal:
        user = portal.users[0]
        assignment = Assignment(
            home.path,
            f"sqlite:///{folder / 'ledger.sqlite'}",
            portal.url,
            slug,
            user.username,
            user.password,
            user.provider.tin,
            user.provider.npi,
            user.totp_secret,
            verdict_after=verdict_after,
            seats=1,
            together=together,
        )
        name = f"{slug} in the browser" + (f", batches of {together}" if together > 1 else "")
        soak = Soak(name, invented(slug, claims), assignment, MockBooks(portal), seed)
        try:
            soak.strike_one_after_the_other(kills, life=8.0)
            soak.bring_to_an_end()
            return soak.figures()
        finally:
            soak.close()


def _played(play: Callable[[Loop], quarter.Figures]) -> quarter.Figures:
    """Play a quarter, and tell what went wrong in it."""
    loop = Loop()
    try:
        figures = play(loop)
    finally:
        loop.close()
    print(figures, *figures.faults[:20], sep="\n  ", flush=True)
    return figures


def main(words: Sequence[str]) -> int:
    """All of them, in volume; `words` may name some of them."""
    chosen = set(words) or {"sqlite", "postgresql", "browser", "batches", "verdicts", "quarter", "portals"}
    found = []
    quarters = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "sqlite" in chosen:
            found.append(on_sqlite(folder / "sqlite", 1000, 200))
            print(found[-1], flush=True)
        if "postgresql" in chosen:
            with postgres.running() as server:
                found.append(on_postgresql(folder / "postgresql", server, 1000, 200))
            print(found[-1], flush=True)
        if "browser" in chosen:
            found.append(in_a_browser(folder / "browser", "northstar", 60, 30))
            print(found[-1], flush=True)
        if "batches" in chosen:
            found.append(in_a_browser(folder / "batches", "hudson", 60, 30, together=5))
            print(found[-1], flush=True)
        if "verdicts" in chosen:
            found.append(in_a_browser(folder / "verdicts", "summit", 60, 30))
            print(found[-1], flush=True)
        if "quarter" in chosen:
            quarters.append(_played(lambda loop: quarter.at_the_fake(folder / "quarter", loop, 1000)))
        for slug in SITES if "portals" in chosen else ():
            play = partial(quarter.at_a_mock_portal, folder / slug, slug=slug, some=invented(slug, 15))
            quarters.append(_played(play))
    if any(one.faults or one.doubled for one in quarters):
        return 1
    return 0 if all(one.doubled == one.lost == 0 and one.balanced for one in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

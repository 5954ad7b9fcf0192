"""A quarter: claims are sent, the days pass, the payer decides by a seeded plan, and every evening payerbot
follows up. What the payer's own books say in the end is what counts. `make soak ARGS="quarter portals"` plays
it in volume.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

from bot.claims import business_days
from bot.claims.model import Claim
from bot.claims.vocabulary import DECIDED, State, Status
from bot.ledger import views
from bot.ledger.store import Act, Ledger
from bot.ledger.views import Row
from bot.testing import Step
from bot.work import dispatch
from bot.work.dispatch import Order
from bot.work.schedule import BEFORE_DEADLINE, day_of
from bot.work.summary import Summary
from fixtures.claims.generate import claims as invented
from fixtures.decisions import Charged, Course, Decision, Standing, course, decision
from fixtures.portals.server import RunningPortal
from tests.conftest import Loop
from tests.faults import entries
from tests.faults.test_together import FakeOffice
from tests.office import office
from tests.unit.ledger.books import hasten

#: A Monday, in the evening of an office.
START: Final = datetime(2026, 7, 6, 23, 0, tzinfo=UTC)
#: Another, after the last service of the invented claims: mock portals refuse what is still to come.
AFTER: Final = datetime(2026, 10, 5, 23, 0, tzinfo=UTC)
#: Seconds after which sending them all has come to no end.
PATIENCE: Final = 900
FOLLOW_UP: Final = Order(look_ups_only=True)
#: Evenings until the last decision, of day 90, has been seen by the look-up after that, on business day 90.
DAYS: Final = 135
#: Until when the payer takes these claims: long before it decides about some of them, and between two look-ups of
#: the schedule.
_FILING: Final = timedelta(days=53)

#: What a standing at the payer is here.
MEANING: Final[Mapping[str, Status]] = {
    Standing.IN_PROCESS: Status.PENDING,
    Standing.AUDIT: Status.UNRECOGNISED,
    Standing.ASKED: Status.INFO_REQUESTED,
    Standing.PAID: Status.PAID,
    Standing.PAID_PART: Status.PAID_PART,
    Standing.PAID_ZERO: Status.PAID_ZERO,
    Standing.DENIED: Status.DENIED,
    Standing.FORWARDED: Status.FORWARDED,
    Standing.REVERSED: Status.REVERSED,
}
#: The search does not show the claim.
_GONE: Final = Decision(Standing.IN_PROCESS)
#: The fake payer's words for them.
_WORDS: Final[Mapping[Standing, str]] = {
    Standing.IN_PROCESS: "In process",
    Standing.AUDIT: "Zeta review",
    Standing.ASKED: "Information requested",
    Standing.PAID: "Paid",
    Standing.PAID_PART: "Paid",
    Standing.PAID_ZERO: "Paid",
    Standing.DENIED: "Denied",
    Standing.FORWARDED: "Forwarded",
    Standing.REVERSED: "Reversed",
}


@dataclass(slots=True)
class Figures:
    """What came of a quarter, by the payer's books and the ledger's."""

    name: str
    claims: int
    look_ups: int = 0
    #: Seconds that the evenings took.
    seconds: float = 0.0
    #: Claims that the payer has more or less than once.
    doubled: int = 0
    tasks: int = 0
    paid: Decimal = Decimal(0)
    #: What went wrong, in plain words; nothing should.
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.claims} claims, {self.look_ups} look-ups,"
            f" {60 * self.look_ups / self.seconds:,.0f} a minute, {self.tasks} tasks, ${self.paid:,.2f} paid,"
            f" doubled {self.doubled}, {len(self.faults) or 'no'} faults"
        )


class Books(Protocol):
    """The payer's own books, whoever plays the payer."""

    def theirs(self) -> Mapping[str, Mapping[str, Any]]:
        """What it has decided about each account by now, as `Decision.as_dict` says it."""
        ...

    def arrived(self) -> Counter[str]:
        """How often each account is on file."""
        ...


class Player(Protocol):
    """An office, and the time that passes there and at the payer."""

    ledger: Ledger

    def run(self, order: Order | None = None) -> Summary:
        """Run shifts to their end."""
        ...


class Quarter:
    """Evenings of an office, each looked at for what must not happen."""

    def __init__(self, name: str, some: Sequence[Claim], player: Player, books: Books) -> None:
        self.player = player
        self.books = books
        self.figures = Figures(name, len(some))
        #: Accounts of which a person was told that the payer asks for something.
        self._told: set[str] = set()
        #: By account, the days of its look-ups.
        self._looked: dict[str, list[date]] = {}

    def evening(self, now: datetime) -> None:
        """Follow up, and see that nothing is asked before it is due, or after it was decided."""
        before = {row["account"]: row for row in views.claim_rows(self.player.ledger)}
        begun = time.perf_counter()
        summary = self.player.run(FOLLOW_UP)
        self.figures.seconds += time.perf_counter() - begun
        self._expect(summary.balanced, f"{now:%m/%d}: the counts do not balance")
        for row in views.claim_rows(self.player.ledger):
            old = before[row["account"]]
            if row["looked_up_at"] == old["looked_up_at"]:
                continue
            self.figures.look_ups += 1
            self._looked.setdefault(row["account"], []).append(day_of(now))
            self._expect(bool(old["due_at"]) and old["due_at"] <= now, f"{row['account']} was asked too early")
            self._expect(old["status"] not in DECIDED, f"{row['account']} was asked after it was decided")
        for task in views.task_rows(self.player.ledger):
            if task["kind"] == Status.INFO_REQUESTED:
                self._told.update(one["account"] for one in task["claims"])
        self._judge_deadlines(day_of(now))

    def _judge_deadlines(self, today: date) -> None:
        """Every last day is known to a person before it has passed; every filing limit has its look-up."""
        theirs = self.books.theirs()
        for row in views.claim_rows(self.player.ledger):
            account, answer_by = row["account"], theirs[row["account"]]["answer_by"]
            if answer_by == today.isoformat():
                self._expect(account in self._told, f"{account}: nobody was told what the payer asks for")
            if answer_by and row["answer_by"]:  # not every portal says until when
                self._expect(row["answer_by"].isoformat() == answer_by, f"{account}: another day to answer by")
            if row["deadline"] == today and row["status"] not in DECIDED:
                first = business_days.after(today, -BEFORE_DEADLINE)
                looked = [day for day in self._looked.get(account, ()) if first <= day <= today]
                self._expect(bool(looked), f"{account}: nobody looked before the filing limit")

    def end(self) -> Figures:
        """Compare both books."""
        theirs, arrived = self.books.theirs(), self.books.arrived()
        rows = list(views.claim_rows(self.player.ledger))
        figures = self.figures
        figures.doubled = sum(count > 1 for count in arrived.values())
        once = set(arrived.values()) == {1} and len(arrived) == figures.claims
        self._expect(once, "not every claim arrived once")
        for row in rows:
            account, their = row["account"], theirs[row["account"]]
            self._expect(row["state"] == State.ACCEPTED, f"{account} is {row['state']}")
            known = row["status"] == MEANING[their["standing"]]
            self._expect(known, f"{account}: {row['status']} here, {their['standing']} there")
            self._expect(row["due_at"] is None, f"{account} is decided and still to be looked up")
            self._judge_lines(row, their["decided_lines"])
            for what in ("paid", "allowed"):
                # not every portal shows what was allowed
                same = _same(row[what], their[what]) or (what == "allowed" and row[what] is None)
                self._expect(same, f"{account}: {row[what]} {what} here, {their[what]} there")
        figures.paid = sum((row["paid"] or Decimal(0) for row in rows), Decimal(0))
        paid = sum((Decimal(one["paid"] or 0) for one in theirs.values()), Decimal(0))
        self._expect(figures.paid == paid, f"${figures.paid:,.2f} paid here, ${paid:,.2f} there")
        tasks = views.task_rows(self.player.ledger, every=True)
        figures.tasks = len(tasks)
        open_causes = Counter(task["cause"] for task in tasks if task["closed_at"] is None)
        self._expect(not open_causes or max(open_causes.values()) == 1, "two open tasks have one cause")
        doubled = Counter((task["cause"], task["opened_at"]) for task in tasks)
        self._expect(not doubled or max(doubled.values()) == 1, "a task was opened twice")
        return figures

    def _judge_lines(self, row: Row, theirs: Sequence[Mapping[str, Any]]) -> None:
        """Not every portal shows what was decided about lines; they stand as their claim does then."""
        lines = views.claim_history(self.player.ledger, row["id"])["lines"]
        shown = any(line["paid"] is not None for line in lines)
        ours = [(line["status"], line["paid"]) for line in lines]
        decided = [(MEANING[line["standing"]], Decimal(line["paid"])) for line in theirs]
        expected = decided if shown else [(row["status"], None)] * len(lines)
        self._expect(ours == expected, f"{row['account']}: lines {ours} here, {expected} there")

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.figures.faults.append(otherwise)


def _same(ours: Decimal | None, theirs: str | None) -> bool:
    return ours == (None if theirs is None else Decimal(theirs))


class Weeks(FakeOffice):
    """An office at the fake payer, whose days pass when it is told."""

    def __init__(self, folder: Path, loop: Loop, number: int) -> None:
        super().__init__(folder, loop)
        self.some = invented("northstar", number)
        hasten(self.database)
        self.advance((START - self.clock.now()).total_seconds())

    def run(self, order: Order | None = None) -> Summary:
        """Run shifts to their end, however many claims there are."""
        return self.loop.run(dispatch.run(self.workshop, order or Order(), self.watcher), PATIENCE)

    def pass_days(self, days: int) -> None:
        """Follow up every evening."""
        for _ in range(days):
            self.advance(86400)
            self.follow_up()

    def follow_up(self) -> None:
        """Follow up, and see that nothing is asked before it is due."""
        due = {row["account"]: row["due_at"] for row in self.rows() if row["due_at"]}
        before = len(self.portal.searches)
        assert self.run(FOLLOW_UP).balanced
        for account, at in self.portal.searches[before:]:
            assert due[account] <= at

    def rows(self) -> list[Row]:
        return list(views.claim_rows(self.ledger))

    def row(self, claim: Claim) -> Row:
        return views.claim_rows(self.ledger, account=claim.account)[0]

    def kinds(self) -> list[str]:
        """Kinds of the open tasks."""
        return sorted(task["kind"] for task in views.task_rows(self.ledger))


class FakeBooks:
    """The fake payer's plan, drawn by a seed, and its books."""

    def __init__(self, weeks: Weeks, seed: int) -> None:
        self._portal = weeks.portal
        self._codes = {claim.account: [line.code for line in claim.lines] for claim in weeks.some}
        self._courses: dict[str, Course] = {}
        for number, claim in enumerate(weeks.some):
            drawn = course(seed, charged(claim, START))
            self._courses[claim.account] = _hidden(drawn) if number % 25 == 0 else drawn
        self._portal.plan = {
            account: [self._step(account, *one) for one in some] for account, some in self._courses.items()
        }

    def theirs(self) -> Mapping[str, Mapping[str, Any]]:
        """See `Books`."""
        now = self._portal.now()
        ages = {one["account"]: now - datetime.fromisoformat(one["received_at"]) for one in self._portal.claims}
        return {account: decision(self._courses[account], age).as_dict() for account, age in ages.items()}

    def arrived(self) -> Counter[str]:
        """See `Books`."""
        return Counter(self._portal.posts)

    def _step(self, account: str, after: timedelta, decided: Decision) -> Step:
        """A decision as the fake portal shows it."""
        told = decided.as_dict()
        return Step(
            after,
            _WORDS[decided.standing],
            allowed=told["allowed"],
            paid=told["paid"],
            paid_on=told["decided_on"],
            payment_number=decided.payment_number or None,
            reasons=decided.reasons,
            answer_by=told["answer_by"],
            lines=tuple(
                (code, _WORDS[line.standing], f"{line.paid:.2f}")
                for code, line in zip(self._codes[account], decided.lines, strict=False)
            ),
            shown=decided is not _GONE,
        )


def charged(claim: Claim, received_at: datetime) -> Charged:
    """What of a claim its course depends on."""
    assert claim.service_from is not None
    return Charged(claim.account, claim.service_from, tuple(line.charge for line in claim.lines), received_at)


def _hidden(drawn: Course) -> Course:
    """The same decision in the end, but for three weeks the search does not show the claim at all."""
    after, last = drawn[-1]
    return ((timedelta(days=16), _GONE), (max(after, timedelta(days=37)), last))


def at_the_fake(folder: Path, loop: Loop, claims: int, seed: int = 1) -> Figures:
    """A quarter at the fake payer."""
    weeks = Weeks(folder, loop, claims)
    try:
        quarter = Quarter("A quarter at the fake payer", weeks.some, weeks, FakeBooks(weeks, seed))
        _queue(weeks.ledger, weeks.some, "fake", START)
        weeks.run()
        sent = len(weeks.portal.searches)  # the second witness
        for _ in range(DAYS):
            weeks.advance(86400)
            quarter.evening(weeks.clock.now())
        figures = quarter.end()
        asked = len(weeks.portal.searches) - sent
        if asked != figures.look_ups:
            figures.faults.append(f"the payer was asked {asked} times, {figures.look_ups} by our books")
        return figures
    finally:
        weeks.close()


class PortalBooks:
    """A mock portal's books."""

    def __init__(self, portal: RunningPortal) -> None:
        self._portal = portal

    def theirs(self) -> Mapping[str, Mapping[str, Any]]:
        """See `Books`."""
        return {str(one["account"]): one for one in self._portal.claims}

    def arrived(self) -> Counter[str]:
        """See `Books`."""
        return Counter(str(one["account"]) for one in self._portal.claims)


def at_a_mock_portal(
    folder: Path, loop: Loop, slug: str, some: Sequence[Claim], seed: int = 1, *, signs_in: bool = True
) -> Figures:
    """A quarter at a mock portal, in a browser. Evenings on which nothing is due are passed over."""
    with office(slug, folder, loop, signs_in=signs_in) as one:
        one.clock.advance((AFTER - one.clock.now()).total_seconds())
        one.portal.decide(seed)
        quarter = Quarter(f"A quarter at {one.payer.adapter.name}", some, one, PortalBooks(one.portal))
        _queue(one.ledger, some, slug, one.clock.now())
        one.run(timeout=PATIENCE)
        evening, last = one.clock.now(), one.clock.now() + timedelta(days=DAYS)
        while evening < last:
            due = [row["due_at"] for row in views.claim_rows(one.ledger) if row["due_at"]]
            if not due:
                break
            while evening < min(due):
                evening += timedelta(days=1)
            one.clock.advance((evening - one.clock.now()).total_seconds())
            quarter.evening(one.clock.now())
        return quarter.end()


def _queue(ledger: Ledger, some: Sequence[Claim], slug: str, now: datetime) -> None:
    entries.queue(ledger, some, slug, Act("tester", now), (now + _FILING).date())

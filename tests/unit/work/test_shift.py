"""A shift: what one claim runs into does not keep the others from being worked."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.claims.vocabulary import Sent, State
from bot.errors import (
    FormChanged,
    LostClaim,
    Passing,
    PersonNeeded,
    PortalProblem,
    PortalRefused,
)
from bot.ledger import baselines, people, queue, seats, views
from bot.ledger.journal import Item
from bot.ledger.queue import Scope
from bot.ledger.restore import accept_older
from bot.ledger.sign_ins import signed_in
from bot.portal.adapter import Adapter, FoundClaim
from bot.portal.drift import Baseline, Mark
from bot.portal.evidence import EvidenceStore
from bot.portal.look_up import LookUp, Verdict
from bot.portal.reading import Reading
from bot.portal.submission import Outcome, Work
from bot.portal.verdict import Pending
from bot.work import shift as room
from bot.work.shift import Plan, Shift
from payers.northstar.form import SUBSCRIBER
from tests.unit.ledger.books import CLAIMS, Books
from tests.unit.work.test_routing import BOTH

Answer = Callable[[int], Outcome | LookUp | BaseException]


class Nowhere:
    """A desk with a session that nothing is behind."""

    @asynccontextmanager
    async def session(self, adapter: Adapter, *_: object) -> AsyncIterator[object]:
        page = SimpleNamespace(url="about:blank")
        yield SimpleNamespace(npi="1990000014", adapter=adapter, page=page, put_away=self._nothing)  # signed in

    async def _nothing(self) -> None: ...


class Watcher:
    def __init__(self) -> None:
        self.moves: list[tuple[int, State]] = []
        self.stops: list[str] = []

    def moved(self, payer: str, item: Item, state: State, note: str) -> None:
        self.moves.append((item.id, state))

    def stopped(self, payer: str, login: str, why: str) -> None:
        self.stops.append(why)


class Night:
    """A shift whose portal answers as a test says, claim by claim in the order they come."""

    def __init__(self, books: Books, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.books = books
        self.patch = monkeypatch
        self.watcher = Watcher()
        self.seats = 1
        self.store = EvidenceStore(folder, books.vault)

    def work(
        self,
        submitted: Answer | None = None,
        looked_up: Answer | None = None,
        slowly: Callable[..., Coroutine[Any, Any, Outcome]] | None = None,
    ) -> None:
        now = self.books.clock.now()
        for name, answer in (("submit", submitted), ("look_up", looked_up)):
            self.patch.setattr(room, name, _answering(answer))
        if slowly is not None:
            self.patch.setattr(room, "submit", slowly)
        payer = BOTH.payer("northstar")
        shift = Shift(
            payer,
            replace(payer.logins[0], seats=self.seats),
            self.books.ledger,
            self.store,
            self.books.clock,
            Plan(Scope(now)),
            self.watcher,
        )
        self.books.run(shift.work(Nowhere()))  # type: ignore[arg-type]


def _answering(answer: Answer | None) -> Callable[..., Coroutine[Any, Any, Any]]:
    calls = 0

    async def called(*_: object) -> object:
        nonlocal calls
        calls += 1
        assert answer is not None, "nobody expected this"
        told = answer(calls)
        if isinstance(told, BaseException):
            raise told
        return told

    return called


@pytest.fixture
def night(books: Books, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Night:
    return Night(books, monkeypatch, tmp_path)


def refused(words: str) -> Outcome:
    return Outcome(State.REJECTED, words, Sent.NEVER, needs_person=True)


def test_claims_are_worked_in_their_order(books: Books, night: Night) -> None:
    ids = books.queue(*CLAIMS[:3])
    night.work(lambda _: refused("no such member"))
    assert [claim_id for claim_id, _ in night.watcher.moves] == ids


def test_three_same_rejections_in_a_row_stop_the_login(books: Books, night: Night) -> None:
    ids = books.queue(*CLAIMS[:5])
    night.work(lambda _: refused("provider not enrolled"))
    assert [books.state(claim_id) for claim_id in ids] == [State.REJECTED] * 3 + [State.QUEUED] * 2
    assert queue.pause_of(books.ledger, "northstar", "main") is not None
    kinds = [task["kind"] for task in views.task_rows(books.ledger)]
    assert kinds.count("refused-in-a-row") == 1


def test_a_complaint_that_quotes_the_patient_is_kept_without_them(books: Books, night: Night) -> None:
    books.queue(CLAIMS[0])
    who = CLAIMS[0].subscriber
    night.work(submitted=lambda _: refused(f"{who.member_id} ({who.last}) is not eligible"))
    [row] = views.claim_rows(books.ledger)
    [task] = views.task_rows(books.ledger)
    events = views.claim_history(books.ledger, row["id"])["events"]
    kept = f"{row['reason']} {task['title']} {task['action']} {events}"
    assert "is not eligible" in kept
    assert who.member_id not in kept
    assert who.last not in kept


def test_other_reasons_do_not_stop_it(books: Books, night: Night) -> None:
    ids = books.queue(*CLAIMS[:5])
    night.work(lambda call: refused("one" if call % 2 else "two"))
    assert {books.state(claim_id) for claim_id in ids} == {State.REJECTED}
    assert queue.pause_of(books.ledger, "northstar", "main") is None


def test_a_portal_that_does_not_answer_ends_the_shift(books: Books, night: Night) -> None:
    ids = books.queue(*CLAIMS[:4])
    night.work(lambda _: Passing("the portal is slow"))
    assert [books.row(claim_id)["reason"] for claim_id in ids] == ["the portal is slow"] * 2 + ["", ""]
    assert {books.state(claim_id) for claim_id in ids} == {State.QUEUED}
    [stop] = night.watcher.stops
    assert "the portal is slow" in stop
    assert views.task_rows(books.ledger) == []


def test_one_claim_that_fails_to_pass_does_not(books: Books, night: Night) -> None:
    ids = books.queue(*CLAIMS[:4])
    night.work(lambda call: Passing("slow") if call % 2 else refused(f"reason {call}"))
    assert [books.state(claim_id) for claim_id in ids] == [State.QUEUED, State.REJECTED] * 2
    assert night.watcher.stops == []


@pytest.mark.parametrize(
    ("error", "kind", "login"),
    [(PersonNeeded("captcha"), "person-needed", "main"), (FormChanged("no field 'Units'"), "form-changed", None)],
)
def test_what_stops_a_login_or_a_payer_is_one_task(
    books: Books, night: Night, error: Exception, kind: str, login: str | None
) -> None:
    ids = books.queue(*CLAIMS[:4])
    night.work(lambda _: error)
    assert {books.state(claim_id) for claim_id in ids} == {State.QUEUED}
    pause = queue.pause_of(books.ledger, "northstar", "main")
    assert pause is not None
    assert (pause.kind, pause.login) == ("parked", login)
    assert [task["kind"] for task in views.task_rows(books.ledger)] == [kind]
    night.work()  # nothing is tried while it is parked
    assert len(views.task_rows(books.ledger)) == 1


def test_a_claim_another_worker_took_is_left_to_it(books: Books, night: Night) -> None:
    ids = books.queue(*CLAIMS[:2])
    night.work(lambda call: LostClaim("gone") if call == 1 else refused("no"))
    assert [books.state(claim_id) for claim_id in ids] == [State.QUEUED, State.REJECTED]


def test_a_search_that_complains_does_not_end_the_run(books: Books, night: Night) -> None:
    """Otherwise one claim, whose look-up stays due, would end every run before anything is sent."""
    unknown = books.one(number=5)
    books.journal(unknown).arm()
    queue.recover(books.ledger, books.clock.now())
    [waiting] = books.queue(CLAIMS[0])
    night.work(
        lambda _: refused("no such member"),
        lambda _: PortalRefused([PortalProblem("Service Date From", "must lie within two years")]),
    )
    assert books.state(unknown) is State.UNKNOWN
    assert books.state(waiting) is State.REJECTED


def test_a_second_send_that_never_arrived_does_not_end_the_run(books: Books, night: Night) -> None:
    claim_id = books.one(number=5)
    for _ in range(2):
        journal = books.journal(claim_id)
        journal.arm()
        journal.record(State.UNKNOWN, sent=Sent.MAYBE, due_at=books.clock.now())
        books.clock.advance(600)
        night.work(
            lambda _: Passing("slow"),
            lambda _: LookUp(Verdict.ABSENT),
        )
    assert books.state(claim_id) is State.HELD
    assert [task["kind"] for task in views.task_rows(books.ledger)] == ["sent-twice"]


def test_a_search_answers_for_the_moment_it_was_asked(books: Books, night: Night) -> None:
    """A page read too early proves nothing, however long its keeping takes."""
    claim_id = books.one(number=5)
    journal = books.journal(claim_id)
    journal.arm()
    journal.record(State.UNKNOWN, sent=Sent.MAYBE, due_at=books.clock.now())

    def slowly(call: int) -> LookUp | Passing:
        books.clock.advance(3600)
        return LookUp(Verdict.ABSENT) if call == 1 else Passing("not again")

    night.work(looked_up=slowly)
    assert books.state(claim_id) is State.UNKNOWN


def test_not_there_means_nothing_soon_after_the_last_of_several_sends(books: Books, night: Night) -> None:
    claim_id = books.one(number=5)
    journal = books.journal(claim_id)
    journal.arm()
    journal.record(State.UNKNOWN, sent=Sent.MAYBE)
    people.not_there(books.ledger, claim_id, books.act())
    books.clock.advance(86_400)
    books.journal(claim_id).arm()
    queue.recover(books.ledger, books.clock.now())
    night.work(looked_up=lambda _: LookUp(Verdict.ABSENT))
    assert books.state(claim_id) is State.UNKNOWN


def test_a_form_that_is_found_after_an_older_ledger_was_put_back_is_followed(
    books: Books, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payer has it under the portal's number, and this ledger never armed it."""
    monkeypatch.setattr(type(BOTH.payer("northstar").adapter), "tracking_number", r"T\d")
    [claim_id] = books.queue(CLAIMS[0])
    restore = accept_older(books.ledger, books.act())
    books.clock.advance(86_400)
    row = FoundClaim(None, None, None, None, None, None, None, "", "T1")
    asked: list[Pending] = []

    async def read_verdict(_: object, pending: Pending, *__: object) -> Outcome:
        asked.append(pending)
        return pending.now

    monkeypatch.setattr(room, "read_verdict", read_verdict)
    night.work(looked_up=lambda _: LookUp(Verdict.FOUND, row, 1))
    assert books.state(claim_id) is State.RECEIVED
    [pending] = asked
    assert (pending.sought.tracking_number, pending.sought.armed_at) == ("T1", restore.since)
    assert books.row(claim_id)["due_at"] == pending.now.due_at


def test_a_portal_that_wants_numbers_of_its_own_gets_one_per_claim_always_the_same(
    books: Books, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(BOTH.payer("northstar").adapter), "draws_account", 8)
    ids = books.queue(*CLAIMS[:2])
    entered: list[str] = []

    async def submit(_: object, work: Work, *__: object) -> Outcome:
        entered.append(work.claim.account)
        raise Passing("slow")

    for _ in range(2):
        night.work(slowly=submit)
        books.clock.advance(3600)
    assert len(set(entered)) == len(ids)
    assert entered[:2] == entered[2:]
    assert all(re.fullmatch("[A-Z2-7]{8}", account) for account in entered)
    assert [row["account"] for row in views.claim_rows(books.ledger)] == [one.account for one in CLAIMS[:2]]


def test_no_claim_waits_for_a_seat_that_nobody_takes(books: Books, night: Night) -> None:
    ids = books.queue(*CLAIMS[:4])
    night.seats = 3
    night.work(lambda call: refused(f"reason {call}"))
    assert {books.state(claim_id) for claim_id in ids} == {State.REJECTED}


def test_one_seat_works_while_another_goes_on_with_what_a_person_signed_in(books: Books, night: Night) -> None:
    books.queue(CLAIMS[0])
    whose = books.login().whose
    signed_in(books.ledger, "northstar", "main", whose, {"cookies": [], "origins": []}, books.act())
    night.seats = 2
    assert seats.take(books.ledger, "northstar", "main", 2, "another", books.clock.now()) is not None
    night.work()
    assert night.watcher.moves == []
    [why] = night.watcher.stops
    assert "that a person has signed in" in why
    assert views.task_rows(books.ledger) == []


def test_a_renewal_that_fails_is_not_the_last(books: Books, night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seats, "RENEWAL", timedelta(0))
    calls: list[int] = []
    enough = threading.Event()

    def renew(*_: object) -> bool:
        calls.append(1)
        if len(calls) == 2:
            raise OperationalError("renew", {}, Exception("locked"))
        if len(calls) > 5:
            enough.set()
        return True

    monkeypatch.setattr(seats, "renew", renew)
    books.queue(CLAIMS[0])

    async def slow(*_: object) -> Outcome:
        await asyncio.to_thread(enough.wait, 10)
        return refused("no")

    night.work(slowly=slow)
    assert enough.is_set()


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_form_is_remembered_once_a_whole_one_was_found_fine(
    books: Books, night: Night, monkeypatch: pytest.MonkeyPatch, confirmed: bool
) -> None:
    books.queue(CLAIMS[0])

    async def submit(session: Any, *_: object) -> Outcome:
        session.baseline.learn(SUBSCRIBER, Reading((), {}, {}))
        session.baseline.confirmed = confirmed
        return refused("no such member")

    night.work(slowly=submit)
    known = baselines.load(books.ledger, "northstar", "main").page(SUBSCRIBER.title)
    assert (known is not None) is confirmed


def test_what_was_remembered_is_what_the_next_shift_compares_with(books: Books, night: Night) -> None:
    baselines.keep(books.ledger, "northstar", "main", Baseline({"Claim": {"Account": Mark(20)}}), books.act())
    books.queue(CLAIMS[0])
    seen = []

    async def submit(session: Any, *_: object) -> Outcome:
        seen.append(session.baseline.page("Claim"))
        return refused("no such member")

    night.work(slowly=submit)
    assert seen == [{"Account": Mark(20)}]

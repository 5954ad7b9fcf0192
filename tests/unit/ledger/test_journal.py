"""Arms and outcomes: what is written before a request leaves, and after it is known what became of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError, StatementError

from bot.claims.vocabulary import Proof, Sent, State, Status, may_become
from bot.errors import LostClaim, Refused
from bot.ledger import people, queue, views
from bot.ledger.database import Database
from bot.ledger.queue import LookUps, Scope
from bot.ledger.schema import attempts, events, evidence, lines, sends, tasks
from bot.portal.evidence import Evidence
from tests.unit.ledger.books import CLAIMS, DRAFT, NOON, SEAT, Books, need

ARRIVED: dict[str, Any] = {"sent": Sent.ONCE, "proof": Proof.BOTH, "control_number": "2" * 17}


def test_an_arm_is_on_the_disk_before_it_returns(books: Books) -> None:
    claim_id = books.one()
    assert books.journal(claim_id).arm() == NOON
    row = books.row(claim_id)
    assert (row["state"], row["sent"], row["attempts"]) == ("submitting", "maybe", 1)
    [send] = books.rows(sends)
    assert {key: send[key] for key in ("owner", "stage", "kind", "armed_at", "closed_at", "login")} == {
        "owner": "one",
        "stage": "submit",
        "kind": "final",
        "armed_at": NOON,
        "closed_at": None,
        "login": "main",
    }
    [attempt] = books.rows(attempts)
    assert (attempt["claim_id"], attempt["send_id"], attempt["closed_at"]) == (claim_id, send["id"], None)
    assert json.loads(books.vault.decrypt(attempt["sent_as"])) == {
        "account": CLAIMS[0].account,
        "member_id": CLAIMS[0].subscriber.member_id,
    }


def test_the_second_of_two_workers_arms_nothing(books: Books) -> None:
    claim_id = books.one()
    first, second = books.journal(claim_id, "one"), books.journal(claim_id, "two")
    first.arm()
    before = books.everything()
    with pytest.raises(LostClaim):
        second.arm()
    assert books.everything() == before
    assert first.still_mine()
    assert not second.still_mine()


def test_an_open_attempt_stops_another_even_if_the_states_were_wrong(books: Books) -> None:
    claim_id = books.one()
    books.journal(claim_id).arm()
    books.put(claim_id, State.QUEUED)
    before = books.everything()
    with pytest.raises(LostClaim):
        books.journal(claim_id, "two").arm()
    assert books.everything() == before


def test_a_draft_and_the_final_stage_are_one_attempt(books: Books) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm(DRAFT)
    books.clock.advance(20)
    journal.arm()
    [send] = books.rows(sends)
    assert (send["stage"], send["kind"], send["armed_at"]) == ("submit", "final", books.clock.now())
    assert len(books.rows(attempts)) == 1
    assert books.row(claim_id)["attempts"] == 1
    assert [one["why"] for one in books.rows(events) if one["what"] == "armed"] == ["upload", "submit"]
    books.clock.advance(20)
    assert journal.still_mine()


def test_a_claim_taken_over_between_two_stages_is_lost(books: Books) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm(DRAFT)
    queue.recover(books.ledger, books.clock.now())
    before = books.everything()
    with pytest.raises(LostClaim):
        journal.arm()
    assert books.everything() == before
    assert not journal.still_mine()


@pytest.mark.parametrize(("seconds", "fresh"), [(0, True), (29.9, True), (30, False), (3600, False)])
def test_an_arm_is_fresh_for_thirty_seconds(books: Books, seconds: float, fresh: bool) -> None:
    journal = books.journal(books.one())
    journal.arm()
    books.clock.advance(seconds)
    assert journal.still_mine() is fresh


def test_nothing_is_mine_before_the_arm_or_after_the_outcome(books: Books) -> None:
    journal = books.journal(books.one())
    assert not journal.still_mine()
    journal.arm()
    assert journal.still_mine()
    journal.record(State.ACCEPTED, **ARRIVED)
    assert not journal.still_mine()


def test_a_send_in_another_workers_name_is_not_mine(books: Books) -> None:
    journal = books.journal(books.one())
    journal.arm()
    with books.ledger.write() as connection:
        connection.execute(update(sends).values(owner="two"))
    assert not journal.still_mine()
    with pytest.raises(LostClaim):
        journal.arm()


@pytest.mark.parametrize("act", ["recover", "withdraw-after-recover", "explain"])
def test_a_claim_that_moved_is_not_mine(books: Books, act: str) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    if act == "explain":
        queue.failed(books.ledger, books.item(claim_id), books.act("the portal is slow"), None)
    else:
        queue.recover(books.ledger, books.clock.now())
    if act == "withdraw-after-recover":
        people.withdraw(books.ledger, [claim_id], books.act())
    assert not journal.still_mine()


def test_a_worker_that_lost_its_claim_changes_nothing(books: Books) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    queue.recover(books.ledger, books.clock.now())
    kept = Evidence("receipt", "0" * 64, "a.zip.enc", NOON, 3)
    before = books.everything()
    with pytest.raises(LostClaim):
        journal.record(State.ACCEPTED, need(), evidence=(kept,), **ARRIVED)
    assert books.everything() == before


def test_a_crash_after_the_arm_leaves_an_unknown_claim(books: Books) -> None:
    claim_id = books.one()
    books.journal(claim_id).arm()
    books.clock.advance(600)
    assert queue.recover(books.ledger, books.clock.now()) == 1
    row = books.row(claim_id)
    assert (row["state"], row["sent"], row["due_at"]) == ("unknown", "maybe", books.clock.now())
    found = queue.next_look_up(books.ledger, SEAT, books.clock.now(), LookUps.ALL)
    assert found is not None
    item, armed = found
    assert armed is not None
    assert (item.id, armed.at) == (claim_id, NOON)
    assert armed.sent_as.member_id == CLAIMS[0].subscriber.member_id
    assert queue.next_claim(books.ledger, SEAT, Scope(books.clock.now()), books.clock.now()) is None
    assert queue.recover(books.ledger, books.clock.now()) == 0


def test_an_outcome_closes_the_attempt_with_all_that_belongs_to_it(books: Books) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    books.clock.advance(5)
    kept = Evidence("receipt", "0" * 64, "a.zip.enc", NOON, 3)
    state = journal.record(
        State.ACCEPTED,
        evidence=(kept,),
        seconds=4.5,
        portal_seconds=1.5,
        status=Status.DENIED,
        reason="denied at once",
        **ARRIVED,
    )
    assert state is State.ACCEPTED
    row = books.row(claim_id)
    assert (row["control_number"], row["proof"], row["status"]) == ("2" * 17, "both", "denied")
    [attempt] = books.rows(attempts)
    assert (attempt["outcome"], attempt["closed_at"], attempt["seconds"], attempt["portal_seconds"]) == (
        "accepted",
        books.clock.now(),
        4.5,
        1.5,
    )
    assert books.rows(sends)[0]["closed_at"] == books.clock.now()
    assert [(one["claim_id"], one["attempt_id"], one["file"]) for one in books.rows(evidence)] == [
        (claim_id, attempt["id"], "a.zip.enc")
    ]
    assert {line["status"] for line in books.rows(lines)} == {"denied"}
    last = books.last_event(claim_id)
    assert (last["who"], last["before"], last["after"], last["why"]) == (
        "payerbot",
        "submitting",
        "accepted",
        "denied at once",
    )


def test_an_outcome_that_fails_half_way_leaves_the_claim_armed(books: Books) -> None:
    first, second = books.one(), books.one(number=1)
    done = books.journal(first)
    done.arm()
    done.accept("2" * 17)
    journal = books.journal(second)
    journal.arm()
    before = books.everything()
    with pytest.raises(IntegrityError):
        journal.record(State.ACCEPTED, need(), **ARRIVED)
    assert books.everything() == before


def test_an_unknown_claim_keeps_its_attempt_open(books: Books) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    journal.record(State.UNKNOWN, sent=Sent.MAYBE, due_at=books.clock.now())
    assert [one["closed_at"] for one in books.rows(attempts)] == [None]
    assert books.state(claim_id) is State.UNKNOWN


def test_two_sends_without_a_person(books: Books) -> None:
    claim_id = books.one()
    for sends_so_far in (1, 2):
        journal = books.journal(claim_id)
        journal.arm()
        journal.record(State.UNKNOWN, sent=Sent.MAYBE, due_at=books.clock.now())
        state = books.journal(claim_id).record(State.QUEUED)
        assert state is (State.QUEUED if sends_so_far == 1 else State.HELD)
    assert books.state(claim_id) is State.HELD
    [task] = views.task_rows(books.ledger)
    assert (task["kind"], task["needs_answer"], [one["id"] for one in task["claims"]]) == (
        "sent-twice",
        True,
        [claim_id],
    )
    assert queue.next_claim(books.ledger, SEAT, Scope(books.clock.now()), books.clock.now()) is None
    # a person has looked: two more
    people.release(books.ledger, [claim_id], books.act("it is not there"))
    assert views.task_rows(books.ledger) == []
    journal = books.journal(claim_id)
    journal.arm()
    journal.record(State.UNKNOWN, sent=Sent.MAYBE, due_at=books.clock.now())
    assert books.journal(claim_id).record(State.QUEUED) is State.QUEUED


def test_an_attempt_that_provably_sent_nothing_does_not_count_as_a_send(books: Books) -> None:
    claim_id = books.one()
    for _ in range(3):
        journal = books.journal(claim_id)
        journal.arm()
        assert journal.record(State.QUEUED) is State.QUEUED
    assert {one["outcome"] for one in books.rows(attempts)} == {"unsent"}


def test_nor_does_one_that_armed_no_more_than_a_draft(books: Books) -> None:
    """A worker that died before the final stage was armed cannot have sent the claim, whatever it left there."""
    claim_id = books.one()
    for _ in range(3):
        journal = books.journal(claim_id)
        journal.arm(DRAFT)
        journal.record(State.UNKNOWN, sent=Sent.MAYBE, due_at=books.clock.now())
        assert books.journal(claim_id).record(State.QUEUED) is State.QUEUED
    assert {one["outcome"] for one in books.rows(attempts)} == {"unsent"}
    journal = books.journal(claim_id)
    journal.arm(DRAFT)
    journal.arm()
    journal.record(State.UNKNOWN, sent=Sent.MAYBE, due_at=books.clock.now())
    assert books.journal(claim_id).record(State.QUEUED) is State.QUEUED
    assert books.rows(attempts)[-1]["outcome"] == "void"


def test_the_numbers_of_other_claims_of_the_payer_are_taken(books: Books) -> None:
    first, second = books.one(), books.one(number=1)
    [elsewhere] = books.queue(CLAIMS[2], payer="lakeshore")
    for claim_id, number in ((first, "1" * 17), (elsewhere, "3" * 17)):
        journal = books.journal(claim_id)
        journal.arm()
        journal.accept(number)
    assert books.journal(second).taken("1" * 17, "3" * 17, "4" * 17) == {"1" * 17}
    assert books.journal(first).taken("1" * 17) == frozenset()
    # the portal's own numbers too
    books.put(first, State.RECEIVED, tracking_number="T1")
    assert books.journal(second).taken("T1", "T2") == {"T1"}
    assert books.journal(first).taken("T1") == frozenset()


def test_a_need_opens_a_task_and_its_end_closes_it(books: Books) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    journal.record(State.UNKNOWN, need(f"claim:{claim_id}", needs_answer=True), sent=Sent.MAYBE)
    assert len(views.task_rows(books.ledger)) == 1
    books.journal(claim_id).accept("2" * 17)
    assert views.task_rows(books.ledger) == []
    [task] = books.rows(tasks)
    assert (task["closed_by"], task["closed_at"], task["open_cause"]) == ("payerbot", NOON, None)


def test_a_time_without_a_zone_is_refused(books: Books) -> None:
    claim_id = books.one()
    with pytest.raises(StatementError, match="without a zone"):
        books.put(claim_id, State.UNKNOWN, due_at=datetime(2026, 7, 1, 12, 0))  # noqa: DTZ001


def test_times_come_back_in_utc(books: Books) -> None:
    claim_id = books.one()
    books.put(claim_id, State.UNKNOWN, due_at=NOON.astimezone(timezone(timedelta(hours=-5))))
    due = books.row(claim_id)["due_at"]
    assert (due, due.tzinfo) == (NOON, UTC)


def test_a_commit_survives_the_machine(file_books: Books) -> None:
    database = Database(file_books.url)
    try:
        with database.read() as connection:
            asked = ("journal_mode", "synchronous", "foreign_keys")
            got = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() for pragma in asked]
    finally:
        database.close()
    assert got == ["wal", 2, 1]


def test_what_a_reader_does_is_thrown_away(books: Books) -> None:
    claim_id = books.one()
    with books.ledger.read() as connection:
        connection.exec_driver_sql("UPDATE claims SET state = 'closed'")
    assert books.state(claim_id) is State.QUEUED


def test_a_decision_does_not_give_way_to_what_came_before_it(books: Books) -> None:
    claim_id = books.one(State.ACCEPTED)
    for before in Status:
        for after in Status:
            books.put(claim_id, State.ACCEPTED, status=before)
            journal = books.journal(claim_id)
            if may_become(before, after):
                journal.record(State.ACCEPTED, sent=Sent.ONCE, status=after)
                assert books.row(claim_id)["status"] == after
            else:
                with pytest.raises(Refused):
                    journal.record(State.ACCEPTED, sent=Sent.ONCE, status=after)
                assert books.row(claim_id)["status"] == before

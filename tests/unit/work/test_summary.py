"""A run's counts come from the ledger, and each claim is in one of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.claims.vocabulary import Proof, State
from bot.ledger import people, tasks
from bot.work.summary import BUCKETS, summarise
from tests.unit.ledger.books import CLAIMS, Books, need

BUCKET = {
    State.ACCEPTED: "accepted",
    State.CLOSED: "rejected",
    State.RECEIVED: "received",
    State.REJECTED: "rejected",
    State.DUPLICATE: "duplicate",
    State.DISPUTED: "disputed",
    State.UNKNOWN: "unknown",
    State.HELD: "held",
    State.BLOCKED: "held",
    State.WITHDRAWN: "held",
    State.QUEUED: "left",
    State.SUBMITTING: "unknown",
}
CONTRACT = [
    "queued",
    "accepted",
    "received",
    "rejected",
    "duplicate",
    "disputed",
    "unknown",
    "parked",
    "held",
    "left",
    "unwitnessed",
    "balanced",
    "seconds",
    "payers",
]


#: A closed claim of the helper has no number of the payer's: it was sent back and replaced.
@pytest.mark.parametrize("state", State)
def test_every_state_has_its_bucket(books: Books, state: State) -> None:
    claim_id = books.one(state)
    summary = summarise(books.ledger, [claim_id], timedelta(seconds=2.04))
    assert {bucket: count for bucket, count in summary.counts.items() if count} == {BUCKET[state]: 1}
    assert summary.balanced
    assert (summary.queued, summary.seconds) == (1, 2.0)
    assert summary.payers == {"northstar": summary.counts}


def test_the_document_is_the_contract(books: Books) -> None:
    ids = [books.one(state, number) for number, state in enumerate(State)]
    document = summarise(books.ledger, ids, timedelta(0)).document()
    assert list(document) == CONTRACT
    assert document["queued"] == len(ids) == sum(int(str(document[bucket])) for bucket in BUCKETS)
    assert document["balanced"] is True


def test_unwitnessed_is_a_part_of_accepted(books: Books) -> None:
    ids = [books.one(State.ACCEPTED, number) for number in range(3)]
    books.put(ids[0], State.ACCEPTED, proof=Proof.RECEIPT)
    books.put(ids[1], State.ACCEPTED, proof=Proof.BOTH)
    summary = summarise(books.ledger, ids, timedelta(0))
    assert (summary.counts["accepted"], summary.unwitnessed, summary.balanced) == (3, 1, True)


@pytest.mark.parametrize("login", [None, "main", "other"])
@pytest.mark.parametrize("kind", [people.PAUSED, people.PARKED])
def test_what_waits_behind_a_stopped_login_is_parked(books: Books, login: str | None, kind: str) -> None:
    queued, held = books.one(), books.one(State.HELD, 1)
    [elsewhere] = books.queue(CLAIMS[2], payer="lakeshore")
    people.pause(books.ledger, "northstar", login, kind, books.act("captcha"))
    summary = summarise(books.ledger, [queued, held, elsewhere], timedelta(0))
    parked = 0 if login == "other" else 1
    assert (summary.counts["parked"], summary.counts["left"], summary.counts["held"]) == (parked, 2 - parked, 1)
    assert summary.payers["northstar"]["parked"] == parked
    assert summary.payers["lakeshore"]["parked"] == 0
    people.resume(books.ledger, "northstar", login, books.act())
    assert summarise(books.ledger, [queued], timedelta(0)).counts["left"] == 1


def test_a_claim_that_vanished_unbalances_the_run(books: Books) -> None:
    summary = summarise(books.ledger, [books.one(), 99], timedelta(0))
    assert (summary.queued, summary.balanced) == (2, False)


def test_many_claims_are_counted_in_pieces(books: Books) -> None:
    claim_id = books.one()
    summary = summarise(books.ledger, [claim_id, *range(1000, 2200)], timedelta(0))
    assert (summary.queued, summary.counts["left"], summary.balanced) == (1201, 1, False)


def test_tasks_about_these_claims_or_their_payers_count(books: Books) -> None:
    claim_id, other = books.one(State.HELD), books.one(State.HELD, 1)
    with books.ledger.write() as connection:
        tasks.open_task(connection, need("one"), [claim_id], books.act())
        tasks.open_task(connection, need("two"), [other], books.act())
        tasks.open_task(connection, need("three", payer="northstar"), [], books.act())
        tasks.open_task(connection, need("four", payer="lakeshore"), [], books.act())
    assert summarise(books.ledger, [claim_id], timedelta(0)).tasks == 2
    assert summarise(books.ledger, [], timedelta(0)).tasks == 0

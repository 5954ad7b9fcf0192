"""An older ledger put back: it is noticed, and what may have gone since is doubted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.claims.vocabulary import State
from bot.errors import ConfigurationError, Interrupted
from bot.ledger import people
from bot.ledger.restore import accept_older, last_restore, refuse_older
from bot.ledger.store import Ledger
from bot.ledger.tally import Tally
from tests.unit.ledger.books import Books


def test_a_ledger_that_knows_every_send_is_not_older(books: Books) -> None:
    refuse_older(books.ledger)
    books.journal(books.one()).arm()
    refuse_older(books.ledger)
    assert last_restore(books.ledger) is None


def test_an_older_ledger_is_refused_until_a_person_has_seen_it(books: Books) -> None:
    books.journal(books.one()).arm()
    books.ledger.tally.note(7)
    with pytest.raises(ConfigurationError, match="older than the work"):
        refuse_older(books.ledger)
    known = books.clock.now()
    books.clock.advance(3600)
    restore = accept_older(books.ledger, books.act())
    assert (restore.at, restore.since) == (books.clock.now(), known)
    assert last_restore(books.ledger) == restore
    refuse_older(books.ledger)
    assert books.ledger.tally.last() == 1


def test_workers_share_their_evidence_or_do_not_work(books: Books, tmp_path: Path) -> None:
    books.journal(books.one()).arm()
    apart = Ledger(books.database, books.vault, Tally(tmp_path / "apart"))
    if books.database.embedded:
        refuse_older(apart)
    else:
        with pytest.raises(ConfigurationError, match="does not share the evidence folder"):
            refuse_older(apart)


def test_claims_of_that_time_are_doubted_until_they_are_armed(books: Books) -> None:
    never, armed = books.one(number=0), books.one(number=1)
    books.journal(armed).arm()
    books.clock.advance(60)
    restore = accept_older(books.ledger, books.act())
    assert restore.doubts(books.ledger, books.item(never))
    assert restore.doubts(books.ledger, books.item(armed))  # it may have gone once more
    books.clock.advance(60)
    books.journal(never).arm()
    assert not restore.doubts(books.ledger, books.item(never))
    books.put(armed, books.state(armed), service_from=(restore.at + timedelta(days=2)).date())
    assert not restore.doubts(books.ledger, books.item(armed))


def test_what_a_person_released_since_is_doubted_no_more(books: Books) -> None:
    claim_id = books.one(State.HELD)
    restore = accept_older(books.ledger, books.act())
    books.clock.advance(60)
    again = accept_older(books.ledger, books.act())
    latest = last_restore(books.ledger)
    assert latest is not None
    assert (latest.at, latest.since) == (again.at, restore.since)
    books.clock.advance(60)
    people.release(books.ledger, [claim_id], books.act())
    assert not latest.doubts(books.ledger, books.item(claim_id))


def test_an_arm_that_an_older_ledger_numbers_again_is_refused(books: Books) -> None:
    """As when a database server fails over to one that lags, under running workers."""
    claim_id = books.one()
    books.ledger.tally.note(1)
    with pytest.raises(Interrupted, match="payerbot recover"):
        books.journal(claim_id).arm()
    assert books.state(claim_id) is State.QUEUED


def test_the_mark_only_grows(books: Books) -> None:
    tally = Tally(books.folder)
    assert tally.last() == 0
    for send in (3, 12, 9):
        tally.note(send)
    assert tally.last() == 12
    tally.reset(4)
    assert tally.last() == 4

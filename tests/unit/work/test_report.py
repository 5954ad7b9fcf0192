"""The morning report: it comes to the same as counting claims one by one, or says that it does not."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.claims.vocabulary import State, Status
from bot.ledger import views
from bot.work import report as reports
from bot.work.morning import Done, Night
from bot.work.payers import Office
from bot.work.report import Report
from tests.bench import volume
from tests.unit.ledger.books import CLAIMS, NOON, Books

QUIET = Night(Done.NOTHING)


def made(books: Books, night: Night = QUIET) -> Report:
    return reports.gather(books.ledger, Office([]), books.clock.now(), NOON - timedelta(days=1), night)


def test_it_agrees_with_the_claims_counted_one_by_one(books: Books) -> None:
    volume.fill(books.ledger, 1_300, NOON)
    rows = views.claim_rows(books.ledger)
    document = made(books).document()
    assert document["balanced"] is True
    assert (document["claims"], document["charge"]) == (len(rows), sum(row["charge"] for row in rows))

    def counted(key: str) -> dict[str, int]:
        return dict(Counter(str(row[key]) for row in rows))

    states = document["states"]
    payers = document["payers"]
    assert isinstance(states, dict)
    assert isinstance(payers, dict)
    assert {state: one["claims"] for state, one in states.items()} == counted("state")
    by_payer = {payer: sum(one["claims"] for one in some.values()) for payer, some in payers.items()}
    assert by_payer == counted("payer")
    files = document["files"]
    assert isinstance(files, list)
    by_file = {one["name"]: sum(some["claims"] for some in one["states"].values()) for one in files}
    assert by_file == counted("file")
    paid = sum((row["paid"] or 0 for row in rows if row["state"] == "accepted"), Decimal(0))
    assert states["accepted"]["paid"] == paid


@pytest.mark.parametrize("seed", range(5))
def test_it_balances_wherever_claims_stand(books: Books, seed: int) -> None:
    """Also for what nobody would think of: a closed claim that is denied, a blocked one that is paid."""
    chance = random.Random(seed)
    for claim_id in books.queue(*CLAIMS):
        books.put(
            claim_id,
            chance.choice(list(State)),
            status=chance.choice(list(Status)),
            paid=chance.choice([None, Decimal("3.10")]),
            payer=chance.choice(["northstar", None]),
            accepted_at=chance.choice([None, NOON - timedelta(days=chance.randrange(200))]),
        )
    assert made(books).balanced


def test_a_file_that_lost_a_claim_is_named(books: Books) -> None:
    books.queue(*CLAIMS[:2])
    assert made(books).balanced
    with books.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE files SET claims = claims + 1")
    report = made(books)
    assert not report.balanced
    assert "DO NOT BALANCE" in report.notice
    assert "DO NOT BALANCE" in reports.page(report).body


def test_the_first_line_says_what_matters(books: Books) -> None:
    assert made(books).headline.startswith("payerbot has not run yet.")
    assert made(books).headline.endswith("0 sent, 0 confirmed; nothing for you.")


def test_the_page_has_everything(books: Books) -> None:
    volume.fill(books.ledger, 1_300, NOON)
    report = made(books, Night(Done.MISSED, NOON))
    body = reports.page(report).body
    shown, old = report.by_interest
    assert (len(shown), len(old)) == (3, 0)
    for words in (
        report.headline,
        "payerbot did not run",
        "In the payer&#39;s system: denied",
        "With the payer, not decided",
        "Denied, refused or taken back",
        "visits-3.837",
        "come to the same",
    ):
        assert words in body, words


def test_finished_files_are_told_together(books: Books) -> None:
    for claim_id in books.queue(CLAIMS[0]):
        books.put(claim_id, State.CLOSED)
    books.clock.advance(3 * 86400)
    report = reports.gather(books.ledger, Office([]), books.clock.now(), books.clock.now(), QUIET)
    assert [len(some) for some in report.by_interest] == [0, 1]
    assert "1 file more, finished" in reports.page(report).body

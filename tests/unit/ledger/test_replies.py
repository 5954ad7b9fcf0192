"""What payers' files say, as the ledger keeps it: once, with the claim it is about, and whatever the database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from bot.claims.vocabulary import State, Status
from bot.errors import LostClaim
from bot.ledger import replies, tasks, views
from bot.ledger.replies import Entry, Ours, ReplyTotals
from bot.ledger.schema import events, lines, reply_claims, task_claims
from bot.ledger.schema import replies as reply_table
from tests.unit.ledger.books import CLAIMS, Books, need

FILE = ReplyTotals("june.835", "1" * 64, "835", 2, Decimal(300), Decimal("120.50"), Decimal("120.50"))
CLAIM = next(claim for claim in CLAIMS if len(claim.lines) == 2)


def entry(digest: str = "d", **more: Any) -> Entry:
    told: dict[str, Any] = {
        "digest": digest,
        "place": "segment 9 (CLP)",
        "account": "A1",
        "control_number": "N7",
        "payer_named": "NORTHSTAR",
        "number": "EFT1",
        "dated": date(2026, 7, 15),
        "decides": True,
        "status": Status.PAID,
        "charge": Decimal(150),
        "paid": Decimal("60.25"),
        "patient_responsibility": Decimal(5),
    }
    return Entry(**{**told, **more})


def keep(books: Books, *entries: tuple[Entry, int | None], file: ReplyTotals = FILE) -> None:
    with books.ledger.write() as connection:
        replies.keep(connection, file, entries, books.act())


def ours(books: Books, *numbers: str, accounts: frozenset[str] = frozenset()) -> list[Ours]:
    with books.ledger.read() as connection:
        return replies.ours(connection, numbers, accounts)


def test_what_is_said_is_kept_once(books: Books) -> None:
    claim_id = books.one()
    for _ in range(2):
        keep(books, (entry("a"), claim_id), (entry("b", account="B2"), None))
    assert len(books.rows(reply_table)) == 1
    assert [(row["digest"], row["claim_id"]) for row in books.rows(reply_claims)] == [("a", claim_id), ("b", None)]
    assert [event["what"] for event in books.rows(events)].count("file_settled") == 1
    with books.ledger.read() as connection:
        assert replies.settled(connection, {"a", "b", "c"}) == {"a": claim_id}
        assert replies.recount(connection, ["a", "b", "c"]) == (2, Decimal(300), Decimal("120.50"))
        assert (replies.is_known(connection, "1" * 64), replies.is_known(connection, "2" * 64)) == (True, False)
        assert replies.is_settled(connection, claim_id, decided=True)


def test_whose_it_is_may_become_known_later(books: Books) -> None:
    claim_id = books.one()
    keep(books, (entry("a", decides=False), None))
    keep(books, (entry("a", decides=False), claim_id))
    keep(books, (entry("a", decides=False), None))
    assert [row["claim_id"] for row in books.rows(reply_claims)] == [claim_id]
    with books.ledger.read() as connection:
        assert replies.is_settled(connection, claim_id)
        assert not replies.is_settled(connection, claim_id, decided=True)


def test_claims_are_found_by_number_by_account_and_by_what_was_said(books: Books) -> None:
    one, other, third = (books.one(number=number) for number in range(3))
    books.put(one, State.ACCEPTED, control_number="N1")
    keep(books, (entry("a", dated=date(2026, 7, 1)), other), (entry("b", control_number="N8"), other))
    assert [claim.id for claim in ours(books, "N1")] == [one]
    assert [claim.id for claim in ours(books, "N8", "N9")] == [other]
    account = books.row(third)["account"]
    assert [claim.id for claim in ours(books, accounts=frozenset({account.upper()}))] == [third]
    [told] = ours(books, "N7")
    assert (told.numbers, told.decided, told.decided_on) == (frozenset({"N7", "N8"}), True, date(2026, 7, 15))
    assert ours(books, "N1")[0].numbers == {"N1"}
    assert ours(books) == []


def test_more_claims_than_fit_one_statement(books: Books) -> None:
    claim_id = books.one()
    books.put(claim_id, State.ACCEPTED, control_number="N1200")
    assert [claim.id for claim in ours(books, *(f"N{number}" for number in range(1300)))] == [claim_id]


def test_a_claim_is_told_unless_it_has_moved(books: Books) -> None:
    [claim_id] = books.queue(CLAIM)
    books.put(claim_id, State.ACCEPTED, control_number="N1")
    [seen] = ours(books, "N1")
    with books.ledger.write() as connection:
        of_lines = {1: {"status": Status.PAID}, 2: {"status": Status.DENIED}}
        replies.tell(connection, seen, Status.PAID_PART, of_lines, books.act("835 EFT1"))
    row = books.row(claim_id)
    assert (row["state"], row["status"], row["rev"]) == ("accepted", "paid_part", seen.rev + 1)
    assert [line["status"] for line in books.rows(lines)] == ["paid", "denied"]
    with pytest.raises(LostClaim), books.ledger.write() as connection:
        replies.tell(connection, seen, Status.PAID, {}, books.act())
    assert books.row(claim_id)["status"] == "paid_part"


@pytest.mark.parametrize(
    ("paid", "of_lines"),
    [("64.00", [Decimal("40.00"), Decimal("24.00")]), ("0.00", [None, None]), ("60.25", [None, None])],
)
def test_what_the_portal_showed_gives_way_to_the_remittance(
    books: Books, paid: str, of_lines: list[Decimal | None]
) -> None:
    [claim_id] = books.queue(CLAIM)
    books.put(claim_id, State.ACCEPTED, allowed=Decimal("80.00"), paid=Decimal("64.00"))
    with books.ledger.write() as connection:
        for number, amount in ((1, Decimal("40.00")), (2, Decimal("24.00"))):
            mine = (lines.c.claim_id == claim_id, lines.c.number == number)
            connection.execute(update(lines).where(*mine).values(allowed=Decimal("40.00"), paid=amount))
    keep(books, (entry("a", paid=Decimal(paid)), claim_id))
    with books.ledger.write() as connection:
        replies.count_paid(connection, [claim_id])
    row = books.row(claim_id)
    assert (row["allowed"], row["paid"]) == (None, Decimal(paid))
    assert [(line["allowed"], line["paid"]) for line in books.rows(lines)] == [(None, one) for one in of_lines]


def test_a_claim_leaves_a_task_that_others_still_wait_behind(books: Books) -> None:
    one, other = books.one(number=0), books.one(number=1)
    denied = need("denied:northstar:CO-50", kind="denied")
    with books.ledger.write() as connection:
        tasks.open_task(connection, denied, [one, other], books.act())
        tasks.answered(connection, one, [denied.cause], books.act("the same again"))
    assert [len(task["claims"]) for task in views.task_rows(books.ledger)] == [2]
    with books.ledger.write() as connection:
        tasks.answered(connection, one, [], books.act("paid"))
    assert [[claim["id"] for claim in task["claims"]] for task in views.task_rows(books.ledger)] == [[other]]
    with books.ledger.write() as connection:
        tasks.open_task(connection, denied, [one], books.act())
    assert [len(task["claims"]) for task in views.task_rows(books.ledger)] == [2]
    with books.ledger.write() as connection:
        for claim_id in (one, other):
            tasks.answered(connection, claim_id, [], books.act("paid"))
    assert views.task_rows(books.ledger) == []
    assert all(row["done_at"] == books.clock.now() for row in books.rows(task_claims))


def test_the_claims_state_ends_no_task_about_its_payment(books: Books) -> None:
    claim_id = books.one()
    books.put(claim_id, State.ACCEPTED)
    with books.ledger.write() as connection:
        tasks.open_task(connection, need("denied:northstar:CO-50", kind="denied"), [claim_id], books.act())
        tasks.settle_claim(connection, claim_id, books.act())
    assert [task["kind"] for task in views.task_rows(books.ledger)] == ["denied"]

"""How a form looked when it was last found fine: kept for each login, with who took it for fine."""

from __future__ import annotations

from sqlalchemy import select

from bot.ledger import baselines
from bot.ledger.schema import events
from bot.portal.drift import Baseline, Mark
from tests.unit.ledger.books import Books

FORM = Baseline({"Claim": {"Account": Mark(20), "Place": Mark(None, ("11 - Office", "12 - Home"))}})
LATER = Baseline({"Claim": {"Account": Mark(20), "Place": Mark(None, ("11 - Office",))}, "Lines": {}})


def keep(books: Books, baseline: Baseline, who: str, why: str, login: str = "main") -> None:
    baselines.keep(books.ledger, "northstar", login, baseline, books.act(why, who))


def test_before_the_first_check_nothing_is_known(books: Books) -> None:
    assert baselines.load(books.ledger, "northstar", "main").document() == {}
    assert baselines.checked(books.ledger) == []


def test_each_login_has_its_own(books: Books) -> None:
    keep(books, FORM, "ruth", "first")
    assert baselines.load(books.ledger, "northstar", "main").document() == FORM.document()
    assert baselines.load(books.ledger, "northstar", "other").document() == {}
    assert baselines.load(books.ledger, "lakeshore", "main").document() == {}
    assert baselines.checked(books.ledger, "lakeshore") == []


def test_a_form_that_is_as_it_was_is_fine_again_and_keeps_who_first_said_so(books: Books) -> None:
    keep(books, FORM, "ruth", "first")
    first = books.clock.now()
    books.clock.advance(3600)
    keep(books, Baseline.of(FORM.document()), "payerbot", "again")
    [row] = baselines.checked(books.ledger, "northstar")
    assert (row.fine_at, row.changed_at) == (books.clock.now(), first)
    assert (row.who, row.why, row.pages) == ("ruth", "first", ("Claim",))


def test_one_that_is_taken_for_fine_otherwise_says_by_whom_since_when_and_why(books: Books) -> None:
    keep(books, FORM, "payerbot", "first")
    books.clock.advance(3600)
    keep(books, LATER, "ruth", "they told us")
    [row] = baselines.checked(books.ledger)
    assert (row.changed_at, row.who, row.why) == (books.clock.now(), "ruth", "they told us")
    assert set(row.pages) == {"Claim", "Lines"}
    with books.ledger.read() as connection:
        told = connection.execute(select(events.c.who, events.c.why).where(events.c.what == "form_learned")).all()
    assert [tuple(one) for one in told] == [("payerbot", "first"), ("ruth", "they told us")]

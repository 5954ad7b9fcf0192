"""One automatic try for each secret, across workers and restarts; a code's time step is used once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SignInSpent
from bot.ledger import people
from bot.ledger.schema import events, sign_ins
from tests.unit.ledger.books import Books


def test_a_secret_that_failed_is_spent(books: Books) -> None:
    first = books.login()
    first.arm()
    first.ended(worked=False)
    before = books.everything()
    for again in (first, books.login()):  # the same worker, and another one after a restart
        with pytest.raises(SignInSpent, match="payers sign-in northstar --login main"):
            again.arm()
    assert books.everything() == before


def test_a_secret_whose_try_never_ended_is_spent(books: Books) -> None:
    books.login().arm()
    with pytest.raises(SignInSpent):
        books.login().arm()


def test_a_secret_that_worked_is_tried_again_once(books: Books) -> None:
    one = books.login()
    for _ in range(3):
        one.arm()
        one.ended(worked=True)
    one.arm()
    with pytest.raises(SignInSpent):
        books.login().arm()


@pytest.mark.parametrize("changed", [("other", None), ("hush", "JBSWY3DPEHPK3PXP")])
def test_a_changed_secret_may_be_tried(books: Books, changed: tuple[str, str | None]) -> None:
    books.login().arm()
    books.login(*changed).arm()
    assert len(books.rows(sign_ins)) == 2


def test_a_person_lets_a_secret_be_tried_again(books: Books) -> None:
    one = books.login()
    one.arm()
    one.ended(worked=False)
    people.resume(books.ledger, "northstar", "other", books.act())
    with pytest.raises(SignInSpent):
        one.arm()
    people.resume(books.ledger, "lakeshore", None, books.act())
    with pytest.raises(SignInSpent):
        one.arm()
    people.resume(books.ledger, "northstar", "main", books.act())
    one.arm()


def test_the_password_is_nowhere_in_the_ledger(file_books: Books, file_ledger: Path) -> None:
    file_books.login("correct-horse", "JBSWY3DPEHPK3PXP").arm()
    read = b"".join(path.read_bytes() for path in file_ledger.parent.glob("ledger.sqlite*"))
    assert b"northstar" in read
    assert b"correct-horse" not in read
    assert b"JBSWY3DPEHPK3PXP" not in read


def test_every_try_is_written_down(books: Books) -> None:
    one = books.login()
    one.arm()
    one.ended(worked=False)
    assert [(row["what"], row["payer"], row["login"]) for row in books.rows(events)] == [
        ("sign_in_armed", "northstar", "main"),
        ("sign_in_failed", "northstar", "main"),
    ]


def test_a_time_step_is_used_once(books: Books) -> None:
    one, other = books.login(), books.login()
    one.arm()
    assert one.take_step(100)
    assert not one.take_step(100)
    assert not other.take_step(100)
    assert not other.take_step(99)
    assert other.take_step(101)


def test_a_time_step_stays_used_after_a_later_sign_in(books: Books) -> None:
    one = books.login()
    one.arm()
    assert one.take_step(100)
    one.ended(worked=True)
    one.arm()
    assert not one.take_step(100)


def test_a_time_step_stays_used_after_a_person_resumed_the_login(books: Books) -> None:
    """Resumed within thirty seconds, the same code would go out twice; portals count that as a wrong one."""
    one = books.login("hush", "JBSWY3DPEHPK3PXP")
    one.arm()
    assert one.take_step(100)
    one.ended(worked=False)
    people.resume(books.ledger, "northstar", "main", books.act())
    one.arm()
    assert not one.take_step(100)
    assert one.take_step(101)

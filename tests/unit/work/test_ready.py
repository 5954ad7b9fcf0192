"""What tonight needs from a person: each thing is asked for when it is missing, and only then."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.claims.vocabulary import State
from bot.ledger import people, runs
from bot.ledger.tasks import open_task
from bot.portal.adapter import Credentials
from bot.work import ready
from bot.work.morning import Done, Night
from bot.work.payers import Login, Office, Payer, find_adapters, policy_of
from bot.work.ready import Place, Want
from tests.unit.ledger.books import CLAIMS, NOON, Books, need

FOUND = find_adapters()
QUIET = Night(Done.NOTHING)


def payer(slug: str = "northstar", password: str = "hush", totp: str | None = None) -> Payer:
    credentials = Credentials("night", SecretStr(password), SecretStr(totp) if totp else None)
    login = Login("main", credentials, "990000017", ("1990000014",), 1)
    return Payer(FOUND[slug]("http://127.0.0.2:9"), policy_of(FOUND[slug]), (login,), timedelta(0))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A machine on which everything is there."""
    monkeypatch.setattr(ready, "ROOM", 1)
    return Place(tmp_path, Path(sys.executable), None, ())


def wants(books: Books, place: Place, *payers: Payer, night: Night = QUIET) -> Sequence[Want]:
    return ready.wants(books.ledger, Office(payers or [payer()]), place, night, NOON)


def kinds(found: Sequence[Want]) -> list[str]:
    return [want.kind for want in found]


def test_an_office_where_all_is_well_is_asked_for_nothing(books: Books, place: Place) -> None:
    books.queue(*CLAIMS)
    assert wants(books, place) == []


def test_what_is_missing_on_the_machine(
    books: Books, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = replace(place, browser=tmp_path / "gone", notify=("no-such-program-here", "x"))
    assert kinds(wants(books, gone)) == ["browser", "notify"]
    monkeypatch.setattr(ready, "ROOM", 1 << 62)
    assert kinds(wants(books, place)) == ["disk"]


@pytest.mark.parametrize(("hours", "asked"), [(None, True), (30, True), (2, False)])
def test_backups_that_are_old_or_not_there(
    books: Books, place: Place, tmp_path: Path, hours: int | None, asked: bool
) -> None:
    folder = tmp_path / "backups"
    if hours is not None:
        folder.mkdir()
        (folder / "monday").touch()
        at = (NOON - timedelta(hours=hours)).timestamp()
        os.utime(folder / "monday", (at, at))
    assert kinds(wants(books, replace(place, backups=folder))) == (["backup"] if asked else [])


def test_a_night_that_went_wrong_and_a_worker_that_fell_silent(books: Books, place: Place) -> None:
    [want] = wants(books, place, night=Night(Done.MISSED, NOON))
    assert (want.kind, "did not run" in want.what) == ("run", True)
    runs.begin(books.ledger, runs.SERVE, books.act(), whole=True)
    assert wants(books, place) == []
    books.clock.advance(3600)
    [want] = ready.wants(books.ledger, Office([payer()]), place, QUIET, books.clock.now())
    assert "payerbot serve" in want.action


def test_a_report_that_nobody_was_told(books: Books, place: Place) -> None:
    tells = replace(place, notify=(sys.executable,))
    due = Night(Done.DONE, NOON - ready.REPORTED)
    assert kinds(wants(books, tells, night=due)) == ["report"]
    assert wants(books, place, night=due) == []
    assert wants(books, tells, night=replace(due, by=NOON - timedelta(minutes=59))) == []
    assert wants(books, tells, night=replace(due, done=Done.NOTHING)) == []
    runs.tell(books.ledger, books.act())
    assert wants(books, tells, night=due) == []


def test_an_older_ledger(books: Books, place: Place) -> None:
    books.ledger.tally.note(7)
    [want] = wants(books, place)
    assert (want.kind, "payerbot recover" in want.what) == ("recover", True)


def test_passwords_and_codes_with_what_waits_for_them(books: Books, place: Place) -> None:
    books.queue(*CLAIMS[:3])
    [want] = wants(books, place, payer(password=""))
    assert (want.kind, want.claims) == ("password", 3)
    assert "secrets/payers__northstar__logins__main__password" in want.action
    [want] = wants(books, place, payer(), payer("lakeshore"))
    assert (want.kind, want.payer) == ("code", "lakeshore")
    assert wants(books, place, payer(), payer("lakeshore", totp="JBSWY3DP")) == []


@pytest.mark.parametrize("login", [None, "main"])
def test_a_login_that_is_stopped_is_asked_for_once(books: Books, place: Place, login: str | None) -> None:
    books.queue(*CLAIMS[:3])
    people.pause(books.ledger, "northstar", login, people.PARKED, books.act("The portal asks for a captcha."))
    [want] = wants(books, place, payer(password=""))
    assert (want.kind, want.claims, "captcha" in want.what) == ("parked", 3, True)
    assert want.action.endswith("payerbot payers resume northstar" + (" --login main" if login else ""))


def test_payers_and_logins_that_claims_wait_for(books: Books, place: Place) -> None:
    books.queue(CLAIMS[0], state=State.BLOCKED, payer=None)
    books.queue(CLAIMS[1], CLAIMS[2], payer="lakeshore")
    books.queue(CLAIMS[3], login="gone")
    found = wants(books, place)
    assert kinds(found) == ["payer"] * 3
    assert [want.claims for want in found] == [1, 2, 1]
    assert "payerbot payers map" in found[0].action


@pytest.mark.parametrize(
    ("state", "day", "kind"),
    [
        (State.QUEUED, 2, None),  # goes tonight
        (State.HELD, 2, "deadline"),
        (State.BLOCKED, 9, "deadline"),  # five business days from Wednesday, over the 3rd (a holiday)
        (State.BLOCKED, 10, None),
        (State.QUEUED, 1, None),  # the last day is today
        (State.QUEUED, -1, "late"),
        (State.ACCEPTED, 2, None),
    ],
)
def test_deadlines_that_tonight_will_not_make(
    books: Books, place: Place, state: State, day: int, kind: str | None
) -> None:
    deadline = date(2026, 7, 1) + timedelta(days=day - 1 if day > 0 else day)
    [claim_id] = books.queue(CLAIMS[0], deadline=deadline)
    books.put(claim_id, state)
    assert kinds(wants(books, place)) == ([kind] if kind else [])


def test_what_is_late_is_named(books: Books, place: Place) -> None:
    first, *_ = books.queue(*CLAIMS[:4], state=State.HELD, deadline=date(2026, 6, 29))
    [want] = wants(books, place)
    assert f"4 claims missed the payer's last day: claim {first} (2026-06-29), " in want.what
    assert want.what.endswith(" and 1 more.")


def test_what_waits_behind_a_parked_login_will_not_make_it(books: Books, place: Place) -> None:
    books.queue(CLAIMS[0], deadline=date(2026, 7, 2))
    people.pause(books.ledger, "northstar", "main", people.PARKED, books.act("locked"))
    assert kinds(wants(books, place)) == ["parked", "deadline"]


def test_held_files_wait_for_a_release(books: Books, place: Place) -> None:
    [claim_id] = books.queue(CLAIMS[0], state=State.HELD)
    with books.ledger.write() as connection:
        open_task(connection, need(kind="held", title="Claims of june.837 wait for you"), [claim_id], books.act())
    [want] = wants(books, place)
    assert (want.kind, want.claims) == ("held", 1)


def test_policies_are_looked_at_again_in_time(books: Books, place: Place) -> None:
    one = payer()
    filing = one.policy.filing.model_copy(update={"verified": NOON.date() - ready.REVIEWED})
    old = replace(one, policy=one.policy.model_copy(update={"filing": filing}))
    [want] = wants(books, place, old)
    assert (want.kind, "filing" in want.what, "CCM-19" in want.what) == ("review", True, False)


def test_nothing_here_writes(books: Books, place: Place) -> None:
    books.queue(*CLAIMS)
    before = books.everything()
    wants(books, place, payer(password=""), payer("lakeshore"))
    assert books.everything() == before

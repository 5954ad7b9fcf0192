"""Parked logins that a person signs in by hand: the claims behind them go once each, by the portal's own books."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from pydantic import SecretStr
from sqlalchemy import select

from bot.clock import Clock
from bot.errors import Interrupted, PersonNeeded, Refused
from bot.ledger import people, seats
from bot.ledger.schema import saved_sessions
from bot.ledger.store import Act
from bot.portal.adapter import Adapter, Credentials
from bot.portal.desk import Desk, browser_desk
from bot.portal.session import Session, SignIns, Totp
from bot.work import sign_in
from bot.work.payers import Office
from fixtures.claims.generate import claims
from fixtures.portals.faults import Fault
from fixtures.portals.server import running
from tests.bench.alone import Unasked
from tests.cli.counter import Desk as Counter
from tests.conftest import Loop
from tests.faults.test_logins import with_password
from tests.office import TestOffice, office

Acts = Callable[[Page, TestOffice], Coroutine[Any, Any, None]]


class Sat:
    """A desk at which a person sits, too."""

    def __init__(self, desk: Desk, acts: Acts, one: TestOffice) -> None:
        self._desk, self._acts, self._one = desk, acts, one

    @asynccontextmanager
    async def session(
        self, adapter: Adapter, credentials: Credentials, npis: Sequence[str], sign_ins: SignIns, clock: Clock
    ) -> AsyncIterator[Session]:
        async with self._desk.session(adapter, credentials, npis, sign_ins, clock) as session:
            person = asyncio.create_task(self._acts(session.page, self._one))
            try:
                yield session
            finally:
                person.cancel()
                await asyncio.gather(person, return_exceptions=True)


async def signs_in(page: Page, one: TestOffice) -> None:
    """Types what is not there yet, and answers whatever the portal asks."""
    user = one.portal.users[0]
    asked: dict[str, Callable[[], Awaitable[None]]] = {
        "Sign in": lambda: _types(page, {"User name": user.username, "Password": user.password}),
        "Enter your verification code": lambda: _types_code(page, one),
        "Provider bulletin": lambda: _ticks(page),
        "Our terms of use have changed": lambda: _ticks(page),
        "Security check": lambda: _types_letters(page),
    }
    answered, looks = "", 0
    while True:
        looks += 1
        if looks == 100:
            answered = ""  # what is still asked after seconds was not heard: a page that loads loses a press
        with suppress(PlaywrightError):  # the page changed under the question
            for title, answer in asked.items():
                if title != answered and await page.get_by_role("heading", name=title, exact=True).is_visible():
                    answered, looks = title, 0  # before the press: its page may come in the middle of it
                    await answer()
        await asyncio.sleep(0.02)


async def _types(page: Page, values: dict[str, str]) -> None:
    for label, value in values.items():
        await page.get_by_label(label).fill(value)
    await page.get_by_role("main").get_by_role("button").first.click()


async def _types_code(page: Page, one: TestOffice) -> None:
    user = one.portal.users[0]
    known = Credentials(user.username, SecretStr(user.password), SecretStr(user.totp_secret or ""))
    one.clock.advance(31)  # the bot may have used this code
    await _types(page, {"Verification code": await Totp(known, Unasked(), one.clock).next()})


async def _ticks(page: Page) -> None:
    await page.get_by_role("main").get_by_role("checkbox").first.check()
    await page.get_by_role("main").get_by_role("button").first.click()


async def _types_letters(page: Page) -> None:
    letters = await page.get_by_label("Letters to type").inner_html()
    await _types(page, {"Type the letters you see": "".join(re.findall(r">\s*(\w)\s*</text", letters))})


def by_hand(one: TestOffice, acts: Acts = signs_in) -> int:
    """`payerbot payers sign-in`, with a person who acts so."""

    @asynccontextmanager
    async def desk() -> AsyncIterator[Desk]:
        async with one.workshop.desk() as real:
            yield Sat(real, acts, one)

    workshop = replace(one.workshop, desk=desk)
    [login] = one.workshop.office.payer(one.slug).logins
    try:
        return one.loop.run(
            sign_in.sign_in(workshop, one.workshop.office.payer(one.slug), login, "Dana Price"), 40
        )
    finally:
        one.reopen()


def without_code(one: TestOffice) -> None:
    """The authenticator is a person's: the login has no key for it."""
    payer = one.workshop.office.payer(one.slug)
    [login] = payer.logins
    credentials = replace(login.credentials, totp_secret=None)
    payer = replace(payer, logins=(replace(login, credentials=credentials),))
    one.workshop = replace(one.workshop, office=Office([payer]))


#: What parks a login, at which portal, and the kind of its one task.
PARKED: dict[str, tuple[str, str, Callable[[TestOffice], None]]] = {
    "a captcha": ("northstar", "person-needed", lambda one: one.portal.inject(Fault.CAPTCHA, times=2)),
    "new terms": ("summit", "person-needed", lambda one: one.portal.inject(Fault.TERMS, times=2)),
    "a code that only a person gets": ("lakeshore", "person-needed", without_code),
    "a refused password": ("hudson", "sign-in-refused", lambda one: with_password(one, "wrong")),
    "no password": ("northstar", "person-needed", lambda one: with_password(one, "")),
}
#: What the portal asks once: after that the password is as good as it was.
ASKED_ONCE = ("a captcha", "new terms")


@pytest.mark.parametrize("cause", PARKED)
def test_a_parked_login_goes_on_after_a_person_signed_in(cause: str, tmp_path: Path, loop: Loop) -> None:
    slug, kind, park = PARKED[cause]
    some = claims(slug, 1)
    with office(slug, tmp_path, loop) as one:
        ids = one.queue(some)
        park(one)
        summary = one.run()
        assert (summary.counts["parked"], summary.balanced) == (1, True)
        assert [task["kind"] for task in one.tasks()] == [kind]
        assert one.requests("sign_in") == (cause != "no password")

        assert by_hand(one) == 0
        assert one.tasks() == []
        before = one.requests("sign_in")  # the person's, however often one had to press
        summary = one.run()
        assert summary.balanced
        assert [one.claim(claim_id)["sent"] for claim_id in ids] == ["once"]
        assert {one.claim(claim_id)["state"] for claim_id in ids} <= {"accepted", "received"}
        assert one.requests("sign_in") == before  # nobody typed the password again
        assert one.stored(some[0].account) == 1

        # the session ends: whoever needs a person is parked again, with one task
        one.portal.end_sessions()
        one.clock.advance(31)  # the person's code was of this half minute
        [more] = one.queue(claims(slug, 2)[1:])
        one.run()
        one.run()
        parked = cause not in ASKED_ONCE
        assert [task["kind"] for task in one.tasks()] == ([kind] if parked else [])
        assert one.claim(more)["sent"] == ("never" if parked else "once")
        assert [one.stored(claim.account) for claim in claims(slug, 2)] == [1, 0 if parked else 1]
        assert one.requests("sign_in") == before + (kind != "sign-in-refused" and cause != "no password")


def test_a_session_that_ends_in_the_middle_of_a_claim_doubles_nothing(tmp_path: Path, loop: Loop) -> None:
    """The portal takes the claim and ends the session before it shows the receipt."""
    [claim] = claims("northstar", 1)
    with office("northstar", tmp_path, loop) as one:
        [claim_id] = one.queue([claim])
        with_password(one, "")
        assert by_hand(one) == 0
        one.portal.inject(Fault.SESSION_LOST, "receipt", 1)
        one.run()
        assert one.claim(claim_id)["state"] == "unknown"
        assert [task["kind"] for task in one.tasks()] == ["person-needed"]
        assert by_hand(one) == 0
        one.clock.advance(90)
        one.run()
        row = one.claim(claim_id)
        assert (row["state"], row["sent"], one.tasks()) == ("accepted", "once", [])
        assert (one.requests("submit"), one.stored(claim.account)) == (1, 1)


def test_what_nobody_finished_changes_nothing(tmp_path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody comes, somebody closes the window, somebody of another practice signs in, all seats are taken."""

    async def nobody(page: Page, one: TestOffice) -> None: ...

    async def closes(page: Page, one: TestOffice) -> None:
        await page.get_by_label("User name").wait_for()
        await page.close()

    with office("northstar", tmp_path, loop) as one:
        [claim_id] = one.queue(claims("northstar", 1))
        with_password(one, "")
        one.run()

        def unchanged() -> None:
            assert [task["kind"] for task in one.tasks()] == ["person-needed"]
            with one.ledger.read() as connection:
                assert connection.execute(select(saved_sessions)).all() == []
            assert one.run().counts["parked"] == 1
            assert one.claim(claim_id)["sent"] == "never"

        with pytest.raises(Interrupted, match="closed"):
            by_hand(one, closes)
        monkeypatch.setattr(sign_in, "PATIENCE", timedelta(seconds=0.5))
        with pytest.raises(Interrupted, match="Nobody"):
            by_hand(one, nobody)
        monkeypatch.undo()
        unchanged()

        payer = one.workshop.office.payer("northstar")
        [login] = payer.logins
        stranger = replace(payer, logins=(replace(login, npis=("1234567893",)),))
        mine, one.workshop = one.workshop, replace(one.workshop, office=Office([stranger]))
        with pytest.raises(PersonNeeded, match="not one of this login's"):
            by_hand(one)
        one.workshop = mine
        unchanged()

        seat = seats.take(one.ledger, "northstar", "main", 1, "somebody", one.clock.now())
        assert seat is not None
        with pytest.raises(Refused, match="at work"):
            by_hand(one)
        seats.leave(one.ledger, seat)
        unchanged()


def test_what_a_lead_stopped_stays_stopped(tmp_path: Path, loop: Loop) -> None:
    with office("northstar", tmp_path, loop) as one:
        one.queue(claims("northstar", 1))
        people.pause(one.ledger, "northstar", None, people.PAUSED, Act("lead", one.clock.now(), "audit"))
        assert by_hand(one) == 1
        assert one.run().counts["parked"] == 1
        assert one.requests("submit") == 0
        with one.ledger.read() as connection:
            [row] = connection.execute(select(saved_sessions)).all()
        assert row.who == "Dana Price"
        assert b"cookies" not in row.state


def test_a_claim_typed_into_that_window_reaches_nobody(tmp_path: Path, loop: Loop) -> None:
    stopped: list[str] = []

    async def types_a_claim(page: Page, one: TestOffice) -> None:
        await page.get_by_label("User name").wait_for()
        try:
            await page.evaluate("fetch('/claims', {method: 'POST', body: 'claim'})")
        except PlaywrightError as error:
            stopped.append(error.message)
        await signs_in(page, one)

    with office("northstar", tmp_path, loop) as one:
        with_password(one, "")
        by_hand(one, types_a_claim)
        assert len(stopped) == 1
        assert one.requests("submit") == 0


@pytest.mark.usefixtures("chromium")
def test_the_command_opens_a_window_and_the_next_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running("northstar", visibility_delay=0) as portal:
        office = Counter(tmp_path, {"northstar": portal.url})
        office.queued(1)
        assert office("run", "--json").document["parked"] == 1

        @asynccontextmanager
        async def window(executable: Path | None, *, headed: bool) -> AsyncIterator[Desk]:
            assert headed
            async with browser_desk(executable) as desk:
                yield Sat(desk, signs_in, cast(TestOffice, SimpleNamespace(portal=portal)))

        monkeypatch.setattr("bot.installation.browser_desk", window)
        done = office("payers", "sign-in", "northstar")
        assert (done.code, "northstar main: signed in" in done.out) == (0, True)
        assert "no password" not in done.err
        monkeypatch.undo()
        run = office("run", "--json")
        assert (run.code, run.document["accepted"], len(portal.claims)) == (0, 1, 1)


def test_without_a_browser_that_has_a_window_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.portal.desk.find_browser", lambda *_, **__: None)
    done = Counter(tmp_path)("payers", "sign-in", "northstar")
    assert (done.code, "install Chromium, Chrome or Edge" in done.err) == (2, True)

"""``payers check``, and what ``payers list`` and ``show`` say of robots and quality."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.errors import FormChanged, Passing
from bot.ledger import people
from bot.ledger.store import Act
from bot.portal.drift import Change, What
from bot.portal.walk import Sight, Unseen
from bot.work import check as room
from bot.work.check import Report
from bot.work.dispatch import Workshop
from bot.work.tasks import need_of_stop
from tests.cli.counter import Desk

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GONE = Change(What.OPTIONS, "Claim Information", "Place of Service", "does not offer '12 - Home' any more", False)
UNSEEN = (Unseen("the receipt", "only a claim that is sent shows it"),)


def report(*changes: Change, accepted: tuple[Change, ...] = (), stopped: str = "") -> Report:
    seen = Sight(changes, ("Claim Information",), UNSEEN)
    return Report("northstar", "main", NOW, "A1", False, None if stopped else seen, stopped, accepted)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a check finds, and what it was asked."""
    told: dict[str, Any] = {"report": report(), "asked": []}

    async def check(workshop: Workshop, payer: str, login: str | None, act: Act, *, accept: bool) -> Report:
        told["asked"].append((payer, login, act.why, accept))
        found: Report | Exception = told["report"]
        if isinstance(found, Exception):
            raise found
        if found.changes:
            error = FormChanged("Northstar Medicaid's page has changed.")
            one = workshop.office.payer(payer)
            await asyncio.to_thread(
                people.park, workshop.ledger, payer, None, need_of_stop(error, one, "main"), act
            )
        return found

    monkeypatch.setattr(room, "check", check)
    return told


def test_a_form_that_fits_is_said_on_one_screen(desk: Desk, answers: dict[str, Any]) -> None:
    done = desk("payers", "check", "northstar")
    assert done.code == 0, done
    assert "Nothing was left at the payer." in done.out
    assert "as it was  Claim Information" in done.out
    assert "not seen   the receipt: only a claim that is sent shows it" in done.out
    assert answers["asked"] == [("northstar", None, "payers check", False)]


def test_a_form_that_has_changed_is_a_task(desk: Desk, answers: dict[str, Any]) -> None:
    answers["report"] = report(GONE)
    done = desk("payers", "check", "northstar", "--login", "main")
    assert done.code == 1
    assert "'Place of Service' on page 'Claim Information' does not offer '12 - Home' any more" in done.out
    assert "payerbot payers check northstar --accept --why WHY" in done.out
    assert [task["kind"] for task in desk.tasks()] == ["form-changed"]
    document = desk("payers", "check", "northstar", "--json").document
    assert (document["fine"], document["changes"][0]["what"]) == (False, "options")
    assert document["unseen"] == [{"what": "the receipt", "why": "only a claim that is sent shows it"}]
    listed = {row["slug"]: row for row in desk("payers", "list", "--json").document}
    assert listed["northstar"]["stopped"]
    assert "the portal has changed (payerbot payers check northstar)" in listed["northstar"]["quality"]["missing"]


def test_what_is_accepted_is_said_with_the_way_to_go_on(desk: Desk, answers: dict[str, Any]) -> None:
    answers["report"] = report(GONE)
    desk("payers", "check", "northstar")
    answers["report"] = report(GONE, accepted=(GONE,))
    done = desk("payers", "check", "northstar", "--accept", "--why", "they told us")
    assert done.code == 0
    assert "payerbot payers resume northstar" in done.out
    assert answers["asked"][-1] == ("northstar", None, "they told us", True)


def test_a_change_is_accepted_for_a_reason_only(desk: Desk, answers: dict[str, Any]) -> None:
    done = desk("payers", "check", "northstar", "--accept")
    assert (done.code, answers["asked"]) == (2, [])
    assert "--why" in done.err


def test_a_portal_that_is_down_stops_early(desk: Desk, answers: dict[str, Any]) -> None:
    answers["report"] = Passing("Northstar Medicaid's portal did not answer in time.")
    assert desk("payers", "check", "northstar").code == 3
    answers["report"] = report(stopped="Northstar Medicaid's portal is not available: 'Scheduled maintenance'.")
    done = desk("payers", "check", "northstar")
    assert done.code == 3
    assert "Scheduled maintenance" in done.out


@pytest.mark.parametrize("words", [("nowhere",), ("northstar", "--login", "mian")])
def test_who_is_not_there_cannot_be_checked(desk: Desk, words: tuple[str, ...]) -> None:
    done = desk("payers", "check", *words)
    assert done.code == 2, done


def test_a_payer_says_what_it_thinks_of_robots(desk: Desk) -> None:
    shown = desk("payers", "show", "lakeshore")
    assert "by arrangement" in shown.out
    assert "LRA-4-0117" in shown.out
    document = desk("payers", "show", "lakeshore", "--json").document
    assert document["automation"]["registration"] == "LRA-4-0117"
    assert document["quality"]["level"] in ("silver", "gold")
    assert document["checks"] == []


def test_a_check_without_a_password_is_for_a_person(desk: Desk) -> None:
    """All of it but the browser: the login's own stops are those of a shift."""
    done = desk("payers", "check", "northstar")
    assert done.code == 1, done
    assert "no password is set" in done.out
    assert [task["kind"] for task in desk.tasks()] == ["person-needed"]

"""Sign-ins: one automatic try for each secret, one task for all the claims behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.ledger import people
from bot.ledger.store import Act
from bot.work.dispatch import Order
from bot.work.payers import Office
from fixtures.claims.generate import claims
from fixtures.portals.registry import SITES
from tests.conftest import Loop
from tests.office import TestOffice, office


def with_password(one: TestOffice, password: str) -> None:
    """Change the login's password in the office's settings."""
    [login] = one.payer.logins
    credentials = replace(login.credentials, password=SecretStr(password))
    payer = replace(one.payer, logins=(replace(login, credentials=credentials),))
    one.workshop = replace(one.workshop, office=Office([payer]))


@pytest.mark.parametrize("slug", sorted(SITES))
def test_a_wrong_password_is_tried_once(slug: str, tmp_path: Path, loop: Loop) -> None:
    with office(slug, tmp_path, loop) as one:
        ids = one.queue(claims(slug, 2))
        with_password(one, "wrong")
        summary = one.run()
        assert (summary.counts["parked"], summary.balanced) == (2, True)
        one.run()
        assert one.requests("sign_in") == 1
        assert [task["kind"] for task in one.tasks()] == ["sign-in-refused"]

        people.resume(one.ledger, slug, "main", Act("lead", one.clock.now()))
        with_password(one, one.portal.users[0].password)
        counts = one.run(Order(limit=1)).counts
        assert counts["accepted"] + counts["received"] == 1
        assert one.tasks() == []
        assert [one.claim(claim_id)["sent"] for claim_id in ids] == ["once", "never"]


def test_a_changed_password_is_tried_without_being_asked(tmp_path: Path, loop: Loop) -> None:
    with office("northstar", tmp_path, loop) as one:
        one.queue(claims("northstar", 1))
        with_password(one, "wrong")
        one.run()
        with_password(one, one.portal.users[0].password)
        assert one.run().counts["accepted"] == 1
        assert one.tasks() == []


def test_a_paused_payer_does_not_even_sign_in(tmp_path: Path, loop: Loop) -> None:
    with office("northstar", tmp_path, loop) as one:
        one.queue(claims("northstar", 1))
        people.pause(one.ledger, "northstar", None, people.PAUSED, Act("lead", one.clock.now(), "audit"))
        summary = one.run()
        assert summary.counts["parked"] == 1
        assert one.requests("sign_in") == 0


def test_another_practices_login_sends_nothing(tmp_path: Path, loop: Loop) -> None:
    """The provider that the portal shows must be one the login bills for."""
    with office("northstar", tmp_path, loop) as one:
        one.queue(claims("northstar", 1))
        [login] = one.payer.logins
        payer = replace(one.payer, logins=(replace(login, npis=("1234567893",)),))
        one.workshop = replace(one.workshop, office=Office([payer]))
        one.run()
        assert one.requests("submit") == 0
        assert [task["kind"] for task in one.tasks()] == ["person-needed"]

"""From accepted to decided at every mock portal, in a browser."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.claims.vocabulary import State, Status
from bot.work.dispatch import Order
from fixtures.claims.generate import claims
from fixtures.portals.registry import SITES
from tests.conftest import Loop
from tests.office import office

FOLLOW_UP = Order(look_ups_only=True)


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("slug", sorted(SITES))
def test_a_claim_is_followed_until_it_is_denied(slug: str, tmp_path: Path, loop: Loop) -> None:
    with office(slug, tmp_path, loop) as one:
        [claim_id] = one.queue(claims(slug, 1))
        one.run()
        one.clock.advance(timedelta(days=6).total_seconds())
        one.run(FOLLOW_UP)  # a verdict that came by message, a batch that is shown a day later
        row = one.claim(claim_id)
        assert (row["state"], row["status"]) == (State.ACCEPTED, Status.PENDING)
        words = next(word for word, status in one.payer.adapter.words.items() if status is Status.DENIED)
        one.portal.set_status(row["control_number"], words.title())
        one.clock.advance(timedelta(days=40).total_seconds())
        one.run()
        assert one.claim(claim_id)["status"] == Status.PENDING
        learned = one.run(FOLLOW_UP).document()
        assert (learned["looked_up"], learned["statuses"]) == (1, {"denied": 1})
        row = one.claim(claim_id)
        assert (row["state"], row["payer_words"], row["due_at"]) == (State.ACCEPTED, words.title(), None)
        assert [task["kind"] for task in one.tasks()] == ["denied"]
        assert one.requests("submit") == one.stored(claims(slug, 1)[0].account) == 1

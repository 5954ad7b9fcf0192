"""What an attempt left unsent at the portal, and a person who works there, too: it is sent once, whoever does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.claims.model import Claim
from bot.ledger import people
from bot.ledger.store import Act
from bot.portal import batch as room
from bot.portal.send_once import Guard
from bot.portal.submission import Submission
from bot.work.dispatch import Order
from fixtures.claims.generate import claims
from fixtures.portals.faults import Fault
from fixtures.portals.portal import Portal
from fixtures.portals.registry import SITES
from tests.conftest import Loop
from tests.office import TestOffice, office
from tests.portal_mocks.visitor import BatchVisitor

SLUG = "hudson"
DELAY = SITES[SLUG].profile.visibility_delay
CLAIMS = [one.model_copy(update={"prior_authorisation": "PA4471"}) for one in claims(SLUG, 2)]


@pytest.fixture(autouse=True)
def _no_duplicates_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A payer that notices duplicates by itself would hide a second send."""
    monkeypatch.setattr(Portal, "duplicate_of", lambda *_: None)


@pytest.fixture
def one(tmp_path: Path, loop: Loop) -> Iterator[TestOffice]:
    with office(SLUG, tmp_path, loop, DELAY) as office_:
        yield office_


@pytest.fixture
def at_once(tmp_path: Path, loop: Loop) -> Iterator[TestOffice]:
    """An office whose payer's search shows claims at once."""
    with office(SLUG, tmp_path, loop, timedelta(0)) as office_:
        yield office_


@contextmanager
def visiting(one: TestOffice) -> Iterator[BatchVisitor]:
    """A biller signs in beside the bot."""
    visitor = BatchVisitor(one.portal)
    with visitor.http:
        visitor.password(0)
        yield visitor


def somebody_sends(one: TestOffice, *, build: bool = False) -> None:
    """A biller submits the batch that stands there, or one of all that is complete."""
    with visiting(one) as visitor:
        _send(visitor, build)


def left(one: TestOffice) -> str:
    """What stands unsent at the portal."""
    with visiting(one) as visitor:
        return str(visitor.http.get("/claims/saved").text)


def _send(visitor: BatchVisitor, build: bool) -> None:
    if build:
        page = visitor.http.get("/batches/new").text
        answer = visitor.post("/batches", dict.fromkeys(re.findall(r'name="(claim_\d+)"', page), "on"), page)
        found = re.search(r"/batches/(B\d+)", str(answer.url))
    else:
        found = re.search(r"/batches/(B\d+)/delete", visitor.http.get("/claims/saved").text)
    assert found
    path = f"/batches/{found[1]}"
    assert "Batches submitted" in visitor.post(f"{path}/submit", {}, visitor.http.get(path).text).text


def stored(one: TestOffice) -> list[int]:
    return [one.stored(claim.account) for claim in CLAIMS]


def states(one: TestOffice, ids: list[int]) -> list[str]:
    return [one.claim(claim_id)["state"] for claim_id in ids]


def _later(claim: Claim) -> Claim:
    """The claim for services of one day later."""
    day = timedelta(days=1)
    lines = [
        one.model_copy(update={"service_from": one.service_from + day, "service_to": one.service_to + day})
        for one in claim.lines
    ]
    return claim.model_copy(update={"lines": tuple(lines)})


async def _leave(_: object, part: Any, error: Exception) -> Any:
    """The portal is gone before anything can be taken away."""
    return await part.stopped_short(error, drafts=True)


def test_what_a_lost_answer_left_is_taken_away_at_once(one: TestOffice) -> None:
    ids = one.queue(CLAIMS)
    one.portal.inject(Fault.BAD_GATEWAY_AFTER, "build")
    one.run()
    assert states(one, ids) == ["queued", "queued"]
    assert "No claims to send" in left(one)
    assert stored(one) == [0, 0]


def test_what_somebody_sent_meanwhile_is_not_sent_again(one: TestOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two runs."""
    ids = one.queue(CLAIMS)
    with monkeypatch.context() as patched:
        patched.setattr(room.Together, "_left_out", _leave)
        one.portal.inject(Fault.BAD_GATEWAY_AFTER, "build")
        one.run()
    somebody_sends(one)
    one.clock.advance(600)
    one.run()
    assert states(one, ids) == ["held", "held"]
    assert "somebody has sent it" in one.claim(ids[0])["reason"]
    assert stored(one) == [1, 1]


def somebody_is_faster(one: TestOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sends what the first batch has saved, right before it would be put together."""
    original = room.Together._sent
    came: list[int] = []

    async def late(self: Any, guard: Any) -> Any:
        if not came:
            came.append(1)
            await asyncio.to_thread(somebody_sends, one, build=True)
        return await original(self, guard)

    monkeypatch.setattr(room.Together, "_sent", late)


def test_nor_what_somebody_sent_while_we_were_about_to(one: TestOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = one.queue(CLAIMS)
    somebody_is_faster(one, monkeypatch)
    one.run()
    assert states(one, ids) == ["held", "held"]
    one.clock.advance(600)
    one.run()
    assert stored(one) == [1, 1]


def test_nor_after_a_crash(one: TestOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sends it before the payer's search could know: not there means nothing then."""

    async def die(*_: object) -> None:
        raise RuntimeError("in the middle")

    ids = one.queue(CLAIMS)
    with monkeypatch.context() as patched:
        patched.setattr(room.Together, "_stop_short", die)
        one.portal.inject(Fault.BAD_GATEWAY_AFTER, "build")
        with pytest.raises(RuntimeError, match="in the middle"):
            one.run()
    one.run(Order(look_ups_only=True))
    assert states(one, ids) == ["unknown", "unknown"]
    one.clock.advance(20 * 3600)
    somebody_sends(one)
    one.clock.advance(4 * 3600 + 200)
    one.run(Order(look_ups_only=True))
    one.run()
    assert states(one, ids) == ["held", "held"]
    assert stored(one) == [1, 1]


def crashed(one: TestOffice, monkeypatch: pytest.MonkeyPatch, *, before_the_save: bool) -> list[int]:
    """Claims that are armed to be saved; then everything stops, before or after the portal has saved them. They
    are looked up later."""

    def die(*_: object) -> Any:
        raise RuntimeError("in the middle")

    ids = one.queue(CLAIMS)
    with monkeypatch.context() as patched:
        patched.setattr(room.Together, "_left_out", die)
        patched.setattr(Guard, "permit" if before_the_save else "answered", die)
        one.run()
    assert states(one, ids) == ["unknown", "unknown"]
    assert ("No claims to send" in left(one)) is before_the_save
    one.clock.advance(130)
    return ids


def test_what_was_never_saved_goes_once_the_search_proves_it(
    at_once: TestOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = crashed(at_once, monkeypatch, before_the_save=True)
    at_once.run()
    assert states(at_once, ids) == ["received", "received"]
    assert stored(at_once) == [1, 1]


def test_what_somebody_sent_is_not_taken_for_never_saved(
    at_once: TestOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the look-up that did not find it, and before it is entered again."""
    ids = crashed(at_once, monkeypatch, before_the_save=False)
    at_once.run(Order(look_ups_only=True))
    assert states(at_once, ids) == ["queued", "queued"]
    somebody_sends(at_once, build=True)
    at_once.run()
    assert states(at_once, ids) == ["held", "held"]
    assert stored(at_once) == [1, 1]


def test_nor_is_what_stands_there_otherwise(at_once: TestOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's, or ours, changed."""
    ids = crashed(at_once, monkeypatch, before_the_save=True)
    with visiting(at_once) as visitor:
        visitor.save(CLAIMS[0].account, "999.00")
    at_once.run()
    assert states(at_once, ids) == ["held", "received"]
    assert stored(at_once) == [0, 1]


def test_a_copy_of_other_days_proves_nothing_about_it(
    at_once: TestOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the withdrawn first one may have left stands, or was sent, under days that nobody asks for."""
    ids = crashed(at_once, monkeypatch, before_the_save=False)
    at_once.run(Order(look_ups_only=True))
    people.withdraw(at_once.ledger, ids, Act("ruth", at_once.clock.now()))
    copies = at_once.queue([_later(one) for one in CLAIMS])
    at_once.run()
    assert states(at_once, copies) == ["held", "held"]
    assert "No claims to send" not in left(at_once)


def test_a_search_that_knows_late_proves_nothing_about_what_was_saved(
    one: TestOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = crashed(one, monkeypatch, before_the_save=True)
    one.clock.advance(DELAY.total_seconds())
    one.run()
    assert states(one, ids) == ["held", "held"]
    assert stored(one) == [0, 0]


def test_what_a_withdrawn_claim_left_does_not_outlive_its_copy(
    one: TestOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = one.queue(CLAIMS)
    with monkeypatch.context() as patched:
        patched.setattr(room.Together, "_left_out", _leave)
        one.portal.inject(Fault.BAD_GATEWAY_AFTER, "build")
        one.run()
    people.withdraw(one.ledger, ids, Act("ruth", one.clock.now()))
    one.queue(CLAIMS)
    one.run()
    assert "No claims to send" in left(one)
    assert stored(one) == [1, 1]


def test_what_somebody_else_saved_stays(one: TestOffice) -> None:
    """Under the same account, for another amount."""
    ids = one.queue(CLAIMS)
    one.portal.inject(Fault.BAD_GATEWAY_BEFORE, "save", 2)
    one.run()
    assert states(one, ids) == ["queued", "queued"]
    with visiting(one) as visitor:
        visitor.save(CLAIMS[0].account, "999.00")
    one.clock.advance(600)
    one.run()
    assert CLAIMS[0].account in left(one)
    assert states(one, ids) == ["received", "received"]
    assert stored(one) == [1, 1]


def test_a_person_who_looked_lets_it_go_again(one: TestOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = one.queue(CLAIMS)
    somebody_is_faster(one, monkeypatch)
    one.run()
    people.release(one.ledger, ids, Act("ruth", one.clock.now(), "voided at the payer"))
    one.clock.advance(600)
    one.run()
    assert states(one, ids) == ["received", "received"]


def test_one_claim_that_cannot_be_told_does_not_keep_the_others(
    one: TestOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = one.queue(CLAIMS)
    original = Submission.conclude

    async def conclude(self: Any, receipt: Any) -> Any:
        if self.work.claim.account == CLAIMS[1].account:
            raise RuntimeError("a mistake of ours")
        return await original(self, receipt)

    monkeypatch.setattr(Submission, "conclude", conclude)
    assert one.run().balanced
    assert states(one, ids) == ["received", "unknown"]
    assert stored(one) == [1, 1]

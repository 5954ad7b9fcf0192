"""Every fault at every portal, judged by the portal's own books and never by the bot's word."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.portal import send_once
from bot.work.dispatch import Order
from fixtures.claims.generate import claims
from fixtures.portals.faults import Fault
from fixtures.portals.portal import Portal
from fixtures.portals.registry import SITES
from fixtures.wire import Cut, Loss
from tests.conftest import Loop
from tests.faults.matrix import CASES, Case
from tests.faults.table import PAGE, write_page
from tests.office import PATIENCE, TestOffice, wired_office

#: When a portal's search shows new claims: at once, or hours later.
WITNESSES = {"at-once": timedelta(0), "later": timedelta(hours=2)}
#: Pages on which the receipt never comes: there is no point in waiting long.
SILENT = {Fault.BANNER_ONLY, Fault.BANNER_NOTHING, Fault.ALREADY_SUBMITTED}


def _played() -> list[object]:
    return [
        pytest.param(slug, case, delay, id=f"{slug}-{case.id}-{when}")
        for slug in sorted(SITES)
        for case in CASES
        for when, delay in WITNESSES.items()
        if case.late or when == "at-once"
    ]


@pytest.mark.parametrize(("slug", "case", "delay"), _played())
def test_fault(
    slug: str, case: Case, delay: timedelta, tmp_path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    if case.loss and case.loss.cut is Cut.HANG:
        monkeypatch.setattr(send_once, "SEND_TIMEOUT_MS", 1500)
    if case.fault is not Fault.DUPLICATE_WARNING:
        # a payer that notices duplicates by itself would hide a second send
        monkeypatch.setattr(Portal, "duplicate_of", lambda *_: None)
    claim = claims(slug, 1)[0].model_copy(update={"prior_authorisation": "PA4471"})
    patience = timedelta(seconds=3) if case.fault in SILENT else PATIENCE
    with wired_office(slug, tmp_path, loop, delay, patience) as (one, wire):
        if case.fault is Fault.RECEIPT_STALE:
            one.queue(claims(slug, 2)[1:])
            one.run()
        [claim_id] = one.queue([claim])
        if case.fault is not None:
            one.portal.inject(case.fault, case.where, case.times)
        final = one.payer.adapter.final
        if case.loss is not None:
            wire.lose(case.loss, final.method, final.path)
        before, taken_before = wire.count(final.method, final.path), one.requests("submit")
        summary = one.run()
        assert summary.balanced
        _let_everything_fall_due(one, delay)
        expected = case.at(slug)
        row = one.claim(claim_id)
        tasks = [task["kind"] for task in one.tasks()]
        assert (row["state"], row["proof"], tasks) == (
            expected.state,
            expected.proof,
            [expected.task] if expected.task else [],
        ), (row["reason"], one.watcher.stops)
        sends = wire.count(final.method, final.path) - before
        assert sends == expected.sends
        assert one.requests("submit") - taken_before == sends - (case.loss is not None and not case.loss.delivered)
        assert one.stored(claim.account) == expected.stored
        if case.fault is Fault.LOGIN_REFUSED:
            assert one.requests("sign_in") == 1


def test_every_fault_is_played() -> None:
    """But for those that the wire plays better: with every cut, and counted before the portal."""
    played = {case.fault for case in CASES}
    assert set(Fault) - played == {Fault.DROP_BEFORE_ACCEPT, Fault.DROP_AFTER_ACCEPT, Fault.HANG}
    assert {case.loss for case in CASES} >= {Loss(cut, delivered) for cut in Cut for delivered in (True, False)}


def _let_everything_fall_due(one: TestOffice, delay: timedelta) -> None:
    """Hours later, twice: what was unclear is looked up, and what provably did not arrive is sent again."""
    for _ in range(2):
        one.clock.advance(delay.total_seconds() + 90)
        one.run(Order(look_ups_only=True))
        one.run()


def test_the_page_about_it_is_up_to_date() -> None:
    assert PAGE.read_text() == write_page(), "run python -m tests.faults"

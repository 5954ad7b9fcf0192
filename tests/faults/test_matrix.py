"""Every fault at every portal, judged by the portal's own books and never by the bot's word."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.portal import send_once
from bot.work.dispatch import Order
from bot.work.payers import find_adapters
from fixtures.claims.generate import claims
from fixtures.portals.faults import Fault
from fixtures.portals.portal import Portal
from fixtures.portals.registry import SITES
from tests.conftest import Loop
from tests.faults.matrix import CASES, Case
from tests.office import PATIENCE, TestOffice, office

#: When a portal's search shows new claims: at once, or hours later.
WITNESSES = {"at-once": timedelta(0), "later": timedelta(hours=2)}
#: Pages on which the receipt never comes: there is no point in waiting long.
SILENT = {Fault.BANNER_ONLY, Fault.BANNER_NOTHING, Fault.ALREADY_SUBMITTED}


def _verdicts(slug: str) -> bool:
    """Whether a payer's verdict comes later than its receipt."""
    return SITES[slug].profile.verdict_delay > timedelta(0)


def _whens(slug: str, case: Case) -> tuple[str, ...]:
    """A portal whose search is late is played so where the witness has a part; one that shows new claims at once
    is played both ways. A verdict comes later anyway, and the witness is asked after it."""
    if _verdicts(slug) or not case.witness:
        return ("at-once",)
    return ("later",) if SITES[slug].profile.visibility_delay else ("at-once", "later")


def _played() -> list[object]:
    return [
        pytest.param(slug, case, WITNESSES[when], id=f"{slug}-{case.id}-{when}")
        for slug in sorted(set(SITES) & set(find_adapters()))
        for case in CASES
        if _verdicts(slug) or not case.verdict
        for when in _whens(slug, case)
    ]


@pytest.mark.parametrize(("slug", "case", "delay"), _played())
def test_fault(
    slug: str, case: Case, delay: timedelta, tmp_path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    if case.fault is Fault.HANG:
        monkeypatch.setattr(send_once, "SEND_TIMEOUT_MS", 1500)
    if case.fault is not Fault.DUPLICATE_WARNING:
        # a payer that notices duplicates by itself would hide a second send
        monkeypatch.setattr(Portal, "duplicate_of", lambda *_: None)
    claim = claims(slug, 1)[0].model_copy(update={"prior_authorisation": "PA4471"})
    patience = timedelta(seconds=3) if case.fault in SILENT else PATIENCE
    with office(slug, tmp_path, loop, delay, patience) as one:
        if case.fault is Fault.RECEIPT_STALE:
            one.queue(claims(slug, 2)[1:])
            one.run()
        [claim_id] = one.queue([claim])
        if case.fault is not None:
            one.portal.inject(case.fault, case.where, case.times)
        before = one.requests("submit")
        summary = one.run()
        assert summary.balanced
        _let_everything_fall_due(one, delay)
        expected = case.at(slug, verdicts=_verdicts(slug))
        row = one.claim(claim_id)
        tasks = [task["kind"] for task in one.tasks()]
        assert (row["state"], row["proof"], tasks) == (
            expected.state,
            expected.proof,
            [expected.task] if expected.task else [],
        ), (row["reason"], one.watcher.stops)
        assert one.requests("submit") - before == expected.sends
        assert one.stored(claim.account) == expected.stored
        if case.fault is Fault.LOGIN_REFUSED:
            assert one.requests("sign_in") == 1


def _let_everything_fall_due(one: TestOffice, delay: timedelta) -> None:
    """Hours later, or days where a verdict may take them, twice: what was unclear is looked up, and what provably
    did not arrive is sent again."""
    wait = one.payer.adapter.limits.verdict_patience if _verdicts(one.slug) else delay
    for _ in range(2):
        one.clock.advance(wait.total_seconds() + 90)
        one.run(Order(look_ups_only=True))
        one.run()

"""Every fault at every portal, judged by the portal's own books and never by the bot's word."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page

from bot.claims.model import Claim
from bot.portal import send_once
from bot.portal.adapter import Adapter, Receipt
from bot.work.dispatch import Order
from fixtures.claims.generate import claims
from fixtures.portals import submission
from fixtures.portals.faults import Fault
from fixtures.portals.portal import Portal
from fixtures.portals.registry import SITES
from fixtures.wire import Cut, Loss
from tests.conftest import Loop
from tests.faults.matrix import ABSENT, CASES, RESENT, Case, has_verdicts
from tests.faults.table import PAGE, write_page
from tests.office import PATIENCE, TestOffice, wired_office

#: Pages on which the receipt never comes: there is no point in waiting long.
SILENT = {Fault.BANNER_ONLY, Fault.BANNER_NOTHING, Fault.ALREADY_SUBMITTED}
#: What happens to those who sign in, or must do it again.
AT_THE_DOOR = {
    Fault.LOGIN_REFUSED,
    Fault.CAPTCHA,
    Fault.TERMS,
    Fault.BULLETIN,
    Fault.MAINTENANCE,
    Fault.SESSION_LOST,
}
#: What may lie over a control until the wait for it is over.
OVER_IT = {Fault.LATE_MODAL}


def _played() -> list[object]:
    return [pytest.param(slug, case, id=f"{slug}-{case.id}") for case in CASES for slug in case.slugs]


@pytest.mark.parametrize(("slug", "case"), _played())
def test_fault(slug: str, case: Case, tmp_path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    if case.loss and case.loss.cut is Cut.HANG:
        monkeypatch.setattr(send_once, "SEND_TIMEOUT_MS", 1500)
    monkeypatch.setattr(submission, "SLOW", 1.0)
    if case.fault is not Fault.DUPLICATE_WARNING:
        # a payer that notices duplicates by itself would hide a second send
        monkeypatch.setattr(Portal, "duplicate_of", lambda *_: None)
    claim = claims(slug, 1)[0].model_copy(update={"prior_authorisation": "PA4471"})
    delay = SITES[slug].profile.visibility_delay if case.late else timedelta(0)
    patience = timedelta(seconds=3) if case.fault in OVER_IT else PATIENCE
    signs_in = case.fault in AT_THE_DOOR or case.id == "clean"
    with wired_office(slug, tmp_path, loop, delay, patience, signs_in=signs_in) as (one, wire):
        if case.fault is Fault.RECEIPT_STALE:
            one.queue(claims(slug, 2)[1:])
            one.run()
        [claim_id] = one.queue([claim])
        if case.fault is not None:
            one.portal.inject(case.fault, case.where, case.times)
        if case.fault in SILENT:
            _give_the_first_receipt_up_soon(monkeypatch, one.payer.adapter)
        final = one.payer.adapter.final
        if case.before:
            _had_before(one, claim)
        if case.loss is not None:
            wire.lose(case.loss, final.method, final.path)
        before, taken_before = wire.count(final.method, final.path), one.requests("submit")
        summary = one.run()
        assert summary.balanced
        expected = case.at(slug)
        if expected is RESENT and not case.late:
            # once proved absent, one claim is sent again as any other: that is played with the late ones
            expected = ABSENT
            _let_fall_due(one, delay, Order(look_ups_only=True))
        else:
            _let_fall_due(one, delay, Order())
            _let_fall_due(one, delay, Order(look_ups_only=True), Order())
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
    """But for those that the wire plays better: with every cut, and counted before the portal; those of a search
    that is asked weeks later (`test_follow_up.py`); those that only somebody who knows the form sees
    (`test_drift.py`)."""
    played = {case.fault for case in CASES}
    on_the_wire = {Fault.DROP_BEFORE_ACCEPT, Fault.DROP_AFTER_ACCEPT, Fault.HANG}
    weeks_later = {
        Fault.SEARCH_OTHER_DAY,
        Fault.SEARCH_STALE,
        Fault.PAGE_OF_ANOTHER,
        Fault.PAID_TOO_MUCH,
        Fault.PAID_UNREADABLE,
    }
    changed = {Fault.MISSING_FIELD, Fault.CHANGED_OPTIONS, Fault.SHORTER_FIELD}
    assert set(Fault) - played == on_the_wire | weeks_later | changed
    assert {case.loss for case in CASES} >= {Loss(cut, delivered) for cut in Cut for delivered in (True, False)}


def _had_before(one: TestOffice, claim: Claim) -> None:
    sent_as = one.payer.adapter.sent_as(claim)
    assert claim.service_from is not None
    assert claim.service_to is not None
    one.portal.had(sent_as.account, sent_as.member_id, claim.service_from, claim.service_to, claim.charge)


def _give_the_first_receipt_up_soon(monkeypatch: pytest.MonkeyPatch, adapter: Adapter) -> None:
    read = adapter.read_receipt
    seen: list[Page] = []

    async def read_receipt(page: Page) -> Receipt:
        if seen:
            return await read(page)
        seen.append(page)
        page.set_default_timeout(500)
        try:
            return await read(page)
        finally:
            page.set_default_timeout(PATIENCE.total_seconds() * 1000)

    monkeypatch.setattr(adapter, "read_receipt", read_receipt)


def _let_fall_due(one: TestOffice, delay: timedelta, *orders: Order) -> None:
    """Hours later, or days where a verdict may take them: what was unclear is looked up, and what provably did not
    arrive is sent again."""
    wait = one.payer.adapter.limits.verdict_patience if has_verdicts(one.slug) else delay
    one.clock.advance(wait.total_seconds() + 90)
    for order in orders:
        one.run(order)


def test_the_page_about_it_is_up_to_date() -> None:
    assert PAGE.read_text() == write_page(), "run python -m tests.faults"

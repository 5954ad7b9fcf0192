"""The faults of a batch, judged by the portal's own books: what goes wrong with one claim, or with the send,
leaves no other claim doubled, lost or guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.claims.vocabulary import Proof, State
from bot.ledger import views
from bot.portal import send_once
from bot.work.dispatch import Order
from fixtures.claims.generate import claims
from fixtures.portals.faults import Fault
from fixtures.portals.portal import Portal
from fixtures.portals.registry import SITES
from fixtures.wire import Cut, Loss
from tests.conftest import Loop
from tests.office import PATIENCE, TestOffice, wired_office

SLUG = "hudson"
DELAY = SITES[SLUG].profile.visibility_delay
#: Pages on which the answer never comes: there is no point in waiting long.
SILENT = {Fault.BANNER_ONLY, Fault.BANNER_NOTHING, Fault.ALREADY_SUBMITTED}


@dataclass(frozen=True, slots=True)
class Stands:
    """Where one claim of the batch ends."""

    state: State
    proof: Proof = Proof.NONE
    #: Claims of this account in the portal's books.
    stored: int = 1


FOUND = Stands(State.ACCEPTED, Proof.LOOK_UP)
#: The last one left goes by itself and is answered at once.
ALONE = Stands(State.ACCEPTED, Proof.BOTH)
REFUSED = Stands(State.REJECTED, stored=0)
KNOWN = Stands(State.DUPLICATE, stored=0)
UNRESOLVED = Stands(State.UNKNOWN)
LOST_AT_THE_PAYER = Stands(State.UNKNOWN, stored=0)
WRONG = Stands(State.DISPUTED)


@dataclass(frozen=True, slots=True)
class Case:
    """What goes wrong with a batch of two claims."""

    words: str
    fault: Fault | None = None
    where: str | None = None
    #: Whose claim it meets: the first names the batch. None: whose form is opened first.
    whose: int | None = 0
    times: int | None = 1
    #: How the answer of a stage is lost on the wire.
    loss: Loss | None = None
    lost: str = "submit"
    #: Where each of the two ends.
    ends: tuple[Stands, Stands] = (FOUND, FOUND)
    #: Batches submitted, as they came to the socket before the portal.
    sends: int = 1
    #: Batches built, as they came to the socket before the portal.
    builds: int = 1


def _gone(stage: str, cut: Cut, *, delivered: bool, sends: int, builds: int) -> Case:
    whether = "done all the same" if delivered else "never done"
    return Case(
        f"the answer to {stage} is lost ({cut}); it was {whether}",
        loss=Loss(cut, delivered),
        lost=stage,
        sends=sends,
        builds=builds,
    )


CASES = (
    Case("nothing goes wrong"),
    # one claim leaves, the others go on
    Case("one claim has errors", Fault.REJECT, whose=1, ends=(FOUND, REFUSED)),
    Case("the payer has one claim", Fault.DUPLICATE_WARNING, whose=1, times=None, ends=(FOUND, KNOWN)),
    Case("one claim is not saved", Fault.BAD_GATEWAY_BEFORE, "save", whose=1, ends=(FOUND, ALONE)),
    Case(
        "one claim is saved behind an error page",
        Fault.BAD_GATEWAY_AFTER,
        "save",
        whose=1,
        ends=(FOUND, ALONE),
    ),
    Case("the session ends while one is saved", Fault.SESSION_LOST, "save", whose=1, ends=(FOUND, ALONE)),
    Case(
        "the page cuts one account",
        Fault.TRUNCATE_FIELD,
        whose=None,
        times=2,
        ends=(Stands(State.HELD, stored=0), FOUND),
    ),
    Case("the payer keeps one otherwise", Fault.STORED_CHARGE_CHANGED, whose=1, ends=(FOUND, WRONG)),
    # building
    Case("the batch is not built", Fault.BAD_GATEWAY_BEFORE, "build", builds=2),
    _gone("build", Cut.FIN, delivered=True, sends=1, builds=2),
    replace(_gone("save", Cut.HALF, delivered=True, sends=1, builds=1), ends=(ALONE, FOUND)),
    # sending
    Case("the batch is taken behind an error page", Fault.GATEWAY_TIMEOUT_AFTER, "submit"),
    Case("the session ends while it is sent", Fault.SESSION_LOST, "submit", sends=2, builds=2),
    _gone("submit", Cut.FIN, delivered=True, sends=1, builds=1),
    _gone("submit", Cut.FIN, delivered=False, sends=2, builds=2),
    _gone("submit", Cut.HANG, delivered=True, sends=1, builds=1),
    Case(
        "two buttons send it",
        Fault.DOUBLE_BUTTON,
        whose=None,
        sends=0,
        builds=1,
        ends=(Stands(State.QUEUED, stored=0),) * 2,
    ),
    # answers
    Case("a banner, and the payer has nothing", Fault.BANNER_NOTHING, sends=2, builds=2),
    Case(
        "a flawless answer, and the payer has nothing",
        Fault.PHANTOM_RECEIPT,
        ends=(LOST_AT_THE_PAYER, LOST_AT_THE_PAYER),
    ),
    Case("the answer shows the batch before", Fault.RECEIPT_STALE),
    Case("the answer shows somebody else's claim", Fault.RECEIPT_OF_ANOTHER),
    Case("the answer shows another charge", Fault.RECEIPT_CHARGE_CHANGED),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_fault(case: Case, tmp_path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    if case.loss and case.loss.cut is Cut.HANG:
        monkeypatch.setattr(send_once, "SEND_TIMEOUT_MS", 1500)
    if case.fault is not Fault.DUPLICATE_WARNING:
        # a payer that notices duplicates by itself would hide a second send
        monkeypatch.setattr(Portal, "duplicate_of", lambda *_: None)
    patience = timedelta(seconds=3) if case.fault in SILENT else PATIENCE
    batch = [one.model_copy(update={"prior_authorisation": "PA4471"}) for one in claims(SLUG, 4)]
    with wired_office(SLUG, tmp_path, loop, DELAY, patience, signs_in=False) as (one, wire):
        earlier = one.queue(batch[2:] if case.fault is Fault.RECEIPT_STALE else ())
        if earlier:
            one.run()
        ids = one.queue(batch[:2])
        if case.fault is not None:
            one.portal.inject(
                case.fault, case.where, case.times, None if case.whose is None else batch[case.whose].account
            )
        adapter = one.payer.adapter.together()
        assert adapter is not None
        lost, final = adapter.stage(case.lost), adapter.final
        if case.loss is not None:
            wire.lose(case.loss, lost.method, lost.path)
        build = adapter.stage(adapter.build)
        sent, built = wire.count(final.method, final.path), wire.count(build.method, build.path)
        assert one.run().balanced
        for _ in range(3):
            _let_a_day_pass(one)
        rows = [one.claim(claim_id) for claim_id in ids]
        found = tuple(
            Stands(State(row["state"]), Proof(row["proof"]), one.stored(claim.account))
            for row, claim in zip(rows, batch, strict=False)
        )
        assert found == case.ends, ([row["reason"] for row in rows], one.watcher.stops)
        assert wire.count(final.method, final.path) - sent == case.sends
        assert wire.count(build.method, build.path) - built == case.builds
        assert all(one.claim(claim_id)["state"] == "accepted" for claim_id in earlier)


def _let_a_day_pass(one: TestOffice) -> None:
    """What was unclear is looked up, and what provably did not arrive is sent again."""
    rows = views.claim_rows(one.ledger)
    if any(row["state"] in ("queued", "received", "unknown") or row["proof"] == "receipt" for row in rows):
        one.clock.advance(DELAY.total_seconds() + 90)
        one.run(Order(look_ups_only=True))
        one.run()

"""Weeks at the fake payer: claims are followed until they are decided, and its own books say what is right."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.claims import business_days
from bot.claims.model import Claim
from bot.claims.vocabulary import DECIDED, Proof, State, Status
from bot.ledger import people, views
from bot.ledger.store import Act
from bot.ledger.views import Row
from bot.testing import FakeAdapter, Step
from bot.work import serve
from bot.work.dispatch import Order
from bot.work.schedule import day_of
from fixtures.claims.generate import claims
from tests.conftest import Loop
from tests.faults.test_together import FakeOffice
from tests.unit.ledger.books import hasten

#: A Monday, in the evening of an office.
START = datetime(2026, 7, 6, 23, 0, tzinfo=UTC)
FOLLOW_UP = Order(look_ups_only=True)


def _after(days: int, words: str, **more: object) -> Step:
    return Step(timedelta(days=days), words, **more)  # type: ignore[arg-type]


PAID = {"allowed": "80.00", "paid": "64.00", "paid_on": "2026-08-03", "payment_number": "EFT0001"}
#: What becomes of claims, in turn.
FATES: tuple[tuple[Step, ...], ...] = (
    (_after(15, "Paid", **PAID),),
    (_after(3, "In process"), _after(25, "Paid", **PAID)),
    (_after(18, "Denied", paid="0.00", reasons=("CO-50",)),),
    (_after(10, "Information requested", answer_by="2026-08-14"), _after(40, "Paid", **PAID)),
    (_after(10, "Zeta review"), _after(50, "Paid", **PAID)),
    (_after(10, "", shown=False), _after(30, "In process"), _after(60, "Paid", **PAID)),
    (_after(3, "In process"), _after(80, "Paid", **PAID)),
    (_after(3, "In process"), _after(130, "Denied", paid="0.00", reasons=("our policy 17",))),
)


class Weeks(FakeOffice):
    """An office whose days pass when it is told."""

    def __init__(self, folder: Path, loop: Loop, number: int) -> None:
        super().__init__(folder, loop)
        self.some = claims("northstar", number)
        hasten(self.database)
        self.advance((START - self.clock.now()).total_seconds())

    def pass_days(self, days: int) -> None:
        """Follow up every evening."""
        for _ in range(days):
            self.advance(86400)
            self.follow_up()

    def follow_up(self) -> None:
        """Follow up, and see that nothing is asked before it is due."""
        due = {row["account"]: row["due_at"] for row in self.rows() if row["due_at"]}
        before = len(self.portal.searches)
        assert self.run(FOLLOW_UP).balanced
        for account, at in self.portal.searches[before:]:
            assert due[account] <= at

    def rows(self) -> list[Row]:
        return list(views.claim_rows(self.ledger))

    def row(self, claim: Claim) -> Row:
        return views.claim_rows(self.ledger, account=claim.account)[0]

    def kinds(self) -> list[str]:
        """Kinds of the open tasks."""
        return sorted(task["kind"] for task in views.task_rows(self.ledger))


@pytest.fixture
def weeks(tmp_path: Path, loop: Loop) -> Iterator[Weeks]:
    one = Weeks(tmp_path, loop, 60)
    yield one
    one.close()


def _sent(weeks: Weeks, *fate: Step) -> Claim:
    """One claim with this fate, sent."""
    claim = weeks.some[0]
    weeks.portal.plan = {claim.account: fate}
    weeks.queue(1)
    weeks.run()
    return claim


def test_every_claim_is_followed_until_it_is_decided(weeks: Weeks) -> None:
    weeks.portal.plan = {claim.account: FATES[number % len(FATES)] for number, claim in enumerate(weeks.some)}
    weeks.queue(len(weeks.some))
    weeks.run()
    sent = len(weeks.portal.searches)  # the second witness
    weeks.pass_days(190)
    for stored in weeks.portal.claims:
        [row] = views.claim_rows(weeks.ledger, account=stored["account"])
        step = weeks.portal.standing(stored)
        assert (row["state"], row["proof"]) == (State.ACCEPTED, Proof.BOTH)
        assert (row["status"], row["payer_words"]) == (FakeAdapter.words[step.words.lower()], step.words)
        assert row["paid"] == Decimal(step.paid or 0)
        assert row["allowed"] == (Decimal(step.allowed) if step.allowed else None)
        assert (row["payment_number"], row["payer_reasons"]) == (step.payment_number, list(step.reasons))
        assert row["due_at"] is None
    # sent once, whatever the search showed or did not
    assert set(Counter(weeks.portal.posts).values()) == {1}
    assert len(weeks.portal.posts) == len(weeks.some)
    _judge_searches(weeks, sent)
    tasks = views.task_rows(weeks.ledger, every=True)
    assert max(Counter(task["cause"] for task in tasks).values()) == 1
    assert Counter(task["kind"] for task in tasks) == {
        "denied": 2,
        "info_requested": 1,
        "unrecognised": 1,
        "not_on_file": 1,
        # those that moved on day 50 or later, but for those that nobody could find: they moved on day 30
        "overdue": sum(number % len(FATES) in (4, 5, 6, 7) for number in range(len(weeks.some))),
    }
    assert weeks.kinds() == ["denied", "denied"]


def _judge_searches(weeks: Weeks, sent: int) -> None:
    """None came before the first window, and none after the payer's decision was seen."""
    seen: set[str] = set()
    stored = {claim["account"]: claim for claim in weeks.portal.claims}
    for account, at in weeks.portal.searches[sent:]:
        assert account not in seen
        received = datetime.fromisoformat(stored[account]["received_at"])
        assert business_days.between(day_of(received), day_of(at)) >= 14
        fate = weeks.portal.plan[account]
        words = next((step.words for step in reversed(fate) if received + step.after <= at), "received").lower()
        if FakeAdapter.words.get(words) in DECIDED:
            seen.add(account)
    assert seen == set(stored)


def test_only_a_follow_up_follows_up(weeks: Weeks) -> None:
    claim = _sent(weeks, _after(1, "Paid", **PAID))
    weeks.advance(60 * 86400)
    searches = len(weeks.portal.searches)
    weeks.run()
    assert (len(weeks.portal.searches), weeks.row(claim)["status"]) == (searches, Status.PENDING)
    done = weeks.run(FOLLOW_UP)
    document = done.document()
    assert (document["looked_up"], document["statuses"]) == (1, {"paid": 1})
    assert (document["queued"], document["accepted"], document["balanced"]) == (1, 1, True)


def test_unattended_work_follows_up_too(weeks: Weeks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "TICK", timedelta(seconds=0.05))
    claim = _sent(weeks, _after(1, "Paid", **PAID))
    weeks.advance(60 * 86400)

    async def play() -> None:
        stopping = asyncio.Event()
        weeks.watcher.then.append(stopping.set)
        await serve.serve(weeks.workshop, weeks.watcher, stopping)

    weeks.loop.run(play())
    assert weeks.row(claim)["status"] == Status.PAID


def test_lines_are_paid_apart(weeks: Weeks) -> None:
    claim = next(one for one in weeks.some if len(one.lines) > 1)
    weeks.some = [claim]
    shown = [(line.code, "Paid", "10.00") for line in claim.lines]
    shown[-1] = (claim.lines[-1].code, "Denied", "0.00")
    _sent(weeks, _after(1, "Paid", paid="10.00", lines=tuple(shown)))
    weeks.pass_days(30)
    row = weeks.row(claim)
    assert row["status"] == Status.PAID_PART
    lines = views.claim_history(weeks.ledger, row["id"])["lines"]
    assert [(line["status"], line["paid"]) for line in lines] == [
        (word.lower(), Decimal(paid)) for _, word, paid in shown
    ]


def test_lines_that_are_not_ours_say_nothing_of_ours(weeks: Weeks) -> None:
    claim = _sent(weeks, _after(1, "Paid", paid="10.00", lines=(("00000", "Paid", "10.00"),) * 9))
    weeks.pass_days(30)
    history = views.claim_history(weeks.ledger, weeks.row(claim)["id"])
    assert {(line["status"], line["paid"]) for line in history["lines"]} == {(Status.PAID, None)}


def test_a_claim_that_is_shown_no_more_is_not_on_file_and_not_sent_again(weeks: Weeks) -> None:
    claim = _sent(weeks, _after(1, "", shown=False))
    weeks.pass_days(40)
    row = weeks.row(claim)
    assert (row["state"], row["status"], row["sent"]) == (State.ACCEPTED, Status.NOT_ON_FILE, "once")
    assert row["control_number"]
    assert weeks.kinds() == ["not_on_file"]
    weeks.run()
    assert weeks.portal.posts == [claim.account]
    weeks.portal.plan = {claim.account: (_after(1, "In process"),)}
    weeks.pass_days(5)
    assert (weeks.row(claim)["status"], weeks.kinds()) == (Status.PENDING, [])
    history = views.claim_history(weeks.ledger, row["id"])
    looked_up = [one for one in history["events"] if one["what"] == "looked_up"]
    assert len(looked_up) == sum(one["kind"] == "look-up" for one in history["evidence"]) - 1
    assert [one["why"] for one in looked_up][-1] == "not yet paid"


def test_other_content_is_disputed(weeks: Weeks) -> None:
    claim = _sent(weeks)
    weeks.portal.claims[0]["charge"] = "$1.00"
    weeks.pass_days(30)
    row = weeks.row(claim)
    assert (row["state"], weeks.kinds()) == (State.DISPUTED, ["disputed"])
    weeks.pass_days(60)
    assert weeks.portal.posts == [claim.account]


def test_an_overdue_claim_is_one_task_that_says_what_is_next(weeks: Weeks) -> None:
    claim = _sent(weeks, _after(1, "In process"), _after(100, "Information requested"))
    weeks.pass_days(40)
    assert weeks.kinds() == []
    weeks.pass_days(10)
    [first] = views.task_rows(weeks.ledger)
    assert (first["kind"], [one["account"] for one in first["claims"]]) == ("overdue", [claim.account])
    weeks.pass_days(20)
    [second] = views.task_rows(weeks.ledger)
    assert second["id"] == first["id"]
    assert second["action"] != first["action"]
    weeks.pass_days(60)
    assert weeks.kinds() == ["info_requested"]


def test_a_claim_entered_by_hand_is_followed_too(weeks: Weeks) -> None:
    claim = _sent(weeks)
    [stored] = weeks.portal.claims
    other = weeks.some[1]
    weeks.some = [other]
    [_, claim_id] = weeks.queue(1)
    # the office's own hand: the payer has it under a number of its own
    by_hand = {**stored, **_as_entered(other), "control_number": "F000000777"}
    weeks.portal.claims.append(by_hand)
    people.entered_by_hand(weeks.ledger, claim_id, "F000000777", Act("ruth", weeks.clock.now()))
    weeks.portal.plan = {other.account: (_after(15, "Paid", **PAID),)}
    weeks.follow_up()
    row = weeks.row(other)
    assert (row["state"], row["proof"], row["status"]) == (State.ACCEPTED, Proof.LOOK_UP, Status.PENDING)
    weeks.pass_days(30)
    assert (weeks.row(other)["status"], weeks.row(other)["paid"]) == (Status.PAID, Decimal("64.00"))
    assert weeks.portal.posts == [claim.account]


def _as_entered(claim: Claim) -> dict[str, str]:
    return {
        "account": claim.account,
        "member_id": claim.subscriber.member_id,
        "service_from": str(claim.service_from),
        "service_to": str(claim.service_to),
        "charge": f"${claim.charge:,.2f}",
    }


def test_payers_say_when(weeks: Weeks) -> None:
    """A policy of the payer's own, and a portal whose search is slow to show anything."""
    follow_up = weeks.payer.policy.follow_up.model_copy(update={"looks": (1, 2)})
    policy = weeks.payer.policy.model_copy(update={"follow_up": follow_up})
    payer = replace(weeks.payer, policy=policy, visibility_delay=timedelta(days=9))
    weeks.workshop.office.payers["fake"] = payer  # type: ignore[index]
    _sent(weeks)
    weeks.pass_days(8)
    assert weeks.portal.searches == []
    weeks.pass_days(10)
    asked = [(at - START).days for _, at in weeks.portal.searches]
    assert asked[0] == 9
    assert len(asked) > 3

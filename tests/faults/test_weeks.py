"""Weeks at the fake payer: claims are followed until they are decided, and its own books say what is right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.claims.model import Claim
from bot.claims.vocabulary import Proof, State, Status
from bot.ledger import people, views
from bot.ledger.store import Act
from bot.testing import Step
from bot.work import serve
from tests.conftest import Loop
from tests.faults.quarter import FOLLOW_UP, START, Weeks, at_the_fake

PAID = {"allowed": "40.00", "paid": "32.00", "paid_on": "2026-08-03", "payment_number": "EFT0001"}


def _after(days: int, words: str, **more: object) -> Step:
    return Step(timedelta(days=days), words, **more)  # type: ignore[arg-type]


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


@pytest.mark.parametrize("seed", [3, 7])
def test_a_quarter(seed: int, tmp_path: Path, loop: Loop) -> None:
    """`make soak` plays one with a thousand claims."""
    figures = at_the_fake(tmp_path, loop, 50, seed)
    assert figures.faults == []
    assert (figures.doubled, figures.paid > 0) == (0, True)


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
    claim = _sent(weeks, _after(1, "Paid", paid="10.00", lines=(("00000", "Paid", "2.00"),) * 5))
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


def test_a_payer_that_changes_its_mind_is_believed_as_it_stands(weeks: Weeks) -> None:
    """Once a decision has been seen, nobody asks again: remittances tell what comes after it."""
    taken_back, paid_twice, asked = (claim.account for claim in weeks.some[:3])
    weeks.portal.plan = {
        taken_back: (_after(1, "Paid", **PAID), _after(10, "Reversed", allowed="0.00", paid="0.00")),
        paid_twice: (_after(1, "Paid", **PAID), _after(10, "In process"), _after(30, "Paid", **PAID)),
        asked: (_after(1, "Information requested", answer_by="2026-08-20"), _after(25, "In process")),
    }
    weeks.queue(3)
    weeks.run()
    weeks.pass_days(24)
    assert "the payer asks for something, by 08/20/2026" in _learned(weeks, asked)
    told = {row["account"]: (row["status"], row["paid"], row["answer_by"]) for row in weeks.rows()}
    assert told == {
        taken_back: (Status.REVERSED, Decimal("0.00"), None),
        paid_twice: (Status.PENDING, None, None),
        asked: (Status.INFO_REQUESTED, None, date(2026, 8, 20)),
    }
    assert weeks.kinds() == ["info_requested", "reversed"]
    weeks.pass_days(26)
    told = {row["account"]: (row["status"], row["paid"], row["answer_by"]) for row in weeks.rows()}
    assert told == {
        taken_back: (Status.REVERSED, Decimal("0.00"), None),
        paid_twice: (Status.PAID, Decimal("32.00"), None),
        asked: (Status.PENDING, None, None),
    }
    assert weeks.kinds() == ["overdue", "reversed"]


def _learned(weeks: Weeks, account: str) -> str:
    """What was last learned of a claim."""
    [row] = views.claim_rows(weeks.ledger, account=account)
    return [str(event["why"]) for event in views.claim_history(weeks.ledger, row["id"])["events"]][-1]


def test_amounts_that_do_not_add_up_are_one_task_until_they_do(weeks: Weeks) -> None:
    wrong = [_after(days, "Paid", paid="32.00", lines=(("99213", "Paid", "31.00"),)) for days in (1, 30)]
    claim = _sent(weeks, *wrong, _after(50, "Paid", **PAID))
    weeks.pass_days(45)
    row = weeks.row(claim)
    assert (row["status"], row["paid"], weeks.kinds()) == (Status.PENDING, None, ["doubtful"])
    assert "$31.00 for the lines together" in row["reason"]
    # words that nobody knows are asked about as often
    assert len(weeks.portal.searches) > 3
    weeks.pass_days(15)
    row = weeks.row(claim)
    assert (row["status"], row["paid"], row["reason"]) == (Status.PAID, Decimal("32.00"), "")
    assert weeks.kinds() == []
    assert len(views.task_rows(weeks.ledger, every=True)) == 1


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
    assert (weeks.row(other)["status"], weeks.row(other)["paid"]) == (Status.PAID, Decimal("32.00"))
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

"""A claim that the payer has, looked up again: it is never sent again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.claims.vocabulary import Proof, Sent, State, Status
from bot.portal.follow_up import followed
from bot.portal.look_up import LookUp, Verdict, judge
from bot.portal.submission import Outcome, told
from payers.northstar.adapter import Northstar
from tests.unit.portal.test_look_up import FORMAT, KEPT, NUMBER, ROW, SOUGHT, Slow

ADAPTER = Northstar("http://x")
NOW = Outcome(
    State.ACCEPTED, sent=Sent.ONCE, proof=Proof.BOTH, control_number=NUMBER, status=Status.PENDING, evidence=()
)


@pytest.mark.parametrize("proof", [Proof.NONE, Proof.LOOK_UP, Proof.BOTH])
@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("conclusive", [True, False])
@pytest.mark.parametrize("adapter", [Northstar, Slow])
def test_whatever_is_shown_it_is_never_sent_again(
    proof: Proof, verdict: Verdict, conclusive: bool, adapter: type[Northstar]
) -> None:
    row = ROW if verdict is Verdict.FOUND else None
    found = LookUp(verdict, row, 1, (KEPT,))
    outcome = followed(replace(NOW, proof=proof), found, adapter("http://x"), conclusive=conclusive)
    assert outcome.state in (State.ACCEPTED, State.DISPUTED)
    assert (outcome.sent, outcome.control_number, outcome.evidence) == (Sent.ONCE, NUMBER, (KEPT,))
    assert (outcome.state is State.DISPUTED) is (verdict is Verdict.DIFFERENT and proof is not Proof.NONE)
    gone = verdict is Verdict.ABSENT and conclusive and proof is not Proof.NONE and adapter is Northstar
    assert outcome.status is (Status.NOT_ON_FILE if gone else Status.PENDING)
    assert outcome.needs_person is (verdict is Verdict.DIFFERENT)
    assert bool(outcome.reason) is (verdict is not Verdict.FOUND)


def test_who_entered_it_by_hand_is_borne_out() -> None:
    outcome = followed(replace(NOW, proof=Proof.NONE), LookUp(Verdict.FOUND, ROW, 1), ADAPTER, conclusive=True)
    assert outcome.proof is Proof.LOOK_UP


@pytest.mark.parametrize(
    ("before", "words", "after"),
    [
        (Status.PENDING, "Paid", Status.PAID),
        (Status.PENDING, " DENIED ", Status.DENIED),
        (Status.PENDING, "", Status.PENDING),
        (Status.PENDING, "Zeta review", Status.UNRECOGNISED),
        (Status.NOT_ON_FILE, "In process", Status.PENDING),
        (Status.PAID, "In process", Status.PAID),  # a decision does not give way to what came before it
        (Status.PAID, "Zeta review", Status.UNRECOGNISED),
    ],
)
def test_the_payers_word(before: Status, words: str, after: Status) -> None:
    row = replace(ROW, words=words)
    outcome = told(replace(NOW, status=before), row, ADAPTER)
    assert outcome.status is after
    assert (outcome.shown == row) is (outcome.status is not before or words == "Paid")


def test_a_search_that_shows_what_was_not_asked_for_has_not_answered() -> None:
    other_day = replace(ROW, control_number="9" * 17, service_from=date(2026, 5, 1), service_to=date(2026, 5, 1))
    somebody = replace(ROW, control_number="9" * 17, member_id="11111111")
    of_the_same_days = replace(ROW, control_number="9" * 17, account="MH2")
    for row, answered in ((other_day, False), (somebody, False), (of_the_same_days, True)):
        found = judge([row], replace(SOUGHT, control_number=NUMBER), (), FORMAT)
        assert (found.verdict, found.answered) == (Verdict.ABSENT, answered)
        outcome = followed(NOW, found, ADAPTER, conclusive=True)
        assert outcome.status is (Status.NOT_ON_FILE if answered else Status.PENDING)
        assert outcome.reason

"""A claim that the payer has, looked up again: it is never sent again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.claims.vocabulary import Proof, Sent, State, Status
from bot.portal.adapter import FoundLine, Search
from bot.portal.follow_up import followed
from bot.portal.look_up import LookUp, Verdict
from bot.portal.submission import Outcome, told
from payers.northstar.adapter import Northstar
from payers.northstar.form import SEARCH
from tests.unit.portal.test_look_up import KEPT, NUMBER, ROW, Slow

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


def test_a_claim_of_which_one_line_is_not_paid_is_paid_in_part() -> None:
    lines = (FoundLine("99490", "Paid"), FoundLine("99439", "Denied"))
    outcome = told(NOW, replace(ROW, words="Paid", lines=lines), ADAPTER)
    assert (outcome.status, outcome.shown_lines) == (Status.PAID_PART, (Status.PAID, Status.DENIED))
    one_word = tuple(replace(line, words="") for line in lines)
    assert told(NOW, replace(ROW, words="Paid", lines=one_word), ADAPTER).status is Status.PAID


def test_a_search_may_show_what_was_paid() -> None:
    row = {
        **dict.fromkeys((SEARCH.shows_number, SEARCH.shows_status), "x"),
        **dict.fromkeys((SEARCH.shows_from, SEARCH.shows_to), "07/01/2026"),
        SEARCH.shows_charge: "$80.00",
        "Allowed": "$1,064.00",
        "Paid": "$64.00",
        "Paid on": "08/03/2026",
        "Check": "EFT0001",
        "Codes": "CO-45; PR-2, N4",
        "Answer by": "",
    }
    bare = replace(
        SEARCH, shows_account=None, shows_member_id=None, shows_received=None, shows_tracking_number=None
    )
    assert bare.found(row).paid is None
    search: Search = replace(
        bare,
        shows_allowed="Allowed",
        shows_paid="Paid",
        shows_paid_on="Paid on",
        shows_payment_number="Check",
        shows_reasons="Codes",
        shows_answer_by="Answer by",
    )
    found = search.found(row)
    assert (found.allowed, found.paid, found.paid_on) == (Decimal("1064"), Decimal("64"), date(2026, 8, 3))
    assert (found.payment_number, found.reasons, found.answer_by) == ("EFT0001", ("CO-45", "PR-2", "N4"), None)

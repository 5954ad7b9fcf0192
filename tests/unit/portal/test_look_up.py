"""What the payer's own search proves, row by row; and where a claim stands after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bot.claims.vocabulary import Proof, Sent, State, Status
from bot.portal.adapter import FoundClaim, FoundLine, Limits, SentAs
from bot.portal.evidence import Evidence
from bot.portal.look_up import LookUp, Sought, Verdict, judge
from bot.portal.submission import Outcome, resolved, witnessed
from payers.northstar.adapter import Northstar

ARMED = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
NUMBER = "20261820000000001"
OTHER = "20261820000000002"
SOUGHT = Sought(SentAs("MH1", "40210000"), date(2026, 6, 1), date(2026, 6, 2), Decimal("128.00"), ARMED)
ROW = FoundClaim(
    control_number=NUMBER,
    account="MH1",
    member_id="40210000",
    service_from=date(2026, 6, 1),
    service_to=date(2026, 6, 2),
    charge=Decimal("128.00"),
    received_at=ARMED,
    words="In process",
)
STRANGER = replace(ROW, control_number=OTHER, account="X1", charge=Decimal("118.00"))
KEPT = Evidence("look-up", "0" * 64, "a.zip.enc", ARMED, 3)
FORMAT = r"\d{17}"


@pytest.mark.parametrize(
    ("rows", "others", "verdict"),
    [
        pytest.param([], (), Verdict.ABSENT, id="nothing"),
        pytest.param([ROW], (), Verdict.FOUND, id="equal"),
        pytest.param([STRANGER, ROW], (), Verdict.FOUND, id="equal, among the member's other claims"),
        pytest.param(
            [replace(ROW, account=None, member_id=None)], (), Verdict.FOUND, id="only dates and charge shown"
        ),
        pytest.param([replace(ROW, received_at=None)], (), Verdict.FOUND, id="no time of receipt shown"),
        pytest.param([replace(ROW, charge=Decimal("138.00"))], (), Verdict.DIFFERENT, id="other charge"),
        pytest.param(
            [replace(ROW, charge=Decimal("138.00"), received_at=None)],
            (),
            Verdict.UNSURE,
            id="other charge, and nobody says when it came",
        ),
        pytest.param([replace(ROW, service_to=date(2026, 6, 3))], (), Verdict.DIFFERENT, id="other dates"),
        pytest.param([replace(ROW, account="MH2")], (), Verdict.UNSURE, id="other account"),
        pytest.param([replace(ROW, account="MH")], (), Verdict.UNSURE, id="account cut"),
        pytest.param(
            [replace(ROW, member_id="40210037")], (), Verdict.DIFFERENT, id="our account, another member"
        ),
        pytest.param(
            # a clock may be wrong: no proof that ours arrived, and none that it did not
            [replace(ROW, received_at=ARMED - timedelta(hours=1))],
            (),
            Verdict.UNSURE,
            id="older than the arm",
        ),
        pytest.param(
            [replace(ROW, received_at=ARMED + timedelta(hours=1))], (), Verdict.FOUND, id="younger than the arm"
        ),
        pytest.param([ROW], {NUMBER}, Verdict.ABSENT, id="the number of another claim of ours"),
        pytest.param(
            [ROW, replace(ROW, control_number=OTHER)], {OTHER}, Verdict.FOUND, id="one of two is another's"
        ),
        pytest.param([ROW, replace(ROW, control_number=OTHER)], (), Verdict.UNSURE, id="two of ours"),
        pytest.param([replace(ROW, charge=None, account=None)], (), Verdict.UNSURE, id="the charge not shown"),
        pytest.param(
            [replace(ROW, service_from=None, account=None)], (), Verdict.UNSURE, id="the dates not shown"
        ),
        pytest.param([replace(ROW, control_number="123")], (), Verdict.UNSURE, id="a number in another format"),
        pytest.param([replace(ROW, control_number=f"{NUMBER}0")], (), Verdict.UNSURE, id="a number one too long"),
        pytest.param([replace(ROW, control_number=None)], (), Verdict.UNSURE, id="no number"),
        pytest.param([STRANGER], (), Verdict.UNSURE, id="a stranger's"),
        pytest.param([STRANGER, replace(STRANGER, control_number="3" * 17)], (), Verdict.UNSURE, id="strangers"),
    ],
)
def test_a_search_for_a_claim_that_may_have_gone(
    rows: list[FoundClaim], others: set[str], verdict: Verdict
) -> None:
    found = judge(rows, SOUGHT, others, FORMAT)
    assert found.verdict is verdict
    if verdict is Verdict.FOUND:
        assert found.row is not None
        assert found.row.control_number == NUMBER
    if verdict in (Verdict.ABSENT, Verdict.UNSURE):
        assert found.row is None


def test_the_claim_that_ours_corrects_is_not_ours() -> None:
    sought = replace(SOUGHT, original=NUMBER)
    assert judge([ROW], sought, (), FORMAT).verdict is Verdict.ABSENT
    assert judge([ROW, replace(ROW, control_number=OTHER)], sought, (), FORMAT).verdict is Verdict.FOUND
    # without an original, a row without a number is not taken for it
    assert judge([replace(ROW, control_number="")], SOUGHT, (), FORMAT).verdict is Verdict.UNSURE


def test_what_is_not_shown_is_no_difference() -> None:
    """A search that shows no charges contradicts nothing: `disputed` would be a guess."""
    found = judge([replace(ROW, charge=None)], SOUGHT, (), FORMAT)
    witness = judge([replace(ROW, charge=None)], replace(SOUGHT, control_number=NUMBER), (), FORMAT)
    assert (found.verdict, witness.verdict) == (Verdict.UNSURE, Verdict.UNSURE)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        pytest.param([ROW], Verdict.FOUND, id="equal"),
        pytest.param([STRANGER, ROW], Verdict.FOUND, id="among others"),
        pytest.param([], Verdict.ABSENT, id="nothing"),
        pytest.param([STRANGER], Verdict.ABSENT, id="others only"),
        pytest.param([replace(ROW, control_number=OTHER)], Verdict.ABSENT, id="ours under another number"),
        pytest.param([replace(ROW, account="MH")], Verdict.DIFFERENT, id="account cut"),
        pytest.param([replace(ROW, charge=Decimal("138.00"))], Verdict.DIFFERENT, id="other charge"),
        pytest.param([replace(ROW, member_id="40210037")], Verdict.DIFFERENT, id="another member"),
    ],
)
def test_a_search_for_the_number_on_a_receipt(rows: list[FoundClaim], verdict: Verdict) -> None:
    assert judge(rows, replace(SOUGHT, control_number=NUMBER), (), FORMAT).verdict is verdict


RECEIPT = Outcome(
    State.ACCEPTED,
    sent=Sent.ONCE,
    proof=Proof.RECEIPT,
    control_number=NUMBER,
    status=Status.PENDING,
    due_at=ARMED,
    evidence=(KEPT,),
)
WAITING = Outcome(State.UNKNOWN, "No answer.", Sent.MAYBE, evidence=(KEPT,), due_at=ARMED)


def test_a_witness_that_agrees() -> None:
    outcome = witnessed(RECEIPT, LookUp(Verdict.FOUND, ROW, 1, (KEPT,)), Northstar("http://x"))
    assert outcome == replace(RECEIPT, proof=Proof.BOTH, due_at=None, evidence=(KEPT, KEPT), shown=ROW)


def test_a_witness_that_shows_other_content() -> None:
    outcome = witnessed(RECEIPT, LookUp(Verdict.DIFFERENT, ROW, 1), Northstar("http://x"))
    assert (outcome.state, outcome.needs_person, outcome.due_at) == (State.DISPUTED, True, None)
    assert outcome.control_number == NUMBER
    assert outcome.reason


def test_a_number_that_a_person_gave_is_of_a_claim_with_our_lines() -> None:
    given = replace(SOUGHT, control_number=NUMBER, codes=("99490", "99439"))
    ours = tuple(FoundLine(code) for code in ("99439", "99490"))
    assert judge([replace(ROW, lines=ours)], given, (), FORMAT).verdict is Verdict.FOUND
    assert judge([ROW], given, (), FORMAT).verdict is Verdict.FOUND  # its lines are not shown
    assert judge([replace(ROW, lines=ours[:1])], given, (), FORMAT).verdict is Verdict.DIFFERENT


def test_a_witness_that_shows_too_little_confirms_nothing_and_denies_nothing() -> None:
    outcome = witnessed(RECEIPT, LookUp(Verdict.UNSURE, ROW, 1), Northstar("http://x"))
    assert (outcome.state, outcome.proof, outcome.control_number) == (State.ACCEPTED, Proof.RECEIPT, NUMBER)
    assert (outcome.needs_person, outcome.due_at) == (True, None)


def test_a_witness_that_knows_nothing_of_it() -> None:
    outcome = witnessed(RECEIPT, LookUp(Verdict.ABSENT), Northstar("http://x"))
    assert (outcome.state, outcome.sent, outcome.proof) == (State.UNKNOWN, Sent.MAYBE, Proof.NONE)
    # a person, and never an automatic look-up that ends in sending it again
    assert (outcome.needs_person, outcome.due_at, outcome.control_number) == (True, None, None)
    assert NUMBER in outcome.reason


class Slow(Northstar):
    """A portal whose search proves nothing."""

    slug = "slow"
    limits = Limits(lines=50, diagnoses=12, look_up_authoritative=False)


@pytest.mark.parametrize("adapter", [Northstar, Slow])
@pytest.mark.parametrize("conclusive", [True, False])
def test_an_unknown_claim_that_is_found(adapter: type[Northstar], conclusive: bool) -> None:
    outcome = resolved(WAITING, LookUp(Verdict.FOUND, ROW, 1, (KEPT,)), adapter("http://x"), conclusive=conclusive)
    assert (outcome.state, outcome.proof, outcome.sent) == (State.ACCEPTED, Proof.LOOK_UP, Sent.ONCE)
    assert (outcome.control_number, outcome.status, outcome.due_at) == (NUMBER, Status.PENDING, None)
    assert outcome.evidence == (KEPT, KEPT)
    outcome = resolved(WAITING, LookUp(Verdict.DIFFERENT, ROW, 1), adapter("http://x"), conclusive=conclusive)
    assert (outcome.state, outcome.needs_person, outcome.control_number) == (State.DISPUTED, True, NUMBER)


def test_absent_too_early_means_waiting() -> None:
    outcome = resolved(WAITING, LookUp(Verdict.ABSENT), Northstar("http://x"), conclusive=False)
    assert outcome == WAITING


def test_absent_in_time_where_the_search_knows_means_never_arrived() -> None:
    outcome = resolved(WAITING, LookUp(Verdict.ABSENT), Northstar("http://x"), conclusive=True)
    assert (outcome.state, outcome.needs_person, outcome.due_at) == (State.QUEUED, False, None)


def test_absent_where_the_search_proves_nothing_is_for_a_person() -> None:
    outcome = resolved(WAITING, LookUp(Verdict.ABSENT), Slow("http://x"), conclusive=True)
    assert (outcome.state, outcome.needs_person, outcome.due_at) == (State.UNKNOWN, True, None)


@pytest.mark.parametrize("conclusive", [True, False])
def test_rows_that_may_be_ours_are_for_a_person(conclusive: bool) -> None:
    outcome = resolved(
        WAITING, LookUp(Verdict.UNSURE, None, 2, (KEPT,)), Northstar("http://x"), conclusive=conclusive
    )
    assert (outcome.state, outcome.sent, outcome.needs_person) == (State.UNKNOWN, Sent.MAYBE, True)
    assert outcome.due_at is None
    assert "2 claims" in outcome.reason


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("", Status.NONE),
        ("In process", Status.PENDING),
        (" DENIED ", Status.DENIED),
        ("Paid", Status.PAID),
        ("Pended for review", Status.UNRECOGNISED),
    ],
)
def test_the_payers_words(words: str, status: Status) -> None:
    assert Northstar("http://x").status_of(words) is status

"""The verdict that comes later: what a message, a tracking number in the search, or silence proves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.claims.vocabulary import Proof, Sent, State, Status
from bot.errors import PortalProblem
from bot.portal.adapter import FoundClaim, Receipt, SentAs
from bot.portal.evidence import Evidence
from bot.portal.look_up import LookUp, Sought, Verdict, judge
from bot.portal.submission import IN_FLIGHT, Outcome, resolved
from bot.portal.submission import judged as judged_receipt
from bot.portal.verdict import Pending, read_verdict, settled
from fixtures.claims.generate import claims
from payers.summit.adapter import Summit
from tests.conftest import Loop

CLAIM = claims("summit", 1)[0]
assert CLAIM.service_from is not None
assert CLAIM.service_to is not None
ARMED = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
FORM, OTHER_FORM = "T4100000001", "T4100000002"
NUMBER = "1726182000001"
ADAPTER = Summit("http://127.0.0.4")
SENT_AS = ADAPTER.sent_as(CLAIM)
SOUGHT = Sought(SENT_AS, CLAIM.service_from, CLAIM.service_to, CLAIM.charge, ARMED, tracking_number=FORM)
ROW = FoundClaim(
    None,
    SENT_AS.account,
    SENT_AS.member_id,
    CLAIM.service_from,
    CLAIM.service_to,
    CLAIM.charge,
    ARMED,
    "Pending",
    FORM,
)
DECIDED = replace(ROW, control_number=NUMBER, words="In process")
KEPT = Evidence("verdict", "0" * 64, "a.zip.enc", ARMED, 3)
NOW = Outcome(State.RECEIVED, sent=Sent.ONCE, tracking_number=FORM, status=Status.PENDING, due_at=ARMED)


def judged(*rows: FoundClaim, sought: Sought = SOUGHT, others: tuple[str, ...] = ()) -> LookUp:
    return judge(rows, sought, others, ADAPTER.control_number, ADAPTER.tracking_number)


def test_a_tracking_number_finds_its_row_and_no_other() -> None:
    stranger = replace(ROW, tracking_number=OTHER_FORM)
    assert judged(stranger, ROW) == LookUp(Verdict.FOUND, ROW)
    assert judged(stranger).verdict is Verdict.ABSENT
    assert judged(replace(ROW, account="X")).verdict is Verdict.DIFFERENT
    assert judged(replace(ROW, charge=CLAIM.charge + 10)).verdict is Verdict.DIFFERENT


def test_an_unknown_claim_is_found_by_a_row_that_has_only_a_tracking_number() -> None:
    unknown = replace(SOUGHT, tracking_number=None)
    assert judged(ROW, sought=unknown) == LookUp(Verdict.FOUND, ROW)
    assert judged(replace(ROW, tracking_number=None), sought=unknown).verdict is Verdict.UNSURE
    assert judged(replace(ROW, tracking_number="4100000001"), sought=unknown).verdict is Verdict.UNSURE
    assert judged(ROW, sought=unknown, others=(FORM,)).verdict is Verdict.ABSENT
    waiting = Outcome(State.UNKNOWN, sent=Sent.MAYBE, due_at=ARMED)
    outcome = resolved(waiting, LookUp(Verdict.FOUND, ROW, 1, (KEPT,)), ADAPTER, conclusive=True)
    assert (outcome.state, outcome.tracking_number, outcome.sent) == (State.RECEIVED, FORM, Sent.ONCE)
    assert (outcome.due_at, outcome.control_number, outcome.proof) == (ARMED, None, Proof.NONE)


@pytest.mark.parametrize(
    ("found", "misled", "overdue", "state", "person"),
    [
        (LookUp(Verdict.FOUND, ROW, 1), False, False, State.RECEIVED, False),
        (LookUp(Verdict.FOUND, ROW, 1), False, True, State.RECEIVED, True),
        (LookUp(Verdict.FOUND, ROW, 1), True, False, State.RECEIVED, True),
        (LookUp(Verdict.FOUND, DECIDED, 1), True, True, State.ACCEPTED, False),
        (LookUp(Verdict.DIFFERENT, DECIDED, 1), False, False, State.DISPUTED, True),
        (LookUp(Verdict.ABSENT), False, False, State.UNKNOWN, True),
        (LookUp(Verdict.UNSURE), False, False, State.RECEIVED, True),
    ],
)
def test_what_the_search_says_of_a_form(
    found: LookUp, misled: bool, overdue: bool, state: State, person: bool
) -> None:
    outcome = settled(NOW, found, ADAPTER, misled=misled, overdue=overdue)
    assert (outcome.state, outcome.needs_person, bool(outcome.reason)) == (state, person, person)
    # it is asked for again as long as it has no verdict, and never sent again
    assert (outcome.due_at is not None) == (state is State.RECEIVED)
    assert outcome.tracking_number == FORM
    assert state is not State.ACCEPTED or (outcome.control_number, outcome.proof) == (NUMBER, Proof.LOOK_UP)


class Clock:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


class Desk:
    """A session, a journal and a store in one: a portal that says what it is told to say."""

    page = None

    def __init__(
        self, message: Receipt | None, rows: tuple[FoundClaim, ...], age: timedelta, taken: str = ""
    ) -> None:
        desk, self.clock, self._taken = self, Clock(ARMED + age), taken
        self.asked: list[str] = []

        class Told(Summit):
            async def read_verdict(self, page: Any, tracking_number: str) -> Receipt | None:
                assert tracking_number == FORM
                return message

            async def find_claims(self, page: Any, sought: SentAs, *_: Any) -> tuple[FoundClaim, ...]:
                desk.asked.append(sought.account)
                return rows

        self.adapter = Told("http://127.0.0.4")

    async def persist(self, step: Any) -> Any:
        return await step()

    async def keep(self, page: Any, kind: str, at: datetime) -> Evidence:
        return replace(KEPT, kind=kind)

    async def taken(self, numbers: set[str]) -> frozenset[str]:
        return frozenset(numbers & {self._taken})


def told(
    loop: Loop,
    message: Receipt | None,
    *rows: FoundClaim,
    age: timedelta = timedelta(days=1),
    delay: timedelta = timedelta(0),
    taken: str = "",
) -> Outcome:
    desk = cast(Any, Desk(message, rows, age, taken))
    return loop.run(read_verdict(desk, Pending(CLAIM, NOW, SOUGHT, ARMED + IN_FLIGHT + delay, delay), desk, desk))


SHOWN = {
    "Patient Control Number": SENT_AS.account,
    "Medicare Number": SENT_AS.member_id,
    "From": f"{CLAIM.service_from:%m/%d/%Y}",
    "To": f"{CLAIM.service_to:%m/%d/%Y}",
    "Total Charge": f"${CLAIM.charge:,.2f}",
    "Lines": str(len(CLAIM.lines)),
}
ACCEPTED = Receipt(NUMBER, FORM, SHOWN, "Accepted")


def test_a_message_is_witnessed(loop: Loop) -> None:
    outcome = told(loop, ACCEPTED, DECIDED)
    assert (outcome.state, outcome.proof, outcome.control_number) == (State.ACCEPTED, Proof.BOTH, NUMBER)
    assert (outcome.tracking_number, [kept.kind for kept in outcome.evidence]) == (FORM, ["verdict", "look-up"])


def test_a_message_is_witnessed_later_where_the_search_is_late(loop: Loop) -> None:
    outcome = told(loop, ACCEPTED, delay=timedelta(hours=2))
    assert (outcome.state, outcome.proof) == (State.ACCEPTED, Proof.RECEIPT)
    assert outcome.due_at == ARMED + timedelta(days=1, hours=2)


def test_a_message_that_the_search_contradicts_proves_nothing(loop: Loop) -> None:
    outcome = told(loop, ACCEPTED)
    assert (outcome.state, outcome.needs_person, outcome.control_number) == (State.UNKNOWN, True, None)


def test_a_message_that_refuses(loop: Loop) -> None:
    outcome = told(loop, Receipt(None, FORM, SHOWN, "Rejected", (PortalProblem("Units", "Too many."),)))
    assert (outcome.state, outcome.reason, outcome.due_at) == (State.REJECTED, "Units: Too many.", None)
    assert outcome.tracking_number == FORM


def test_a_message_that_names_an_older_claim(loop: Loop) -> None:
    outcome = told(loop, Receipt(None, FORM, SHOWN, "Rejected", duplicate_of="1726001000009"))
    assert (outcome.state, outcome.needs_person) == (State.DUPLICATE, True)
    assert "1726001000009" in outcome.reason


@pytest.mark.parametrize(
    "message",
    [
        replace(ACCEPTED, shown={**SHOWN, "Patient Control Number": "X1"}),
        replace(ACCEPTED, shown={}),
        replace(ACCEPTED, control_number="soon"),
        Receipt(None, FORM, {**SHOWN, "Medicare Number": "1EG4TE5MK73"}, "", (PortalProblem("", "No."),)),
        Receipt(None, FORM, {**SHOWN, "Medicare Number": "1EG4TE5MK73"}, "", duplicate_of=NUMBER),
        Receipt(None, FORM, {}, "", (PortalProblem("", "No."),)),
    ],
    ids=[
        "another's",
        "nothing repeated",
        "no number",
        "another's refusal",
        "another's duplicate",
        "nobody's refusal",
    ],
)
def test_a_message_that_is_no_verdict_on_this_claim(loop: Loop, message: Receipt) -> None:
    outcome = told(loop, message, ROW)
    assert (outcome.state, outcome.needs_person, outcome.control_number) == (State.RECEIVED, True, None)
    assert told(loop, message, DECIDED).proof is Proof.LOOK_UP


def test_a_form_with_the_number_of_another_form_proves_nothing(loop: Loop) -> None:
    journal = cast(Any, Desk(None, (), timedelta(0), FORM))
    sent = Receipt(None, FORM, SHOWN, "Pending")
    assert loop.run(judged_receipt(ADAPTER, CLAIM, sent, (), journal)) is None
    journal = cast(Any, Desk(None, (), timedelta(0)))
    outcome = loop.run(judged_receipt(ADAPTER, CLAIM, sent, (), journal))
    assert outcome is not None
    assert (outcome.state, outcome.tracking_number, outcome.proof) == (State.RECEIVED, FORM, Proof.NONE)


def test_the_number_of_another_claim_is_none_of_ours(loop: Loop) -> None:
    outcome = told(loop, ACCEPTED, ROW, taken=NUMBER)
    assert (outcome.state, outcome.needs_person) == (State.RECEIVED, True)


@pytest.mark.parametrize(("days", "person"), [(1, False), (4, False), (6, True)])
def test_silence_is_waited_for_and_then_asked_about(loop: Loop, days: int, person: bool) -> None:
    outcome = told(loop, None, ROW, age=timedelta(days=days))
    assert (outcome.state, outcome.needs_person, outcome.due_at) == (State.RECEIVED, person, ARMED)


def test_a_search_that_is_late_is_not_taken_for_an_answer(loop: Loop) -> None:
    late = told(loop, None, age=timedelta(hours=1), delay=timedelta(hours=2))
    assert (late.state, late.needs_person) == (State.RECEIVED, False)
    assert told(loop, None, age=timedelta(hours=3), delay=timedelta(hours=2)).state is State.UNKNOWN


def test_a_claim_that_is_off_line_is_not_taken_for_lost(loop: Loop) -> None:
    outcome = told(loop, None, age=timedelta(days=200))
    assert (outcome.state, outcome.needs_person) == (State.RECEIVED, True)

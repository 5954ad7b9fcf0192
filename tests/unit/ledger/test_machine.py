"""Whatever people, workers and crashes do in whatever order: no claim is lost, none is sent blindly again."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bot.claims.vocabulary import MOVES, STANDING, Sent, State
from bot.errors import LostClaim, Refused
from bot.ledger import people, queue, views
from bot.ledger.schema import attempts, claims, events, sends
from tests.conftest import Loop
from tests.unit.ledger.books import CLAIMS, Books, Journal, dearer

#: What a portal and its search can do to an armed claim.
ENDS = (
    State.ACCEPTED,
    State.RECEIVED,
    State.REJECTED,
    State.DUPLICATE,
    State.DISPUTED,
    State.UNKNOWN,
    State.QUEUED,
)
#: A claim in one of these was not left behind at the payer by an attempt that is still open.
AT_REST = frozenset(State) - {State.SUBMITTING, State.UNKNOWN}


class Office(RuleBasedStateMachine):
    """Two workers, a person and a machine that may stop at any moment."""

    loop: Loop
    empty: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "ledger.sqlite"
        shutil.copy(self.empty, path)
        self.books = Books(f"sqlite:///{path}", path.parent, self.loop)
        self.queued = 0
        self.journals: list[Journal] = []
        self.number = 0

    def teardown(self) -> None:
        self.books.close()
        self.folder.cleanup()

    def _pick(self, data: Any, *states: State) -> int | None:
        ids = [row["id"] for row in views.claim_rows(self.books.ledger) if not states or row["state"] in states]
        return data.draw(st.sampled_from(ids)) if ids else None

    @rule(
        number=st.integers(0, 2),
        fixed=st.booleans(),
        state=st.sampled_from([State.QUEUED, State.QUEUED, State.HELD, State.BLOCKED]),
    )
    def queue_one(self, number: int, fixed: bool, state: State) -> None:
        claim = dearer(CLAIMS[number]) if fixed else CLAIMS[number]
        self.queued += 1
        self.books.take_in(self.books.entry(claim, state))

    @rule(data=st.data())
    def pick(self, data: Any) -> None:
        claim_id = self._pick(data, State.QUEUED, State.UNKNOWN)
        if claim_id is not None:
            self.journals.append(self.books.journal(claim_id, f"worker {len(self.journals)}"))

    @precondition(lambda self: self.journals)
    @rule(data=st.data())
    def arm(self, data: Any) -> None:
        journal = data.draw(st.sampled_from(self.journals))
        before = self.books.row(journal.item.id)
        try:
            journal.arm()
        except (LostClaim, Refused):
            assert self.books.row(journal.item.id) == before
        else:
            assert before["state"] in (State.QUEUED, State.SUBMITTING)
            assert journal.still_mine()

    @precondition(lambda self: self.journals)
    @rule(data=st.data(), state=st.sampled_from(ENDS))
    def record(self, data: Any, state: State) -> None:
        journal = data.draw(st.sampled_from(self.journals))
        before = self.books.row(journal.item.id)
        if state not in MOVES[State(before["state"])]:
            return
        more: dict[str, Any] = {"sent": Sent.MAYBE if state is State.UNKNOWN else Sent.NEVER}
        if state is State.ACCEPTED:
            self.number += 1
            more["control_number"] = f"{self.number:017d}"
        if state is State.UNKNOWN:
            more["due_at"] = self.books.clock.now()
        try:
            after = journal.record(state, **more)
        except LostClaim:
            assert self.books.row(journal.item.id) == before
        else:
            assert after is state or (state, after) == (State.QUEUED, State.HELD)
            assert not journal.still_mine()

    @rule()
    def crash(self) -> None:
        self.journals.clear()
        queue.recover(self.books.ledger, self.books.clock.now())
        assert not [row for row in views.claim_rows(self.books.ledger) if row["state"] == State.SUBMITTING]

    @rule(seconds=st.sampled_from([1, 29, 31]))
    def time_passes(self, seconds: int) -> None:
        self.books.clock.advance(seconds)

    @rule(data=st.data(), deed=st.sampled_from(["hold", "release", "withdraw", "not_there", "entered_by_hand"]))
    def a_person_acts(self, data: Any, deed: str) -> None:
        claim_id = self._pick(data)
        if claim_id is None:
            return
        self.number += 1
        more = (f"{self.number:017d}",) if deed == "entered_by_hand" else ()
        one: object = [claim_id] if deed in ("hold", "release", "withdraw") else claim_id
        before = self.books.everything()
        try:
            getattr(people, deed)(self.books.ledger, one, *more, self.books.act("why"))
        except Refused:
            assert self.books.everything() == before

    @invariant()
    def no_claim_is_lost(self) -> None:
        files = views.file_rows(self.books.ledger)
        assert all(file["balanced"] for file in files)
        assert sum(file["claims"] for file in files) == self.queued

    @invariant()
    def at_most_one_attempt_is_open(self) -> None:
        open_ones = Counter(one["claim_id"] for one in self.books.rows(attempts) if one["closed_at"] is None)
        assert all(count == 1 for count in open_ones.values())
        for row in self.books.rows(claims):
            if row["state"] == State.SUBMITTING:
                assert open_ones[row["id"]] == 1
            if row["state"] in AT_REST:
                assert not open_ones[row["id"]]
        with_open = {one["send_id"] for one in self.books.rows(attempts) if one["closed_at"] is None}
        assert {one["id"] for one in self.books.rows(sends) if one["closed_at"] is None} == with_open

    @invariant()
    def what_stands_keeps_its_copies_out(self) -> None:
        rows = self.books.rows(claims)
        standing = [row["standing"] for row in rows if row["standing"]]
        assert len(standing) == len(set(standing))
        for row in rows:
            if row["state"] in STANDING - {State.CLOSED}:
                assert row["standing"] == row["fingerprint"]
            if row["state"] not in STANDING:
                assert row["standing"] is None

    @invariant()
    def every_change_is_written_down(self) -> None:
        told: dict[int, list[Any]] = {}
        for one in self.books.rows(events):
            if one["claim_id"] is not None and one["after"] is not None:
                told.setdefault(one["claim_id"], []).append(one)
        for row in self.books.rows(claims):
            steps = told[row["id"]]
            assert steps[-1]["after"] == row["state"]
            assert [one["before"] for one in steps[1:]] == [one["after"] for one in steps[:-1]]


def test_no_order_of_events_breaks_the_promises(loop: Loop, empty_ledger: Path) -> None:
    class Here(Office):
        pass

    Here.loop, Here.empty = loop, empty_ledger
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

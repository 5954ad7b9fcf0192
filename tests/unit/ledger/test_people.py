"""What people do: each act stores who, when, why, before and after, and none does more than it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.claims.vocabulary import Proof, Sent, State
from bot.errors import Refused, UnknownItem, UsageError
from bot.ledger import people, queue, tasks, views
from bot.ledger.queue import Scope
from bot.ledger.schema import attempts, events, pauses, sends
from bot.ledger.store import Act, Ledger
from tests.unit.ledger.books import CLAIMS, NOON, SEAT, Books, dearer, need

Deed = Callable[[Books, int, Act], None]

NUMBER = "20261820000000001"
DEEDS: dict[str, tuple[Deed, State, State]] = {
    "held": (lambda b, i, a: people.hold(b.ledger, [i], a), State.QUEUED, State.HELD),
    "released": (lambda b, i, a: people.release(b.ledger, [i], a), State.HELD, State.QUEUED),
    "withdrawn": (lambda b, i, a: people.withdraw(b.ledger, [i], a), State.QUEUED, State.WITHDRAWN),
    "entered_by_hand": (
        lambda b, i, a: people.entered_by_hand(b.ledger, i, NUMBER, a),
        State.QUEUED,
        State.ACCEPTED,
    ),
    "not_there": (lambda b, i, a: people.not_there(b.ledger, i, a), State.UNKNOWN, State.QUEUED),
}


def _unknown(books: Books, number: int = 0) -> int:
    """A claim whose send never ended."""
    claim_id = books.one(number=number)
    books.journal(claim_id).arm()
    queue.recover(books.ledger, books.clock.now())
    return claim_id


@pytest.mark.parametrize("what", DEEDS)
def test_every_act_stores_who_when_why_before_and_after(books: Books, what: str) -> None:
    deed, before, after = DEEDS[what]
    claim_id = books.one(before)
    books.clock.advance(60)
    deed(books, claim_id, books.act("I have called them"))
    event = books.last_event(claim_id)
    assert {key: event[key] for key in ("what", "who", "at", "why", "before", "after")} == {
        "what": what,
        "who": "ruth",
        "at": books.clock.now(),
        "why": "I have called them",
        "before": before,
        "after": after,
    }
    assert books.state(claim_id) is after


@pytest.mark.parametrize("what", DEEDS)
def test_no_act_on_a_claim_that_is_not_there(books: Books, what: str) -> None:
    before = books.everything()
    with pytest.raises(UnknownItem, match="There is no claim 99"):
        DEEDS[what][0](books, 99, books.act())
    assert books.everything() == before


@pytest.mark.parametrize(
    ("what", "allowed"),
    [
        ("released", {State.HELD}),
        ("not_there", {State.UNKNOWN, State.HELD}),
        (
            "withdrawn",
            {State.QUEUED, State.HELD, State.BLOCKED, State.UNKNOWN, State.REJECTED, State.WITHDRAWN},
        ),
    ],
)
def test_an_act_is_for_its_states_only(books: Books, what: str, allowed: set[State]) -> None:
    for number, state in enumerate(State):
        claim_id = books.one(state, number=number)
        before = books.everything()
        if state in allowed:
            DEEDS[what][0](books, claim_id, books.act())
        else:
            with pytest.raises(Refused):
                DEEDS[what][0](books, claim_id, books.act())
            assert books.everything() == before


@pytest.mark.parametrize("state", sorted(set(State) - {State.QUEUED, State.HELD}))
def test_only_a_claim_that_waits_for_its_turn_can_be_held(books: Books, state: State) -> None:
    """Held while it is being sent, a claim looks unsent; a blocked one, held and released, passes its edits by."""
    claim_id = books.one(state)
    before = books.everything()
    with pytest.raises(Refused):
        people.hold(books.ledger, [claim_id], books.act())
    assert books.everything() == before


def test_a_claim_being_sent_cannot_be_held_and_withdrawn_under_the_worker(books: Books) -> None:
    """Withdrawn it would make room for its copy while the request is on its way: the payer has it twice."""
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    for deed in (people.hold, people.withdraw):
        with pytest.raises(Refused):
            deed(books.ledger, [claim_id], books.act())
    assert books.take_in(books.entry(CLAIMS[0])).queued == 0
    assert journal.accept(NUMBER) is State.ACCEPTED


def test_a_claim_being_sent_is_not_entered_by_hand(books: Books) -> None:
    """Somebody types it in while ours is on its way: first we must know what became of ours."""
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    with pytest.raises(Refused):
        people.entered_by_hand(books.ledger, claim_id, NUMBER, books.act())
    assert journal.still_mine()


def test_an_accepted_claim_keeps_its_number(books: Books) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    journal.accept("2" * 17)
    with pytest.raises(Refused):
        people.entered_by_hand(books.ledger, claim_id, NUMBER, books.act())
    assert (books.row(claim_id)["control_number"], books.row(claim_id)["proof"]) == ("2" * 17, "both")


@pytest.mark.parametrize("deed", [people.hold, people.withdraw])
def test_several_claims_or_none(books: Books, deed: Callable[[Ledger, list[int], Act], None]) -> None:
    ids = books.queue(*CLAIMS[:3])
    books.put(ids[2], State.ACCEPTED)
    before = books.everything()
    for wrong in (ids[2], 99):
        with pytest.raises(UsageError):
            deed(books.ledger, [*ids[:2], wrong], books.act())
        assert books.everything() == before
    deed(books.ledger, ids[:2], books.act())
    assert len({books.state(claim_id) for claim_id in ids[:2]} - {State.QUEUED}) == 1


def test_a_held_claim_is_not_sent_until_it_is_released(books: Books) -> None:
    claim_id = books.one()
    people.hold(books.ledger, [claim_id], books.act())
    assert queue.next_claim(books.ledger, SEAT, Scope(books.clock.now()), books.clock.now()) is None
    assert books.row(claim_id)["reason"] == "Held by a person."
    people.release(books.ledger, [claim_id], books.act())
    item = queue.next_claim(books.ledger, SEAT, Scope(books.clock.now()), books.clock.now())
    assert item is not None
    assert books.row(claim_id)["reason"] == ""


def test_release_closes_the_task_behind_it(books: Books) -> None:
    books.one()
    books.take_in(books.entry(dearer(CLAIMS[0])))
    people.release(books.ledger, [2], books.act("both were done"))
    assert views.task_rows(books.ledger) == []
    assert books.state(2) is State.QUEUED


def test_a_copy_of_a_withdrawn_claim_that_may_have_gone_waits_for_a_person(books: Books) -> None:
    claim_id = _unknown(books)
    people.withdraw(books.ledger, [claim_id], books.act("they do not have it"))
    assert [(one["outcome"], one["closed_at"]) for one in books.rows(attempts)] == [("withdrawn", NOON)]
    assert books.rows(sends)[0]["closed_at"] == NOON
    assert books.row(claim_id)["due_at"] is None
    assert books.take_in(books.entry(CLAIMS[0])).held == 1


def test_a_withdrawn_claim_that_never_went_makes_room_for_its_copy(books: Books) -> None:
    people.withdraw(books.ledger, [books.one()], books.act("not ours"))
    assert books.take_in(books.entry(CLAIMS[0])).queued == 1


def test_a_claim_that_is_not_there_may_be_sent_again(books: Books) -> None:
    claim_id = _unknown(books)
    people.not_there(books.ledger, claim_id, books.act())
    row = books.row(claim_id)
    assert (row["state"], row["sent"], row["due_at"]) == ("queued", "never", None)
    assert "ruth looked" in row["reason"]
    journal = books.journal(claim_id)
    journal.arm()
    assert journal.still_mine()
    assert [one["closed_at"] is None for one in books.rows(attempts)] == [False, True]


@pytest.mark.parametrize(
    "state", [State.QUEUED, State.HELD, State.UNKNOWN, State.DUPLICATE, State.BLOCKED, State.REJECTED]
)
def test_entered_by_hand_under_the_payers_number(books: Books, state: State) -> None:
    claim_id = _unknown(books) if state is State.UNKNOWN else books.one(state)
    people.entered_by_hand(books.ledger, claim_id, NUMBER, books.act())
    row = books.row(claim_id)
    assert (row["state"], row["control_number"], row["sent"], row["due_at"]) == (
        State.ACCEPTED,
        NUMBER,
        Sent.ONCE,
        books.clock.now(),  # the payer is asked about it as about any other
    )
    # nobody but a person has seen it there
    assert row["proof"] == Proof.NONE
    assert all(one["closed_at"] for one in books.rows(attempts))


def test_two_claims_cannot_have_one_number(books: Books) -> None:
    first, second = books.one(), books.one(number=1)
    people.entered_by_hand(books.ledger, first, NUMBER, books.act())
    before = books.everything()
    with pytest.raises(Refused, match=f"belongs to claim {first}"):
        people.entered_by_hand(books.ledger, second, NUMBER, books.act())
    assert books.everything() == before
    [elsewhere] = books.queue(CLAIMS[2], payer="lakeshore")
    people.entered_by_hand(books.ledger, elsewhere, NUMBER, books.act())
    assert books.state(elsewhere) is State.ACCEPTED


def test_pause_and_resume_store_who_when_and_why(books: Books) -> None:
    people.pause(books.ledger, "northstar", None, people.PAUSED, books.act("their portal is being moved"))
    books.clock.advance(60)
    assert people.resume(books.ledger, "northstar", None, books.act("it is up", who="otto")) == 1
    [pause] = books.rows(pauses)
    assert {key: pause[key] for key in ("payer", "login", "kind", "why", "who", "at", "lifted_by")} == {
        "payer": "northstar",
        "login": None,
        "kind": "paused",
        "why": "their portal is being moved",
        "who": "ruth",
        "at": NOON,
        "lifted_by": "otto",
    }
    assert pause["lifted_at"] == books.clock.now()
    assert [(one["what"], one["who"], one["why"]) for one in books.rows(events)] == [
        ("paused", "ruth", "their portal is being moved"),
        ("resumed", "otto", "it is up"),
    ]


@pytest.mark.parametrize("login", [None, "main"])
def test_a_pause_stops_its_payer_or_its_login(books: Books, login: str | None) -> None:
    people.pause(books.ledger, "northstar", login, people.PAUSED, books.act("moved"))
    pause = queue.pause_of(books.ledger, "northstar", "main")
    assert pause is not None
    assert (pause.kind, pause.why, pause.login) == ("paused", "moved", login)
    assert (queue.pause_of(books.ledger, "northstar", "other") is None) is (login is not None)
    assert queue.pause_of(books.ledger, "lakeshore", "main") is None
    people.resume(books.ledger, "northstar", login, books.act())
    assert queue.pause_of(books.ledger, "northstar", "main") is None


def test_a_second_pause_for_the_same_reason_changes_nothing(books: Books) -> None:
    for _ in range(2):
        people.pause(books.ledger, "northstar", "main", people.PARKED, books.act("captcha"))
    assert len(books.rows(pauses)) == 1
    people.pause(books.ledger, "northstar", "main", people.PAUSED, books.act("holiday"))
    assert len(books.rows(pauses)) == 2
    assert people.resume(books.ledger, "northstar", "main", books.act()) == 2


def test_resume_closes_what_stopped_the_login_and_nothing_else(books: Books) -> None:
    claim_id = books.one(State.DISPUTED)
    with books.ledger.write() as connection:
        for login in ("main", "other"):
            tasks.open_task(
                connection,
                need(f"sign-in-refused:{login}", kind="sign-in-refused", payer="northstar", login=login),
                [],
                books.act(),
            )
        tasks.open_task(
            connection, need("claim:1", kind="disputed", payer="northstar", login="main"), [claim_id], books.act()
        )
    people.resume(books.ledger, "northstar", "main", books.act())
    assert [(row["kind"], row["login"]) for row in views.task_rows(books.ledger)] == [
        ("sign-in-refused", "other"),
        ("disputed", "main"),
    ]


def test_names_mean_payers_however_they_are_written(books: Books) -> None:
    people.map_name(books.ledger, "  Northstar   Medicaid ", "northstar", books.act())
    assert views.payer_named(books.ledger, "NORTHSTAR MEDICAID", "") == {"northstar"}
    assert views.payer_named(books.ledger, "", "other") == frozenset()
    people.map_name(books.ledger, "northstar medicaid", "lakeshore", books.act())
    assert views.payer_named(books.ledger, "Northstar Medicaid") == {"lakeshore"}
    people.unmap_name(books.ledger, "northstar medicaid", books.act())
    assert views.payer_named(books.ledger, "Northstar Medicaid") == frozenset()
    with pytest.raises(UnknownItem):
        people.unmap_name(books.ledger, "northstar medicaid", books.act())

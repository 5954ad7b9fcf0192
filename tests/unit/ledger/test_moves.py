"""Which state may follow which, and what a move changes: its claim and nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, insert, update
from sqlalchemy.exc import IntegrityError

from bot.claims.vocabulary import MOVES, SHOWN, STANDING, State
from bot.errors import LostClaim, Refused, UnknownItem
from bot.ledger.schema import attempts, claims, events, sends
from bot.ledger.store import Act, move
from tests.unit.ledger.books import CLAIMS, NOON, Books

#: A claim in one of these has nothing more to send, whoever says so: from here no move leads towards the portal.
SETTLED = frozenset(
    {
        State.ACCEPTED,
        State.RECEIVED,
        State.REJECTED,
        State.DUPLICATE,
        State.DISPUTED,
        State.WITHDRAWN,
        State.CLOSED,
    }
)


@pytest.mark.parametrize("before", State)
def test_a_claim_makes_the_moves_drawn_and_no_other(books: Books, before: State) -> None:
    act = Act("ruth", NOON, "because")
    for number, after in enumerate(State):
        claim_id = books.one(before, number=number % len(CLAIMS))
        row, rest = books.row(claim_id), books.everything()
        if after is before or after in MOVES[before]:
            with books.ledger.write() as connection:
                rev = move(connection, claim_id, after, act, rev=row["rev"], what="tested")
            expected = {
                **row,
                "state": after,
                "rev": row["rev"] + 1,
                "updated_at": NOON,
                "standing": row["fingerprint"] if _stands(before, after) else None,
            }
            if after is State.ACCEPTED is not before:
                expected["accepted_at"] = NOON
            assert books.row(claim_id) == expected
            assert rev == row["rev"] + 1
            event = books.last_event(claim_id)
            assert {key: event[key] for key in ("who", "at", "why", "what", "before", "after")} == {
                "who": "ruth",
                "at": NOON,
                "why": "because",
                "what": "tested",
                "before": before,
                "after": after,
            }
            new = books.everything()
            assert [one for one in new["claims"] if one["id"] != claim_id] == [
                one for one in rest["claims"] if one["id"] != claim_id
            ]
            assert new["events"][:-1] == rest["events"]
            assert {name: new[name] for name in new if name not in ("claims", "events")} == {
                name: rest[name] for name in rest if name not in ("claims", "events")
            }
        else:
            with pytest.raises(Refused), books.ledger.write() as connection:
                move(connection, claim_id, after, act, rev=row["rev"])
            assert books.everything() == rest
        books.put(claim_id, State.CLOSED, standing=None)


def _stands(before: State, after: State) -> bool:
    """Whether a claim keeps its copies out after a move; by its end it does not begin to again."""
    return after in STANDING and (after is not State.CLOSED or before in STANDING)


def test_every_state_has_its_moves_and_its_words() -> None:
    assert set(MOVES) == set(State) == set(SHOWN)
    assert all(after is not before for before, moves in MOVES.items() for after in moves)


def test_only_a_queued_claim_is_armed() -> None:
    assert {before for before, moves in MOVES.items() if State.SUBMITTING in moves} == {State.QUEUED}


@pytest.mark.parametrize("settled", sorted(SETTLED))
def test_nothing_leads_from_a_settled_claim_back_to_sending(settled: State) -> None:
    reached, new = {settled}, {settled}
    while new:
        new = {after for before in new for after in MOVES[before]} - reached
        # a contradicted receipt is unknown, and only a look-up or a person leads on from there
        new -= {State.UNKNOWN}
        reached |= new
    assert not reached & {State.QUEUED, State.HELD, State.BLOCKED, State.SUBMITTING}


def test_a_finished_claim_stays_finished() -> None:
    assert MOVES[State.CLOSED] == frozenset()


def test_every_state_can_be_reached_and_left() -> None:
    reached = {State.QUEUED, State.HELD, State.BLOCKED}.union(*MOVES.values())
    assert reached == set(State)
    assert [state for state in State if not MOVES[state]] == [State.CLOSED]


def test_a_stale_rev_writes_nothing(books: Books) -> None:
    claim_id = books.one()
    seen = books.row(claim_id)["rev"]
    with books.ledger.write() as connection:
        move(connection, claim_id, State.HELD, books.act(), rev=seen)
    before = books.everything()
    with pytest.raises(LostClaim), books.ledger.write() as connection:
        move(connection, claim_id, State.QUEUED, books.act(), rev=seen)
    assert books.everything() == before


def test_a_move_and_what_follows_it_is_one_transaction(books: Books) -> None:
    claim_id = books.one()
    before = books.everything()
    with pytest.raises(ZeroDivisionError), books.ledger.write() as connection:
        _move_and_fall_over(connection, claim_id, books.act())
    assert books.everything() == before


def _move_and_fall_over(connection: Connection, claim_id: int, act: Act) -> None:
    move(connection, claim_id, State.HELD, act)
    raise ZeroDivisionError


def test_there_is_no_moving_a_claim_that_is_not_there(books: Books) -> None:
    with pytest.raises(UnknownItem), books.ledger.write() as connection:
        move(connection, 7, State.HELD, books.act())
    assert books.rows(events) == []


def test_one_open_attempt_for_each_claim(books: Books) -> None:
    first, second = books.one(), books.one(number=1)
    with books.ledger.write() as connection:
        send = connection.execute(
            insert(sends)
            .values(payer="northstar", login="main", owner="one", stage="submit", kind="final", armed_at=NOON)
            .returning(sends.c.id)
        ).scalar_one()
        attempt = {"send_id": send, "sent_as": b"cipher"}
        connection.execute(insert(attempts), [{**attempt, "claim_id": first}, {**attempt, "claim_id": second}])
    with pytest.raises(IntegrityError), books.ledger.write() as connection:
        connection.execute(insert(attempts).values(**attempt, claim_id=first))
    with books.ledger.write() as connection:  # a closed one does not stand in the way of the next
        connection.execute(update(attempts).where(attempts.c.claim_id == first).values(closed_at=NOON))
        connection.execute(insert(attempts).values(**attempt, claim_id=first))
    assert len(books.rows(attempts)) == 3


def test_a_control_number_belongs_to_one_claim_of_its_payer(books: Books) -> None:
    first, second = books.one(), books.one(number=1)
    [elsewhere] = books.queue(CLAIMS[2], payer="lakeshore")
    with books.ledger.write() as connection:
        move(connection, first, State.ACCEPTED, books.act(), control_number="1" * 17)
        move(connection, elsewhere, State.ACCEPTED, books.act(), control_number="1" * 17)
    before = books.everything()
    with pytest.raises(IntegrityError), books.ledger.write() as connection:
        move(connection, second, State.ACCEPTED, books.act(), control_number="1" * 17)
    assert books.everything() == before


def test_two_claims_cannot_stand_with_one_fingerprint(books: Books) -> None:
    first, second = books.one(), books.one(number=1)
    same = books.row(first)["fingerprint"]
    with pytest.raises(IntegrityError), books.ledger.write() as connection:
        connection.execute(update(claims).where(claims.c.id == second).values(standing=same))

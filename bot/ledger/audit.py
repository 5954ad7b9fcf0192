"""The ledger audited: what one table says is counted again in the others, and every difference is named.

Nothing is changed. Each question is asked once, whatever the number of claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from bot.claims.vocabulary import STANDING, Sent, State
from bot.errors import PayerbotError
from bot.ledger import views
from bot.ledger.schema import attempts, claims, events, evidence, lines, sends
from bot.ledger.store import Ledger
from bot.ledger.views import rows_of
from bot.portal.evidence import Evidence, EvidenceStore

#: Claims named one by one for each thing that is wrong; the others are counted.
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was counted again."""

    #: What must be so.
    what: str
    #: How much was looked at.
    looked_at: int
    #: What is not so, one sentence each.
    faults: tuple[str, ...]


def audit(ledger: Ledger, store: EvidenceStore) -> list[Check]:
    """Count everything again. Opens every page that was kept, which takes minutes where there are many."""
    claim_count = _one(ledger, select(func.count().label("n")).select_from(claims))
    return [
        _files(ledger),
        Check("every claim has as many lines as its file gave it", claim_count, _lines(ledger)),
        Check("every claim is where its last event says", claim_count, _moves(ledger)),
        Check("what stands is what keeps its copies out", claim_count, _standing(ledger)),
        Check(
            "an attempt is open while its claim is being sent, or may have gone, and no longer",
            _one(ledger, select(func.count().label("n")).select_from(attempts)),
            (*_open(ledger), *_counted(ledger)),
        ),
        Check("a claim that never left has no attempt that arrived, and the reverse", claim_count, _sent(ledger)),
        Check(
            "what the payer has, has the payer's number, and no number is there twice",
            claim_count,
            _numbers(ledger),
        ),
        _evidence(ledger, store),
    ]


def _files(ledger: Ledger) -> Check:
    rows = views.file_rows(ledger)
    faults = tuple(
        f"File {row['id']} brought {row['claims']} claims; {row['refused']} were queued before, and "
        f"{sum(row['states'].values())} are here."
        for row in rows
        if not row["balanced"]
    )
    return Check("every claim of every file is in one state", len(rows), faults)


def _lines(ledger: Ledger) -> tuple[str, ...]:
    counted = select(func.count()).where(lines.c.claim_id == claims.c.id).scalar_subquery()
    query = select(claims.c.id).where(claims.c.body.is_not(None), claims.c.line_count != counted)
    return _told(ledger, query, "Claim {id} has not the lines that its file gave it.")


def _moves(ledger: Ledger) -> tuple[str, ...]:
    last = (
        select(func.max(events.c.id).label("id"))
        .where(events.c.claim_id.is_not(None), events.c.after.is_not(None))
        .group_by(events.c.claim_id)
        .subquery()
    )
    told = select(events.c.claim_id, events.c.after).join(last, last.c.id == events.c.id).subquery()
    query = (
        select(claims.c.id, claims.c.state, told.c.after)
        .outerjoin(told, told.c.claim_id == claims.c.id)
        .where(or_(told.c.after.is_(None), told.c.after != claims.c.state))
    )
    return _told(ledger, query, "Claim {id} is '{state}'; by the last event it is '{after}'.")


def _standing(ledger: Ledger) -> tuple[str, ...]:
    gone = claims.c.state.in_([state for state in State if state not in STANDING])
    # what was given up does not stand again by being finished
    stands = claims.c.state.in_([state for state in STANDING if state is not State.CLOSED])
    query = select(claims.c.id, claims.c.state).where(
        or_(
            and_(gone, claims.c.standing.is_not(None)),
            and_(stands, claims.c.fingerprint.is_not(None), claims.c.standing.is_(None)),
        )
    )
    return _told(ledger, query, "Claim {id} is '{state}', and the ledger would take a copy of it wrongly.")


def _open(ledger: Ledger) -> tuple[str, ...]:
    is_open = (
        select(attempts.c.id).where(attempts.c.claim_id == claims.c.id, attempts.c.closed_at.is_(None)).exists()
    )
    query = select(claims.c.id, claims.c.state).where(
        or_(
            and_(claims.c.state == State.SUBMITTING, ~is_open),
            and_(claims.c.state.not_in((State.SUBMITTING, State.UNKNOWN)), is_open),
        )
    )
    odd = _told(ledger, query, "Claim {id} is '{state}', and its attempts say otherwise.")
    still = select(attempts.c.id).where(attempts.c.send_id == sends.c.id, attempts.c.closed_at.is_(None)).exists()
    closed = select(sends.c.id).where(sends.c.closed_at.is_not(None), still)
    return (*odd, *_told(ledger, closed, "Send {id} is closed, and one of its attempts is not."))


def _counted(ledger: Ledger) -> tuple[str, ...]:
    counted = select(func.count()).where(attempts.c.claim_id == claims.c.id).scalar_subquery()
    query = select(claims.c.id, claims.c.attempts, counted.label("counted")).where(claims.c.attempts != counted)
    return _told(
        ledger, query, "Claim {id} was sent {attempts} times by its own count, {counted} by its attempts."
    )


def _sent(ledger: Ledger) -> tuple[str, ...]:
    there = (State.ACCEPTED, State.RECEIVED, State.DISPUTED)
    query = select(claims.c.id, claims.c.state, claims.c.sent).where(
        or_(
            and_(claims.c.state.in_(there), claims.c.sent == Sent.NEVER),
            and_(claims.c.state == State.UNKNOWN, claims.c.sent != Sent.MAYBE),
        )
    )
    return _told(ledger, query, "Claim {id} is '{state}', and it says that it was sent: {sent}.")


def _numbers(ledger: Ledger) -> tuple[str, ...]:
    missing = select(claims.c.id).where(claims.c.state == State.ACCEPTED, claims.c.control_number.is_(None))
    twice = (
        select(claims.c.payer, claims.c.control_number, func.count().label("n"))
        .where(claims.c.control_number.is_not(None))
        .group_by(claims.c.payer, claims.c.control_number)
        .having(func.count() > 1)
    )
    return (
        *_told(ledger, missing, "Claim {id} is accepted, and has no number of the payer's."),
        *_told(ledger, twice, "{n} claims have number {control_number} at {payer}."),
    )


def _evidence(ledger: Ledger, store: EvidenceStore) -> Check:
    rows = rows_of(ledger, select(evidence).order_by(evidence.c.id))
    return Check("every page that was kept is there, as it was kept", len(rows), _some(_opened(rows, store)))


def _opened(rows: views.Rows, store: EvidenceStore) -> Iterator[str]:
    for row in rows:
        try:
            store.open(Evidence(row["kind"], row["sha256"], row["file"], row["at"], row["size"]))
        except PayerbotError as error:
            yield f"Claim {row['claim_id']}: {error.message}"


def _told(ledger: Ledger, query: Select[Any], words: str) -> tuple[str, ...]:
    return _some(words.format(**row) for row in rows_of(ledger, query))


def _some(faults: Iterator[str]) -> tuple[str, ...]:
    found = list(faults)
    more = [f"… and {len(found) - _NAMED} more."] if len(found) > _NAMED else []
    return (*found[:_NAMED], *more)


def _one(ledger: Ledger, query: Select[Any]) -> int:
    [row] = rows_of(ledger, query)
    return int(row["n"])

"""The ledger as people and programs read it: rows of plain values, nothing of a patient in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from bot.claims.model import Severity
from bot.claims.vocabulary import State
from bot.errors import UnknownItem
from bot.ledger.people import route_key
from bot.ledger.schema import (
    attempts,
    calls,
    claims,
    events,
    evidence,
    files,
    lines,
    overrides,
    pauses,
    problems,
    replies,
    reply_claims,
    routes,
    saved_sessions,
    task_claims,
    tasks,
)
from bot.ledger.store import Ledger
from bot.ledger.tasks import waits

Row = Mapping[str, Any]
Rows = Sequence[Row]

#: What of a claim may be shown: all but what is sealed.
_OPEN = tuple(column for column in claims.c if column.name not in ("body", "support"))


def claim_rows(
    ledger: Ledger,
    *,
    payer: str | None = None,
    state: State | None = None,
    file_id: int | None = None,
    account: str | None = None,
    claim_id: int | None = None,
    limit: int | None = None,
) -> Rows:
    """Claims in the order they were queued; the first so many."""
    query = (
        select(*_OPEN, files.c.name.label("file"))
        .join(files, files.c.id == claims.c.file_id)
        .order_by(claims.c.id)
        .limit(limit)
    )
    for column, wanted in (
        (claims.c.payer, payer),
        (claims.c.state, state),
        (claims.c.file_id, file_id),
        (claims.c.account, account),
        (claims.c.id, claim_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return rows_of(ledger, query)


def claim_history(ledger: Ledger, claim_id: int) -> dict[str, Rows]:
    """What the edits found, how its lines stand, what happened, what was kept, what payers' files said.

    Raises `UnknownItem`.
    """
    if not claim_rows(ledger, claim_id=claim_id):
        raise UnknownItem(f"There is no claim {claim_id}.")
    return {
        "problems": rows_of(
            ledger,
            select(problems, overrides.c.who.label("overridden_by"), overrides.c.why.label("overridden_why"))
            .outerjoin(
                overrides, (overrides.c.claim_id == problems.c.claim_id) & (overrides.c.rule == problems.c.rule)
            )
            .where(problems.c.claim_id == claim_id)
            .order_by(problems.c.id),
        ),
        "lines": rows_of(
            ledger,
            select(
                lines.c.number,
                lines.c.code,
                lines.c.service_from,
                lines.c.charge,
                lines.c.status,
                lines.c.allowed,
                lines.c.paid,
                lines.c.payer_reasons,
            )
            .where(lines.c.claim_id == claim_id)
            .order_by(lines.c.number),
        ),
        "events": rows_of(ledger, select(events).where(events.c.claim_id == claim_id).order_by(events.c.id)),
        "evidence": rows_of(
            ledger, select(evidence).where(evidence.c.claim_id == claim_id).order_by(evidence.c.id)
        ),
        "replies": rows_of(
            ledger,
            select(
                replies.c.kind,
                replies.c.name,
                reply_claims.c.number,
                reply_claims.c.dated,
                reply_claims.c.control_number,
                reply_claims.c.status,
                reply_claims.c.charge,
                reply_claims.c.paid,
                reply_claims.c.patient_responsibility,
                replies.c.settled_at,
            )
            .join(replies, replies.c.id == reply_claims.c.reply_id)
            .where(reply_claims.c.claim_id == claim_id)
            .order_by(replies.c.id, reply_claims.c.place),
        ),
        "calls": call_rows(ledger, [claim_id]),
        "attempts": rows_of(
            ledger,
            select(
                attempts.c.id,
                attempts.c.outcome,
                attempts.c.closed_at,
                attempts.c.seconds,
                attempts.c.portal_seconds,
            )
            .where(attempts.c.claim_id == claim_id)
            .order_by(attempts.c.id),
        ),
    }


def file_rows(ledger: Ledger, file_id: int | None = None) -> Rows:
    """Files with the count and money of their claims by state; every file must balance."""
    query = select(files).order_by(files.c.id)
    if file_id is not None:
        query = query.where(files.c.id == file_id)
    found = [dict(row) for row in rows_of(ledger, query)]
    states = rows_of(
        ledger,
        select(
            claims.c.file_id,
            claims.c.state,
            func.count().label("claims"),
            func.sum(claims.c.charge).label("charge"),
        )
        .group_by(claims.c.file_id, claims.c.state)
        .order_by(claims.c.state),
    )
    of_files = _by("file_id", states)
    for row in found:
        mine = of_files.get(row["id"], [])
        row["states"] = {one["state"]: one["claims"] for one in mine}
        row["balanced"] = row["claims"] == row["refused"] + sum(one["claims"] for one in mine)
    if file_id is not None and not found:
        raise UnknownItem(f"There is no file {file_id}.")
    return found


def file_warnings(ledger: Ledger, file_id: int) -> Rows:
    """What the edits warn of in a file's claims: each rule once, with one of its messages, most claims first."""
    number = func.count(problems.c.claim_id.distinct())
    return rows_of(
        ledger,
        select(problems.c.rule, func.min(problems.c.message).label("message"), number.label("claims"))
        .join(claims, claims.c.id == problems.c.claim_id)
        .where(claims.c.file_id == file_id, problems.c.severity == Severity.WARN)
        .group_by(problems.c.rule)
        .order_by(number.desc(), problems.c.rule),
    )


#: What is told of a claim behind a task.
_BEHIND = (
    "id",
    "account",
    "payer",
    "file_id",
    "service_from",
    "service_to",
    "charge",
    "state",
    "status",
    "sent",
    "attempts",
    "control_number",
    "tracking_number",
    "reason",
    "payer_words",
    "payer_reasons",
    "allowed",
    "paid",
    "accepted_at",
    "looked_up_at",
    "due_at",
    "deadline",
    "answer_by",
    "decided_on",
)


def task_rows(
    ledger: Ledger, *, payer: str | None = None, every: bool = False, task_id: int | None = None
) -> Rows:
    """Open tasks (or `every` one), each with its claims' accounts, oldest first."""
    where: list[ColumnElement[bool]] = []
    if not every and task_id is None:
        where.append(tasks.c.closed_at.is_(None))
    if payer is not None:
        of_payer = select(task_claims.c.task_id).join(claims, claims.c.id == task_claims.c.claim_id)
        where.append(or_(tasks.c.payer == payer, tasks.c.id.in_(of_payer.where(claims.c.payer == payer))))
    if task_id is not None:
        where.append(tasks.c.id == task_id)
    found = [dict(row) for row in rows_of(ledger, select(tasks).where(*where).order_by(tasks.c.id))]
    behind = rows_of(
        ledger,
        select(
            task_claims.c.task_id,
            task_claims.c.done_at,
            task_claims.c.next_on,
            *(claims.c[name] for name in _BEHIND),
        )
        .join(claims, claims.c.id == task_claims.c.claim_id)
        .join(tasks, tasks.c.id == task_claims.c.task_id)
        .where(*where)
        .order_by(claims.c.id),
    )
    of_tasks = _by("task_id", behind)
    for row in found:
        # of an open task, those that still wait
        row["claims"] = [
            one
            for one in of_tasks.get(row["id"], [])
            if row["closed_at"] is not None or waits(row["kind"], one["state"], one["done_at"])
        ]
    if task_id is not None and not found:
        raise UnknownItem(f"There is no task {task_id}.")
    return found


def task_history(ledger: Ledger, task_id: int) -> Rows:
    """What people did about a task, in order: notes, who got it, until when it was put off, who looked."""
    query = select(events.c.at, events.c.who, events.c.what, events.c.after, events.c.why).order_by(events.c.id)
    return rows_of(ledger, query.where(events.c.task_id == task_id))


def call_rows(ledger: Ledger, claim_ids: Collection[int]) -> Rows:
    """What payers said of these claims on the telephone, in order."""
    found: list[Row] = []
    for some in _in_pieces(claim_ids):
        found.extend(rows_of(ledger, select(calls).where(calls.c.claim_id.in_(some)).order_by(calls.c.id)))
    return found


def bodies(ledger: Ledger, claim_ids: Collection[int]) -> dict[int, bytes]:
    """These claims themselves, sealed, by number; those that could never be read have none."""
    query = select(claims.c.id, claims.c.body).where(claims.c.body.is_not(None))
    return {
        row["id"]: row["body"]
        for some in _in_pieces(claim_ids)
        for row in rows_of(ledger, query.where(claims.c.id.in_(some)))
    }


def open_tasks_about(
    ledger: Ledger, claim_ids: Collection[int], payers: Collection[str], causes: Collection[str] = ()
) -> int:
    """How many open tasks are about these claims, stop these payers, or come from these causes."""
    ids, slugs = set(claim_ids), set(payers)
    return sum(
        1
        for task in task_rows(ledger)
        if any(one["id"] in ids for one in task["claims"])
        or (not task["claims"] and task["payer"] in slugs)
        or task["cause"] in causes
    )


def states_of(ledger: Ledger, claim_ids: Collection[int]) -> Rows:
    """Where these claims stand now, as the database says."""
    found: list[Row] = []
    for some in _in_pieces(claim_ids):
        found.extend(
            rows_of(
                ledger,
                select(
                    claims.c.id,
                    claims.c.payer,
                    claims.c.login,
                    claims.c.state,
                    claims.c.proof,
                    claims.c.control_number,
                    claims.c.due_at,
                    claims.c.charge,
                    claims.c.status,
                    claims.c.paid,
                    claims.c.looked_up_at,
                ).where(claims.c.id.in_(some)),
            )
        )
    return found


def signed_in(ledger: Ledger) -> frozenset[tuple[str, str]]:
    """Payers and logins for which a person has signed in, and the session is kept."""
    query = select(saved_sessions.c.payer, saved_sessions.c.login)
    return frozenset((row["payer"], row["login"]) for row in rows_of(ledger, query))


def pause_rows(ledger: Ledger) -> Rows:
    """What stops payers and logins now."""
    return rows_of(ledger, select(pauses).where(pauses.c.lifted_at.is_(None)).order_by(pauses.c.id))


def route_rows(ledger: Ledger) -> Rows:
    """The table of payer names."""
    return rows_of(ledger, select(routes).order_by(routes.c.name))


def payer_named(ledger: Ledger, *names: str) -> frozenset[str]:
    """The portals that these names mean, by the office's table."""
    keys = [route_key(name) for name in names if name.strip()]
    with ledger.read() as connection:
        return frozenset(connection.execute(select(routes.c.payer).where(routes.c.name.in_(keys))).scalars())


def _in_pieces(ids: Collection[int], size: int = 500) -> Iterator[Sequence[int]]:
    """In pieces that fit a statement, in order, each number once."""
    ordered = sorted(set(ids))
    for at in range(0, len(ordered), size):
        yield ordered[at : at + size]


def _by(column: str, rows: Rows) -> dict[Any, list[Row]]:
    """Rows by what stands in one of their columns."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def rows_of(ledger: Ledger, query: Select[Any]) -> Rows:
    """What a query finds, as plain rows."""
    with ledger.read() as connection:
        result = connection.execute(query)
        names, found = list(result.keys()), result.fetchall()
    # outside: a server ends a transaction in which nothing is asked for too long, and rows may be many
    return [dict(zip(names, row, strict=True)) for row in found]

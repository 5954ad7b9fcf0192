"""What a person must do. One cause, one task, however many claims wait behind it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from bot.claims.vocabulary import State, Status, Topic
from bot.errors import Actor
from bot.ledger.schema import claims, task_claims, tasks
from bot.ledger.store import Act, Ledger, note


@dataclass(frozen=True, slots=True)
class Need:
    """Something that needs a person."""

    #: What it comes from; a second need of the same cause joins the open task of the first.
    cause: str
    #: One word, such as ``sign-in-refused`` or ``disputed``.
    kind: str
    #: What is the matter, in one line.
    title: str
    #: What to do, in one sentence.
    action: str
    payer: str | None = None
    login: str | None = None
    actor: Actor = Actor.BILLER
    #: Closes only with an answer about its claims.
    needs_answer: bool = False
    #: What only a call can answer.
    topic: Topic | None = None


def open_task(connection: Connection, need: Need, claim_ids: Collection[int], act: Act) -> int:
    """Open a task, or add the claims to the one already open for the same cause; its id.

    Whoever has that task keeps it. It stays put off, unless a claim joins it: that is news.
    """
    known = connection.execute(
        select(tasks.c.id, tasks.c.kind).where(tasks.c.open_cause == need.cause)
    ).one_or_none()
    if known is not None and known.kind != need.kind:  # what it was about has become something else
        close_task(connection, known.id, act, act.why or need.title)
        known = None
    task_id = known.id if known else None
    if task_id is None:
        task_id = connection.execute(
            insert(tasks)
            .values(
                cause=need.cause,
                open_cause=need.cause,
                kind=need.kind,
                round=_rounds(connection, need) + 1,
                topic=need.topic,
                payer=need.payer,
                login=need.login,
                actor=need.actor,
                title=need.title,
                action=need.action,
                needs_answer=need.needs_answer,
                opened_at=act.at,
            )
            .returning(tasks.c.id)
        ).scalar_one()
        note(connection, "task_opened", act, task_id=task_id, payer=need.payer, login=need.login)
    joined = set(
        connection.execute(select(task_claims.c.claim_id).where(task_claims.c.task_id == task_id)).scalars()
    )
    if known is not None and joined == set(claim_ids):  # about these alone: it says how that stands now
        said = {"title": need.title, "action": need.action, "topic": need.topic}
        connection.execute(update(tasks).where(tasks.c.id == task_id).values(**said))
    if back := sorted(joined & set(claim_ids)):
        connection.execute(
            update(task_claims)
            .where(task_claims.c.task_id == task_id, task_claims.c.claim_id.in_(back))
            .values(done_at=None)
        )
    if new := sorted(set(claim_ids) - joined):
        connection.execute(insert(task_claims), [{"task_id": task_id, "claim_id": claim_id} for claim_id in new])
        connection.execute(update(tasks).where(tasks.c.id == task_id).values(snoozed_until=None))
    return int(task_id)


def _rounds(connection: Connection, need: Need) -> int:
    """How often this came up before."""
    earlier = select(func.count()).where(tasks.c.cause == need.cause, tasks.c.kind == need.kind)
    return int(connection.execute(earlier).scalar_one())


def close_task(connection: Connection, task_id: int, act: Act, answer: str) -> None:
    """Close a task; one that is closed stays as it was closed."""
    closed = connection.execute(
        update(tasks)
        .where(tasks.c.id == task_id, tasks.c.closed_at.is_(None))
        .values(open_cause=None, closed_at=act.at, closed_by=act.who, answer=answer)
    )
    if closed.rowcount:
        note(connection, "task_closed", act, task_id=task_id)


def about(ledger: Ledger, payer: str, kinds: Collection[str]) -> bool:
    """Whether a task of one of these kinds is open about a payer."""
    query = select(tasks.c.id).where(tasks.c.payer == payer, tasks.c.kind.in_(kinds), tasks.c.closed_at.is_(None))
    with ledger.read() as connection:
        return connection.execute(query.limit(1)).first() is not None


def is_open(connection: Connection, cause: str) -> bool:
    """Whether a task is open for a cause."""
    return connection.execute(select(tasks.c.id).where(tasks.c.open_cause == cause)).first() is not None


def close_by_cause(connection: Connection, cause: str, act: Act, answer: str) -> None:
    """Close the task open for a cause, if there is one: what it was about is over."""
    task_id = connection.execute(select(tasks.c.id).where(tasks.c.open_cause == cause)).scalar_one_or_none()
    if task_id is not None:
        close_task(connection, task_id, act, answer)


def settle_claim(connection: Connection, claim_id: int, act: Act, *, kind: str | None = None) -> None:
    """Close the tasks about claims in which, after this claim moved on, no claim waits for a person any more. With
    a `kind`, only tasks of that kind: for these it does not wait, whatever else it waits for."""
    about = (
        select(tasks.c.id)
        .join(task_claims, task_claims.c.task_id == tasks.c.id)
        .where(
            task_claims.c.claim_id == claim_id, tasks.c.closed_at.is_(None), tasks.c.kind.not_in(AFTER_ACCEPTANCE)
        )
    )
    if kind is not None:
        about = about.where(tasks.c.kind == kind)
    for task_id in connection.execute(about).scalars().all():
        waiting = (
            select(claims.c.id)
            .join(task_claims, task_claims.c.claim_id == claims.c.id)
            .where(task_claims.c.task_id == task_id, claims.c.state.in_(WAITING))
        )
        if kind is not None:
            waiting = waiting.where(claims.c.id != claim_id)
        if connection.execute(waiting.limit(1)).first() is None:
            close_task(connection, task_id, act, act.why or "resolved")


def answered(connection: Connection, claim_id: int, causes: Collection[str], act: Act) -> None:
    """The payer has said something new about a claim: it waits no more behind tasks about its status, but for
    those of these causes; a task behind which nothing waits is closed."""
    query = (
        select(tasks.c.id)
        .join(task_claims, task_claims.c.task_id == tasks.c.id)
        .where(
            task_claims.c.claim_id == claim_id,
            task_claims.c.done_at.is_(None),
            tasks.c.closed_at.is_(None),
            tasks.c.kind.in_(ABOUT_STATUS),
            tasks.c.cause.not_in(causes),
        )
    )
    for task_id in connection.execute(query).scalars().all():
        mine = task_claims.c.task_id == task_id
        connection.execute(
            update(task_claims).where(mine, task_claims.c.claim_id == claim_id).values(done_at=act.at)
        )
        close_if_nothing_waits(connection, task_id, act)


def close_if_nothing_waits(connection: Connection, task_id: int, act: Act) -> None:
    """Close a task of which each claim is done."""
    left = select(task_claims.c.claim_id).where(task_claims.c.task_id == task_id, task_claims.c.done_at.is_(None))
    if connection.execute(left.limit(1)).first() is None:
        close_task(connection, task_id, act, act.why)


def waits(kind: str, state: State, done_at: datetime | None) -> bool:
    """Whether a claim in a state still waits behind an open task of that kind."""
    return done_at is None and (kind in ABOUT_PAYMENT or state in waiting_behind(kind))


def waiting_behind(kind: str) -> frozenset[State]:
    """States in which a claim waits behind a task of that kind; one named after a state is about claims in it."""
    return WAITING | {state for state in State if state == kind}


#: A task about a file whose claims wait for its release, and what such a claim says.
HELD = "held"
WITH_FILE = "Waits for the release of its file."


def release_cause(file_id: int) -> str:
    """What the task about a file that waits comes from."""
    return f"held:{file_id}"


def need_of_release(file_id: int, name: str, *, by_lead: bool) -> Need:
    """Somebody must look at a file before it is sent."""
    by = " --by NAME" if by_lead else ""
    return Need(
        cause=release_cause(file_id),
        kind=HELD,
        title=f"Claims of {name} wait for {'a billing lead' if by_lead else 'you'}",
        action=f"Look at it with payerbot files show {file_id}; then payerbot files release {file_id}{by}, or "
        f"payerbot files withdraw {file_id}",
        actor=Actor.LEAD if by_lead else Actor.BILLER,
        needs_answer=True,
    )


#: A task about a claim that stays where it is at the payer for too long.
OVERDUE = "overdue"
#: A task about a page of the payer's that contradicts itself.
DOUBTFUL = "doubtful"
#: Kinds of task about what a payer says of a claim's payment, in its files or on its page: what it says next ends
#: them, if that is something else.
ABOUT_STATUS = (*(str(status) for status in Status), OVERDUE, DOUBTFUL)
#: Kinds of task that a claim waits behind whatever state it is in: only the payer's word, or a person, ends them.
ABOUT_PAYMENT = (*ABOUT_STATUS, "balance", "contradiction", "correction", "differs", "unclear")
#: Kinds of task that begin when the payer has the claim: it is not the claim's state that ends them.
AFTER_ACCEPTANCE = ("papers", *ABOUT_PAYMENT)
#: States in which a claim waits for a person, if anything waits about it.
WAITING: frozenset[State] = frozenset(
    {State.BLOCKED, State.HELD, State.REJECTED, State.DUPLICATE, State.DISPUTED, State.UNKNOWN}
)

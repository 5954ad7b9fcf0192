"""What people do to claims, tasks, payers and names; every act stores who, when and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from bot.claims.vocabulary import Proof, Sent, State
from bot.errors import Refused, UnknownItem
from bot.ledger import tasks
from bot.ledger.journal import VOID, forget_sign_ins
from bot.ledger.likeness import question
from bot.ledger.papers import NEEDED
from bot.ledger.schema import attempts, claims, files, pauses, routes, sends, task_claims
from bot.ledger.schema import tasks as task_table
from bot.ledger.store import Act, Ledger, move, note

#: A park is lifted by a person; what it stopped closes with it.
PAUSED, PARKED = "paused", "parked"
#: A void attempt after a person has looked at it.
SEEN = "seen"


def hold(ledger: Ledger, claim_ids: Sequence[int], act: Act) -> None:
    """Stop claims that wait for their turn: all of them, or none."""
    with ledger.write() as connection:
        for claim_id in claim_ids:
            _in(connection, claim_id, {State.QUEUED}, "Only a claim that waits for its turn can be held.")
            move(connection, claim_id, State.HELD, act, what="held", reason=act.why or "Held by a person.")


def release(ledger: Ledger, claim_ids: Sequence[int], act: Act) -> None:
    """Let held claims go: all of them, or none."""
    with ledger.write() as connection:
        for claim_id in claim_ids:
            release_within(connection, claim_id, act)


def release_within(connection: Connection, claim_id: int, act: Act) -> None:
    """The same as `release` for one claim, within a transaction."""
    _in(connection, claim_id, {State.HELD}, "Only a held claim can be released.")
    _not_with_file(connection, claim_id)
    if not _goes_on_waiting(connection, claim_id, act):
        _queue_again(connection, claim_id, act, "released", "")


def withdraw(ledger: Ledger, claim_ids: Sequence[int], act: Act) -> None:
    """Give up claims that were never sent, or that a person knows are not at the payer: all of them, or none."""
    with ledger.write() as connection:
        for claim_id in claim_ids:
            withdraw_within(connection, claim_id, act)


def entered_by_hand(ledger: Ledger, claim_id: int, control_number: str, act: Act) -> None:
    """A person entered the claim, or found it, in the portal: it is the payer's under this number.

    Raises `Refused` when the number belongs to another claim of the same payer.
    """
    with ledger.write() as connection:
        _entered_by_hand(connection, claim_id, control_number, act)


def not_there(ledger: Ledger, claim_id: int, act: Act) -> None:
    """A person looked and the payer does not have the claim: it may be sent again."""
    with ledger.write() as connection:
        _not_there(connection, claim_id, act)


def done(ledger: Ledger, task_id: int, answer: str | None, control_number: str | None, act: Act) -> None:
    """Close a task. One about claims that may have gone closes only with an answer, which is for each of them.

    Raises `UnknownItem`, or `Refused` when an answer is missing or not one of ``entered-by-hand`` (with the
    payer's number), ``not-there``, ``withdrawn``; then nothing has changed.
    """
    done_together(ledger, [task_id], answer, control_number, act)


def done_together(
    ledger: Ledger, task_ids: Sequence[int], answer: str | None, control_number: str | None, act: Act
) -> None:
    """Close tasks with one answer: all of them, or none. Raises like `done`."""
    with ledger.write() as connection:
        for task_id in task_ids:
            closed = connection.execute(
                select(task_table.c.closed_at).where(task_table.c.id == task_id)
            ).one_or_none()
            if closed is None:
                raise UnknownItem(f"There is no task {task_id}.")
            if closed.closed_at is not None:
                raise Refused(f"Task {task_id} is closed already.")
        for task_id in dict.fromkeys(task_ids):
            _done(connection, task_id, answer, control_number, act)


def _done(connection: Connection, task_id: int, answer: str | None, control_number: str | None, act: Act) -> None:
    task = connection.execute(select(task_table).where(task_table.c.id == task_id)).one()
    if task.closed_at is not None:  # by the answer to one of those before it
        return
    waiting = list(
        connection.execute(
            select(claims.c.id)
            .join(task_claims, task_claims.c.claim_id == claims.c.id)
            .where(task_claims.c.task_id == task_id, claims.c.state.in_(tasks.waiting_behind(task.kind)))
        ).scalars()
    )
    if not answer and task.needs_answer and waiting:
        raise Refused(
            f"Claims still wait behind task {task_id} ({len(waiting)}). It closes by itself when they are "
            "released, replaced or withdrawn; or say what you found: "
            "--answer entered-by-hand --number NUMBER, --answer not-there, --answer withdrawn."
        )
    tasks.close_task(connection, task_id, act, answer or act.why or "done")
    for claim_id in waiting if answer else ():
        match answer:
            case "entered-by-hand":
                if not control_number or len(waiting) != 1:
                    raise Refused("Say which number the payer gave: one claim, --number NUMBER.")
                _entered_by_hand(connection, claim_id, control_number, act)
            case "not-there":
                _not_there(connection, claim_id, act)
            case "withdrawn":
                withdraw_within(connection, claim_id, act)
            case _:
                raise Refused(f"'{answer}' is no answer: entered-by-hand, not-there or withdrawn.")


def pause(ledger: Ledger, payer: str, login: str | None, kind: str, act: Act) -> None:
    """Stop a payer, or one of its logins, until somebody resumes it."""
    with ledger.write() as connection:
        stop(connection, payer, login, kind, act)


def stop(
    connection: Connection, payer: str, login: str | None, kind: str, act: Act, secret: str | None = None
) -> None:
    """The same, within a transaction; a second pause of the same kind changes nothing. With a `secret`, the pause
    is about that secret alone."""
    same = [pauses.c.payer == payer, pauses.c.kind == kind, pauses.c.lifted_at.is_(None)]
    same.append(pauses.c.login.is_(None) if login is None else pauses.c.login == login)
    if connection.execute(select(pauses.c.id).where(*same)).first() is None:
        connection.execute(
            insert(pauses).values(
                payer=payer, login=login, kind=kind, why=act.why, secret=secret, who=act.who, at=act.at
            )
        )
        note(connection, kind, act, payer=payer, login=login)


def park(
    ledger: Ledger, payer: str, login: str | None, need: tasks.Need, act: Act, secret: str | None = None
) -> None:
    """Stop a payer, or one of its logins, with the task that says what a person must do."""
    with ledger.write() as connection:
        stop(connection, payer, login, PARKED, act, secret)
        tasks.open_task(connection, need, [], act)


def resume(ledger: Ledger, payer: str, login: str | None, act: Act) -> int:
    """Lift what stops a payer, or one of its logins; its secrets may be tried again. How many stops there were."""
    with ledger.write() as connection:
        where = [pauses.c.payer == payer, pauses.c.lifted_at.is_(None)]
        if login is not None:
            where.append(pauses.c.login == login)
        lifted = connection.execute(update(pauses).where(*where).values(lifted_at=act.at, lifted_by=act.who))
        forget_sign_ins(connection, payer, login)
        note(connection, "resumed", act, payer=payer, login=login)
        about = select(task_table.c.id).where(
            task_table.c.payer == payer, task_table.c.kind.in_(STOPPING), task_table.c.closed_at.is_(None)
        )
        if login is not None:
            about = about.where(task_table.c.login == login)
        for task_id in connection.execute(about).scalars().all():
            tasks.close_task(connection, task_id, act, "resumed")
    return lifted.rowcount


def lift_for_new_secret(ledger: Ledger, payer: str, login: str, secret: str, act: Act) -> None:
    """Lift what stopped a login because of another secret than the one it has now."""
    with ledger.write() as connection:
        lifted = connection.execute(
            update(pauses)
            .where(
                pauses.c.payer == payer,
                pauses.c.login == login,
                pauses.c.secret != secret,
                pauses.c.lifted_at.is_(None),
            )
            .values(lifted_at=act.at, lifted_by=act.who)
        )
        if lifted.rowcount:
            note(connection, "resumed", act, payer=payer, login=login)
            tasks.close_by_cause(connection, f"sign-in-refused:{payer}:{login}", act, act.why)


#: Kinds of task that stop a login or a payer, and end when it is resumed.
STOPPING = ("sign-in-refused", "person-needed", "form-changed", "refused-in-a-row")


def map_name(ledger: Ledger, name: str, payer: str, act: Act) -> None:
    """Say which portal a payer's name or number in a file means."""
    key = route_key(name)
    with ledger.write() as connection:
        connection.execute(delete(routes).where(routes.c.name == key))
        connection.execute(insert(routes).values(name=key, payer=payer, who=act.who, at=act.at))
        note(connection, "mapped", Act(act.who, act.at, key), payer=payer)


def unmap_name(ledger: Ledger, name: str, act: Act) -> None:
    """Take a name out of the table. Raises `UnknownItem`."""
    key = route_key(name)
    with ledger.write() as connection:
        if connection.execute(delete(routes).where(routes.c.name == key)).rowcount == 0:
            raise UnknownItem(f"'{name}' is not in the table.")
        note(connection, "unmapped", Act(act.who, act.at, key))


def route_key(name: str) -> str:
    """How a payer's name is compared: upper case, single spaces."""
    return " ".join(name.upper().split())


def withdraw_within(connection: Connection, claim_id: int, act: Act, *, rev: int | None = None) -> None:
    """The same as `withdraw` for one claim, within a transaction. `rev`: the one that the caller saw."""
    _not_now(connection, claim_id)
    _close_attempts(connection, claim_id, State.WITHDRAWN, act)
    why = act.why or f"Withdrawn by {act.who}."
    move(connection, claim_id, State.WITHDRAWN, act, rev=rev, what="withdrawn", reason=why, due_at=None)
    tasks.settle_claim(connection, claim_id, act)


def _entered_by_hand(connection: Connection, claim_id: int, control_number: str, act: Act) -> None:
    _not_now(connection, claim_id)
    row = connection.execute(select(claims.c.payer, claims.c.state).where(claims.c.id == claim_id)).one_or_none()
    if row is not None and row.state == State.ACCEPTED:
        raise Refused(f"Claim {claim_id} has the payer's number already.")
    if row is not None and row.payer is None:
        raise Refused(f"Nobody has said which payer claim {claim_id} is for: payerbot payers map NAME SLUG.")
    other = connection.execute(
        select(claims.c.id).where(
            claims.c.payer == (row.payer if row else None),
            claims.c.control_number == control_number,
            claims.c.id != claim_id,
        )
    ).scalar_one_or_none()
    if other is not None:
        raise Refused(f"Number {control_number} belongs to claim {other} already.")
    _close_attempts(connection, claim_id, State.ACCEPTED, act)
    move(
        connection,
        claim_id,
        State.ACCEPTED,
        act,
        what="entered_by_hand",
        control_number=control_number,
        sent=Sent.ONCE,
        proof=Proof.NONE,
        reason=f"Entered by hand by {act.who}.",
        due_at=act.at,
    )
    tasks.settle_claim(connection, claim_id, act)


def _not_there(connection: Connection, claim_id: int, act: Act) -> None:
    held = {State.UNKNOWN, State.HELD}
    _in(connection, claim_id, held, "Only a claim that may have gone can be said not to be there.")
    _close_attempts(connection, claim_id, State.QUEUED, act)
    _queue_again(connection, claim_id, act, "not_there", f"{act.who} looked: it is not at the payer.")


def _leftovers_of(connection: Connection, claim_id: int) -> Sequence[int]:
    """The attempts that left something unsent at the claim's portal under its account."""
    row = connection.execute(select(claims.c.payer, claims.c.account).where(claims.c.id == claim_id)).one()
    query = (
        select(attempts.c.id)
        .join(claims, claims.c.id == attempts.c.claim_id)
        .where(claims.c.payer == row.payer, claims.c.account == row.account, attempts.c.left.is_not(None))
    )
    return connection.execute(query).scalars().all()


def _goes_on_waiting(connection: Connection, claim_id: int, act: Act) -> bool:
    """Whether a released claim still waits for its letter. What it looked like is answered by the release."""
    row = connection.execute(select(claims).where(claims.c.id == claim_id)).one()
    if row.letter != NEEDED or (row.looks_like is None and not row.with_file):
        return False
    asked = question(row.looks_like) if row.looks_like is not None else ""
    reason = row.reason.replace(asked, "").replace(tasks.WITH_FILE, "").strip()
    changes = {"looks_like": None, "with_file": False, "reason": reason}
    move(connection, claim_id, State.HELD, act, what="answered", **changes)
    for kind in ("looks-like-a-fix", tasks.HELD):
        tasks.settle_claim(connection, claim_id, act, kind=kind)
    return True


def _queue_again(connection: Connection, claim_id: int, act: Act, what: str, reason: str) -> None:
    """A person has decided: the claim waits for its turn, and its sends without a person are counted anew."""
    if connection.execute(select(claims.c.letter).where(claims.c.id == claim_id)).scalar_one_or_none() == NEEDED:
        raise Refused(f"Claim {claim_id} needs a signed or approved letter first: payerbot letters list.")
    _not_with_file(connection, claim_id)
    connection.execute(
        update(attempts).where(attempts.c.claim_id == claim_id, attempts.c.outcome == VOID).values(outcome=SEEN)
    )
    connection.execute(
        update(attempts).where(attempts.c.id.in_(_leftovers_of(connection, claim_id))).values(left_seen=True)
    )
    move(
        connection,
        claim_id,
        State.QUEUED,
        act,
        what=what,
        sent=Sent.NEVER,
        reason=reason,
        due_at=None,
        looks_like=None,
        with_file=False,
    )
    tasks.settle_claim(connection, claim_id, act)


def _not_with_file(connection: Connection, claim_id: int) -> None:
    """No claim goes before its file, where that is a billing lead's to release."""
    waiting = select(claims.c.file_id).join(files, files.c.id == claims.c.file_id)
    waiting = waiting.where(claims.c.id == claim_id, claims.c.with_file, files.c.needs_release)
    file_id = connection.execute(waiting).scalar_one_or_none()
    if file_id is not None:
        raise Refused(
            f"Claim {claim_id} waits for the release of its file by a billing lead: "
            f"payerbot files release {file_id} --by NAME."
        )


def _in(connection: Connection, claim_id: int, states: Collection[State], otherwise: str) -> None:
    found = connection.execute(select(claims.c.state).where(claims.c.id == claim_id)).scalar_one_or_none()
    if found is None:
        raise UnknownItem(f"There is no claim {claim_id}.")
    if found not in states:
        raise Refused(f"Claim {claim_id} is '{found}'. {otherwise}")


def _not_now(connection: Connection, claim_id: int) -> None:
    """While a claim is being sent, nobody may decide about it."""
    found = connection.execute(select(claims.c.state).where(claims.c.id == claim_id)).scalar_one_or_none()
    if found == State.SUBMITTING:
        raise Refused(f"Claim {claim_id} is being sent right now; wait until that is over.")


def _close_attempts(connection: Connection, claim_id: int, outcome: State, act: Act) -> None:
    open_sends: Sequence[int] = (
        connection.execute(
            select(attempts.c.send_id).where(attempts.c.claim_id == claim_id, attempts.c.closed_at.is_(None))
        )
        .scalars()
        .all()
    )
    connection.execute(
        update(attempts)
        .where(attempts.c.claim_id == claim_id, attempts.c.closed_at.is_(None))
        .values(outcome=outcome, closed_at=act.at)
    )
    connection.execute(update(sends).where(sends.c.id.in_(open_sends)).values(closed_at=act.at))

"""Findings that a lead sets aside, by name and reason, and what then becomes of the claim."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.claims.model import Severity
from bot.claims.vocabulary import State
from bot.errors import Refused, UnknownItem
from bot.ledger import tasks
from bot.ledger.likeness import alike, digests_of, first_open, last_correction, need_of_answer, question
from bot.ledger.papers import LETTER, NEEDED, let_go
from bot.ledger.schema import claims, files, overrides, problems
from bot.ledger.store import Act, Ledger, move, note
from bot.ledger.tasks import Need


def override(
    ledger: Ledger, claim_id: int, rule: str, overridable: Collection[str], letter_need: Need | None, act: Act
) -> State:
    """Set aside what one rule found on a claim; where the claim stands then.

    A blocked claim without other blocking findings is queued, or held for its letter (`letter_need`) or because it
    looks like a fix of an open claim. Raises `UnknownItem`, or `Refused` when there is no such finding, when the
    rule cannot be set aside, or when the same claim was queued again meanwhile.
    """
    with ledger.write() as connection:
        row = connection.execute(select(claims).where(claims.c.id == claim_id)).one_or_none()
        if row is None:
            raise UnknownItem(f"There is no claim {claim_id}.")
        if rule == LETTER and row.letter == NEEDED and row.state == State.HELD:
            _note(connection, claim_id, rule, act)
            return let_go(connection, row, act, "overridden", letter=None)
        if row.state != State.BLOCKED:
            raise Refused(f"Claim {claim_id} is '{row.state}'; only a blocked claim's findings can be overridden.")
        found = _blocking(connection, claim_id)
        if rule not in found:
            raise Refused(f"{rule} does not block claim {claim_id} (what does: {', '.join(sorted(found))}).")
        if rule not in overridable:
            raise Refused(f"{rule} cannot be overridden: the claim cannot be sent as it is.")
        _note(connection, claim_id, rule, act)
        if rule == LETTER:
            connection.execute(update(claims).where(claims.c.id == claim_id).values(letter=None))
        if left := found - {rule}:
            note(connection, "overridden", act, claim_id=claim_id, before=State.BLOCKED, after=State.BLOCKED)
            connection.execute(
                update(claims).where(claims.c.id == claim_id).values(reason=_reason(connection, claim_id, left))
            )
            return State.BLOCKED
        return _let_go(connection, row, needs_letter(row, rule), letter_need, act)


def needs_letter(row: object, rule: str) -> bool:
    """Whether the claim still waits for a letter once this rule is set aside."""
    return getattr(row, "letter", None) == NEEDED and rule != LETTER


def _note(connection: Connection, claim_id: int, rule: str, act: Act) -> None:
    connection.execute(insert(overrides).values(claim_id=claim_id, rule=rule, who=act.who, why=act.why, at=act.at))


def _blocking(connection: Connection, claim_id: int) -> set[str]:
    """Rules that block a claim and were not set aside."""
    aside = select(overrides.c.rule).where(overrides.c.claim_id == claim_id)
    return set(
        connection.execute(
            select(problems.c.rule).where(
                problems.c.claim_id == claim_id,
                problems.c.severity == Severity.BLOCK,
                problems.c.rule.not_in(aside),
            )
        ).scalars()
    )


def _reason(connection: Connection, claim_id: int, rules: Collection[str]) -> str:
    return str(
        connection.execute(
            select(problems.c.message)
            .where(problems.c.claim_id == claim_id, problems.c.rule.in_(sorted(rules)))
            .order_by(problems.c.id)
            .limit(1)
        ).scalar_one()
    )


def _let_go(connection: Connection, row: Any, letter: bool, letter_need: Need | None, act: Act) -> State:
    claim_id = row.id
    standing = select(claims.c.id).where(claims.c.standing == row.fingerprint)
    same = connection.execute(standing).scalar_one_or_none()
    if same is not None:
        raise Refused(f"The same claim was queued again meanwhile: it is claim {same}.")
    looks_like = last_correction(
        connection, row.corrects, row.payer, row.corrects_number, but=claim_id
    ) or first_open(alike(connection, digests_of(connection, claim_id), but=claim_id))
    state, reasons, needs = State.QUEUED, [], []
    if row.with_file:
        file = connection.execute(select(files).where(files.c.id == row.file_id)).one()
        state, reasons = State.HELD, [tasks.WITH_FILE]
        needs.append(tasks.need_of_release(file.id, file.name, by_lead=file.needs_release))
    if letter and letter_need is not None:
        state = State.HELD
        reasons.append(f"{letter_need.title}.")
        needs.append(letter_need)
    if looks_like is not None:
        state = State.HELD
        reasons.append(question(looks_like))
        needs.append(need_of_answer(claim_id, row.account, looks_like, row.payer))
    move(connection, claim_id, state, act, what="overridden", reason=" ".join(reasons), looks_like=looks_like)
    tasks.settle_claim(connection, claim_id, act)
    for need in needs:
        tasks.open_task(connection, need, [claim_id], act)
    return state

"""Files into the ledger: every claim of a file gets its state in one transaction, or none does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.claims.model import Found, Frequency, Problem, Severity
from bot.claims.records import VisitRecord
from bot.claims.vocabulary import STANDING, Sent, State
from bot.ledger import tasks
from bot.ledger.likeness import alike, first_open, last_correction, need_of_answer, question
from bot.ledger.papers import LETTER, register
from bot.ledger.schema import (
    claims,
    events,
    evidence,
    files,
    likenesses,
    lines,
    overrides,
    patient_months,
    problems,
)
from bot.ledger.store import Act, Ledger, move, note
from bot.ledger.tasks import Need
from bot.portal.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Entry:
    """One claim, read, scrubbed and routed."""

    found: Found
    #: Everything the edits found.
    problems: tuple[Problem, ...]
    #: Blocked when a problem blocks, else held or queued.
    state: State
    #: Why, in a biller's words.
    reason: str
    payer_named: str
    payer: str | None
    login: str | None
    #: Keyed hash of what makes it this claim and no other; none when the claim could not be read.
    fingerprint: str | None
    #: Keyed hashes by which a fix of an earlier claim is recognised.
    likeness: frozenset[str]
    #: Last day the payer takes it.
    deadline: date | None
    #: What a person must do about it.
    need: Need | None = None
    #: Keyed hashes of patient and month, of a claim that others of the month matter for.
    months: frozenset[str] = frozenset()
    #: What supports an unlisted visit, and where its letter stands.
    support: VisitRecord | None = None
    letter: str | None = None
    #: Whether it waits until its whole file is released.
    with_file: bool = False
    #: The documents that go with it, as they were when it was queued.
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Before:
    """A claim that was queued before."""

    account: str
    first_id: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claim that waits for a person before it is sent."""

    account: str
    reason: str


@dataclass(slots=True)
class Queued:
    """What became of a file."""

    file_id: int
    queued: int = 0
    blocked: int = 0
    held: int = 0
    refused: list[Before] = field(default_factory=list)
    #: Claims that stood and were given up for those of this file.
    replaced: list[Before] = field(default_factory=list)
    #: The held ones, and why each is.
    waiting: list[Waiting] = field(default_factory=list)


def queue_file(
    ledger: Ledger, name: str, sha256: str, entries: Sequence[Entry], act: Act, *, needs_release: bool = False
) -> Queued:
    """Put a file's claims into the ledger, all of them or none. `needs_release`: a billing lead must let it go."""
    with ledger.write() as connection:
        file_id = new_file(connection, name, sha256, entries, act, needs_release=needs_release)
        result = Queued(file_id)
        for entry in entries:
            first = standing(connection, entry)
            if first is not None and not _gives_way(connection, first, entry, file_id):
                result.refused.append(Before(entry.found.account, first.id))
                continue
            if first is not None:
                why = Act(act.who, act.at, "queued again, with what was not known before")
                move(
                    connection,
                    first.id,
                    State.WITHDRAWN,
                    why,
                    reason="Queued again with what was not known before.",
                )
                tasks.settle_claim(connection, first.id, why)
                result.replaced.append(Before(entry.found.account, first.id))
            put_in(ledger, connection, result, entry, act)
        connection.execute(update(files).where(files.c.id == file_id).values(refused=len(result.refused)))
        ask_for_release(connection, file_id, name, act, by_lead=needs_release)
    return result


def new_file(
    connection: Connection, name: str, sha256: str, entries: Sequence[Entry], act: Act, *, needs_release: bool
) -> int:
    """The row of a file with these claims; its number."""
    file_id = connection.execute(
        insert(files)
        .values(
            name=name,
            sha256=sha256,
            claims=len(entries),
            lines=sum(entry.found.lines for entry in entries),
            charge=sum((entry.found.charge for entry in entries), Decimal(0)),
            queued_at=act.at,
            queued_by=act.who,
            needs_release=needs_release,
        )
        .returning(files.c.id)
    ).scalar_one()
    note(connection, "file_queued", act, file_id=file_id)
    return int(file_id)


def ask_for_release(connection: Connection, file_id: int, name: str, act: Act, *, by_lead: bool) -> None:
    """One task about the claims of a file that wait for its release, if any do."""
    held = select(claims.c.id).where(claims.c.file_id == file_id, claims.c.with_file, claims.c.state == State.HELD)
    if waiting := connection.execute(held).scalars().all():
        tasks.open_task(connection, tasks.need_of_release(file_id, name, by_lead=by_lead), waiting, act)


def is_known(ledger: Ledger, entry: Entry) -> bool:
    """Whether an entry would be refused, because its claim stands."""
    with ledger.read() as connection:
        first = standing(connection, entry)
        return first is not None and not _gives_way(connection, first, entry, None)


def standing(connection: Connection, entry: Entry) -> Any | None:
    """The claim that has an entry's place, if one has."""
    if entry.fingerprint is None:
        return None
    query = select(claims).where(claims.c.standing == entry.fingerprint)
    return connection.execute(query).one_or_none()


def _gives_way(connection: Connection, first: Any, entry: Entry, file_id: int | None) -> bool:
    """Whether a claim that stands and was never armed is given up for its copy, because this time more is known
    against it, or for it.

    Not what a person stopped or sent on its way again: that stands. What a lead set aside is not known anew.
    """
    waits = first.state in (State.QUEUED, State.HELD) and first.sent == Sent.NEVER and not first.attempts
    if not waits or first.file_id == file_id or _was_decided(connection, first.id):
        return False
    aside = set(connection.execute(select(overrides.c.rule).where(overrides.c.claim_id == first.id)).scalars())
    if entry.support is not None and first.support is None and LETTER not in aside:
        return True
    blocking = {problem.rule for problem in entry.problems if problem.severity is Severity.BLOCK}
    return entry.state is State.BLOCKED and not blocking <= aside


def _was_decided(connection: Connection, claim_id: int) -> bool:
    """Whether a person has held or released a claim."""
    by_people = select(events.c.id).where(events.c.claim_id == claim_id, events.c.what.in_(("held", "released")))
    return connection.execute(by_people.limit(1)).first() is not None


def put_in(ledger: Ledger, connection: Connection, result: Queued, entry: Entry, act: Act) -> int:
    """Put one claim of a file into the ledger, and count it in its result; its number."""
    claim = entry.found.claim
    state, reason = entry.state, entry.reason
    if entry.with_file and state is not State.BLOCKED:
        state, reason = State.HELD, f"{tasks.WITH_FILE} {reason}".strip()
    earlier = alike(connection, entry.likeness)
    number = claim.original_control_number if claim and claim.frequency is not Frequency.ORIGINAL else ""
    corrects = _corrected(connection, entry.payer, number) if number else None
    looks_like = None
    if state is not State.BLOCKED:
        looks_like = last_correction(connection, corrects, entry.payer, number) if number else first_open(earlier)
    if looks_like is not None:
        state, reason = State.HELD, f"{reason} {question(looks_like)}".strip()
    claim_id = connection.execute(
        insert(claims)
        .values(
            file_id=result.file_id,
            place=entry.found.place,
            account=entry.found.account,
            payer_named=entry.payer_named,
            payer=entry.payer,
            login=entry.login,
            state=state,
            service_from=claim.service_from if claim else None,
            service_to=claim.service_to if claim else None,
            charge=entry.found.charge,
            line_count=entry.found.lines,
            reason=reason,
            fingerprint=entry.fingerprint,
            standing=entry.fingerprint if state in STANDING else None,
            deadline=entry.deadline,
            body=ledger.seal(claim) if claim else None,
            support=ledger.seal(entry.support) if entry.support else None,
            letter=entry.letter,
            looks_like=looks_like,
            with_file=entry.with_file,
            corrects=corrects,
            corrects_number=number or None,
            created_at=act.at,
            updated_at=act.at,
        )
        .returning(claims.c.id)
    ).scalar_one()
    note(connection, "queued", act, claim_id=claim_id, file_id=result.file_id, after=state)
    if claim:
        connection.execute(
            insert(lines),
            [
                {
                    "claim_id": claim_id,
                    "number": number,
                    "code": line.code,
                    "service_from": line.service_from,
                    "charge": line.charge,
                }
                for number, line in enumerate(claim.lines, start=1)
            ],
        )
    if entry.likeness:
        connection.execute(
            insert(likenesses), [{"claim_id": claim_id, "digest": digest} for digest in sorted(entry.likeness)]
        )
    if entry.months:
        connection.execute(
            insert(patient_months), [{"claim_id": claim_id, "digest": digest} for digest in sorted(entry.months)]
        )
    if claim:
        register(connection, claim_id, claim)
    for kept in entry.evidence:
        connection.execute(
            insert(evidence).values(
                claim_id=claim_id,
                kind=kept.kind,
                sha256=kept.sha256,
                file=kept.path_name,
                size=kept.size,
                at=kept.at,
            )
        )
    if entry.problems:
        connection.execute(
            insert(problems),
            [
                {
                    "claim_id": claim_id,
                    "severity": problem.severity,
                    "rule": problem.rule,
                    "line": problem.line,
                    "field": problem.field,
                    "message": problem.message,
                }
                for problem in entry.problems
            ],
        )
    needs = [entry.need]
    if looks_like is not None:
        needs.append(need_of_answer(claim_id, entry.found.account, looks_like, entry.payer))
    for need in needs:
        if need is not None:
            tasks.open_task(connection, need, [claim_id], act)
    for row in earlier:
        if row.file_id != result.file_id and (State(row.state) is State.BLOCKED or state is not State.BLOCKED):
            _replace(connection, row.id, State(row.state), claim_id, act)
    setattr(result, state, getattr(result, state) + 1)
    if state is State.HELD:
        result.waiting.append(Waiting(entry.found.account, reason))
    return int(claim_id)


def _corrected(connection: Connection, payer: str | None, number: str) -> int | None:
    """The claim that a replacement or void names by the payer's number, if it is one of ours."""
    query = select(claims.c.id).where(claims.c.payer == payer, claims.c.control_number == number)
    return connection.execute(query).scalar_one_or_none()


def _replace(connection: Connection, claim_id: int, state: State, by: int, act: Act) -> None:
    """A blocked or rejected claim gives way to its fixed copy."""
    after = {State.BLOCKED: State.WITHDRAWN, State.REJECTED: State.CLOSED}.get(state)
    if after is not None:
        why = Act(act.who, act.at, f"replaced by claim {by}")
        move(connection, claim_id, after, why, reason=f"Replaced by claim {by}.")
        tasks.settle_claim(connection, claim_id, why)

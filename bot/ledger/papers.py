"""What the ledger knows about documents: control numbers that are spent, letters, and a patient's other claims."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select

from bot.claims.edits.book import Earlier
from bot.claims.model import Attachment, Claim
from bot.claims.records import VisitRecord
from bot.claims.vocabulary import Sent, State
from bot.errors import LostClaim
from bot.ledger.likeness import question
from bot.ledger.schema import claims, control_numbers, evidence, lines, patient_months
from bot.ledger.store import Act, Ledger, move
from bot.ledger.tasks import WITH_FILE, settle_claim
from bot.portal.evidence import Evidence

#: Where a letter stands.
NEEDED, APPROVED, SIGNED = "needed", "approved", "signed"
#: The finding that stands for a letter; setting it aside sends the claim without one.
LETTER = "UL-06"


@dataclass(frozen=True, slots=True)
class Lettered:
    """A claim with the record its letter is written from."""

    id: int
    rev: int
    state: State
    payer: str
    letter: str
    claim: Claim
    support: VisitRecord

    @property
    def number(self) -> str:
        """The letter's attachment control number."""
        return self.support.letter_number


def documents(claim: Claim) -> Iterator[Attachment]:
    """Every document of a claim and of its lines."""
    yield from claim.attachments
    for line in claim.lines:
        yield from line.attachments


def register(connection: Connection, claim_id: int, claim: Claim) -> None:
    """Note the control numbers of a claim's documents as its own."""
    connection.execute(delete(control_numbers).where(control_numbers.c.claim_id == claim_id))
    if numbers := sorted({one.control_number for one in documents(claim) if one.control_number}):
        connection.execute(
            insert(control_numbers), [{"claim_id": claim_id, "number": number} for number in numbers]
        )


def numbers_of(ledger: Ledger, claim_id: int) -> frozenset[str]:
    """The control numbers of a claim's documents."""
    query = select(control_numbers.c.number).where(control_numbers.c.claim_id == claim_id)
    with ledger.read() as connection:
        return frozenset(connection.execute(query).scalars())


def spent(ledger: Ledger, numbers: Collection[str], fingerprint: str) -> dict[str, int]:
    """Those of the control numbers that another claim has used or will use, and which claim that is."""
    with ledger.read() as connection:
        rows = connection.execute(
            select(control_numbers.c.number, claims.c.id)
            .join(claims, claims.c.id == control_numbers.c.claim_id)
            .where(
                control_numbers.c.number.in_(sorted(numbers)),
                claims.c.fingerprint != fingerprint,
                or_(claims.c.standing.is_not(None), claims.c.attempts > 0, claims.c.sent != Sent.NEVER),
            )
        )
        return {row.number: row.id for row in rows}


def neighbours(
    ledger: Ledger, months: Collection[str], fingerprint: str, corrected: str, instead_of: int | None = None
) -> tuple[Earlier, ...]:
    """The patient's other claims of these months that stand; not the one with this fingerprint, and not the one
    that is corrected (by the payer's number) or whose place is taken."""
    query = (
        select(claims.c.id, claims.c.body, claims.c.state, claims.c.control_number)
        .join(patient_months, patient_months.c.claim_id == claims.c.id)
        .where(
            patient_months.c.digest.in_(sorted(months)),
            claims.c.standing.is_not(None),
            claims.c.fingerprint != fingerprint,
        )
        .distinct()
        .order_by(claims.c.id)
    )
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return tuple(
        Earlier(
            ledger.unseal(row.body),
            row.id,
            accepted=row.state == State.ACCEPTED or (row.state == State.CLOSED and bool(row.control_number)),
            open=row.state != State.CLOSED,
        )
        for row in rows
        if (not corrected or row.control_number != corrected) and row.id != instead_of
    )


def billed_between(ledger: Ledger, first: date, last: date, codes: Collection[str]) -> list[Claim]:
    """The claims that stand with a line of one of these codes, dated from `first` to before `last`."""
    query = (
        select(claims.c.id, claims.c.body)
        .join(lines, lines.c.claim_id == claims.c.id)
        .where(
            claims.c.standing.is_not(None),
            lines.c.code.in_(sorted(codes)),
            lines.c.service_from >= first,
            lines.c.service_from < last,
        )
        .distinct()
        .order_by(claims.c.id)
    )
    with ledger.read() as connection:
        return [ledger.unseal(row.body) for row in connection.execute(query)]


def lettered(ledger: Ledger, claim_id: int | None = None) -> list[Lettered]:
    """Held claims whose letter is still needed, or one claim with a letter, if it has one."""
    query = select(claims).where(claims.c.support.is_not(None), claims.c.letter.is_not(None)).order_by(claims.c.id)
    if claim_id is None:
        query = query.where(claims.c.letter == NEEDED, claims.c.state == State.HELD)
    else:
        query = query.where(claims.c.id == claim_id)
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return [
        Lettered(
            row.id, row.rev, State(row.state), row.payer, row.letter, ledger.unseal(row.body),
            ledger.unseal_support(row.support),
        )
        for row in rows
    ]  # fmt: skip


def let_go(connection: Connection, row: Any, act: Act, what: str, **changes: Any) -> State:
    """A claim whose letter is no longer in its way waits for its turn; or for a person, if it looks like a fix, or
    its file is not released."""
    reasons = [WITH_FILE] if row.with_file else []
    if row.looks_like is not None:
        reasons.append(question(row.looks_like))
    asked, reason = bool(reasons), " ".join(reasons)
    state = State.HELD if asked else State.QUEUED
    move(connection, row.id, state, act, rev=row.rev, what=what, reason=reason, **changes)
    settle_claim(connection, row.id, act, kind="letter" if asked else None)
    return state


def attach(ledger: Ledger, one: Lettered, claim: Claim, letter: str, kept: Collection[Evidence], act: Act) -> None:
    """Put the prepared documents on a held claim and let it go: all of it in one transaction."""
    with ledger.write() as connection:
        row = connection.execute(
            select(claims).where(claims.c.id == one.id, claims.c.rev == one.rev)
        ).one_or_none()
        if row is None:
            raise LostClaim(f"Claim {one.id} was changed by somebody else.")
        let_go(connection, row, act, f"letter_{letter}", letter=letter, body=ledger.seal(claim))
        register(connection, one.id, claim)
        for item in kept:
            connection.execute(
                insert(evidence).values(
                    claim_id=one.id,
                    kind=item.kind,
                    sha256=item.sha256,
                    file=item.path_name,
                    size=item.size,
                    at=item.at,
                )
            )

"""What payers' files say of claims: kept once, and told to the claims that they are about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from bot.claims.vocabulary import Proof, State, Status, may_become
from bot.errors import Refused
from bot.ledger.schema import claims, lines, replies, reply_claims
from bot.ledger.store import Act, move, note


@dataclass(frozen=True, slots=True)
class Ours:
    """A claim of ours that a payer's file may be about, as it stands."""

    id: int
    rev: int
    state: State
    status: Status
    proof: Proof
    #: The portal it goes to, and the payer as its own file named it.
    payer: str | None
    payer_named: str
    account: str
    #: The payer's number that was proved, and those that earlier files gave.
    control_number: str | None
    numbers: frozenset[str]
    service_from: date | None
    service_to: date | None
    charge: Decimal
    #: The claim itself, sealed; none where it could not be read.
    body: bytes | None
    #: Whether a remittance has decided it, and the date of the last that did.
    decided: bool
    decided_on: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What one file says of one claim."""

    digest: str
    place: str
    account: str
    control_number: str | None
    payer_named: str
    number: str
    dated: date | None
    decides: bool
    status: Status
    charge: Decimal
    paid: Decimal
    patient_responsibility: Decimal


@dataclass(frozen=True, slots=True)
class ReplyTotals:
    """A payer's file as a whole."""

    name: str
    sha256: str
    kind: str
    claims: int
    charge: Decimal
    paid: Decimal
    payment: Decimal


def settled(connection: Connection, digests: Collection[str]) -> dict[str, int]:
    """Of these, the ones that a claim of ours was told already, and which."""
    query = select(reply_claims.c.digest, reply_claims.c.claim_id).where(reply_claims.c.claim_id.is_not(None))
    return {row.digest: row.claim_id for row in _in_pieces(connection, query, reply_claims.c.digest, digests)}


def ours(connection: Connection, numbers: Collection[str], accounts: Collection[str]) -> list[Ours]:
    """The claims with one of these payer's numbers, or one of these accounts in whatever case."""
    ids = {row.id for row in _in_pieces(connection, select(claims.c.id), claims.c.control_number, numbers)} | {
        row.id for row in _in_pieces(connection, select(claims.c.id), func.upper(claims.c.account), accounts)
    }
    told = select(reply_claims.c.claim_id.label("id")).where(reply_claims.c.claim_id.is_not(None))
    ids |= {row.id for row in _in_pieces(connection, told, reply_claims.c.control_number, numbers)}
    given: dict[int, set[str]] = {}
    decided: dict[int, list[date | None]] = {}
    for row in _in_pieces(connection, select(reply_claims), reply_claims.c.claim_id, ids):
        if row.control_number:
            given.setdefault(row.claim_id, set()).add(row.control_number)
        if row.decides:
            decided.setdefault(row.claim_id, []).append(row.dated)
    return [
        Ours(
            id=row.id,
            rev=row.rev,
            state=State(row.state),
            status=Status(row.status),
            proof=Proof(row.proof),
            payer=row.payer,
            payer_named=row.payer_named,
            account=row.account,
            control_number=row.control_number,
            numbers=frozenset(given.get(row.id, ())) | frozenset({row.control_number} - {None}),
            service_from=row.service_from,
            service_to=row.service_to,
            charge=row.charge,
            body=row.body,
            decided=row.id in decided,
            decided_on=max((day for day in decided.get(row.id, ()) if day), default=None),
        )
        for row in _in_pieces(connection, select(claims).order_by(claims.c.id), claims.c.id, ids)
    ]


def keep(
    connection: Connection, totals: ReplyTotals, entries: Sequence[tuple[Entry, int | None]], act: Act
) -> None:
    """Keep what a file says of claims, with the claim of ours that each is about: once, however often it comes."""
    reply_id = connection.execute(
        select(replies.c.id).where(replies.c.sha256 == totals.sha256)
    ).scalar_one_or_none()
    if reply_id is None:
        reply_id = connection.execute(
            insert(replies)
            .values(
                name=totals.name,
                sha256=totals.sha256,
                kind=totals.kind,
                claims=totals.claims,
                charge=totals.charge,
                paid=totals.paid,
                payment=totals.payment,
                settled_at=act.at,
                settled_by=act.who,
            )
            .returning(replies.c.id)
        ).scalar_one()
        note(connection, "file_settled", Act(act.who, act.at, totals.name))
    query = select(reply_claims.c.digest, reply_claims.c.claim_id)
    digests = [entry.digest for entry, _ in entries]
    known = {row.digest: row.claim_id for row in _in_pieces(connection, query, reply_claims.c.digest, digests)}
    new = [
        {**_values(entry), "reply_id": reply_id, "claim_id": claim_id}
        for entry, claim_id in entries
        if entry.digest not in known
    ]
    if new:
        connection.execute(insert(reply_claims), new)
    for entry, claim_id in entries:
        if claim_id is not None and entry.digest in known and known[entry.digest] is None:
            connection.execute(
                update(reply_claims).where(reply_claims.c.digest == entry.digest).values(claim_id=claim_id)
            )


def is_known(connection: Connection, sha256: str) -> bool:
    """Whether a file with these bytes was settled before."""
    return connection.execute(select(replies.c.id).where(replies.c.sha256 == sha256)).first() is not None


def recount(connection: Connection, digests: Collection[str]) -> tuple[int, Decimal, Decimal]:
    """How many of these are kept, and their charge and payment."""
    query = select(reply_claims.c.charge, reply_claims.c.paid)
    rows = list(_in_pieces(connection, query, reply_claims.c.digest, digests))
    nothing = Decimal("0.00")
    return len(rows), sum((row.charge for row in rows), nothing), sum((row.paid for row in rows), nothing)


def tell(
    connection: Connection,
    ours: Ours,
    status: Status,
    of_lines: Mapping[int, Mapping[str, Any]],
    act: Act,
    **changes: Any,
) -> None:
    """Give a claim the status that a file gives it, and its lines, by number, these columns; its state stays.

    Raises `Refused` when no such move is drawn in `vocabulary.STATUS_MOVES`, `LostClaim` when the claim has moved.
    """
    if not may_become(ours.status, status):
        raise Refused(f"Claim {ours.id} is '{ours.status}' and cannot become '{status}'.")
    move(connection, ours.id, ours.state, act, rev=ours.rev, what="settled", status=status, **changes)
    for number, line in of_lines.items():
        if line:
            connection.execute(
                update(lines).where(lines.c.claim_id == ours.id, lines.c.number == number).values(**line)
            )


def count_paid(connection: Connection, claim_ids: Collection[int]) -> None:
    """Give claims what all remittances together have paid for them, and the last payment's date and number.

    No remittance says what was allowed: what the portal said of it before goes, and so do the lines' payments
    where they do not add up to the claim's.
    """
    query = select(reply_claims).where(reply_claims.c.decides).order_by(reply_claims.c.dated, reply_claims.c.place)
    paid: dict[int, list[Any]] = {}
    for row in _in_pieces(connection, query, reply_claims.c.claim_id, claim_ids):
        paid.setdefault(row.claim_id, []).append(row)
    for claim_id, rows in paid.items():
        together = sum((row.paid for row in rows), Decimal(0))
        connection.execute(
            update(claims)
            .where(claims.c.id == claim_id)
            .values(allowed=None, paid=together, paid_on=rows[-1].dated, payment_number=rows[-1].number)
        )
        mine = lines.c.claim_id == claim_id
        of_lines = connection.execute(select(lines.c.paid).where(mine)).scalars().all()
        agree = None not in of_lines and sum(of_lines) == together
        connection.execute(update(lines).where(mine).values(allowed=None, **({} if agree else {"paid": None})))


def stop(connection: Connection, ours: Ours, reason: str, act: Act) -> None:
    """Hold a claim that waits for its turn: the payer may have it already."""
    move(connection, ours.id, State.HELD, act, rev=ours.rev, what="held", reason=reason)


def is_settled(connection: Connection, claim_id: int, *, decided: bool = False) -> bool:
    """Whether a payer's file has spoken of a claim, or even `decided` it."""
    query = select(reply_claims.c.digest).where(reply_claims.c.claim_id == claim_id)
    if decided:
        query = query.where(reply_claims.c.decides)
    return connection.execute(query.limit(1)).first() is not None


def _values(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__slots__}


def _in_pieces(
    connection: Connection, query: Any, column: ColumnElement[Any], values: Iterable[Any], size: int = 500
) -> Iterator[Any]:
    """The rows in which a column has one of these values, asked for in pieces that fit a statement."""
    ordered = sorted(set(values))
    for at in range(0, len(ordered), size):
        yield from connection.execute(query.where(column.in_(ordered[at : at + size])))

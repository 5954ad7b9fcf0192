"""The ledger: a database, the vault for what names a patient, and the one way to move a claim."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.claims.model import Claim
from bot.claims.records import VisitRecord
from bot.claims.vocabulary import MOVES, STANDING, State
from bot.errors import LostClaim, Refused, UnknownItem
from bot.ledger.database import Database
from bot.ledger.schema import claims, events
from bot.ledger.tally import Tally
from bot.vault import Vault

#: Who acts when no person does.
BOT = "payerbot"


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, when and why: stored with every change."""

    who: str
    at: datetime
    why: str = ""


class Ledger:
    """The ledger of one installation."""

    def __init__(self, database: Database, vault: Vault, tally: Tally) -> None:
        self.database = database
        self.vault = vault
        self.tally = tally

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read with."""
        with self.database.read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it is on the disk when this ends, or none of it."""
        with self.database.write() as connection:
            yield connection

    def seal(self, claim: Claim | VisitRecord) -> bytes:
        """A claim, or what supports it, as the ledger keeps it."""
        return self.vault.encrypt(claim.model_dump_json().encode())

    def unseal(self, body: bytes) -> Claim:
        """The claim from what the ledger keeps."""
        return Claim.model_validate_json(self.vault.decrypt(body))

    def unseal_support(self, support: bytes) -> VisitRecord:
        """What supports a claim, from what the ledger keeps."""
        return VisitRecord.model_validate_json(self.vault.decrypt(support))


def move(
    connection: Connection,
    claim_id: int,
    after: State,
    act: Act,
    *,
    rev: int | None = None,
    what: str = "moved",
    stands: bool = True,
    **changes: Any,
) -> int:
    """Move a claim to a state, change what else changes with it, and write down who did it; its new rev.

    `rev` is the one the caller saw: `LostClaim` when the claim has moved since. `Refused` when no such move is
    drawn in `vocabulary.MOVES`. Without `stands`, its place is free for a copy whatever the state says.
    """
    row = connection.execute(
        select(claims.c.state, claims.c.rev, claims.c.fingerprint).where(claims.c.id == claim_id)
    ).one_or_none()
    if row is None:
        raise UnknownItem(f"There is no claim {claim_id}.")
    before = State(row.state)
    if rev is not None and row.rev != rev:
        raise LostClaim(f"Claim {claim_id} was changed by somebody else.")
    if after is not before and after not in MOVES[before]:
        raise Refused(f"Claim {claim_id} is '{before}' and cannot become '{after}'.")
    finished = after is State.CLOSED
    stands = stands and after in STANDING and not (finished and before not in STANDING)
    if after is State.ACCEPTED and before is not after:
        changes["accepted_at"] = act.at
    moved = connection.execute(
        update(claims)
        .where(claims.c.id == claim_id, claims.c.rev == row.rev)
        .values(
            state=after,
            # what did not stand any more does not begin to by being finished
            standing=row.fingerprint if stands else None,
            rev=row.rev + 1,
            updated_at=act.at,
            **changes,
        )
    )
    if moved.rowcount != 1:
        raise LostClaim(f"Claim {claim_id} was changed by somebody else.")
    note(connection, what, act, claim_id=claim_id, before=before, after=after)
    return int(row.rev) + 1


def note(connection: Connection, what: str, act: Act, **about: Any) -> None:
    """Write down that something happened; `about` names the claim, file, task, payer, login, before, after."""
    connection.execute(insert(events).values(at=act.at, who=act.who, what=what, why=act.why, **about))

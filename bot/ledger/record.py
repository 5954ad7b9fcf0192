"""All that the ledger knows of one claim, as an appeal needs it: what was sent, and what came back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.claims.model import Claim
from bot.ledger import views
from bot.ledger.schema import attempts, claims, sends
from bot.ledger.store import Act, Ledger, note
from bot.ledger.views import Row, Rows
from bot.portal.adapter import SentAs
from bot.portal.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time that a claim set out for its payer."""

    id: int
    login: str
    #: The last request that was armed: as the adapter calls it, and when.
    stage: str
    armed_at: datetime
    closed_at: datetime | None
    #: See `schema.attempts`.
    outcome: str | None
    sent_as: SentAs


@dataclass(frozen=True, slots=True)
class Record:
    """One claim and its history."""

    row: Row
    #: None where the file's claim could not be read.
    claim: Claim | None
    attempts: Sequence[Attempt]
    evidence: Sequence[Evidence]
    #: Of these, by their files, the ones by which it became proved that the payer has it.
    proving: frozenset[str]
    events: Rows
    lines: Rows
    replies: Rows
    #: What was said on the telephone.
    calls: Rows


def of_claim(ledger: Ledger, claim_id: int) -> Record:
    """What is known of a claim. Raises `UnknownItem`."""
    history = views.claim_history(ledger, claim_id)
    with ledger.read() as connection:
        body = connection.execute(select(claims.c.body).where(claims.c.id == claim_id)).scalar_one()
        armed = connection.execute(
            select(
                attempts.c.id, attempts.c.closed_at, attempts.c.outcome, attempts.c.sent_as,
                sends.c.login, sends.c.stage, sends.c.armed_at,
            )
            .join(sends, sends.c.id == attempts.c.send_id)
            .where(attempts.c.claim_id == claim_id)
            .order_by(attempts.c.id)
        ).all()  # fmt: skip
    return Record(
        row=views.claim_rows(ledger, claim_id=claim_id)[0],
        claim=ledger.unseal(body) if body else None,
        attempts=[
            Attempt(
                one.id, one.login, one.stage, one.armed_at, one.closed_at, one.outcome,
                SentAs(**json.loads(ledger.vault.decrypt(one.sent_as))),
            )
            for one in armed
        ],
        evidence=[
            Evidence(one["kind"], one["sha256"], one["file"], one["at"], one["size"])
            for one in history["evidence"]
        ],
        proving=frozenset(one["file"] for one in history["evidence"] if one["proves"]),
        events=history["events"],
        lines=history["lines"],
        replies=history["replies"],
        calls=history["calls"],
    )  # fmt: skip


def printed(ledger: Ledger, claim_id: int, act: Act) -> None:
    """Note that somebody took the proof of a claim, which names its patient, to paper."""
    with ledger.write() as connection:
        note(connection, "proof_printed", act, claim_id=claim_id)

"""A ledger of as many claims as one likes: what an office has after years, put down past every rule.

Claims stand in every state, most of them at their payer and decided; each has its lines, sends, events and
evidence rows, and every fiftieth waits behind a task.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, insert

from bot.claims.vocabulary import STANDING, Proof, Sent, State, Status
from bot.ledger.schema import attempts, claims, events, evidence, files, lines, sends, task_claims, tasks
from bot.ledger.store import Ledger
from fixtures.claims.generate import claims as invented

PAYERS = ("northstar", "lakeshore", "summit", "hudson")
#: Claims of one file.
FILE = 500
#: Where every hundredth claim stands; the others are accepted.
_STATES = (
    *(State.QUEUED,) * 3,
    *(State.BLOCKED,) * 2,
    *(State.REJECTED,) * 2,
    State.HELD,
    State.RECEIVED,
    State.UNKNOWN,
    State.DISPUTED,
    State.DUPLICATE,
    State.WITHDRAWN,
    *(State.CLOSED,) * 20,
)
_STATUSES = (*(Status.PAID,) * 6, Status.PAID_PART, Status.DENIED, Status.PENDING, Status.NONE)
_NEVER = {State.QUEUED, State.BLOCKED, State.HELD, State.WITHDRAWN}
_HOLDS = {State.ACCEPTED, State.CLOSED, State.DISPUTED}


def fill(ledger: Ledger, number: int, now: datetime) -> None:
    """Put so many claims into an empty ledger, the last of them queued now."""
    bodies = [(one, ledger.seal(one)) for one in invented("northstar", 40)]
    rows = [_claim(at, *bodies[at % len(bodies)], now - timedelta(minutes=number - at)) for at in range(number)]
    with ledger.write() as connection:
        sealed = ledger.vault.encrypt(b'{"account": "ACC", "member_id": "M"}')
        for table, found in _tables(rows, sealed):
            for at in range(0, len(found), 5_000):
                connection.execute(insert(table), found[at : at + 5_000])


def _claim(at: int, claim: Any, body: bytes, when: datetime) -> dict[str, Any]:
    state = _STATES[at % 100] if at % 100 < len(_STATES) else State.ACCEPTED
    there = state in _HOLDS
    status = _STATUSES[at % len(_STATUSES)] if there else Status.NONE
    paid = {Status.PAID: claim.charge * Decimal("0.8"), Status.PAID_PART: claim.charge * Decimal("0.4")}
    # the youngest hours, the oldest most of a year
    accepted = when - timedelta(days=at % 293)
    return {
        "id": at + 1,
        "file_id": at // FILE + 1,
        "place": f"row {at}",
        "account": f"ACC{at:08d}",
        "payer_named": PAYERS[at % len(PAYERS)].upper(),
        "payer": PAYERS[at % len(PAYERS)],
        "login": "main",
        "state": state,
        "status": status,
        "service_from": (accepted - timedelta(days=5)).date(),
        "service_to": (accepted - timedelta(days=5)).date(),
        "charge": claim.charge,
        "line_count": 1,
        "control_number": f"2026{at:013d}" if there else None,
        "sent": Sent.NEVER if state in _NEVER else Sent.MAYBE if state is State.UNKNOWN else Sent.ONCE,
        "proof": Proof.BOTH if there else Proof.NONE,
        "attempts": 0 if state in _NEVER else 1,
        "reason": "" if there else "For some reason that a biller understands.",
        "fingerprint": f"{at:064x}",
        "standing": f"{at:064x}" if state in STANDING else None,
        "accepted_at": accepted if there else None,
        "looked_up_at": accepted + timedelta(minutes=5) if there else None,
        "payer_words": "Finalized" if there else "",
        "payer_reasons": ["CO-50"] if status is Status.DENIED else [],
        "paid": paid[status].quantize(Decimal("0.01")) if status in paid else None,
        "deadline": (accepted + timedelta(days=360)).date(),
        "body": body,
        "created_at": when - timedelta(days=at % 293, hours=1),
        "updated_at": accepted,
    }


def _tables(rows: list[dict[str, Any]], sealed: bytes) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Every table's rows, in the order in which they may be put down."""
    yield files, [_file(at + 1, rows[at * FILE : (at + 1) * FILE]) for at in range(-(-len(rows) // FILE))]
    yield claims, rows
    yield (
        lines,
        [
            {
                "claim_id": row["id"],
                "number": 1,
                "code": "99490",
                "service_from": row["service_from"] or date(2026, 1, 1),
                "charge": row["charge"],
                "status": row["status"],
                "payer_reasons": row["payer_reasons"],
            }
            for row in rows
        ],
    )
    gone = [row for row in rows if row["attempts"]]
    yield (
        sends,
        [
            {
                "id": row["id"],
                "payer": row["payer"],
                "login": "main",
                "owner": "one",
                "stage": "submit",
                "kind": "final",
                "armed_at": row["updated_at"],
                "closed_at": row["updated_at"],
            }
            for row in gone
        ],
    )
    yield (
        attempts,
        [
            {
                "id": row["id"],
                "send_id": row["id"],
                "claim_id": row["id"],
                "sent_as": sealed,
                "outcome": row["state"],
                "closed_at": row["updated_at"],
            }
            for row in gone
        ],
    )
    yield (
        evidence,
        [
            {
                "claim_id": row["id"],
                "attempt_id": row["id"],
                "kind": kind,
                "sha256": f"{row['id']:064x}",
                "file": f"{row['id']:032x}.zip.enc",
                "size": 80_000,
                "at": row["updated_at"],
            }
            for row in gone
            for kind in ("receipt", "look-up")
        ],
    )
    yield (
        events,
        [
            {
                "claim_id": row["id"],
                "at": row["updated_at"],
                "who": "payerbot",
                "what": what,
                "before": State.QUEUED,
                "after": row["state"],
                "why": "paid" if what == "looked_up" else "",
            }
            for row in rows
            for what in ("queued", "armed", "outcome", "looked_up")
        ],
    )
    waiting = rows[::50]
    yield (
        tasks,
        [
            {
                "id": row["id"],
                "cause": f"claim:{row['id']}",
                "open_cause": f"claim:{row['id']}",
                "kind": "differs",
                "payer": row["payer"],
                "login": "main",
                "actor": "biller",
                "title": f"Northstar Medicaid: account {row['account']}: the payer decided something else",
                "action": "Compare the remittance with the claim.",
                "needs_answer": False,
                "round": 1,
                "opened_at": row["updated_at"],
            }
            for row in waiting
        ],
    )
    yield (
        task_claims,
        [
            {"task_id": row["id"], "claim_id": behind["id"]}
            for at, row in enumerate(waiting)
            for behind in rows[at * 50 : at * 50 + 1 + at % 5]
        ],
    )


def _file(file_id: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": file_id,
        "name": f"visits-{file_id}.837",
        "sha256": f"{file_id:064x}",
        "claims": len(rows),
        "lines": len(rows),
        "charge": sum((row["charge"] for row in rows), Decimal(0)),
        "queued_at": rows[0]["created_at"],
        "queued_by": "ruth",
        "refused": 0,
    }

"""A run that adds up: every claim in its scope counted once, from the ledger and not from memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.claims.vocabulary import Proof, State, Status
from bot.ledger import views
from bot.ledger.store import Ledger
from bot.ledger.views import Rows

#: Where a claim of a run can end, in the order they are told.
BUCKETS = ("accepted", "received", "rejected", "duplicate", "disputed", "unknown", "parked", "held", "left")

_BUCKET: dict[State, str] = {
    State.ACCEPTED: "accepted",
    State.RECEIVED: "received",
    State.REJECTED: "rejected",
    State.DUPLICATE: "duplicate",
    State.DISPUTED: "disputed",
    State.UNKNOWN: "unknown",
    State.HELD: "held",
    State.BLOCKED: "held",
    State.WITHDRAWN: "held",
    State.QUEUED: "left",
    State.SUBMITTING: "unknown",
}


@dataclass(frozen=True, slots=True)
class Learned:
    """What a follow-up learned about the claims that the payers have."""

    #: Claims that the payers were asked about and answered.
    looked_up: int
    #: How many of the accepted stand where by the payers' word, and what was paid for these.
    statuses: dict[Status, int]
    paid: dict[Status, Decimal]


@dataclass(frozen=True, slots=True)
class Summary:
    """Where the claims of a run stand at its end."""

    #: Claims in scope at the start.
    queued: int
    counts: dict[str, int]
    #: Of the accepted: those whose second witness is still to be asked.
    unwitnessed: int
    payers: dict[str, dict[str, int]]
    seconds: float
    #: Open tasks about these claims or their payers.
    tasks: int
    #: None where nobody asked for a follow-up.
    learned: Learned | None = None

    @property
    def balanced(self) -> bool:
        """Whether every claim in scope was counted, once."""
        return self.queued == sum(self.counts.values())

    def document(self) -> dict[str, object]:
        """As ``run --json`` prints it, and ``follow-up --json`` with two keys more."""
        document: dict[str, object] = {
            "queued": self.queued,
            **self.counts,
            "unwitnessed": self.unwitnessed,
            "balanced": self.balanced,
            "seconds": self.seconds,
            "payers": self.payers,
        }
        if self.learned is not None:
            statuses = {str(status): count for status, count in self.learned.statuses.items()}
            document |= {"looked_up": self.learned.looked_up, "statuses": statuses}
        return document


def summarise(
    ledger: Ledger, ids: Sequence[int], took: timedelta, followed_since: datetime | None = None
) -> Summary:
    """Count where these claims stand now; after a follow-up, which began then, also what it learned."""
    rows = views.states_of(ledger, ids)
    stopped = {(pause["payer"], pause["login"]) for pause in views.pause_rows(ledger)}
    counts: Counter[str] = Counter()
    payers: dict[str, Counter[str]] = {}
    unwitnessed = 0
    for row in rows:
        state = State(row["state"])
        finished = "accepted" if row["control_number"] else "rejected"
        bucket = finished if state is State.CLOSED else _BUCKET[state]
        if bucket == "left" and stopped & {(row["payer"], None), (row["payer"], row["login"])}:
            bucket = "parked"
        counts[bucket] += 1
        payers.setdefault(row["payer"], Counter())[bucket] += 1
        unwitnessed += row["state"] == State.ACCEPTED and row["proof"] == Proof.RECEIPT
    slugs = set(payers)
    return Summary(
        queued=len(ids),
        counts={bucket: counts[bucket] for bucket in BUCKETS},
        unwitnessed=unwitnessed,
        payers={slug: {bucket: payers[slug][bucket] for bucket in BUCKETS} for slug in sorted(slugs)},
        seconds=round(took.total_seconds(), 1),
        tasks=views.open_tasks_about(ledger, ids, slugs),
        learned=_learned(rows, followed_since) if followed_since else None,
    )


def _learned(rows: Rows, begun: datetime) -> Learned:
    accepted = [row for row in rows if row["state"] == State.ACCEPTED]
    statuses = Counter(Status(row["status"]) for row in accepted)
    paid = dict.fromkeys(Status, Decimal("0.00"))
    for row in accepted:
        paid[Status(row["status"])] += row["paid"] or 0
    return Learned(
        looked_up=sum(row["looked_up_at"] is not None and row["looked_up_at"] >= begun for row in rows),
        statuses={status: statuses[status] for status in Status if statuses[status]},
        paid={status: paid[status] for status in Status if statuses[status]},
    )

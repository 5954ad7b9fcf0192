"""The last days for a claim: to file it, to appeal its decision, to answer the payer; each with its source.

Only what still counts for a claim is one of its deadlines: to file, while no claim of it stands at the payer; to
appeal, once it was decided against us; to answer, while the payer waits for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from bot.claims.vocabulary import State, Status
from bot.work.payers import Payer


class About(StrEnum):
    """What a deadline is for."""

    FILING = "filing"
    APPEAL = "appeal"
    ANSWER = "answer"


#: In a biller's words.
SHOWN: Mapping[About, str] = {
    About.FILING: "to file it",
    About.APPEAL: "to appeal",
    About.ANSWER: "to answer the payer",
}

#: Where no claim stands at the payer, or nobody has proved that one does.
_TO_FILE = frozenset({State.BLOCKED, State.HELD, State.QUEUED, State.SUBMITTING, State.REJECTED, State.UNKNOWN})
_NOT_THERE = frozenset({Status.UNPROCESSABLE, Status.NOT_ON_FILE})
#: Decisions that may be appealed. What could not be processed may not: it is filed again.
_TO_APPEAL = frozenset({Status.DENIED, Status.PAID_PART, Status.PAID_ZERO, Status.REVERSED})


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """One last day."""

    on: date
    about: About
    #: Where it is written.
    source: str
    #: Somebody read it there; else it is assumed, and a warning.
    known: bool
    #: It is over.
    passed: bool

    @property
    def words(self) -> str:
        """In words, with where it is written."""
        doubt = "" if self.known else ": put it into policy.toml"
        head = f"the last day {SHOWN[self.about]} was" if self.passed else f"last day {SHOWN[self.about]}:"
        return f"{head} {self.on} ({self.source}{doubt})"

    def document(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "about": str(self.about),
            "on": self.on,
            "source": self.source,
            "known": self.known,
            "passed": self.passed,
        }


def deadlines_of(claim: Mapping[str, Any], payer: Payer | None, today: date) -> tuple[Deadline, ...]:
    """The deadlines of a claim (a row of `views`), the nearest first."""
    policy = payer.policy if payer else None
    found: list[Deadline] = []

    def add(on: date, about: About, source: str, *, known: bool) -> None:
        found.append(Deadline(on, about, source, known, passed=on < today))

    state, status = State(claim["state"]), Status(claim["status"])
    files = state in _TO_FILE or (state is State.ACCEPTED and status in _NOT_THERE)
    if files and claim["deadline"]:
        limit = policy.filing if policy else None
        source, known = (limit.source, limit.known) if limit else ("as it was when it was queued", True)
        add(claim["deadline"], About.FILING, source, known=known)
    if status in _TO_APPEAL and state in (State.ACCEPTED, State.CLOSED) and claim["decided_on"] and policy:
        last = claim["decided_on"] + timedelta(days=policy.appeal.days)
        add(last, About.APPEAL, policy.appeal.source, known=policy.appeal.known)
    if status is Status.INFO_REQUESTED and claim["answer_by"]:
        add(claim["answer_by"], About.ANSWER, "the payer's own date", known=True)
    return tuple(sorted(found))


def nearest(deadlines: Sequence[Deadline]) -> Deadline | None:
    """The first of them."""
    return min(deadlines, default=None)

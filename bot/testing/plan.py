"""What the fake payer does with claims as time passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """What its search shows of a claim from some time after it got it."""

    after: timedelta
    #: Its word for where the claim stands; `FakeAdapter.words` has those it knows.
    words: str
    #: Dollars, such as ``115.20``.
    allowed: str | None = None
    paid: str | None = None
    #: A date, as ISO writes it.
    paid_on: str | None = None
    payment_number: str | None = None
    reasons: tuple[str, ...] = ()
    #: The last day for what it asks, as ISO writes it.
    answer_by: str | None = None
    #: For each line: code, word, dollars paid.
    lines: tuple[tuple[str, str, str], ...] = ()
    #: Whether the search shows the claim at all.
    shown: bool = True

    def document(self) -> dict[str, Any]:
        """What the search shows of it."""
        return {name: value for name, value in asdict(self).items() if name not in ("after", "shown")}


#: By account, the steps of its claim in their order; a claim without any stays as it was received.
Plan = Mapping[str, Sequence[Step]]

RECEIVED = Step(timedelta(0), "received")


def step_of(plan: Plan, claim: Mapping[str, Any], now: datetime) -> Step:
    """Where a stored claim stands."""
    age = now - datetime.fromisoformat(claim["received_at"])
    return next((step for step in reversed(plan.get(claim["account"], ())) if step.after <= age), RECEIVED)

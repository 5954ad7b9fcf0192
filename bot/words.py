"""Amounts, times, numbers of things and where a claim stands, as people read them, in a terminal as on paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.claims.vocabulary import SHOWN, STATUS_SHOWN, Proof, State, Status


def money(amount: Decimal) -> str:
    """An amount as people write it."""
    return f"{'−' if amount < 0 else ''}${abs(amount):,.2f}"


def when(at: datetime | None) -> str:
    """A time on the reader's own clock, to the minute."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else ""


def count(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def standing(row: Mapping[str, Any]) -> str:
    """Where a claim stands, in words, with the payer's number where there is one."""
    state = State(row["state"])
    words = SHOWN[state]
    if state is State.ACCEPTED and row["control_number"]:
        words = f"In the payer's system (number {row['control_number']}), {STATUS_SHOWN[Status(row['status'])]}"
        if row["proof"] == Proof.RECEIPT:
            words += "; the payer's search is still to confirm it"
    if state is State.RECEIVED and row["tracking_number"]:
        words = f"Sent (tracking number {row['tracking_number']}), waiting for the payer's claim number"
    if row["paid"]:
        words += f", {money(row['paid'])}"
    if state not in (State.ACCEPTED, State.WITHDRAWN) and row["status"] not in (Status.NONE, Status.PENDING):
        words += f"; by the payer's word {STATUS_SHOWN[Status(row['status'])]}"
    return words

"""How amounts, times and numbers of things are written for people, in a terminal as on paper."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal


def money(amount: Decimal) -> str:
    """An amount as people write it."""
    return f"{'−' if amount < 0 else ''}${abs(amount):,.2f}"


def when(at: datetime | None) -> str:
    """A time on the reader's own clock, to the minute."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else ""


def count(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")

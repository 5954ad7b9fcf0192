"""What people see in a terminal: where it is written, and how amounts, times and problems are."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from rich.console import Console
from rich.markup import escape

#: Answers go to stdout, everything about the work itself to stderr.
out = Console(highlight=False, soft_wrap=True)


err = Console(stderr=True, highlight=False, soft_wrap=True)


def money(amount: Decimal) -> str:
    """An amount as people write it."""
    return f"{'−' if amount < 0 else ''}${abs(amount):,.2f}"


def when(at: datetime | None) -> str:
    """A time on the reader's own clock, to the minute."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else ""


def count(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def show_problem(severity: str, message: str, place: str | None) -> None:
    """Something wrong, or to look at, under what it is about."""
    mark = "[red]fix[/red] " if severity == "block" else "[yellow]look[/yellow]"
    where = f" ({escape(place)})" if place else ""
    out.print(f"    {mark} {escape(message)}{where}")

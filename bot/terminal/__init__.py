"""What people see in a terminal: where it is written, and how problems are."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from bot.words import count, money, when

__all__ = ["count", "err", "money", "out", "show_problem", "when"]

#: Answers go to stdout, everything about the work itself to stderr.
out = Console(highlight=False, soft_wrap=True)


err = Console(stderr=True, highlight=False, soft_wrap=True)


def show_problem(severity: str, message: str, place: str | None) -> None:
    """Something wrong, or to look at, under what it is about."""
    mark = "[red]fix[/red] " if severity == "block" else "[yellow]look[/yellow]"
    where = f" ({escape(place)})" if place else ""
    out.print(f"    {mark} {escape(message)}{where}")

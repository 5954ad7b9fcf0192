"""What tonight needs from a person, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from bot.terminal import count, out
from bot.work.ready import Want


def show_wants(wants: Sequence[Want]) -> None:
    """What is needed, and what to do about each."""
    for want in wants:
        behind = f" [yellow]({count(want.claims, 'claim')})[/yellow]" if want.claims else ""
        out.print(f"[bold]{want.kind}[/bold]  {escape(want.what)}{behind}")
        out.print(f"    [dim]{escape(want.action)}[/dim]")
    if not wants:
        out.print("Tonight needs nothing from you.")

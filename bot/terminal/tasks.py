"""What needs a person, in a terminal."""

from __future__ import annotations

from decimal import Decimal

from rich.markup import escape

from bot.ledger.views import Rows
from bot.terminal import count, money, out


def show_tasks(rows: Rows) -> None:
    """What a person must do, by cause."""
    for row in rows:
        behind = row["claims"]
        total = sum((one["charge"] for one in behind), Decimal(0))
        worth = f" ({count(len(behind), 'claim')}, {money(total)})" if behind else ""
        state = "" if row["closed_at"] is None else f" [dim]closed by {escape(row['closed_by'])}[/dim]"
        out.print(f"[bold]{row['id']}[/bold]  {escape(row['title'])}{worth}{state}")
        out.print(f"    [dim]{escape(row['action'])}[/dim]")
        if behind and row["kind"] not in ("held",):
            for one in behind[:8]:
                why = one["reason"] if one["reason"] not in row["title"] else ""
                out.print(f"    claim {one['id']}, account {escape(one['account'])}  [dim]{escape(why)}[/dim]")
            if len(behind) > 8:
                out.print(f"    … and {len(behind) - 8} more")
    if not rows:
        out.print("Nothing needs a person.")

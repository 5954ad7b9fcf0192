"""Rules, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from bot.terminal import out


def show_rules(rows: Sequence[dict[str, Any]]) -> None:
    """Rules, one a row."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("rule", "", "what must hold", "source"):
        table.add_column(heading)
    for row in rows:
        colour = {"block": "red", "warn": "yellow"}.get(row["severity"], "dim")
        table.add_row(
            row["id"],
            f"[{colour}]{row['severity']}[/]",
            escape(row["title"]),
            f"[dim]{escape(row['source'])}[/dim]",
        )
    out.print(table)


def show_rule(rule: dict[str, Any]) -> None:
    """One rule with everything there is to know about it."""
    whose = f"at {rule['payer']}" if rule["payer"] else "unless a payer's policy says otherwise"
    out.print(f"[bold]{rule['id']}[/bold]  {escape(rule['title'])}  ({rule['severity']} {whose})")
    out.print(escape(rule["explanation"]))
    verified = f", verified {rule['verified']}" if rule["verified"] else ""
    out.print(f"  looks at: {escape(rule['needs'])}")
    out.print(f"  source: {escape(rule['source'])}{verified}")
    for one in rule["parameters"]:
        value = ", ".join(one["value"]) if isinstance(one["value"], tuple | list) else one["value"]
        out.print(f"  {one['name']} = {escape(str(value))}: {escape(one['meaning'])}")
    out.print(f"  a lead {'may' if rule['overridable'] else 'cannot'} override it for one claim")

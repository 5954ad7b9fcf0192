"""Files and how each balances, in a terminal."""

from __future__ import annotations

from rich.markup import escape

from bot.ledger.views import Rows
from bot.terminal import money, out, when


def show_files(rows: Rows) -> None:
    """Files, each with its own balance."""
    for row in rows:
        parts = [f"{count} {_state_word(state)}" for state, count in sorted(row["states"].items())]
        if row["refused"]:
            parts.append(f"{row['refused']} queued before")
        sign = "=" if row["balanced"] else "≠"
        out.print(
            f"[bold]{row['id']}  {escape(row['name'])}[/bold] ({when(row['queued_at'])}): "
            f"{row['claims']} in, {money(row['charge'])} {sign} {' + '.join(parts) or 'nothing'}"
        )
    if not rows:
        out.print("No files.")


def _state_word(state: str) -> str:
    return {"queued": "waiting", "blocked": "to fix", "unknown": "being checked"}.get(state, state)

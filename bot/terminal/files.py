"""Files and how each balances, in a terminal."""

from __future__ import annotations

from rich.markup import escape

from bot.ledger.releases import Outcome
from bot.ledger.views import Rows
from bot.terminal import count, money, out, show_problem, when


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
        if row["needs_release"] and row["released_at"] is None:
            out.print("    [yellow]waits for a billing lead[/yellow]")
        elif row["released_at"] is not None:
            out.print(f"    [dim]released by {escape(row['released_by'])}, {when(row['released_at'])}[/dim]")
    if not rows:
        out.print("No files.")


def show_warnings(rows: Rows) -> None:
    """What is to be looked at in a file, by rule."""
    for row in rows:
        show_problem("warn", f"{count(row['claims'], 'claim')}: {row['message']} [{row['rule']}]", None)


def show_outcome(file_id: int, what: str, outcome: Outcome) -> None:
    """What became of a file's claims."""
    stay = ", ".join(f"{number} {_state_word(state)}" for state, number in sorted(outcome.left.items()))
    out.print(f"File {file_id}: {outcome.moved} {what}" + (f"; these stay: {stay}." if stay else "."))


def _state_word(state: str) -> str:
    return {"queued": "waiting", "blocked": "to fix", "unknown": "being checked"}.get(state, state)

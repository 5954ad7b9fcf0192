"""What was found in files, and what became of them when queued."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.markup import escape

from bot.ledger.tasks import WITH_FILE
from bot.terminal import count, money, out, show_problem
from bot.work.intake import Checked


def show_checked(checked: Sequence[Checked]) -> None:
    """What was found in files, claim by claim."""
    for file in checked:
        blocked = len({problem.account or problem for problem in file.all_problems if problem.severity == "block"})
        holds = f"{count(file.claims, 'claim')}, {count(file.lines, 'line')}, {money(file.charge)}"
        if file.records is not None:
            holds = f"{count(file.records, 'companion record')} read"
        out.print(
            f"[bold]{escape(file.file)}[/bold]: {holds}" + (f", [red]{blocked} to fix[/red]" if blocked else "")
        )
        for problem in file.problems:
            show_problem(problem.severity, problem.message, problem.place)
        for entry in file.entries:
            if entry.problems:
                out.print(f"  account {escape(entry.found.account or '(none)')} ({entry.found.place})")
                for problem in entry.problems:
                    show_problem(problem.severity, f"{problem.message} [{problem.rule}]", None)


def show_looks(checked: Sequence[Checked]) -> None:
    """That there is something to look at in files which nothing blocks."""
    for file in checked:
        if number := len(file.all_problems):
            things = count(number, "thing")
            out.print(f"[yellow]{things} to look at: payerbot check {escape(file.file)}[/yellow]")


def show_queued(rows: Iterable[dict[str, Any]]) -> None:
    """What became of queued files."""
    for row in rows:
        counts = ", ".join(f"{row[name]} {name}" for name in ("queued", "held", "blocked") if row[name])
        refused = f", {len(row['refused'])} queued before" if row["refused"] else ""
        out.print(f"[bold]{escape(row['file'])}[/bold]: {counts or 'nothing new'}{refused}")
        for before in row["replaced"]:
            account = escape(before["account"])
            out.print(
                f"  account {account} takes the place of claim {before['first_id']}: more is known of it now"
            )
        with_file = [waiting for waiting in row["waiting"] if waiting["reason"] == WITH_FILE]
        if with_file:
            out.print(f"  {count(len(with_file), 'claim')} held with the file: payerbot files release {row['id']}")
        for waiting in row["waiting"]:
            if waiting in with_file:
                continue
            out.print(f"  account {escape(waiting['account'])} waits for you: {escape(waiting['reason'])}")
        for refusal in row["refused"]:
            out.print(
                f"  account {escape(refusal['account'])} was queued before: it is claim {refusal['first_id']}"
            )

"""Months of care management, in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.markup import escape

from bot.claims.model import Problem
from bot.terminal import err, out
from bot.work.care import Month


def show_file_problem(path: Path, problem: Problem) -> None:
    """What is wrong with a file, beside an answer."""
    where = f", {problem.place}" if problem.place else ""
    err.print(f"[yellow]{escape(str(path))}{where}: {escape(problem.message)}[/yellow]")


def show_months(months: Sequence[Month]) -> None:
    """Months of care management, as a biller reads them: what to bill, what did not count, what is nearly so."""
    for month in months:
        counted = month.answer.counted
        minutes = ", ".join(
            f"{number} {whose}"
            for number, whose in ((counted.staff, "staff"), (counted.practitioner, "practitioner"))
            if number
        )
        supported = _codes(month.answer.codes) or "nothing to bill"
        out.print(
            f"[bold]{escape(month.record.label)}[/bold]  {month.record.month}  {minutes or 'no'} minutes: "
            f"[bold]{supported}[/bold]"
        )
        for codes in month.answer.instead:
            out.print(f"    or instead {_codes(codes)}")
        for one in counted.left_out:
            out.print(
                f"    [dim]{one.entry.day:%m/%d} {one.entry.minutes} min not counted: {one.reason.words}[/dim]"
            )
        for code in month.answer.one_short:
            out.print(
                f"    [yellow]one minute short of {'another ' if code in month.answer.codes else ''}{code}[/]"
            )
        if month.billed and month.agrees:
            out.print("    billed as supported")
        elif month.billed:
            out.print(f"    [red]billed {_codes(month.billed)}: correct the claim or the log[/red]")
    if not months:
        out.print("No time log.")


def show_without_log(billed: Sequence[tuple[str, str]]) -> None:
    """Accounts and months that claims bill and no log speaks of, beside an answer."""
    for account, month in billed:
        err.print(f"[yellow]account {escape(account)} bills {month}, and no log of it was given[/yellow]")


def _codes(codes: Mapping[str, int]) -> str:
    return " + ".join(f"{code} × {units}" for code, units in codes.items())

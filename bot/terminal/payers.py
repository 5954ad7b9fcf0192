"""Payers, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape

from bot.terminal import out, when
from bot.work.check import Report

_COLOURS = {"gold": "yellow", "silver": "white", "bronze": "dark_orange3", "none": "red"}


def show_payers(rows: Sequence[dict[str, Any]]) -> None:
    """Every payer there is an adapter for."""
    for row in rows:
        logins = ", ".join(row["logins"]) or "not set up"
        level = row["quality"]["level"]
        out.print(f"[bold]{row['slug']}[/bold]  {row['name']}  ({logins})  [{_COLOURS[level]}]{level}[/]")
        for why in row["stopped"]:
            out.print(f"    [yellow]stopped: {escape(why)}[/yellow]")
        if row["closed"]:
            out.print(f"    [yellow]not worked now: {escape(row['closed'])}[/yellow]")
        for why in row["quality"]["missing"]:
            out.print(f"    [dim]for {row['quality']['next']}: {escape(why)}[/dim]")


def show_payer(document: dict[str, Any]) -> None:
    """One payer with all that is known."""
    logins = [f"{one['name']} (tax id {one['tin']}, NPI {', '.join(one['npis'])})" for one in document["logins"]]
    checks = [
        f"{one['login']} {when(one['fine_at'])}, as it is since {when(one['changed_at'])} "
        f"({one['who']}: {one['why']})"
        for one in document["checks"]
    ]
    quality = document["quality"]
    told = {
        **document,
        "logins": logins,
        "url": document["url"] or "not set up",
        "checks": checks,
        "automation": document["automation_record"],
        "quality": [quality["level"], *(f"for {quality['next']}: {why}" for why in quality["missing"])],
    }
    del told["automation_record"]
    names = {"checks": "form found fine"}
    for key, value in told.items():
        words = "; ".join(value) if isinstance(value, list) else str(value)
        out.print(f"{names.get(key, key.replace('_', ' '))}: {escape(words or 'none')}")


def show_check(report: Report, name: str, *, stopped: bool) -> None:
    """What a check of a form found, on one screen; `stopped` says that the payer waits to be resumed."""
    if report.sight is None:
        out.print(f"[red]{escape(name)} could not be checked.[/red] {escape(report.stopped)}")
        return
    filled = (
        f"with account {report.account}" if report.account else "with an invented claim: this office has none yet"
    )
    compared = "the declaration" if report.first else "the declaration and how it was when last found fine"
    out.print(f"{escape(name)}, login {report.login}, filled {escape(filled)}; compared with {compared}.")
    out.print("Nothing was left at the payer.")
    for title in report.sight.seen:
        here = [change for change in report.sight.changes if change.page == title]
        out.print(f"  {'[red]changed[/red]  ' if here else '[green]as it was[/green]'}  {escape(title)}")
        for change in here:
            mark = "[yellow]accepted[/yellow] " if change in report.accepted else ""
            out.print(f"      {mark}{escape(str(change))}")
    reasons = dict.fromkeys(one.why for one in report.sight.unseen)
    for why in reasons:
        what = ", ".join(one.what for one in report.sight.unseen if one.why == why)
        out.print(f"  [dim]not seen   {escape(what)}: {escape(why)}[/dim]")
    if report.fine:
        out.print("[green]The form fits, as far as it was seen.[/green]")
        if stopped:
            out.print(f"It is still stopped; to go on: payerbot payers resume {report.payer}")
        return
    out.print(f"[red]{escape(name)} is stopped until somebody has seen to it:[/red] payerbot tasks list")
    if all(not change.declared for change in report.changes):
        take = f"payerbot payers check {report.payer} --accept --why WHY"
        out.print(f"The adapter can live with that; {take} takes it for fine.")

"""The morning report, in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.claims.vocabulary import STATUS_SHOWN, State
from bot.ledger.figures import AGES
from bot.terminal import count, money, out, when
from bot.work.report import (
    SHOWN_FILES,
    STAGES,
    Aged,
    Report,
    Sum,
    aged_together,
    staged,
    standing,
    together,
    total,
)

#: Columns that the widest table takes.
_WIDTH = 130


def show_report(report: Report) -> None:
    """What ran, what needs a person, and where claims and money stand."""
    out.print(f"[bold]{escape(report.headline)}[/bold]")
    for words in filter(None, (report.night.words, report.fault)):
        out.print(f"[red]{escape(words)}[/red]")
    if report.first is not None:
        out.print(f"[yellow]First: {escape(report.first['title'])}[/yellow]")
        out.print(
            f"    [dim]{escape(report.first['action'])} (task {report.first['id']}; payerbot tasks list)[/dim]"
        )
    if not report.total.claims:
        out.print("No claims.")
        return
    _show_learned(report)
    _show_states(report)
    _show_payers(report)
    _show_files(report)
    _show_aging("At the payer, undecided, charged by age", report.waiting)
    _show_aging("Denied or taken back, charged by age", report.against)
    all_ = report.total
    if report.balanced:
        out.print(
            f"{count(all_.claims, 'claim')}, {money(all_.charge)} charged, {money(all_.paid)} paid: states, "
            f"payers, files and ages come to the same."
        )


def _show_learned(report: Report) -> None:
    if not report.learned:
        return
    out.print(f"[bold]What payers said since {when(report.since)}[/bold]")
    for status, one in report.learned.items():
        paid = f", {money(one.paid)} paid" if one.paid else ""
        out.print(f"  {count(one.claims, 'claim')} ({money(one.charge)}): {STATUS_SHOWN[status]}{paid}")


def _show_states(report: Report) -> None:
    table = _table("Where claims stand", "claims", "charged", "paid")
    for words, one in standing(report):
        table.add_row(words, *_cells(one))
    table.add_row("[bold]in all[/bold]", *_cells(report.total))
    _show(table)


def _show_payers(report: Report) -> None:
    table = _table("By payer", *STAGES, "claims", "charged", "paid")
    for payer, states in report.payers.items():
        table.add_row(escape(payer), *_stages(states), *_cells(total(states.values())))
    _show(table)


def _show_files(report: Report) -> None:
    shown, old = report.by_interest
    table = _table("By file", *STAGES, "claims", "charged", "paid")
    for one in shown[:SHOWN_FILES]:
        mark = "" if one.balanced else " [red]≠[/red]"
        again = f" [dim](+{one.refused} queued before)[/dim]" if one.refused else ""
        table.add_row(f"{one.id} {escape(one.name)}{mark}{again}", *_stages(one.states), *_cells(one.total))
    for words, some in (("older", shown[SHOWN_FILES:]), ("finished", old)):
        if some:
            states = together(some)
            table.add_row(
                f"[dim]{count(len(some), 'file')} more, {words}[/dim]",
                *_stages(states),
                *_cells(total(states.values())),
            )
    _show(table)


def _show_aging(title: str, by_payer: Mapping[str, Aged]) -> None:
    if not by_payer:
        return
    table = _table(title, *(f"{age} days" for age in AGES), "claims", "charged")
    for payer, ages in by_payer.items():
        table.add_row(escape(payer), *_aged(ages))
    if len(by_payer) > 1:
        table.add_row("[bold]in all[/bold]", *_aged(aged_together(by_payer)))
    _show(table)


def _aged(ages: Aged) -> list[str]:
    each = [money(one.charge) if one.claims else "" for one in ages.values()]
    return [*each, *_cells(total(ages.values()))[:2]]


def _stages(states: Mapping[State, Sum]) -> list[str]:
    return [f"{claims:,}" if claims else "" for claims in staged(states).values()]


def _cells(one: Sum) -> list[str]:
    return [f"{one.claims:,}", money(one.charge), money(one.paid)]


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(title, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _show(table: Table) -> None:
    """In a narrow window a long line is better than half an amount."""
    Console(width=max(out.width, _WIDTH), highlight=False).print(table)
    out.print()

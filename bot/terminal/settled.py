"""What payers' files said, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rich.markup import escape

from bot.claims.meanings import causes, of_code
from bot.claims.remittance import Remittance
from bot.claims.response import Response
from bot.claims.vocabulary import STATUS_SHOWN
from bot.terminal import count, money, out, show_problem
from bot.work.settlement import Finding, Settled
from bot.work.settlement import Row as Decided

_FOUND = {
    Finding.MATCHED: "matched",
    Finding.REPEATED: "told before",
    Finding.UNCLEAR: "unclear",
    Finding.NOT_OURS: "not ours",
}


def show_settled(files: Sequence[Settled]) -> None:
    """What payers' files said, claim by claim; those that are not ours in one line."""
    for one in files:
        out.print(
            f"[bold]{escape(str(one.file.path))}[/bold]: "
            + ("[red]refused[/red]" if one.file.refused else one.file.kind)
        )
        for source in one.file.transactions:
            _show_payment(source)
        for problem in one.file.problems:
            said = f"account {problem.account}: {problem.message}" if problem.account else problem.message
            show_problem(problem.severity, said, problem.place)
        if one.file.refused:
            continue
        for row in one.rows:
            if row.found in (Finding.MATCHED, Finding.UNCLEAR):
                _show_decided(row)
        parts = [(found, one.part(found)) for found in Finding]
        counted = " + ".join(f"{part['claims']} {_FOUND[found]}" for found, part in parts if part["claims"])
        out.print(f"  {count(one.totals['claims'], 'claim')} = {counted or 'nothing'}")
        others = one.part(Finding.NOT_OURS)
        if others["claims"]:
            out.print(f"  not ours: {money(others['charge'])} charged, {money(others['paid'])} paid")
        if not one.balanced:
            out.print("  [red]THE AMOUNTS DO NOT ADD UP.[/red]")
        if one.tasks:
            out.print(f"  [yellow]{count(one.tasks, 'thing')} for a person: payerbot tasks list[/yellow]")


def _show_payment(source: Remittance | Response) -> None:
    """Where the money of a payment comes from; of a status file, how many claims it speaks of."""
    if isinstance(source, Remittance):
        out.print(
            f"  {escape(source.payer)}, {escape(source.number)} ({source.method}, {source.paid_on or 'no date'}): "
            + _sum((source.charge, "charged"), (source.adjusted, "adjusted"), (source.paid, "for the claims"))
        )
        if source.provider_adjusted or source.paid != source.payment:
            less = (source.provider_adjusted, "provider-level adjustments")
            out.print("    " + _sum((source.paid, "for the claims"), less, (source.payment, "paid")))
        return
    out.print(f"  {escape(source.payer)}, {escape(source.number)} of {source.made_on or 'no date'}")
    for notice in source.notices:
        for why in map(of_code, notice.statement.codes):
            out.print(f"    about {notice.about}: {why.code} {escape(why.words or 'not known here')}")


def _sum(whole: tuple[Decimal, str], less: tuple[Decimal, str], rest: tuple[Decimal, str]) -> str:
    """A subtraction in words; it says so when it does not come out."""
    sign = "−" if less[0] >= 0 else "+"
    equal = "=" if whole[0] - less[0] == rest[0] else "[red]≠[/red]"
    return (
        f"{money(whole[0])} {whole[1]} {sign} {money(abs(less[0]))} {less[1]} {equal} {money(rest[0])} {rest[1]}"
    )


def _show_decided(row: Decided) -> None:
    """One claim of a payer's file, with what to do about it."""
    whose = f"claim {row.id}" if row.id else "[yellow]which of ours?[/yellow]"
    paid = f"{money(row.said.paid)} of {money(row.said.charge)}, " if row.decides else ""
    out.print(f"    {whose}  account {escape(row.said.account)}  {paid}{STATUS_SHOWN[row.meaning.status]}")
    for cause in causes(row.meaning):
        out.print(f"      {escape(cause.code)}: {escape(cause.words)}. [dim]{escape(cause.action)}[/dim]")

"""Calls to payers, in a terminal; nothing of a patient: the sheet has that."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from bot.ledger.calls import Told
from bot.terminal import count, money, out
from bot.terminal.tasks import told
from bot.work.calls import Call


def show_calls(calls: Sequence[Call]) -> None:
    """The calls to make, each with its claims and questions."""
    for call in calls:
        billing = call.claims[0].claim.billing
        sheet = f", sheet {call.sheet} of {call.sheets}" if call.sheets > 1 else ""
        out.print(
            f"[bold]{escape(call.payer)}[/bold], {escape(call.line)} line: {call.about} "
            f"({count(len(call.claims), 'claim')}, {money(call.charge)}{sheet})"
        )
        if call.phone is None:
            out.print("    [yellow]its number is not in policy.toml[/yellow]")
        else:
            for words in filter(None, (call.phone.phone, call.phone.path, call.phone.hours)):
                out.print(f"    {escape(words)}")
        out.print(f"    [dim]for NPI {billing.npi}, tax id {billing.tin}[/dim]")
        for question in call.questions:
            out.print(f"    [dim]? {escape(question)}[/dim]")
        for one in call.claims:
            number = one.row["control_number"] or one.row["tracking_number"] or "no number"
            out.print(
                f"  claim {one.row['id']}, account {escape(one.row['account'])}, {money(one.row['charge'])}, "
                f"{one.row['service_from']}, {escape(number)}: {escape(one.stands)}"
            )
            if one.deadline:
                out.print(f"    [yellow]{escape(one.deadline.words)}[/yellow]")
            for earlier in one.before[-2:]:
                out.print(f"    [dim]{escape(told(earlier))}[/dim]")
    if not calls:
        out.print("Nobody needs to be called.")


def show_recorded(calls: Sequence[Told]) -> None:
    """What became of answers."""
    for one in calls:
        after = f"next follow-up {one.next_on}" if one.next_on else "nothing is left to do"
        out.print(f"Claim {one.claim_id}: noted; {after}.")
        if one.control_number:
            out.print(
                f"    That is no proof. Once you see it in the portal under {escape(one.control_number)}: "
                f"payerbot claims entered-by-hand {one.claim_id} --number {escape(one.control_number)}"
            )

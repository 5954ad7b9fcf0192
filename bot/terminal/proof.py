"""What proves, in a terminal: for one claim everything but patient and pictures, for the ledger how it adds up."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from bot.ledger.audit import Check
from bot.terminal import money, out, when
from bot.terminal.claims import show_happened
from bot.words import standing
from bot.work.proof import Packet, end_of


def show_proof(packet: Packet) -> None:
    """What is proved, by what, and what is not."""
    row = packet.row
    out.print(
        f"[bold]Claim {row['id']}[/bold], account {escape(row['account'])}, {money(row['charge'])}, "
        f"service {row['service_from']}, {escape(packet.payer_name)}"
    )
    out.print(f"{escape(standing(row))}")
    out.print("[bold]What is proved[/bold]")
    for words in packet.proved or ["Nothing."]:
        out.print(f"  {escape(words)}")
    if packet.not_proved:
        out.print("[bold]What is not proved[/bold]")
    for words in packet.not_proved:
        out.print(f"  [yellow]{escape(words)}[/yellow]")
    if packet.record.attempts:
        out.print("[bold]When it was sent[/bold]")
    for one in packet.record.attempts:
        out.print(
            f"  {when(one.armed_at)}  login {escape(one.login)}, {escape(one.stage)}: {escape(end_of(one))}"
            + (f", known at {when(one.closed_at)}" if one.closed_at else "")
        )
    if packet.kept:
        out.print("[bold]What the payer showed[/bold]")
    for kept in packet.kept:
        said = f": {kept.said}" if kept.said else ""
        state = "[red]NOT AS IT WAS KEPT[/red]" if kept.fault else "as kept"
        out.print(f"  {when(kept.evidence.at)}  {kept.words}{escape(said)}")
        out.print(f"    [dim]sha256 {kept.evidence.sha256}[/dim] {state}")
    show_happened(packet.record.events, packet.record.calls, packet.record.replies)


def show_audit(checks: Sequence[Check]) -> None:
    """What was counted again, and what is not so."""
    for check in checks:
        sign = "[red]≠[/red]" if check.faults else "[green]=[/green]"
        out.print(f"{sign} {check.what} ({check.looked_at:,} looked at)")
        for fault in check.faults:
            out.print(f"    [red]{escape(fault)}[/red]")
    if not any(check.faults for check in checks):
        out.print("Everything comes to the same.")

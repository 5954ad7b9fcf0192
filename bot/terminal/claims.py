"""Claims, and where each stands, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from bot.claims.vocabulary import STATUS_SHOWN, Status
from bot.ledger.views import Row, Rows
from bot.terminal import money, out, show_problem, when
from bot.terminal.tasks import told
from bot.words import standing
from bot.work.deadlines import Deadline

COLOURS = {"accepted": "green", "received": "green", "rejected": "yellow", "left": "dim", "queued": "dim"}

#: Claims that somebody may want to read one after the other.
MANY = 1_000


def show_claims(rows: Rows) -> None:
    """Claims, one a row; of more than `MANY` the first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "account", "payer", "dates", "charge", "where it stands"):
        table.add_column(heading, justify="right" if heading in ("id", "charge") else "left")
    for row in rows[:MANY]:
        dates = " ".join(dict.fromkeys(str(row[key]) for key in ("service_from", "service_to") if row[key]))
        words = f"[{COLOURS.get(row['state'], 'red')}]{escape(standing(row))}[/]"
        if row["reason"]:
            words += f"\n[dim]{escape(row['reason'])}[/dim]"
        table.add_row(
            str(row["id"]), escape(row["account"]), row["payer"] or "?", dates, money(row["charge"]), words
        )
    out.print(table if rows else "No claims.")
    if len(rows) > MANY:
        out.print(
            f"[yellow]These are the first {MANY:,}. Narrow them down (--payer, --state, --file, --account), or "
            "take all of them: payerbot export --xlsx FILE[/yellow]"
        )


def show_claim(row: Row, deadlines: Sequence[Deadline], history: dict[str, Rows]) -> None:
    """One claim with everything that happened to it."""
    out.print(f"[bold]Claim {row['id']}[/bold], account {escape(row['account'])}, {money(row['charge'])}")
    out.print(f"{escape(standing(row))}")
    for label, value in (
        ("why", row["reason"]),
        ("payer", f"{row['payer'] or 'not known'} ('{row['payer_named']}' in the file)"),
        ("login", row["login"]),
        ("dates of service", f"{row['service_from']} to {row['service_to']}"),
        ("from", f"{row['file']}, {row['place']}"),
        ("next look-up", when(row["due_at"])),
        ("last look-up", when(row["looked_up_at"])),
        ("the payer's words", ", ".join(filter(None, (row["payer_words"], *row["payer_reasons"])))),
        ("wants an answer by", row["answer_by"]),
        ("allowed", money(row["allowed"]) if row["allowed"] is not None else ""),
        ("paid", _payment(row)),
    ):
        if value:
            out.print(f"  {label}: {escape(str(value))}")
    for last in deadlines:
        out.print(f"  [yellow]{escape(last.words)}[/yellow]")
    for problem in history["problems"]:
        if problem["overridden_by"]:
            out.print(
                f"    [dim]set aside by {escape(problem['overridden_by'])} ({escape(problem['overridden_why'])}):"
                f" {escape(problem['message'])}[/dim]"
            )
        else:
            show_problem(problem["severity"], f"{problem['message']} [{problem['rule']}]", None)
    for line in history["lines"] if any(one["paid"] is not None for one in history["lines"]) else ():
        why = f" ({escape(', '.join(line['payer_reasons']))})" if line["payer_reasons"] else ""
        amount = f"{money(line['paid'])} of " if line["paid"] is not None else ""
        out.print(
            f"    line {line['number']}  {line['code']}  {amount}{money(line['charge'])}, "
            f"{STATUS_SHOWN[Status(line['status'])]}{why}"
        )
    show_happened(history["events"], history["calls"], history["replies"])
    for kept in history["evidence"]:
        out.print(f"  {when(kept['at'])}  kept the page ({kept['kind']}), sha256 {kept['sha256'][:16]}…")


def show_happened(events: Rows, calls: Rows, replies: Rows) -> None:
    """Everything that happened to a claim, and what payers' files said of it."""
    out.print("[bold]What happened[/bold]")
    for event in events:
        if event["what"] == "called":  # what was said follows, with who said it
            continue
        step = " → ".join(word for word in (event["before"], event["after"]) if word)
        why = f": {event['why']}" if event["why"] else ""
        out.print(f"  {when(event['at'])}  {escape(event['what'])} {step} by {escape(event['who'])}{escape(why)}")
    for call in calls:
        out.print(f"  {escape(told(call))}")
    for said in replies:
        number = f" under number {said['control_number']}" if said["control_number"] else ""
        out.print(
            f"  {said['dated'] or ''}  {said['kind']} {escape(said['number'])}{escape(number)}: "
            f"{STATUS_SHOWN[Status(said['status'])]}, {money(said['paid'])} of {money(said['charge'])}"
        )


def _payment(row: Row) -> str:
    """What was paid for a claim, when and with which payment."""
    if row["paid"] is None:
        return ""
    on = f" on {row['paid_on']}" if row["paid_on"] else ""
    return f"{money(row['paid'])}{on}" + (f", payment {row['payment_number']}" if row["payment_number"] else "")

"""What needs a person, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from bot.claims.vocabulary import Topic
from bot.ledger import chores
from bot.ledger.views import Row, Rows
from bot.terminal import count, money, out, when
from bot.work.payers import Payer
from bot.work.worklist import Channel, Known, Task, stands

#: So many tasks are listed: more than anybody does in a day.
_SHOWN = 200
#: What an event in a task's history is called.
_DID = {
    chores.NOTED: "noted",
    chores.SNOOZED: "put off until",
    chores.ASSIGNED: "gave it to",
    "task_opened": "opened",
    "task_closed": "closed",
}


def show_tasks(tasks: Sequence[Task], put_off: int = 0) -> None:
    """What a person must do, by cause, in order."""
    for one in tasks[:_SHOWN]:
        _show_head(one)
        out.print(f"    [dim]{escape(one.row['action'])}[/dim]")
        if one.claims and one.row["kind"] not in ("held",):
            for claim in one.claims[:8]:
                why = f"  [dim]{escape(claim['reason'])}[/dim]" if claim["reason"] not in one.row["title"] else ""
                out.print(
                    f"    claim {claim['id']}, account {escape(claim['account'])}, {money(claim['charge'])}, "
                    f"{claim['service_from']}{why}"
                )
            if len(one.claims) > 8:
                out.print(f"    … and {len(one.claims) - 8} more")
    if len(tasks) > _SHOWN:
        out.print(
            f"… and {count(len(tasks) - _SHOWN, 'task')} more; --payer, --reason, --owner or --due show fewer"
        )
    if not tasks:
        out.print("Nothing needs a person.")
    if put_off:
        out.print(f"[dim]{count(put_off, 'task')} put off until later: payerbot tasks list --snoozed[/dim]")


def show_task(one: Task, known: Sequence[Known], history: Rows, payer: Payer | None) -> None:
    """One task with all that is needed to do it."""
    row = one.row
    _show_head(one)
    out.print(f"  [bold]what to do[/bold]: {escape(row['action'])}")
    out.print(f"  who has it: {escape(row['owner'] or 'nobody yet')}{_looked(history)}")
    out.print(
        f"  due {one.due}, by {one.channel}" + (f", came up {row['round']} times" if row["round"] > 1 else "")
    )
    if one.channel is Channel.CALL and payer:
        name, line = payer.policy.calls.line(Topic(row["topic"]))
        number = f"{line.phone}, {line.path}".rstrip(", ") if line else "its number is not in policy.toml, [calls]"
        out.print(f"  call: {escape(payer.adapter.name)}, {escape(name)} line, {escape(number)}")
        if line and line.hours:
            out.print(f"  hours: {escape(line.hours)}")
    for claim in known:
        _show_claim(claim)
    told = [event for event in history if event["what"] in _DID]
    if told:
        out.print("  [bold]what happened[/bold]")
    for event in told:
        what = f"{_DID[event['what']]} {event['after'] or ('nobody' if event['what'] == chores.ASSIGNED else '')}"
        why = f": {event['why']}" if event["why"] else ""
        out.print(f"    {when(event['at'])}  {escape(event['who'])} {escape(what.strip())}{escape(why)}")


def _show_head(one: Task) -> None:
    row = one.row
    worth = f" ({count(len(one.claims), 'claim')}, {money(one.charge)})" if one.claims else ""
    state = "" if row["closed_at"] is None else f" [dim]closed by {escape(row['closed_by'])}[/dim]"
    until = f" [dim]put off until {one.until}[/dim]" if one.until else ""
    owner = f" [cyan]{escape(row['owner'])}[/cyan]" if row["owner"] else ""
    out.print(f"[bold]{row['id']}[/bold]  {escape(row['title'])}{worth}{owner}{until}{state}")
    if one.deadline and row["closed_at"] is None:
        out.print(f"    [yellow]{escape(one.deadline.words)}[/yellow]")


def _show_claim(known: Known) -> None:
    row = known.row
    dates = " to ".join(dict.fromkeys(str(row[key]) for key in ("service_from", "service_to") if row[key]))
    out.print(
        f"  [bold]claim {row['id']}[/bold], account {escape(row['account'])}, {money(row['charge'])}, "
        f"{dates}, {escape(', '.join(known.codes))}"
    )
    for label, value in (
        ("payer's number", row["control_number"]),
        ("tracking number", row["tracking_number"]),
        ("with the payer since", when(row["accepted_at"])),
        ("sent", f"{row['attempts']} times" if row["attempts"] > 1 else ""),
        ("last answer", f"{stands(row)}, {when(row['looked_up_at'])}".rstrip(", ") if row["accepted_at"] else ""),
        ("why", row["reason"]),
        (
            "paid",
            f"{money(row['paid'])} of {money(row['allowed'])} allowed" if row["paid"] and row["allowed"] else "",
        ),
        ("next look-up", when(row["due_at"])),
        ("waits for the payer until", row["next_on"]),
        ("goes with", ", ".join(known.attachments)),
        ("kept page", f"{known.evidence['kind']}, {known.evidence['file']}" if known.evidence else ""),
    ):
        if value:
            out.print(f"    {label}: {escape(str(value))}")
    for reason in known.reasons:
        out.print(f"    {escape(reason)}")
    for last in known.deadlines:
        out.print(f"    [yellow]{escape(last.words)}[/yellow]")
    for call in known.calls:
        out.print(f"    {escape(told(call))}")


def told(call: Row) -> str:
    """What a payer said on the telephone, in one line."""
    name = f", {call['name']}" if call["name"] else ""
    reference = f" (call {call['reference']})" if call["reference"] else ""
    promised = f"; promised by {call['promised_on']}" if call["promised_on"] else ""
    return f"{when(call['at'])} {call['who']} called{name}{reference}: {call['said']}{promised}"


def _looked(history: Rows) -> str:
    """Who looked at it last, before now."""
    last = next((event for event in reversed(history) if event["what"] == chores.SEEN), None)
    return f"; {escape(last['who'])} looked at it last, {when(last['at'])}" if last else ""

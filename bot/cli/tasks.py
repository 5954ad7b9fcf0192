"""``payerbot tasks``: what needs a person."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from rich.markup import escape

from bot.cli.call import Json, PayerOption, Why, act, installation, print_json
from bot.cli.claims import payers_number
from bot.errors import UsageError
from bot.ledger import chores, people, views
from bot.terminal import out
from bot.terminal.tasks import show_task, show_tasks
from bot.work import schedule, worklist
from bot.work.payers import adapter_of
from bot.work.worklist import Wanted

app = typer.Typer(help="What needs a person.", no_args_is_help=True)

Ids = Annotated[list[int], typer.Argument(metavar="ID...")]


@app.command("list")
def tasks_list(
    payer: PayerOption = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Only what this person has; '' for nobody.")] = None,
    due: Annotated[
        datetime | None,
        typer.Option("--due", formats=["%Y-%m-%d"], metavar="DATE", help="Only what is due until this day."),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="KIND", help="Such as denied.")] = None,
    amount_over: Annotated[
        str | None, typer.Option("--amount-over", metavar="DOLLARS", help="Only what is worth more.")
    ] = None,
    snoozed: Annotated[bool, typer.Option("--snoozed", help="What is put off, too.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Closed ones, and what is put off, too.")] = False,
    json_: Json = False,
) -> None:
    """What needs a person, by cause: nearest deadline first, then most money."""
    with installation() as it:
        until = due.date() if due else None
        if payer is not None:
            adapter_of(payer)
        wanted = Wanted(payer, owner, until, reason, _amount(amount_over), True, every)
        found = worklist.worklist(it.office, it.ledger, schedule.day_of(it.clock.now()), wanted)
    shown = [one for one in found if snoozed or every or one.until is None]
    if json_:
        print_json([one.document() for one in shown])
    else:
        show_tasks(shown, len(found) - len(shown))


@app.command("show")
def tasks_show(task_id: Annotated[int, typer.Argument(metavar="ID")], json_: Json = False) -> None:
    """One task with all that is needed to do it: who has it, its claims, their deadlines, what the payer said."""
    with installation() as it:
        today = schedule.day_of(it.clock.now())
        one = worklist.task(it.office, it.ledger, task_id, today)
        known = list(worklist.details(it.office, it.ledger, one, today))
        history = views.task_history(it.ledger, task_id)
        payer = it.office.payers.get(one.row["payer"] or "")
        if not json_:
            chores.seen(it.ledger, task_id, act())
    if json_:
        print_json({**one.document(), "history": history, "details": [claim.document() for claim in known]})
    else:
        show_task(one, known, history, payer)


@app.command("done")
def tasks_done(
    ids: Ids,
    answer: Annotated[
        str | None, typer.Option("--answer", help="entered-by-hand, not-there or withdrawn.")
    ] = None,
    number: Annotated[str | None, typer.Option("--number", help="The payer's claim number.")] = None,
    why: Why = "",
) -> None:
    """Close tasks; one about claims that may have gone needs an answer about them."""
    with installation() as it:
        if number is not None:
            for task_id in ids:
                for one in views.task_rows(it.ledger, task_id=task_id)[0]["claims"]:
                    number = payers_number(it, one["id"], number)
        people.done_together(it.ledger, ids, answer, number, act(why))
    _say(ids, "done")


@app.command("snooze")
def tasks_snooze(
    ids: Ids,
    until: Annotated[
        datetime,
        typer.Option("--until", formats=["%Y-%m-%d"], metavar="DATE", help="The day on which it comes back."),
    ],
    why: Why = "",
) -> None:
    """Put tasks off until a day, which is never after a deadline."""
    with installation() as it:
        worklist.snooze(it.office, it.ledger, ids, until.date(), act(why))
    _say(ids, f"put off until {until:%Y-%m-%d}")


@app.command("note")
def tasks_note(
    ids: Ids,
    text: Annotated[str, typer.Option("--text", "-t", help="What you learned; it is kept with the task.")],
) -> None:
    """Note with tasks what you learned."""
    if not text.strip():
        raise UsageError("Say what you learned: --text WORDS.")
    with installation() as it:
        chores.remark(it.ledger, ids, act(text.strip()))
    _say(ids, "noted")


@app.command("assign")
def tasks_assign(
    ids: Ids,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Who has them from now on; '' for nobody.")],
    why: Why = "",
) -> None:
    """Give tasks to somebody."""
    owner = " ".join(to.split())
    with installation() as it:
        chores.assign(it.ledger, ids, owner or None, act(why))
    _say(ids, f"{owner} has it" if owner else "nobody has it")


def _say(ids: list[int], what: str) -> None:
    for task_id in ids:
        out.print(f"Task {task_id}: {escape(what)}.")


def _amount(text: str | None) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "").lstrip("$")) if text is not None else None
    except InvalidOperation:
        raise UsageError(f"'{text}' is not an amount.") from None

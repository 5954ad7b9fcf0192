"""``payerbot tasks``: what needs a person."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.call import Json, PayerOption, Why, act, installation, print_json
from bot.cli.claims import payers_number
from bot.ledger import people, views
from bot.terminal import out
from bot.terminal.tasks import show_tasks

app = typer.Typer(help="What needs a person.", no_args_is_help=True)


@app.command("list")
def tasks_list(
    payer: PayerOption = None,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    json_: Json = False,
) -> None:
    """What needs a person, by cause."""
    with installation() as it:
        rows = views.task_rows(it.ledger, payer=payer, every=every)
    if json_:
        print_json(rows)
    else:
        show_tasks(rows)


@app.command("show")
def tasks_show(task_id: Annotated[int, typer.Argument(metavar="ID")], json_: Json = False) -> None:
    """One task and the claims behind it."""
    with installation() as it:
        rows = views.task_rows(it.ledger, task_id=task_id)
    if json_:
        print_json(rows[0])
    else:
        show_tasks(rows)


@app.command("done")
def tasks_done(
    task_id: Annotated[int, typer.Argument(metavar="ID")],
    answer: Annotated[
        str | None, typer.Option("--answer", help="entered-by-hand, not-there or withdrawn.")
    ] = None,
    number: Annotated[str | None, typer.Option("--number", help="The payer's claim number.")] = None,
    why: Why = "",
) -> None:
    """Close a task; one about claims that may have gone needs an answer about them."""
    with installation() as it:
        if number is not None:
            for one in views.task_rows(it.ledger, task_id=task_id)[0]["claims"]:
                number = payers_number(it, one["id"], number)
        people.done(it.ledger, task_id, answer, number, act(why))
    out.print(f"Task {task_id}: done.")

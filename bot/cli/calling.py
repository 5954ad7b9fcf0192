"""``payerbot calls``: what only a call to the payer can answer, and what was answered."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bot.cli.call import Json, PayerOption, act, installation, print_json, write_for_owner
from bot.cli.claims import payers_number
from bot.errors import UsageError
from bot.ledger import calls as ledger_calls
from bot.terminal import out
from bot.terminal.calls import show_calls, show_recorded
from bot.work import answers, schedule
from bot.work import calls as rooms
from bot.work.answers import Answer
from bot.work.pages import to_pdf

app = typer.Typer(
    help="What only a call to the payer can answer: one sheet for each call.", invoke_without_command=True
)


@app.callback()
def calls(
    context: typer.Context,
    payer: PayerOption = None,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="The sheets to hold while calling.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="A table to fill in: payerbot calls record --file."),
    ] = None,
    json_: Json = False,
) -> None:
    """The calls to make now, nearest deadline first."""
    if context.invoked_subcommand is not None:
        return
    with installation() as it:
        if payer is not None:
            it.office.payer(payer)
        today = schedule.day_of(it.clock.now())
        found = rooms.calls(it.office, it.ledger, today, payer)
        try:
            if table is not None:
                answers.write_table(found, table)
            if pdf is not None and found:
                work = rooms.meanwhile(it.office, it.ledger, today)
                page = rooms.sheets(found, work, today, getpass.getuser())
                write_for_owner(pdf, to_pdf(page, it.settings.browser.executable))
        except OSError as error:
            raise UsageError(f"{error.filename}: {error.strerror or type(error).__name__}.") from error
    if json_:
        print_json([one.document() for one in found])
        return
    show_calls(found)
    for path in (pdf if found else None, table):
        if path is not None:
            out.print(f"Written: {escape(str(path))}")


@app.command("record")
def calls_record(
    claim_ids: Annotated[list[int] | None, typer.Argument(metavar="[CLAIM...]")] = None,
    said: Annotated[str, typer.Option("--said", help="What the payer said.")] = "",
    status: Annotated[str, typer.Option("--status", help="Where it stands by that, such as pending.")] = "",
    reference: Annotated[str, typer.Option("--reference", help="The payer's number for the call.")] = "",
    name: Annotated[str, typer.Option("--name", help="Who answered.")] = "",
    promised: Annotated[str, typer.Option("--promised", metavar="DATE", help="By when it will be done.")] = "",
    number: Annotated[str, typer.Option("--control-number", help="The payer's claim number, as told.")] = "",
    hold: Annotated[str, typer.Option("--hold", metavar="MINUTES", help="How long you waited.")] = "",
    resolved: Annotated[bool, typer.Option("--resolved", help="Nothing is left to do about it.")] = False,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="CSV", help="A table from payerbot calls --csv, filled in.")
    ] = None,
) -> None:
    """Keep what a payer said: a note, the day that was promised, and the next follow-up. It is no proof, and moves
    no claim."""
    if bool(claim_ids) == (file is not None):
        raise UsageError("Say which claims the call was about, or give the table: CLAIM... or --file CSV.")
    with installation() as it:
        today = schedule.day_of(it.clock.now())
        done = "yes" if resolved else ""
        typed = answers.read_table(file) if file is not None else [
            Answer(claim_id, None, said, status, reference, name, promised, number, hold, done)
            for claim_id in dict.fromkeys(claim_ids or ())
        ]  # fmt: skip
        if file is not None and not typed:
            raise UsageError(f"{file}: nothing is filled in.")
        told = [answers.told(it.office, it.ledger, one, today) for one in typed]
        for one in told:
            if one.control_number:
                payers_number(it, one.claim_id, one.control_number)
        ledger_calls.record(it.ledger, [(one, answers.look_up_at(one)) for one in told], act())
    show_recorded(told)

"""``payerbot files``: the files that were queued."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot.cli.call import Json, Why, act, installation, print_json
from bot.cli.claims import claim_document, lead_named
from bot.errors import Refused
from bot.ledger import releases, views
from bot.ledger.store import Act
from bot.terminal.claims import show_claims
from bot.terminal.files import show_files, show_outcome, show_warnings

app = typer.Typer(help="Look at the files that were queued, and let them go.", no_args_is_help=True)


@app.command("list")
def files_list(json_: Json = False) -> None:
    """Files and how each balances."""
    with installation() as it:
        rows = views.file_rows(it.ledger)
    if json_:
        print_json(rows)
    else:
        show_files(rows)


@app.command("show")
def files_show(file_id: Annotated[int, typer.Argument(metavar="ID")], json_: Json = False) -> None:
    """One file and its claims."""
    with installation() as it:
        rows = views.file_rows(it.ledger, file_id)
        claims = views.claim_rows(it.ledger, file_id=file_id)
        warnings = views.file_warnings(it.ledger, file_id)
    if json_:
        listed = [claim_document(row) for row in claims]
        print_json({**rows[0], "warnings": warnings, "claim_list": listed})
    else:
        show_files(rows)
        show_warnings(warnings)
        show_claims(claims)


@app.command("release")
def files_release(
    file_id: Annotated[int, typer.Argument(metavar="ID")],
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="The billing lead who lets it go.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="The warnings are known; do not ask.")] = False,
    why: Why = "",
) -> None:
    """Let a held file's claims go, once its warnings were shown."""
    with installation() as it:
        doer = act(why)
        if by is not None:
            doer = Act(f"{lead_named(it, by)} ({doer.who})", doer.at, why)
        releases.refuse(it.ledger, file_id, by_lead=by is not None)
        show_files(views.file_rows(it.ledger, file_id))
        warnings = views.file_warnings(it.ledger, file_id)
        show_warnings(warnings)
        if not yes and not (sys.stdin.isatty() and typer.confirm("Release it?")):
            raise Refused("Nothing was released. Once these warnings are known, say --yes.")
        outcome = releases.release(it.ledger, file_id, doer, by_lead=by is not None)
    show_outcome(file_id, "wait for their turn now", outcome)


@app.command("withdraw")
def files_withdraw(
    file_id: Annotated[int, typer.Argument(metavar="ID")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    why: Why = "",
) -> None:
    """Give up those of a file's claims that are not, and will not be, at the payer. Asks first, in a terminal."""
    with installation() as it:
        show_files(views.file_rows(it.ledger, file_id))
        if not yes and sys.stdin.isatty() and not typer.confirm("Withdraw what is not at the payer?"):
            raise Refused("Nothing was withdrawn.")
        outcome = releases.withdraw(it.ledger, file_id, act(why))
    show_outcome(file_id, "withdrawn", outcome)

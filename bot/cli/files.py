"""``payerbot files``: the files that were queued."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.call import Json, installation, print_json
from bot.cli.claims import claim_document
from bot.ledger import views
from bot.terminal.claims import show_claims
from bot.terminal.files import show_files

app = typer.Typer(help="Look at the files that were queued.", no_args_is_help=True)


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
    if json_:
        print_json({**rows[0], "claim_list": [claim_document(row) for row in claims]})
    else:
        show_files(rows)
        show_claims(claims)

"""``payerbot rules``: what claims are checked for."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.call import Json, PayerOption, print_json
from bot.terminal.rules import show_rule, show_rules
from bot.work import rules as rules_room

app = typer.Typer(help="What claims are checked for, and how each payer sees it.", no_args_is_help=True)


@app.command("list")
def rules_list(payer: PayerOption = None, json_: Json = False) -> None:
    """Every rule: what it does to a claim, and where it comes from."""
    rows = rules_room.rows(payer)
    if json_:
        print_json(rows)
    else:
        show_rules(rows)


@app.command("show")
def rules_show(
    id_: Annotated[str, typer.Argument(metavar="ID")], payer: PayerOption = None, json_: Json = False
) -> None:
    """One rule: what it looks at, what it means, and what a payer may set."""
    document = rules_room.one(id_, payer)
    if json_:
        print_json(document)
    else:
        show_rule(document)

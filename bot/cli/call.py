"""What every command shares: the installation it is called for, who calls, exit codes, and JSON."""

from __future__ import annotations

import getpass
import json
from contextlib import AbstractContextManager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.errors import UsageError
from bot.home import Home, write_private
from bot.installation import Installation, opened
from bot.ledger.store import Act

DONE, FOR_A_PERSON, WRONG, STOPPED = 0, 1, 2, 3


Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
PayerOption = Annotated[str | None, typer.Option("--payer", metavar="SLUG", help="Only this payer.")]
Why = Annotated[str, typer.Option("--why", help="Why; it is kept with the claim.")]


_state: dict[str, Any] = {}


def options(
    home: Annotated[
        Path | None, typer.Option("--home", envvar="PAYERBOT_HOME", help="The installation's folder.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every step to stderr.")] = False,
) -> None:
    """What may be said with every command."""
    _state.update(home=Home.find(home), verbose=verbose)


def home() -> Home:
    """Where the installation is that the command was called for."""
    where: Home = _state["home"]
    return where


def installation() -> AbstractContextManager[Installation]:
    """The installation, open."""
    return opened(home(), verbose=_state["verbose"])


def print_json(document: object) -> None:
    """The answer for programs: amounts are strings with two decimals, dates and times ISO 8601."""
    if isinstance(document, list):  # a row a line: a year's claims are many, and indenting takes most of the time
        rows = (json.dumps(row, default=_plain) for row in document)
        print("[" + ",\n ".join(rows) + "]")
    else:
        print(json.dumps(document, default=_plain, indent=2))


def write_for_owner(path: Path, content: bytes) -> None:
    """Write a file that somebody asked for, for its owner's eyes only. Raises `UsageError`."""
    try:
        write_private(path, content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or type(error).__name__}.") from error


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return f"{value:.2f}"
        case datetime() | date():
            return value.isoformat()
    raise TypeError(type(value).__name__)


def act(why: str = "") -> Act:
    """Who calls, when, and why."""
    return Act(getpass.getuser(), datetime.now().astimezone(), why)

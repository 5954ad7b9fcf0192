"""The command line. Each command opens the installation, asks one room, and shows the answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer
from rich.markup import escape
from typer.exceptions import TyperException

from bot.cli import (
    call,
    calling,
    care,
    claims,
    day,
    files,
    letters,
    office,
    payers,
    proving,
    rules,
    sending,
    settling,
    tasks,
)
from bot.cli.call import DONE, STOPPED, WRONG
from bot.errors import PayerbotError, UsageError
from bot.log import get
from bot.terminal import err

#: What Typer makes of Ctrl-C.
_INTERRUPTED = 130

app = typer.Typer(
    name="payerbot",
    help="Enters prepared claims into payer portals, proves each one arrived, and follows it until it is paid.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.callback()(call.options)
for _command in (
    office.demo, office.init, office.browser, office.config,
    sending.check, sending.queue, sending.run, sending.follow_up, settling.settle, sending.serve, sending.recover,
    care.ccm, day.report, day.ready, proving.proof, proving.audit, day.export,
):  # fmt: skip
    app.command(_command.__name__.replace("_", "-"))(_command)
for _group in (claims, files, tasks, payers, rules, letters):
    app.add_typer(_group.app, name=_group.__name__.rpartition(".")[2])
app.add_typer(calling.app, name="calls")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 done, 1 something needs a person, 2 the call was wrong, 3 stopped early."""
    words = _options_first(list(sys.argv[1:] if arguments is None else arguments))
    as_json = "--json" in words
    try:
        code = app(words, standalone_mode=False)
    except UsageError as error:
        _fail(error.message, WRONG, as_json=as_json)
    except typer.Abort:
        _fail("Stopped. It is safe to run again.", STOPPED, as_json=as_json)
    except TyperException as error:  # an option or argument that is not there, or not right
        _fail(error.format_message(), WRONG, as_json=as_json)
    except PayerbotError as error:
        _fail(error.message, STOPPED, as_json=as_json)
    except Exception as error:
        get().exception("command_failed", error=type(error).__name__)
        _fail(
            f"payerbot stopped: {type(error).__name__}. It is safe to run again; the log says where.",
            STOPPED,
            as_json=as_json,
        )
    if code == _INTERRUPTED:
        _fail("Stopped. It is safe to run again.", STOPPED, as_json=as_json)
    sys.exit(code if isinstance(code, int) else DONE)


def _options_first(words: list[str]) -> list[str]:
    """``--home`` and ``--verbose`` may stand anywhere; the parser wants them before the command."""
    first, rest = [], []
    while words:
        word = words.pop(0)
        if word == "--home" and words:
            first += [word, words.pop(0)]
        elif word.startswith("--home=") or word in ("--verbose", "-v"):
            first.append(word)
        else:
            rest.append(word)
    return first + rest


def _fail(message: str, code: int, *, as_json: bool) -> NoReturn:
    if as_json:
        print(json.dumps({"error": message}))
    else:
        err.print(f"[red]{escape(message)}[/red]")
    sys.exit(code)

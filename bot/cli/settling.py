"""``payerbot settle``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.call import DONE, FOR_A_PERSON, Json, act, installation, print_json
from bot.terminal.settled import show_settled
from bot.work import settle as settle_room


def settle(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Remittances (835), claim statuses (277CA, 277).")
    ],
    json_: Json = False,
) -> int:
    """Tell claims what payers' files say of them: paid, denied and why, refused, or still being decided."""
    with installation() as it:
        settled = settle_room.settle_files(it.office, it.ledger, files, act())
    if json_:
        print_json({"files": [one.document() for one in settled]})
    else:
        show_settled(settled)
    return FOR_A_PERSON if any(one.waits for one in settled) else DONE

"""``payerbot letters``: letters that go with unlisted home visits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bot.cli.call import Json, Why, act, installation, print_json
from bot.installation import Installation
from bot.ledger import papers
from bot.terminal import out
from bot.work import letters

app = typer.Typer(help="Letters that go with unlisted home visits.", no_args_is_help=True)

LetterId = Annotated[int, typer.Argument(metavar="ID", help="The claim.")]


SignedBy = Annotated[str, typer.Option("--by", metavar="NAME", help="The practitioner.")]


@app.command("list")
def letters_list(json_: Json = False) -> None:
    """Claims that wait for a letter, and whose signature each needs."""
    with installation() as it:
        rows = [
            {"id": one.id, "account": one.claim.account, "payer": one.payer, "day": one.support.day,
             "practitioner": one.support.practitioner_name}
            for one in papers.lettered(it.ledger)
        ]  # fmt: skip
    if json_:
        print_json(rows)
        return
    for row in rows:
        out.print(
            f"claim {row['id']}  account {escape(str(row['account']))}  {row['payer']}  visit of {row['day']}  "
            f"needs {escape(str(row['practitioner']))}"
        )
    if not rows:
        out.print("No letter is waiting.")


@app.command("write")
def letters_write(
    claim_id: LetterId, to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where to put it.")]
) -> None:
    """Write a claim's letter as a PDF to be signed; once it is ready, the papers as they go to the payer."""
    with installation() as it:
        for path in _letter_desk(it).write(claim_id, to, it.clock.now().date()):
            out.print(f"Written: {escape(str(path))}")


@app.command("sign")
def letters_sign(
    claim_id: LetterId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The signed letter, a PDF.")],
    by: SignedBy,
) -> None:
    """Take in a signed letter; its claim then waits for its turn."""
    with installation() as it:
        _letter_desk(it).sign(claim_id, file, by, act())
    out.print(f"Claim {claim_id}: the signed letter goes with it.")


@app.command("approve")
def letters_approve(claim_id: LetterId, by: SignedBy, why: Why = "") -> None:
    """Say that the practitioner read and approved the letter in person; its claim then waits for its turn."""
    with installation() as it:
        _letter_desk(it).approve(claim_id, by, act(why))
    out.print(f"Claim {claim_id}: the letter approved by {escape(by)} goes with it.")


def _letter_desk(it: Installation) -> letters.Desk:
    return letters.Desk(it.office, it.ledger, it.store, it.home, it.settings.browser.executable)

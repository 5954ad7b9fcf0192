"""Commands that prove: one claim for a payer, the whole ledger for the office."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bot.cli.call import DONE, FOR_A_PERSON, Json, act, installation, print_json, write_for_owner
from bot.ledger import audit as ledger_audit
from bot.ledger import record
from bot.terminal import out
from bot.terminal.proof import show_audit, show_proof
from bot.work import proof as proofs
from bot.work.pages import to_pdf


def proof(
    claim_id: Annotated[int, typer.Argument(metavar="CLAIM")],
    pdf: Annotated[
        Path | None,
        typer.Option("--pdf", metavar="FILE", help="As a PDF for the payer, too; it names the patient."),
    ] = None,
    json_: Json = False,
) -> int:
    """What proves that the payer has a claim, since when, and what is not proved."""
    with installation() as it:
        packet = proofs.gather(it.ledger, it.store, it.office, claim_id)
        if pdf is not None:
            by = act()
            write_for_owner(pdf, to_pdf(proofs.page(packet, by.who, by.at), it.settings.browser.executable))
            record.printed(it.ledger, claim_id, by)
    if json_:
        print_json(packet.document())
    else:
        show_proof(packet)
        if pdf is not None:
            out.print(
                f"Written: {escape(str(pdf))}. It names the patient; and a payer's page may show others: look at "
                "the pictures before you give it away."
            )
    return DONE if packet.intact else FOR_A_PERSON


def audit(json_: Json = False) -> int:
    """Count the ledger again: files, states, attempts, numbers, and every page that was kept."""
    with installation() as it:
        checks = ledger_audit.audit(it.ledger, it.store)
    if json_:
        print_json([asdict(check) for check in checks])
    else:
        show_audit(checks)
    return FOR_A_PERSON if any(check.faults for check in checks) else DONE

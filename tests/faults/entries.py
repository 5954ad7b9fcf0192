"""Claims queued without a file, as the intake room would hand them over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.claims.fingerprint import fingerprint, likeness
from bot.claims.model import Claim, Found
from bot.claims.vocabulary import State
from bot.ledger.intake import Entry, Queued, queue_file
from bot.ledger.store import Act, Ledger


def queue(
    ledger: Ledger, claims: Sequence[Claim], slug: str, act: Act, deadline: date = date(2027, 1, 1)
) -> Queued:
    """Queue these claims for this payer's login `main`, as one file; `deadline` is the last day it takes them."""
    key = ledger.vault.fingerprint_key
    entries = [
        Entry(
            Found(account=claim.account, place="test", lines=len(claim.lines), charge=claim.charge, claim=claim),
            (),
            State.QUEUED,
            "",
            claim.payer.name,
            slug,
            "main",
            fingerprint(claim, slug, key),
            likeness(claim, slug, key),
            deadline,
        )
        for claim in claims
    ]
    return queue_file(ledger, "test", "0" * 64, entries, act)

"""Runs every edit over a claim, each as the payer weighs it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.claims.edits import common
from bot.claims.edits.book import Book, Context, Limits
from bot.claims.model import Claim, Problem, Severity

#: Every book of edits, in the order in which a biller reads their findings.
BOOKS: tuple[Book, ...] = (common.BOOK,)
_NO_LIMITS = Limits()


def run(
    claim: Claim,
    *,
    today: date,
    limits: Limits = _NO_LIMITS,
    history: tuple[Claim, ...] = (),
    severities: Mapping[str, Severity | None] | None = None,
) -> tuple[Problem, ...]:
    """Look for every mistake the books know; a claim that fails one edit is still shown the others.

    `today` is the day at the payer, `limits` what its form carries, `history` the patient's other claims.
    `severities` says how this payer weighs an edit, by its id; None switches it off. Nothing found means that
    nothing is known against sending the claim.
    """
    context = Context(today=today, limits=limits, history=history)
    weights = severities or {}
    problems = []
    for edit in (edit for book in BOOKS for edit in book):
        severity = weights.get(edit.id, edit.severity)
        if severity is None:
            continue
        for finding in edit.look(claim, context):
            problems.append(
                Problem(
                    severity=severity,
                    rule=edit.id,
                    message=finding.message,
                    account=claim.account or None,
                    line=finding.line,
                    field=finding.field,
                )
            )
    return tuple(problems)

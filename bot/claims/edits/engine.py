"""Runs every edit over a claim, each as the payer weighs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from bot.claims.edits import common, unlisted
from bot.claims.edits.book import Book, Context, Earlier, Edit, Limits
from bot.claims.edits.ccm import lines, record, time, together
from bot.claims.model import Claim, Problem, Severity
from bot.claims.records import CareRecord, VisitRecord

#: The books of care management.
CARE: tuple[Book, ...] = (record.BOOK, time.BOOK, together.BOOK, lines.BOOK)
#: Every book of edits, in the order in which a biller reads their findings.
BOOKS: tuple[Book, ...] = (common.BOOK, *CARE, unlisted.BOOK)
_NO_LIMITS = Limits()


def edits() -> Iterator[Edit]:
    """Every edit of every book."""
    for book in BOOKS:
        yield from book


def find(id: str) -> Edit | None:
    """The edit of that id; capitals do not matter."""
    return next((edit for edit in edits() if edit.id.lower() == id.lower()), None)


def refusal(id: str, parameters: Mapping[str, object]) -> str | None:
    """Why a policy may not set these parameters for a rule; None when it may."""
    edit = next((edit for edit in edits() if edit.id == id), None)
    if edit is None:
        return f"there is no rule {id}"
    for name, value in parameters.items():
        if name not in edit.parameters:
            return f"{id} has no parameter {name}"
        if not edit.parameters[name].accepts(value):
            return f"{name} of {id} cannot be {value!r}"
    return None


def run(
    claim: Claim,
    *,
    today: date,
    limits: Limits = _NO_LIMITS,
    history: tuple[Earlier, ...] = (),
    care: Mapping[str, CareRecord] | None = None,
    visit: VisitRecord | None = None,
    doubt: str = "",
    deadline: date | None = None,
    severities: Mapping[str, Severity | None] | None = None,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[Problem, ...]:
    """Look for every mistake the books know; a claim that fails one edit is still shown the others.

    `today` is the day at the payer, `limits` what its form carries, `history` the patient's other claims, `care`
    and `visit` the companion records, `doubt` why these cannot be relied on, `deadline` the last day the payer
    takes the claim. `severities` says how this payer weighs an edit, by its id; None switches it off. `parameters`
    are what it sets for an edit. Nothing found means that nothing is known against sending the claim.
    """
    context = Context(today, limits, history, care or {}, visit, doubt, deadline)
    weights, set_ = severities or {}, parameters or {}
    problems = []
    for edit in edits():
        severity = weights.get(edit.id, edit.severity)
        if severity is None:
            continue
        if edit.parameters:
            defaults = {name: one.default for name, one in edit.parameters.items()}
            context = replace(context, parameters={**defaults, **set_.get(edit.id, {})})
        for finding in edit.look(claim, context):
            problems.append(
                Problem(
                    severity=Severity.WARN if finding.warns else severity,
                    rule=edit.id,
                    message=finding.message,
                    account=claim.account or None,
                    line=finding.line,
                    field=finding.field,
                )
            )
    return tuple(problems)

"""The rules as people read them: what each looks for, where it comes from, and how a payer weighs it."""

from __future__ import annotations

import inspect
from typing import Any

from bot.claims.edits import engine
from bot.claims.edits.book import Edit
from bot.claims.model import Severity
from bot.errors import UnknownItem
from bot.work.payers import Policy, adapter_of, policy_of


def rows(payer: str | None) -> list[dict[str, Any]]:
    """Every rule, as it stands or as one payer weighs it. Raises `UnknownItem`."""
    policy = _policy(payer) if payer else None
    return [_row(edit, policy) for edit in engine.edits()]


def one(id: str, payer: str | None) -> dict[str, Any]:
    """One rule with everything there is to know about it. Raises `UnknownItem`."""
    edit = engine.find(id)
    if edit is None:
        raise UnknownItem(f"There is no rule '{id}': see payerbot rules list.")
    policy = _policy(payer) if payer else None
    said = policy.parameters.get(edit.id, {}) if policy else {}
    weight = policy.rules.get(edit.id) if policy else None
    return {
        **_row(edit, policy),
        "payer": payer,
        "needs": edit.needs,
        "explanation": " ".join(inspect.cleandoc(edit.look.__doc__ or "").split()),
        "parameters": [
            {"name": name, "value": said.get(name, one.default), "default": one.default, "meaning": one.words}
            for name, one in edit.parameters.items()
        ],
        "verified": weight.verified if weight else None,
        "overridable": edit.id in overridable(),
    }


def overridable() -> frozenset[str]:
    """Rules that a lead may set aside for one claim. What a portal or a reader found is not among them, because
    such a claim cannot be sent."""
    return frozenset(edit.id for edit in engine.edits() if edit.overridable)


def _row(edit: Edit, policy: Policy | None) -> dict[str, Any]:
    weight = policy.rules.get(edit.id) if policy else None
    severity = policy.severities.get(edit.id, edit.severity) if policy else edit.severity
    return {
        "id": edit.id,
        "title": edit.title,
        "severity": _word(severity),
        "source": weight.source if weight else edit.source,
    }


def _word(severity: Severity | None) -> str:
    return str(severity) if severity else "off"


def _policy(payer: str) -> Policy:
    return policy_of(adapter_of(payer))

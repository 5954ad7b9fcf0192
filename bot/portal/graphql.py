"""GraphQL over HTTP: telling what only asks from what leaves something, by the body of a POST."""

from __future__ import annotations

import json
import re

_MUTATION = re.compile(r"\bmutation\b")


def asks(body: bytes) -> bool:
    """Whether it is one GraphQL request that holds no mutation, not even one that is not to be executed."""
    document = _document(body)
    return document is not None and _MUTATION.search(document) is None


def mutates(body: bytes, name: str) -> bool:
    """Whether it is one GraphQL request that holds the mutation of that name."""
    document = _document(body)
    return (
        document is not None
        and _MUTATION.search(document) is not None
        and re.search(rf"\b{re.escape(name)}\s*\(", document) is not None
    )


def _document(body: bytes) -> str | None:
    """The GraphQL document of a request (GraphQL over HTTP, "JSON Encoding"); None where the body is none."""
    try:
        request = json.loads(body)
    except ValueError:
        return None
    document = request.get("query") if isinstance(request, dict) else None
    return document if isinstance(document, str) else None

"""Whether the paths that an adapter names as sources lead anywhere in a claim."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from bot.claims.model import Attachment, Claim, Line, OtherInsurance
from bot.portal.adapter import Adapter, Field

_ITEMS: dict[str, Any] = {"line": Line, "attachment": Attachment, "other": OtherInsurance, "diagnosis": str}


def fields(adapter: Adapter) -> Iterator[tuple[str, Field, str | None]]:
    """Where a field stands, the field, and what it is entered once for."""
    for page in adapter.pages:
        yield from ((page.title, field, None) for field in page.fields)
        for rows in page.rows:
            yield from ((f"{page.title}: {rows.table}", one, rows.each) for one in (*rows.fields, *rows.columns))
        for grid in page.grids:
            yield from ((page.title, one, grid.each) for one in grid.fields)
    yield from (("the receipt", echo, None) for echo in adapter.echoes)


def resolves(source: str, item: str | None) -> bool:
    """Whether a path leads somewhere in the claim model; `item` is what its field is entered once for."""
    first, *rest = source.split(".")
    ours = [_ITEMS[first]] if first == item else []
    found = ours if first in _ITEMS else list(_kinds(Claim, first))
    for part in rest:
        found = [kind for one in found for kind in _kinds(one, part)]
    return bool(found)


def _kinds(annotation: Any, part: str) -> Iterator[Any]:
    """What a step of a path can lead to."""
    if get_origin(annotation) in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from _kinds(one, part)
    elif get_origin(annotation) is tuple and part.isdigit():
        yield get_args(annotation)[0]
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if part in annotation.model_fields:
            yield annotation.model_fields[part].annotation
        elif part in vars(annotation):  # a property
            yield Any

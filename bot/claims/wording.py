"""The model's fields and complaints in the biller's words.

pydantic's own texts quote what was typed, which may be somebody's name or member number, and speak of types.
Neither belongs in front of a biller or in a log.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from pydantic import BaseModel, ValidationError

from bot.claims.model import Problem, Severity

#: What billers call a field whose name alone would not tell them.
_FIELDS = {
    "account": "patient account number",
    "accept_assignment": "accept assignment",
    "birth_date": "birth date",
    "charge": "charge",
    "clia": "CLIA number",
    "code": "procedure code",
    "dependant": "patient",
    "first": "first name",
    "frequency": "claim frequency code",
    "last": "last name",
    "member_id": "member number",
    "npi": "NPI",
    "original_control_number": "payer's number of the original claim",
    "payer_id": "payer id",
    "pointers": "diagnosis pointer",
    "prior_authorisation": "prior authorisation number",
    "service_from": "date of service, from",
    "service_to": "date of service, to",
    "sex": "sex",
    "tin": "tax id",
    "zip_code": "ZIP code",
}

#: What is wrong, by pydantic's name for it; the longest matching beginning counts.
_COMPLAINTS = {
    "missing": "is missing",
    "date": "is not a date; write it as 2026-06-30",
    "decimal_max_places": "has more than two decimals",
    "decimal_max_digits": "is too large",
    "decimal": "is not an amount; write it as 85.00",
    "finite_number": "is not an amount; write it as 85.00",
    "enum": "is not one of the allowed codes",
    "string": "must be text, in quotation marks",
    "int": "must be a whole number",
    "bool": "must be true or false",
    "tuple": "must be a list",
    "model": "must be a group of fields",
}


def field_name(location: tuple[int | str, ...]) -> str:
    """A field's place in the model as words: ``("lines", 0, "code")`` is "procedure code"."""
    names = [part for part in location if isinstance(part, str)]
    words = [_FIELDS.get(name, name.replace("_", " ")) for name in names if name not in ("lines", "address")]
    return " ".join(words)[:60] or "claim"


def explain(
    error: ValidationError, model: type[BaseModel], *, account: str, place: str | None = None
) -> Iterator[Problem]:
    """Say what pydantic found wrong with a claim or record: one blocking problem for each field, without its
    content."""
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        location = detail["loc"]
        line = (
            location[1] + 1
            if len(location) > 1 and location[0] == "lines" and isinstance(location[1], int)
            else None
        )
        if detail["type"] == "extra_forbidden":
            location, complaint = _unknown(location, model)
        else:
            kind = max((known for known in _COMPLAINTS if detail["type"].startswith(known)), key=len, default="")
            complaint = _COMPLAINTS.get(kind, "is not valid")
        field = field_name(location)
        yield Problem(
            severity=Severity.BLOCK,
            rule="unreadable",
            message=f"{field[0].upper()}{field[1:]} {complaint}.",
            account=account or None,
            line=line,
            field=field,
            place=place,
        )


def _unknown(location: tuple[int | str, ...], model: type[BaseModel]) -> tuple[tuple[int | str, ...], str]:
    """An unknown field's place and what is wrong with it. Its name is whatever somebody typed, so it is not
    repeated: only the name that was likely meant is said."""
    schema = model.model_json_schema()
    parts = (schema, *schema.get("$defs", {}).values())
    names = {name for part in parts for name in part.get("properties", {})}
    meant = difflib.get_close_matches(str(location[-1]), sorted(names), 1)
    advice = f"{meant[0]} may be meant" if meant else "see the template for the names"
    return (*location[:-1], "unknown field"), f"has a name that is not known; {advice}"

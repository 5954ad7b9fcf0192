"""Elements of X12 segments as values: dates, numbers, amounts."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from bot.claims.interchange import Report, Segment
from bot.claims.model import Problem, Severity

_NUMBER = re.compile(r"-?(?:[0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+)")
CENT = Decimal("0.01")
#: A composite that begins with the kind of a procedure code shows which component separator is in use.
_PROCEDURE = re.compile(r"(?:AD|ER|HC|HP|IV|N4|N6|NU|UI|WK)([^0-9A-Za-z. -])[0-9A-Z]")


class Broken(Exception):
    """A segment that cannot be what it must be; the sentence says what is wrong with it, without its content."""

    def __init__(self, segment: Segment, message: str) -> None:
        super().__init__(message)
        self.segment = segment
        self.message = message


def day_of(text: str) -> date | None:
    """A date written CCYYMMDD; None when it is none."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def number_of(text: str) -> Decimal | None:
    """A number; None when it is none."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def amount(segment: Segment, position: int, name: str) -> Decimal:
    """The dollars and cents of an element. Raises `Broken`."""
    text = segment[position]
    if not text:
        raise Broken(segment, f"{name} is missing ({_element(segment, position)}).")
    found = number_of(text)
    if found is None:
        raise Broken(segment, f"{name} is not an amount, such as 85.00 ({_element(segment, position)}).")
    cents = found.quantize(CENT)
    if cents != found:
        raise Broken(segment, f"{name} has fractions of a cent ({_element(segment, position)}).")
    return cents + 0  # never minus zero


def date_in(segment: Segment, position: int, report: Report) -> date | None:
    """The date in an element. One that is none is reported and left out: neither money nor whose it is hang on
    it."""
    return period_in(segment, position, report)[0]


def period_in(segment: Segment, position: int, report: Report) -> tuple[date | None, date | None]:
    """The first and last day of the date (CCYYMMDD) or period (CCYYMMDD-CCYYMMDD) in an element; the same."""
    first, dash, last = segment[position].partition("-")
    begin = day_of(first)
    end = day_of(last) if dash else begin
    if segment[position] and (begin is None or end is None):
        message = f"It is not a date, CCYYMMDD ({_element(segment, position)}); it is left out."
        report(Problem(severity=Severity.WARN, rule="date", message=message, place=segment.place))
        return None, None
    return begin, end


def needed(segment: Segment, position: int, name: str) -> str:
    """The text of an element that must be there. Raises `Broken`."""
    if not segment[position]:
        raise Broken(segment, f"{name} is missing ({_element(segment, position)}).")
    return segment[position]


def quantity(segment: Segment, position: int, name: str) -> Decimal | None:
    """The number in an element; None where there is none. Raises `Broken`."""
    if not segment[position]:
        return None
    found = number_of(segment[position])
    if found is None:
        raise Broken(segment, f"{name} is not a number ({_element(segment, position)}).")
    return found


def procedure(segment: Segment, position: int) -> tuple[str, tuple[str, ...]]:
    """The code and the modifiers of a procedure. Some files use another component separator than their header
    names; the kind of code before it tells."""
    used = _PROCEDURE.match(segment[position])
    parts = segment[position].split(used[1] if used else segment.component)
    code, modifiers = [*parts, ""][1].strip(), [part.strip() for part in parts[2:6]]
    return code, tuple(modifier for modifier in modifiers if modifier)


def _element(segment: Segment, position: int) -> str:
    return f"{segment.id}{position:02d}"

"""Converters: how a portal wants a value written, and how what it shows is read back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from bot.claims.model import Person, Provider

#: A comma stands between thousands and nowhere else: what is written otherwise means something else.
_AMOUNT = re.compile(r"(-?\$?|\$-)\s?(\d+|\d{1,3}(,\d{3})+)(\.\d{1,2})?", re.ASCII)


def money(value: object) -> str:
    """1234.5 → ``1234.50``: no dollar sign, no comma."""
    return f"{Decimal(str(value)):.2f}"


def dollars(value: object) -> str:
    """1234.5 → ``$1,234.50``."""
    return f"${Decimal(str(value)):,.2f}"


def mdy(value: object) -> str:
    """A date as ``MM/DD/YYYY``."""
    return _date(value).strftime("%m/%d/%Y")


def dmy(value: object) -> str:
    """A date as ``DD-MM-YYYY``."""
    return _date(value).strftime("%d-%m-%Y")


def ymd(value: object) -> str:
    """A date as ``YYYY-MM-DD``."""
    return _date(value).isoformat()


def mmddccyy(value: object) -> str:
    """A date as ``MMDDCCYY``, eight digits."""
    return _date(value).strftime("%m%d%Y")


def nodot(value: object) -> str:
    """A diagnosis code without its dot: E11.9 → ``E119``."""
    return str(value).replace(".", "")


def whole(value: object) -> str:
    """Units without needless decimals: 2.0 → ``2``, 1.50 → ``1.5``."""
    return f"{Decimal(str(value)).normalize():f}"


def upper(value: object) -> str:
    """In capitals."""
    return str(value).upper()


def yes_no(value: object) -> str:
    """``Yes`` for a true value or the code Y, else ``No``."""
    return "Yes" if value is True or value == "Y" else "No"


def last_first(value: object) -> str:
    """A person as ``LAST, FIRST``, in capitals."""
    if not isinstance(value, Person | Provider):
        raise TypeError("not a person")
    last = value.last if isinstance(value, Person) else value.name
    return f"{last}, {value.first}".upper()


def joined(value: object) -> str:
    """Several values separated by spaces: modifiers, pointers."""
    if not isinstance(value, tuple):
        raise TypeError("not several values")
    return " ".join(str(part) for part in value)


def choice(options: dict[str, str]) -> _Choice:
    """Our code → the option of a drop-down or radio group; an unknown code is a `KeyError`."""
    return _Choice(options)


class _Choice:
    def __init__(self, options: dict[str, str]) -> None:
        self.options = options

    def __call__(self, value: object) -> str:
        return self.options[str(value)]


def read_money(shown: str) -> Decimal | None:
    """``$1,234.50`` → 1234.50; None when it is no amount of dollars and cents."""
    if not _AMOUNT.fullmatch(shown.strip()):
        return None
    return Decimal(re.sub(r"[$,\s]", "", shown)).quantize(Decimal("0.01"))


def read_mdy(shown: str) -> date | None:
    """``MM/DD/YYYY`` → a date; None when it is none."""
    try:
        return datetime.strptime(shown.strip(), "%m/%d/%Y").date()  # noqa: DTZ007  a calendar date has no zone
    except ValueError:
        return None


def read_dmy(shown: str) -> date | None:
    """``DD-MM-YYYY`` → a date; None when it is none."""
    try:
        return datetime.strptime(shown.strip(), "%d-%m-%Y").date()  # noqa: DTZ007  a calendar date has no zone
    except ValueError:
        return None


def read_ymd(shown: str) -> date | None:
    """``YYYY-MM-DD`` → a date; None when it is none."""
    try:
        return date.fromisoformat(shown.strip())
    except ValueError:
        return None


def read_moment(shown: str, form: str) -> datetime | None:
    """A time in UTC, written as `form` says (strptime); None when it is none."""
    try:
        return datetime.strptime(shown.strip(), form).replace(tzinfo=UTC)
    except ValueError:
        return None


def _date(value: object) -> date:
    if not isinstance(value, date):
        raise TypeError("not a date")
    return value

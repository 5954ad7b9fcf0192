"""Days on which payers and offices work: Monday to Friday without the federal holidays of the United States.

Source of the holidays: the library `holidays` (5 U.S.C. 6103); those on a weekend also as the weekday on which
they are observed.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_DAY = timedelta(days=1)


def is_business_day(day: date) -> bool:
    """Whether people work on that day."""
    return day.weekday() < 5 and day not in _holidays(day.year)


def after(day: date, number: int) -> date:
    """The business day that is so many after a day; before it, where `number` is negative."""
    step = _DAY if number > 0 else -_DAY
    for _ in range(abs(number)):
        day += step
        while not is_business_day(day):
            day += step
    return day


def between(first: date, last: date) -> int:
    """How many business days come after the first day, up to the last and with it."""
    days = (first + number * _DAY for number in range(1, (last - first).days + 1))
    return sum(is_business_day(day) for day in days)


@cache
def _holidays(year: int) -> frozenset[date]:
    from holidays import country_holidays  # slow to import, and most commands need no calendar

    # New Year's Day may be observed on the last day of the year before
    return frozenset(country_holidays("US", years=(year, year + 1)))

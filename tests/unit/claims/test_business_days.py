"""Days on which nobody works are not counted."""

from __future__ import annotations

from datetime import date

import pytest

from bot.claims import business_days

FRIDAY = date(2026, 7, 10)


@pytest.mark.parametrize(
    ("day", "number", "expected"),
    [
        pytest.param(FRIDAY, 0, FRIDAY, id="none"),
        pytest.param(FRIDAY, 1, date(2026, 7, 13), id="over a weekend"),
        pytest.param(date(2026, 7, 11), 1, date(2026, 7, 13), id="from a weekend"),
        pytest.param(date(2026, 7, 2), 1, date(2026, 7, 6), id="over a holiday that is observed on Friday"),
        pytest.param(date(2026, 11, 25), 1, date(2026, 11, 27), id="Thanksgiving"),
        pytest.param(date(2021, 12, 30), 1, date(2022, 1, 3), id="New Year observed in the old year"),
        pytest.param(FRIDAY, 14, date(2026, 7, 30), id="three weekends"),
        pytest.param(date(2026, 7, 13), -5, date(2026, 7, 6), id="back"),
    ],
)
def test_business_days_after(day: date, number: int, expected: date) -> None:
    assert business_days.after(day, number) == expected


def test_what_lies_between_is_what_comes_after() -> None:
    for number in range(1, 60):
        assert business_days.between(FRIDAY, business_days.after(FRIDAY, number)) == number
    assert business_days.between(FRIDAY, FRIDAY) == 0

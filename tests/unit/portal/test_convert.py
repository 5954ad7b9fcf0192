"""What a portal shows of what we wrote is what we meant."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.model import Person, Provider
from bot.portal import convert

amounts = st.decimals(Decimal("-9999999.99"), Decimal("9999999.99"), places=2)
#: strftime writes years before 1000 with fewer digits on some systems; no claim is that old.
days = st.dates(date(1850, 1, 1), date(2199, 12, 31))


@given(amounts)
def test_amounts(amount: Decimal) -> None:
    assert convert.read_money(convert.money(amount)) == amount
    assert convert.read_money(convert.dollars(amount)) == amount
    assert "," not in convert.money(amount)


@given(days)
def test_days(day: date) -> None:
    assert convert.read_mdy(convert.mdy(day)) == day
    written = convert.mmddccyy(day)
    assert (len(written), written.isdigit()) == (8, True)
    assert convert.read_mdy(f"{written[:2]}/{written[2:4]}/{written[4:]}") == day


@given(st.decimals(Decimal("0.001"), Decimal("99999"), places=3))
def test_units(units: Decimal) -> None:
    written = convert.whole(units)
    assert Decimal(written) == units
    assert "E" not in written
    assert not ("." in written and written.endswith("0"))


@pytest.mark.parametrize(
    ("units", "written"), [("2.0", "2"), ("1.50", "1.5"), ("100", "100"), ("0.25", "0.25"), ("1E+3", "1000")]
)
def test_units_are_written_without_needless_decimals(units: str, written: str) -> None:
    assert convert.whole(Decimal(units)) == written


@pytest.mark.parametrize(
    ("amount", "plain", "with_sign"),
    [("1234.5", "1234.50", "$1,234.50"), ("0", "0.00", "$0.00"), ("1000000", "1000000.00", "$1,000,000.00")],
)
def test_amounts_as_portals_want_them(amount: str, plain: str, with_sign: str) -> None:
    assert (convert.money(Decimal(amount)), convert.dollars(Decimal(amount))) == (plain, with_sign)


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "n/a",
        "-",
        "$",
        "12/01/2026",
        "one",
        "64,00",
        "1,23",
        "1,2345.00",
        "12.345",
        "1.2.3",
        "(5.00)",
        "1e3",
        "NaN",
    ],
)
def test_what_is_no_amount_is_none(shown: str) -> None:
    assert convert.read_money(shown) is None


@pytest.mark.parametrize("shown", ["", "2026-07-01", "13/01/2026", "02/30/2026", "7/1"])
def test_what_is_no_date_is_none(shown: str) -> None:
    assert convert.read_mdy(shown) is None


def test_a_moment_is_read_in_utc() -> None:
    form = "%m/%d/%Y %H:%M:%S UTC"
    assert convert.read_moment(" 07/01/2026 12:30:00 UTC ", form) == datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    assert convert.read_moment("yesterday", form) is None


def test_people_and_lists() -> None:
    assert convert.last_first(Person(last="Roe", first="Jane")) == "ROE, JANE"
    assert convert.last_first(Provider(name="Okafor", first="Chidi")) == "OKAFOR, CHIDI"
    assert convert.joined(("25", "GT")) == "25 GT"
    assert convert.joined((1, 2)) == "1 2"
    assert convert.upper("lk70") == "LK70"


@pytest.mark.parametrize(
    ("value", "written"), [(True, "Yes"), ("Y", "Yes"), (False, "No"), ("N", "No"), ("W", "No")]
)
def test_yes_and_no(value: object, written: str) -> None:
    assert convert.yes_no(value) == written


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: convert.mdy("2026-07-01"),
        lambda: convert.mmddccyy(None),
        lambda: convert.last_first("Roe"),
        lambda: convert.joined("25"),
    ],
)
def test_what_a_converter_cannot_take_is_an_error(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(TypeError):
        wrong()


def test_an_unknown_code_is_an_error_and_no_guess() -> None:
    method = convert.choice({"EL": "Upload", "FX": "Fax"})
    assert method("FX") == "Fax"
    with pytest.raises(KeyError):
        method("AA")

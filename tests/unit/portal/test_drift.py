"""What has changed on a page, from two readings of it; no browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.portal import drift
from bot.portal.adapter import Field, Fixed, FormPage, Grid, Kind, Rows, shown
from bot.portal.drift import Baseline, Change, What
from bot.portal.reading import Control, Reading
from tests.unit.portal.test_fit import Plain

PAGE = FormPage(
    "Claim",
    (
        Field("Member ID", "subscriber.member_id", required=True, sensitive=True, max_length=12),
        shown("Member name", "subscriber"),
        Field("Account", "account", required=True, max_length=20),
        Field("Place of service", "place_of_service", kind=Kind.SELECT, required=True),
        Field("Sex", "subscriber.sex", kind=Kind.SELECT, sensitive=True),
        Field("Accident?", Fixed("No"), kind=Kind.RADIO),
        Field("Accident date", "accident.on"),
        Field("Authorization", "prior_authorisation", max_length=50),
    ),
)
LINES = FormPage(
    "Lines",
    rows=(Rows("line", "Lines", (), (Field("Charge", "line.charge", required=True),), add="Add"),),
    grids=(Grid("line", (Field("Code {n}", "line.code", required=True),), None),),
)


ADAPTER = Plain("http://127.0.0.9")
ADAPTER.pages = (PAGE, LINES)  # type: ignore[assignment]


def control(label: str, kind: str = "text", **more: Any) -> Control:
    told: dict[str, Any] = {"value": "", "text": "", "required": False, "fixed": False, "visible": True}
    return Control(**{"label": label, "kind": kind, "section": "Claim", **told, **more})


CONTROLS = (
    control("Member ID", required=True, max_length=12),
    control("Member name", fixed=True),
    control("Account", required=True, max_length=20),
    control("Place of service", "select-one", required=True, choices=(("11", "11 - Office"), ("12", "12 - Home"))),
    control("Sex", "select-one", choices=(("F", "Female"), ("M", "Male"))),
    control("Accident?", "radio", choices=(("Yes", "Yes"), ("No", "No"))),
    control("Accident date", visible=False),
    control("Authorization", max_length=50),
    control("Search the portal"),
)


def reading(**changed: Control | None) -> Reading:
    """The page with some controls otherwise, by label with ``_`` for a blank; None is gone."""
    by_label = {label.replace("_", " "): one for label, one in changed.items()}
    controls = (by_label.get(one.label, one) for one in CONTROLS)
    return Reading(tuple(one for one in controls if one is not None), {}, {})


def known() -> Baseline:
    baseline = Baseline()
    baseline.learn(PAGE, reading())
    return baseline


def found(seen: Reading, baseline: Baseline | None = None) -> list[Change]:
    return drift.compare(ADAPTER, PAGE, seen, known() if baseline is None else baseline)


def test_a_page_as_declared_and_as_before_has_not_changed() -> None:
    assert found(reading()) == []
    assert found(reading(), Baseline()) == []


@pytest.mark.parametrize("label", ["Account", "Authorization"])
def test_a_field_that_is_gone_is_missing_whether_it_is_mandatory_or_not(label: str) -> None:
    [change] = found(reading(**{label: None}))
    assert (change.what, change.field) == (What.MISSING, label)
    assert str(change) == f"page 'Claim' has no field '{label}' any more"


def test_an_optional_field_that_never_was_there_is_told_and_not_missed() -> None:
    """It may come once something asks for it."""
    without = reading(Authorization=None)
    baseline = Baseline()
    assert [change.field for change in found(reading(Account=None), baseline)] == ["Account"]
    assert found(without, baseline) == []
    assert drift.never_seen(PAGE, without, baseline) == ["Authorization"]
    assert drift.never_seen(PAGE, reading(), baseline) == []
    baseline.learn(PAGE, without)  # as a person may accept it
    assert found(without, baseline) == []
    assert [change.what for change in found(reading(Account=None), baseline)] == [What.MISSING]


def test_a_field_that_waits_for_an_answer_is_there_a_mandatory_one_must_be_seen() -> None:
    assert found(reading(), Baseline()) == []  # the accident's date
    [change] = found(reading(Account=control("Account", visible=False)))
    assert change.what is What.MISSING


def test_an_unknown_field_in_the_place_of_one_that_is_gone_is_its_new_name() -> None:
    [change] = found(reading(Account=control("Reference", required=True)))
    assert (change.what, change.field, change.now) == (What.RENAMED, "Account", "Reference")


def test_at_the_pages_edge_only_a_mandatory_field_takes_the_place_of_another() -> None:
    seen = reading(Authorization=None, Search_the_portal=control("Search the portal"))
    assert [change.what for change in found(seen)] == [What.MISSING]
    seen = reading(Authorization=None, Search_the_portal=control("Approval", required=True))
    [change] = found(seen)
    assert (change.what, change.now) == (What.RENAMED, "Approval")


def test_a_label_that_is_nearly_the_same_is_its_new_name_wherever_it_stands() -> None:
    seen = reading(Account=None)
    [change] = found(replace(seen, controls=(*seen.controls, control("Account no.", required=True))))
    assert (change.what, change.now) == (What.RENAMED, "Account no.")


@pytest.mark.parametrize(
    "other", [control("Reference", "select-one"), control("Reference", visible=False), control("Ref", fixed=True)]
)
def test_what_cannot_take_its_place_is_not_its_new_name(other: Control) -> None:
    [change] = found(reading(Account=other))
    assert change.what is What.MISSING


def test_a_field_that_is_hidden_on_another_page_of_the_same_document_has_moved() -> None:
    [change] = found(reading(Authorization=control("Authorization", visible=False, section="Lines")))
    assert (change.what, change.now) == (What.MOVED, "Lines")


def test_an_unknown_mandatory_field_is_found() -> None:
    seen = reading()
    more = (
        control("Referral source", required=True),
        control("Nickname"),
        control("Locked", required=True, fixed=True),
    )
    [change] = found(replace(seen, controls=(*seen.controls, *more)))
    assert (change.what, change.field) == (What.NEW_MANDATORY, "Referral source")


def test_a_choice_that_is_gone_or_reads_otherwise_is_a_change_a_new_one_is_none() -> None:
    def place(*choices: tuple[str, str]) -> Reading:
        name = "Place of service"
        return reading(Place_of_service=control(name, "select-one", required=True, choices=choices))

    office, home, clinic = ("11", "11 - Office"), ("12", "12 - Home"), ("49", "49 - Clinic")
    assert found(place(office, home, clinic)) == []
    [gone] = found(place(office, clinic))
    assert (gone.what, gone.declared) == (What.OPTIONS, False)
    assert str(gone) == (
        "'Place of service' on page 'Claim' does not offer '12 - Home' any more, and now offers '49 - Clinic'"
    )
    [worded] = found(place(office, ("12", "12 - Residence")))
    assert worded.what is What.OPTIONS
    assert found(place(office), Baseline()) == []


def test_a_select_that_offers_each_claim_something_else_is_not_compared() -> None:
    page = FormPage("Claim", (Field("Place of service", "place_of_service", kind=Kind.SELECT, varies=True),))
    more, less = (
        Reading((control("Place of service", "select-one", choices=choices),), {}, {})
        for choices in ((("11", "Office"), ("12", "Home")), (("11", "Office"),))
    )
    baseline = Baseline()
    baseline.learn(page, more)
    assert drift.compare(ADAPTER, page, less, baseline) == []


def test_a_field_that_takes_less_than_declared_or_than_before_is_a_change() -> None:
    [less] = found(reading(Account=control("Account", required=True, max_length=12)), Baseline())
    assert (less.what, less.declared) == (What.LENGTH, True)
    assert str(less) == "'Account' on page 'Claim' takes 12 characters, not 20"
    assert found(reading(Account=control("Account", required=True, max_length=99))) == []
    assert found(reading(Account=control("Account", required=True))) == []
    before = Baseline()
    before.learn(PAGE, reading(Account=control("Account", required=True, max_length=40)))
    [shorter] = found(reading(), before)
    assert (shorter.what, shorter.declared) == (What.LENGTH, False)


def test_lines_and_grids_are_part_of_the_page() -> None:
    line = (control("Charge", section="Lines", required=True), control("Code 1", section="Lines", required=True))
    assert drift.compare(ADAPTER, LINES, Reading(line, {}, {}), Baseline()) == []
    missing = drift.compare(ADAPTER, LINES, Reading((), {}, {}), Baseline())
    assert [change.field for change in missing] == ["Charge", "Code 1"]


def test_a_baseline_keeps_nothing_that_may_name_people_and_survives_json() -> None:
    document = known().document()
    assert "Female" not in str(document)
    assert "Member name" not in document["Claim"]
    again = Baseline.of(document)
    assert again.document() == document
    assert again.page("Claim") == known().page("Claim")
    assert again.page("Lines") is None


def test_all_changes_are_one_sentence() -> None:
    changes = found(reading(Account=None, Authorization=None))
    assert drift.told(ADAPTER, changes) == (
        "Plain's page 'Claim' has no field 'Account' any more; page 'Claim' has no field 'Authorization' any more."
    )


def test_a_mandatory_field_that_is_there_twice() -> None:
    """A new section with an account of its own."""
    seen = reading()
    twin = control("Account", required=True, section="Supervising provider")
    assert found(replace(seen, controls=(*seen.controls, twin)))


def test_what_was_only_shown_is_to_be_typed() -> None:
    seen = reading()
    others = tuple(one for one in seen.controls if one.label != "Member name")
    assert found(replace(seen, controls=(*others, control("Member name", required=True))))

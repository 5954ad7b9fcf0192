"""Every edit lets a good claim pass and stops a bad one, and says so without a patient's data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from bot.claims.edits.book import Book, Context, Finding, Limits
from bot.claims.edits.common import BOOK, UNLISTED
from bot.claims.edits.engine import BOOKS, run
from bot.claims.model import (
    Accident,
    Address,
    Adjustment,
    Attachment,
    Claim,
    Drug,
    Frequency,
    LinePayment,
    OtherInsurance,
    Payer,
    Person,
    Problem,
    Provider,
    Severity,
)
from fixtures.claims.care import care_of, visit_of
from fixtures.claims.generate import stream
from tests.unit.claims.builders import HOME_VISIT, VISIT, put

TODAY = date(2026, 11, 22)
#: The rules of care management and unlisted visits have tests of their own.
EDITS = {edit.id: edit for edit in BOOK}
ALL = {edit.id: edit for book in BOOKS for edit in book}

CHILD = Person(
    last="Roe",
    first="Tim",
    birth_date=date(2015, 1, 2),
    sex="M",
    address=Address(street="1 A", city="T", state="MN", zip_code="55001"),
)
OTHER = OtherInsurance(payer=Payer(payer_id="KEY"), paid=Decimal(70))
PAYMENT = LinePayment(
    payer_id="KEY",
    paid=Decimal(70),
    adjustments=(Adjustment(group="CO", reason="45", amount=VISIT.lines[0].charge - 70),),
)
DAY = VISIT.lines[0].service_from

Changes = dict[str, Any]


def change(claim: Claim, changes: Changes) -> Claim:
    for path, value in changes.items():
        claim = put(claim, path, value)
    return claim


def rules(claim: Claim, **options: Any) -> set[str]:
    return {problem.rule for problem in run(claim, today=TODAY, **options)}


#: For every edit: what may be changed without waking it, and what wakes it.
CASES: dict[str, tuple[Changes, Changes]] = {
    "account": ({"account": "A" * 20}, {"account": ""}),
    "payer": ({"payer": Payer(payer_id="LKSHR")}, {"payer": Payer()}),
    "billing-npi": ({}, {"billing.npi": ""}),
    "npi": ({"rendering.npi": ""}, {"rendering.npi": "1990000114"}),
    "provider-name": ({}, {"rendering.name": ""}),
    "provider-npi": ({"facility": Provider(name="Clinic")}, {"rendering.npi": ""}),
    "tin": ({"billing.tin": "123456789"}, {"billing.tin": "12345678"}),
    "billing-address": ({"billing.address.street2": ""}, {"billing.address.city": ""}),
    "billing-street": ({"billing.address.street": "14 Poplar Box Lane"}, {"billing.address.street": "P.O. Box 7"}),
    "taxonomy": ({"billing.taxonomy": ""}, {"billing.taxonomy": "FAMILY"}),
    "phone": ({"billing.phone": ""}, {"billing.phone": "5550142"}),
    "member-id": ({"subscriber.member_id": "A1"}, {"subscriber.member_id": "A"}),
    "member-name": ({"subscriber.middle": ""}, {"subscriber.last": ""}),
    "first-name": ({"dependant": CHILD, "subscriber.first": ""}, {"subscriber.first": ""}),
    "birth-date": ({"subscriber.birth_date": date(1900, 1, 1)}, {"subscriber.birth_date": None}),
    "sex": ({"subscriber.sex": "U"}, {"subscriber.sex": "X"}),
    "patient-address": ({"dependant": CHILD, "subscriber.address": None}, {"subscriber.address": None}),
    "zip": ({"subscriber.address.zip_code": "550010001"}, {"subscriber.address.zip_code": "5501"}),
    "state": ({"subscriber.address.state": "PR"}, {"subscriber.address.state": "Minn"}),
    "relationship": ({"relationship": "19", "dependant": CHILD}, {"dependant": CHILD}),
    "payer-order": (
        {"subscriber.payer_order": "S", "other_insurance": (OTHER,)},
        {"subscriber.payer_order": "S"},
    ),
    "diagnosis": ({"diagnoses": ("I10",)}, {"diagnoses": ()}),
    "diagnosis-count": (
        {"diagnoses": tuple(f"M{number}" for number in range(12))},
        {"diagnoses": tuple(f"M{number}" for number in range(13))},
    ),
    "diagnosis-repeat": ({"diagnoses": ("I10", "E119")}, {"diagnoses": ("I10", "E119", "I10")}),
    "diagnosis-code": ({"diagnoses": ("M5450", "S39012A")}, {"diagnoses": ("E11", "I10")}),
    "lines": ({"lines": VISIT.lines[:1]}, {"lines": ()}),
    "line-count": ({"lines": VISIT.lines[:1] * 50}, {"lines": VISIT.lines[:1] * 51}),
    "code": ({"lines.0.code": "0509T"}, {"lines.0.code": "9921"}),
    "modifiers": (
        {"lines.0.modifiers": ("25", "GT", "59", "TD")},
        {"lines.0.modifiers": ("25", "25")},
    ),
    "unlisted": (
        {"lines.0.code": "99499", "lines.0.description": "Nurse visit at home"},
        {"lines.0.code": "99499"},
    ),
    "place": (
        {"place_of_service": "", "lines.0.place_of_service": "11", "lines.1.place_of_service": "12"},
        {"place_of_service": "", "lines.0.place_of_service": "11"},
    ),
    "pointers": ({"lines.0.pointers": (2, 1)}, {"lines.0.pointers": (1, 3)}),
    "units": ({"lines.0.units": Decimal("0.5")}, {"lines.0.units": Decimal(0)}),
    "units-whole": ({"lines.0.units": Decimal("2.00")}, {"lines.0.units": Decimal("2.5")}),
    "unit-type": ({"lines.0.unit_type": "MJ"}, {"lines.0.unit_type": "F2"}),
    "line-repeat": (
        {"lines.1": put(VISIT.lines[0], "modifiers", ("59",))},
        {"lines.1": VISIT.lines[0]},
    ),
    "ndc": (
        {"lines.0.drug": Drug(ndc="00004196501", quantity=Decimal(1), unit="ML")},
        {"lines.0.drug": Drug(ndc="4196501", quantity=Decimal(1), unit="ML")},
    ),
    "charge-sum": ({}, {"charge": VISIT.charge + Decimal("0.01")}),
    "charge-negative": ({"lines.0.charge": Decimal(0)}, {"lines.0.charge": Decimal(-1)}),
    "charge-zero": ({"charge": Decimal(0), "frequency": Frequency.VOID}, {"charge": Decimal(0)}),
    "line-zero": ({"lines.0.charge": Decimal("0.01")}, {"lines.0.charge": Decimal(0)}),
    "charge-size": ({"charge": Decimal("9999999.99")}, {"charge": Decimal("10000000.00")}),
    "cob-balance": (
        {"other_insurance": (OTHER,), "lines.0.paid_by_others": (PAYMENT,)},
        {"lines.0.paid_by_others": (put(PAYMENT, "paid", Decimal(71)),)},
    ),
    "date-order": ({"lines.0.service_to": DAY + timedelta(1)}, {"lines.0.service_to": DAY - timedelta(1)}),
    "date-future": ({"lines.0.service_to": TODAY}, {"lines.0.service_to": TODAY + timedelta(1)}),
    "date-birth": ({"subscriber.birth_date": DAY}, {"subscriber.birth_date": DAY + timedelta(1)}),
    "date-death": ({"subscriber.died_on": DAY}, {"subscriber.died_on": DAY - timedelta(1)}),
    "date-onset": ({"onset_on": DAY}, {"onset_on": DAY + timedelta(1)}),
    "stay": (
        {"admitted_on": DAY, "discharged_on": DAY},
        {"admitted_on": DAY, "discharged_on": DAY - timedelta(1)},
    ),
    "original-number": (
        {"frequency": Frequency.REPLACEMENT, "original_control_number": "ICN1"},
        {"frequency": Frequency.VOID},
    ),
    "original-unneeded": (
        {"frequency": Frequency.REPLACEMENT, "original_control_number": "ICN1"},
        {"original_control_number": "ICN1"},
    ),
    "indicators": ({"accept_assignment": "C"}, {"signature_on_file": ""}),
    "accident": (
        {"accident": Accident(cause="AA", on=DAY, state="MN")},
        {"accident": Accident(cause="AA", on=DAY)},
    ),
    "clia": ({"clia": "24D0000001"}, {"clia": "24-0000001"}),
    "delay-reason": ({"delay_reason": "11"}, {"delay_reason": "12"}),
    "attachment": (
        {"attachments": (Attachment(report_type="OZ", transmission="AA"),)},
        {"attachments": (Attachment(report_type="OZ", transmission="FX"),)},
    ),
    "length": ({"note": "x" * 80}, {"note": "x" * 81}),
    "characters": ({"note": "it's 50% better (really)!"}, {"note": "bell\x07"}),
    "letters": ({"note": "Munoz"}, {"note": "Muñoz"}),
    "unread": ({}, {"unread": ("ambulance transport (CR1)",)}),
}


def test_every_edit_has_a_case() -> None:
    assert set(CASES) == set(EDITS)


def test_good_claims_wake_no_edit() -> None:
    for payer in ("northstar", "lakeshore"):
        for claim in islice(stream(payer), 300):
            assert run(claim, today=TODAY, care=care_of(claim), visit=visit_of(claim)) == ()


@pytest.mark.parametrize("rule", sorted(CASES))
def test_the_edit_lets_pass(rule: str) -> None:
    assert rule not in rules(change(VISIT, CASES[rule][0]))


@pytest.mark.parametrize("rule", sorted(CASES))
def test_the_edit_stops(rule: str) -> None:
    claim = change(VISIT, CASES[rule][1])
    problems = [problem for problem in run(claim, today=TODAY) if problem.rule == rule]
    assert problems
    for problem in problems:
        assert problem.severity is EDITS[rule].severity
        assert problem.account == (claim.account or None)
        assert problem.field
        assert problem.message[0].isupper() or problem.message[0].isdigit()
        assert problem.message.endswith((".", "?"))


@pytest.mark.parametrize("rule", sorted(CASES))
def test_no_message_repeats_what_a_patient_is_known_by(rule: str) -> None:
    claim = change(VISIT, CASES[rule][1])
    said = " ".join(problem.message for problem in run(claim, today=TODAY))
    person = claim.subscriber
    for value in (
        person.last,
        person.first,
        person.member_id,
        str(person.birth_date),
        *claim.diagnoses,
        claim.note,
    ):
        assert not value or value not in said


MORE: list[tuple[str, Changes]] = [
    ("account", {"account": "A" * 21}),
    ("npi", {"lines.0.supervising": Provider(name="X", npi="123")}),
    ("npi", {"referring": Provider(name="X", npi="1234567890")}),
    ("npi", {"billing.npi": "1990000015"}),
    ("provider-name", {"lines.1.ordering": Provider(npi="1990000113")}),
    ("tin", {"billing.tin": "99-0000017"}),
    ("billing-address", {"billing.address": None}),
    ("billing-street", {"billing.address.street": "post office box 12"}),
    ("member-name", {"dependant": put(CHILD, "last", ""), "relationship": "19"}),
    ("birth-date", {"subscriber.birth_date": TODAY + timedelta(1)}),
    ("birth-date", {"subscriber.birth_date": date(1899, 12, 31)}),
    ("birth-date", {"dependant": put(CHILD, "birth_date", None), "relationship": "19"}),
    ("zip", {"dependant": put(CHILD, "address.zip_code", "1"), "relationship": "19"}),
    ("relationship", {"relationship": "19"}),
    ("relationship", {"relationship": "77"}),
    ("payer-order", {"other_insurance": (OTHER,)}),
    ("payer-order", {"subscriber.payer_order": ""}),
    ("modifiers", {"lines.0.modifiers": ("2",)}),
    ("modifiers", {"lines.0.modifiers": ("25", "GT", "59", "TD", "TE")}),
    ("place", {"place_of_service": "28"}),
    ("pointers", {"lines.0.pointers": ()}),
    ("pointers", {"lines.0.pointers": (1, 1)}),
    ("pointers", {"lines.0.pointers": (0,)}),
    ("pointers", {"lines.0.pointers": (1, 2, 3, 4, 5)}),
    ("units", {"lines.0.units": Decimal(-1)}),
    ("units", {"lines.0.units": Decimal("1234567890123456")}),
    ("ndc", {"lines.0.drug": Drug(ndc="00004196501")}),
    ("charge-negative", {"charge": Decimal(-5)}),
    ("cob-balance", {"other_insurance": (put(OTHER, "paid", Decimal(1)),), "lines.0.paid_by_others": (PAYMENT,)}),
    ("date-future", {"discharged_on": TODAY + timedelta(1)}),
    ("date-future", {"lines.1.service_from": TODAY + timedelta(1)}),
    ("stay", {"discharged_on": DAY}),
    ("original-number", {"frequency": Frequency.REPLACEMENT}),
    ("indicators", {"accept_assignment": "Y"}),
    ("indicators", {"release_of_information": "N"}),
    ("indicators", {"benefits_assignment": "YN"}),
    ("accident", {"accident": Accident(cause="OA")}),
    ("accident", {"accident": Accident(cause="XX", on=DAY)}),
    ("accident", {"accident": Accident(cause="OA", on=DAY + timedelta(1))}),
    ("attachment", {"attachments": (Attachment(report_type="OZ", control_number="A"),) * 2}),
    ("length", {"lines.0.description": "x" * 81}),
    ("length", {"subscriber.last": "x" * 61}),
    ("characters", {"lines.0.note": "a\ufffd\x00"}),
]


@pytest.mark.parametrize(("rule", "changes"), MORE)
def test_the_edit_stops_more(rule: str, changes: Changes) -> None:
    assert rule in rules(change(VISIT, changes))


def test_the_edits_name_the_line() -> None:
    for rule, changes in CASES.items():
        if all(path.startswith("lines.1.") for path in changes[1]):
            (problem,) = (item for item in run(change(VISIT, changes[1]), today=TODAY) if item.rule == rule)
            assert problem.line == 2
    problems = run(put(VISIT, "lines.1.code", ""), today=TODAY)
    assert [(problem.rule, problem.line) for problem in problems] == [("code", 2)]


def test_every_unlisted_code_needs_words() -> None:
    assert "99600" in UNLISTED
    for code in UNLISTED:
        visit = visit_of(HOME_VISIT)
        rule = "UL-05" if code == "99600" else "unlisted"
        assert rules(put(HOME_VISIT, "lines.0.code", code), visit=visit) == set()
        assert rules(change(HOME_VISIT, {"lines.0.code": code, "lines.0.description": ""}), visit=visit) == {rule}


def test_limits_are_the_payers() -> None:
    claim = change(VISIT, {"note": "a:b", "account": "A" * 15})
    assert rules(claim) == set()
    limits = Limits(lines=1, account=14, note=2, forbidden="*^:~|")
    assert rules(claim, limits=limits) == {"line-count", "account", "length", "characters"}


def test_a_payer_may_weigh_an_edit_differently() -> None:
    claim = put(VISIT, "lines.0.units", Decimal("1.5"))

    def severities(**weights: Severity | None) -> list[Severity]:
        return [problem.severity for problem in run(claim, today=TODAY, severities={"units-whole": weights["to"]})]

    assert severities(to=Severity.WARN) == [Severity.WARN]
    assert severities(to=Severity.BLOCK) == [Severity.BLOCK]
    assert severities(to=None) == []


def test_everything_wrong_is_said_at_once() -> None:
    claim = change(VISIT, {"account": "", "billing.npi": "", "lines.0.units": Decimal(0)})
    assert rules(claim) == {"account", "billing-npi", "units"}


def test_edits_are_documented() -> None:
    for edit in ALL.values():
        assert edit.title
        assert edit.source
        assert edit.look.__doc__
    assert all(rule == rule.lower() for rule in EDITS)
    assert len(ALL) == sum(len(list(book)) for book in BOOKS)


def test_an_edit_is_entered_once() -> None:
    book = Book()

    def look(claim: Claim, context: Context) -> Any:
        yield Finding("x", "y")

    enter: Callable[[Any], Any] = book.edit("one", "One", source="here")
    enter(look)
    with pytest.raises(ValueError, match="one"):
        enter(look)
    assert [edit.id for edit in book] == ["one"]
    assert replace(next(iter(book)), id="two").id == "two"


def test_the_book_is_read_in_order() -> None:
    problems: tuple[Problem, ...] = run(change(VISIT, {"account": "", "note": "x" * 81}), today=TODAY)
    order = [edit.id for edit in BOOK]
    assert [problem.rule for problem in problems] == sorted(
        (problem.rule for problem in problems), key=order.index
    )

"""The rules of care management and of unlisted home visits: each lets clean cases pass and stops a broken one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.claims.edits import engine, unlisted
from bot.claims.edits.book import Earlier, Limits
from bot.claims.fingerprint import patient_months
from bot.claims.model import Claim, Frequency, Problem
from bot.claims.records import CarePlan, CareRecord, Consent, Records, Unread
from fixtures.claims.care import (
    LAST_DAY,
    Case,
    broken,
    claim,
    clean,
    entry,
    home_visit,
    line,
    own,
    record,
    support,
)
from fixtures.claims.generate import rendering
from fixtures.people import PRACTITIONERS
from tests.unit.claims.builders import put

TODAY = date(2026, 11, 22)
RULES = {edit.id: edit for book in (*engine.CARE, unlisted.BOOK) for edit in book}
BROKEN = {case.rule: case for case in broken()}
#: Broken by the portal, not by the claim.
BY_PORTAL = {"UL-09"}


def problems(case: Case, **options: Any) -> list[Problem]:
    """What is found in a case's claims, one after the other as in a file."""
    records = Records((), (), (Unread(),)) if case.misspelt else Records(case.care, case.visits)
    found: list[Problem] = []
    before: list[Claim] = []
    for one in case.claims:
        mine = patient_months(one, "lakeshore", b"key")
        history = tuple(Earlier(other) for other in before if patient_months(other, "lakeshore", b"key") & mine)
        said = {
            "history": history,
            "care": records.care_of(one),
            "visit": records.visit_of(one),
            "doubt": records.doubt(one),
            **options,
        }
        found += engine.run(one, today=TODAY, **said)
        before.append(one)
    return found


def rules(case: Case, **options: Any) -> list[str]:
    return [problem.rule for problem in problems(case, **options)]


def of_month(one: Claim, *log: Any, **more: Any) -> Case:
    return Case((one,), (record(one.account, *log, **more),))


def test_every_rule_is_broken_once() -> None:
    assert set(BROKEN) | BY_PORTAL == set(RULES)


def test_every_rule_says_where_it_comes_from_and_explains_itself() -> None:
    for rule in RULES.values():
        assert rule.source
        assert rule.title
        assert rule.needs
        assert (rule.look.__doc__ or "").strip().endswith(".")


@pytest.mark.parametrize("case", clean(), ids=lambda case: case.claims[0].account)
def test_a_clean_case_wakes_no_rule(case: Case) -> None:
    assert problems(case) == []


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_a_broken_case_wakes_its_rule_and_no_other(rule: str) -> None:
    found = problems(BROKEN[rule])
    assert [problem.rule for problem in found] == [rule]
    assert found[0].severity is RULES[rule].severity
    assert found[0].account == BROKEN[rule].claims[-1].account
    assert found[0].field
    assert found[0].message.endswith(".")


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_no_message_repeats_what_a_patient_is_known_by(rule: str) -> None:
    said = " ".join(problem.message for problem in problems(BROKEN[rule]))
    for one in BROKEN[rule].claims:
        person = one.subscriber
        for value in (person.last, person.member_id, f"{person.birth_date:%m/%d/%Y}", *one.diagnoses):
            assert value not in said


def test_general_knowledge_does_not_block_by_itself() -> None:
    for rule in RULES.values():
        if "general billing knowledge" in rule.source:
            assert rule.severity == "warn"


def test_a_void_is_not_looked_at() -> None:
    for case in BROKEN.values():
        void = [
            one.model_copy(update={"frequency": Frequency.VOID, "original_control_number": "1"})
            for one in case.claims
        ]
        found = rules(Case(tuple(void), case.care, case.visits))
        assert [rule for rule in found if rule in RULES and rule not in ("CCM-26",)] == []


# Time


MINUTES = [
    ("99490", 1, 19, "CCM-01"), ("99490", 1, 20, None), ("99439", 1, 39, "CCM-02"), ("99439", 1, 40, None),
    ("99439", 2, 59, "CCM-02"), ("99439", 2, 60, None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "units", "minutes", "rule"), MINUTES)
def test_staff_time_at_its_boundaries(code: str, units: int, minutes: int, rule: str | None) -> None:
    lines = [line("99490")] + ([line(code, units)] if code != "99490" else [])
    assert rules(of_month(claim("A", *lines), entry(minutes))) == ([rule] if rule else [])


@pytest.mark.parametrize(("minutes", "rule"), [(89, "CCM-06"), (90, None), (59, "CCM-05")])
def test_complex_time_at_its_boundaries(minutes: int, rule: str | None) -> None:
    one = claim("A", line("99487"), line("99489"))
    assert rules(of_month(one, entry(minutes), complexity="high")) == ([rule] if rule else [])


@pytest.mark.parametrize(("minutes", "rule"), [(59, "CCM-04"), (60, None), (29, "CCM-03")])
def test_own_time_at_its_boundaries(minutes: int, rule: str | None) -> None:
    assert rules(of_month(claim("A", line("99491"), line("99437")), own(minutes))) == ([rule] if rule else [])


def test_a_third_unit_is_one_too_many_whatever_the_log_says() -> None:
    case = of_month(claim("A", line("99490"), line("99439", 3)), entry(120))
    assert rules(case) == ["CCM-02"]
    without = Case(case.claims)
    assert set(rules(without)) == {"ccm-record", "CCM-02"}


def test_a_payer_may_cap_units_that_the_code_does_not() -> None:
    case = of_month(claim("A", line("99491"), line("99437", 3)), own(120))
    assert rules(case) == []
    assert rules(case, parameters={"CCM-04": {"most": 2}}) == ["CCM-04"]


def test_minutes_before_consent_are_named_as_such() -> None:
    consent = Consent(on=date(2026, 6, 4), how="signed", by="RN Ivy Holt")
    [problem] = problems(of_month(claim("A", line("99490")), entry(10, 3), entry(15, 8), consent=consent))
    assert problem.rule == "CCM-12"
    assert "15 count (10 more were before the patient's consent)" in problem.message


def test_a_rule_that_is_off_counts_the_minutes_it_is_about() -> None:
    case = BROKEN["CCM-21"]
    assert rules(case, severities={"CCM-21": None}) == []


@pytest.mark.parametrize(("complexity", "severity"), [(None, "warn"), ("low", "block"), ("", "block")])
def test_complexity_that_is_not_recorded(complexity: str | None, severity: str) -> None:
    [problem] = problems(of_month(claim("A", line("99487")), entry(60), complexity=complexity))
    assert (problem.rule, problem.severity) == ("CCM-05", severity)


# Consent, plan, visit


@pytest.mark.parametrize(
    ("revoked", "severity"), [("2026-05-31", "block"), ("2026-06-01", "warn"), ("2026-06-30", "warn")]
)
def test_stopping_takes_effect_at_the_end_of_the_month(revoked: str, severity: str) -> None:
    consent = Consent(on=date(2026, 1, 12), how="verbal", by="RN Ivy Holt", revoked_on=date.fromisoformat(revoked))
    [problem] = problems(of_month(claim("A", line("99490")), entry(20), consent=consent))
    assert (problem.rule, problem.severity) == ("CCM-12", severity)


@pytest.mark.parametrize("missing", ["on", "how", "by"])
def test_every_field_of_the_consent_is_needed(missing: str) -> None:
    said = {"on": date(2026, 1, 12), "how": "verbal", "by": "RN Ivy Holt"}
    said[missing] = None if missing == "on" else ""
    [problem] = problems(of_month(claim("A", line("99490")), entry(20), consent=Consent.model_validate(said)))
    assert (problem.rule, problem.severity) == ("CCM-12", "block")


def test_what_a_record_does_not_speak_of_warns_once() -> None:
    log_only = CareRecord(account="A", month="2026-06", log=(entry(20),))
    assert rules(Case((claim("A", line("99490")),), (log_only,))) == ["ccm-record"]
    half = log_only.model_copy(update={"care_plan": CarePlan(on=date(2026, 1, 1), copy_given=True)})
    found = problems(Case((claim("A", line("99490")),), (half,)))
    assert {(problem.rule, str(problem.severity)) for problem in found} == {("CCM-12", "warn"), ("CCM-15", "warn")}


@pytest.mark.parametrize(
    ("plan", "severity"),
    [
        (CarePlan(), "block"),
        (CarePlan(on=date(2026, 7, 1), copy_given=True), "block"),
        (CarePlan(on=date(2026, 6, 30), copy_given=False), "block"),
        (CarePlan(on=date(2025, 6, 30), copy_given=True), "warn"),
        (CarePlan(on=date(2025, 7, 1), copy_given=True), None),
    ],
)
def test_the_care_plan(plan: CarePlan, severity: str | None) -> None:
    found = problems(of_month(claim("A", line("99490")), entry(20), care_plan=plan))
    assert [(problem.rule, problem.severity) for problem in found] == ([("CCM-14", severity)] if severity else [])


@pytest.mark.parametrize(
    ("visit", "warns"), [("2026-01-12", False), ("2025-01-12", True), ("2025-02-01", False), ("2026-06-04", True)]
)
def test_the_initiating_visit(visit: str, warns: bool) -> None:
    case = of_month(claim("A", line("99490")), entry(20), initiating_visit=date.fromisoformat(visit))
    assert rules(case) == (["CCM-15"] if warns else [])


# Across claims


def again(*codes: str, **more: Any) -> Claim:
    return claim("SECOND", *(line(code) for code in codes), **more)


def across(first: Claim, second: Claim, **about: Any) -> list[tuple[str, str]]:
    """What is found on the second claim because of the first, without records."""
    earlier = Earlier(first, **about)
    found = engine.run(second, today=TODAY, history=(earlier,), severities={"ccm-record": None})
    return [(problem.rule, str(problem.severity)) for problem in found]


FIRST = claim("FIRST", line("99490"))


def test_the_same_base_again() -> None:
    assert across(FIRST, again("99490"), open=False) == [("CCM-08", "block")]
    # open, and of the same day: queueing asks whether it is a fix
    assert across(FIRST, again("99490")) == [("CCM-08", "warn")]


def test_another_family_by_the_same_practitioner() -> None:
    assert across(FIRST, again("99491")) == [("CCM-07", "block")]


@pytest.mark.parametrize("code", ["99490", "99491"])
def test_another_practitioner(code: str) -> None:
    assert across(FIRST, again(code, rendering=rendering(PRACTITIONERS[1]))) == [("CCM-17", "block")]


@pytest.mark.parametrize(("accepted", "severity"), [(True, "warn"), (False, "block")])
def test_an_add_on_alone(accepted: bool, severity: str) -> None:
    assert across(FIRST, again("99439"), id=7, accepted=accepted) == [("CCM-08", severity)]


@pytest.mark.parametrize(
    ("code", "rule"), [("G0181", "CCM-18"), ("90951", "CCM-18"), ("90970", "CCM-18"), ("99424", "CCM-19"),
                       ("G0558", "CCM-19"), ("99496", "CCM-20")],
)  # fmt: skip
def test_services_that_do_not_go_together_whichever_comes_first(code: str, rule: str) -> None:
    other = claim("OTHER", line(code))
    assert [found for found, _ in across(FIRST, other)] == [rule]
    assert [found for found, _ in across(other, again("99490"))] == [rule]


@pytest.mark.parametrize("code", ["G0179", "G0180", "90950", "90971", "99457", "99484"])
def test_services_that_do(code: str) -> None:
    assert across(FIRST, claim("OTHER", line(code))) == []


def test_another_month_is_another_matter() -> None:
    may = put(FIRST, "lines.0.service_from", date(2026, 5, 31))
    for second in (again("99490"), again("99491"), again("G0181")):
        assert across(may, second) == []


def test_planning_is_billed_once() -> None:
    first = claim("FIRST", line("99214"), line("G0506"))
    assert across(first, claim("SECOND", line("99214"), line("G0506")))[0][0] == "CCM-16"
    assert across(FIRST, claim("SECOND", line("99214"), line("G0506"))) == []


# Dates and places


DATES = [
    ("month_end", 30, 30, None), ("month_end", 29, 29, "warn"), ("month_end", 1, 30, "warn"),
    ("threshold", 30, 30, None), ("threshold", 16, 16, "warn"), ("threshold", 1, 30, "block"),
    ("month_range", 1, 30, None), ("month_range", 30, 30, "block"), ("month_range", 1, 29, "block"),
]  # fmt: skip


@pytest.mark.parametrize(("style", "first", "last", "severity"), DATES)
def test_each_payers_dates(style: str, first: int, last: int, severity: str | None) -> None:
    one = line("99490", service_from=date(2026, 6, first), service_to=date(2026, 6, last))
    weight = {"CCM-22": RULES["CCM-22"].severity if style == "month_end" else "block"}
    found = problems(
        of_month(claim("A", one), entry(20, 15)), parameters={"CCM-22": {"dates": style}}, severities=weight
    )
    assert [(problem.rule, problem.severity) for problem in found] == ([("CCM-22", severity)] if severity else [])


def test_the_month_ends_with_the_patient() -> None:
    one = put(claim("A", line("99490")), "subscriber.died_on", date(2026, 6, 20))
    day: Any = {"service_from": date(2026, 6, 20), "service_to": date(2026, 6, 20)}
    died = put(claim("A", line("99490", **day)), "subscriber.died_on", date(2026, 6, 20))
    assert rules(of_month(died, entry(20))) == []
    assert rules(of_month(one, entry(20))) == ["date-death"]


def test_after_the_filing_limit() -> None:
    case = of_month(claim("A", line("99490")), entry(20))
    assert rules(case, deadline=TODAY) == []
    [problem] = problems(case, deadline=date(2026, 11, 21))
    assert (problem.rule, problem.severity) == ("CCM-27", "warn")


def test_a_payer_may_want_every_line_to_point_at_two() -> None:
    case = of_month(claim("A", line("99490", pointers=(1,))), entry(20))
    assert rules(case) == []
    assert rules(case, parameters={"CCM-13": {"pointed": True}}) == ["CCM-13"]


# Unlisted


@pytest.mark.parametrize(
    ("description", "vague"),
    [
        ("Unlisted service", True), ("home visit", True),
        ("Misc. procedure at home, not otherwise specified", True),
        ("Wound care", False), ("Home visit: catheter care", False),
    ],
)  # fmt: skip
def test_vague_descriptions(description: str, vague: bool) -> None:
    case = Case((home_visit("A", description=description),), (), (support("A", description=description),))
    assert rules(case) == (["UL-04"] if vague else [])


def test_the_claims_description_is_the_records() -> None:
    case = Case((home_visit("A", description="Catheter care and teaching"),), (), (support("A"),))
    assert rules(case) == ["UL-05"]


def test_the_charge_by_another_basis() -> None:
    dearer = put(put(home_visit("A"), "lines.0.charge", Decimal("170.00")), "charge", Decimal("170.00"))
    assert rules(Case((dearer,), (), (support("A"),))) == ["UL-07"]
    assert rules(Case((dearer,), (), (support("A", charge_basis="Invoice 4711 of the supplier"),))) == []


def test_a_category_iii_code_that_fits_goes_first() -> None:
    [problem] = problems(Case((home_visit("A"),), (), (support("A", category_iii="0771T"),)))
    assert problem.rule == "UL-02"
    assert "0771T" in problem.message


@pytest.mark.parametrize(
    ("routes", "no_upload", "stops"),
    [
        ({"EL"}, "refuse", False), ({"FX"}, "refuse", True), (set(), "refuse", True), ({"FX"}, "paper", False),
        (set(), "paper", True), (set(), "send_then_answer_request", False),
    ],
)  # fmt: skip
def test_how_letter_and_records_reach_the_payer(routes: set[str], no_upload: str, stops: bool) -> None:
    case = Case((home_visit("A"),), (), (support("A"),))
    found = rules(case, limits=Limits(routes=frozenset(routes)), parameters={"UL-09": {"no_upload": no_upload}})
    assert found == (["UL-09"] if stops else [])


def test_the_last_day_of_june_is_what_the_cases_use() -> None:
    assert LAST_DAY.day == 30


# What slips through line by line


def many(*lines: Any, log: tuple[Any, ...], **more: Any) -> Case:
    return Case((claim("MANY", *lines),), (record("MANY", *log, **more),))


@pytest.mark.parametrize(
    ("case", "found"),
    [
        (many(line("99490"), line("99439"), line("99439"), log=(entry(59),)), ["CCM-02"]),
        (many(line("99490"), line("99439"), line("99439"), log=(entry(60),)), []),
        (many(line("99491"), line("99437"), line("99437"), log=(own(89),)), ["CCM-04"]),
        (many(line("99490"), put(line("99439"), "units", Decimal("1.9")), log=(entry(60),)), ["CCM-02"]),
    ],
)
def test_units_of_a_month_are_added_up(case: Case, found: list[str]) -> None:
    said = [one for one in rules(case) if one.startswith("CCM")]
    assert said == found


def test_minutes_that_another_claim_has_used_do_not_count_again() -> None:
    first = claim("FIRST", line("99490"), line("99439"))
    later = claim("LATER", put(line("99439"), "service_from", date(2026, 6, 29)))
    case = Case((later,), (record("LATER", entry(40)),))
    assert "CCM-02" in rules(case, history=(Earlier(first, 1, accepted=True),))
    enough = Case((later,), (record("LATER", entry(60)),))
    assert "CCM-02" not in rules(enough, history=(Earlier(first, 1, accepted=True),))


@pytest.mark.parametrize(
    "who",
    [{"first": "Nobody"}, {"last": "Nobody"}, {"patient": "C-9"}, {"birth_date": date(2000, 1, 1)}],
)
def test_a_record_of_somebody_else_is_noticed_by_any_of_it(who: dict[str, Any]) -> None:
    one = put(claim("WHO", line("99490")), "medical_record_number", "C-1")
    assert rules(Case((one,), (record("WHO", entry(20), **who),))) == ["ccm-patient"]

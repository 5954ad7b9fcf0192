"""Minutes to codes and units: every boundary, and what must hold for any log."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.claims.minutes import COMPLEX, FAMILIES, FAMILY_OF, PRACTITIONER, STAFF, Family, Reason, answer, count
from bot.claims.records import CareRecord, Consent, Role, TimeEntry

JUNE = date(2026, 6, 1)


def entry(minutes: int, day: int = 2, **more: object) -> TimeEntry:
    said = {"who": "RN Ivy", "activity": f"called about refills, {day} {minutes}", **more}
    return TimeEntry.model_validate({"day": date(2026, 6, day), "minutes": minutes, **said})


def month(*log: TimeEntry, **more: object) -> CareRecord:
    return CareRecord.model_validate({"patient": "C1", "month": "2026-06", "log": log, **more})


def staff(minutes: int, **more: object) -> CareRecord:
    return month(entry(minutes), **more)


def own(minutes: int, **more: object) -> CareRecord:
    return month(entry(minutes, role=Role.PRACTITIONER), **more)


# Boundaries


def expected_staff(minutes: int) -> dict[str, int]:
    """Written out, not worked out: the table in the rule."""
    if minutes < 20:
        return {}
    if minutes < 40:
        return {"99490": 1}
    if minutes < 60:
        return {"99490": 1, "99439": 1}
    return {"99490": 1, "99439": 2}


PRACTITIONER_TABLE = [
    (0, {}), (29, {}), (30, {"99491": 1}), (31, {"99491": 1}), (59, {"99491": 1}), (60, {"99491": 1, "99437": 1}),
    (89, {"99491": 1, "99437": 1}), (90, {"99491": 1, "99437": 2}), (119, {"99491": 1, "99437": 2}),
    (120, {"99491": 1, "99437": 3}), (149, {"99491": 1, "99437": 3}), (150, {"99491": 1, "99437": 4}),
]  # fmt: skip
COMPLEX_TABLE = [
    (0, {}), (19, {}), (20, {"99490": 1}), (39, {"99490": 1}), (40, {"99490": 1, "99439": 1}),
    (59, {"99490": 1, "99439": 1}), (60, {"99487": 1}), (61, {"99487": 1}), (89, {"99487": 1}),
    (90, {"99487": 1, "99489": 1}), (119, {"99487": 1, "99489": 1}), (120, {"99487": 1, "99489": 2}),
    (149, {"99487": 1, "99489": 2}), (150, {"99487": 1, "99489": 3}),
]  # fmt: skip


@pytest.mark.parametrize("minutes", range(200))
def test_staff_minutes(minutes: int) -> None:
    assert answer(staff(minutes)).codes == expected_staff(minutes)


@pytest.mark.parametrize(("minutes", "codes"), PRACTITIONER_TABLE)
def test_the_practitioners_own_minutes(minutes: int, codes: dict[str, int]) -> None:
    assert answer(own(minutes)).codes == codes


@pytest.mark.parametrize("complexity", ["moderate", "High"])
@pytest.mark.parametrize(("minutes", "codes"), COMPLEX_TABLE)
def test_complex_care(minutes: int, codes: dict[str, int], complexity: str) -> None:
    assert answer(staff(minutes, complexity=complexity)).codes == codes


@pytest.mark.parametrize("complexity", [None, "", "low", "straightforward"])
def test_without_recorded_complexity_no_complex_care(complexity: str | None) -> None:
    assert answer(staff(120, complexity=complexity)).codes == {"99490": 1, "99439": 2}


@pytest.mark.parametrize(
    ("record", "short"),
    [
        (staff(18), ()), (staff(19), ("99490",)), (staff(20), ()), (staff(38), ()), (staff(39), ("99439",)),
        (staff(40), ()), (staff(59), ("99439",)), (staff(60), ()), (staff(79), ()), (staff(89), ()),
        (staff(59, complexity="high"), ("99439", "99487")), (staff(89, complexity="high"), ("99489",)),
        (staff(119, complexity="high"), ("99489",)), (own(29), ("99491",)), (own(30), ()), (own(59), ("99437",)),
        (own(89), ("99437",)), (own(19), ()),
    ],
)  # fmt: skip
def test_what_is_one_minute_short(record: CareRecord, short: tuple[str, ...]) -> None:
    assert answer(record).one_short == short


@pytest.mark.parametrize(
    ("staff_minutes", "own_minutes", "codes", "instead"),
    [
        (20, 30, {"99491": 1}, ({"99490": 1},)),
        (60, 30, {"99490": 1, "99439": 2}, ({"99491": 1},)),
        (40, 60, {"99491": 1, "99437": 1}, ({"99490": 1, "99439": 1},)),
        (19, 30, {"99491": 1}, ()),
        (20, 29, {"99490": 1}, ()),
        (19, 29, {}, ()),
    ],
)
def test_one_family_a_month(
    staff_minutes: int, own_minutes: int, codes: dict[str, int], instead: tuple[dict[str, int], ...]
) -> None:
    found = answer(month(entry(staff_minutes), entry(own_minutes, 3, role=Role.PRACTITIONER)))
    assert (found.codes, found.instead) == (codes, instead)


def test_the_practitioner_doing_staff_work_counts_as_staff_and_never_as_own() -> None:
    record = month(entry(15), entry(5, 3, role=Role.PRACTITIONER_AS_STAFF))
    assert answer(record).codes == {"99490": 1}
    assert count(record).practitioner == 0


# What counts


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        (entry(7, face_to_face=True), Reason.FACE_TO_FACE),
        (entry(7, inpatient=True), Reason.INPATIENT),
        (entry(7, role=Role.CLERICAL), Reason.CLERICAL),
        (entry(7, who=""), Reason.INCOMPLETE),
        (entry(7, activity=""), Reason.INCOMPLETE),
        (entry(7).model_copy(update={"day": date(2026, 5, 31)}), Reason.OTHER_MONTH),
        (entry(7).model_copy(update={"day": date(2026, 7, 1)}), Reason.OTHER_MONTH),
        (entry(19, 8), Reason.TWICE),
    ],
)
def test_what_does_not_count(left_out: TimeEntry, reason: Reason) -> None:
    counted = count(month(entry(19, 8), left_out))
    assert counted.staff == 19
    assert [(one.entry, one.reason) for one in counted.left_out] == [(left_out, reason)]


def test_what_does_not_count_takes_no_twin_with_it() -> None:
    counts = entry(20, activity=None)
    assert count(month(counts, entry(20, face_to_face=True))).entries == (counts,)


def test_minutes_of_nobody_named_are_somebody_elses_in_another_role() -> None:
    some = [entry(20, who=None, activity=None, role=role) for role in (Role.STAFF, Role.PRACTITIONER)]
    assert (count(month(*some)).staff, count(month(*some)).practitioner) == (20, 20)


def test_what_the_log_does_not_say_is_not_held_against_it() -> None:
    assert count(month(entry(20, who=None, activity=None))).staff == 20


def test_minutes_before_consent_do_not_count() -> None:
    record = month(entry(10, 9), entry(10, 10), entry(10, 11), consent=Consent(on=date(2026, 6, 10)))
    counted = count(record)
    assert counted.staff == 20
    assert [(one.entry.day.day, one.reason) for one in counted.left_out] == [(9, Reason.BEFORE_CONSENT)]


@pytest.mark.parametrize(("revoked", "minutes"), [("2026-05-31", 0), ("2026-06-01", 20), ("2026-07-01", 20)])
def test_stopping_takes_effect_at_the_end_of_the_month(revoked: str, minutes: int) -> None:
    consent = Consent(on=date(2026, 1, 1), revoked_on=date.fromisoformat(revoked))
    assert count(month(entry(20), consent=consent)).staff == minutes


def test_the_day_a_threshold_is_reached() -> None:
    counted = count(month(entry(10, 20), entry(9, 3), entry(1, 25), entry(30, 1, role=Role.PRACTITIONER)))
    assert counted.reached(19, own=False) == date(2026, 6, 20)
    assert counted.reached(20, own=False) == date(2026, 6, 25)
    assert counted.reached(21, own=False) is None
    assert counted.reached(30, own=True) == date(2026, 6, 1)


# Properties

entries = st.builds(
    TimeEntry,
    day=st.integers(-3, 33).map(lambda number: JUNE + timedelta(number)),
    minutes=st.integers(0, 90),
    who=st.sampled_from([None, "", "Ivy", "Dr. Lee"]),
    role=st.sampled_from(Role),
    activity=st.sampled_from([None, "", "call", "refill"]),
    face_to_face=st.booleans(),
    inpatient=st.booleans(),
)
records = st.builds(
    CareRecord,
    patient=st.just("C1"),
    month=st.just("2026-06"),
    complexity=st.sampled_from([None, "low", "high"]),
    consent=st.none() | st.builds(Consent, on=st.none() | st.dates(date(2026, 5, 20), date(2026, 7, 10))),
    log=st.lists(entries, max_size=12).map(tuple),
)


@given(st.sampled_from(FAMILIES), st.integers(0, 500), st.integers(0, 500))
def test_more_minutes_never_support_fewer_units(family: Family, minutes: int, more: int) -> None:
    before, after = family.units(minutes), family.units(minutes + more)
    assert all(after.get(code, 0) >= units for code, units in before.items())


@given(st.sampled_from(FAMILIES), st.integers(0, 500))
def test_the_units_need_the_minutes_and_one_more_unit_needs_more(family: Family, minutes: int) -> None:
    units = family.units(minutes)
    for code, number in units.items():
        assert family.minutes_for(code, number) <= minutes
    if missing := family.missing(minutes):
        code, short = missing
        assert short > 0
        assert family.units(minutes + short).get(code, 0) == units.get(code, 0) + 1
        assert family.units(minutes + short - 1) == units
    else:
        assert family.units(minutes + 1000) == units


@given(records, st.randoms(use_true_random=False))
def test_the_order_of_the_log_does_not_matter(record: CareRecord, random: Random) -> None:
    log = list(record.log)
    random.shuffle(log)
    again = record.model_copy(update={"log": tuple(log)})
    assert answer(again).codes == answer(record).codes
    assert count(again) == count(record)


@given(records)
def test_what_was_left_out_changes_nothing(record: CareRecord) -> None:
    counted = count(record)
    assert len(counted.entries) + len(counted.left_out) == len(record.log)
    again = answer(record.model_copy(update={"log": counted.entries}))
    assert (again.codes, again.one_short) == (answer(record).codes, answer(record).one_short)
    assert again.counted.left_out == ()


@given(records, entries)
def test_another_entry_never_takes_minutes_away(record: CareRecord, one: TimeEntry) -> None:
    # the same minutes of the same person, as staff and as practitioner, cannot both be true
    assume(not any(one.who and one.who == other.who and one.role is not other.role for other in record.log))
    before, after = count(record), count(record.model_copy(update={"log": (*record.log, one)}))
    assert after.staff >= before.staff
    assert after.practitioner >= before.practitioner
    assert after.staff + after.practitioner <= before.staff + before.practitioner + one.minutes


@given(records)
def test_one_family_and_nothing_twice(record: CareRecord) -> None:
    found = answer(record)
    assert len({FAMILY_OF[code].base for code in found.codes}) <= 1
    assert len(set(found.counted.entries)) == len(found.counted.entries)
    for codes in (found.codes, *found.instead):
        for code, units in codes.items():
            family = FAMILY_OF[code]
            assert family.minutes_for(code, units) <= found.counted.minutes(own=family.own)
            assert family is not COMPLEX or record.is_complex


def test_the_families() -> None:
    assert [(one.base, one.add_on, one.first, one.each, one.most) for one in (STAFF, PRACTITIONER, COMPLEX)] == [
        ("99490", "99439", 20, 20, 2),
        ("99491", "99437", 30, 30, None),
        ("99487", "99489", 60, 30, None),
    ]

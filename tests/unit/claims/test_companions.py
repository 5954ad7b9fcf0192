"""Companion records: what is one, what it says, whose it is, and what is said when it cannot be read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.claims.companions import CompanionFile, csv_template, is_companion, read_companion, together
from bot.claims.minutes import answer
from bot.claims.records import CarePlan, CareRecord, Consent, Records, Role, Unread
from fixtures.claims.care import claim, clean, entry, line, log_rows, record, write_support
from fixtures.claims.generate import HERE
from tests.unit.claims.builders import put

HEADINGS = "patient,date,minutes,who,role,activity,face_to_face,inpatient"


def read(folder: Path, text: str, name: str = "log.csv") -> CompanionFile:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    assert is_companion(path)
    return read_companion(path)


def rows(*cells: str) -> str:
    return "\r\n".join((HEADINGS, *cells, ""))


def test_claim_files_are_no_companions() -> None:
    for name in ("visits.837", "care.csv", "homes.json", "home-visit-note.pdf"):
        assert not is_companion(HERE / name)


def test_what_was_written_is_what_is_read(tmp_path: Path) -> None:
    cases = clean()
    write_support(cases, tmp_path / "support.json")
    (tmp_path / "home-visit-note.pdf").write_bytes((HERE / "home-visit-note.pdf").read_bytes())
    assert is_companion(tmp_path / "support.json")
    file = read_companion(tmp_path / "support.json")
    assert file.problems == ()
    assert list(file.records.care) == [one for case in cases for one in case.care]
    [visit] = file.records.visits
    assert visit.documents[0].file == str(tmp_path / "home-visit-note.pdf")


def test_the_template_is_a_log(tmp_path: Path) -> None:
    file = read(tmp_path, csv_template())
    assert file.problems == ()
    [one] = file.records.care
    assert (one.patient, one.month, one.is_complex) == ("C-1001", "2026-06", False)
    assert one.consent == Consent(on=date(2026, 1, 12), how="verbal", by="RN Ivy Holt")
    assert one.care_plan == CarePlan(on=date(2026, 1, 12), copy_given=True)
    assert one.conditions == ("E11.9", "I10")


def test_a_month_of_mixed_logs(tmp_path: Path) -> None:
    months = {one.label: answer(one) for one in read(tmp_path, "\r\n".join(log_rows())).records.months()}
    assert {label: dict(found.codes) for label, found in months.items()} == {
        "C-1001": {"99490": 1}, "C-1002": {"99490": 1, "99439": 1}, "C-1003": {"99491": 1}, "C-1004": {},
        "C-1005": {},
    }  # fmt: skip
    assert months["C-1002"].one_short == ("99439",)


def test_rows_are_gathered_by_patient_and_month(tmp_path: Path) -> None:
    text = rows("C1,2026-06-01,5,Ivy,RN,call,,", "C2,6/2/2026,7,Ivy,RN,call,,", "C1,2026-07-01,9,Ivy,MD,call,,")
    found = read(tmp_path, text).records.care
    assert [(one.patient, one.month, sum(item.minutes for item in one.log)) for one in found] == [
        ("C1", "2026-06", 5), ("C2", "2026-06", 7), ("C1", "2026-07", 9),
    ]  # fmt: skip
    assert [one.log[0].role for one in found] == [Role.STAFF, Role.STAFF, Role.PRACTITIONER]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("C1,2026-06-01,12.5,Ivy,RN,call,,", "Minutes in row 2 is not a whole number of minutes."),
        ("C1,06/01/26,5,Ivy,RN,call,,", "Date in row 2 is not a date; write it as 2026-06-30 or 06/30/2026."),
        ("C1,2026-06-01,5,Ivy,wizard,call,,", "Role in row 2 is none of staff, practitioner"),
        ("C1,,5,Ivy,RN,call,,", "Date in row 2 is missing."),
        ("C1,2026-06-01,5", "Row 2 does not have as many cells as the headings."),
        (",2026-06-01,5,Ivy,RN,call,,", "is not valid"),
    ],
)
def test_a_row_that_cannot_be_read_blocks_and_the_rest_is_used(tmp_path: Path, cells: str, said: str) -> None:
    file = read(tmp_path, rows(cells, "C2,2026-06-02,7,Ivy,RN,call,,"))
    [problem] = file.problems
    assert problem.severity == "block"
    assert said in problem.message
    assert [one.patient for one in file.records.care] == ["C2"]


def test_a_column_that_is_there_and_empty_says_that_nothing_was_found(tmp_path: Path) -> None:
    [without] = read(tmp_path, rows("C1,2026-06-01,5,Ivy,RN,call,,")).records.care
    assert (without.consent, without.care_plan) == (None, None)
    text = "patient,consent_date,consent_how,date,minutes\r\nC1,,,2026-06-01,5\r\n"
    [with_] = read(tmp_path, text).records.care
    assert (with_.consent, with_.care_plan) == (Consent(), None)


def test_rows_that_contradict_each_other(tmp_path: Path) -> None:
    text = "patient,consent_date,date,minutes\r\nC1,2026-01-01,2026-06-01,5\r\nC1,2026-02-01,2026-06-02,5\r\n"
    [problem] = read(tmp_path, text).problems
    assert (
        problem.message
        == "Row 3 says otherwise about consent date than a row before it of the same patient and month."
    )


def test_a_json_record_that_cannot_be_read(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "ccm": [{"patient": "Roe Jane", "month": "June"}, {"account": "A", "month": "2026-06"}]
    }
    file = read(tmp_path, json.dumps(document), "support.json")
    [problem] = file.problems
    assert "Roe" not in problem.message
    assert [one.account for one in file.records.care] == ["A"]


def test_a_misspelt_field_is_named_by_what_was_meant(tmp_path: Path) -> None:
    document = {"ccm": [{"account": "A", "month": "2026-06", "consnt": {"on": "2026-01-01"}}]}
    file = read(tmp_path, json.dumps(document), "support.json")
    [problem] = file.problems
    assert (problem.account, problem.place, problem.field) == ("A", "ccm record 1", "unknown field")
    assert problem.message == "Unknown field has a name that is not known; consent may be meant."


@pytest.mark.parametrize("text", ['{"ccm": [', '{"ccm": {}}', '{"ccm": [], "ccm": []}', '{"ccm": [7]}'])
def test_a_document_that_cannot_be_read_may_hold_anybodys_record(tmp_path: Path, text: str) -> None:
    file = read(tmp_path, text, "support.json")
    assert [one.severity for one in file.problems] == ["block"]
    assert file.records.doubt(CLAIM)


def test_a_field_given_twice_is_no_record(tmp_path: Path) -> None:
    text = '{"ccm": [{"account": "ACC1", "month": "2026-06", "consent": {"on": null, "on": "2026-01-01"}}]}'
    file = read(tmp_path, text, "support.json")
    assert [one.message for one in file.problems] == ["A field is given twice."]
    assert (file.records.number, bool(file.records.doubt(CLAIM))) == (0, True)


@pytest.mark.parametrize(
    ("headings", "severity", "said"),
    [
        ("account,date,minutes,inpatiant", "block", "did you mean inpatient?"),
        ("account,date,minutes,Face to Fase", "block", "did you mean face_to_face?"),
        ("account,date,minutes,cost centre", "warn", "not known and were not read: cost centre."),
        ("account,date,minuts,role", "block", "missing: minutes"),
        ("account,date,minutes,time", "block", "More than one column means: minutes."),
    ],
)
def test_headings_that_nobody_knows(tmp_path: Path, headings: str, severity: str, said: str) -> None:
    file = read(tmp_path, f"{headings}\r\nACC9,2026-06-03,12,yes\r\n")
    assert any(one.severity == severity and said in one.message for one in file.problems)
    assert bool(file.records.doubt(CLAIM)) is (severity == "block")


@pytest.mark.parametrize(
    ("who", "mine"),
    [
        ({}, True),
        ({"account": "ACC1"}, True),
        ({"account": "ACC2", "last": "Ashgrove"}, False),
        ({"patient": "C-77"}, True),
        ({"patient": "C-78"}, False),
        ({"member_id": "nobody", "last": "ashgrove"}, True),
        ({"last": "Roe"}, False),
    ],
)
def test_what_could_not_be_read_may_be_of_some_claims_only(who: dict[str, str], mine: bool) -> None:
    records = Records(unread=(Unread(**who),))
    assert bool(records.doubt(put(CLAIM, "medical_record_number", "C-77"))) is mine


def test_an_open_quotation_mark_hides_nobody(tmp_path: Path) -> None:
    text = 'account,date,minutes,activity\r\nACC2,2026-06-03,20,"called\r\nACC1,2026-06-03,5,called\r\n'
    records = read(tmp_path, text).records
    assert records.doubt(CLAIM)


@pytest.mark.parametrize("first", ["sep=;\r\n", "\r\n"])
def test_what_excel_puts_above_the_headings_is_no_row(tmp_path: Path, first: str) -> None:
    file = read(tmp_path, f"{first}account;date;mins\r\nACC1;2026-06-03;12\r\n")
    assert file.problems == ()
    assert [entry.minutes for one in file.records.care for entry in one.log] == [12]


@pytest.mark.parametrize(
    "text",
    [
        '{"CCM": []}',
        '{"ccm_records": []}',
        '{"account": "A", "month": "2026-06"}',
        "{“ccm”: []}",
        '[{"account": "A"}]',
    ],
)
def test_a_document_that_is_neither_may_have_been_meant_as_a_companion(tmp_path: Path, text: str) -> None:
    file = read(tmp_path, text, "support.json")
    assert [one.severity for one in file.problems] == ["block"]
    assert file.records.doubt(CLAIM)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("C1,2026-06-01,,Ivy,RN,call,,", "Minutes in row 2 is missing."),
        ("C1,2026-06-01,5,Dr. Ivy,,call,,", "Role in row 2 is missing."),
    ],
)
def test_what_an_entry_needs_is_not_guessed(tmp_path: Path, cells: str, said: str) -> None:
    assert [one.message for one in read(tmp_path, rows(cells)).problems] == [said]


def test_conditions_in_words_are_not_cut_at_blanks(tmp_path: Path) -> None:
    for cell, wanted in (("type 2 diabetes", ("type 2 diabetes",)), ("E11.9 I10", ("E11.9", "I10"))):
        [one] = read(tmp_path, f"account,date,minutes,conditions\r\nA,2026-06-01,5,{cell}\r\n").records.care
        assert one.conditions == wanted


def test_a_heading_with_digits_is_not_repeated(tmp_path: Path) -> None:
    file = read(tmp_path, "account,date,minutes,Clara Roe 03/15/1946\r\nACC1,2026-06-03,12,x\r\n")
    assert [one.message for one in file.problems] == ["These columns are not known and were not read: number 4."]


def test_two_records_that_contradict_each_other_leave_it_in_doubt() -> None:
    good = record("ACC1", entry(20))
    assert not Records((good, good)).doubt(CLAIM)
    assert "differ in consent" in Records((good, record("ACC1", consent=Consent()))).doubt(CLAIM)


def test_records_of_nobody_here_are_found() -> None:
    mine, other = record("acc1", entry(20)), record("ACC9", entry(20))
    assert Records((mine, other)).strangers([CLAIM]) == [other]


def test_a_bad_row_concerns_its_patient(tmp_path: Path) -> None:
    text = "account,date,minutes\r\nACC2,2026-06-03,many\r\nACC1,2026-06-03,12\r\n"
    records = read(tmp_path, text).records
    assert not records.doubt(CLAIM)
    assert records.doubt(claim("ACC2", line("99490")))


def test_a_row_that_contradicts_another_leaves_the_record_in_doubt(tmp_path: Path) -> None:
    text = "account,consent_date,date,minutes\r\nACC1,2026-01-01,2026-06-01,5\r\nACC1,2026-02-01,2026-06-02,5\r\n"
    assert read(tmp_path, text).records.doubt(CLAIM)


# Whose it is

CLAIM = claim("ACC1", line("99490"))


def of(**who: Any) -> CareRecord:
    return CareRecord.model_validate({"month": "2026-06", **who})


@pytest.mark.parametrize(
    ("who", "mine"),
    [
        ({"account": "ACC1"}, True),
        ({"account": "ACC2"}, False),
        ({"account": "ACC2", "member_id": CLAIM.subscriber.member_id}, False),
        ({"patient": "C-77"}, True),
        ({"patient": "C-78"}, False),
        ({"patient": "c77", "birth_date": date(2000, 1, 1)}, True),  # and contradicts it
        ({"patient": "ACC1"}, False),  # an account is no chart number where the claim has one
        ({"account": "acc1"}, True),
        ({"member_id": CLAIM.subscriber.member_id.lower()}, True),
        ({"member_id": CLAIM.subscriber.member_id, "birth_date": date(2000, 1, 1)}, False),
        ({"last": "ASHGROVE", "first": "mabel", "birth_date": CLAIM.subscriber.birth_date}, True),
        ({"last": "Ashgrove", "first": "Otis", "birth_date": CLAIM.subscriber.birth_date}, False),
    ],
)
def test_a_record_is_matched_by_account_or_by_patient(who: dict[str, Any], mine: bool) -> None:
    assert of(**who).is_of(put(CLAIM, "medical_record_number", "C-77")) is mine


def test_the_month_must_be_the_claims() -> None:
    records = Records((record("ACC1", entry(20), month="2026-05"),))
    assert records.care_of(CLAIM) == {}
    assert list(Records((record("ACC1", entry(20)),)).care_of(CLAIM)) == ["2026-06"]


def test_a_log_and_a_consent_from_two_files_are_one_record(tmp_path: Path) -> None:
    log = read(tmp_path, "account,date,minutes\r\nACC1,2026-06-03,12\r\n")
    said = {
        "ccm": [{"account": "ACC1", "month": "2026-06", "consent": {"on": "2026-01-01", "how": "x", "by": "y"}}]
    }
    both = together([log, read(tmp_path, json.dumps(said), "consent.json")])
    found = both.care_of(CLAIM)["2026-06"]
    assert found.consent is not None
    assert [one.minutes for one in found.log] == [12]
    assert len(both.months()) == 1


def test_whose_it_is_must_be_said() -> None:
    with pytest.raises(ValueError, match="whose record"):
        of(last="Ashgrove", first="Mabel")


def test_people_see_initials_at_most() -> None:
    assert of(patient="Ashgrove, Mabel").label == "patient"
    one = of(last="Ashgrove", first="Mabel", birth_date=date(1932, 1, 1))
    assert one.label == "M.A."

"""Lakeshore's own rules, without a browser."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from fixtures.portals.server import RunningPortal, running
from tests.portal_mocks.visitor import MEMBER, LakeshoreVisitor, code_for, facts


@pytest.fixture
def visitor(lakeshore: RunningPortal) -> Iterator[LakeshoreVisitor]:
    visitor = LakeshoreVisitor(lakeshore)
    with visitor.http:
        visitor.sign_in()
        yield visitor


@pytest.fixture
def newcomer(lakeshore: RunningPortal) -> Iterator[LakeshoreVisitor]:
    visitor = LakeshoreVisitor(lakeshore)
    with visitor.http:
        yield visitor


def test_new_claims_hide_for_two_hours_by_default() -> None:
    with running("lakeshore") as portal:
        visitor = LakeshoreVisitor(portal)
        with visitor.http:
            visitor.sign_in()
            visitor.submit()
            assert "No claims found" in visitor.search().text


def test_sign_in_asks_code_then_bulletin(newcomer: LakeshoreVisitor) -> None:
    assert "verification code" in newcomer.password().text
    assert newcomer.http.get("/home").url.path == "/login/code"
    page = newcomer.pass_code()
    assert page.url.path == "/bulletin"
    assert "Please confirm" in newcomer.post("/bulletin", {}, page.text).text
    assert newcomer.post("/bulletin", {"read": "on"}, page.text).url.path == "/home"


def test_a_code_works_once(newcomer: LakeshoreVisitor) -> None:
    secret = newcomer.portal.users[0].totp_secret
    assert secret
    code = code_for(secret)
    newcomer.post("/login/code", {"code": code}, newcomer.password().text)
    newcomer.http.get("/logout")
    assert "not valid" in newcomer.post("/login/code", {"code": code}, newcomer.password().text).text
    assert newcomer.pass_code(steps=1).url.path == "/bulletin"


def test_a_code_of_another_time_is_refused(newcomer: LakeshoreVisitor) -> None:
    assert "not valid" in newcomer.pass_code(steps=-5).text


def test_three_wrong_codes_lock_the_account(newcomer: LakeshoreVisitor) -> None:
    page = newcomer.password().text
    for _ in range(2):
        page = newcomer.post("/login/code", {"code": "x"}, page).text
    assert "Account locked" in newcomer.post("/login/code", {"code": "x"}, page).text
    assert "Account locked" in newcomer.password().text


def test_the_look_up_fills_in_the_member_or_says_not_found(visitor: LakeshoreVisitor) -> None:
    visitor.start()
    page = visitor.step("/member", {"member_id": MEMBER.lakeshore_id}).text
    assert f"{MEMBER.last}, {MEMBER.first}" in page
    assert MEMBER.birth_date.strftime("%m/%d/%Y") in page
    assert "Member ID: Member not found." in visitor.step("/member", {"member_id": "LK1"}).text


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("member_id", "LK000000001", "Member ID: Member not found."),
        ("service_from", "10312026", "Service from: Enter the date as MM/DD/YYYY."),
        ("service_to", "10/30/2026", "Service to: Service to cannot be before service from."),
        ("service_to", "10/30/2099", "Service to: The date cannot be in the future."),
        ("place_of_service", "", "Place of service: This field is required."),
        ("account", "A" * 21, "Patient account no.: Enter at most 20 characters."),
        ("frequency", "8", "Previous ICN: This field is required."),
        ("referring_npi", "1234567890", "Referring provider NPI: Enter a valid 10-digit NPI."),
        ("accident", "Y", "Accident date: This field is required."),
        ("other_insurance", "on", "Other payer name: This field is required."),
    ],
)
def test_each_wrong_detail_is_named_and_the_fields_stay(
    visitor: LakeshoreVisitor, name: str, value: str, complaint: str
) -> None:
    visitor.start()
    visitor.step("/member", visitor.details("KEEPME1"))
    page = visitor.step("/claim", visitor.details("KEEPME1") | {name: value}).text
    assert "Please correct the following:" in page
    assert complaint in page
    assert "KEEPME1" in page or name == "account"


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("procedure", "", "Procedure: Pick a procedure from the list."),
        ("procedure", "99491 - typed", "Procedure: Pick a procedure from the list."),
        ("pointer_1", "2", "Diagnosis pointer 1: Point to a diagnosis that is on this claim."),
        ("date_from", "10/30/2026", "From: The line lies outside the service dates of the claim."),
        ("rendering_npi", "", "Rendering NPI: This field is required."),
        ("charge", "1,000.00", "Charge: Enter an amount"),
        ("unit_type", "XX", "Unit type: Choose a value from the list."),
    ],
)
def test_each_wrong_line_is_refused(visitor: LakeshoreVisitor, name: str, value: str, complaint: str) -> None:
    visitor.prepare("MH1", "62.50")
    assert complaint in visitor.step("/lines/add", visitor.line("10.00") | {name: value}).text


def test_lines_are_added_edited_copied_and_removed(visitor: LakeshoreVisitor) -> None:
    visitor.prepare("MH1", "62.50")
    assert 'value="62.50"' in visitor.step("/lines/copy", {"row": "0"}).text
    visitor.step("/lines/add", visitor.line("10.00"))
    assert "Edit line 2" in visitor.step("/lines/edit", {"row": "1"}).text
    assert "$82.50" in visitor.step("/lines/add", visitor.line("20.00") | {"row": "1"}).text
    assert "$20.00" in visitor.step("/lines/remove", {"row": "0"}).text


def test_a_step_without_entries_does_not_go_on(visitor: LakeshoreVisitor) -> None:
    visitor.start()
    visitor.step("/member", visitor.details("MH1"))
    visitor.step("/claim", visitor.details("MH1"))
    assert "Add at least one diagnosis." in visitor.step("/diagnoses", {}).text
    assert "Add at least one service line." in visitor.step("/lines", {}).text
    assert visitor.http.get("/claims/wizard/review").url.path == "/claims/wizard"


def test_diagnoses_lose_their_dot_and_come_once(visitor: LakeshoreVisitor) -> None:
    visitor.prepare("MH1", "62.50")
    again = {"diagnosis_type": "ABK", "diagnosis": "E119"}
    assert "already" in visitor.step("/diagnoses/add", again).text
    assert "without a decimal point" in visitor.step("/diagnoses/add", again | {"diagnosis": "1"}).text
    visitor.send()
    assert visitor.portal.claims[0]["diagnoses"] == ["E119"]


def test_an_upload_is_a_stage_and_burns_its_number(visitor: LakeshoreVisitor) -> None:
    visitor.prepare("MH1", "62.50")
    visitor.upload("ACN1", content=b"%PDF one")
    assert "has been used before" in visitor.upload("ACN1").text
    stages = [(request["stage"], request["account"]) for request in visitor.portal.requests[1:]]
    assert stages == [("upload", "MH1"), ("upload", "MH1")]
    visitor.send()
    digest = hashlib.sha256(b"%PDF one").hexdigest()
    stored = {"control_number": "ACN1", "type": "OZ", "method": "Upload", "file_name": "letter.pdf", "size": 8}
    assert visitor.portal.claims[0]["attachments"] == [{**stored, "sha256": digest}]
    visitor.prepare("MH2", "70.00")
    assert "has been used before" in visitor.upload("ACN1").text


def test_removing_a_document_keeps_its_number_burnt(visitor: LakeshoreVisitor) -> None:
    visitor.prepare("MH1", "62.50")
    visitor.upload("ACN1")
    assert "ACN1" not in visitor.step("/attachments/remove", {"row": "0"}).text
    assert "has been used before" in visitor.upload("ACN1").text


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("letter.docx", b"x", "Only PDF, TIFF and JPG files are accepted."),
        ("letter.pdf", b"", "Choose a file that is not empty."),
        ("letter.pdf", b"x" * (5 * 1024 * 1024 + 1), "The file is larger than 5 MB."),
    ],
)
def test_unfit_files_are_refused(visitor: LakeshoreVisitor, name: str, content: bytes, complaint: str) -> None:
    visitor.prepare("MH1", "62.50")
    assert complaint in visitor.upload("ACN1", name, content).text


def test_the_confirmation_token_works_once(visitor: LakeshoreVisitor) -> None:
    assert "Claim received" in visitor.submit().text
    again = visitor.step("/confirm", {"submit_token": visitor.submit_token})
    assert "This claim was already submitted" in again.text
    assert len(visitor.portal.claims) == 1


def test_a_like_claim_on_file_is_named_but_may_be_sent(visitor: LakeshoreVisitor) -> None:
    visitor.submit()
    visitor.prepare("MH2", "62.50")
    found = visitor.http.get("/claims/wizard/duplicates").json()
    assert found == {"icn": visitor.portal.claims[0]["control_number"]}
    assert "Claim received" in visitor.send().text
    assert len(visitor.portal.claims) == 2


def test_the_receipt_says_what_was_sent(visitor: LakeshoreVisitor) -> None:
    shown = facts(visitor.submit().text)
    assert len(shown["Claim ID"]) == 13
    assert shown["Status"] == "Not in process yet"
    assert (shown["Total charge"], shown["Lines"]) == ("$62.50", "1")


def test_the_type_ahead_wants_three_characters(visitor: LakeshoreVisitor) -> None:
    def options(asked: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = visitor.http.get("/lookup/procedures", params={"q": asked}).json()["options"]
        return found

    assert options("99") == []
    assert [option["code"] for option in options("99490")] == ["99490"]
    assert options("zzz") == []


def test_the_idle_session_can_be_extended(visitor: LakeshoreVisitor) -> None:
    visitor.portal.advance(14 * 60)
    assert visitor.http.get("/session/extend").status_code == 200
    visitor.portal.advance(14 * 60)
    assert visitor.http.get("/home").url.path == "/home"

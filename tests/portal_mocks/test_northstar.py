"""Northstar's own rules, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.portals.server import RunningPortal
from tests.portal_mocks.visitor import MEMBER, NorthstarVisitor, facts


@pytest.fixture
def visitor(northstar: RunningPortal) -> Any:
    visitor = NorthstarVisitor(northstar)
    with visitor.http:
        visitor.sign_in()
        visitor.prepare("MH1001", "62.50")
        yield visitor


def test_eligibility_finds_or_says_not_found(visitor: NorthstarVisitor) -> None:
    born = MEMBER.birth_date.strftime("%m%d%Y")
    ask = {"subscriber_id": MEMBER.northstar_id, "birth_date": born}
    reply = visitor.http.post("/eligibility", json=ask, headers=visitor.headers).json()
    assert (reply["found"], reply["last_name"]) == (True, MEMBER.last)
    reply = visitor.http.post("/eligibility", json={**ask, "birth_date": "01011900"}, headers=visitor.headers)
    assert reply.json() == {"found": False, "message": "Subscriber not found"}


def test_a_right_claim_validates_and_leaves_nothing(visitor: NorthstarVisitor) -> None:
    assert visitor.messages(visitor.body) == []
    assert visitor.portal.claims == []
    assert [request["stage"] for request in visitor.portal.requests] == ["sign_in"]


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("patient_control_number", "", "Patient Control Number"),
        ("patient_control_number", "A" * 21, "Patient Control Number"),
        ("claim_note", "a ~ b", "Claim Note"),
        ("claim_note", "x" * 81, "Claim Note"),
        ("place_of_service", "98", "Place of Service"),
        ("signature", "", "Signature on File"),
        ("diagnosis_1", "", "Diagnosis Code 1"),
        ("diagnosis_2", "I10.0", "Diagnosis Code 2"),
        ("diagnosis_4", "J069", "Diagnosis Code 1"),
        ("referring_npi", "1234567890", "Referring Provider NPI"),
        ("attachment_type", "OZ", "Attachment Control Number"),
        ("claim_frequency", "7", "Payer Claim Control Number"),
        ("payer_claim_control_number", "12345", "Payer Claim Control Number"),
        ("subscriber_id", "99999999", "Subscriber ID"),
        ("last_name", "Somebody", "Subscriber ID"),
        ("birth_date", "13451990", "Birth Date"),
        ("total_charge", "62.51", "Total Charge"),
        ("other_insurance", "Y", "Other Payer ID"),
        ("location", "9", "Location"),
    ],
)
def test_each_wrong_header_field_is_named(visitor: NorthstarVisitor, name: str, value: str, field: str) -> None:
    visitor.body["fields"][name] = value
    assert field in [message["field"] for message in visitor.messages(visitor.body)]


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("date_from", "10/31/2026", "Date From"),
        ("date_from", "10312099", "Date From"),
        ("date_to", "10302026", "Date To"),
        ("procedure", "994", "Procedure Code"),
        ("modifier_2", "25", "Modifier 1"),
        ("modifier_1", "2", "Modifier 1"),
        ("pointer_2", "3", "Diagnosis Pointer 2"),
        ("pointer_1", "", "Diagnosis Pointer 1"),
        ("charge", "$62.50", "Line Item Charge"),
        ("charge", "0", "Line Item Charge"),
        ("units", "1.5", "Service Unit Count"),
        ("rendering_npi", "1990000111", "Rendering Provider NPI"),
        ("procedure", "99600", "Line Description"),
    ],
)
def test_each_wrong_line_field_is_named(visitor: NorthstarVisitor, name: str, value: str, field: str) -> None:
    visitor.body["lines"][0][name] = value
    messages = visitor.messages(visitor.body)
    assert field in [message["field"] for message in messages]
    assert {message["screen"] for message in messages} <= {"Services, line 1", "Services"}


def test_a_claim_without_lines_or_with_too_many_is_refused(visitor: NorthstarVisitor) -> None:
    line = visitor.body["lines"][0]
    visitor.body["lines"] = []
    assert "Save at least one service line." in visitor.messages(visitor.body)[0]["message"]
    visitor.body["lines"] = [line] * 51
    assert "Saved lines" in [message["field"] for message in visitor.messages(visitor.body)]


def test_sending_a_wrong_claim_is_rejected_with_reasons(visitor: NorthstarVisitor) -> None:
    visitor.body["fields"]["diagnosis_1"] = ""
    page = visitor.send().text
    assert facts(page) == {"Claim Status": "Rejected"}
    assert "Diagnosis Code 1" in page
    assert visitor.portal.claims == []


def test_an_exact_duplicate_is_rejected(visitor: NorthstarVisitor) -> None:
    number = facts(visitor.send().text)["Claim Control Number"]
    page = visitor.submit("OTHER77").text
    assert f"18 - Exact duplicate of claim {number}" in page
    assert len(visitor.portal.claims) == 1


def test_a_replacement_settles_the_original(visitor: NorthstarVisitor) -> None:
    number = facts(visitor.send().text)["Claim Control Number"]
    assert len(number) == 17
    visitor.body["fields"] |= {"claim_frequency": "7", "payer_claim_control_number": number}
    assert facts(visitor.send().text)["Claim Status"] == "Accepted"
    assert [claim["status"] for claim in visitor.portal.claims] == ["Replaced", "In process"]
    assert visitor.portal.claims[1]["original_control_number"] == number


def test_an_instant_denial_has_a_number_and_is_stored(visitor: NorthstarVisitor) -> None:
    visitor.body["lines"][0] |= {"procedure": "99499", "description": "Long visit"}
    shown = facts(visitor.send().text)
    assert shown["Claim Status"] == "Denied"
    assert visitor.portal.claims[0]["status"] == "Denied"
    assert visitor.portal.claims[0]["control_number"] == shown["Claim Control Number"]


def test_attachment_numbers_and_other_insurance_are_stored(visitor: NorthstarVisitor) -> None:
    visitor.body["fields"] |= {
        "attachment_control_number": "ACN7",
        "attachment_type": "OZ",
        "other_insurance": "Y",
        "other_payer_id": "P1",
        "other_payer_name": "First Mutual",
        "filing_indicator": "CI",
        "payer_paid": "10.00",
        "adjustment": "5.00",
    }
    assert facts(visitor.send().text)["Claim Status"] == "Accepted"
    claim = visitor.portal.claims[0]
    assert claim["attachments"] == [
        {"control_number": "ACN7", "type": "OZ", "method": "Fax", "file_name": "", "size": 0, "sha256": ""}
    ]
    assert claim["payer_paid"] == "10.00"
    assert "Attachment Control Number" in [message["field"] for message in visitor.messages(visitor.body)]


def test_a_lost_session_answers_the_script_with_401(visitor: NorthstarVisitor) -> None:
    visitor.portal.advance(16 * 60)
    reply = visitor.http.post("/claims", json=visitor.body, headers=visitor.headers)
    assert reply.status_code == 401
    assert "Your session has ended" in reply.text
    assert visitor.portal.requests[-1]["account"] == "MH1001"
    assert visitor.portal.claims == []

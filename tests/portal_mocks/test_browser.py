"""Both portals with a browser, as a person would use them, and what their scripts do wrong on demand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fixtures.people import PRACTICE
from fixtures.portals.server import RunningPortal
from tests.portal_mocks.visitor import MEMBER, RENDERING, code_for


def sign_in(page: Page, portal: RunningPortal) -> None:
    user = portal.users[0]
    page.goto(portal.url)
    page.get_by_label("User name", exact=True).fill(user.username)
    page.get_by_label("Password", exact=True).fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    if user.totp_secret:
        page.get_by_label("Verification code", exact=True).fill(code_for(user.totp_secret))
        page.get_by_role("button", name="Verify").click()
        page.get_by_label("I have read this bulletin").check()
        page.get_by_role("button", name="Continue").click()


def to_claim_information(page: Page, portal: RunningPortal) -> None:
    sign_in(page, portal)
    page.get_by_role("button", name="Submit DDE Claims").click()
    page.get_by_role("link", name="Professional (837P)").click()
    expect(page.get_by_label("NPI", exact=True)).to_have_value(PRACTICE.npi)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Subscriber ID", exact=True).fill(MEMBER.northstar_id)
    page.get_by_label("Birth Date", exact=True).fill(MEMBER.birth_date.strftime("%m%d%Y"))
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_label("Last Name", exact=True)).to_have_value(MEMBER.last)
    page.get_by_role("button", name="Continue").click()


def fill_northstar(page: Page, portal: RunningPortal) -> None:
    to_claim_information(page, portal)
    claim = page.get_by_role("region", name="Claim Information")
    claim.get_by_label("Place of Service", exact=True).select_option(label="11 - Office")
    claim.get_by_label("Patient Control Number", exact=True).fill("MH1001ABCDEF")
    claim.get_by_label("Signature on File", exact=True).select_option(label="Yes")
    claim.get_by_label("Diagnosis Code 1", exact=True).fill("E119")
    page.get_by_role("button", name="Continue").click()
    save_line(page, "62.50")


def save_line(page: Page, charge: str) -> None:
    line = page.get_by_role("group", name="Service line")
    line.get_by_label("Date From", exact=True).fill("10312026")
    line.get_by_label("Date To", exact=True).fill("10312026")
    line.get_by_label("Procedure Code", exact=True).fill("99490")
    line.get_by_label("Line Item Charge", exact=True).fill(charge)
    line.get_by_label("Service Unit Count", exact=True).fill("1")
    line.get_by_label("Diagnosis Pointer 1", exact=True).select_option("1")
    line.get_by_role("button", name="Save Line").click()


def fact(page: Page, term: str) -> str:
    return page.locator("dl div").filter(has=page.get_by_text(term, exact=True)).locator("dd").inner_text()


def test_a_claim_at_northstar_end_to_end(page: Page, northstar: RunningPortal) -> None:
    fill_northstar(page, northstar)
    submit = page.get_by_role("button", name="Submit", exact=True)
    expect(submit).to_be_disabled()
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_text("No errors found. You may submit.")).to_be_visible()
    page.get_by_label("Line Description").fill("typed, not saved")
    expect(submit).to_be_disabled()
    page.get_by_role("button", name="Validate").click()
    submit.click()
    page.wait_for_url("**/claims/response/**")
    (claim,) = northstar.claims
    assert fact(page, "Claim Status") == "Accepted"
    assert fact(page, "Claim Control Number") == claim["control_number"]
    assert fact(page, "Total Charge") == "$62.50"
    assert claim["account"] == "MH1001ABCDEF"
    assert claim["taxonomy"] == PRACTICE.taxonomy
    lines = claim["lines"]
    assert isinstance(lines, list)
    assert lines[0]["description"] == ""


def test_northstar_lists_what_is_wrong(page: Page, northstar: RunningPortal) -> None:
    to_claim_information(page, northstar)
    page.get_by_role("radio", name="Yes").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Coordination of Benefits")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Validate").click()
    messages = page.get_by_role("table", name="Validation messages")
    expect(messages.get_by_role("cell", name="Saved lines")).to_be_visible()
    expect(page.get_by_role("button", name="Submit", exact=True)).to_be_disabled()


def test_northstar_lines_are_edited_and_removed(page: Page, northstar: RunningPortal) -> None:
    fill_northstar(page, northstar)
    save_line(page, "10.00")
    saved = page.get_by_role("table", name="Saved lines")
    expect(page.get_by_text("$72.50")).to_be_visible()
    saved.get_by_role("button", name="Edit").nth(1).click()
    page.get_by_label("Line Item Charge").fill("20.00")
    page.get_by_role("button", name="Save Line").click()
    expect(page.get_by_text("$82.50")).to_be_visible()
    saved.get_by_role("button", name="Remove").first.click()
    expect(page.get_by_text("$20.00")).to_be_visible()


def test_northstar_offers_to_try_again_when_the_line_drops(page: Page, northstar: RunningPortal) -> None:
    fill_northstar(page, northstar)
    page.get_by_role("button", name="Validate").click()
    northstar.inject("drop_before_accept", times=None)
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_text("We could not reach the server. Please try again.")).to_be_visible()
    expect(page.get_by_role("button", name="Submit", exact=True)).to_be_enabled()
    assert northstar.claims == []


@pytest.mark.parametrize(
    ("fault", "words"), [("maintenance", "Scheduled maintenance"), ("bad_gateway_after", "502 Bad Gateway")]
)
def test_northstar_shows_pages_that_come_instead(
    page: Page, northstar: RunningPortal, fault: str, words: str
) -> None:
    fill_northstar(page, northstar)
    page.get_by_role("button", name="Validate").click()
    northstar.inject(fault, where="submit")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("heading", name=words)).to_be_visible()


def test_northstar_goes_to_the_login_when_the_session_is_lost(page: Page, northstar: RunningPortal) -> None:
    fill_northstar(page, northstar)
    northstar.inject("session_lost", where="form")
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_text("Your session has ended. Please sign in again.")).to_be_visible()


def fill_lakeshore(page: Page, portal: RunningPortal, file: Path) -> None:
    sign_in(page, portal)
    page.get_by_role("link", name="Submit Claim Professional").click()
    page.get_by_label("Provider NPI", exact=True).select_option(label=f"{PRACTICE.npi} - {PRACTICE.name}")
    page.get_by_label("Claim type", exact=True).select_option(label="Professional")
    page.get_by_role("button", name="Proceed to Step 1").click()
    page.get_by_label("Member ID", exact=True).fill(MEMBER.lakeshore_id)
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_label("Member Name", exact=True)).to_have_value(f"{MEMBER.last}, {MEMBER.first}")
    page.get_by_label("Patient account no.", exact=True).fill("MH1001ABCDEF")
    page.get_by_label("Service from", exact=True).fill("10/31/2026")
    page.get_by_label("Service to", exact=True).fill("10/31/2026")
    page.get_by_label("Place of service", exact=True).select_option(label="12 - Home")
    page.get_by_label("Patient signature on file", exact=True).select_option(label="Yes")
    page.get_by_label("Release of information", exact=True).select_option(label="Yes")
    page.get_by_label("Assignment of benefits", exact=True).select_option(label="Yes")
    page.get_by_label("Accept assignment", exact=True).select_option(label="Assigned")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Diagnosis code", exact=True).fill("E11.9")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("table", name="Diagnoses").get_by_role("cell", name="E119")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("From", exact=True).fill("10/31/2026")
    page.get_by_label("To", exact=True).fill("10/31/2026")
    page.get_by_label("Place of service", exact=True).select_option(label="12 - Home")
    page.get_by_label("Procedure", exact=True).fill("99600")
    page.get_by_role("option", name="99600").click()
    page.get_by_label("Diagnosis pointer 1", exact=True).select_option("1")
    page.get_by_label("Units", exact=True).fill("1")
    page.get_by_label("Charge", exact=True).fill("140.00")
    page.get_by_label("Rendering NPI", exact=True).fill(RENDERING)
    page.get_by_label("Line description", exact=True).fill("Wound care at home, left heel")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Type code", exact=True).select_option(label="OZ - Support data")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Attachment control number", exact=True).fill("ACN0001")
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("link", name="Continue to review").click()


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "letter.pdf"
    file.write_bytes(b"%PDF-1.7 cover letter")
    return file


def test_a_claim_at_lakeshore_end_to_end(page: Page, lakeshore: RunningPortal, letter: Path) -> None:
    fill_lakeshore(page, lakeshore, letter)
    assert fact(page, "Patient account no.") == "MH1001ABCDEF"
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Claim received")).to_be_visible()
    (claim,) = lakeshore.claims
    assert fact(page, "Claim ID") == claim["control_number"]
    assert fact(page, "Total charge") == "$140.00"
    assert claim["prior_authorisation"] == ""
    attachments = claim["attachments"]
    assert isinstance(attachments, list)
    assert [(item["file_name"], item["size"]) for item in attachments] == [("letter.pdf", 21)]
    assert [request["stage"] for request in lakeshore.requests] == ["sign_in", "upload", "submit"]


def test_lakeshore_warns_of_duplicates_and_shows_refusals(
    page: Page, lakeshore: RunningPortal, letter: Path
) -> None:
    fill_lakeshore(page, lakeshore, letter)
    lakeshore.inject("duplicate_warning")
    lakeshore.inject("reject")
    page.get_by_role("button", name="Submit", exact=True).click()
    dialog = page.get_by_role("dialog", name="Possible duplicate")
    expect(dialog).to_contain_text(re.compile(r"already on file: ICN \d{13}"))
    dialog.get_by_role("button", name="Submit anyway").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("Please correct the following:")
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Claim received")).to_be_visible()
    assert len(lakeshore.claims) == 1


def test_lakeshore_counts_down_before_the_session_ends(page: Page, lakeshore: RunningPortal) -> None:
    page.clock.install()
    sign_in(page, lakeshore)
    page.clock.fast_forward(14 * 60 * 1000 + 5000)
    dialog = page.get_by_role("dialog", name="Are you still there?")
    expect(dialog).to_contain_text("You will be signed out in")
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_be_hidden()
    page.clock.fast_forward(15 * 60 * 1000 + 5000)
    expect(page.get_by_text("Your session has ended. Please sign in again.")).to_be_visible()


def test_northstar_scripts_misbehave_on_demand(page: Page, northstar: RunningPortal) -> None:
    for fault in ("survey", "truncate_field", "late_modal", "bulletin"):
        northstar.inject(fault)
    sign_in(page, northstar)
    page.goto(f"{northstar.url}/claims/new")
    page.get_by_label("I have read this bulletin").check()
    page.get_by_role("dialog", name="Provider bulletin").get_by_role("button", name="Continue").click()
    page.get_by_role("dialog", name="New: paperless remittances").get_by_role("button", name="Close").click()
    page.get_by_role("dialog", name="How are we doing?").get_by_role("button", name="No thanks").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    account = page.get_by_label("Patient Control Number")
    account.evaluate("field => { field.value = 'MH1001ABCDEF'; field.dispatchEvent(new Event('input')); }")
    expect(account).to_have_value("MH1001AB")


def test_lakeshore_scripts_misbehave_on_demand(page: Page, lakeshore: RunningPortal) -> None:
    page.clock.install()
    for fault in ("survey", "form_reset"):
        lakeshore.inject(fault)
    sign_in(page, lakeshore)
    page.goto(f"{lakeshore.url}/claims/wizard")
    page.get_by_label("Provider NPI").select_option(PRACTICE.npi)
    page.get_by_label("Claim type").select_option("professional")
    page.get_by_role("button", name="Proceed to Step 1").click()
    page.get_by_role("button", name="No thanks").click()
    account = page.get_by_label("Patient account no.")
    account.fill("MH1001")
    page.clock.fast_forward(350)
    expect(account).to_have_value("")
    account.fill("MH1001")
    page.clock.fast_forward(350)
    expect(account).to_have_value("MH1001")

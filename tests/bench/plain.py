"""What one would write without payerbot: fill, press, believe. It checks nothing and keeps nothing."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Page, sync_playwright

from bot.claims.model import Claim
from bot.portal.convert import mdy, mmddccyy, money, whole
from bot.portal.session import STEP


def submit(slug: str, url: str, user: dict[str, str], claims: Sequence[Claim], browser: Path) -> None:
    """Sign in once and enter the claims one after the other."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, chromium_sandbox=False)
        page = chromium.new_page()
        page.goto(url)
        page.get_by_label("User name").fill(user["username"])
        page.get_by_label("Password").fill(user["password"])
        page.get_by_role("button", name="Sign in").click()
        if user["totp_secret"]:
            page.get_by_label("Verification code").fill(_code(user["totp_secret"]))
            page.get_by_role("button", name="Verify").click()
            page.get_by_label("I have read this bulletin").check()
            page.get_by_role("button", name="Continue").click()
        page.get_by_role("link", name="Home", exact=True).wait_for()
        for claim in claims:
            {"northstar": _northstar, "lakeshore": _lakeshore}[slug](page, url, claim)
        chromium.close()


def _code(secret: str) -> str:
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return TOTP(key, 6, SHA1(), STEP, enforce_key_length=False).generate(int(time.time())).decode()


def _northstar(page: Page, url: str, claim: Claim) -> None:
    page.goto(f"{url}/claims/new")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Subscriber ID").fill(claim.subscriber.member_id)
    page.get_by_label("Birth Date").fill(mmddccyy(claim.subscriber.birth_date))
    page.get_by_role("button", name="Search").click()
    page.get_by_text("Subscriber found").wait_for()
    page.get_by_role("button", name="Continue").click()
    screen = page.get_by_role("region", name="Claim Information")
    screen.get_by_label("Place of Service").select_option(claim.place_of_service)
    screen.get_by_label("Patient Control Number").fill(claim.account)
    screen.get_by_label("Signature on File").select_option(claim.signature_on_file)
    for number, code in enumerate(claim.diagnoses, start=1):
        screen.get_by_label(f"Diagnosis Code {number}", exact=True).fill(code)
    page.get_by_role("button", name="Continue").click()
    screen = page.get_by_role("region", name="Services")
    for line in claim.lines:
        screen.get_by_label("Date From").fill(mmddccyy(line.service_from))
        screen.get_by_label("Date To").fill(mmddccyy(line.service_to))
        screen.get_by_label("Procedure Code").fill(line.code)
        screen.get_by_label("Line Item Charge").fill(money(line.charge))
        screen.get_by_label("Service Unit Count").fill(whole(line.units))
        screen.get_by_label("Rendering Provider NPI").fill(claim.rendering_of(line).npi)
        for number, pointer in enumerate(line.pointers, start=1):
            screen.get_by_label(f"Diagnosis Pointer {number}").select_option(str(pointer))
        screen.get_by_role("button", name="Save Line").click()
    page.get_by_role("button", name="Validate").click()
    page.get_by_text("No errors found").wait_for()
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_role("heading", name="Claim Response").wait_for()


def _lakeshore(page: Page, url: str, claim: Claim) -> None:
    page.goto(f"{url}/claims/wizard")
    page.get_by_label("Provider NPI").select_option(claim.billing.npi)
    page.get_by_label("Claim type").select_option("professional")
    page.get_by_role("button", name="Proceed to Step 1").click()
    page.get_by_label("Member ID").fill(claim.subscriber.member_id)
    page.get_by_role("button", name="Look up").click()
    page.wait_for_function("document.getElementById('member_name').value")
    page.get_by_label("Patient account no.").fill(claim.account)
    page.get_by_label("Service from").fill(mdy(claim.service_from))
    page.get_by_label("Service to").fill(mdy(claim.service_to))
    page.get_by_label("Place of service").select_option(claim.place_of_service)
    page.get_by_label("Patient signature on file").select_option("Y")
    page.get_by_label("Release of information").select_option("Y")
    page.get_by_label("Assignment of benefits").select_option("Y")
    page.get_by_label("Accept assignment").select_option("A")
    page.get_by_role("button", name="Continue", exact=True).click()
    for code in claim.diagnoses:
        page.get_by_label("Diagnosis code").fill(code)
        page.get_by_role("button", name="Add").click()
        page.get_by_role("cell", name=code, exact=True).wait_for()
    page.get_by_role("button", name="Continue", exact=True).click()
    for line in claim.lines:
        page.get_by_label("From", exact=True).fill(mdy(line.service_from))
        page.get_by_label("To", exact=True).fill(mdy(line.service_to))
        page.get_by_label("Place of service").select_option(claim.place_of(line))
        page.get_by_label("Procedure", exact=True).press_sequentially(line.code)
        page.get_by_role("option", name=re.compile(line.code)).click()
        for number, pointer in enumerate(line.pointers, start=1):
            page.get_by_label(f"Diagnosis pointer {number}").select_option(str(pointer))
        page.get_by_label("Units", exact=True).fill(whole(line.units))
        page.get_by_label("Charge", exact=True).fill(money(line.charge))
        page.get_by_label("Rendering NPI").fill(claim.rendering_of(line).npi)
        page.get_by_label("Line description").fill(line.description)
        page.get_by_role("button", name="Add").click()
        page.get_by_role("cell", name=line.code, exact=True).wait_for()
    page.get_by_role("button", name="Continue", exact=True).click()
    page.get_by_role("link", name="Continue to review").click()
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Claim received").wait_for()

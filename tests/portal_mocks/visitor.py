"""A visitor without a browser: the same requests that the portals' pages make."""

from __future__ import annotations

import base64
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from html import unescape
from typing import Any

import httpx
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from fixtures.people import MEMBERS, PRACTICE, PRACTITIONERS
from fixtures.portals.server import RunningPortal

MEMBER = MEMBERS[3]
RENDERING = PRACTITIONERS[0].npi


def code_for(secret: str, steps: int = 0) -> str:
    """The one-time code of now, or of some steps from now."""
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30, enforce_key_length=False)
    return totp.generate(int(time.time()) + 30 * steps).decode()


def facts(page: str) -> dict[str, str]:
    """The definition list of a page."""
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", page, re.S)
    return {unescape(term): unescape(value) for term, value in pairs}


def number(claim: Mapping[str, object]) -> object:
    """What the page after a submission calls a stored claim by."""
    return claim["tracking_number"] or claim["control_number"]


class Visitor(ABC):
    """A signed-in session over HTTP."""

    search_dates: tuple[str, str]
    member_id: str
    receipt_number: str

    def __init__(self, portal: RunningPortal) -> None:
        self.portal = portal
        self.http = httpx.Client(base_url=portal.url, follow_redirects=True, timeout=20)

    def token(self, page: str) -> str:
        found = re.search(r'name="csrf[_-]token" (?:value|content)="([^"]+)"', page)
        assert found, "a page without a CSRF token"
        return found[1]

    def post(self, path: str, form: Mapping[str, str], page: str, **more: Any) -> httpx.Response:
        return self.http.post(path, data={**form, "csrf_token": self.token(page)}, **more)

    def password(self, user: int = 0, wrong: bool = False) -> httpx.Response:
        who = self.portal.users[user]
        form = {"username": who.username, "password": "wrong" if wrong else who.password}
        return self.post("/login", form, self.http.get("/login").text)

    def search(self, account: str = "") -> httpx.Response:
        form = {
            "member_id": self.member_id,
            "service_from": self.search_dates[0],
            "service_to": self.search_dates[1],
            "account": account,
        }
        page = self.http.get("/claims/search")
        return self.post("/claims/search", form, page.text) if "csrf" in page.text else page

    @abstractmethod
    def sign_in(self) -> None: ...

    @abstractmethod
    def prepare(self, account: str, charge: str) -> None: ...

    @abstractmethod
    def send(self) -> httpx.Response:
        """Send what was prepared and follow to the page a person would see."""

    def submit(self, account: str = "MH1001ABCDEF", charge: str = "62.50") -> httpx.Response:
        self.prepare(account, charge)
        return self.send()


class NorthstarVisitor(Visitor):
    """Speaks for Northstar's script."""

    search_dates = ("10012026", "10312026")
    member_id = MEMBER.northstar_id
    receipt_number = "Claim Control Number"

    def sign_in(self) -> None:
        assert "Welcome" in self.password().text

    def claim(self, account: str, charge: str) -> dict[str, Any]:
        return {
            "fields": {
                "location": "1",
                "subscriber_id": MEMBER.northstar_id,
                "birth_date": MEMBER.birth_date.strftime("%m%d%Y"),
                "last_name": MEMBER.last,
                "first_name": MEMBER.first,
                "claim_frequency": "1",
                "place_of_service": "11",
                "patient_control_number": account,
                "assignment": "A",
                "benefits_assignment": "Y",
                "release": "Y",
                "signature": "Y",
                "diagnosis_1": "E119",
                "diagnosis_2": "I10",
                "other_insurance": "N",
                "total_charge": charge,
            },
            "lines": [
                {
                    "date_from": "10312026",
                    "date_to": "10312026",
                    "procedure": "99490",
                    "pointer_1": "1",
                    "pointer_2": "2",
                    "charge": charge,
                    "units": "1",
                    "rendering_npi": RENDERING,
                }
            ],
        }

    def prepare(self, account: str, charge: str) -> None:
        page = self.http.get("/claims/new").text
        self.headers = {"X-CSRF-Token": self.token(page)}
        self.body = self.claim(account, charge)

    def messages(self, body: dict[str, Any]) -> list[dict[str, str]]:
        reply = self.http.post("/claims/validate", json=body, headers=self.headers)
        found: list[dict[str, str]] = reply.json()["messages"]
        return found

    def send(self) -> httpx.Response:
        reply = self.http.post("/claims", json=self.body, headers=self.headers)
        if "json" not in reply.headers["content-type"]:
            return reply
        return self.http.get(reply.json()["location"])


class CodeVisitor(Visitor):
    """Gives a code at sign-in, and reads a bulletin."""

    def sign_in(self) -> None:
        self.pass_code()
        page = self.http.get("/home")
        while "/bulletin" in str(page.url):
            page = self.post("/bulletin", {"read": "on"}, page.text)

    def pass_code(self, steps: int = 0) -> httpx.Response:
        secret = self.portal.users[0].totp_secret
        assert secret
        return self.post("/login/code", {"code": code_for(secret, steps)}, self.password().text)


class LakeshoreVisitor(CodeVisitor):
    """Walks through Lakeshore's wizard."""

    search_dates = ("10/01/2026", "10/31/2026")
    member_id = MEMBER.lakeshore_id
    receipt_number = "Claim ID"

    def step(self, path: str, form: Mapping[str, str], **more: Any) -> httpx.Response:
        return self.post(f"/claims/wizard{path}", form, self.page, **more)

    def start(self) -> httpx.Response:
        self.page = self.http.get("/claims/wizard").text
        return self.step("", {"provider_npi": PRACTICE.npi, "claim_kind": "professional"})

    def details(self, account: str) -> dict[str, str]:
        return {
            "member_id": MEMBER.lakeshore_id,
            "account": account,
            "service_from": "10/31/2026",
            "service_to": "10/31/2026",
            "place_of_service": "11",
            "frequency": "1",
            "signature": "Y",
            "release": "Y",
            "benefits_assignment": "Y",
            "accept_assignment": "A",
            "accident": "N",
        }

    def line(self, charge: str) -> dict[str, str]:
        return {
            "date_from": "10/31/2026",
            "date_to": "10/31/2026",
            "place_of_service": "11",
            "procedure": "99490",
            "pointer_1": "1",
            "units": "1",
            "unit_type": "UN",
            "charge": charge,
            "rendering_npi": RENDERING,
        }

    def prepare(self, account: str, charge: str) -> None:
        self.start()
        self.step("/member", self.details(account))
        self.step("/claim", self.details(account))
        self.step("/diagnoses/add", {"diagnosis_type": "ABK", "diagnosis": "e11.9"})
        self.step("/diagnoses", {})
        self.step("/lines/add", self.line(charge))
        self.step("/lines", {})

    def upload(
        self, number: str = "ACN001", name: str = "letter.pdf", content: bytes = b"%PDF-1.7"
    ) -> httpx.Response:
        return self.step(
            "/attachments",
            {"method": "Upload", "type_code": "OZ", "attachment_control_number": number},
            files={"file": (name, content)},
        )

    def send(self) -> httpx.Response:
        review = self.http.get("/claims/wizard/review").text
        found = re.search(r'name="submit_token" value="([^"]+)"', review)
        self.submit_token = found[1] if found else ""
        return self.step("/confirm", {"submit_token": self.submit_token})


class SummitVisitor(CodeVisitor):
    """Walks through Summit's pages."""

    search_dates = ("10/01/2026", "10/31/2026")
    member_id = MEMBER.summit_id
    receipt_number = "Transaction ID"

    def step(self, path: str, form: Mapping[str, str]) -> httpx.Response:
        return self.post(f"/claims/entry{path}", form, self.page)

    def start(self) -> httpx.Response:
        self.page = self.http.get("/claims/entry", params={"q": PRACTICE.npi}).text
        self.step("", {})
        self.step("/primary", {"primary": "Y"})
        return self.http.get("/claims/entry/header")

    def beneficiary(self) -> dict[str, str]:
        return {
            "medicare_number": MEMBER.summit_id,
            "last_name": MEMBER.last,
            "first_name": MEMBER.first,
            "birth_date": MEMBER.birth_date.strftime("%m/%d/%Y"),
            "sex": MEMBER.sex,
        }

    def header(self, account: str) -> dict[str, str]:
        return {
            "account": account,
            "frequency": "1",
            "place_of_service": "11",
            "accept_assignment": "A",
            "signature": "Y",
            "release": "Y",
            "benefits_assignment": "Y",
            "diagnosis_1": "E119",
            "diagnosis_2": "I10",
        }

    def line(self, charge: str) -> dict[str, str]:
        return {
            "date_from": "10/31/2026",
            "date_to": "10/31/2026",
            "procedure": "99490",
            "pointer_1": "1",
            "charge": charge,
            "units": "1",
            "rendering_npi": RENDERING,
        }

    def prepare(self, account: str, charge: str) -> None:
        self.start()
        self.step("/beneficiary", self.beneficiary())
        self.step("/header", self.header(account))
        self.step("/lines/add", self.line(charge))
        self.step("/lines", {})

    def send(self) -> httpx.Response:
        review = self.http.get("/claims/entry/review").text
        found = re.search(r'name="submit_token" value="([^"]+)"', review)
        self.submit_token = found[1] if found else ""
        return self.step("/submit", {"submit_token": self.submit_token})

    def message(self, shown: Mapping[str, str]) -> httpx.Response:
        """The message about the form that a page named."""
        return self.http.get(f"/messages/{shown['Transaction ID']}")


class HudsonVisitor(Visitor):
    """Walks through Hudson's tabs; as a rule for an answer at once."""

    search_dates = ("10/01/2026", "10/31/2026")
    member_id = MEMBER.hudson_id
    receipt_number = "TCN"
    kind = "real_time"

    def sign_in(self) -> None:
        assert "Good to know" in self.password().text

    def step(self, path: str, form: Mapping[str, str]) -> httpx.Response:
        return self.post(path, form, self.page)

    def start(self) -> httpx.Response:
        opened = self.http.get("/claims/start")
        self.page = opened.text
        return opened

    def first(self, account: str) -> dict[str, str]:
        return {"client_id": MEMBER.hudson_id, "account": account, "reason": "1", "kind": self.kind}

    def line(self, charge: str, row: int = 1) -> dict[str, str]:
        typed = {
            "date_from": "10/31/2026",
            "procedure": "99490",
            "pointer_1": "1",
            "units": "1",
            "charge": charge,
        }
        return {f"{name}_on_{row}": value for name, value in typed.items()}

    def prepare(self, account: str, charge: str) -> None:
        self.start()
        self.step("/claims/start/client", self.first(account))
        self.step("/claims/start", self.first(account))
        info = {
            "place_of_service": "11",
            "signature": "Y",
            "benefits_assignment": "Y",
            "release": "Y",
            "accept_assignment": "A",
        }
        self.step("/claims/tab/info", info)
        self.step("/claims/tab/provider", {"rendering_npi": RENDERING})
        self.step("/claims/tab/diagnosis", {"diagnosis_1": "E119", "diagnosis_2": "I10"})
        self.lines = self.line(charge)

    def send(self) -> httpx.Response:
        return self.step("/claims/send", self.lines)


class BatchVisitor(HudsonVisitor):
    """The same for claims that go in batches."""

    kind = "batch"

    def save(self, account: str, charge: str) -> httpx.Response:
        self.prepare(account, charge)
        return self.step("/claims/finish", self.lines)

    def build(self, *accounts: str) -> httpx.Response:
        page = self.http.get("/batches/new").text
        boxes = re.findall(r'name="(claim_\d+)"> (\S+)</label>', page)
        return self.post("/batches", {box: "on" for box, account in boxes if account in accounts}, page)

    def submit_batch(self, confirm: httpx.Response) -> httpx.Response:
        return self.post(f"{confirm.url.path}/submit", {}, confirm.text)

"""Every fault on every portal, judged over HTTP: what the page shows, and what the payer kept."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from fixtures.portals import submission
from fixtures.portals.faults import Fault
from fixtures.portals.server import RunningPortal, running
from tests.portal_mocks.conftest import VISITORS
from tests.portal_mocks.visitor import (
    MEMBER,
    HudsonVisitor,
    LakeshoreVisitor,
    NorthstarVisitor,
    SummitVisitor,
    Visitor,
    facts,
    number,
)

Visit = Callable[[RunningPortal], Visitor]


@pytest.mark.parametrize(
    ("fault", "kept", "status", "words"),
    [
        (Fault.REJECT, 0, 200, "Authorization is required for this procedure."),
        (Fault.PHANTOM_RECEIPT, 0, 200, "MH1001ABCDEF"),
        (Fault.BANNER_ONLY, 1, 200, "Your claim has been submitted successfully!"),
        (Fault.BANNER_NOTHING, 0, 200, "Your claim has been submitted successfully!"),
        (Fault.ALREADY_SUBMITTED, 1, 200, "This claim was already submitted"),
        (Fault.BAD_GATEWAY_BEFORE, 0, 502, "502 Bad Gateway"),
        (Fault.BAD_GATEWAY_AFTER, 1, 502, "502 Bad Gateway"),
        (Fault.GATEWAY_TIMEOUT_BEFORE, 0, 504, "504 Gateway Time-out"),
        (Fault.GATEWAY_TIMEOUT_AFTER, 1, 504, "504 Gateway Time-out"),
        (Fault.TOO_MANY_REQUESTS, 0, 429, "429 Too Many Requests"),
        (Fault.RECEIPT_CHARGE_CHANGED, 1, 200, "$72.50"),
        (Fault.STORED_CHARGE_CHANGED, 1, 200, "$62.50"),
        (Fault.STORED_VALUE_CUT, 1, 200, "MH1001ABCDEF"),
    ],
)
def test_what_the_submission_answers(
    portal: RunningPortal, visit: Visit, fault: Fault, kept: int, status: int, words: str
) -> None:
    visitor = visit(portal)
    portal.inject(fault)
    page = visitor.submit()
    assert (page.status_code, len(portal.claims)) == (status, kept)
    assert words in page.text
    assert portal.requests[-1]["stage"] == "submit"


def test_what_is_stored_differs_from_what_was_sent(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    portal.inject("stored_value_cut")
    visitor.submit("MH1001ABCDEF")
    portal.inject("stored_charge_changed")
    visitor.submit("MH1002ABCDEF", "70.00")
    assert [claim["account"] for claim in portal.claims] == ["MH1001AB", "MH1002ABCDEF"]
    assert [claim["charge"] for claim in portal.claims] == ["62.50", "80.00"]


def test_a_phantom_receipt_looks_right(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    honest = facts(visitor.submit(charge="60.00").text)
    portal.inject("phantom_receipt")
    phantom = facts(visitor.submit().text)
    assert set(phantom) == set(honest)
    assert len(phantom[visitor.receipt_number]) == len(honest[visitor.receipt_number])
    assert len(portal.claims) == 1


def test_receipts_of_others(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    first = facts(visitor.submit("FIRST01", "60.00").text)
    portal.inject("receipt_stale")
    assert facts(visitor.submit("SECOND2", "61.00").text)[visitor.receipt_number] == first[visitor.receipt_number]
    portal.inject("receipt_of_another")
    page = visitor.submit("THIRD03", "62.00").text
    stored = {number(claim) for claim in portal.claims}
    assert facts(page)[visitor.receipt_number] not in stored
    assert "THIRD03" not in page
    assert len(stored) == 3


@pytest.mark.parametrize(("fault", "kept"), [("drop_before_accept", 0), ("drop_after_accept", 1)])
def test_a_dropped_connection_gives_no_byte(portal: RunningPortal, visit: Visit, fault: str, kept: int) -> None:
    visitor = visit(portal)
    visitor.prepare("MH1", "62.50")
    portal.inject(fault)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        visitor.send()
    assert len(portal.claims) == kept
    assert portal.requests[-1]["stage"] == "submit"


def test_an_upload_can_be_dropped_too(lakeshore: RunningPortal, visit: Visit) -> None:
    visitor = visit(lakeshore)
    assert isinstance(visitor, LakeshoreVisitor)
    visitor.prepare("MH1", "62.50")
    lakeshore.inject("drop_after_accept", where="upload")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        visitor.upload("ACN1")
    assert "has been used before" in visitor.upload("ACN1").text
    lakeshore.inject("drop_before_accept", where="upload")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        visitor.upload("ACN2")
    assert "ACN2" in visitor.upload("ACN2").text


def test_slowness_stores_first(portal: RunningPortal, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "SLOW", 0.01)
    visitor = visit(portal)
    portal.inject("slow_confirmation")
    assert facts(visitor.submit().text)[visitor.receipt_number] == number(portal.claims[0])


@pytest.mark.parametrize("slug", sorted(VISITORS))
def test_a_hanging_reply_does_not_hold_the_server(slug: str) -> None:
    with running(slug) as portal:
        visitor = VISITORS[slug](portal)
        with visitor.http:
            visitor.sign_in()
            visitor.prepare("MH1", "62.50")
            portal.inject("hang")
            visitor.http.timeout = httpx.Timeout(0.3)
            with pytest.raises(httpx.ReadTimeout):
                visitor.send()
        assert len(portal.claims) == 1


def test_faults_meant_for_one_claim_leave_others_alone(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    portal.inject("reject", times=None, match="SECOND")
    for account, charge in (("FIRST", "60.00"), ("SECOND", "61.00"), ("SECOND", "61.00"), ("THIRD", "62.00")):
        visitor.submit(account, charge)
    assert [claim["account"] for claim in portal.claims] == ["FIRST", "THIRD"]
    portal.clear_faults()
    visitor.submit("SECOND", "61.00")
    assert len(portal.claims) == 3


def test_a_duplicate_that_is_none(northstar: RunningPortal, lakeshore: RunningPortal, visit: Visit) -> None:
    northstar.inject("duplicate_warning")
    assert "18 - Exact duplicate of claim " in visit(northstar).submit().text
    assert northstar.claims == []
    visitor = visit(lakeshore)
    visitor.prepare("MH1", "62.50")
    lakeshore.inject("duplicate_warning")
    assert re.fullmatch(r"\d{13}", visitor.http.get("/claims/wizard/duplicates").json()["icn"])


@pytest.mark.parametrize(("where", "kept"), [("submit", 0), ("receipt", 1)])
def test_the_session_is_lost_at_the_submission(portal: RunningPortal, visit: Visit, where: str, kept: int) -> None:
    visitor = visit(portal)
    portal.inject("session_lost", where=where)
    page = visitor.submit()
    assert "Your session has ended" in page.text
    assert len(portal.claims) == kept
    assert visitor.http.get("/home").url.path == "/login"


def test_the_session_is_lost_elsewhere(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    portal.inject("session_lost", where="search")
    assert "Your session has ended" in visitor.search().text


def test_the_session_is_lost_while_filling(
    northstar: RunningPortal, lakeshore: RunningPortal, visit: Visit
) -> None:
    northstar.inject("session_lost", where="form", match="MH1")
    script = visit(northstar)
    assert isinstance(script, NorthstarVisitor)
    script.prepare("MH1", "62.50")
    assert script.http.post("/claims/validate", json=script.body, headers=script.headers).status_code == 401
    lakeshore.inject("session_lost", where="form", match="MH1")
    visitor = visit(lakeshore)
    assert isinstance(visitor, LakeshoreVisitor)
    visitor.start()
    visitor.step("/member", visitor.details("MH1"))
    assert "Your session has ended" in visitor.step("/claim", visitor.details("MH1")).text


@pytest.mark.parametrize(
    ("fault", "heading", "form"),
    [
        ("terms", "Our terms of use have changed", {"accept": "on"}),
        ("captcha", "Security check", {"letters": ""}),
    ],
)
def test_pages_after_sign_in(northstar: RunningPortal, fault: str, heading: str, form: dict[str, str]) -> None:
    northstar.inject(fault)
    visitor = NorthstarVisitor(northstar)
    with visitor.http:
        page = visitor.password()
        assert heading in page.text
        assert visitor.http.get("/claims/new").url.path == f"/{fault}"
        page = visitor.post(f"/{fault}", {}, page.text)
        assert 'role="alert"' in page.text
        if fault == "captcha":
            form = {"letters": "".join(re.findall(r"<text [^>]*>(.)</text>", page.text))}
        assert "Welcome" in visitor.post(f"/{fault}", form, page.text).text


@pytest.mark.parametrize("fault", ["terms", "captcha"])
def test_lakeshore_shows_them_after_the_bulletin(lakeshore: RunningPortal, fault: str) -> None:
    lakeshore.inject(fault)
    visitor = LakeshoreVisitor(lakeshore)
    with visitor.http:
        visitor.sign_in()
        assert visitor.http.get("/home").url.path == f"/{fault}"


def test_a_right_password_is_refused_once(portal: RunningPortal) -> None:
    visitor = VISITORS[portal.slug](portal)
    with visitor.http:
        portal.inject("login_refused")
        assert "Invalid user name or password" in visitor.password().text
        assert "Invalid user name or password" not in visitor.password().text


def test_an_unannounced_bulletin(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    portal.inject("bulletin", where="home")
    page = visitor.http.get("/home")
    assert page.url.path == "/bulletin"
    assert visitor.post("/bulletin", {"read": "on"}, page.text).url.path == "/home"


def test_a_bulletin_in_the_middle_of_the_wizard(lakeshore: RunningPortal, visit: Visit) -> None:
    visitor = visit(lakeshore)
    assert isinstance(visitor, LakeshoreVisitor)
    lakeshore.inject("bulletin")
    visitor.start()
    visitor.step("/member", visitor.details("MH1"))
    page = visitor.step("/claim", visitor.details("MH1"))
    assert page.url.path == "/bulletin"
    assert visitor.post("/bulletin", {"read": "on"}, page.text).url.path == "/claims/wizard/diagnoses"


@pytest.mark.parametrize(("where", "path"), [("login", "/login"), ("home", "/home"), (None, "/claims/search")])
def test_maintenance_is_a_200_page(portal: RunningPortal, visit: Visit, where: str | None, path: str) -> None:
    visitor = visit(portal)
    portal.inject("maintenance", where=where)
    page = visitor.http.get(path)
    assert (page.status_code, "Scheduled maintenance" in page.text) == (200, True)


def test_maintenance_in_form_and_submission(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    portal.inject("maintenance", where="submit")
    assert "Scheduled maintenance" in visitor.submit().text
    assert portal.claims == []
    portal.inject("maintenance", where="form")
    paths = {
        "northstar": "/claims/new",
        "lakeshore": "/claims/wizard",
        "summit": "/claims/entry",
        "hudson": "/claims/start",
    }
    assert "Scheduled maintenance" in visitor.http.get(paths[portal.slug]).text


def test_what_the_search_says(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    visitor.submit()
    number = str(portal.claims[0]["control_number"])
    portal.inject("search_lag")
    assert "No claims found" in visitor.search().text
    portal.inject("search_somebody_else")
    page = visitor.search().text
    assert number not in page
    (stranger, _) = re.findall(r'href="/claims/(\d+)"', page)
    assert MEMBER.last not in facts(visitor.http.get(f"/claims/{stranger}").text)["Patient"]
    portal.inject("search_down")
    assert visitor.search().status_code == 500
    assert number in visitor.search().text


def _form(visitor: Visitor) -> str:
    if isinstance(visitor, LakeshoreVisitor | SummitVisitor | HudsonVisitor):
        return visitor.start().text
    return visitor.http.get("/claims/new").text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.RENAME_LABEL, "Account Reference"),
        (Fault.NEW_MANDATORY_FIELD, "Referral Source"),
        (Fault.PREFILLED_STRANGER, "SEEN AFTER HOURS"),
        (Fault.SURVEY, "How are we doing?"),
        (Fault.LATE_MODAL, "New: paperless remittances"),
        (Fault.TRUNCATE_FIELD, "truncate_field"),
        (Fault.SHORTER_FIELD, 'maxlength="12"'),
        (Fault.FORM_RESET, "form_reset"),
    ],
)
def test_what_the_form_does(portal: RunningPortal, visit: Visit, fault: Fault, words: str) -> None:
    visitor = visit(portal)
    honest = _form(visitor)
    portal.inject(fault)
    quirky = _form(visitor)
    assert quirky.count(words) > honest.count(words)
    assert _form(visitor).count(words) == honest.count(words)


def test_a_new_mandatory_field_is_demanded(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    portal.inject("new_mandatory_field")
    visitor.prepare("MH1", "62.50")
    visitor.send()
    assert portal.claims == []


def test_a_moved_field_still_counts(lakeshore: RunningPortal, northstar: RunningPortal, visit: Visit) -> None:
    visitor = visit(lakeshore)
    assert isinstance(visitor, LakeshoreVisitor)
    lakeshore.inject("moved_field")
    visitor.prepare("MH1", "62.50")
    visitor.step("/lines", {"prior_authorization": "PA77"})
    visitor.send()
    assert lakeshore.claims[0]["prior_authorisation"] == "PA77"
    northstar.inject("moved_field")
    page = _form(visit(northstar))
    assert page.index("Prior Authorization") > page.index('id="services"')


def test_the_sending_button_has_a_twin(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    portal.inject("double_button")
    visitor.prepare("MH1", "62.50")
    if isinstance(visitor, LakeshoreVisitor):
        assert visitor.http.get("/claims/wizard/review").text.count(">Confirm</button>") == 2
    elif isinstance(visitor, HudsonVisitor):
        assert visitor.http.get("/claims/tab/lines").text.count(">Send</button>") == 2
    elif isinstance(visitor, SummitVisitor):
        assert visitor.http.get("/claims/entry/review").text.count(">Submit</button>") == 2
    else:
        portal.inject("double_button")
        assert _form(visitor).count(">Submit</button>") == 2

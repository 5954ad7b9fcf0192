"""What every mock portal does: the door, the oracle, the search, the command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from fixtures.people import PRACTICE
from fixtures.portals.server import RunningPortal, running
from tests.portal_mocks.conftest import VISITORS
from tests.portal_mocks.visitor import Visitor, facts, number

Visit = Callable[[RunningPortal], Visitor]


@pytest.mark.parametrize("slug", sorted(VISITORS))
def test_the_command_prints_one_line_serves_and_stops(slug: str) -> None:
    command = [sys.executable, "-m", "fixtures.portals", slug, "--port", "0", "--visibility-delay", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        assert httpx.get(told["oracle"]).json() == {"requests": [], "claims": []}
        assert httpx.get(told["url"] + "/home").headers["location"] == "/login"
        assert len(told["users"]) == 2
        assert {user["npi"] for user in told["users"]} == {PRACTICE.npi}
        assert set(told["users"][0]) == {"username", "password", "totp_secret", "tin", "npi", "provider"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_a_clean_claim_is_stored_logged_and_found(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    shown = facts(visitor.submit().text)
    assert [request["stage"] for request in portal.requests] == ["sign_in", "submit"]
    assert [request["account"] for request in portal.requests] == [None, "MH1001ABCDEF"]
    (claim,) = httpx.get(portal.oracle_url).json()["claims"]
    assert claim == portal.claims[0]
    assert number(claim) == shown[visitor.receipt_number]
    assert (claim["charge"], claim["service_from"], claim["status"]) == ("62.50", "2026-10-31", "In process")
    assert claim["lines"][0]["code"] == "99490"
    found = visitor.search("MH1001ABCDEF").text
    assert claim["control_number"] in found
    detail = facts(visitor.http.get(f"/claims/{claim['control_number']}").text)
    assert (detail["Total Charge"], detail["Status"]) == ("$62.50", "In process")


def test_the_payer_can_move_a_claim_on(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    visitor.submit()
    portal.set_status(str(portal.claims[0]["control_number"]), "Paid")
    assert "<td>Paid</td>" in visitor.search().text


def test_an_empty_search_says_so_and_a_bad_one_is_refused(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    assert "No claims found" in visitor.search().text
    visitor.search_dates = ("2026-10-01", "")
    assert "Please correct the following:" in visitor.search().text


@pytest.mark.parametrize("slug", sorted(VISITORS))
def test_the_search_waits_for_the_visibility_delay(slug: str, visit: Visit) -> None:
    with running(slug, visibility_delay=600, verdict_delay=0) as portal:
        visitor = visit(portal)
        visitor.submit()
        assert "No claims found" in visitor.search().text
        portal.advance(601)
        assert str(portal.claims[0]["control_number"]) in visitor.search().text


def test_a_post_without_the_right_token_is_refused(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    reply = visitor.http.post("/claims/search", data={"csrf_token": "forged"})
    assert reply.status_code == 403
    assert "Request refused" in reply.text


def test_an_idle_session_ends(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    portal.advance(14 * 60)
    assert "/login" not in str(visitor.http.get("/home").url)
    portal.advance(15 * 60 + 1)
    page = visitor.http.get("/claims/search")
    assert "Your session has ended. Please sign in again." in page.text
    assert page.url.path == "/login"


def test_signing_out_ends_the_session(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    assert visitor.http.get("/logout").url.path == "/login"
    assert visitor.http.get("/home").url.path == "/login"


def test_three_wrong_passwords_lock_the_account(portal: RunningPortal) -> None:
    visitor = VISITORS[portal.slug](portal)
    with visitor.http:
        assert "Invalid user name or password" in visitor.password(wrong=True).text
        assert "Invalid user name or password" in visitor.password(wrong=True).text
        assert "Account locked" in visitor.password(wrong=True).text
        assert "Account locked" in visitor.password().text
        assert "Account locked" not in visitor.password(user=1).text
    assert [request["stage"] for request in portal.requests] == ["sign_in"] * 5


def test_the_cookie_is_for_http_only_and_pages_name_the_provider(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    page = visitor.http.get("/home")
    assert "HttpOnly" in page.headers["set-cookie"]
    assert f"{PRACTICE.name}, NPI {PRACTICE.npi}" in page.text
    assert portal.users[0].username in page.text


def test_the_oracle_refuses_unknown_faults_and_names_the_known(portal: RunningPortal) -> None:
    reply = httpx.put(f"{portal.oracle_url}/faults", json=[{"fault": "gremlins"}])
    assert reply.status_code == 400
    assert "hang" in reply.json()["faults"]
    assert httpx.put(f"{portal.oracle_url}/faults", json=["hang"]).status_code == 400
    assert httpx.put(f"{portal.oracle_url}/faults", json=[{"fault": "hang", "times": "x"}]).status_code == 400


def test_the_oracle_replaces_faults(portal: RunningPortal, visit: Visit) -> None:
    visitor = visit(portal)
    faults = [{"fault": "search_down", "where": None, "times": None, "match": None}]
    httpx.put(f"{portal.oracle_url}/faults", json=faults)
    assert [visitor.search().status_code for _ in range(2)] == [500, 500]
    httpx.put(f"{portal.oracle_url}/faults", json=[])
    assert visitor.search().status_code == 200


def test_the_oracle_moves_the_clock(portal: RunningPortal, visit: Visit) -> None:
    told = httpx.put(f"{portal.oracle_url}/clock", json={"now": "2026-12-01T08:00:00+00:00"}).json()
    assert told["now"].startswith("2026-12-01T08:00:0")
    told = httpx.post(f"{portal.oracle_url}/advance", json={"seconds": 3600}).json()
    assert told["now"].startswith("2026-12-01T09:00:0")
    assert httpx.put(f"{portal.oracle_url}/clock", json={}).status_code == 400
    portal.set_clock(datetime(2026, 10, 30, 9, tzinfo=UTC))
    told = httpx.post(f"{portal.oracle_url}/advance", json={"seconds": 0}).json()
    assert told["now"].startswith("2026-10-30T09:00:0")


def test_many_portals_know_nothing_of_each_other(visit: Visit) -> None:
    with running("northstar") as one, running("northstar") as other:
        visit(one).submit()
        assert (len(one.claims), len(other.claims)) == (1, 0)

"""Hudson's own rules, without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.portals.faults import Fault
from fixtures.portals.server import RunningPortal, running
from tests.portal_mocks.visitor import MEMBER, BatchVisitor, facts


@pytest.fixture
def visitor(hudson: RunningPortal) -> Iterator[BatchVisitor]:
    visitor = BatchVisitor(hudson)
    with visitor.http:
        visitor.sign_in()
        yield visitor


def stages(visitor: BatchVisitor) -> list[tuple[str | None, str | None]]:
    return [(one["stage"], one["account"]) for one in visitor.portal.requests[1:]]


def test_go_fills_in_the_client_and_next_locks_what_was_entered(visitor: BatchVisitor) -> None:
    visitor.start()
    assert "Client ID: Press Go" in visitor.step("/claims/start", visitor.first("MH1")).text
    assert f"{MEMBER.last}, {MEMBER.first}" in visitor.step("/claims/start/client", visitor.first("MH1")).text
    assert "Client not found" in visitor.step("/claims/start/client", {"client_id": "XX00000X"}).text
    visitor.prepare("MH1", "60.00")
    page = visitor.step("/claims/finish", {**visitor.lines, "account": "SLIPPED", "client_id": "XX00000X"})
    assert facts(page.text)["Patient Control Number"] == "MH1"


def test_a_saved_claim_was_not_sent(visitor: BatchVisitor) -> None:
    shown = facts(visitor.save("MH1", "60.00").text)
    assert (shown["Status"], shown["Total Charge"]) == ("Complete", "$60.00")
    assert "MH1" in visitor.http.get("/claims/saved").text
    assert visitor.portal.claims == []
    assert "No claims found" in visitor.search().text
    assert stages(visitor) == [("save", "MH1")]


def test_a_claim_with_errors_is_saved_and_cannot_be_batched(visitor: BatchVisitor) -> None:
    visitor.prepare("MH1", "60.00")
    page = visitor.step("/claims/finish", visitor.line("1,000.00")).text
    assert facts(page)["Status"] == "Errors"
    assert "Charge 1: Enter an amount" in page
    visitor.save("MH2", "60.00")
    assert "Choose at least one claim." in visitor.build("MH1").text


def test_a_batch_is_built_confirmed_and_submitted(visitor: BatchVisitor) -> None:
    for number in range(1, 4):
        visitor.save(f"MH{number}", f"6{number}.00")
    confirm = visitor.build("MH1", "MH3")
    shown = facts(confirm.text)
    assert (shown["Claims"], shown["Batch Total"]) == ("2", "$124.00")
    assert visitor.portal.claims == []
    done = facts(visitor.submit_batch(confirm).text)
    assert (done["Batch Number"], done["Claims"]) == (shown["Batch Number"], "2")
    assert [claim["account"] for claim in visitor.portal.claims] == ["MH1", "MH3"]
    assert "TCN" not in done
    assert str(visitor.portal.claims[0]["control_number"]) in visitor.search("MH1").text
    assert stages(visitor)[3:] == [("build", "MH1"), ("build", "MH3"), ("submit", "MH1"), ("submit", "MH3")]
    left = visitor.http.get("/claims/saved").text
    assert "MH2" in left
    assert "MH1" not in left


def test_a_batch_is_sent_once(visitor: BatchVisitor) -> None:
    visitor.save("MH1", "60.00")
    confirm = visitor.build("MH1")
    visitor.submit_batch(confirm)
    assert "This claim was already submitted" in visitor.submit_batch(confirm).text
    assert len(visitor.portal.claims) == 1


def test_a_batched_claim_is_deleted_after_its_batch(visitor: BatchVisitor) -> None:
    visitor.save("MH1", "60.00")
    confirm = visitor.build("MH1")
    page = visitor.http.get("/claims/saved").text
    assert "Delete batch B0000001" in page
    assert "cannot be deleted" in visitor.post("/claims/saved/1/delete", {}, page).text
    visitor.post(f"{confirm.url.path}/delete", {}, page)
    assert "Delete MH1" in visitor.http.get("/claims/saved").text
    assert "No claims to send" in visitor.post("/claims/saved/1/delete", {}, page).text


def test_a_sent_claim_is_never_deleted(visitor: BatchVisitor) -> None:
    visitor.save("MH1", "60.00")
    confirm = visitor.build("MH1")
    visitor.submit_batch(confirm)
    page = visitor.http.get("/batches/new").text
    visitor.post(f"{confirm.url.path}/delete", {}, page)
    assert "cannot be deleted" in visitor.post("/claims/saved/1/delete", {}, page).text
    assert len(visitor.portal.claims) == 1


def test_the_control_number_shows_a_day_later() -> None:
    with running("hudson") as portal:
        visitor = BatchVisitor(portal)
        with visitor.http:
            visitor.sign_in()
            visitor.save("MH1", "60.00")
            visitor.submit_batch(visitor.build("MH1"))
            assert "No claims found" in visitor.search().text
            portal.advance(24 * 3600 + 1)
            visitor.sign_in()
            assert str(portal.claims[0]["control_number"]) in visitor.search().text


def test_five_rows_and_more_up_to_fifty(visitor: BatchVisitor) -> None:
    visitor.prepare("MH1", "60.00")
    page = visitor.http.get("/claims/tab/lines").text
    assert 'aria-label="From 5"' in page
    assert 'aria-label="From 6"' not in page
    for _ in range(9):
        assert "Add More Service Lines" in page
        page = visitor.step("/claims/tab/lines/more", visitor.lines).text
    assert 'aria-label="From 50"' in page
    assert "Add More Service Lines" not in page
    rows = {name: value for row in range(1, 51) for name, value in visitor.line("1.00", row).items()}
    assert facts(visitor.step("/claims/finish", rows).text)["Total Charge"] == "$50.00"


def test_a_like_claim_is_an_error(visitor: BatchVisitor) -> None:
    visitor.save("MH1", "60.00")
    visitor.submit_batch(visitor.build("MH1"))
    number = visitor.portal.claims[0]["control_number"]
    assert f"Exact duplicate of claim {number}" in visitor.save("MH2", "60.00").text
    visitor.portal.inject("duplicate_warning")
    assert "Exact duplicate of claim" in visitor.save("MH3", "70.00").text


@pytest.mark.parametrize(
    ("fault", "kept", "words"),
    [
        (Fault.PHANTOM_RECEIPT, 0, "Batches submitted"),
        (Fault.BANNER_ONLY, 2, "submitted successfully!"),
        (Fault.BANNER_NOTHING, 0, "submitted successfully!"),
        (Fault.ALREADY_SUBMITTED, 2, "This claim was already submitted"),
        (Fault.BAD_GATEWAY_BEFORE, 0, "502 Bad Gateway"),
        (Fault.BAD_GATEWAY_AFTER, 2, "502 Bad Gateway"),
        (Fault.RECEIPT_CHARGE_CHANGED, 2, "$71.00"),
        (Fault.STORED_CHARGE_CHANGED, 2, "$61.00"),
    ],
)
def test_what_goes_wrong_with_a_batch(visitor: BatchVisitor, fault: Fault, kept: int, words: str) -> None:
    for number in (1, 2):
        visitor.save(f"MH{number}", f"6{number}.00")
    confirm = visitor.build("MH1", "MH2")
    visitor.portal.inject(fault)
    assert words in visitor.submit_batch(confirm).text
    assert len(visitor.portal.claims) == kept


def test_the_page_after_a_batch_shows_another(visitor: BatchVisitor) -> None:
    visitor.save("MH1", "61.00")
    visitor.submit_batch(visitor.build("MH1"))
    visitor.save("MH2", "62.00")
    visitor.portal.inject("receipt_stale")
    assert "MH1" in visitor.submit_batch(visitor.build("MH2")).text
    visitor.save("MH3", "63.00")
    visitor.portal.inject("receipt_of_another")
    assert "MH3" not in visitor.submit_batch(visitor.build("MH3")).text
    assert len(visitor.portal.claims) == 3


@pytest.mark.parametrize("stage", ["save", "build"])
def test_a_draft_can_be_lost_on_the_way(visitor: BatchVisitor, stage: str) -> None:
    visitor.portal.inject("bad_gateway_after", where=stage)
    if stage == "save":
        assert visitor.save("MH1", "61.00").status_code == 502
    else:
        visitor.save("MH1", "61.00")
        assert visitor.build("MH1").status_code == 502
    left = visitor.http.get("/claims/saved").text
    assert ("Complete" if stage == "save" else "Batched") in left
    assert visitor.portal.claims == []


def test_the_submit_button_has_a_twin(visitor: BatchVisitor) -> None:
    visitor.portal.inject("double_button")
    visitor.save("MH1", "61.00")
    assert visitor.build("MH1").text.count(">Submit Batch</button>") == 2


def test_a_moved_field_still_counts(visitor: BatchVisitor) -> None:
    visitor.portal.inject("moved_field")
    visitor.prepare("MH1", "61.00")
    visitor.lines["prior_authorization"] = "PA77"
    shown = facts(visitor.step("/claims/finish", visitor.lines).text)
    assert shown["Prior Authorization"] == "PA77"


def test_the_tabs_pause_for_a_bulletin(visitor: BatchVisitor) -> None:
    visitor.portal.inject("bulletin")
    visitor.start()
    visitor.step("/claims/start/client", visitor.first("MH1"))
    visitor.step("/claims/start", visitor.first("MH1"))
    page = visitor.step("/claims/tab/info", {})
    assert page.url.path == "/bulletin"
    assert visitor.post("/bulletin", {"read": "on"}, page.text).url.path == "/claims/tab/provider"

"""openIMIS does what the tests of the bot rely on, and the bed gives and takes it as it says."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Page, expect

from fixtures.wire import Wire
from tests.conftest import Loop
from tests.real.openimis import plain
from tests.real.openimis.bed import Bed
from tests.real.openimis.catalogue import (
    CLERK,
    CLERK_2,
    LAPSED,
    OUT_OF_SIGHT,
    PARTLY_COVERED,
    UNCOVERED,
    Insuree,
)
from tests.real.openimis.install import ROOT, kept
from tests.real.openimis.oracle import Outcome, Status, StoredService
from tests.real.openimis.plain import Entry, Line

pytestmark = pytest.mark.real

_DAY = date(2026, 6, 30)
_SECONDS = 180
_MANAGEMENT = Line("99490", 1, Decimal("62.00"))


def entry(code: str, insuree: Insuree, *lines: Line) -> Entry:
    return Entry(code, insuree.number, _DAY, ("E119", "I10"), lines or (_MANAGEMENT,))


def enter(loop: Loop, window: Page, bed: Bed, claim: Entry) -> plain.Row:
    return loop.run(plain.enter(window, bed.url, CLERK, claim), _SECONDS)


def test_a_claim_arrives_once_and_as_entered(
    loop: Loop, bed: Bed, window: Page, code: str, insuree: Insuree
) -> None:
    more = Line("99439", 2, Decimal("45.50"), "two further periods")
    row = enter(loop, window, bed, entry(code, insuree, _MANAGEMENT, more))
    (stored,) = bed.oracle.claims(code)
    assert (row.code, row.facility, row.insuree) == (code, "MHFM01", f"{insuree.last} {insuree.first}")
    assert (row.claimed, row.approved, row.status) == ("$ 153.00", "$ 153.00", "Checked")
    assert bed.oracle.claims_of(insuree.number) == [stored]
    assert (stored.status, stored.reason, stored.insuree) == (Status.CHECKED, 0, insuree.number)
    assert (stored.first, stored.last, stored.diagnoses) == (_DAY, None, ("E119", "I10"))
    assert (stored.claimed, stored.approved, stored.valuated) == (Decimal(153), Decimal(153), None)
    assert (stored.administrator, stored.facility) == (CLERK.name, "MHFM01")
    assert stored.submitted_at is not None
    assert stored.services == (
        StoredService("99490", Decimal(1), Decimal(62), "", True, 0),
        StoredService("99439", Decimal(2), Decimal("45.50"), "two further periods", True, 0),
    )
    made = [(one.label, one.user, one.outcome) for one in bed.oracle.mutations(f"%{code}")]
    assert made == [
        (f"Create Claim - {code}", CLERK.name, Outcome.DONE),
        (f"Submit claim {code}", CLERK.name, Outcome.DONE),
    ]


def test_a_lapsed_policy_is_a_rejection(loop: Loop, bed: Bed, window: Page, code: str) -> None:
    row = enter(loop, window, bed, entry(code, LAPSED[0]))
    stored = bed.oracle.claim(code)
    assert (row.status, row.approved) == ("Rejected", "$ 0.00")
    assert (stored.status, stored.reason) == (Status.REJECTED, 21)
    assert [service.reason for service in stored.services] == [7]


def test_an_uncovered_service_is_a_rejection(
    loop: Loop, bed: Bed, window: Page, code: str, insuree: Insuree
) -> None:
    row = enter(loop, window, bed, entry(code, insuree, Line(UNCOVERED, 1, Decimal("150.00"))))
    stored = bed.oracle.claim(code)
    assert (row.status, row.approved) == ("Rejected", "$ 0.00")
    assert (stored.status, stored.reason) == (Status.REJECTED, 1)
    assert [(service.passed, service.reason) for service in stored.services] == [(False, 3)]


def test_a_part_may_be_covered(loop: Loop, bed: Bed, window: Page, code: str) -> None:
    lines = (Line("99213", 1, Decimal("128.00")), Line("99349", 1, Decimal("214.00")))
    row = enter(loop, window, bed, entry(code, PARTLY_COVERED[0], *lines))
    stored = bed.oracle.claim(code)
    assert (row.status, row.claimed, row.approved) == ("Checked", "$ 342.00", "$ 128.00")
    assert (stored.status, stored.approved) == (Status.CHECKED, Decimal(128))
    assert [(one.code, one.passed, one.reason) for one in stored.services] == [
        ("99213", True, 0),
        ("99349", False, 3),
    ]


def test_a_save_may_fail_behind_a_form_that_looks_saved(
    loop: Loop, bed: Bed, window: Page, code: str, insuree: Insuree
) -> None:
    async def save() -> str:
        await plain.sign_in(window, bed.url, CLERK)
        await plain.save(window, entry(code, insuree, Line("99439", 2, Decimal("47.00"))))
        await expect(window.get_by_role("textbox", name="Main Diagnosis")).to_be_disabled()
        return await plain.outcome(window, f"Create Claim - {code}")

    said = loop.run(save(), _SECONDS)
    (mutation,) = bed.oracle.mutations(f"%{code}")
    assert said == "claim.mutation.failed_to_create_claim"
    assert mutation.outcome is Outcome.FAILED
    assert "explanation_required" in mutation.error
    assert bed.oracle.count(insuree.number) == 0


def test_the_reviewer_has_it_valuated(loop: Loop, bed: Bed, window: Page, code: str, insuree: Insuree) -> None:
    enter(loop, window, bed, entry(code, insuree))
    bed.process(code)
    stored = bed.oracle.claim(code)
    assert (stored.status, stored.valuated) == (Status.VALUATED, Decimal(62))
    assert loop.run(plain.look_up(window, code)).status == "Valuated"
    with pytest.raises(ValueError, match="only what is checked"):
        bed.process(code)


def test_a_late_worker_leaves_a_save_pending(
    loop: Loop, bed: Bed, window: Page, code: str, insuree: Insuree
) -> None:
    async def save() -> None:
        await plain.sign_in(window, bed.url, CLERK)
        await plain.save(window, entry(code, insuree))
        item = window.get_by_role("navigation").get_by_role("listitem").filter(has_text=code)
        await expect(item.get_by_role("progressbar")).to_be_visible()

    with bed.asynchronous():
        loop.run(save(), _SECONDS)
        assert [one.outcome for one in bed.oracle.mutations(f"%{code}")] == [Outcome.PENDING]
        assert bed.oracle.count(insuree.number) == 0
        with bed.worker():
            said = loop.run(plain.outcome(window, f"Create Claim - {code}"), _SECONDS)
        assert said == f"Create Claim - {code}"
        assert bed.oracle.claim(code).status is Status.ENTERED
    assert [one.outcome for one in bed.oracle.mutations(f"%{code}")] == [Outcome.DONE]


def test_a_lost_session_loses_a_save_without_a_word(
    loop: Loop, bed: Bed, window: Page, code: str, insuree: Insuree
) -> None:
    async def save() -> None:
        await plain.sign_in(window, bed.url, CLERK)
        await plain.fill(window, entry(code, insuree))
        bed.forget_sessions()
        async with window.expect_response(
            lambda answer: "createClaim(" in (answer.request.post_data or "")
        ) as reply:
            await plain.press_save(window)
        answer = await reply.value
        assert answer.ok
        assert (await answer.json())["data"] == {"createClaim": None}
        await expect(window.get_by_role("textbox", name="Main Diagnosis")).to_be_disabled()
        await expect(window.get_by_role("navigation").get_by_text(code)).to_have_count(0)
        await window.get_by_role("banner").get_by_role("button", name="Claims").click()
        await window.get_by_role("menuitem", name="Health Facility Claims").click()
        await window.get_by_role("heading", name="Session Expired").wait_for()

    loop.run(save(), _SECONDS)
    assert bed.oracle.mutations(f"%{code}") == []
    assert bed.oracle.count(insuree.number) == 0


def test_whoever_is_signed_out_signs_in_again(loop: Loop, bed: Bed, window: Page) -> None:
    async def sign_in_twice() -> None:
        await plain.sign_in(window, bed.url, CLERK_2)
        await plain.open_list(window)
        bed.sign_out(CLERK_2)
        await window.get_by_role("main").get_by_role("button", name="Search", exact=True).click()
        await window.wait_for_url("**/front/login")
        await plain.sign_in(window, bed.url, CLERK_2)
        await plain.open_list(window)

    loop.run(sign_in_twice(), _SECONDS)


def test_a_person_may_have_claims_already(
    loop: Loop, bed: Bed, window: Page, insuree: Insuree, codes: Iterator[str]
) -> None:
    first, second = next(codes), next(codes)
    enter(loop, window, bed, entry(first, insuree))
    loop.run(plain.enter_another(window, entry(second, insuree)), _SECONDS)
    assert [claim.code for claim in bed.oracle.claims_of(insuree.number)] == [first, second]


def test_the_pages_work_from_another_address(
    loop: Loop, bed: Bed, window: Page, code: str, insuree: Insuree
) -> None:
    async def enter_through_wire() -> int:
        address = urlsplit(bed.url)
        async with Wire(str(address.hostname), int(address.port or 0)) as wire:
            assert (await plain.enter(window, wire.url, CLERK, entry(code, insuree))).status == "Checked"
            await window.close()
            return sum(b"createClaim(" in one.body for one in wire.requests)

    assert loop.run(enter_through_wire(), _SECONDS) == 1
    assert bed.oracle.claim(code).status is Status.CHECKED


def test_a_clerk_finds_nobody_of_another_district(loop: Loop, bed: Bed, window: Page) -> None:
    async def look() -> None:
        await plain.sign_in(window, bed.url, CLERK)
        await plain.open_form(window)
        await plain.text(window, "Insurance No.").fill(OUT_OF_SIGHT.number)
        await expect(plain.text(window, "Name").first).to_have_value("Not Found")

    loop.run(look(), _SECONDS)


def test_seeding_again_changes_nothing(bed: Bed) -> None:
    before = bed.oracle.sizes()
    bed.seed()
    assert bed.oracle.sizes() == before
    assert before["tblInsuree"] > 60


def test_a_restart_keeps_address_and_data(bed: Bed) -> None:
    url, before = bed.url, bed.oracle.sizes()
    bed.restart()
    assert (bed.url, bed.oracle.sizes()) == (url, before)
    assert httpx.get(f"{bed.url}/front/login").status_code == 200


@contextmanager
def a_bed_of_its_own() -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """`python -m tests.real.openimis`, and what it printed."""
    command = [sys.executable, "-m", "tests.real.openimis"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def _listens(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as caller:
        return caller.connect_ex((str(address.hostname), int(address.port or 0))) == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_whatever_ends_it(how: signal.Signals) -> None:
    with a_bed_of_its_own() as (process, said):
        assert httpx.get(said["url"]).status_code == 200
        assert _listens(said["database"])
        process.send_signal(how)
        process.wait()
        Bed.until(lambda: not _listens(said["url"]) and not _listens(said["database"]))


def test_what_is_half_made_is_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENIMIS_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "source"
    source.write_text("one")
    made: list[str] = []

    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "part").write_text(source.read_text())
        made.append(source.read_text())
        if len(made) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept("thing", [source], make)
    assert list(tmp_path.glob("cache/thing-*")) == []
    first = kept("thing", [source], make)
    assert kept("thing", [source], make) == first
    assert made == ["one", "one"]
    source.write_text("two")
    second = kept("thing", [source], make)
    assert ((first / "part").read_text(), (second / "part").read_text()) == ("one", "two")


def test_no_lock_file_names_a_registry() -> None:
    folder = Path(plain.__file__).parent
    assert '"resolved"' not in (folder / "frontend" / "package-lock.json").read_text()
    assert "://" not in (folder / "backend" / "requirements.lock").read_text()

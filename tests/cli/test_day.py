"""The office's day at the command line: report, ready, export, proof, audit; what they print and end with."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from tests.cli.counter import Desk, good, payerbot
from tests.unit.claims.builders import put


def settings(desk: Desk, office: str) -> None:
    """Add what the office expects."""
    desk.home.settings_file.write_text(f"{desk.home.settings_file.read_text()}\n[office]\n{office}\n")


def teller(desk: Desk, end: int = 0) -> Path:
    """A program that notes what it is told; the settings name it."""
    program, told = desk.folder / "tell.py", desk.folder / "told"
    program.write_text(f"import sys; open({str(told)!r}, 'a').write(sys.stdin.read()); sys.exit({end})")
    settings(desk, f'notify = ["{sys.executable}", "{program}"]')
    return told


def test_the_report_of_an_office(desk: Desk) -> None:
    desk.queued(3)
    done = desk("report", "--json")
    document = done.document
    assert done.code == 0
    assert (document["claims"], document["balanced"], document["ran"]) == (3, True, None)
    assert document["states"]["queued"]["claims"] == 3
    assert document["charge"] == f"{sum(claim.charge for claim in good(3)):.2f}"
    words = desk("report")
    assert words.code == 0
    assert words.out.startswith("payerbot has not run yet.")
    assert "come to the same" in words.out.replace("\n", " ")


def test_the_report_says_that_something_needs_a_person(desk: Desk) -> None:
    broken = put(good(1)[0], "charge", good(1)[0].charge + 1)
    assert desk("queue", desk.file(broken)).code == 1
    done = desk("report")
    assert done.code == 1
    assert "1 thing for you" in done.out.splitlines()[0]
    assert done.out.splitlines()[1].startswith("First: Claims of claims.json were not sent")


def test_a_run_is_in_the_report(desk: Desk) -> None:
    """Nobody listens at the portal: it runs, sends nothing, and says so."""
    assert desk("run").code == 0
    ran = desk("report", "--json").document["ran"]
    assert (ran["kind"], ran["failed"]) == ("run", False)
    assert ran["ended_at"] >= ran["began_at"]
    assert desk("run", "--dry-run").code == 0
    assert desk("report", "--json").document["ran"] == ran
    assert desk("follow-up").code == 0
    assert desk("report", "--json").document["ran"]["kind"] == "follow-up"


@pytest.mark.parametrize("when", ["2026-07-01", "2026-07-01 09:30"])
def test_the_report_begins_where_it_is_told_to(desk: Desk, when: str) -> None:
    assert desk("report", "--since", when, "--json").document["since"][:10] in (
        "2026-06-30",
        "2026-07-01",
        "2026-07-02",
    )
    assert desk("report", "--since", "yesterday").code == 2


def test_the_office_is_told_when_it_asks_to_be(desk: Desk) -> None:
    assert desk("report", "--notify").code == 2
    told = teller(desk)
    desk.queued(1)
    assert desk("report", "--notify").code == 0
    assert told.read_text().startswith("payerbot: payerbot has not run yet.")
    assert good(1)[0].account not in told.read_text()


def test_an_office_that_could_not_be_told_is_no_secret(desk: Desk) -> None:
    teller(desk, end=3)
    done = desk("report", "--notify")
    assert (done.code, "ended with 3" in done.err) == (1, True)


def test_what_tonight_needs(desk: Desk) -> None:
    done = desk("ready", "--json")
    assert done.code == 1
    assert [want["kind"] for want in done.document if want["kind"] != "browser"] == ["password", "password"]
    assert set(done.document[0]) == {"kind", "what", "action", "payer", "login", "claims"}
    words = desk("ready")
    assert (words.code, "has no password here" in words.out) == (1, True)


def test_an_export_is_for_its_owner_alone(desk: Desk) -> None:
    desk.queued(2)
    csv, xlsx = desk.folder / "claims.csv", desk.folder / "claims.xlsx"
    assert desk("export", "--csv", csv, "--xlsx", xlsx, "--payer", "northstar").code == 0
    for path in (csv, xlsx):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(csv.read_text("utf-8-sig").splitlines()) == 3
    assert desk("export", "--csv", csv, "--state", "held").code == 0
    assert len(csv.read_text("utf-8-sig").splitlines()) == 1
    assert desk("export").code == 2
    assert desk("export", "--csv", desk.folder / "gone" / "claims.csv").code == 2


def test_the_proof_of_a_claim_that_was_never_sent(desk: Desk) -> None:
    [claim_id] = desk.queued()
    done = desk("proof", str(claim_id), "--json")
    assert (done.code, done.document["is_proved"], done.document["proved"]) == (0, False, [])
    assert "never sent" in desk("proof", str(claim_id)).out
    claim = good(1)[0]
    for secret in (claim.subscriber.last, claim.subscriber.member_id):
        assert secret not in done.out + desk("proof", str(claim_id)).out
    assert desk("proof", "99").code == 2


def test_the_audit_of_a_ledger(desk: Desk) -> None:
    desk.queued(2)
    done = desk("audit", "--json")
    assert (done.code, [check["faults"] for check in done.document]) == (0, [[]] * len(done.document))
    assert done.document[0]["looked_at"] == 1
    assert "≠" not in desk("audit").out


def test_a_long_list_says_that_it_is_not_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.claims.MANY", 2)
    monkeypatch.setattr("bot.terminal.claims.MANY", 2)
    desk.queued(3)
    shown = desk("claims", "list").out
    accounts = [claim.account for claim in good(3)]
    assert [account in shown for account in accounts] == [True, True, False]
    assert "These are the first 2" in shown
    assert len(desk.claims()) == 3


def test_paper_is_printed(desk: Desk, chromium: Path) -> None:
    """Both documents in the browser, readable by their owner alone; that the proof was printed is remembered."""
    [claim_id] = desk.queued()
    for words in (("report",), ("proof", str(claim_id))):
        path = desk.folder / f"{words[0]}.pdf"
        assert desk(*words, "--pdf", path).code == 0
        assert path.read_bytes().startswith(b"%PDF")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    history = desk("claims", "show", str(claim_id), "--json").document
    assert history["events"][-1]["what"] == "proof_printed"
    assert payerbot("--home", desk.home.path, "report", "--pdf", desk.folder / "gone" / "x.pdf").code == 2

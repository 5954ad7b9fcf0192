"""Care management and unlisted visits at the command line: checked, answered, lettered, overridden."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.claims.model import Claim
from bot.ledger.database import Database
from bot.ledger.papers import lettered
from bot.ledger.store import Ledger
from bot.ledger.tally import Tally
from bot.portal.documents import page_count
from bot.vault import Vault
from bot.work import rules as rules_room
from bot.work.letters import letter_page
from bot.work.payers import Login, Payer, find_adapters, policy_of
from fixtures.claims.care import Case, broken, claim, clean, entry, home_visit, line, record, support, write_cases
from fixtures.claims.care import write_support as write_records
from fixtures.claims.pdf import write_pdf
from fixtures.claims.writers import write_json
from tests.cli.counter import Desk, Done


@pytest.fixture
def office(desk: Desk) -> Desk:
    """An office with a lead, where the sample files' payer is known, and with the sample cases in its folder."""
    desk.home.settings_file.write_text(f'leads = ["Dana Price"]\n{desk.home.settings_file.read_text()}')
    desk("payers", "map", "LAKESHORE HEALTH PLAN", "lakeshore")
    desk("payers", "map", "NORTHSTAR MEDICAID", "northstar")
    write_cases(desk.folder)
    return desk


def files(office: Desk, *cases: Case, name: str = "june") -> tuple[Path, Path]:
    """Cases as a claim file and its companion."""
    claims, records = office.folder / f"{name}.json", office.folder / f"{name}.support.json"
    write_json([one for case in cases for one in case.claims], claims)
    write_records(list(cases), records)
    return claims, records


def found(done: Done) -> dict[str, list[str]]:
    """Rules by account."""
    by_account: dict[str, list[str]] = {}
    for file in done.document["files"]:
        for problem in file["problems"]:
            by_account.setdefault(problem["account"], []).append(problem["rule"])
    return by_account


def held_letter(office: Desk) -> int:
    """A home visit that waits for its letter; its id."""
    assert office("queue", *files(office, clean()[-1]), "--json").document["held"] == 1
    return int(office.claims()[-1]["id"])


# check


def test_the_clean_set_is_clean(office: Desk) -> None:
    done = office("check", office.folder / "clean.837", office.folder / "clean.support.json", "--json")
    assert (done.code, found(done)) == (0, {})


def test_the_broken_set_names_every_defect_and_nothing_else(office: Desk) -> None:
    done = office("check", office.folder / "broken.837", office.folder / "broken.support.json", "--json")
    assert done.code == 1
    unreadable = {"ccm-unread": ["unreadable"], "ul-unread": ["unreadable"]}
    assert found(done) == {
        case.claims[-1].account: [case.rule, *unreadable.get(case.rule, ())] for case in broken()
    }


def test_findings_stand_under_their_claim(office: Desk) -> None:
    said = office("check", office.folder / "broken.837", office.folder / "broken.support.json").out
    at = said.index("account XCCM01 ")
    assert said.index("99490 needs 20 minutes of clinical staff and 19 count") > at
    assert said.index("account XCCM02 ") > said.index("[CCM-01]")


def test_a_record_that_cannot_be_read_keeps_its_claim_back_and_no_other(office: Desk) -> None:
    one, two, visit = (
        claim("ONE", line("99490")),
        claim("TWO", line("99490"), member=1),
        claim("SEE", line("99213")),
    )
    records = (record("ONE", entry(20)), record("TWO", entry(20)))
    both = files(office, Case((one, two, visit), records))
    whole = both[1].read_text()
    both[1].write_text(whole.replace('"care_plan"', '"careplan"', 1))
    done = office("queue", *both)
    assert done.code == 1
    assert "care_plan may be meant" in done.out
    assert {row["account"]: row["state"] for row in office.claims()} == {
        "ONE": "blocked", "TWO": "queued", "SEE": "queued",
    }  # fmt: skip
    both[1].write_text(whole)
    again = office("queue", *both, "--json").document
    assert (again["queued"], len(again["refused"])) == (1, 2)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 a workbook", b"chart;when;how long\r\nC1;2026-06-01;12\r\n", b'{"ccm": [{']
)
def test_a_file_that_nobody_can_read_may_be_the_record(office: Desk, content: bytes) -> None:
    claims, log = files(office, Case((claim("ONE", line("99490")),)))
    log.write_bytes(content)
    done = office("check", claims, log, "--json")
    assert (done.code, found(done)["ONE"]) == (1, ["ccm-unread"])


def test_a_record_that_comes_later_is_looked_at_before_the_claim_goes(office: Desk) -> None:
    case = Case((claim("ONE", line("99490")),), (record("ONE", entry(19)),))
    claims, log = files(office, case)
    assert office("queue", claims, "--json").document["queued"] == 1
    done = office("queue", claims, log)
    assert done.code == 1
    assert "99490 needs 20 minutes" in done.out
    assert [row["state"] for row in office.claims()] == ["withdrawn", "blocked"]


def test_what_waits_for_a_letter_is_said(office: Desk) -> None:
    done = office("queue", *files(office, clean()[-1]))
    assert done.code == 1
    assert "waits for you: Letter needs Dr. Anneli Lindqvist's signature." in done.out


def test_a_hold_that_was_asked_for_needs_nobody(office: Desk) -> None:
    assert office("queue", "--hold", *files(office, clean()[0])).code == 0


def test_what_is_billed_without_a_log_is_said(office: Desk) -> None:
    claims, log = files(office, Case((claim("ONE", line("99490")), claim("TWO", line("99490"), member=1))))
    write_records([Case((), (record("TWO", entry(20)),))], log)
    done = office("ccm", log, claims, "--json")
    assert (done.code, len(done.document)) == (1, 1)
    assert "account ONE bills 2026-06, and no log of it was given" in done.err


def test_a_rule_is_shown_as_a_payer_weighs_it(office: Desk) -> None:
    assert "(block at northstar)" in office("rules", "show", "CCM-19", "--payer", "northstar").out
    assert "unless a payer's policy says otherwise" in office("rules", "show", "CCM-19").out


def test_a_companion_that_cannot_be_read_is_exit_1(office: Desk) -> None:
    path = office.folder / "log.csv"
    path.write_text("patient,date,minutes\r\nC1,2026-06-01,many\r\n")
    done = office("check", path, "--json")
    assert done.code == 1
    [file] = done.document["files"]
    assert (file["claims"], file["lines"], file["charge"]) == (0, 0, "0.00")
    assert [problem["severity"] for problem in file["problems"]] == ["block"]


def test_the_payers_policy_weighs_the_rules(office: Desk) -> None:
    pair = line("99490"), line("99426")
    lakeshore = claim("AT1", *pair)
    northstar = claim("AT2", *pair).model_copy(
        update={"payer": lakeshore.payer.model_copy(update={"name": "northstar", "payer_id": ""})}
    )
    records = (record("AT1", entry(20)), record("AT2", entry(20)))
    done = office("check", *files(office, Case((lakeshore, northstar), records)), "--json")
    said = {problem["account"]: problem["severity"] for problem in done.document["files"][0]["problems"]}
    assert said == {"AT1": "warn", "AT2": "block"}


# Across claims and files


def test_the_ledger_is_asked_too(office: Desk) -> None:
    first = Case((claim("FIRST", line("99490")),), (record("FIRST", entry(20)),))
    assert office("queue", *files(office, first), "--json").document["queued"] == 1
    second = Case(
        (claim("SECOND", line("99491")),), (record("SECOND", entry(30, role="practitioner", who="Dr. L")),)
    )
    done = office("check", *files(office, second, name="late"), "--json")
    assert found(done) == {"SECOND": ["CCM-07"]}
    assert "claim 1 bills" in done.document["files"][0]["problems"][0]["message"]


def test_a_file_queued_again_is_refused_not_blocked(office: Desk) -> None:
    both = files(office, *clean()[:2])
    assert office("queue", *both, "--json").document["queued"] == 2
    again = office("queue", *both, "--json").document
    assert (again["queued"], again["blocked"], len(again["refused"])) == (0, 0, 2)


def test_a_copy_of_an_open_claim_is_held_for_a_person(office: Desk) -> None:
    """What the rules say about it is a warning: the ledger asks whether it is a fix."""
    office("queue", *files(office, Case((claim("A", line("99490")),), (record("A", entry(40)),))))
    more = claim("A", line("99490"), line("99439"))
    done = office(
        "queue", *files(office, Case((more,), (record("A", entry(40)),)), name="more"), "--json"
    ).document
    assert (done["held"], done["blocked"]) == (1, 0)


def test_a_withdrawn_claim_does_not_count(office: Desk) -> None:
    office("queue", *files(office, Case((claim("A", line("99490")),), (record("A", entry(20)),))))
    office("claims", "withdraw", "1")
    other = Case((claim("B", line("99491")),), (record("B", entry(30, role="practitioner")),))
    assert found(office("check", *files(office, other, name="b"), "--json")) == {}


# rules


def test_the_rules_are_listed(office: Desk) -> None:
    rows = office("rules", "list", "--json").document
    assert [list(row) for row in rows] == [["id", "title", "severity", "source"]] * len(rows)
    assert all(row["title"] and row["source"] for row in rows)
    assert {row["severity"] for row in rows} == {"block", "warn"}
    by_id = {row["id"]: row for row in rows}
    assert by_id["CCM-01"]["severity"] == "block"
    assert by_id["CCM-19"]["severity"] == "warn"
    assert "CCM-01" in office("rules", "list").out


def test_a_payers_rules_are_its_own() -> None:
    theirs = {row["id"]: row for row in rules_room.rows("northstar")}
    assert theirs["CCM-19"]["severity"] == "block"
    assert "Northstar" in theirs["CCM-19"]["source"]


def test_a_rule_is_explained(office: Desk) -> None:
    rule = office("rules", "show", "ul-09", "--payer", "northstar", "--json").document
    assert (rule["id"], rule["severity"], rule["verified"]) == ("UL-09", "block", "2026-11-01")
    assert [(one["name"], one["value"], one["default"]) for one in rule["parameters"]] == [
        ("no_upload", "paper", "refuse")
    ]
    assert "By upload" in office("rules", "show", "UL-09").out
    assert office("rules", "show", "CCM-99").code == 2
    assert office("rules", "list", "--payer", "nobody").code == 2


# ccm


def test_a_month_of_mixed_logs(office: Desk) -> None:
    done = office("ccm", office.folder / "june-log.csv", "--json")
    assert done.code == 0
    rows = {row["patient"]: row for row in done.document}
    assert rows["C-1001"] == {
        "patient": "C-1001",
        "month": "2026-06",
        "staff_minutes": 20,
        "practitioner_minutes": 0,
        "codes": [{"code": "99490", "units": 1}],
        "not_counted": [{"date": "2026-06-18", "minutes": 20, "reason": "face to face"}],
        "short": {},
    }
    assert rows["C-1002"]["short"] == {"99439": 1}
    assert (rows["C-1003"]["practitioner_minutes"], rows["C-1003"]["codes"][0]["code"]) == (30, "99491")
    assert rows["C-1004"]["codes"] == []
    said = office("ccm", office.folder / "june-log.csv").out
    assert "C-1002  2026-06  59 staff minutes: 99490 × 1 + 99439 × 1" in said
    assert "one minute short of another 99439" in said
    assert "06/18 20 min not counted: face to face" in said


@pytest.mark.parametrize("queued", [False, True])
def test_what_was_billed_is_compared(office: Desk, queued: bool) -> None:
    claims, records = files(
        office, Case((claim("A", line("99490"), line("99439", 2)),), (record("A", entry(40)),))
    )
    if queued:
        office("queue", claims)
        done = office("ccm", records, "--json")
    else:
        done = office("ccm", records, claims, "--json")
    assert done.code == 1
    [row] = done.document
    assert row["billed"] == [{"code": "99490", "units": 1}, {"code": "99439", "units": 2}]
    assert row["codes"] == [{"code": "99490", "units": 1}, {"code": "99439", "units": 1}]


# Letters


def test_a_home_visit_waits_for_its_letter(office: Desk) -> None:
    held = held_letter(office)
    [row] = office.claims()
    assert (row["state"], row["reason"]) == ("held", "Letter needs Dr. Anneli Lindqvist's signature.")
    assert office.tasks()[0]["kind"] == "letter"
    [letter] = office("letters", "list", "--json").document
    assert (letter["id"], letter["practitioner"]) == (held, "Dr. Anneli Lindqvist")
    refused = office("claims", "release", str(held))
    assert refused.code == 2
    assert "needs a signed or approved letter" in refused.err


def signed(office: Desk) -> Path:
    path = office.folder / "scan.pdf"
    write_pdf(path, ["Letter", "signed: A. Lindqvist"])
    return path


def attachments(office: Desk, claim_id: int) -> Sequence[Any]:
    """The documents on a claim as the ledger has them."""
    database = Database(f"sqlite:///{office.home.ledger}")
    try:
        [one] = lettered(Ledger(database, Vault.open(office.home), Tally(office.home.evidence)), claim_id)
        return one.claim.attachments
    finally:
        database.close()


@pytest.mark.parametrize("by", ["Anneli Lindqvist", "dr anneli lindqvist"])
def test_a_signed_letter_goes_with_the_claim(office: Desk, by: str) -> None:
    held = held_letter(office)
    assert office("letters", "sign", str(held), signed(office), "--by", by).code == 0
    assert [row["state"] for row in office.claims()] == ["queued"]
    assert office.tasks() == []
    letter, note = attachments(office, held)
    assert (letter.report_type, note.report_type, letter.transmission) == ("OZ", "PN", "EL")
    assert letter.control_number != note.control_number
    for one in (letter, note):
        content = Path(one.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == one.sha256
        assert one.control_number.isalnum()
        assert len(one.control_number) <= 30
        assert page_count(content) == 1
    kept = office("claims", "show", str(held), "--json").document["evidence"]
    assert {row["sha256"] for row in kept} == {letter.sha256, note.sha256}
    events = office("claims", "show", str(held), "--json").document["events"]
    assert events[-1]["what"] == "letter_signed"
    assert events[-1]["who"].startswith(by)


@pytest.mark.parametrize("by", ["Chidi Okafor", "", "Dr.", "Lindqvist"])
def test_nobody_else_signs(office: Desk, by: str) -> None:
    held = held_letter(office)
    done = office("letters", "sign", str(held), signed(office), "--by", by)
    assert (done.code, office.claims()[0]["state"]) == (2, "held")
    assert "Dr. Anneli Lindqvist's to sign" in done.err


def test_a_signed_letter_must_be_a_pdf(office: Desk) -> None:
    held = held_letter(office)
    path = office.folder / "scan.pdf"
    path.write_bytes(b"a picture")
    done = office("letters", "sign", str(held), path, "--by", "Anneli Lindqvist")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert office.claims()[0]["state"] == "held"
    assert list(office.home.documents.iterdir()) == []


def test_a_letter_is_signed_once(office: Desk) -> None:
    held = held_letter(office)
    office("letters", "sign", str(held), signed(office), "--by", "Anneli Lindqvist")
    again = office("letters", "sign", str(held), signed(office), "--by", "Anneli Lindqvist")
    assert (again.code, "does not wait for a letter" in again.err) == (2, True)


def test_where_papers_are_faxed_they_are_one_packet(office: Desk) -> None:
    visit = home_visit("FAX1")
    there = visit.model_copy(
        update={"payer": visit.payer.model_copy(update={"name": "northstar", "payer_id": ""}),
                "subscriber": visit.subscriber.model_copy(update={"member_id": "40210000"})}
    )  # fmt: skip
    done = office("queue", *files(office, Case((there,), (), (support("FAX1"),))), "--json").document
    assert done["held"] == 1
    assert office("letters", "sign", "1", signed(office), "--by", "Anneli Lindqvist").code == 0
    [packet] = attachments(office, 1)
    assert packet.transmission == "FX"
    assert page_count(Path(packet.file).read_bytes()) == 2


def test_the_letter_says_what_the_record_says(office: Desk) -> None:
    held = held_letter(office)
    database = Database(f"sqlite:///{office.home.ledger}")
    try:
        [one] = lettered(Ledger(database, Vault.open(office.home), Tally(office.home.evidence)), held)
    finally:
        database.close()
    adapter = find_adapters()["lakeshore"]
    no_logins: tuple[Login, ...] = ()
    payer = Payer(adapter("http://127.0.0.3:9"), policy_of(adapter), no_logins, adapter.limits.visibility_delay)
    page = letter_page(one, payer, date(2026, 7, 1))
    body, header, footer = page.body, page.header, page.footer
    visit = one.support
    for words in (
        visit.nature, visit.extent, visit.effort, visit.equipment, visit.staff, visit.practitioner_name, "97606",
        "$165.00", "the fee for 97606 times 1.25", "July 1, 2026", "Lakeshore Health Plan", one.number, "Date",
    ):  # fmt: skip
        assert words.replace("'", "&#39;") in body
    assert one.claim.account in header
    assert one.number in footer
    approved = letter_page(one, payer, date(2026, 7, 1), approved_by="Dr. Anneli Lindqvist").body
    assert "Read and approved for sending by Dr. Anneli Lindqvist" in approved


def test_an_approved_letter_is_printed(office: Desk, chromium: Path) -> None:
    held = held_letter(office)
    assert office("letters", "write", str(held), "--to", office.folder / "out").code == 0
    assert page_count((office.folder / "out" / f"letter-claim-{held}.pdf").read_bytes()) == 1
    assert office("letters", "approve", str(held), "--by", "Anneli Lindqvist").code == 0
    assert office.claims()[0]["state"] == "queued"


def test_a_control_number_is_never_used_again(office: Desk) -> None:
    note = office.folder / "note.pdf"
    write_pdf(note, ["Visit note"])

    def with_note(account: str, member: int) -> Claim:
        one = home_visit(account, member)
        document = {"report_type": "OZ", "control_number": "ACN1", "file": str(note)}
        return one.model_validate({**one.model_dump(), "attachments": [document]})

    office("queue", *files(office, Case((with_note("N1", 1),))))
    done = office("check", *files(office, Case((with_note("N2", 2),)), name="n2"), "--json")
    assert "attachment-number" in found(done)["N2"]
    again = office("queue", *files(office, Case((with_note("N1", 1),)), name="again"), "--json").document
    assert len(again["refused"]) == 1
    office("claims", "withdraw", "1")
    done = office("check", *files(office, Case((with_note("N2", 2),)), name="n2"), "--json")
    assert "attachment-number" not in found(done)["N2"]


# Overrides


def blocked(office: Desk, rule: str) -> None:
    [case] = [one for one in broken() if one.rule == rule]
    done = office("queue", *files(office, case), "--json").document
    assert done["blocked"] == 1


def test_a_lead_overrides_by_name_and_reason(office: Desk) -> None:
    blocked(office, "CCM-14")
    done = office(
        "claims", "override", "1", "--rule", "ccm-14", "--by", "dana  price", "--why", "Copy is in the chart"
    )
    assert (done.code, office.claims()[0]["state"]) == (0, "queued")
    event = office("claims", "show", "1", "--json").document["events"][-1]
    assert (event["what"], event["why"]) == ("overridden", "Copy is in the chart")
    assert event["who"].startswith("Dana Price (")
    assert office.tasks() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rule", "CCM-14", "--by", "Kit Lowe", "--why", "x"), "Only a billing lead may do that"),
        (("--rule", "CCM-14", "--by", "Dana Price", "--why", " "), "Say why"),
        (("--rule", "CCM-01", "--by", "Dana Price", "--why", "x"), "CCM-01 does not block claim 1"),
    ],
)
def test_nobody_overrides_otherwise(office: Desk, words: tuple[str, ...], said: str) -> None:
    blocked(office, "CCM-14")
    done = office("claims", "override", "1", *words)
    assert (done.code, office.claims()[0]["state"]) == (2, "blocked")
    assert said in done.err


def test_a_finding_that_was_set_aside_is_no_item_to_fix(office: Desk) -> None:
    blocked(office, "CCM-14")
    office("claims", "override", "1", "--rule", "CCM-14", "--by", "Dana Price", "--why", "Copy is in the chart")
    said = office("claims", "show", "1").out
    assert "set aside by Dana Price" in said
    assert "(Copy is in the chart)" in said
    assert "fix" not in said


@pytest.mark.parametrize("rule", ["ccm-patient", "ul-patient"])
def test_nobody_sends_a_claim_with_somebody_elses_record(office: Desk, rule: str) -> None:
    blocked(office, rule)
    done = office(
        "claims", "override", "1", "--rule", rule, "--by", "Dana Price", "--why", "It is the same person"
    )
    assert (done.code, office.claims()[0]["state"]) == (2, "blocked")


def test_what_the_portal_cannot_carry_cannot_be_overridden(office: Desk) -> None:
    one = claim("CLIA", line("99213")).model_copy(update={"clia": "24D0000001"})
    office("queue", *files(office, Case((one,))))
    words = ("--rule", "portal-cannot-carry", "--by", "Dana Price", "--why", "x")
    done = office("claims", "override", "1", *words)
    assert (done.code, office.claims()[0]["state"]) == (2, "blocked")
    assert "cannot be overridden" in done.err


def test_an_overridden_visit_still_waits_for_its_letter(office: Desk) -> None:
    blocked(office, "UL-08")
    office(
        "claims", "override", "1", "--rule", "UL-08", "--by", "Dana Price", "--why", "The note was written later"
    )
    [row] = office.claims()
    assert (row["state"], "signature" in row["reason"]) == ("held", True)
    done = office("claims", "override", "1", "--rule", "UL-06", "--by", "Dana Price", "--why", "Payer waives it")
    assert (done.code, office.claims()[0]["state"]) == (0, "queued")


def test_two_blocks_need_two_overrides(office: Desk) -> None:
    one = claim("TWO", line("99490"), line("99439", 3))
    office("queue", *files(office, Case((one,), (record("TWO", entry(19)),))))
    office("claims", "override", "1", "--rule", "CCM-01", "--by", "Dana Price", "--why", "x")
    [row] = office.claims()
    assert (row["state"], "99439" in row["reason"]) == ("blocked", True)
    office("claims", "override", "1", "--rule", "CCM-02", "--by", "Dana Price", "--why", "x")
    assert office.claims()[0]["state"] == "queued"


def test_the_companion_file_says_nothing_that_is_not_in_it(office: Desk) -> None:
    assert set(json.loads((office.folder / "clean.support.json").read_text())) == {"ccm", "unlisted"}


# Looks like a fix


def twins(office: Desk, *, hold: bool = False) -> int:
    """An accepted visit, and another record and code modifier for the same service; the second's id."""
    one = home_visit("TWIN")
    office("queue", *files(office, Case((one,)), name="first"))
    office("claims", "entered-by-hand", "1", "--number", "2612345678901")
    changed = one.lines[0].model_copy(update={"modifiers": ("TD",)})
    other = one.model_copy(update={"lines": (changed, *one.lines[1:])})
    office(
        "queue",
        *(["--hold"] if hold else []),
        *files(office, Case((other,), (), (support("TWIN"),)), name="second"),
    )
    return int(office.claims()[-1]["id"])


@pytest.mark.parametrize("signed_first", [True, False])
def test_a_letter_does_not_answer_whether_it_is_a_fix(office: Desk, signed_first: bool) -> None:
    second = twins(office)
    assert "Looks like a fix of claim 1" in office.claims()[-1]["reason"]
    steps = [("letters", "approve", str(second), "--by", "Anneli Lindqvist"), ("claims", "release", str(second))]
    for step in steps if signed_first else reversed(steps):
        assert office.claims()[-1]["state"] == "held"
        assert office(*step).code == 0
    assert office.claims()[-1]["state"] == "queued"
    assert [task["kind"] for task in office.tasks()] == []


def test_nor_does_an_override_of_the_letter(office: Desk) -> None:
    second = twins(office)
    words = ("--rule", "UL-06", "--by", "Dana Price", "--why", "Payer waives it")
    assert office("claims", "override", str(second), *words).code == 0
    assert office.claims()[-1]["state"] == "held"


def test_a_hold_says_so_too(office: Desk) -> None:
    twins(office, hold=True)
    assert office.claims()[-1]["reason"].endswith("Looks like a fix of claim 1: replace it, or send both?")


def test_a_letter_of_another_claim_is_refused(office: Desk) -> None:
    held = held_letter(office)
    letter = office.folder / "other.pdf"
    write_pdf(letter, ["Attachment control number PB0123456789ABCDEF"])
    done = office("letters", "sign", str(held), letter, "--by", "Anneli Lindqvist")
    assert (done.code, "the letter of another claim" in done.err) == (2, True)


def test_a_record_that_changed_since_does_not_go(office: Desk) -> None:
    held = held_letter(office)
    note = office.folder / "home-visit-note.pdf"
    note.write_bytes(note.read_bytes() + b"\n")
    done = office("letters", "approve", str(held), "--by", "Anneli Lindqvist")
    assert (done.code, "not as it was when the claim was queued" in done.err) == (2, True)
    assert office.claims()[-1]["state"] == "held"


def test_warnings_are_not_hidden_by_queueing(office: Desk) -> None:
    done = office("queue", *files(office, Case((claim("ONE", line("99490")),), (record("TWO", entry(20)),))))
    assert done.code == 0
    assert "1 thing to look at: payerbot check" in done.out
    said = office("check", *files(office, Case((claim("ONE", line("99490")),), (record("TWO", entry(20)),)))).out
    assert "Records that are of no claim in these files: TWO" in said or "patient" in said

"""payerbot settle at the command line: what it prints, how it ends, and what it never says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.counter import Desk, good
from tests.payer_files import Paid, Payment, Said, Statuses, answer_to, x12

NUMBER = "2026182000000000{}"
CLAIMS = good(3)


@pytest.fixture
def office(desk: Desk) -> Desk:
    """An office of which the payer has three claims, entered by hand."""
    desk("queue", desk.file(*CLAIMS), "--hold")
    for claim in desk.claims():
        assert desk("claims", "entered-by-hand", str(claim["id"]), "--number", number(claim["id"])).code == 0
    return desk


def number(at: int) -> str:
    return NUMBER.format(at)


@pytest.fixture
def payers_file(office: Desk) -> Callable[..., Path]:
    """Writes a payer's file."""

    def write(*bodies: Payment | Statuses, name: str = "june.835") -> Path:
        path = office.folder / name
        path.write_text(x12(*bodies))
        return path

    return write


def paid(*denied: int) -> tuple[Paid, ...]:
    """What northstar decides about the three claims: the first lines of those named are denied."""
    return tuple(
        answer_to(claim, *([1] if at in denied else []), number=number(at))
        for at, claim in enumerate(CLAIMS, start=1)
    )


def statuses(office: Desk) -> list[str]:
    return [claim["status"] for claim in office.claims()]


def test_what_is_paid(office: Desk, payers_file: Callable[..., Path]) -> None:
    done = office("settle", payers_file(Payment(paid(), provider=(("WO", "OLD", "5.00"),))))
    assert (done.code, statuses(office)) == (0, ["paid"] * 3)
    charge = sum((claim.charge for claim in CLAIMS), Decimal(0))
    assert f"${charge:,.2f} charged" in done.out
    assert "− $5.00 provider-level adjustments = " in done.out
    assert "3 claims = 3 matched" in done.out
    shown = office("claims", "show", "1").out
    assert "In the payer's system (number 20261820000000001), paid" in shown
    assert "835 EFT0001 under number 20261820000000001: paid" in shown


def test_the_document(office: Desk, payers_file: Callable[..., Path]) -> None:
    file = payers_file(Payment((*paid(1), Paid("STRANGER", number="X9")), provider=(("WO", "OLD", "5.00"),)))
    done = office("settle", file, "--json")
    assert done.code == 1
    [one] = done.document["files"]
    charge = sum((claim.charge for claim in CLAIMS), Decimal(100))
    money = sum((answer.money for answer in paid(1)), Decimal(100))
    head = ("file", "kind", "payer", "payment_number", "date", "totals", "counts", "balanced")
    assert {key: one[key] for key in head} == {
        "file": str(file),
        "kind": "835",
        "payer": "NORTHSTAR MEDICAID",
        "payment_number": "EFT0001",
        "date": "2026-07-15",
        "totals": {
            "claims": 4,
            "charge": f"{charge:.2f}",
            "paid": f"{money:.2f}",
            "adjustments": f"{charge - money:.2f}",
            "provider_adjustments": "5.00",
            "payment": f"{money - 5:.2f}",
        },
        "counts": {"matched": 3, "not_ours": 1, "unclear": 0, "repeated": 0},
        "balanced": True,
    }
    assert one["amounts"]["not_ours"] == {"charge": "100.00", "paid": "100.00"}
    first, *_, last = one["claims"]
    asked = ("account", "control_number", "id", "charge", "patient_responsibility")
    assert {key: first[key] for key in asked} == {
        "account": CLAIMS[0].account,
        "control_number": number(1),
        "id": 1,
        "charge": f"{CLAIMS[0].charge:.2f}",
        "patient_responsibility": "0.00",
    }
    assert first["reasons"][0] == {
        "code": "CO-50",
        "line": 1,
        "amount": f"{CLAIMS[0].lines[0].charge:.2f}",
        "meaning": "not medically necessary",
        "action": "Send the records and appeal.",
    }
    assert (last["account"], last["id"], last["match"]) == ("STRANGER", None, "not_ours")


def test_the_same_file_twice(office: Desk, payers_file: Callable[..., Path]) -> None:
    file = payers_file(Payment(paid()))
    office("settle", file)
    before = office.claims()
    done = office("settle", file, "--json")
    assert (done.code, office.claims()) == (0, before)
    assert done.document["files"][0]["counts"] == {"matched": 0, "not_ours": 0, "unclear": 0, "repeated": 3}
    assert "3 told before" in office("settle", file).out


def test_a_denial_is_a_task_until_it_is_paid(office: Desk, payers_file: Callable[..., Path]) -> None:
    assert office("settle", payers_file(Payment(paid(1, 2)))).code == 1
    [task] = office.tasks()
    assert (task["kind"], [claim["id"] for claim in task["claims"]]) == ("denied", [1, 2])
    told = office("tasks", "list").out
    assert "Northstar Medicaid: CO-50, not medically necessary" in told
    assert "Send the records and appeal." in told
    later = payers_file(Payment(paid()[:2], number="EFT0002", on="20260901"), name="appeal.835")
    assert (office("settle", later).code, office.tasks(), statuses(office)) == (0, [], ["paid"] * 3)


def test_an_acknowledgment(office: Desk, payers_file: Callable[..., Path]) -> None:
    said = tuple(
        Said(claim.account, (code,), claim.charge, number=number(at))
        for at, (claim, code) in enumerate(zip(CLAIMS, ("A2:20", "A7:562:85", "E0:24"), strict=True), start=1)
    )
    done = office("settle", payers_file(Statuses(said)))
    assert (done.code, statuses(office)) == (1, ["pending", "unprocessable", "none"])
    assert "about the sender: A1:19:PR received, not yet accepted" in done.out
    assert "A7:562:85: rejected: something is invalid." in done.out


def test_files_are_settled_each_by_itself(office: Desk, payers_file: Callable[..., Path]) -> None:
    broken = payers_file(Payment(paid()), name="broken.835")
    broken.write_text(broken.read_text().replace("BPR*I*", "BPR*I*x"))
    good_one = payers_file(Payment(paid()))
    done = office("settle", broken, good_one, "--json")
    first, second = done.document["files"]
    assert (done.code, first["balanced"], second["balanced"], statuses(office)) == (1, False, True, ["paid"] * 3)
    assert first["claims"] == []
    assert first["problems"][0]["place"] == "segment 4 (BPR)"
    assert "refused" in office("settle", broken).out


def test_a_file_that_does_not_add_up(office: Desk, payers_file: Callable[..., Path]) -> None:
    done = office("settle", payers_file(Payment(paid(), amount=Decimal(1))))
    assert done.code == 1
    assert "THE AMOUNTS DO NOT ADD UP." in done.out
    assert "are not the payment, 1.00" in done.out
    assert "≠ $1.00 paid" in done.out
    assert [task["kind"] for task in office.tasks()] == ["balance"]
    assert statuses(office) == ["paid"] * 3


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("claims", "This is a professional claim file (837P)"),
        ("table", "This is a table (CSV)"),
        ("note", "This is not an X12 file"),
    ],
)
def test_another_file(office: Desk, what: str, words: str) -> None:
    files = Path(__file__).parents[2] / "fixtures" / "claims"
    name = {"claims": "visits.837", "table": "care.csv", "note": "home-visit-note.pdf"}[what]
    done = office("settle", files / name, "--json")
    [problem] = done.document["files"][0]["problems"]
    assert (done.code, problem["severity"]) == (1, "block")
    assert problem["message"].startswith(words)


def test_a_file_that_is_not_there(office: Desk) -> None:
    done = office("settle", office.folder / "nothing.835", "--json")
    assert (done.code, "cannot be opened" in done.document["error"]) == (2, True)


def test_a_queued_claim_that_the_payer_paid_is_not_sent(desk: Desk) -> None:
    """Somebody entered it elsewhere: sending it now would be twice."""
    desk.queued(1)
    [claim] = good(1)
    file = desk.folder / "june.835"
    file.write_text(x12(Payment((replace(answer_to(claim), number=number(1)),), payer="northstar")))
    assert desk("settle", file).code == 1
    [row], [task] = desk.claims(), desk.tasks()
    assert (row["state"], row["status"]) == ("held", "none")
    assert (task["kind"], task["needs_answer"]) == ("at-the-payer", True)
    answered = desk("tasks", "done", str(task["id"]), "--answer", "entered-by-hand", "--number", number(1))
    assert (answered.code, desk("settle", file).code) == (0, 0)
    assert [(row["state"], row["status"]) for row in desk.claims()] == [("accepted", "paid")]


def test_nothing_of_a_patient_is_said_logged_or_kept(office: Desk, payers_file: Callable[..., Path]) -> None:
    fine = payers_file(Payment((*paid(1), Paid("STRANGER"))))
    broken = payers_file(Payment(paid()), name="broken.835")
    broken.write_text(broken.read_text().replace("CLP*", "CLP*CANARY*SECRET123*CANARY*", 1))
    said = ""
    for more in ([], ["--json"], ["--verbose"]):
        done = office("settle", fine, broken, *more)
        said += done.out + done.err
    said += office("claims", "show", "1", "--json").out + office("tasks", "list", "--json").out
    for path in office.home.path.rglob("*"):
        if path.is_file():
            said += path.read_bytes().decode("latin-1")
    assert "SECRET123" not in said
    assert "BIRDIE" not in said

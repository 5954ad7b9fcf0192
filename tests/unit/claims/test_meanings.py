"""What payers' codes mean: a status for the claim and for each line, and what a person must do."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.codes import CARC, CATEGORIES, RARC, Sort
from bot.claims.meanings import causes, of_decision, of_decisions, of_report, of_shown
from bot.claims.model import Adjustment
from bot.claims.remittance import PaidClaim, PaidLine
from bot.claims.response import ReportedClaim, ReportedLine, Statement, StatusCode
from bot.claims.vocabulary import DECIDED, STATUS_MOVES, STATUS_SHOWN, Status

HUNDRED = Decimal(100)


def line(*reasons: str, paid: int | None = None, remarks: tuple[str, ...] = (), charge: int = 100) -> PaidLine:
    """A line; its whole unpaid part goes to the first reason, such as ``CO-50``."""
    rest = Decimal(charge) - (Decimal(0 if reasons else charge) if paid is None else Decimal(paid))
    some = tuple(
        Adjustment(group=reason.split("-")[0], reason=reason.split("-")[1], amount=rest if at == 0 else Decimal(0))
        for at, reason in enumerate(reasons)
    )
    return PaidLine(
        "99213", (), Decimal(charge), Decimal(charge) - rest, Decimal(1), adjustments=some, remarks=remarks
    )


def claim(*lines: PaidLine, decision: str = "1", remarks: tuple[str, ...] = (), filing: str = "MC") -> PaidClaim:
    return PaidClaim(
        place="segment 1 (CLP)",
        account="A1",
        decision=decision,
        charge=sum((one.charge for one in lines), Decimal(0)),
        paid=sum((one.paid for one in lines), Decimal(0)),
        patient_responsibility=Decimal(0),
        filing_indicator=filing,
        control_number="N",
        remarks=remarks,
        lines=lines,
    )


@pytest.mark.parametrize(
    ("lines", "decision", "remarks", "status"),
    [
        ([line(paid=100)], "1", (), Status.PAID),
        ([line("CO-45", paid=80)], "1", (), Status.PAID),
        ([line("CO-999", paid=80)], "1", (), Status.PAID),
        ([line("CO-151", paid=50)], "1", (), Status.PAID_PART),
        ([line(), line("CO-50")], "1", (), Status.PAID_PART),
        ([line(), line("PR-1")], "1", (), Status.PAID_PART),
        ([line("PR-1")], "1", (), Status.PAID_ZERO),
        ([line("CO-45")], "19", (), Status.PAID_ZERO),
        ([line("CO-50")], "1", (), Status.DENIED),
        ([line("CO-45"), line("CO-97")], "2", (), Status.DENIED),
        ([line("CO-45")], "4", (), Status.DENIED),
        ([line("CO-999")], "4", (), Status.DENIED),
        ([line("CO-999")], "1", (), Status.UNRECOGNISED),
        ([line("CO-50"), line("CO-999")], "1", (), Status.UNRECOGNISED),
        ([line("CO-16")], "1", ("MA130",), Status.UNPROCESSABLE),
        ([line("CO-16")], "4", ("MA130",), Status.UNPROCESSABLE),
        ([line(), line("CO-16", remarks=("MA130",))], "1", (), Status.PAID_PART),
        ([line(), line(charge=0)], "1", (), Status.PAID),
        ([line()], "22", (), Status.REVERSED),
        ([line("CO-45")], "23", (), Status.FORWARDED),
        ([line("CO-45")], "25", (), Status.UNRECOGNISED),
        ([line()], "77", (), Status.UNRECOGNISED),
        ([], "4", (), Status.DENIED),
    ],
)
def test_a_decision(lines: list[PaidLine], decision: str, remarks: tuple[str, ...], status: Status) -> None:
    assert of_decision(claim(*lines, decision=decision, remarks=remarks)).status is status


def test_lines_pay_apart() -> None:
    meaning = of_decision(claim(line(), line("CO-50"), line("PR-1"), line("CO-999")))
    assert meaning.lines == (Status.PAID, Status.DENIED, Status.PAID_ZERO, Status.UNRECOGNISED)
    assert [(why.code, why.line, why.amount) for why in meaning.reasons] == [
        ("CO-50", 2, HUNDRED), ("PR-1", 3, HUNDRED), ("CO-999", 4, HUNDRED),
    ]  # fmt: skip


def test_a_claim_in_two_parts_is_one() -> None:
    meaning = of_decisions([claim(line()), claim(line("CO-50"))])
    assert (meaning.status, meaning.lines) == (Status.PAID_PART, (Status.PAID, Status.DENIED))
    assert [why.line for why in meaning.reasons] == [2]


def _causes(one: PaidClaim) -> list[tuple[str, str, str]]:
    return [(str(cause.kind), cause.code, cause.action) for cause in causes(of_decision(one))]


def test_what_is_paid_needs_nobody() -> None:
    for one in (claim(line()), claim(line("CO-45", paid=80)), claim(line("PR-1")), claim(line("CO-999", paid=90))):
        assert _causes(one) == []


def test_each_cause_once() -> None:
    assert _causes(claim(line("CO-50"), line("CO-50"), line("CO-97"))) == [
        ("denied", "CO-50", "Send the records and appeal."),
        ("denied", "CO-97", "Check the other service or practitioner, and the modifier."),
    ]


def test_remarks_say_what_is_missing() -> None:
    assert _causes(claim(line("CO-16", remarks=("N290", "N822")), remarks=("MA01",))) == [
        ("denied", "CO-16 N290 N822", "Check the NPI.")
    ]
    assert _causes(claim(line("CO-16"))) == [
        ("denied", "CO-16", "Read the remark codes, correct the claim; where MA130 stands, send it as a new one.")
    ]
    assert _causes(claim(line("CO-16"), remarks=("MA130",))) == [
        ("unprocessable", "CO-16 MA130", "Correct it and send it as a new claim within the filing limit.")
    ]
    assert _causes(claim(line("CO-50", remarks=("M127",)))) == [
        ("denied", "CO-50 M127", "Send the records and appeal. Send the records.")
    ]


def test_a_late_claim_has_no_appeal_at_medicare() -> None:
    assert "then appeal" in _causes(claim(line("CO-29")))[0][2]
    assert _causes(claim(line("CO-29"), filing="MB"))[0][2].startswith("No appeal")


def test_a_patient_under_qmb_is_never_billed() -> None:
    meaning = of_decision(claim(line("OA-209"), remarks=("N781",)))
    assert (meaning.status, causes(meaning)) == (Status.PAID_ZERO, ())
    assert all("never bill the patient" in why.action for why in meaning.reasons)


def test_what_nobody_knows_is_told_in_the_payers_words() -> None:
    assert [cause[:2] for cause in _causes(claim(line("CO-999")))] == [("unrecognised", "CO-999")]
    assert [cause[:2] for cause in _causes(claim(line(), decision="25"))] == [("unrecognised", "claim status 25")]
    assert [cause[:2] for cause in _causes(claim(line(), line("CO-999")))] == [("unrecognised", "CO-999")]
    assert [cause[:2] for cause in _causes(claim(line("CO-45"), decision="4"))] == [("denied", "no reason")]
    assert [cause[:2] for cause in _causes(claim(line("PR-1", remarks=("MA130",))))] == [
        ("unprocessable", "MA130")
    ]
    assert [cause[:2] for cause in _causes(claim(line(), decision="22"))] == [("reversed", "reversal")]


def said(*codes: str, on: date | None = date(2026, 7, 2)) -> Statement:
    return Statement(tuple(StatusCode(*code.split(":")) for code in codes), on, HUNDRED, None)


def reported(*statements: Statement, lines: tuple[ReportedLine, ...] = ()) -> ReportedClaim:
    return ReportedClaim("segment 1 (TRN)", "A1", "N", HUNDRED, Decimal(0), statements, lines=lines)


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        (["A2:20"], Status.PENDING),
        (["A7:562:85", "A7:507"], Status.UNPROCESSABLE),
        (["A4:35"], Status.NOT_ON_FILE),
        (["P3:317"], Status.INFO_REQUESTED),
        (["R14:1"], Status.INFO_REQUESTED),
        (["F0:3"], Status.FINALIZED),
        (["F1:65"], Status.PAID),
        (["F2:88:QC"], Status.DENIED),
        (["F4:1"], Status.FINALIZED),
        (["E0:24"], Status.NONE),
        (["D0:1", "P1:20"], Status.PENDING),
        (["A2:20", "A7:1"], Status.UNRECOGNISED),
        (["Z9:1"], Status.UNRECOGNISED),
    ],
)
def test_a_report(codes: list[str], status: Status) -> None:
    assert of_report(reported(said(*codes))).status is status


def test_the_latest_statement_counts() -> None:
    early, late = said("A2:20", on=date(2026, 7, 1)), said("F2:88", on=date(2026, 7, 9))
    assert of_report(reported(late, early)).status is Status.DENIED


def test_a_report_of_lines() -> None:
    lines = tuple(ReportedLine("99213", (), HUNDRED, (said(code),)) for code in ("F1:65", "F2:88"))
    meaning = of_report(reported(said("F1:65"), lines=lines))
    assert (meaning.status, meaning.lines) == (Status.PAID_PART, (Status.PAID, Status.DENIED))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("A2:20", None), ("A1:19", None), ("P1:20", None), ("F0:3", None), ("F1:65", None), ("E1:1", None),
        ("A7:562:85", "unprocessable"), ("P3:317", "info_requested"), ("A4:35", "not_on_file"),
        ("F2:88", "denied"), ("F3N:1", "finalized"), ("F4:1", "finalized"), ("Z9:1", "unrecognised"),
    ],
)  # fmt: skip
def test_the_cause_of_a_report(code: str, kind: str | None) -> None:
    found = causes(of_report(reported(said(code))))
    assert [(str(cause.kind), cause.code) for cause in found] == ([(kind, code)] if kind else [])


def test_every_known_code_says_something() -> None:
    for known in (*CARC.values(), *RARC.values()):
        assert known.words
        assert bool(known.action) == (known.sort is not Sort.CONTRACT)
    assert all(one.words for one in CATEGORIES.values())


def test_every_category_that_there_is_is_known() -> None:
    """pyx12 carries the code list. What F5 and X0 ask of an office nobody has said: a person sees them."""
    codes = files("pyx12").joinpath("map/codes.xml").read_text(encoding="utf-8")
    listed = re.search(r"<id>claim_status_cat</id>.*?</codeset>", codes, re.DOTALL)
    assert listed is not None
    known = set(re.findall(r"<code>([A-Z0-9]+)</code>", listed[0]))
    assert len(known) > 40
    assert known - set(CATEGORIES) == {"F5", "X0"}


def test_every_remark_is_one() -> None:
    codes = files("pyx12").joinpath("map/codes.xml").read_text(encoding="utf-8")
    listed = re.search(r"<id>remark_code</id>.*?</codeset>", codes, re.DOTALL)
    assert listed is not None
    assert set(RARC) - set(re.findall(r"<code>([A-Z0-9]+)</code>", listed[0])) <= {"N781", "N782", "N783"}


_groups = st.sampled_from(("CO", "PR", "OA"))
_lines = st.builds(
    line,
    st.tuples(_groups, st.sampled_from((*CARC, "999"))).map("-".join),
    paid=st.integers(0, 100),
    remarks=st.lists(st.sampled_from((*RARC, "N999")), max_size=2).map(tuple),
)


@given(st.lists(_lines, min_size=1, max_size=4), st.sampled_from(("1", "2", "3", "4", "19", "22", "23", "25")))
def test_whatever_is_said_what_is_not_paid_is_not_called_paid(lines: list[PaidLine], decision: str) -> None:
    one = claim(*lines, decision=decision)
    meaning = of_decision(one)
    assert len(meaning.lines) == len(lines)
    if meaning.status is Status.PAID:
        assert all(part.paid > 0 for part in lines)
        assert causes(meaning) == ()
    if decision in "123" and one.paid == 0:
        assert meaning.status not in (Status.PAID, Status.PAID_PART)
    if meaning.status in (Status.DENIED, Status.UNPROCESSABLE, Status.UNRECOGNISED):
        assert causes(meaning)


# statuses


def test_every_status_has_words_and_moves() -> None:
    assert set(STATUS_MOVES) == set(STATUS_SHOWN) == set(Status)
    assert all(before not in moves for before, moves in STATUS_MOVES.items())


def test_nothing_becomes_none_again_and_a_decision_stays_one() -> None:
    assert all(Status.NONE not in moves for moves in STATUS_MOVES.values())
    for before in DECIDED:
        assert STATUS_MOVES[before] == DECIDED - {before} | {Status.UNRECOGNISED}
    assert STATUS_MOVES[Status.NONE] == set(Status) - {Status.NONE}


# what a payer's page says


@pytest.mark.parametrize(
    ("status", "words", "reasons", "kind", "code", "action"),
    [
        (Status.DENIED, "Denied", ("CO-50",), "denied", "CO-50", "Send the records and appeal."),
        (Status.DENIED, "Denied", ("50", "N999"), "denied", "50 N999", "Send the records and appeal."),
        (Status.DENIED, "Denied", ("our policy 17",), "denied", "our policy 17", "Ask the payer why."),
        (Status.DENIED, "Denied", (), "denied", "Denied", "Ask the payer why."),
        (Status.PAID_PART, "Paid", ("CO-45", "CO-50"), "denied", "CO-50", "Send the records and appeal."),
        (Status.UNRECOGNISED, " Zeta review ", (), "unrecognised", "'Zeta review'", "Ask the payer what it means"),
        (Status.NOT_ON_FILE, "", (), "not_on_file", "not found", "do not send it again"),
        (Status.INFO_REQUESTED, "ADR", (), "info_requested", "ADR", "send it in time"),
        (Status.UNPROCESSABLE, "Rejected", (), "unprocessable", "Rejected", "correct the claim"),
        (Status.REVERSED, "Reversed", (), "reversed", "reversal", "corrected decision"),
    ],
)
def test_what_a_page_says_that_needs_a_person(
    status: Status, words: str, reasons: tuple[str, ...], kind: str, code: str, action: str
) -> None:
    cause = of_shown(status, words, reasons)
    assert cause is not None
    assert (cause.kind, cause.code) == (kind, code)
    assert action in cause.action


@pytest.mark.parametrize("status", [Status.NONE, Status.PENDING, Status.PAID, Status.PAID_ZERO, Status.FINALIZED])
def test_what_a_page_says_that_needs_nobody(status: Status) -> None:
    assert of_shown(status, "Paid", ("CO-45",)) is None
    assert of_shown(Status.PAID_PART, "Paid", ("CO-45",)) is None


def test_a_page_and_a_file_that_say_the_same_are_one_cause() -> None:
    shown = of_shown(Status.DENIED, "Denied", ("CO-50",))
    [told] = causes(of_decision(claim(line("CO-50"))))
    assert shown == told

"""Payers' files: read as they are, refused by segment where they are broken, and their amounts added up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.claims.model import Severity
from bot.claims.remittance import Remittance
from bot.claims.replies import ReplyFile, read_reply
from bot.claims.response import Response
from fixtures.claims.writers import Separators
from tests.payer_files import Line, Paid, Payment, Said, Statuses, x12
from tests.unit.claims.strategies import separators as ways_to_cut
from tests.unit.claims.test_x12_samples import SAMPLES

_SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
TWO_LINES = (
    Line("99490", Decimal("62.50"), (("CO", "45", "12.50"), ("PR", "2", "10.00")), number="L1", remarks=("N290",)),
    Line("99439", Decimal("47.00"), (("CO", "50", "47.00"),), until="20260630"),
)
FULL = Payment(
    (
        Paid("A1", TWO_LINES, number="ICN1", earlier="ICN0", owed="10.00", remarks=("MA01", "MA130"), filing="MB"),
        Paid("A 2", (), "4", adjustments=(("CO", "29", "20"),), charge=Decimal(20), days=("20260501", "20260501")),
    ),
    provider=(("WO", "OLD1", "4.25"), ("FB", "", "-1.25")),
)  # fmt: skip


def read(folder: Path, text: str | bytes) -> ReplyFile:
    path = folder / "payer.edi"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_reply(path)


def remittance(folder: Path, *payments: Payment) -> Remittance:
    """The first remittance of a good file."""
    file = read(folder, x12(*payments))
    assert not file.refused, file.problems
    assert isinstance(file.transactions[0], Remittance)
    return file.transactions[0]


def response(folder: Path, *some: Statuses) -> Response:
    file = read(folder, x12(*some))
    assert not file.refused, file.problems
    assert isinstance(file.transactions[0], Response)
    return file.transactions[0]


# what is read


def test_a_remittance(tmp_path: Path) -> None:
    one = remittance(tmp_path, FULL)
    assert (one.payer, one.payer_ids, one.payee) == (
        "NORTHSTAR MEDICAID",
        ("NS001",),
        "MAPLE HOLLOW FAMILY MEDICINE",
    )
    assert (one.payment, one.method, one.number, one.paid_on) == (
        Decimal("37.00"), "ACH", "EFT0001", date(2026, 7, 15),
    )  # fmt: skip
    assert (one.charge, one.paid, one.adjusted, one.provider_adjusted) == (
        Decimal("129.50"), Decimal("40.00"), Decimal("89.50"), Decimal("3.00"),
    )  # fmt: skip
    assert [(a.reason, a.reference, a.amount) for a in one.provider_adjustments] == [
        ("WO", "OLD1", Decimal("4.25")), ("FB", "", Decimal("-1.25")),
    ]  # fmt: skip
    assert one.faults == ()


def test_its_claims_and_lines(tmp_path: Path) -> None:
    first, second = remittance(tmp_path, FULL).claims
    assert (first.account, first.decision, first.control_number, first.earlier_number) == (
        "A1",
        "1",
        "ICN1",
        "ICN0",
    )
    assert (first.patient_responsibility, first.filing_indicator) == (Decimal(10), "MB")
    assert first.remarks == ("MA01", "MA130")
    assert (first.service_from, first.service_to) == (date(2026, 6, 1), date(2026, 6, 30))
    line, other = first.lines
    assert (line.code, line.charge, line.paid, line.control_number, line.remarks) == (
        "99490", Decimal("62.50"), Decimal("40.00"), "L1", ("N290",),
    )  # fmt: skip
    assert [(a.group, a.reason, a.amount) for a in line.adjustments] == [
        ("CO", "45", Decimal("12.50")), ("PR", "2", Decimal("10.00")),
    ]  # fmt: skip
    assert (other.service_from, other.service_to) == (date(2026, 6, 1), date(2026, 6, 30))
    assert (second.account, second.decision, second.lines, second.paid) == ("A 2", "4", (), Decimal(0))
    assert (second.service_from, second.service_to) == (date(2026, 5, 1), date(2026, 5, 1))


def test_what_was_submitted_counts_not_what_it_was_decided_as(tmp_path: Path) -> None:
    one = remittance(tmp_path, Payment((Paid(lines=(Line("99212", submitted="99213"),)),)))
    assert one.claims[0].lines[0].code == "99213"


def test_provider_level_adjustments_stand_together_or_apart(tmp_path: Path) -> None:
    apart = "PLB*1990000014*20261231*WO:OLD1*4.25~\nPLB*1990000014*20261231*FB*-1.25~\nSE*32"
    text = x12(FULL)
    assert apart in text
    file = read(tmp_path, text.replace(apart, "PLB*1990000014*20261231*WO:OLD1*4.25*FB*-1.25~\nSE*31"))
    assert file.balanced
    [one] = file.transactions
    assert isinstance(one, Remittance)
    assert [str(part.amount) for part in one.provider_adjustments] == ["4.25", "-1.25"]


def test_another_component_separator_than_the_header_names(tmp_path: Path) -> None:
    file = read(tmp_path, x12(FULL).replace("SVC*HC:99490", "SVC*HC>99490>25"))
    [one] = file.transactions
    assert isinstance(one, Remittance)
    assert [(line.code, line.modifiers) for line in one.claims[0].lines] == [("99490", ("25",)), ("99439", ())]


def test_nothing_is_minus_zero(tmp_path: Path) -> None:
    file = read(tmp_path, x12(FULL).replace("SVC*HC:99439*47.00*0.00", "SVC*HC:99439*47.00*-0"))
    [one] = file.transactions
    assert isinstance(one, Remittance)
    assert str(one.claims[0].lines[1].paid) == "0.00"


def test_an_acknowledgment(tmp_path: Path) -> None:
    rejected = Said("B 7", ("A7:562:85", "A7:507"), Decimal(50), lines=(("99213", "A7:507"),))
    one = response(tmp_path, Statuses((Said(number="ICN1"), rejected)))
    assert (one.acknowledges, one.payer, one.number, one.made_on) == (
        True, "NORTHSTAR MEDICAID", "BATCH1", date(2026, 7, 2),
    )  # fmt: skip
    assert [(c.account, c.control_number, c.charge) for c in one.claims] == [
        ("A1", "ICN1", Decimal(100)), ("B 7", "", Decimal(50)),
    ]  # fmt: skip
    assert [[str(code) for code in said.codes] for said in one.claims[1].statements] == [["A7:562:85"], ["A7:507"]]
    assert [(line.code, str(line.statements[0].codes[0])) for line in one.claims[1].lines] == [("99213", "A7:507")]
    assert [(notice.about, str(notice.statement.codes[0])) for notice in one.notices] == [
        ("the sender", "A1:19:PR")
    ]
    assert one.faults == ()


def test_an_answer_to_a_status_request(tmp_path: Path) -> None:
    one = response(tmp_path, Statuses((Said("A1", ("F1:65",), paid="80", until="20260630"),), acknowledges=False))
    claim = one.claims[0]
    assert (one.acknowledges, claim.account, claim.paid) == (False, "A1", Decimal(80))
    assert (claim.service_from, claim.service_to) == (date(2026, 6, 1), date(2026, 6, 30))


@pytest.mark.parametrize("body", [FULL, Statuses((Said(), Said("B")))])
def test_nothing_of_a_patient_is_carried(tmp_path: Path, body: Payment | Statuses) -> None:
    said = repr(read(tmp_path, x12(body)))
    assert "CANARY" not in said
    assert "SECRET123" not in said


def test_several_transactions_and_interchanges_in_one_file(tmp_path: Path) -> None:
    other = Separators("|", "<", "'", "\r\n")
    text = x12(FULL, Statuses()) + x12(replace(FULL, number="EFT0002"), separators=other)
    file = read(tmp_path, b"\xef\xbb\xbf" + text.encode())
    assert (file.kind, file.balanced) == ("835 + 277CA", True)
    assert [one.number for one in file.transactions] == ["EFT0001", "BATCH1", "EFT0002"]


def test_the_same_claim_has_the_same_digest_wherever_it_stands(tmp_path: Path) -> None:
    a, b = Paid("A1"), Paid("A2")
    digests = {one.account: one.digest for one in remittance(tmp_path, Payment((a, b))).claims}
    again = {one.account: one.digest for one in remittance(tmp_path, Payment((b, a))).claims}
    other = remittance(tmp_path, Payment((Paid("A1", decision="2"),))).claims[0].digest
    assert digests == again
    assert len({*digests.values(), other}) == 3


# what does not add up


@pytest.mark.parametrize(
    ("payment", "words"),
    [
        (Payment((Paid(lines=(Line(paid=Decimal(90)),)),)), "Line 1: 100.00 charged less 0.00 adjusted"),
        (Payment((Paid(paid=Decimal(90)),)), "100.00 charged less 0.00 adjusted is not 90.00 paid."),
        (Payment((Paid(charge=Decimal(90), paid=Decimal(90)),)), "lines' charges are 100.00, the claim's"),
        (Payment(amount=Decimal(99)), "are not the payment, 99.00"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_said_and_read_all_the_same(tmp_path: Path, payment: Payment, words: str) -> None:
    file = read(tmp_path, x12(payment))
    assert (file.refused, file.balanced, len(file.transactions)) == (False, False, 1)
    assert words in " ".join(problem.message for problem in file.problems)


def test_an_acknowledgment_whose_counts_differ(tmp_path: Path) -> None:
    file = read(tmp_path, x12(Statuses(counted=Decimal(99))))
    assert not file.balanced
    assert "The payer counts charges of 99.00; the claims' are 100.00." in file.problems[0].message


# what is broken


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("BPR*I*37.00", "BPR*I*lots", "4 (BPR)", "The payment is not an amount, such as 85.00 (BPR02)."),
        ("BPR*I*37.00", "BPR*I*37.005", "4 (BPR)", "The payment has fractions of a cent (BPR02)."),
        ("N1*PR*NORTHSTAR MEDICAID", "N1*ZZ*NORTHSTAR", "34 (SE)", "The payer (N1 PR) is missing."),
        ("TRN*1*EFT0001", "TRN*1*", "5 (TRN)", "The number of the check or transfer is missing (TRN02)."),
        ("CLP*A1*", "CLP**", "13 (CLP)", "The patient account number is missing (CLP01)."),
        ("CLP*A1*1*109.50*", "CLP*A1*1**", "13 (CLP)", "The claim's charge is missing (CLP03)."),
        ("CAS*CO*50*47.00", "CAS*CO*50", "26 (CAS)", "The adjustment is missing (CAS03)."),
        ("CAS*CO*50*47.00", "CAS**50*47.00", "26 (CAS)", "The adjustment's group is missing (CAS01)."),
        ("CAS*CO*50*47.00", "CAS*CO*50*47.00*x", "26 (CAS)", "The adjustment's quantity is not a number (CAS04)."),
        ("SVC*HC:99439*47.00*0.00", "SVC*HC:99439*47.00", "23 (SVC)", "The line's payment is missing (SVC03)."),
        ("LX*1", "CAS*CO*45*1", "12 (CAS)", "It belongs to no claim: CAS stands before the first CLP."),
        ("LX*1", "SVC*HC:1*1*1", "12 (SVC)", "It belongs to no claim: SVC stands before the first CLP."),
        ("LX*1", "BPR*I*1*C*ACH", "12 (BPR)", "There are two payments (BPR) in one remittance."),
        ("LX*1", "CUR*PE*CAD", "12 (CUR)", "The amounts are not in dollars."),
        ("LX*1", "LX*1\n2", "12 (LX)", "It holds a line break or characters that are not text."),
        ("*WO:OLD1*4.25", "*WO:OLD1", "32 (PLB)", "The provider-level adjustment is missing (PLB04)."),
        ("SE*32*0001", "SE*31*0001", "34 (SE)", "The segment count in the transaction trailer (SE) is wrong."),
        ("SE*32*0001~\n", "", "34 (GE)", "The transaction before it has no end (SE)."),
        ("ST*835*0001~\n", "", "3 (BPR)", "It belongs to no transaction: no ST stands before it."),
    ],
)
def test_a_broken_remittance_is_refused_by_segment(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    text = x12(FULL)
    assert old in text
    file = read(tmp_path, text.replace(old, new, 1))
    assert (file.refused, file.transactions) == (True, ())
    told = [(problem.place, problem.message) for problem in file.problems if problem.severity is Severity.BLOCK]
    assert any(at == f"segment {place}" and said.startswith(words) for at, said in told), told


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("STC*A2:20*20260702**100", "STC*:20*20260702**100", "The status category is missing (STC01)."),
        ("STC*A2:20*20260702**100", "STC*A2:20*20260702", "The claim's charge (STC04) is missing."),
        ("STC*A2:20*20260702**100~\n", "", "Its status (STC) is missing."),
        ("TRN*2*A1", "TRN*2", "The number of the claim is missing (TRN02)."),
        ("TRN*2*A1~\n", "", "It belongs to no claim: no TRN stands before it."),
        ("NM1*PR*2*NORTHSTAR MEDICAID", "NM1*ZZ*2*NORTHSTAR", "The payer (HL 20 with its NM1) is missing."),
        ("HL*4*3*PT*0", "HL*4*3*XX*0", "The level is none of 20, 21, 19, 22, 23 and PT (HL03)."),
        ("AMT*YU*99", "AMT*YU*all", "The charges total is not an amount"),
    ],
)
def test_a_broken_acknowledgment_is_refused_by_segment(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = x12(Statuses())
    assert old in text
    file = read(tmp_path, text.replace(old, new, 1))
    assert (file.refused, file.transactions) == (True, ())
    assert any(words in problem.message and problem.place for problem in file.problems), file.problems


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (x12(FULL).replace("005010X221A1", "004010X091A1"), "This is a remittance advice (835) in version 4010;"),
        (x12(FULL).replace("ST*835", "ST*999"), "This is an implementation acknowledgment (999);"),
        (x12(Statuses()).replace("005010X214", "005010X213"), "a request for additional information (277);"),
        (x12(Statuses()).replace("005010X214", "005010"), "a claim status response (277) that does not say which"),
        (x12(FULL).replace("ST*835*0001", "ST*837*0001*005010X222A1"), "a professional claim file (837P);"),
        (x12(FULL).replace("ST*835*0001", "ST*837*0001*004010X098A1"), "(837P) in version 4010;"),
        ("account,date\nA1,2026-06-01\n", "This is not an X12 file;"),
        ("%PDF-1.7", "This is not an X12 file;"),
        ('{"claims": []}', "This is a JSON document;"),
        ("", "This is not an X12 file;"),
    ],
)  # fmt: skip
def test_another_file_is_told_in_one_sentence(tmp_path: Path, content: str, words: str) -> None:
    file = read(tmp_path, content)
    [problem] = file.problems
    assert file.refused
    assert words in problem.message


def test_another_transaction_beside_is_passed_over_and_said(tmp_path: Path) -> None:
    text = x12(FULL, replace(FULL, number="X")).replace("ST*835*0002", "ST*999*0002")
    file = read(tmp_path, text)
    assert (len(file.transactions), file.balanced) == (1, True)
    assert [problem.message for problem in file.problems] == [
        "The file also holds an implementation acknowledgment (999); it is passed over."
    ]


def test_dates_that_are_none_are_left_out_and_said(tmp_path: Path) -> None:
    text = x12(FULL).replace("20260715~", "20261399~").replace("DTM*472*20260601", "DTM*472*LAST JUNE")
    file = read(tmp_path, text)
    assert not file.refused
    assert [(problem.rule, problem.place) for problem in file.problems] == [
        ("date", "segment 4 (BPR)"), ("date", "segment 18 (DTM)"),
    ]  # fmt: skip
    one = file.transactions[0]
    assert isinstance(one, Remittance)
    assert one.paid_on == date(2026, 7, 14)  # when the file was made


# whatever the file


_cents = st.integers(0, 500_00).map(lambda cents: Decimal(cents) / 100)


@st.composite
def _lines(draw: st.DrawFn) -> Line:
    charge = draw(_cents)
    adjusted = draw(
        st.lists(st.tuples(st.sampled_from(("CO", "PR", "OA")), st.sampled_from(("45", "1", "50")), _cents))
    )
    return Line("99213", charge, tuple((group, reason, str(money)) for group, reason, money in adjusted))


_payments = st.builds(
    Payment,
    claims=st.lists(
        st.builds(Paid, st.sampled_from(("A1", "B2")), st.lists(_lines(), min_size=1, max_size=9).map(tuple)),
        max_size=4,
    ).map(tuple),
    provider=st.lists(_cents.map(lambda money: ("WO", "1", str(money))), max_size=3).map(tuple),
)


@_SETTINGS
@given(st.lists(_payments, min_size=1, max_size=3), ways_to_cut)
def test_what_is_written_is_read_and_balances(
    tmp_path_factory: pytest.TempPathFactory, payments: list[Payment], cut: Separators
) -> None:
    file = read(tmp_path_factory.mktemp("reply"), x12(*payments, separators=cut))
    assert file.balanced, file.problems
    for one, wanted in zip(file.transactions, payments, strict=True):
        assert isinstance(one, Remittance)
        assert [claim.account for claim in one.claims] == [claim.account for claim in wanted.claims]
        assert one.charge == sum(claim.total for claim in wanted.claims)
        assert one.paid == sum(claim.money for claim in wanted.claims)
        assert one.payment == one.paid - one.provider_adjusted == one.charge - one.adjusted - one.provider_adjusted


@pytest.mark.parametrize("body", [FULL, Statuses((Said(), Said("B2", ("A7:1",))))])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, body: Payment | Statuses) -> None:
    text = x12(body)
    parts = text.split("~\n")[:-1]
    for kept in range(len(parts)):
        file = read(tmp_path, "".join(f"{part}~\n" for part in parts[:kept]))
        assert (file.refused, file.transactions) == (True, ()), kept
        assert not file.balanced


@pytest.mark.parametrize("body", [FULL, Statuses((Said(), Said("B2", ("A7:1",))))])
def test_a_segment_that_is_missing_is_noticed(tmp_path: Path, body: Payment | Statuses) -> None:
    text = x12(body)
    parts = text.split("~\n")[:-1]
    for lost in range(len(parts)):
        file = read(tmp_path, "".join(f"{part}~\n" for number, part in enumerate(parts) if number != lost))
        assert (file.refused, file.transactions) == (True, ()), parts[lost]


@_SETTINGS
@given(st.sampled_from([x12(FULL), x12(Statuses((Said(), Said("B2", ("A7:1",)))))]), st.data())
def test_whatever_is_damaged_nothing_raises_and_no_total_is_made_up(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    with_ = data.draw(st.text(alphabet="~*:^\n 0-.AZ\ufffdé", max_size=3))
    cut = data.draw(st.integers(0, 3))
    file = read(tmp_path_factory.mktemp("reply"), text[:at] + with_ + text[at + cut :])
    assert file.refused == (not file.transactions)
    for one in file.transactions:
        if isinstance(one, Remittance) and file.balanced:
            assert one.payment == one.charge - one.adjusted - one.provider_adjusted


# other people's files


@pytest.mark.skipif(not SAMPLES.exists(), reason="no public sample files beside the project (../shared/samples)")
class TestSamples:
    """The public samples, by their own totals; three of them do not add up, and that is said."""

    @pytest.mark.parametrize(
        ("name", "claims", "charge", "paid", "payments", "balanced"),
        [
            ("linuxforhealth__cob-contractural-adjustment.835", 1, "541.00", "34.00", ["34.00"], True),
            ("linuxforhealth__demo.835", 2, "226366.97", "149998.73", ["150000.00"], True),
            ("linuxforhealth__managed-care.835", 2, "2000.00", "945.00", ["945.00"], True),
            ("linuxforhealth__secondary-payment.835", 2, "11075.14", "1222.00", ["1222.00"], True),
            ("linuxforhealth__tertiary-payment.835", 1, "1766.50", "187.50", ["187.50"], False),
            ("moov-io__sample1.txt", 2, "770.41", "0.00", ["-6173.50", "-6173.40"], False),
            ("moov-io__sample2.txt", 1, "4199.68", "4000.00", ["4000.00"], False),
        ],
    )
    def test_remittances(
        self, name: str, claims: int, charge: str, paid: str, payments: list[str], balanced: bool
    ) -> None:
        file = read_reply(SAMPLES / "other" / name)
        found = [one for one in file.transactions if isinstance(one, Remittance)]
        assert (file.kind, sum(len(one.claims) for one in found), file.balanced) == ("835", claims, balanced)
        assert sum(one.charge for one in found) == Decimal(charge)
        assert sum(one.paid for one in found) == Decimal(paid)
        assert [str(one.payment) for one in found] == payments
        assert [one.paid - one.provider_adjusted for one in found] == [one.payment for one in found]

    @pytest.mark.parametrize(
        ("name", "accounts", "charge", "notices"),
        [
            ("linuxforhealth__claim-level-status-ncpdp.277", [""], "85.00", 0),
            ("linuxforhealth__demo.277", ["SM123456", "J0234567", "MA345678"], "16262.88", 0),
            ("linuxforhealth__information-receiver-level-status.277", [], "0.00", 1),
            ("linuxforhealth__provider-level-status.277", ["SM123456"], "8513.88", 1),
        ],
    )
    def test_statuses(self, name: str, accounts: list[str], charge: str, notices: int) -> None:
        file = read_reply(SAMPLES / "other" / name)
        [one] = file.transactions
        assert isinstance(one, Response)
        assert (file.kind, file.balanced) == ("277", True)
        assert [problem.rule for problem in file.problems] == ["test-file"]
        assert [claim.account for claim in one.claims] == accounts
        assert (one.charge, len(one.notices)) == (Decimal(charge), notices)

    def test_all_others_are_refused_in_one_sentence(self) -> None:
        others = [
            path
            for path in (SAMPLES / "other").iterdir()
            if path.suffix not in (".835", ".277")
            and path.name not in ("moov-io__sample1.txt", "moov-io__sample2.txt")
        ]
        assert others
        for path in (*others, *(SAMPLES / "837p").iterdir()):
            file = read_reply(path)
            assert (file.refused, len(file.problems)) == (True, 1)
            assert file.problems[0].message.startswith("This is a")

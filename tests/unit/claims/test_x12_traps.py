"""What real files do that the standard does not say, each seen in public samples."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.claims.model import Severity
from tests.unit.claims.builders import BILLING, CLAIM, LINE, SUBSCRIBER, read, x12

BODY = [*BILLING, *SUBSCRIBER, *CLAIM, *LINE]
TEXT = x12(BODY)


def _good(folder: Path, text: str | bytes, claims: int = 1) -> list[str]:
    """Every claim is read whole; the file's warnings come back."""
    found, problems = read(folder, text)
    assert [item.problems for item in found] == [()] * claims
    assert all(item.claim for item in found)
    assert {problem.severity for problem in problems} <= {Severity.WARN}
    return [problem.rule for problem in problems]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"\xef\xbb\xbf" + TEXT.encode(), id="byte order mark"),
        pytest.param(TEXT.encode("utf-16"), id="utf-16"),
        pytest.param(TEXT.replace("~\n", "~").encode(), id="no line ends"),
        pytest.param(TEXT.replace("~\n", "~\r\n").encode(), id="CRLF"),
        pytest.param(TEXT.replace("~\n", "\r").encode(), id="CR is the terminator"),
        pytest.param(TEXT.replace("~\n", "\r\n").encode(), id="CR is the terminator and LF follows"),
        pytest.param(TEXT.replace("~\n", "\n").encode(), id="LF is the terminator"),
        pytest.param(TEXT.replace("~\n", "\n\n").encode(), id="LF is the terminator, with empty lines"),
        pytest.param(TEXT.replace(":", "<").encode(), id="components by <"),
        pytest.param(TEXT.replace(":", ">").encode(), id="components by >"),
        pytest.param(TEXT.replace("*", "|").replace("~", "'").encode(), id="other separators"),
        pytest.param(
            TEXT.replace("*", "\x1d").replace(":", "\x1f").replace("~", "\x1c").encode(), id="control marks"
        ),
        pytest.param(TEXT.replace("~\n", "~\n   ").encode(), id="blanks before segments"),
        pytest.param(TEXT.replace("~\n", "~ \n\t").encode(), id="tabs before segments"),
        pytest.param(b"\n \r\n" + TEXT.encode(), id="blanks before the file"),
        pytest.param(TEXT.replace("~\nLX", "~~\n~LX").encode(), id="empty segments"),
        pytest.param(TEXT.encode() + b"\r\n\x1a\x00\x00", id="end-of-file mark and padding"),
        pytest.param(TEXT.rstrip("~\n").encode(), id="last terminator missing"),
        pytest.param(TEXT.replace("*ZZ*SENDER         *", "*ZZ*SENDER*").encode(), id="header not padded"),
        pytest.param(TEXT.replace("*00501*", "*00405*").encode(), id="another envelope version"),
    ],
)
def test_it_does_not_matter(tmp_path: Path, text: bytes) -> None:
    assert _good(tmp_path, text) == []


def test_a_terminator_within_the_header(tmp_path: Path) -> None:
    assert _good(tmp_path, TEXT.replace("*SENDER ", "*SEND~R ")) == ["envelope"]


@pytest.mark.parametrize(
    "header",
    [
        TEXT.replace(":~\n", "\r\n").replace("~\n", "\r\n"),
        TEXT.replace("*P*:~", "*P*"),
        TEXT.replace("*P*:~", "*P**~"),
        TEXT.replace("*P*:~", "*P*A~"),
        TEXT.replace("*0*P*:~", "~"),
        TEXT[:60],
    ],
    ids=["no component separator, CRLF", "no separators", "one for two", "a letter", "too few elements", "cut"],
)
def test_a_header_that_names_no_separators(tmp_path: Path, header: str) -> None:
    found, problems = read(tmp_path, header)
    assert found == []
    assert [(problem.rule, problem.severity) for problem in problems] == [("unreadable", Severity.BLOCK)]


def test_a_long_segment_is_not_the_end(tmp_path: Path) -> None:
    """pyx12's own buffer is eight thousand characters."""
    note = "NTE*ADD*" + "X" * 50_000
    found, _ = read(tmp_path, x12([*BILLING, *SUBSCRIBER, *CLAIM, note, *LINE], BODY))
    assert len(found) == 2
    assert found[0].claim is not None
    assert len(found[0].claim.note) == 50_000


def test_several_interchanges_each_with_its_own_separators(tmp_path: Path) -> None:
    other = TEXT.replace("*", "|").replace(":", ">").replace("~", "!").replace("ACC1", "ACC2")
    third = TEXT.replace("~\n", "\r").replace("ACC1", "ACC3")
    found, problems = read(tmp_path, TEXT + other + third)
    assert problems == []
    assert [item.account for item in found] == ["ACC1", "ACC2", "ACC3"]
    assert [item.claim is not None for item in found] == [True] * 3


def test_several_groups_and_transactions(tmp_path: Path) -> None:
    group = x12(BODY, BODY).splitlines()[1:-1]
    text = "\n".join([TEXT.splitlines()[0], *group, *group, "IEA*2*000000001~"]) + "\n"
    assert _good(tmp_path, text, claims=4) == ["envelope"]  # both groups are number 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SE*20*0001", "SE*999*0001"),
        ("SE*20*0001", "SE*20*0009"),
        ("GE*1*1", "GE*7*1"),
        ("GE*1*1", "GE*1*8"),
        ("IEA*1*000000001", "IEA*3*000000001"),
        ("IEA*1*000000001", "IEA*1*000000002"),
    ],
)
def test_wrong_envelope_counts_warn(tmp_path: Path, old: str, new: str) -> None:
    assert old in TEXT
    assert _good(tmp_path, TEXT.replace(old, new)) == ["envelope"]


def test_a_wrong_count_in_every_transaction_is_told_once(tmp_path: Path) -> None:
    text = x12(*[BODY] * 30).replace("SE*20*", "SE*21*")
    assert _good(tmp_path, text, claims=30) == ["envelope"]


def test_total_other_than_its_lines_is_read_as_it_stands(tmp_path: Path) -> None:
    found, _ = read(tmp_path, TEXT.replace("CLM*ACC1*100*", "CLM*ACC1*90*"))
    assert found[0].charge == Decimal(90)
    assert found[0].claim is not None
    assert found[0].claim.lines[0].charge == Decimal(100)


def test_missing_diagnoses_are_left_to_the_edits(tmp_path: Path) -> None:
    found, _ = read(tmp_path, TEXT.replace(CLAIM[1] + "~\n", ""))
    assert found[0].claim is not None
    assert found[0].claim.diagnoses == ()


def test_a_separator_other_than_the_header_names(tmp_path: Path) -> None:
    body = [segment.replace(":", ">") for segment in BODY]
    found, problems = read(tmp_path, x12(body))
    assert [problem.rule for problem in problems] == ["envelope"]
    assert found[0].claim is not None
    assert found[0].claim.diagnoses == ("E119", "I10")
    assert found[0].claim.lines[0].code == "99213"


@pytest.mark.parametrize(
    "numbers",
    [("9", "8"), ("2", "7"), ("2", ""), ("x", "y"), ("2", "9" * 5000)],
    ids=["both wrong", "parent unknown", "parent missing", "not numbers", "a very long number"],
)
def test_wrong_level_numbers_warn_and_lose_nothing(tmp_path: Path, numbers: tuple[str, str]) -> None:
    own, parent = numbers
    assert _good(tmp_path, TEXT.replace("HL*2*1*22", f"HL*{own}*{parent}*22")) == ["hierarchy"]


def test_level_numbers_that_go_on_in_the_next_transaction(tmp_path: Path) -> None:
    """One program counts levels through the file but restarts the parents."""
    second = [segment.replace("HL*1*", "HL*3*").replace("HL*2*1*22", "HL*4*1*22") for segment in BODY]
    assert _good(tmp_path, x12(BODY, second), claims=2) == ["hierarchy"]


def test_a_parent_that_is_another_subscriber_blocks(tmp_path: Path) -> None:
    """The numbers are right throughout, so this patient is said to be somebody else's dependant."""
    patient = ["PAT*19", "NM1*QC*1*ROE*TIM", *CLAIM, *LINE]
    family = ["SBR*P********CI", *SUBSCRIBER[2:]]
    body = [
        *BILLING,
        "HL*2*1*22*1", *family, "HL*3*2*23*0", *patient,
        "HL*4*1*22*1", *family, "HL*5*2*23*0", *patient,
    ]  # fmt: skip
    found, _ = read(tmp_path, x12(body))
    assert [item.claim is None for item in found] == [False, True]
    assert found[1].problems[0].rule == "hierarchy"


@pytest.mark.parametrize("guide", ["005010X222", "005010X222A1", "005010X222A2", "005010x222a1"])
def test_every_5010_guide(tmp_path: Path, guide: str) -> None:
    assert _good(tmp_path, x12(BODY, guide=guide)) == []


def test_a_guide_that_is_not_one_for_claims(tmp_path: Path) -> None:
    """005010X221A1, the guide of remittances, was seen on claims."""
    assert _good(tmp_path, x12(BODY, guide="005010X221A1")) == ["guide"]
    institutional = [*BILLING, *SUBSCRIBER, *CLAIM, "LX*1", "SV2*0300*HC:99213*100*UN*1"]
    found, problems = read(tmp_path, x12(institutional, guide="005010X221A1"))
    assert found == []
    assert [problem.rule for problem in problems] == ["file-type"]


@pytest.mark.parametrize("guide", ["004010X098", "004010X098A1"])
def test_4010_is_counted_and_blocked(tmp_path: Path, guide: str) -> None:
    found, problems = read(tmp_path, x12([*BODY, *BODY[11:]], guide=guide))
    assert problems == []
    assert [(item.account, item.lines, item.charge, item.claim) for item in found] == [
        ("ACC1", 1, Decimal(100), None),
        ("ACC1", 1, Decimal(100), None),
    ]
    for item in found:
        (problem,) = item.problems
        assert (problem.severity, problem.rule, problem.account) == (Severity.BLOCK, "version", "ACC1")
        assert "version 4010" in problem.message


@pytest.mark.parametrize(
    ("kind", "guide", "words"),
    [
        ("835", "005010X221A1", "a remittance advice (835)"),
        ("276", "005010X212", "a claim status request (276)"),
        ("277", "005010X214", "a claim status response (277)"),
        ("270", "005010X279A1", "an eligibility inquiry (270)"),
        ("271", "005010X279A1", "an eligibility response (271)"),
        ("278", "005010X217", "an authorisation request or response (278)"),
        ("834", "005010X220A1", "an enrolment file (834)"),
        ("999", "005010X231A1", "an implementation acknowledgment (999)"),
        ("997", "004010", "a functional acknowledgment (997)"),
        ("837", "005010X223A2", "an institutional claim file (837I)"),
        ("837", "004010X096A1", "an institutional claim file (837I)"),
        ("837", "005010X224A2", "a dental claim file (837D)"),
        ("837", "004010X097A1", "a dental claim file (837D)"),
        ("850", "004010", "an X12 file of another kind"),
    ],
)
def test_other_transactions(tmp_path: Path, kind: str, guide: str, words: str) -> None:
    """Nothing but what it is, even when its envelope is wrong and its end is missing too."""
    for text in (
        x12(BODY, guide=guide, kind=kind),
        x12(BODY, guide=guide, kind=kind, usage="T").replace("SE*20", "SE*5").replace("IEA*1*000000001~", ""),
    ):
        found, problems = read(tmp_path, text)
        assert found == []
        (problem,) = problems
        assert problem.severity is Severity.BLOCK
        assert problem.message == f"This is {words}, not a professional claim file."


def test_a_ta1(tmp_path: Path) -> None:
    head = TEXT.splitlines()[0]
    found, problems = read(tmp_path, f"{head}\nTA1*000000001*260101*0000*A*000~\nIEA*0*000000001~\n")
    assert found == []
    assert [problem.message for problem in problems] == [
        "This is an interchange acknowledgment (TA1), not a professional claim file."
    ]


def test_an_envelope_without_anything_in_it(tmp_path: Path) -> None:
    found, problems = read(tmp_path, f"{TEXT.splitlines()[0]}\nIEA*0*000000001~\n")
    assert found == []
    assert [problem.message for problem in problems] == ["This X12 file holds no claims."]


def test_claims_and_a_remittance_in_one_file(tmp_path: Path) -> None:
    found, problems = read(tmp_path, TEXT + x12(BODY, kind="835", guide="005010X221A1"))
    assert len(found) == 1
    assert found[0].claim is not None
    assert [problem.rule for problem in problems] == ["file-type"]


def test_a_test_file_warns(tmp_path: Path) -> None:
    assert _good(tmp_path, x12(BODY, usage="T")) == ["test-file"]


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_truncated_file(tmp_path: Path, cut: int) -> None:
    """Wherever it is cut: the claims before are whole, the one at the cut is not, and the file says so."""
    whole = x12([*BODY, *[segment.replace("ACC1", "ACC2") for segment in BODY[5:]]])
    keep = whole.splitlines()
    body_end = len(keep) - 3
    found, problems = read(tmp_path, "\n".join(keep[: body_end + 3 - cut]) + "\n")
    assert [problem.rule for problem in problems if problem.severity is Severity.BLOCK] == ["truncated"]
    assert found[0].claim is not None
    complete = cut < 3  # only GE and IEA are gone
    if len(found) == 2:
        assert (found[1].claim is not None) is complete
        assert complete or found[1].problems[-1].rule == "truncated"


def test_a_transaction_that_is_not_closed(tmp_path: Path) -> None:
    """The second transaction may have begun inside the first one's claim."""
    lines = [line for line in x12(BODY, BODY).splitlines() if not line.startswith("SE*20*0001")]
    found, _ = read(tmp_path, "\n".join(lines))
    assert [item.claim is None for item in found] == [True, False]


def test_text_between_interchanges(tmp_path: Path) -> None:
    other = TEXT.replace("*", "|").replace(":", ">").replace("~", "!")
    found, problems = read(tmp_path, TEXT + "-- end of report --\n" + other)
    assert [item.claim is not None for item in found] == [True, True]
    assert [problem.rule for problem in problems] == ["stray-text"]
    assert problems[0].severity is Severity.BLOCK


def test_an_interchange_that_begins_before_the_last_one_ended(tmp_path: Path) -> None:
    """The first file was cut within a segment and the second appended to it."""
    cut = TEXT[: TEXT.index("99213")]
    found, problems = read(tmp_path, cut + "\n" + TEXT.replace(":", "<"))
    assert [item.claim is not None for item in found] == [False, True]
    assert [problem.rule for problem in problems] == ["truncated"]

"""CSV and JSON: what is accepted, what is refused, and where every refusal points."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.claims import columns
from bot.claims.edits.engine import run
from bot.claims.files import ClaimFile, open_file
from bot.claims.model import Claim, Found, Problem, Severity
from bot.claims.tables import csv_guide, csv_template, json_schema
from fixtures.claims.writers import write_json
from tests.unit.claims.builders import HOME_VISIT, VISIT

HEADINGS, EXAMPLE = list(csv.reader(io.StringIO(csv_template())))
ROW = dict(zip(HEADINGS, EXAMPLE, strict=True))


def table(*rows: dict[str, str], delimiter: str = ",", drop: tuple[str, ...] = ()) -> str:
    """A CSV file of the template's example row with some cells changed, once for each argument."""
    names = [
        name for name in dict.fromkeys([*HEADINGS, *(name for row in rows for name in row)]) if name not in drop
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, delimiter=delimiter, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows({**ROW, **row} for row in rows)
    return out.getvalue()


def read(folder: Path, text: str | bytes) -> tuple[list[Found], ClaimFile]:
    path = folder / "claims.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    file = open_file(path)
    return list(file), file


def good(folder: Path, text: str | bytes) -> list[Claim]:
    found, file = read(folder, text)
    assert file.problems == ()
    assert [problem for item in found for problem in item.problems] == []
    return [item.claim for item in found if item.claim is not None]


def bad(folder: Path, *rows: dict[str, str], **options: Any) -> Problem:
    """The only problem of a file's first claim, which is not built."""
    found, _ = read(folder, table(*rows, **options))
    assert found[0].claim is None
    (problem,) = found[0].problems
    assert problem.severity is Severity.BLOCK
    return problem


def test_the_template_is_a_claim_without_fault(tmp_path: Path) -> None:
    (claim,) = good(tmp_path, csv_template())
    assert run(claim, today=date(2026, 11, 22)) == ()
    assert claim.diagnoses == ("E119", "I10")
    assert claim.lines[0].pointers == (1, 2)
    assert claim.relationship == "18"


def test_the_guide_explains_every_column() -> None:
    lines = csv_guide().splitlines()
    assert [line.partition(": ")[0] for line in lines] == HEADINGS
    assert all(line.partition(": ")[2] for line in lines)
    assert "code: A code, in capitals. Needed. Also called cpt" in csv_guide()


def test_rows_of_one_claim(tmp_path: Path) -> None:
    first, second = good(
        tmp_path,
        table(
            {"claim": "a", "total_charge": "170.00"},
            {"claim": "b", "code": "99214"},
            {"claim": "a", "total_charge": "", "code": "99215", "service_from": "2026-07-02", "service_to": ""},
        ),
    )
    assert [line.code for line in first.lines] == ["99213", "99215"]
    assert first.lines[1].service_to == date(2026, 7, 2)
    assert first.charge == Decimal(170)
    assert [line.code for line in second.lines] == ["99214"]


def test_the_total_is_the_sum_where_none_is_given(tmp_path: Path) -> None:
    (claim,) = good(tmp_path, table({}, {"charge": "15.50"}, drop=("total_charge",)))
    assert claim.charge == Decimal("100.50")


def test_without_a_claim_column_the_account_groups_within_a_month(tmp_path: Path) -> None:
    text = table(
        {"account": "A", "service_from": "2026-06-01", "total_charge": ""},
        {"account": "B", "service_from": "2026-06-01", "total_charge": ""},
        {"account": "A", "service_from": "2026-06-30", "total_charge": ""},
        drop=("claim", "service_to"),
    )
    assert [(claim.account, len(claim.lines)) for claim in good(tmp_path, text)] == [("A", 2), ("B", 1)]


def test_without_a_claim_column_two_months_are_never_merged(tmp_path: Path) -> None:
    problem = bad(
        tmp_path,
        {"service_from": "2026-06-30", "total_charge": ""},
        {"service_from": "2026-07-01", "total_charge": ""},
        drop=("claim", "service_to"),
    )
    assert problem.rule == "grouping"
    assert problem.account == "MH100234"
    assert "more than one month" in problem.message


def test_one_bad_row_spoils_its_claim_only(tmp_path: Path) -> None:
    found, file = read(tmp_path, table({"claim": "a", "charge": "x"}, {"claim": "b"}))
    assert [item.claim is None for item in found] == [True, False]
    assert (file.claims, file.lines, file.charge) == (2, 2, Decimal(170))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_what_spreadsheets_save(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = table({"subscriber_last": "Muñoz"}, delimiter=delimiter)
    (claim,) = good(tmp_path, text.encode(encoding))
    assert claim.subscriber.last == "Muñoz"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "sep=,\r\n" + text,
        lambda text: "\r\n" + text,
        lambda text: text.replace("\r\n", "\n"),
        lambda text: text.replace("\r\n", "\r"),
        lambda text: text + "\r\n,,,\r\n",
        lambda text: text.replace("service_from", " Date of Service ", 1),
        lambda text: text.replace("code,", "CPT,", 1),
        lambda text: text.replace("account", "Patient-Account No.".replace("No.", "number"), 1),
    ],
)
def test_shapes_that_do_not_matter(tmp_path: Path, change: Any) -> None:
    assert len(good(tmp_path, change(table({})))) == 1


@pytest.mark.parametrize(
    ("name", "cell", "path", "value"),
    [
        ("service_from", "06/05/2026", "lines.0.service_from", date(2026, 6, 5)),
        ("service_from", "6/5/2026", "lines.0.service_from", date(2026, 6, 5)),
        ("service_from", "20260605", "lines.0.service_from", date(2026, 6, 5)),
        ("service_from", "2026-06-05 00:00:00", "lines.0.service_from", date(2026, 6, 5)),
        ("charge", "$1,234.50", "lines.0.charge", Decimal("1234.50")),
        ("charge", "85,00", "lines.0.charge", Decimal(85)),
        ("charge", "85", "lines.0.charge", Decimal(85)),
        ("charge", "1,234", "lines.0.charge", Decimal(1234)),
        ("pointers", "A B", "lines.0.pointers", (1, 2)),
        ("pointers", "ba", "lines.0.pointers", (2, 1)),
        ("pointers", "1,2", "lines.0.pointers", (1, 2)),
        ("pointers", "1 12", "lines.0.pointers", (1, 12)),
        ("pointers", "L", "lines.0.pointers", (12,)),
        ("place_of_service", "2", "place_of_service", "02"),
        ("billing_zip", "55001-0001", "billing.address.zip_code", "550010001"),
        ("billing_tin", "99-0000017", "billing.tin", "990000017"),
        ("billing_phone", "(651) 555-0142", "billing.phone", "6515550142"),
        ("diagnosis_1", "e11.9", "diagnoses.0", "E119"),
        ("subscriber_sex", "Female", "subscriber.sex", "F"),
        ("member_id", '="00123"', "subscriber.member_id", "00123"),
        ("emergency", "yes", "lines.0.emergency", True),
        ("modifier_3", "gt", "lines.0.modifiers", ("GT",)),
        ("condition_codes", "AA, AB", "condition_codes", ("AA", "AB")),
        ("patient_paid", "10", "patient_paid", Decimal(10)),
        ("units", "2.5", "lines.0.units", Decimal("2.5")),
    ],
)
def test_ways_of_writing(tmp_path: Path, name: str, cell: str, path: str, value: object) -> None:
    (claim,) = good(tmp_path, table({name: cell}, drop=("service_to", "total_charge")))
    found: Any = claim
    for part in path.split("."):
        found = found[int(part)] if part.isdigit() else getattr(found, part)
    assert found == value


@pytest.mark.parametrize(
    ("name", "cell", "said"),
    [
        ("service_from", "6/5/26", "is not a date"),
        ("service_from", "2026-06-31", "is not a date"),
        ("service_from", "46000", "is not a date"),
        ("service_from", "", "is missing"),
        ("code", "", "is missing"),
        ("charge", "1OO", "is not an amount"),
        ("charge", "1.005", "is not an amount"),
        ("charge", "1,23.00", "is not an amount"),
        ("charge", "", "is missing"),
        ("units", "one", "is not a number"),
        ("pointers", "12", "two ways"),
        ("pointers", "123", "two ways"),
        ("pointers", "0 1", "beyond the twelfth"),
        ("pointers", "M", "beyond the twelfth"),
        ("pointers", "1 ?", "is not a list"),
        ("emergency", "maybe", "neither yes nor no"),
        ("relationship", "cousin", "none of self"),
        ("member_id", "1.23E+11", "changed by Excel"),
        ("billing_npi", "1,99E+09", "changed by Excel"),
    ],
)
def test_cells_that_are_refused(tmp_path: Path, name: str, cell: str, said: str) -> None:
    problem = bad(tmp_path, {name: cell}, drop=("service_to", "total_charge"))
    assert said in problem.message
    assert problem.field == name
    assert problem.place == f"row 2, column {name}"
    assert problem.account == "MH100234"
    assert problem.line == (1 if columns.BY_NAME[name].of_line else None)
    assert not cell or cell not in problem.message


def test_rows_that_contradict_each_other(tmp_path: Path) -> None:
    problem = bad(tmp_path, {}, {"member_id": "OTHER"})
    assert problem.rule == "contradiction"
    assert problem.place == "row 3, column member_id"
    assert "differs from row 2" in problem.message
    assert "OTHER" not in problem.message


def test_a_place_of_service_may_differ_from_row_to_row(tmp_path: Path) -> None:
    (claim,) = good(
        tmp_path, table({}, {"place_of_service": "12"}, {"place_of_service": ""}, drop=("total_charge",))
    )
    assert [claim.place_of(line) for line in claim.lines] == ["11", "12", "11"]


def test_a_place_given_late_is_not_everybodys(tmp_path: Path) -> None:
    (claim,) = good(tmp_path, table({"place_of_service": ""}, {"place_of_service": "12"}, drop=("total_charge",)))
    assert [claim.place_of(line) for line in claim.lines] == ["", "12"]


def test_a_gap_between_diagnoses_would_move_the_pointers(tmp_path: Path) -> None:
    assert bad(tmp_path, {"diagnosis_1": "E119", "diagnosis_2": "", "diagnosis_3": "I10"}).field == "diagnosis_1"


def test_one_diagnosis_needs_no_pointer(tmp_path: Path) -> None:
    (claim,) = good(tmp_path, table({"diagnosis_2": "", "pointers": ""}))
    assert claim.lines[0].pointers == (1,)
    (claim,) = good(tmp_path, table({"pointers": ""}))
    assert claim.lines[0].pointers == ()


PATIENT = {"patient_last": "Ashgrove", "patient_first": "Tim", "patient_birth_date": "2015-01-02"}
NOBODY = {name: "" for name in HEADINGS if name.startswith("subscriber_")}


def test_patients(tmp_path: Path) -> None:
    (claim,) = good(tmp_path, table({**PATIENT, "relationship": "child"}))
    assert claim.dependant is not None
    assert (claim.patient.first, claim.relationship) == ("Tim", "19")
    (claim,) = good(tmp_path, table({**NOBODY, **PATIENT, "relationship": "self"}))
    assert claim.dependant is None
    assert claim.subscriber.first == "Tim"
    problem = bad(tmp_path, {**PATIENT, "relationship": "self"})
    assert "Tim" not in problem.message
    assert bad(tmp_path, {**PATIENT, "relationship": ""}).field == "relationship"


def test_documents(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.pdf").write_bytes(b"%PDF")
    row = {"attachment_file": "notes/a.pdf", "attachment_type": "oz", "attachment_control_number": "N1"}
    empty = {name: "" for name in HEADINGS if columns.BY_NAME[name].of_line}
    second = {**empty, "attachment_type": "PN", "attachment_control_number": "N2", "attachment_transmission": "FX"}
    (claim,) = good(tmp_path, table(row, second, {**second, "claim": ROW["claim"]}))
    assert len(claim.lines) == 1
    assert [item.report_type for item in claim.attachments] == ["OZ", "PN"]
    assert claim.attachments[0].file == str(tmp_path / "notes" / "a.pdf")
    problem = bad(tmp_path, {**row, "attachment_file": "notes/roe-jane.pdf"})
    assert problem.rule == "attachment-file"
    assert problem.place == "row 2, column attachment_file"
    assert "roe" not in problem.message
    assert bad(tmp_path, {**row, "attachment_type": ""}).field == "attachment_type"


def test_unknown_columns_are_named(tmp_path: Path) -> None:
    found, file = read(tmp_path, table({"Favourite colour": "red"}))
    assert found[0].claim is not None
    (problem,) = file.problems
    assert problem.severity is Severity.WARN
    assert "Favourite colour" in problem.message


def test_missing_columns_are_named_once(tmp_path: Path) -> None:
    found, file = read(tmp_path, table({}, {}, drop=("code", "charge")))
    assert found == []
    (problem,) = file.problems
    assert problem.severity is Severity.BLOCK
    assert "code, charge" in problem.message


def test_a_column_that_stands_twice(tmp_path: Path) -> None:
    found, file = read(tmp_path, table({"CPT": "99214"}))
    assert found == []
    assert "code" in file.problems[0].message


def test_no_claims(tmp_path: Path) -> None:
    found, file = read(tmp_path, table())
    assert found == []
    assert [problem.severity for problem in file.problems] == [Severity.BLOCK]


@pytest.mark.parametrize(("claim", "account"), [("", "A1"), ("", "")])
def test_a_row_that_belongs_nowhere_stays_alone(tmp_path: Path, claim: str, account: str) -> None:
    found, _ = read(tmp_path, table({"claim": "a"}, {"claim": claim, "account": account}, {"claim": claim}))
    assert [item.claim is None for item in found] == [False, True, True]
    assert found[1].problems[0].place == "row 3, column claim"


def test_a_row_of_another_width(tmp_path: Path) -> None:
    lines = table({"claim": "a"}, {"claim": "b"}, {"claim": "c"}).splitlines()
    for changed in (lines[2][:-3], lines[2] + ",more"):
        found, _ = read(tmp_path, "\n".join([*lines[:2], changed, lines[3]]))
        assert [item.claim is None for item in found] == [False, True, False]
        (problem,) = found[1].problems
        assert problem.place == "row 3"
        # The cells may have moved: what stands in the account's place may be somebody's name.
        assert (found[1].account, problem.account) == ("", None)


def test_an_open_quotation_mark(tmp_path: Path) -> None:
    lines = table({"claim": "a"}, {"claim": "b", "note": "x"}, {"claim": "c"}).splitlines()
    found, file = read(tmp_path, "\n".join([lines[0], lines[1], '"' + lines[2], lines[3]]))
    assert [item.claim is not None for item in found] == [True]
    assert file.problems[-1].severity is Severity.BLOCK
    assert file.problems[-1].place == "row 3"


def test_bytes_in_no_encoding(tmp_path: Path) -> None:
    found, file = read(tmp_path, table({"note": "?"}).encode().replace(b"?", b"\x81"))
    assert found == []
    assert [problem.rule for problem in file.problems] == ["encoding"]


def test_every_column_is_reached_by_its_own_name_only() -> None:
    names = [heading for column in columns.COLUMNS for heading in (column.name, *column.aliases)]
    assert len(names) == len(set(names))
    assert all(columns.find(column.name) is column for column in columns.COLUMNS)


# JSON


def as_json(claim: Claim) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(claim.model_dump_json(exclude_defaults=True))
    return document


def read_document(folder: Path, document: object) -> tuple[list[Found], ClaimFile]:
    path = folder / "claims.txt"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    file = open_file(path)
    return list(file), file


@pytest.mark.parametrize("wrap", [lambda claims: claims, lambda claims: {"claims": claims}])
def test_both_forms(tmp_path: Path, wrap: Any) -> None:
    found, file = read_document(tmp_path, wrap([as_json(VISIT), as_json(VISIT)]))
    assert [item.claim for item in found] == [VISIT, VISIT]
    assert file.problems == ()
    assert (file.claims, file.lines, file.charge) == (2, 4, 2 * VISIT.charge)


def test_amounts_as_numbers_keep_their_cents(tmp_path: Path) -> None:
    document = json.dumps([as_json(VISIT)]).replace(f'"{VISIT.charge:.2f}"', "1234567890123.45")
    found, _ = read_document(tmp_path, document)
    assert found[0].claim is not None
    assert found[0].claim.charge == Decimal("1234567890123.45")


@pytest.mark.parametrize(
    ("path", "value", "field", "line", "said"),
    [
        ("account", 12, "patient account number", None, "must be text"),
        ("account", None, "patient account number", None, "must be text"),
        ("payer", ..., "payer", None, "is missing"),
        ("subscriber.birth_date", "01/02/1950", "subscriber birth date", None, "is not a date"),
        ("subscriber.birth_date", 19500102, "subscriber birth date", None, "is not a date"),
        ("subscriber.birth_date", 17280000, "subscriber birth date", None, "is not a date"),
        ("frequency", "6", "claim frequency code", None, "allowed codes"),
        ("charge", "1.005", "charge", None, "two decimals"),
        ("charge", "lots", "charge", None, "is not an amount"),
        ("lines.0.service_from", ..., "date of service, from", 1, "is missing"),
        ("lines.1.charge", "x", "charge", 2, "is not an amount"),
        ("lines.1.pointers", ["A"], "diagnosis pointer", 2, "whole number"),
        ("lines.1.pointers", ["1"], "diagnosis pointer", 2, "whole number"),
        ("lines.0.emergency", "perhaps", "emergency", 1, "true or false"),
        ("lines", "none", "claim", None, "must be a list"),
        (
            "subscriber.secret_name",
            "Roe",
            "subscriber unknown field",
            None,
            "a name that is not known; see the template",
        ),
    ],
)
def test_fields_that_are_refused(
    tmp_path: Path, path: str, value: object, field: str, line: int | None, said: str
) -> None:
    document: Any = as_json(VISIT)
    *above, last = path.split(".")
    target = document
    for part in above:
        target = target[int(part)] if part.isdigit() else target[part]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    found, _ = read_document(tmp_path, [document, as_json(VISIT)])
    assert found[0].claim is None
    (problem,) = found[0].problems
    assert (problem.field, problem.line, problem.place) == (field, line, "claim 1")
    assert said in problem.message
    assert str(value) not in problem.message or not isinstance(value, str)
    assert "secret" not in problem.message
    assert found[1].claim == VISIT


def test_a_field_given_twice(tmp_path: Path) -> None:
    text = json.dumps([as_json(VISIT), as_json(VISIT)]).replace('"account"', '"account": "A", "account"', 1)
    found, _ = read_document(tmp_path, text)
    assert [item.claim is None for item in found] == [True, False]
    assert found[0].problems[0].message == "A field is given twice."


@pytest.mark.parametrize(
    "document", [{}, {"claims": 1}, [], {"claims": []}, "[1", '{"claims": [}', "[1e999999999999]"]
)
def test_documents_that_are_no_claims(tmp_path: Path, document: object) -> None:
    found, file = read_document(tmp_path, document)
    assert all(item.claim is None for item in found)
    assert [
        problem.severity for problem in (*file.problems, *(problem for item in found for problem in item.problems))
    ] == [Severity.BLOCK]


def test_documents_with_more_than_claims_warn(tmp_path: Path) -> None:
    found, file = read_document(tmp_path, {"claims": [as_json(VISIT)], "exported": "today"})
    assert found[0].claim == VISIT
    assert [problem.severity for problem in file.problems] == [Severity.WARN]


def test_documents_named_in_json(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    write_json([HOME_VISIT], path)
    assert not Path(json.loads(path.read_text())["claims"][0]["attachments"][0]["file"]).is_absolute()
    assert [item.claim for item in open_file(path)] == [HOME_VISIT]
    path.write_text(path.read_text().replace("home-visit-note", "roe-jane"))
    (found,) = open_file(path)
    assert found.claim is None
    assert [problem.rule for problem in found.problems] == ["attachment-file"]
    assert "roe" not in found.problems[0].message


def test_the_schema_names_every_field() -> None:
    schema = json_schema()
    assert set(schema["$defs"]["Claim"]["properties"]) == set(Claim.model_fields)
    text = json.dumps(schema)
    for reference in {part.split('"')[0] for part in text.split("#/$defs/")[1:]}:
        assert reference in schema["$defs"]

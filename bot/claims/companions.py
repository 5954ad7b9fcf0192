"""Reads companion records: from JSON (an object with ``ccm`` and ``unlisted`` lists) and, for care management,
from CSV, one row for every entry of the time log.

What a cell or field holds is never repeated in a message: it may name a patient.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.claims.columns import clean, codes, day, digits, identifier, text, yes_or_no
from bot.claims.model import Problem, Severity
from bot.claims.records import CareRecord, Records, Role, VisitRecord
from bot.claims.tables import decode
from bot.claims.wording import explain

_KINDS = ("ccm", "unlisted")
_DELIMITERS = ",;\t|"
_MONTH = re.compile(r"([0-9]{4})-([0-9]{1,2})|([0-9]{1,2})/([0-9]{4})")
#: Words that time logs use, and who is meant.
_ROLES = {
    Role.STAFF: "staff clinical_staff clinical nurse rn lpn lvn ma medical_assistant care_manager care_coordinator"
    " pharmacist pharmd social_worker",
    Role.PRACTITIONER: "practitioner provider physician doctor md do np pa cns cnm qhp",
    Role.PRACTITIONER_AS_STAFF: "practitioner_as_staff provider_as_staff physician_as_staff",
    Role.CLERICAL: "clerical front_desk office billing biller scheduler scheduling reception administrative",
}
_ROLE_OF = {word: role for role, words in _ROLES.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class CompanionFile:
    """A companion file, read: its records, and what is wrong with it."""

    path: Path
    records: Records
    problems: tuple[Problem, ...]


def is_companion(path: Path) -> bool:
    """Whether a file holds companion records, by its content. Raises OSError when it cannot be read."""
    data = path.read_bytes()
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        try:
            document = json.loads(data.decode("utf-8-sig"))
        except ValueError:
            return False
        return isinstance(document, dict) and "claims" not in document and any(kind in document for kind in _KINDS)
    try:
        found = _columns(decode(data))[1]
    except UnicodeDecodeError:
        return False
    return {"date", "minutes"} <= {column.name for column in found if column is not None}


def read_companion(path: Path) -> CompanionFile:
    """Read a companion file; what cannot be read of it blocks, the rest is used. Raises OSError."""
    data = path.read_bytes()
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _read_json(path, json.loads(data.decode("utf-8-sig")))
    return _read_csv(path, decode(data))


def together(files: Iterable[CompanionFile]) -> Records:
    """The records of several files as one collection."""
    some = list(files)
    return Records(
        tuple(record for file in some for record in file.records.care),
        tuple(record for file in some for record in file.records.visits),
    )


# JSON -------------------------------------------------------------------------------------------------------


def _read_json(path: Path, document: Mapping[str, Any]) -> CompanionFile:
    problems: list[Problem] = []
    found: dict[str, list[Any]] = {kind: [] for kind in _KINDS}
    for kind, model in (("ccm", CareRecord), ("unlisted", VisitRecord)):
        raw = document.get(kind, [])
        if not isinstance(raw, list):
            problems.append(_problem(f"What stands under {kind} is not a list of records."))
            continue
        for number, one in enumerate(raw, start=1):
            account = one.get("account", "") if isinstance(one, dict) else ""
            try:
                record = model.model_validate(one)
            except ValidationError as error:
                place = f"{kind} record {number}"
                problems.extend(explain(error, account=account if isinstance(account, str) else "", place=place))
                continue
            found[kind].append(record)
    if others := len(set(document) - {*_KINDS}):
        problems.append(_problem(f"{others} named value(s) beside ccm and unlisted were not read.", Severity.WARN))
    visits = tuple(_absolute(record, path.parent) for record in found["unlisted"])
    return CompanionFile(path, Records(tuple(found["ccm"]), visits), tuple(problems))


def _absolute(record: VisitRecord, folder: Path) -> VisitRecord:
    documents = tuple(
        one.model_copy(update={"file": str((folder / one.file).resolve())}) for one in record.documents
    )
    return record.model_copy(update={"documents": documents})


# CSV --------------------------------------------------------------------------------------------------------


def _month(cell: str) -> str:
    """2026-06 or 06/2026."""
    if not (found := _MONTH.fullmatch(cell)):
        raise ValueError("is not a month; write it as 2026-06")
    return f"{found[1] or found[4]}-{int(found[2] or found[3]):02d}"


def _minutes(cell: str) -> int:
    """A whole number."""
    if not (cell.isascii() and cell.isdigit() and len(cell) < 5):
        raise ValueError("is not a whole number of minutes")
    return int(cell)


def _role(cell: str) -> Role:
    """staff, practitioner, practitioner as staff or clerical, or the person's profession, such as RN or MD."""
    try:
        return _ROLE_OF[_heading(cell)]
    except KeyError:
        raise ValueError("is none of staff, practitioner, practitioner as staff, clerical") from None


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    #: Where it goes: the record, its consent, its care plan, or the entry.
    part: str
    field: str
    convert: Callable[[str], Any]
    aliases: tuple[str, ...] = ()


_COLUMNS = (
    _Column("account", "", "account", identifier, ("account_number", "patient_account", "patient_account_number")),
    _Column("patient", "", "patient", identifier, ("patient_id", "chart", "chart_number", "mrn")),
    _Column("member_id", "", "member_id", identifier, ("insured_id", "subscriber_id", "member_number")),
    _Column("patient_last", "", "last", text, ("last_name", "last", "patient_last_name")),
    _Column("patient_first", "", "first", text, ("first_name", "first", "patient_first_name")),
    _Column("patient_birth_date", "", "birth_date", day, ("birth_date", "dob", "patient_dob", "date_of_birth")),
    _Column("month", "", "month", _month),
    _Column("consent_date", "consent", "on", day),
    _Column("consent_how", "consent", "how", text),
    _Column("consent_by", "consent", "by", text),
    _Column("consent_revoked", "consent", "revoked_on", day, ("consent_revoked_date",)),
    _Column("care_plan_date", "care_plan", "on", day),
    _Column("care_plan_copy_given", "care_plan", "copy_given", yes_or_no),
    _Column("conditions", "", "conditions", codes),
    _Column("complexity", "", "complexity", text),
    _Column("initiating_visit", "", "initiating_visit", day, ("initiating_visit_date",)),
    _Column("billing_practitioner", "", "billing_practitioner", digits, ("billing_practitioner_npi",)),
    _Column("supervising_practitioner", "", "supervising_practitioner", digits, ("supervising_practitioner_npi",)),
    _Column("date", "entry", "day", day, ("day", "entry_date", "log_date")),
    _Column("minutes", "entry", "minutes", _minutes, ("time", "duration")),
    _Column("who", "entry", "who", text, ("staff_name", "by")),
    _Column("role", "entry", "role", _role, ("credential",)),
    _Column("activity", "entry", "activity", text, ("what", "note")),
    _Column("face_to_face", "entry", "face_to_face", yes_or_no, ("in_person",)),
    _Column("inpatient", "entry", "inpatient", yes_or_no, ("inpatient_day",)),
)
_BY_HEADING = {name: column for column in _COLUMNS for name in (column.name, *column.aliases)}
#: A column that is there and empty says that nothing was found.
_SAYS_SOMETHING_EMPTY = frozenset({"who", "activity", "complexity"})
_IDENTITY = ("account", "patient", "member_id", "last", "first", "birth_date")


def _heading(cell: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_")


def _columns(text_: str) -> tuple[str, list[_Column | None]]:
    """The delimiter under which the first row names most columns, and those columns."""
    best: tuple[str, list[_Column | None]] = ",", []
    for delimiter in _DELIMITERS:
        row = next(csv.reader(io.StringIO(text_.split("\n", 1)[0]), delimiter=delimiter), [])
        found = [_BY_HEADING.get(_heading(cell)) for cell in row]
        if sum(one is not None for one in found) > sum(one is not None for one in best[1]):
            best = delimiter, found
    return best


def _read_csv(path: Path, content: str) -> CompanionFile:
    delimiter, columns = _columns(content)
    problems: list[Problem] = []
    groups: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for number, cells in enumerate(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter), start=1):
        if number == 1 or not any(cell.strip() for cell in cells):
            continue
        row = _row(cells, columns, number, problems)
        if row is not None:
            key = (row["month"], *(row["record"].get(name) for name in _IDENTITY))
            groups.setdefault(key, []).append(row)
    records = []
    for rows in groups.values():
        try:
            records.append(CareRecord.model_validate(_record(rows, problems)))
        except ValidationError as error:
            problems.extend(explain(error, account="", place=f"row {rows[0]['number']}"))
    return CompanionFile(path, Records(tuple(records)), tuple(problems))


def _row(
    cells: list[str], columns: list[_Column | None], number: int, problems: list[Problem]
) -> dict[str, Any] | None:
    parts: dict[str, dict[str, Any]] = {"record": {}, "entry": {}}
    for column in columns:
        if column is not None and column.part in ("consent", "care_plan"):
            parts.setdefault(column.part, {})
    good = len(cells) == len(columns)
    if not good:
        problems.append(_problem(f"Row {number} does not have as many cells as the headings.", place=number))
    for column, cell in zip(columns, cells, strict=False):
        content = clean(cell)
        if column is None or not good:
            continue
        if not content:
            if column.name in _SAYS_SOMETHING_EMPTY:
                parts[column.part or "record"][column.field] = ""
            continue
        try:
            parts[column.part or "record"][column.field] = column.convert(content)
        except ValueError as complaint:
            title = column.name.replace("_", " ").capitalize()
            problems.append(_problem(f"{title} in row {number} {complaint}.", place=number, field=column.name))
            good = False
    entry, record = parts["entry"], parts["record"]
    month = record.get("month") or (f"{entry['day']:%Y-%m}" if "day" in entry else None)
    if good and (month is None or bool(entry.get("minutes")) > ("day" in entry)):
        problems.append(_problem(f"Date in row {number} is missing.", place=number, field="date"))
        good = False
    return {"number": number, "month": month, **parts} if good else None


def _record(rows: list[dict[str, Any]], problems: list[Problem]) -> dict[str, Any]:
    """The record of rows that are one patient's one month; none of them may contradict another."""
    whole: dict[str, Any] = {"month": rows[0]["month"]}
    for row in rows:
        for part, target in (
            ("record", whole),
            *((name, whole.setdefault(name, {})) for name in ("consent", "care_plan") if name in row),
        ):
            for field, value in row[part].items():
                if target.setdefault(field, value) != value:
                    if target[field] == "":
                        target[field] = value
                    elif value != "":
                        name = {"on": "date", "revoked_on": "revoked"}.get(field, field)
                        said = f"{'' if part == 'record' else part} {name}".replace("_", " ").strip()
                        problems.append(
                            _problem(f"Row {row['number']} says otherwise about {said} than a row before it of the"
                                     " same patient and month.", place=row["number"])
                        )  # fmt: skip
    whole["log"] = [row["entry"] for row in rows if "minutes" in row["entry"]]
    return whole


def _problem(
    message: str, severity: Severity = Severity.BLOCK, *, place: int | None = None, field: str | None = None
) -> Problem:
    where = f"row {place}" if place else None
    return Problem(severity=severity, rule="companion", message=message, place=where, field=field)


def csv_template() -> str:
    """The headings of a time log, with one invented row."""
    example = {
        "patient": "C-1001", "consent_date": "2026-01-12", "consent_how": "verbal", "consent_by": "RN Ivy Holt",
        "care_plan_date": "2026-01-12", "care_plan_copy_given": "yes", "conditions": "E11.9 I10",
        "initiating_visit": "2026-01-12", "billing_practitioner": "1990000113", "date": "2026-06-03",
        "minutes": "12", "who": "RN Ivy Holt", "role": "staff", "activity": "called about home readings",
        "face_to_face": "no", "inpatient": "no",
    }  # fmt: skip
    out = io.StringIO()
    writer = csv.DictWriter(out, [column.name for column in _COLUMNS], lineterminator="\r\n")
    writer.writeheader()
    writer.writerow(example)
    return out.getvalue()

"""Reads companion records: from JSON (an object with ``ccm`` and ``unlisted`` lists) and, for care management,
from CSV, one row for every entry of the time log.

What a cell or field holds is never repeated in a message: it may name a patient.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.claims.columns import clean, codes, day, digits, find, heading, identifier, text, yes_or_no
from bot.claims.interchange import is_isa
from bot.claims.model import Problem, Severity
from bot.claims.records import CareRecord, Records, Role, Unread, VisitRecord
from bot.claims.tables import (
    decode,
    headings,
    is_given_twice,
    named_twice,
    read_document,
    unknown_columns,
    without_hint,
)
from bot.claims.wording import explain

#: So much of a file tells whether it is X12.
_HEAD = 1 << 10
_KINDS: dict[str, type[CareRecord | VisitRecord]] = {"ccm": CareRecord, "unlisted": VisitRecord}
#: So many known headings make a time log, even where one that it needs is misspelt.
_ENOUGH = 3
_ICD = re.compile(r"[A-Za-z][0-9][0-9A-Za-z](\.?[0-9A-Za-z]{1,4})?")
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
    """Whether a file holds companion records, by its content; it may be a broken one. Raises OSError."""
    with path.open("rb") as file:
        if is_isa(file.read(_HEAD).decode("latin-1").lstrip("\ufeff\xef\xbb\xbf \t\r\n")):
            return False
    try:
        content = decode(path.read_bytes())
    except UnicodeDecodeError:
        return False
    if content.lstrip()[:1] in ("{", "["):
        return any(f'"{kind}"' in content for kind in _KINDS) or '"lines"' not in content
    table = without_hint(content)[0]
    found = {column.name for column in headings(table, _find)[1] if column is not None}
    claims = sum(column is not None for column in headings(table, find)[1])
    return {"date", "minutes"} <= found or len(found) >= max(_ENOUGH, claims + 1)


def read_companion(path: Path) -> CompanionFile:
    """Read a companion file; what cannot be read of it blocks, the rest is used. Raises OSError."""
    content = decode(path.read_bytes())
    reader = _Json(path) if content.lstrip()[:1] in ("{", "[") else _Csv(content)
    records = Records(tuple(reader.care), tuple(reader.visits), tuple(reader.unread))
    return CompanionFile(path, records, tuple(reader.problems))


def together(files: Iterable[CompanionFile]) -> Records:
    """The records of several files as one collection."""
    some = list(files)
    return Records(
        tuple(record for file in some for record in file.records.care),
        tuple(record for file in some for record in file.records.visits),
        tuple(record for file in some for record in file.records.unread),
    )


class _Reading:
    """What has been read of a file."""

    def __init__(self) -> None:
        self.care: list[CareRecord] = []
        self.visits: list[VisitRecord] = []
        self.unread: list[Unread] = []
        self.problems: list[Problem] = []

    def file_fault(self, problem: Problem) -> None:
        """Something is wrong with the whole: whose records are not read, nobody can say."""
        self.problems.append(problem)
        if problem.severity is Severity.BLOCK:
            self.unread.append(Unread())


# JSON -------------------------------------------------------------------------------------------------------


class _Json(_Reading):
    """An object with lists of records."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        document = read_document(path, self.file_fault)
        if document is None:
            return
        if not isinstance(document, dict) or not set(_KINDS) & set(document):
            said = "The file is JSON, and holds neither a list of claims nor companion records (ccm, unlisted)."
            self.file_fault(_problem(said))
            return
        if is_given_twice(dict.fromkeys(document)):
            self.file_fault(_problem("A list of records is given twice."))
            return
        for kind, model in _KINDS.items():
            records = document.get(kind, [])
            if not isinstance(records, list):
                self.file_fault(_problem(f"What stands under {kind} is not a list of records."))
                continue
            for number, raw in enumerate(records, start=1):
                self._take(raw, model, f"{kind} record {number}", path.parent)
        if others := len(set(document) - set(_KINDS)):
            self.problems.append(
                _problem(f"{others} named value(s) beside ccm and unlisted were not read.", Severity.WARN)
            )

    def _take(self, raw: object, model: type[CareRecord | VisitRecord], place: str, folder: Path) -> None:
        known = (
            {name: value for name, value in raw.items() if isinstance(value, str)} if isinstance(raw, dict) else {}
        )
        account = known.get("account", "")
        if is_given_twice(raw):
            self.problems.append(_problem("A field is given twice.", account=account, place=place))
        else:
            try:
                record = model.model_validate(raw)
            except ValidationError as error:
                self.problems.extend(explain(error, model, account=account, place=place))
            else:
                if isinstance(record, CareRecord):
                    self.care.append(record)
                else:
                    self.visits.append(_absolute(record, folder))
                return
        self.unread.append(_unread(known))


def _unread(known: Mapping[str, Any]) -> Unread:
    return Unread(
        **{name: str(known[name]) for name in ("account", "patient", "member_id", "last") if name in known}
    )


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


def _conditions(cell: str) -> list[str]:
    """ICD-10-CM codes, or conditions in words, separated by semicolons or commas."""
    parts = [part.strip() for part in re.split(r"[,;]+", cell) if part.strip()]
    if len(parts) == 1 and all(_ICD.fullmatch(word) for word in cell.split()):
        return codes(cell)
    return parts


def _role(cell: str) -> Role:
    """staff, practitioner, practitioner as staff or clerical, or the person's profession, such as RN or MD."""
    try:
        return _ROLE_OF[heading(cell)]
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
    _Column("conditions", "", "conditions", _conditions),
    _Column("complexity", "", "complexity", text),
    _Column("initiating_visit", "", "initiating_visit", day, ("initiating_visit_date",)),
    _Column("billing_practitioner", "", "billing_practitioner", digits, ("billing_practitioner_npi",)),
    _Column("supervising_practitioner", "", "supervising_practitioner", digits, ("supervising_practitioner_npi",)),
    _Column("date", "entry", "day", day, ("day", "entry_date", "log_date")),
    _Column("minutes", "entry", "minutes", _minutes, ("time", "duration", "mins")),
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


def _find(cell: str) -> _Column | None:
    return _BY_HEADING.get(heading(cell))


class _Csv(_Reading):
    """A time log, one row for every entry."""

    def __init__(self, content: str) -> None:
        super().__init__()
        content, hint = without_hint(content)
        delimiter, self._columns = headings(content, _find, hint)
        rows: list[tuple[int, list[str]]] = []
        try:
            reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
            for number, cells in enumerate(reader, start=2 if hint else 1):
                if any(cell.strip() for cell in cells):
                    rows.append((number, cells))
        except csv.Error:
            said = "The rows from here on cannot be told apart: a quotation mark is open, or a cell is too long."
            self.file_fault(_problem(said, row=rows[-1][0] + 1 if rows else 1))
            if not rows:
                return
        names = [column.name for column in self._columns if column is not None]
        # a column that is nearly known may be what keeps minutes from counting
        for problem in unknown_columns(rows[0][1], self._columns, _BY_HEADING, slip=Severity.BLOCK):
            self.file_fault(problem)
        if missing := sorted({"date", "minutes"} - set(names)):
            self.file_fault(_problem(f"The first row must hold the headings; missing: {', '.join(missing)}."))
            return
        if twice := named_twice(names):
            self.file_fault(twice)
            return
        groups: dict[tuple[object, ...], list[dict[str, Any]]] = {}
        for number, cells in rows[1:]:
            row = self._row(cells, number)
            if row is not None:
                key = (row["month"], *(row["record"].get(name) for name in _IDENTITY))
                groups.setdefault(key, []).append(row)
        for group in groups.values():
            self._close(group)

    def _close(self, rows: list[dict[str, Any]]) -> None:
        contradictions: list[Problem] = []
        whole = _record(rows, contradictions)
        self.problems += contradictions
        try:
            self.care.append(CareRecord.model_validate(whole))
        except ValidationError as error:
            self.problems.extend(explain(error, CareRecord, account="", place=f"row {rows[0]['number']}"))
        else:
            if not contradictions:
                return
        self.unread.append(_unread(whole))

    def _has(self, name: str) -> bool:
        return any(column is not None and column.name == name for column in self._columns)

    def _row(self, cells: list[str], number: int) -> dict[str, Any] | None:
        if len(cells) != len(self._columns):
            self.file_fault(_problem(f"Row {number} does not have as many cells as the headings.", row=number))
            return None
        parts: dict[str, dict[str, Any]] = {"record": {}, "entry": {}}
        for column in self._columns:
            if column is not None and column.part in ("consent", "care_plan"):
                parts.setdefault(column.part, {})
        good = True
        for column, cell in zip(self._columns, cells, strict=True):
            content = clean(cell)
            if column is None:
                continue
            if not content:
                if column.name in _SAYS_SOMETHING_EMPTY:
                    parts[column.part or "record"][column.field] = ""
                continue
            try:
                parts[column.part or "record"][column.field] = column.convert(content)
            except ValueError as complaint:
                self.problems.append(
                    _problem(f"{_title(column.name)} in row {number} {complaint}.", row=number, field=column.name)
                )
                good = False
        entry, record = parts["entry"], parts["record"]
        month = record.get("month") or (f"{entry['day']:%Y-%m}" if "day" in entry else None)
        if good and (month is None or bool(entry.get("minutes")) > ("day" in entry)):
            self.problems.append(_problem(f"Date in row {number} is missing.", row=number, field="date"))
            good = False
        for field, needs in (("minutes", "day"), ("role", "minutes")):
            if good and needs in entry and field not in entry and self._has(field):
                words = f"{_title(field)} in row {number} is missing."
                self.problems.append(_problem(words, row=number, field=field))
                good = False
        if good:
            return {"number": number, "month": month, **parts}
        self.unread.append(_unread(record))
        return None


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
                                     " same patient and month.", row=row["number"])
                        )  # fmt: skip
    whole["log"] = [row["entry"] for row in rows if "minutes" in row["entry"]]
    return whole


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _problem(
    message: str,
    severity: Severity = Severity.BLOCK,
    *,
    account: str = "",
    row: int | None = None,
    field: str | None = None,
    place: str | None = None,
) -> Problem:
    where = f"row {row}" if row else place
    return Problem(
        severity=severity, rule="companion", message=message, account=account or None, field=field, place=where
    )


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

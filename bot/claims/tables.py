"""Reads claims from CSV, one row for every service line, and from JSON in payerbot's own schema.

A CSV file must be grouped before its first claim is known to be whole, so its rows are held in memory; so is
a JSON document. Coordination of benefits needs the nesting of JSON (or an 837P).
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.claims.columns import ATTACHMENT, BY_NAME, COLUMNS, REQUIRED, Column, clean, find, heading
from bot.claims.interchange import Report
from bot.claims.model import Attachment, Claim, Found, Problem, Severity
from bot.claims.wording import explain

_DELIMITERS = ",;\t|"
_CENT = Decimal("0.01")
#: Marks an object in which a name stood twice; JSON would keep the last value in silence.
_TWICE = "\x00twice"
_LARGEST = Decimal(10) ** 16
#: From here on two headings are taken for the same one with a slip of the pen (difflib's ratio).
_ALIKE = 0.8


def csv_template() -> str:
    """The CSV template: the headings and one example line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(column.name for column in COLUMNS)
    writer.writerow(column.example for column in COLUMNS)
    return out.getvalue()


def csv_guide() -> str:
    """What each column of the template may hold and what else it may be called, one line for each."""
    rows = []
    for column in COLUMNS:
        form = "Rows with the same one are one claim." if not column.path else column.convert.__doc__ or ""
        others = f" Also called {', '.join(column.aliases)}." if column.aliases else ""
        needed = " Needed." if column.name in REQUIRED else ""
        rows.append(f"{column.name}: {form}{needed}{others}")
    return "\n".join(rows) + "\n"


def json_schema() -> dict[str, Any]:
    """The JSON schema of a claim file: a list of claims, or an object whose `claims` is that list."""
    claim = Claim.model_json_schema()
    definitions = claim.pop("$defs")
    many = {"type": "array", "items": {"$ref": "#/$defs/Claim"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "payerbot claim file",
        "oneOf": [
            many,
            {"type": "object", "properties": {"claims": many}, "required": ["claims"]},
        ],
        "$defs": {**definitions, "Claim": claim},
    }


_C = TypeVar("_C")

# CSV ----------------------------------------------------------------------------------------------------------


def headings(
    text: str, meaning: Callable[[str], _C | None], delimiter: str | None = None
) -> tuple[str, list[_C | None]]:
    """The delimiter under which the first row of a text names most columns, and those columns by `meaning`."""
    best: tuple[str, list[_C | None]] = (delimiter or ",", [])
    for candidate in delimiter or _DELIMITERS:
        try:
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=candidate)
            cells = next((row for row in rows if any(cell.strip() for cell in row)), [])
        except csv.Error:
            continue
        columns = [meaning(cell) for cell in cells]
        if sum(column is not None for column in columns) > sum(column is not None for column in best[1]):
            best = candidate, columns
    return best


def decode(data: bytes) -> str:
    """Text from Excel: UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252. Raises UnicodeDecodeError."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def without_hint(text: str) -> tuple[str, str | None]:
    """A table without Excel's own hint at its delimiter (``sep=;``), and that delimiter, if there was one."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep="):
        return rest, first.strip()[4:5] or None
    return text, None


def read_csv(path: Path, report: Report) -> Iterator[Found]:
    """Yield the claims of a CSV file, in the order of their first rows.

    Rows with the same `claim` are one claim; without that column, rows with the same account, which must then
    all fall into one month. `report` receives what concerns the file. Raises OSError when it cannot be read.
    """
    try:
        text = decode(path.read_bytes())
    except UnicodeDecodeError:
        report(_file_problem("encoding", "The file is not text in UTF-8 or Windows-1252. Save it as CSV UTF-8."))
        return
    text, delimiter = without_hint(text)
    delimiter, columns = headings(text, find, delimiter)
    lines = io.StringIO(text, newline="")
    known = {column.name for column in columns if column is not None}
    if missing := [name for name in REQUIRED if name not in known]:
        report(
            _file_problem(
                "columns",
                f"The first row must hold the headings; missing: {', '.join(missing)}. See the template.",
            )
        )
        return
    if twice := named_twice([column.name for column in columns if column is not None]):
        report(twice)
        return
    groups: dict[str, list[tuple[int, list[str]]]] = {}
    key = "claim" if "claim" in known else "account"
    position = next(index for index, column in enumerate(columns) if column is not None and column.name == key)
    number, started = 0, False
    try:
        for cells in csv.reader(lines, delimiter=delimiter, strict=True):
            number += 1
            if not any(cell.strip() for cell in cells):
                continue
            if not started:
                started = True
                for unknown in unknown_columns(cells, columns, BY_NAME):
                    report(unknown)
                continue
            named = clean(cells[position]) if position < len(cells) else ""
            # A row that does not say whose it is stays alone, and says so.
            groups.setdefault(named or f"\x00{number}", []).append((number, cells))
    except csv.Error:
        report(
            _file_problem(
                "unreadable",
                "The rows from here on cannot be told apart: a quotation mark is open, or a cell is far too long.",
                f"row {number + 1}",
            )
        )
    for name, rows in groups.items():
        yield _RowGroup(
            columns, rows, path.parent, own_key=key == "claim", named=not name.startswith("\x00")
        ).found()
    if not groups:
        report(_file_problem("file-type", "The file holds no claims, only headings."))


def named_twice(names: Sequence[str]) -> Problem | None:
    """What is wrong with headings of which several mean the same."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if not twice:
        return None
    return _file_problem("columns", f"More than one column means: {', '.join(twice)}. Keep one of each.")


def unknown_columns(
    cells: Sequence[str], columns: Sequence[object], names: Iterable[str], *, slip: Severity = Severity.WARN
) -> Iterator[Problem]:
    """What to say of headings nobody knows: a warning, and `slip` for those that look like a slip of the pen."""
    known = list(names)
    unknown = [
        # what has digits may be somebody's data: a table without headings
        f"number {place}" if any(mark.isdigit() for mark in cell) else cell.strip()[:40]
        for place, (cell, column) in enumerate(zip(cells, columns, strict=False), start=1)
        if column is None and cell.strip()
    ]
    meant = {cell: difflib.get_close_matches(heading(cell), known, 1, _ALIKE) for cell in unknown}
    if strange := [cell for cell in unknown if not meant[cell]]:
        yield _unknown(Severity.WARN, f"These columns are not known and were not read: {', '.join(strange)}.")
    for cell, close in meant.items():
        if close:
            yield _unknown(
                slip, f"The column {cell} is not known: did you mean {close[0]}? Rename it or take it out."
            )


def _unknown(severity: Severity, message: str) -> Problem:
    return Problem(severity=severity, rule="columns", message=message, place="row 1")


class _RowGroup:
    """The rows of one claim on their way to becoming it."""

    def __init__(
        self,
        columns: list[Column | None],
        rows: list[tuple[int, list[str]]],
        folder: Path,
        *,
        own_key: bool,
        named: bool,
    ) -> None:
        self._columns = columns
        self._rows = rows
        self._folder = folder
        self._own_key = own_key
        self._named = named
        self._problems: list[Problem] = []
        self._account = ""
        #: A row's cells do not stand under their headings.
        self._shifted = False
        self._claim: dict[str, Any] = {}
        #: Where each claim-level value was first seen, to name both rows when they disagree.
        self._seen: dict[str, tuple[int, Any]] = {}
        self._lines: list[dict[str, Any]] = []
        self._attachments: list[dict[str, Any]] = []
        self._months: set[tuple[int, int]] = set()

    def found(self) -> Found:
        first = self._rows[0][0]
        if not self._named:
            name = "claim" if self._own_key else "account"
            self._fault(f"The row does not say which {name} it belongs to.", first, name)
        for number, cells in self._rows:
            self._take(number, cells)
        self._check_whole(first)
        total = sum((line["charge"] for line in self._lines if "charge" in line), Decimal(0))
        charge = self._claim.get("charge", total)
        claim: Claim | None = None
        if not self._problems:
            claim = self._build(charge, first)
        return Found(
            account=self._account,
            place=f"row {first}",
            lines=len(self._lines),
            charge=charge if abs(charge) < _LARGEST else Decimal(0),
            claim=claim,
            problems=tuple(
                problem if problem.account else problem.model_copy(update={"account": self._account or None})
                for problem in self._problems
            ),
        )

    def _fault(
        self, message: str, row: int, column: str | None, line: int | None = None, rule: str = "unreadable"
    ) -> None:
        place = f"row {row}, column {column}" if column else f"row {row}"
        self._problems.append(
            Problem(severity=Severity.BLOCK, rule=rule, message=message, line=line, field=column, place=place)
        )

    def _take(self, number: int, cells: list[str]) -> None:
        if len(cells) < len(self._columns) or any(cell.strip() for cell in cells[len(self._columns) :]):
            self._fault(
                f"Row {number} does not have as many cells as the headings. The file may be cut or shifted here.",
                number,
                None,
            )
            # What stands under "account" may be a name here: nothing of it is read, so nothing is repeated.
            self._shifted = True
            self._lines.append({})
            return
        values: dict[str, Any] = {}
        line_number = len(self._lines) + 1
        for column, cell in zip(self._columns, cells, strict=False):
            if column is None or not column.path:
                continue
            content = clean(cell)
            if not content:
                continue
            try:
                values[column.name] = column.convert(content)
            except ValueError as complaint:
                self._fault(
                    f"{_title(column.name)} in row {number} {complaint}.",
                    number,
                    column.name,
                    line_number if column.of_line else None,
                )
        line: dict[str, Any] = {}
        attachment: dict[str, Any] = {}
        for name, value in values.items():
            column = BY_NAME[name]
            if name in ATTACHMENT:
                _place(attachment, column.path, value)
            elif column.of_line:
                _place(line, column.path, value)
            else:
                self._set(column, value, number, line)
        if attachment:
            self._attach(attachment, number)
        if line or not attachment:
            self._lines.append(line)
            self._complete(line, number, len(self._lines))

    def _set(self, column: Column, value: Any, number: int, line: dict[str, Any]) -> None:
        """Set a value of the claim, which every row may repeat but none may contradict."""
        before = self._seen.get(column.name)
        if before is None and column.name == "place_of_service" and self._lines:
            line.setdefault("place_of_service", value)  # the rows above said nothing: it is this row's own
        elif before is None:
            self._seen[column.name] = number, value
            if column.name == "account":
                self._account = " ".join(value.split())
            _place(self._claim, column.path, value)
        elif before[1] != value:
            if column.name == "place_of_service":
                line.setdefault("place_of_service", value)
            else:
                self._fault(
                    f"{_title(column.name)} in row {number} differs from row {before[0]} of the same claim.",
                    number,
                    column.name,
                    rule="contradiction",
                )

    def _complete(self, line: dict[str, Any], number: int, line_number: int) -> None:
        for name in ("service_from", "code", "charge"):
            if name not in line and not any(
                problem.line == line_number and problem.field == name for problem in self._problems
            ):
                self._fault(f"{_title(name)} in row {number} is missing.", number, name, line_number)
        begin = line.get("service_from")
        if isinstance(begin, date):
            self._months.add((begin.year, begin.month))
            line.setdefault("service_to", begin)

    def _attach(self, attachment: dict[str, Any], number: int) -> None:
        if "report_type" not in attachment:
            self._fault(f"Row {number} names a document without its type, such as OZ.", number, "attachment_type")
        if attachment.get("file"):
            attachment["file"] = str((self._folder / attachment["file"]).resolve())
            if not Path(attachment["file"]).is_file():
                # Not named: file names often hold a patient's name.
                self._fault(
                    f"The document named in row {number} is not there. Paths count from the claim file's folder.",
                    number,
                    "attachment_file",
                    rule="attachment-file",
                )
        if attachment not in self._attachments:
            self._attachments.append(attachment)

    def _check_whole(self, first: int) -> None:
        if "account" not in self._seen and not self._shifted:
            self._fault("The patient account number is missing.", first, "account")
        if not self._own_key and len(self._months) > 1:
            self._fault(
                "The account has services in more than one month, and nothing says which rows are one claim. Add a"
                " column named claim.",
                first,
                "account",
                rule="grouping",
            )
        diagnoses = self._claim.get("diagnoses", {})
        if diagnoses and sorted(diagnoses) != list(range(len(diagnoses))):
            self._fault(
                "A diagnosis column before the last one is empty, so the pointers cannot be trusted.",
                first,
                "diagnosis_1",
            )
        self._settle_patient(first)

    def _settle_patient(self, first: int) -> None:
        """Decide whether the patient is the subscriber; the patient_ columns may say either."""
        patient: dict[str, Any] | None = self._claim.get("dependant")
        related = self._claim.get("relationship")
        if patient is None:
            return
        insured = self._claim.setdefault("subscriber", {})
        own = {name: value for name, value in insured.items() if name in patient}
        if related in (None, "18"):
            if own and own != patient:
                self._fault(
                    "Patient and subscriber differ, but the relationship is self or missing.",
                    first,
                    "relationship",
                )
            insured.update(self._claim.pop("dependant"))

    def _build(self, charge: Decimal, first: int) -> Claim | None:
        diagnoses = self._claim.get("diagnoses", {})
        for line in self._lines:
            if "pointers" not in line and len(diagnoses) == 1:
                line["pointers"] = [1]  # there is only one it can be for
            if "modifiers" in line:
                line["modifiers"] = [line["modifiers"][position] for position in sorted(line["modifiers"])]
        data = {
            "payer": {},
            "billing": {},
            "subscriber": {},
            **self._claim,
            "diagnoses": [diagnoses[position] for position in sorted(diagnoses)],
            "charge": charge,
            "lines": self._lines,
            "attachments": self._attachments,
        }
        try:
            return Claim.model_validate(data)
        except ValidationError as error:
            self._problems.extend(explain(error, Claim, account=self._account, place=f"row {first}"))
            return None


def _place(target: dict[Any, Any], path: tuple[str | int, ...], value: Any) -> None:
    for part in path[:-1]:
        target = target.setdefault(part, {})
    target[path[-1]] = value


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _file_problem(rule: str, message: str, place: str | None = None) -> Problem:
    return Problem(severity=Severity.BLOCK, rule=rule, message=message, place=place)


# JSON ---------------------------------------------------------------------------------------------------------


def read_json(path: Path, report: Report) -> Iterator[Found]:
    """Yield the claims of a JSON file: a list of claims, or an object whose `claims` is that list.

    Amounts may be text or numbers, dates are text (2026-06-30), unknown fields are refused. `report` receives
    what concerns the file. Raises OSError when it cannot be read.
    """
    document = read_document(path, report)
    if document is None:
        return
    claims = document.get("claims") if isinstance(document, dict) else document
    if not isinstance(claims, list):
        report(
            _file_problem("file-type", "The file is JSON, but neither a list of claims nor has one named claims.")
        )
        return
    if isinstance(document, dict) and (others := len(document) - 1):
        report(
            Problem(
                severity=Severity.WARN,
                rule="columns",
                message=f"{others} named value(s) beside the list of claims were not read.",
            )
        )
    for number, raw in enumerate(claims, start=1):
        yield _from_json(raw, f"claim {number}", path.parent)
    if not claims:
        report(_file_problem("file-type", "The file holds no claims."))


def read_document(path: Path, report: Report) -> dict[str, Any] | list[Any] | None:
    """The content of a JSON file; None, once `report` was told why, when it is none.

    Amounts are text that keeps every digit. `is_given_twice` says of any part whether a name stands in it twice.
    """
    data = path.read_bytes()
    try:
        document = json.loads(
            data.decode("utf-8-sig" if data.startswith(codecs.BOM_UTF8) else json.detect_encoding(data)),
            parse_float=str,
            parse_constant=str,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        report(_file_problem("unreadable", "The file is not whole or not valid JSON from here on.", place))
    except UnicodeDecodeError:
        report(_file_problem("encoding", "The file is not text in UTF-8. Save it as UTF-8."))
    except (ValueError, RecursionError):
        report(_file_problem("unreadable", "The file holds a number or a nesting that no claim has."))
    else:
        if isinstance(document, dict | list):
            return document
        report(_file_problem("file-type", "The file is JSON, but holds a single value."))
    return None


def is_given_twice(part: Any) -> bool:
    """Whether a name stands twice in one object of a part of a document; JSON would keep the last in silence."""
    return json.dumps(_TWICE) in json.dumps(part)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        found[_TWICE] = True
    return found


def _from_json(raw: Any, place: str, folder: Path) -> Found:
    account, lines, charge = "", 0, Decimal(0)
    if isinstance(raw, dict):
        account = " ".join(raw["account"].split()) if isinstance(raw.get("account"), str) else ""
        lines = len(raw["lines"]) if isinstance(raw.get("lines"), list) else 0
        charge = _amount(raw.get("charge"))
    problems: list[Problem] = []
    claim: Claim | None = None
    text = json.dumps(raw)
    if is_given_twice(raw):
        message = "A field is given twice."
        problems.append(_claim_problem("contradiction", message, account, place))
    else:
        try:
            claim = _with_files(Claim.model_validate_json(text, strict=True), folder)
        except ValidationError as error:
            problems.extend(explain(error, Claim, account=account, place=place))
    if claim is not None and not all(Path(item.file).is_file() for item in _documents(claim) if item.file):
        claim = None
        message = "A document it names is not there. Paths count from the claim file's folder."
        problems.append(_claim_problem("attachment-file", message, account, place, "attachments"))
    return Found(account=account, place=place, lines=lines, charge=charge, claim=claim, problems=tuple(problems))


def _claim_problem(rule: str, message: str, account: str, place: str, field: str | None = None) -> Problem:
    return Problem(
        severity=Severity.BLOCK, rule=rule, message=message, account=account or None, field=field, place=place
    )


def _amount(raw: Any) -> Decimal:
    """What can be read of a total, for the sum of the file; the claim itself is judged by the model."""
    try:
        amount = Decimal(raw) if isinstance(raw, (str, int)) else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return amount.quantize(_CENT) if amount.is_finite() and abs(amount) < _LARGEST else Decimal(0)


def _documents(claim: Claim) -> Iterator[Attachment]:
    yield from claim.attachments
    for line in claim.lines:
        yield from line.attachments


def _with_files(claim: Claim, folder: Path) -> Claim:
    """The claim with the paths of its documents made absolute."""
    if not any(item.file for item in _documents(claim)):
        return claim
    lines = tuple(
        line.model_copy(update={"attachments": _absolute(line.attachments, folder)}) for line in claim.lines
    )
    return claim.model_copy(update={"attachments": _absolute(claim.attachments, folder), "lines": lines})


def _absolute(items: tuple[Attachment, ...], folder: Path) -> tuple[Attachment, ...]:
    return tuple(
        item.model_copy(update={"file": str((folder / item.file).resolve())}) if item.file else item
        for item in items
    )

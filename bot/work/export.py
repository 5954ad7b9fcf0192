"""Claims for spreadsheets: one row a claim, in columns that say what they mean.

A row carries the account and the payer's numbers, by which an office finds its patient, and nothing else that is
about one: no name, birth date, member id or diagnosis. In CSV, text that a spreadsheet would take for a formula is
made harmless; in XLSX, every text is written as text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import Any

from bot.claims.vocabulary import STATUS_SHOWN, Status
from bot.errors import UsageError
from bot.ledger.views import Row, Rows
from bot.words import standing

#: Every column with what it means, in their order.
COLUMNS: Mapping[str, str] = {
    "id": "payerbot's own number of the claim",
    "account": "the patient account number (CLM01, box 26)",
    "payer": "the payer's short name here; empty while nobody has said which portal it is",
    "payer_named": "the payer as the claim file names it",
    "file": "the file the claim came in",
    "state": "where it stands with regard to sending, as in payerbot claims list --json",
    "stands": "the same in words",
    "status": "where it stands with regard to payment",
    "says": "the same in words",
    "service_from": "first date of service",
    "service_to": "last date of service",
    "charge": "dollars charged",
    "allowed": "dollars that the payer allowed",
    "paid": "dollars paid",
    "paid_on": "date of the last payment",
    "payment_number": "number of that payment, or of its check",
    "payer_reasons": "why it was paid so, by the payer's codes",
    "control_number": "the payer's claim number",
    "tracking_number": "the portal's tracking number",
    "sent": "whether it reached the payer: never, maybe, once",
    "proof": "what proves that: none, receipt, look-up, both",
    "attempts": "how often it set out",
    "deadline": "the last day the payer takes it",
    "answer_by": "the last day for what the payer asks",
    "accepted_at": "when the payer had it, on the clock of the machine that exported",
    "looked_up_at": "when the payer was last asked",
    "due_at": "when the payer is asked next",
    "reason": "why it stands where it stands",
    "updated_at": "when it last changed",
}
#: What a spreadsheet takes for the beginning of a formula, or skips before one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Rows that a worksheet takes, with the header.
_ROWS = 1_048_576
_FORMATS = {Decimal: "#,##0.00", datetime: "yyyy-mm-dd hh:mm", date: "yyyy-mm-dd"}


def to_csv(rows: Rows) -> bytes:
    """Claims as CSV in UTF-8, with the mark by which Excel knows it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_plain(value) for value in _values(row)])
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(rows: Rows) -> bytes:
    """Claims as an Excel workbook: amounts are numbers, dates are dates; what each column means is on the second
    sheet. Raises `UsageError` when there are more than a sheet takes."""
    from xlsxwriter import Workbook  # slow to import, and most commands write none

    if len(rows) >= _ROWS:
        raise UsageError(f"A worksheet takes {_ROWS - 1:,} claims, and these are {len(rows):,}: narrow them down.")
    content = io.BytesIO()
    # what does not fit into memory goes through files of its own, for our eyes only
    with (
        TemporaryDirectory(prefix="payerbot-") as folder,
        Workbook(content, {"constant_memory": True, "tmpdir": folder}) as book,
    ):
        _write(book, rows)
    return content.getvalue()


def _write(book: Any, rows: Rows) -> None:
    bold = book.add_format({"bold": True})
    styles = {kind: book.add_format({"num_format": style}) for kind, style in _FORMATS.items()}
    sheet = book.add_worksheet("claims")
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(COLUMNS) - 1)
    for at, name in enumerate(COLUMNS):
        sheet.set_column(at, at, max(12, len(name) + 3))
        sheet.write_string(0, at, name, bold)
    write: dict[type, Callable[[int, int, Any], object]] = {
        str: sheet.write_string,
        int: sheet.write_number,
        Decimal: lambda y, x, value: sheet.write_number(y, x, value, styles[Decimal]),
        datetime: lambda y, x, value: sheet.write_datetime(y, x, value, styles[datetime]),
        date: lambda y, x, value: sheet.write_datetime(y, x, value, styles[date]),
    }
    for y, row in enumerate(rows, start=1):
        for x, value in enumerate(_values(row)):
            if value not in (None, ""):
                write[type(value)](y, x, value)
    meanings = book.add_worksheet("columns")
    meanings.set_column(0, 0, 20)
    meanings.set_column(1, 1, 90)
    for y, (name, meaning) in enumerate(COLUMNS.items()):
        meanings.write_string(y, 0, name, bold)
        meanings.write_string(y, 1, meaning)


def _values(row: Row) -> Sequence[Any]:
    """A claim's values in the order of the columns."""
    told = {
        **row,
        "stands": standing(row),
        "says": STATUS_SHOWN[Status(row["status"])] if row["control_number"] else "",
        "payer_reasons": ", ".join(row["payer_reasons"]),
    }
    return [_local(told[name]) for name in COLUMNS]


def _local(value: Any) -> Any:
    """A time as spreadsheets have it: on this machine's clock, without a zone."""
    return value.astimezone().replace(tzinfo=None, microsecond=0) if isinstance(value, datetime) else value


def _plain(value: Any) -> str:
    """A value as CSV has it; text that begins like a formula after an apostrophe."""
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat(" ", "minutes")
        case str() if value.lstrip(" ").startswith(_FORMULA):
            return "'" + value
    return str(value)

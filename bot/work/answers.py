"""What payers answered in calls: typed for a claim, or filled into the table of a call sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from bot.claims import business_days
from bot.claims.vocabulary import Status
from bot.errors import UnknownItem, UsageError
from bot.home import write_private
from bot.ledger import views
from bot.ledger.calls import Told
from bot.ledger.store import Ledger
from bot.ledger.views import Row
from bot.work import schedule
from bot.work.calls import Call
from bot.work.deadlines import deadlines_of
from bot.work.payers import Office

#: A call without a promise is followed up after a working week.
AGAIN = 5
#: The columns of a sheet as a table, to be filled in after ``questions``.
ASKED = ("claim", "account", "payer", "topic", "questions")
ANSWERED = ("said", "status", "reference", "name", "promised", "control_number", "minutes_on_hold", "resolved")


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody wrote down after a call about one claim, as it was typed."""

    claim_id: int
    account: str | None
    said: str
    status: str = ""
    reference: str = ""
    name: str = ""
    promised: str = ""
    control_number: str = ""
    minutes_on_hold: str = ""
    resolved: str = ""


def write_table(found: Sequence[Call], path: Path) -> None:
    """The claims of calls as CSV, with empty columns for what is told."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow([*ASKED, *ANSWERED])
    for call in found:
        for one in call.claims:
            row = (one.row["id"], one.row["account"], call.slug or "", call.topic, " ".join(call.questions))
            table.writerow([*(_harmless(str(value)) for value in row), *("" for _ in ANSWERED)])
    write_private(path, text.getvalue().encode("utf-8-sig"))


def read_table(path: Path) -> list[Answer]:
    """What was filled in; rows without an answer are passed over. Raises `UsageError`, with the line."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {type(error).__name__}.") from error
    answers = []
    for number, row in enumerate(rows, start=2):
        told = {name: (row.get(name) or "").strip() for name in ANSWERED}
        if not any(told.values()):
            continue
        claim = (row.get("claim") or "").strip()
        if not claim.isdigit() or not told["said"]:
            raise UsageError(f"{path}, line {number}: {'no claim' if told['said'] else 'said'} is missing.")
        answers.append(Answer(int(claim), (row.get("account") or "").strip().lstrip("'"), **told))
    return answers


def told(office: Office, ledger: Ledger, answer: Answer, today: date) -> Told:
    """An answer, understood. Raises `UnknownItem`, or `UsageError` where it cannot be."""
    row = next(iter(views.claim_rows(ledger, claim_id=answer.claim_id)), None)
    if row is None:
        raise UnknownItem(f"There is no claim {answer.claim_id}.")
    where = f"Claim {answer.claim_id}"
    if answer.account is not None and answer.account != row["account"]:
        raise UsageError(f"{where} is not account {answer.account}: the rows may have moved.")
    if not answer.said.strip():
        raise UsageError(f"{where}: say what was said.")
    promised = _day(answer.promised, where)
    if promised is not None and promised <= today:
        raise UsageError(f"{where}: {promised} is not after today; a promise is for a day to come.")
    resolved = answer.resolved.casefold() in ("yes", "y", "x", "true", "1")
    if resolved and promised:
        raise UsageError(f"{where}: resolved, or promised for {promised}? Say one of them.")
    return Told(
        claim_id=answer.claim_id,
        said=answer.said.strip(),
        status=_status(answer.status, where),
        reference=answer.reference or None,
        name=answer.name or None,
        promised_on=promised,
        next_on=None if resolved else next_follow_up(office, row, today, promised),
        control_number=answer.control_number or None,
        minutes_on_hold=_minutes(answer.minutes_on_hold, where),
    )


def look_up_at(one: Told) -> datetime | None:
    """When a claim that was spoken of is to be looked up at the latest."""
    return datetime.combine(one.promised_on, schedule.OPENS, schedule.ZONE) if one.promised_on else None


def next_follow_up(office: Office, row: Row, today: date, promised: date | None) -> date:
    """When a claim is followed up after a call: on the day that was promised, else after a working week; before a
    deadline, so that `schedule.BEFORE_DEADLINE` business days are left where that can be."""
    wanted = promised or business_days.after(today, AGAIN)
    last = next(
        (one.on for one in deadlines_of(row, office.payers.get(row["payer"] or ""), today) if one.on > today), None
    )
    if last is not None:
        wanted = min(wanted, business_days.after(last, -schedule.BEFORE_DEADLINE))
    return max(wanted, business_days.after(today, 1))


def _harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _day(text: str, where: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{where}: '{text}' is no date; write it as 2026-07-31.") from None


def _status(text: str, where: str) -> Status | None:
    try:
        return Status(text.casefold().replace(" ", "_")) if text else None
    except ValueError:
        known = ", ".join(Status)
        raise UsageError(f"{where}: '{text}' is no status; one of {known}.") from None


def _minutes(text: str, where: str) -> int | None:
    if text and not text.isdigit():
        raise UsageError(f"{where}: '{text}' is no number of minutes.")
    return int(text) if text else None

"""What needs a person, in the order in which to do it: nearest deadline first, then most money.

A task is due when it is opened, or, where a deadline leaves time, `schedule.BEFORE_DEADLINE` business days before
that. Put off, by a person or until a day that the payer promised, it is out of the list until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bot.claims import business_days
from bot.claims.meanings import words_of
from bot.claims.vocabulary import STATUS_SHOWN, Status
from bot.errors import Refused
from bot.ledger import chores, papers, views
from bot.ledger.store import Act, Ledger
from bot.ledger.views import Row
from bot.work import schedule
from bot.work.deadlines import SHOWN, Deadline, deadlines_of
from bot.work.payers import Office


class Channel(StrEnum):
    """Where a task is done."""

    PORTAL = "portal"
    CALL = "call"
    FAX = "fax or mail"
    OFFICE = "office"


#: Kinds of task that are done in the office's own systems, or here.
_INSIDE = frozenset(
    {"fix-claims", "held", "blocked", "rejected", "looks-like-a-fix", "letter", "choose-portal", "no-login"}
    | {"adapter-failed", "form-changed", "balance", "unclear"}
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks somebody asks for."""

    payer: str | None = None
    #: Who has them, in whatever case; empty: nobody.
    owner: str | None = None
    #: Due until this day.
    due: date | None = None
    #: Their kind.
    kind: str | None = None
    #: Worth more than this.
    amount_over: Decimal | None = None
    #: Those that are put off, too.
    snoozed: bool = False
    #: Closed ones, too.
    every: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A task with what follows from its claims."""

    row: Row
    #: All of its claims', each once, the nearest first.
    deadlines: tuple[Deadline, ...]
    #: Charged, and not paid.
    charge: Decimal
    due: date
    #: Out of the list until this day; none: it is in it.
    until: date | None
    channel: Channel

    @property
    def id(self) -> int:
        """Its number."""
        return int(self.row["id"])

    @property
    def claims(self) -> Sequence[Row]:
        """The claims that wait behind it."""
        found: Sequence[Row] = self.row["claims"]
        return found

    @property
    def deadline(self) -> Deadline | None:
        """The nearest."""
        return self.deadlines[0] if self.deadlines else None

    @property
    def order(self) -> tuple[Any, ...]:
        """Nearest deadline first, then most money, then as it was opened."""
        return (self.deadline.on if self.deadline else date.max, -self.charge, self.id)

    def document(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            **self.row,
            "channel": str(self.channel),
            "charge": self.charge,
            "due": self.due,
            "until": self.until,
            "deadline": self.deadline.document() if self.deadline else None,
            "deadlines": [one.document() for one in self.deadlines],
        }


def worklist(office: Office, ledger: Ledger, today: date, wanted: Wanted | None = None) -> list[Task]:
    """The tasks that somebody asks for, in the order to do them."""
    wanted = wanted or Wanted()
    rows = views.task_rows(ledger, payer=wanted.payer, every=wanted.every)
    found = (_task(office, row, today) for row in rows)
    return sorted((one for one in found if _is_wanted(one, wanted)), key=lambda one: one.order)


def task(office: Office, ledger: Ledger, task_id: int, today: date) -> Task:
    """One task. Raises `UnknownItem`."""
    return _task(office, views.task_rows(ledger, task_id=task_id)[0], today)


def snooze(office: Office, ledger: Ledger, task_ids: Sequence[int], until: date, act: Act) -> None:
    """Put tasks off until a day: all of them, or none. Raises `Refused` where that lets a deadline pass."""
    today = schedule.day_of(act.at)
    if until <= today:
        raise Refused(f"{until} is not after today.")
    for task_id in task_ids:
        last = task(office, ledger, task_id, today).deadline
        if last is not None and not last.passed and last.on < until:
            raise Refused(
                f"Task {task_id}: the last day {SHOWN[last.about]} is {last.on} ({last.source}); put it off until "
                "then at the latest."
            )
    chores.snooze(ledger, task_ids, until, act)


@dataclass(frozen=True, slots=True)
class Known:
    """What else is known of one claim behind a task: enough to work it without looking further."""

    row: Row
    deadlines: tuple[Deadline, ...]
    codes: tuple[str, ...]
    #: The payer's codes with what each means and what to do.
    reasons: tuple[str, ...]
    #: The file of the last page that was kept of it, and when.
    evidence: Row | None
    #: Documents that go with it, by control number.
    attachments: tuple[str, ...]
    calls: tuple[Row, ...]

    def document(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "id": self.row["id"],
            "codes": self.codes,
            "reasons": self.reasons,
            "deadlines": [one.document() for one in self.deadlines],
            "evidence": self.evidence,
            "attachments": self.attachments,
            "calls": self.calls,
        }


def details(office: Office, ledger: Ledger, one: Task, today: date) -> Iterator[Known]:
    """What is known of the claims behind a task."""
    for row in one.claims:
        history = views.claim_history(ledger, row["id"])
        yield Known(
            row=row,
            deadlines=deadlines_of(row, office.payers.get(row["payer"] or ""), today),
            codes=tuple(line["code"] for line in history["lines"]),
            reasons=tuple(words_of(code) for code in row["payer_reasons"]),
            evidence=max(history["evidence"], key=lambda kept: (kept["at"], kept["id"]), default=None),
            attachments=tuple(sorted(papers.numbers_of(ledger, row["id"]))),
            calls=tuple(history["calls"]),
        )


def stands(row: Mapping[str, Any]) -> str:
    """Where a claim stands by the payer's last word: ours for it, then the payer's own."""
    words = STATUS_SHOWN[Status(row["status"])]
    return f"{words} ('{row['payer_words']}')" if row["payer_words"] else words


def _task(office: Office, row: Row, today: date) -> Task:
    claims = row["claims"]
    of_claims = (deadlines_of(one, office.payers.get(one["payer"] or ""), today) for one in claims)
    found = sorted({last for deadlines in of_claims for last in deadlines})
    opened = schedule.day_of(row["opened_at"])
    due = max(opened, business_days.after(found[0].on, -schedule.BEFORE_DEADLINE)) if found else opened
    until = _until(row, today)
    if until and any(not last.passed and last.on < until for last in found):  # it came nearer since
        until = None
    return Task(
        row=row,
        deadlines=tuple(found),
        charge=sum((one["charge"] - (one["paid"] or 0) for one in claims), Decimal("0.00")),
        due=max(due, until) if until else due,
        until=until,
        channel=_channel(row),
    )


def _until(row: Row, today: date) -> date | None:
    """The day until which a task is put off: as a whole, or each of its claims by itself."""
    days = [row["snoozed_until"]] if row["snoozed_until"] else []
    if row["claims"] and all(one["next_on"] for one in row["claims"]):
        days.append(min(one["next_on"] for one in row["claims"]))
    return max((day for day in days if day > today), default=None)


def _channel(row: Row) -> Channel:
    if row["topic"]:
        return Channel.CALL
    if row["kind"] == "papers":
        return Channel.FAX
    return Channel.OFFICE if row["kind"] in _INSIDE else Channel.PORTAL


def _is_wanted(one: Task, wanted: Wanted) -> bool:
    row = one.row
    return (
        (wanted.snoozed or one.until is None)
        and (wanted.owner is None or (row["owner"] or "").casefold() == wanted.owner.strip().casefold())
        and (wanted.due is None or one.due <= wanted.due)
        and (wanted.kind is None or row["kind"] == wanted.kind)
        and (wanted.amount_over is None or one.charge > wanted.amount_over)
    )

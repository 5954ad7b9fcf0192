"""The office's morning: whether what was expected of the night was done by then, and who is told.

A morning is an hour of a working day on the clock of the office's machine (its ``TZ``).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from bot.claims import business_days
from bot.ledger import runs
from bot.ledger.runs import SERVE, Run
from bot.ledger.store import Ledger
from bot.log import get
from bot.words import when

#: When a morning begins where the office has not said so.
OPENS = time(7)
#: How often a process that works unattended says that it does, and how long it may be silent.
PULSE = timedelta(minutes=1)
SILENCE = timedelta(minutes=10)
#: Seconds that the office's program may take.
_PATIENCE = 60

log = get()


class Done(StrEnum):
    """What became of the work that was expected by a morning."""

    #: Nobody expects any, or there was none to do.
    NOTHING = "nothing"
    DONE = "done"
    #: After the hour, but done.
    LATE = "late"
    #: Begun, and not ended.
    UNFINISHED = "unfinished"
    #: It stopped before its end.
    FAILED = "failed"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Night:
    """The work that was expected by a morning."""

    done: Done
    by: datetime | None = None
    #: Which did it, or came nearest.
    run: Run | None = None

    @property
    def is_amiss(self) -> bool:
        """Whether somebody must see to it."""
        return self.done in (Done.UNFINISHED, Done.FAILED, Done.MISSED)

    @property
    def words(self) -> str:
        """What is the matter, in a sentence; empty where nothing is."""
        expected = f"expected by {when(self.by)}"
        match self.done:
            case Done.LATE if self.run and self.run.ended_at:
                return f"The run {expected} ended only at {when(self.run.ended_at)}."
            case Done.LATE:
                return f"payerbot was {expected} and began only afterwards."
            case Done.UNFINISHED if self.run:
                return (
                    f"The run {expected} began at {when(self.run.began_at)} and has not ended; it was last seen "
                    f"at work at {when(self.run.seen_at)}."
                )
            case Done.FAILED if self.run:
                return f"The run {expected} stopped before its end at {when(self.run.seen_at)}."
            case Done.MISSED:
                return f"payerbot did not run: it was {expected} and did not begin."
        return ""

    def document(self) -> dict[str, object]:
        """As ``report --json`` prints it."""
        return {"by": self.by, "done": str(self.done), "message": self.words}


def last_mornings(by: time, now: datetime, zone: tzinfo | None = None) -> tuple[datetime, datetime]:
    """The last two mornings that have begun, in UTC; on the clock of this machine where no zone is given."""
    day = now.astimezone(zone).date()
    if not business_days.is_business_day(day) or _at(day, by, zone) > now:
        day = business_days.after(day, -1)
    return _at(business_days.after(day, -1), by, zone), _at(day, by, zone)


def since(by: time, now: datetime, zone: tzinfo | None = None) -> datetime:
    """Where a report begins that nobody has asked for another: at the morning of the working day before today."""
    return _at(business_days.after(now.astimezone(zone).date(), -1), by, zone)


def judge(ledger: Ledger, by: time | None, now: datetime, zone: tzinfo | None = None) -> Night:
    """What became of the work that the office expected by the last morning."""
    if by is None:
        return Night(Done.NOTHING)
    before, morning = last_mornings(by, now, zone)
    found = [run for run in runs.at_work_since(ledger, before) if run.whole and run.kind != runs.FOLLOW_UP]
    if not found and not runs.anything_queued(ledger, morning):
        return Night(Done.NOTHING, morning)
    judged = [(done, run) for run in found if (done := _judged(run, before, morning, now))]
    order = list(Done)
    return min(
        (Night(done, morning, run) for done, run in judged),
        key=lambda night: order.index(night.done),
        default=Night(Done.MISSED, morning),
    )


def silent(ledger: Ledger, now: datetime) -> Run | None:
    """What works unattended and has said nothing for too long, if that is what ran last."""
    last = runs.last(ledger)
    if last is None or last.kind != SERVE or last.ended_at is not None:
        return None
    return None if runs.at_work_since(ledger, now - SILENCE) else last


def _judged(run: Run, before: datetime, morning: datetime, now: datetime) -> Done | None:
    """What one run did for this morning; nothing when it was about another."""
    if run.kind == SERVE:
        if run.began_at > morning:
            return Done.LATE if run.ended_at is None and run.seen_at > now - SILENCE else None
        if run.seen_at >= morning - SILENCE:
            return Done.DONE
        return Done.FAILED if run.failed or run.ended_at is None else None
    if run.began_at < before:
        return None
    if run.failed:
        return Done.FAILED
    if run.ended_at is None:
        return Done.UNFINISHED
    return Done.DONE if run.ended_at <= morning else Done.LATE


def _at(day: date, hour: time, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)


def tell(program: Sequence[str], text: str) -> str:
    """Give a text to the office's program on its standard input; what went wrong, in a sentence, or nothing."""
    try:
        done = subprocess.run(  # noqa: S603  what the office has set, without a shell
            program,
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            env={name: value for name, value in os.environ.items() if not name.startswith("PAYERBOT_")},
            check=False,
        )
        why = f"ended with {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        why = f"did not end within {_PATIENCE} seconds"
    except OSError as error:
        why = f"cannot be started: {error.strerror or type(error).__name__}"
    if why:
        log.warning("notify_failed")
        return f"The office was not told: office.notify, {program[0]}, {why}."
    return ""

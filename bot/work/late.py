"""Claims that wait, and will be late: past the last day to file them, or not sent before it passes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.ledger import queue
from bot.ledger.store import Ledger
from bot.ledger.views import Row
from bot.work import schedule
from bot.work.payers import Office

#: How long one claim takes where none was sent yet: what a slow portal needs, with the look-up after it.
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Late:
    """One claim that will not make its filing deadline, and why."""

    row: Row
    why: str


def late(
    office: Office, ledger: Ledger, waiting: Sequence[Row], now: datetime, limit: int | None = None
) -> list[Late]:
    """Of the claims that wait (rows of `views`), in a run that begins now and sends at most `limit`: those that
    will be late, nearest deadline first.

    A claim is late when its last day is over, when its login stands still and so little is left of it that nobody
    will have noticed, or when more claims go before it than can be sent until then.
    """
    ordered = sorted((row for row in waiting if row["deadline"]), key=lambda row: (row["deadline"], row["id"]))
    after_limit = {row["id"] for row in _in_order(waiting)[limit:]} if limit is not None else set()
    paces = queue.paces(ledger)
    before: dict[tuple[str, str], int] = {}
    found = []
    for row in ordered:
        login = (row["payer"], row["login"])
        before[login] = before.get(login, 0) + 1
        why = _why(office, ledger, row, now, before[login], paces.get(row["payer"], SECONDS), after_limit)
        if why is not None:
            found.append(Late(row, why))
    return found


def _why(
    office: Office, ledger: Ledger, row: Row, now: datetime, turn: int, pace: float, after_limit: Collection[int]
) -> str | None:
    last: date = row["deadline"]
    if last < schedule.day_of(now):
        return f"the last day to file it was {last}: the payer may deny it as late"
    ends = datetime.combine(last + timedelta(days=1), schedule.OPENS, schedule.ZONE)
    soon = ends - now < timedelta(days=1)
    payer = office.payers.get(row["payer"] or "")
    login = payer.login(row["login"] or "") if payer else None
    if login is None:
        return f"its login is not set up, and the last day to file it is {last}" if soon else None
    if soon and (pause := queue.pause_of(ledger, row["payer"], row["login"])):
        return f"its login stands still ({pause.why}), and the last day to file it is {last}"
    if soon and row["id"] in after_limit:
        return f"it is beyond the limit of this run, and the last day to file it is {last}"
    if now + timedelta(seconds=turn * pace / login.seats) > ends:
        return f"{turn - 1} claims go before it, and the last day to file it is {last}"
    return None


def _in_order(waiting: Sequence[Row]) -> list[Row]:
    """As they are sent."""
    return sorted(waiting, key=lambda row: (row["failures"], row["deadline"] or date.max, row["id"]))

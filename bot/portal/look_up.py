"""What the payer's own claim search says about a claim: the second witness, and the way out of `unknown`.

A row proves a claim only if every field it shows of account, member, dates and charge is ours, dates and charge
are among them, it is not older than our arm, and its number belongs to no other claim. "Not there" may only be
concluded from a search that shows nothing unaccounted for.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from bot.claims.vocabulary import Status
from bot.errors import Passing
from bot.portal.adapter import BatchAdapter, FoundClaim, SentAs
from bot.portal.evidence import Evidence, EvidenceStore
from bot.portal.session import Session

#: The kind of evidence that a look-up leaves.
LOOK_UP = "look-up"
#: How far the portal's clock may be behind ours.
SKEW = timedelta(minutes=5)
#: Of such a claim, its own page says no more than the search does.
_NOTHING_MORE = frozenset({Status.NONE, Status.PENDING})


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for."""

    sent_as: SentAs
    service_from: date
    service_to: date
    charge: Decimal
    #: When we armed; rows older than that are other claims.
    armed_at: datetime
    #: The number on the receipt, when there is one to be witnessed.
    control_number: str | None = None
    #: The payer's number of the claim this one corrects, which is not this one.
    original: str = ""
    #: The portal's own number for it, when that is all it gave.
    tracking_number: str | None = None
    #: The codes of its lines, when a person gave the number: they may have mistyped that of another claim for the
    #: same patient and days.
    codes: tuple[str, ...] = ()


class Verdict(StrEnum):
    """What the search says."""

    #: The payer has it, exactly as sent.
    FOUND = "found"
    #: The payer has it with other content.
    DIFFERENT = "different"
    #: The search shows nothing that could be it.
    ABSENT = "absent"
    #: The search shows something that might be it: a person must look.
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class LookUp:
    """A search's verdict, and the row it rests on."""

    verdict: Verdict
    row: FoundClaim | None = None
    rows: int = 0
    evidence: tuple[Evidence, ...] = ()
    #: Whether all that it shows is what was asked for; where not, it has not answered.
    answered: bool = True


#: Which of these numbers belong to other claims of ours.
Taken = Callable[[Collection[str]], Awaitable[frozenset[str]]]


async def look_up(session: Session, store: EvidenceStore, sought: Sought, taken: Taken) -> LookUp:
    """Search the portal and judge what it shows. Raises `Passing` or `LoginStopped` when it cannot be asked."""
    found = await session.persist(lambda: _ask(session, sought, taken))
    kept = await store.keep(session.page, LOOK_UP, session.clock.now())
    on_line = session.adapter.limits.on_line
    off_line = on_line is not None and session.clock.now() - sought.armed_at > on_line
    verdict = Verdict.UNSURE if off_line and found.verdict is Verdict.ABSENT else found.verdict
    return replace(found, verdict=verdict, evidence=(kept,))


async def _ask(session: Session, sought: Sought, taken: Taken) -> LookUp:
    """What the search says, and the claim's own page where there is more to know."""
    adapter, page = session.adapter, session.page
    rows = await adapter.find_claims(page, sought.sent_as, sought.service_from, sought.service_to)
    # a batch's number is that of all its claims
    tracking = None if isinstance(adapter, BatchAdapter) else adapter.tracking_number
    shown = {(row.control_number, row.tracking_number if tracking else None) for row in rows}
    numbers = {number for both in shown for number in both if number}
    judged = judge(rows, sought, await taken(numbers), adapter.control_number, tracking)
    found = replace(judged, rows=len(rows))
    row = found.row
    if found.verdict is not Verdict.FOUND or row is None or adapter.status_of(row.words) in _NOTHING_MORE:
        return found
    more = await adapter.read_claim(page, row)
    if more.control_number != row.control_number or _differs(more, sought):
        raise Passing(f"{adapter.name}'s portal opened another claim than the one that was asked for.")
    if adapter.status_of(more.words) is not adapter.status_of(row.words):
        raise Passing(f"{adapter.name}'s portal says '{row.words}' in its search and '{more.words}' on its page.")
    return replace(found, row=replace(more, tracking_number=row.tracking_number, received_at=row.received_at))


def judge(
    rows: Sequence[FoundClaim],
    sought: Sought,
    others: Collection[str],
    number_format: str,
    tracking_format: str | None = None,
) -> LookUp:
    """The verdict over the rows of a search for this member and these dates.

    `others` are the numbers that belong to other claims of ours; the formats are those of the payer's control
    number and of the portal's tracking number.
    """

    def has_number(row: FoundClaim) -> bool:
        return _fits(row.control_number, number_format) or _fits(row.tracking_number, tracking_format)

    if sought.control_number is not None or sought.tracking_number is not None:
        named = [row for row in rows if _is_named(row, sought)]
        if not named:
            return LookUp(Verdict.ABSENT, answered=not any(_is_unasked(row, sought) for row in rows))
        if _differs(named[0], sought):
            return LookUp(Verdict.DIFFERENT, named[0])
        return LookUp(Verdict.FOUND if _is_ours(named[0], sought) else Verdict.UNSURE, named[0])
    unclaimed = [
        row
        for row in rows
        if not {row.control_number, row.tracking_number} & set(others)
        and not (sought.original and row.control_number == sought.original)
    ]
    open_rows = [row for row in unclaimed if row.received_at is None or row.received_at >= sought.armed_at - SKEW]
    ours = [row for row in open_rows if _is_ours(row, sought) and has_number(row)]
    if len(ours) == 1:
        return LookUp(Verdict.FOUND, ours[0])
    if len(open_rows) == 1 and has_number(open_rows[0]) and _is_same_account(open_rows[0], sought):
        return LookUp(Verdict.DIFFERENT if _differs(open_rows[0], sought) else Verdict.UNSURE, open_rows[0])
    # an older row that is ours in everything but its time: a clock may be wrong, so that proves nothing either way
    doubtful = open_rows or any(_is_ours(row, sought) for row in unclaimed)
    return LookUp(Verdict.UNSURE if doubtful else Verdict.ABSENT)


def _is_ours(row: FoundClaim, sought: Sought) -> bool:
    """Everything shown is ours, and enough is shown."""
    enough = row.service_from is not None and row.charge is not None
    return enough and not _differs(row, sought)


def _differs(row: FoundClaim, sought: Sought) -> bool:
    """Something shown is not ours."""
    shown_and_ours = (
        (row.account, sought.sent_as.account),
        (row.member_id, sought.sent_as.member_id),
        (row.service_from, sought.service_from),
        (row.service_to, sought.service_to),
        (row.charge, sought.charge),
    )
    if any(shown is not None and shown != ours for shown, ours in shown_and_ours):
        return True
    return bool(sought.codes and row.lines) and sorted(line.code for line in row.lines) != sorted(sought.codes)


def _is_unasked(row: FoundClaim, sought: Sought) -> bool:
    """The row is of another member, or of other days, than were asked for."""
    first, last = row.service_from or sought.service_from, row.service_to or sought.service_to
    other = row.member_id is not None and row.member_id != sought.sent_as.member_id
    return other or first > sought.service_to or last < sought.service_from


def _is_same_account(row: FoundClaim, sought: Sought) -> bool:
    """The payer's row names our account, and was received after we armed: it can only be this claim."""
    return row.account == sought.sent_as.account and row.received_at is not None


def _is_named(row: FoundClaim, sought: Sought) -> bool:
    """The row has the number that is sought: the payer's, else the portal's."""
    if sought.control_number is not None:
        return row.control_number == sought.control_number
    return row.tracking_number == sought.tracking_number


def _fits(number: str | None, number_format: str | None) -> bool:
    return number is not None and number_format is not None and re.fullmatch(number_format, number) is not None

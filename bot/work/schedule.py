"""When a claim that the payer has is looked up, from acceptance until it is decided.

All of it is in business days (`bot.claims.business_days`) after the day on which the payer had it. A day begins at
`OPENS`, when every payer in the country has begun it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta, timezone
from itertools import chain, count
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.claims import business_days
from bot.claims.vocabulary import DECIDED, Status

#: Eastern standard time, all the year: where a payer's day begins first. Work on a day begins at that hour.
ZONE = timezone(timedelta(hours=-5))
OPENS = time(6)

Days = Annotated[int, Field(gt=0)]


class FollowUp(BaseModel):
    """How closely a payer's claims are followed (``[follow_up]`` in its ``policy.toml``), in business days.

    The defaults are a billing office's practice, on which published follow-up guides agree: first status within 30
    days, at Medicare none before its payment floor (day 14 at the earliest); a call on day 30 if nothing moved,
    somebody who can decide on day 45, a formal dispute on day 90.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: The days of its look-ups; after the last, again and again after as many days as lie between the last two.
    looks: tuple[Days, ...] = (14, 30, 45, 60, 90)
    #: Those of claims with an unlisted visit (99600) before these: payers ask for letter and records, and wait.
    unlisted: tuple[Days, ...] = (14, 21, 30)
    #: From this day on, a look-up that finds the claim where it was makes it overdue.
    overdue: Days = 30
    #: Where that is written.
    source: str = "published follow-up guides of billing offices"
    verified: date | None = None

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for days in (self.looks, self.unlisted):
            if not days or list(days) != sorted(set(days)):
                raise ValueError("looks and unlisted: days in rising order, at least one")
        if self.model_fields_set and not {"source", "verified"} <= self.model_fields_set:
            raise ValueError("say where that is written, and when it was verified: source, verified")
        return self

    def days(self, *, unlisted: bool) -> tuple[int, ...]:
        """The days of a claim's look-ups."""
        if not unlisted:
            return self.looks
        return (*self.unlisted, *(day for day in self.looks if day > self.unlisted[-1]))


#: Looked up this soon after each look-up, whatever the day; a billing office's practice. Something is asked of us:
#: as often as an office needs days to answer it. Words that nobody knows: a working week to find out. Not on file:
#: the day or two that status reports take to come (24 to 48 hours at Medicare contractors).
SOONER: Mapping[Status, int] = {
    Status.INFO_REQUESTED: 5,
    Status.UNRECOGNISED: 5,
    Status.NOT_ON_FILE: 2,
}
#: Looked up so many days before a deadline: what an office needs to act on it.
BEFORE_DEADLINE = 5

#: What to do about a claim of which nothing was decided, by the day from which it is to be done; last first.
ACTIONS: tuple[tuple[int, str], ...] = (
    (90, "Ask for a supervisor, or dispute it in writing; do not send the claim again."),
    (45, "Call again and ask for somebody who can decide; do not send the claim again."),
    (0, "Call the payer and ask what it waits for; do not send the claim again."),
)


def next_look(
    follow_up: FollowUp,
    status: Status,
    accepted_at: datetime,
    now: datetime,
    *,
    deadlines: Collection[date] = (),
    unlisted: bool = False,
    visible_at: datetime | None = None,
) -> datetime | None:
    """When a claim is to be looked up next, in UTC and always after `now`; None when it is decided.

    The nearest of the schedule, the status's own interval, and what comes before a deadline; never before the
    portal shows it (`visible_at`).
    """
    if status in DECIDED:
        return None
    today = day_of(now)
    days = [_scheduled(follow_up.days(unlisted=unlisted), day_of(accepted_at), today)]
    if status in SOONER:
        days.append(business_days.after(today, SOONER[status]))
    for deadline in deadlines:
        days += [day for day in (business_days.after(deadline, -BEFORE_DEADLINE), deadline) if day > today]
    due = datetime.combine(min(days), OPENS, ZONE).astimezone(now.tzinfo)
    return due if visible_at is None else max(due, visible_at)


def waited(accepted_at: datetime, now: datetime) -> int:
    """How many business days the payer has had a claim."""
    return business_days.between(day_of(accepted_at), day_of(now))


def action(days: int) -> str:
    """What to do about a claim that is overdue after so many days."""
    return next(words for first, words in ACTIONS if days >= first)


def day_of(moment: datetime) -> date:
    """The day that a moment belongs to; before it `OPENS`, the one before."""
    return (moment.astimezone(ZONE) - timedelta(hours=OPENS.hour)).date()


def _scheduled(days: tuple[int, ...], accepted: date, today: date) -> date:
    """The first of these days that is still to come."""
    again = days[-1] - days[-2] if len(days) > 1 else days[-1]
    numbers = chain(days, count(days[-1] + again, again))
    return next(day for number in numbers if (day := business_days.after(accepted, number)) > today)

"""Whether a robot may work a payer's portal at all, by whose word, when and how fast: ``[automation]`` in its
``policy.toml``.

Some payers forbid it, some want every robot registered, approved and attested anew each year (MassHealth ends the
user ids of those who did not ask). A payer of which nobody has written that down is not worked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS = re.compile(r"([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))? (\d\d:\d\d)-(\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of some days of the week, on the payer's clock: ``Mon-Fri 20:00-06:00`` ends on the morning after."""

    #: Of the week, from 0 for Monday, on which it opens.
    days: frozenset[int]
    opens: time
    closes: time
    #: As it was written.
    words: str

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """When it opens and closes, if it opens on that day."""
        if day.weekday() not in self.days:
            return None
        ends = day if self.closes > self.opens else day + timedelta(days=1)
        return datetime.combine(day, self.opens, zone), datetime.combine(ends, self.closes, zone)


def _window(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _HOURS.fullmatch(value)
    if found is None or found[1] not in _DAYS or (found[2] or "Mon") not in _DAYS:
        raise ValueError(f"'{value}' is not like 'Mon-Fri 20:00-06:00'")
    first = _DAYS.index(found[1])
    last = _DAYS.index(found[2] or found[1])
    days = frozenset((first + number) % 7 for number in range((last - first) % 7 + 1))
    opens, closes = (time.fromisoformat(one) for one in (found[3], found[4]))
    return Window(days, opens, closes, value)


def _zone(value: object) -> object:
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"'{value}' is no time zone, such as 'America/New_York'") from None


class Automation(BaseModel):
    """What a payer says about robots at its portal."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    allowed: Literal["yes", "no", "by arrangement"]
    #: Where that is written, or who at the payer said so.
    source: str = Field(min_length=1)
    verified: date
    #: Under which the payer knows this office's robot.
    registration: str = ""
    #: The last day on which all this counts: then it is to be attested, or read, anew.
    review_by: date | None = None
    zone: Annotated[ZoneInfo | None, BeforeValidator(_zone), PlainSerializer(str)] = None
    #: When it may work; at any hour where nothing is said.
    hours: tuple[Annotated[Window, BeforeValidator(_window)], ...] = ()
    #: Claims that may be begun in an hour.
    claims_per_hour: Annotated[int, Field(gt=0)] | None = None
    #: Sessions that one user may have at the same time; the settings may not ask for more.
    sessions: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.hours and self.zone is None:
            raise ValueError("hours need the payer's zone, such as zone = 'America/New_York'")
        return self

    def refusal(self, today: date) -> str | None:
        """Why nobody may work there until a person has seen to it."""
        if self.allowed == "no":
            return "does not allow robots"
        if self.allowed == "by arrangement" and not self.registration:
            return "allows robots by arrangement only, and no registration is on record"
        if self.allowed == "by arrangement" and self.review_by is None:
            return (
                "allows robots by arrangement only, and nobody has written down until when the arrangement counts"
            )
        if self.review_by is not None and today > self.review_by:
            return f"was to be reviewed by {self.review_by}, and that day is over"
        return None

    def opens(self, now: datetime) -> datetime | None:
        """When it may be worked next, in UTC; None when that is now."""
        if not self.hours:
            return None
        spans = sorted(self._around(now))
        if any(first <= now < last for first, last in spans):
            return None
        return next(first for first, _ in spans if first > now).astimezone(now.tzinfo)

    def closes(self, now: datetime) -> datetime | None:
        """Until when it may be worked without a break, in UTC; `now` where it may not be, None where there is no
        end. Hours that meet or overlap are one."""
        if not self.hours:
            return None
        end = now
        for first, last in sorted(self._around(now)):
            if first <= end < last:
                end = last
        return None if self.opens(end) is None else end.astimezone(now.tzinfo)

    @property
    def gap(self) -> timedelta:
        """From the beginning of one claim to that of the next, at least."""
        return timedelta(hours=1) / self.claims_per_hour if self.claims_per_hour else timedelta(0)

    def record(self) -> str:
        """All of it, as one paragraph."""
        return " ".join(self._sentences())

    def document(self) -> dict[str, Any]:
        """All of it, for programs."""
        told = self.model_dump(mode="json", exclude={"hours"})
        return {**told, "hours": [window.words for window in self.hours]}

    def _around(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        assert self.zone is not None
        today = now.astimezone(self.zone).date()
        for number in range(-1, 9):
            for window in self.hours:
                if span := window.on(today + timedelta(days=number), self.zone):
                    yield span

    def _sentences(self) -> Iterator[str]:
        yield f"Robots: {self.allowed}, by {self.source} (verified {self.verified})."
        if self.registration:
            yield f"Registered as {self.registration}."
        if self.review_by:
            yield f"To be reviewed by {self.review_by}."
        if self.hours:
            yield f"Hours: {', '.join(window.words for window in self.hours)}, {self.zone}."
        if self.claims_per_hour:
            yield f"At most {self.claims_per_hour} claims an hour."
        if self.sessions:
            yield f"At most {self.sessions} sessions of a user."

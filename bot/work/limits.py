"""What a payer gives an office, as its ``policy.toml`` says: time to file and appeal, ways to correct, telephone
lines."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.claims.vocabulary import Topic

Count = Annotated[int, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limit(_Part):
    """So many calendar days (``[filing]``, ``[appeal]``)."""

    #: From the first date of service to file, from the payer's decision to appeal.
    days: Count
    #: Where that is written.
    source: str
    #: When somebody read it there; None: it is assumed.
    verified: date | None

    @property
    def known(self) -> bool:
        """Whether it is more than assumed."""
        return self.verified is not None


#: The least that payers give: some states' Medicaid programmes.
ASSUMED_APPEAL = Limit(days=30, source="not known, the least that payers give", verified=None)


class Way(StrEnum):
    """How a payer takes the correction of a claim that it has decided."""

    #: As a replacement (frequency 7) through its portal.
    REPLACE = "replace"
    #: As a clerical reopening: a form or a call, never a claim. Medicare's way.
    REOPENING = "reopening"
    PHONE = "phone"
    PAPER = "paper"
    #: Nobody has said.
    UNKNOWN = "unknown"


class Corrections(_Part):
    """How a payer takes corrections (``[corrections]``)."""

    way: Way = Way.UNKNOWN
    #: Whether it takes them before it has decided the first claim.
    before_decision: bool = False
    #: Days from its decision; None: as for appeals.
    days: Count | None = None
    #: Where that is written.
    source: str = "not known"
    verified: date | None = None

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        if self.model_fields_set and not {"way", "source", "verified"} <= self.model_fields_set:
            raise ValueError("say how, where that is written, and when it was verified: way, source, verified")
        return self


class PhoneLine(_Part):
    """One of a payer's telephone lines (``[calls.lines.NAME]``)."""

    phone: str
    #: What to press and say until a person answers.
    path: str = ""
    #: When it is answered, in the payer's words.
    hours: str = ""
    #: Minutes that one waits there.
    hold_minutes: Count | None = None
    #: The questions that it answers; none: all that no other line does.
    topics: tuple[Topic, ...] = ()


class Calls(_Part):
    """How a payer is called (``[calls]``)."""

    #: Claims that one representative will speak about in one call; three is what many lines allow.
    claims_per_call: Count = 3
    #: By name, such as ``claims`` or ``appeals``.
    lines: dict[str, PhoneLine] = {}
    #: Where that is written.
    source: str = "not known"
    verified: date | None = None

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        if self.model_fields_set and not {"source", "verified"} <= self.model_fields_set:
            raise ValueError("say where that is written, and when it was verified: source, verified")
        taken = [topic for line in self.lines.values() for topic in line.topics]
        if len(taken) != len(set(taken)):
            raise ValueError("each topic belongs to one line")
        return self

    def line(self, topic: Topic) -> tuple[str, PhoneLine | None]:
        """The line that answers a question, with its name; none where nobody has said its number."""
        for name, line in self.lines.items():
            if topic in line.topics:
                return name, line
        return next(((name, line) for name, line in self.lines.items() if not line.topics), ("claims", None))

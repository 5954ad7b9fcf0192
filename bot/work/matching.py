"""Which claim of ours a payer's file is about. Never a guess: what fits two, or fits badly, is for a person.

The payer's own number counts first; it is unique. Without it account, dates of service and charge must all be
equal, and the payer the one that the claim went to: offices use an account again and again, and a claim that
crossed over comes back from another payer with the same account, dates and charge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.claims.model import Claim, Line
from bot.claims.remittance import PaidLine
from bot.claims.response import ReportedLine
from bot.claims.vocabulary import State, Status
from bot.ledger.people import route_key
from bot.ledger.replies import Ours

_AT_THE_PAYER = frozenset(
    {State.ACCEPTED, State.RECEIVED, State.DISPUTED, State.DUPLICATE, State.UNKNOWN, State.SUBMITTING}
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A claim as a payer's file names it."""

    account: str
    #: The payer's number, then the one it had before.
    numbers: tuple[str, ...]
    service_from: date | None
    service_to: date | None
    #: Without its sign: a reversal's is negative.
    charge: Decimal
    #: As which payer it was decided: P, S or T; empty where the file does not say.
    order: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """What was found: one claim, several or badly fitting ones, or none of ours."""

    claim: Ours | None = None
    doubtful: tuple[Ours, ...] = ()


@dataclass(frozen=True, slots=True)
class Whose:
    """The payer of a file: the portals that its names mean, and the names themselves."""

    slugs: frozenset[str]
    names: frozenset[str]

    def paid(self, claim: Ours) -> bool | None:
        """Whether a claim went to this payer; None when nobody has said which payer this is."""
        if claim.payer in self.slugs or route_key(claim.payer_named) in self.names:
            return True
        return False if self.slugs else None


class Matcher:
    """The claims that a file may be about."""

    def __init__(self, claims: Iterable[Ours], order_of: Callable[[Ours], str]) -> None:
        """`order_of` tells as which payer's a claim was sent: P, S or T."""
        self._order_of = order_of
        self._by_number: dict[str, list[Ours]] = {}
        self._by_account: dict[str, list[Ours]] = {}
        for claim in claims:
            for number in claim.numbers:
                self._by_number.setdefault(number, []).append(claim)
            if claim.account:
                self._by_account.setdefault(claim.account.upper(), []).append(claim)

    def match(self, subject: Subject, whose: Whose, reversed_: Collection[int] = ()) -> Match:
        """The claim of ours that is meant. A claim whose payment is taken back, in this file (`reversed_`) or
        before, may come again under another number."""
        for number in subject.numbers:
            claims = [claim for claim in self._by_number.get(number, ()) if whose.paid(claim) is not False]
            if claims:
                certain = len(claims) == 1 and _resembles(subject, claims[0])
                return Match(claims[0]) if certain else Match(doubtful=tuple(claims))
        alike = [
            claim
            for claim in self._by_account.get(subject.account.upper(), ())
            if self._may(subject, whose, claim)
        ]
        equal = [claim for claim in alike if _equal(subject, claim)]
        equal = [claim for claim in equal if _stands(claim)] or equal
        fitting = [
            claim
            for claim in equal
            if not (subject.numbers and claim.numbers) or claim.id in reversed_ or claim.status is Status.REVERSED
        ]
        if len(fitting) == 1 and whose.paid(fitting[0]):
            return Match(fitting[0])
        return Match(doubtful=tuple(fitting or equal or [claim for claim in alike if _nearly(subject, claim)]))

    def _may(self, subject: Subject, whose: Whose, claim: Ours) -> bool:
        """Whether a claim under the same account can be meant at all. At a payer that nobody has named, one that
        was decided as another payer's than ours crossed over to it."""
        paid = whose.paid(claim)
        return bool(paid) or (paid is None and subject.order in ("", self._order_of(claim)))


def pair_lines(claim: Claim, theirs: Sequence[PaidLine | ReportedLine]) -> dict[int, int]:
    """The payer's lines, by their place from 0, with the numbers of ours that they are about.

    By our own number for the line, else by code, modifiers, charge and day, else without what the payer left out.
    Lines alike in all of it are taken in their order.
    """
    left = dict(enumerate(claim.lines, start=1))
    paired: dict[int, int] = {}
    for same in (_same_number, _same_service, _same_code):
        for at, line in enumerate(theirs):
            number = next((number for number, own in left.items() if at not in paired and same(own, line)), None)
            if number is not None:
                paired[at] = number
                del left[number]
    return paired


def _same_number(own: Line, line: PaidLine | ReportedLine) -> bool:
    return bool(line.control_number) and line.control_number == own.control_number


def _same_service(own: Line, line: PaidLine | ReportedLine) -> bool:
    return _same_code(own, line) and line.modifiers == own.modifiers and line.service_from == own.service_from


def _same_code(own: Line, line: PaidLine | ReportedLine) -> bool:
    return (
        line.code == own.code
        and abs(line.charge) == own.charge
        and line.service_from in (own.service_from, None)
        and set(line.modifiers) in (set(own.modifiers), set())
    )


def _equal(subject: Subject, claim: Ours) -> bool:
    return (
        subject.charge == claim.charge
        and subject.service_from is not None
        and (subject.service_from, subject.service_to) == (claim.service_from, claim.service_to)
    )


def _nearly(subject: Subject, claim: Ours) -> bool:
    """The same day and another charge, or the same charge and no day: it may be ours, and changed."""
    if subject.service_from is None:
        return subject.charge == claim.charge
    return subject.service_from == claim.service_from


def _resembles(subject: Subject, claim: Ours) -> bool:
    """Whether anything beside the payer's number says that this is the claim."""
    return subject.account.upper() == claim.account.upper() or _nearly(subject, claim)


def _stands(claim: Ours) -> bool:
    """Whether the claim is, or may be, at the payer."""
    return claim.state in _AT_THE_PAYER or (claim.state is State.CLOSED and claim.control_number is not None)

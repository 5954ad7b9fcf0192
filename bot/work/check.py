"""A portal's form checked by itself: signed in, walked with the door shut, compared page by page.

It is the comparison that each page of a claim's entry begins with, over all pages at once and to the end, whatever
the first of them shows.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.claims.model import Claim
from bot.errors import FormChanged, UnknownItem
from bot.ledger import queue
from bot.ledger.journal import Item, worker_name
from bot.ledger.queue import LookUps, Pause
from bot.ledger.restore import refuse_older
from bot.ledger.seats import BESIDE, Seat
from bot.ledger.store import Act
from bot.portal import drift, fit
from bot.portal.drift import Change
from bot.portal.sample import invented
from bot.portal.session import Session
from bot.portal.walk import Sight, walk
from bot.work.dispatch import Workshop
from bot.work.payers import Login, Payer
from bot.work.shift import Plan, Shift

#: Claims of the office, newest first, among which one is looked for that this form takes.
RECENT = 20


#: Kinds of task that keep a form from being checked, or that come of it.
CAUSES = ("form-changed", "sign-in-refused", "person-needed", "automation")


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found."""

    payer: str
    login: str
    at: datetime
    #: What the form was filled with: the account of a claim of the office; None for an invented one.
    account: str | None
    #: Whether there was something to compare with but the declaration.
    first: bool
    #: None when the check did not come so far.
    sight: Sight | None
    #: Why it did not.
    stopped: str
    #: What only the baseline knew otherwise, and was taken for fine now.
    accepted: tuple[Change, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is not as it should be."""
        return tuple(c for c in self.sight.changes if c not in self.accepted) if self.sight else ()

    @property
    def fine(self) -> bool:
        """Whether the form is as declared and as it was."""
        return self.sight is not None and not self.changes


def document(report: Report) -> dict[str, Any]:
    """A report for programs."""
    sight = report.sight
    return {
        "payer": report.payer,
        "login": report.login,
        "at": report.at,
        "fine": report.fine,
        "first": report.first,
        "account": report.account,
        "stopped": report.stopped,
        "changes": [
            {
                "what": str(change.what),
                "page": change.page,
                "field": change.field,
                "now": change.now,
                "message": str(change),
                "accepted": change in report.accepted,
                "adapter": change.declared,
            }
            for change in (sight.changes if sight else ())
        ],
        "seen": list(sight.seen) if sight else [],
        "unseen": [{"what": one.what, "why": one.why} for one in sight.unseen] if sight else [],
    }


async def check(workshop: Workshop, payer: str, login: str | None, act: Act, *, accept: bool) -> Report:
    """Check the form of a payer with one login, the first if none is named. With `accept`, what differs from the
    baseline alone is taken for fine: `act` says by whom and why.

    What has changed stops the payer, as one task. Raises `UnknownItem`, and `Passing` when the portal is down.
    """
    one = workshop.office.payer(payer)
    user = one.login(login) if login is not None else next(iter(one.logins), None)
    if user is None:
        raise UnknownItem(f"{one.adapter.name} has no login{f' {login!r}' if login else ''} here.")
    await asyncio.to_thread(refuse_older, workshop.ledger)
    checking = _Check(workshop, one, user, act, accept=accept)
    async with workshop.desk() as desk:
        await checking.work(desk)
    return checking.report()


class _Check(Shift):
    """A shift that looks at the form, and works no claim."""

    def __init__(self, workshop: Workshop, payer: Payer, login: Login, act: Act, *, accept: bool) -> None:
        plan = Plan(None, LookUps(0), dry_run=True)
        about = (payer, login, workshop.ledger, workshop.store, workshop.clock, plan, self)
        super().__init__(*about, owner=BESIDE + worker_name())
        self._act = act
        self._accept = accept
        self._why: list[str] = []
        self._account: str | None = None
        self._first = False
        self._sight: Sight | None = None
        self._accepted: tuple[Change, ...] = ()

    def report(self) -> Report:
        """What was found."""
        return Report(
            self.payer.slug,
            self.login.name,
            self.clock.now(),
            self._account,
            self._first,
            self._sight,
            " ".join(self._why),
            self._accepted,
        )

    def moved(self, payer: str, item: Item, *_: object) -> None:
        """See `Progress`: no claim is."""

    def stopped(self, payer: str, login: str, why: str) -> None:
        """See `Progress`."""
        self._why.append(why)

    async def _has_work(self, seat: Seat) -> bool:
        return True

    async def _pause(self) -> Pause | None:
        """A form is looked at although the payer is stopped: how else would anybody know that it fits again?"""
        pause = await super()._pause()
        return pause if pause is not None and pause.login is not None else None

    async def _sit(self, session: Session, seat: Seat) -> None:
        self._first = not session.baseline.document()
        await session.persist(_nothing)  # signs in
        claim = await asyncio.to_thread(self._claim, session.npi)
        if claim is None:
            claim = invented(session.npi, self.login.tin, self.clock.now().date())
        self._sight = await walk(session, claim, accept=self._accept)
        changes = self._sight.changes
        if self._accept:
            self._accepted = tuple(change for change in changes if not change.declared)
        if left := [change for change in changes if change not in self._accepted]:
            raise FormChanged(drift.told(self.payer.adapter, left))
        session.baseline.confirmed = True
        await self._learn(session, self._act)

    def _claim(self, npi: str) -> Claim | None:
        """The newest claim of this login that the form takes, without its documents."""
        for item in queue.recent(self.ledger, self.payer.slug, self.login.name, RECENT):
            claim = self._as_entered(item).claim.model_copy(update={"attachments": ()})
            if claim.billing.npi == npi and claim.lines and not fit.check(self.payer.adapter, claim):
                self._account = item.account
                return claim
        return None


async def _nothing() -> None:
    """A step that only wants to be signed in."""

"""The verdict that comes later, about a claim of which the portal has only said that it got it.

The payer's message is read like a receipt and witnessed like one. Where there is none yet, or it proves nothing,
the payer's own search is asked for the tracking number; a claim which that lacks was never received.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.claims.model import Claim
from bot.claims.vocabulary import Sent, State
from bot.portal.adapter import Adapter, Receipt
from bot.portal.evidence import VERDICT, Evidence, EvidenceStore
from bot.portal.look_up import LookUp, Sought, Verdict, look_up
from bot.portal.session import Session
from bot.portal.submission import (
    Journal,
    Outcome,
    is_of_another,
    judged,
    resolved,
    witness,
)


@dataclass(frozen=True, slots=True)
class Pending:
    """A claim whose verdict is to come."""

    claim: Claim
    #: Where it stands; `due_at` is when its verdict is looked for again.
    now: Outcome
    #: What to look for in the payer's own search; its tracking number is the portal's.
    sought: Sought
    #: From when on a search that lacks it says something.
    conclusive_at: datetime
    visibility_delay: timedelta


async def read_verdict(session: Session, pending: Pending, journal: Journal, store: EvidenceStore) -> Outcome:
    """Where the claim stands by what the payer has said since. Raises `Passing` or `LoginStopped` when it cannot
    be asked."""
    adapter, page, sought = session.adapter, session.page, pending.sought
    tracking_number = pending.now.tracking_number or ""
    receipt = await session.persist(lambda: adapter.read_verdict(page, tracking_number))
    waiting = pending.now
    if receipt is not None:
        kept = await store.keep(page, VERDICT, session.clock.now())
        waiting = replace(waiting, evidence=(kept,))
        if (outcome := await _told(adapter, pending.claim, receipt, (kept,), journal)) is not None:
            outcome = replace(outcome, tracking_number=pending.now.tracking_number)

            async def ask(control_number: str | None) -> LookUp:
                named = replace(sought, control_number=control_number, tracking_number=None)
                return await look_up(session, store, named, journal.taken)

            return await witness(session, outcome, pending.visibility_delay, ask)
    asked_at = session.clock.now()
    found = await look_up(session, store, sought, journal.taken)
    if found.verdict is Verdict.ABSENT and asked_at < pending.conclusive_at:
        return waiting
    overdue = asked_at - sought.armed_at > adapter.limits.verdict_patience
    return settled(waiting, found, adapter, misled=receipt is not None, overdue=overdue)


async def _told(
    adapter: Adapter, claim: Claim, receipt: Receipt, kept: tuple[Evidence, ...], journal: Journal
) -> Outcome | None:
    """What the payer's message proves; None when it is no verdict on this claim. One that does not say whose claim
    it is about refuses nothing."""
    if not adapter.identity <= receipt.shown.keys():
        return None
    if receipt.duplicate_of is not None and not is_of_another(adapter, claim, receipt):
        number = f" Its number there: {receipt.duplicate_of}." if receipt.duplicate_of else ""
        words = f"{adapter.name} already has this claim.{number}"
        return Outcome(State.DUPLICATE, words, Sent.ONCE, evidence=kept, needs_person=True)
    outcome = await judged(adapter, claim, receipt, kept, journal)
    return outcome if outcome is not None and outcome.state is not State.RECEIVED else None


def settled(waiting: Outcome, found: LookUp, adapter: Adapter, *, misled: bool, overdue: bool) -> Outcome:
    """A received claim after the payer's own search was asked for its tracking number. `misled`: there is a
    message about it that shows another claim; `overdue`: there should long have been one."""
    evidence = waiting.evidence + found.evidence
    if found.verdict is Verdict.ABSENT:
        return replace(
            waiting,
            state=State.UNKNOWN,
            reason=f"The portal gave it number {waiting.tracking_number}, which the payer's own search lacks.",
            sent=Sent.MAYBE,
            evidence=evidence,
            due_at=None,
            needs_person=True,
        )
    if found.verdict is Verdict.UNSURE:
        reason = "The payer's own search shows too little of this claim to say what became of it."
        return replace(waiting, reason=reason, evidence=evidence, needs_person=True)
    outcome = resolved(waiting, found, adapter, conclusive=False)
    if outcome.state is State.RECEIVED and (misled or overdue):
        reason = (
            "The payer's message about it shows another claim."
            if misled
            else "The payer has it and has long not said what becomes of it."
        )
        return replace(outcome, reason=reason, needs_person=True)
    return outcome

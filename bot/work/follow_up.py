"""What a look-up of an accepted claim comes to: when it is looked up next, and what a person must do meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.claims.edits.unlisted import CODE as UNLISTED
from bot.claims.meanings import of_shown
from bot.claims.vocabulary import DECIDED, STATUS_SHOWN, State, Status, may_become
from bot.ledger.journal import Item, Said
from bot.portal.submission import Outcome
from bot.work import schedule
from bot.work.payers import Payer
from bot.work.tasks import need_of_cause, need_of_doubtful, need_of_overdue


def follow_up(item: Item, outcome: Outcome, payer: Payer, now: datetime) -> tuple[Outcome, Said]:
    """The outcome of a claim that the payer has, with its next look-up; and what the payer said of it. Other
    outcomes stay as they are."""
    if outcome.state is not State.ACCEPTED:
        return outcome, Said()
    if outcome.due_at is None:
        outcome = replace(outcome, due_at=_due(item, outcome, payer, now))
    return outcome, _said(item, outcome, payer, now)


def _due(item: Item, outcome: Outcome, payer: Payer, now: datetime) -> datetime | None:
    accepted_at = item.accepted_at or now
    answer_by = outcome.shown.answer_by if outcome.shown else item.answer_by
    asked = answer_by if outcome.status is Status.INFO_REQUESTED else None
    return schedule.next_look(
        payer.policy.follow_up,
        Status.UNRECOGNISED if outcome.doubtful else outcome.status,
        accepted_at,
        now,
        deadlines=[day for day in (item.deadline, asked) if day],
        unlisted=any(line.code == UNLISTED for line in item.claim.lines),
        visible_at=accepted_at + payer.visibility_delay,
    )


def _said(item: Item, outcome: Outcome, payer: Payer, now: datetime) -> Said:
    if outcome.doubtful:
        return Said(outcome.reason, (need_of_doubtful(item, outcome.reason, payer),))
    shown = outcome.shown
    words, reasons = (shown.words, shown.reasons) if shown else (item.payer_words, item.payer_reasons)
    cause = of_shown(outcome.status, words, reasons)
    before = of_shown(item.status, item.payer_words, item.payer_reasons)
    if (outcome.status, cause) != (item.status, before):
        needs = (need_of_cause(cause, payer.adapter.name, payer.slug),) if cause else ()
        return Said(_learned(outcome), needs, moved=may_become(item.status, outcome.status))
    if item.accepted_at is None or outcome.status in DECIDED:
        return Said()
    days = schedule.waited(item.accepted_at, now)
    if days < payer.policy.follow_up.overdue:
        return Said()
    return Said(needs=(need_of_overdue(item, outcome.status, days, schedule.action(days), payer),))


def _learned(outcome: Outcome) -> str:
    """What the payer says, in a biller's words."""
    words = STATUS_SHOWN[outcome.status]
    shown = outcome.shown
    if shown is None:
        return words
    if shown.paid is not None:
        words += f", ${shown.paid:,.2f}"
    if shown.answer_by is not None:
        words += f", by {shown.answer_by:%m/%d/%Y}"
    if outcome.status is Status.UNRECOGNISED:
        words += f": '{shown.words.strip()}'"
    return words + (f" ({', '.join(shown.reasons)})" if shown.reasons else "")

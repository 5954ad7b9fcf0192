"""Which task a claim's outcome, or a stopped login or payer, makes for which person."""

from __future__ import annotations

from decimal import Decimal

from bot.claims.meanings import Cause, Reason
from bot.claims.vocabulary import STATUS_SHOWN, State, Status, Topic
from bot.errors import Actor, FormChanged, LoginStopped
from bot.ledger.journal import Item
from bot.ledger.tasks import DOUBTFUL, OVERDUE, Need
from bot.portal.submission import Outcome
from bot.work.letters import pages
from bot.work.payers import Payer

_ABOUT: dict[State, tuple[str, str, bool]] = {
    State.HELD: ("could not be filled in", "Read the reason, mend it, then release or withdraw the claim.", True),
    State.ACCEPTED: (
        "could not be confirmed",
        "Look in the portal whether the claim is there as it was sent.",
        False,
    ),
    State.RECEIVED: (
        "has no answer from the payer",
        "Call the payer and ask about its tracking number; do not send it again.",
        False,
    ),
    State.REJECTED: (
        "was sent back",
        "Fix it in your practice system and queue the fixed claim; it replaces this one.",
        False,
    ),
    State.DUPLICATE: (
        "is already with the payer",
        "Look at the payer's claim: if it is yours, run `payerbot claims entered-by-hand` with its number.",
        False,
    ),
    State.DISPUTED: ("is at the payer with wrong content", "Call the payer; do not send it again.", False),
    State.UNKNOWN: (
        "may be at the payer",
        "Do not re-enter it. Look in the portal, then close this task with what you saw.",
        True,
    ),
}

#: What only a call answers.
_TOPICS: dict[State, Topic] = {State.RECEIVED: Topic.NO_VERDICT, State.DISPUTED: Topic.WRONG_CONTENT}


def need_of(item: Item, outcome: Outcome, payer: Payer) -> Need | None:
    """What a person must do about an outcome, if anything."""
    if not outcome.needs_person:
        return need_of_papers(item, payer) if outcome.state in (State.ACCEPTED, State.RECEIVED) else None
    what, action, needs_answer = _ABOUT[outcome.state]
    return Need(
        cause=f"claim:{item.id}",
        kind=str(outcome.state),
        title=f"{payer.adapter.name}: account {item.account} {what}. {outcome.reason}".strip(),
        action=action,
        payer=item.payer,
        login=item.login,
        needs_answer=needs_answer,
        topic=_TOPICS.get(outcome.state),
    )


def need_of_papers(item: Item, payer: Payer) -> Need | None:
    """Letter and records that go by fax or mail once the payer has the claim."""
    by = next((one.transmission for one in item.claim.attachments if one.transmission in ("FX", "BM")), None)
    if by is None or item.state in (State.ACCEPTED, State.RECEIVED):
        return None
    count = pages(item.claim)
    what = f"these {count} pages" if count > 1 else "the document"
    verb = "Fax" if by == "FX" else "Mail"
    number = next(one.control_number for one in item.claim.attachments if one.transmission == by)
    return Need(
        cause=f"papers:{item.id}",
        kind="papers",
        title=f"{payer.adapter.name}: account {item.account}, records not sent. {verb} {what} under {number}",
        action=(
            f"{verb} them by the end of the next business day (payerbot letters write {item.id} --to FOLDER gives"
            " them to you), then close this task with the confirmation: payerbot tasks done ID --why CONFIRMATION"
        ),
        payer=item.payer,
        login=item.login,
    )


def need_of_stop(error: LoginStopped | FormChanged, payer: Payer, login: str) -> Need:
    """What a person must do so that a login, or a payer, goes on."""
    resume = f"payerbot payers resume {payer.slug}"
    if isinstance(error, FormChanged):
        return Need(
            cause=f"form-changed:{payer.slug}",
            kind="form-changed",
            title=f"{payer.adapter.name}: the portal has changed. {error.message}",
            action=(
                f"See all of it, and what a person may accept: payerbot payers check {payer.slug}. Have the"
                f" adapter corrected, then run: {resume}"
            ),
            payer=payer.slug,
            actor=error.actor,
        )
    return Need(
        cause=f"{error.cause}:{payer.slug}:{login}",
        kind=error.cause,
        title=f"{payer.adapter.name}, login {login}: {error.message}",
        action=f"Sign in by hand: payerbot payers sign-in {payer.slug} --login {login}; or change the password, "
        f"or, once the cause is mended, run: {resume} --login {login}",
        payer=payer.slug,
        login=login,
        actor=error.actor,
    )


def need_of_refusal(payer: Payer, why: str) -> Need:
    """No robot may work there until somebody has seen to it."""
    return Need(
        cause=f"automation:{payer.slug}",
        kind="automation",
        title=why,
        action=(
            "See what the payer says about robots, and write it into [automation] of"
            f" payers/{payer.slug}/policy.toml; its claims wait, or are entered by hand."
        ),
        payer=payer.slug,
        actor=Actor.LEAD,
    )


def need_of_failures(item: Item, reason: str, payer: Payer) -> Need:
    """The portal keeps us from one claim, again and again."""
    return Need(
        cause=f"claim:{item.id}",
        kind="keeps-failing",
        title=f"{payer.adapter.name}: account {item.account} failed {item.failures + 1} times. {reason}",
        action="Look in the portal what is different about this claim; hold or withdraw it, or enter it by hand."
        if item.state is State.QUEUED
        else "Look in the portal where this claim stands; do not enter it again.",
        payer=item.payer,
        login=item.login,
    )


def overdue_cause(claim_id: int) -> str:
    """What an overdue claim's task comes from."""
    return f"{OVERDUE}:{claim_id}"


def need_of_overdue(item: Item, status: Status, days: int, action: str, payer: Payer) -> Need:
    """The payer has had a claim for so many business days, and it has not moved since the last look-up."""
    return Need(
        cause=overdue_cause(item.id),
        kind=OVERDUE,
        title=f"{payer.adapter.name}: account {item.account} is with the payer for {days} business days: "
        f"{STATUS_SHOWN[status]}",
        action=action,
        payer=item.payer,
        login=item.login,
        topic=Topic.PENDING,
    )


def need_of_doubtful(item: Item, reason: str, payer: Payer) -> Need:
    """What the payer shows of a claim's payment contradicts itself."""
    return Need(
        cause=f"{DOUBTFUL}:{item.id}",
        kind=DOUBTFUL,
        title=f"{payer.adapter.name}: account {item.account}: {reason}",
        action="Look at the claim in the portal; if it says the same there, call the payer. Until it is clear, "
        "nothing of it is taken over, and it is looked up again.",
        payer=item.payer,
        login=item.login,
    )


def need_of_adapter(payer: Payer) -> Need:
    """The adapter itself fails: its developer must look."""
    return Need(
        cause=f"adapter-failed:{payer.slug}",
        kind="adapter-failed",
        title=f"{payer.adapter.name}: the adapter failed on a page it does not understand",
        action="Give the log to the adapter's developer; the claims stay where they are.",
        payer=payer.slug,
        actor=Actor.DEVELOPER,
    )


def need_of_login(payer: str, login: str) -> Need:
    """Claims wait for a login that the settings do not name any more."""
    return Need(
        cause=f"no-login:{payer}:{login}",
        kind="no-login",
        title=f"Claims wait for login {login} at {payer}, which is not set up any more",
        action="Put the login back into payerbot.toml, or withdraw the claims and queue them again.",
        payer=payer,
        login=login,
        actor=Actor.LEAD,
    )


def need_of_row(payer: Payer, login: str, reason: str) -> Need:
    """The same rejection again and again: somebody must look before the rest is tried."""
    return Need(
        cause=f"refused-in-a-row:{payer.slug}:{login}",
        kind="refused-in-a-row",
        title=f"{payer.adapter.name}, login {login}: three claims in a row sent back for one reason. {reason}",
        action=f"Find the cause, then run: payerbot payers resume {payer.slug} --login {login}",
        payer=payer.slug,
        login=login,
    )


def need_of_cause(cause: Cause, payer: str, slug: str | None) -> Need:
    """The payer did not pay, or asks for something: all its claims with one cause are one task."""
    return Need(
        cause=f"{cause.kind}:{slug}:{cause.code}",
        kind=str(cause.kind),
        title=f"{payer}: {cause.code}, {cause.words}",
        action=cause.action,
        payer=slug,
        topic=cause.topic,
    )


def need_of_difference(
    claim_id: int, account: str, charge: Decimal, decided: Decimal, payer: str, slug: str | None
) -> Need:
    """The payer decided about other lines, or another charge, than were sent."""
    what = (
        f"decided ${decided:,.2f}, ${charge:,.2f} were sent"
        if decided != charge
        else "decided other lines than were sent"
    )
    return Need(
        cause=f"differs:{claim_id}",
        kind="differs",
        title=f"{payer}: account {account}: the payer {what}",
        action="Compare the remittance with the claim; call the payer if a line was lost or changed.",
        payer=slug,
        topic=Topic.PAID_OTHERWISE,
    )


def need_of_contradiction(
    claim_id: int, account: str, state: State, status: Status, number: str, payer: str, slug: str | None
) -> Need:
    """The payer speaks of a claim that, as far as we know, it does not have."""
    known = f" under number {number}" if number else ""
    word = STATUS_SHOWN[status]
    title = f"{payer}: account {account}, here '{state}', is '{word}' by the payer's file{known}"
    if state in (State.WITHDRAWN, State.CLOSED):
        return Need(
            cause=f"contradiction:{claim_id}",
            kind="contradiction",
            title=title,
            action="Find out who entered it at the payer, and see that it is not paid twice.",
            payer=slug,
        )
    return Need(
        cause=f"claim:{claim_id}",
        kind="at-the-payer",
        title=title,
        action="Look in the portal. If this claim is there, say that it was entered by hand, with the payer's "
        "number, and settle the file again; if another is, release or withdraw this one.",
        payer=slug,
        needs_answer=True,
    )


def need_of_doubt(cause: str, payer: str, number: str, count: int, paid: Decimal, *, known: bool) -> Need:
    """Claims of a payer's file that may be ours, and nobody can say which."""
    one = count == 1
    return Need(
        cause=cause,
        kind="unclear",
        title=f"{payer}, {number}: {count} {'claim' if one else 'claims'} (${paid:,.2f} paid) may be ours",
        action="Compare the remittance with these claims, and post it by hand; nothing was changed here."
        if known
        else f'Say which portal it is: payerbot payers map "{payer}" SLUG; then settle the file again.',
    )


def need_of_balance(cause: str, payer: str, number: str, fault: str) -> Need:
    """A payment that does not add up."""
    return Need(
        cause=cause,
        kind="balance",
        title=f"{payer}, {number}: it does not add up. {fault}",
        action="Ask the payer for a corrected file. Claims whose own amounts do not add up were not changed.",
    )


def need_of_notice(cause: str, payer: str, number: str, about: str, why: Reason) -> Need:
    """The payer refused all claims below a level."""
    return Need(
        cause=cause,
        kind=str(Status.UNPROCESSABLE),
        title=f"{payer}, {number}: about {about}: {why.code}, {why.words}",
        action="None of its claims may have arrived: look in the portal, and call the payer.",
    )

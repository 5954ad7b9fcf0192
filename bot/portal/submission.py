"""The submission protocol: how one claim goes to a payer at most once, and how we know that it did.

enter      fill, read back, go as far as one press before the first stage      may be retried
arm        the ledger commits what is about to leave
send once  through the guard; no retry, no decorator, one call site
receipt    the payer's page becomes evidence and is compared
witness    the payer's own search, where it already shows new claims
unclear    anything else after arming: the payer's own search decides, or it stays unknown
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from bot.claims.model import Claim
from bot.claims.vocabulary import Proof, Sent, State, Status, may_become
from bot.errors import (
    FormChanged,
    LeftoverGone,
    LoginStopped,
    LostClaim,
    NotAsQueued,
    Passing,
    PayerbotError,
    PayerHasIt,
    PortalError,
    PortalRefused,
    SessionLost,
)
from bot.log import get
from bot.portal import fit
from bot.portal.adapter import Adapter, BatchAdapter, FoundClaim, Receipt, SavingAdapter, SentAs, Stage
from bot.portal.evidence import RECEIPT, Evidence, EvidenceStore
from bot.portal.form import Arm, Form
from bot.portal.look_up import LookUp, Sought, Verdict, look_up
from bot.portal.payment import Payment, payment
from bot.portal.reading import same
from bot.portal.send_once import Guard
from bot.portal.session import Session
from bot.portal.way import explained

log = get()

#: How long after an arm a request of ours may still be on its way: the guard's age limit and its time-out.
IN_FLIGHT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Leftover:
    """What an attempt left unsent at a portal."""

    #: The attempt.
    id: int
    #: How the portal tells it from others; empty: nobody knows, or whether it came to be.
    saved: str
    #: When that was last about to leave.
    armed_at: datetime
    #: Of the claim itself, not of another one under its account.
    own: bool
    #: The attempt is still open, and it is this claim's: there was no time for anybody to send it.
    fresh: bool
    #: That it is not there proves nothing against the claim: it was looked for at once, or a person knows.
    seen: bool


class Journal(Protocol):
    """The ledger's side of one submission. Every call is committed when it returns."""

    async def arm(self, stage: Stage, sent_as: SentAs) -> datetime:
        """Note that this stage is about to leave; the time it was noted. Raises `LostClaim` when the claim is
        no longer ours."""
        ...

    async def still_mine(self) -> bool:
        """Whether the open attempt is ours and was armed less than 30 seconds ago."""
        ...

    async def leaves(self, saved: str) -> None:
        """Note how the portal tells what the open attempt has left there unsent."""
        ...

    async def leftovers(self) -> Sequence[Leftover]:
        """What attempts at this claim, or at others under its account, have left at the portal."""
        ...

    async def absent(self, leftover: Leftover) -> None:
        """Note that nothing was there when it could just have been left; it may still come."""
        ...

    async def cleared(self, leftover: Leftover) -> None:
        """Note that this is gone."""
        ...

    async def taken(self, numbers: Collection[str]) -> frozenset[str]:
        """Which of these numbers of this payer, its own or its portal's, belong to other claims."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a claim stands after a submission or a look-up, and why."""

    state: State
    #: One sentence for people.
    reason: str = ""
    sent: Sent = Sent.NEVER
    proof: Proof = Proof.NONE
    control_number: str | None = None
    tracking_number: str | None = None
    status: Status = Status.NONE
    evidence: tuple[Evidence, ...] = ()
    #: What the payer's own search showed of it, where that proves it.
    shown: FoundClaim | None = None
    #: The status of each line of it.
    shown_lines: tuple[Status, ...] = ()
    #: When the payer must be asked (again).
    due_at: datetime | None = None
    #: Only a person can go on.
    needs_person: bool = False
    #: What the payer shows of its payment contradicts itself, as the reason says; it is not believed.
    doubtful: bool = False
    #: Why the login or the payer must stop, once this is recorded.
    stop: LoginStopped | FormChanged | None = None
    #: Seconds the whole took, and how many of them the portal kept us waiting.
    seconds: float = 0.0
    portal_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Work:
    """A claim to be submitted."""

    claim: Claim
    #: When an earlier attempt that may have reached the payer was armed.
    first_armed: datetime | None
    visibility_delay: timedelta
    #: How soon a verdict may come, where the receipt is none.
    verdict_delay: timedelta = timedelta(0)

    @property
    def sent(self) -> Sent:
        """Whether it may have reached the payer before."""
        return Sent.NEVER if self.first_armed is None else Sent.MAYBE


async def submit(session: Session, work: Work, journal: Journal, store: EvidenceStore) -> Outcome:
    """Submit one claim.

    Returns where it stands. Raises `PortalError` when nothing was armed and somebody else decides what follows:
    the login (`LoginStopped`), the payer (`FormChanged`), later (`Passing`). Raises `LostClaim` when another
    worker has the claim.
    """
    timed = timing(session)
    return timed(await Submission(session, work, journal, store).run())


def timing(session: Session, claims: int = 1) -> Callable[[Outcome], Outcome]:
    """From now on: what gives each of so many outcomes its share of the time they took together."""
    begun, waited = time.monotonic(), session.stopwatch.waited()

    def timed(outcome: Outcome) -> Outcome:
        return replace(
            outcome,
            seconds=(time.monotonic() - begun) / claims,
            portal_seconds=(session.stopwatch.waited() - waited) / claims,
        )

    return timed


async def rehearse(session: Session, claim: Claim) -> str:
    """Go as far as one press before the first stage, with the door shut; says how far that was."""
    async with shut(session) as guard:
        form = await session.persist(lambda: _enter(session, claim))
    next_stage = form.armed[0].title if form.armed else session.adapter.final.name
    stopped = f" {guard.stopped} requests were stopped." if guard.stopped else ""
    return f"Filled and read back as far as '{next_stage}'; nothing was sent.{stopped}"


@asynccontextmanager
async def shut(session: Session) -> AsyncIterator[Guard]:
    """A door that no stage passes, of whichever way the portal takes claims."""

    async def never() -> bool:
        return False

    together = session.adapter.together()
    ways = session.adapter.stages + (together.stages if together is not None else ())
    async with guarded(session, never, ways) as guard:
        yield guard


@asynccontextmanager
async def guarded(
    session: Session, still_mine: Callable[[], Awaitable[bool]], stages: tuple[Stage, ...] = ()
) -> AsyncIterator[Guard]:
    """A guard at the door of the session's browser, who knows these stages, or those of its adapter."""
    adapter = session.adapter
    known = stages or adapter.stages
    async with Guard(session.context, session.gate, known, still_mine, adapter.only_asks) as guard:
        session.guarded = True
        try:
            yield guard
        finally:
            session.guarded = False


class Submission:
    """One claim on its way to the payer."""

    def __init__(self, session: Session, work: Work, journal: Journal, store: EvidenceStore) -> None:
        self.session = session
        self.work = work
        self.journal = journal
        self.store = store
        self.adapter: Adapter = session.adapter
        self.sent_as = self.adapter.sent_as(work.claim)
        self.armed_at: datetime | None = None
        self.kept: list[Evidence] = []

    async def run(self) -> Outcome:
        """Send it by itself."""
        form = await self.fill()
        if isinstance(form, Outcome):
            return form
        async with guarded(self.session, self.journal.still_mine) as guard:
            receipt = await self._send(form, guard)
        return await self.tidied(receipt) if isinstance(receipt, Outcome) else await self.conclude(receipt)

    async def fill(self) -> Form | Outcome:
        """Fill everything before the first stage; where the claim stands when the portal, or we, stopped it."""
        try:
            await self.clear()
            form = await self.session.persist(lambda: _enter(self.session, self.work.claim))
        except LeftoverGone as error:
            return self.gone(error)
        except (NotAsQueued, PortalRefused, PayerHasIt) as error:
            await self.keep("refusal")
            return await self._not_sent(error)
        except PortalError:
            if self.session.unarmed is None:
                raise
        if self.session.unarmed is not None:
            return await self._left_unarmed(self.session.unarmed)
        return form

    async def clear(self) -> None:
        """Take away what attempts left unsent at the portal.

        Raises `LeftoverGone` when that is there no more, unless the payer's own search proves that nobody sent it.
        """
        way = self.adapter if isinstance(self.adapter, SavingAdapter) else self.adapter.together()
        if way is None:
            return
        for leftover in await self.journal.leftovers():
            there = await self._saved(way) if not leftover.saved else {}
            ours = [one for one, shown in there.items() if is_shown(way, self.work.claim, shown)]
            saved = ours if not leftover.saved else [leftover.saved]
            gone = [await self.session.persist(partial(way.discard, self.session.page, one)) for one in saved]
            known = leftover.seen or (all(gone) and (saved or leftover.fresh))
            if not known and (saved or there or not await self._never_came(leftover)):
                raise LeftoverGone(
                    f"What was saved at {self.adapter.name} and not sent is there no more: somebody has sent it,"
                    " or deleted it. Look there before this claim is sent again."
                )
            if saved or not leftover.fresh:
                await self.journal.cleared(leftover)
            else:
                await self.journal.absent(leftover)  # a request whose answer was lost may still arrive

    async def _never_came(self, leftover: Leftover) -> bool:
        """Whether what is not saved there was not sent from there either: the save itself never came. Only a
        search that shows every claim at once can tell, and only of the claim that it is asked for."""
        at_once = self.adapter.limits.look_up_authoritative and not self.work.visibility_delay
        if not at_once or not leftover.own:
            return False
        if self.session.clock.now() < leftover.armed_at + IN_FLIGHT:
            raise Passing(f"What was on its way to {self.adapter.name} may still come; it is looked for again.")
        found = await self._ask(None, leftover.armed_at)
        self.kept += found.evidence
        return found.verdict is Verdict.ABSENT

    async def _saved(self, way: SavingAdapter) -> Mapping[str, Mapping[str, str]]:
        """What is saved there under this claim's account, and shows this claim or another."""
        return await self.session.persist(lambda: way.saved_claims(self.session.page, self.sent_as))

    def gone(self, error: LeftoverGone) -> Outcome:
        """A person must say whether it was sent."""
        kept = tuple(self.kept)
        return Outcome(State.HELD, error.message, Sent.MAYBE, evidence=kept, needs_person=True)

    async def conclude(self, receipt: Receipt | None) -> Outcome:
        """Where it stands by what the portal answered; None when it is unclear what became of it."""
        outcome = await self._judge(receipt) if receipt else None
        return await self._witnessed(outcome) if outcome else await self._looked_up()

    async def arm(self, stage: Stage) -> None:
        """Note that this stage is about to leave."""
        self.armed_at = await self.journal.arm(stage, self.sent_as)

    async def _left_unarmed(self, stage: Stage) -> Outcome:
        """A stage left before it was armed. It is armed after the fact, looked up, and the payer stops."""
        await self.arm(stage)
        self.session.unarmed = None
        changed = FormChanged(f"{self.adapter.name}'s portal sent '{stage.name}' before it was asked to.")
        return replace(await self._looked_up(), stop=changed)

    async def _send(self, form: Form, guard: Guard) -> Receipt | Outcome | None:
        """From arm to receipt. None when it is unclear what became of the claim."""
        page = self.session.page
        try:
            async with explained(page, self.adapter):
                arm = self.arming(form, guard)
                if isinstance(self.adapter, SavingAdapter):
                    saved = await self.save(self.adapter, form, guard)
                    await self._compare_saved(self.adapter, saved)
                    await self.adapter.choose(page, [saved])
                elif form.armed:
                    await form.enter(form.armed, arm)
                    await self.adapter.ready_to_send(page)
                    await form.check_again()
                await arm(self.adapter.final.name)
                await press_final(self.session, guard)
                receipt = await self.adapter.read_receipt(page)
        except LostClaim:
            raise
        except Exception as error:
            guard.revoke()
            if self.armed_at is None:
                raise
            give_up(self.session, error)
            if self.adapter.final not in guard.sent:
                await self.keep("refusal")
                return await self.stopped_short(error, drafts=bool(guard.sent))
            known = fit.labels(self.adapter)
            if isinstance(error, PortalRefused) and all(problem.field in known for problem in error.problems):
                await self.keep("refusal")
                return Receipt(refused=error.problems)
            await self.keep("unclear")
            return None  # a banner proves nothing, whatever it says
        return receipt if await self.keep(RECEIPT) else None

    def arming(self, form: Form, guard: Guard) -> Arm:
        """What arms a stage, by its name, and lets it pass."""

        async def arm(stage_name: str) -> None:
            stage = self.adapter.stage(stage_name)
            await self.arm(stage)
            guard.permit(stage, form.take_attached())

        return arm

    async def save(self, adapter: SavingAdapter, form: Form, guard: Guard) -> str:
        """Enter what saves the claim at the portal; how the portal tells it from others."""
        await form.enter(form.armed, self.arming(form, guard))
        await heard(self.session, guard)
        saved = await adapter.saved(self.session.page)
        await self.journal.leaves(saved)
        return saved

    async def _compare_saved(self, adapter: SavingAdapter, saved: str) -> None:
        """What the portal saved must be the claim as it was queued."""
        there = await adapter.saved_claims(self.session.page, self.sent_as)
        if saved in there and is_shown(adapter, self.work.claim, there[saved]):
            return
        odd = ", ".join(_shown_otherwise(adapter, self.work.claim, there.get(saved, {})))
        raise NotAsQueued(f"What the portal saved is not the claim as it was queued{f': {odd}' if odd else ''}.")

    async def tidied(self, outcome: Outcome) -> Outcome:
        """What an unsent claim left at the portal is taken away: now, or before it is entered again."""
        if not isinstance(self.adapter, SavingAdapter) or outcome.state not in (State.QUEUED, State.HELD):
            return outcome  # refused: what stays there cannot be sent
        try:
            await self.clear()
        except LeftoverGone as error:
            return self.gone(error)
        except PortalError as trouble:
            log.warning("leftover", error=type(trouble).__name__)
        return outcome

    async def stopped_short(self, error: Exception, *, drafts: bool) -> Outcome:
        """Armed, but the final stage provably never left this machine."""
        if isinstance(error, NotAsQueued | PortalRefused | PayerHasIt):
            return await self._not_sent(error)
        words = error.message if isinstance(error, PayerbotError) else "The portal was not as expected."
        if drafts and not isinstance(self.adapter, SavingAdapter):
            return Outcome(
                State.UNKNOWN,
                f"{words} What was uploaded before that may stand there as a draft; we are checking.",
                Sent.MAYBE,
                evidence=tuple(self.kept),
                due_at=self._conclusive_at(),
            )
        return Outcome(State.QUEUED, words, self.work.sent, evidence=tuple(self.kept), stop=_stopping(error))

    async def _not_sent(self, error: PortalError) -> Outcome:
        """The portal or our own read-back stopped the claim before its final stage."""
        kept = tuple(self.kept)
        match error:
            case PortalRefused():
                return Outcome(State.REJECTED, error.message, self.work.sent, evidence=kept, needs_person=True)
            case PayerHasIt():
                return await self._had_before(error.message, error.control_number)
            case _:
                return Outcome(State.HELD, error.message, self.work.sent, evidence=kept, needs_person=True)

    async def _had_before(self, words: str, control_number: str | None) -> Outcome:
        """The portal says the payer has it. After an earlier send of ours that may be our own claim: the payer's
        search is asked, and if it cannot tell, a person."""
        number = f" Its number there: {control_number}." if control_number else ""
        known = Outcome(
            State.DUPLICATE, f"{words}{number}", self.work.sent, evidence=tuple(self.kept), needs_person=True
        )
        if self.work.first_armed is None:
            return known
        try:
            found = await self._ask(None)
        except PortalError as error:
            return replace(known, stop=_stopping(error))
        if found.verdict in (Verdict.FOUND, Verdict.DIFFERENT):
            due = self.session.clock.now() + self.work.verdict_delay
            return resolved(replace(known, due_at=due), found, self.adapter, conclusive=False)
        return replace(known, evidence=known.evidence + found.evidence)

    async def _judge(self, receipt: Receipt) -> Outcome | None:
        """What the receipt proves; None when it proves nothing."""
        if receipt.duplicate_of is not None and not is_of_another(self.adapter, self.work.claim, receipt):
            return await self._had_before(
                f"{self.adapter.name} already has this claim.", receipt.duplicate_of or None
            )
        return await judged(self.adapter, self.work.claim, receipt, tuple(self.kept), self.journal)

    async def _witnessed(self, outcome: Outcome) -> Outcome:
        """Ask the second witness about a good receipt; one without the payer's number has its verdict to come."""
        if outcome.state is State.RECEIVED:
            return replace(outcome, due_at=self.session.clock.now() + self.work.verdict_delay)
        return await witness(self.session, outcome, self.work.visibility_delay, self._ask)

    async def _looked_up(self) -> Outcome:
        """Nothing proves anything: ask the payer's search."""
        conclusive_at = self._conclusive_at()
        waiting = Outcome(
            State.UNKNOWN,
            "The portal gave no usable confirmation.",
            Sent.MAYBE,
            evidence=tuple(self.kept),
            due_at=conclusive_at,
        )
        try:
            found = await self._ask(None)
        except Exception as error:
            _log_unexpected(error)
            return replace(waiting, stop=_stopping(error))
        return resolved(waiting, found, self.adapter, conclusive=False)

    async def _ask(self, control_number: str | None, armed_at: datetime | None = None) -> LookUp:
        armed_at = armed_at or self.work.first_armed or self.armed_at
        assert armed_at is not None
        claim = self.work.claim
        assert claim.service_from is not None
        assert claim.service_to is not None
        sought = Sought(
            self.sent_as,
            claim.service_from,
            claim.service_to,
            claim.charge,
            armed_at,
            control_number,
            claim.original_control_number,
        )
        return await look_up(self.session, self.store, sought, self.journal.taken)

    def _conclusive_at(self) -> datetime:
        assert self.armed_at is not None
        return self.armed_at + IN_FLIGHT + self.work.visibility_delay

    async def keep(self, kind: str) -> bool:
        """Keep the page as evidence; False when it could not be kept."""
        try:
            self.kept.append(await self.store.keep(self.session.page, kind, self.session.clock.now()))
        except (Passing, PlaywrightError):
            return False
        return True


async def press_final(session: Session, guard: Guard) -> None:
    """Make the press that sends, and wait for the answer. That the page is slow to follow the press is no failure
    once the claim is out."""
    try:
        await session.adapter.send(session.page)
    except PlaywrightTimeout:
        if session.adapter.final not in guard.sent:
            raise
    await heard(session, guard)


async def heard(session: Session, guard: Guard) -> None:
    """Wait for the answer to what was let pass. Raises `Passing` when there is none to go by."""
    if not await guard.answered():
        raise Passing(f"{session.adapter.name}'s portal did not answer what was sent.")


def give_up(session: Session, error: Exception) -> None:
    """What an error after arming means for the session, and for the developer."""
    if isinstance(error, SessionLost):
        session.end()
    _log_unexpected(error)


async def _enter(session: Session, claim: Claim) -> Form:
    """Fill everything before the first stage and read it back."""
    if session.npi != claim.billing.npi:
        raise NotAsQueued(
            f"{session.adapter.name} shows provider {session.npi}, the claim bills for {claim.billing.npi}."
        )
    form = Form(session.page, session.adapter, claim, session.baseline)
    await session.adapter.open_form(session.page)
    await form.enter(form.safe)
    await form.prepare()
    session.baseline.confirmed = True
    if not form.armed:
        await session.adapter.ready_to_send(session.page)
        await form.check_again()
    return form


async def judged(
    adapter: Adapter, claim: Claim, receipt: Receipt, kept: tuple[Evidence, ...], journal: Journal
) -> Outcome | None:
    """What a receipt, or a verdict that came later, proves: None when it proves nothing."""
    if is_of_another(adapter, claim, receipt):
        return None
    if receipt.refused:
        words = "; ".join(str(problem) for problem in receipt.refused)
        return Outcome(State.REJECTED, words, Sent.ONCE, evidence=kept, needs_person=True)
    differing = differences(adapter, claim, receipt)
    own = {receipt.control_number, None if isinstance(adapter, BatchAdapter) else receipt.tracking_number}
    if differing & adapter.identity or await journal.taken({number for number in own if number}):
        return None
    known = Outcome(
        State.RECEIVED,
        sent=Sent.ONCE,
        tracking_number=receipt.tracking_number,
        status=adapter.status_of(receipt.words),
        evidence=kept,
    )
    if _is_number(adapter.control_number, receipt.control_number):
        known = replace(known, control_number=receipt.control_number)
        if differing:
            shown = " and ".join(sorted(differing))
            reason = f"The receipt shows another {shown} than was sent."
            return replace(known, state=State.DISPUTED, reason=reason, status=Status.NONE, needs_person=True)
        return replace(known, state=State.ACCEPTED, proof=Proof.RECEIPT)
    return known if _is_number(adapter.tracking_number, receipt.tracking_number) and not differing else None


async def witness(
    session: Session,
    outcome: Outcome,
    visibility_delay: timedelta,
    ask: Callable[[str | None], Awaitable[LookUp]],
) -> Outcome:
    """Ask the payer's own search about the number of an accepted claim: now, or when the portal will know."""
    if outcome.state is not State.ACCEPTED:
        return outcome
    if visibility_delay:
        return replace(outcome, due_at=session.clock.now() + visibility_delay)
    try:
        found = await ask(outcome.control_number)
    except Exception as error:
        _log_unexpected(error)
        return replace(outcome, due_at=session.clock.now() + IN_FLIGHT, stop=_stopping(error))
    return witnessed(outcome, found, session.adapter)


def witnessed(outcome: Outcome, found: LookUp, adapter: Adapter) -> Outcome:
    """A receipt's outcome after the payer's own search was asked about its number."""
    evidence = outcome.evidence + found.evidence
    match found.verdict:
        case Verdict.FOUND:
            return told(replace(outcome, proof=Proof.BOTH, evidence=evidence, due_at=None), found.row, adapter)
        case Verdict.DIFFERENT:
            return replace(
                outcome,
                state=State.DISPUTED,
                reason="The payer's own search shows this claim with other content than was sent.",
                evidence=evidence,
                due_at=None,
                needs_person=True,
            )
        case Verdict.UNSURE:
            return replace(
                outcome,
                reason="The payer's own search shows too little of this claim to confirm it.",
                evidence=evidence,
                due_at=None,
                needs_person=True,
            )
        case Verdict.ABSENT:
            return replace(
                outcome,
                state=State.UNKNOWN,
                reason=f"The receipt shows number {outcome.control_number}, which the payer's own search lacks.",
                sent=Sent.MAYBE,
                proof=Proof.NONE,
                control_number=None,
                evidence=evidence,
                due_at=None,
                needs_person=True,
            )


def resolved(waiting: Outcome, found: LookUp, adapter: Adapter, *, conclusive: bool) -> Outcome:
    """An unknown claim after the payer's own search was asked for it. `conclusive`: enough time has passed for
    "not there" to mean that it never arrived."""
    evidence = waiting.evidence + found.evidence
    row = found.row
    match found.verdict:
        case Verdict.FOUND if row is not None:
            known = Outcome(
                State.RECEIVED,
                sent=Sent.ONCE,
                tracking_number=row.tracking_number or waiting.tracking_number,
                status=adapter.status_of(row.words),
                evidence=evidence,
            )
            if row.control_number is None:
                return replace(known, due_at=waiting.due_at)
            known = replace(known, state=State.ACCEPTED, proof=Proof.LOOK_UP, control_number=row.control_number)
            return told(known, row, adapter)
        case Verdict.DIFFERENT if row is not None:
            return Outcome(
                State.DISPUTED,
                "The payer has this claim with other content than was sent.",
                Sent.ONCE,
                control_number=row.control_number,
                tracking_number=row.tracking_number or waiting.tracking_number,
                evidence=evidence,
                needs_person=True,
            )
        case Verdict.ABSENT if not conclusive:
            return replace(waiting, evidence=evidence)
        case Verdict.ABSENT if adapter.limits.look_up_authoritative:
            return Outcome(State.QUEUED, "The payer's own search proves that it never arrived.", evidence=evidence)
        case Verdict.ABSENT:
            reason = "The payer's own search does not show it, and that proves nothing at this payer."
        case _ if found.rows == 0:
            reason = "The payer's own search does not go back as far as this claim."
        case _:
            reason = f"The payer's own search shows {found.rows} claims that might be this one."
    return replace(waiting, reason=reason, evidence=evidence, due_at=None, needs_person=True)


def told(outcome: Outcome, row: FoundClaim | None, adapter: Adapter) -> Outcome:
    """A proved claim with what its row in the payer's own search says of its payment; as it was, where that says
    nothing, cannot be believed or may not follow what is known."""
    said = payment(row, adapter) if row else Payment(Status.NONE)
    if said.status is Status.NONE or not may_become(outcome.status, said.status):
        return outcome
    if said.doubt:
        return replace(outcome, reason=said.doubt, doubtful=True)
    return replace(outcome, status=said.status, shown=row, shown_lines=said.lines)


def is_of_another(adapter: Adapter, claim: Claim, receipt: Receipt) -> bool:
    """Whether the page names somebody else's claim."""
    return any(
        echo.label in adapter.identity
        and echo.label in receipt.shown
        and (wanted := fit.expected(echo, claim)) is not None
        and not same(wanted, receipt.shown[echo.label])
        for echo in adapter.echoes
    )


def _log_unexpected(error: Exception) -> None:
    """An adapter's own mistake is told to its developer; what follows is decided as for any other error."""
    if not isinstance(error, PortalError):
        log.error("adapter_failed", exc_info=error)


def _stopping(error: Exception) -> LoginStopped | FormChanged | None:
    """The error, if it stops more than this claim."""
    return error if isinstance(error, LoginStopped | FormChanged) else None


def is_shown(adapter: Adapter, claim: Claim, shown: Mapping[str, str]) -> bool:
    """Whether what is shown is this claim's, and tells whose it is."""
    return adapter.identity <= shown.keys() and not _shown_otherwise(adapter, claim, shown)


def _shown_otherwise(adapter: Adapter, claim: Claim, shown: Mapping[str, str]) -> list[str]:
    """Labels of what is shown, and is not as in the claim."""
    wanted = {echo.label: fit.expected(echo, claim) for echo in adapter.echoes if echo.label in shown}
    return [label for label, value in wanted.items() if value is not None and not same(value, shown[label])]


def differences(adapter: Adapter, claim: Claim, receipt: Receipt) -> frozenset[str]:
    """Labels of the echoes that the receipt lacks or shows otherwise."""
    return frozenset(
        echo.label
        for echo in adapter.echoes
        if (wanted := fit.expected(echo, claim)) is not None and not same(wanted, receipt.shown.get(echo.label))
    )


def _is_number(number_format: str | None, number: str | None) -> bool:
    return number_format is not None and number is not None and re.fullmatch(number_format, number) is not None

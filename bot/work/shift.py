"""One shift: a login's seat signs in, works its look-ups and claims until nothing is due, and signs out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from playwright.async_api import Error as PlaywrightError

from bot.claims.mask import without
from bot.claims.vocabulary import Proof, State
from bot.clock import Clock
from bot.errors import (
    FormChanged,
    Interrupted,
    LoginStopped,
    LostClaim,
    Passing,
    PayerbotError,
    PersonNeeded,
    PortalError,
    SignInRefused,
    SignInSpent,
)
from bot.ledger import baselines, failures, pace, people, queue, seats
from bot.ledger import tasks as ledger_tasks
from bot.ledger.journal import ClaimJournal, Item, LoginJournal, worker_name
from bot.ledger.queue import Armed, LookUps, Pause, Scope
from bot.ledger.restore import Restore, last_restore
from bot.ledger.seats import Seat
from bot.ledger.store import BOT, Act, Ledger
from bot.ledger.tasks import Need
from bot.log import get
from bot.portal import fit
from bot.portal.batch import Part, submit_together
from bot.portal.desk import Desk
from bot.portal.evidence import EvidenceStore
from bot.portal.follow_up import followed
from bot.portal.look_up import Sought, Verdict, look_up
from bot.portal.session import Session
from bot.portal.submission import IN_FLIGHT, Outcome, Work, rehearse, resolved, submit, witnessed
from bot.portal.verdict import Pending, read_verdict
from bot.work.follow_up import follow_up
from bot.work.payers import Login, Payer
from bot.work.sitting import ALONE, seated
from bot.work.tasks import need_of, need_of_adapter, need_of_failures, need_of_refusal, need_of_row, need_of_stop

log = get()

#: Claims in a row that the portal keeps us from, before the shift ends.
PATIENCE = 2
#: Failures of one claim in a row, over all runs, before somebody must look.
TOO_OFTEN = 3
#: Seconds after which a shift that waits for its turn looks whether it is to end.
GLANCE = 5.0
#: The same rejection so often in a row stops the login.
IN_A_ROW = 3


class Progress(Protocol):
    """Somebody who watches a run."""

    def moved(self, payer: str, item: Item, state: State, note: str) -> None:
        """A claim was worked."""

    def stopped(self, payer: str, login: str, why: str) -> None:
        """A login stopped before its work was done."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the shifts of a run work on."""

    #: Claims to send; none for look-ups only.
    scope: Scope | None
    #: Claims to ask the payer about.
    look_ups: LookUps = LookUps.UNPROVED
    #: Show how far each claim would go, and send nothing.
    dry_run: bool = False
    #: Set, no new claim is begun.
    stopping: asyncio.Event | None = None

    @property
    def unattended(self) -> bool:
        """Whether nobody asked for this shift in particular."""
        return self.scope is not None and self.scope.patient


class Shift:
    """One seat of one login at work."""

    def __init__(
        self,
        payer: Payer,
        login: Login,
        ledger: Ledger,
        store: EvidenceStore,
        clock: Clock,
        plan: Plan,
        progress: Progress,
        *,
        owner: str = "",
    ) -> None:
        self.payer = payer
        self.login = login
        self.ledger = ledger
        self.store = store
        self.clock = clock
        self.plan = plan
        self.progress = progress
        self.owner = owner or worker_name()
        self._journal = LoginJournal(
            ledger, payer.slug, login.name, login.credentials, payer.adapter.url, self.owner, clock
        )
        self._passed: set[int] = set()
        self._refused: list[str] = []
        self._passing = 0
        #: Batches in a row of which nothing was sent.
        self._in_vain = 0
        self._session: Session | None = None
        #: What stopped a claim whose own evidence shows the page.
        self._recorded: Exception | None = None

    async def work(self, desk: Desk) -> None:
        """Work until nothing is due for this login, or something stops it."""
        async with seated(self.ledger, self.payer.slug, self.login, self.owner, self.clock) as seat:
            if seat is not None:
                await self._work(desk, seat)
            elif not self.plan.unattended:
                self._stopped(f"Every session this login may have is at work elsewhere. {ALONE}")

    async def _work(self, desk: Desk, seat: Seat) -> None:
        if not await self._has_work(seat):
            return
        if why := await admitted(self.ledger, self.payer, self.clock.now()):
            self._stopped(why)
            return
        credentials = self.login.credentials
        if not credentials.password.get_secret_value() and await self._journal.saved() is None:
            await self._stop(
                PersonNeeded(
                    "no password is set: put it in "
                    f"secrets/payers__{self.payer.slug}__logins__{self.login.name}__password"
                )
            )
            return
        await self._resume_with_new_secret()
        if pause := await self._pause():
            self._stopped(f"{pause.kind}: {pause.why}")
            return
        try:
            async with desk.session(
                self.payer.adapter, credentials, self.login.npis, self._journal, self.clock
            ) as session:
                self._session = session
                session.baseline = await asyncio.to_thread(
                    baselines.load, self.ledger, self.payer.slug, self.login.name
                )
                try:
                    await self._sit(session, seat)
                except (LoginStopped, FormChanged) as error:
                    await self._keep_page(error)
                    raise
                await session.put_away()
        except (LoginStopped, FormChanged) as error:
            await self._stop(error)
        except PortalError as error:
            self._stopped(error.message)
            log.warning("shift_ended", payer=self.payer.slug, login=self.login.name, error=type(error).__name__)

    async def _has_work(self, seat: Seat) -> bool:
        return await self._due(seat, self.plan.look_ups) is not None or bool(await self._next(seat))

    async def _sit(self, session: Session, seat: Seat) -> None:
        """Do everything there is to do in this session."""
        while await self._step(session, seat):
            pass
        await self._learn(session, Act(BOT, self.clock.now(), "a claim's form was filled and found fine"))

    async def _learn(self, session: Session, act: Act) -> None:
        """Remember how the form looks, once a whole one was found fine."""
        if session.baseline.confirmed:
            about = (self.payer.slug, self.login.name, session.baseline, act)
            await asyncio.to_thread(baselines.keep, self.ledger, *about)

    async def _resume_with_new_secret(self) -> None:
        secret, act = self._journal.secret, Act(BOT, self.clock.now(), "the password was changed")
        await asyncio.to_thread(
            people.lift_for_new_secret, self.ledger, self.payer.slug, self.login.name, secret, act
        )

    async def _pause(self) -> Pause | None:
        return await asyncio.to_thread(queue.pause_of, self.ledger, self.payer.slug, self.login.name)

    async def _step(self, session: Session, seat: Seat) -> bool:
        """Do the next thing; False when there is none."""
        stopping = self.plan.stopping is not None and self.plan.stopping.is_set()
        if stopping or await self._pause() is not None:
            return False
        if why := self.payer.closed(self.clock.now()):
            self._stopped(why)
            return False
        if not await asyncio.to_thread(seats.renew, self.ledger, seat, self.clock.now()):
            self._stopped("Another worker has taken this session over.")
            return False
        if due := await self._due(seat, LookUps.UNPROVED & self.plan.look_ups):
            await self._attempt(due[0], self._look_up(session, *due))
            return True
        items = await self._next(seat)
        # what has arrived can wait until everything has
        if not items and (due := await self._due(seat, LookUps.UNDECIDED & self.plan.look_ups)):
            await self._attempt(due[0], self._look_up(session, *due))
            return True
        if items and not self.plan.dry_run and not await self._turn(len(items)):
            return False
        if self.plan.dry_run:
            for item in items:
                self._passed.add(item.id)
                await self._attempt(item, self._rehearse(session, item))
        elif len(items) > 1:
            await self._submit_together(session, items)
        elif items:
            await self._attempt(items[0], self._submit(session, items[0]))
        return bool(items)

    async def _turn(self, claims: int) -> bool:
        """Wait until so many claims may be begun at this payer; False when the shift is to end first."""
        automation = self.payer.policy.automation
        if automation is None or not automation.gap:
            return True
        now = self.clock.now()
        until = automation.closes(now)
        about = (self.ledger, self.payer.slug, automation.gap, claims, now, until)
        turn = await asyncio.to_thread(pace.reserve, *about)
        # nobody waits signed in through closed hours
        if why := self.payer.closed(turn if until is None else min(turn, until)):
            self._stopped(why)
            return False
        while (left := (turn - self.clock.now()).total_seconds()) > 0:
            if self.plan.stopping is not None and self.plan.stopping.is_set():
                return False
            await self.clock.wait(min(left, GLANCE))
        return await self._pause() is None

    async def _due(self, seat: Seat, which: LookUps) -> tuple[Item, Armed | None] | None:
        if self.plan.dry_run or not which:
            return None
        for reach in (seat, replace(seat, number=0, of=1)):
            if due := await asyncio.to_thread(
                queue.next_look_up, self.ledger, reach, self.clock.now(), which, self._passed
            ):
                item, armed = due
                return self._as_entered(item), armed
        return None

    async def _next(self, seat: Seat) -> list[Item]:
        """The claims to send next: as many as may go together, no two under one account.

        This seat's own; when it has none, any: those of a seat which nobody has taken.
        """
        adapter = self.payer.adapter
        most = self.payer.claims_per_send if adapter.together() else 1
        for reach in (seat, replace(seat, number=0, of=1)):
            found: list[Item] = []
            passed = set(self._passed)
            while len(found) < most and (item := await self._one(reach, passed)):
                passed.add(item.id)
                if all(item.claim.account != other.claim.account for other in found):
                    found.append(item)
            if found:
                return found
        return []

    async def _one(self, seat: Seat, passed: Collection[int]) -> Item | None:
        if self.plan.scope is None:
            return None
        item = await asyncio.to_thread(
            queue.next_claim, self.ledger, seat, self.plan.scope, self.clock.now(), passed
        )
        return self._as_entered(item) if item else None

    def _as_entered(self, item: Item) -> Item:
        """A claim with the account number under which this portal has it; where it is drawn, it is the payer's
        number, too, so that one entered by hand has that which a person gave it."""
        if (length := self.payer.adapter.draws_account) is None:
            return item
        number = item.control_number if item.state is State.ACCEPTED else None
        return replace(item, claim=item.claim.model_copy(update={"account": number or item.drawn[:length]}))

    async def _attempt(self, item: Item, work: Awaitable[None]) -> None:
        """Do one claim's work; a claim the portal keeps us from does not keep us from the next one."""
        try:
            await work
            self._passing = 0
        except LostClaim:
            self._passed.add(item.id)
            log.warning("claim_lost", claim=item.id)
        except (LoginStopped, FormChanged, Interrupted):
            raise
        except PortalError as error:
            await self._keep_page(error)
            await self._failed(item, error.message, None)
        except Exception as error:
            log.exception("adapter_failed", claim=item.id, payer=self.payer.slug)
            await self._keep_page(error)
            await self._failed(item, "The adapter failed on this claim.", need_of_adapter(self.payer))

    async def _keep_page(self, error: Exception) -> None:
        """Keep the page at which this happened for whoever mends the adapter; where it can be kept."""
        if self._session is None or error is self._recorded or self._session.page.url == "about:blank":
            return
        slug, login = self.payer.slug, self.login.name
        with suppress(PayerbotError, PlaywrightError):
            kept = await self.store.keep(self._session.page, "failure", self.clock.now())
            before = await asyncio.to_thread(failures.failed, self.ledger, slug, login, type(error).__name__, kept)
            if before is not None:
                self.store.forget(before)

    async def _failed(self, item: Item, why: str, need: Need | None) -> None:
        """Note that the portal kept us from a claim; too many in a row end the shift. A portal that did not even
        let us in says nothing about the claim."""
        self._passing += 1
        why = without(item.claim, why)
        if need is None and (self._session is None or not self._session.npi):
            raise Passing(why)
        if need is None and item.failures + 1 >= TOO_OFTEN:
            need = need_of_failures(item, why, self.payer)
        if not self.plan.dry_run:
            act = Act(BOT, self.clock.now(), why)
            await asyncio.to_thread(queue.failed, self.ledger, item, act, need)
        self.progress.moved(self.payer.slug, item, item.state, why)
        if self._passing >= PATIENCE:
            raise Passing(f"{self.payer.adapter.name} kept us from {self._passing} claims in a row. {why}")

    async def _submit(self, session: Session, item: Item) -> None:
        journal = ClaimJournal(self.ledger, item, self.owner, self.clock)
        if await self._may_go(session, item, journal):
            await self._record(item, journal, await submit(session, self._work_on(item), journal, self.store))

    async def _submit_together(self, session: Session, items: Sequence[Item]) -> None:
        """Send claims in one batch and note what became of each; what stops the shift does so after that."""
        adapter = session.adapter.together()
        assert adapter is not None
        ready: list[tuple[Item, ClaimJournal]] = []

        async def prepare(item: Item) -> None:
            journal = ClaimJournal(self.ledger, item, self.owner, self.clock)
            if await self._may_go(session, item, journal):
                ready.append((item, journal))

        for item in items:
            await self._attempt(item, prepare(item))
        if not ready:
            return
        parts = [Part(self._work_on(item), journal) for item, journal in ready]
        results = await submit_together(session, adapter, parts, self.store)
        stopped: Exception | None = None
        for (item, journal), result in zip(ready, results, strict=True):
            try:
                await self._attempt(item, self._conclude(item, journal, result))
            except Exception as error:
                stopped = stopped or error
        if stopped is not None:
            raise stopped
        if all(isinstance(result, Outcome) and result.state is State.QUEUED for result in results):
            self._in_vain += 1
            if self._in_vain >= PATIENCE:
                raise Passing(f"{self.payer.adapter.name} kept us from {self._in_vain} batches in a row.")
        else:
            self._in_vain = 0

    async def _conclude(self, item: Item, journal: ClaimJournal, result: Outcome | Exception | None) -> None:
        if isinstance(result, Exception):
            raise result
        if result is not None:
            await self._record(item, journal, result)

    def _work_on(self, item: Item) -> Work:
        return Work(item.claim, item.first_armed, self.payer.visibility_delay, self.payer.verdict_delay)

    async def _may_go(self, session: Session, item: Item, journal: ClaimJournal) -> bool:
        """Whether a claim may be sent as far as we know; if not, that is recorded."""
        if problems := await asyncio.to_thread(fit.check, self.payer.adapter, item.claim):
            # it fitted when it was queued: the form, or a file that goes with the claim, has changed since
            held = Outcome(State.HELD, problems[0].message, item.sent, needs_person=True)
            await self._record(item, journal, held)
            return False
        restore = await asyncio.to_thread(last_restore, self.ledger)
        doubted = restore is not None and await asyncio.to_thread(restore.doubts, self.ledger, item)
        if restore is None or not doubted:
            return True
        return await self._is_absent(session, item, journal, restore)

    async def _is_absent(self, session: Session, item: Item, journal: ClaimJournal, restore: Restore) -> bool:
        """Whether the payer's search proves that a claim did not go before an older ledger was put back; what
        else it shows is recorded."""
        adapter = session.adapter
        if self.clock.now() < restore.at + IN_FLIGHT + self.payer.visibility_delay:
            why = "An older ledger was put back: the payer must be asked first, and cannot know yet."
            await asyncio.to_thread(queue.failed, self.ledger, item, Act(BOT, self.clock.now(), why), None)
            self.progress.moved(self.payer.slug, item, item.state, why)
            return False
        sought = Sought(
            adapter.sent_as(item.claim),
            item.service_from,
            item.service_to,
            item.charge,
            restore.since,
            None,
            item.claim.original_control_number,
        )
        found = await look_up(session, self.store, sought, journal.taken)
        if found.verdict is Verdict.ABSENT and adapter.limits.look_up_authoritative:
            return True
        verdict_due = self.clock.now() + self.payer.verdict_delay
        held = Outcome(State.HELD, sent=item.sent, needs_person=True, due_at=verdict_due)
        await self._record(item, journal, resolved(held, found, adapter, conclusive=True))
        return False

    async def _rehearse(self, session: Session, item: Item) -> None:
        try:
            note = await rehearse(session, item.claim)
        except (LoginStopped, FormChanged, Passing):
            raise
        except PayerbotError as error:
            note = error.message
        self.progress.moved(self.payer.slug, item, item.state, without(item.claim, note))

    async def _look_up(self, session: Session, item: Item, armed: Armed | None) -> None:
        journal = ClaimJournal(self.ledger, item, self.owner, self.clock)
        restore = await asyncio.to_thread(last_restore, self.ledger)
        if armed is None:
            # a person entered it, or it was found at the payer after an older ledger was put back
            since, last = (restore.since, restore.at) if restore else (item.accepted_at, item.accepted_at)
            assert since is not None
            assert last is not None
            armed = Armed(since, last, self.payer.adapter.sent_as(item.claim))
        by_hand = item.state is State.ACCEPTED and item.proof is Proof.NONE
        sought = Sought(
            self.payer.adapter.sent_as(item.claim) if by_hand else armed.sent_as,
            item.service_from,
            item.service_to,
            item.charge,
            armed.at,
            item.control_number if item.state is State.ACCEPTED else None,
            item.claim.original_control_number,
            item.tracking_number if item.state is State.RECEIVED and self.payer.adapter.tracking_number else None,
            tuple(line.code for line in item.claim.lines) if by_hand else (),
        )
        last = max(armed.last, restore.at) if restore else armed.last
        conclusive_at = last + IN_FLIGHT + self.payer.visibility_delay
        now = Outcome(
            item.state,
            sent=item.sent,
            proof=item.proof,
            control_number=item.control_number,
            tracking_number=item.tracking_number,
            status=item.status,
            due_at=conclusive_at,
        )
        asked_at = self.clock.now()  # a search knows nothing of what comes after it was asked
        if item.state is State.RECEIVED:
            waiting = replace(now, due_at=asked_at + (self.payer.verdict_delay or IN_FLIGHT))
            pending = Pending(item.claim, waiting, sought, conclusive_at, self.payer.visibility_delay)
            await self._record(item, journal, await read_verdict(session, pending, journal, self.store))
            return
        found = await look_up(session, self.store, sought, journal.taken)
        conclusive = asked_at >= conclusive_at
        if item.state is not State.ACCEPTED:
            outcome = resolved(now, found, self.payer.adapter, conclusive=conclusive)
        elif item.proof is Proof.RECEIPT:
            outcome = witnessed(now, found, self.payer.adapter)
        else:
            outcome = followed(replace(now, due_at=None), found, self.payer.adapter, conclusive=conclusive)
        await self._record(item, journal, outcome)

    async def _record(self, item: Item, journal: ClaimJournal, outcome: Outcome) -> None:
        outcome = replace(outcome, reason=without(item.claim, outcome.reason))
        outcome, said = follow_up(item, outcome, self.payer, self.clock.now())
        need = need_of(item, outcome, self.payer)
        if outcome.state is item.state is State.QUEUED and item.failures + 1 >= TOO_OFTEN:
            need = need_of_failures(item, outcome.reason, self.payer)
        state = await journal.record(outcome, need, said)
        self.progress.moved(self.payer.slug, item, state, outcome.reason or said.words)
        log.info(
            "claim_moved", claim=item.id, payer=self.payer.slug, state=state, seconds=round(outcome.seconds, 2)
        )
        if outcome.stop is not None:
            self._recorded = outcome.stop
            raise outcome.stop
        if state is not State.REJECTED:
            self._refused.clear()
            return
        self._refused.append(outcome.reason)
        if len(self._refused) >= IN_A_ROW and len(set(self._refused[-IN_A_ROW:])) == 1:
            await self._park(need_of_row(self.payer, self.login.name, outcome.reason), self.login.name)

    async def _stop(self, error: LoginStopped | FormChanged) -> None:
        login = None if isinstance(error, FormChanged) else self.login.name
        self._stopped(error.message)
        secret = None
        if isinstance(error, SignInRefused | SignInSpent):
            secret = self._journal.secret
        await self._park(need_of_stop(error, self.payer, self.login.name), login, secret)

    def _stopped(self, why: str) -> None:
        self.progress.stopped(self.payer.slug, self.login.name, why)

    async def _park(self, need: Need, login: str | None, secret: str | None = None) -> None:
        act = Act(BOT, self.clock.now(), need.title)
        await asyncio.to_thread(people.park, self.ledger, self.payer.slug, login, need, act, secret)


async def admitted(ledger: Ledger, payer: Payer, now: datetime) -> str | None:
    """Why a payer may not be worked now, if so, with its record. What needs a person is a task, which closes once
    that is seen to."""
    await asyncio.to_thread(_note_refusal, ledger, payer, now)
    return payer.closed(now)


def _note_refusal(ledger: Ledger, payer: Payer, now: datetime) -> None:
    why = payer.refusal(now)
    need = need_of_refusal(payer, why or "")
    with ledger.read() as connection:
        told = ledger_tasks.is_open(connection, need.cause)
    if told == (why is not None):
        return
    act = Act(BOT, now, why or "robots are allowed by now")
    with ledger.write() as connection:
        if why is not None:
            ledger_tasks.open_task(connection, need, [], act)
        else:
            ledger_tasks.close_by_cause(connection, need.cause, act, act.why)

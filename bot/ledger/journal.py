"""What the submission protocol writes down: sign-ins, arms and outcomes.

Implements `portal.submission.Journal` and `portal.session.SignIns`. Calls block in threads; each is committed
when it returns.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import uuid
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from playwright.async_api import StorageState
from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.claims.model import Claim
from bot.claims.vocabulary import DECIDED, Proof, Sent, State, Status, may_become
from bot.clock import Clock
from bot.errors import Interrupted, LostClaim, Passing, Refused, SignInSpent
from bot.ledger import tasks
from bot.ledger.replies import is_settled
from bot.ledger.schema import attempts, claims, evidence, lines, saved_sessions, sends, sign_ins
from bot.ledger.seats import owners, take_session
from bot.ledger.store import BOT, Act, Ledger, move, note
from bot.ledger.tasks import Need
from bot.portal.adapter import Credentials, SentAs, Stage, StageKind
from bot.portal.evidence import RECEIPT, VERDICT, Evidence
from bot.portal.look_up import LOOK_UP
from bot.portal.submission import Leftover, Outcome

#: A request may leave this long after its arm was committed, no longer.
FRESH = timedelta(seconds=30)

#: How long one seat waits for another seat's sign-in.
SIGN_IN_SECONDS = 90

#: How long a claim or look-up that failed waits for the next try, times the failures so far.
RETRY = timedelta(minutes=5)

#: An attempt that was armed and provably sent nothing, and one that the payer's search proves never arrived.
UNSENT, VOID = "unsent", "void"

#: States in which what an attempt left at the portal is sent, or can never be.
AT_THE_PAYER = frozenset({State.ACCEPTED, State.RECEIVED, State.DISPUTED, State.DUPLICATE, State.REJECTED})

#: How often a claim is sent, after earlier sends proved void, before a person must say so.
SENDS = 2


def worker_name() -> str:
    """A name that no other worker, on any machine, has or had."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True, slots=True)
class Item:
    """A claim as it stood when it was picked."""

    id: int
    rev: int
    state: State
    account: str
    #: Drawn for this claim, the same each time: 16 of A to Z and 2 to 7.
    drawn: str
    claim: Claim
    payer: str
    login: str
    sent: Sent
    #: When the first attempt that may have reached the payer was armed.
    first_armed: datetime | None
    #: How often in a row the portal kept us from it.
    failures: int
    proof: Proof
    status: Status
    control_number: str | None
    tracking_number: str | None
    charge: Decimal
    service_from: date
    service_to: date
    #: The last day the payer takes it, and the last for what the payer asked of us.
    deadline: date | None
    answer_by: date | None
    #: When it became the payer's.
    accepted_at: datetime | None
    #: The payer's last word for where it stands, and why.
    payer_words: str
    payer_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What the payer's word about a claim's payment comes to."""

    #: In a biller's words; empty when it says nothing new.
    words: str = ""
    #: What a person must do about it.
    needs: tuple[Need, ...] = ()
    #: It is something else than before: what was to be done about that is over.
    moved: bool = False


class ClaimJournal:
    """One claim's journal while one worker has it."""

    def __init__(self, ledger: Ledger, item: Item, owner: str, clock: Clock) -> None:
        self._ledger = ledger
        self._item = item
        self._owner = owner
        self._clock = clock
        self._rev = item.rev
        self._send: int | None = None

    async def arm(self, stage: Stage, sent_as: SentAs) -> datetime:
        """Note that this stage is about to leave."""
        return await asyncio.to_thread(self._arm, stage, sent_as)

    async def still_mine(self) -> bool:
        """Whether the open attempt is ours, the claim unmoved, and the arm fresh."""
        return await asyncio.to_thread(self._still_mine)

    async def taken(self, numbers: Collection[str]) -> frozenset[str]:
        """Which of these numbers of this payer, its own or its portal's, belong to other claims."""
        return await asyncio.to_thread(self._taken, numbers)

    async def leaves(self, saved: str) -> None:
        """Note how the portal tells what the open attempt has left there unsent."""
        await asyncio.to_thread(self._leaves, saved)

    async def leftovers(self) -> Sequence[Leftover]:
        """What attempts at this claim, or at others under its account, have left at the portal."""
        return await asyncio.to_thread(self._leftovers)

    async def absent(self, leftover: Leftover) -> None:
        """Note that nothing was there when it could just have been left; it may still come."""
        await asyncio.to_thread(self._absent, leftover)

    async def cleared(self, leftover: Leftover) -> None:
        """Note that this is gone."""
        await asyncio.to_thread(self._cleared, leftover)

    async def record(self, outcome: Outcome, need: Need | None, said: Said | None = None) -> State:
        """Move the claim to where it stands now, with its evidence, attempt and task, in one transaction.

        Raises `Refused` when the status of an accepted claim may not become that of the outcome.
        """
        # if the first did commit after all, the second finds that the claim has moved
        async for attempt in self._ledger.database.waiting():
            with attempt:
                return await asyncio.to_thread(self._record, outcome, need, said or Said())
        raise AssertionError("tenacity raises the last error")

    def _arm(self, stage: Stage, sent_as: SentAs) -> datetime:
        now = self._clock.now()
        act = Act(BOT, now, stage.name)
        with self._ledger.write() as connection:
            if self._send is not None:
                rearmed = connection.execute(
                    update(sends)
                    .where(sends.c.id == self._send, sends.c.owner == self._owner, sends.c.closed_at.is_(None))
                    .where(select(claims.c.rev).where(claims.c.id == self._item.id).scalar_subquery() == self._rev)
                    .values(stage=stage.name, kind=stage.kind, armed_at=now)
                )
                if rearmed.rowcount != 1:
                    raise LostClaim(f"Claim {self._item.id} was taken over.")
                note(connection, "armed", act, claim_id=self._item.id)
                return now
            rev = move(
                connection,
                self._item.id,
                State.SUBMITTING,
                act,
                rev=self._rev,
                what="armed",
                sent=Sent.MAYBE,
                attempts=claims.c.attempts + 1,
                reason="",
            )
            send = connection.execute(
                insert(sends)
                .values(
                    payer=self._item.payer,
                    login=self._item.login,
                    owner=self._owner,
                    stage=stage.name,
                    kind=stage.kind,
                    armed_at=now,
                )
                .returning(sends.c.id)
            ).scalar_one()
            if int(send) <= self._ledger.tally.last():
                raise Interrupted("The ledger is not the one that was worked with: run payerbot recover.")
            try:
                connection.execute(
                    insert(attempts).values(
                        send_id=send,
                        claim_id=self._item.id,
                        sent_as=self._ledger.vault.encrypt(json.dumps(asdict(sent_as)).encode()),
                        left="" if stage.sendable else None,
                    )
                )
            except IntegrityError:
                raise LostClaim(f"Claim {self._item.id} has an open attempt already.") from None
        self._rev, self._send = rev, int(send)
        try:
            self._ledger.tally.note(self._send)
        except OSError as error:
            raise Interrupted("The evidence folder cannot be written to.") from error
        return now

    def _still_mine(self) -> bool:
        with self._ledger.read() as connection:
            return (
                connection.execute(
                    select(attempts.c.id)
                    .join(sends, sends.c.id == attempts.c.send_id)
                    .join(claims, claims.c.id == attempts.c.claim_id)
                    .where(
                        sends.c.id == self._send,
                        sends.c.owner == self._owner,
                        sends.c.armed_at > self._clock.now() - FRESH,
                        attempts.c.closed_at.is_(None),
                        claims.c.rev == self._rev,
                        claims.c.state == State.SUBMITTING,
                    )
                ).first()
                is not None
            )

    def _taken(self, numbers: Collection[str]) -> frozenset[str]:
        with self._ledger.read() as connection:
            return frozenset(
                number
                for column in (claims.c.control_number, claims.c.tracking_number)
                for number in connection.execute(
                    select(column).where(
                        claims.c.payer == self._item.payer, column.in_(numbers), claims.c.id != self._item.id
                    )
                ).scalars()
            )

    def _leaves(self, saved: str) -> None:
        with self._ledger.write() as connection:
            connection.execute(update(attempts).where(*self._open()).values(left=saved))

    def _leftovers(self) -> list[Leftover]:
        mine = and_(*self._open())
        query = (
            select(
                attempts.c.id,
                attempts.c.left,
                sends.c.armed_at,
                (claims.c.id == self._item.id).label("own"),
                mine.label("fresh"),
                attempts.c.left_seen,
            )
            .join(claims, claims.c.id == attempts.c.claim_id)
            .join(sends, sends.c.id == attempts.c.send_id)
            .where(
                claims.c.payer == self._item.payer,
                claims.c.account == self._item.account,
                attempts.c.left.is_not(None),
                or_(mine, attempts.c.closed_at.is_not(None)),
            )
            .order_by(attempts.c.id)
        )
        with self._ledger.read() as connection:
            return [
                Leftover(row.id, row.left, row.armed_at, bool(row.own), bool(row.fresh), bool(row.left_seen))
                for row in connection.execute(query)
            ]

    def _absent(self, leftover: Leftover) -> None:
        with self._ledger.write() as connection:
            connection.execute(update(attempts).where(attempts.c.id == leftover.id).values(left_seen=True))

    def _cleared(self, leftover: Leftover) -> None:
        with self._ledger.write() as connection:
            connection.execute(update(attempts).where(attempts.c.id == leftover.id).values(left=None))

    def _open(self) -> tuple[Any, ...]:
        """The attempt that this worker armed, and no other's."""
        return attempts.c.send_id == self._send, attempts.c.closed_at.is_(None)

    def _record(self, outcome: Outcome, need: Need | None, said: Said) -> State:
        now = self._clock.now()
        with self._ledger.write() as connection:
            attempt = connection.execute(
                select(attempts.c.id, attempts.c.send_id, sends.c.kind)
                .join(sends, sends.c.id == attempts.c.send_id)
                .where(attempts.c.claim_id == self._item.id, attempts.c.closed_at.is_(None))
            ).one_or_none()
            before = State(
                connection.execute(select(claims.c.state).where(claims.c.id == self._item.id)).scalar_one()
            )
            if attempt and outcome.state is not State.UNKNOWN:
                self._close_attempt(connection, attempt, outcome, before, now)
            if before == State.UNKNOWN and outcome.state is State.QUEUED and is_settled(connection, self._item.id):
                reason = "The payer's own search does not show it, and a file of the payer's speaks of it."
                outcome = replace(outcome, state=State.HELD, reason=reason, sent=Sent.MAYBE)
                need = _contradicted(self._item)
            if is_settled(connection, self._item.id, decided=True):
                # a portal never overrules a remittance
                due = None if outcome.state is State.ACCEPTED is before else outcome.due_at
                outcome = replace(outcome, status=self._item.status, shown=None, shown_lines=(), due_at=due)
                said = Said()
            if outcome.state is State.ACCEPTED is before and not may_become(self._item.status, outcome.status):
                raise Refused(
                    f"Claim {self._item.id} is '{self._item.status}' and cannot become '{outcome.status}'."
                )
            if outcome.state is State.QUEUED and self._void_attempts(connection) >= SENDS:
                reason = "Sent twice, and by the payer's own search neither arrived."
                outcome = replace(outcome, state=State.HELD, reason=reason, sent=Sent.MAYBE)
                need = _sent_twice(self._item)
            act = Act(BOT, now, outcome.reason or said.words)
            # what was armed and stopped short of leaving has failed, too
            in_vain = outcome.state is State.QUEUED and before == State.SUBMITTING
            move(
                connection,
                self._item.id,
                outcome.state,
                act,
                rev=self._rev,
                what="looked_up" if outcome.state is State.ACCEPTED is before else "outcome",
                failures=self._item.failures + 1 if in_vain else 0,
                reason=outcome.reason,
                sent=outcome.sent,
                proof=outcome.proof,
                status=outcome.status,
                control_number=outcome.control_number,
                tracking_number=outcome.tracking_number,
                due_at=now + (self._item.failures + 1) * RETRY if in_vain else outcome.due_at,
                **_shown(outcome, now),
                **self._decided(outcome, now),
            )
            if outcome.status is not self._item.status:
                connection.execute(
                    update(lines).where(lines.c.claim_id == self._item.id).values(status=outcome.status)
                )
            self._tell_lines(connection, outcome)
            if outcome.evidence:
                proving = _proving(self._item.proof, outcome)
                connection.execute(
                    insert(evidence),
                    [
                        {
                            "claim_id": self._item.id,
                            "attempt_id": attempt.id if attempt else None,
                            "kind": kept.kind,
                            "sha256": kept.sha256,
                            "file": kept.path_name,
                            "size": kept.size,
                            "at": kept.at,
                            "proves": kept in proving,
                        }
                        for kept in outcome.evidence
                    ],
                )
            if need is not None:
                tasks.open_task(connection, need, [self._item.id], act)
            else:
                tasks.settle_claim(connection, self._item.id, act)
            for one in said.needs:
                tasks.open_task(connection, one, [self._item.id], act)
            if said.moved:
                tasks.answered(connection, self._item.id, [one.cause for one in said.needs], act)
        return outcome.state

    def _decided(self, outcome: Outcome, now: datetime) -> dict[str, Any]:
        """The day of a new decision, as a column: as the payer shows it, else the day on which we learn of it."""
        if outcome.status is self._item.status or outcome.status not in DECIDED:
            return {}
        return {"decided_on": (outcome.shown.paid_on if outcome.shown else None) or now.date()}

    def _tell_lines(self, connection: Connection, outcome: Outcome) -> None:
        """What is shown of lines belongs to ours where they are as many, of the same codes; in another order only
        where no code is there twice."""
        mine = lines.c.claim_id == self._item.id
        shown = outcome.shown.lines if outcome.shown else ()
        codes = list(connection.execute(select(lines.c.code).where(mine).order_by(lines.c.number)).scalars())
        theirs = [line.code for line in shown]
        if sorted(theirs) != sorted(codes) or (theirs != codes and len(set(codes)) < len(codes)):
            return
        told = zip(shown, outcome.shown_lines, strict=True)
        for number, (line, status) in enumerate(sorted(told, key=lambda one: codes.index(one[0].code)), start=1):
            connection.execute(
                update(lines)
                .where(mine, lines.c.number == number)
                .values(status=status, allowed=line.allowed, paid=line.paid, payer_reasons=list(line.reasons))
            )

    def _close_attempt(
        self, connection: Connection, attempt: Any, outcome: Outcome, before: State, now: datetime
    ) -> None:
        how: str = outcome.state
        if outcome.state is State.QUEUED:
            # where no more than a draft was armed, no claim left, whenever that became certain
            how = VOID if before is State.UNKNOWN and attempt.kind == StageKind.FINAL else UNSENT
        connection.execute(
            update(attempts)
            .where(attempts.c.id == attempt.id)
            .values(outcome=how, closed_at=now, seconds=outcome.seconds, portal_seconds=outcome.portal_seconds)
        )
        if outcome.state in AT_THE_PAYER:
            connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(left=None))
        send = attempt.send_id
        still_open = select(attempts.c.id).where(attempts.c.send_id == send, attempts.c.closed_at.is_(None))
        if connection.execute(still_open.limit(1)).first() is None:
            connection.execute(update(sends).where(sends.c.id == send).values(closed_at=now))

    def _void_attempts(self, connection: Connection) -> int:
        return int(
            connection.execute(
                select(func.count())
                .select_from(attempts)
                .where(attempts.c.claim_id == self._item.id, attempts.c.outcome == VOID)
            ).scalar_one()
        )


def _proving(before: Proof, outcome: Outcome) -> list[Evidence]:
    """The pages by which it became proved that the payer has a claim; of several of a kind the last, for it ended
    the search."""
    if outcome.state is not State.ACCEPTED:
        return []
    pages = []
    for witness, kinds in ((Proof.RECEIPT, (RECEIPT, VERDICT)), (Proof.LOOK_UP, (LOOK_UP,))):
        if outcome.proof in (witness, Proof.BOTH) and before not in (witness, Proof.BOTH):
            pages += [kept for kept in outcome.evidence if kept.kind in kinds][-1:]
    return pages


def _shown(outcome: Outcome, now: datetime) -> dict[str, Any]:
    """What the payer's own search shows of a claim's payment, as columns."""
    columns: dict[str, Any] = {}
    if any(kept.kind == LOOK_UP for kept in outcome.evidence):
        columns["looked_up_at"] = now
    if (row := outcome.shown) is not None:
        columns |= {
            "payer_words": row.words,
            "payer_reasons": list(row.reasons),
            "answer_by": row.answer_by,
            "allowed": row.allowed,
            "paid": row.paid,
            "paid_on": row.paid_on,
            "payment_number": row.payment_number,
        }
    return columns


def _contradicted(item: Item) -> Need:
    return Need(
        cause=f"claim:{item.id}",
        kind="at-the-payer",
        title=f"Account {item.account} is in a file of the payer's, and the payer's search does not show it",
        action="Look in the portal; then say that it was entered by hand, with its number, or release it.",
        payer=item.payer,
        login=item.login,
        needs_answer=True,
    )


def _sent_twice(item: Item) -> Need:
    return Need(
        cause=f"claim:{item.id}",
        kind="sent-twice",
        title=f"Account {item.account} was sent twice and never arrived",
        action="Look in the portal; then release it, or say that it was entered by hand.",
        payer=item.payer,
        login=item.login,
        needs_answer=True,
    )


class LoginJournal:
    """One login's sign-ins, across workers and restarts."""

    def __init__(
        self,
        ledger: Ledger,
        payer: str,
        login: str,
        credentials: Credentials,
        url: str,
        owner: str,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._owner = owner
        self._payer = payer
        self._login = login
        # the password itself is nowhere in the ledger: only whether this one was tried
        self.secret = ledger.vault.digest(
            f"{credentials.username}\n{credentials.password.get_secret_value()}\n"
            f"{credentials.totp_secret.get_secret_value() if credentials.totp_secret else ''}"
        )
        #: Stands for this user at this address: a saved session of another one is not ours.
        self.whose = ledger.vault.digest(f"{credentials.username}\n{url}")
        self._clock = clock
        #: When the saved session that we know was signed in.
        self._saved_at: datetime | None = None

    async def saved(self) -> StorageState | None:
        """The session that a person has signed in, if one is kept for this user and no other seat has it."""
        return await asyncio.to_thread(self._saved)

    async def keep(self, state: StorageState) -> None:
        """That session goes on with this."""
        await asyncio.to_thread(self._keep, state)

    async def forget(self) -> None:
        """The portal knows that session no more."""
        await asyncio.to_thread(self._forget, "the portal had ended it")

    async def arm(self) -> None:
        """Note that this secret is about to be tried; once, unless it is known to work. Waits while another seat
        tries it."""
        for _ in range(SIGN_IN_SECONDS):
            if await asyncio.to_thread(self._arm):
                return
            await self._clock.wait(1)
        raise Passing(f"Another session of {self._payer} {self._login} has not finished signing in.")

    async def ended(self, *, worked: bool) -> None:
        """Note how the try ended."""
        await asyncio.to_thread(self._ended, worked)

    async def take_step(self, step: int) -> bool:
        """Note that a code's time step is used."""
        return await asyncio.to_thread(self._take_step, step)

    def _arm(self) -> bool:
        """Whether it may be tried now; False while somebody who sits elsewhere tries it."""
        now = self._clock.now()
        with self._ledger.write() as connection:
            known = connection.execute(
                select(sign_ins.c.worked, sign_ins.c.owner).where(*self._mine())
            ).one_or_none()
            if known is None:
                connection.execute(
                    insert(sign_ins).values(
                        payer=self._payer,
                        login=self._login,
                        secret=self.secret,
                        armed_at=now,
                        owner=self._owner,
                        code_step=0,
                    )
                )
            elif known.worked:
                connection.execute(
                    update(sign_ins).where(*self._mine()).values(armed_at=now, owner=self._owner, worked=None)
                )
            elif known.worked is None and known.owner in set(connection.execute(owners(now)).scalars()):
                return False
            else:
                raise self._spent()
            note(connection, "sign_in_armed", Act(BOT, now), payer=self._payer, login=self._login)
        return True

    def _spent(self) -> SignInSpent:
        return SignInSpent(
            "This password was tried once and is not known to work. Change it, or run: "
            f"payerbot payers sign-in {self._payer} --login {self._login}"
        )

    def _ended(self, worked: bool) -> None:
        with self._ledger.write() as connection:
            connection.execute(update(sign_ins).where(*self._mine()).values(worked=worked))
            what = "signed_in" if worked else "sign_in_failed"
            note(connection, what, Act(BOT, self._clock.now()), payer=self._payer, login=self._login)

    def _take_step(self, step: int) -> bool:
        with self._ledger.write() as connection:
            took = connection.execute(
                update(sign_ins)
                .where(*self._mine(), or_(sign_ins.c.code_step.is_(None), sign_ins.c.code_step < step))
                .values(code_step=step)
            )
            return took.rowcount == 1

    def _saved(self) -> StorageState | None:
        columns = (saved_sessions.c.state, saved_sessions.c.whose, saved_sessions.c.at)
        query = select(*columns).where(
            saved_sessions.c.payer == self._payer, saved_sessions.c.login == self._login
        )
        with self._ledger.write() as connection:
            if not take_session(connection, self._payer, self._login, self._owner, self._clock.now()):
                return None
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        self._saved_at = row.at
        if row.whose != self.whose:
            self._forget("the login's user or the portal's address is another one now")
            return None
        state: StorageState = json.loads(self._ledger.vault.decrypt(row.state))
        return state

    def _keep(self, state: StorageState) -> None:
        sealed = self._ledger.vault.encrypt(json.dumps(state).encode())
        with self._ledger.write() as connection:
            connection.execute(update(saved_sessions).where(*self._known()).values(state=sealed))

    def _forget(self, why: str) -> None:
        act = Act(BOT, self._clock.now(), why)
        with self._ledger.write() as connection:
            if connection.execute(delete(saved_sessions).where(*self._known())).rowcount:
                note(connection, "session_ended", act, payer=self._payer, login=self._login)

    def _known(self) -> tuple[Any, ...]:
        return (
            saved_sessions.c.payer == self._payer,
            saved_sessions.c.login == self._login,
            saved_sessions.c.at == self._saved_at,
            saved_sessions.c.owner == self._owner,
        )

    def _mine(self) -> tuple[Any, ...]:
        return (
            sign_ins.c.payer == self._payer,
            sign_ins.c.login == self._login,
            sign_ins.c.secret == self.secret,
        )


def forget_sign_ins(connection: Connection, payer: str, login: str | None) -> None:
    """A person says that the secrets of a login may be tried again; codes that were used stay used."""
    where = [sign_ins.c.payer == payer]
    if login is not None:
        where.append(sign_ins.c.login == login)
    connection.execute(update(sign_ins).where(*where).values(worked=True))

"""Several claims in one send: each goes through the protocol of a single claim, and only the press is shared.

save       each claim by itself: filled, read back, armed, saved; one with errors leaves, the others go on
build      armed for each; put together, and what the portal shows of it compared with each claim
send once  armed for each; one press, through the guard
receipt    each claim's own row; the batch's number is no claim's own
unclear    each claim is looked up by itself
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from bot.errors import (
    FormChanged,
    LoginStopped,
    LostClaim,
    NotAsQueued,
    Passing,
    PayerHasIt,
    PortalRefused,
)
from bot.log import get
from bot.portal.adapter import Batch, BatchAdapter, Receipt, Stage
from bot.portal.evidence import RECEIPT, EvidenceStore
from bot.portal.send_once import Guard
from bot.portal.session import Session
from bot.portal.submission import (
    Journal,
    Outcome,
    Submission,
    Work,
    differences,
    give_up,
    guarded,
    heard,
    is_of_another,
    press_final,
    timing,
)
from bot.portal.way import explained

log = get()


@dataclass(frozen=True, slots=True)
class Part:
    """One claim of a batch, and its journal."""

    work: Work
    journal: Journal


async def submit_together(
    session: Session, adapter: BatchAdapter, parts: Sequence[Part], store: EvidenceStore
) -> list[Outcome | Exception | None]:
    """Submit claims in one batch.

    For each where it stands, or the error that kept it out while nothing was armed, as `submit` would raise it;
    None when it was not begun.
    """
    alone = session.adapter
    session.adapter = adapter
    try:
        batch = Together(session, adapter, [Submission(session, part.work, part.journal, store) for part in parts])
        return await batch.run()
    finally:
        session.adapter = alone


class Together:
    """Several claims on their way to the payer."""

    def __init__(self, session: Session, adapter: BatchAdapter, parts: Sequence[Submission]) -> None:
        self.session = session
        self.adapter = adapter
        self.parts = parts
        #: What became of each part, by its place.
        self.results: dict[int, Outcome | Exception] = {}
        #: How the portal tells the saved ones from others, by place.
        self.saved: dict[int, str] = {}

    async def run(self) -> list[Outcome | Exception | None]:
        """Save them and send what was saved; what became of each."""
        timed = timing(self.session, len(self.parts))
        try:
            for place, part in enumerate(self.parts):
                await self.save(place, part)
        except (LoginStopped, FormChanged) as error:
            await self._stop_short(error)
        else:
            if self.saved:
                await self._send()
        results = [self.results.get(place) for place in range(len(self.parts))]
        return [timed(result) if isinstance(result, Outcome) else result for result in results]

    async def save(self, place: int, part: Submission) -> None:
        """Save one claim. Raises what stops the others, too."""
        try:
            saved = await self._saved(part)
        except Exception as error:
            self.results[place] = error
            if isinstance(error, LoginStopped | FormChanged):
                raise
            return
        if isinstance(saved, str):
            self.saved[place] = saved
            return
        self.results[place] = saved
        if saved.stop is not None:
            raise saved.stop

    async def _saved(self, part: Submission) -> str | Outcome:
        """How the portal tells the saved claim from others; where it stands when it leaves the batch."""
        form = await part.fill()
        if isinstance(form, Outcome):
            return form
        page = self.session.page
        async with guarded(self.session, part.journal.still_mine) as guard:
            try:
                async with explained(page, self.adapter):
                    return await part.save(self.adapter, form, guard)
            except LostClaim:
                raise
            except Exception as error:
                guard.revoke()
                if part.armed_at is None:
                    raise
                give_up(self.session, error)
                await part.keep("refusal")
                trouble = error
        return await self._left_out(part, trouble)

    async def _left_out(self, part: Submission, error: Exception) -> Outcome:
        """A claim that was armed and not sent."""
        return await part.tidied(await part.stopped_short(error, drafts=True))

    async def _send(self) -> None:
        """Put together what was saved, and send it."""
        trouble: Exception | None = None
        answered: Batch | None = None
        async with guarded(self.session, self._still_ours) as guard:
            try:
                answered = await self._sent(guard)
            except Exception as error:
                guard.revoke()
                give_up(self.session, error)
                trouble = error
            kept = await self._keep(RECEIPT if answered else "unclear")
        if trouble is not None and self.adapter.final not in guard.sent:
            await self._stop_short(trouble)
            return
        for place in self.saved:
            part = self.parts[place]
            receipt = self._receipt(part, answered) if answered and kept else None
            await self._note(place, part.conclude(receipt))

    async def _sent(self, guard: Guard) -> Batch:
        """From the saved claims to the portal's answer."""
        page, saved = self.session.page, list(self.saved.values())
        await self.session.persist(lambda: self.adapter.choose(page, saved))
        async with explained(page, self.adapter):
            await self.arm(self.adapter.stage(self.adapter.build), guard)
            await self.adapter.put_together(page)
            await heard(self.session, guard)
            built = await self.adapter.read_batch(page, self.adapter.confirm_title)
            self._compare(built)
            await self.arm(self.adapter.final, guard)
            await press_final(self.session, guard)
            sent = await self.adapter.read_batch(page, self.adapter.sent_title)
        return sent if sent.number == built.number else Batch(sent.number, ())

    async def arm(self, stage: Stage, guard: Guard) -> None:
        """Note for each claim that this stage is about to leave, and let it pass."""
        for place in self.saved:
            await self.parts[place].arm(stage)
        guard.permit(stage)

    async def _still_ours(self) -> bool:
        """Whether every claim of the batch is: what carries one that is not carries none."""
        for place in self.saved:
            if not await self.parts[place].journal.still_mine():
                return False
        return True

    def _compare(self, built: Batch) -> None:
        """The batch must hold our claims as they were queued, and nobody else's."""
        rows = list(built.claims)
        for place in self.saved:
            part = self.parts[place]
            same = [row for row in rows if not differences(self.adapter, part.work.claim, Receipt(shown=row))]
            if not same:
                raise NotAsQueued("The batch does not show every claim as it was queued.")
            rows.remove(same[0])
        if rows:
            raise NotAsQueued("The batch holds claims that are not ours.")

    def _receipt(self, part: Submission, sent: Batch) -> Receipt | None:
        """The batch's row that names this claim."""
        receipts = [
            Receipt(tracking_number=sent.number, shown=row)
            for row in sent.claims
            if self.adapter.identity <= row.keys()
        ]
        return next((one for one in receipts if not is_of_another(self.adapter, part.work.claim, one)), None)

    async def _stop_short(self, error: Exception) -> None:
        """The final stage provably never left: no claim of the batch did. A refusal of the batch refuses none."""
        if isinstance(error, PortalRefused | PayerHasIt):
            error = NotAsQueued(f"The portal refused the batch: {error.message}")
        if isinstance(error, LostClaim):
            error = Passing("Another worker has taken a claim of the batch over.")
        for place in self.saved:
            await self._note(place, self._left_out(self.parts[place], error))

    async def _note(self, place: int, ending: Awaitable[Outcome]) -> None:
        """What became of one claim; that one cannot be told does not keep the others from being."""
        try:
            self.results[place] = await ending
        except Exception as error:
            self.results[place] = error

    async def _keep(self, kind: str) -> bool:
        """Keep the page as evidence of every claim that was saved."""
        parts = [self.parts[place] for place in self.saved]
        if not parts or not await parts[0].keep(kind):
            return False
        for part in parts[1:]:
            part.kept.append(parts[0].kept[-1])
        return True

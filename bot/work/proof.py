"""Proof for one claim: what was sent, when, what the payer showed then and since, and what is not proved.

An appeal for timely filing needs it on paper, with the payer's own pages. The paper names the patient; what the
terminal and programs are shown does not.
"""

from __future__ import annotations

import io
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.claims.vocabulary import DECIDED, SHOWN, STATUS_SHOWN, Proof, Sent, State, Status
from bot.errors import PayerbotError
from bot.ledger import record as records
from bot.ledger.journal import UNSENT, VOID
from bot.ledger.people import SEEN
from bot.ledger.record import Attempt, Record
from bot.ledger.store import Ledger
from bot.ledger.views import Row
from bot.portal.evidence import RECEIPT, VERDICT, Evidence, EvidenceStore
from bot.portal.look_up import LOOK_UP
from bot.words import count, when
from bot.work.pages import Page, render
from bot.work.payers import Office, Payer

#: What each kind of evidence is, in words.
KINDS = {
    RECEIPT: "the portal's receipt",
    LOOK_UP: "the payer's own claim search",
    VERDICT: "the payer's message",
    "refusal": "the portal's refusal",
    "unclear": "the page where it was unclear what became of the claim",
    "document": "a document that went with the claim",
}
_KEYS = (
    "id", "account", "payer", "login", "file", "place", "state", "status", "service_from", "service_to", "charge",
    "control_number", "tracking_number", "sent", "proof", "deadline", "accepted_at",
)  # fmt: skip
#: How an attempt ended, where that is not a state.
_ENDS = {
    UNSENT: "nothing was sent",
    VOID: "by the payer's own search it did not arrive",
    SEEN: "by the payer's own search, and by a person, it did not arrive",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One page or document that was kept."""

    evidence: Evidence
    #: Why it proves nothing any more; empty while it is what was kept.
    fault: str
    #: What the ledger noted when the page was seen, where it is a look-up.
    said: str
    #: By this page it became proved that the payer has the claim under its number.
    proves: bool = False
    #: The page as a picture, PNG; where there is one, and it is to be shown.
    picture: bytes | None = None

    @property
    def words(self) -> str:
        """What it is."""
        return KINDS.get(self.evidence.kind, self.evidence.kind)

    @property
    def source(self) -> str:
        """The picture as a page embeds it."""
        return f"data:image/png;base64,{b64encode(self.picture or b'').decode()}"


@dataclass(frozen=True, slots=True)
class Packet:
    """What proves that a payer has a claim, as far as anything does."""

    record: Record
    payer: Payer | None
    kept: Sequence[Kept]

    @property
    def row(self) -> Row:
        """The claim as it stands."""
        return self.record.row

    @property
    def payer_name(self) -> str:
        """The payer as people call it."""
        return self.payer.adapter.name if self.payer else str(self.row["payer"] or self.row["payer_named"])

    @property
    def intact(self) -> bool:
        """Whether every page is still what was kept."""
        return not any(one.fault for one in self.kept)

    @property
    def is_proved(self) -> bool:
        """Whether the payer's own pages, still as they were kept, show that it has the claim."""
        return bool(self.row["control_number"]) and self.shown is not None

    @property
    def shown(self) -> Kept | None:
        """The first page of the payer's that shows it has the claim."""
        if self.row["state"] not in (State.ACCEPTED, State.CLOSED, State.DISPUTED):
            return None
        proof = Proof(self.row["proof"])
        kinds = {
            Proof.NONE: (),
            Proof.RECEIPT: (RECEIPT, VERDICT),
            Proof.LOOK_UP: (LOOK_UP,),
            Proof.BOTH: (RECEIPT, VERDICT, LOOK_UP),
        }[proof]
        return next(
            (one for one in self.kept if one.proves and one.evidence.kind in kinds and not one.fault), None
        )

    @property
    def receipt(self) -> Kept | None:
        """The receipt of a claim whose number came later."""
        receipts = (one for one in self.kept if one.evidence.kind == RECEIPT and not one.proves and not one.fault)
        return next(receipts, None)

    @property
    def sent(self) -> Attempt | None:
        """The attempt that arrived, or may have."""
        arrived = [one for one in self.record.attempts if one.outcome not in (UNSENT, VOID, SEEN)]
        return arrived[-1] if arrived else None

    @property
    def proved(self) -> list[str]:
        """What is proved, in sentences."""
        return list(self._proved())

    @property
    def not_proved(self) -> list[str]:
        """What is not, in sentences."""
        return list(self._not_proved())

    def _proved(self) -> Iterator[str]:
        row, name = self.row, self.payer_name
        if (sent := self.sent) is not None:
            yield (
                f"The claim set out for {name} at {_utc(sent.armed_at)}: every field had been filled in, read "
                "back and compared with the claim as it was queued, and a difference would have stopped it."
            )
        first = self.receipt
        if row["tracking_number"] and first is not None:
            yield (
                f"At {_utc(first.evidence.at)} {first.words} gave it the tracking number {row['tracking_number']}."
            )
            yield from self._in_time(first.evidence.at)
        elif row["tracking_number"]:
            yield f"{name}'s portal gave it the tracking number {row['tracking_number']}."
        if (shown := self.shown) is not None and row["control_number"]:
            at = shown.evidence.at
            yield f"At {_utc(at)} {shown.words} showed it under the payer's claim number {row['control_number']}."
            if first is None:
                yield from self._in_time(at)
            for look in self.kept:
                if look.proves and look is not shown and not look.fault and row["proof"] == Proof.BOTH:
                    at = look.evidence.at
                    yield f"{name}'s own claim search showed it under that number as well, at {_utc(at)}."
        for said in self.record.replies:
            about = f" about claim number {said['control_number']}" if said["control_number"] else ""
            yield (
                f"{name} answered with file {said['kind']} {said['number']}{_dated(said['dated'])}{about}: "
                f"{STATUS_SHOWN[Status(said['status'])]}."
            )

    def _in_time(self, at: datetime) -> Iterator[str]:
        last: date | None = self.row["deadline"]
        if last is None:
            return
        days = (last - at.astimezone().date()).days
        source = f" ({self.payer.policy.filing.source})" if self.payer else ""
        if days >= 0:
            yield f"That was {count(days, 'day')} before the last day for filing, {last}{source}."
        else:
            yield f"That was {count(-days, 'day')} after the last day for filing, {last}{source}."

    def _not_proved(self) -> Iterator[str]:
        row, name = self.row, self.payer_name
        state, proof = State(row["state"]), Proof(row["proof"])
        if row["sent"] == Sent.NEVER:
            yield f"This claim was never sent: nothing here shows that {name} has it."
        elif row["sent"] == Sent.MAYBE and state is not State.ACCEPTED:
            yield f"It is not proved that the claim arrived: it may have gone, and {name} has not shown it."
        elif proof is Proof.NONE and row["control_number"]:
            yield (
                f"The claim number {row['control_number']} was told by a person; no page of the payer's kept here "
                "shows it."
            )
        elif state is State.RECEIVED:
            yield "A tracking number shows that the portal took the claim, not that the payer's claim system did."
        elif row["control_number"] and self.shown is None:
            yield "No page that showed the payer's claim number is still as it was kept."
        if proof is Proof.RECEIPT and state is State.ACCEPTED:
            yield f"{name}'s own claim search has not confirmed the receipt yet."
        if proof is Proof.LOOK_UP:
            yield "No receipt was kept: the payer's own search alone shows the claim."
        if state is State.DISPUTED:
            yield f"{name} does not have it as it was queued."
        for one in self.kept:
            if one.fault:
                yield one.fault
        if row["status"] not in DECIDED and row["control_number"]:
            yield f"{name} has not decided about payment, as far as is known here."

    def document(self) -> dict[str, object]:
        """As ``proof --json`` prints it."""
        row = self.row
        return {
            **{key: row[key] for key in _KEYS},
            "is_proved": self.is_proved,
            "proved": self.proved,
            "not_proved": self.not_proved,
            "attempts": [
                {
                    "login": one.login, "stage": one.stage, "armed_at": one.armed_at, "closed_at": one.closed_at,
                    "outcome": one.outcome,
                }
                for one in self.record.attempts
            ],
            "evidence": [
                {
                    "kind": one.evidence.kind, "at": one.evidence.at, "sha256": one.evidence.sha256,
                    "file": one.evidence.path_name, "intact": not one.fault, "proves": one.proves,
                    "said": one.said,
                }
                for one in self.kept
            ],
            "replies": [dict(said) for said in self.record.replies],
            "events": [
                {key: event[key] for key in ("at", "who", "what", "before", "after", "why")}
                for event in self.record.events
            ],
        }  # fmt: skip


def gather(ledger: Ledger, store: EvidenceStore, office: Office, claim_id: int) -> Packet:
    """All that there is for a claim; each page is opened, and its hash compared. Raises `UnknownItem`."""
    record = records.of_claim(ledger, claim_id)
    looks = [one for one in record.evidence if one.kind == LOOK_UP]
    kept = []
    for one in record.evidence:
        pictured = one.kind in (RECEIPT, VERDICT) or one in (looks[:1] + looks[-1:])
        proves = one.path_name in record.proving
        kept.append(_opened(store, one, _said(record, one), pictured=pictured or proves, proves=proves))
    return Packet(record, office.payers.get(record.row["payer"]), kept)


def page(packet: Packet, prepared_by: str, at: datetime) -> Page:
    """The proof on paper."""
    return render(
        "proof",
        packet=packet,
        claim=packet.record.claim,
        row=packet.row,
        prepared_by=prepared_by,
        at=at,
        utc=_utc,
        end_of=end_of,
        status_words=STATUS_SHOWN,
    )


def end_of(attempt: Attempt) -> str:
    """How an attempt ended, in words."""
    if attempt.outcome is None:
        return "not known yet"
    return _ENDS.get(attempt.outcome) or SHOWN[State(attempt.outcome)]


def _opened(store: EvidenceStore, one: Evidence, said: str, *, pictured: bool, proves: bool) -> Kept:
    try:
        bundle = store.open(one)
    except PayerbotError as error:
        return Kept(one, error.message, said, proves)
    picture = None
    if pictured:
        with suppress(zipfile.BadZipFile, KeyError):  # of some pages only the text could be had
            picture = zipfile.ZipFile(io.BytesIO(bundle)).read("page.png")
    return Kept(one, "", said, proves, picture)


def _said(record: Record, one: Evidence) -> str:
    """What was noted right after a page was kept."""
    after: Any = next((event for event in record.events if event["at"] >= one.at and event["after"]), None)
    return str(after["why"]) if after else ""


def _utc(at: datetime | None) -> str:
    """A time for those who are elsewhere: on our clock and in UTC."""
    return f"{when(at)} ({at:%H:%M:%S} UTC)" if at else ""


def _dated(day: date | None) -> str:
    return f" of {day}" if day else ""

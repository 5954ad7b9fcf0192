"""Sending a claim once more: as a new one, or as a correction; and saying which of the two is right, and why.

As new goes what does not stand at the payer: it was sent back, or could not be processed. What the payer has
decided is corrected, in the way that this payer takes corrections: sent as a replacement where it takes these
through its portal, else as the task of a person. A second claim for the same services is never the answer to a
decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from bot.claims.files import open_file
from bot.claims.fingerprint import likeness
from bot.claims.model import Claim, Found, Frequency, Severity
from bot.claims.vocabulary import DECIDED, STATUS_SHOWN, Sent, State, Status, Topic
from bot.errors import Refused, UnknownItem, UsageError
from bot.ledger import again, papers, views
from bot.ledger import likeness as alike
from bot.ledger.intake import Entry
from bot.ledger.store import Act, Ledger
from bot.ledger.tasks import Need
from bot.ledger.views import Row
from bot.portal.evidence import EvidenceStore
from bot.work.intake import Beside, read_beside, scrub_copy, with_documents
from bot.work.limits import Way
from bot.work.payers import Office, Payer


@dataclass(frozen=True, slots=True)
class Gone:
    """What became of a claim that was to go once more."""

    #: The claim that goes; none where the correction is a person's task.
    claim_id: int | None
    state: State | None
    task_id: int | None = None
    #: What to look at.
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counter:
    """Where claims are sent again."""

    office: Office
    ledger: Ledger
    store: EvidenceStore
    #: Whether each file waits for a billing lead.
    needs_release: bool

    def as_new(self, claim_id: int, files: Sequence[Path], today: date, act: Act) -> Gone:
        """Send a claim that does not stand at the payer as a new one: its copy in `files`, or the copy that waits
        for an answer, or as it is. Raises `Refused` with what is right instead."""
        row = self._row(claim_id)
        if why := why_not_new(row, sent_back=again.sent_back(self.ledger, claim_id)):
            raise Refused(why)
        waiting = again.copies(self.ledger, claim_id)
        if not files and len(waiting) == 1:
            state = again.release_copy(self.ledger, row, waiting[0].id, act)
            return self._gone(waiting[0].id, state, _late(row, today))
        if not files and waiting:
            some = ", ".join(str(one.id) for one in waiting)
            raise Refused(f"Claims {some} look like fixes of claim {claim_id}: withdraw all but one of them.")
        claim, beside = self._copy(row, files) if files else (self._as_it_is(row), Beside())
        if claim.frequency is not Frequency.ORIGINAL:
            raise Refused(
                f"The copy of claim {claim_id} is a correction (frequency {claim.frequency}), no new claim."
            )
        entry = self._scrubbed(row, claim, files, today, beside, act)
        new, state = self._put(row, entry, files, act, as_new=True)
        return self._gone(new, state, _late(row, today))

    def as_correction(self, claim_id: int, files: Sequence[Path], today: date, act: Act) -> Gone:
        """Correct a claim that the payer has decided, in the way that this payer takes corrections: its copy in
        `files`, or the copy that waits for an answer, as its replacement; or a task. Raises `Refused` with what is
        right instead."""
        row = self._row(claim_id)
        payer = self.office.payer(row["payer"]) if row["payer"] else None
        if why := why_not_corrected(row, payer):
            raise Refused(why)
        assert payer is not None
        if row["body"] is None:
            raise Refused(f"Claim {claim_id} could never be read here: correct it in the portal, or on paper.")
        self._refuse_chain(row)
        if payer.policy.corrections.way is not Way.REPLACE:
            return self._task(row, payer, _HOW[payer.policy.corrections.way], act)
        waiting = again.copies(self.ledger, claim_id)
        if files:
            claim, beside = self._copy(row, files)
        elif len(waiting) == 1:
            claim, beside = self._waiting(waiting[0]), Beside()
        else:
            raise Refused(
                f"Say what is corrected: give the file with the corrected copy of claim {claim_id}, with all its "
                "lines, as --file FILE."
            )
        number, first = row["control_number"], self.ledger.unseal(row["body"])
        if claim.frequency is Frequency.VOID:
            raise Refused("The copy takes the claim back (frequency 8): queue it by itself, once a lead agrees.")
        if claim.original_control_number not in ("", number):
            raise Refused(f"The copy names number {claim.original_control_number}; the payer's last is {number}.")
        if _content(claim) == _content(first):
            raise Refused(f"The copy says what claim {claim_id} said: there is nothing to correct.")
        claim = claim.model_copy(update={"frequency": Frequency.REPLACEMENT, "original_control_number": number})
        if reason := self._cannot_carry(row, claim, files, today, beside):
            how = f"The payer takes replacements, and cannot be sent one from here: {reason} Correct it by hand"
            return self._task(row, payer, how, act)
        entry = self._scrubbed(row, claim, files, today, beside, act)
        copy = waiting[0] if waiting and not files else None
        new, state = self._put(row, entry, files, act, as_new=False, copy=copy)
        lost = [line.code for line in first.lines if line.code not in {one.code for one in claim.lines}]
        told = (f"It is without {', '.join(lost)}: the payer takes back what it paid for that.",) if lost else ()
        return self._gone(new, state, told)

    def _gone(self, claim_id: int, state: State, warnings: tuple[str, ...]) -> Gone:
        """What became of it, with the question it waits for, if it does."""
        [row] = views.claim_rows(self.ledger, claim_id=claim_id)
        asked = () if row["looks_like"] is None else (alike.question(row["looks_like"]),)
        return Gone(claim_id, state, warnings=(*asked, *warnings))

    def _row(self, claim_id: int) -> Row:
        row = next(iter(views.claim_rows(self.ledger, claim_id=claim_id)), None)
        if row is None:
            raise UnknownItem(f"There is no claim {claim_id}.")
        return {**row, **again.sealed(self.ledger, claim_id)}

    def _refuse_chain(self, row: Row) -> None:
        """One correction at a time, and always of the latest."""
        later = again.corrections(self.ledger, row)
        if not later:
            return
        last = later[-1]
        if last.state == State.ACCEPTED and last.status in DECIDED:
            raise Refused(f"Claim {last.id} has replaced claim {row['id']}: correct that one.")
        raise Refused(f"Claim {last.id} corrects claim {row['id']} already: one at a time.")

    def _as_it_is(self, row: Row) -> Claim:
        """The claim as it was. Raises `Refused` where it carries documents, whose control numbers are spent."""
        claim = self.ledger.unseal(row["body"]) if row["body"] else None
        if claim is None:
            raise Refused(f"Claim {row['id']} could never be read: give its fixed copy as --file FILE.")
        if any(papers.documents(claim)) or row["support"]:
            raise Refused(
                f"Claim {row['id']} goes with documents, which need new control numbers: give the claim and its "
                "records again, as --file FILE --file RECORDS."
            )
        return claim

    def _waiting(self, copy: Any) -> Claim:
        return self._as_it_is({"id": copy.id, "body": copy.body, "support": copy.support})

    def _copy(self, row: Row, files: Sequence[Path]) -> tuple[Claim, Beside]:
        """The one claim in the files that is for the same services, with the companion records among the files."""
        companions, beside = read_beside(files)
        with self.ledger.read() as connection:
            digests = set(alike.digests_of(connection, row["id"]))
        key, names = self.ledger.vault.fingerprint_key, (row["payer"] or "", row["payer_named"])
        found: list[Claim] = []
        for path in files:
            if path in companions:
                continue
            try:
                read = [one.claim for one in open_file(path) if one.claim is not None]
            except OSError as error:
                raise UsageError(f"{path} cannot be opened: {error.strerror or type(error).__name__}.") from error
            found += [one for one in read if any(digests & likeness(one, name, key) for name in names)]
        if len(found) != 1:
            what = "No claim" if not found else f"{len(found)} claims"
            raise Refused(
                f"{what} in the files for the patient, days and codes of claim {row['id']}; there must be one."
            )
        return found[0], beside

    def _entry(self, row: Row, claim: Claim, files: Sequence[Path], today: date, beside: Beside) -> Entry:
        found = Found(
            account=claim.account,
            place=f"claim {row['id']}",
            lines=len(claim.lines),
            charge=claim.charge,
            claim=claim,
        )
        return scrub_copy(
            self.office, self.ledger, found, _name(row, files), today, beside, instead_of=row["id"],
            hold=self.needs_release,
        )  # fmt: skip

    def _cannot_carry(
        self, row: Row, claim: Claim, files: Sequence[Path], today: date, beside: Beside
    ) -> str | None:
        """Why the portal takes no replacement at all, if that is so."""
        entry = self._entry(row, claim, files, today, beside)
        return next((one.message for one in entry.problems if one.field == "frequency"), None)

    def _scrubbed(
        self, row: Row, claim: Claim, files: Sequence[Path], today: date, beside: Beside, act: Act
    ) -> Entry:
        """The copy, ready to be queued. Raises `Refused` with what blocks it."""
        entry = self._entry(row, claim, files, today, beside)
        if entry.state is State.BLOCKED:
            blocking = [one.message for one in entry.problems if one.severity is Severity.BLOCK]
            raise Refused(f"The copy of claim {row['id']} cannot be sent. {' '.join(blocking)}")
        if entry.payer != row["payer"]:
            raise Refused(f"The copy of claim {row['id']} is for another payer ({entry.payer}).")
        return with_documents(self.ledger, entry, self.store, act)

    def _put(
        self, row: Row, entry: Entry, files: Sequence[Path], act: Act, *, as_new: bool, copy: Any | None = None
    ) -> tuple[int, State]:
        claim = entry.found.claim
        assert claim is not None
        sha256 = hashlib.sha256(claim.model_dump_json().encode()).hexdigest()
        entry = replace(entry, need=entry.need if entry.state is State.HELD else None)
        return again.put_in_place(
            self.ledger, row, entry, _name(row, files), sha256, act, as_new=as_new,
            needs_release=self.needs_release, copy=copy,
        )  # fmt: skip

    def _task(self, row: Row, payer: Payer, how: str, act: Act) -> Gone:
        corrections = payer.policy.corrections
        phone = corrections.way in (Way.PHONE, Way.UNKNOWN)
        need = Need(
            cause=f"correction:{row['id']}",
            kind="correction",
            title=f"{payer.adapter.name}: account {row['account']} ({row['control_number']}) needs a correction",
            action=f"{how} ({corrections.source}); then payerbot tasks done ID --why WHAT",
            payer=payer.slug,
            login=row["login"],
            topic=Topic.CORRECTION if phone else None,
        )
        return Gone(None, None, again.ask(self.ledger, row, need, act))


#: What a person does where a correction is no claim.
_HOW: Mapping[Way, str] = {
    Way.REOPENING: "Ask for a clerical reopening, by the payer's form or line; do not send a claim",
    Way.PHONE: "Call the payer with what is to be corrected; do not send a claim",
    Way.PAPER: "Send the corrected claim on paper, marked as the replacement of that number",
    Way.UNKNOWN: "Ask the payer how it takes corrections, and write that into policy.toml, [corrections]",
}

_MAYBE_THERE = frozenset({State.SUBMITTING, State.RECEIVED, State.UNKNOWN, State.DUPLICATE, State.DISPUTED})


def why_not_new(row: Row, *, sent_back: bool = False) -> str | None:
    """Why a claim may not go as a new one, and what is right instead; None when it may. `sent_back`: the payer had
    sent it back before it was withdrawn."""
    state, status, name = State(row["state"]), Status(row["status"]), f"Claim {row['id']}"
    if state is State.REJECTED or (state is State.ACCEPTED and status is Status.UNPROCESSABLE):
        return None
    if state is State.WITHDRAWN:
        if row["sent"] == Sent.NEVER or sent_back:
            return None
        return f"{name} was given up after it may have gone: look in the portal first, then say what you saw."
    if state in (State.QUEUED, State.HELD):
        return f"{name} waits here to be sent itself: release it, or withdraw it."
    if state is State.BLOCKED:
        return f"{name} was never sent: queue the fixed file, and the fixed claim replaces it."
    if state is State.CLOSED:
        return f"{name} is finished; what took its place says so: payerbot claims show {row['id']}."
    if state in _MAYBE_THERE:
        return (
            f"{name} is, or may be, at the payer ({state}): a new one would be there twice. First its task or a "
            "look-up must say what became of it."
        )
    if status is Status.NOT_ON_FILE:
        return f"{name} was proved to be at the payer: call with that proof; do not send it again."
    if status in DECIDED:
        return (
            f"The payer has decided claim {row['id']} ({STATUS_SHOWN[status]}): a new one would be denied as its "
            f"duplicate. Correct it with payerbot claims send-correction {row['id']}, or appeal."
        )
    return f"The payer has claim {row['id']} and has not decided it: wait, and correct it then if that is needed."


def why_not_corrected(row: Row, payer: Payer | None) -> str | None:
    """Why a claim cannot be corrected at its payer, and what is right instead; None when it can."""
    state, status, name = State(row["state"]), Status(row["status"]), f"Claim {row['id']}"
    if state is State.ACCEPTED and status is Status.UNPROCESSABLE:
        return (
            f"{name} could not be processed: no claim stands at the payer to be corrected, or appealed. Fix it, "
            f"and payerbot claims send-as-new {row['id']}."
        )
    if state in (State.REJECTED, State.WITHDRAWN):
        return (
            f"{name} does not stand at the payer, so there is nothing to correct: payerbot claims send-as-new "
            f"{row['id']}."
        )
    if state not in (State.ACCEPTED, State.DISPUTED) or payer is None or not row["control_number"]:
        return why_not_new(row) or f"{name} is not known to be at the payer under a number."
    if status is Status.FORWARDED:
        return f"{name} was passed on to another payer: it is corrected there."
    if status not in DECIDED and not payer.policy.corrections.before_decision:
        return (
            f"{payer.adapter.name} has not decided claim {row['id']}, and takes a correction only then"
            f" ({payer.policy.corrections.source}): wait for its decision."
        )
    return None


def _content(claim: Claim) -> Claim:
    """What a claim says, apart from what makes it a correction and from the documents that go with it."""
    plain = {"frequency": Frequency.ORIGINAL, "original_control_number": "", "attachments": ()}
    return claim.model_copy(update=plain)


def _late(row: Row, today: date) -> tuple[str, ...]:
    last = row["deadline"]
    return (
        (f"The last day to file it was {last}: the payer may deny it as late.",) if last and last < today else ()
    )


def _name(row: Row, files: Sequence[Path]) -> str:
    """What the file is called that the claim comes in."""
    return files[0].name if files else f"claim {row['id']} again"

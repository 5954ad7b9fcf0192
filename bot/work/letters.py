"""The letter and the records that go with an unlisted home visit (99600): what is needed, and how it is prepared.

Nothing is signed here. A letter goes out as a signed upload, or after its practitioner approved it by name; until
then its claim is held.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import date
from pathlib import Path

from bot.claims.edits import engine, unlisted
from bot.claims.model import Attachment, Claim, Frequency
from bot.claims.records import Document, VisitRecord
from bot.claims.vocabulary import State
from bot.errors import Refused, UnknownItem, UsageError
from bot.home import Home, write_private
from bot.ledger import papers
from bot.ledger.papers import Lettered
from bot.ledger.store import Act, Ledger
from bot.ledger.tasks import Need
from bot.portal import fit
from bot.portal.documents import joined, page_count, stamped, words_of
from bot.portal.evidence import EvidenceStore
from bot.work.pages import Page, render, to_pdf
from bot.work.payers import Office, Payer

#: PWK01 of a letter and of a packet: support data for the claim.
_SUPPORT = "OZ"
#: What `new_number` gives.
_NUMBER = re.compile(r"PB[0-9A-F]{16}")


def route(payer: Payer) -> str | None:
    """How papers reach this payer: ``EL`` upload, ``FX`` fax or ``BM`` mail after acceptance; None: when asked."""
    routes = payer.adapter.limits.attachment_routes
    if "EL" in routes:
        return "EL"
    rule = engine.find("UL-09")
    assert rule is not None
    answer = payer.policy.parameters.get(rule.id, {}).get("no_upload", rule.parameters["no_upload"].default)
    if answer == "paper":
        return next((one for one in ("FX", "BM") if one in routes), None)
    return None


def is_needed(claim: Claim, visit: VisitRecord | None, payer: Payer) -> bool:
    """Whether a letter must go with this claim."""
    home_visit = any(line.code == unlisted.CODE for line in claim.lines)
    weighed = payer.policy.severities.get("UL-06", "as it stands") is not None
    return (
        visit is not None
        and home_visit
        and weighed
        and claim.frequency is not Frequency.VOID
        and route(payer) is not None
    )


def planned(claim: Claim, visit: VisitRecord | None, payer: Payer) -> Claim:
    """The claim with the records that will go with it, to see whether the portal takes them."""
    way = route(payer)
    if visit is None or way != "EL" or not is_needed(claim, visit, payer):
        return claim
    more = tuple(
        Attachment(report_type=one.report_type, control_number=new_number(), file=one.file)
        for one in visit.documents
    )
    return claim.model_copy(update={"attachments": (*claim.attachments, *more)})


def need_of_letter(visit: VisitRecord, payer: str | None) -> Need:
    """One task for all the letters that one practitioner must sign."""
    return Need(
        cause=f"letter:{visit.practitioner_npi}:{visit.practitioner_name}",
        kind="letter",
        title=f"Letters need {visit.practitioner_name}'s signature",
        action=(
            "Print them with payerbot letters write ID --to FOLDER; then payerbot letters sign ID FILE with the"
            " signed copy, or payerbot letters approve ID --by NAME when the practitioner approved it."
        ),
        payer=payer,
        needs_answer=True,
    )


def letter_page(one: Lettered, payer: Payer, today: date, approved_by: str = "") -> Page:
    """The letter, to be printed."""
    return render(
        "letter",
        claim=one.claim,
        visit=one.support,
        payer=payer.adapter.name,
        line=next(line for line in one.claim.lines if line.code == unlisted.CODE),
        worth=unlisted.worth,
        number=one.number,
        today=today,
        approved_by=approved_by,
    )


def new_number() -> str:
    """An attachment control number nobody used before: at most 30 letters and digits."""
    return f"PB{secrets.token_hex(8).upper()}"


class Desk:
    """Where letters are written, signed copies come in, and approvals are noted."""

    def __init__(
        self, office: Office, ledger: Ledger, store: EvidenceStore, home: Home, browser: Path | None
    ) -> None:
        self._office = office
        self._ledger = ledger
        self._store = store
        self._home = home
        self._browser = browser

    def write(self, claim_id: int, folder: Path, today: date) -> list[Path]:
        """Write the letter to be signed into a folder, or, once it is done, the papers as they go to the payer."""
        one, payer = self._one(claim_id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if one.letter == papers.NEEDED:
                path = folder / f"letter-claim-{claim_id}.pdf"
                write_private(path, self._print(one, payer, today))
                return [path]
            made = []
            for paper in one.claim.attachments:
                if paper.file and Path(paper.file).parent == self._home.documents:
                    made.append(folder / Path(paper.file).name)
                    write_private(made[-1], Path(paper.file).read_bytes())
            return made
        except OSError as error:
            raise UsageError(f"{folder}: {error.strerror or type(error).__name__}.") from error

    def sign(self, claim_id: int, file: Path, by: str, act: Act) -> None:
        """Take in the signed letter. Raises `Refused` when it is no readable PDF, or signed by somebody else."""
        one, payer = self._one(claim_id)
        self._is_practitioner(one, by)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise UsageError(f"{file} cannot be opened: {error.strerror or type(error).__name__}.") from error
        if not page_count(content):
            raise Refused("The signed letter has no pages.")
        if (numbers := set(_NUMBER.findall(words_of(content)))) and one.number not in numbers:
            raise Refused(f"{file} is the letter of another claim: it bears another control number.")
        self._finish(one, payer, stamped(content, _stamp(one, one.number)), papers.SIGNED, self._by(act, by))

    def approve(self, claim_id: int, by: str, act: Act) -> None:
        """Note that the practitioner approved the letter in person. Raises `Refused` when it is somebody else."""
        one, payer = self._one(claim_id)
        name = self._is_practitioner(one, by)
        letter = self._print(one, payer, act.at.date(), approved_by=name)
        self._finish(one, payer, letter, papers.APPROVED, self._by(act, name))

    def _by(self, act: Act, name: str) -> Act:
        return Act(f"{name} ({act.who})", act.at, act.why or "letter")

    def _one(self, claim_id: int) -> tuple[Lettered, Payer]:
        one = next(iter(papers.lettered(self._ledger, claim_id)), None)
        if one is None:
            raise UnknownItem(f"Claim {claim_id} has no letter.")
        return one, self._office.payer(one.payer)

    def _is_practitioner(self, one: Lettered, name: str) -> str:
        """The practitioner's own name, if that is who is meant; a title is not needed, the whole name is."""
        wanted = one.support.practitioner_name
        if not _words(name) or _words(name) != _words(wanted):
            raise Refused(f"This letter is {wanted}'s to sign or approve, nobody else's: give the whole name.")
        return wanted

    def _print(self, one: Lettered, payer: Payer, today: date, approved_by: str = "") -> bytes:
        return to_pdf(letter_page(one, payer, today, approved_by), self._browser)

    def _finish(self, one: Lettered, payer: Payer, letter: bytes, how: str, act: Act) -> None:
        """Put letter and records on the claim, each under its control number, and let the claim go.

        Raises `Refused` when the claim does not wait for its letter, or the portal cannot take what was prepared.
        """
        if one.letter != papers.NEEDED or one.state is not State.HELD:
            raise Refused(f"Claim {one.id} does not wait for a letter.")
        made, kept = [], []
        for paper, content in _papers(one, letter, route(payer)):
            path = self._home.documents / f"{paper.control_number}.pdf"
            write_private(path, content)
            kept.append(self._store.keep_document(content, act.at))
            made.append(paper.model_copy(update={"file": str(path), "sha256": kept[-1].sha256}))
        claim = one.claim.model_copy(update={"attachments": (*one.claim.attachments, *made)})
        if problems := fit.check(payer.adapter, claim):
            for paper, evidence in zip(made, kept, strict=True):
                Path(paper.file).unlink()
                self._store.forget(evidence)
            raise Refused(problems[0].message)
        papers.attach(self._ledger, one, claim, how, kept, act)


def _words(name: str) -> list[str]:
    """A name for comparing: small letters, without title and punctuation."""
    words = re.sub(r"[^\w\s-]", "", name.casefold()).split()
    return [word for word in words if word not in ("dr", "md", "do", "np", "pa", "cns", "cnm", "mr", "mrs", "ms")]


def _papers(one: Lettered, letter: bytes, way: str | None) -> list[tuple[Attachment, bytes]]:
    """Letter and records as they go: each under its own number for an upload, as one packet for fax and mail."""
    records = [(record, _as_queued(record)) for record in one.support.documents]
    number = one.number
    if way == "EL":
        made = [(Attachment(report_type=_SUPPORT, control_number=number), letter)]
        for record, content in records:
            own = new_number()
            made.append(
                (
                    Attachment(report_type=record.report_type, control_number=own),
                    stamped(content, _stamp(one, own)),
                )
            )
        return made
    packet = joined([letter, *(stamped(content, _stamp(one, number)) for _, content in records)])
    return [(Attachment(report_type=_SUPPORT, transmission=way or "AA", control_number=number), packet)]


def _as_queued(record: Document) -> bytes:
    """A record's bytes. Raises `Refused` when they are not those that were there when the claim was queued."""
    try:
        content = Path(record.file).read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != record.sha256:
        raise Refused(f"{record.file} is not as it was when the claim was queued: queue the claim with it again.")
    return content


def _stamp(one: Lettered, number: str) -> str:
    return f"Attachment control number {number}   account {one.claim.account}"


def pages(claim: Claim) -> int:
    """Pages of the papers of a claim that go by fax or mail."""
    return sum(
        page_count(Path(one.file).read_bytes())
        for one in claim.attachments
        if one.transmission in ("FX", "BM") and one.file and Path(one.file).is_file()
    )

"""Files of claims: read, scrubbed, routed to a payer's login, and only then queued."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from bot.claims.companions import CompanionFile, is_companion, read_companion, together
from bot.claims.edits import engine
from bot.claims.edits.book import Earlier, Limits
from bot.claims.edits.ccm.month import looks_across
from bot.claims.files import Kind, open_file
from bot.claims.fingerprint import fingerprint, likeness, patient_months
from bot.claims.model import Attachment, Claim, Found, Problem, Severity
from bot.claims.records import Records, Unread, VisitRecord
from bot.claims.vocabulary import State
from bot.errors import UsageError
from bot.ledger import intake, papers, views
from bot.ledger.intake import Entry, Queued
from bot.ledger.store import Act, Ledger
from bot.ledger.tasks import Need
from bot.portal import fit
from bot.portal.evidence import EvidenceStore
from bot.work.letters import is_needed, need_of_letter, new_number, planned
from bot.work.payers import Login, Office, Payer

#: So many records are named in one sentence.
_NAMED = 8


@dataclass(frozen=True, slots=True)
class Route:
    """Where a claim goes, or why nobody can say."""

    payer: Payer | None = None
    login: Login | None = None
    problem: Problem | None = None
    need: Need | None = None


@dataclass(slots=True)
class Checked:
    """A file, read and scrubbed."""

    file: str
    entries: list[Entry]
    #: What is wrong with the file as a whole.
    problems: tuple[Problem, ...]
    claims: int
    lines: int
    charge: Decimal
    sha256: str
    #: Companion records read from it; None where it is no companion file.
    records: int | None = None

    @property
    def all_problems(self) -> list[Problem]:
        """The file's problems, then each claim's."""
        return [*self.problems, *(problem for entry in self.entries for problem in entry.problems)]

    @property
    def blocked(self) -> bool:
        """Whether anything in it cannot be sent."""
        return any(problem.severity is Severity.BLOCK for problem in self.all_problems)


@dataclass(slots=True)
class Beside:
    """What is known beside the claims of a file: companion records, and the claims that stood before."""

    records: Records = field(default_factory=Records)
    #: Claims by the hash of patient and month.
    seen: dict[str, list[Claim]] = field(default_factory=dict)

    def before(self, months: frozenset[str], claim: Claim) -> tuple[Earlier, ...]:
        """The patient's other claims of these months that stood before in these files, each once."""
        found: list[Claim] = []
        for month in sorted(months):
            found += [other for other in self.seen.get(month, ()) if other != claim and other not in found]
        return tuple(Earlier(other) for other in found)

    def remember(self, months: frozenset[str], claim: Claim) -> None:
        """Note a claim for those that come after it."""
        for month in months:
            self.seen.setdefault(month, []).append(claim)


def check_files(
    office: Office, ledger: Ledger, paths: Sequence[Path], today: date, *, hold: bool = False
) -> list[Checked]:
    """Read files together: claims are scrubbed with the companion records among the files, and with each other.

    What cannot be read at all may have been meant as a companion. Nothing is queued. Raises `UsageError` when one
    cannot be opened.
    """
    companions, beside = read_beside(paths)
    checked = {
        path: check_file(office, ledger, path, today, hold=hold, beside=beside)
        for path in paths
        if path not in companions
    }
    claims = [entry.found.claim for file in checked.values() for entry in file.entries if entry.found.claim]
    return [checked[path] if path in checked else _as_checked(companions[path], claims) for path in paths]


def read_beside(paths: Sequence[Path]) -> tuple[dict[Path, CompanionFile], Beside]:
    """The companion files among files, and what they say. Raises `UsageError` when one cannot be opened."""
    companions: dict[Path, CompanionFile] = {}
    strange: list[Unread] = []
    for path in paths:
        try:
            if is_companion(path):
                companions[path] = read_companion(path)
            elif open_file(path).kind is Kind.OTHER:
                strange.append(Unread())
        except OSError as error:
            raise _unopened(path, error) from error
    records = together(companions.values())
    return companions, Beside(Records(records.care, records.visits, (*records.unread, *strange)))


def scrub_copy(
    office: Office,
    ledger: Ledger,
    found: Found,
    name: str,
    today: date,
    beside: Beside,
    *,
    instead_of: int,
    hold: bool,
) -> Entry:
    """One claim that takes the place of another, read and scrubbed as if it came in a file of that name."""
    return _Scrub(office, ledger, Path(name), today, beside, hold=hold, instead_of=instead_of).entry(found)


def _as_checked(file: CompanionFile, claims: Sequence[Claim]) -> Checked:
    """A companion file among the files: it holds no claims. What is of none of the claims is said."""
    problems = file.problems
    if claims and (strangers := file.records.strangers(claims)):
        names = [one.label for one in strangers]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        said = f"Records that are of no claim in these files: {', '.join(names[:_NAMED])}{more}."
        problems = (*problems, Problem(severity=Severity.WARN, rule="companion", message=said))
    return Checked(str(file.path), [], problems, 0, 0, Decimal(0), "", file.records.number)


def check_file(
    office: Office, ledger: Ledger, path: Path, today: date, *, hold: bool = False, beside: Beside | None = None
) -> Checked:
    """Read a file of claims and scrub them; nothing is queued. Raises `UsageError` when it cannot be opened."""
    scrub = _Scrub(office, ledger, path, today, beside or Beside(), hold=hold)
    try:
        file = open_file(path)
        entries = [scrub.entry(found) for found in file]
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise _unopened(path, error) from error
    return Checked(str(path), entries, file.problems, file.claims, file.lines, file.charge, sha256)


def _unopened(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be opened: {error.strerror or type(error).__name__}.")


def queue_file(
    ledger: Ledger,
    checked: Checked,
    act: Act,
    payer: str | None,
    store: EvidenceStore | None = None,
    *,
    needs_release: bool = False,
) -> Queued | None:
    """Queue a checked file, or only its claims for one payer; None when there is nothing in it to queue.

    With a `store`, the documents to be uploaded are kept there as evidence, and their hashes with the claim.
    `needs_release`: only a billing lead may let it go.
    """
    entries = [entry for entry in checked.entries if payer is None or entry.payer == payer]
    if not entries:
        return None
    if store is not None:
        entries = [with_documents(ledger, entry, store, act) for entry in entries]
    name = Path(checked.file).name
    return intake.queue_file(ledger, name, checked.sha256, entries, act, needs_release=needs_release)


def with_documents(ledger: Ledger, entry: Entry, store: EvidenceStore, act: Act) -> Entry:
    """The entry with the documents that it uploads kept and hashed; unchanged when it is blocked or known."""
    claim = entry.found.claim
    uploads = [one for one in claim.attachments if one.transmission == "EL" and one.file] if claim else []
    if claim is None or not uploads or intake.is_known(ledger, entry) or entry.state is State.BLOCKED:
        return entry
    kept = {one.file: store.keep_document(Path(one.file).read_bytes(), act.at) for one in uploads}

    def hashed(one: Attachment) -> Attachment:
        return one.model_copy(update={"sha256": kept[one.file].sha256}) if one in uploads else one

    changed = claim.model_copy(update={"attachments": tuple(hashed(one) for one in claim.attachments)})
    found = entry.found.model_copy(update={"claim": changed})
    return replace(entry, found=found, evidence=tuple(kept.values()))


def route(office: Office, ledger: Ledger, claim: Claim) -> Route:
    """Find a claim's payer by the names the file gives, and its login by who bills."""
    named = claim.payer.name or claim.payer.payer_id
    slugs = views.payer_named(ledger, claim.payer.name, claim.payer.payer_id)
    slugs |= {slug for slug in office.payers if slug in (claim.payer.name.lower(), claim.payer.payer_id.lower())}
    if len(slugs) != 1 or not slugs <= set(office.payers):
        command = f'choose once: payerbot payers map "{named}" SLUG'
        if not slugs:
            title = f"We don't know which portal '{named}' means"
        elif len(slugs) > 1:
            title = f"'{named}' could mean more than one portal: {', '.join(sorted(slugs))}"
        else:
            slug = next(iter(slugs))
            title = f"'{named}' means {slug}, which is not set up here"
            command = f"add [payers.{slug}] and a login to payerbot.toml"
        problem = _blocked(claim, "payer", "payer", f"{title}; {command}")
        return Route(
            problem=problem,
            need=Need(
                cause=f"route:{named.upper()}",
                kind="choose-portal",
                title=title,
                action=f"{command[0].upper()}{command[1:]}; then queue the file again.",
            ),
        )
    payer = office.payers[next(iter(slugs))]
    logins = payer.logins_for(claim)
    if not logins:
        who = f"tax id {claim.billing.tin} and NPI {claim.billing.npi}"
        title = f"No login at {payer.adapter.name} bills for {who}"
        problem = _blocked(claim, "login", "billing provider", f"{title}.")
        need = Need(
            cause=f"login:{payer.slug}:{claim.billing.tin}:{claim.billing.npi}",
            kind="no-login",
            title=title,
            action=f"Add the login to payerbot.toml under payers.{payer.slug}.logins, then queue the file again.",
            payer=payer.slug,
        )
        return Route(payer, problem=problem, need=need)
    return Route(payer, logins[0])


class _Scrub:
    """Scrubs and routes the claims of one file, one after the other."""

    def __init__(
        self,
        office: Office,
        ledger: Ledger,
        path: Path,
        today: date,
        beside: Beside,
        *,
        hold: bool,
        instead_of: int | None = None,
    ) -> None:
        self._office = office
        self._ledger = ledger
        self._path = path
        self._today = today
        self._beside = beside
        self._hold = hold
        self._instead_of = instead_of

    def entry(self, found: Found) -> Entry:
        """One claim, ready to be queued or to be shown."""
        claim = found.claim
        if claim is None:
            return Entry(
                found,
                found.problems,
                State.BLOCKED,
                _reason(found.problems),
                "",
                None,
                None,
                None,
                frozenset(),
                None,
                _fix(self._path),
            )
        way = route(self._office, self._ledger, claim)
        slug = way.payer.slug if way.payer else claim.payer.name.upper()
        key = self._ledger.vault.fingerprint_key
        own = fingerprint(claim, slug, key)
        months = patient_months(claim, slug, key) if looks_across(claim) else frozenset[str]()
        visit = self._beside.records.visit_of(claim)
        problems = (
            *found.problems,
            *self._edits(claim, way, own, months, visit),
            *((way.problem,) if way.problem else ()),
            *(_spent_numbers(self._ledger, claim, own)),
            *(fit.check(way.payer.adapter, planned(claim, visit, way.payer)) if way.payer else ()),
        )
        self._beside.remember(months, claim)
        blocking = [problem for problem in problems if problem.severity is Severity.BLOCK]
        letter = papers.NEEDED if way.payer and is_needed(claim, visit, way.payer) else None
        state, reason, need = State.QUEUED, "", None
        if blocking:
            state, reason = State.BLOCKED, _reason(blocking)
            need = way.need if blocking == [way.problem] else _fix(self._path)
        elif letter and visit:
            state, reason = State.HELD, f"Letter needs {visit.practitioner_name}'s signature."
            need = need_of_letter(visit, way.payer.slug if way.payer else None)
        return Entry(
            found=found,
            problems=problems,
            state=state,
            reason=reason,
            payer_named=claim.payer.name or claim.payer.payer_id,
            payer=way.payer.slug if way.payer else None,
            login=way.login.name if way.login else None,
            fingerprint=own,
            # under the payer's name too: an earlier copy may have waited for its portal to be named
            likeness=likeness(claim, slug, key) | likeness(claim, claim.payer.name, key),
            deadline=way.payer.deadline(claim) if way.payer else None,
            need=need,
            months=months,
            support=_support(visit) if visit else None,
            letter=letter,
            with_file=self._hold,
        )

    def _edits(
        self, claim: Claim, way: Route, own: str, months: frozenset[str], visit: VisitRecord | None
    ) -> tuple[Problem, ...]:
        """What the edits find, each as the payer weighs it; where no payer is known, as it stands."""
        history: tuple[Earlier, ...] = ()
        if months:
            stands = papers.neighbours(self._ledger, months, own, claim.original_control_number, self._instead_of)
            history = (*stands, *self._beside.before(months, claim))
        payer = way.payer
        return engine.run(
            claim,
            today=self._today,
            limits=Limits(routes=payer.adapter.limits.attachment_routes) if payer else Limits(),
            history=history,
            care=self._beside.records.care_of(claim),
            visit=visit,
            doubt=self._beside.records.doubt(claim),
            deadline=payer.deadline(claim) if payer else None,
            severities=payer.policy.severities if payer else None,
            parameters=payer.policy.parameters if payer else None,
        )


def _support(visit: VisitRecord) -> VisitRecord:
    """The record as it is kept with its claim: with the letter's number, and the hashes of its documents."""
    documents = tuple(
        one.model_copy(update={"sha256": hashlib.sha256(Path(one.file).read_bytes()).hexdigest()})
        if Path(one.file).is_file()
        else one
        for one in visit.documents
    )
    return visit.model_copy(update={"letter_number": new_number(), "documents": documents})


def _spent_numbers(ledger: Ledger, claim: Claim, own: str) -> list[Problem]:
    """Attachment control numbers that another claim has used: payers never take one twice."""
    numbers = {one.control_number for one in papers.documents(claim) if one.control_number}
    if not numbers:
        return []
    return [
        _blocked(
            claim,
            "attachment-number",
            "attachment",
            f"Attachment control number {number} belongs to claim {first} already; give the document a new one.",
        )
        for number, first in sorted(papers.spent(ledger, numbers, own).items())
    ]


def _fix(path: Path) -> Need:
    return Need(
        cause=f"fix:{path.name}",
        kind="fix-claims",
        title=f"Claims of {path.name} were not sent: their edits failed",
        action="Fix them in your practice system and queue the fixed file; fixed claims replace these.",
        needs_answer=True,
    )


def _blocked(claim: Claim, rule: str, field: str, message: str) -> Problem:
    return Problem(severity=Severity.BLOCK, rule=rule, account=claim.account, field=field, message=message)


def _reason(problems: Sequence[Problem]) -> str:
    """The first thing to fix, and how many more there are."""
    blocking = [problem for problem in problems if problem.severity is Severity.BLOCK]
    if not blocking:
        return ""
    more = f" (and {len(blocking) - 1} more)" if len(blocking) > 1 else ""
    return f"{blocking[0].message}{more}"

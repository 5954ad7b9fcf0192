"""Files of claims: read, scrubbed, routed to a payer's login, and only then queued."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from bot.claims.edits import engine
from bot.claims.files import open_file
from bot.claims.fingerprint import fingerprint, likeness
from bot.claims.model import Claim, Found, Problem, Severity
from bot.claims.vocabulary import State
from bot.errors import UsageError
from bot.ledger import intake, views
from bot.ledger.intake import Entry, Queued
from bot.ledger.store import Act, Ledger
from bot.ledger.tasks import Need
from bot.portal import fit
from bot.work.payers import Login, Office, Payer


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

    @property
    def all_problems(self) -> list[Problem]:
        """The file's problems, then each claim's."""
        return [*self.problems, *(problem for entry in self.entries for problem in entry.problems)]

    @property
    def blocked(self) -> bool:
        """Whether anything in it cannot be sent."""
        return any(problem.severity is Severity.BLOCK for problem in self.all_problems)


def check_file(office: Office, ledger: Ledger, path: Path, today: date, *, hold: bool = False) -> Checked:
    """Read a file and scrub its claims; nothing is queued. Raises `UsageError` when it cannot be opened."""
    try:
        file = open_file(path)
        entries = [_entry(office, ledger, path, found, today, hold=hold) for found in file]
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be opened: {error.strerror or type(error).__name__}.") from error
    return Checked(str(path), entries, file.problems, file.claims, file.lines, file.charge, sha256)


def queue_file(ledger: Ledger, checked: Checked, act: Act, payer: str | None) -> Queued | None:
    """Queue a checked file, or only its claims for one payer; None when there is nothing in it to queue."""
    entries = [entry for entry in checked.entries if payer is None or entry.payer == payer]
    if not entries:
        return None
    return intake.queue_file(ledger, Path(checked.file).name, checked.sha256, entries, act)


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


def _entry(office: Office, ledger: Ledger, path: Path, found: Found, today: date, *, hold: bool) -> Entry:
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
            _fix(path),
        )
    way = route(office, ledger, claim)
    problems = (
        *found.problems,
        *engine.run(claim, today=today),
        *((way.problem,) if way.problem else ()),
        *(fit.check(way.payer.adapter, claim) if way.payer else ()),
    )
    blocking = [problem for problem in problems if problem.severity is Severity.BLOCK]
    state = State.BLOCKED if blocking else State.HELD if hold else State.QUEUED
    need = None
    if blocking:
        need = way.need if blocking == [way.problem] else _fix(path)
    elif hold:
        need = Need(
            cause=f"held:{path.name}",
            kind="held",
            title=f"Claims of {path.name} wait for you",
            action="Release or withdraw them: payerbot claims release ID..., payerbot claims withdraw ID...",
            needs_answer=True,
        )
    slug = way.payer.slug if way.payer else claim.payer.name.upper()
    key = ledger.vault.fingerprint_key
    return Entry(
        found=found,
        problems=problems,
        state=state,
        reason=_reason(blocking) if blocking else "Held when it was queued." if hold else "",
        payer_named=claim.payer.name or claim.payer.payer_id,
        payer=way.payer.slug if way.payer else None,
        login=way.login.name if way.login else None,
        fingerprint=fingerprint(claim, slug, key),
        # under the payer's name too: an earlier copy may have waited for its portal to be named
        likeness=likeness(claim, slug, key) | likeness(claim, claim.payer.name, key),
        deadline=way.payer.deadline(claim) if way.payer else None,
        need=need,
    )


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

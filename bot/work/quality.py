"""How good an adapter is, computed from its code, its README and what its tests have written down: never claimed.

=======  =========================================================================================
bronze   the core alone enters claims, the receipt repeats what matters, the policy says whether robots may work
silver   the payer's own search tells what became of a claim, its words are known, the README tells limits and age
gold     every fault of the matrix was played on this very code, and this office has seen the form as it is
=======  =========================================================================================

A level is reached when nothing of it, or of the levels before it, is missing.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from bot.claims.vocabulary import Status
from bot.errors import ConfigurationError
from bot.ledger.baselines import Checked
from bot.portal.adapter import Adapter
from bot.work.payers import policy_of

#: Beside an adapter: which code of it was played through the fault matrix, and when.
RECORD = "matrix.json"
#: How long a person's look at the portal, or the office's look at the form, counts.
FRESH = timedelta(days=365)
CHECKED = timedelta(days=30)

#: What enters something into a page; the core does that, for only then it is read back.
_ENTERS = frozenset({"fill", "type", "press_sequentially", "select_option", "set_input_files", "check"})
#: Methods in which an adapter may do it itself: what they enter is no claim, or is read back after them.
_MAY_ENTER = frozenset({"sign_in", "provider_shown", "open_form", "operate", "find_claims", "choose", "discard"})


class Level(StrEnum):
    """How good, in rising order."""

    NONE = "none"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


@dataclass(frozen=True, slots=True)
class Quality:
    """An adapter's level, and what is missing for the next."""

    level: Level
    #: None above gold.
    next: Level | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged."""

    adapter: type[Adapter]
    #: Its package's files.
    folder: Traversable
    #: When this office found its form fine.
    checks: Sequence[Checked]
    #: Whether the form is known to have changed since.
    changed: bool
    today: date

    @property
    def readme(self) -> str:
        """What it says about itself."""
        readme = self.folder.joinpath("README.md")
        return readme.read_text(encoding="utf-8") if readme.is_file() else ""


Rule = Callable[[Subject], Iterator[str]]


def quality_of(
    adapter: type[Adapter], checks: Sequence[Checked], today: date, *, changed: bool = False
) -> Quality:
    """How good an adapter is; `checks` are this office's looks at its form, `changed` that it found it changed."""
    subject = Subject(adapter, folder_of(adapter), checks, changed, today)
    reached = Level.NONE
    for level, rules in _RULES.items():
        if missing := tuple(why for rule in rules for why in rule(subject)):
            return Quality(reached, level, missing)
        reached = level
    return Quality(reached, None, ())


def folder_of(adapter: type[Adapter]) -> Traversable:
    """The files of an adapter's package."""
    return files(adapter.__module__.rpartition(".")[0] or adapter.__module__)


def version(folder: Traversable) -> str:
    """A hash of an adapter's code, which another word of it changes."""
    digest = hashlib.sha256()
    for name, text in sorted(_sources(folder)):
        digest.update(f"{name}\n{text}\n".encode())
    return digest.hexdigest()


def write_record(adapter: type[Adapter], cases: int, today: date) -> Path:
    """Write down that this code of an adapter passed so many cases of the fault matrix."""
    folder = folder_of(adapter)
    path = Path(str(folder.joinpath(RECORD)))
    record = {"cases": cases, "passed_on": today.isoformat(), "version": version(folder)}
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return path


def _core_enters(subject: Subject) -> Iterator[str]:
    for name, method in _methods(subject.folder):
        calls = (node.func for node in ast.walk(method) if isinstance(node, ast.Call))
        entered = {call.attr for call in calls if isinstance(call, ast.Attribute)} & _ENTERS
        if entered and method.name not in _MAY_ENTER:
            what = ", ".join(sorted(entered))
            yield f"{method.name} in {name} enters something by itself ({what}), and nobody reads it back"


def _receipt_repeats(subject: Subject) -> Iterator[str]:
    sources = {echo.source for echo in subject.adapter.echoes if isinstance(echo.source, str)}
    wanted = {
        "account": "account number",
        "subscriber.member_id": "member id",
        "service_from": "date of service",
        "charge": "charge",
    }
    yield from (
        f"the receipt is not compared by {words}" for source, words in wanted.items() if source not in sources
    )
    if len(subject.adapter.identity) < 2:
        yield "one echo alone tells whose receipt it is"


def _robots(subject: Subject) -> Iterator[str]:
    try:
        policy = policy_of(subject.adapter)
    except ConfigurationError as error:
        yield error.message
        return
    if policy.automation is None:
        yield "policy.toml does not say whether a robot may work there ([automation])"


def _looks_up(subject: Subject) -> Iterator[str]:
    if subject.adapter.search is None and subject.adapter.find_claims is Adapter.find_claims:
        yield "there is no claim search: an unclear send stays with a person"


def _words(subject: Subject) -> Iterator[str]:
    known = set(subject.adapter.words.values())
    if Status.PENDING not in known:
        yield "no word of the payer means that a claim is in process"
    if Status.DENIED not in known:
        yield "no word of the payer means that a claim is denied"
    if not known & {Status.PAID, Status.FINALIZED}:
        yield "no word of the payer means that a claim is paid or finalized"


def _readme(subject: Subject) -> Iterator[str]:
    if "known limits" not in subject.readme.lower():
        yield "README.md has no 'Known limits'"
    day = _last_verified(subject.readme)
    if day is None:
        yield "README.md does not say when it was last verified ('Last verified …: 2026-11-22.')"
    elif subject.today - day > FRESH:
        yield f"README.md was last verified on {day}, more than a year ago"


def _matrix(subject: Subject) -> Iterator[str]:
    record = subject.folder.joinpath(RECORD)
    if not record.is_file():
        yield "nobody has written down that it passed the fault matrix (make matrix)"
        return
    told = json.loads(record.read_text(encoding="utf-8"))
    if told["version"] != version(subject.folder):
        yield f"its code has changed since the fault matrix was played on it on {told['passed_on']} (make matrix)"


def _form_seen(subject: Subject) -> Iterator[str]:
    slug = subject.adapter.slug
    if subject.changed:
        yield f"the portal has changed (payerbot payers check {slug})"
    elif not subject.checks:
        yield f"this office has never compared its form (payerbot payers check {slug})"
    elif unseen := _pages(subject.adapter) - {title for one in subject.checks for title in one.pages}:
        few = ", ".join(f"'{title}'" for title in sorted(unseen))
        yield f"pages never compared: {few} (payerbot payers check {slug}, once a claim is queued)"
    elif subject.today - max(one.fine_at.date() for one in subject.checks) > CHECKED:
        yield f"its form was not compared for {CHECKED.days} days (payerbot payers check {slug})"


_RULES: dict[Level, tuple[Rule, ...]] = {
    Level.BRONZE: (_core_enters, _receipt_repeats, _robots),
    Level.SILVER: (_looks_up, _words, _readme),
    Level.GOLD: (_matrix, _form_seen),
}


def _pages(adapter: type[Adapter]) -> set[str]:
    """Titles of the pages that every claim meets, as far as they are the same for every office."""
    return {page.title for page in getattr(adapter, "pages", ()) if page.when is None}


def _sources(folder: Traversable) -> Iterator[tuple[str, str]]:
    for file in folder.iterdir():
        if file.name.endswith(".py"):
            yield file.name, file.read_text(encoding="utf-8")


def _methods(folder: Traversable) -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    """What the classes of a package do with a page, by file."""
    for name, text in _sources(folder):
        for kind in ast.walk(ast.parse(text)):
            if isinstance(kind, ast.ClassDef):
                yield from ((name, one) for one in kind.body if isinstance(one, ast.AsyncFunctionDef))


def _last_verified(readme: str) -> date | None:
    found = re.search(r"Last verified\b.*?(\d{4}-\d{2}-\d{2})", readme, re.DOTALL)
    return date.fromisoformat(found[1]) if found else None

"""What the coming night needs from a person before it can do its work.

Each check answers one question and says what to do. What is for a person anyway stands in the tasks; here is only
what keeps payerbot from working, or will be too late tomorrow.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel

from bot.claims import business_days
from bot.claims.vocabulary import State
from bot.errors import ConfigurationError
from bot.ledger import figures, papers, runs, views
from bot.ledger.people import PAUSED
from bot.ledger.restore import refuse_older
from bot.ledger.store import Ledger
from bot.ledger.views import Row, Rows
from bot.portal.browser import find_browser
from bot.words import count, when
from bot.work import morning
from bot.work.morning import Done, Night
from bot.work.payers import Login, Office, Payer
from bot.work.schedule import BEFORE_DEADLINE

#: A policy entry is looked at again after so long: payers' manuals are new every year.
REVIEWED = timedelta(days=183)
#: Bytes that a night may need: some thousand claims with three pages each, a third of a megabyte a page at most.
ROOM = 2 * 1024**3
#: So many claims are named one by one.
NAMED = 3
#: How late a morning's report may be.
REPORTED = timedelta(hours=1)
#: How old the last backup may be: one for each night.
BACKUP = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Want:
    """One thing that is needed from a person."""

    #: One word, such as ``password`` or ``deadline``.
    kind: str
    #: What is the matter, and what to do, each in one sentence.
    what: str
    action: str
    payer: str | None = None
    login: str | None = None
    #: Claims that wait for it.
    claims: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """What there is on this machine."""

    evidence: Path
    #: The setting ``browser.executable``, and the office's own.
    browser: Path | None
    backups: Path | None
    notify: Sequence[str]


def wants(ledger: Ledger, office: Office, place: Place, night: Night, now: datetime) -> list[Want]:
    """Everything that is needed, what stops most of all first."""
    waiting = figures.before_the_payer(ledger)
    today = now.astimezone().date()
    return [
        *_machine(place, now),
        *_work(ledger, night, now),
        *_report(ledger, place, night, now),
        *_logins(ledger, office, waiting),
        *_not_set_up(office, waiting),
        *_deadlines(ledger, office, today),
        *_letters(ledger),
        *_held(ledger),
        *_reviews(office, today),
    ]


def _machine(place: Place, now: datetime) -> Iterator[Want]:
    try:
        if find_browser(place.browser) is None:
            yield Want("browser", "No browser is installed.", "Run: payerbot browser")
    except ConfigurationError as error:
        yield Want("browser", error.message, "Correct browser.executable in payerbot.toml.")
    free = shutil.disk_usage(place.evidence).free
    if free < ROOM:
        yield Want(
            "disk",
            f"The disk of the evidence folder has {free / 1024**3:.1f} GB left.",
            f"Make room: a night may need {ROOM / 1024**3:.0f} GB, and without evidence nothing is sent.",
        )
    if place.notify and shutil.which(place.notify[0]) is None:
        yield Want(
            "notify",
            f"office.notify names {place.notify[0]}, and there is no such program.",
            "Correct it in payerbot.toml: nobody would hear that a night went wrong.",
        )
    yield from _backups(place.backups, now)


def _backups(folder: Path | None, now: datetime) -> Iterator[Want]:
    if folder is None:
        return
    try:
        newest = max((path.stat().st_mtime for path in folder.iterdir() if path.is_file()), default=0.0)
    except OSError:
        newest = 0.0
    if now.timestamp() - newest > BACKUP.total_seconds():
        age = f"is of {when(datetime.fromtimestamp(newest, now.tzinfo))}" if newest else "is not there"
        yield Want(
            "backup",
            f"The last backup in {folder} {age}.",
            "See to the backups: the ledger alone knows what was sent, and secrets/ opens it.",
        )


def _work(ledger: Ledger, night: Night, now: datetime) -> Iterator[Want]:
    try:
        refuse_older(ledger)
    except ConfigurationError as error:
        yield Want("recover", error.message, "Nothing is sent until then.")
    if night.is_amiss:
        yield Want("run", night.words, "Run payerbot run now, and see why it was not run: payerbot report")
    elif (run := morning.silent(ledger, now)) is not None:
        yield Want(
            "run",
            f"payerbot serve, begun at {when(run.began_at)}, was last seen at work at {when(run.seen_at)}.",
            "Start it again: payerbot serve",
        )


def _report(ledger: Ledger, place: Place, night: Night, now: datetime) -> Iterator[Want]:
    if night.by is None or night.done is Done.NOTHING or not place.notify or now < night.by + REPORTED:
        return
    if not runs.is_told(ledger, night.by):
        yield Want(
            "report",
            f"Nobody was told the report that was due at {when(night.by)}.",
            "See why: payerbot serve, or a timetable such as cron that runs payerbot report --notify, tells it.",
        )


def _logins(ledger: Ledger, office: Office, waiting: Rows) -> Iterator[Want]:
    behind: Counter[tuple[str, str]] = Counter()
    for row in waiting:
        if row["state"] == State.QUEUED:
            behind[row["payer"], row["login"]] += row["claims"]
    pauses, signed_in = views.pause_rows(ledger), views.signed_in(ledger)
    stopped = {(one["payer"], one["login"]) for one in pauses}
    for one in pauses:
        slug, login = one["payer"], one["login"]
        held = sum(claims for (of, name), claims in behind.items() if of == slug and login in (None, name))
        whom = f"{slug}, login {login}," if login else slug
        verb = "is paused" if one["kind"] == PAUSED else "is parked"
        yield Want(
            one["kind"],
            f"{whom} {verb} since {when(one['at'])} by {one['who']}: {one['why']}",
            f"Mend that, then run: payerbot payers resume {slug}" + (f" --login {login}" if login else ""),
            slug,
            login,
            held,
        )
    for payer in office.payers.values():
        for seat in payer.logins:
            mine = (payer.slug, seat.name)
            if mine not in signed_in and {(payer.slug, None), mine}.isdisjoint(stopped):
                yield from _secrets(payer, seat, behind[mine])


def _secrets(payer: Payer, login: Login, claims: int) -> Iterator[Want]:
    name = f"secrets/payers__{payer.slug}__logins__{login.name}__"
    if not login.credentials.password.get_secret_value():
        yield Want(
            "password",
            f"{payer.adapter.name}, login {login.name}, has no password here.",
            f"Put it into {name}password, readable by you only; or sign in: payerbot payers sign-in {payer.slug}.",
            payer.slug,
            login.name,
            claims,
        )
    elif payer.adapter.sign_in_form.code is not None and login.credentials.totp_secret is None:
        yield Want(
            "code",
            f"{payer.adapter.name} asks login {login.name} for a one-time code, and nobody is there at night.",
            f"Set the user up for an authenticator, and put its key into {name}totp_secret.",
            payer.slug,
            login.name,
            claims,
        )


def _not_set_up(office: Office, waiting: Rows) -> Iterator[Want]:
    unnamed: Counter[str] = Counter()
    missing: Counter[tuple[str, str | None]] = Counter()
    for row in waiting:
        payer = office.payers.get(row["payer"])
        if row["payer"] is None:
            unnamed[row["payer_named"]] += row["claims"]
        elif row["state"] == State.QUEUED and (payer is None or payer.login(row["login"] or "") is None):
            missing[row["payer"], row["login"]] += row["claims"]
    for name, claims in sorted(unnamed.items()):
        yield Want(
            "payer",
            f"We don't know which portal '{name}' means.",
            f'Choose once: payerbot payers map "{name}" SLUG; then queue the claims again.',
            claims=claims,
        )
    for (slug, login), claims in sorted(missing.items(), key=str):
        yield Want(
            "payer",
            f"Claims wait for login {login} at {slug}, which is not set up.",
            "Put it into payerbot.toml, or withdraw the claims and queue them again.",
            slug,
            login,
            claims,
        )


def _deadlines(ledger: Ledger, office: Office, today: date) -> Iterator[Want]:
    """What tonight's run will not send, although it must go soon; and what is too late already."""
    pauses = {(one["payer"], one["login"]) for one in views.pause_rows(ledger)}
    found: dict[tuple[bool, str], list[Row]] = {}
    for row in figures.pressing(ledger, business_days.after(today, BEFORE_DEADLINE)):
        payer = office.payers.get(row["payer"])
        login = payer.login(row["login"] or "") if payer else None
        stopped = not pauses.isdisjoint({(row["payer"], None), (row["payer"], row["login"])})
        goes = row["state"] == State.QUEUED and login is not None and login.credentials is not None and not stopped
        late = row["deadline"] < today
        if late or not goes:
            found.setdefault((late, row["payer"] or row["state"]), []).append(row)
    for (late, slug), some in sorted(found.items(), reverse=True):
        verb = "missed" if late else "will not make, as things stand,"
        which = ", ".join(f"claim {row['id']} ({row['deadline']})" for row in some[:NAMED])
        more = f" and {len(some) - NAMED} more" if len(some) > NAMED else ""
        yield Want(
            "late" if late else "deadline",
            f"{slug}: {count(len(some), 'claim')} {verb} the payer's last day: {which}{more}.",
            "Ask the payer for an exception, with what proves why; then withdraw or send them."
            if late
            else "Clear these first: payerbot claims list, the blocked and held ones, and what stops their login.",
            slug,
            claims=len(some),
        )


def _letters(ledger: Ledger) -> Iterator[Want]:
    waiting = papers.lettered(ledger)
    if waiting:
        yield Want(
            "letter",
            f"{count(len(waiting), 'letter')} for unlisted home visits wait for a signature.",
            "payerbot letters list",
            claims=len(waiting),
        )


def _held(ledger: Ledger) -> Iterator[Want]:
    for task in views.task_rows(ledger):
        if task["kind"] == "held" and task["claims"]:
            yield Want("held", f"{task['title']}.", task["action"], claims=len(task["claims"]))


def _reviews(office: Office, today: date) -> Iterator[Want]:
    for payer in office.payers.values():
        old = [name for name, on in _dates(payer.policy, "verified") if on + REVIEWED <= today]
        due = [name for name, on in _dates(payer.policy, "review_by") if on <= today]
        for names, why in ((old, "were verified more than half a year ago"), (due, "are due for review")):
            if names:
                yield Want(
                    "review",
                    f"{payer.adapter.name}: entries of its policy {why}: {', '.join(names)}.",
                    f"Compare them with the payer's manual; date them anew in payers/{payer.slug}/policy.toml.",
                    payer.slug,
                )


def _dates(part: BaseModel, key: str, name: str = "") -> Iterator[tuple[str, date]]:
    """The dates of that name in a policy, wherever they stand, with the name of the entry."""
    for field in type(part).model_fields:
        value = getattr(part, field)
        here = f"{name}.{field}" if name else field
        if field == key and isinstance(value, date):
            yield name or field, value
        elif isinstance(value, BaseModel):
            yield from _dates(value, key, here)
        elif isinstance(value, Mapping):
            for inner, one in value.items():
                if isinstance(one, BaseModel):
                    yield from _dates(one, key, f"{here}.{inner}")

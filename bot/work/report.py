"""The morning report: what ran, what went out, what needs a person, and where every claim and its money stand.

All of it is counted anew from the ledger, and everything that adds up says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from bot.claims.vocabulary import DECIDED, SHOWN, STATUS_SHOWN, State, Status
from bot.ledger import figures, runs, views
from bot.ledger.figures import AGES, AT_THE_PAYER, Sending
from bot.ledger.runs import Run
from bot.ledger.store import BOT, Act, Ledger
from bot.ledger.views import Row, Rows
from bot.words import count, when
from bot.work import morning, schedule
from bot.work.morning import Night
from bot.work.pages import Page, render
from bot.work.payers import Office
from bot.work.worklist import worklist

_NOTHING = Decimal("0.00")
#: The states in fewer columns.
STAGES: Mapping[str, frozenset[State]] = {
    "to send": frozenset({State.QUEUED, State.SUBMITTING}),
    "for you": frozenset({State.BLOCKED, State.HELD, State.REJECTED}),
    "unclear": frozenset({State.UNKNOWN, State.DISPUTED, State.DUPLICATE}),
    "there": frozenset({State.ACCEPTED, State.RECEIVED}),
    "over": frozenset({State.CLOSED, State.WITHDRAWN}),
}
#: Files shown one by one; the others together.
SHOWN_FILES = 20


@dataclass(frozen=True, slots=True)
class Sum:
    """Some claims, what was charged for them, and what was paid."""

    claims: int = 0
    charge: Decimal = _NOTHING
    paid: Decimal = _NOTHING

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.claims + other.claims, self.charge + other.charge, self.paid + other.paid)

    def document(self) -> dict[str, object]:
        """As programs read it."""
        return {"claims": self.claims, "charge": self.charge, "paid": self.paid}


#: How many, by age.
Aged = Mapping[str, Sum]


@dataclass(frozen=True, slots=True)
class FileBalance:
    """One file and where its claims stand."""

    id: int
    name: str
    queued_at: datetime
    #: Claims that the file brought, and of these the ones that were queued before.
    brought: int
    refused: int
    states: Mapping[State, Sum]

    @property
    def total(self) -> Sum:
        """Its claims."""
        return total(self.states.values())

    @property
    def balanced(self) -> bool:
        """Whether each claim that it brought is somewhere."""
        return self.brought == self.refused + self.total.claims

    @property
    def finished(self) -> bool:
        """Whether nothing of it is on its way, or waits for a person, any more."""
        return not set(self.states) - {State.ACCEPTED, State.CLOSED, State.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Report:
    """An office's claims as they stand."""

    at: datetime
    since: datetime
    #: The last time that payerbot worked.
    ran: Run | None
    night: Night
    sending: Sending
    #: Open tasks, and the first of them.
    tasks: int
    first: Row | None
    states: Mapping[State, Sum]
    #: The accepted ones by the payer's word.
    statuses: Mapping[Status, Sum]
    payers: Mapping[str, Mapping[State, Sum]]
    files: Sequence[FileBalance]
    #: By payer: what waits for the payer's decision, and what was decided against us.
    waiting: Mapping[str, Aged]
    against: Mapping[str, Aged]
    #: What payers said since, by where these claims stand now.
    learned: Mapping[Status, Sum]
    #: All claims, counted apart from the rest; and those that the payer has and has not paid.
    total: Sum
    unpaid: Sum

    @property
    def balanced(self) -> bool:
        """Whether every way of counting comes to the same claims and the same money."""
        ways = [total(self.states.values())]
        others = (one for state, one in self.states.items() if state is not State.ACCEPTED)
        ways.append(total([*others, *self.statuses.values()]))
        ways.append(total(one for states in self.payers.values() for one in states.values()))
        ways.append(total(one.total for one in self.files))
        aged = total(one for by in (self.waiting, self.against) for ages in by.values() for one in ages.values())
        return (
            all(way == self.total for way in ways)
            and all(one.balanced for one in self.files)
            and (aged.claims, aged.charge) == (self.unpaid.claims, self.unpaid.charge)
        )

    @property
    def headline(self) -> str:
        """The first line: what somebody with ten seconds must know. Nothing in it is about one patient."""
        sent = f"{self.sending.sent:,} sent, {self.sending.confirmed:,} confirmed"
        needs = f"{count(self.tasks, 'thing')} for you" if self.tasks else "nothing for you"
        return f"{_ran(self.ran)} Since {when(self.since)}: {sent}; {needs}."

    @property
    def notice(self) -> str:
        """What the office is told when the report is ready, by ways that others may read."""
        return "\n".join(filter(None, ("payerbot: " + self.headline, self.night.words, self.fault)))

    @property
    def fault(self) -> str:
        """That it does not add up, if so."""
        return "" if self.balanced else "THE COUNTS DO NOT BALANCE: run payerbot audit."

    @property
    def by_interest(self) -> tuple[Sequence[FileBalance], Sequence[FileBalance]]:
        """The files somebody may want to look at, newest first; and those that are finished, and older."""
        shown: list[FileBalance] = []
        old: list[FileBalance] = []
        for one in self.files:
            (old if one.finished and one.queued_at < self.since else shown).append(one)
        return shown[::-1], old

    def document(self) -> dict[str, object]:
        """As ``report --json`` prints it."""
        ran = self.ran
        return {
            "at": self.at,
            "since": self.since,
            "ran": {
                "kind": ran.kind,
                "who": ran.who,
                "began_at": ran.began_at,
                "seen_at": ran.seen_at,
                "ended_at": ran.ended_at,
                "failed": ran.failed,
            }
            if ran
            else None,
            "expected": self.night.document(),
            "sent": self.sending.sent,
            "accepted": self.sending.accepted,
            "confirmed": self.sending.confirmed,
            "tasks": self.tasks,
            "first": {"id": self.first["id"], "title": self.first["title"]} if self.first else None,
            **self.total.document(),
            "balanced": self.balanced,
            "states": _told(self.states),
            "statuses": _told(self.statuses),
            "payers": {payer: _told(states) for payer, states in self.payers.items()},
            "files": [
                {
                    "id": one.id,
                    "name": one.name,
                    "queued_at": one.queued_at,
                    "brought": one.brought,
                    "refused": one.refused,
                    "balanced": one.balanced,
                    "states": _told(one.states),
                }
                for one in self.files
            ],
            "aging": {
                what: {payer: _told(ages) for payer, ages in by.items()}
                for what, by in ((figures.WAITING, self.waiting), (figures.AGAINST, self.against))
            },
            "learned": _told(self.learned),
        }


def gather(ledger: Ledger, office: Office, now: datetime, since: datetime, night: Night) -> Report:
    """Count everything; a number of questions to the ledger that does not grow with its claims."""
    groups = figures.standing(ledger)
    aging = figures.aging(ledger, now)
    tasks = worklist(office, ledger, schedule.day_of(now))
    unpaid = (
        row
        for row in groups
        if row["state"] in AT_THE_PAYER
        and (row["status"] not in DECIDED or row["status"] in figures.LOST)
        and not row["replaced"]
    )
    return Report(
        at=now,
        since=since,
        ran=runs.last(ledger),
        night=night,
        sending=figures.sent_since(ledger, since),
        tasks=len(tasks),
        first=tasks[0].row if tasks else None,
        states=_by_state(groups),
        statuses=_by_status([row for row in groups if row["state"] == State.ACCEPTED]),
        payers={payer: _by_state(rows) for payer, rows in _grouped(groups, _payer).items()},
        files=_files(views.file_rows(ledger), groups),
        waiting=_aged(aging, figures.WAITING),
        against=_aged(aging, figures.AGAINST),
        learned={Status(row["status"]): _sum(row) for row in figures.learned_since(ledger, since)},
        total=_sum(figures.total(ledger)[0]),
        unpaid=total(_sum(row) for row in unpaid),
    )


class Herald:
    """Tells the office its report once each working day, from a process that is at work anyway."""

    def __init__(self, ledger: Ledger, office: Office, expected: time | None, program: Sequence[str]) -> None:
        """`expected` is when the office expects its work done; `program` is what is told."""
        self._ledger = ledger
        self._office = office
        self._expected = expected
        self._program = program

    def tell(self, now: datetime) -> None:
        """Tell it, if it is time and nobody has: late is better than not at all. Blocks."""
        hour = self._expected or morning.OPENS
        _, by = morning.last_mornings(hour, now)
        if runs.tell(self._ledger, Act(BOT, now), since=by):
            night = morning.judge(self._ledger, self._expected, now)
            report = gather(self._ledger, self._office, now, morning.since(hour, now), night)
            morning.tell(self._program, report.notice)


def standing(report: Report) -> list[tuple[str, Sum]]:
    """Where claims stand, in words: those that the payer has by what it says of them."""
    said: dict[str, Sum] = {}
    for state, one in report.states.items():
        if state is not State.ACCEPTED:
            said[SHOWN[state]] = one
            continue
        for status, some in report.statuses.items():
            words = f"In the payer's system: {STATUS_SHOWN[status]}"
            said[words] = said.get(words, Sum()) + some
    return list(said.items())


def page(report: Report) -> Page:
    """The report on paper."""
    aging = (("With the payer, not decided", report.waiting), ("Denied, refused or taken back", report.against))
    return render(
        "report",
        report=report,
        aging=[(title, by, aged_together(by)) for title, by in aging if by],
        ages=AGES,
        stages=STAGES,
        staged=staged,
        total=total,
        together=together,
        shown_files=SHOWN_FILES,
        standing=standing(report),
        status_words=STATUS_SHOWN,
    )


def total(sums: Iterable[Sum]) -> Sum:
    """All of them together."""
    return sum(sums, Sum())


def staged(states: Mapping[State, Sum]) -> dict[str, int]:
    """Claims by stage."""
    return {
        stage: total(one for state, one in states.items() if state in some).claims
        for stage, some in STAGES.items()
    }


def together(files: Iterable[FileBalance]) -> dict[State, Sum]:
    """Where the claims of several files stand."""
    found: dict[State, Sum] = {}
    for one in files:
        for state, some in one.states.items():
            found[state] = found.get(state, Sum()) + some
    return found


def aged_together(by_payer: Mapping[str, Aged]) -> Aged:
    """All payers together."""
    return {age: total(ages[age] for ages in by_payer.values()) for age in AGES}


def _ran(run: Run | None) -> str:
    if run is None:
        return "payerbot has not run yet."
    began = when(run.began_at)
    if run.failed:
        return f"Ran last {began} and stopped before its end."
    if run.ended_at is None:
        return f"Runs since {began}, last seen at work {when(run.seen_at)}."
    until = when(run.ended_at)
    return f"Ran last {began} to {until[11:] if until[:10] == began[:10] else until}."


def _files(rows: Rows, groups: Rows) -> list[FileBalance]:
    of_files = _grouped(groups, lambda row: str(row["file_id"]))
    return [
        FileBalance(
            row["id"], row["name"], row["queued_at"], row["claims"], row["refused"],
            _by_state(of_files.get(str(row["id"]), [])),
        )
        for row in rows
    ]  # fmt: skip


def _aged(rows: Rows, what: str) -> dict[str, Aged]:
    found: dict[str, Aged] = {}
    for payer, mine in _grouped([row for row in rows if row["what"] == what], _payer).items():
        ages = {row["age"]: Sum(row["claims"], row["charge"]) for row in mine}
        found[payer] = {age: ages.get(age, Sum()) for age in AGES}
    return found


def _payer(row: Row) -> str:
    return row["payer"] or "not known"


def _grouped(rows: Rows, key: Callable[[Row], str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return dict(sorted(found.items()))


def _by_state(rows: Rows) -> dict[State, Sum]:
    """Claims by state, in the order in which the states are drawn."""
    by = _grouped(rows, lambda row: str(row["state"]))
    return {state: total(map(_sum, by[state])) for state in State if state in by}


def _by_status(rows: Rows) -> dict[Status, Sum]:
    """Claims by the payer's word."""
    by = _grouped(rows, lambda row: str(row["status"]))
    return {status: total(map(_sum, by[status])) for status in Status if status in by}


def _sum(row: Row) -> Sum:
    return Sum(row["claims"], row["charge"], row["paid"])


def _told(sums: Mapping[Any, Sum]) -> dict[str, object]:
    return {str(key): one.document() for key, one in sums.items()}

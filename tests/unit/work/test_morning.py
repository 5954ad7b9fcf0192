"""Whether the night's work was done by morning, and what the office is told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path

import pytest

from bot.claims.vocabulary import State
from bot.ledger import runs
from bot.ledger.store import Act
from bot.ledger.tasks import open_task
from bot.work import morning, report
from bot.work.morning import Done
from bot.work.payers import Office
from bot.work.report import Herald
from tests.unit.ledger.books import CLAIMS, Books, need

ZONE = timezone(timedelta(hours=-5))
SEVEN = time(7)
#: A Monday; the working day before it is a Friday.
MONDAY = datetime(2026, 7, 13, 8, 0, tzinfo=ZONE)
MORNING = MONDAY.replace(hour=7)
FRIDAY = datetime(2026, 7, 10, 7, 0, tzinfo=ZONE)
NIGHT = datetime(2026, 7, 12, 21, 0, tzinfo=ZONE)


def run(
    books: Books,
    began: datetime,
    ended: datetime | None,
    kind: str = runs.RUN,
    *,
    whole: bool = True,
    failed: bool = False,
) -> None:
    """One time that payerbot worked."""
    run_id = runs.begin(books.ledger, kind, Act("cron", began), whole=whole)
    if ended is not None:
        runs.end(books.ledger, run_id, ended, {"accepted": 1}, failed=failed)


def judged(books: Books, now: datetime = MONDAY) -> Done:
    return morning.judge(books.ledger, SEVEN, now, ZONE).done


@pytest.fixture(autouse=True)
def _something_queued(books: Books) -> None:
    books.queue(CLAIMS[0])


@pytest.mark.parametrize(
    ("now", "mornings"),
    [
        (MONDAY, (FRIDAY, MORNING)),
        (MORNING, (FRIDAY, MORNING)),
        # before the hour it is still Friday's
        (MORNING - timedelta(minutes=1), (FRIDAY - timedelta(days=1), FRIDAY)),
        (NIGHT, (FRIDAY - timedelta(days=1), FRIDAY)),
        # 4 July 2026 is a Saturday, observed on Friday the 3rd
        (datetime(2026, 7, 3, 12, tzinfo=ZONE), (FRIDAY - timedelta(days=9), FRIDAY - timedelta(days=8))),
    ],
)
def test_mornings_are_those_of_working_days(now: datetime, mornings: tuple[datetime, datetime]) -> None:
    assert morning.last_mornings(SEVEN, now, ZONE) == mornings


def test_a_report_begins_at_the_working_day_before() -> None:
    assert morning.since(SEVEN, MONDAY, ZONE) == FRIDAY
    assert morning.since(SEVEN, MORNING - timedelta(hours=2), ZONE) == FRIDAY


Worked = Callable[[Books], None]
WORKED: dict[str, tuple[Worked, Done]] = {
    "nobody": (lambda books: None, Done.MISSED),
    "a run": (lambda books: run(books, NIGHT, NIGHT + timedelta(hours=1)), Done.DONE),
    "a run on Friday evening": (
        lambda books: run(books, FRIDAY.replace(hour=20), FRIDAY.replace(hour=21)),
        Done.DONE,
    ),
    "a run for the morning before": (
        lambda books: run(books, FRIDAY.replace(hour=1), FRIDAY.replace(hour=2)),
        Done.MISSED,
    ),
    "a run too late": (lambda books: run(books, MORNING, MORNING + timedelta(minutes=30)), Done.LATE),
    "a run that was killed": (lambda books: run(books, NIGHT, None), Done.UNFINISHED),
    "a run that stopped": (lambda books: run(books, NIGHT, NIGHT, failed=True), Done.FAILED),
    "one payer only": (lambda books: run(books, NIGHT, NIGHT, whole=False), Done.MISSED),
    "a follow-up only": (lambda books: run(books, NIGHT, NIGHT, runs.FOLLOW_UP), Done.MISSED),
    "serve, stopped on Friday": (
        lambda books: run(books, FRIDAY, FRIDAY.replace(hour=18), runs.SERVE),
        Done.MISSED,
    ),
    "serve, in the morning too": (lambda books: run(books, FRIDAY, MORNING, runs.SERVE), Done.DONE),
    "serve, killed in the night": (lambda books: run(books, NIGHT, None, runs.SERVE), Done.FAILED),
    "serve, begun too late": (lambda books: run(books, MONDAY, None, runs.SERVE), Done.LATE),
}


@pytest.mark.parametrize("name", WORKED)
def test_what_became_of_the_night(books: Books, name: str) -> None:
    work, done = WORKED[name]
    work(books)
    night = morning.judge(books.ledger, SEVEN, MONDAY, ZONE)
    assert night.done is done
    assert night.is_amiss == (done in (Done.MISSED, Done.UNFINISHED, Done.FAILED))
    assert bool(night.words) == (done is not Done.DONE)


def test_the_best_of_a_night_counts(books: Books) -> None:
    """A run that failed and was run again is no alarm."""
    run(books, NIGHT, NIGHT, failed=True)
    assert judged(books) is Done.FAILED
    run(books, NIGHT, NIGHT + timedelta(hours=1))
    assert judged(books) is Done.DONE


def test_nothing_is_expected_of_an_office_that_has_not_begun(books: Books) -> None:
    """The first file came at noon of 1 July."""
    assert judged(books, datetime(2026, 7, 1, 12, tzinfo=ZONE)) is Done.NOTHING
    assert morning.judge(books.ledger, None, MONDAY, ZONE).done is Done.NOTHING


def test_what_works_unattended_and_falls_silent_is_noticed(books: Books) -> None:
    assert morning.silent(books.ledger, NIGHT) is None
    run(books, NIGHT, None, runs.SERVE)
    assert morning.silent(books.ledger, NIGHT + morning.PULSE) is None
    late = NIGHT + 2 * morning.SILENCE
    found = morning.silent(books.ledger, late)
    assert found is not None
    # one of several workers is enough
    run(books, FRIDAY, None, runs.SERVE)
    runs.seen(books.ledger, found.id, late)
    assert morning.silent(books.ledger, late) is None
    run(books, NIGHT + timedelta(hours=1), NIGHT + timedelta(hours=2))
    assert morning.silent(books.ledger, MONDAY) is None


# Telling


def program(tmp_path: Path, words: str) -> list[str]:
    path = tmp_path / "tell.py"
    path.write_text(words)
    return [sys.executable, str(path)]


def test_the_program_gets_the_text_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYERBOT_PAYERS__NORTHSTAR__LOGINS__MAIN__PASSWORD", "hush")
    tell = program(
        tmp_path,
        "import os, pathlib, sys\n"
        "pathlib.Path(sys.argv[1]).write_text(sys.stdin.read() + str([n for n in os.environ if 'PAYERBOT' in n]))",
    )
    assert morning.tell([*tell, str(tmp_path / "told")], "two claims; $(touch x)") == ""
    assert (tmp_path / "told").read_text() == "two claims; $(touch x)[]"


@pytest.mark.parametrize(
    ("words", "why"), [("raise SystemExit(4)", "ended with 4"), (None, "cannot be started: No such file")]
)
def test_a_program_that_fails_is_told_and_stops_nothing(tmp_path: Path, words: str | None, why: str) -> None:
    tell = program(tmp_path, words) if words else [str(tmp_path / "gone")]
    assert why in morning.tell(tell, "text")


def test_the_office_is_told_once_a_morning_by_whoever_comes_first(books: Books, tmp_path: Path) -> None:
    """Each worker has a herald of its own. A process that begins late tells it late."""
    tell = program(tmp_path, f"import sys; open({str(tmp_path / 'told')!r}, 'a').write(sys.stdin.read() + '|')")
    now = datetime(2026, 7, 13, 12, 0, tzinfo=UTC)
    heralds = [Herald(books.ledger, Office([]), None, tell) for _ in range(2)]
    for minutes in (0, 1, 60):
        for herald in heralds:
            herald.tell(now + timedelta(minutes=minutes))
    assert (tmp_path / "told").read_text().count("|") == 1
    heralds[0].tell(now + timedelta(days=1))
    told = (tmp_path / "told").read_text()
    assert told.count("|") == 2
    assert told.startswith("payerbot: payerbot has not run yet.")


def test_what_the_office_is_told_is_about_nobody(books: Books) -> None:
    """It goes by mail or chat: accounts stay out of it, too."""
    [claim_id] = books.queue(CLAIMS[1])
    books.put(claim_id, State.UNKNOWN)
    account = books.row(claim_id)["account"]
    with books.ledger.write() as connection:
        open_task(connection, need(title=f"Account {account} may be there"), [claim_id], books.act())
    night = morning.judge(books.ledger, SEVEN, MONDAY, ZONE)
    made = report.gather(books.ledger, Office([]), MONDAY, FRIDAY, night)
    assert made.first is not None
    assert account in made.first["title"]
    assert account not in made.notice
    assert "1 thing for you" in made.notice
    assert "did not run" in made.notice

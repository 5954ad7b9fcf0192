"""A billing office at the command line: tasks in hand, calls, files that wait, and claims that go once more."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.claims.vocabulary import Status, Topic
from bot.installation import opened
from bot.ledger import tasks
from bot.ledger.schema import claims
from bot.ledger.store import Act
from bot.ledger.tasks import Need
from fixtures.claims.writers import write_json
from tests.cli.counter import Desk, good
from tests.unit.ledger.books import dearer

NUMBER = "2026182000000000{}"
NOW = datetime.now(UTC)


def there(
    desk: Desk, number: int = 2, status: Status = Status.PENDING, topic: Topic | None = Topic.PENDING
) -> None:
    """Claims of northstar's that it has, each behind a task."""
    desk("queue", desk.file(*good(number)), "--hold")
    for claim in desk.claims():
        assert (
            desk("claims", "entered-by-hand", str(claim["id"]), "--number", NUMBER.format(claim["id"])).code == 0
        )
    with opened(desk.home) as it, it.ledger.write() as connection:
        connection.execute(update(claims).values(status=status, decided_on=NOW.date()))
        for one in range(1, number + 1):
            need = Need(f"{status}:{one}", str(status), f"Claim {one} waits", "Call.", "northstar", topic=topic)
            tasks.open_task(connection, need, [one], Act("payerbot", NOW))


def day(number: int) -> str:
    return str(NOW.date() + timedelta(days=number))


def ids(desk: Desk, *words: str) -> list[int]:
    return [task["claims"][0]["id"] for task in desk("tasks", "list", "--json", *words).document]


def test_tasks_in_hand(desk: Desk) -> None:
    there(desk, 3, Status.DENIED, None)
    one, two, three = (str(task["id"]) for task in desk.tasks())
    assert desk("tasks", "assign", one, two, "--to", "Dana  Price").code == 0
    assert len(ids(desk, "--owner", "dana price")) == 2
    assert len(ids(desk, "--owner", "")) == 1
    assert desk("tasks", "note", one, three, "--text", "left a message").code == 0
    assert desk("tasks", "snooze", two, "--until", day(3), "--why", "records are coming").code == 0
    assert len(ids(desk)) == 2
    assert len(ids(desk, "--snoozed")) == 3
    told = desk("tasks", "list").out
    assert "1 task put off until later" in told
    assert f"last day to appeal: {day(60)}" in told
    assert f"last day to appeal: {day(60)} (Northstar" in desk("claims", "show", "1").out
    assert desk("claims", "show", "1", "--json").document["deadlines"][0]["on"] == day(60)
    # not past the last day to appeal
    done = desk("tasks", "snooze", three, "--until", day(61))
    assert (done.code, "last day to appeal" in done.err) == (2, True)
    shown = desk("tasks", "show", one).out
    for words in ("who has it: Dana Price", "left a message", "claim ", NUMBER.format("")[:-1], "$", "chapter 11"):
        assert words in shown
    assert "looked at it last" in desk("tasks", "show", one).out
    document = desk("tasks", "show", one, "--json").document
    assert document["deadline"]["source"].startswith("Northstar")
    assert document["details"][0]["codes"]
    assert desk("tasks", "done", one, two, three, "--why", "appealed").code == 0
    assert desk("tasks", "list", "--snoozed", "--json").document == []


def test_filters(desk: Desk) -> None:
    there(desk, 2)
    charges = sorted(float(task["charge"]) for task in desk.tasks())
    assert len(ids(desk, "--amount-over", f"${charges[0]:,.2f}")) == sum(one > charges[0] for one in charges)
    assert ids(desk, "--reason", "denied") == ids(desk, "--payer", "lakeshore") == []
    assert len(ids(desk, "--reason", "pending")) == len(ids(desk, "--due", day(1))) == 2
    assert ids(desk, "--due", day(-2)) == []


def test_calls_and_their_answers(desk: Desk) -> None:
    there(desk)
    done = desk("calls")
    assert done.code == 0
    for words in ("1-800-555-0142", "claims that do not move (2 claims", "At which stage"):
        assert words in done.out
    [call] = desk("calls", "--payer", "northstar", "--json").document
    assert (call["topic"], [one["id"] for one in call["claims"]][::1]) == ("pending", [2, 1])
    assert desk("calls", "--payer", "lakeshore", "--json").document == []
    done = desk(
        "calls", "record", "1", "--said", "in review", "--promised", day(9), "--control-number", NUMBER.format(1)
    )
    assert (done.code, f"next follow-up {day(9)}" in done.out, "no proof" in done.out) == (0, True, True)
    assert desk("calls", "record", "1", "--said", "x", "--control-number", "nonsense").code == 2
    [call] = desk("calls", "--json").document
    assert [one["id"] for one in call["claims"]] == [2]
    shown = desk("claims", "show", "1")
    assert "in review; promised by" in shown.out
    assert desk.claims()[0]["status"] == "pending"


def test_a_table_is_filled_in_and_read_back(desk: Desk, tmp_path: Path) -> None:
    there(desk)
    path = tmp_path / "calls.csv"
    assert desk("calls", "--csv", path).code == 0
    assert desk("calls", "record", "--file", path).code == 2
    head, *rows = path.read_text("utf-8-sig").splitlines()
    filled = [row.replace(",,,,,,,,", ",denied last week,denied,C-7,Kim,,,12,yes") for row in rows]
    path.write_text("\n".join([head, *filled]))
    done = desk("calls", "record", "--file", path)
    assert (done.code, done.out.count("nothing is left to do")) == (0, 2)
    assert desk.tasks() == []
    assert desk("calls", "--json").document == []
    assert [row["reference"] for row in desk("claims", "show", "1", "--json").document["calls"]] == ["C-7"]


def test_a_file_waits_for_its_lead(desk: Desk) -> None:
    with desk.home.settings_file.open("r+") as file:
        settings = file.read()
        file.seek(0)
        file.write(f'require_release = true\nleads = ["Dana Price"]\n{settings}')
    done = desk("queue", desk.file(*good(2)), "--json")
    assert (done.code, done.document["held"]) == (1, 2)
    assert "waits for a billing lead" in desk("files", "list").out
    for words in (
        ("files", "release", "1", "--yes"),
        ("files", "release", "1", "--by", "Kit Lowe", "--yes"),
        ("claims", "release", "1", "2"),
    ):
        assert desk(*words).code == 2, words
    done = desk("files", "release", "1", "--by", "Dana Price")
    assert (done.code, "[ccm-record]" in done.out, "say --yes" in done.err) == (2, True, True)
    assert {row["state"] for row in desk.claims()} == {"held"}
    done = desk("files", "release", "1", "--by", "dana price", "--yes", "--why", "checked")
    assert (done.code, "2 wait for their turn now" in done.out) == (0, True)
    assert {row["state"] for row in desk.claims()} == {"queued"}
    [file_] = desk("files", "list", "--json").document
    assert file_["released_by"].startswith("Dana Price (")
    [warning] = desk("files", "show", "1", "--json").document["warnings"]
    assert (warning["rule"], warning["claims"]) == ("ccm-record", 1)
    done = desk("files", "release", "1", "--by", "Dana Price")
    assert (done.code, "does not wait for a release" in done.err, done.out) == (2, True, "")
    done = desk("files", "withdraw", "1", "--why", "wrong month")
    assert (done.code, "2 withdrawn" in done.out) == (0, True)


def test_once_more(desk: Desk, tmp_path: Path) -> None:
    there(desk, 2, Status.DENIED, None)
    done = desk("claims", "send-as-new", "1")
    assert (done.code, "send-correction 1" in done.err) == (2, True)
    fixed = tmp_path / "fixed.json"
    write_json([dearer(good(1)[0])], fixed)
    done = desk("claims", "send-correction", "1", "--file", fixed, "--why", "one unit more")
    assert (done.code, "claim 3 goes as its correction" in done.out) == (0, True)
    done = desk("claims", "send-correction", "1", "--file", fixed)
    assert (done.code, "one at a time" in done.err) == (2, True)
    with opened(desk.home) as it, it.ledger.write() as connection:
        connection.execute(update(claims).where(claims.c.id == 2).values(status=Status.UNPROCESSABLE))
    done = desk("claims", "send-correction", "2", "--file", fixed)
    assert (done.code, "send-as-new 2" in done.err) == (2, True)
    done = desk("claims", "send-as-new", "2")
    assert (done.code, "claim 4 goes as a new claim" in done.out) == (0, True)
    assert [row["state"] for row in desk.claims()] == ["accepted", "closed", "queued", "queued"]
    assert all(row["balanced"] for row in desk("files", "list", "--json").document)


@pytest.mark.parametrize("words", [("run", "--dry-run"), ("run", "--claim", "1")])
def test_a_run_says_first_what_will_be_late(desk: Desk, words: tuple[str, ...]) -> None:
    desk.queued(2)
    with opened(desk.home) as it, it.ledger.write() as connection:
        connection.execute(update(claims).where(claims.c.id == 1).values(deadline=date(2026, 1, 31)))
    done = desk(*words)
    assert "1 claim ($" in done.err
    assert "the last day to file it was 2026-01-31" in done.err
    assert "late" not in desk("follow-up").err
    assert "the last day to file it was 2026-01-31" in desk("claims", "show", "1").out


def test_a_run_without_work_says_when_there_will_be_some(desk: Desk) -> None:
    assert "no payer is to be asked" in desk("follow-up").out
    there(desk, 1)
    for due, says in (
        (datetime(2099, 1, 5, 12, tzinfo=UTC), "The next look-up at a payer is due 2099-01-05"),
        (NOW, "payers are to be asked about claims: payerbot follow-up"),
    ):
        with opened(desk.home) as it, it.ledger.write() as connection:
            connection.execute(update(claims).values(due_at=due))
        assert says in desk("run").out
    assert "no payer is to be asked" in desk("follow-up", "--payer", "lakeshore").out

"""Exit codes, the JSON contract, and what each command changes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer

from bot import cli
from bot.claims.vocabulary import Status
from bot.home import Home
from bot.ledger import queue, tasks, views
from bot.ledger.database import Database
from bot.ledger.journal import ClaimJournal
from bot.ledger.store import BOT, Act, Ledger
from bot.ledger.tally import Tally
from bot.ledger.tasks import Need
from bot.portal.adapter import SentAs, Stage, StageKind
from bot.vault import Vault
from bot.work import dispatch
from bot.work.summary import BUCKETS, Learned, Summary
from fixtures.claims.generate import bad_total, write_samples
from tests.cli.counter import Desk, good, payerbot
from tests.conftest import Loop
from tests.unit.claims.builders import put

CLAIM_KEYS = [
    "id",
    "account",
    "payer",
    "file",
    "state",
    "status",
    "service_from",
    "service_to",
    "charge",
    "control_number",
    "tracking_number",
    "sent",
    "proof",
    "attempts",
    "reason",
    "updated_at",
]
NUMBER = "20261820000000001"
ERA = (
    "ISA*00*          *00*          *ZZ*PAYER          *ZZ*RECEIVER       *260101*0000*^*00501*000000001*0*P*:~\n"
    "GS*HP*P*R*20260101*0000*1*X*005010X221A1~\nST*835*0001~\nBPR*I*0*C*NON************20260101~\n"
    "SE*3*0001~\nGE*1*1~\nIEA*1*000000001~\n"
)


def everything(desk: Desk) -> dict[str, list[Any]]:
    """Every row of the ledger."""
    connection = sqlite3.connect(desk.home.ledger)
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in sorted(names)}
    finally:
        connection.close()
    return {name: found for name, found in rows.items() if found and name != "alembic_version"}


def unknown(desk: Desk, loop: Loop) -> int:
    """A claim whose send never ended, with the task that an unclear look-up makes of it."""
    [claim_id] = desk.queued()
    now = datetime.now(UTC)

    class Now:
        def now(self) -> datetime:
            return now

        async def wait(self, seconds: float) -> None:
            """Not here."""

    database = Database(f"sqlite:///{desk.home.ledger}")
    try:
        ledger = Ledger(database, Vault.open(desk.home), Tally(desk.home.evidence))
        journal = ClaimJournal(ledger, queue.claim(ledger, claim_id), "one", Now())
        loop.run(journal.arm(Stage("submit", StageKind.FINAL, "POST", "/claims"), SentAs("a", "m")))
        queue.recover(ledger, now + timedelta(days=1))
        with ledger.write() as connection:
            need = Need(f"claim:{claim_id}", "unknown", "It may be there", "Look.", "northstar", needs_answer=True)
            tasks.open_task(connection, need, [claim_id], Act(BOT, now))
    finally:
        database.close()
    return claim_id


# Help


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, one in getattr(command, "commands", {}).items():
        yield from _commands(one, (*path, name))


COMMANDS = dict(_commands(typer.main.get_command(cli.app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...], tmp_path: Path) -> None:
    done = payerbot("--home", tmp_path / "none", *path, "--help")
    assert done.code == 0
    assert "Usage:" in done.out
    assert COMMANDS[path].help
    for parameter in COMMANDS[path].params:
        if parameter.param_type_name == "option" and not parameter.hidden:
            assert parameter.help, parameter.name
    assert not (tmp_path / "none").exists()


def test_the_commands_of_the_contract_are_there() -> None:
    names = {" ".join(path) for path in COMMANDS}
    assert names >= {
        "demo",
        "init",
        "browser",
        "config",
        "check",
        "queue",
        "run",
        "follow-up",
        "claims list",
        "claims show",
        "claims hold",
        "claims release",
        "claims withdraw",
        "claims entered-by-hand",
        "claims send-as-new",
        "claims send-correction",
        "files list",
        "files show",
        "files release",
        "files withdraw",
        "tasks list",
        "tasks show",
        "tasks done",
        "tasks snooze",
        "tasks note",
        "tasks assign",
        "calls record",
        "payers list",
        "payers show",
        "payers map",
        "payers check",
        "payers pause",
        "payers resume",
        "report",
        "ready",
        "proof",
        "export",
        "audit",
        "payers sign-in",
        "payers new",
        "payers capture",
    }


READING = (
    "check",
    "queue",
    "run",
    "follow-up",
    "config",
    "claims list",
    "claims show",
    "files list",
    "files show",
    "report",
    "ready",
    "proof",
    "audit",
)


@pytest.mark.parametrize(
    "name", [*READING, "tasks list", "tasks show", "payers list", "payers show", "payers map", "payers check"]
)
def test_every_reading_command_takes_json(name: str) -> None:
    assert any("--json" in one.opts for one in COMMANDS[tuple(name.split())].params)


# Wrong calls: exit 2, nothing changed


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("queue",),
        ("run", "--nonsense"),
        ("run", "--limit", "0"),
        ("run", "--limit", "many"),
        ("claims", "list", "--state", "lost"),
        ("claims", "show", "one"),
        ("claims", "show", "99"),
        ("claims", "hold", "99"),
        ("claims", "release", "99"),
        ("claims", "withdraw", "99"),
        ("claims", "entered-by-hand", "99", "--number", NUMBER),
        ("claims", "entered-by-hand", "1"),
        ("claims", "send-as-new", "99"),
        ("claims", "send-correction", "99"),
        ("files", "show", "99"),
        ("files", "release", "99", "--yes"),
        ("files", "withdraw", "99"),
        ("tasks", "show", "99"),
        ("tasks", "done", "99"),
        ("tasks", "snooze", "99", "--until", "2099-01-01"),
        ("tasks", "snooze", "1", "--until", "soon"),
        ("tasks", "note", "99", "--text", "x"),
        ("tasks", "assign", "99", "--to", "Dana"),
        ("tasks", "list", "--amount-over", "much"),
        ("calls", "--payer", "nowhere"),
        ("calls", "record"),
        ("calls", "record", "99", "--said", "x"),
        ("calls", "record", "1", "--said", "x", "--file", "x.csv"),
        ("queue", "{file}", "--payer", "nowhere"),
        ("run", "--payer", "nowhere"),
        ("run", "--claim", "99"),
        ("follow-up", "--payer", "nowhere"),
        ("payers", "show", "nowhere"),
        ("claims", "list", "--payer", "nowhere"),
        ("tasks", "list", "--payer", "nowhere"),
        ("export", "--payer", "nowhere", "--csv", "{folder}/claims.csv"),
        ("payers", "check", "nowhere"),
        ("payers", "check", "northstar", "--login", "mian"),
        ("payers", "check", "northstar", "--accept"),
        ("payers", "pause", "nowhere"),
        ("payers", "resume", "nowhere"),
        ("payers", "sign-in", "nowhere"),
        ("payers", "sign-in", "northstar", "--login", "nobody"),
        ("payers", "capture", "nowhere"),
        ("payers", "capture", "northstar", "--to", "{folder}"),
        ("payers", "new", "northstar", "--into", "{folder}"),
        ("payers", "new", "Sun Rise", "--into", "{folder}"),
        ("payers", "new", "sunrise", "--name", 'Sun"rise', "--into", "{folder}"),
        ("payers", "map", "NAME", "nowhere"),
        ("payers", "map", "NAME"),
        ("payers", "map", "NAME", "--remove"),
        ("check", "{folder}/gone.837"),
        ("queue", "{folder}/gone.837"),
        ("queue", "{file}", "{folder}/gone.837"),
        ("queue", "{folder}"),
    ],
    ids=" ".join,
)
def test_a_wrong_call_changes_nothing_and_says_what_is_wrong(desk: Desk, words: tuple[str, ...]) -> None:
    file = desk.file(*good(2))
    before = everything(desk)
    placed = [word.format(folder=desk.folder, file=file) for word in words]
    done = desk(*placed)
    assert (done.code, done.out) == (2, ""), done
    assert done.err.strip()
    assert "Traceback" not in done.err
    as_json = desk(*placed, "--json")
    assert (as_json.code, list(as_json.document), as_json.err.strip()) == (2, ["error"], "")
    assert as_json.document["error"]
    assert everything(desk) == before


@pytest.mark.parametrize("words", [(), ("claims",), ("payers",)], ids=" ".join)
def test_a_command_that_is_not_named_is_explained(desk: Desk, words: tuple[str, ...]) -> None:
    done = desk(*words)
    assert (done.code, "It is safe to run again" in done.err) == (2, False)
    assert "Usage:" in done.out + done.err or not words


@pytest.mark.parametrize("words", [("claims", "hold"), ("claims", "withdraw")], ids=" ".join)
def test_an_act_on_several_claims_is_done_for_all_or_none(desk: Desk, words: tuple[str, ...]) -> None:
    """Exit code 2 says that nothing changed."""
    ids = desk.queued(2)
    before = everything(desk)
    assert desk(*words, *map(str, ids), "99").code == 2
    assert everything(desk) == before


@pytest.mark.parametrize("deed", ["pause", "resume"])
def test_a_login_that_is_not_there_cannot_be_stopped(desk: Desk, deed: str) -> None:
    """A misspelt login would go on working, with everybody believing that it stands still."""
    before = everything(desk)
    assert desk("payers", deed, "northstar", "--login", "mian").code == 2
    assert everything(desk) == before


@pytest.mark.parametrize("words", [("run",), ("claims", "list"), ("check", "x"), ("payers", "list")], ids=" ".join)
def test_a_home_that_was_never_made_stays_unmade(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = payerbot("--home", tmp_path / "none", *words)
    assert done.code == 2
    assert "payerbot init" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["before", "after", "equals", "environment"])
def test_the_home_may_stand_anywhere(desk: Desk, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    [claim_id] = desk.queued()
    home = str(desk.home.path)
    if where == "environment":
        monkeypatch.setenv("PAYERBOT_HOME", home)
    words = {
        "before": ["--home", home, "claims", "list", "--json"],
        "after": ["claims", "list", "--json", "--home", home],
        "equals": ["claims", f"--home={home}", "list", "--json"],
        "environment": ["claims", "list", "--json"],
    }[where]
    done = payerbot(*words)
    assert (done.code, [row["id"] for row in done.document]) == (0, [claim_id])


@pytest.mark.parametrize("command", ["run", "follow-up"])
@pytest.mark.parametrize("as_json", [False, True], ids=["words", "json"])
def test_a_home_in_use_is_left_alone(desk: Desk, command: str, as_json: bool) -> None:
    desk.queued()
    before = everything(desk)
    with desk.home.locked():
        done = desk(command, *(["--json"] if as_json else []))
        # looking is allowed meanwhile
        assert desk("claims", "list").code == 0
    assert done.code == 2
    assert "is at work in" in (done.document["error"] if as_json else done.err)
    assert everything(desk) == before


def test_a_setting_that_is_wrong(desk: Desk) -> None:
    desk.home.settings_file.write_text('[payers.nowhere]\nurl = "https://nowhere.example"\n')
    done = desk("claims", "list", "--json")
    assert done.code == 2
    assert "nowhere" in done.document["error"]


# Stopped early: exit 3, safe to run again


@pytest.mark.parametrize("as_json", [False, True], ids=["words", "json"])
def test_a_mistake_of_ours_is_no_traceback(desk: Desk, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Canary Roe")

    monkeypatch.setattr(views, "claim_rows", fail)
    done = desk("claims", "list", *(["--json"] if as_json else []))
    assert done.code == 3
    told = done.document["error"] if as_json else done.err
    assert "RuntimeError" in told
    assert "Canary" not in done.out + done.err
    assert "Canary" not in (desk.home.log / "payerbot.jsonl").read_text()
    assert "command_failed" in (desk.home.log / "payerbot.jsonl").read_text()


@pytest.mark.parametrize("error", [KeyboardInterrupt, typer.Abort])
def test_an_interrupted_command_can_be_run_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(views, "claim_rows", stop)
    done = desk("claims", "list", "--json")
    assert (done.code, list(done.document)) == (3, ["error"])


@pytest.mark.parametrize(
    ("balanced", "waiting", "code"), [(True, 0, 0), (True, 2, 1), (False, 0, 3), (False, 2, 3)]
)
def test_what_a_run_ends_with(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, balanced: bool, waiting: int, code: int
) -> None:
    counts = {**dict.fromkeys(BUCKETS, 0), "accepted": 2}
    summary = Summary(2 if balanced else 3, counts, 1, {"northstar": counts}, 1.5, waiting)

    async def ended(*_: object) -> Summary:
        return summary

    monkeypatch.setattr(dispatch, "run", ended)
    for command in ("run", "follow-up"):
        done = desk(command, "--json")
        assert (done.code, done.document) == (code, summary.document())
        assert list(done.document) == ["queued", *BUCKETS, "unwitnessed", "balanced", "seconds", "payers"]
        assert desk(command).code == code


def test_what_a_follow_up_learned(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {**dict.fromkeys(BUCKETS, 0), "accepted": 6}
    statuses = {Status.NONE: 1, Status.PENDING: 2, Status.PAID: 2, Status.DENIED: 1}
    paid = {**dict.fromkeys(statuses, Decimal("0.00")), Status.PAID: Decimal("1310.40")}
    summary = Summary(6, counts, 0, {"northstar": counts}, 1.5, 0, Learned(5, statuses, paid))

    async def ended(*_: object) -> Summary:
        return summary

    monkeypatch.setattr(dispatch, "run", ended)
    document = desk("follow-up", "--json").document
    assert (document["looked_up"], document["statuses"]) == (5, {"none": 1, "pending": 2, "paid": 2, "denied": 1})
    told = "5 claims looked up. 3 not yet paid; 2 paid ($1,310.40); 1 denied."
    assert told in desk("follow-up").out


def test_a_claim_that_does_not_wait_is_said_to(desk: Desk) -> None:
    desk("queue", desk.file(*good(1)), "--hold")
    done = desk("run", "--claim", "1")
    assert (done.code, done.out) == (0, "Claim 1 is not waiting to be sent. Waiting for you.\n")


# Files


def test_checking_queues_nothing(desk: Desk) -> None:
    before = everything(desk)
    file = desk.file(*good(2))
    done = desk("check", file, "--json")
    assert done.code == 0
    [one] = done.document["files"]
    assert list(done.document) == ["files"]
    assert list(one) == ["file", "claims", "lines", "charge", "problems"]
    assert (one["file"], one["claims"]) == (str(file), 2)
    # the second is a month of care, and no companion file says whether it is in order
    assert [(problem["severity"], problem["rule"]) for problem in one["problems"]] == [("warn", "ccm-record")]
    assert one["charge"] == f"{sum(claim.charge for claim in good(2)):.2f}"
    assert everything(desk) == before


def test_a_blocked_claim_is_exit_1(desk: Desk) -> None:
    first, second = good(2)
    file = desk.file(first, bad_total(second))
    done = desk("check", file, "--json")
    assert done.code == 1
    [one] = done.document["files"]
    assert one["claims"] == 2
    assert one["charge"] == f"{first.charge + second.charge + 10:.2f}"
    problem = next(problem for problem in one["problems"] if problem["severity"] == "block")
    assert list(problem) == ["severity", "rule", "account", "line", "field", "message"]
    assert problem["account"] == second.account
    done = desk("queue", file, "--json")
    assert done.code == 1
    assert {key: done.document[key] for key in ("queued", "blocked", "held", "refused")} == {
        "queued": 1,
        "blocked": 1,
        "held": 0,
        "refused": [],
    }
    assert desk("check", file).code == 1
    assert second.account in desk("check", file).out


def test_queue_says_what_became_of_each_file(desk: Desk) -> None:
    file = desk.file(*good(2))
    done = desk("queue", file, "--json")
    assert done.code == 0
    assert list(done.document) == ["files", "queued", "blocked", "held", "refused"]
    assert (done.document["queued"], len(done.document["files"])) == (2, 1)
    again = desk("queue", file, "--json")
    assert again.code == 0
    assert again.document["queued"] == 0
    assert again.document["refused"] == [
        {"account": claim.account, "first_id": number} for number, claim in enumerate(good(2), start=1)
    ]
    assert "was queued before: it is claim 1" in desk("queue", file).out


@pytest.mark.parametrize("command", ["check", "queue"])
@pytest.mark.parametrize(
    ("text", "says"), [(ERA, "835"), ("", "empty"), ("Dear colleague,\n", "not a claim file"), ("%PDF-1.7", "PDF")]
)
def test_another_kind_of_file_is_named(desk: Desk, command: str, text: str, says: str) -> None:
    path = desk.folder / "remittance.txt"
    path.write_text(text)
    done = desk(command, path, "--json")
    assert done.code == 1
    if command == "check":
        [one] = done.document["files"]
        assert (one["claims"], one["charge"], len(one["problems"])) == (0, "0.00", 1)
        assert one["problems"][0]["severity"] == "block"
        assert says in one["problems"][0]["message"]
    assert desk.claims() == []
    assert says in desk(command, path).out


def test_the_rest_of_several_files_goes_on(desk: Desk) -> None:
    era = desk.folder / "remittance.txt"
    era.write_text(ERA)
    done = desk("queue", era, desk.file(*good(2)), "--json")
    assert (done.code, done.document["queued"]) == (1, 2)


def test_the_samples(desk: Desk) -> None:
    write_samples(desk.folder, 12)
    for name, slug in (("NSTAR", "northstar"), ("LKSHR", "lakeshore")):
        assert desk("payers", "map", name, slug).code == 0
    files = [desk.folder / name for name in ("visits.837", "care.csv", "homes.json")]
    done = desk("check", *files, "--json")
    assert (done.code, sum(file["claims"] for file in done.document["files"])) == (1, 15)
    done = desk("queue", *files, "--json")
    assert (done.code, done.document["queued"], done.document["blocked"]) == (1, 12, 3)
    assert all(row["balanced"] for row in desk("files", "list", "--json").document)
    for words in (("claims", "list"), ("files", "list"), ("files", "show", "1"), ("tasks", "list")):
        assert desk(*words).code == 0


def test_held_from_the_start(desk: Desk) -> None:
    done = desk("queue", desk.file(*good(2)), "--hold", "--json")
    assert (done.document["queued"], done.document["held"]) == (0, 2)
    assert {row["state"] for row in desk.claims()} == {"held"}
    assert [task["kind"] for task in desk.tasks()] == ["held"]
    assert desk("claims", "release", "1", "2", "--why", "looked at them").code == 0
    assert {row["state"] for row in desk.claims()} == {"queued"}
    assert desk.tasks() == []


def test_payer_filters_and_never_assigns(desk: Desk) -> None:
    [mine], [theirs] = good(1), good(1, "lakeshore")
    nobodys = put(good(2)[1], "payer.name", "UHC COMM")
    file = desk.file(mine, theirs, nobodys)
    done = desk("queue", file, "--payer", "lakeshore", "--json")
    assert done.document["queued"] == 1
    assert [(row["account"], row["payer"]) for row in desk.claims()] == [(theirs.account, "lakeshore")]


# Claims


def test_claims_as_json(desk: Desk) -> None:
    desk.queued(2)
    [first, second] = desk.claims()
    assert list(first)[: len(CLAIM_KEYS)] == CLAIM_KEYS
    assert {"paid", "allowed", "paid_on", "payment_number", "payer_words", "due_at"} <= set(first)
    claim = good(2)[1]
    assert second["charge"] == f"{claim.charge:.2f}"
    assert second["service_from"] == str(claim.service_from)
    assert {key: second[key] for key in ("state", "status", "sent", "proof", "attempts", "payer")} == {
        "state": "queued",
        "status": "none",
        "sent": "never",
        "proof": "none",
        "attempts": 0,
        "payer": "northstar",
    }
    assert (second["control_number"], second["tracking_number"], second["file"]) == (None, None, "claims.json")
    assert datetime.fromisoformat(second["updated_at"]).tzinfo is not None
    assert desk("claims", "list", "--account", claim.account, "--json").document == [second]
    assert desk("claims", "list", "--state", "held", "--json").document == []
    assert desk("claims", "list", "--payer", "lakeshore", "--json").document == []
    assert len(desk("claims", "list", "--file", "1", "--json").document) == 2
    shown = desk("claims", "show", "2", "--json").document
    assert list(shown)[: len(CLAIM_KEYS)] == CLAIM_KEYS
    assert {"problems", "events", "evidence", "attempts"} <= set(shown)
    assert claim.account in desk("claims", "show", "2").out


def test_a_claim_held_released_and_withdrawn(desk: Desk) -> None:
    desk.queued()
    for words, state in (
        (("hold", "1", "--why", "card copy missing"), "held"),
        (("release", "1"), "queued"),
        (("withdraw", "1", "--why", "billed by the hospital"), "withdrawn"),
    ):
        done = desk("claims", *words)
        assert (done.code, desk.claims()[0]["state"]) == (0, state)
        assert "Claim 1" in done.out
    assert desk("claims", "hold", "1").code == 2
    events = desk("claims", "show", "1", "--json").document["events"]
    assert [(one["before"], one["after"], one["why"]) for one in events][1:] == [
        ("queued", "held", "card copy missing"),
        ("held", "queued", ""),
        ("queued", "withdrawn", "billed by the hospital"),
    ]
    assert all(one["who"] for one in events)


def test_a_claim_entered_by_hand(desk: Desk) -> None:
    desk.queued(2)
    assert desk("claims", "entered-by-hand", "1", "--number", NUMBER).code == 0
    assert (desk.claims()[0]["state"], desk.claims()[0]["control_number"]) == ("accepted", NUMBER)
    done = desk("claims", "entered-by-hand", "2", "--number", NUMBER)
    assert done.code == 2
    assert "belongs to claim 1" in done.err
    assert desk.claims()[1]["state"] == "queued"
    assert desk("queue", desk.file(*good(1)), "--json").document["refused"] == [
        {"account": good(1)[0].account, "first_id": 1}
    ]


# Tasks


def test_a_task_that_needs_an_answer(desk: Desk, loop: Loop) -> None:
    unknown(desk, loop)
    [task] = desk.tasks()
    before = everything(desk)
    for words in ((), ("--answer", ""), ("--answer", "dunno"), ("--answer", "entered-by-hand")):
        done = desk("tasks", "done", str(task["id"]), *words)
        assert done.code == 2, words
        assert everything(desk) == before
    done = desk("tasks", "done", str(task["id"]), "--answer", "entered-by-hand", "--number", NUMBER)
    assert done.code == 0
    assert (desk.claims()[0]["state"], desk.claims()[0]["control_number"]) == ("accepted", NUMBER)
    assert desk.tasks() == []


@pytest.mark.parametrize(("answer", "state"), [("not-there", "queued"), ("withdrawn", "withdrawn")])
def test_answers_move_the_claim(desk: Desk, loop: Loop, answer: str, state: str) -> None:
    unknown(desk, loop)
    [task] = desk.tasks()
    assert desk("tasks", "show", str(task["id"]), "--json").document["claims"][0]["state"] == "unknown"
    assert desk("tasks", "done", str(task["id"]), "--answer", answer).code == 0
    assert (desk.claims()[0]["state"], desk.tasks()) == (state, [])


def test_a_task_about_an_unsent_claim_needs_an_answer_too(desk: Desk) -> None:
    desk("queue", desk.file(bad_total(good(1)[0])))
    [task] = desk.tasks()
    assert desk("tasks", "done", str(task["id"]), "--why", "told the front desk").code == 2
    assert desk("tasks", "done", str(task["id"]), "--answer", "withdrawn").code == 0
    assert (desk.claims()[0]["state"], desk.tasks()) == ("withdrawn", [])


# Payers


def test_names_are_mapped_and_taken_back(desk: Desk) -> None:
    assert desk("payers", "map", "uhc  comm", "northstar", "--json").code == 0
    [row] = desk("payers", "map", "--json").document
    assert list(row) == ["name", "payer", "who", "at"]
    assert (row["name"], row["payer"]) == ("UHC COMM", "northstar")
    file = desk.file(put(good(1)[0], "payer.name", "UHC Comm"))
    assert desk("queue", file, "--json").document["queued"] == 1
    assert desk("payers", "map", "UHC COMM", "--remove").code == 0
    assert desk("payers", "map", "--json").document == []


def test_a_payer_is_paused_and_goes_on(desk: Desk) -> None:
    assert desk("payers", "pause", "northstar", "--why", "they are moving").code == 0
    rows = {row["slug"]: row for row in desk("payers", "list", "--json").document}
    assert rows["northstar"]["stopped"] == ["they are moving"]
    assert rows["lakeshore"]["stopped"] == []
    assert "they are moving" in desk("payers", "list").out
    assert desk("payers", "resume", "northstar").code == 0
    assert {tuple(row["stopped"]) for row in desk("payers", "list", "--json").document} == {()}
    assert "was not stopped" in desk("payers", "resume", "northstar").out


def test_one_payer(desk: Desk) -> None:
    shown = desk("payers", "show", "northstar", "--json").document
    assert (shown["slug"], shown["lines"], shown["filing_days"]) == ("northstar", 50, 365)
    assert [login["name"] for login in shown["logins"]] == ["main"]
    assert "Northstar Medicaid" in desk("payers", "show", "northstar").out


# The installation


def test_init_makes_a_home_and_leaves_one_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert payerbot("init", "--home", home.path).code == 0
    keys = home.vault_key.read_text()
    home.settings_file.write_text("# mine\n")
    assert payerbot("init", "--home", home.path).code == 0
    assert (home.vault_key.read_text(), home.settings_file.read_text()) == (keys, "# mine\n")
    assert payerbot("--home", home.path, "claims", "list", "--json").document == []


def test_secrets_are_masked_in_the_settings(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYERBOT_PAYERS__NORTHSTAR__LOGINS__MAIN__PASSWORD", "correct-horse")
    monkeypatch.setenv("PAYERBOT_PAYERS__NORTHSTAR__LOGINS__MAIN__TOTP_SECRET", "JBSWY3DPEHPK3PXP")
    done = desk("config", "--json")
    assert done.code == 0
    rows = {row["key"]: row for row in done.document}
    assert all(list(row) == ["key", "value", "source"] for row in done.document)
    password = rows["payers.northstar.logins.main.password"]
    assert (password["value"], password["source"]) == ("********", "environment")
    assert rows["payers.northstar.logins.main.username"]["value"] == "night"
    both = done.out + desk("config").out
    assert "correct-horse" not in both
    assert "JBSWY3DPEHPK3PXP" not in both


def test_as_a_program_of_its_own(desk: Desk) -> None:
    def called(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", "-m", "bot.cli", "--home", str(desk.home.path), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    wrong = called("claims", "show", "99", "--json")
    assert (wrong.returncode, wrong.stdout, wrong.stderr) == (2, '{"error": "There is no claim 99."}\n', "")
    fine = called("payers", "list")
    assert (fine.returncode, fine.stderr) == (0, "")
    assert "northstar" in fine.stdout

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Iterator
from typing import Any

import pytest

from bot import log
from bot.errors import Passing
from bot.home import Home

CANARY = "Canary Roe"


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    log.close()


def lines(home: Home) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home.log / "payerbot.jsonl").read_text().splitlines()]


def test_a_line_is_one_json_object_with_the_keys_that_are_bound(home: Home) -> None:
    log.configure(home)
    with log.bound(run=7, payer="northstar"):
        log.get().info("claim_sent", claim=12, stage="submit", seconds=1.5)
    log.get().info("run_ended", count=1)

    first, second = lines(home)
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "claim_sent",
        "level": "info",
        "run": 7,
        "payer": "northstar",
        "claim": 12,
        "stage": "submit",
        "seconds": 1.5,
    }
    assert second["event"] == "run_ended"
    assert "run" not in second


def test_what_is_not_on_the_list_is_dropped_and_counted(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    log.configure(home, verbose=True)
    log.get().warning("claim_sent", patient=CANARY, stage=CANARY, state="queued", kind={"of": CANARY})
    log.get().warning("claim_sent", member="CANARY", patient="Canary")
    log.get().warning(f"claim of {CANARY} sent", count=2)
    log.get().warning("claim_of %s", CANARY)

    told = lines(home)
    assert [(line["event"], line["dropped"]) for line in told] == [
        ("claim_sent", 3),
        ("claim_sent", 2),
        ("unnamed", 1),
        ("unnamed", 2),
    ]
    assert told[0]["state"] == "queued"
    assert "canary" not in ((home.log / "payerbot.jsonl").read_text() + "".join(capfd.readouterr())).lower()


def test_a_strict_log_raises_for_what_it_would_drop(home: Home) -> None:
    log.configure(home, strict=True)

    with pytest.raises(log.ForbiddenInLog, match="may not be logged: patient") as refused:
        log.get().warning("claim_sent", patient="Canary")
    assert "Canary" not in str(refused.value)
    log.get().warning("claim_sent", claim=1)


def fail() -> None:
    raise ValueError(f"no member {CANARY}")


def test_of_an_error_only_class_and_place_are_kept(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    log.configure(home)
    try:
        try:
            fail()
        except ValueError as error:
            raise Passing(f"{CANARY} is slow") from error
    except Passing:
        log.get().exception("claim_failed", claim=3)

    (line,) = lines(home)
    assert (line["error"], line["cause"], line["level"]) == ("Passing", "ValueError", "error")
    assert line["where"][-1].startswith("plumbing/test_log.py:")
    assert "Canary" not in json.dumps(line) + "".join(capfd.readouterr())


def test_libraries_say_who_and_where_but_not_what(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    log.configure(home)
    logging.getLogger("sqlalchemy.engine").info("select %s", CANARY)
    logging.getLogger("asyncio").warning("task of %s", CANARY)
    try:
        fail()
    except ValueError:
        logging.getLogger("some.library").exception(CANARY)

    first, second = lines(home)
    assert (first["event"], first["logger"], first["level"]) == ("library_warned", "asyncio", "warning")
    assert (second["logger"], second["error"], second["where"][-1][-4:]) == ("some.library", "ValueError", "fail")
    assert "Canary" not in (home.log / "payerbot.jsonl").read_text() + "".join(capfd.readouterr())


@pytest.mark.parametrize(("verbose", "shown"), [(False, ["late_one"]), (True, ["early_one", "late_one"])])
def test_people_see_warnings_and_more_only_when_asked(
    home: Home, capfd: pytest.CaptureFixture[str], verbose: bool, shown: list[str]
) -> None:
    log.configure(home, verbose=verbose)
    log.get().info("early_one")
    log.get().warning("late_one")

    out, err = capfd.readouterr()
    assert out == ""
    assert [name for name in ("early_one", "late_one") if name in err] == shown
    assert len(lines(home)) == 2


def test_the_file_is_for_its_owner_alone_and_does_not_grow_for_ever(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_LOG_BYTES", 2_000)
    log.configure(home)
    for number in range(200):
        log.get().info("claim_sent", claim=number)

    files = sorted(home.log.iterdir())
    assert len(files) == 6
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert max(file.stat().st_size for file in files) <= 2_000
    assert lines(home)[-1]["claim"] == 199


def test_configured_twice_tells_once_and_closed_tells_nothing(
    home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    log.configure(home)
    log.configure(home)
    log.get().warning("told_once")
    log.close()
    log.get().warning("told_never", patient=CANARY)

    assert [line["event"] for line in lines(home)] == ["told_once"]
    out, err = capfd.readouterr()
    assert out == ""
    assert (err.count("told_once"), err.count("told_never")) == (1, 0)

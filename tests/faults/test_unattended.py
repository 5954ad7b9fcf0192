"""Unattended work says that it is there, tells the office its report, and lets nothing keep it from the claims."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.claims.vocabulary import State
from bot.ledger import runs
from bot.work import serve
from bot.work.payers import Office
from bot.work.report import Herald
from tests.conftest import Loop
from tests.faults.test_together import FakeOffice


@pytest.fixture
def office(tmp_path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOffice]:
    monkeypatch.setattr(serve, "TICK", timedelta(seconds=0.05))
    one = FakeOffice(tmp_path, loop)
    yield one
    one.close()


def served(office: FakeOffice, herald: Herald | None = None) -> runs.Run:
    """Work unattended until the first claim has moved; what is remembered of that."""

    async def play() -> None:
        stopping = asyncio.Event()
        office.watcher.then.append(stopping.set)
        await serve.serve(office.workshop, office.watcher, stopping, herald, "ruth")

    office.loop.run(play())
    run = runs.last(office.ledger)
    assert run is not None
    return run


def test_it_is_remembered_with_who_started_it(office: FakeOffice) -> None:
    office.queue(1)
    run = served(office)
    assert (run.kind, run.who, run.whole, run.failed) == (runs.SERVE, "ruth", True, False)
    assert run.ended_at is not None


def test_it_tells_the_office_its_report(office: FakeOffice, tmp_path: Path) -> None:
    office.queue(1)
    told = tmp_path / "told"
    program = [sys.executable, "-c", f"import sys; open({str(told)!r}, 'a').write(sys.stdin.read())"]
    served(office, Herald(office.ledger, Office([]), None, program))
    assert told.read_text().count("payerbot: Runs since") == 1


def test_a_report_that_fails_keeps_no_claim_from_its_payer(
    office: FakeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no report")

    monkeypatch.setattr(Herald, "tell", fail)
    office.queue(1)
    served(office, Herald(office.ledger, Office([]), None, ["x"]))
    assert office.states() == [State.ACCEPTED]


def test_what_stops_it_is_remembered(office: FakeOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("bot.work.serve.Shift.work", fail)
    office.queue(1)
    with pytest.raises(RuntimeError):
        served(office)
    run = runs.last(office.ledger)
    assert run is not None
    assert (run.failed, run.ended_at is not None) == (True, True)


def test_a_run_that_is_stopped_is_remembered_as_such(office: FakeOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("bot.work.dispatch.Shift.work", fail)
    office.queue(1)
    with pytest.raises(RuntimeError):
        office.run()
    run = runs.last(office.ledger)
    assert run is not None
    assert (run.kind, run.failed, run.counts) == (runs.RUN, True, None)

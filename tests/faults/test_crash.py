"""payerbot is killed or interrupted in the middle of a send: the next run knows, and sends nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.home import Home
from fixtures.portals.faults import Fault
from fixtures.portals.server import RunningPortal, running
from tests.cli.counter import Desk


def begin_run(home: Home) -> subprocess.Popen[str]:
    """`payerbot run` in a process of its own."""
    command = [sys.executable, "-m", "bot.cli", "--home", str(home.path), "run", "--json"]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        # a test run in the background ignores Ctrl-C, and what it starts would inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def until_sent(portal: RunningPortal) -> None:
    """Wait for the first submit request to reach the portal."""
    deadline = time.monotonic() + 60
    while not any(request["stage"] == "submit" for request in portal.requests):
        assert time.monotonic() < deadline, "nothing was sent"
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=lambda how: how.name)
def test_a_send_cut_short_is_looked_up(how: signal.Signals, tmp_path: Path) -> None:
    with running("northstar", 0, 0) as portal:
        desk = Desk(tmp_path, {"northstar": portal.url}, portal.users[0])
        desk.queued(2)
        portal.inject(Fault.SLOW_CONFIRMATION)
        first = begin_run(desk.home)
        until_sent(portal)
        os.killpg(first.pid, how)  # as a terminal does: the browser's driver is struck, too
        out, _ = first.communicate(timeout=60)
        if how is signal.SIGINT:
            assert first.returncode == 3
            assert "error" in json.loads(out)
        # the portal still stores what it was sent; only then is the look-up's answer certain
        deadline = time.monotonic() + 30
        while not portal.claims and time.monotonic() < deadline:
            time.sleep(0.02)

        second = desk("run", "--json")
        assert second.code == 0
        assert (second.document["accepted"], second.document["balanced"]) == (2, True)
        submits = [request["account"] for request in portal.requests if request["stage"] == "submit"]
        assert len(submits) == len(set(submits)) == 2
        assert len(portal.claims) == 2

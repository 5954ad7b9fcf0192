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

from bot.home import FILE_MODE, Home
from fixtures.claims.generate import claims
from fixtures.claims.writers import write_json
from fixtures.portals.faults import Fault
from fixtures.portals.server import RunningPortal, running


def settle(home: Home, portal: RunningPortal, slug: str) -> None:
    """Write the settings and secrets of an office with one payer."""
    home.create()
    user = portal.users[0]
    home.settings_file.write_text(
        f'[payers.{slug}]\nurl = "{portal.url}"\nvisibility_delay = "PT0S"\n[payers.{slug}.logins.main]\n'
        f'username = "{user.username}"\ntin = "{user.provider.tin}"\nnpis = ["{user.provider.npi}"]\n'
    )
    secret = home.secrets / f"payers__{slug}__logins__main__password"
    secret.touch(FILE_MODE)
    secret.write_text(user.password)


def payerbot(home: Home, *words: str) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    command = [sys.executable, "-m", "bot.cli", "--home", str(home.path), *words]
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
    home = Home(tmp_path / "home")
    with running("northstar", 0, 0) as portal:
        settle(home, portal, "northstar")
        file = tmp_path / "claims.json"
        write_json(claims("northstar", 2), file)
        for words in (("payers", "map", "NORTHSTAR MEDICAID", "northstar"), ("queue", str(file))):
            with payerbot(home, *words) as command:
                command.communicate(timeout=60)
                assert command.returncode == 0
        portal.inject(Fault.SLOW_CONFIRMATION)
        first = payerbot(home, "run", "--json")
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

        second = payerbot(home, "run", "--json")
        out, _ = second.communicate(timeout=120)
        summary = json.loads(out)
        assert second.returncode == 0
        assert (summary["accepted"], summary["balanced"]) == (2, True)
        submits = [request["account"] for request in portal.requests if request["stage"] == "submit"]
        assert len(submits) == len(set(submits)) == 2
        assert len(portal.claims) == 2

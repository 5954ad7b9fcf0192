from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import ConfigurationError, HomeInUse
from bot.home import Home, refuse_shared, write_private

HOLD = """
import sys
from pathlib import Path
from bot.home import Home
with Home(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""

HOLD_AND_FORK = """
import os, sys, time
from pathlib import Path
from bot.home import Home
with Home(Path(sys.argv[1])).locked():
    if not os.fork():
        print(os.getpid(), flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=lambda mask: f"umask {mask:03o}")
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("_umask")
def test_everything_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "office")
    home.create()

    assert {mode(path) for path in (home.path, home.evidence, home.secrets, home.log)} == {0o700}
    files = [path for path in home.path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"payerbot.toml", "ledger.sqlite", "vault_key", "fingerprint_key"}
    assert {mode(path) for path in files} == {0o600}
    write_private(tmp_path / "alone", b"x")
    assert mode(tmp_path / "alone") == 0o600


def test_what_was_open_is_closed_and_nothing_is_written_anew(home: Home) -> None:
    before = {path: path.read_bytes() for path in (home.vault_key, home.fingerprint_key, home.settings_file)}
    home.settings_file.chmod(0o644)
    home.secrets.chmod(0o755)
    home.path.chmod(0o755)

    home.create()

    assert {path: path.read_bytes() for path in before} == before
    assert (mode(home.path), mode(home.secrets), mode(home.settings_file)) == (0o700, 0o700, 0o600)


def test_two_homes_have_different_keys(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    other.create()

    assert other.vault_key.read_bytes() != home.vault_key.read_bytes()
    assert other.fingerprint_key.read_bytes() != home.fingerprint_key.read_bytes()


def test_a_folder_of_other_things_is_not_closed_to_others(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "claims.csv").touch()

    Home(shared).create()

    assert mode(shared) == 0o755
    assert mode(shared / "evidence") == 0o700


@pytest.mark.parametrize("key", ["vault_key", "fingerprint_key"])
@pytest.mark.parametrize("data", ["ledger.sqlite", "evidence/x.zip.enc"])
def test_a_lost_key_is_never_replaced_where_there_is_data(home: Home, key: str, data: str) -> None:
    (home.path / data).write_bytes(b"data")
    (home.secrets / key).unlink()

    with pytest.raises(ConfigurationError, match=f"secrets/{key} is missing"):
        home.create()

    assert not (home.secrets / key).exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match="cannot be made: Not a directory"):
        Home(tmp_path / "file" / "home").create()


def test_where_the_home_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Home.find().path.name == "payerbot"
    monkeypatch.setenv("PAYERBOT_HOME", str(tmp_path / "environment"))
    assert Home.find().path == tmp_path / "environment"
    assert Home.find(tmp_path / "option").path == tmp_path / "option"
    monkeypatch.chdir(tmp_path)
    assert Home.find(Path("relative/../option")).path == tmp_path / "option"


def start(program: str, home: Home) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(home.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_one_at_a_time_and_who_it_is(home: Home) -> None:
    with start(HOLD, home) as other:
        assert said(other) == "held"
        with pytest.raises(HomeInUse, match=rf"process {other.pid} on .* is at work in"), home.locked():
            pytest.fail("two in one home")
        other.communicate()

    with home.locked(), pytest.raises(HomeInUse, match=f"process {os.getpid()} on"), home.locked():
        pytest.fail("two in one process")
    with home.locked():
        assert mode(home.path / "payerbot.lock") == 0o600


def test_a_killed_process_leaves_no_lock(home: Home) -> None:
    with start(HOLD, home) as other:
        assert said(other) == "held"
        other.kill()

    with home.locked():
        assert (home.path / "payerbot.pid").read_text().split()[0] == str(os.getpid())


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_the_fork_of_a_killed_process_does_not_hold_its_lock(home: Home) -> None:
    with start(HOLD_AND_FORK, home) as other:
        child = int(said(other))
        other.kill()
        other.wait()
        try:
            os.kill(child, 0)  # it is alive
            with home.locked():
                pass
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_home_that_was_never_made_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="run payerbot init"), Home(tmp_path / "none").locked():
        pytest.fail("locked nothing")
    assert not (tmp_path / "none").exists()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_private(path, b"before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_private(path, b"after")

    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("shared", [0o640, 0o604, 0o660, 0o601])
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path, shared: int) -> None:
    path = tmp_path / "secret"
    write_private(path, b"x")
    refuse_shared(path)
    path.chmod(shared)

    with pytest.raises(ConfigurationError, match="can be read by others"):
        refuse_shared(path)

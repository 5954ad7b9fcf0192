from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.portal import browser
from bot.portal.browser import find_browser, install_browser


def program(path: Path, says: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {says}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def _bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any browser, apt or network."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setattr(sys, "executable", str(program(tmp_path / "no-network", says=1)))


def downloaded(tmp_path: Path, says: int = 0, kind: str = "chromium_headless_shell-1255") -> Path:
    folder = tmp_path / "playwright" / kind
    name = "chrome-headless-shell" if "shell" in kind else "chrome"
    found = program(folder / "linux64" / name, says)
    (folder / "INSTALLATION_COMPLETE").touch()
    return found


def test_a_bare_machine_has_none() -> None:
    assert find_browser() is None


def test_what_is_set_goes_first_and_must_be_a_program(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "chromium")
    mine = program(tmp_path / "mine")

    assert find_browser(mine) == mine
    mine.chmod(0o644)
    with pytest.raises(ConfigurationError, match="there is no such program"):
        find_browser(mine)


def test_shell_then_browser_then_playwrights_own(tmp_path: Path) -> None:
    own = downloaded(tmp_path)
    assert find_browser() == own
    chrome = program(tmp_path / "bin" / "google-chrome")
    assert find_browser() == chrome
    shell = program(tmp_path / "bin" / "chromium-headless-shell")
    assert find_browser() == shell
    assert find_browser(headed=True) == chrome


def test_a_shell_has_no_window(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "chromium-headless-shell")
    downloaded(tmp_path)
    assert find_browser(headed=True) is None

    whole = downloaded(tmp_path, kind="chromium-1255")
    assert find_browser(headed=True) == whole


def test_a_download_that_was_broken_off_does_not_count(tmp_path: Path) -> None:
    own = downloaded(tmp_path)
    (own.parents[1] / "INSTALLATION_COMPLETE").unlink()

    assert find_browser() is None


def test_the_newest_download_counts(tmp_path: Path) -> None:
    downloaded(tmp_path, kind="chromium_headless_shell-999")
    newest = downloaded(tmp_path, kind="chromium_headless_shell-1255")

    assert find_browser() == newest


def test_programs_that_are_not_on_the_path_on_other_systems() -> None:
    mac = [str(path) for path in browser._usual_places("darwin", {})]
    windows = [str(path) for path in browser._usual_places("win32", {"PROGRAMFILES": "C:"})]

    assert "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" in mac
    assert any(path.endswith(r"Microsoft\Edge\Application\msedge.exe") for path in windows)


def test_installing_takes_playwrights_download(tmp_path: Path) -> None:
    own = tmp_path / "playwright/chromium_headless_shell-1255/linux64/chrome-headless-shell"
    Path(sys.executable).write_text(
        f"#!/bin/sh\nPATH=/usr/bin:/bin\n"
        f'[ "$*" = "-m playwright install chromium --only-shell" ] || exit 2\n'
        f"mkdir -p {own.parent}\nprintf '#!/bin/sh\\n' > {own}\nchmod +x {own}\n"
        f"touch {own.parents[1]}/INSTALLATION_COMPLETE\n"
    )

    assert install_browser() == own


def apt(tmp_path: Path, *, fresh: bool) -> Path:
    """An apt-get that installs into the PATH, after an update unless its lists are fresh."""
    shell = tmp_path / "bin" / "chromium-headless-shell"
    lists = tmp_path / "lists"
    if fresh:
        lists.touch()
    program(tmp_path / "bin" / "apt-get").write_text(
        f"#!/bin/sh\nPATH=/usr/bin:/bin\n"
        f"if [ $1 = update ]; then touch {lists}; exit 0; fi\n"
        f"[ -e {lists} ] || exit 100\n"
        f"printf '#!/bin/sh\\n' > {shell}; chmod +x {shell}\n"
    )
    return shell


@pytest.mark.parametrize("fresh", [True, False])
def test_installing_on_debian_as_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: bool) -> None:
    shell = apt(tmp_path, fresh=fresh)
    monkeypatch.setattr("os.geteuid", lambda: 0)

    assert install_browser() == shell


def test_a_download_that_does_not_run_is_not_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    downloaded(tmp_path, says=127)
    shell = apt(tmp_path, fresh=True)
    monkeypatch.setattr("os.geteuid", lambda: 0)

    assert install_browser() == shell


def test_where_nothing_helps_a_person_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = apt(tmp_path, fresh=True)
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(ConfigurationError, match="install Chromium, Chrome or Edge"):
        install_browser()
    assert not shell.exists()
    assert shutil.which("apt-get")

"""`payerbot payers new`: clean from the start, each failing test says what to write next, filled in it passes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.cli.counter import payerbot

ROOT = Path(__file__).parents[2]
#: A payer that was written with the guide alone: one page, on which everything happens in dialogs.
FINISHED = Path(__file__).parent / "fairview"

#: What is to be written, in this order.
NEXT = (
    "limits: say how many service lines",
    "control_number: write the format",
    "home: write the heading",
    "form.py, PAGES: declare the form",
    "stages: 'submit' has no path yet",
    "echoes: declare with shown",
    "words: the payer's words",
    "search: declare the portal's own claim search",
    "policy.toml, [filing]",
    "README.md: known limits",
    "the form has no place for what a usual claim says",
)


def _python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python as it is where the package is installed."""
    path = os.pathsep.join((str(folder), str(ROOT)))
    command = [sys.executable, *words]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PAYERBOT"))}
    env = {**kept, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    done = payerbot("payers", "new", "fairview", "--name", "Fairview Health", "--into", tmp_path)
    assert done.code == 0, done
    folder = tmp_path / "payerbot-fairview"
    assert str(folder) in done.out
    return folder


def _fill_in(package: Path) -> None:
    for left in (package / "tests" / "pages").iterdir():
        left.unlink()
    shutil.copytree(FINISHED, package, dirs_exist_ok=True)


def _is_clean(package: Path) -> None:
    for check in (("check",), ("format", "--check")):
        done = _python(package, "-m", "ruff", *check, "--no-cache")
        assert done.returncode == 0, done.stdout
    # nothing of payerbot but what stays from one version to the next
    for path in package.rglob("*.py"):
        used = set(re.findall(r"^from (bot[.\w]*) import", path.read_text(), re.MULTILINE))
        assert used <= {"bot.portal", "bot.testing", "bot.testing.case"}, path


def test_a_new_package_is_clean(package: Path) -> None:
    _is_clean(package)
    assert not list(package.rglob("*.jinja"))
    assert "[[" not in "".join(path.read_text() for path in package.rglob("*.py"))


def test_each_test_that_fails_says_what_to_write_next(package: Path) -> None:
    one = _python(package, "-m", "pytest", "-p", "no:cacheprovider")
    assert one.returncode == 1
    assert NEXT[0] in one.stdout
    assert NEXT[1] not in one.stdout
    # those that play at the mock portal come when everything is declared
    declared = ("-o", "addopts=", "-p", "no:randomly", "-p", "no:cacheprovider", "--tb=line", "-q")
    every = _python(package, "-m", "pytest", *declared, "-k", " and ".join(f"not {word}" for word in _PLAYED))
    said = [every.stdout.find(sentence) for sentence in NEXT]
    assert -1 not in said, every.stdout
    assert said == sorted(said)


_PLAYED = ("nothing_leaves", "arrives", "for_nothing", "lost_answer", "never_arrived", "another_charge")


@pytest.mark.usefixtures("chromium")
def test_filled_in_it_is_green(package: Path) -> None:
    _fill_in(package)
    _is_clean(package)
    done = _python(package, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist")
    assert done.returncode == 0, done.stdout
    assert re.search(r"\b20 passed", done.stdout), done.stdout


def test_an_installed_package_is_found_beside_the_payers_in_the_box(package: Path, tmp_path: Path) -> None:
    _fill_in(package)
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    [(group, points)] = project["entry-points"].items()
    about = package / "payerbot_fairview-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0.1.0\n")
    lines = "".join(f"{name} = {place}\n" for name, place in points.items())
    (about / "entry_points.txt").write_text(f"[{group}]\n{lines}")
    home = ("--home", str(tmp_path / "home"))
    assert _python(package, "-m", "bot.cli", *home, "init").returncode == 0
    listed = json.loads(_python(package, "-m", "bot.cli", *home, "payers", "list", "--json").stdout)
    assert {"fairview", "northstar"} <= {row["slug"] for row in listed}
    assert "there is an adapter" in _python(package, "-m", "bot.cli", "payers", "new", "fairview").stderr.lower()


def test_a_folder_that_is_there_is_left_alone(package: Path) -> None:
    (package / "README.md").write_text("mine")
    done = payerbot("payers", "new", "fairview", "--into", package.parent)
    assert (done.code, (package / "README.md").read_text()) == (2, "mine")

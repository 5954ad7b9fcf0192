"""What takes minutes and changes seldom: openIMIS's packages, its bundled front end, and its seeded database.

They are kept in a cache folder, each under a name made from all it depends on.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from filelock import FileLock
from platformdirs import user_cache_path

from tests.apt import provide
from tests.postgres import Server

HERE: Final = Path(__file__).parent
BACKEND: Final = HERE / "backend"
FRONTEND: Final = HERE / "frontend"
ROOT: Final = HERE.parents[2]
_LOCK: Final = BACKEND / "requirements.lock"
#: Where the cache is, if not in the user's own.
_CACHE: Final = "OPENIMIS_CACHE"
_NODE: Final = 18


@dataclass(frozen=True, slots=True)
class Installed:
    """Where everything is that does not change while openIMIS runs."""

    #: The Python of the virtual environment with openIMIS's packages.
    python: Path
    #: The folder that is served as the front end.
    front: Path
    #: A dump of the seeded database.
    dump: Path


def install(server: Server) -> Installed:
    """What is in the cache already, else made now; `server` is for making the database.

    Skips the test where there is no Node.js to bundle the front end with.
    """
    environment = kept("environment", [_LOCK], _make_environment, sys.version, platform.platform())
    front = kept("front", _files(FRONTEND), _make_front)
    python = environment / "bin" / "python"
    glue = [_LOCK, *_files(BACKEND, "*.py"), HERE / "catalogue.py", ROOT / "fixtures" / "people.py"]
    seed = kept("seed", glue, lambda folder: _make_seed(folder, server, python), server.version)
    return Installed(python, front, seed / "dump")


def settings(database: str, folder: Path, front: Path) -> dict[str, str]:
    """The environment in which the back end's programs run; `folder` is theirs to write in."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": f"{BACKEND}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "openIMIS.settings",
        "OPENIMIS_DATABASE": database,
        "OPENIMIS_FOLDER": str(folder),
        "OPENIMIS_FRONT": str(front),
        "OPENIMIS_SECRET": os.urandom(32).hex(),
        "ASYNC": "no",
    }


def _files(folder: Path, pattern: str = "*") -> list[Path]:
    return sorted(path for path in folder.rglob(pattern) if path.is_file() and "__pycache__" not in path.parts)


def kept(name: str, inputs: Iterable[Path], make: Callable[[Path], None], *more: str) -> Path:
    """The folder that `make` filled from these inputs, once; what is only half made is never seen."""
    digest = hashlib.sha256("\n".join(more).encode())
    for path in inputs:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    cache = Path(os.environ.get(_CACHE) or user_cache_path("payerbot") / "openimis")
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{name}-{digest.hexdigest()[:16]}"
    with FileLock(cache / f"{name}.lock"):
        for killed in cache.glob(f"{name}-half-*"):
            shutil.rmtree(killed)
        if not folder.exists():
            with tempfile.TemporaryDirectory(prefix=f"{name}-half-", dir=cache) as half:
                make(Path(half) / "whole")
                (Path(half) / "whole").rename(folder)
    return folder


def _make_environment(folder: Path) -> None:
    """A virtual environment with openIMIS's packages; uv takes a fifth of pip's time."""
    _call(sys.executable, "-m", "venv", folder)
    python = folder / "bin" / "python"
    _call(python, "-m", "pip", "install", "--quiet", "uv")
    wanted = ("--quiet", "--require-hashes", "--requirement", _LOCK)
    try:
        _call(python, "-m", "uv", "pip", "install", "--python", python, *wanted)
    except subprocess.CalledProcessError:  # it does not know pip's own settings, such as another index
        _call(python, "-m", "pip", "install", *wanted)


def _make_front(folder: Path) -> None:
    """The bundle alone; the packages that it is made from are not needed afterwards."""
    if not provide(_node_is_there, "nodejs", "npm"):
        pytest.skip(f"no Node.js {_NODE} or newer with npm: install nodejs and npm")
    with tempfile.TemporaryDirectory(dir=folder.parent) as build:
        shutil.copytree(FRONTEND, build, dirs_exist_ok=True)
        _call("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=Path(build))
        _call("node", "build.mjs", folder, cwd=Path(build))


def _make_seed(folder: Path, server: Server, python: Path) -> None:
    """A dump of a database with openIMIS's tables and our people in it."""
    folder.mkdir()
    database = server.database()
    environment = settings(database, folder, folder)
    # without NO_DATABASE, openIMIS reads its configuration from tables that are still to be made
    _call(
        python, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0", env={**environment, "NO_DATABASE": "1"}
    )
    _call(python, BACKEND / "seed.py", env=environment)
    server.dump(database, folder / "dump")


def _node_is_there() -> bool:
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    return said.startswith("v") and int(said[1:].split(".")[0]) >= _NODE


def _call(*words: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    """Run a program; what it said is in the error when it fails."""
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        error = subprocess.CalledProcessError(done.returncode, words)
        error.add_note((done.stdout + done.stderr)[-3000:])
        raise error

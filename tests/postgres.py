"""A PostgreSQL server of the tests' own: an installed one, else from apt as root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.apt import provide


class Server:
    """A server on loopback, in a folder of its own; its data need not survive."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        #: Whoever uses the server may put things there; they go when it goes.
        self.folder = folder
        self._data = folder / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._databases = 0
        # the server refuses to run as root
        self._as: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(folder, **self._as)
        self._call("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=C")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200"
        )
        self._call("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, how: str = "immediate") -> None:
        """Stop it: ``immediate`` as a crash would."""
        self._call("pg_ctl", "-w", "-m", how, "stop")

    def database(self) -> str:
        """A new database; its address."""
        self._databases += 1
        name = f"db{self._databases}"
        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    @property
    def version(self) -> str:
        """Which PostgreSQL it is."""
        said = subprocess.run(
            [self._programs / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return said.stdout.strip()

    def dump(self, database: str, file: Path) -> None:
        """Write a database to a file."""
        subprocess.run([self._programs / "pg_dump", "--format=custom", "--file", file, database], check=True)

    def restore(self, file: Path) -> str:
        """A new database with what was dumped; its address."""
        database = self.database()
        words = ("--no-owner", "--single-transaction", "--exit-on-error", "--dbname", database)
        subprocess.run([self._programs / "pg_restore", *words, file], check=True)
        return database

    def _call(self, program: str, *words: str) -> None:
        subprocess.run(
            [self._programs / program, "-D", self._data, *words],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            **self._as,
        )


def find_programs() -> Path | None:
    """Where initdb and pg_ctl are; as root, where apt is, they are installed first."""
    provide(_installed, "postgresql")
    return _installed()


def _installed() -> Path | None:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def running() -> Iterator[Server]:
    """A running server; gone afterwards, even if this process is killed. Skips the test where there is none."""
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server: install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="payerbot-postgres-"))
    # it waits for the end of its input, which comes with ours if not before
    with subprocess.Popen(["sh", "-c", _LEAVE, "sh", folder], stdin=subprocess.PIPE, start_new_session=True):
        server = Server(programs, folder)
        server.start()
        yield server


#: Stops the server of a folder as a crash would, and takes the folder away.
_LEAVE = """
cat > /dev/null
lock=$1/data/postmaster.pid
pid=$(head -n 1 "$lock" 2> /dev/null) && kill -QUIT "$pid"
while [ -e "$lock" ] && kill -0 "$pid" 2> /dev/null; do sleep 0.05; done
rm -rf "$1"
"""

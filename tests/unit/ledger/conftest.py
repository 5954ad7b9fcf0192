"""Every test here may have a ledger of its own, and runs on both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ledger.database import Database
from tests import postgres
from tests.conftest import Loop
from tests.unit.ledger.books import Books, empty_ledger, file_ledger

__all__ = ["empty_ledger", "file_ledger"]


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL server whose first database, db1, is an empty ledger to copy."""
    with postgres.running() as server:
        database = Database(server.database())
        database.migrate()
        database.close()
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path: Path, loop: Loop) -> Iterator[Books]:
    """A fresh ledger."""
    if request.param == "sqlite":
        file: Path = request.getfixturevalue("file_ledger")
        url = f"sqlite:///{file}"
    else:
        server: postgres.Server = request.getfixturevalue("server")
        url = server.database("db1")
    one = Books(url, tmp_path, loop)
    yield one
    one.close()


@pytest.fixture
def file_books(file_ledger: Path, loop: Loop) -> Iterator[Books]:
    """A fresh ledger in a file."""
    one = Books(f"sqlite:///{file_ledger}", file_ledger.parent, loop)
    yield one
    one.close()

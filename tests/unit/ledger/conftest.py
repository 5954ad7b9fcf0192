"""Every test here may have a ledger of its own, and runs on both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest

from bot.ledger.database import Database
from bot.ledger.schema import metadata
from tests import postgres
from tests.conftest import Loop
from tests.unit.ledger.books import Books, empty_ledger, file_ledger

__all__ = ["empty_ledger", "file_ledger"]

_EMPTY: Final = f"TRUNCATE {', '.join(table.name for table in metadata.sorted_tables)} RESTART IDENTITY"


@pytest.fixture(scope="session")
def server_ledger() -> Iterator[str]:
    """The address of a ledger on a PostgreSQL server, empty whenever a test begins: a new one takes longer."""
    with postgres.running() as server:
        url = server.database()
        database = Database(url)
        database.migrate()
        database.close()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path: Path, loop: Loop) -> Iterator[Books]:
    """A fresh ledger."""
    on_server = request.param == "postgresql"
    url: str = (
        request.getfixturevalue("server_ledger")
        if on_server
        else f"sqlite:///{request.getfixturevalue('file_ledger')}"
    )
    one = Books(url, tmp_path, loop)
    yield one
    one.close()
    if on_server:
        with psycopg.connect(url) as connection:
            connection.execute(_EMPTY)


@pytest.fixture
def file_books(file_ledger: Path, loop: Loop) -> Iterator[Books]:
    """A fresh ledger in a file."""
    one = Books(f"sqlite:///{file_ledger}", file_ledger.parent, loop)
    yield one
    one.close()

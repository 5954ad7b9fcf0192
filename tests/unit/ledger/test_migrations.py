"""The migrations make the tables that the code declares: all of them, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine

from bot.ledger.database import Database
from bot.ledger.schema import metadata
from tests.unit.ledger.books import Books


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # an index by order: the next test sees it
def test_the_migrations_make_the_tables_of_the_schema(books: Books) -> None:
    with books.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_what_the_code_relies_on_is_unique_in_the_database(file_books: Books, tmp_path: Path) -> None:
    """`compare_metadata` passes over conditions of indexes: compare with tables made straight from the schema."""
    straight = create_engine(f"sqlite:///{tmp_path / 'straight.sqlite'}")
    try:
        with straight.begin() as connection:
            metadata.create_all(connection)
            made = _indexes(connection)
    finally:
        straight.dispose()
    with file_books.database.read() as connection:
        migrated = _indexes(connection)
    assert migrated == made
    assert migrated["uq_attempts_open"].endswith("(claim_id) WHERE closed_at IS NULL")
    assert "UNIQUE" in migrated["uq_attempts_open"]
    assert "UNIQUE" in migrated["uq_claims_control_number"]


def test_migrating_again_changes_nothing(books: Books) -> None:
    books.one()
    before = books.everything()
    again = Database(books.url)
    try:
        again.migrate()
    finally:
        again.close()
    assert books.everything() == before


def _indexes(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > ''")
    return {name: " ".join(sql.split()) for name, sql in rows}

"""Opens the ledger: the engine, its safety settings, its migrations."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event

_MIGRATIONS = Path(__file__).with_name("migrations")


class Database:
    """A connection pool with one way to read and one way to write."""

    def __init__(self, url: str) -> None:
        """`url` is an SQLAlchemy address, such as ``sqlite:////srv/payerbot/ledger.sqlite``."""
        self.engine = create_engine(url, pool_pre_ping=True)
        #: One file, one process at work: no server that others use too.
        self.embedded = self.engine.dialect.name == "sqlite"
        if self.embedded:
            _make_safe(self.engine)

    def migrate(self) -> None:
        """Bring the tables up to this version."""
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        with self.engine.connect() as connection:
            config.attributes["connection"] = connection
            logging.getLogger("alembic").setLevel(logging.WARNING)
            command.upgrade(config, "head")
            connection.commit()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection whose changes, if any, are thrown away."""
        with self.engine.connect().execution_options(payerbot_reads=True) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it is on the disk when this ends, or none of it."""
        with self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _make_safe(engine: Engine) -> None:
    """SQLite so that a commit survives a crash of the machine, and two writers wait for each other."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: object, _: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # sqlite3: we begin transactions ourselves
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=20000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # IMMEDIATE: a transaction that reads first and writes later would otherwise fail instead of waiting
        reads = connection.get_execution_options().get("payerbot_reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

"""Opens the ledger: the engine, its safety settings, its migrations. SQLite in the home, or PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_fixed

from bot.clock import SystemClock
from bot.errors import ConfigurationError, Interrupted

_MIGRATIONS = Path(__file__).with_name("migrations")

#: Names the lock that a writer on PostgreSQL holds until it commits: "payerbot" in bytes.
_WRITER = int.from_bytes(b"payerbot")

#: Seconds that an outcome waits for a database that is away.
AWAY = 60
#: A writer that falls asleep in a transaction keeps nobody waiting longer than this; a commit is on the disk.
_CONNECTION = {"options": "-c idle_in_transaction_session_timeout=15s -c synchronous_commit=on"}


class Database:
    """A connection pool with one way to read and one way to write.

    Writers wait for each other, on PostgreSQL as on SQLite: what a transaction has read is still true when it
    commits. A claim costs a handful of short ones and minutes at a portal, so nobody waits long.
    """

    def __init__(self, url: str) -> None:
        """`url` is an SQLAlchemy address, such as ``sqlite:////srv/payerbot/ledger.sqlite`` or
        ``postgresql://payerbot@db/payerbot``. Raises `ConfigurationError`."""
        try:
            address = make_url(url)
        except ArgumentError:
            raise ConfigurationError("ledger.url is not a database's address.") from None
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        #: One file, one process at work: no server that others use too.
        self.embedded = address.get_backend_name() == "sqlite"
        if not self.embedded and address.get_backend_name() != "postgresql":
            raise ConfigurationError("ledger.url must name an SQLite file or a PostgreSQL database.")
        try:
            self.engine = create_engine(
                address, pool_pre_ping=not self.embedded, connect_args={} if self.embedded else _CONNECTION
            )
        except ModuleNotFoundError:
            raise ConfigurationError("PostgreSQL needs more packages: pip install 'payerbot[postgres]'") from None
        (_make_safe if self.embedded else _let_one_write)(self.engine)

    def migrate(self) -> None:
        """Bring the tables up to this version. Raises `ConfigurationError` when there is no such database."""
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        logging.getLogger("alembic").setLevel(logging.WARNING)
        try:
            with self.write() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except OperationalError as error:
            if self.embedded:
                raise
            raise ConfigurationError("The ledger's database does not answer: see ledger.url.") from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection whose changes, if any, are thrown away."""
        with self.engine.connect().execution_options(payerbot_reads=True) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it is on the disk when this ends, or none of it."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except OperationalError as error:
            if self.embedded and "disk is full" in str(error.orig):
                raise Interrupted("The ledger's disk is full: make room, then run again.") from error
            raise

    def waiting(self) -> AsyncRetrying:
        """Again while a database server is away: for what may safely be done twice."""
        return AsyncRetrying(
            retry=retry_if_exception(lambda error: not self.embedded and isinstance(error, OperationalError)),
            stop=stop_after_delay(AWAY),
            wait=wait_fixed(1),
            reraise=True,
        )

    def ahead(self) -> timedelta:
        """How far the database's clock is ahead of this machine's: where many work, theirs is the time."""
        if self.embedded:
            return timedelta(0)
        with self.read() as connection:
            now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return now - datetime.now(UTC)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


class DatabaseClock:
    """The time of a database that many machines share, as far as it was ahead when last asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._system = SystemClock()
        self._ahead = database.ahead()

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._system.now() + self._ahead

    def adjust(self) -> None:
        """Ask the database again."""
        self._ahead = self._database.ahead()

    async def wait(self, seconds: float) -> None:
        """Come back after that many seconds."""
        await self._system.wait(seconds)


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


def _let_one_write(engine: Engine) -> None:
    """PostgreSQL so that two writers wait for each other."""

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("payerbot_reads"):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")

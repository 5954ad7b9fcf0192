"""Many processes on one PostgreSQL ledger: Procrastinate hands each due shift to one of them.

Its jobs carry names only and may be lost or deleted at any time, for every tick derives them anew from the
ledger. Seats, not jobs, hold a login to its sessions.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import suppress
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from procrastinate.tasks import Task
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.ledger import seats
from bot.ledger.database import Database, DatabaseClock
from bot.log import get
from bot.portal.desk import Desk
from bot.work.serve import TICK, Unattended

#: Shifts, and so browsers, side by side in one process.
SIDE_BY_SIDE = max(2, os.cpu_count() or 2)

log = get()


async def serve(unattended: Unattended, desk: Desk) -> None:
    """Shifts that Procrastinate hands to this process; a database that is away is waited for."""
    database = unattended.workshop.ledger.database
    while not unattended.stopping.is_set():
        try:
            await asyncio.to_thread(_prepare, database)
            await _take_jobs(unattended, desk, database)
        except (OperationalError, ConnectorException) as error:
            log.warning("database_lost", error=type(error).__name__)
            await unattended.pause()


async def _take_jobs(unattended: Unattended, desk: Desk, database: Database) -> None:
    address = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    app = App(connector=PsycopgConnector(conninfo=address))
    under_way: set[asyncio.Task[None]] = set()

    @app.task(name="shift")
    async def shift(payer: str, login: str) -> None:
        working = asyncio.create_task(unattended.shift(desk, payer, login))
        under_way.add(working)
        working.add_done_callback(under_way.discard)
        await asyncio.shield(working)

    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=SIDE_BY_SIDE,
                delete_jobs="always",
                install_signal_handlers=False,
                fetch_job_polling_interval=TICK.total_seconds(),
                update_heartbeat_interval=seats.RENEWAL.total_seconds(),
                stalled_worker_timeout=seats.LEASE.total_seconds(),
            )
        )
        try:
            while not unattended.stopping.is_set() and not worker.done():
                await _tick(unattended, app, shift)
                await unattended.pause()
            if worker.done():
                worker.result()
        finally:
            # a shift outlives the engine: its claims are the ledger's matter
            await asyncio.gather(*under_way, return_exceptions=True)
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)


async def _tick(unattended: Unattended, app: App, shift: Task[..., Any, Any]) -> None:
    """Hand out the shifts that are due, and clear away the jobs of workers that died."""
    if isinstance(unattended.workshop.clock, DatabaseClock):
        await asyncio.to_thread(unattended.workshop.clock.adjust)
    due = Counter(await unattended.due())
    for (payer, login), free in due.items():
        for number in range(free):
            with suppress(AlreadyEnqueued):
                await shift.configure(queueing_lock=f"{payer}/{login}/{number}").defer_async(
                    payer=payer, login=login
                )
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seats.LEASE.total_seconds()):
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


def _prepare(database: Database) -> None:
    """Make Procrastinate's tables in the ledger's database, if nobody has."""
    with database.write() as connection:
        if connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar_one() is None:
            connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))  # no parameters

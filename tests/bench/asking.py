"""How long questions take over a ledger of 100,000 claims.

``python -m tests.bench.asking [URL]`` fills a ledger (in a file, or an empty PostgreSQL database at that address)
and prints the seconds of each question: of the ledger's own work, and of the command in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.home import Home
from bot.ledger import figures, views
from bot.ledger.database import Database
from bot.ledger.store import Ledger
from bot.ledger.tally import Tally
from bot.vault import Vault
from bot.work import report
from bot.work.morning import Done, Night
from bot.work.payers import Office
from tests.bench import volume

CLAIMS = 100_000
ROUNDS = 3
COMMANDS = (
    ("report", "--json"),
    ("report",),
    ("tasks", "list", "--json"),
    ("tasks", "list"),
    ("files", "list"),
    ("ready",),
    ("claims", "list"),
    ("claims", "list", "--json"),
)


def questions(ledger: Ledger, now: datetime) -> dict[str, Callable[[], object]]:
    """What is asked, in the process itself."""
    since = now - timedelta(days=3)
    return {
        "report": lambda: report.gather(ledger, Office([]), now, since, Night(Done.NOTHING)),
        "tasks": lambda: views.task_rows(ledger),
        "files": lambda: views.file_rows(ledger),
        "still here": lambda: figures.before_the_payer(ledger),
        "claims, all of them": lambda: views.claim_rows(ledger),
        "claims, the first 1,000": lambda: views.claim_rows(ledger, limit=1_000),
    }


def fastest(question: Callable[[], object]) -> float:
    """Seconds of the fastest of some rounds: what else the machine does only ever adds to it."""
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        question()
        took.append(time.perf_counter() - begun)
    return min(took)


class Command:
    """A command in a process of its own."""

    def __init__(self, words: list[str]) -> None:
        self._words = words

    def __call__(self) -> None:
        subprocess.run(self._words, stdout=subprocess.DEVNULL, check=False)


def main(url: str | None = None) -> None:
    """Print a table of figures; nothing is asserted."""
    now = datetime.now(UTC)
    with TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        home.create()
        if url is not None:
            home.settings_file.write_text(f'[ledger]\nurl = "{url}"\n')
        database = Database(url or f"sqlite:///{home.ledger}")
        database.migrate()
        ledger = Ledger(database, Vault.open(home), Tally(home.evidence))
        volume.fill(ledger, CLAIMS, now)
        with database.write() as connection:
            connection.exec_driver_sql("ANALYZE")  # as the database does by itself after a while
        ledger.tally.note(CLAIMS)
        print(f"{CLAIMS:,} claims, {'SQLite' if url is None else 'PostgreSQL'}")
        for name, question in questions(ledger, now).items():
            print(f"  {name:<32} {fastest(question):6.2f} s")
        database.close()
        print("  in a process of its own, Python's start included:")
        for words in COMMANDS:
            command = [sys.executable, "-m", "bot.cli", "--home", str(home.path), *words]
            print(f"  payerbot {' '.join(words):<23} {fastest(Command(command)):6.2f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""How long a claim takes, and what the promises cost: payerbot against a plain script at the same portal.

``python -m tests.bench.sending`` plays rounds; in each, every contender enters the same number of fresh claims at
a portal of its own. CPU seconds count the browser and the portal. Ratios are to the adapter alone in the same
round, so a busy machine disturbs them little.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from playwright.async_api import Page

from bot.ledger import views
from bot.portal.browser import find_browser
from bot.portal.evidence import Evidence, EvidenceStore
from fixtures.claims.generate import claims
from fixtures.portals.registry import SITES
from tests.bench import alone, plain
from tests.conftest import Loop
from tests.office import office

CLAIMS = 8
ROUNDS = 3
#: A plain script; the adapter with nothing around it; with ledger, guard and read-back; with evidence of pages;
#: with the second witness asked at once.
CONTENDERS = ("plain", "adapter alone", "promises", "+ evidence", "+ witness")
BASE = "adapter alone"


def play(slug: str, contender: str) -> dict[str, float]:
    """One contender's round in this process."""
    some = [claim for claim in claims(slug, CLAIMS * 2) if not claim.attachments][:CLAIMS]
    delay = timedelta(0) if contender == "+ witness" else timedelta(hours=2)
    loop = Loop()
    with TemporaryDirectory() as folder, office(slug, Path(folder), loop, delay) as one:
        begun = time.monotonic()
        portal, bot = 0.0, 0.0
        if contender == "plain":
            browser = find_browser()
            assert browser is not None
            user = {key: str(value or "") for key, value in one.portal.users[0].as_dict().items()}
            plain.submit(slug, one.portal.url, user, some, browser)
        elif contender == "adapter alone":
            loop.run(alone.submit(one, some), 600)
        else:
            ids = one.queue(some)
            with patch.object(EvidenceStore, "keep", _forget) if contender == "promises" else nullcontext():
                one.run(timeout=600)
            times = [views.claim_history(one.ledger, claim_id)["attempts"][0] for claim_id in ids]
            portal = sum(row["portal_seconds"] for row in times) / CLAIMS
            bot = sum(row["seconds"] - row["portal_seconds"] for row in times) / CLAIMS
        seconds = time.monotonic() - begun
        assert len(one.portal.claims) == CLAIMS
        loop.close()
        return {"seconds": seconds / CLAIMS, "portal": portal, "bot": bot}


async def _forget(store: EvidenceStore, page: Page, kind: str, at: datetime) -> Evidence:
    return Evidence(kind, "", "", at, 0)


def measure(slug: str, contender: str) -> dict[str, float]:
    """One contender's round in a process of its own, with the CPU seconds of everything it started.

    Browsers leave their process group and outlive their parents, so they are known by a mark in their environment.
    """
    mark = f"PAYERBENCH={uuid.uuid4().hex}"
    name, _, value = mark.partition("=")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sending", slug, contender],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, name: value},
    )
    seen: dict[str, float] = {}
    while process.poll() is None:
        seen |= _cpu_of(mark.encode())
        time.sleep(0.1)
    assert process.stdout is not None
    figures: dict[str, float] = json.loads(process.stdout.read())
    return {**figures, "cpu": sum(seen.values()) / CLAIMS}


def _cpu_of(mark: bytes) -> dict[str, float]:
    """CPU seconds so far of each process that carries the mark."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                found[folder.name] = (int(fields[11]) + int(fields[12])) / ticks
        except OSError:
            continue  # it ended meanwhile
    return found


def main() -> None:
    """Print a table of figures; nothing is asserted."""
    print(
        f"{'portal':<10} {'who':<17} {'claims/min':>10} {'ratio':>6} {'CPU s/claim':>11} {'ratio':>6} "
        f"{'portal s':>8} {'bot s':>6}"
    )
    for slug in sorted(SITES):
        rounds: dict[str, list[dict[str, float]]] = {contender: [] for contender in CONTENDERS}
        for number in range(ROUNDS):
            for turn in range(len(CONTENDERS)):
                contender = CONTENDERS[(number + turn) % len(CONTENDERS)]
                rounds[contender].append(measure(slug, contender))
        for contender in CONTENDERS:
            mine, base = rounds[contender], rounds[BASE]

            def middle(key: str, mine: list[dict[str, float]] = mine) -> float:
                return statistics.median(one[key] for one in mine)

            faster = statistics.median(b["seconds"] / m["seconds"] for m, b in zip(mine, base, strict=True))
            dearer = statistics.median(m["cpu"] / b["cpu"] for m, b in zip(mine, base, strict=True))
            rate, cpu = 60 / middle("seconds"), middle("cpu")
            print(
                f"{slug:<10} {contender:<17} {rate:>10.1f} {faster:>6.2f} {cpu:>11.2f} {dearer:>6.2f} "
                f"{middle('portal'):>8.2f} {middle('bot'):>6.2f}"
            )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(play(sys.argv[1], sys.argv[2])))
    else:
        main()

"""How fast claims are read from an 837P file, and in how much memory.

``python -m tests.bench.reading`` writes files of 1,000 and 100,000 invented claims, reads each in a process of
its own and prints claims per second (reading alone, and with every edit) and the peak memory of the process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from datetime import date
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.claims.edits.engine import run
from bot.claims.files import open_file
from fixtures.claims.generate import stream
from fixtures.claims.writers import write_837

SIZES = (1_000, 100_000)
TODAY = date(2026, 11, 22)


def measure(path: Path, *, edits: bool) -> dict[str, float]:
    """Read one file in this process; the figures of the reading."""
    if edits:  # loading the ICD-10-CM codes takes seconds once, whatever the file
        warm = next(iter(open_file(path))).claim
        assert warm is not None
        run(warm, today=TODAY)
    started = time.perf_counter()
    number = problems = 0
    for found in open_file(path):
        number += 1
        problems += len(found.problems)
        if edits and found.claim is not None:
            problems += len(run(found.claim, today=TODAY))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"claims": number, "problems": problems, "seconds": seconds, "peak_mb": peak}


def main() -> None:
    """Print a table of figures; nothing is asserted."""
    print(f"{'claims':>8}  {'what':<14} {'claims/s':>9}  {'peak RSS MB':>11}  {'problems':>8}")
    with TemporaryDirectory() as folder:
        for size in SIZES:
            path = Path(folder) / f"{size}.837"
            write_837(islice(stream("northstar"), size), path)
            for edits in (False, True):
                out = subprocess.run(
                    [sys.executable, "-m", "tests.bench.reading", str(path), "edits" if edits else "read"],
                    capture_output=True,
                    check=True,
                    text=True,
                )
                figures = json.loads(out.stdout)
                rate = figures["claims"] / figures["seconds"]
                print(
                    f"{figures['claims']:>8.0f}  {'read and edits' if edits else 'read':<14} {rate:>9,.0f}"
                    f"  {figures['peak_mb']:>11.0f}  {figures['problems']:>8.0f}"
                )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measure(Path(sys.argv[1]), edits=sys.argv[2] == "edits")))
    else:
        main()

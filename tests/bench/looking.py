"""How many claims are looked up in a minute at a portal that answers at once, without a browser.

``python -m tests.bench.looking`` sends claims to the public fake portal, lets a month pass and follows them up:
what is measured is payerbot's own share, with ledger and evidence. `tests.bench.sending` has what a browser adds.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.work.dispatch import Order
from fixtures.claims.generate import claims
from tests.conftest import Loop
from tests.faults.test_together import FakeOffice

CLAIMS = 100


def main() -> None:
    """Print one figure; nothing is asserted but that every claim was asked for."""
    loop = Loop()
    with TemporaryDirectory() as folder:
        office = FakeOffice(Path(folder), loop)
        office.some = claims("northstar", CLAIMS)
        office.queue(CLAIMS)
        begun = time.perf_counter()
        office.run()
        sending = time.perf_counter() - begun
        office.advance(30 * 86400)
        before, begun = len(office.portal.searches), time.perf_counter()
        office.run(Order(look_ups_only=True))
        looking = time.perf_counter() - begun
        assert len(office.portal.searches) - before == CLAIMS
        office.close()
    loop.close()
    print(f"{CLAIMS / sending * 60:,.0f} claims sent a minute, second witness included; ", end="")
    print(f"{CLAIMS / looking * 60:,.0f} looked up a minute: ledger and evidence, without a browser")


if __name__ == "__main__":
    main()

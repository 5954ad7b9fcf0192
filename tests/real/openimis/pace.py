"""How long a claim takes with the bot and with a plain script, at one openIMIS in one run:
``python -m tests.real.openimis.pace``."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from playwright.async_api import async_playwright

from bot.home import Home
from bot.portal.browser import find_browser
from tests.conftest import Loop
from tests.real.openimis import plain
from tests.real.openimis.bed import Bed, running
from tests.real.openimis.catalogue import CLERK, CLERK_2, COVERED, Insuree
from tests.real.openimis.office import office
from tests.real.openimis.test_outcomes import claim, line

#: Each enters so many claims at a time, in turns.
_CLAIMS: Final = 4
_TURNS: Final = 3
_DAY: Final = date(2026, 6, 30)


def by_the_bot(bed: Bed, loop: Loop, folder: Path, people: Sequence[Insuree]) -> float:
    """Seconds for a run, from the first page to the last claim proved."""
    with office(Home(folder), bed.url, loop, CLERK) as one:
        ids = one.queue([claim(person, line(), line("99439", "47.00")) for person in people])
        begun = time.monotonic()
        one.run()
        seconds = time.monotonic() - begun
        assert all(one.claim(claim_id)["state"] == "accepted" for claim_id in ids)
    return seconds


async def by_a_script(bed: Bed, codes: Iterator[str], people: Sequence[Insuree]) -> float:
    """Seconds for the same claims, with nothing read back and nothing proved but the row in the list."""
    lines = (plain.Line("99490", 1, Decimal(62)), plain.Line("99439", 1, Decimal(47)))
    begun = time.monotonic()
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=find_browser(), chromium_sandbox=False)
        page = await browser.new_page(viewport={"width": 1400, "height": 1100})
        await plain.sign_in(page, bed.url, CLERK_2)
        for person in people:
            entry = plain.Entry(next(codes), person.number, _DAY, ("E119", "I10"), lines)
            assert (await plain.enter_another(page, entry)).status == "Checked"
        await browser.close()
    return time.monotonic() - begun


def main() -> None:
    """Take turns, and print seconds for each claim."""
    people, codes, loop = iter(COVERED), (f"P{n:07d}" for n in range(10_000)), Loop()
    bot, script = [], []
    with running() as bed, tempfile.TemporaryDirectory() as name:
        for turn in range(_TURNS):
            some = [next(people) for _ in range(_CLAIMS)]
            others = [next(people) for _ in range(_CLAIMS)]
            script.append(loop.run(by_a_script(bed, codes, others), 600) / _CLAIMS)
            bot.append(by_the_bot(bed, loop, Path(name) / str(turn), some) / _CLAIMS)
            print(f"script {script[-1]:.1f} s, bot {bot[-1]:.1f} s a claim", flush=True)
    loop.close()
    print(f"bot to script: {sum(bot) / sum(script):.2f}")


if __name__ == "__main__":
    main()

"""One openIMIS for all tests, and a window for each. Claim numbers and insurees are nobody else's."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import cast

import pytest
from playwright.async_api import Browser, Page, Playwright
from playwright.async_api import Error as PlaywrightError

from tests.conftest import Loop
from tests.real.openimis.bed import Bed, running
from tests.real.openimis.catalogue import COVERED, Insuree

_insurees = iter(COVERED)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure, what the window shows and what the server said last."""
    report = yield
    if report.when == "call" and report.failed and "window" in item.funcargs:
        loop, window, bed = cast(
            tuple[Loop, Page, Bed], [item.funcargs[name] for name in ("loop", "window", "bed")]
        )
        with suppress(PlaywrightError):
            report.sections.append((window.url, loop.run(window.locator("body").aria_snapshot())))
        report.sections.append(("server", bed.log[-3000:]))
    return report


@pytest.fixture(scope="session")
def bed() -> Iterator[Bed]:
    with running() as bed:
        yield bed


@pytest.fixture(scope="session")
def windows(loop: Loop, driver: Playwright, chromium: Path) -> Browser:
    """One browser for all."""
    return loop.keep(loop.run(driver.chromium.launch(executable_path=chromium, chromium_sandbox=False)))


@pytest.fixture
def window(loop: Loop, windows: Browser) -> Iterator[Page]:
    """A window with its own cookies."""
    context = loop.run(windows.new_context(viewport={"width": 1400, "height": 1100}))
    yield loop.run(context.new_page())
    loop.run(context.close())


@pytest.fixture(scope="session")
def codes() -> Iterator[str]:
    """Claim numbers that nobody has used."""
    return (f"T{number:07d}" for number in count(1))


@pytest.fixture
def code(codes: Iterator[str]) -> str:
    """One of them."""
    return next(codes)


@pytest.fixture
def insuree() -> Insuree:
    """Somebody covered in full, without claims."""
    return next(_insurees)


@pytest.fixture
def insurees() -> list[Insuree]:
    """Four of them."""
    return [next(_insurees) for _ in range(4)]

"""Running portals, and Debian's headless Chromium for their pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from fixtures.portals.server import RunningPortal, running
from tests.portal_mocks.visitor import HudsonVisitor, LakeshoreVisitor, NorthstarVisitor, SummitVisitor, Visitor

VISITORS: dict[str, type[Visitor]] = {
    "northstar": NorthstarVisitor,
    "lakeshore": LakeshoreVisitor,
    "summit": SummitVisitor,
    "hudson": HudsonVisitor,
}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": shutil.which("chromium-headless-shell"),
        "args": ["--no-sandbox"],
    }


@pytest.fixture(scope="session")
def base_url() -> None:
    """pytest-playwright's own fallback is written in a way that pytest 9.2 warns of, and warnings are errors."""


@pytest.fixture
def northstar() -> Iterator[RunningPortal]:
    with running("northstar", visibility_delay=0) as portal:
        yield portal


@pytest.fixture
def lakeshore() -> Iterator[RunningPortal]:
    with running("lakeshore", visibility_delay=0) as portal:
        yield portal


@pytest.fixture
def summit() -> Iterator[RunningPortal]:
    with running("summit", verdict_delay=0) as portal:
        yield portal


@pytest.fixture
def hudson() -> Iterator[RunningPortal]:
    with running("hudson", visibility_delay=0) as portal:
        yield portal


@pytest.fixture(params=sorted(VISITORS))
def portal(request: pytest.FixtureRequest) -> Iterator[RunningPortal]:
    with running(request.param, visibility_delay=0, verdict_delay=0) as portal:
        yield portal


@pytest.fixture
def visit() -> Iterator[Callable[[RunningPortal], Visitor]]:
    """Opens a signed-in visit over HTTP."""
    with ExitStack() as visits:

        def opened(portal: RunningPortal) -> Visitor:
            visitor = VISITORS[portal.slug](portal)
            visits.callback(visitor.http.close)
            visitor.sign_in()
            return visitor

        yield opened

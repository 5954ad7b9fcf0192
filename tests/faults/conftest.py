"""Writes down, when asked to, on which code of each adapter the whole fault matrix was played and passed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from bot.work.payers import find_adapters
from bot.work.quality import write_record
from tests.faults.matrix import CASES

_passed: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """One case, on whichever worker it was played."""
    _, played, name = report.nodeid.partition("test_matrix.py::test_fault[")
    if played and report.when == "call" and report.passed:
        _passed[name.partition("-")[0]] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A record for every adapter that passed all of its cases."""
    if not session.config.getoption("--record-matrix", default=False):
        return
    for slug, cases in sorted(_passed.items()):
        if cases == sum(slug in case.slugs for case in CASES):
            write_record(find_adapters()[slug], cases, datetime.now(UTC).date())

"""The soak, short: `make soak` does the same with hundreds of claims and kills."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import postgres
from tests.faults import soak


def judge(figures: soak.Figures) -> None:
    told = str(figures)
    assert (figures.doubled, figures.lost, figures.balanced) == (0, 0, True), told
    assert figures.kills, told
    assert figures.sends >= figures.claims - figures.for_a_person, told


@pytest.mark.parametrize("seed", [1, 2])
def test_kills_on_an_embedded_ledger(seed: int, tmp_path: Path) -> None:
    judge(soak.on_sqlite(tmp_path, claims=30, kills=12, seed=seed))


def test_kills_among_workers_on_a_server(tmp_path: Path) -> None:
    with postgres.running() as server:
        judge(soak.on_postgresql(tmp_path, server, claims=40, kills=10))

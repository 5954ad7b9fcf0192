"""Reading holds one claim at a time: the peak does not grow with the file."""

from __future__ import annotations

import tracemalloc
from itertools import islice
from pathlib import Path

import pytest

from bot.claims.files import open_file
from fixtures.claims.generate import stream
from fixtures.claims.writers import write_837


def _peak(path: Path, claims: int, per_transaction: int) -> int:
    write_837(islice(stream("northstar"), claims), path, per_transaction=per_transaction)
    file = open_file(path)
    tracemalloc.start()
    try:
        assert sum(1 for found in file if found.claim is not None) == claims
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("per_transaction", [1, 10_000], ids=["a transaction each", "one transaction"])
def test_the_peak_is_flat(tmp_path: Path, per_transaction: int) -> None:
    path = tmp_path / "claims.837"
    _peak(path, 10, per_transaction)  # what is imported or cached once is not the file's
    few = _peak(path, 200, per_transaction)
    many = _peak(path, 2_000, per_transaction)
    assert many < few * 1.15

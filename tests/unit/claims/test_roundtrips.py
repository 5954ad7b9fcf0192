"""What is written is what is read, whatever the claim and however the file is cut up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.claims.files import open_file
from bot.claims.model import Claim
from fixtures.claims.writers import Separators, write_837, write_csv, write_json
from tests.unit.claims.strategies import claims_837, claims_csv, separators

_SETTINGS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _read_back(write: Callable[[Path], None]) -> list[Claim | None]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        write(path)
        file = open_file(path)
        found = list(file)
        assert [problem for item in found for problem in item.problems] == []
        assert file.problems == ()
        assert file.charge == sum(item.charge for item in found)
        return [item.claim for item in found]


@_SETTINGS
@given(st.lists(claims_837(), min_size=1, max_size=3), separators, st.integers(1, 3))
def test_837p(claims: list[Claim], cut: Separators, per_transaction: int) -> None:
    assert (
        _read_back(lambda path: write_837(claims, path, separators=cut, per_transaction=per_transaction)) == claims
    )


@_SETTINGS
@given(
    st.lists(claims_csv(), min_size=1, max_size=3),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
)
def test_csv(claims: list[Claim], delimiter: str, encoding: str) -> None:
    assert _read_back(lambda path: write_csv(claims, path, delimiter=delimiter, encoding=encoding)) == claims


@_SETTINGS
@given(st.lists(claims_837(), min_size=1, max_size=3))
def test_json(claims: list[Claim]) -> None:
    assert _read_back(lambda path: write_json(claims, path)) == claims


@pytest.mark.parametrize("guide", ["005010X222", "005010X222A1", "005010X222A2"])
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(claim=claims_837())
def test_every_guide_of_5010(guide: str, claim: Claim) -> None:
    assert _read_back(lambda path: write_837([claim], path, guide=guide)) == [claim]

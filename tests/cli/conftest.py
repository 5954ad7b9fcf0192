"""An office to call commands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.counter import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An office whose portals nobody answers for."""
    return Desk(tmp_path)

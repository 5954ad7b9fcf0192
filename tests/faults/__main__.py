"""Writes `README.md` beside this module from the fault matrix."""

from __future__ import annotations

from tests.faults.table import PAGE, write_page

PAGE.write_text(write_page())

"""The matrix as a page for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fixtures.portals.registry import SITES
from tests.faults.matrix import CASES, Case

PAGE = Path(__file__).with_name("README.md")
_HEAD = """# What a claim comes to when something goes wrong

Written from `matrix.py` by `python -m tests.faults`. `test_matrix.py` plays every line at the mock portals it
names; its judges are the portal's own books and the requests counted before it. *Sends* is how often the request
that submits the claim left payerbot; where it is 2, the payer's search had proved that the first never arrived.
The second send is played where the connection is closed; elsewhere a test ends with that proof. *Task* is what a
person finds to do in the morning.

| What goes wrong | Portal | State | Proof | Sends | Task |
|---|---|---|---|---|---|
"""


def write_page() -> str:
    """The whole page."""
    return _HEAD + "".join(line for case in CASES for line in _lines(case))


def _lines(case: Case) -> Iterator[str]:
    """One line for all portals that end alike."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for slug in case.slugs:
        end = case.at(slug)
        alike.setdefault((end.state, end.proof, str(end.sends), end.task or "-"), []).append(slug)
    for ends, slugs in alike.items():
        portal = "each" if len(slugs) == len(SITES) else ", ".join(slugs)
        yield f"| {' | '.join((case.words, portal, *ends))} |\n"

"""A portal without a browser: everything above the page is payerbot's own, so that thousands of claims, and kills
at every moment, take minutes.

`FakePortal` is the payer's side, a small server that counts each request at its socket; `FakeAdapter` and
`FakeDesk` are ours. What stands between them, from the queue to the guard, is what runs in an office.
"""

from bot.testing.adapter import FakeAdapter
from bot.testing.desk import FakeDesk
from bot.testing.plan import Step
from bot.testing.portal import FakePortal

__all__ = ["FakeAdapter", "FakeDesk", "FakePortal", "Step"]

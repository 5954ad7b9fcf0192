"""What tests of adapters and of the core are made with, in this project or outside.

For an adapter: `bot.testing.case.AdapterCase`, which needs pytest, with a mock portal. `PagePortal` plays one from
a folder of pages; `Lie` names how it may mislead; `visit` is a claim to send.

For everything above the page, a portal without a browser: thousands of claims, and kills at every moment, take
minutes. `FakePortal` is the payer's side, a small server that counts each request at its socket; `FakeAdapter` and
`FakeDesk` are ours. What stands between them, from the queue to the guard, is what runs in an office.
"""

from bot.testing.adapter import FakeAdapter
from bot.testing.desk import FakeDesk
from bot.testing.pages import Lie, MockPortal, PagePortal
from bot.testing.plan import Step
from bot.testing.portal import FakePortal
from bot.testing.sample import PortalUser, visit

__all__ = [
    "FakeAdapter",
    "FakeDesk",
    "FakePortal",
    "Lie",
    "MockPortal",
    "PagePortal",
    "PortalUser",
    "Step",
    "visit",
]

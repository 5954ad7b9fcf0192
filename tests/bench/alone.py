"""The same adapters with nothing around them: no ledger, no guard, no read-back, no evidence, no second witness.

What the promises cost is what payerbot takes longer than this.
"""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

from playwright.async_api import Page, StorageState

from bot.claims.model import Claim
from bot.portal import form
from bot.portal.adapter import Adapter, FormPage, Kind, press
from bot.portal.drift import Change
from bot.portal.reading import Reading, await_shown
from bot.portal.session import Session, SignIns
from tests.office import TestOffice


class Blind(form.Form):
    """Fills, and looks at nothing that it filled."""

    async def check_again(self) -> None:
        """Trusts."""

    async def inspect(self, *_: object) -> tuple[list[Change], Reading]:
        """Trusts."""
        return [], Reading((), {}, {})

    def _compare(self, *_: object) -> None:
        """Trusts."""

    def _compare_table(self, *_: object) -> None:
        """Trusts."""

    async def _look_up(self, button: str, form_page: FormPage) -> None:
        labels = [field.label for field in form_page.fields if field.kind is Kind.SHOWN]
        await press(self.page, button)
        await await_shown(self.page, labels)


class Unasked(SignIns):
    """Signs in without noting it anywhere."""

    async def arm(self) -> None:
        """Notes nothing."""

    async def ended(self, *, worked: bool) -> None:
        """Notes nothing."""

    async def take_step(self, step: int) -> bool:
        """Any code will do."""
        return True

    async def saved(self) -> None:
        """Nobody has signed in by hand."""

    async def keep(self, state: StorageState) -> None:
        """Keeps nothing."""

    async def forget(self) -> None:
        """There is nothing to forget."""


async def submit(one: TestOffice, some: Sequence[Claim]) -> None:
    """Enter and send these claims."""
    payer, [login] = one.payer, one.payer.logins
    with patch.object(form, "read", _nothing):
        async with (
            one.workshop.desk() as desk,
            desk.session(payer.adapter, login.credentials, login.npis, Unasked(), one.clock) as session,
        ):
            for claim in some:
                await _send(session, payer.adapter, claim)


async def _send(session: Session, adapter: Adapter, claim: Claim) -> None:
    filled = Blind(session.page, adapter, claim)

    async def fill() -> None:
        await adapter.open_form(session.page)
        await filled.enter([*filled.safe, *filled.armed], _unarmed)
        await adapter.ready_to_send(session.page)

    await session.persist(fill)
    session.guarded = True  # nobody minds what leaves
    await adapter.send(session.page)
    await adapter.read_receipt(session.page)
    session.guarded = False


async def _unarmed(stage: str) -> None:
    """Stages leave as they come."""


async def _nothing(page: Page) -> Reading:
    return Reading((), {}, {})

"""openIMIS: a claim is saved, then submitted from the list of those saved; a journal tells what came of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar

from playwright.async_api import ElementHandle, Page

from bot.portal import (
    USUAL,
    Field,
    FoundClaim,
    Limits,
    Passing,
    PortalProblem,
    Receipt,
    SentAs,
    SignInForm,
    Status,
    Trouble,
    Unexpected,
    await_control,
    dmy,
    money,
    nodot,
    reach,
    read,
    shown,
)  # fmt: skip
from payers.openimis import screens
from payers.openimis.form import Office, entered_services, form
from payers.openimis.saving import Saves


class OpenImis(Saves):
    """An insurer's openIMIS."""

    slug = "openimis"
    name = "openIMIS"
    asks_office = Office
    limits = Limits(lines=50, diagnoses=5)
    draws_account = 8
    control_number = r"[A-Z2-7]{8}|(?=.*\d)\S{2,8}"  # one that is drawn, or a person's
    home = re.compile("^Welcome ")
    sign_in_form = SignInForm("Username", "Password", "Log In")
    echoes: tuple[Field, ...] = (
        shown("Claim No.", "account"),
        shown("Insurance No.", "subscriber.member_id", sensitive=True),
        shown("Visit Date From", "service_from", dmy),
        shown("Claimed", "charge", money),
        shown("Diagnoses", lambda claim, _: " ".join(map(nodot, claim.diagnoses)), sensitive=True),
    )
    identity = frozenset({"Claim No.", "Insurance No."})
    words: ClassVar[Mapping[str, Status]] = {
        "rejected": Status.DENIED,
        "checked": Status.PENDING,
        "processed": Status.PENDING,
        "valuated": Status.FINALIZED,
    }
    unexpected = (
        *USUAL,
        Unexpected(Trouble.SESSION_LOST, "Session Expired"),
    )
    not_asked: ClassVar[Mapping[str, str]] = {
        "line.rendering": "the insurer pays facilities, whoever works there",
        "line.description": "it stands in the line's explanation",
    }

    def __init__(self, url: str, options: Mapping[str, object] | None = None) -> None:
        super().__init__(url, options)
        assert isinstance(self.options, Office)
        self.office = self.options
        self.pages = (form(self.office),)
        self.echoes = (*type(self).echoes, entered_services(self.office))

    async def provider_shown(self, page: Page) -> str:
        """The facility comes with the claim administrator, who is chosen above the list of claims."""
        await screens.load(page, self)
        await screens.choose_administrator(page, self, self.office.claim_administrator)
        return self.office.npi_of((await read(page)).shown("Health Facility") or "")

    async def open_form(self, page: Page) -> None:
        """From the list, which hands its administrator and facility on to the form."""
        await screens.choose_administrator(page, self, self.office.claim_administrator)
        await screens.round_button(page).press("Enter")
        await await_control(page, "Service 1")  # the facility's prices come last

    async def problems(self, page: Page) -> Sequence[PortalProblem]:
        """What a box shows instead of a name."""
        unknown = (await read(page)).shown("Name") == "Not Found"
        return [PortalProblem("Insurance No.", "Not Found")] if unknown else []

    async def operate(self, page: Page, field: Field, control: ElementHandle, value: str) -> None:
        """Dates are picked from a calendar, the type of a visit from a list."""
        if field.convert is dmy:
            await screens.pick_day(page, control, value)
        elif await control.input_value() != value:
            await screens.choose_in(page, field.label, self.office.visit_type)

    async def read_receipt(self, page: Page) -> Receipt:
        """The claim itself, once the journal has settled: a submitted one is no longer entered only."""
        number = (await read(page)).shown("Claim No.") or ""
        await reach(page, self, screens.entry(page, f"Submit claim {number}"))
        row = await screens.search(page, self, number)
        if row is None or row["Status"] == screens.ENTERED:
            raise Passing(f"{self.name} does not show the claim as submitted.")
        return Receipt(number, shown=await screens.opened(page, self, number), words=row["Status"])

    async def find_claims(
        self, page: Page, sought: SentAs, service_from: date, service_to: date
    ) -> Sequence[FoundClaim]:
        """By its number, which no other claim has; one that is entered only is not with the payer."""
        row = await screens.search(page, self, sought.account)
        if row is None or row["Status"] == screens.ENTERED:
            return []
        return [screens.found(row, await screens.opened(page, self, sought.account), self.office.ours)]

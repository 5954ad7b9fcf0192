"""Fills a portal's form from a claim and reads every field back. Any difference, and nothing is sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import count, groupby
from pathlib import Path

from playwright.async_api import Page

from bot.claims.model import Claim
from bot.errors import FormChanged, NotAsQueued, PortalProblem, PortalRefused
from bot.portal import drift, fit, way
from bot.portal.adapter import Adapter, Field, FormPage, Grid, Kind, Rows, press
from bot.portal.drift import Baseline, Change
from bot.portal.reading import Reading, Table, await_control, await_rows, await_shown, box, fill, read, same

#: Called with a stage's name right before the press that fires it.
Arm = Callable[[str], Awaitable[None]]

#: Seconds after which a page that seems to have changed is looked at again: its scripts may still be building it.
SETTLING = 0.5

#: Controls that one script fills together; the others need a real keyboard or file dialog.
_AT_ONCE = {Kind.TEXT: "text", Kind.SELECT: "select", Kind.RADIO: "radio", Kind.CHECK: "check"}


async def _nothing_leaves(stage: str) -> None:
    raise AssertionError(f"the stage {stage} fires on a page declared safe")


class Form:
    """One claim being entered into one portal's form."""

    def __init__(self, page: Page, adapter: Adapter, claim: Claim, baseline: Baseline | None = None) -> None:
        self.page = page
        self.adapter = adapter
        self.claim = claim
        self.baseline = baseline or Baseline()
        #: The files given to the page, which the next stage carries.
        self.attached: list[Path] = []
        self._pages = fit.pages(adapter, claim)
        first = next((at for at, page_ in enumerate(self._pages) if self._fires(page_)), len(self._pages))
        #: Pages before, and from, the first that leaves something at the payer.
        self.safe, self.armed = self._pages[:first], self._pages[first:]
        self._prepared: FormPage | None = None

    async def enter(self, pages: Sequence[FormPage], arm: Arm = _nothing_leaves) -> None:
        """Fill pages one after the other, each read back before it is left."""
        for form_page in pages:
            if form_page is not self._prepared:
                await way.reach(self.page, self.adapter, way.heading(self.page, form_page.title))
                await self._enter_page(form_page, arm)
            await way.clear(self.page, self.adapter)  # modals come late
            if form_page.next is not None:
                if form_page.stage:
                    await arm(form_page.stage)
                await self.adapter.leave(self.page, form_page)

    async def prepare(self) -> None:
        """Fill the first page that leaves something at the payer, if only leaving that page does."""
        if self.armed and not any(rows.stage for rows in self.armed[0].rows):
            first = self.armed[0]
            await way.reach(self.page, self.adapter, way.heading(self.page, first.title))
            await self._enter_page(first, _nothing_leaves)
            self._prepared = first

    def take_attached(self) -> list[Path]:
        """The files given to the page since this was last asked."""
        taken, self.attached = self.attached, []
        return taken

    async def check_again(self) -> None:
        """Whatever is still in the document of the pages filled must still hold: scripts run late."""
        reading = await read(self.page)
        for form_page in self._pages:
            for field in form_page.fields:
                control = next(
                    (c for c in reading.controls if (c.label, c.section) == (field.label, form_page.title)), None
                )
                wanted = fit.expected(field, self.claim)
                if control and wanted is not None and field.kind is not Kind.FILE and not control.holds(wanted):
                    raise NotAsQueued(_differs(field, wanted, control.text))

    def _fires(self, form_page: FormPage) -> bool:
        return form_page.stage is not None or any(
            rows.stage is not None and fit.items(self.claim, rows.each) for rows in form_page.rows
        )

    async def inspect(self, form_page: FormPage) -> tuple[list[Change], Reading]:
        """What has changed on the page that is open, and the page; one without changes is remembered."""
        reading = await read(self.page, choices=True)
        changes = drift.compare(self.adapter, form_page, reading, self.baseline)
        if changes:
            await asyncio.sleep(SETTLING)
            reading = await read(self.page, choices=True)
            changes = drift.compare(self.adapter, form_page, reading, self.baseline)
        if not changes:
            self.baseline.learn(form_page, reading)
        return changes, reading

    async def _enter_page(self, form_page: FormPage, arm: Arm) -> None:
        changes, _ = await self.inspect(form_page)
        if changes:
            raise FormChanged(drift.told(self.adapter, changes))
        await self.fill_page(form_page, arm)

    async def fill_page(self, form_page: FormPage, arm: Arm = _nothing_leaves) -> None:
        """Fill a page that is open and read it back."""
        await self._fill(form_page.fields, form_page)
        if form_page.fields:
            self._compare(form_page.fields, form_page, await read(self.page))
        for rows in form_page.rows:
            await self._enter_rows(rows, form_page, arm)
        for grid in form_page.grids:
            await self._enter_grid(grid, form_page)

    async def _enter_rows(self, rows: Rows, form_page: FormPage, arm: Arm) -> None:
        items = fit.items(self.claim, rows.each)
        if rows.add is not None:
            if left := await self._count(rows.table):
                raise NotAsQueued(
                    f"The portal's form opened with {left} rows in '{rows.table}' that are not this claim's."
                )
            for number, item in enumerate(items, start=1):
                await self._fill(rows.fields, form_page, item)
                self._compare(rows.fields, form_page, await read(self.page), item)
                if rows.stage:
                    await arm(rows.stage)
                await press(self.page, rows.add)
                await await_rows(self.page, rows.table, number)
                await self._heed_complaints()
        if not items and rows.add is not None:
            return
        self._compare_table(rows, items, (await read(self.page)).tables.get(rows.table))

    async def _fill(self, fields: Sequence[Field], form_page: FormPage, item: object = None) -> None:
        wanted = [
            (field, value)
            for field in fields
            if field.kind is not Kind.SHOWN and (value := fit.expected(field, self.claim, item)) is not None
        ]
        for together, some in groupby(wanted, key=lambda entry: entry[0].kind in _AT_ONCE):
            if together:
                await self._fill_at_once(list(some), form_page)
                continue
            for field, value in some:
                await self._fill_by_hand(field, value, form_page)

    async def _fill_at_once(self, wanted: list[tuple[Field, str]], form_page: FormPage) -> None:
        batch: list[tuple[str, str, str, str]] = []
        for field, value in wanted:
            batch.append((form_page.title, field.label, _AT_ONCE[field.kind], value))
            if field.then is not None:
                await self._send_batch(batch, form_page)
                batch = []
                await self._look_up(field.then, form_page)
        if batch:
            await self._send_batch(batch, form_page)

    async def _send_batch(self, batch: list[tuple[str, str, str, str]], form_page: FormPage) -> None:
        if missed := await fill(self.page, batch):
            raise FormChanged(
                f"{self.adapter.name}'s page '{form_page.title}' has no field '{missed[0]}', or not the choice "
                "this claim needs in it."
            )

    async def _look_up(self, button: str, form_page: FormPage) -> None:
        """Press a look-up button and wait for what it shows, or for the portal's complaint."""
        labels = [field.label for field in form_page.fields if field.kind is Kind.SHOWN]
        if button:
            await press(self.page, button)
        await await_shown(self.page, labels)
        await self._heed_complaints()
        reading = await read(self.page)
        if not all(reading.shown(label, form_page.title) for label in labels):
            raise PortalRefused([PortalProblem(button, " ".join(await way.notices(self.page)))])

    async def _fill_by_hand(self, field: Field, value: str, form_page: FormPage) -> None:
        control = await box(self.page, field.label, form_page.title)
        match field.kind:
            case Kind.OWN:
                await self.adapter.operate(self.page, field, control, value)
            case Kind.FILE:
                self.attached.append(Path(value))
                await control.set_input_files(value)
            case Kind.PICK:
                await control.fill("")
                await control.type(value)
                # the code itself, not a longer one that begins like it
                option = self.page.get_by_role("option").filter(
                    has_text=re.compile(rf"^\s*{re.escape(value)}\b(?!\.)")
                )
                await option.filter(visible=True).first.click()
            case _:
                await control.fill("")
                await control.type(value)

    def _compare(
        self, fields: Sequence[Field], form_page: FormPage, reading: Reading, item: object = None
    ) -> None:
        """Everything typed must be there, everything shown must be ours, what we leave empty must be empty."""
        for field in fields:
            wanted = fit.expected(field, self.claim, item)
            control = reading.control(field.label, form_page.title)
            if field.kind is Kind.SHOWN:
                if wanted is None:
                    continue
                found = reading.shown(field.label, form_page.title)
                if found is None:
                    raise FormChanged(
                        f"{self.adapter.name}'s page '{form_page.title}' does not show '{field.label}'."
                    )
                if not same(wanted, found):
                    raise NotAsQueued(_differs(field, wanted, found))
            elif wanted is None:
                if (
                    control
                    and field.kind in (Kind.TEXT, Kind.TYPED, Kind.PICK)
                    and control.value
                    and not control.fixed
                ):
                    raise NotAsQueued(f"'{field.label}' holds something that is not this claim's.")
            elif control is None:
                raise FormChanged(f"{self.adapter.name}'s page '{form_page.title}' has no field '{field.label}'.")
            elif field.kind is Kind.FILE:
                if control.value != Path(wanted).name:
                    raise NotAsQueued(f"'{field.label}' did not take the file.")
            elif field.kind is Kind.PICK:
                if not control.value.startswith(wanted):
                    raise NotAsQueued(_differs(field, wanted, control.value))
            elif not control.holds(wanted):
                raise NotAsQueued(_differs(field, wanted, control.text))

    def _compare_table(self, rows: Rows, items: Sequence[object], table: Table | None) -> None:
        if table is None:
            raise FormChanged(f"{self.adapter.name}'s portal shows no table '{rows.table}'.")
        if len(table.rows) != len(items):
            raise NotAsQueued(
                f"The portal counts {len(table.rows)} in '{rows.table}', the claim has {len(items)}."
            )
        if missing := {column.label for column in rows.columns} - set(table.headers):
            raise FormChanged(f"The table '{rows.table}' has no column '{min(missing)}'.")
        for item, row in zip(items, table.records(), strict=True):
            for column in rows.columns:
                wanted = fit.expected(column, self.claim, item) or ""
                if not same(wanted, row[column.label]):
                    raise NotAsQueued(_differs(column, wanted, row[column.label]))

    async def _enter_grid(self, grid: Grid, form_page: FormPage) -> None:
        items = fit.items(self.claim, grid.each)
        while grid.more and (rows := self._rows_of(grid, await read(self.page))) < len(items):
            await press(self.page, grid.more)
            await await_control(self.page, grid.row(rows + 1)[0].label)
        for number, item in enumerate(items, start=1):
            await await_control(self.page, grid.row(number)[0].label)
            await self._fill(grid.row(number), form_page, item)
        reading = await read(self.page)
        for number, item in enumerate(items, start=1):
            self._compare(grid.row(number), form_page, reading, item)
        for number in range(len(items) + 1, self._rows_of(grid, reading) + 1):
            empty = [replace(field, source=_nothing) for field in grid.row(number)]
            self._compare(empty, form_page, reading)

    @staticmethod
    def _rows_of(grid: Grid, reading: Reading) -> int:
        """How many rows a grid shows."""
        return next(number for number in count() if reading.control(grid.row(number + 1)[0].label) is None)

    async def _count(self, caption: str) -> int:
        table = (await read(self.page)).tables.get(caption)
        return len(table.rows) if table else 0

    async def _heed_complaints(self) -> None:
        if problems := await way.complaints(self.page, self.adapter):
            raise PortalRefused(problems)


def _nothing(claim: Claim, item: object) -> None:
    """What a field of a row holds that no item is for."""


def _differs(field: Field, wanted: str, found: str) -> str:
    """One sentence about a difference, without the values of a sensitive field."""
    if len(found) < len(wanted) and wanted.startswith(found):
        return f"'{field.label}' kept only {len(found)} of {len(wanted)} characters."
    if field.sensitive:
        return f"'{field.label}' is not as it was queued."
    return f"'{field.label}' shows '{found}', queued was '{wanted}'."

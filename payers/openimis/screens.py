"""openIMIS's screens: the list of claims, one claim opened, the journal of what was asked, the calendar.

The pages load once, with the journal of what was asked before: a claim of which something is pending there is left
alone. From then on everything goes by the menu: loading one anew asks for things that no guard lets pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from playwright.async_api import ElementHandle, Locator, Page

from bot.portal import (
    Adapter,
    FoundClaim,
    FoundLine,
    SessionLost,
    await_shown,
    box,
    heading,
    reach,
    read,
    read_dmy,
    read_money,
)  # fmt: skip
from payers.openimis.form import DIAGNOSES, services
from payers.openimis.reasons import REASONS

ENTERED, VALUATED = "Entered", "Valuated"
#: Of a line.
REFUSED = "Rejected"
_FOUND = re.compile(r"^\d+ Claims Found")
#: What a page that is loaded asks for, once.
_JOURNAL = "mutationLogs(first"
_SELECTED = "Selected 1 claim(s)"


async def load(page: Page, adapter: Adapter) -> None:
    """Load the pages, with what the journal has from before. Raises `SessionLost` when nobody is signed in."""
    sign_in = page.get_by_role("button", name=adapter.sign_in_form.press)
    async with page.expect_response(lambda answer: _JOURNAL in (answer.request.post_data or "")):
        await page.goto(adapter.url)
        await reach(page, adapter, _menu(page).or_(sign_in))
        if await sign_in.count():
            raise SessionLost(f"{adapter.name} asks us to sign in.")


def _menu(page: Page) -> Locator:
    return page.get_by_role("banner").get_by_role("button", name="Claims")


async def open_list(page: Page, adapter: Adapter) -> None:
    """Open the list of the facility's claims. Raises `SessionLost` when nobody is signed in."""
    menu = _menu(page)
    if not await menu.count():
        await load(page, adapter)
    await menu.click()
    await page.get_by_role("menuitem", name="Health Facility Claims").click()
    await reach(page, adapter, page.get_by_text(_FOUND))


async def choose_administrator(page: Page, adapter: Adapter, who: str) -> None:
    """Choose the claim administrator above the list; their facility comes with them."""
    await open_list(page, adapter)
    chooser = await box(page, "Claim Administrator")
    await chooser.fill(who)
    option = page.get_by_role("option", name=who, exact=True)
    await reach(page, adapter, option)
    await option.click()
    await await_shown(page, ["Health Facility"])


async def search(page: Page, adapter: Adapter, number: str) -> Mapping[str, str] | None:
    """The list's row of the claim with this number, whatever its status and whoever entered it; None when there is
    none.

    Raises `Passing` while the portal still works on what it was asked before: the list may be stale.
    """
    await open_list(page, adapter)
    await settled(page, number)
    status = await box(page, "Claim Status")
    if await status.input_value():  # it opens with those that were not submitted
        await _buttons_beside(page, "Claim Status").last.click()  # the cross
    await (await box(page, "Claim Administrator")).fill("")
    await (await box(page, "Claim No.")).fill(number)
    asked = re.compile(rf'code_Icontains:\s*\\"{re.escape(number)}\\"')
    async with page.expect_response(lambda answer: asked.search(answer.request.post_data or "") is not None):
        await page.get_by_role("main").get_by_role("button", name="Search", exact=True).click()
    await reach(page, adapter, page.get_by_text(_FOUND))  # "Loading" stands there until the answer does
    rows = (await read(page)).tables[""].records()
    return next((row for row in rows if row["Claim No."] == number), None)


def row_of(page: Page, number: str) -> Locator:
    """The row of the claim with exactly this number: the list finds longer ones, too."""
    return (
        page.get_by_role("main").get_by_role("row").filter(has=page.get_by_role("cell", name=number, exact=True))
    )


async def select(page: Page, adapter: Adapter, number: str, choice: str) -> Locator:
    """Select the claim with this number, and no other, in the list that shows it, and open the menu of what may be
    done with it; the choice in that menu, not pressed yet."""
    await row_of(page, number).get_by_role("cell").first.click()
    chosen = page.get_by_text(_SELECTED)
    await reach(page, adapter, chosen)
    await chosen.locator("xpath=following::button[1]").click()  # because: the button with three dots has no name
    item = page.get_by_role("menuitem", name=choice, exact=True)
    await reach(page, adapter, item)
    return item


async def opened(page: Page, adapter: Adapter, number: str) -> dict[str, str]:
    """What the claim itself shows, by label, opened from the list that shows its row."""
    await row_of(page, number).get_by_role("cell").first.dblclick()
    await reach(page, adapter, heading(page, f"Claim {number}"))
    await await_shown(page, ["Claim No.", "Insurance No.", "Claimed", "Service 1"])
    controls = (await read(page)).controls
    shown = {control.label: control.text for control in reversed(controls)}  # the first of a name is the claim's
    why = page.locator("tr:not(:has(tr)):has(input) > td:last-child")  # because: the reasons are text in a cell
    shown |= {f"R {number}": text for number, text in enumerate(await why.all_inner_texts(), start=1)}
    shown["Diagnoses"] = " ".join(code for label in DIAGNOSES if (code := shown[label].partition(" ")[0]))
    shown["Services"] = services(
        (shown[f"Service {n}"].partition(" ")[0], shown[f"Quantity {n}"], shown[f"Price {n}"])
        for n in _numbers(shown)
    )
    return shown


def _numbers(shown: Mapping[str, str]) -> Iterator[int]:
    """The numbers of an opened claim's lines."""
    return (n for n in range(1, len(shown)) if shown.get(f"Service {n}"))


def found(row: Mapping[str, str], claim: Mapping[str, str], codes: Mapping[str, str]) -> FoundClaim:
    """A claim from its row in the list and from what it shows itself; `codes` are ours, by the insurer's.

    Until it is valuated, what is approved may still change. The list has the sum: the opened claim counts every
    line once, whatever its quantity.
    """
    first = read_dmy(claim["Visit Date From"])
    lines = [_line(claim, n, codes, final=row["Status"] == VALUATED) for n in _numbers(claim)]
    return FoundClaim(
        control_number=row["Claim No."],
        account=row["Claim No."],
        member_id=claim["Insurance No."],
        service_from=first,
        service_to=read_dmy(claim["Visit Date To"]) or first,
        charge=read_money(claim["Claimed"]),
        received_at=None,
        words=row["Status"],
        allowed=read_money(row["Approved"]) if row["Status"] == VALUATED else None,
        reasons=tuple(dict.fromkeys(why for line in lines for why in line.reasons)),
        lines=tuple(lines),
    )


def _line(claim: Mapping[str, str], n: int, codes: Mapping[str, str], *, final: bool) -> FoundLine:
    """One line of an opened claim: what was refused of it is not paid, whatever was asked."""
    code = claim[f"Service {n}"].partition(" ")[0]
    refused = claim[f"Status {n}"] == REFUSED
    quantity = Decimal(claim[f"App. Quantity {n}"] or claim[f"Quantity {n}"])
    price = read_money(claim[f"App. Price {n}"] or claim[f"Price {n}"]) or Decimal(0)
    return FoundLine(
        code=codes.get(code, code),
        words=REFUSED if refused else "",
        allowed=(Decimal(0) if refused else quantity * price) if final else None,
        reasons=(REASONS.get(why := claim[f"R {n}"], f"reason {why}"),) if refused else (),
    )


def round_button(page: Page, *, working: bool = False) -> Locator:
    """The one for a new claim, or for saving it."""
    state = ":enabled" if working else ""
    return page.locator(f"button[class*=MuiFab-root]{state}")  # because: there is only an icon on it


def entry(page: Page, label: str) -> Locator:
    """The newest entry of the journal with this label."""
    return page.get_by_role("navigation").get_by_role("listitem").filter(has_text=label).first


async def settled(page: Page, number: str) -> None:
    """Wait until nothing that was asked about this claim, or about several at once, is still being worked on.

    Raises Playwright's `TimeoutError` when that takes too long.
    """
    asked = page.get_by_role("navigation").get_by_role("listitem").filter(has=page.get_by_role("progressbar"))
    ours = asked.filter(has_text=re.compile(rf"{re.escape(number)}|Submitted \d+ claims"))
    await ours.first.wait_for(state="detached")


async def said(page: Page, label: str) -> str:
    """What the journal says of its newest entry with this label."""
    await entry(page, label).locator("svg").first.click()  # because: the entry's sign has no name
    words = page.get_by_role("presentation").filter(has_text=re.compile(r"\S")).first
    found = await words.inner_text()
    await words.click()
    await words.wait_for(state="hidden")
    return " ".join(found.split())


async def choose_in(page: Page, label: str, words: str) -> None:
    """Choose in a select that is a button with a list."""
    await _buttons_beside(page, label).first.click()
    await page.get_by_role("option", name=words, exact=True).click()


def _buttons_beside(page: Page, label: str) -> Locator:
    """The buttons that a select is made of."""
    words = re.compile(rf"^{re.escape(label)}[\s*]*$")
    labelled = page.locator("label", has_text=words)  # because: the label is tied to nothing
    return labelled.locator("xpath=following-sibling::div").get_by_role("button")  # because: they have no name


async def pick_day(page: Page, control: ElementHandle, wanted: str) -> None:
    """Walk to a day (``DD-MM-YYYY``) in the calendar that a date's box opens: arrow keys go a day or a week."""
    await control.click()
    calendar = page.get_by_role("dialog").filter(has=page.get_by_role("heading")).last
    await calendar.get_by_role("button", name="OK").wait_for()
    year, day = await calendar.get_by_role("heading").all_inner_texts()
    at, to = datetime.strptime(f"{day} {year}", "%a, %b %d %Y").date(), read_dmy(wanted)  # noqa: DTZ007
    assert to is not None
    weeks, days = divmod(abs((at - to).days), 7)
    for key, times in (
        ("ArrowUp" if at > to else "ArrowDown", weeks),
        ("ArrowLeft" if at > to else "ArrowRight", days),
    ):
        for _ in range(times):
            await page.keyboard.press(key)
    await calendar.get_by_role("heading", name=f"{to:%a, %b} {to.day}", exact=True).wait_for()
    await calendar.get_by_role("button", name="OK").click()
    await calendar.wait_for(state="detached")

"""One claim entered with Playwright alone, as a script for this one portal would: no code of the bot.

It is what the bot's time is compared with, and it shows what the pages are like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from playwright.async_api import Locator, Page, Response, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from tests.real.openimis.catalogue import User

#: Milliseconds; what Playwright waits for anything else.
_PATIENCE: Final = 30_000
_DIAGNOSES: Final = ("Main Diagnosis", "Sec Dg1", "Sec Dg2", "Sec Dg3", "Sec Dg4")
#: The columns of the list.
_COLUMNS: Final = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One service of a claim."""

    code: str
    quantity: int
    #: Each.
    price: Decimal
    #: Asked for when the quantity is above one.
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim as it is entered."""

    code: str  # at most eight characters
    insuree: str
    #: The day of the visit.
    day: date
    #: The main one first; five at most.
    diagnoses: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A claim as the list shows it."""

    code: str
    facility: str
    insuree: str
    claimed_on: str
    claimed: str
    approved: str
    status: str


async def enter(page: Page, url: str, user: User, claim: Entry) -> Row:
    """Sign in, save the claim, submit it, and look it up: everything that one claim takes."""
    await sign_in(page, url, user)
    return await enter_another(page, claim)


async def enter_another(page: Page, claim: Entry) -> Row:
    """The same for whoever is signed in."""
    await save(page, claim)
    await outcome(page, f"Create Claim - {claim.code}")
    await submit(page, claim.code)
    await outcome(page, f"Submit claim {claim.code}")
    return await look_up(page, claim.code)


async def sign_in(page: Page, url: str, user: User) -> None:
    """From the login page to the home page."""
    await page.goto(f"{url}/front/login")
    form = page.locator("form")  # its labels are not tied to their fields
    await form.locator("input[type=text]").fill(user.name)
    await form.locator("input[type=password]").fill(user.password)
    await form.get_by_role("button", name="Log In").click()
    await page.wait_for_url("**/front/home")


@retry(retry=retry_if_exception_type(PlaywrightTimeout), stop=stop_after_attempt(3), reraise=True)
async def open_list(page: Page) -> None:
    """The list of the facility's claims: those not yet submitted, to begin with.

    On a busy machine the menu sometimes closes without having gone anywhere.
    """
    await page.get_by_role("banner").get_by_role("button", name="Claims").click()
    await page.get_by_role("menuitem", name="Health Facility Claims").click()
    await page.get_by_text(re.compile(r"^\d+ Claims Found")).wait_for(timeout=_PATIENCE / 3)


async def open_form(page: Page) -> None:
    """The form for a new claim. It takes the administrator along from the list, if the list has loaded them."""
    await open_list(page)
    await page.get_by_role("textbox", name="Claim Administrator").click()
    await page.get_by_role("option").first.wait_for()
    await page.keyboard.press("Escape")
    # with the mouse left where this button is, the form's Save has no name
    await page.get_by_title("Create new claim").get_by_role("button").press("Enter")
    await expect(page.get_by_role("textbox", name="Claim Administrator")).not_to_have_value("", timeout=_PATIENCE)


async def save(page: Page, claim: Entry) -> None:
    """Enter a claim and press Save; what comes of it stands in the journal."""
    await fill(page, claim)
    await press_save(page)


async def fill(page: Page, claim: Entry) -> None:
    """A new form with the claim in it."""
    await open_form(page)
    await text(page, "Insurance No.").fill(claim.insuree)
    await _choose_day(page, "Visit Date From", claim.day)
    for label, code in zip(_DIAGNOSES, claim.diagnoses, strict=False):
        await _pick(page, page.get_by_role("textbox", name=label), code)
    await text(page, "Claim No.").fill(claim.code)
    for place, line in enumerate(claim.lines):
        box = page.get_by_placeholder("Search Service").nth(place)
        await _pick(page, box, line.code)
        _, quantity, price, explanation = await box.locator("xpath=ancestor::tr[1]").get_by_role("textbox").all()
        await expect(quantity).to_have_value(
            "1", timeout=_PATIENCE
        )  # set by the choice, with the price of the list
        await quantity.fill(str(line.quantity))
        await price.fill(str(line.price))
        await explanation.fill(line.explanation)


async def press_save(page: Page) -> None:
    """Press Save once it lets itself be pressed."""
    button = page.get_by_title("Save").get_by_role("button")
    await expect(button).to_be_enabled(timeout=_PATIENCE)
    await button.click()


async def outcome(page: Page, label: str) -> str:
    """What the journal says of the newest entry with this label, once it is settled."""
    entry = page.get_by_role("navigation").get_by_role("listitem").filter(has_text=label).first
    await entry.wait_for()
    await expect(entry.get_by_role("progressbar")).to_have_count(0, timeout=_PATIENCE)
    await entry.locator("svg").first.click()
    popover = page.get_by_role("presentation").filter(has_text=re.compile(r"\S"))
    said = await popover.inner_text()
    await popover.click()
    await popover.wait_for(state="hidden")
    return said


async def submit(page: Page, code: str) -> None:
    """Select a saved claim in the list and submit it, and no other."""
    await open_list(page)
    await _search(page, code)
    await _row(page, code).get_by_role("cell").first.click()
    selected = page.get_by_text("Selected 1 claim(s)")
    await selected.wait_for()
    await selected.locator("xpath=following::button[1]").click()
    await page.get_by_role("menuitem", name="Submit Selected").click()


async def look_up(page: Page, code: str) -> Row:
    """The claim as the list shows it, whatever its status."""
    await open_list(page)
    status = page.locator("label", has_text=re.compile(r"^Claim Status$")).locator("xpath=following-sibling::div")
    if await status.get_by_role("button").count() == 2:
        await status.get_by_role("button").last.click()
    await _search(page, code)
    cells = await _row(page, code).get_by_role("cell").all()
    assert len(cells) == _COLUMNS
    text = [(await cell.inner_text()).strip() for cell in cells]
    return Row(
        code=text[0],
        facility=text[1],
        insuree=await cells[2].get_by_role("textbox").input_value(),
        claimed_on=text[3],
        claimed=text[7],
        approved=text[8],
        status=text[9],
    )


async def _search(page: Page, code: str) -> None:
    """Search for claims whose number has this in it; both what is typed and the press count a moment later."""
    await text(page, "Claim No.").fill(code)

    def is_ours(response: Response) -> bool:
        return f'code_Icontains: \\"{code}\\"' in (response.request.post_data or "")

    async with page.expect_response(is_ours):
        await page.get_by_role("main").get_by_role("button", name="Search", exact=True).click()
    await _row(page, code).wait_for()


def _row(page: Page, code: str) -> Locator:
    cell = page.get_by_role("cell", name=code, exact=True)
    return page.get_by_role("main").get_by_role("row").filter(has=cell)


def text(page: Page, label: str) -> Locator:
    """The field under this label: the two are beside each other, but not tied.

    The first of its name: the panel of the insuree's last visit has fields of the same names further down.
    """
    named = page.get_by_role("main").locator("label", has_text=re.compile(rf"^{re.escape(label)}[\s*]*$"))
    return named.first.locator("xpath=following-sibling::div").get_by_role("textbox")


async def _pick(page: Page, box: Locator, code: str) -> None:
    """Type a code and choose it: options read code, space, name."""
    await box.fill(code)
    await page.get_by_role("option").filter(has_text=re.compile(rf"^{code} ")).click()


async def _choose_day(page: Page, label: str, day: date) -> None:
    """Walk to a day in the calendar: it cannot be typed, and the arrow keys go a day or a week back."""
    field = text(page, label)
    shown = date(*(int(part) for part in reversed((await field.input_value()).split("-"))))
    weeks, days = divmod((shown - day).days, 7)
    await field.click()
    calendar = page.get_by_role("dialog").filter(has=page.get_by_role("heading")).last
    await calendar.get_by_role("button", name="OK").wait_for()
    for key, times in (("ArrowUp", weeks), ("ArrowLeft", days)):
        for _ in range(times):
            await page.keyboard.press(key)
    await calendar.get_by_role("heading", name=f"{day:%a, %b} {day.day}").wait_for()
    await calendar.get_by_role("button", name="OK").click()
    await expect(field).to_have_value(f"{day:%d-%m-%Y}", timeout=_PATIENCE)

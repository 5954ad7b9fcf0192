"""What may stand in the way on a portal: bulletins, surveys, lost sessions, maintenance, captchas."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import TYPE_CHECKING, Final

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Locator, Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from bot.errors import FormChanged, Passing, PersonNeeded, PortalProblem, PortalRefused, SessionLost
from bot.portal.reading import is_broken, read

if TYPE_CHECKING:
    from bot.portal.adapter import Adapter

#: How many pages a portal may put in the way of one step before we give up.
PATIENCE = 5
#: Milliseconds after which we look whether an error page stands where something is awaited.
SUSPICION = 200


class Trouble(StrEnum):
    """What an unexpected page is."""

    SESSION_LOST = "session lost"
    UNAVAILABLE = "unavailable"
    CAPTCHA = "captcha"
    TERMS = "terms"
    LOCKED = "locked"
    #: A bulletin, survey or modal that the core may put away by its own button.
    IN_THE_WAY = "in the way"


@dataclass(frozen=True, slots=True)
class Unexpected:
    """How a page that is not part of the form is recognised, and put away if that is allowed."""

    trouble: Trouble
    #: Text that is visible when it is there.
    text: str
    #: Labels to press, in order, to put it away.
    press: tuple[str, ...] = ()


#: What many portals put in the way, in the words many of them use; an adapter adds its own.
USUAL: Final = (
    Unexpected(Trouble.SESSION_LOST, "Your session has ended. Please sign in again."),
    Unexpected(Trouble.UNAVAILABLE, "Scheduled maintenance"),
    Unexpected(Trouble.CAPTCHA, "Please show us that you are a person."),
    Unexpected(Trouble.TERMS, "Our terms of use have changed"),
    Unexpected(Trouble.LOCKED, "Account locked"),
    Unexpected(Trouble.IN_THE_WAY, "How are we doing?", ("No thanks",)),
    Unexpected(Trouble.IN_THE_WAY, "New: paperless remittances", ("Close",)),
    Unexpected(Trouble.IN_THE_WAY, "Provider bulletin", ("I have read this bulletin", "Continue")),
)


async def press(page: Page, label: str) -> None:
    """Press the visible button or link of that name."""
    await target(page, label).click()


def target(place: Page | Locator, label: str) -> Locator:
    """The one visible button, link or tab of that name."""
    button = place.get_by_role("button", name=label, exact=True)
    link, tab = place.get_by_role("link", name=label, exact=True), place.get_by_role("tab", name=label, exact=True)
    return button.or_(link).or_(tab).filter(visible=True)


def heading(page: Page, title: str) -> Locator:
    """The heading that tells which page this is."""
    return page.get_by_role("heading", name=title, exact=True)


async def records(page: Page, adapter: Adapter, caption: str, empty: str) -> list[Mapping[str, str]]:
    """The rows of a result table, each as header → cell; none when the portal says it found nothing."""
    table = page.get_by_role("table", name=caption, exact=True)
    await reach(page, adapter, table.or_(page.get_by_text(empty, exact=True)))
    found = (await read(page)).tables.get(caption)
    return list(found.records()) if found else []


async def reach(page: Page, adapter: Adapter, goal: Locator) -> None:
    """Wait until the goal is visible; put away what may be put away.

    Raises `SessionLost`, `Passing` or `PersonNeeded` for what may not, `PortalRefused` for the portal's own
    complaints.
    """
    signs = reduce(Locator.or_, (page.get_by_text(unexpected.text) for unexpected in adapter.unexpected), goal)
    signs = signs.or_(page.get_by_role("alert"))
    for _ in range(PATIENCE):
        try:
            await _wait_for(page, signs.filter(visible=True).first)
        except PlaywrightTimeout:
            raise await _unanswered(page, adapter) from None
        await clear(page, adapter)
        if await goal.filter(visible=True).count():
            return
        if problems := await complaints(page, adapter):
            raise PortalRefused(problems)
    raise Passing(f"{adapter.name}'s portal did not go on.")


async def _wait_for(page: Page, sign: Locator) -> None:
    """Wait as long as a step may take, but not before an error page."""
    with suppress(PlaywrightTimeout):
        await sign.wait_for(timeout=SUSPICION)
        return
    if not await is_broken(page):
        await sign.wait_for()
        return
    raise PlaywrightTimeout("the page will not show what was awaited")


async def _unanswered(page: Page, adapter: Adapter) -> Passing:
    """Why nothing came, as far as the page tells."""
    how = "answered with an error" if await is_broken(page) else "did not answer in time"
    return Passing(f"{adapter.name}'s portal {how}.")


async def clear(page: Page, adapter: Adapter) -> None:
    """Put away what is in the way, or raise what it means."""
    texts = [page.get_by_text(unexpected.text) for unexpected in adapter.unexpected]
    if not texts or not await reduce(Locator.or_, texts).filter(visible=True).count():
        return
    for unexpected in adapter.unexpected:
        if not await page.get_by_text(unexpected.text).filter(visible=True).count():
            continue
        match unexpected.trouble:
            case Trouble.IN_THE_WAY:
                for label in unexpected.press:
                    await _press(page, label)
            case Trouble.SESSION_LOST:
                raise SessionLost(f"{adapter.name}'s portal signed us out.")
            case Trouble.UNAVAILABLE:
                raise Passing(f"{adapter.name}'s portal is not available: '{unexpected.text}'.")
            case Trouble.CAPTCHA | Trouble.TERMS | Trouble.LOCKED:
                raise PersonNeeded(f"{adapter.name}'s portal waits for a person: '{unexpected.text}'.")


async def complaints(page: Page, adapter: Adapter) -> list[PortalProblem]:
    """What the portal complains about: its field errors, else the words of its alert."""
    found = list(await adapter.problems(page))
    if not found:
        alerts = page.get_by_role("alert").filter(visible=True)
        found = [
            PortalProblem("", " ".join(words.split())) for words in await alerts.all_inner_texts() if words.strip()
        ]
    return found


async def notices(page: Page) -> list[str]:
    """What the portal says in passing: the words of its visible status lines."""
    said = await page.get_by_role("status").filter(visible=True).all_inner_texts()
    return [" ".join(words.split()) for words in said if words.strip()]


async def _press(page: Page, label: str) -> None:
    """Press a button, link or box of that name, in the dialog if there is one: what lies under it may have its
    twin."""
    dialog = page.get_by_role("dialog").filter(visible=True)
    place = dialog.last if await dialog.count() else page
    box = place.get_by_role("checkbox", name=label, exact=True).filter(visible=True)
    if await box.count():
        await box.first.check()
    else:
        await target(place, label).first.click()


@asynccontextmanager
async def explained(page: Page, adapter: Adapter) -> AsyncIterator[None]:
    """Turn the browser's errors into ours: look why nothing came, and say so."""
    try:
        yield
    except PlaywrightTimeout:
        await clear(page, adapter)
        raise await _unanswered(page, adapter) from None
    except KeyError as error:
        raise FormChanged(f"{adapter.name}'s page does not show {error} any more.") from None
    except PlaywrightError as error:
        if "strict mode violation" in error.message:
            raise FormChanged(f"{adapter.name}'s page has two of something there used to be one of.") from None
        raise Passing(f"{adapter.name}'s portal could not be reached.") from None

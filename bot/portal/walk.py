"""A portal's form walked from its first page to one press before the first stage, with the door shut: every page
is compared, whatever the one before it showed, and what cannot be seen is said with the reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.claims.model import Claim
from bot.claims.vocabulary import Status
from bot.errors import FormChanged, LoginStopped, NotAsQueued, PayerHasIt, PortalError, PortalRefused, SessionLost
from bot.portal import drift, fit, way
from bot.portal.adapter import Adapter, Field, FormPage, SavingAdapter, target
from bot.portal.drift import Change, What
from bot.portal.form import Form
from bot.portal.reading import Reading
from bot.portal.session import Session
from bot.portal.submission import shut


@dataclass(frozen=True, slots=True)
class Unseen:
    """What could not be looked at."""

    #: A page by its title, or what else it is.
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What a walk saw."""

    changes: tuple[Change, ...]
    #: Titles of the pages that were compared.
    seen: tuple[str, ...]
    unseen: tuple[Unseen, ...]


async def walk(session: Session, claim: Claim, *, accept: bool = False) -> Sight:
    """Walk the form as far as it goes, filled with this claim, and look at the claim search. Nothing is left at
    the payer: every stage is stopped at the door. Pages without changes become the session's baseline; with
    `accept`, those that only the baseline knew otherwise, too.

    Raises `Passing` when the portal keeps us from it, `LoginStopped` when the login needs a person.
    """

    async def once() -> Sight:
        return await _Walk(session, claim, accept).go()

    async with shut(session):
        return await session.persist(once)


class _Walk:
    def __init__(self, session: Session, claim: Claim, accept: bool) -> None:
        self.page = session.page
        self.adapter: Adapter = session.adapter
        self.claim = claim
        self.form = Form(session.page, session.adapter, claim, session.baseline)
        self.changes: list[Change] = []
        self.accept = accept
        self.seen: list[str] = []
        self.unseen: list[Unseen] = []
        #: Fields of pages that their declaration does not name, with the page.
        self._strangers: dict[str, str] = {}
        #: The portal's last complaint about what was filled in.
        self._complaint = ""

    async def go(self) -> Sight:
        """The form, then the search."""
        await self.adapter.open_form(self.page)
        pages = fit.pages(self.adapter, self.claim)
        for at, form_page in enumerate(pages):
            why, also = await self._look_at(form_page)
            if why:
                left = pages[at if also else at + 1 :]
                self.unseen += [Unseen(f"page '{one.title}'", why) for one in left]
                self.unseen.append(Unseen(f"button '{self.adapter.sends}'", why))
                break
        else:
            await self._look_at_button(pages[-1])
        others = [page for page in self.adapter.pages if page not in pages]
        self.unseen += [
            Unseen(f"page '{one.title}'", "a claim like the one tried does not meet it") for one in others
        ]
        await self._look_at_search()
        self.unseen.append(Unseen("the receipt", "only a claim that is sent shows it"))
        return Sight(tuple(map(self._resolved, self.changes)), tuple(self.seen), tuple(self.unseen))

    async def _look_at(self, form_page: FormPage) -> tuple[str, bool]:
        """Compare a page, fill it and leave it. Why the walk ends there, if it does, and whether the page itself
        was not seen."""
        title = way.heading(self.page, form_page.title)
        if why := await self._tried(lambda: way.reach(self.page, self.adapter, title)):
            return why, True
        changes, reading = await self._compared(form_page)
        self._strangers |= dict.fromkeys(drift.strangers(form_page, reading), form_page.title)
        self.unseen += [
            Unseen(f"field '{label}' on page '{form_page.title}'", "it is declared, and has never been there")
            for label in drift.never_seen(form_page, reading, self.form.baseline)
        ]
        there = _as_it_is(form_page, changes)
        try:
            async with way.explained(self.page, self.adapter):
                await self.form.fill_page(there)
        except FormChanged as error:
            self.changes.append(Change(What.OTHER, form_page.title, "", _without_name(error, self.adapter)))
        except (PortalRefused, NotAsQueued) as error:
            self._complaint = error.message
        except (SessionLost, LoginStopped):
            raise
        except PortalError:
            if not self.changes:
                raise
        if form_page.stage is not None:
            return f"it opens only once something is left at the payer ('{form_page.stage}')", False

        async def leave() -> None:
            await way.clear(self.page, self.adapter)
            await self.adapter.leave(self.page, form_page)

        return (await self._tried(leave) if form_page.next is not None else ""), False

    async def _compared(self, form_page: FormPage) -> tuple[list[Change], Reading]:
        changes, reading = await self.form.inspect(form_page)
        if self.accept and changes and not any(change.declared for change in changes):
            self.form.baseline.learn(form_page, reading)
        self.changes += changes
        self.seen.append(form_page.title)
        return changes, reading

    async def _tried(self, step: Callable[[], Awaitable[None]]) -> str:
        """Take a step; why it could not be taken, where something was wrong before or the portal says why."""
        try:
            async with way.explained(self.page, self.adapter):
                await step()
        except PortalRefused as error:
            return f"the portal did not lead there: {self._complaint or error.message}"
        except (SessionLost, LoginStopped):
            raise
        except PortalError as error:
            if self.changes or self._complaint:
                return f"the portal did not lead there: {self._complaint or error.message}"
            raise
        return ""

    async def _look_at_button(self, last: FormPage) -> None:
        """The button that sends is there, once."""
        words = f"button '{self.adapter.sends}'"
        if isinstance(self.adapter, SavingAdapter) or self.form.armed:
            self.unseen.append(Unseen(words, "it comes once something is left at the payer"))
            return
        if self.changes or self._complaint:
            self.unseen.append(Unseen(words, "the form could not be filled"))
            return
        try:
            async with way.explained(self.page, self.adapter):
                await self.adapter.ready_to_send(self.page)
        except (PortalRefused, PayerHasIt):
            self.unseen.append(Unseen(words, "the portal does not take the claim that was tried"))
            return
        if await target(self.page, self.adapter.sends).count() > 1:
            words = f"page '{last.title}' has more than one button '{self.adapter.sends}'"
            self.changes.append(Change(What.OTHER, last.title, "", words))

    async def _look_at_search(self) -> None:
        """The search's own page; its results where it finds any."""
        adapter = self.adapter
        search = getattr(adapter, "search", None)
        if search is None or type(adapter).find_claims is not Adapter.find_claims:
            self.unseen.append(Unseen("the claim search", "this adapter looks claims up in a way of its own"))
            return
        page = drift.search_page(search)
        await self.page.goto(adapter.url + search.path)
        if why := await self._tried(lambda: way.reach(self.page, adapter, way.heading(self.page, page.title))):
            self.unseen.append(Unseen("the claim search", why))
            return
        changes, _ = await self._compared(page)
        if changes:
            return
        service_from, service_to = self.claim.service_from, self.claim.service_to
        assert service_from is not None
        assert service_to is not None
        try:
            async with way.explained(self.page, adapter):
                sent_as = adapter.sent_as(self.claim)
                found = await adapter.find_claims(self.page, sent_as, service_from, service_to)
        except FormChanged as error:
            self.changes.append(Change(What.OTHER, page.title, "", _without_name(error, adapter)))
            return
        except PortalRefused as error:
            self.unseen.append(Unseen("the search's results", f"the portal refused to search: {error.message}"))
            return
        if not found:
            self.unseen.append(Unseen("the search's results", "it found nothing to show"))
        for words in sorted({row.words for row in found}):
            if adapter.status_of(words) is Status.UNRECOGNISED:
                why = "the adapter does not know what it means"
                self.unseen.append(Unseen(f"the word '{words}' in the claim search", why))

    def _resolved(self, change: Change) -> Change:
        """A field that is missing on one page and new on another has moved."""
        where = self._strangers.get(change.field)
        if change.what is What.MISSING and where is not None and where != change.page:
            return replace(change, what=What.MOVED, now=where)
        return change


def _as_it_is(page: FormPage, changes: list[Change]) -> FormPage:
    """The page as far as it can be filled today: without what is gone, by new names, and without what leaves
    something at the payer."""
    gone = {change.field for change in changes if change.what in (What.MISSING, What.MOVED)}
    names = {change.field: change.now for change in changes if change.what is What.RENAMED}

    def fields(declared: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(
            replace(one, label=names.get(one.label, one.label)) for one in declared if one.label not in gone
        )

    rows = tuple(replace(one, fields=fields(one.fields)) for one in page.rows if one.stage is None)
    return replace(page, fields=fields(page.fields), rows=rows)


def _without_name(error: FormChanged, adapter: Adapter) -> str:
    return error.message.removeprefix(f"{adapter.name}'s ").rstrip(".")

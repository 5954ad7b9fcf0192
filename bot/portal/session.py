"""One login's signed-in page at one portal: signed in once, kept warm, renewed when the portal ends it."""

from __future__ import annotations

import base64
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.async_api import BrowserContext, Locator, Page, Request, StorageState
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from bot.clock import Clock
from bot.errors import (
    ConfigurationError,
    FormChanged,
    Interrupted,
    LoginStopped,
    Passing,
    PersonNeeded,
    PortalError,
    PortalRefused,
    SessionLost,
    SignInRefused,
)
from bot.portal import way
from bot.portal.adapter import Adapter, Code, Credentials, Stage
from bot.portal.drift import Baseline
from bot.portal.gate import Gate
from bot.portal.reading import fill
from bot.portal.retry import trying

T = TypeVar("T")

#: Seconds an authenticator code is valid (RFC 6238).
STEP = 30


class SignIns(Protocol):
    """The ledger's side of a login's sign-ins, across workers and restarts."""

    async def arm(self) -> None:
        """Note that this secret is about to be tried. Raises `SignInSpent` when it must not be."""

    async def ended(self, *, worked: bool) -> None:
        """Note how the try ended."""

    async def take_step(self, step: int) -> bool:
        """Note that a code's time step is used; False when it, or a later one, was used before."""
        ...

    async def saved(self) -> StorageState | None:
        """What a browser needs to go on with the session that a person has signed in, if one is kept."""
        ...

    async def keep(self, state: StorageState) -> None:
        """That session goes on with this; nothing changes when a person has signed in again since."""
        ...

    async def forget(self) -> None:
        """The portal knows that session no more."""
        ...


class Totp(Code):
    """An authenticator. Each time step is used once, whoever asks."""

    def __init__(self, credentials: Credentials, sign_ins: SignIns, clock: Clock) -> None:
        if credentials.totp_secret is None:
            raise ConfigurationError("The portal asks for a code, and the login has no totp_secret.")
        secret = credentials.totp_secret.get_secret_value().replace(" ", "").upper()
        key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        # portals hand out 80-bit keys, shorter than the standard wants
        self._totp = TOTP(key, 6, SHA1(), STEP, enforce_key_length=False)  # noqa: S303
        self._sign_ins = sign_ins
        self._clock = clock

    async def next(self) -> str:
        """A code of a time step that was never used; waits for the next one if need be."""
        while True:
            now = self._clock.now().timestamp()
            if await self._sign_ins.take_step(int(now // STEP)):
                return self._totp.generate(int(now)).decode()
            await self._clock.wait(STEP - now % STEP)


class NoCode(Code):
    """For logins without an authenticator."""

    async def next(self) -> str:
        """There is none to give."""
        raise PersonNeeded("The portal asks for a code, and the login has no totp_secret.")


class Stopwatch:
    """How long the portal kept us waiting: the time during which any request was under way."""

    def __init__(self, context: BrowserContext) -> None:
        self._open = 0
        self._since = 0.0
        self._waited = 0.0
        context.on("request", self._begin)
        context.on("requestfinished", self._end)
        context.on("requestfailed", self._end)

    def waited(self) -> float:
        """Seconds waited so far."""
        return self._waited + (time.monotonic() - self._since if self._open else 0.0)

    def _begin(self, _: Request) -> None:
        if not self._open:
            self._since = time.monotonic()
        self._open += 1

    def _end(self, _: Request) -> None:
        self._open = max(0, self._open - 1)
        if not self._open:
            self._waited += time.monotonic() - self._since


class Session:
    """A page of one login; `persist` signs in whenever that is needed."""

    def __init__(
        self,
        adapter: Adapter,
        context: BrowserContext,
        gate: Gate,
        page: Page,
        credentials: Credentials,
        npis: Sequence[str],
        sign_ins: SignIns,
        clock: Clock,
    ) -> None:
        self.adapter = adapter
        self.context = context
        self.gate = gate
        self.page = page
        self.clock = clock
        self.stopwatch = Stopwatch(context)
        #: A stage that left while no claim was armed: the portal, or its adapter, is not what we think.
        self.unarmed: Stage | None = None
        #: Whether a guard stands at the door; it sees to stages then.
        self.guarded = False
        context.on("request", self._watch)
        #: How this login's form looked when it was last found fine.
        self.baseline = Baseline()
        #: Billing NPI that the portal shows for this session.
        self.npi = ""
        self._credentials = credentials
        self._npis = frozenset(npis)
        self._sign_ins = sign_ins
        self._ended = True
        #: A person has signed this session in.
        self._by_hand = False

    async def sign_in(self) -> None:
        """Go on with the session that a person has signed in; where there is none, sign in: one automatic try for
        each secret, noted in the ledger before it is made.

        Raises `SignInRefused`, `SignInSpent` or `PersonNeeded` when the login must wait for a person, `Passing`
        when the portal's sign-in page did not even open.
        """
        if await self._goes_on():
            return
        if not self._credentials.password.get_secret_value():
            raise PersonNeeded(
                f"{self.adapter.name} has ended the session that was signed in by hand, and no password is set."
            )
        async for attempt in trying(self.clock):
            with attempt:
                await self._open_sign_in_page()
        await self._sign_ins.arm()
        try:
            await self._enter_credentials()
        except PortalError as error:
            await self._sign_ins.ended(worked=False)
            if isinstance(error, LoginStopped):
                raise
            raise SignInRefused(
                f"{self.adapter.name} did not let us in: {error.message} It was not tried a second time."
            ) from error
        await self._sign_ins.ended(worked=True)
        self._ended = False
        self._refuse_strangers()

    async def await_person(self, patience: timedelta) -> StorageState:
        """Open the sign-in page, fill in what we know, press nothing, and wait until a person has signed in; what
        a browser needs to go on from there.

        Raises `Interrupted` when nobody does, `PersonNeeded` when the portal then shows another provider.
        """
        closed = Interrupted("The window was closed before anybody had signed in; nothing was changed.")
        milliseconds = patience.total_seconds() * 1000
        home = self._home.filter(visible=True)
        try:
            async with way.explained(self.page, self.adapter):
                await self.page.goto(self.adapter.url)
            await home.or_(self._password.filter(visible=True)).first.wait_for(timeout=milliseconds)
            if not await home.count():
                with suppress(PlaywrightError):  # who types or presses meanwhile is faster than we
                    await self._fill_in()
            await home.first.wait_for(timeout=milliseconds)
            async for attempt in trying(self.clock):
                with attempt:
                    async with way.explained(self.page, self.adapter):
                        self.npi = await self.adapter.provider_shown(self.page)
            self._refuse_strangers()
            return await self.context.storage_state()
        except PlaywrightTimeout:
            raise Interrupted(f"Nobody has signed in to {self.adapter.name}; nothing was changed.") from None
        except PlaywrightError:
            raise closed from None
        except Passing:
            if self.page.is_closed():
                raise closed from None
            raise

    async def _fill_in(self) -> None:
        """What the usual sign-in page asks; a page of another kind is left to the person."""
        form, credentials = self.adapter.sign_in_form, self._credentials
        known = [(form.username, credentials.username), (form.password, credentials.password.get_secret_value())]
        await fill(self.page, [("", label, "text", value) for label, value in known if value])

    async def put_away(self) -> None:
        """Keep what the portal has changed in a session that a person signed in, so that it goes on next time."""
        if self._by_hand and not self._ended:
            with suppress(PlaywrightError):  # what was kept before may still do
                await self._sign_ins.keep(await self.context.storage_state())

    async def _goes_on(self) -> bool:
        """Whether the portal lets us go on with the session that a person has signed in; one that it does not
        know any more is forgotten."""
        saved = await self._sign_ins.saved()
        if saved is None:
            return False
        await self.context.set_storage_state(saved)
        async for attempt in trying(self.clock):
            with attempt:
                self._by_hand = await self._is_at_home()
        if not self._by_hand:
            await self.context.clear_cookies()
            await self._sign_ins.forget()
            return False
        self._ended = False
        self._refuse_strangers()
        return True

    async def _is_at_home(self) -> bool:
        """Open the portal's address: whether it shows the home page, or asks who we are."""
        async with way.explained(self.page, self.adapter):
            await self.page.goto(self.adapter.url)
            try:
                await way.reach(self.page, self.adapter, self._home.or_(self._password))
            except (SessionLost, PortalRefused):
                return False
            if not await self._home.count():
                return False
            self.npi = await self.adapter.provider_shown(self.page)
        return True

    @property
    def _home(self) -> Locator:
        """What only somebody sees who is signed in."""
        return self.page.get_by_role("heading", name=self.adapter.home, exact=True)

    @property
    def _password(self) -> Locator:
        """What only a sign-in page has."""
        return self.page.locator("input[type=password]")  # because: a password field has no role of its own

    def _refuse_strangers(self) -> None:
        if self.npi not in self._npis:
            raise PersonNeeded(
                f"{self.adapter.name} shows provider {self.npi or 'nobody'}, which is not one of this login's."
            )

    async def persist(self, step: Callable[[], Awaitable[T]]) -> T:
        """Take a step that leaves nothing at the payer, as often as its errors are worth; sign in again when the
        portal ended the session."""
        async for attempt in trying(self.clock):
            with attempt:
                if self._ended:
                    await self.context.clear_cookies()
                    await self.sign_in()
                try:
                    async with way.explained(self.page, self.adapter):
                        return await step()
                except SessionLost:
                    self._ended = True
                    raise
                finally:
                    self._refuse_unarmed()
        raise AssertionError("tenacity raises the last error")

    def end(self) -> None:
        """Note that the portal ended the session."""
        self._ended = True

    def _refuse_unarmed(self) -> None:
        """What left unarmed may have arrived: nothing is tried again after it."""
        if self.unarmed is not None:
            raise FormChanged(f"{self.adapter.name}'s portal sent '{self.unarmed.name}' before it was asked to.")

    def _watch(self, request: Request) -> None:
        if self.guarded or self.unarmed or request.method == "GET":
            return
        path, body = urlsplit(request.url).path, request.post_data_buffer or b""
        together = self.adapter.together()
        stages = self.adapter.stages + (together.stages if together is not None else ())
        self.unarmed = next((s for s in stages if s.matches(request.method, path, body)), None)

    async def _open_sign_in_page(self) -> None:
        async with way.explained(self.page, self.adapter):
            await self.page.goto(self.adapter.url)
            try:
                await way.reach(self.page, self.adapter, self._password)
            except SessionLost:
                return  # the sign-in page itself says that the last session ended

    async def _enter_credentials(self) -> None:
        code = Totp(self._credentials, self._sign_ins, self.clock) if self._credentials.totp_secret else NoCode()
        async with way.explained(self.page, self.adapter):
            await self.adapter.sign_in(self.page, self._credentials, code)
            try:
                await way.reach(self.page, self.adapter, self._home)
            except PortalRefused as error:
                raise SignInRefused(
                    f"{self.adapter.name} refused the sign-in: '{error.message}' It was not tried a second time."
                ) from error
            self.npi = await self.adapter.provider_shown(self.page)

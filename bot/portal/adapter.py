"""The contract between payerbot and one payer's portal.

An adapter says *what this portal is*; the core decides *what happens*. It declares identity, limits, pages and
their fields, echoes, stages and words, and implements only what the portal offers: sign in, open the form,
send, read the receipt, find claims. It never retries, logs, catches a time-out, takes a screenshot or decides
an outcome.

Field sources are paths into a claim: ``subscriber.member_id``, ``diagnoses.0`` (the first), and inside
`Rows` the item's own name: ``line.charge``, ``diagnosis``, ``attachment.control_number``. A line's rendering
provider and place of service are filled in from the claim where the line does not name its own.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from playwright.async_api import Locator, Page
from pydantic import SecretStr

from bot.claims.model import Claim
from bot.claims.vocabulary import Status
from bot.errors import ConfigurationError, PortalProblem

Converter = Callable[[object], str]


class Kind(StrEnum):
    """How a control is worked."""

    #: Set at once, with the events a page listens to.
    TEXT = "text"
    #: Typed key by key: masks that rewrite while typing.
    TYPED = "typed"
    #: A drop-down; the converter gives the option's value or label.
    SELECT = "select"
    #: A group of radio buttons named by its legend; the converter gives the button's label.
    RADIO = "radio"
    #: A box; the converter gives ``yes`` or ``no``.
    CHECK = "check"
    #: Type-ahead: typed, then picked from the list that opens; the converter gives what to type.
    PICK = "pick"
    #: A file to attach; the source is the file's path.
    FILE = "file"
    #: Read only: compared, never filled.
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that is the same for every claim."""

    value: str


#: A path, a fixed value, or, for oddities, a function of the claim and the line or other item.
Source = str | Fixed | Callable[[Claim, Any], object]


def text(value: object) -> str:
    """As it is."""
    return str(value)


@dataclass(frozen=True, slots=True)
class Field:
    """One control, or one shown value, of a portal's page."""

    #: Its visible label, without the asterisk of a mandatory field.
    label: str
    source: Source
    convert: Converter = text
    kind: Kind = Kind.TEXT
    #: The portal insists on it: a claim without it is refused before sign-in.
    required: bool = False
    #: Its value never appears in messages.
    sensitive: bool = False
    #: Characters the portal keeps; a longer value is refused before sign-in, never cut.
    max_length: int | None = None
    #: The button to press once it is filled, such as a look-up.
    then: str | None = None


def shown(label: str, source: Source, convert: Converter = text, *, sensitive: bool = False) -> Field:
    """A value the portal shows that must equal ours; compared when ours is known."""
    return Field(label, source, convert, Kind.SHOWN, sensitive=sensitive)


Each = Literal["line", "diagnosis", "attachment", "other"]


@dataclass(frozen=True, slots=True)
class Rows:
    """A part of a page that is entered once per line, diagnosis, attachment or other insurance, or, without
    an `add` button, a table that only shows them."""

    each: Each
    #: Caption of the table in which the portal shows what it took.
    table: str
    #: Its columns to compare, by header.
    columns: tuple[Field, ...]
    fields: tuple[Field, ...] = ()
    #: The button that adds one; None where the table is only shown.
    add: str | None = None
    #: The stage that adding one fires.
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class FormPage:
    """One page, tab or screen of the form, in the order the portal wants them."""

    #: Its heading: how we know that we are on it.
    title: str
    fields: tuple[Field, ...] = ()
    rows: tuple[Rows, ...] = ()
    #: The button or link that leads on; None on the last page.
    next: str | None = "Continue"
    #: The stage that leading on fires.
    stage: str | None = None
    #: Whether a claim meets this page at all.
    when: Callable[[Claim], bool] | None = None


class StageKind(StrEnum):
    """What a stage leaves at the payer."""

    DRAFT = "draft"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Stage:
    """A request that leaves something at the payer. From arm to receipt, no other non-GET request passes."""

    name: str
    kind: StageKind
    method: str
    #: Regular expression that the whole path of the URL must match.
    path: str
    #: For portals that post everything to one address: tells this stage from others by the body.
    body: Callable[[bytes], bool] | None = None

    def matches(self, method: str, path: str, body: bytes) -> bool:
        """Whether a request is this stage."""
        return (
            method == self.method
            and re.fullmatch(self.path, path) is not None
            and (self.body is None or self.body(body))
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What the portal takes."""

    lines: int
    diagnoses: int
    #: How long a new claim may stay invisible in the portal's own search.
    visibility_delay: timedelta = timedelta(0)
    #: Whether "not found" in that search, after the delay, proves that the payer does not have it.
    look_up_authoritative: bool = True
    #: Characters that no text may contain.
    forbidden: str = ""
    #: How documents may go with a claim (PWK02 codes): EL upload, FX fax, BM mail.
    attachment_routes: frozenset[str] = frozenset()
    attachment_types: tuple[str, ...] = (".pdf",)
    attachment_bytes: int = 5 * 1024 * 1024
    #: Pages that one document may have.
    attachment_pages: int = 200
    attachments: int = 0
    claims_per_send: int = 1


@dataclass(frozen=True, slots=True)
class SentAs:
    """How this payer will show our identifiers: upper-cased, shortened or invented."""

    account: str
    member_id: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """One named user's sign-in at one portal."""

    username: str
    password: SecretStr
    #: Base32 key of the authenticator, where the portal asks for a code.
    totp_secret: SecretStr | None = None


class Code(ABC):
    """Where one-time codes come from; the core uses a time step once."""

    @abstractmethod
    async def next(self) -> str:
        """A six-digit code that was never used before."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the portal answered to the final stage, as read, not judged."""

    #: The payer's claim number, if one is shown.
    control_number: str | None = None
    #: The portal's own receipt number, if that is all it gives.
    tracking_number: str | None = None
    #: What the receipt repeats, by label.
    shown: Mapping[str, str] = field(default_factory=dict)
    #: The payer's word for where the claim stands.
    words: str = ""
    #: The portal's own complaints: it refused the claim.
    refused: tuple[PortalProblem, ...] = ()
    #: The portal says it had the claim before: its number there, or an empty text when it names none.
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class FoundClaim:
    """One row of the portal's claim search; None where the portal does not show a thing."""

    control_number: str | None
    account: str | None
    member_id: str | None
    service_from: date | None
    service_to: date | None
    charge: Decimal | None
    #: When the payer got it, in UTC.
    received_at: datetime | None
    #: The payer's word for where it stands.
    words: str


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


class Adapter(ABC):
    """One payer's portal."""

    #: Short name: the folder, the setting and the command argument.
    slug: ClassVar[str]
    #: The payer as people call it.
    name: ClassVar[str]
    limits: ClassVar[Limits]
    #: Regular expression of the payer's control number; anything else is not a confirmation.
    control_number: ClassVar[str]
    #: Regular expression of the portal's tracking number, where a verdict comes later.
    tracking_number: ClassVar[str | None] = None
    #: Heading of the page that a successful sign-in leads to.
    home: ClassVar[str]
    pages: ClassVar[tuple[FormPage, ...]]
    #: What the receipt must repeat. Those in `identity` tell whose receipt it is.
    echoes: ClassVar[tuple[Field, ...]]
    #: Labels of the echoes that tell whose receipt it is; a difference elsewhere is a wrong claim at the payer.
    identity: ClassVar[frozenset[str]]
    stages: ClassVar[tuple[Stage, ...]]
    #: The payer's words, lower-case, and what they mean.
    words: ClassVar[Mapping[str, Status]]
    unexpected: ClassVar[tuple[Unexpected, ...]] = ()
    #: What claims may say that this portal has no field for, each with the reason why that is harmless.
    not_asked: ClassVar[Mapping[str, str]] = {}

    def __init__(self, url: str) -> None:
        #: The portal's address, without a slash at its end.
        self.url = url.rstrip("/")

    @property
    def host(self) -> str:
        """The one host that its pages may reach."""
        return urlsplit(self.url).hostname or ""

    def __init_subclass__(cls) -> None:
        """Refuse a declaration that cannot work as soon as it is imported."""
        super().__init_subclass__()
        names = {stage.name for stage in cls.stages}
        used = {page.stage for page in cls.pages} | {rows.stage for page in cls.pages for rows in page.rows}
        if unknown := {name for name in used if name} - names:
            raise ConfigurationError(f"{cls.slug}: pages name stages that are not declared: {sorted(unknown)}")
        if not any(stage.kind is StageKind.FINAL for stage in cls.stages):
            raise ConfigurationError(f"{cls.slug}: no final stage is declared")
        if missing := cls.identity - {echo.label for echo in cls.echoes}:
            raise ConfigurationError(f"{cls.slug}: identity names no echo: {sorted(missing)}")

    def sent_as(self, claim: Claim) -> SentAs:
        """How the payer will show our identifiers."""
        return SentAs(claim.account, claim.subscriber.member_id)

    @property
    def final(self) -> Stage:
        """The stage after which the claim is the payer's."""
        return next(stage for stage in self.stages if stage.kind is StageKind.FINAL)

    def stage(self, name: str) -> Stage:
        """The declared stage of that name."""
        return next(stage for stage in self.stages if stage.name == name)

    @abstractmethod
    async def sign_in(self, page: Page, credentials: Credentials, code: Code) -> None:
        """From the sign-in page, enter the credentials; the core sees whether the home page comes."""

    async def provider_shown(self, page: Page) -> str:
        """The billing NPI that the signed-in portal shows, by default in its page header; else nothing."""
        found = re.search(r"NPI\D{0,3}(\d{10})", await page.get_by_role("banner").inner_text())
        return found[1] if found else ""

    @abstractmethod
    async def open_form(self, page: Page) -> None:
        """Open an empty form, as far as its first page."""

    async def leave(self, page: Page, form_page: FormPage) -> None:
        """Lead on to the next page."""
        if form_page.next:
            await press(page, form_page.next)

    async def problems(self, page: Page) -> Sequence[PortalProblem]:
        """The portal's own complaints on the page; by default the items of a visible alert."""
        items = page.get_by_role("alert").filter(visible=True).get_by_role("listitem")
        found = []
        for words in await items.all_inner_texts():
            label, colon, message = words.partition(":")
            found.append(PortalProblem(label.strip(), message.strip()) if colon else PortalProblem("", words))
        return found

    @abstractmethod
    async def ready_to_send(self, page: Page) -> None:
        """From the last page, go as far as one press before the final stage; validate where the portal can.

        Raises `PortalRefused` when the portal complains, `PayerHasIt` when it warns of a duplicate.
        """

    @abstractmethod
    async def send(self, page: Page) -> None:
        """Make the one press that fires the final stage."""

    @abstractmethod
    async def read_receipt(self, page: Page) -> Receipt:
        """Wait for the portal's answer and read it."""

    @abstractmethod
    async def find_claims(
        self, page: Page, sought: SentAs, service_from: date, service_to: date
    ) -> Sequence[FoundClaim]:
        """Search the portal for claims of this member and these dates."""


async def press(page: Page, label: str) -> None:
    """Press the visible button or link of that name."""
    await target(page, label).click()


def target(place: Page | Locator, label: str) -> Locator:
    """The one visible button or link of that name."""
    by_role = place.get_by_role("button", name=label, exact=True).or_(
        place.get_by_role("link", name=label, exact=True)
    )
    return by_role.filter(visible=True)

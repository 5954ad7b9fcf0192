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
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Literal, TypeVar
from urllib.parse import urlsplit

from playwright.async_api import ElementHandle, Page
from pydantic import BaseModel, ConfigDict, SecretStr

from bot.claims.model import Claim
from bot.claims.vocabulary import Status
from bot.errors import ConfigurationError, PayerHasIt, PortalProblem, PortalRefused
from bot.portal.convert import mdy, read_mdy, read_moment, read_money
from bot.portal.reading import Reading, box, read
from bot.portal.way import USUAL, heading, reach, records
from bot.portal.way import Trouble as Trouble
from bot.portal.way import Unexpected as Unexpected
from bot.portal.way import press as press
from bot.portal.way import target as target

Converter = Callable[[object], str]
T = TypeVar("T")
#: What portals write where there is nothing.
_BLANKS = " -\N{EN DASH}\N{EM DASH}"


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
    #: A control of the portal's own making, worked by the adapter's `operate`; the converter gives what it holds
    #: then.
    OWN = "own"
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
    #: The button to press once it is filled, such as a look-up; empty where the portal looks up by itself.
    then: str | None = None
    #: What it offers depends on the claim, so that it is not compared with what it offered last time.
    varies: bool = False


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
class Grid:
    """A part of a page on which all lines, diagnoses, attachments or other insurances stand at once in rows."""

    each: Each
    #: The fields of a row; ``{n}`` in a label is the row's number, from 1.
    fields: tuple[Field, ...]
    #: The button that shows more rows; None where the next row comes by itself.
    more: str | None

    def row(self, number: int) -> tuple[Field, ...]:
        """The fields of one row."""
        return tuple(replace(field, label=field.label.format(n=number)) for field in self.fields)


@dataclass(frozen=True, slots=True)
class FormPage:
    """One page, tab or screen of the form, in the order the portal wants them."""

    #: Its heading: how we know that we are on it.
    title: str
    fields: tuple[Field, ...] = ()
    rows: tuple[Rows, ...] = ()
    grids: tuple[Grid, ...] = ()
    #: The button or link that leads on; None on the last page.
    next: str | None = "Continue"
    #: The stage that leading on fires.
    stage: str | None = None
    #: Whether a claim meets this page at all.
    when: Callable[[Claim], bool] | None = None

    @property
    def repeated(self) -> tuple[Rows | Grid, ...]:
        """What is entered on it more than once."""
        return (*self.rows, *self.grids)


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
    #: Somebody may send from there what it leaves: it is taken away before the claim is entered again.
    sendable: bool = False

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
    #: Claims that go together at most, where the portal has a way for that.
    claims_per_send: int = 1
    #: How soon after the receipt a verdict may be there, where the receipt is none; and how long it may take
    #: before somebody must ask.
    verdict_delay: timedelta = timedelta(0)
    verdict_patience: timedelta = timedelta(days=5)
    #: How long a claim stays in that search; None is for ever.
    on_line: timedelta | None = None


@dataclass(frozen=True, slots=True)
class SentAs:
    """How this payer will show our identifiers: upper-cased, shortened or invented."""

    account: str
    member_id: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """One named user's sign-in at one portal."""

    username: str
    #: Empty while the office has set none: then a person signs in.
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
class FoundLine:
    """One service line of a found claim, as far as the portal shows it."""

    code: str
    #: The payer's word for where it stands; empty where it has none of its own.
    words: str = ""
    allowed: Decimal | None = None
    paid: Decimal | None = None
    #: Why it was paid so, by code or word.
    reasons: tuple[str, ...] = ()
    #: Labels under which there stands something that is no amount. What, may be anybody's name: it is not kept.
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundClaim:
    """A claim as the portal's own search shows it, with the page of the claim, where it has one; None where the
    portal does not show a thing."""

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
    #: The portal's own receipt number.
    tracking_number: str | None = None
    # what the payer decided, in dollars
    allowed: Decimal | None = None
    paid: Decimal | None = None
    paid_on: date | None = None
    #: Of the cheque or transfer.
    payment_number: str | None = None
    #: Why it was decided so, by code or word.
    reasons: tuple[str, ...] = ()
    #: The last day for what the payer asks of us.
    answer_by: date | None = None
    #: Its lines in their order, all of them or none.
    lines: tuple[FoundLine, ...] = ()
    #: Labels under which there stands something that is no amount or date. What, may be anybody's name: it is not
    #: kept.
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignInForm:
    """A sign-in page, by its labels."""

    username: str = "User name"
    password: str = "Password"  # noqa: S105  a label
    press: str = "Sign in"
    #: The field for a one-time code on the page after it; None where no code is asked.
    code: str | None = None
    verify: str = "Verify"


class Cells:
    """What stands under the labels of a page or a row. Raises `KeyError` for a label that is gone."""

    def __init__(self, row: Mapping[str, str]) -> None:
        self._row = row
        #: Labels under which there stands something that is no amount or date.
        self.unreadable: tuple[str, ...] = ()

    def text(self, label: str | None) -> str:
        """As it stands there; nothing for what is not shown."""
        return self._row[label] if label else ""

    def read(self, reads: Callable[[str], T | None], label: str | None) -> T | None:
        """An amount or a date. One that cannot be read is no guess: it is noted."""
        words = self.text(label)
        value = reads(words)
        if value is None and label and words.strip(_BLANKS):
            self.unreadable = (*self.unreadable, label)
        return value

    def codes(self, label: str | None) -> tuple[str, ...]:
        """Several in one cell, parted by commas or semicolons."""
        return tuple(one.strip() for one in re.split("[,;]", self.text(label)) if one.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Shows:
    """What a page, or a row of a table, shows of a claim, by label; None for what it does not show."""

    shows_number: str
    shows_from: str
    shows_to: str
    shows_charge: str
    shows_status: str
    shows_account: str | None = None
    shows_member_id: str | None = None
    shows_tracking_number: str | None = None
    shows_received: str | None = None
    shows_allowed: str | None = None
    shows_paid: str | None = None
    shows_paid_on: str | None = None
    shows_payment_number: str | None = None
    shows_reasons: str | None = None
    shows_answer_by: str | None = None
    #: How a date that is shown is read.
    read_date: Callable[[str], date | None] = read_mdy
    #: How a moment is shown (strptime), in UTC.
    moment: str = "%m/%d/%Y %H:%M:%S UTC"

    def found(self, row: Mapping[str, str]) -> FoundClaim:
        """A claim from what stands under each label. Raises `KeyError` when a declared one is gone."""
        cells = Cells(row)
        allowed, paid = (cells.read(read_money, label) for label in (self.shows_allowed, self.shows_paid))
        paid_on, answer_by = (cells.read(read_mdy, label) for label in (self.shows_paid_on, self.shows_answer_by))
        return FoundClaim(
            control_number=row[self.shows_number] or None,
            account=row[self.shows_account] if self.shows_account else None,
            member_id=row[self.shows_member_id] if self.shows_member_id else None,
            service_from=self.read_date(row[self.shows_from]),
            service_to=self.read_date(row[self.shows_to]),
            charge=read_money(row[self.shows_charge]),
            received_at=read_moment(row[self.shows_received], self.moment) if self.shows_received else None,
            words=row[self.shows_status],
            tracking_number=cells.text(self.shows_tracking_number) or None,
            allowed=allowed,
            paid=paid,
            paid_on=paid_on,
            payment_number=cells.text(self.shows_payment_number) or None,
            reasons=cells.codes(self.shows_reasons),
            answer_by=answer_by,
            unreadable=cells.unreadable,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTable:
    """A table of what was decided about each line, by header; None for what it does not show."""

    caption: str
    shows_code: str
    shows_status: str | None = None
    shows_allowed: str | None = None
    shows_paid: str | None = None
    shows_reasons: str | None = None

    def found(self, row: Mapping[str, str]) -> FoundLine:
        """A line from its row. Raises `KeyError` when a declared column is gone."""
        cells = Cells(row)
        allowed, paid = (cells.read(read_money, label) for label in (self.shows_allowed, self.shows_paid))
        words, reasons = cells.text(self.shows_status), cells.codes(self.shows_reasons)
        return FoundLine(row[self.shows_code], words, allowed, paid, reasons, cells.unreadable)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPage(Shows):
    """The page of one claim, to which its number in the search leads."""

    #: Its heading.
    title: str
    #: Once the payer has decided about them.
    lines: LineTable | None = None

    def read(self, reading: Reading) -> FoundClaim:
        """The claim on it. What it shows of the lines only is the claim's when they are taken together. Raises
        `KeyError` when something declared is gone."""
        claim = self.found(reading.terms)
        table = reading.tables.get(self.lines.caption) if self.lines else None
        if self.lines is None or table is None:
            return claim
        lines = tuple(map(self.lines.found, table.records()))
        return replace(
            claim,
            lines=lines,
            allowed=claim.allowed if self.shows_allowed else total(line.allowed for line in lines),
            paid=claim.paid if self.shows_paid else total(line.paid for line in lines),
            reasons=claim.reasons or tuple(dict.fromkeys(one for line in lines for one in line.reasons)),
        )


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """All together; None when one is not known, or there are none."""
    known = list(amounts)
    return sum((one for one in known if one is not None), Decimal(0)) if known and None not in known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Shows):
    """The portal's own claim search: where it is, what it asks, and the columns of what it finds, by header."""

    path: str
    #: Its heading.
    title: str
    # the fields it asks, by label
    member_id: str
    service_from: str
    service_to: str
    #: Caption of the table of results, and what stands there instead when there are none.
    table: str
    empty: str
    #: How a date is typed.
    typed_date: Converter = mdy
    press: str = "Search"
    #: Where the number of a claim leads, if that page shows more of it than the row.
    page: ClaimPage | None = None


class Options(BaseModel):
    """What a portal must be told about an office, by names of the adapter's own; all of it has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Adapter(ABC):
    """One payer's portal."""

    #: Short name: the folder, the setting and the command argument.
    slug: ClassVar[str]
    #: The payer as people call it.
    name: ClassVar[str]
    limits: ClassVar[Limits]
    #: Other hosts without which its pages do not work, such as an identity provider's or a captcha's.
    other_hosts: ClassVar[frozenset[str]] = frozenset()
    #: Regular expression of the payer's control number; anything else is not a confirmation.
    control_number: ClassVar[str]
    #: Regular expression of the portal's tracking number, where a verdict comes later.
    tracking_number: ClassVar[str | None] = None
    #: Heading of the page that a successful sign-in leads to.
    home: ClassVar[str | re.Pattern[str]]
    pages: tuple[FormPage, ...]
    #: What it must be told about the office: ``options`` in the payer's settings.
    asks_office: ClassVar[type[Options]] = Options
    #: The button that fires the final stage.
    sends: ClassVar[str] = "Submit"
    #: What the receipt must repeat. Those in `identity` tell whose receipt it is.
    echoes: tuple[Field, ...]
    #: Labels of the echoes that tell whose receipt it is; a difference elsewhere is a wrong claim at the payer.
    identity: ClassVar[frozenset[str]]
    stages: ClassVar[tuple[Stage, ...]]
    #: The payer's words, lower-case, and what they mean.
    words: ClassVar[Mapping[str, Status]]
    #: Regular expression of the complaint that the payer has the claim already; its group is the number there.
    duplicate: ClassVar[str | None] = None
    #: Where the portal wants an account number that no other claim there has: how many letters and digits one has
    #: that is drawn for each claim, kept, and entered in place of ours. At most 16.
    draws_account: ClassVar[int | None] = None
    #: The sign-in page, and the claim search, of portals for which the methods here are enough.
    sign_in_form: ClassVar[SignInForm] = SignInForm()
    search: ClassVar[Search | None] = None
    unexpected: ClassVar[tuple[Unexpected, ...]] = USUAL
    #: What claims may say that this portal has no field for, each with the reason why that is harmless.
    not_asked: ClassVar[Mapping[str, str]] = {}

    def __init__(self, url: str, options: Mapping[str, object] | None = None) -> None:
        """Raises pydantic's `ValidationError` for options that it does not know, or that are wrong."""
        #: The portal's address, without a slash at its end.
        self.url = url.rstrip("/")
        self.options = self.asks_office.model_validate(options or {})

    @property
    def host(self) -> str:
        """The host that its pages may reach, beside `other_hosts`."""
        return urlsplit(self.url).hostname or ""

    def __init_subclass__(cls) -> None:
        """Refuse a declaration that cannot work as soon as it is imported."""
        super().__init_subclass__()
        if not hasattr(cls, "slug"):
            return  # a kind of portal, not one
        names = {stage.name for stage in cls.stages}
        pages = getattr(cls, "pages", ())  # those that depend on the office come with it
        used = {page.stage for page in pages} | {rows.stage for page in pages for rows in page.rows}
        if unknown := {name for name in used if name} - names:
            raise ConfigurationError(f"{cls.slug}: pages name stages that are not declared: {sorted(unknown)}")
        if not any(stage.kind is StageKind.FINAL for stage in cls.stages):
            raise ConfigurationError(f"{cls.slug}: no final stage is declared")
        if missing := cls.identity - {echo.label for echo in cls.echoes}:
            raise ConfigurationError(f"{cls.slug}: identity names no echo: {sorted(missing)}")

    def sent_as(self, claim: Claim) -> SentAs:
        """How the payer will show our identifiers."""
        return SentAs(claim.account, claim.subscriber.member_id)

    def only_asks(self, method: str, path: str, body: bytes) -> bool:
        """Whether a request that is no GET leaves nothing at the payer, such as a query that is posted.

        From arm to receipt, nothing passes but such requests and the stages.
        """
        return False

    def together(self) -> BatchAdapter | None:
        """The same portal as the way for claims that go together; None where each goes by itself."""
        return None

    def status_of(self, words: str) -> Status:
        """What the payer's words mean; `UNRECOGNISED` when nobody has said."""
        return self.words.get(words.strip().lower(), Status.UNRECOGNISED) if words else Status.NONE

    @property
    def final(self) -> Stage:
        """The stage after which the claim is the payer's."""
        return next(stage for stage in self.stages if stage.kind is StageKind.FINAL)

    def stage(self, name: str) -> Stage:
        """The declared stage of that name."""
        return next(stage for stage in self.stages if stage.name == name)

    async def sign_in(self, page: Page, credentials: Credentials, code: Code) -> None:
        """From the sign-in page, enter the credentials; the core sees whether the home page comes."""
        form = self.sign_in_form
        await (await box(page, form.username)).fill(credentials.username)
        await (await box(page, form.password)).fill(credentials.password.get_secret_value())
        await press(page, form.press)
        if form.code is not None:
            asked = page.get_by_label(form.code)
            await reach(page, self, asked)
            await asked.fill(await code.next())
            await press(page, form.verify)

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

    async def operate(self, page: Page, field: Field, control: ElementHandle, value: str) -> None:
        """Work a control of the portal's own making until it holds the value."""
        raise NotImplementedError(f"{self.slug} declares a control of its own, '{field.label}'")

    async def problems(self, page: Page) -> Sequence[PortalProblem]:
        """The portal's own complaints on the page; by default the items of a visible alert."""
        items = page.get_by_role("alert").filter(visible=True).get_by_role("listitem")
        found = []
        for words in await items.all_inner_texts():
            label, colon, message = words.partition(":")
            found.append(PortalProblem(label.strip(), message.strip()) if colon else PortalProblem("", words))
        return found

    def duplicate_in(self, problems: Sequence[PortalProblem]) -> str | None:
        """The number of the payer's claim that, by one of these complaints, this one repeats."""
        found = (re.search(self.duplicate, one.message) for one in problems if self.duplicate is not None)
        return next((match[1] for match in found if match), None)

    async def ready_to_send(self, page: Page) -> None:
        """From the last page, go as far as one press before the final stage; validate where the portal can.

        Raises `PortalRefused` when the portal complains, `PayerHasIt` when it warns of a duplicate.
        """
        await reach(page, self, target(page, self.sends))

    async def send(self, page: Page) -> None:
        """Make the one press that fires the final stage."""
        await press(page, self.sends)

    @abstractmethod
    async def read_receipt(self, page: Page) -> Receipt:
        """Wait for the portal's answer and read it."""

    async def open_search(self, page: Page) -> None:
        """Open the portal's claim search; by default at the address that `search` declares."""
        assert self.search is not None, "declare a search, or find claims in another way"
        await page.goto(self.url + self.search.path)
        await reach(page, self, heading(page, self.search.title))

    async def find_claims(
        self, page: Page, sought: SentAs, service_from: date, service_to: date
    ) -> Sequence[FoundClaim]:
        """Search the portal for claims of this member and these dates; by default as `search` declares."""
        await self.open_search(page)
        search = self.search
        assert search is not None
        await (await box(page, search.member_id)).fill(sought.member_id)
        await (await box(page, search.service_from)).fill(search.typed_date(service_from))
        await (await box(page, search.service_to)).fill(search.typed_date(service_to))
        await press(page, search.press)
        return [search.found(row) for row in await records(page, self, search.table, search.empty)]

    async def read_claim(self, page: Page, row: FoundClaim) -> FoundClaim:
        """All that the portal shows of a claim that its search has just found, and of which it says more than that
        it is in process: by default on the page of the claim, as `search` declares, else what its row says."""
        if self.search is None or (opens := self.search.page) is None or not row.control_number:
            return row
        await press(page, row.control_number)
        await reach(page, self, heading(page, opens.title))
        return opens.read(await read(page))

    async def read_verdict(self, page: Page, tracking_number: str) -> Receipt | None:
        """Open what the payer says later about a form that got a tracking number, and read it; None when it has
        said nothing yet, or never says it but in its claim search."""
        return None


@dataclass(frozen=True, slots=True)
class Batch:
    """Claims put together, as the portal shows them."""

    #: The portal's own number of it.
    number: str
    #: What it shows of each claim, by label.
    claims: Sequence[Mapping[str, str]]


class SavingAdapter(Adapter):
    """A portal at which a claim is saved first and sent from among the saved ones, where anybody in the office may
    send it, too.

    The last page of its form fires the draft stage that saves a claim.
    """

    #: Heading of the page that says that a claim is saved.
    saved_title: ClassVar[str]

    async def saved(self, page: Page) -> str:
        """Wait until the portal says that a claim is saved, and say how it tells this one from others: by default
        with the last part of the page's address.

        Raises `PortalRefused` when the portal complains, `PayerHasIt` when it says that the payer has it.
        """
        await reach(page, self, heading(page, self.saved_title))
        problems = await self.problems(page)
        if (number := self.duplicate_in(problems)) is not None:
            raise PayerHasIt("; ".join(map(str, problems)), number)
        if problems:
            raise PortalRefused(problems)
        return urlsplit(page.url).path.rpartition("/")[2]

    @abstractmethod
    async def choose(self, page: Page, saved: Collection[str]) -> None:
        """Open the saved claims and choose these, and no others."""

    @abstractmethod
    async def saved_claims(self, page: Page, sought: SentAs) -> Mapping[str, Mapping[str, str]]:
        """What stands unsent at the portal under this account: how it tells each, and what it shows of it."""

    @abstractmethod
    async def discard(self, page: Page, saved: str) -> bool:
        """Take a saved claim away, out of a batch that was not sent if need be.

        Whether it is now certain that nobody can send it or has sent it.
        """


class BatchAdapter(SavingAdapter):
    """A portal as the way for claims that go together: each is saved by itself, then those saved are put together,
    shown to be confirmed, and sent at once.

    Its echoes are what a batch shows of each claim. The batch's number is the tracking number of them all.
    """

    #: The draft stage that puts saved claims together, and the button that fires it.
    build: ClassVar[str]
    builds: ClassVar[str]
    #: Headings of the pages that ask to confirm a batch, and that answer to it.
    confirm_title: ClassVar[str]
    sent_title: ClassVar[str]
    #: Label of the batch's number on them, and caption of the table of its claims.
    batch_number: ClassVar[str]
    batch_table: ClassVar[str]

    async def put_together(self, page: Page) -> None:
        """Make the one press that puts the chosen claims together."""
        await page.get_by_role("button", name=self.builds, exact=True).click()

    async def read_batch(self, page: Page, title: str) -> Batch:
        """Wait for the page of that heading and read the batch that it shows."""
        await reach(page, self, heading(page, title))
        reading = await read(page)
        return Batch(reading.terms[self.batch_number], list(reading.tables[self.batch_table].records()))

    async def read_receipt(self, page: Page) -> Receipt:
        """The receipt of the one claim of a batch."""
        sent = await self.read_batch(page, self.sent_title)
        return Receipt(tracking_number=sent.number, shown=sent.claims[0] if sent.claims else {})

"""The payers of this office: which adapters there are, which logins bill through them, under which policy."""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from bot.claims.edits import engine
from bot.claims.model import Claim, Frequency, Severity
from bot.errors import ConfigurationError, UnknownItem
from bot.portal.adapter import Adapter, Credentials
from bot.work.automation import Automation
from bot.work.limits import ASSUMED_APPEAL, Calls, Corrections, Limit
from bot.work.schedule import FollowUp

#: Packages outside this project announce their adapters here, as slug = "module:Class".
GROUP = "payerbot.payers"
#: Where the payers in the box live: one folder each, with ``adapter.py`` and ``policy.toml``.
PACKAGE = "payers"


class Filing(Limit):
    """How long the payer takes claims, from the first date of service."""


#: Where nobody has said: the least that commercial payers give.
ASSUMED_FILING = Filing(days=90, source="not known, the least that commercial payers give", verified=None)


class RuleWeight(BaseModel):
    """How a payer sees one rule. What else stands there are the rule's parameters (``payerbot rules show``)."""

    model_config = ConfigDict(frozen=True, extra="allow")

    #: None: as the rule itself says.
    severity: Literal["block", "warn", "off"] | None = None
    #: Where that is written.
    source: str
    verified: date

    @property
    def parameters(self) -> dict[str, Any]:
        """What it sets for the rule."""
        return dict(self.model_extra or {})


class Policy(BaseModel):
    """What the office knows about a payer that its portal does not show (``policy.toml``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filing: Filing = ASSUMED_FILING
    #: None: nobody has written down whether a robot may work there, so none does.
    automation: Automation | None = None
    #: From the decision; what is assumed stands in `limits.ASSUMED_APPEAL`.
    appeal: Limit = ASSUMED_APPEAL
    corrections: Corrections = Corrections()
    follow_up: FollowUp = FollowUp()
    calls: Calls = Calls()
    #: By rule id; a rule that is not named is weighed as it stands.
    rules: dict[str, RuleWeight] = {}

    @model_validator(mode="after")
    def _known(self) -> Self:
        for rule, weight in self.rules.items():
            if why := engine.refusal(rule, weight.parameters):
                raise ValueError(why)
        return self

    @property
    def severities(self) -> dict[str, Severity | None]:
        """How this payer weighs the rules it names; None is off."""
        return {
            rule: None if weight.severity == "off" else Severity(weight.severity)
            for rule, weight in self.rules.items()
            if weight.severity is not None
        }

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """What this payer sets for the rules it names."""
        return {rule: weight.parameters for rule, weight in self.rules.items()}


@dataclass(frozen=True, slots=True)
class Login:
    """One named user at one portal, and whom it may bill for."""

    name: str
    credentials: Credentials
    tin: str
    npis: tuple[str, ...]
    seats: int

    def bills_for(self, claim: Claim) -> bool:
        """Whether this user may enter claims of this billing provider."""
        return claim.billing.tin == self.tin and claim.billing.npi in self.npis


@dataclass(frozen=True, slots=True)
class Payer:
    """One payer as this office uses it."""

    adapter: Adapter
    policy: Policy
    logins: tuple[Login, ...]
    #: How long a new claim may stay out of the portal's own search.
    visibility_delay: timedelta
    #: How soon a verdict may come, where the receipt is none.
    verdict_delay: timedelta = timedelta(0)
    #: Claims that go together at most.
    claims_per_send: int = 1

    @property
    def slug(self) -> str:
        """Its short name."""
        return self.adapter.slug

    def refusal(self, now: datetime) -> str | None:
        """Why nobody may work there until a person has seen to it, with the record."""
        automation = self.policy.automation
        if automation is None:
            return (
                f"{self.adapter.name}: nobody has written down whether a robot may work this portal. Add"
                f" [automation] to payers/{self.slug}/policy.toml."
            )
        why = automation.refusal(now.date())
        return f"{self.adapter.name} {why}. {automation.record()}" if why else None

    def closed(self, now: datetime) -> str | None:
        """Why nobody may work there now, refused or outside its hours, with the record."""
        if (why := self.refusal(now)) is not None:
            return why
        automation = self.policy.automation
        assert automation is not None
        opens = automation.opens(now)
        if opens is None:
            return None
        local = opens.astimezone(automation.zone)
        return (
            f"{self.adapter.name} is worked in its hours only, again from {local:%a %Y-%m-%d %H:%M} there."
            f" {automation.record()}"
        )

    def login(self, name: str) -> Login | None:
        """The login of that name."""
        return next((login for login in self.logins if login.name == name), None)

    def logins_for(self, claim: Claim) -> tuple[Login, ...]:
        """The logins that may enter a claim."""
        return tuple(login for login in self.logins if login.bills_for(claim))

    def deadline(self, claim: Claim) -> date | None:
        """The last day the payer takes a claim; of a correction, nobody has written it down."""
        if claim.frequency is not Frequency.ORIGINAL:
            return None
        return claim.service_from + timedelta(days=self.policy.filing.days) if claim.service_from else None


def adapter_of(slug: str) -> type[Adapter]:
    """The adapter of that name. Raises `UnknownItem`."""
    adapters = find_adapters()
    if slug not in adapters:
        raise UnknownItem(f"There is no adapter '{slug}' (there are: {', '.join(sorted(adapters))}).")
    return adapters[slug]


def find_adapters() -> dict[str, type[Adapter]]:
    """Every adapter there is, by slug: those in the box and those that other packages announce."""
    found: dict[str, type[Adapter]] = {}
    box = importlib.import_module(PACKAGE)
    for module in pkgutil.iter_modules(box.__path__):
        if module.ispkg:
            adapters = vars(importlib.import_module(f"{PACKAGE}.{module.name}.adapter")).values()
            found |= {
                one.slug: one
                for one in adapters
                if isinstance(one, type) and issubclass(one, Adapter) and hasattr(one, "slug")
            }
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, point.load())
    return found


def policy_of(adapter: type[Adapter]) -> Policy:
    """The policy file beside an adapter. Raises `ConfigurationError` when it is missing or wrong."""
    package = adapter.__module__.rpartition(".")[0]
    try:
        return Policy.model_validate(tomllib.loads(files(package).joinpath("policy.toml").read_text()))
    except ValidationError as error:
        why = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])} {one['msg'].removeprefix('Value error, ')}".strip()
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise ConfigurationError(f"{adapter.slug}: its policy.toml is wrong: {why}.") from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{adapter.slug}: its policy.toml is missing or wrong.") from error


class Office:
    """The payers this office has set up."""

    def __init__(self, payers: Iterable[Payer]) -> None:
        self.payers: Mapping[str, Payer] = {payer.slug: payer for payer in payers}

    def payer(self, slug: str) -> Payer:
        """One of them. Raises `UnknownItem`."""
        if slug not in self.payers:
            known = ", ".join(sorted(self.payers)) or "none"
            raise UnknownItem(f"'{slug}' is not a payer of this office (it has: {known}).")
        return self.payers[slug]

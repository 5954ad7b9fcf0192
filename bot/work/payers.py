"""The payers of this office: which adapters there are, which logins bill through them, under which policy."""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from bot.claims.edits import engine
from bot.claims.model import Claim, Severity
from bot.errors import ConfigurationError, UnknownItem
from bot.portal.adapter import Adapter, Credentials
from bot.work.schedule import FollowUp

#: Packages outside this project announce their adapters here, as slug = "module:Class".
GROUP = "payerbot.payers"
#: Where the payers in the box live: one folder each, with ``adapter.py`` and ``policy.toml``.
PACKAGE = "payers"


class Filing(BaseModel):
    """How long the payer takes claims."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Days from the first date of service.
    days: int
    #: Where that is written.
    source: str
    verified: date


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

    filing: Filing
    follow_up: FollowUp = FollowUp()
    #: Whether a robot may work there, and by whose word.
    automation: dict[str, Any] | None = None
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

    def login(self, name: str) -> Login | None:
        """The login of that name."""
        return next((login for login in self.logins if login.name == name), None)

    def logins_for(self, claim: Claim) -> tuple[Login, ...]:
        """The logins that may enter a claim."""
        return tuple(login for login in self.logins if login.bills_for(claim))

    def deadline(self, claim: Claim) -> date | None:
        """The last day the payer takes a claim."""
        return claim.service_from + timedelta(days=self.policy.filing.days) if claim.service_from else None


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

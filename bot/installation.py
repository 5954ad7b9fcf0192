"""One installation put together: home, settings, ledger, payers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from pydantic import SecretStr, ValidationError

from bot import log
from bot.clock import Clock, SystemClock
from bot.errors import ConfigurationError
from bot.home import Home
from bot.ledger.database import Database, DatabaseClock
from bot.ledger.store import Ledger
from bot.ledger.tally import Tally
from bot.portal.adapter import Adapter, Credentials
from bot.portal.desk import browser_desk
from bot.portal.evidence import EvidenceStore
from bot.settings import LoginSettings, PayerSettings, Settings, load
from bot.vault import Vault
from bot.work.dispatch import Workshop
from bot.work.payers import Login, Office, Payer, Policy, find_adapters, policy_of


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything a command works with."""

    home: Home
    settings: Settings
    vault: Vault
    ledger: Ledger
    office: Office
    clock: Clock

    @property
    def store(self) -> EvidenceStore:
        """Where evidence is kept."""
        return EvidenceStore(self.home.evidence, self.vault)

    def workshop(self, *, headed: bool = False) -> Workshop:
        """What shifts work with."""
        return Workshop(
            self.office,
            self.ledger,
            self.store,
            self.clock,
            partial(browser_desk, self.settings.browser.executable, headed=headed or self.settings.browser.headed),
        )


@contextmanager
def opened(home: Home, clock: Clock | None = None, *, verbose: bool = False) -> Iterator[Installation]:
    """Open the installation in a home. Raises `ConfigurationError` when there is none, or a setting is wrong."""
    if not home.settings_file.exists():
        raise ConfigurationError(f"There is no payerbot in {home.path}. Make one with: payerbot init")
    home.create()
    log.configure(home, verbose)
    settings = load(home)
    vault = Vault.open(home)
    database = Database(settings.ledger.url or f"sqlite:///{home.ledger}")
    try:
        database.migrate()
        time = clock or (SystemClock() if database.embedded else DatabaseClock(database))
        yield Installation(
            home, settings, vault, Ledger(database, vault, Tally(home.evidence)), office_of(settings), time
        )
    finally:
        database.close()


def office_of(settings: Settings) -> Office:
    """The payers that the settings name, with their adapters and policies."""
    adapters = find_adapters()
    payers = []
    for slug, payer in settings.payers.items():
        if slug not in adapters:
            known = ", ".join(sorted(adapters))
            raise ConfigurationError(f"payers.{slug}: there is no adapter of that name (there are: {known}).")
        adapter, policy = _adapter(adapters[slug], payer), policy_of(adapters[slug])
        _refuse_sessions(adapter, payer, policy)
        payers.append(
            Payer(
                adapter,
                policy,
                tuple(_login(name, login) for name, login in payer.logins.items()),
                adapter.limits.visibility_delay if payer.visibility_delay is None else payer.visibility_delay,
                adapter.limits.verdict_delay if payer.verdict_delay is None else payer.verdict_delay,
                min(adapter.limits.claims_per_send, payer.claims_per_send or adapter.limits.claims_per_send),
            )
        )
    return Office(payers)


def _adapter(kind: type[Adapter], settings: PayerSettings) -> Adapter:
    try:
        return kind(settings.url, settings.options)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = ".".join(("payers", kind.slug, "options", *(str(part) for part in wrong["loc"])))
        raise ConfigurationError(f"{name} is wrong: {wrong['msg'].removeprefix('Value error, ')}.") from None


def _refuse_sessions(adapter: Adapter, settings: PayerSettings, policy: Policy) -> None:
    """The settings may not ask for more sessions than the payer allows a robot."""
    allowed = policy.automation.sessions if policy.automation else None
    for name, login in settings.logins.items():
        if allowed is not None and login.seats > allowed:
            raise ConfigurationError(
                f"payers.{adapter.slug}.logins.{name}.seats is {login.seats}, and {adapter.name} allows a robot "
                f"{allowed} (sessions in its policy.toml)."
            )


def _login(name: str, settings: LoginSettings) -> Login:
    credentials = Credentials(settings.username, settings.password or SecretStr(""), settings.totp_secret)
    return Login(name, credentials, settings.tin, settings.npis, settings.seats)

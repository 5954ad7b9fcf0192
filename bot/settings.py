"""What an office sets, and where each value came from.

Highest first: environment (``PAYERBOT_…``, nested by ``__``), one file a value in ``<home>/secrets``, then
``<home>/payerbot.toml``. Names of payers and logins are lower case with ``_``, however they are written.
"""

from __future__ import annotations

import base64
import binascii
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from ipaddress import ip_address
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from bot.errors import ConfigurationError
from bot.home import Home, refuse_shared

ENVIRONMENT, SECRETS, FILE, DEFAULT = "environment", "secrets", "payerbot.toml", "default"
_PREFIX = "PAYERBOT_"
_KEY_FILES = frozenset({"vault_key", "fingerprint_key"})


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError("must start with https://")
    if not host or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be an address like https://portal.example/start, without user, ? or #")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_slug(word: str) -> bool:
    """Whether a payer or login may have this short name."""
    return re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", word) is not None


def _checked_slug(slug: str) -> str:
    if not is_slug(slug):
        raise ValueError("must be a name of lower-case letters, digits and single _")
    return slug


def _checked_tin(tin: str) -> str:
    digits = tin.replace("-", "")
    if not re.fullmatch(r"[0-9]{9}", digits):
        raise ValueError("must be a tax id of 9 digits, in quotes")
    return digits


def _checked_npi(npi: str) -> str:
    if not re.fullmatch(r"[0-9]{10}", npi):
        raise ValueError("must be an NPI of 10 digits, in quotes")
    return npi


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _words(value: object) -> object:
    return shlex.split(value) if isinstance(value, str) else value


def _checked_hour(hour: time) -> time:
    if hour.tzinfo is not None:
        raise ValueError("must be an hour like 07:00, without a zone")
    return hour


def _checked_totp(secret: SecretStr) -> SecretStr:
    letters = re.sub(r"[\s-]", "", secret.get_secret_value()).upper().rstrip("=")
    try:
        base64.b32decode(letters + "=" * (-len(letters) % 8))
    except binascii.Error:
        letters = ""
    if not letters:
        raise ValueError("must be the key of the authenticator, in letters A to Z and digits 2 to 7")
    return SecretStr(letters)


Slug = Annotated[str, AfterValidator(_checked_slug)]
Npi = Annotated[str, AfterValidator(_checked_npi)]


class _Part(BaseModel):
    # Inputs stay out of error texts: they may be passwords.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class LoginSettings(_Part):
    """One named user at one payer's portal."""

    username: str = Field(min_length=1)
    #: Without it, a person signs in.
    password: SecretStr | None = None
    #: Base32 key of the authenticator, where the portal asks for a code.
    totp_secret: Annotated[SecretStr, AfterValidator(_checked_totp)] | None = None
    #: Tax id of the billing provider this user works for: 9 digits.
    tin: Annotated[str, AfterValidator(_checked_tin)]
    #: NPIs of the billing providers this user may enter claims for: a list, or separated by commas.
    npis: Annotated[tuple[Npi, ...], NoDecode, BeforeValidator(_split)] = Field(min_length=1)
    #: Sessions that the portal allows this user at the same time.
    seats: int = Field(default=1, ge=1)


class PayerSettings(_Part):
    """One payer this office sends to."""

    #: The portal's address: https, except on this machine.
    url: Annotated[str, AfterValidator(_checked_url)]
    logins: dict[Slug, LoginSettings] = {}
    #: Overrides how long the adapter says a new claim may stay invisible.
    visibility_delay: timedelta | None = Field(default=None, ge=timedelta(0))
    #: Claims that go together at most, where the portal takes batches; 1 is each by itself.
    claims_per_send: int | None = Field(default=None, ge=1)
    #: What the adapter must be told about this office; its README says what.
    options: dict[str, Any] = {}
    #: Overrides how soon the adapter says a verdict may come.
    verdict_delay: timedelta | None = Field(default=None, ge=timedelta(0))


class LedgerSettings(_Part):
    """Where the ledger is."""

    #: SQLAlchemy's address of the database; None is ledger.sqlite in the home.
    url: str | None = Field(default=None, repr=False)


class BrowserSettings(_Part):
    """Which browser works."""

    #: The program; None is the first one found.
    executable: Path | None = None
    #: In a window that people can watch.
    headed: bool = False


class OfficeSettings(_Part):
    """What the office expects of payerbot while nobody watches it."""

    #: When, on each working day and by this machine's clock, what waited is to have been worked; None: whenever.
    expected_by: Annotated[time, AfterValidator(_checked_hour)] | None = None
    #: The program, with its arguments, that is given what the office must hear of, on its standard input.
    notify: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    #: Where the office's own backups of the ledger lie, to notice when the last one is old.
    backups: Path | None = None


class Settings(BaseSettings):
    """Everything an office sets."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        case_sensitive=False,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    payers: dict[Slug, PayerSettings] = {}
    ledger: LedgerSettings = LedgerSettings()
    browser: BrowserSettings = BrowserSettings()
    office: OfficeSettings = OfficeSettings()
    #: Names of the billing leads: they alone may override what blocks a claim.
    leads: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = ()
    #: Whether each file waits, once it is queued, until a billing lead releases it.
    require_release: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed in: `load` reads the sources itself, to know where each value came from."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Setting:
    """One value as people may see it."""

    #: As in payerbot.toml, with dots: ``payers.sunrise.url``.
    key: str
    #: Secrets are ``********``.
    value_shown: str
    #: ``environment``, ``secrets``, ``payerbot.toml`` or ``default``.
    source: str


def load(home: Home) -> Settings:
    """The settings of a home. Raises `ConfigurationError` with one sentence a wrong or missing value, without
    the value."""
    return _checked(_read(home))


def explain(home: Home) -> list[Setting]:
    """Each value with where it came from, in the order of the declaration. Raises like `load`."""
    sources = _read(home)
    return [
        Setting(".".join(key), _shown(key, value), _source_of(key, sources))
        for key, value in _values((), _checked(sources))
    ]


_Tree = dict[str, Any]


def _read(home: Home) -> dict[str, _Tree]:
    """What each source says, highest first."""
    if home.secrets.is_dir():
        for path in home.secrets.iterdir():
            if path.is_file() and not path.name.startswith("."):
                refuse_shared(path)
    try:
        environment = EnvSettingsSource(Settings)
        secrets = NestedSecretsSettingsSource(
            SecretsSettingsSource(Settings), secrets_dir=home.secrets, secrets_dir_missing="ok", secrets_prefix=""
        )
        _refuse_unknown(environment.env_vars, _PREFIX.lower(), ENVIRONMENT, {"home"})
        _refuse_unknown(secrets.env_vars, "", SECRETS, _KEY_FILES)
        file = TomlConfigSettingsSource(Settings, toml_file=home.settings_file)
        return {ENVIRONMENT: _lowered(environment()), SECRETS: _lowered(secrets()), FILE: _lowered(file())}
    except TOMLDecodeError as error:
        line = re.search(r"line \d+", str(error))
        raise ConfigurationError(
            f"{home.settings_file} is not valid TOML{', ' + line[0] if line else ''}."
        ) from None
    except SettingsError as error:
        raise ConfigurationError(f"A setting cannot be read, it is not valid JSON: {_field_of(error)}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The settings in {home.path} cannot be read: {type(error).__name__}.") from None


def _field_of(error: SettingsError) -> str:
    found = re.search(r'field "(\w+)"', str(error))
    return found[1] if found else "unknown"


def _refuse_unknown(
    names: Mapping[str, object], prefix: str, source: str, ours: set[str] | frozenset[str]
) -> None:
    """pydantic-settings passes over a misspelt first part in silence."""
    for name in names:
        first = name.removeprefix(prefix).split("__")[0]
        if name.startswith(prefix) and first not in Settings.model_fields and first not in ours:
            shown = name.upper() if prefix else f"secrets/{name}"
            raise ConfigurationError(f"{shown} (from {source}) is not a setting that payerbot knows.")


def _lowered(tree: _Tree) -> _Tree:
    lowered = {key.lower(): _lowered(value) if isinstance(value, dict) else value for key, value in tree.items()}
    if len(lowered) < len(tree):
        raise ConfigurationError(f"A name is set twice, in capitals and in small letters: {sorted(tree)}.")
    return lowered


def _merged(high: _Tree, low: _Tree) -> _Tree:
    both = {
        key: _merged(high[key], low[key])
        for key in high.keys() & low.keys()
        if isinstance(high[key], dict) and isinstance(low[key], dict)
    }
    return low | high | both


def _checked(sources: dict[str, _Tree]) -> Settings:
    merged: _Tree = {}
    for tree in sources.values():
        merged = _merged(merged, tree)
    try:
        return Settings(**merged)
    except ValidationError as error:
        sentences = [
            _sentence(
                tuple(str(part) for part in problem["loc"] if part != "[key]"),
                problem["type"],
                problem["msg"],
                sources,
            )
            for problem in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise ConfigurationError(" ".join(sentences)) from None


def _sentence(key: tuple[str, ...], kind: str, message: str, sources: dict[str, _Tree]) -> str:
    name = ".".join(key)
    if kind == "missing":
        variable = _PREFIX + "__".join(key).upper()
        return f"{name} is missing: set it in payerbot.toml, in secrets/{'__'.join(key)} or as {variable}."
    source = _source_of(key, sources)
    if kind == "extra_forbidden":
        return f"{name} (from {source}) is not a setting that payerbot knows."
    return f"{name} (from {source}) is wrong: {message.removeprefix('Value error, ')}."


def _source_of(key: tuple[str, ...], sources: dict[str, _Tree]) -> str:
    for source, tree in sources.items():
        found: object = tree
        for part in key:
            if not isinstance(found, dict):
                return source  # the key leads into a list, and this source set the list
            if part not in found:
                break
            found = found[part]
        else:
            return source
    return DEFAULT


def _values(key: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _values((*key, name), getattr(value, name))
    elif isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _values((*key, name), item)
    else:
        yield key, value


def _shown(key: tuple[str, ...], value: object) -> str:
    if value is None or value == {}:
        return ""
    if isinstance(value, SecretStr):
        return "********"
    if key == ("ledger", "url"):  # it may carry the database's password, in more than one place
        scheme, _, rest = str(value).partition("://")
        return f"{scheme}://{rest if scheme.startswith('sqlite') else '********'}"
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)

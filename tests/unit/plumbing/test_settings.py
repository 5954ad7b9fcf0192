from __future__ import annotations

import re
from datetime import time, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.errors import ConfigurationError
from bot.home import STARTER, Home, write_private
from bot.settings import Setting, Settings, explain, load

TOML = """
[payers.northstar]
url = "https://portal.northstar.example/start"
visibility_delay = "PT2H"

[payers.northstar.logins.main]
username = "billing@office.example"
tin = "12-3456789"
npis = ["1234567893", "1111111112"]
"""
LOGIN = "PAYERBOT_PAYERS__NORTHSTAR__LOGINS__MAIN__"
SECRET = "payers__northstar__logins__main__"
CANARY = "hunter2canary"


def write(home: Home, toml: str = TOML) -> None:
    home.settings_file.write_text(toml)


def keep_secret(home: Home, name: str, value: str) -> None:
    write_private(home.secrets / name, value.encode())


def test_a_fresh_home_sets_nothing(home: Home) -> None:
    assert load(home) == Settings()


def test_the_starter_file_works_when_its_lines_are_switched_on(home: Home) -> None:
    switched_on = "\n".join(
        line.removeprefix("# ") for line in STARTER.splitlines() if re.match(r"# (\[|\w+ = )", line)
    )
    write(home, switched_on)

    settings = load(home)

    assert settings.payers["sunrise"].logins["main"].seats == 1
    assert settings.payers["sunrise"].visibility_delay == timedelta(hours=2)
    assert settings.browser.executable == Path("/usr/bin/chromium-headless-shell")
    assert settings.ledger.url


def test_a_file_alone(home: Home) -> None:
    write(home)
    payer = load(home).payers["northstar"]

    assert payer.url == "https://portal.northstar.example/start"
    login = payer.logins["main"]
    assert (login.tin, login.npis, login.seats) == ("123456789", ("1234567893", "1111111112"), 1)
    assert login.password is None
    assert login.totp_secret is None


def test_environment_goes_before_secrets_and_these_before_the_file(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, TOML + 'password = "from file"\nseats = 2\n')
    keep_secret(home, SECRET + "password", "from secrets\n")
    keep_secret(home, SECRET + "username", "secrets@office.example\n")
    monkeypatch.setenv(LOGIN + "USERNAME", "environment@office.example")

    login = load(home).payers["northstar"].logins["main"]
    assert login.password is not None
    assert login.password.get_secret_value() == "from secrets"
    assert (login.username, login.seats) == ("environment@office.example", 2)


def test_everything_from_the_environment(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYERBOT_HOME", str(home.path))
    monkeypatch.setenv("PAYERBOT_PAYERS__LAKE_SHORE__URL", "http://127.0.0.2:8080")
    monkeypatch.setenv("PAYERBOT_PAYERS__LAKE_SHORE__LOGINS__MAIN__USERNAME", "amy")
    monkeypatch.setenv("PAYERBOT_PAYERS__LAKE_SHORE__LOGINS__MAIN__TIN", "012345678")
    monkeypatch.setenv("PAYERBOT_PAYERS__LAKE_SHORE__LOGINS__MAIN__NPIS", "1234567893, 1111111112")
    monkeypatch.setenv("PAYERBOT_PAYERS__LAKE_SHORE__LOGINS__MAIN__SEATS", "3")
    monkeypatch.setenv("PAYERBOT_BROWSER__HEADED", "true")
    monkeypatch.setenv("PAYERBOT_LEDGER__URL", "postgresql://localhost/payerbot")

    settings = load(home)

    login = settings.payers["lake_shore"].logins["main"]
    assert (login.tin, login.npis, login.seats) == ("012345678", ("1234567893", "1111111112"), 3)
    assert settings.browser.headed
    assert settings.ledger.url == "postgresql://localhost/payerbot"


@pytest.mark.parametrize(
    "password", ["123456", "true", "null", "1e5", '{"a": 1}', "a__b", '"quoted"', "pä$$ wörd#"]
)
@pytest.mark.parametrize("source", ["environment", "secrets"])
def test_a_password_is_taken_letter_by_letter(
    home: Home, monkeypatch: pytest.MonkeyPatch, password: str, source: str
) -> None:
    write(home)
    if source == "environment":
        monkeypatch.setenv(LOGIN + "PASSWORD", password)
    else:
        keep_secret(home, SECRET + "password", password + "\n")

    kept = load(home).payers["northstar"].logins["main"].password
    assert kept is not None
    assert kept.get_secret_value() == password


def test_names_are_the_same_in_capitals(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, TOML.replace("northstar]", "NorthStar]").replace("northstar.logins.main", "NorthStar.logins.MAIN"))
    monkeypatch.setenv(LOGIN + "PASSWORD", "Secret")

    payers = load(home).payers
    assert list(payers) == ["northstar"]
    assert payers["northstar"].logins["main"].password is not None


def test_an_authenticator_key_is_taken_as_portals_show_it(home: Home) -> None:
    write(home, TOML + 'totp_secret = "jbsw y3dp-ehpk 3pxp"\n')

    secret = load(home).payers["northstar"].logins["main"].totp_secret
    assert secret is not None
    assert secret.get_secret_value() == "JBSWY3DPEHPK3PXP"


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (
            TOML.replace("https", "http"),
            r"payers\.northstar\.url \(from payerbot\.toml\) is wrong: must start with https",
        ),
        (TOML.replace("https://", ""), "must start with https"),
        (TOML.replace("/start", f"/?k={CANARY}"), r"northstar\.url .* without user, \? or #"),
        (TOML.replace("portal.", f"{CANARY}@portal."), r"northstar\.url .* without user"),
        (TOML.replace("billing@office.example", ""), r"main\.username \(from payerbot\.toml\) is wrong"),
        (
            TOML.replace('username = "billing@office.example"', ""),
            r"main\.username is missing: set it in payerbot",
        ),
        (TOML.replace("12-3456789", CANARY), r"main\.tin .* tax id of 9 digits"),
        (
            TOML.replace("1111111112", CANARY),
            r"main\.npis\.1 \(from payerbot\.toml\) is wrong: .* NPI of 10 digits",
        ),
        (TOML.replace('["1234567893", "1111111112"]', '""'), r"main\.npis .* is wrong"),
        (TOML.replace("PT2H", CANARY), r"northstar\.visibility_delay .* is wrong"),
        (TOML.replace("PT2H", "-PT2H"), r"northstar\.visibility_delay .* is wrong"),
        (TOML + "seats = 0", r"main\.seats .* greater than or equal to 1"),
        (TOML + f'seats = "{CANARY}"', r"main\.seats .* valid integer"),
        (TOML + f'totp_secret = "{CANARY}!"', r"main\.totp_secret .* key of the authenticator"),
        (TOML + 'totp_secret = ""', r"main\.totp_secret .* key of the authenticator"),
        (TOML + f'pasword = "{CANARY}"', r"main\.pasword \(from payerbot\.toml\) is not a setting"),
        (TOML.replace("northstar", "north-star"), r"payers\.north-star .*lower-case letters, digits and single _"),
        (TOML + '[payers.NORTHSTAR]\nurl = "https://x.example"', "set twice"),
        (f'[payer]\nkey = "{CANARY}"', r"payer \(from payerbot\.toml\) is not a setting"),
        (f'payers = "{CANARY}"', r"payers \(from payerbot\.toml\) is wrong"),
        (f"\nx = {CANARY}", r"payerbot\.toml is not valid TOML, line 2\.$"),
    ],
)
def test_what_is_wrong_is_named_with_its_source_and_never_shown(home: Home, toml: str, said: str) -> None:
    assert toml != TOML
    write(home, toml)

    with pytest.raises(ConfigurationError, match=said) as refused:
        load(home)
    assert CANARY not in refused.value.message
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (LOGIN + "SEATS", CANARY, r"main\.seats \(from environment\) is wrong"),
        (LOGIN + "PASWORD", CANARY, r"main\.pasword \(from environment\) is not a setting"),
        (
            "PAYERBOT_PAYER__NORTHSTAR__URL",
            CANARY,
            r"PAYERBOT_PAYER__NORTHSTAR__URL \(from environment\) is not a",
        ),
        ("PAYERBOT_BROWSER", "{" + CANARY, "cannot be read, it is not valid JSON: browser"),
        (LOGIN + "NPIS", f"1234567893,{CANARY}", r"main\.npis\.1 \(from environment\) is wrong"),
    ],
)
def test_the_same_for_the_environment(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    write(home)
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=said) as refused:
        load(home)
    assert CANARY not in refused.value.message


def test_the_same_for_secrets(home: Home) -> None:
    write(home)
    keep_secret(home, SECRET + "seats", CANARY)
    with pytest.raises(ConfigurationError, match=r"main\.seats \(from secrets\) is wrong") as refused:
        load(home)
    assert CANARY not in refused.value.message

    (home.secrets / (SECRET + "seats")).unlink()
    keep_secret(home, "passwords__main", CANARY)
    with pytest.raises(ConfigurationError, match=r"secrets/passwords__main .* is not a setting"):
        load(home)


def test_a_secret_that_others_can_read_is_refused(home: Home) -> None:
    write(home)
    keep_secret(home, SECRET + "password", "x")
    (home.secrets / (SECRET + "password")).chmod(0o640)

    with pytest.raises(ConfigurationError, match="main__password can be read by others"):
        load(home)


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.3:80/x", "http://[::1]:9", "http://a.localhost"]
)
def test_a_portal_on_this_machine_needs_no_https(home: Home, url: str) -> None:
    write(home, f'[payers.mock]\nurl = "{url}"')

    assert load(home).payers["mock"].url == url


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1.evil.example", "http://localhost.example", "ftp://localhost", "http://10.0.0.1"]
)
def test_and_one_elsewhere_does(home: Home, url: str) -> None:
    write(home, f'[payers.mock]\nurl = "{url}"')

    with pytest.raises(ConfigurationError, match="must start with https"):
        load(home)


def test_each_value_is_explained_with_its_source(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home)
    keep_secret(home, SECRET + "password", CANARY)
    monkeypatch.setenv(LOGIN + "TOTP_SECRET", "JBSWY3DPEHPK3PXP")
    monkeypatch.setenv("PAYERBOT_LEDGER__URL", f"postgresql+psycopg://bot:{CANARY}@db/x?password={CANARY}")

    shown = explain(home)

    assert [(setting.key, setting.value_shown, setting.source) for setting in shown] == [
        ("payers.northstar.url", "https://portal.northstar.example/start", "payerbot.toml"),
        ("payers.northstar.logins.main.username", "billing@office.example", "payerbot.toml"),
        ("payers.northstar.logins.main.password", "********", "secrets"),
        ("payers.northstar.logins.main.totp_secret", "********", "environment"),
        ("payers.northstar.logins.main.tin", "123456789", "payerbot.toml"),
        ("payers.northstar.logins.main.npis", "1234567893, 1111111112", "payerbot.toml"),
        ("payers.northstar.logins.main.seats", "1", "default"),
        ("payers.northstar.visibility_delay", "2:00:00", "payerbot.toml"),
        ("payers.northstar.claims_per_send", "", "default"),
        ("payers.northstar.options", "", "default"),
        ("payers.northstar.verdict_delay", "", "default"),
        ("ledger.url", "postgresql+psycopg://********", "environment"),
        ("browser.executable", "", "default"),
        ("browser.headed", "false", "default"),
        ("office.expected_by", "", "default"),
        ("office.notify", "", "default"),
        ("office.backups", "", "default"),
        ("leads", "", "default"),
        ("require_release", "false", "default"),
    ]


def test_no_secret_in_the_repr(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home)
    keep_secret(home, SECRET + "password", CANARY)
    monkeypatch.setenv("PAYERBOT_LEDGER__URL", f"postgresql://bot:{CANARY}@db/x")

    assert CANARY not in repr(load(home)) + str(load(home))


def test_nor_in_the_library_s_own_error() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(payers={"northstar": {"url": CANARY, "logins": {"main": {"password": [CANARY]}}}})
    assert CANARY not in str(refused.value)


def test_without_payers_that_is_said(home: Home) -> None:
    assert explain(home)[0] == Setting("payers", "", "default")


def test_the_hour_and_the_program_of_an_office(home: Home) -> None:
    write(home, '[office]\nexpected_by = "07:30"\nnotify = "mail -s \\"a b\\" x"\n')
    office = load(home).office
    assert (office.expected_by, office.notify) == (time(7, 30), ("mail", "-s", "a b", "x"))
    for hour in ('"25:00"', '"07:30+05:00"', '"early"'):
        write(home, f"[office]\nexpected_by = {hour}\n")
        with pytest.raises(ConfigurationError, match=r"office\.expected_by"):
            load(home)

"""The demonstration: mock portals on this machine, sample claims through the real commands, and the portals' own
books at the end."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bot.clock import SystemClock
from bot.errors import PayerbotError
from bot.home import FILE_MODE, Home
from bot.installation import opened
from bot.portal.browser import find_browser, install_browser
from bot.terminal import money, out
from bot.terminal.runs import Watch, show_summary
from bot.work import dispatch
from bot.work.dispatch import Order
from bot.work.payers import find_adapters

#: Seconds that a new claim stays out of a mock portal's search, or waits for its verdict, where it does.
DELAY = 2
#: How much later the payers have decided about most claims, and what their decisions are drawn by.
WEEKS = 6
SEED = 1


@dataclass(frozen=True, slots=True)
class Portal:
    """A mock portal that is running."""

    slug: str
    name: str
    url: str
    oracle: str
    user: Mapping[str, str]
    visibility_delay: int
    verdict_delay: int

    def decide(self, later: timedelta) -> None:
        """Let the payer decide about its claims, and so much time pass there."""
        self._told("decisions", "PUT", {"seed": SEED})
        self._told("advance", "POST", {"seconds": later.total_seconds()})

    def _told(self, what: str, method: str, body: object) -> None:
        asked = Request(f"{self.oracle}/{what}", json.dumps(body).encode(), method=method)  # noqa: S310  our own
        with urlopen(asked):  # noqa: S310  an address we started ourselves
            pass

    def books(self) -> dict[str, Any]:
        """What reached the portal and what it keeps, by its own word."""
        with urlopen(self.oracle) as answer:  # noqa: S310  an address we started ourselves
            document: dict[str, Any] = json.load(answer)
        return document


def play(claims: int, *, headed: bool) -> int:
    """Play the demonstration; the exit code of the run in it."""
    if find_browser(headed=headed) is None:
        out.print("Installing a browser, once …")
        install_browser()
    folder = Path(tempfile.mkdtemp(prefix="payerbot-demo-"))
    home = Home(folder / "home")
    home.create()
    with ExitStack() as stack:
        portals = [stack.enter_context(_portal(slug, adapter.name)) for slug, adapter in _mocked().items()]
        _set_up(home, portals, headed=headed)
        _tell(f"{len(portals)} payers' portals run on this machine", [f"{one.name}: {one.url}" for one in portals])
        slugs = [portal.slug for portal in portals]
        _python("fixtures.claims.generate", str(folder), "--claims", str(claims), "--payers", *slugs)
        cases = folder / "care"
        cases.mkdir()
        _python("fixtures.claims.care", str(cases))
        for portal in portals:
            _payerbot(home, "payers", "map", portal.name.upper(), portal.slug, quiet=True)
        _tell("A month of care management: what each time log supports, and what nearly is", [])
        _payerbot(home, "ccm", str(cases / "june-log.csv"))
        _tell("Claims that payers would deny, caught before they are sent (here the first few)", [])
        _payerbot(home, "check", str(cases / "few.837"), str(cases / "few.support.json"))
        files = [str(folder / name) for name in ("visits.837", "care.csv", "homes.json")]
        files += [str(cases / name) for name in ("clean.837", "clean.support.json")]
        _tell("A morning's files are checked and queued", [])
        _payerbot(home, "queue", *files)
        _tell("An unlisted home visit waits for its physician, who approves the letter in person", [])
        _payerbot(home, "letters", "list")
        _payerbot(home, "letters", "approve", _letter(home), "--by", "Dr. Anneli Lindqvist")
        _tell("payerbot sends them, unattended", [])
        code = _payerbot(home, "run")
        _tell("and asks the payers about each, as soon as their search and their messages can know", [])
        _payerbot(home, "follow-up", after=DELAY)
        _tell("What is left for a person that night", [])
        _payerbot(home, "tasks", "list")
        _tell(f"{WEEKS} weeks later: what the payers have decided, and what that leaves for a person", [])
        _follow_up_later(home, portals)
        _payerbot(home, "tasks", "list")
        doubled = _audit(portals)
    out.print(f"\nLook around: payerbot --home {home.path} claims list")
    return 3 if doubled else code


class _Later(SystemClock):
    """The machine's clock, weeks ahead."""

    def now(self) -> datetime:
        """The time, in UTC."""
        return super().now() + timedelta(weeks=WEEKS)


def _follow_up_later(home: Home, portals: list[Portal]) -> None:
    """Follow up as `payerbot follow-up` does, with a clock that is ahead here and at the payers."""
    for portal in portals:
        portal.decide(timedelta(weeks=WEEKS))
    with opened(home, _Later()) as it, it.home.locked(), Watch() as watch:
        summary = asyncio.run(dispatch.run(it.workshop(), Order(look_ups_only=True), watch))
    show_summary(summary)


def _letter(home: Home) -> str:
    """The claim whose letter waits."""
    [waiting] = json.loads(_python("bot.cli", "--home", str(home.path), "letters", "list", "--json"))
    return str(waiting["id"])


def _audit(portals: list[Portal]) -> int:
    """Print what the portals' own books say; how many claims they have twice."""
    doubled, payments = 0, Decimal(0)
    lines = []
    for portal in portals:
        books = portal.books()
        sends = sum(request["stage"] == "submit" for request in books["requests"])
        each = Counter(json.dumps([one["account"], one["lines"]], sort_keys=True) for one in books["claims"])
        doubled += sum(count - 1 for count in each.values())
        paid = sum((Decimal(one["paid"] or 0) for one in books["claims"]), Decimal(0))
        payments += paid
        counts = f"{sends} sends, {len(books['claims'])} claims, {len(each)} different"
        lines.append(f"{portal.name}: {counts}, {money(paid)} paid")
    _tell(f"By the portals' own books: {doubled} claims twice, {money(payments)} paid", lines)
    return doubled


def _tell(title: str, lines: list[str]) -> None:
    out.print(f"\n[bold]{title}[/bold]")
    for line in lines:
        out.print(f"  {line}")


def _mocked() -> dict[str, Any]:
    """The adapters that have a mock portal."""
    known = json.loads(_python("fixtures.portals", "--list"))
    return {slug: adapter for slug, adapter in sorted(find_adapters().items()) if slug in known}


@contextmanager
def _portal(slug: str, name: str) -> Iterator[Portal]:
    """A mock portal in a process of its own."""
    limits = find_adapters()[slug].limits
    delays = (DELAY if limits.visibility_delay else 0, DELAY if limits.verdict_delay else 0)
    options = ["--port", "0", "--visibility-delay", str(delays[0]), "--verdict-delay", str(delays[1])]
    process = subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, "-m", "fixtures.portals", slug, *options], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise PayerbotError(f"The mock portal {slug} did not start.")
        said = json.loads(line)
        yield Portal(slug, name, said["url"], said["oracle"], said["users"][0], *delays)
    finally:
        process.terminate()
        process.communicate()


def _set_up(home: Home, portals: list[Portal], *, headed: bool) -> None:
    """Write the settings and secrets that a person would write."""
    settings = [f"[browser]\nheaded = {str(headed).lower()}\n"]
    for portal in portals:
        user = portal.user
        settings.append(
            f'[payers.{portal.slug}]\nurl = "{portal.url}"\n'
            f'visibility_delay = "PT{portal.visibility_delay}S"\nverdict_delay = "PT{portal.verdict_delay}S"\n'
            f"[payers.{portal.slug}.logins.main]\n"
            f'username = "{user["username"]}"\ntin = "{user["tin"]}"\nnpis = ["{user["npi"]}"]\n'
        )
        for key in ("password", "totp_secret"):
            if user[key]:
                secret = home.secrets / f"payers__{portal.slug}__logins__main__{key}"
                secret.touch(FILE_MODE)
                secret.write_text(user[key])
    home.settings_file.write_text("\n".join(settings))


def _payerbot(home: Home, *words: str, quiet: bool = False, after: int = 0) -> int:
    """Run a command as a person would, a moment later if need be; its exit code."""
    time.sleep(after)
    command = [sys.executable, "-m", "bot.cli", "--home", str(home.path), *words]
    if not quiet:
        out.print(f"[dim]$ payerbot {' '.join(_short(word) for word in words)}[/dim]")
    done = subprocess.run(command, stdout=subprocess.DEVNULL if quiet else None, check=False)  # noqa: S603
    return done.returncode


def _short(word: str) -> str:
    return Path(word).name or word


def _python(module: str, *words: str) -> str:
    """What one of our own modules prints."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", module, *words], stdout=subprocess.PIPE, text=True, check=True
    ).stdout

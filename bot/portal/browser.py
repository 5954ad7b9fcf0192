"""The browser: found or installed, started for one payer, and held to that payer's hosts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Final

from playwright.async_api import Browser, BrowserContext, Page, Playwright, StorageState, ViewportSize
from playwright.async_api import Error as PlaywrightError

from bot.errors import ConfigurationError, Passing
from bot.portal.gate import Gate

# Headless shells first: a fifth less work than a whole browser for the same page.
_SHELLS: Final = ("chromium-headless-shell", "chrome-headless-shell")
_BROWSERS: Final = ("chromium", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
_MAC: Final = ("Chromium", "Google Chrome", "Microsoft Edge")
_WINDOWS: Final = (
    r"Chromium\Application\chrome.exe",
    r"Google\Chrome\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)
_INSTALL_SECONDS: Final = 900
_HOST: Final = re.compile(r"[a-z0-9.-]+")
_VIEWPORT: Final = ViewportSize(width=1280, height=1024)

_ARGUMENTS: Final = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    # WebRTC would talk to an address given in numbers without asking the resolver.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    # What these send no route sees, and so no guard.
    "--disable-shared-workers",
    "--disable-blink-features=FetchLaterAPI",
)

# Nothing else makes portals as fast. Durations of zero, not `none`: an element that only becomes visible by the
# end of an animation still does, and `animationend` is still fired. `transitionend` is not: a page that waits
# for that alone never goes on. A constructed style sheet is no inline style, so no content security policy
# forbids it; it does not reach into shadow roots, so each new one gets it too. It belongs to one document, and a
# pop-up's window may outlive its first, empty document: hence one for each. It must never break a page.
_STILL: Final = """
(() => {
  const sheets = new WeakMap();
  const still = root => {
    try {
      if (!sheets.has(document)) {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(`*, *::before, *::after, *::backdrop {
          animation-duration: 0s !important; animation-delay: 0s !important;
          animation-iteration-count: 1 !important; transition-duration: 0s !important;
          transition-delay: 0s !important; scroll-behavior: auto !important;
        }`);
        sheets.set(document, sheet);
      }
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheets.get(document)];
    } catch { /* a root of another document: there it moves */ }
  };
  still(document);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    still(root);
    return root;
  };
})();
"""


# A request that outlives its page, or that its page makes in the act of leaving, may pass no route: the browser
# has turned to the next page. So none outlives it here, and none is made then. Ours is the first listener.
_GUARDABLE: Final = """
(() => {
  let leaving = false;
  addEventListener("pagehide", () => { leaving = true; }, true);
  addEventListener("pageshow", () => { leaving = false; }, true);
  const { fetch } = window;
  window.fetch = (input, init) => leaving
    ? Promise.reject(new TypeError("Failed to fetch"))
    : fetch(input, init?.keepalive || input?.keepalive ? { ...init, keepalive: false } : init);
  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (body) {
    if (leaving) throw new DOMException("Failed to load", "NetworkError");
    return send.call(this, body);
  };
  Navigator.prototype.sendBeacon = (url, body = null) => {
    window.fetch(url, { method: "POST", body, mode: "no-cors", credentials: "include" }).catch(() => {});
    return !leaving;
  };
})();
"""


def find_browser(executable: Path | None = None, *, headed: bool = False) -> Path | None:
    """The browser to use: `executable` if given, else an installed one, else Playwright's own, else None.

    A `headed` one is a whole browser, never the shell that has no window. Raises `ConfigurationError` when
    `executable` is no program.
    """
    if executable is not None:
        if not _is_program(executable):
            raise ConfigurationError(f"browser.executable names {executable}, and there is no such program.")
        return executable
    candidates = (*_on_path(headed), *_usual_places(sys.platform, os.environ), *_downloaded(headed))
    return next((path for path in candidates if _is_program(path)), None)


def install_browser() -> Path:
    """Install a headless browser and say where it is.

    Playwright's download is tried first, then, on Debian as root, the system's package. Takes up to some
    minutes. Raises `ConfigurationError` with what a person can do.
    """
    _run(sys.executable, "-m", "playwright", "install", "chromium", "--only-shell")
    for downloaded in _downloaded(headed=False):
        # Downloaded is not enough: a bare machine may lack the libraries it needs, and apt brings those.
        if _is_program(downloaded) and _run(str(downloaded), "--version"):
            return downloaded
    if shutil.which("apt-get") and getattr(os, "geteuid", lambda: 1)() == 0:
        package = ("apt-get", "install", "-y", "--no-install-recommends", "chromium-headless-shell")
        if _run(*package) or (_run("apt-get", "update") and _run(*package)):
            found = find_browser()
            if found is not None:
                return found
    raise ConfigurationError(
        "No browser could be installed: install Chromium, Chrome or Edge, "
        "and name the program as browser.executable in payerbot.toml if it is not found by itself."
    )


def _run(*command: str) -> bool:
    try:
        done = subprocess.run(  # noqa: S603  # fixed commands
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_INSTALL_SECONDS,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _on_path(headed: bool) -> Iterator[Path]:
    for name in _BROWSERS if headed else (*_SHELLS, *_BROWSERS):
        if found := shutil.which(name):
            yield Path(found)


def _usual_places(platform: str, environment: Mapping[str, str]) -> Iterator[Path]:
    """Where macOS and Windows keep programs that are not on the PATH."""
    if platform == "darwin":
        for root in (Path("/Applications"), Path.home() / "Applications"):
            for name in _MAC:
                yield root / f"{name}.app" / "Contents" / "MacOS" / name
    elif platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if root_of := environment.get(variable):
                for place in _WINDOWS:
                    yield Path(root_of) / place


def _downloaded(headed: bool) -> Iterator[Path]:
    """Playwright's own builds, newest first, each by its folder's name and its program's."""
    kinds = ("chromium-[0-9]*",) if headed else ("chromium_headless_shell-[0-9]*", "chromium-[0-9]*")
    programs = {
        "headless_shell",
        "chrome-headless-shell",
        "headless_shell.exe",
        "chrome-headless-shell.exe",
        "chrome",
        "chrome.exe",
        "Chromium",
        "Google Chrome for Testing",
    }
    for kind in kinds:
        folders = _playwright_folder(sys.platform, os.environ).glob(kind)
        for folder in sorted(folders, key=lambda path: (len(path.name), path.name), reverse=True):
            if (folder / "INSTALLATION_COMPLETE").exists():
                yield from (path for path in sorted(folder.rglob("*")) if path.name in programs and path.is_file())


def _playwright_folder(platform: str, environment: Mapping[str, str]) -> Path:
    if asked := environment.get("PLAYWRIGHT_BROWSERS_PATH"):
        return Path(asked)
    if platform == "win32":
        return Path(environment.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local"))) / "ms-playwright"
    if platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ms-playwright"
    return Path(environment.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "ms-playwright"


class PayerBrowser:
    """One browser at work for one payer: no page in it reaches any other host.

    That holds for what pages do. What `route.fetch` sends leaves through Playwright's own HTTP stack, which
    this does not bind.
    """

    def __init__(
        self,
        playwright: Playwright,
        executable: Path,
        hosts: Collection[str],
        *,
        headed: bool = False,
        timezone: str = "America/New_York",
        timeout: timedelta = timedelta(seconds=15),
    ) -> None:
        """`hosts` are names or addresses without port: the portal's, and what else the payer declares.

        `timezone` is the payer's (IANA); `timeout` bounds each step on a page.
        """
        if not hosts:
            raise ConfigurationError("A browser needs the host name of its payer's portal.")
        self._playwright = playwright
        self._executable = executable
        #: The browser's only way out.
        self.gate = Gate([_checked(host) for host in hosts])
        self._headed = headed
        self._timezone = timezone
        self._timeout = timeout
        self._browser: Browser | None = None

    async def __aenter__(self) -> PayerBrowser:
        await self.gate.__aenter__()
        try:
            self._browser = await self._playwright.chromium.launch(
                executable_path=self._executable,
                headless=not self._headed,
                # an interruption is ours to answer: it reaches the driver, too, and would take the browser away
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
                chromium_sandbox=getattr(os, "geteuid", lambda: 1)() != 0,  # Chromium has none for root
                args=[
                    *_ARGUMENTS,
                    f"--proxy-server=socks5://127.0.0.1:{self.gate.port}",
                    "--proxy-bypass-list=<-loopback>",  # loopback addresses go through it too
                    # names are looked up at the gate, and nothing may be looked up past it
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                ],
            )
        except PlaywrightError as error:
            await self.gate.__aexit__(None, None, None)
            raise _not_started(self._executable, str(error)) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.gate.__aexit__(None, None, None)
        if self._browser is None:
            return
        if not self._browser.is_connected():
            if isinstance(error, PlaywrightError):
                with self.crash_is_passing():
                    raise error
            return
        # what is under way already, such as an interruption, must not end as a browser's failure
        with self.crash_is_passing() if error is None else suppress(PlaywrightError):
            await self._browser.close()

    @property
    def alive(self) -> bool:
        """Whether the browser is still there."""
        return self._browser is not None and self._browser.is_connected()

    async def context(self, saved: StorageState | None = None) -> BrowserContext:
        """A fresh window with its own cookies, or with those of a `saved` sign-in. Raises `Passing` when the
        browser is gone."""
        with self.crash_is_passing():
            if self._browser is None:
                raise Passing("The browser was not started.")
            context = await self._browser.new_context(
                service_workers="block",
                accept_downloads=False,
                viewport=_VIEWPORT,
                locale="en-US",
                timezone_id=self._timezone,
                storage_state=saved,
            )
            context.set_default_timeout(self._timeout.total_seconds() * 1000)
            await context.add_init_script(_STILL + _GUARDABLE)
            context.on("page", _hold_popup_still)
            return context

    @contextmanager
    def crash_is_passing(self) -> Iterator[None]:
        """Within it, the end of the browser or of its page is a `Passing`; other errors stay as they are.

        Not for what is done after arming: then a crash is no proof that nothing was sent.
        """
        try:
            yield
        except PlaywrightError as error:
            if self.alive and "crashed" not in str(error):
                raise
            raise Passing("The browser stopped in the middle of its work.") from error


def _checked(host: str) -> str:
    """The host as the gate compares it."""
    with suppress(ValueError):
        return str(ip_address(host))
    if not _HOST.fullmatch(host):
        raise ConfigurationError(f"{host!r} is not a host name in small letters.")
    return host


async def _hold_popup_still(page: Page) -> None:
    """A pop-up of the same origin keeps the window of its first, empty document, and Chromium runs no init
    script for the second one."""
    with suppress(PlaywrightError):
        if await page.opener() is not None:
            await page.wait_for_url(lambda url: url != "about:blank", wait_until="commit")
            await page.evaluate(_STILL + _GUARDABLE)


def _not_started(executable: Path, said: str) -> ConfigurationError | Passing:
    """What a person must mend is a matter of configuration; the rest, such as a full memory, may pass."""
    causes = {
        "sandbox": "this system does not let it build its sandbox (user namespaces are off)",
        "shared libraries": "it lacks system libraries",
        "DISPLAY": "there is no screen to show it on",
        "doesn't exist": "it is not there",
        "ENOENT": "it is not there",
    }
    # The rest of what Playwright says is the command line, which has such words in it too.
    reasons = "\n".join(line for line in said.splitlines() if "<launching>" not in line)
    for word, cause in causes.items():
        if word in reasons:
            return ConfigurationError(f"The browser {executable} does not start: {cause}.")
    return Passing(f"The browser {executable} did not start.")

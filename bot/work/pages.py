"""Pages for paper: templates, and the browser that prints them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.errors import ConfigurationError
from bot.portal.browser import find_browser
from bot.portal.printing import print_pdf
from bot.words import count, money, standing, when

_TEMPLATES = Environment(loader=PackageLoader("bot.work"), autoescape=True, undefined=StrictUndefined)
_TEMPLATES.filters.update(money=money, when=when, count=count, standing=standing)


@dataclass(frozen=True, slots=True)
class Page:
    """A document as HTML, with what stands above and below on every page of it."""

    body: str
    header: str
    footer: str


def render(name: str, **about: Any) -> Page:
    """The document of that name: ``NAME_body.html``, ``NAME_header.html`` and ``NAME_footer.html``."""
    return Page(*(_TEMPLATES.get_template(f"{name}_{part}.html").render(about) for part in Page.__slots__))


def to_pdf(page: Page, browser: Path | None) -> bytes:
    """The document as a PDF, printed by that browser, or by the first one found. Raises `ConfigurationError`."""
    executable = find_browser(browser)
    if executable is None:
        raise ConfigurationError("No browser is installed. Run: payerbot browser")
    return asyncio.run(print_pdf(executable, page.body, page.header, page.footer))

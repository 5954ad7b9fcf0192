"""A portal's page without the people on it: what may leave the office for whoever mends the adapter.

What stays is structure (elements, controls, their kinds, lengths and order), the words that the adapter declares,
and ordinary words of portals (``words.txt``). Every other word becomes x's of its length, every digit a 9; what a
control holds, and what stands in a table's cells or beside a term, goes whole, whatever its words. Nothing depends
on recognising a name: a word is shown because it is known to be harmless, not because it is not known to harm.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from html import escape
from html.parser import HTMLParser
from importlib.resources import files
from urllib.parse import urlsplit

from bot.portal.adapter import Adapter, Field

#: Left out with all they hold: what a page does and draws, not what it asks.
_LEFT_OUT = frozenset((
    "script", "style", "noscript", "template", "svg", "iframe", "object", "canvas", "video", "audio",
    "map",
))  # fmt: skip
_VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
))  # fmt: skip
#: Void ones that say nothing about a form.
_SILENT = frozenset((
    "area", "base", "embed", "link", "meta", "source", "track",
))  # fmt: skip
#: What they hold is somebody's, whatever the words.
_VALUES = frozenset((
    "dd", "output", "textarea", "pre", "time", "address",
))  # fmt: skip
#: Where a number of one or two digits names a field or a row, among harmless words.
_LABELS = frozenset((
    "label", "legend", "th", "caption", "dt", "button", "h1", "h2", "h3", "h4", "h5", "h6",
))  # fmt: skip
_STRUCTURE = frozenset((
    "type", "role", "method", "required", "disabled", "readonly", "multiple",
    "maxlength", "minlength", "size", "tabindex", "colspan", "rowspan", "scope", "hidden", "open",
    "aria-required", "aria-invalid", "aria-expanded", "aria-hidden",
    "aria-live", "aria-modal", "aria-level", "aria-haspopup",
))  # fmt: skip
_WORDED = frozenset((
    "title", "alt", "placeholder", "label", "aria-label", "aria-description", "aria-placeholder",
))  # fmt: skip
_NAMES = frozenset((
    "id", "name", "for", "list", "form", "headers", "aria-labelledby", "aria-describedby",
    "aria-controls", "aria-owns",
))  # fmt: skip
_PLACES = frozenset(["href", "action", "src", "formaction"])
#: Controls whose `value` is the page's own and not the claim's.
_CHOICES = frozenset((
    "submit", "button", "reset", "radio", "checkbox", "image",
))  # fmt: skip

_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"(?<![\d/.,:-])\d{1,2}(?![\d/.,:-])")


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """A page that may leave the office."""

    html: str
    #: Words and numbers that were put out of sight.
    hidden: int


def scrub(html: str, adapter: Adapter) -> Scrubbed:
    """The page without anything that could be somebody's."""
    held = _Values()
    held.feed(html)
    held.close()
    declared = _declared(adapter)
    # a word that somebody's value has in it is hidden all over the page, unless the adapter itself says it
    page = _Page((ordinary() - held.words) | declared)
    page.feed(html)
    page.close()
    return Scrubbed("<!doctype html>\n" + "".join(page.parts) + "\n", page.hidden)


@cache
def ordinary() -> frozenset[str]:
    """Words that portals use and that are nobody's name."""
    return frozenset(files("bot.portal").joinpath("words.txt").read_text().split())


def _declared(adapter: Adapter) -> frozenset[str]:
    """Every word that the adapter says the portal shows."""
    said = [
        adapter.name,
        adapter.home,
        adapter.pages,
        adapter.echoes,
        adapter.unexpected,
        adapter.sign_in_form,
        getattr(adapter, "search", None),
        adapter.sends,
        tuple(adapter.words),
    ]
    return frozenset(word for one in said for word in _words_in(one))


def _words_in(said: object) -> frozenset[str]:
    if isinstance(said, str):
        return _words(said)
    if isinstance(said, Field):  # what it holds is a path into the claim
        return _words(f"{said.label} {said.then or ''}")
    if is_dataclass(said):
        return _words_in(tuple(getattr(said, one.name) for one in fields(said)))
    if isinstance(said, tuple):
        return frozenset(word for one in said for word in _words_in(one))
    return frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text))


class _Walk(HTMLParser):
    """Walks a page and knows where it is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        #: For each open table, whether it has headers: its cells are values then, else a layout.
        self._headed: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "table":
            self._headed.append(False)
        elif tag == "th" and self._headed:
            self._headed[-1] = True
        if not self._in(_LEFT_OUT) and tag not in _LEFT_OUT | _SILENT:
            self.starts(tag, given)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or tag not in self._open:
            return
        while self._open:
            ended = self._open.pop()
            if ended == "table":
                self._headed.pop()
            if not self._in(_LEFT_OUT) and ended not in _LEFT_OUT:
                self.ends(ended)
            if ended == tag:
                return

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._in(_LEFT_OUT):
            self.says(data)
        elif not self._in(_LEFT_OUT):
            self.rests(data)

    def starts(self, tag: str, given: Mapping[str, str]) -> None:
        """An element begins."""

    def ends(self, tag: str) -> None:
        """An element ends."""

    def says(self, text: str) -> None:
        """Words stand here."""

    def rests(self, space: str) -> None:
        """White space stands here."""

    @property
    def in_value(self) -> bool:
        """Whether what stands here is somebody's."""
        return self._in(_VALUES) or (self._in({"td"}) and bool(self._headed) and self._headed[-1])

    def _in(self, tags: Collection[str]) -> bool:
        return any(tag in tags for tag in self._open)


class _Values(_Walk):
    """Collects the words of what is somebody's."""

    def __init__(self) -> None:
        super().__init__()
        self.words: set[str] = set()

    def starts(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "input" and given.get("type", "text").lower() not in _CHOICES:
            self.words |= _words(given.get("value", ""))

    def says(self, text: str) -> None:
        if self.in_value:
            self.words |= _words(text)


class _Page(_Walk):
    """Writes the page anew."""

    def __init__(self, shown: Collection[str]) -> None:
        super().__init__()
        self._shown = shown
        self._names: dict[str, str] = {}
        self.parts: list[str] = []
        self.hidden = 0

    def starts(self, tag: str, given: Mapping[str, str]) -> None:
        kept = {name: value for name, value in given.items() if name in _STRUCTURE}
        kept |= {name: self._masked(value, label=True) for name, value in given.items() if name in _WORDED}
        kept |= {name: self._name(value) for name, value in given.items() if name in _NAMES}
        kept |= {name: self._place(value) for name, value in given.items() if name in _PLACES}
        if "value" in given and (tag == "option" or given.get("type", "").lower() in _CHOICES):
            kept["value"] = self._masked(given["value"])
        elif given.get("value"):
            kept["value"] = self._masked(given["value"], value=True)
        words = "".join(f' {name}="{escape(value)}"' if value else f" {name}" for name, value in kept.items())
        self.parts.append(f"<{tag}{words}>")

    def ends(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")

    def says(self, text: str) -> None:
        self.parts.append(escape(self._masked(text, value=self.in_value, label=self._in(_LABELS)), quote=False))

    def rests(self, space: str) -> None:
        self.parts.append(space)

    def _masked(self, text: str, *, value: bool = False, label: bool = False) -> str:
        def word(found: re.Match[str]) -> str:
            if not value and found[0].lower() in self._shown:
                return found[0]
            self.hidden += 1
            return "".join("X" if letter.isupper() else "x" for letter in found[0])

        harmless = label and not value and all(one in self._shown for one in _words(text))
        numbers = {one.span() for one in _NUMBER.finditer(text)} if harmless else set()

        def number(found: re.Match[str]) -> str:
            if found.span() in numbers:
                return found[0]
            self.hidden += 1
            return "9" * len(found[0])

        return _WORD.sub(word, re.sub(r"\d+", number, text))  # in this order: neither changes the other's places

    def _name(self, given: str) -> str:
        """A name that ties elements together, unless it holds anything but harmless words and row numbers."""
        return " ".join(self._one_name(one) for one in given.split())

    def _one_name(self, given: str) -> str:
        parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", given)
        harmless = all(part.lower() in self._shown for part in parts) and not re.search(
            r"\d{3}|[^\x00-\x7f]", given
        )
        return given if harmless else self._names.setdefault(given, f"name-{len(self._names) + 1}")

    def _place(self, address: str) -> str:
        """Where it leads, on this portal, without what it asks there."""
        return self._masked(urlsplit(address).path)

"""A new payer's package: adapter, policy, mock portal and tests, each failing test saying what to write next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from bot.errors import ConfigurationError, UsageError

# The pages of the mock portal are templates themselves: theirs are braces, ours brackets.
_TEMPLATES = Environment(
    variable_start_string="[[",
    variable_end_string="]]",
    block_start_string="[%",
    block_end_string="%]",
    comment_start_string="[#",
    comment_end_string="#]",
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  Python, TOML and templates, not pages
)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A payer that nobody has written an adapter for."""

    slug: str
    #: As people call it.
    name: str

    @property
    def package(self) -> str:
        """Its Python package."""
        return f"payerbot_{self.slug}"

    @property
    def class_name(self) -> str:
        """Its adapter's class."""
        return "".join(part.capitalize() for part in self.slug.split("_"))


def scaffold(payer: Newcomer, into: Path) -> Path:
    """Write the package into a new folder there; that folder.

    Raises `UsageError` when the folder exists already or the name cannot be written into it, `ConfigurationError`
    when it cannot be made.
    """
    if not payer.name.strip() or not set(payer.name).isdisjoint('"\\\n[]{}<>'):
        raise UsageError("The payer's name is letters, figures and spaces: it is written into the files as it is.")
    folder = into / f"payerbot-{payer.slug.replace('_', '-')}"
    if folder.exists():
        raise UsageError(f"{folder} is there already: nothing was written.")
    told = {"slug": payer.slug, "name": payer.name, "package": payer.package, "class_name": payer.class_name}
    try:
        for place, template in _files(files("bot.work").joinpath("templates", "payer")):
            path = folder / place.replace("package/", f"{payer.package}/", 1).removesuffix(".jinja")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_TEMPLATES.from_string(template.read_text("utf-8")).render(told), "utf-8")
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be made: {error.strerror}.") from error
    return folder


def _files(folder: Traversable, place: str = "") -> Iterator[tuple[str, Traversable]]:
    for one in folder.iterdir():
        if one.is_dir():
            if one.name != "__pycache__":
                yield from _files(one, f"{place}{one.name}/")
        else:
            yield f"{place}{one.name}", one

"""Commands about the installation itself: try it, make one, its browser, its settings."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from bot import demo as demo_room
from bot.cli.call import Json, home, installation, print_json
from bot.portal.browser import find_browser, install_browser
from bot.settings import explain
from bot.terminal import out


def demo(
    claims: Annotated[int, typer.Option("--claims", min=1, help="How many claims.")] = 27,
    headed: Annotated[bool, typer.Option("--headed", help="Show the browser.")] = False,
) -> int:
    """Start the mock portals, queue sample claims and send them: everything, on this machine alone."""
    return demo_room.play(claims, headed=headed)


def init() -> None:
    """Make an installation: folder, settings file, keys, ledger."""
    place = home()
    place.create()
    with installation():
        pass
    out.print(
        f"payerbot lives in {place.path}. Next: name your payers and logins in {place.settings_file}, then "
        "run: payerbot config"
    )


def browser() -> None:
    """Find a browser, or install one."""
    found = find_browser() or install_browser()
    out.print(f"Browser: {found}")


def config(json_: Json = False) -> None:
    """Every setting, its value and where it comes from; secrets are masked."""
    settings = explain(home())
    if json_:
        print_json([{"key": one.key, "value": one.value_shown, "source": one.source} for one in settings])
        return
    for one in settings:
        out.print(f"{one.key} = {escape(one.value_shown)}  [dim]({one.source})[/dim]")

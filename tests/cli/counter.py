"""The command line as a biller has it: a home, files, and what a command answers."""

from __future__ import annotations

import contextlib
import io
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import log
from bot.claims.model import Claim
from bot.cli import main
from bot.home import FILE_MODE, Home
from fixtures.claims.generate import claims
from fixtures.claims.writers import write_json
from fixtures.people import PRACTICE
from fixtures.portals.portal import User

#: Where nobody listens.
NOWHERE = {"northstar": "http://127.0.0.2:9", "lakeshore": "http://127.0.0.3:9"}


@dataclass(frozen=True, slots=True)
class Done:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


def payerbot(*words: str | Path) -> Done:
    """Run a command in this process.

    In a thread, because commands run loops of their own, and pytest-playwright may have one in this thread.
    """
    out, err = io.StringIO(), io.StringIO()
    codes: list[object] = []

    def call() -> None:
        try:
            main([str(word) for word in words])
        except SystemExit as ended:
            codes.append(ended.code)
        finally:
            log.close()

    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        thread = threading.Thread(target=call, name="payerbot")
        thread.start()
        thread.join()
    [code] = codes
    assert isinstance(code, int)
    return Done(code, out.getvalue(), err.getvalue())


class Desk:
    """One office: a home with both payers set up, and their names mapped."""

    def __init__(self, folder: Path, urls: dict[str, str] | None = None, user: User | None = None) -> None:
        self.folder = folder
        self.home = Home(folder / "home")
        self.home.create()
        settings = []
        for slug, url in (urls or NOWHERE).items():
            settings.append(
                f'[payers.{slug}]\nurl = "{url}"\nvisibility_delay = "PT0S"\n'
                f'[payers.{slug}.logins.main]\nusername = "{user.username if user else "night"}"\n'
                f'tin = "{PRACTICE.tin}"\nnpis = ["{PRACTICE.npi}"]\n'
            )
            secrets = {"password": user.password, "totp_secret": user.totp_secret} if user else {}
            for key, value in secrets.items():
                if value:
                    secret = self.home.secrets / f"payers__{slug}__logins__main__{key}"
                    secret.touch(FILE_MODE)
                    secret.write_text(value)
        self.home.settings_file.write_text("\n".join(settings))

    def __call__(self, *words: str | Path) -> Done:
        """Run a command in this home."""
        return payerbot("--home", self.home.path, *words)

    def file(self, *some: Claim, name: str = "claims.json") -> Path:
        """A claim file."""
        path = self.folder / name
        write_json(list(some), path)
        return path

    def queued(self, number: int = 1, *more: str) -> list[int]:
        """Queue good claims of northstar's; all ids there are."""
        done = self("queue", self.file(*good(number)), *more)
        assert done.code == 0, done
        return [row["id"] for row in self.claims()]

    def claims(self) -> list[dict[str, Any]]:
        """Every claim."""
        rows: list[dict[str, Any]] = self("claims", "list", "--json").document
        return rows

    def tasks(self) -> list[dict[str, Any]]:
        """Every open task."""
        rows: list[dict[str, Any]] = self("tasks", "list", "--json").document
        return rows


def good(number: int, payer: str = "northstar") -> Sequence[Claim]:
    """Claims whose payer is named by its slug, so that nothing need be mapped."""
    return [
        claim.model_copy(update={"payer": claim.payer.model_copy(update={"name": payer, "payer_id": ""})})
        for claim in claims(payer, number)
    ]

"""The page where a portal failed last, scrubbed, for whoever mends its adapter."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from bot.errors import ConfigurationError, UnknownItem
from bot.home import write_private
from bot.ledger.failures import captured, last_failure
from bot.ledger.store import Act, Ledger
from bot.portal.adapter import Adapter
from bot.portal.evidence import EvidenceStore
from bot.portal.scrub import scrub


@dataclass(frozen=True, slots=True)
class Captured:
    """A page that may leave the office."""

    path: Path
    #: What had gone wrong: the class of an error, or the kind of a claim's evidence.
    what: str
    #: Words and numbers that were put out of sight.
    hidden: int


def capture(ledger: Ledger, store: EvidenceStore, adapter: Adapter, folder: Path, act: Act) -> Captured:
    """Write the last page that was not as expected, without values.

    Raises `UnknownItem` when there is none, or only a picture was kept of it, `ConfigurationError` when the folder
    cannot be written to.
    """
    failure = last_failure(ledger, adapter.slug)
    if failure is None:
        raise UnknownItem(f"{adapter.name}'s portal has not failed here yet: no page of it is kept.")
    with zipfile.ZipFile(io.BytesIO(store.open(failure.evidence))) as bundle:
        if "page.html" not in bundle.namelist():
            raise UnknownItem(f"Of {adapter.name}'s page only a picture was kept, and that stays in the office.")
        page = scrub(bundle.read("page.html").decode(), adapter)
    at = failure.evidence.at.astimezone(UTC)
    path = folder / f"{adapter.slug}-{at:%Y%m%d-%H%M%S}.html"
    try:
        write_private(path, page.html.encode())
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be written to: {error.strerror}.") from error
    captured(ledger, adapter.slug, act)
    return Captured(path, failure.what, page.hidden)

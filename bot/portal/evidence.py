"""Evidence: what a page showed, kept in cipher, hashed, and on the disk before anybody is told of it."""

from __future__ import annotations

import asyncio
import io
import secrets
import zipfile
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from bot.errors import Interrupted, Passing, PayerbotError
from bot.vault import Vault

_T = TypeVar("_T")

#: What a page shows: the portal's answer to what was sent, and the payer's message that comes later.
RECEIPT, VERDICT = "receipt", "verdict"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One page as it was: a zip of ``page.png`` and ``page.html``, or what of them could be had."""

    #: What it shows: ``review``, ``receipt``, ``look-up``, ``failure`` …
    kind: str
    #: Of the zip before encryption, 64 hex digits.
    sha256: str
    #: Its file in the evidence folder; says nothing about whose it is.
    path_name: str
    #: When it was taken, in UTC.
    at: datetime
    #: Bytes of the zip.
    size: int


class EvidenceStore:
    """Keeps and opens evidence in one folder."""

    def __init__(self, folder: Path, vault: Vault, *, patience: timedelta = timedelta(seconds=5)) -> None:
        """`patience` is how long a page may take to give its picture and text; twice that bounds `keep`."""
        self._folder = folder
        self._vault = vault
        self._patience = patience.total_seconds()

    async def keep(self, page: Page, kind: str, at: datetime) -> Evidence:
        """Keep what the page shows now; on the disk when this returns.

        A page in the middle of navigation is tried once more; of one that waits for an answer its visible part
        and its text as ``page.mhtml`` are kept. A picture or a text alone is kept too. Raises `Passing` when the
        page gives neither, `Interrupted` when the disk is full.
        """
        picture, text = await asyncio.gather(
            self._tried(lambda: page.screenshot(full_page=True)), self._tried(page.content)
        )
        parts = {"page.png": picture, "page.html": text.encode() if text is not None else None}
        if picture is None or text is None:
            parts |= await self._tried(lambda: _seen_from_outside(page)) or {}
        kept = {name: part for name, part in parts.items() if part is not None}
        if not kept:
            raise Passing("The page could not be kept as evidence.")
        return await asyncio.to_thread(self._store, kept, kind, at)

    def keep_document(self, content: bytes, at: datetime) -> Evidence:
        """Keep a document that goes to a payer; its hash is that of its bytes. Raises `Interrupted`."""
        return self._written(content, "document", at, "doc.enc")

    def forget(self, evidence: Evidence) -> None:
        """Take away what turned out to belong to nothing."""
        (self._folder / evidence.path_name).unlink(missing_ok=True)

    def open(self, evidence: Evidence) -> bytes:
        """The zip, or the document, as taken. Raises `PayerbotError` when it is gone or not what was kept."""
        try:
            bundle = self._vault.read(self._folder / evidence.path_name)
        except OSError as error:
            raise PayerbotError(f"The evidence {evidence.path_name} cannot be read.") from error
        if sha256(bundle).hexdigest() != evidence.sha256:
            raise PayerbotError(f"The evidence {evidence.path_name} is not what was kept.")
        return bundle

    async def _tried(self, look: Callable[[], Awaitable[_T]]) -> _T | None:
        """What the page gives, asked twice at most; None when it gives nothing in time."""
        try:
            async with asyncio.timeout(self._patience):
                try:
                    return await look()
                except PlaywrightError:
                    return await look()
        except (PlaywrightError, TimeoutError):
            return None

    def _store(self, parts: Mapping[str, bytes], kind: str, at: datetime) -> Evidence:
        return self._written(_bundled(parts, at), kind, at, "zip.enc")

    def _written(self, bundle: bytes, kind: str, at: datetime, ending: str) -> Evidence:
        name = f"{secrets.token_hex(16)}.{ending}"
        try:
            self._vault.write(self._folder / name, bundle)
        except OSError as error:
            raise Interrupted(
                f"Evidence cannot be written to {self._folder}: {error.strerror or type(error).__name__}."
            ) from error
        return Evidence(kind, sha256(bundle).hexdigest(), name, at, len(bundle))


async def _seen_from_outside(page: Page) -> dict[str, bytes | None]:
    """The visible part of a page and its text as MHTML. These two Chromium still answers while the next page is
    awaited; all else, closing this session too, waits with it."""
    session = await page.context.new_cdp_session(page)
    picture = await session.send("Page.captureScreenshot")
    text = await session.send("Page.captureSnapshot")
    return {"page.png": b64decode(picture["data"]), "page.mhtml": text["data"].encode()}


def _bundled(parts: Mapping[str, bytes], at: datetime) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for name, part in parts.items():
            method = zipfile.ZIP_STORED if name == "page.png" else zipfile.ZIP_DEFLATED
            bundle.writestr(zipfile.ZipInfo(name, at.astimezone(UTC).timetuple()[:6]), part, method)
    return buffer.getvalue()

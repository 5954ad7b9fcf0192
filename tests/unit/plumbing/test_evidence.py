from __future__ import annotations

import asyncio
import errno
import io
import stat
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import cast

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from bot.errors import ConfigurationError, Interrupted, Passing, PayerbotError
from bot.home import Home
from bot.portal.evidence import EvidenceStore
from bot.vault import Vault
from tests.conftest import Loop

AT = datetime(2026, 5, 1, 3, 4, 6, tzinfo=UTC)


class FakePage:
    """A page that fails as often as it is told, or never answers."""

    def __init__(self, *, picture: int = 0, text: int = 0, hangs: bool = False) -> None:
        self.left = {"picture": picture, "text": text}
        self.hangs = hangs

    @property
    def context(self) -> object:
        raise PlaywrightError("no session")

    async def screenshot(self, *, full_page: bool) -> bytes:
        assert full_page
        await self._fail("picture")
        return b"PNG of Jane Roe"

    async def content(self) -> str:
        await self._fail("text")
        return "<p>Jane Roe</p>"

    async def _fail(self, what: str) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.left[what]:
            self.left[what] -= 1
            raise PlaywrightError("Unable to retrieve content because the page is navigating")


def page(*, picture: int = 0, text: int = 0, hangs: bool = False) -> Page:
    return cast(Page, FakePage(picture=picture, text=text, hangs=hangs))


@pytest.fixture
def store(home: Home) -> EvidenceStore:
    return EvidenceStore(home.evidence, Vault.open(home), patience=timedelta(milliseconds=50))


def names(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_picture_and_text_are_kept_in_cipher_under_a_name_that_says_nothing(
    home: Home, store: EvidenceStore, loop: Loop
) -> None:
    evidence = loop.run(store.keep(page(), "receipt", AT))

    (path,) = home.evidence.iterdir()
    assert path.name == evidence.path_name
    assert "receipt" not in path.name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"Roe" not in path.read_bytes()
    bundle = store.open(evidence)
    assert names(bundle) == {"page.png": b"PNG of Jane Roe", "page.html": b"<p>Jane Roe</p>"}
    assert (evidence.kind, evidence.at, evidence.size) == ("receipt", AT, len(bundle))
    assert evidence.sha256 == sha256(bundle).hexdigest()


def test_a_page_in_the_middle_of_navigation_is_tried_once_more(store: EvidenceStore, loop: Loop) -> None:
    evidence = loop.run(store.keep(page(picture=1, text=1), "receipt", AT))

    assert set(names(store.open(evidence))) == {"page.png", "page.html"}


@pytest.mark.parametrize(
    ("half", "kept"), [(page(picture=2), "page.html"), (page(text=2), "page.png")], ids=["text", "picture"]
)
def test_half_is_better_than_nothing(store: EvidenceStore, loop: Loop, half: Page, kept: str) -> None:
    evidence = loop.run(store.keep(half, "failure", AT))

    assert set(names(store.open(evidence))) == {kept}


def test_a_page_that_gives_nothing_is_no_evidence(home: Home, store: EvidenceStore, loop: Loop) -> None:
    with pytest.raises(Passing):
        loop.run(store.keep(page(picture=2, text=2), "receipt", AT))
    with pytest.raises(Passing):
        loop.run(store.keep(page(hangs=True), "receipt", AT))
    assert not list(home.evidence.iterdir())


def test_changed_evidence_is_not_opened(home: Home, store: EvidenceStore, loop: Loop) -> None:
    evidence = loop.run(store.keep(page(), "receipt", AT))
    path = home.evidence / evidence.path_name

    Vault.open(home).write(path, b"another bundle")
    with pytest.raises(PayerbotError, match="is not what was kept"):
        store.open(evidence)
    path.write_bytes(b"garbage")
    with pytest.raises(ConfigurationError):
        store.open(evidence)
    path.unlink()
    with pytest.raises(PayerbotError, match="cannot be read"):
        store.open(evidence)


def test_a_full_disk_leaves_nothing_half_written(
    home: Home, store: EvidenceStore, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Interrupted, match=r"Evidence cannot be written to .*: No space left on device"):
        loop.run(store.keep(page(), "receipt", AT))
    assert not list(home.evidence.iterdir())

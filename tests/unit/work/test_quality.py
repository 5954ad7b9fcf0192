"""The quality scale: computed from what is there, and stale when that has changed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import ClassVar

import pytest

from bot.errors import ConfigurationError
from bot.ledger.baselines import Checked
from bot.portal.adapter import Adapter
from bot.work import quality
from bot.work.payers import find_adapters, policy_of
from bot.work.quality import Level, Quality, quality_of
from payers.summit.adapter import Summit

TODAY = date(2026, 12, 1)
NOW = datetime(2026, 11, 30, tzinfo=UTC)
PAGES = tuple(page.title for page in Summit.pages)
FINE = Checked("summit", "main", NOW, NOW, "payerbot", "", PAGES)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of Summit's adapter, to be spoilt."""
    place = tmp_path / "summit"
    shutil.copytree(Path(str(quality.folder_of(Summit))), place, ignore=shutil.ignore_patterns("__pycache__"))

    def folder_of(_: type[Adapter]) -> Traversable:
        return place

    policy = policy_of(Summit)
    monkeypatch.setattr(quality, "folder_of", folder_of)
    monkeypatch.setattr(quality, "policy_of", lambda _: policy)
    quality.write_record(Summit, 50, TODAY)
    return place


def judged(adapter: type[Adapter] = Summit, *checks: Checked, changed: bool = False) -> Quality:
    return quality_of(adapter, checks or (FINE,), TODAY, changed=changed)


def test_an_adapter_with_everything_is_gold(folder: Path) -> None:
    assert judged() == Quality(Level.GOLD, None, ())


def test_a_word_of_code_makes_what_was_played_stale(folder: Path) -> None:
    with (folder / "form.py").open("a") as file:
        file.write("# another word\n")
    found = judged()
    assert (found.level, found.next) == (Level.SILVER, Level.GOLD)
    assert found.missing == (
        "its code has changed since the fault matrix was played on it on 2026-12-01 (make matrix)",
    )


def test_what_nobody_played_is_silver(folder: Path) -> None:
    (folder / quality.RECORD).unlink()
    assert "passed the fault matrix" in judged().missing[0]


@pytest.mark.parametrize(
    ("checks", "changed", "why"),
    [
        ((), False, "never compared"),
        ((replace(FINE, fine_at=datetime(2026, 10, 1, tzinfo=UTC)),), False, "for 30 days"),
        ((replace(FINE, pages=PAGES[:-1]),), False, "pages never compared: 'Ready to Submit'"),
        ((FINE,), True, "has changed"),
    ],
)
def test_gold_is_what_the_office_has_seen_for_itself(
    folder: Path, checks: tuple[Checked, ...], changed: bool, why: str
) -> None:
    found = quality_of(Summit, checks, TODAY, changed=changed)
    assert (found.level, why in found.missing[0]) == (Level.SILVER, True)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("Known limits", "Remarks", "Known limits"),
        ("Last verified", "Looked at", "does not say when"),
        ("2026-11-22", "2025-11-22", "more than a year ago"),
    ],
)
def test_a_readme_tells_limits_and_age(folder: Path, old: str, new: str, why: str) -> None:
    readme = folder / "README.md"
    readme.write_text(readme.read_text().replace(old, new))
    found = judged()
    assert (found.level, found.next) == (Level.BRONZE, Level.SILVER)
    assert why in found.missing[0]


def test_a_payer_whose_words_nobody_knows_is_bronze(folder: Path) -> None:
    class Silent(Summit):
        words: ClassVar = {}

    found = judged(Silent)
    assert found.level is Level.BRONZE
    assert len(found.missing) == 3


def test_a_receipt_that_is_not_compared_by_charge_is_no_proof(folder: Path) -> None:
    class Trusting(Summit):
        echoes = Summit.echoes[:2]  # type: ignore[assignment]

    found = judged(Trusting)
    assert (found.level, found.next) == (Level.NONE, Level.BRONZE)
    assert found.missing == (
        "the receipt is not compared by date of service",
        "the receipt is not compared by charge",
    )


def test_an_adapter_that_enters_something_past_the_core_is_not_even_bronze(folder: Path) -> None:
    with (folder / "adapter.py").open("a") as file:
        file.write(
            "\n    async def leave(self, page, form_page):\n        await page.get_by_label('Note').fill('x')\n"
        )
    found = judged()
    assert found.level is Level.NONE
    assert found.missing == ("leave in adapter.py enters something by itself (fill), and nobody reads it back",)


def test_a_policy_that_cannot_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: type[Adapter]) -> None:
        raise ConfigurationError("summit: its policy.toml is missing or wrong.")

    monkeypatch.setattr(quality, "policy_of", none)
    assert judged().missing == ("summit: its policy.toml is missing or wrong.",)


def test_every_adapter_in_the_box_is_silver_at_least() -> None:
    """Gold depends on what an office has seen, and on when the matrix was played."""
    for slug, adapter in find_adapters().items():
        found = quality_of(adapter, (), TODAY)
        assert found.next is Level.GOLD, (slug, found)

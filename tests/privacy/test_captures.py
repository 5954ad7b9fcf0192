"""A captured page may leave the office: the changed label is on it, and nobody is."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from bot.errors import UnknownItem
from bot.ledger.store import Act
from bot.work.capture import capture
from fixtures.claims.generate import claims
from fixtures.portals.faults import Fault
from fixtures.portals.registry import SITES
from tests.conftest import Loop
from tests.office import TestOffice, office
from tests.privacy.test_canaries import _canaries


def _captured(one: TestOffice, folder: Path) -> tuple[str, str]:
    adapter = one.payer.adapter
    page = capture(one.ledger, one.workshop.store, adapter, folder, Act("Dana Price", one.clock.now()))
    assert stat.S_IMODE(page.path.stat().st_mode) == 0o600
    return page.what, page.path.read_text()


def _on_it(text: str, slug: str) -> list[str]:
    words = {word.lower() for word in _canaries(claims(slug, 3))}
    return [word for word in words if re.search(rf"(?<![0-9a-z]){re.escape(word)}(?![0-9a-z])", text.lower())]


@pytest.mark.parametrize("slug", sorted(SITES))
def test_the_page_that_changed(slug: str, tmp_path: Path, loop: Loop) -> None:
    with office(slug, tmp_path / "home", loop) as one:
        with pytest.raises(UnknownItem, match="has not failed"):
            _captured(one, tmp_path)
        one.queue(claims(slug, 1))
        one.portal.inject(Fault.PREFILLED_STRANGER, times=None)
        one.portal.inject(Fault.RENAME_LABEL, times=None)
        one.run()
        what, text = _captured(one, tmp_path)
        assert what == "FormChanged"
        assert "Account Reference" in text
        assert _on_it(text, slug) == []
        kept = list(one.workshop.store._folder.glob("*.enc"))
        one.run()
        assert len(list(one.workshop.store._folder.glob("*.enc"))) == len(kept)


def test_the_page_that_a_claim_was_refused_on(tmp_path: Path, loop: Loop) -> None:
    """It shows the patient: the portal's complaint stays, the patient does not."""
    with office("summit", tmp_path / "home", loop) as one:
        one.queue(claims("summit", 1))
        one.portal.inject(Fault.REJECT)
        one.run()
        what, text = _captured(one, tmp_path)
        assert what in ("refusal", "unclear")
        assert _on_it(text, "summit") == []

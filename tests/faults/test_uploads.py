"""Documents: they arrive byte for byte, once, and a broken upload is never taken for a claim."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from bot.claims.model import Claim
from bot.work.dispatch import Order
from fixtures.claims.generate import stream
from fixtures.portals.faults import Fault
from tests.conftest import Loop
from tests.office import office


def with_document() -> Claim:
    return next(claim for claim in stream("lakeshore") if claim.attachments)


def test_a_document_arrives_whole(tmp_path: Path, loop: Loop) -> None:
    claim = with_document()
    with office("lakeshore", tmp_path, loop) as one:
        [claim_id] = one.queue([claim])
        one.run()
        assert one.claim(claim_id)["state"] == "accepted"
        [stored] = cast(list[dict[str, Any]], one.portal.claims)
        [document] = stored["attachments"]
        file = Path(claim.attachments[0].file)
        assert document["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert stored["lines"][0]["description"] == claim.lines[0].description
        assert (one.requests("upload"), one.requests("submit")) == (1, 1)


def test_an_upload_whose_reply_is_lost_is_not_repeated_blindly(tmp_path: Path, loop: Loop) -> None:
    """Its control number is spent, so the second try is the portal's to refuse; no claim ever stands there."""
    with office("lakeshore", tmp_path, loop, timedelta(hours=2)) as one:
        [claim_id] = one.queue([with_document()])
        one.portal.inject(Fault.DROP_AFTER_ACCEPT, "upload")
        one.run()
        assert (one.claim(claim_id)["state"], one.requests("upload")) == ("unknown", 1)
        one.run(Order())
        assert one.requests("upload") == 1
        one.clock.advance(2 * 3600 + 90)
        one.run(Order(look_ups_only=True))
        assert one.claim(claim_id)["state"] == "queued"
        one.run()
        assert one.claim(claim_id)["state"] == "rejected"
        assert [task["kind"] for task in one.tasks()] == ["rejected"]
        assert (one.requests("submit"), one.portal.claims) == (0, [])


def test_a_document_that_went_missing_stops_the_claim(tmp_path: Path, loop: Loop) -> None:
    claim = with_document()
    file = tmp_path / "note.pdf"
    file.write_bytes(Path(claim.attachments[0].file).read_bytes())
    moved = claim.attachments[0].model_copy(update={"file": str(file)})
    with office("lakeshore", tmp_path / "office", loop) as one:
        [claim_id] = one.queue([claim.model_copy(update={"attachments": (moved,)})])
        file.unlink()
        one.run()
        assert one.claim(claim_id)["state"] == "held"
        assert (one.requests("upload"), one.requests("submit")) == (0, 0)

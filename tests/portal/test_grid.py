"""Lines that stand in a grid: as many rows as the claim needs are opened, and none but ours is filled."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.portal.form import Form
from fixtures.claims.generate import claims
from tests.conftest import Loop
from tests.office import office


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("lines", [5, 11])
def test_more_lines_than_the_grid_shows(lines: int, tmp_path: Path, loop: Loop) -> None:
    claim = claims("hudson", 1)[0]
    one = claim.lines[0]
    several = tuple(one.model_copy(update={"charge": one.charge + number}) for number in range(lines))
    claim = claim.model_copy(update={"lines": several, "charge": sum(line.charge for line in several)})
    with office("hudson", tmp_path, loop) as desk:
        [claim_id] = desk.queue([claim])
        desk.run()
        assert desk.claim(claim_id)["state"] == "accepted"
        [stored] = desk.portal.claims
    kept = stored["lines"]
    assert isinstance(kept, list)
    assert [line["charge"] for line in kept] == [f"{line.charge:.2f}" for line in several]


@pytest.mark.usefixtures("chromium")
def test_a_line_that_is_not_ours_is_seen(tmp_path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something in a row that the claim leaves empty."""
    claim = claims("hudson", 1)[0]
    fill = Form._enter_grid

    async def with_a_stranger(form: Form, *about: object) -> None:
        await form.page.get_by_label("Proc 5", exact=True).fill("99215")
        await fill(form, *about)  # type: ignore[arg-type]

    monkeypatch.setattr(Form, "_enter_grid", with_a_stranger)
    with office("hudson", tmp_path, loop) as desk:
        [claim_id] = desk.queue([claim])
        desk.run()
        row = desk.claim(claim_id)
        assert (row["state"], row["sent"]) == ("held", "never")
        assert "'Proc 5'" in row["reason"]
        assert desk.requests("submit") == 0

"""Texts of a portal, without whom they are about."""

from __future__ import annotations

import pytest

from bot.claims.mask import without
from fixtures.claims.generate import claims

CLAIM = claims("northstar", 1)[0]


@pytest.mark.parametrize("form", ["%m/%d/%Y", "%Y-%m-%d", "%m%d%Y"])
def test_whom_it_is_about_is_not_told(form: str) -> None:
    who = CLAIM.subscriber
    assert who.birth_date
    born, code = who.birth_date.strftime(form), CLAIM.diagnoses[0]
    said = f"{who.member_id} ({who.last.upper()}, {who.first}, born {born}): {code} is unknown"
    assert without(CLAIM, said) == "… (…, …, born …): … is unknown"


def test_words_of_the_portal_stay() -> None:
    who = CLAIM.subscriber
    said = f"Patient account no. is mandatory; see {who.last}ville"
    assert without(CLAIM, said) == said


def test_a_claim_that_names_nobody() -> None:
    nobody = CLAIM.subscriber.model_copy(update={"last": "", "first": "", "member_id": "", "birth_date": None})
    bare = CLAIM.model_copy(update={"subscriber": nobody, "diagnoses": (), "other_insurance": ()})
    assert without(bare, "Not found") == "Not found"

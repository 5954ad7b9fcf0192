"""The same claim is recognised however it is written; another one never is."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.claims.fingerprint import fingerprint, likeness
from bot.claims.model import Claim, Frequency, Person
from fixtures.claims.generate import stream
from tests.unit.claims.builders import VISIT, put
from tests.unit.claims.strategies import claims_837

KEY = b"a key of this installation"
CHILD = Person(last="Roe", first="Tim", birth_date=date(2015, 1, 2))


def _print(claim: Claim, payer: str = "lakeshore", key: bytes = KEY) -> str:
    return fingerprint(claim, payer, key)


@settings(max_examples=40, deadline=None)
@given(claims_837(), st.randoms())
def test_writing_does_not_matter(claim: Claim, random: Any) -> None:
    lines = list(claim.lines)
    random.shuffle(lines)
    changed = claim.model_copy(
        update={
            "lines": tuple(
                line.model_copy(
                    update={
                        "charge": Decimal(f"{line.charge}0000"),
                        "units": line.units + Decimal("0.0000"),
                        "code": line.code.lower(),
                        "description": "other words",
                        "pointers": (1,),
                        "place_of_service": claim.place_of(line),
                    }
                )
                for line in lines
            ),
            "account": "OTHER",
            "charge": claim.charge.normalize(),
            "note": "another note",
            "subscriber": put(claim.subscriber, "member_id", f" {claim.subscriber.member_id.swapcase()}  "),
            "billing": put(claim.billing, "npi", f"{claim.billing.npi} "),
        }
    )
    assert _print(changed, "LakeShore ") == _print(claim)
    assert likeness(changed, "LAKESHORE", KEY) == likeness(claim, "lakeshore", KEY)


CHANGES = {
    "billing NPI": ("billing.npi", "1990000121"),
    "member": ("subscriber.member_id", "LK999999999"),
    "total": ("charge", VISIT.charge + Decimal("0.01")),
    "from": ("lines.0.service_from", VISIT.lines[0].service_from - timedelta(days=1)),
    "to": ("lines.0.service_to", VISIT.lines[0].service_to + timedelta(days=1)),
    "code": ("lines.0.code", "99215"),
    "modifier": ("lines.0.modifiers", ("25",)),
    "units": ("lines.0.units", Decimal(2)),
    "charge": ("lines.0.charge", VISIT.lines[0].charge + 1),
    "place of a line": ("lines.0.place_of_service", "12"),
    "place of the claim": ("place_of_service", "12"),
    "a line less": ("lines", VISIT.lines[:1]),
    "a line twice": ("lines", (*VISIT.lines, VISIT.lines[0])),
    "frequency": ("frequency", Frequency.REPLACEMENT),
    "patient": ("dependant", CHILD),
}
#: What makes it about another service, not only another claim for it.
ANOTHER_SERVICE = {"member", "from", "code", "a line less", "patient"}


@pytest.mark.parametrize("change", CHANGES)
def test_a_real_change_is_another_claim(change: str) -> None:
    changed = put(VISIT, *CHANGES[change])
    assert _print(changed) != _print(VISIT)
    same = likeness(changed, "lakeshore", KEY) == likeness(VISIT, "lakeshore", KEY)
    assert same == (change not in ANOTHER_SERVICE)
    if change in ("code", "from", "a line less"):  # the other line is still the same service
        assert likeness(changed, "lakeshore", KEY) & likeness(VISIT, "lakeshore", KEY)


def test_modifiers_keep_their_order() -> None:
    one, other = (put(VISIT, "lines.0.modifiers", order) for order in (("25", "GT"), ("GT", "25")))
    assert _print(one) != _print(other)


def test_twins_under_one_member_number() -> None:
    one = put(VISIT, "dependant", CHILD)
    twin = put(one, "dependant.first", "Tom")
    assert _print(one) != _print(twin)
    assert not likeness(one, "lakeshore", KEY) & likeness(twin, "lakeshore", KEY)
    assert _print(put(one, "dependant.first", "TIM ")) == _print(one)


def test_corrections_differ_by_the_claim_they_correct() -> None:
    replacement = put(VISIT, "frequency", Frequency.REPLACEMENT)
    first, second = (put(replacement, "original_control_number", number) for number in ("ICN1", "ICN2"))
    void = put(first, "frequency", Frequency.VOID)
    assert len({_print(VISIT), _print(first), _print(second), _print(void)}) == 4
    assert _print(put(VISIT, "original_control_number", "ICN1")) == _print(VISIT)


def test_payer_and_key_matter() -> None:
    assert _print(VISIT, "northstar") != _print(VISIT)
    assert _print(VISIT, key=b"another") != _print(VISIT)
    assert not likeness(VISIT, "northstar", KEY) & likeness(VISIT, "lakeshore", KEY)
    assert not likeness(VISIT, "lakeshore", b"another") & likeness(VISIT, "lakeshore", KEY)


def test_nothing_can_be_read_from_it() -> None:
    text = _print(VISIT) + "".join(likeness(VISIT, "lakeshore", KEY))
    assert set(text) <= set("0123456789abcdef")
    assert len(_print(VISIT)) == 64
    assert len(likeness(VISIT, "lakeshore", KEY)) == 2


def test_invented_claims_never_meet() -> None:
    some = list(islice(stream("lakeshore"), 3_000))
    assert len({_print(claim) for claim in some}) == 3_000
    services = [service for claim in some for service in likeness(claim, "lakeshore", KEY)]
    assert len(set(services)) == len(services)

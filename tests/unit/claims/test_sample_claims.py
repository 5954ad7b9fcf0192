"""The sample files are what the generator writes, good for both payers, and bad where they should be."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from bot.claims.edits.book import Limits
from bot.claims.edits.engine import run
from bot.claims.files import Kind, open_file
from bot.claims.model import Claim
from fixtures.claims.care import care_of, visit_of
from fixtures.claims.generate import HERE, NOTE_FILE, PAYERS, claims, stream, write_samples
from fixtures.people import MEMBERS, PRACTICE

TODAY = date(2026, 11, 22)
FILES = {"visits.837": Kind.X12, "care.csv": Kind.CSV, "homes.json": Kind.JSON}
LIMITS = {"NSTAR": Limits(lines=50, forbidden="*^:~|"), "LKSHR": Limits(lines=28)}


def _samples() -> list[tuple[str, Claim, set[str]]]:
    found = []
    for name, kind in FILES.items():
        file = open_file(HERE / name)
        assert file.kind is kind
        for item in file:
            assert item.claim is not None
            limits = LIMITS[item.claim.payer.payer_id]
            found.append(
                (
                    name,
                    item.claim,
                    {
                        problem.rule
                        for problem in run(
                            item.claim,
                            today=TODAY,
                            limits=limits,
                            care=care_of(item.claim),
                            visit=visit_of(item.claim),
                        )
                    },
                )
            )
        assert file.problems == ()
    return found


def test_the_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    write_samples(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, NOTE_FILE.name}
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (HERE / path.name).read_bytes()


@pytest.mark.parametrize("payers", [tuple(PAYERS), *((payer,) for payer in PAYERS)], ids="+".join)
def test_of_the_payers_that_are_asked_for(tmp_path: Path, payers: tuple[str, ...]) -> None:
    write_samples(tmp_path, 24, payers)
    found = Counter(
        one.claim.payer.payer_id for name in FILES for one in open_file(tmp_path / name) if one.claim is not None
    )
    assert found.keys() == {PAYERS[payer].payer_id for payer in payers}
    assert sum(found.values()) == 24 + len(FILES)


def test_good_and_bad() -> None:
    samples = _samples()
    good = [claim for _, claim, rules in samples if not rules]
    assert len(good) >= 24
    assert {(name, *rules) for name, _, rules in samples if rules} == {
        ("visits.837", "npi"),
        ("care.csv", "charge-sum"),
        ("homes.json", "diagnosis-code"),
    }
    assert Counter(claim.payer.name for claim in good).keys() == {"NORTHSTAR MEDICAID", "LAKESHORE HEALTH PLAN"}
    services = {tuple(line.code for line in claim.lines) for claim in good}
    assert {
        ("99490", "99439"),
        ("99491",),
        ("99487", "99489"),
        ("99600",),
        ("99213",),
        ("99214",),
        ("99349",),
    } <= services


def test_home_visits_carry_their_note() -> None:
    homes = [claim for _, claim, rules in _samples() if claim.lines[0].code == "99600" and not rules]
    assert homes
    for claim in homes:
        assert claim.payer.payer_id == "LKSHR"
        assert claim.place_of_service == "12"
        assert claim.lines[0].description
        assert claim.attachments[0].file == str(NOTE_FILE)
    assert NOTE_FILE.read_bytes().startswith(b"%PDF-1.4")
    assert NOTE_FILE.read_bytes().rstrip().endswith(b"%%EOF")


def test_accounts_and_services_are_unique() -> None:
    samples = [claim for _, claim, _ in _samples()]
    accounts = Counter(claim.account for claim in samples)
    assert max(accounts.values()) == 1
    services = Counter(
        (claim.payer.payer_id, claim.subscriber.member_id, line.service_from, line.code)
        for claim in samples
        for line in claim.lines
    )
    assert max(services.values()) == 1


@pytest.mark.parametrize("payer", PAYERS)
def test_as_many_as_needed(payer: str) -> None:
    some = list(islice(stream(payer), 5_000))
    assert len({claim.account for claim in some}) == 5_000
    seen = Counter(
        (claim.subscriber.member_id, line.service_from, line.code) for claim in some for line in claim.lines
    )
    assert max(seen.values()) == 1
    ids = {getattr(member, f"{payer}_id") for member in MEMBERS}
    for claim in some:
        assert claim.account.isalnum()
        assert len(claim.account) <= 20
        assert claim.subscriber.member_id in ids
        assert claim.billing.npi == PRACTICE.npi
        assert date(2026, 6, 1) <= claim.lines[0].service_from <= date(2026, 9, 30)
        assert len(claim.lines) <= 13
    months = Counter(
        (claim.subscriber.member_id, claim.lines[0].service_from.month)
        for claim in some
        if claim.lines[0].code in ("99490", "99491", "99487")
    )
    assert months
    assert max(months.values()) == 1


def test_the_same_seed_is_the_same_claims() -> None:
    assert claims("northstar", 50) == claims("northstar", 50)
    assert claims("northstar", 50, seed=2) != claims("northstar", 50)
    assert claims("northstar", 20) == claims("northstar", 50)[:20]
    accounts = {claim.account for seed in (1, 2) for claim in claims("northstar", 50, seed=seed)}
    assert len(accounts) == 100

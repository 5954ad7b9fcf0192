"""Which portal and which login a claim goes to; nobody guesses."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.claims.model import Claim
from bot.claims.vocabulary import State
from bot.errors import ConfigurationError, UnknownItem, UsageError
from bot.ledger import people, views
from bot.portal.adapter import Credentials
from bot.work import intake
from bot.work.payers import Login, Office, Payer, Policy, find_adapters, policy_of
from fixtures.claims.generate import claims, write_samples
from fixtures.people import PRACTICE
from tests.unit.claims.builders import put
from tests.unit.ledger.books import CLAIMS, Books
from tests.unit.portal.test_fit import Plain

CLAIM = CLAIMS[0]
TODAY = date(2026, 10, 1)


def office(*slugs: str, logins: tuple[Login, ...] | None = None) -> Office:
    """An office that has set up these payers."""
    mine = Login("main", Credentials("night", SecretStr("x")), PRACTICE.tin, (PRACTICE.npi,), 1)
    adapters = find_adapters()
    return Office(
        Payer(
            adapters[slug]("http://127.0.0.2:1/x"),
            policy_of(adapters[slug]),
            (mine,) if logins is None else logins,
            timedelta(0),
        )
        for slug in slugs
    )


BOTH = office("northstar", "lakeshore")


def named(name: str, payer_id: str = "") -> Claim:
    """The claim, with its payer named otherwise."""
    claim: Claim = put(put(CLAIM, "payer.name", name), "payer.payer_id", payer_id)
    return claim


@pytest.mark.parametrize(
    ("name", "payer_id"),
    [("northstar", ""), ("Northstar", ""), ("NORTHSTAR", "99"), ("", "northstar"), ("somebody", "NorthStar")],
)
def test_a_payers_own_slug_means_that_payer(books: Books, name: str, payer_id: str) -> None:
    way = intake.route(BOTH, books.ledger, named(name, payer_id))
    assert (way.payer and way.payer.slug, way.login and way.login.name) == ("northstar", "main")
    assert (way.problem, way.need) == (None, None)


@pytest.mark.parametrize(
    ("name", "payer_id", "mapped"),
    [
        ("Minnesota  Medicaid", "", "MINNESOTA MEDICAID"),
        ("", "NSTAR", "nstar"),
        ("Northern Star", "NSTAR", "NSTAR"),
        ("Northern Star", "99", "northern star"),
    ],
)
def test_a_name_or_number_means_what_the_office_says(books: Books, name: str, payer_id: str, mapped: str) -> None:
    assert intake.route(BOTH, books.ledger, named(name, payer_id)).payer is None
    people.map_name(books.ledger, mapped, "northstar", books.act())
    way = intake.route(BOTH, books.ledger, named(name, payer_id))
    assert way.payer is BOTH.payers["northstar"]


def test_a_name_nobody_knows(books: Books) -> None:
    way = intake.route(BOTH, books.ledger, named("UHC COMM"))
    assert (way.payer, way.login) == (None, None)
    assert way.problem is not None
    assert way.need is not None
    assert way.problem.message == (
        "We don't know which portal 'UHC COMM' means; choose once: payerbot payers map \"UHC COMM\" SLUG"
    )
    assert (way.problem.severity, way.problem.account, way.need.kind) == ("block", CLAIM.account, "choose-portal")
    same = intake.route(BOTH, books.ledger, named("uhc comm")).need
    assert same is not None
    assert same.cause == way.need.cause


def test_a_name_alone_does_not_make_it_that_payer(books: Books) -> None:
    """Medicare and Medicare Advantage are different payers: only whole names count."""
    for name in ("Northstar Advantage", "NORTHSTAR MEDICAID", "north"):
        assert intake.route(BOTH, books.ledger, named(name)).payer is None


def test_two_portals_could_be_meant(books: Books) -> None:
    people.map_name(books.ledger, "MEDICAID", "northstar", books.act())
    people.map_name(books.ledger, "LKSHR", "lakeshore", books.act())
    for claim in (named("Medicaid", "LKSHR"), named("Medicaid", "lakeshore"), named("northstar", "LKSHR")):
        way = intake.route(BOTH, books.ledger, claim)
        assert way.payer is None
        assert way.problem is not None
        assert "more than one portal" in way.problem.message
    way = intake.route(BOTH, books.ledger, named("Medicaid", "northstar"))
    assert way.payer is BOTH.payers["northstar"]


def test_a_name_that_means_a_payer_nobody_has_set_up(books: Books) -> None:
    """It is one portal, and it is known which: what is missing is its place in payerbot.toml."""
    people.map_name(books.ledger, "LAKESHORE HEALTH PLAN", "lakeshore", books.act())
    way = intake.route(office("northstar"), books.ledger, named("Lakeshore Health Plan"))
    assert way.payer is None
    assert way.problem is not None
    assert "lakeshore, which is not set up" in way.problem.message


@pytest.mark.parametrize(
    "wrong", [("billing.tin", "990000025"), ("billing.npi", "1990000022")], ids=["tax id", "NPI"]
)
def test_no_login_bills_for_them(books: Books, wrong: tuple[str, str]) -> None:
    claim = put(named("northstar"), *wrong)
    way = intake.route(BOTH, books.ledger, claim)
    assert (way.payer, way.login) == (BOTH.payers["northstar"], None)
    assert way.problem is not None
    assert way.need is not None
    assert wrong[1] in way.problem.message
    assert (way.problem.severity, way.need.kind, way.need.payer) == ("block", "no-login", "northstar")


def test_each_claim_finds_the_login_that_bills_for_it(books: Books) -> None:
    one = Login("one", Credentials("one", SecretStr("")), PRACTICE.tin, ("1990000022",), 1)
    two = Login("two", Credentials("two", SecretStr("")), PRACTICE.tin, ("1990000030", PRACTICE.npi), 1)
    way = intake.route(office("northstar", logins=(one, two)), books.ledger, named("northstar"))
    assert way.login is two


# Files


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    folder = tmp_path / "samples"
    folder.mkdir()
    write_samples(folder, 12)
    return folder


def test_the_samples_are_read_scrubbed_and_queued(books: Books, samples: Path) -> None:
    for name, slug in (("NSTAR", "northstar"), ("LKSHR", "lakeshore")):
        people.map_name(books.ledger, name, slug, books.act())
    totals = {"queued": 0, "blocked": 0}
    for name in ("visits.837", "care.csv", "homes.json"):
        before = books.everything()
        checked = intake.check_file(BOTH, books.ledger, samples / name, TODAY)
        assert books.everything() == before  # checking queues nothing
        assert checked.blocked
        assert (checked.claims, checked.charge) == (
            len(checked.entries),
            sum((entry.found.charge for entry in checked.entries), type(checked.charge)(0)),
        )
        bad = [entry for entry in checked.entries if entry.state is State.BLOCKED]
        assert len(bad) == 1
        assert bad[0].need is not None
        assert bad[0].need.cause == f"fix:{name}"
        assert bad[0].reason
        queued = intake.queue_file(books.ledger, checked, books.act(), None)
        assert queued is not None
        assert (queued.blocked, queued.held, queued.refused) == (1, 0, [])
        totals["queued"] += queued.queued
        totals["blocked"] += queued.blocked
    assert totals == {"queued": 12, "blocked": 3}
    rows = views.claim_rows(books.ledger)
    assert {(row["payer"], row["login"]) for row in rows if row["state"] == "queued"} == {
        ("northstar", "main"),
        ("lakeshore", "main"),
    }
    assert all(row["balanced"] for row in views.file_rows(books.ledger))
    for row in rows:
        if row["state"] == "queued":
            days = 365 if row["payer"] == "northstar" else 180
            assert row["deadline"] == row["service_from"] + timedelta(days=days)
    # one task for each file, however many claims it holds
    assert sorted(task["cause"] for task in views.task_rows(books.ledger)) == [
        "fix:care.csv",
        "fix:homes.json",
        "fix:visits.837",
    ]


def test_unrouted_claims_are_blocked_behind_one_task(books: Books, samples: Path) -> None:
    checked = intake.check_file(BOTH, books.ledger, samples / "visits.837", TODAY)
    assert {entry.state for entry in checked.entries} == {State.BLOCKED}
    intake.queue_file(books.ledger, checked, books.act(), None)
    causes = [task["cause"] for task in views.task_rows(books.ledger)]
    assert sorted(causes) == ["fix:visits.837", "route:LAKESHORE HEALTH PLAN", "route:NORTHSTAR MEDICAID"]


def test_mapped_and_queued_again_the_claims_take_the_place_of_those_that_waited(
    books: Books, samples: Path
) -> None:
    """As the task says: run payers map, then queue the file again."""
    for _ in range(2):
        checked = intake.check_file(BOTH, books.ledger, samples / "care.csv", TODAY)
        first = intake.queue_file(books.ledger, checked, books.act(), None)
    assert first is not None
    waiting = len(checked.entries)
    assert first.blocked == waiting
    for name, slug in (("NSTAR", "northstar"), ("LKSHR", "lakeshore")):
        people.map_name(books.ledger, name, slug, books.act())
    intake.queue_file(
        books.ledger, intake.check_file(BOTH, books.ledger, samples / "care.csv", TODAY), books.act(), None
    )
    states = [row["state"] for row in views.claim_rows(books.ledger)]
    assert states[: 2 * waiting] == ["withdrawn"] * 2 * waiting
    assert sorted(states[2 * waiting :]) == ["blocked"] + ["queued"] * (waiting - 1)
    assert [task["cause"] for task in views.task_rows(books.ledger)] == ["fix:care.csv"]


def test_a_file_of_one_payer_only(books: Books, samples: Path) -> None:
    for name, slug in (("NSTAR", "northstar"), ("LKSHR", "lakeshore")):
        people.map_name(books.ledger, name, slug, books.act())
    checked = intake.check_file(BOTH, books.ledger, samples / "visits.837", TODAY)
    intake.queue_file(books.ledger, checked, books.act(), "lakeshore")
    assert {row["payer"] for row in views.claim_rows(books.ledger)} == {"lakeshore"}
    assert intake.queue_file(books.ledger, checked, books.act(), "nowhere") is None


def test_held_claims_wait_behind_one_task(books: Books, samples: Path) -> None:
    for name, slug in (("NSTAR", "northstar"), ("LKSHR", "lakeshore")):
        people.map_name(books.ledger, name, slug, books.act())
    checked = intake.check_file(BOTH, books.ledger, samples / "visits.837", TODAY, hold=True)
    queued = intake.queue_file(books.ledger, checked, books.act(), None)
    assert queued is not None
    assert (queued.queued, queued.blocked) == (0, 1)
    assert queued.held == len(checked.entries) - 1
    assert [task["kind"] for task in views.task_rows(books.ledger)].count("held") == 1


def test_the_same_file_again_is_refused_claim_by_claim(books: Books, samples: Path) -> None:
    for name, slug in (("NSTAR", "northstar"), ("LKSHR", "lakeshore")):
        people.map_name(books.ledger, name, slug, books.act())
    path = samples / "homes.json"
    first = intake.queue_file(books.ledger, intake.check_file(BOTH, books.ledger, path, TODAY), books.act(), None)
    again = intake.queue_file(books.ledger, intake.check_file(BOTH, books.ledger, path, TODAY), books.act(), None)
    assert first is not None
    assert again is not None
    assert (again.queued, len(again.refused)) == (0, first.queued)
    states = [row["state"] for row in views.claim_rows(books.ledger)]
    assert states.count("blocked") == 1  # the newer copy of the bad one took the place of the older


def test_what_a_portal_cannot_carry_is_blocked_with_its_reason(books: Books, tmp_path: Path) -> None:
    claim = put(named("northstar"), "account", "A" * 21)
    path = tmp_path / "long.json"
    path.write_text(f"[{claim.model_dump_json()}]")
    [entry] = intake.check_file(BOTH, books.ledger, path, TODAY).entries
    assert entry.state is State.BLOCKED
    assert "Northstar Medicaid's portal takes 20 characters" in " ".join(one.message for one in entry.problems)


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_a_file_that_cannot_be_opened(books: Books, tmp_path: Path, what: str) -> None:
    path = tmp_path if what == "folder" else tmp_path / "gone.837"
    with pytest.raises(UsageError, match="cannot be opened"):
        intake.check_file(BOTH, books.ledger, path, TODAY)


# Payers


def test_the_adapters_in_the_box_are_found() -> None:
    found = find_adapters()
    assert {"northstar", "lakeshore"} <= set(found)
    assert all(adapter.slug == slug for slug, adapter in found.items())


def test_an_adapter_without_a_policy_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigurationError, match=r"plain: its policy\.toml is missing or wrong"):
        policy_of(Plain)


@pytest.mark.parametrize(
    "text",
    [
        {"filing": {"days": "soon", "source": "x", "verified": date(2026, 1, 1)}},
        {"filing": {"days": 90, "source": "x"}},
        {"filing": {"days": 90, "source": "x", "verified": date(2026, 1, 1), "more": 1}},
    ],
)
def test_a_policy_says_all_it_must_and_nothing_else(text: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Policy.model_validate(text)


def test_where_nobody_has_said_how_long_a_payer_takes_claims_it_is_assumed() -> None:
    policy = Policy.model_validate({})
    assert (policy.filing.days, policy.filing.known, policy.appeal.known) == (90, False, False)


def test_an_office_knows_its_payers() -> None:
    assert BOTH.payer("northstar").adapter.host == "127.0.0.2"
    with pytest.raises(UnknownItem, match=r"'nowhere' is not a payer.*lakeshore, northstar"):
        BOTH.payer("nowhere")
    with pytest.raises(UnknownItem, match="it has: none"):
        Office([]).payer("northstar")
    assert BOTH.payer("northstar").login("nobody") is None
    [claim] = claims("northstar", 1)
    assert claim.service_from is not None
    assert BOTH.payer("northstar").deadline(claim) == claim.service_from + timedelta(days=365)

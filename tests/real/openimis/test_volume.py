"""Claims in volume at openIMIS, half of them with trouble, and workers that die at every point of the protocol: by
its own database it has each of them once, or not at all, as it should."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, product
from pathlib import Path

import pytest

from bot.claims.model import Claim
from bot.home import Home
from bot.ledger import queue, views
from bot.vault import Vault
from fixtures.people import PRACTICE
from fixtures.wire import Cut, Loss, Wire
from payers.openimis.adapter import OpenImis
from tests.conftest import Loop
from tests.faults.soak import Figures, Soak
from tests.faults.worker import Assignment
from tests.real.openimis.bed import Bed, running
from tests.real.openimis.catalogue import CLERK, COVERED, LAPSED, PARTLY_COVERED, UNCOVERED, Insuree
from tests.real.openimis.office import options, wire
from tests.real.openimis.oracle import Oracle, Status
from tests.real.openimis.test_outcomes import claim, line

pytestmark = pytest.mark.real

#: Seconds between two moments at which openIMIS forgets all sessions.
_FORGETFUL = 40.0


@dataclass(frozen=True, slots=True)
class Case:
    """One claim, and whether openIMIS should have it in the end."""

    claim: Claim
    arrives: bool = True
    #: Nothing is wrong with it, nor with the patient's policy.
    sound: bool = False


class Books:
    """The payer's own books: claims that are submitted, by the account they were queued under."""

    def __init__(self, oracle: Oracle, some: Sequence[Claim]) -> None:
        """Nobody has two of these claims on one day."""
        self._oracle = oracle
        self._accounts = {(one.subscriber.member_id, one.service_from): one.account for one in some}
        self._before = len(oracle.mutations("Submit claim%"))

    @property
    def posts(self) -> list[str]:
        """What was asked to be submitted."""
        return [one.label for one in self._oracle.mutations("Submit claim%")][self._before :]

    @property
    def stored(self) -> Counter[str]:
        """How often each account is stored, under whatever number."""
        return Counter(
            account
            for insuree in {insuree for insuree, _ in self._accounts}
            for one in self._oracle.claims_of(insuree)
            if one.status is not Status.ENTERED
            if (account := self._accounts.get((insuree, one.first)))
        )

    def advance(self, seconds: float) -> None:
        """Nothing at openIMIS waits for its clock."""


@contextmanager
def soaking(folder: Path, bed: Bed, some: Sequence[Claim], url: str = "") -> Iterator[Soak]:
    """An office with these claims, whose workers die; `url` is where it finds openIMIS, if elsewhere."""
    home = Home(folder / "home")
    home.create()
    Vault.open(home)
    assignment = Assignment(
        home.path,
        f"sqlite:///{folder / 'ledger.sqlite'}",
        f"{url or bed.url}/front",
        OpenImis.slug,
        CLERK.name,
        CLERK.password,
        PRACTICE.tin,
        PRACTICE.npi,
        options=options(CLERK),
        seats=1,
    )
    soak = Soak("openIMIS", some, assignment, Books(bed.oracle, some), seed=1)
    try:
        yield soak
    finally:
        soak.close()


def strike(soak: Soak, kills: int) -> Figures:
    """So many workers struck, then some that nobody strikes; what came of it."""
    soak.strike_one_after_the_other(kills, life=15.0)
    soak.bring_to_an_end(patience=1800)
    figures = soak.figures()
    print(figures)
    assert (figures.doubled, figures.lost, figures.balanced) == (0, 0, True), str(figures)
    assert figures.kills == kills, str(figures)
    return figures


@pytest.mark.brief
def test_kills_in_the_middle_of_save_and_submit(bed: Bed, insurees: list[Insuree], tmp_path: Path) -> None:
    with soaking(tmp_path, bed, [claim(one) for one in insurees]) as soak:
        strike(soak, kills=8)


def test_sixty_claims_half_of_them_with_trouble(loop: Loop, tmp_path: Path) -> None:
    """Claims and policies that are wrong, replies and sessions that are lost, and workers that are killed."""
    cases = _sixty()
    with (
        running() as bed,
        wire(loop, bed.url) as between,
        soaking(tmp_path, bed, [one.claim for one in cases], between.url) as soak,
        _forgetting(bed),
    ):
        _lose_replies(between, soak, [one.claim.account for one in cases if one.sound])
        figures = strike(soak, kills=16)
        stored = soak.books.stored
        odd = [one.claim.account for one in cases if stored[one.claim.account] != one.arrives]
        told = views.claim_rows(soak.ledger)
        assert not odd, [(row["account"], row["state"], row["reason"]) for row in told if row["account"] in odd]
        assert figures.for_a_person == sum(not one.arrives for one in cases)


def _sixty() -> list[Case]:
    days = (date(2026, 8, 3) + timedelta(days) for days in range(60))

    def ours(insuree: Insuree, code: str = "99490", charge: str = "62.00") -> Claim:
        day = next(days)
        return claim(insuree, line(code, charge, service_from=day, service_to=day))

    def under(number: str, one: Claim) -> Claim:
        return one.model_copy(update={"subscriber": one.subscriber.model_copy(update={"member_id": number})})

    people = iter(COVERED)
    cases = [
        *(Case(ours(one), sound=True) for one in islice(people, 42)),
        *(Case(ours(one)) for one in (*LAPSED, *PARTLY_COVERED)),
        *(Case(ours(one, UNCOVERED, "150.00")) for one in islice(people, 4)),
        *(Case(under(f"99999900{n}", ours(one)), arrives=False) for n, one in enumerate(islice(people, 4))),
        *(Case(under(COVERED[-1].number, ours(one)), arrives=False) for one in islice(people, 2)),
    ]
    random.Random(1).shuffle(cases)
    return cases


def _lose_replies(between: Wire, soak: Soak, accounts: Sequence[str]) -> None:
    """Lose the reply to one request for each way there is to lose it."""
    rows = {row["account"]: row["id"] for row in views.claim_rows(soak.ledger)}
    ways = product(("Create Claim - ", "Submit claim "), (Cut.FIN, Cut.HALF), (True, False))
    for account, (label, cut, delivered) in zip(accounts, ways, strict=False):
        number = queue.claim(soak.ledger, rows[account]).drawn[: OpenImis.draws_account]
        between.lose(Loss(cut, delivered), "POST", "/api/graphql", body=f"{label}{number}".encode())


@contextmanager
def _forgetting(bed: Bed) -> Iterator[None]:
    """Within it, all sessions are lost time and again."""
    over = threading.Event()

    def forget() -> None:
        while not over.wait(_FORGETFUL):
            bed.forget_sessions()

    forgetful = threading.Thread(target=forget)
    forgetful.start()
    try:
        yield
    finally:
        over.set()
        forgetful.join()

"""Workers that die at every point of the protocol, at openIMIS: it has every claim once all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.home import Home
from bot.vault import Vault
from fixtures.people import PRACTICE
from payers.openimis.adapter import OpenImis
from tests.faults.soak import Figures, Soak
from tests.faults.worker import Assignment
from tests.real.openimis.bed import Bed
from tests.real.openimis.catalogue import CLERK, Insuree
from tests.real.openimis.office import options
from tests.real.openimis.oracle import Oracle, Status
from tests.real.openimis.test_outcomes import claim

pytestmark = pytest.mark.real


class Books:
    """The payer's own books: claims that are submitted, by the account they were queued under."""

    def __init__(self, oracle: Oracle, accounts: Mapping[str, str]) -> None:
        """`accounts` are ours, by insuree: each has one claim."""
        self._oracle = oracle
        self._accounts = accounts
        self._before = len(oracle.mutations("Submit claim%"))

    @property
    def posts(self) -> list[str]:
        """What was asked to be submitted."""
        return [one.label for one in self._oracle.mutations("Submit claim%")][self._before :]

    @property
    def stored(self) -> Counter[str]:
        """How often each account is stored."""
        return Counter(
            account
            for insuree, account in self._accounts.items()
            for one in self._oracle.claims_of(insuree)
            if one.status is not Status.ENTERED
        )

    def advance(self, seconds: float) -> None:
        """Nothing at openIMIS waits for its clock."""


def kill(folder: Path, bed: Bed, insurees: list[Insuree], kills: int) -> Figures:
    """One claim for each of these people, and so many workers struck."""
    home = Home(folder / "home")
    home.create()
    Vault.open(home)
    some = [claim(one) for one in insurees]
    books = Books(bed.oracle, {one.number: ours.account for one, ours in zip(insurees, some, strict=True)})
    assignment = Assignment(
        home.path,
        f"sqlite:///{folder / 'ledger.sqlite'}",
        f"{bed.url}/front",
        OpenImis.slug,
        CLERK.name,
        CLERK.password,
        PRACTICE.tin,
        PRACTICE.npi,
        options=options(CLERK),
        seats=1,
    )
    soak = Soak("openIMIS", some, assignment, books, seed=1)
    try:
        soak.strike_one_after_the_other(kills, life=15.0)
        soak.bring_to_an_end()
        return soak.figures()
    finally:
        soak.close()


def test_kills_in_the_middle_of_save_and_submit(bed: Bed, insurees: list[Insuree], tmp_path: Path) -> None:
    figures = kill(tmp_path, bed, insurees, kills=8)
    told = str(figures)
    assert (figures.doubled, figures.lost, figures.balanced) == (0, 0, True), told
    assert figures.kills == 8, told

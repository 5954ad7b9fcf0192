"""What becomes of claims at openIMIS, in good nights and bad ones, judged by its own database."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.async_api import Page

from bot.claims.model import Claim, Line
from bot.home import Home
from bot.ledger import people, queue, views
from bot.ledger.store import Act
from bot.portal import submission
from bot.work.dispatch import Order
from fixtures.claims.generate import claims as invented
from fixtures.wire import Cut, Loss, Wire
from payers.openimis import form
from payers.openimis.adapter import OpenImis
from tests.conftest import Loop
from tests.real.openimis.bed import Bed
from tests.real.openimis.catalogue import CLERK_2, LAPSED, PARTLY_COVERED, UNCOVERED, Insuree
from tests.real.openimis.office import RealOffice, office, wire
from tests.real.openimis.oracle import Status

pytestmark = pytest.mark.real

_DAY = date(2026, 6, 30)
_API = "/api/graphql"
#: What may become of a reply, with the request delivered or not.
_LOST = [
    pytest.param(Loss(Cut.FIN, delivered=True), marks=pytest.mark.brief),
    *(Loss(cut, delivered) for cut, delivered in ((Cut.FIN, False), (Cut.HALF, True), (Cut.HALF, False))),
]


def line(code: str = "99490", charge: str = "62.00", units: int = 1, **more: object) -> Line:
    return Line.model_validate(
        {
            "service_from": _DAY,
            "service_to": _DAY,
            "code": code,
            "charge": charge,
            "units": units,
            "pointers": (1,),
        }
        | more
    )


def claim(insuree: Insuree, *lines: Line, **more: object) -> Claim:
    """A claim for somebody whom openIMIS knows."""
    some = lines or (line(),)
    model = next(one for one in invented("northstar", 20) if not one.other_insurance and not one.attachments)
    subscriber = model.subscriber.model_copy(
        update={"member_id": insuree.number, "last": insuree.last, "first": insuree.first}
    )
    return Claim.model_validate(
        model.model_dump()
        | {
            "account": f"MHN{insuree.number}",
            "subscriber": subscriber.model_dump(),
            "diagnoses": ("E119", "I10"),
            "lines": [one.model_dump() for one in some],
            "charge": sum((one.charge for one in some), Decimal(0)),
        }
        | more
    )


@pytest.fixture
def one(bed: Bed, loop: Loop, tmp_path: Path) -> Iterator[RealOffice]:
    """An office with an empty ledger."""
    with office(Home(tmp_path / "home"), bed.url, loop) as one:
        yield one


@dataclass(frozen=True, slots=True)
class Wired:
    """An office that reaches openIMIS by a wire which may lose what goes over it."""

    one: RealOffice
    wire: Wire

    def submits(self) -> int:
        """How many requests to submit something arrived."""
        return self.wire.count("POST", _API, b"submitClaims(")


@pytest.fixture
def wired(bed: Bed, loop: Loop, tmp_path: Path) -> Iterator[Wired]:
    """An office with an empty ledger, and the wire before it."""
    with wire(loop, bed.url) as between, office(Home(tmp_path / "home"), between.url, loop) as one:
        yield Wired(one, between)


def state(one: RealOffice, claim_id: int) -> tuple[str, str, str, str]:
    """Its state, its status, whether it was sent and how that is proved."""
    row = one.claim(claim_id)
    return row["state"], row["status"], row["sent"], row["proof"]


@pytest.mark.brief
def test_care_and_a_home_visit_arrive_once_and_as_queued(
    one: RealOffice, bed: Bed, insurees: list[Insuree]
) -> None:
    care = claim(insurees[0], line(), line("99439", "94.00", 2))
    visit = claim(insurees[1], line("99600", "165.00", description="wound care at home, as 99349"))
    ids = one.queue([care, visit])
    assert one.run().balanced
    told = [one.claim(claim_id)["reason"] for claim_id in ids]
    assert [state(one, claim_id) for claim_id in ids] == [("accepted", "pending", "once", "both")] * 2, told
    [at_care] = bed.oracle.claims_of(insurees[0].number)
    [at_visit] = bed.oracle.claims_of(insurees[1].number)
    assert (at_care.status, at_care.first, at_care.diagnoses) == (Status.CHECKED, _DAY, ("E119", "I10"))
    assert [(one.code, one.quantity, one.price) for one in at_care.services] == [
        ("99490", Decimal(1), Decimal(62)),
        ("99439", Decimal(2), Decimal(47)),
    ]
    assert (at_care.claimed, at_visit.claimed) == (Decimal(156), Decimal(165))
    assert at_visit.services[0].explanation == "wound care at home, as 99349"
    assert one.claim(ids[0])["control_number"] == at_care.code
    assert one.tasks() == []


@pytest.mark.parametrize(
    ("insuree", "lines", "status", "at_payer"),
    [
        pytest.param(
            LAPSED[0], (line(),), "denied", Status.REJECTED, id="a lapsed policy", marks=pytest.mark.brief
        ),
        pytest.param(PARTLY_COVERED[0], (line(UNCOVERED, "150.00"),), "denied", Status.REJECTED, id="not covered"),
        pytest.param(
            PARTLY_COVERED[1], (line("99213", "128.00"), line()), "pending", Status.CHECKED, id="covered in part"
        ),
    ],
)
def test_what_the_payer_makes_of_it_is_its_status(
    one: RealOffice, bed: Bed, insuree: Insuree, lines: tuple[Line, ...], status: str, at_payer: Status
) -> None:
    [claim_id] = one.queue([claim(insuree, *lines)])
    assert one.run().balanced
    assert state(one, claim_id) == ("accepted", status, "once", "both"), one.claim(claim_id)["reason"]
    assert bed.oracle.claims_of(insuree.number)[-1].status is at_payer


@pytest.mark.brief
def test_once_valuated_it_is_finalized_with_what_is_approved(
    one: RealOffice, bed: Bed, insurees: list[Insuree]
) -> None:
    somebody = PARTLY_COVERED[2]
    ids = one.queue(
        [
            claim(insurees[0], line(), line("99439", "94.00", 2)),
            claim(insurees[1], line("99600", "165.00", description="wound care at home, as 99349")),
            claim(somebody, line("99349", "214.00"), line("99213", "128.00"), line()),
        ]
    )
    one.run()
    numbers = [one.claim(claim_id)["control_number"] for claim_id in ids]
    one.clock.advance(45 * 86400)
    one.run(Order(look_ups_only=True))
    assert [one.claim(claim_id)["status"] for claim_id in ids] == ["pending"] * 3
    assert [one.claim(claim_id)["allowed"] for claim_id in ids] == [None] * 3  # the reviewer may say otherwise
    bed.process(*numbers)
    one.clock.advance(45 * 86400)
    one.run(Order(look_ups_only=True))
    rows = [one.claim(claim_id) for claim_id in ids]
    assert [row["status"] for row in rows] == ["finalized"] * 3
    assert [row["allowed"] for row in rows] == [bed.oracle.claim(number).valuated for number in numbers]
    assert [row["allowed"] for row in rows] == [Decimal(156), Decimal(165), Decimal(128)]
    lines = views.claim_history(one.ledger, ids[2])["lines"]
    assert [(one["code"], one["status"], one["allowed"]) for one in lines] == [
        ("99349", "denied", Decimal(0)),
        ("99213", "finalized", Decimal(128)),
        ("99490", "denied", Decimal(0)),
    ]
    assert lines[0]["payer_reasons"] == ["no active policy covers the service"]


@pytest.mark.brief
def test_what_was_saved_otherwise_than_queued_is_not_submitted(
    one: RealOffice, bed: Bed, insuree: Insuree, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = OpenImis.saved

    async def saved(self: OpenImis, page: Page) -> str:
        number = await original(self, page)
        await asyncio.to_thread(bed.exchange, number, "99490", "99491")
        return number

    monkeypatch.setattr(OpenImis, "saved", saved)
    [claim_id] = one.queue([claim(insuree)])
    one.run()
    assert state(one, claim_id)[0] == "held", one.claim(claim_id)["reason"]
    assert "Services" in one.claim(claim_id)["reason"]
    assert bed.oracle.count(insuree.number) == 0  # what was saved was taken away again


def test_one_entered_by_a_colleague_is_followed_under_the_number_it_has_there(
    one: RealOffice, bed: Bed, loop: Loop, tmp_path: Path, insuree: Insuree
) -> None:
    [claim_id] = one.queue([claim(insuree)])
    with office(Home(tmp_path / "colleague"), bed.url, loop, CLERK_2) as colleague:
        [theirs] = colleague.queue([claim(insuree)])
        colleague.run()
        number = colleague.claim(theirs)["control_number"]
    people.entered_by_hand(one.ledger, claim_id, number, Act("tester", one.clock.now()))
    bed.process(number)
    one.clock.advance(45 * 86400)
    one.run(Order(look_ups_only=True))
    assert state(one, claim_id) == ("accepted", "finalized", "once", "look-up"), one.claim(claim_id)["reason"]


def test_nobody_of_that_number(one: RealOffice, bed: Bed, insuree: Insuree) -> None:
    stranger = claim(insuree)
    unknown = stranger.subscriber.model_copy(update={"member_id": "999999999"})
    [claim_id] = one.queue([stranger.model_copy(update={"subscriber": unknown})])
    one.run()
    assert state(one, claim_id)[0] == "rejected", one.claim(claim_id)["reason"]
    assert "Insurance No.: Not Found" in one.claim(claim_id)["reason"]
    assert bed.oracle.count("999999999") == 0


def test_somebody_else_of_that_number(one: RealOffice, bed: Bed, insurees: list[Insuree]) -> None:
    wrong = claim(insurees[0])
    other = wrong.subscriber.model_copy(update={"member_id": insurees[1].number})
    [claim_id] = one.queue([wrong.model_copy(update={"subscriber": other})])
    one.run()
    assert state(one, claim_id)[0] == "held", one.claim(claim_id)["reason"]
    assert bed.oracle.count(insurees[1].number) == 0


def test_a_number_that_is_taken(
    one: RealOffice, bed: Bed, insurees: list[Insuree], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = insurees[0].number.translate(str.maketrans("0189", "ABCD")).encode()
    monkeypatch.setattr(queue, "b32encode", lambda _: number * 2)
    first, second = one.queue([claim(insurees[0]), claim(insurees[1])])
    one.run()
    assert state(one, first)[0] == "accepted"
    assert state(one, second)[:1] == ("duplicate",)
    assert (bed.oracle.count(insurees[0].number), bed.oracle.count(insurees[1].number)) == (1, 0)
    assert len(one.tasks()) == 1


@pytest.mark.brief
def test_a_save_that_fails_looks_like_one_that_worked(
    one: RealOffice, bed: Bed, insuree: Insuree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """openIMIS wants an explanation for a second unit and does not say so on its page."""
    monkeypatch.setattr(form, "_explanation", lambda *_: None)
    adapter = one.workshop.office.payer("openimis").adapter
    assert isinstance(adapter, OpenImis)
    adapter.pages = (form.form(adapter.office),)
    [claim_id] = one.queue([claim(insuree, line(charge="124.00", units=2))])
    one.run()
    assert state(one, claim_id)[0] == "rejected"
    assert "failed_to_create_claim" in one.claim(claim_id)["reason"]
    assert bed.oracle.count(insuree.number) == 0


def test_what_was_saved_and_not_submitted_is_not_left(
    one: RealOffice, bed: Bed, insuree: Insuree, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:

        async def die(*_: object) -> None:
            raise RuntimeError("between save and submit")

        broken.setattr(OpenImis, "choose", die)
        broken.setattr(submission.Submission, "tidied", die)
        [claim_id] = one.queue([claim(insuree)])
        one.run()
    [left] = bed.oracle.claims_of(insuree.number)
    assert left.status is Status.ENTERED
    one.clock.advance(3600)
    until_settled(one)
    [stored] = bed.oracle.claims_of(insuree.number)
    assert (stored.status, stored.uuid == left.uuid) == (Status.CHECKED, False)
    assert state(one, claim_id)[0] == "accepted"


@pytest.mark.parametrize("loss", _LOST, ids=str)
def test_the_reply_to_save_is_lost(wired: Wired, bed: Bed, insuree: Insuree, loss: Loss) -> None:
    wired.wire.lose(loss, "POST", _API, body=b"createClaim(")
    ends_well(wired, bed, insuree)


@pytest.mark.parametrize("loss", _LOST, ids=str)
def test_the_reply_to_submit_is_lost(wired: Wired, bed: Bed, insuree: Insuree, loss: Loss) -> None:
    wired.wire.lose(loss, "POST", _API, body=b"submitClaims(")
    ends_well(wired, bed, insuree)


def until_settled(one: RealOffice) -> None:
    """Run, and look up what is due, until the payer has every claim or a person is asked."""
    for _ in range(4):
        one.run()
        one.run(Order(look_ups_only=True))
        if not any(row["state"] in ("queued", "unknown") for row in views.claim_rows(one.ledger)):
            return
        one.clock.advance(3600)


def ends_well(wired: Wired, bed: Bed, insuree: Insuree) -> None:
    """Run until nothing is due any more: the payer has it once, whatever was lost."""
    [claim_id] = wired.one.queue([claim(insuree)])
    until_settled(wired.one)
    [stored] = bed.oracle.claims_of(insuree.number)
    assert stored.status is Status.CHECKED
    assert state(wired.one, claim_id)[:1] == ("accepted",)
    assert wired.submits() <= 2


@pytest.mark.parametrize("where", ["open_form", "leave", "choose", pytest.param("send", marks=pytest.mark.brief)])
def test_the_session_is_lost(
    one: RealOffice, bed: Bed, insuree: Insuree, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page without its session shows what a good one shows."""
    original = getattr(OpenImis, where)
    lost: list[str] = []

    async def forgotten(self: OpenImis, page: Page, *more: object) -> object:
        if not lost:
            lost.append(where)
            await asyncio.to_thread(bed.forget_sessions)
        return await original(self, page, *more)

    monkeypatch.setattr(OpenImis, where, forgotten)
    [claim_id] = one.queue([claim(insuree)])
    until_settled(one)
    [stored] = bed.oracle.claims_of(insuree.number)
    assert stored.status is Status.CHECKED
    assert state(one, claim_id)[0] == "accepted"


def test_a_save_that_waits_for_somebody_to_do_it(one: RealOffice, bed: Bed, insuree: Insuree) -> None:
    with bed.asynchronous():
        [claim_id] = one.queue([claim(insuree)])
        one.run()
        assert bed.oracle.count(insuree.number) == 0
        assert state(one, claim_id)[0] == "queued"
        with bed.worker():
            bed.until(lambda: bed.oracle.count(insuree.number) == 1)
            one.clock.advance(3600)
            until_settled(one)
    [stored] = bed.oracle.claims_of(insuree.number)
    assert stored.status is Status.CHECKED
    assert state(one, claim_id)[0] == "accepted"


def test_a_submit_that_waits_for_somebody_to_do_it(
    one: RealOffice, bed: Bed, insuree: Insuree, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = OpenImis.choose
    with bed.asynchronous():
        with ExitStack() as worker:
            worker.enter_context(bed.worker())

            async def choose(self: OpenImis, page: Page, saved: Collection[str]) -> None:
                await original(self, page, saved)
                await asyncio.to_thread(worker.close)

            monkeypatch.setattr(OpenImis, "choose", choose)
            [claim_id] = one.queue([claim(insuree)])
            one.run()
        assert state(one, claim_id)[0] == "unknown"
        one.clock.advance(3600)
        one.run(Order(look_ups_only=True))
        assert state(one, claim_id)[0] == "unknown"  # it may still be done
        with bed.worker():
            bed.until(lambda: bed.oracle.claims_of(insuree.number)[0].status is Status.CHECKED)
            one.clock.advance(3600)
            one.run(Order(look_ups_only=True))
    assert state(one, claim_id)[0] == "accepted", one.claim(claim_id)["reason"]
    assert len(bed.oracle.claims_of(insuree.number)) == 1

"""Payers' files against the ledger: whose a claim is, what it is told, what a person must do, and that nothing is
counted twice or lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bot.claims.model import Claim
from bot.claims.vocabulary import Proof, Sent, State, Status
from bot.errors import Interrupted, LostClaim, Refused, UsageError
from bot.ledger import people, queue, replies, views
from bot.ledger.schema import lines, reply_claims
from bot.ledger.schema import replies as reply_table
from bot.ledger.tasks import OVERDUE, Need, open_task
from bot.portal.adapter import FoundClaim
from bot.work.settle import settle_files
from bot.work.settlement import Finding, Settled
from bot.work.tasks import overdue_cause
from tests.payer_files import Line, Paid, Payment, Said, Statuses, answer_to, x12
from tests.unit.claims.builders import put
from tests.unit.ledger.books import CLAIMS, NOON, Books
from tests.unit.work.test_routing import BOTH

TWO = next(claim for claim in CLAIMS if len(claim.lines) == 2)
ONE = next(claim for claim in CLAIMS if len(claim.lines) == 1)


def number(at: int) -> str:
    """A number of northstar's."""
    return f"2026{at:013d}"


def accepted(books: Books, claim: Claim, at: int = 1, state: State = State.ACCEPTED) -> int:
    """A claim that the payer has under a number."""
    [claim_id] = books.queue(claim)
    books.put(claim_id, state, control_number=number(at), sent=Sent.ONCE, proof=Proof.BOTH)
    return claim_id


def settle(books: Books, *bodies: Payment | Statuses, name: str = "payer.edi") -> Settled:
    path = books.folder / name
    path.write_text(x12(*bodies))
    return settle_files(BOTH, books.ledger, [path], books.act())[0]


def payment(*claims: Paid, **more: Any) -> Payment:
    return Payment(claims, **more)


def found(settled: Settled) -> list[str]:
    return [str(row.found) for row in settled.rows]


def status(books: Books, claim_id: int) -> tuple[str, list[str]]:
    """A claim's status, and its lines'."""
    of_lines = [row["status"] for row in books.rows(lines) if row["claim_id"] == claim_id]
    return str(books.row(claim_id)["status"]), of_lines


def kinds(books: Books) -> list[tuple[str, list[int]]]:
    """The open tasks, with their claims."""
    return [(task["kind"], [one["id"] for one in task["claims"]]) for task in views.task_rows(books.ledger)]


# what is told


def test_a_claim_and_its_lines_are_told_apart(books: Books) -> None:
    claim_id = accepted(books, TWO)
    settled = settle(books, payment(answer_to(TWO, 2, number=number(1))))
    assert found(settled) == ["matched"]
    assert status(books, claim_id) == ("paid_part", ["paid", "denied"])
    assert kinds(books) == [("denied", [claim_id])]
    assert (settled.balanced, settled.waits) == (True, True)
    assert books.state(claim_id) is State.ACCEPTED
    event = books.last_event(claim_id)
    assert (event["what"], event["who"], event["why"]) == (
        "settled", "ruth", "835 EFT0001 of Northstar Medicaid: paid in part",
    )  # fmt: skip


def test_the_time_to_appeal_runs_from_the_remittance(books: Books) -> None:
    """Not from the day on which somebody got round to settling it."""
    claim_id = accepted(books, TWO)
    assert books.row(claim_id)["decided_on"] is None
    settle(books, payment(answer_to(TWO, 2, number=number(1))))
    dated = books.row(claim_id)["paid_on"]
    assert dated is not None
    assert (books.row(claim_id)["decided_on"], dated == NOON.date()) == (dated, False)


def test_what_the_portal_said_before_gives_way_to_the_remittance(books: Books) -> None:
    claim_id = accepted(books, TWO)
    said = {"payer_words": "Paid", "payer_reasons": ["PR-2"], "answer_by": date(2026, 8, 1)}
    books.put(claim_id, State.ACCEPTED, status=Status.PAID, allowed=TWO.charge, paid=TWO.charge, **said)
    with books.ledger.write() as connection:
        shown = {"status": "paid", "allowed": lines.c.charge, "paid": lines.c.charge, "payer_reasons": ["PR-2"]}
        connection.execute(update(lines).values(**shown))
    answer = answer_to(TWO, 2, number=number(1))
    settle(books, payment(answer))
    row = books.row(claim_id)
    assert (row["status"], row["allowed"], row["paid"]) == ("paid_part", None, answer.money)
    assert (row["payer_words"], row["payer_reasons"], row["answer_by"]) == ("", ["CO-45", "CO-50"], None)
    of_lines = [(line["allowed"], line["paid"], line["payer_reasons"]) for line in books.rows(lines)]
    assert of_lines == [(None, answer.money, ["CO-45"]), (None, Decimal("0.00"), ["CO-50"])]


def test_what_is_paid_needs_nobody(books: Books) -> None:
    claim_id = accepted(books, TWO)
    settled = settle(books, payment(answer_to(TWO, number=number(1))))
    assert (status(books, claim_id), kinds(books), settled.waits) == (("paid", ["paid", "paid"]), [], False)


def test_forty_claims_with_one_cause_are_one_task(books: Books) -> None:
    ids = [accepted(books, claim, at) for at, claim in enumerate(CLAIMS, start=1)]
    denied = [answer_to(claim, 1, number=number(at)) for at, claim in enumerate(CLAIMS, start=1)]
    settled = settle(books, payment(*denied))
    assert kinds(books) == [("denied", ids)]
    assert settled.tasks == 1
    [task] = views.task_rows(books.ledger)
    assert (task["title"], task["action"]) == (
        "Northstar Medicaid: CO-50, not medically necessary", "Send the records and appeal.",
    )  # fmt: skip


def test_a_decision_about_the_whole_is_told_to_every_line(books: Books) -> None:
    claim_id = accepted(books, TWO)
    whole = Paid(TWO.account, (), "4", number(1), adjustments=(("CO", "29", str(TWO.charge)),), charge=TWO.charge)
    settle(books, payment(whole))
    assert status(books, claim_id) == ("denied", ["denied", "denied"])


def test_lines_are_found_by_our_own_number_for_them(books: Books) -> None:
    same = put(put(TWO, "lines.1", TWO.lines[0]), "charge", TWO.lines[0].charge * 2)
    same = put(put(same, "lines.0.control_number", "L1"), "lines.1.control_number", "L2")
    claim_id = accepted(books, same)
    answer = answer_to(same, 1, number=number(1))
    first, second = answer.lines
    settle(books, payment(replace(answer, lines=(replace(first, number="L2"), replace(second, number="L1")))))
    assert status(books, claim_id) == ("paid_part", ["paid", "denied"])


def test_other_lines_or_charges_than_were_sent_are_told_to_a_person(books: Books) -> None:
    first, second = accepted(books, TWO, 1), accepted(books, ONE, 2)
    answer = answer_to(TWO, number=number(1))
    dearer = replace(answer.lines[0], charge=answer.lines[0].charge + 5)
    other = answer_to(ONE, number=number(2))
    settle(
        books,
        payment(
            replace(answer, lines=(dearer, answer.lines[1])),
            replace(other, lines=(replace(other.lines[0], code="99499"),)),
        ),
    )
    assert kinds(books) == [("differs", [first]), ("differs", [second])]
    titles = [task["title"] for task in views.task_rows(books.ledger)]
    assert f"decided ${TWO.charge + 5:,.2f}, ${TWO.charge:,.2f} were sent" in titles[0]
    assert "decided other lines than were sent" in titles[1]
    assert (status(books, first)[0], status(books, first)[1]) == ("paid", ["none", "paid"])


# whose it is


def test_without_a_number_account_dates_and_charge_must_all_be_equal(books: Books) -> None:
    claim_id = accepted(books, TWO)
    books.put(claim_id, State.RECEIVED, control_number=None)
    settled = settle(books, payment(answer_to(TWO, number=number(7))))
    assert (found(settled), status(books, claim_id)[0]) == (["matched"], "paid")
    row = books.row(claim_id)
    assert (row["state"], row["control_number"], row["due_at"]) == ("received", None, books.clock.now())
    [kept] = views.claim_history(books.ledger, claim_id)["replies"]
    assert (kept["control_number"], kept["number"]) == (number(7), "EFT0001")


def test_the_case_of_an_account_does_not_matter(books: Books) -> None:
    claim_id = accepted(books, TWO)
    books.put(claim_id, State.RECEIVED, control_number=None)
    settled = settle(books, payment(replace(answer_to(TWO), account=TWO.account.lower())))
    assert [row.id for row in settled.rows] == [claim_id]


@pytest.mark.parametrize(
    "change", [{"account": "SOMEBODY"}, {"account": TWO.account, "days": ("20250101", "20250101")}]
)
def test_a_claim_that_was_never_sent_here_is_counted_with_its_money(books: Books, change: dict[str, Any]) -> None:
    claim_id = accepted(books, TWO)
    settled = settle(books, payment(replace(answer_to(TWO), **change)))
    assert (found(settled), status(books, claim_id)[0], kinds(books)) == (["not_ours"], "none", [])
    assert settled.part(Finding.NOT_OURS) == {
        "claims": 1, "charge": TWO.charge, "paid": answer_to(TWO).money,
    }  # fmt: skip
    assert (settled.balanced, settled.waits) == (True, False)


def test_two_claims_that_fit_are_for_a_person(books: Books) -> None:
    ids = []
    for month in (1, 2):
        [claim_id] = books.queue(TWO, fingerprint=f"{month}", likeness=frozenset())
        books.put(claim_id, State.RECEIVED)
        ids.append(claim_id)
    settled = settle(books, payment(answer_to(TWO, number=number(7))))
    assert (found(settled), kinds(books), settled.waits) == (["unclear"], [("unclear", ids)], True)
    assert [status(books, claim_id)[0] for claim_id in ids] == ["none", "none"]


def test_an_account_used_every_month_fits_by_its_dates(books: Books) -> None:
    ids = []
    for at, day in enumerate((date(2026, 5, 31), date(2026, 6, 30)), start=1):
        moved = put(put(ONE, "lines.0.service_from", day), "lines.0.service_to", day)
        claim_id = accepted(books, Claim.model_validate_json(moved.model_dump_json()), at)
        books.put(claim_id, State.RECEIVED, control_number=None)
        ids.append(claim_id)
    june = Line(ONE.lines[0].code, ONE.charge, day="20260630", modifiers=ONE.lines[0].modifiers)
    settled = settle(books, payment(Paid(ONE.account, (june,))))
    assert [row.id for row in settled.rows] == [ids[1]]


def test_the_same_day_with_another_charge_is_for_a_person(books: Books) -> None:
    claim_id = accepted(books, ONE)
    books.put(claim_id, State.RECEIVED, control_number=None)
    answer = answer_to(ONE)
    settled = settle(books, payment(replace(answer, lines=(replace(answer.lines[0], charge=ONE.charge + 1),))))
    assert (found(settled), kinds(books)) == (["unclear"], [("unclear", [claim_id])])


def test_another_number_than_the_claim_has_is_for_a_person(books: Books) -> None:
    claim_id = accepted(books, TWO)
    settled = settle(books, payment(answer_to(TWO, number=number(9))))
    assert (found(settled), status(books, claim_id)[0], kinds(books)) == (
        ["unclear"], "none", [("unclear", [claim_id])],
    )  # fmt: skip


def test_a_number_of_ours_on_a_strange_claim_is_for_a_person(books: Books) -> None:
    claim_id = accepted(books, TWO)
    settled = settle(books, payment(Paid("SOMEBODY", (Line(day="20250101"),), number=number(1))))
    assert (found(settled), kinds(books)) == (["unclear"], [("unclear", [claim_id])])


def test_a_payer_nobody_has_named_waits_for_its_name(books: Books) -> None:
    claim_id = accepted(books, TWO)
    books.put(claim_id, State.RECEIVED, control_number=None, payer_named="Minnesota")
    body = payment(answer_to(TWO), payer="STAR OF THE NORTH")
    settled = settle(books, body)
    assert (found(settled), kinds(books)) == (["unclear"], [("unclear", [claim_id])])
    assert 'payerbot payers map "STAR OF THE NORTH" SLUG' in views.task_rows(books.ledger)[0]["action"]
    people.map_name(books.ledger, "Star of the North", "northstar", books.act())
    again = settle(books, body)
    assert (found(again), status(books, claim_id)[0], kinds(books)) == (["matched"], "paid", [])


@pytest.mark.parametrize("payer", ["LAKESHORE HEALTH PLAN", "SOMEBODY'S MEDIGAP"])
def test_a_claim_that_crossed_over_is_not_ours(books: Books, payer: str) -> None:
    """The next payer's file shows the same account, dates and charge."""
    claim_id = accepted(books, TWO)
    settled = settle(books, payment(replace(answer_to(TWO, number="X1"), decision="2"), payer=payer))
    assert (found(settled), status(books, claim_id)[0], kinds(books)) == (["not_ours"], "none", [])


def test_the_number_of_one_payer_is_not_anothers(books: Books) -> None:
    claim_id = accepted(books, TWO)
    settled = settle(books, payment(answer_to(TWO, number=number(1)), payer="Lakeshore Health Plan"))
    assert (found(settled), status(books, claim_id)[0]) == (["not_ours"], "none")


# again and again


def test_the_same_file_again_changes_nothing(books: Books) -> None:
    accepted(books, TWO)
    body = payment(answer_to(TWO, 1, number=number(1)), Paid("SOMEBODY"), provider=(("WO", "X", "5"),))
    settle(books, body)
    before = books.everything()
    again = settle(books, body)
    assert books.everything() == before
    assert found(again) == ["repeated", "not_ours"]
    assert (again.balanced, again.waits) == (True, True)


def test_a_task_that_a_person_closed_stays_closed(books: Books) -> None:
    accepted(books, TWO)
    body = payment(answer_to(TWO, 1, number=number(1)), amount=Decimal(1))
    settle(books, body)
    for task in views.task_rows(books.ledger):
        people.done(books.ledger, task["id"], None, None, books.act("appealed"))
    settle(books, body)
    assert kinds(books) == []


def test_the_same_payment_in_another_file_changes_nothing(books: Books) -> None:
    claim_id = accepted(books, TWO)
    body = payment(answer_to(TWO, number=number(1)))
    settle(books, body)
    rev = books.row(claim_id)["rev"]
    assert found(settle(books, body, payment(Paid("SOMEBODY"), number="EFT0002"), name="more.edi")) == [
        "repeated", "not_ours",
    ]  # fmt: skip
    assert books.row(claim_id)["rev"] == rev
    assert len(books.rows(reply_claims)) == 2
    assert len(books.rows(reply_table)) == 2


def test_what_is_said_twice_in_one_payment_counts_twice(books: Books) -> None:
    settled = settle(books, payment(Paid("A"), Paid("A")))
    assert (found(settled), settled.balanced) == (["not_ours", "not_ours"], True)
    assert settled.part(Finding.NOT_OURS)["claims"] == 2


def test_a_later_file_ends_what_an_earlier_one_asked(books: Books) -> None:
    first, second = accepted(books, TWO, 1), accepted(books, ONE, 2)
    settle(books, payment(answer_to(TWO, 1, number=number(1)), answer_to(ONE, 1, number=number(2))))
    assert kinds(books) == [("denied", [first, second])]
    later = payment(answer_to(TWO, number=number(1)), number="EFT0002", on="20260801")
    settle(books, later, name="later.edi")
    assert (kinds(books), status(books, first)[0]) == ([("denied", [second])], "paid")
    settle(books, payment(answer_to(ONE, number=number(2)), number="EFT0003", on="20260802"), name="last.edi")
    assert (kinds(books), status(books, second)[0]) == ([], "paid")


def test_an_earlier_file_that_comes_later_changes_nothing(books: Books) -> None:
    claim_id = accepted(books, TWO)
    settle(books, payment(answer_to(TWO, number=number(1)), number="EFT0002", on="20260801"))
    settled = settle(books, payment(answer_to(TWO, 1, 2, number=number(1)), on="20260701"), name="late.edi")
    assert (found(settled), status(books, claim_id)[0], kinds(books)) == (["matched"], "paid", [])


# taken back


def taken_back(answer: Paid) -> Paid:
    """The same with every sign turned round."""
    return replace(
        answer,
        decision="22",
        lines=tuple(
            replace(
                line,
                charge=-line.charge,
                adjustments=tuple((group, why, str(-Decimal(money))) for group, why, money in line.adjustments),
            )
            for line in answer.lines
        ),
    )  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("renumbered", [False, True])
def test_a_reversal_and_its_correction_come_to_the_correction(
    books: Books, order: Sequence[int], renumbered: bool
) -> None:
    claim_id = accepted(books, TWO)
    first = answer_to(TWO, number=number(1))
    settle(books, payment(first))
    corrected = answer_to(TWO, 2, number=number(5) if renumbered else number(1))
    pair = (taken_back(first), corrected)
    settled = settle(books, payment(*(pair[at] for at in order), number="EFT0002", on="20260801"), name="2.edi")
    assert (found(settled), settled.balanced) == (["matched", "matched"], True)
    assert status(books, claim_id) == ("paid_part", ["paid", "denied"])
    assert kinds(books) == [("denied", [claim_id])]
    assert settled.totals["charge"] == 0


def test_a_reversal_alone_is_told_to_a_person_until_the_correction_comes(books: Books) -> None:
    claim_id = accepted(books, TWO)
    first = answer_to(TWO, number=number(1))
    settle(books, payment(first))
    settle(books, payment(taken_back(first), number="EFT0002", on="20260801"), name="2.edi")
    assert (status(books, claim_id), kinds(books)) == (("reversed", ["reversed"] * 2), [("reversed", [claim_id])])
    settle(books, payment(answer_to(TWO, number=number(8)), number="EFT0003", on="20260901"), name="3.edi")
    assert (status(books, claim_id)[0], kinds(books)) == ("paid", [])


def test_what_all_remittances_paid_is_the_claims_own(books: Books) -> None:
    claim_id = accepted(books, TWO)
    books.put(claim_id, State.ACCEPTED, due_at=books.clock.now())
    first = answer_to(TWO, number=number(1))
    back, again = taken_back(first), answer_to(TWO, 2, number=number(8))
    amounts = [one.money for one in (first, back, again)]
    for at, one in enumerate((first, back, again)):
        settle(books, payment(one, number=f"EFT000{at}", on=f"2026080{at + 1}"), name=f"{at}.edi")
        row = books.row(claim_id)
        assert (row["paid"], row["payment_number"]) == (sum(amounts[: at + 1]), f"EFT000{at}")
        assert (row["paid_on"], row["due_at"]) == (date(2026, 8, at + 1), None)
    assert 0 < row["paid"] < TWO.charge


def test_a_portal_never_overrules_a_remittance(books: Books) -> None:
    claim_id = accepted(books, TWO)
    item = books.item(claim_id)
    settle(books, payment(answer_to(TWO, number=number(1))))
    before = books.row(claim_id)
    late = books.journal(claim_id, item=item)
    denied: dict[str, Any] = {
        "sent": Sent.ONCE,
        "proof": Proof.BOTH,
        "control_number": number(1),
        "status": Status.DENIED,
    }
    with pytest.raises(LostClaim):  # it was asked before the file was settled
        late.record(State.ACCEPTED, **denied)
    shown = FoundClaim(number(1), None, None, None, None, None, None, "Denied", paid=Decimal(0))
    books.journal(claim_id).record(State.ACCEPTED, **denied, shown=shown, due_at=books.clock.now())
    after = books.row(claim_id)
    unchanged = ("state", "status", "paid", "payer_words", "payment_number", "due_at")
    assert {key: after[key] for key in unchanged} == {key: before[key] for key in unchanged}


def test_an_overdue_task_outlives_word_that_nothing_has_moved(books: Books) -> None:
    claim_id = accepted(books, TWO)
    books.put(claim_id, State.ACCEPTED, status=Status.PENDING)
    with books.ledger.write() as connection:
        need = Need(overdue_cause(claim_id), OVERDUE, "long", "Call.")
        open_task(connection, need, [claim_id], books.act())
    settle(
        books,
        Statuses((Said(TWO.account, ("P1:20",), TWO.charge, number=number(1)),), acknowledges=False),
        name="1.edi",
    )
    assert kinds(books) == [("overdue", [claim_id])]
    settle(books, payment(answer_to(TWO, number=number(1))), name="2.edi")
    assert kinds(books) == []


def test_what_is_taken_back_is_found_without_its_number(books: Books) -> None:
    claim_id = accepted(books, TWO)
    books.put(claim_id, State.RECEIVED, control_number=None)
    settle(books, payment(taken_back(answer_to(TWO))))
    assert status(books, claim_id)[0] == "reversed"


def test_paid_and_taken_back_in_one_file(books: Books) -> None:
    claim_id = accepted(books, TWO)
    first = answer_to(TWO, number=number(1))
    settle(books, payment(first, taken_back(first)))
    assert status(books, claim_id)[0] == "reversed"


def test_a_claim_that_was_split_is_told_once(books: Books) -> None:
    claim_id = accepted(books, TWO)
    whole = answer_to(TWO, 2, number=number(1))
    parts = [replace(whole, lines=(line,)) for line in whole.lines]
    settle(books, payment(*parts))
    assert status(books, claim_id) == ("paid_part", ["paid", "denied"])
    assert kinds(books) == [("denied", [claim_id])]


# what contradicts what we know


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (State.QUEUED, "at-the-payer"),
        (State.HELD, "at-the-payer"),
        (State.BLOCKED, "at-the-payer"),
        (State.REJECTED, "at-the-payer"),
        (State.WITHDRAWN, "contradiction"),
        (State.CLOSED, "contradiction"),
    ],
)
def test_a_decision_about_what_the_payer_should_not_have(books: Books, state: State, kind: str) -> None:
    claim_id = books.one(state, CLAIMS.index(TWO))
    settled = settle(books, payment(answer_to(TWO, number=number(7))))
    assert (found(settled), kinds(books)[0][0], settled.waits) == (["matched"], kind, True)
    assert status(books, claim_id)[0] == "none"
    # what waits to be sent must not go: the payer may have it
    assert books.state(claim_id) is (State.HELD if state is State.QUEUED else state)


def test_once_a_person_has_resolved_it_the_file_is_told(books: Books) -> None:
    claim_id = books.one(State.QUEUED, CLAIMS.index(TWO))
    body = payment(answer_to(TWO, number=number(7)))
    settle(books, body)
    [task] = views.task_rows(books.ledger)
    people.done(books.ledger, task["id"], "entered-by-hand", number(7), books.act())
    assert (books.state(claim_id), kinds(books)) == (State.ACCEPTED, [])
    settle(books, body)
    assert (status(books, claim_id)[0], kinds(books)) == ("paid", [])


@pytest.mark.parametrize("state", [State.QUEUED, State.HELD, State.REJECTED, State.WITHDRAWN])
def test_a_refusal_agrees_with_a_claim_that_is_not_there(books: Books, state: State) -> None:
    claim_id = books.one(state, CLAIMS.index(TWO))
    settle(books, statuses(TWO, "A7:562:85"))
    assert (books.state(claim_id), status(books, claim_id)[0], kinds(books)) == (state, "none", [])


def test_a_copy_that_stands_is_meant_and_not_the_one_it_replaced(books: Books) -> None:
    books.one(State.WITHDRAWN, CLAIMS.index(TWO))
    [claim_id] = books.queue(TWO)
    books.put(claim_id, State.RECEIVED)
    settled = settle(books, payment(answer_to(TWO)))
    assert [row.id for row in settled.rows] == [claim_id]
    assert status(books, claim_id)[0] == "paid"


def test_nothing_changes_while_a_claim_is_being_sent(books: Books) -> None:
    one, other = accepted(books, ONE, 1), accepted(books, TWO, 2)
    books.put(other, State.SUBMITTING)
    before = books.everything()
    with pytest.raises(Interrupted, match="is being sent right now"):
        settle(books, payment(answer_to(ONE, number=number(1)), answer_to(TWO, number=number(2))))
    assert books.everything() == before
    assert status(books, one)[0] == "none"


def test_amounts_that_contradict_each_other_decide_nothing(books: Books) -> None:
    first, second = accepted(books, TWO, 1), accepted(books, ONE, 2)
    broken = replace(answer_to(TWO, number=number(1)), paid=Decimal(1))
    settled = settle(books, payment(broken, answer_to(ONE, number=number(2))))
    assert (settled.balanced, kinds(books)) == (False, [("balance", [first])])
    assert (status(books, first)[0], status(books, second)[0]) == ("none", "paid")


# a claim that may have gone


def unknown(books: Books) -> int:
    claim_id = books.one(State.QUEUED, CLAIMS.index(TWO))
    books.journal(claim_id).arm()
    queue.recover(books.ledger, books.clock.now())
    return claim_id


def test_an_unknown_claim_is_looked_up_at_once_and_not_moved(books: Books) -> None:
    claim_id = unknown(books)
    books.put(claim_id, State.UNKNOWN, due_at=None)
    settle(books, payment(answer_to(TWO, number=number(7))))
    row = books.row(claim_id)
    assert (row["state"], row["status"], row["due_at"]) == ("unknown", "paid", books.clock.now())


@pytest.mark.parametrize("code", ["A7:562:85", "A4:35"])
def test_nobody_is_told_to_send_again_what_may_have_gone(books: Books, code: str) -> None:
    claim_id = unknown(books)
    settle(books, statuses(TWO, code))
    assert (books.state(claim_id), kinds(books)) == (State.UNKNOWN, [])
    assert books.row(claim_id)["due_at"] == books.clock.now()
    assert status(books, claim_id)[0] in ("unprocessable", "not_on_file")


@pytest.mark.parametrize("spoken_of", [False, True])
def test_what_the_payer_speaks_of_is_never_sent_again_by_itself(books: Books, spoken_of: bool) -> None:
    claim_id = unknown(books)
    if spoken_of:
        settle(books, payment(answer_to(TWO, number=number(7))))
    books.journal(claim_id).record(State.QUEUED, reason="The payer's own search proves that it never arrived.")
    assert books.state(claim_id) is (State.HELD if spoken_of else State.QUEUED)
    assert [kind for kind, _ in kinds(books)] == (["at-the-payer"] if spoken_of else [])


def test_a_page_does_not_overrule_a_remittance(books: Books) -> None:
    claim_id = accepted(books, TWO)
    settle(books, payment(answer_to(TWO, 2, number=number(1))))
    books.journal(claim_id).record(
        State.ACCEPTED, sent=Sent.ONCE, proof=Proof.BOTH, control_number=number(1), status=Status.PENDING
    )
    assert status(books, claim_id) == ("paid_part", ["paid", "denied"])
    assert kinds(books) == [("denied", [claim_id])]


# statuses before the payment


def statuses(claim: Claim, *codes: str, acknowledges: bool = True, **more: Any) -> Statuses:
    day, until = f"{claim.service_from:%Y%m%d}", f"{claim.service_to:%Y%m%d}"
    said = Said(claim.account, codes, claim.charge, day=day, until="" if day == until else until, **more)
    return Statuses((said,), acknowledges)


@pytest.mark.parametrize(
    ("code", "wanted", "kind"),
    [
        ("A2:20", "pending", None),
        ("A7:562:85", "unprocessable", "unprocessable"),
        ("P3:317", "info_requested", "info_requested"),
        ("A4:35", "not_on_file", "not_on_file"),
        ("F2:88", "denied", "denied"),
        ("Z9:1", "unrecognised", "unrecognised"),
        ("E1:1", "none", None),
    ],
)
@pytest.mark.parametrize("acknowledges", [True, False])
def test_a_status(books: Books, code: str, wanted: str, kind: str | None, acknowledges: bool) -> None:
    claim_id = accepted(books, TWO)
    settled = settle(books, statuses(TWO, code, acknowledges=acknowledges, number=number(1)))
    assert (found(settled), status(books, claim_id)) == (["matched"], (wanted, [wanted] * 2))
    assert kinds(books) == ([(kind, [claim_id])] if kind else [])
    assert books.state(claim_id) is State.ACCEPTED
    assert settled.document()["kind"] == ("277CA" if acknowledges else "277")


def test_a_status_never_overrules_a_remittance(books: Books) -> None:
    claim_id = accepted(books, TWO)
    settle(books, payment(answer_to(TWO, number=number(1))))
    settle(books, statuses(TWO, "F2:88", number=number(1)), name="status.edi")
    assert (status(books, claim_id)[0], kinds(books)) == ("paid", [])


def test_what_is_pending_again_is_no_decision_undone(books: Books) -> None:
    claim_id = accepted(books, TWO)
    settle(books, statuses(TWO, "F2:88", number=number(1)))
    settle(books, statuses(TWO, "P1:20", number=number(1)), name="later.edi")
    assert status(books, claim_id)[0] == "denied"


def test_the_remittance_ends_what_the_status_asked(books: Books) -> None:
    claim_id = accepted(books, TWO)
    settle(books, statuses(TWO, "P3:317", number=number(1)))
    assert kinds(books) == [("info_requested", [claim_id])]
    settle(books, payment(answer_to(TWO, number=number(1))), name="paid.edi")
    assert kinds(books) == []


def test_a_refusal_of_everything_is_a_task(books: Books) -> None:
    path = books.folder / "payer.edi"
    path.write_text(x12(Statuses()).replace("STC*A1:19:PR", "STC*A3:19:PR"))
    settled = settle_files(BOTH, books.ledger, [path], books.act())[0]
    assert (settled.waits, [kind for kind, _ in kinds(books)]) == (True, ["unprocessable"])


def test_a_later_number_for_the_same_claim_is_remembered(books: Books) -> None:
    """The acknowledgment gives a received claim its number; the remittance then needs no more than that."""
    claim_id = accepted(books, TWO)
    books.put(claim_id, State.RECEIVED, control_number=None)
    settle(books, statuses(TWO, "A2:20", number=number(7)))
    settled = settle(
        books, payment(replace(answer_to(TWO, number=number(7)), days=("20250101", "20250101"))), name="p.edi"
    )
    assert ([row.id for row in settled.rows], status(books, claim_id)[0]) == ([claim_id], "paid")


# files


def test_a_broken_file_changes_nothing(books: Books) -> None:
    accepted(books, TWO)
    path = books.folder / "payer.edi"
    path.write_text(x12(payment(answer_to(TWO, number=number(1)))).replace("CLP*", "CLP*", 1)[:-40])
    before = books.everything()
    settled = settle_files(BOTH, books.ledger, [path], books.act())[0]
    assert (settled.waits, settled.balanced, settled.rows) == (True, False, [])
    assert books.everything() == before


def test_a_file_that_is_not_there_keeps_the_others_back(books: Books) -> None:
    accepted(books, TWO)
    path = books.folder / "payer.edi"
    path.write_text(x12(payment(answer_to(TWO, number=number(1)))))
    before = books.everything()
    with pytest.raises(UsageError, match="cannot be opened"):
        settle_files(BOTH, books.ledger, [path, books.folder / "nothing.edi"], books.act())
    assert books.everything() == before


def test_no_status_moves_otherwise_than_drawn(books: Books) -> None:
    claim_id = accepted(books, TWO)
    with books.ledger.write() as connection:
        [ours] = replies.ours(connection, {number(1)}, set())
        replies.tell(connection, ours, Status.PAID, {}, books.act())
    with books.ledger.write() as connection:
        [ours] = replies.ours(connection, {number(1)}, set())
        with pytest.raises(Refused, match="cannot become 'pending'"):
            replies.tell(connection, ours, Status.PENDING, {}, books.act())
    assert status(books, claim_id)[0] == "paid"


_answers = st.lists(
    st.tuples(
        st.integers(0, len(CLAIMS) - 1),
        st.sampled_from(("own", "none", "strange")),
        st.sets(st.integers(1, 2), max_size=2),
        st.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(_answers, st.decimals(0, 20, places=2))
def test_whatever_comes_totals_in_are_totals_out(books: Books, answers: list[Any], held: Decimal) -> None:
    if not views.claim_rows(books.ledger):
        for at, claim in enumerate(CLAIMS, start=1):
            accepted(books, claim, at)
    some = []
    for at, named, denied, strange in answers:
        own = {"own": number(at + 1), "none": "", "strange": "77"}[named]
        answer = answer_to(CLAIMS[at], *denied, number=own)
        some.append(replace(answer, account="SOMEBODY") if strange else answer)
    body = payment(*some, provider=(("WO", "X", str(held)),))
    for _ in range(2):
        settled = settle(books, body)
        document = settled.document()
        totals = document["totals"]
        assert document["balanced"]
        assert sum(document["counts"].values()) == totals["claims"] == len(some)
        for kind in ("charge", "paid"):
            assert sum(part[kind] for part in document["amounts"].values()) == totals[kind]
        assert totals["payment"] == totals["paid"] - held == totals["charge"] - totals["adjustments"] - held
    assert document["counts"]["matched"] == 0

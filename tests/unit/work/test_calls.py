"""Calls: who is called about what, on which sheet; what an answer changes, and that it moves no claim."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.claims import business_days
from bot.claims.model import Claim
from bot.claims.vocabulary import Proof, State, Status, Topic
from bot.errors import Refused, UnknownItem, UsageError
from bot.ledger import calls as ledger_calls
from bot.ledger import tasks, views
from bot.ledger.calls import Told
from bot.work import answers, schedule
from bot.work.answers import Answer
from bot.work.calls import QUESTIONS, TOPICS, Call, calls, meanwhile, sheets
from bot.work.limits import Calls
from bot.work.payers import Office, Payer, find_adapters, policy_of
from tests.unit.ledger.books import CLAIMS, NOON, Books, need

TODAY = NOON.date()
PROMISED = TODAY + timedelta(days=20)
ADAPTER = find_adapters()["northstar"]
NORTHSTAR = Payer(ADAPTER("http://127.0.0.2:9"), policy_of(ADAPTER), (), timedelta(0))
OFFICE = Office([NORTHSTAR])
NUMBER = "20261820000000001"


def _waiting(
    books: Books, *some: Claim, topic: Topic | None = Topic.PENDING, kind: str = "overdue", **columns: Any
) -> list[int]:
    """Claims at the payer, each behind a task of its own."""
    ids = books.queue(*some)
    told = {"status": Status.PENDING, "proof": Proof.BOTH, "due_at": NOON + timedelta(days=30), **columns}
    with books.ledger.write() as connection:
        for claim_id in ids:
            wanted = need(f"{kind}:{claim_id}", kind=kind, payer="northstar", topic=topic)
            tasks.open_task(connection, wanted, [claim_id], books.act())
    for claim_id in ids:
        books.put(claim_id, State(told.pop("state", State.ACCEPTED)), **told)
    return ids


def _calls(books: Books, today: date = TODAY) -> list[Call]:
    return calls(OFFICE, books.ledger, today)


def _sheets(books: Books, today: date = TODAY) -> list[list[int]]:
    return [[one.row["id"] for one in call.claims] for call in _calls(books, today)]


def _record(books: Books, claim_id: int, said: str = "in review", **more: Any) -> Told:
    one = answers.told(OFFICE, books.ledger, Answer(claim_id, None, said, **more), TODAY)
    ledger_calls.record(books.ledger, [(one, answers.look_up_at(one))], books.act())
    return one


def test_every_question_has_words() -> None:
    assert set(QUESTIONS) == set(TOPICS) == set(Topic)
    assert all(QUESTIONS.values())


def test_what_a_portal_answers_is_nobody_called_about(books: Books) -> None:
    _waiting(books, *CLAIMS[:2], topic=None, kind="denied", status=Status.DENIED)
    assert _calls(books) == []
    assert len(meanwhile(OFFICE, books.ledger, TODAY)) == 2


def test_a_call_is_about_one_question_on_one_line_for_one_provider(books: Books) -> None:
    other = [
        one.model_copy(update={"billing": one.billing.model_copy(update={"npi": "1234567893"})}) for one in CLAIMS
    ]
    pending = _waiting(books, CLAIMS[0])
    theirs = _waiting(books, other[1])
    denied = _waiting(books, CLAIMS[2], topic=Topic.DENIED, kind="denied")
    found = {call.claims[0].row["id"]: call for call in _calls(books)}
    assert set(found) == {*pending, *theirs, *denied}
    phones = {claim_id: (call.line, call.phone.phone if call.phone else "") for claim_id, call in found.items()}
    assert phones[pending[0]] == phones[theirs[0]] == ("claims", "1-800-555-0142")
    assert phones[denied[0]] == ("appeals", "1-800-555-0143")


def test_a_representative_is_asked_about_so_many_claims_and_no_more(books: Books) -> None:
    ids = _waiting(books, *CLAIMS[:7])
    sheets = _sheets(books)
    assert [len(sheet) for sheet in sheets] == [3, 3, 1]
    assert sorted(one for sheet in sheets for one in sheet) == ids
    assert [(call.sheet, call.sheets) for call in _calls(books)] == [(1, 3), (2, 3), (3, 3)]


def test_nearest_deadline_first_then_most_money(books: Books) -> None:
    [poor] = _waiting(books, CLAIMS[0], charge=Decimal("10.00"))
    [rich] = _waiting(books, CLAIMS[1], charge=Decimal("900.00"))
    [near] = _waiting(books, CLAIMS[2], charge=Decimal("1.00"), status=Status.INFO_REQUESTED, answer_by=PROMISED)
    assert _sheets(books) == [[near, rich, poor]]


def test_a_claim_behind_two_tasks_is_asked_about_once(books: Books) -> None:
    [claim_id] = _waiting(books, CLAIMS[0])
    with books.ledger.write() as connection:
        wanted = need("other", kind="overdue", payer="northstar", topic=Topic.PENDING)
        tasks.open_task(connection, wanted, [claim_id], books.act())
    assert _sheets(books) == [[claim_id]]


def test_a_line_that_nobody_has_named_leaves_room_for_its_number(books: Books) -> None:
    _waiting(books, CLAIMS[0])
    silent = replace(NORTHSTAR, policy=NORTHSTAR.policy.model_copy(update={"calls": Calls()}))
    [call] = calls(Office([silent]), books.ledger, TODAY)
    assert (call.phone, call.document()["phone"]) == (None, None)
    assert "________" in sheets([call], [], TODAY, "ruth").body


def test_the_sheet_has_what_the_representative_asks_for(books: Books) -> None:
    _waiting(books, CLAIMS[0], control_number=NUMBER, payer_words="In process <b>")
    patient = CLAIMS[0].patient
    body = sheets(_calls(books), meanwhile(OFFICE, books.ledger, TODAY), TODAY, "ruth").body
    for words in (
        patient.last, CLAIMS[0].subscriber.member_id, CLAIMS[0].account, CLAIMS[0].billing.npi, NUMBER,
        "1-800-555-0142", "In process &lt;b&gt;", CLAIMS[0].lines[0].code, f"{CLAIMS[0].charge}", "Said",
    ):  # fmt: skip
        assert words in body


def test_programs_and_terminals_get_nothing_of_a_patient(books: Books) -> None:
    _waiting(books, CLAIMS[0])
    document = str([call.document() for call in _calls(books)])
    assert CLAIMS[0].patient.last not in document
    assert CLAIMS[0].subscriber.member_id not in document


def test_an_answer_is_kept_and_moves_no_claim(books: Books) -> None:
    [claim_id] = _waiting(books, CLAIMS[0])
    before = books.row(claim_id)
    _record(
        books, claim_id, status="denied", reference="C-1", name="Kim", control_number=NUMBER, minutes_on_hold="25"
    )
    [call] = views.call_rows(books.ledger, [claim_id])
    assert {key: call[key] for key in ("said", "status", "reference", "name", "minutes_on_hold", "who", "at")} == {
        "said": "in review", "status": "denied", "reference": "C-1", "name": "Kim", "minutes_on_hold": 25,
        "who": "ruth", "at": NOON,
    }  # fmt: skip
    after = books.row(claim_id)
    assert {key for key in before if before[key] != after[key]} == set()
    [task] = views.task_rows(books.ledger)
    assert [row["why"] for row in views.task_history(books.ledger, task["id"])][-1] == "in review"


def test_a_promise_is_the_next_follow_up(books: Books) -> None:
    [claim_id] = _waiting(books, CLAIMS[0])
    assert _record(books, claim_id, promised=PROMISED.isoformat()).next_on == PROMISED
    due = books.row(claim_id)["due_at"]
    assert due == datetime.combine(PROMISED, schedule.OPENS, schedule.ZONE)
    assert _sheets(books) == _sheets(books, PROMISED - timedelta(days=1)) == []
    assert _sheets(books, PROMISED) == [[claim_id]]


def test_a_promise_never_puts_a_look_up_off(books: Books) -> None:
    [claim_id] = _waiting(books, CLAIMS[0], due_at=NOON + timedelta(days=2))
    _record(books, claim_id, promised=PROMISED.isoformat())
    assert books.row(claim_id)["due_at"] == NOON + timedelta(days=2)


def test_without_a_promise_it_is_a_working_week(books: Books) -> None:
    [claim_id] = _waiting(books, CLAIMS[0])
    assert _record(books, claim_id).next_on == business_days.after(TODAY, answers.AGAIN)


@pytest.mark.parametrize("left", [30, 8, 3])
def test_no_promise_reaches_past_a_deadline(books: Books, left: int) -> None:
    last = business_days.after(TODAY, left)
    [claim_id] = _waiting(books, CLAIMS[0], status=Status.INFO_REQUESTED, answer_by=last)
    late = (last + timedelta(days=9)).isoformat()
    wanted = business_days.after(last, -schedule.BEFORE_DEADLINE)
    earliest = business_days.after(TODAY, 1)
    assert _record(books, claim_id, promised=late).next_on == max(wanted, earliest)


def test_others_behind_the_same_task_still_wait(books: Books) -> None:
    ids = books.queue(*CLAIMS[:2])
    with books.ledger.write() as connection:
        wanted = need("denied:x", kind="denied", payer="northstar", topic=Topic.DENIED)
        tasks.open_task(connection, wanted, ids, books.act())
    for claim_id in ids:
        books.put(claim_id, State.ACCEPTED, status=Status.DENIED)
    _record(books, ids[0])
    assert _sheets(books) == [[ids[1]]]
    _record(books, ids[0], resolved="yes")
    assert [[one["id"] for one in task["claims"]] for task in views.task_rows(books.ledger)] == [[ids[1]]]
    _record(books, ids[1], resolved="x")
    assert views.task_rows(books.ledger) == []


def test_what_needs_an_answer_is_not_resolved_by_a_call(books: Books) -> None:
    [claim_id] = books.queue(CLAIMS[0])
    books.put(claim_id, State.UNKNOWN)
    with books.ledger.write() as connection:
        tasks.open_task(connection, need("claim:1", needs_answer=True), [claim_id], books.act())
    before = books.everything()
    with pytest.raises(Refused, match="needs an answer"):
        _record(books, claim_id, resolved="yes")
    assert books.everything() == before


@pytest.mark.parametrize("state", [State.UNKNOWN, State.RECEIVED])
def test_a_number_told_is_looked_up_and_not_believed(books: Books, state: State) -> None:
    [claim_id] = _waiting(books, CLAIMS[0], state=state, kind=str(state))
    _record(books, claim_id, control_number=NUMBER)
    row = books.row(claim_id)
    assert (row["state"], row["control_number"], row["due_at"]) == (state, None, NOON)


@pytest.mark.parametrize(
    "typed",
    [
        {"said": " "},
        {"promised": "07/31/2026"},
        {"promised": TODAY.isoformat()},
        {"status": "soon"},
        {"minutes_on_hold": "long"},
        {"promised": PROMISED.isoformat(), "resolved": "yes"},
    ],
)
def test_what_cannot_be_meant_is_refused(books: Books, typed: dict[str, str]) -> None:
    [claim_id] = _waiting(books, CLAIMS[0])
    before = books.everything()
    with pytest.raises(UsageError, match=f"Claim {claim_id}"):
        _record(books, claim_id, **typed)
    assert books.everything() == before


def test_a_call_about_a_claim_that_is_not_there(books: Books) -> None:
    with pytest.raises(UnknownItem):
        _record(books, 99)
    with pytest.raises(UnknownItem):
        ledger_calls.record(books.ledger, [(Told(99, "x"), None)], books.act())


def test_the_table_comes_back_as_it_was_filled_in(books: Books, tmp_path: Path) -> None:
    formula = CLAIMS[0].model_copy(update={"account": "=1+1"})
    first, second = _waiting(books, formula, CLAIMS[1])
    path = tmp_path / "calls.csv"
    answers.write_table(_calls(books), path)
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert {row["claim"]: row["account"] for row in rows} == {
        str(first): "'=1+1",
        str(second): CLAIMS[1].account,
    }
    for row in rows:
        if row["claim"] == str(first):
            row |= {"said": "paid last week", "status": "Paid", "promised": PROMISED.isoformat()}
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    [answer] = answers.read_table(path)
    told = answers.told(OFFICE, books.ledger, answer, TODAY)
    assert (told.claim_id, told.status, told.promised_on) == (first, Status.PAID, PROMISED)
    with pytest.raises(UsageError, match="may have moved"):
        answers.told(OFFICE, books.ledger, replace(answer, claim_id=second), TODAY)


@pytest.mark.parametrize("line", ["1,A,,,,,pending", "x,A,,,,said", ",A,,,,said"])
def test_a_row_without_claim_or_answer_is_refused_by_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(f"{','.join([*answers.ASKED, *answers.ANSWERED])}\n{line}\n")
    with pytest.raises(UsageError, match="line 2"):
        answers.read_table(path)

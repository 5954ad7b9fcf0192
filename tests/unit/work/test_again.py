"""Sent once more: what may go as new, what as a correction, and that never both copies are on their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.claims.model import Claim, Frequency
from bot.claims.vocabulary import Proof, Sent, State, Status
from bot.errors import LostClaim, Refused, UnknownItem
from bot.ledger import again as ledger_again
from bot.ledger import people, releases, tasks, views
from bot.ledger.likeness import question
from bot.ledger.schema import claims as claim_table
from bot.portal.adapter import Credentials
from bot.portal.evidence import EvidenceStore
from bot.work.again import Counter, Gone, why_not_corrected, why_not_new
from bot.work.limits import Corrections, Way
from bot.work.payers import Login, Office, Payer, find_adapters, policy_of
from fixtures.claims.generate import claims as invented
from fixtures.claims.writers import write_json
from fixtures.people import PRACTICE
from tests.unit.ledger.books import Books, dearer, need

TODAY = date(2026, 8, 1)
ADAPTER = find_adapters()["northstar"]
NORTHSTAR = Payer(
    ADAPTER("http://127.0.0.2:9"),
    policy_of(ADAPTER),
    (Login("main", Credentials("night", SecretStr("")), PRACTICE.tin, (PRACTICE.npi,), 1),),
    timedelta(0),
)
NUMBER, NEXT = "20261820000000001", "20261820000000005"
CLAIMS = [
    one.model_copy(update={"payer": one.payer.model_copy(update={"name": "northstar", "payer_id": ""})})
    for one in invented("northstar", 4)
]


def _payer(way: Way, **more: Any) -> Payer:
    said = Corrections(way=way, source="the manual", verified=date(2026, 1, 1), **more)
    return replace(NORTHSTAR, policy=NORTHSTAR.policy.model_copy(update={"corrections": said}))


def _counter(books: Books, payer: Payer = NORTHSTAR, *, needs_release: bool = False) -> Counter:
    store = EvidenceStore(books.folder / "evidence", books.vault)
    return Counter(Office([payer]), books.ledger, store, needs_release)


def _claim(books: Books, state: State, status: Status = Status.NONE, **columns: Any) -> int:
    """One claim, where it stands."""
    [claim_id] = books.queue(CLAIMS[0])
    books.put(claim_id, state, status=status, **columns)
    return claim_id


def _there(books: Books, status: Status) -> int:
    """A claim that the payer has, with this status, and a task about that."""
    claim_id = _claim(
        books, State.ACCEPTED, status, control_number=NUMBER, sent=Sent.ONCE, proof=Proof.BOTH, decided_on=TODAY
    )
    with books.ledger.write() as connection:
        wanted = need(f"{status}:northstar:x", kind=str(status), payer="northstar")
        tasks.open_task(connection, wanted, [claim_id], books.act())
    return claim_id


def _replacing(claim: Claim) -> Claim:
    """A claim as the replacement of the one under the number."""
    return claim.model_copy(update={"frequency": Frequency.REPLACEMENT, "original_control_number": NUMBER})


def _file(books: Books, *some: Claim) -> list[Path]:
    path = books.folder / "fixed.json"
    write_json(list(some), path)
    return [path]


def _new(books: Books, claim_id: int, files: Sequence[Path] = (), **more: Any) -> Gone:
    return _counter(books, **more).as_new(claim_id, files, TODAY, books.act("fixed"))


def _correct(books: Books, claim_id: int, files: Sequence[Path] = (), payer: Payer = NORTHSTAR) -> Gone:
    return _counter(books, payer).as_correction(claim_id, files, TODAY, books.act("fixed"))


def _on_their_way(books: Books) -> list[int]:
    """Original claims that are at the payer, may be, or will be sent."""
    return [
        row["id"]
        for row in views.claim_rows(books.ledger)
        if row["standing"] and not row["corrects"] and row["state"] != State.CLOSED
    ]


def _balanced(books: Books) -> bool:
    return all(row["balanced"] for row in views.file_rows(books.ledger))


ALL = [(state, status) for state in State for status in Status if state is State.ACCEPTED or status is Status.NONE]


@pytest.mark.parametrize(("state", "status"), ALL)
def test_never_both_and_never_a_second_beside_one_that_stands(books: Books, state: State, status: Status) -> None:
    """Each claim may go as new, or be corrected, or neither; what stands at the payer never goes as new."""
    sent = Sent.NEVER if state is State.WITHDRAWN else Sent.ONCE
    claim_id = _claim(books, state, status, control_number=NUMBER, sent=sent)
    row = books.row(claim_id)
    new, corrected = why_not_new(row), why_not_corrected(row, NORTHSTAR)
    assert new or corrected, "both at once"
    no_claim_stands = state in (State.REJECTED, State.WITHDRAWN) or status is Status.UNPROCESSABLE
    assert (new is None) is no_claim_stands
    before = books.everything()
    for why, send in ((new, _new), (corrected, _correct)):
        if why is not None:
            assert why.endswith(".")
            with pytest.raises(Refused):
                send(books, claim_id, _file(books, dearer(CLAIMS[0])))
    assert books.everything() == before


def test_the_wrong_one_names_the_right_one() -> None:
    row = {
        "id": 7,
        "state": "accepted",
        "status": "denied",
        "sent": "once",
        "control_number": NUMBER,
        "body": b"x",
    }
    assert "send-correction 7" in str(why_not_new(row))
    assert "send-as-new 7" in str(why_not_corrected({**row, "status": "unprocessable"}, NORTHSTAR))
    assert "send-as-new 7" in str(why_not_corrected({**row, "state": "rejected"}, NORTHSTAR))


def test_a_claim_that_was_given_up_although_it_may_have_gone_does_not_go_again(books: Books) -> None:
    claim_id = _claim(books, State.WITHDRAWN, sent=Sent.MAYBE)
    with pytest.raises(Refused, match="look in the portal first"):
        _new(books, claim_id)


@pytest.mark.parametrize("as_it_is", [True, False])
@pytest.mark.parametrize("state", [State.REJECTED, State.ACCEPTED])
def test_as_new_takes_the_place_of_the_first(books: Books, state: State, as_it_is: bool) -> None:
    first = _there(books, Status.UNPROCESSABLE) if state is State.ACCEPTED else _claim(books, State.REJECTED)
    gone = _new(books, first, () if as_it_is else _file(books, dearer(CLAIMS[0]), CLAIMS[1]))
    assert gone.claim_id is not None
    assert (gone.state, books.state(first), books.state(gone.claim_id)) == (
        State.QUEUED, State.CLOSED, State.QUEUED,
    )  # fmt: skip
    item = books.item(gone.claim_id)
    assert item.claim.frequency is Frequency.ORIGINAL
    assert item.charge == CLAIMS[0].charge + (0 if as_it_is else Decimal("5.00"))
    assert _on_their_way(books) == [gone.claim_id]
    assert (views.task_rows(books.ledger), _balanced(books)) == ([], True)
    event = views.claim_history(books.ledger, first)["events"][-1]
    assert (event["what"], event["who"], event["why"]) == ("sent_as_new", "ruth", "fixed")


def test_it_goes_as_new_once(books: Books) -> None:
    first = _claim(books, State.REJECTED)
    row = books.row(first)
    _new(books, first)
    with pytest.raises(Refused, match="finished"):
        _new(books, first)
    entry = books.entry(CLAIMS[0])
    with pytest.raises((LostClaim, Refused)):
        ledger_again.put_in_place(
            books.ledger, row, entry, "x", "0" * 64, books.act(), as_new=True, needs_release=False
        )
    assert len(_on_their_way(books)) == 1


def test_the_same_claim_queued_meanwhile_is_not_doubled(books: Books) -> None:
    first = _claim(books, State.REJECTED)
    [other] = books.queue(CLAIMS[0].model_copy(update={"account": "OTHER"}))
    books.put(first, State.REJECTED)  # as if it had not been replaced
    before = books.everything()
    with pytest.raises(Refused, match=f"claim {other}"):
        _new(books, first)
    assert books.everything() == before


def test_the_copy_that_waits_for_an_answer_goes(books: Books) -> None:
    first = _there(books, Status.UNPROCESSABLE)
    [copy] = books.queue(dearer(CLAIMS[0]))
    assert books.state(copy) is State.HELD
    gone = _new(books, first)
    assert (gone.claim_id, gone.state, books.state(first)) == (copy, State.QUEUED, State.CLOSED)
    assert views.task_rows(books.ledger) == []
    assert len(books.rows(claim_table)) == 2


@pytest.mark.parametrize("from_file", [True, False])
def test_the_copy_goes_on_waiting_beside_another_open_claim(books: Books, from_file: bool) -> None:
    first = _there(books, Status.UNPROCESSABLE)
    [other] = books.queue(dearer(CLAIMS[0]))
    people.release(books.ledger, [other], books.act("send both"))
    books.put(other, State.ACCEPTED, status=Status.PENDING, control_number=NEXT, sent=Sent.ONCE)
    if not from_file:
        [copy] = books.queue(dearer(CLAIMS[0], "7.00"))
        assert books.row(copy)["looks_like"] == first
    gone = _new(books, first, _file(books, dearer(CLAIMS[0], "7.00")) if from_file else ())
    assert gone.claim_id is not None
    row = books.row(gone.claim_id)
    assert (gone.state, books.state(first), row["looks_like"]) == (State.HELD, State.CLOSED, other)
    assert gone.warnings == (question(other),) == (row["reason"],)
    [task] = views.task_rows(books.ledger)
    assert (task["cause"], [one["id"] for one in task["claims"]]) == (
        f"looks-like:{other}:{row['id']}", [row["id"]],
    )  # fmt: skip
    people.release(books.ledger, [row["id"]], books.act("both were done"))
    assert (books.state(row["id"]), views.task_rows(books.ledger)) == (State.QUEUED, [])


def test_a_copy_waits_while_a_correction_of_the_first_stands(books: Books) -> None:
    first = _there(books, Status.DENIED)
    books.queue(dearer(CLAIMS[0], "7.00"))
    [second] = books.queue(_replacing(dearer(CLAIMS[0])))
    books.put(second, State.ACCEPTED, status=Status.PENDING, control_number=NEXT, sent=Sent.ONCE)
    books.put(first, State.ACCEPTED, status=Status.UNPROCESSABLE)
    assert _new(books, first).state is State.HELD


def test_a_copy_that_was_answered_meanwhile_is_not_asked_about(books: Books) -> None:
    first = _there(books, Status.UNPROCESSABLE)
    [other] = books.queue(dearer(CLAIMS[0]))
    people.release(books.ledger, [other], books.act("send both"))
    [copy] = books.queue(dearer(CLAIMS[0], "7.00"))
    row = books.row(first)
    people.release(books.ledger, [copy], books.act("send all"))
    before = books.everything()
    with pytest.raises(LostClaim):
        ledger_again.release_copy(books.ledger, row, copy, books.act())
    assert books.everything() == before


def test_what_was_sent_back_and_withdrawn_with_its_file_goes_as_new(books: Books) -> None:
    first = _claim(books, State.REJECTED, sent=Sent.ONCE)
    releases.withdraw(books.ledger, books.row(first)["file_id"], books.act("all wrong"))
    assert (books.state(first), books.row(first)["sent"]) == (State.WITHDRAWN, Sent.ONCE)
    gone = _new(books, first, _file(books, dearer(CLAIMS[0])))
    assert (books.state(first), gone.state) == (State.CLOSED, State.QUEUED)
    assert _balanced(books)


def test_of_two_copies_a_person_says_which(books: Books) -> None:
    first = _there(books, Status.UNPROCESSABLE)
    books.queue(dearer(CLAIMS[0]))
    books.queue(dearer(CLAIMS[0], "7.00"))
    with pytest.raises(Refused, match="withdraw all but one"):
        _new(books, first)


@pytest.mark.parametrize("which", ["none of it", "two of it", "blocked", "a correction"])
def test_a_file_must_hold_one_good_copy(books: Books, which: str) -> None:
    first = _claim(books, State.REJECTED)
    copies = {
        "none of it": [CLAIMS[1]],
        "two of it": [dearer(CLAIMS[0]), dearer(CLAIMS[0], "7.00")],
        "blocked": [dearer(CLAIMS[0]).model_copy(update={"diagnoses": ()})],
        "a correction": [_replacing(dearer(CLAIMS[0]))],
    }[which]
    before = books.everything()
    with pytest.raises(Refused):
        _new(books, first, _file(books, *copies))
    assert books.everything() == before


def test_a_claim_past_its_deadline_goes_with_a_warning(books: Books) -> None:
    first = _claim(books, State.REJECTED, deadline=TODAY - timedelta(days=1))
    assert "as late" in _new(books, first).warnings[0]


def test_where_files_wait_for_a_lead_this_waits_too(books: Books) -> None:
    first = _claim(books, State.REJECTED)
    gone = _new(books, first, needs_release=True)
    assert gone.state is State.HELD
    assert [task["actor"] for task in views.task_rows(books.ledger)] == ["lead"]


@pytest.mark.parametrize("status", [Status.DENIED, Status.PAID, Status.PAID_PART, Status.PAID_ZERO])
def test_a_correction_replaces_what_was_decided(books: Books, status: Status) -> None:
    first = _there(books, status)
    gone = _correct(books, first, _file(books, dearer(CLAIMS[0])))
    assert gone.claim_id is not None
    claim = books.item(gone.claim_id).claim
    assert (claim.frequency, claim.original_control_number) == (Frequency.REPLACEMENT, NUMBER)
    assert (books.row(gone.claim_id)["corrects"], gone.state) == (first, State.QUEUED)
    assert (books.state(first), books.row(first)["control_number"]) == (State.ACCEPTED, NUMBER)
    assert _on_their_way(books) == [first]
    assert (views.task_rows(books.ledger), _balanced(books)) == ([], True)


def test_one_correction_at_a_time_and_of_the_latest(books: Books) -> None:
    first = _there(books, Status.DENIED)
    file = _file(books, dearer(CLAIMS[0]))
    second = _correct(books, first, file).claim_id
    assert second is not None
    with pytest.raises(Refused, match=f"Claim {second} corrects claim {first} already"):
        _correct(books, first, _file(books, dearer(CLAIMS[0], "7.00")))
    last = NUMBER[:-1] + "2"
    books.put(second, State.ACCEPTED, status=Status.DENIED, control_number=last)
    with pytest.raises(Refused, match="correct that one"):
        _correct(books, first, _file(books, dearer(CLAIMS[0], "7.00")))
    third = _correct(books, second, _file(books, dearer(CLAIMS[0], "7.00"))).claim_id
    assert third is not None
    assert books.item(third).claim.original_control_number == last
    books.put(third, State.REJECTED)
    assert _correct(books, second, _file(books, dearer(CLAIMS[0], "9.00"))).state is State.QUEUED


def test_a_correction_that_was_given_up_though_it_may_have_gone_is_asked_about(books: Books) -> None:
    first = _there(books, Status.DENIED)
    second = _correct(books, first, _file(books, dearer(CLAIMS[0]))).claim_id
    assert second is not None
    books.put(second, State.UNKNOWN, sent=Sent.MAYBE)
    people.withdraw(books.ledger, [second], books.act("enough of it"))
    gone = _correct(books, first, _file(books, dearer(CLAIMS[0])))
    assert gone.claim_id is not None
    assert (gone.state, books.row(gone.claim_id)["looks_like"]) == (State.HELD, second)
    assert gone.warnings == (question(second),)
    assert [task["kind"] for task in views.task_rows(books.ledger)] == ["looks-like-a-fix"]
    with pytest.raises(Refused, match=f"Claim {gone.claim_id} corrects"):
        _correct(books, first, _file(books, dearer(CLAIMS[0], "7.00")))


def test_a_correction_that_is_not_there_makes_room(books: Books) -> None:
    first = _there(books, Status.DENIED)
    unsent = _correct(books, first, _file(books, dearer(CLAIMS[0]))).claim_id
    assert unsent is not None
    people.withdraw(books.ledger, [unsent], books.act("a slip"))
    sent_back = _correct(books, first, _file(books, dearer(CLAIMS[0], "6.00"))).claim_id
    assert sent_back is not None
    books.put(sent_back, State.REJECTED, sent=Sent.ONCE)
    people.withdraw(books.ledger, [sent_back], books.act("wrong"))
    assert _correct(books, first, _file(books, dearer(CLAIMS[0], "7.00"))).state is State.QUEUED


def test_a_replacement_from_a_practice_system_waits_beside_a_correction(books: Books) -> None:
    first = _there(books, Status.DENIED)
    second = _correct(books, first, _file(books, dearer(CLAIMS[0]))).claim_id
    [third] = books.queue(_replacing(dearer(CLAIMS[0], "7.00")))
    row = books.row(third)
    assert (row["state"], row["corrects"], row["looks_like"]) == (State.HELD, first, second)
    assert [task["cause"] for task in views.task_rows(books.ledger)] == [f"looks-like:{second}:{third}"]


def test_the_copy_is_not_given_up_once_it_was_released(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _there(books, Status.DENIED)
    [copy] = books.queue(dearer(CLAIMS[0]))
    real = ledger_again.put_in_place

    def meanwhile(*args: Any, **more: Any) -> tuple[int, State]:
        people.release(books.ledger, [copy], books.act("send both"))
        books.journal(copy).arm()
        books.put(copy, State.UNKNOWN, sent=Sent.MAYBE)
        return real(*args, **more)

    monkeypatch.setattr(ledger_again, "put_in_place", meanwhile)
    with pytest.raises(LostClaim):
        _correct(books, first)
    assert (books.state(copy), len(books.rows(claim_table))) == (State.UNKNOWN, 2)


def test_the_copy_that_waits_becomes_the_correction(books: Books) -> None:
    first = _there(books, Status.DENIED)
    [copy] = books.queue(dearer(CLAIMS[0]))
    gone = _correct(books, first)
    assert gone.claim_id not in (None, first, copy)
    assert (books.state(copy), gone.state) == (State.WITHDRAWN, State.QUEUED)
    assert (_on_their_way(books), views.task_rows(books.ledger), _balanced(books)) == ([first], [], True)


@pytest.mark.parametrize("what", ["nothing said", "nothing changed", "another number", "a void"])
def test_a_correction_that_cannot_be_meant(books: Books, what: str) -> None:
    first = _there(books, Status.DENIED)
    copy = {
        "nothing said": None,
        "nothing changed": CLAIMS[0],
        "another number": dearer(CLAIMS[0]).model_copy(update={"original_control_number": "2026"}),
        "a void": dearer(CLAIMS[0]).model_copy(
            update={"frequency": Frequency.VOID, "original_control_number": NUMBER}
        ),
    }[what]
    before = books.everything()
    with pytest.raises(Refused):
        _correct(books, first, _file(books, copy) if copy else ())
    assert books.everything() == before


def test_a_line_that_is_left_out_is_said(books: Books) -> None:
    first = _there(books, Status.PAID_PART)
    books.put(first, State.ACCEPTED, body=books.ledger.seal(_with_more(CLAIMS[0])))
    gone = _correct(books, first, _file(books, dearer(CLAIMS[0])))
    assert "99439" in gone.warnings[0]


def _with_more(claim: Claim) -> Claim:
    line = claim.lines[0].model_copy(update={"code": "99439"})
    return claim.model_copy(update={"lines": (*claim.lines, line)})


@pytest.mark.parametrize("way", [Way.REOPENING, Way.PHONE, Way.PAPER, Way.UNKNOWN])
def test_where_a_payer_takes_no_replacement_it_is_a_task(books: Books, way: Way) -> None:
    first = _there(books, Status.DENIED)
    for _ in range(2):
        gone = _correct(books, first, payer=_payer(way))
        assert (gone.claim_id, gone.task_id) == (None, 2)
    [task] = views.task_rows(books.ledger)
    assert (task["kind"], [one["id"] for one in task["claims"]]) == ("correction", [first])
    assert (task["topic"] == "correction") is (way in (Way.PHONE, Way.UNKNOWN))
    assert NUMBER in task["title"]
    assert len(books.rows(claim_table)) == 1


def test_where_the_portal_takes_none_it_is_a_task(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _there(books, Status.DENIED)
    monkeypatch.setattr("bot.portal.fit._covers", lambda paths, path: path != "original_control_number")
    gone = _correct(books, first, _file(books, dearer(CLAIMS[0])))
    assert (gone.claim_id, gone.task_id is not None) == (None, True)
    assert "takes no replacement" in views.task_rows(books.ledger)[0]["action"]
    assert len(books.rows(claim_table)) == 1


def test_before_the_decision_only_where_the_payer_takes_it(books: Books) -> None:
    first = _there(books, Status.PENDING)
    with pytest.raises(Refused, match="has not decided"):
        _correct(books, first, _file(books, dearer(CLAIMS[0])))
    early = _payer(Way.REPLACE, before_decision=True)
    assert _correct(books, first, _file(books, dearer(CLAIMS[0])), early).state is State.QUEUED


def test_a_replacement_from_a_practice_system_is_known_by_its_number(books: Books) -> None:
    first = _there(books, Status.DENIED)
    [second] = books.queue(_replacing(dearer(CLAIMS[0])))
    assert (books.row(second)["corrects"], books.state(second)) == (first, State.QUEUED)
    with pytest.raises(Refused, match="one at a time"):
        _correct(books, first, _file(books, dearer(CLAIMS[0], "7.00")))


def test_there_is_no_such_claim(books: Books) -> None:
    for send in (_new, _correct):
        with pytest.raises(UnknownItem):
            send(books, 99)

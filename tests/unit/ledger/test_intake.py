"""Files into the ledger: every claim once, all of a file or none of it."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.claims.model import Frequency, Problem, Severity
from bot.claims.vocabulary import STANDING, Sent, State
from bot.ledger import people, tasks, views
from bot.ledger.intake import Queued, queue_file
from bot.ledger.overrides import override
from bot.ledger.papers import NEEDED
from bot.ledger.schema import claims, files, likenesses, lines
from fixtures.claims.care import support
from tests.unit.claims.builders import put
from tests.unit.ledger.books import CLAIMS, Books, accounts, dearer, need

CLAIM = CLAIMS[0]


def blocking(rule: str) -> tuple[Problem, ...]:
    """What one rule found."""
    return (Problem(severity=Severity.BLOCK, rule=rule, message="It is not so.", account=CLAIM.account),)


def test_a_file_and_its_claims_are_counted(books: Books) -> None:
    result = books.take_in(
        books.entry(CLAIMS[0]),
        books.entry(CLAIMS[1], State.BLOCKED),
        books.entry(CLAIMS[2], State.HELD),
        books.entry(CLAIMS[0]),
    )
    assert (result.queued, result.blocked, result.held) == (1, 1, 1)
    assert [(one.account, one.first_id) for one in result.refused] == [(CLAIMS[0].account, 1)]
    [row] = views.file_rows(books.ledger)
    assert row["balanced"]
    assert (row["claims"], row["refused"]) == (4, 1)
    assert row["states"] == {"queued": 1, "blocked": 1, "held": 1}
    assert row["charge"] == sum((one.charge for one in CLAIMS[:3]), CLAIMS[0].charge)
    assert row["lines"] == sum(len(one.lines) for one in (*CLAIMS[:3], CLAIMS[0]))
    assert {row["queued_by"] for row in views.file_rows(books.ledger)} == {"queue"}


def test_who_queued_a_claim_is_written_down(books: Books) -> None:
    [claim_id] = books.queue(CLAIM)
    event = books.last_event(claim_id)
    assert (event["who"], event["what"], event["before"], event["after"]) == ("queue", "queued", None, "queued")
    assert event["at"] == books.clock.now()


@pytest.mark.parametrize("state", sorted(STANDING))
def test_a_claim_that_stands_refuses_its_copy(books: Books, state: State) -> None:
    first = books.one(state)
    result = books.take_in(books.entry(CLAIM))
    assert [(one.account, one.first_id) for one in result.refused] == [(CLAIM.account, first)]
    assert (result.queued, result.held, result.blocked) == (0, 0, 0)
    assert len(books.rows(claims)) == 1


@pytest.mark.parametrize("state", [State.QUEUED, State.HELD])
def test_a_claim_that_waits_gives_way_to_a_copy_that_is_blocked_now(books: Books, state: State) -> None:
    first = books.one(state)
    result = books.take_in(books.entry(CLAIM, State.BLOCKED, problems=blocking("CCM-01")))
    assert (result.blocked, result.refused) == (1, [])
    assert books.state(first) is State.WITHDRAWN
    assert all(row["balanced"] for row in views.file_rows(books.ledger))


@pytest.mark.parametrize("state", sorted(STANDING - {State.QUEUED, State.HELD}))
def test_a_claim_that_went_never_gives_way(books: Books, state: State) -> None:
    first = books.one(state)
    result = books.take_in(books.entry(CLAIM, State.BLOCKED, problems=blocking("CCM-01")))
    assert [one.first_id for one in result.refused] == [first]
    assert books.state(first) is state


def test_a_claim_that_may_have_gone_never_gives_way(books: Books) -> None:
    first = books.one()
    books.put(first, State.QUEUED, sent=Sent.MAYBE)
    assert books.take_in(books.entry(CLAIM, State.BLOCKED, problems=blocking("CCM-01"))).refused
    assert books.state(first) is State.QUEUED


def test_what_a_lead_set_aside_is_not_known_anew(books: Books) -> None:
    books.take_in(books.entry(CLAIM, State.BLOCKED, problems=blocking("CCM-01")))
    override(books.ledger, 1, "CCM-01", {"CCM-01"}, None, books.act("It is in the chart"))
    assert books.take_in(books.entry(CLAIM, State.BLOCKED, problems=blocking("CCM-01"))).refused
    assert books.take_in(books.entry(CLAIM, State.BLOCKED, problems=blocking("CCM-12"))).blocked == 1
    assert books.state(1) is State.WITHDRAWN


def test_a_claim_gives_way_to_a_copy_that_brings_a_letter_to_sign(books: Books) -> None:
    first = books.one()
    brings: dict[str, Any] = {"letter": NEEDED, "support": support(CLAIM.account)}
    other = books.take_in(books.entry(CLAIM, State.HELD, **brings))
    assert (other.held, books.state(first)) == (1, State.WITHDRAWN)
    assert [one.first_id for one in other.replaced] == [first]
    assert books.take_in(books.entry(CLAIM, State.HELD, **brings)).refused


def test_what_was_armed_before_never_gives_way(books: Books) -> None:
    first = books.one()
    books.put(first, State.QUEUED, attempts=1)
    assert books.take_in(books.entry(CLAIM, State.BLOCKED, problems=blocking("CCM-01"))).refused
    assert books.state(first) is State.QUEUED


@pytest.mark.parametrize("decide", [people.hold, people.release])
def test_what_a_person_decided_stands(books: Books, decide: Any) -> None:
    first = books.one()
    people.hold(books.ledger, [first], books.act("the patient disputes the visit"))
    if decide is people.release:
        decide(books.ledger, [first], books.act())
    state = books.state(first)
    assert books.take_in(books.entry(CLAIM, State.BLOCKED, problems=blocking("CCM-01"))).refused
    assert books.state(first) is state


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (State.BLOCKED, State.WITHDRAWN),
        (State.REJECTED, State.CLOSED),
        (State.WITHDRAWN, State.WITHDRAWN),
    ],
)
@pytest.mark.parametrize("copy", [CLAIM, dearer(CLAIM)], ids=["the-same", "fixed"])
def test_a_claim_that_does_not_stand_gives_way(books: Books, state: State, after: State, copy: object) -> None:
    first = books.one()
    if state is State.REJECTED:
        books.put(first, state)
    else:  # as the ledger itself would: through intake, or by a person
        books.put(first, State.BLOCKED)
    if state is State.WITHDRAWN:
        people.withdraw(books.ledger, [first], books.act("not ours"))
    assert copy in (CLAIM, dearer(CLAIM))
    result = books.take_in(books.entry(CLAIM if copy == CLAIM else dearer(CLAIM)))
    assert (result.queued, result.refused) == (1, [])
    assert books.state(first) is after
    assert books.state(2) is State.QUEUED
    if state is not State.WITHDRAWN:
        assert books.row(first)["reason"] == "Replaced by claim 2."
        assert books.last_event(first)["who"] == "queue"


def test_a_replaced_claims_task_closes(books: Books) -> None:
    books.take_in(books.entry(CLAIM, State.BLOCKED, need=need("fix:visits.837", kind="fix-claims")))
    assert len(views.task_rows(books.ledger)) == 1
    books.take_in(books.entry(dearer(CLAIM)))
    assert views.task_rows(books.ledger) == []


def test_a_blocked_copy_does_not_replace_a_rejected_claim(books: Books) -> None:
    first = books.one(State.REJECTED)
    books.take_in(books.entry(dearer(CLAIM), State.BLOCKED))
    assert books.state(first) is State.REJECTED


@pytest.mark.parametrize("state", sorted(STANDING - {State.CLOSED}))
def test_what_looks_like_a_fix_of_an_open_claim_is_held(books: Books, state: State) -> None:
    first = books.one(state)
    result = books.take_in(books.entry(dearer(CLAIM)))
    assert (result.queued, result.held) == (0, 1)
    assert books.state(first) is state
    second = books.row(2)
    assert second["state"] == State.HELD
    assert f"claim {first}" in second["reason"]
    [task] = views.task_rows(books.ledger)
    assert task["kind"] == "looks-like-a-fix"
    assert [one["id"] for one in task["claims"]] == [2]


def test_after_a_closed_claim_another_may_come(books: Books) -> None:
    books.one(State.CLOSED)
    assert books.take_in(books.entry(dearer(CLAIM))).queued == 1


def test_another_patients_claim_is_no_fix(books: Books) -> None:
    books.one()
    assert books.take_in(books.entry(CLAIMS[1])).queued == 1


@pytest.mark.parametrize("frequency", [Frequency.REPLACEMENT, Frequency.VOID])
@pytest.mark.parametrize("state", [State.ACCEPTED, State.DISPUTED])
def test_a_correction_is_let_through(books: Books, frequency: Frequency, state: State) -> None:
    first = books.one(state)
    correction = dearer(CLAIM).model_copy(
        update={"frequency": frequency, "original_control_number": "20261700000000001"}
    )
    result = books.take_in(books.entry(correction))
    assert (result.queued, result.held) == (1, 0)
    assert books.state(first) is state


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("one_file", [True, False])
def test_of_two_corrections_of_one_claim_the_second_is_held(books: Books, known: bool, one_file: bool) -> None:
    """Whether the claim that they correct is ours, or known by its number only."""
    number = "20261700000000001"
    if known:
        books.put(books.one(), State.ACCEPTED, control_number=number)
    numbered = {"original_control_number": number}
    replacement = dearer(CLAIM).model_copy(update={"frequency": Frequency.REPLACEMENT, **numbered})
    void = CLAIMS[1].model_copy(update={"frequency": Frequency.VOID, **numbered})  # alike in nothing else
    if one_file:
        first, second = books.queue(replacement, void)
    else:
        [first], [second] = books.queue(replacement), books.queue(void)
    assert (books.state(first), books.state(second)) == (State.QUEUED, State.HELD)
    assert books.row(second)["looks_like"] == first
    [task] = views.task_rows(books.ledger)
    assert task["cause"] == f"looks-like:{first}:{second}"


def test_a_correction_that_was_let_go_waits_beside_another(books: Books) -> None:
    numbered = {"frequency": Frequency.REPLACEMENT, "original_control_number": "20261700000000001"}
    [blocked] = books.queue(CLAIM.model_copy(update=numbered), state=State.BLOCKED, problems=blocking("CCM-01"))
    [other] = books.queue(CLAIMS[1].model_copy(update=numbered))
    assert override(books.ledger, blocked, "CCM-01", {"CCM-01"}, None, books.act("In the chart")) is State.HELD
    assert books.row(blocked)["looks_like"] == other


def test_another_payers_same_number_is_another_claim(books: Books) -> None:
    numbered = {"frequency": Frequency.REPLACEMENT, "original_control_number": "20261700000000001"}
    books.queue(CLAIM.model_copy(update=numbered))
    [other] = books.queue(CLAIMS[1].model_copy(update=numbered), payer="cascadia")
    assert books.state(other) is State.QUEUED


@pytest.mark.parametrize("at", ["insert", "task", "replace"])
def test_a_file_is_queued_whole_or_not_at_all(books: Books, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    books.one(State.REJECTED)
    before = books.everything()
    if at == "insert":
        broken = books.entry(CLAIMS[2])
        object.__setattr__(broken, "deadline", "no date")
    else:
        broken = books.entry(dearer(CLAIM), need=need())

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("the machine went away")

        monkeypatch.setattr(tasks, "open_task" if at == "task" else "settle_claim", fail)
    with pytest.raises(Exception, match=r"machine|date"):
        books.take_in(books.entry(CLAIMS[1]), broken, books.entry(CLAIMS[3]))
    assert books.everything() == before


def test_two_at_once_queue_each_claim_once(books: Books) -> None:
    entries = [books.entry(claim) for claim in CLAIMS[:6]]
    results: list[Queued] = []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        results.append(queue_file(books.ledger, "visits.837", "0" * 64, entries, books.act()))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    rows = views.claim_rows(books.ledger)
    assert Counter(accounts(rows)) == dict.fromkeys((claim.account for claim in CLAIMS[:6]), 1)
    assert sum(result.queued for result in results) == sum(len(result.refused) for result in results) == 6
    assert all(row["balanced"] for row in views.file_rows(books.ledger))


def test_a_claim_nobody_could_read_is_kept_without_a_body(books: Books) -> None:
    entry = books.entry(CLAIM, State.BLOCKED, fingerprint=None, likeness=frozenset())
    found = entry.found.model_copy(update={"claim": None})
    object.__setattr__(entry, "found", found)
    books.take_in(entry, entry)
    assert [row["state"] for row in views.claim_rows(books.ledger)] == ["blocked", "blocked"]
    assert books.rows(lines) == books.rows(likenesses) == []
    assert [row["balanced"] for row in views.file_rows(books.ledger)] == [True]


def test_nothing_of_a_patient_can_be_read_in_the_file(file_books: Books, file_ledger: Path) -> None:
    claim = put(CLAIM, "subscriber.last", "Zwyckelbart")
    claim = put(claim, "subscriber.member_id", "98765432")
    claim = put(claim, "note", "Wound of the left elbow")
    [claim_id] = file_books.queue(claim)
    journal = file_books.journal(claim_id)
    journal.arm()
    files_on_disk = [path for path in file_ledger.parent.iterdir() if path.name.startswith("ledger.sqlite")]
    read = b"".join(path.read_bytes() for path in files_on_disk)
    assert claim.account.encode() in read  # people search by it, and so we know that we look at the right bytes
    born = claim.subscriber.birth_date
    assert born is not None
    for canary in (
        "Zwyckelbart",
        "98765432",
        "left elbow",
        claim.subscriber.first,
        claim.diagnoses[0],
        born.isoformat(),
        born.strftime("%Y%m%d"),
        claim.subscriber.address.street if claim.subscriber.address else "?",
    ):
        assert canary.encode() not in read, canary
    assert file_books.item(claim_id).claim == claim


def test_two_claims_of_one_file_do_not_replace_each_other(books: Books) -> None:
    """Two visits on one day under one code are two claims, and a file that holds both says so."""
    twice = dearer(CLAIM)
    result = books.take_in(books.entry(CLAIM, State.BLOCKED), books.entry(twice, State.BLOCKED))
    assert result.blocked == 2
    assert [row["state"] for row in views.claim_rows(books.ledger)] == ["blocked", "blocked"]


def test_the_ledger_keeps_what_the_file_said(books: Books) -> None:
    books.queue(CLAIM)
    [row] = books.rows(claims)
    assert (row["charge"], row["service_from"], row["line_count"]) == (
        CLAIM.charge,
        CLAIM.service_from,
        len(CLAIM.lines),
    )
    assert [line["charge"] for line in books.rows(lines)] == [line.charge for line in CLAIM.lines]
    assert [row["name"] for row in books.rows(files)] == ["visits.837"]

"""Proof: what is said to be proved is, what is not is said, and a page that was changed proves nothing."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.claims.vocabulary import Proof, Sent, State
from bot.ledger import people, record
from bot.portal.evidence import Evidence, EvidenceStore
from bot.portal.submission import Outcome
from bot.work import proof
from bot.work.payers import Office, Payer, find_adapters, policy_of
from bot.work.proof import Packet
from tests.unit.ledger.books import CLAIMS, NOON, Books

NUMBER = "20261820000000001"
FOUND = find_adapters()["northstar"]
OFFICE = Office([Payer(FOUND("http://127.0.0.2:9"), policy_of(FOUND), (), timedelta(0))])
PICTURE = b"\x89PNG a page"


@pytest.fixture
def store(books: Books, tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path, books.vault)


def page(store: EvidenceStore, kind: str, books: Books) -> Evidence:
    """A page as the browser's store keeps it."""
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as parts:
        parts.writestr("page.png", PICTURE)
        parts.writestr("page.html", f"{kind} {books.clock.now()}")
    return replace(store.keep_document(bundle.getvalue(), books.clock.now()), kind=kind)


def packet(books: Books, store: EvidenceStore, claim_id: int) -> Packet:
    return proof.gather(books.ledger, store, OFFICE, claim_id)


def accepted(books: Books, store: EvidenceStore, how: Proof = Proof.BOTH, **more: Any) -> int:
    """A claim that the payer has, by these pages."""
    [claim_id] = books.queue(CLAIMS[0], **more)
    journal = books.journal(claim_id)
    journal.arm()
    kinds = {Proof.BOTH: ("receipt", "look-up"), Proof.RECEIPT: ("receipt",), Proof.LOOK_UP: ("look-up",)}[how]
    kept = tuple(page(store, kind, books) for kind in kinds)
    journal.record(State.ACCEPTED, sent=Sent.ONCE, proof=how, control_number=NUMBER, evidence=kept)
    return claim_id


def test_a_claim_that_was_never_sent_says_so(books: Books, store: EvidenceStore) -> None:
    made = packet(books, store, books.one())
    assert (made.is_proved, made.proved) == (False, [])
    assert made.not_proved == ["This claim was never sent: nothing here shows that Northstar Medicaid has it."]
    assert "never sent" in proof.page(made, "ruth", NOON).body


def test_what_both_witnesses_showed(books: Books, store: EvidenceStore) -> None:
    made = packet(books, store, accepted(books, store))
    assert (made.is_proved, made.intact) == (True, True)
    told = " ".join(made.proved)
    for words in (
        "set out for Northstar Medicaid",
        "read back and compared",
        f"the portal's receipt showed it under the payer's claim number {NUMBER}",
        "before the last day for filing",
        "own claim search showed it under that number",
    ):
        assert words in told
    assert made.not_proved == ["Northstar Medicaid has not decided about payment, as far as is known here."]


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (date(2026, 7, 31), "30 days before"),
        (date(2026, 7, 1), "0 days before"),
        (date(2026, 6, 30), "1 day after"),
    ],
)
def test_the_last_day_for_filing(books: Books, store: EvidenceStore, last: date, words: str) -> None:
    made = packet(books, store, accepted(books, store, deadline=last))
    assert f"That was {words} the last day for filing, {last} (Northstar provider manual" in " ".join(made.proved)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (Proof.RECEIPT, "own claim search has not confirmed the receipt"),
        (Proof.LOOK_UP, "No receipt was kept"),
    ],
)
def test_one_witness_is_called_one(books: Books, store: EvidenceStore, how: Proof, words: str) -> None:
    made = packet(books, store, accepted(books, store, how))
    assert made.is_proved
    assert words in " ".join(made.not_proved)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.UNKNOWN, "It is not proved that the claim arrived"),
        (State.DISPUTED, "does not have it as it was queued"),
    ],
)
def test_what_is_unclear_is_not_proved(books: Books, store: EvidenceStore, state: State, words: str) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    sent = Sent.MAYBE if state is State.UNKNOWN else Sent.ONCE
    journal.record(state, sent=sent, evidence=(page(store, "unclear", books),))
    made = packet(books, store, claim_id)
    assert not made.is_proved
    assert words in " ".join(made.not_proved)


def test_a_tracking_number_is_no_claim_number(books: Books, store: EvidenceStore) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    journal.record(
        State.RECEIVED, sent=Sent.ONCE, tracking_number="T1", evidence=(page(store, "receipt", books),)
    )  # fmt: skip
    made = packet(books, store, claim_id)
    assert not made.is_proved
    assert "tracking number T1" in " ".join(made.proved)
    assert "not that the payer's claim system did" in " ".join(made.not_proved)


def test_a_number_that_a_person_told_is_not_the_payers_page(books: Books, store: EvidenceStore) -> None:
    claim_id = books.one()
    people.entered_by_hand(books.ledger, claim_id, NUMBER, books.act("phone"))
    made = packet(books, store, claim_id)
    assert not made.is_proved
    assert "was told by a person" in made.not_proved[0]
    assert [(event["who"], event["why"]) for event in made.record.events][-1] == ("ruth", "phone")


@pytest.mark.parametrize("how", ["gone", "changed", "swapped"])
def test_a_page_that_is_not_what_was_kept_proves_nothing(
    books: Books, store: EvidenceStore, tmp_path: Path, how: str
) -> None:
    claim_id = accepted(books, store, Proof.RECEIPT)
    [kept] = packet(books, store, claim_id).kept
    path = tmp_path / kept.evidence.path_name
    match how:
        case "gone":
            path.unlink()
        case "changed":
            path.write_bytes(path.read_bytes()[:-4] + b"AAA=")
        case "swapped":
            books.vault.write(path, b"another page")
    made = packet(books, store, claim_id)
    assert (made.is_proved, made.intact) == (False, False)
    assert made.kept[0].fault in made.not_proved
    assert "still as it was kept" in " ".join(made.not_proved)
    body = proof.page(made, "ruth", NOON).body
    assert made.kept[0].fault.split(":")[0] in body
    assert kept.evidence.sha256 not in body


def test_an_earlier_attempt_that_did_not_arrive_is_told(books: Books, store: EvidenceStore) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    journal.record(State.UNKNOWN, sent=Sent.MAYBE)
    books.journal(claim_id).record(State.QUEUED, sent=Sent.NEVER)
    made = packet(books, store, claim_id)
    assert made.sent is None
    assert [proof.end_of(one) for one in made.record.attempts] == ["by the payer's own search it did not arrive"]
    assert made.not_proved[0].startswith("This claim was never sent")


def test_what_look_ups_said_stands_beside_their_pages(books: Books, store: EvidenceStore) -> None:
    claim_id = accepted(books, store)
    books.clock.advance(86400)
    journal = books.journal(claim_id)
    kept = (page(store, "look-up", books),)
    outcome = Outcome(
        State.ACCEPTED, reason="paid, $115.20", proof=Proof.BOTH, control_number=NUMBER, evidence=kept
    )
    books.run(journal._journal.record(outcome, None))
    made = packet(books, store, claim_id)
    assert [one.said for one in made.kept] == ["", "", "paid, $115.20"]
    assert [one.picture for one in made.kept] == [PICTURE] * 3
    assert [one.proves for one in made.kept] == [True, True, False]  # it was proved before


def test_the_paper_names_the_patient_and_nothing_else_does(books: Books, store: EvidenceStore) -> None:
    made = packet(books, store, accepted(books, store))
    claim = CLAIMS[0]
    body = proof.page(made, "ruth", NOON).body
    told = json.dumps(made.document(), default=str)
    for secret in (claim.subscriber.last, claim.subscriber.member_id, str(claim.subscriber.birth_date)):
        assert secret in body
        assert secret not in told
    for words in (
        NUMBER,
        claim.account,
        claim.lines[0].code,
        made.kept[0].evidence.sha256,
        "data:image/png;base64,",
    ):
        assert words in body


def test_that_it_was_printed_is_remembered(books: Books, store: EvidenceStore) -> None:
    claim_id = accepted(books, store)
    record.printed(books.ledger, claim_id, books.act("", "dana"))
    assert (books.last_event(claim_id)["what"], books.last_event(claim_id)["who"]) == ("proof_printed", "dana")


def test_a_receipt_without_the_number_does_not_prove_it(books: Books, store: EvidenceStore) -> None:
    """The number came in the payer's message; the receipt, which came in time, only had a tracking number."""
    [claim_id] = books.queue(CLAIMS[0], deadline=date(2026, 7, 1))
    journal = books.journal(claim_id)
    journal.arm()
    received = (page(store, "receipt", books),)
    journal.record(State.RECEIVED, sent=Sent.ONCE, tracking_number="T1", evidence=received)
    books.clock.advance(86400)
    told = (page(store, "verdict", books),)
    books.journal(claim_id).record(
        State.ACCEPTED,
        sent=Sent.ONCE,
        proof=Proof.RECEIPT,
        tracking_number="T1",
        control_number=NUMBER,
        evidence=told,
    )
    made = packet(books, store, claim_id)
    assert made.is_proved
    assert [one.proves for one in made.kept] == [False, True]
    said = [words.partition(") ")[2] for words in made.proved]
    assert "the portal's receipt gave it the tracking number T1." in said
    assert f"the payer's message showed it under the payer's claim number {NUMBER}." in said
    assert "That was 0 days before the last day" in " ".join(made.proved)


def test_a_look_up_that_did_not_show_the_claim_does_not_prove_it(books: Books, store: EvidenceStore) -> None:
    claim_id = books.one()
    journal = books.journal(claim_id)
    journal.arm()
    journal.record(State.UNKNOWN, sent=Sent.MAYBE, evidence=(page(store, "look-up", books),))
    books.clock.advance(3600)
    looks = (page(store, "look-up", books), page(store, "look-up", books))
    books.journal(claim_id).record(
        State.ACCEPTED, sent=Sent.ONCE, proof=Proof.LOOK_UP, control_number=NUMBER, evidence=looks
    )
    made = packet(books, store, claim_id)
    assert [one.proves for one in made.kept] == [False, False, True]
    assert made.shown is made.kept[2]

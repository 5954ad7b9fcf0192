"""Letter and records that go by fax or mail, policies of rules, and documents as they are prepared."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pypdf import PdfReader, PdfWriter

from bot.claims.model import Attachment, Claim
from bot.claims.vocabulary import Proof, Sent, State
from bot.errors import ConfigurationError, Refused
from bot.ledger import people, views
from bot.portal.documents import joined, page_count, stamped
from bot.portal.submission import Outcome
from bot.work.payers import Payer, Policy, find_adapters, policy_of
from bot.work.tasks import need_of
from fixtures.claims.pdf import write_pdf
from tests.unit.ledger.books import CLAIMS, Books
from tests.unit.work.test_routing import BOTH

FILING = {"days": 90, "source": "contract", "verified": "2026-11-01"}
WEIGHT = {"source": "manual", "verified": "2026-11-01"}


def faxed(file: Path) -> Claim:
    document = Attachment(report_type="OZ", transmission="FX", control_number="PB1", file=str(file))
    return CLAIMS[0].model_copy(update={"attachments": (document,)})


def pdf(folder: Path, pages: int = 1) -> Path:
    path = folder / "note.pdf"
    write_pdf(path, ["A note"])
    path.write_bytes(joined([path.read_bytes()] * pages))
    return path


# Fax and mail


def test_records_are_faxed_once_the_payer_has_the_claim(books: Books, tmp_path: Path) -> None:
    [claim_id] = books.queue(faxed(pdf(tmp_path, 6)))
    item = books.item(claim_id)
    accepted = Outcome(State.ACCEPTED, sent=Sent.ONCE, proof=Proof.BOTH, control_number="1")
    need = need_of(item, accepted, BOTH.payers["northstar"])
    assert need is not None
    assert "records not sent. Fax these 6 pages under PB1" in need.title
    books.journal(claim_id).arm()
    books.journal(claim_id, item=books.item(claim_id)).record(
        State.ACCEPTED, need, sent=Sent.ONCE, proof=Proof.RECEIPT, control_number="20261820000000001"
    )
    [task] = open_tasks(books)
    assert task["kind"] == "papers"
    # the second witness ends nothing: the fax is still to be sent
    later = books.item(claim_id)
    assert need_of(later, accepted, BOTH.payers["northstar"]) is None
    books.journal(claim_id, item=later).record(
        State.ACCEPTED, sent=Sent.ONCE, proof=Proof.BOTH, control_number="20261820000000001"
    )
    assert [one["id"] for one in open_tasks(books)] == [task["id"]]
    people.done(books.ledger, task["id"], None, None, books.act())
    assert open_tasks(books) == []


def open_tasks(books: Books) -> list[Any]:
    return list(views.task_rows(books.ledger))


@pytest.mark.parametrize("state", [State.REJECTED, State.UNKNOWN])
def test_nothing_is_faxed_for_a_claim_that_is_not_there(books: Books, tmp_path: Path, state: State) -> None:
    [claim_id] = books.queue(faxed(pdf(tmp_path)))
    need = need_of(books.item(claim_id), Outcome(state, needs_person=True), BOTH.payers["northstar"])
    assert need is not None
    assert need.kind != "papers"


def test_a_claim_without_papers_makes_no_task(books: Books) -> None:
    [claim_id] = books.queue(CLAIMS[0])
    assert need_of(books.item(claim_id), Outcome(State.ACCEPTED), BOTH.payers["northstar"]) is None


# Policies


def policy(**rules: Any) -> Policy:
    return Policy.model_validate({"filing": FILING, "rules": rules})


def test_a_policy_weighs_rules_and_sets_their_parameters() -> None:
    one = policy(**{"CCM-22": {"severity": "off", **WEIGHT}, "CCM-04": {"most": 2, **WEIGHT}})
    assert one.severities == {"CCM-22": None}
    assert one.parameters == {"CCM-22": {}, "CCM-04": {"most": 2}}


@pytest.mark.parametrize(
    ("rule", "said", "why"),
    [
        ("CCM-99", {}, "there is no rule CCM-99"),
        ("CCM-22", {"date": "month_end"}, "CCM-22 has no parameter date"),
        ("CCM-22", {"dates": "whenever"}, "dates of CCM-22 cannot be 'whenever'"),
        ("CCM-04", {"most": "two"}, "most of CCM-04 cannot be 'two'"),
        ("CCM-13", {"pointed": 1}, "pointed of CCM-13 cannot be 1"),
        ("UL-13", {"allowed": "TD"}, "allowed of UL-13 cannot be 'TD'"),
        ("CCM-22", {"severity": "fatal"}, "block"),
    ],
)
def test_a_policy_that_says_what_no_rule_knows(rule: str, said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        policy(**{rule: {**said, **WEIGHT}})


def test_a_policy_says_where_it_is_written() -> None:
    with pytest.raises(ValidationError, match="source"):
        policy(**{"CCM-22": {"severity": "off", "verified": "2026-11-01"}})


def test_every_payers_policy_can_be_read() -> None:
    for adapter in find_adapters().values():
        assert policy_of(adapter).filing.days > 0


def test_a_wrong_policy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    adapter = find_adapters()["northstar"]
    (tmp_path / "policy.toml").write_text(
        '[filing]\ndays = 90\nsource = "x"\nverified = 2026-11-01\n'
        '[rules.CCM-99]\nsource = "x"\nverified = 2026-11-01\n'
    )
    monkeypatch.setattr("bot.work.payers.files", lambda package: tmp_path)
    with pytest.raises(ConfigurationError, match=r"northstar: its policy\.toml is wrong: .*no rule CCM-99"):
        policy_of(adapter)


def test_the_deadline_is_the_policys() -> None:
    payer = BOTH.payers["northstar"]
    assert isinstance(payer, Payer)
    assert payer.deadline(CLAIMS[0]) == CLAIMS[0].lines[0].service_from + timedelta(365)


# Documents


def test_every_page_carries_its_words(tmp_path: Path) -> None:
    content = stamped(pdf(tmp_path, 3).read_bytes(), "Attachment control number PB77 (claim)")
    path = tmp_path / "stamped.pdf"
    path.write_bytes(content)
    texts = [page.extract_text() for page in PdfReader(path).pages]
    assert len(texts) == 3
    for text in texts:
        assert "A note" in text
        assert "Attachment control number PB77 claim" in text


def test_a_turned_page_is_stamped_upright(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=pdf(tmp_path))
    writer.pages[0].rotate(90)
    writer.write(tmp_path / "turned.pdf")
    path = tmp_path / "stamped.pdf"
    path.write_bytes(stamped((tmp_path / "turned.pdf").read_bytes(), "PB77"))
    [page] = PdfReader(path).pages
    assert page.rotation == 0
    assert float(page.mediabox.width) > float(page.mediabox.height)


@pytest.mark.parametrize("content", [b"", b"a picture", b"%PDF-1.7 and nothing else"])
def test_what_is_no_pdf(content: bytes) -> None:
    with pytest.raises(Refused):
        page_count(content)

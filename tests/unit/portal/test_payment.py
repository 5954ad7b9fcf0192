"""What the payer's page comes to: its word, the amounts beside it, and the lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.claims.vocabulary import Status
from bot.portal.adapter import FoundClaim, FoundLine
from bot.portal.payment import Payment, payment
from bot.portal.reading import Reading, Table
from bot.portal.submission import told
from payers.hudson.adapter import Hudson
from payers.lakeshore.adapter import Lakeshore
from payers.northstar.adapter import Northstar
from payers.northstar.form import SEARCH
from payers.summit.adapter import Summit
from tests.unit.portal.test_follow_up import NOW
from tests.unit.portal.test_look_up import ROW

ADAPTER = Northstar("http://x")
PAID = Decimal("64.00")
NOTHING = Decimal("0.00")
SHOWN = replace(ROW, words="Paid", allowed=Decimal("80.00"), paid=PAID)


def line(words: str, paid: str | None = None, *reasons: str) -> FoundLine:
    return FoundLine("99490", words, paid=None if paid is None else Decimal(paid), reasons=reasons)


@pytest.mark.parametrize(
    ("row", "status", "lines"),
    [
        pytest.param(SHOWN, Status.PAID, (), id="paid"),
        pytest.param(replace(SHOWN, paid=None), Status.PAID, (), id="paid, and nobody says how much"),
        pytest.param(replace(SHOWN, paid=NOTHING), Status.PAID_ZERO, (), id="nothing"),
        pytest.param(replace(SHOWN, paid=NOTHING, reasons=("PR-1",)), Status.PAID_ZERO, (), id="deductible"),
        pytest.param(replace(SHOWN, paid=NOTHING, reasons=("CO-45", "CO-97")), Status.DENIED, (), id="denied"),
        pytest.param(replace(SHOWN, words="Denied", paid=NOTHING), Status.DENIED, (), id="denied by its word"),
        pytest.param(
            replace(SHOWN, lines=(line("Paid"), line("Denied"))),
            Status.PAID_PART,
            (Status.PAID, Status.DENIED),
            id="one line is denied by its word",
        ),
        pytest.param(
            replace(SHOWN, lines=(line("", "64.00"), line("", "0.00", "CO-97"))),
            Status.PAID_PART,
            (Status.PAID, Status.DENIED),
            id="one line is denied by its code",
        ),
        pytest.param(
            replace(SHOWN, paid=NOTHING, lines=(line("", "0.00", "PR-1"), line("", "0.00", "PR-1"))),
            Status.PAID_ZERO,
            (Status.PAID_ZERO, Status.PAID_ZERO),
            id="all lines are the patient's",
        ),
        pytest.param(
            replace(SHOWN, lines=(line("", "64.00"), line(""))),
            Status.PAID,
            (Status.PAID,) * 2,
            id="one word for all",
        ),
        pytest.param(
            replace(SHOWN, words="In process", paid=None, lines=(line(""),)),
            Status.PENDING,
            (Status.PENDING,),
            id="not yet decided",
        ),
        pytest.param(
            replace(SHOWN, words="In process", unreadable=("Paid",)),
            Status.PENDING,
            (),
            id="not yet decided, whatever stands there",
        ),
        pytest.param(
            replace(SHOWN, words="Voided, payment recouped", paid=Decimal("-64.00")),
            Status.REVERSED,
            (),
            id="taken back",
        ),
    ],
)
def test_what_a_page_comes_to(row: FoundClaim, status: Status, lines: tuple[Status, ...]) -> None:
    assert payment(row, ADAPTER) == Payment(status, lines)
    outcome = told(NOW, row, ADAPTER)
    assert (outcome.status, outcome.doubtful) == (status, False)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (replace(SHOWN, paid=None, unreadable=("Paid",)), "under 'Paid' that is no amount"),
        (replace(SHOWN, lines=(replace(line("Paid"), unreadable=("Payment",)),)), "under 'Payment'"),
        (replace(SHOWN, lines=(line("Paid", "60.00"), line("Paid", "3.99"))), "$63.99 for the lines together"),
        (replace(SHOWN, paid=Decimal("80.01")), "$80.01 as paid, and $80.00 as allowed"),
        (replace(SHOWN, allowed=None, paid=Decimal("128.01")), "$128.01 as paid, and $128.00 as charged"),
        (replace(SHOWN, words="Denied"), "denied, and shows $64.00"),
        (replace(SHOWN, paid=Decimal("-64.00")), "$-64.00 as paid"),
        (replace(SHOWN, words="Crossed over"), "passed on to another payer, and shows $64.00"),
        (replace(SHOWN, lines=(line("Denied"),)), "denied, and shows $64.00"),
        (replace(SHOWN, words="Denied", paid=None, lines=(line("", "64.00"),)), "denied, and shows $64.00"),
        (replace(SHOWN, paid=None, lines=(line("", "128.01"),)), "$128.01 as paid, and $80.00 as allowed"),
        (replace(SHOWN, paid=None, lines=(line("", "-64.00"),)), "$-64.00 as paid"),
    ],
)
def test_a_page_that_contradicts_itself_tells_nothing(row: FoundClaim, says: str) -> None:
    outcome = told(NOW, row, ADAPTER)
    assert (outcome.status, outcome.shown, outcome.doubtful) == (Status.PENDING, None, True)
    assert says in outcome.reason


@pytest.mark.parametrize(
    ("words", "says"), [("Rejected", "refused, and shows $64.00"), ("No payment", "to be paid, and shows $64.00")]
)
def test_money_beside_a_refusal_is_not_believed(words: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = Summit("http://x")
    monkeypatch.setattr(adapter, "words", {**Summit.words, "no payment": Status.PAID_ZERO})
    assert says in payment(replace(SHOWN, words=words), adapter).doubt
    assert told(NOW, replace(SHOWN, words=words), adapter).status is Status.PENDING
    assert payment(replace(SHOWN, words=words, paid=NOTHING), adapter).doubt == ""


def test_a_search_may_show_what_was_paid() -> None:
    row = {
        **dict.fromkeys(
            ("Claim Control Number", "Status", "Patient Control Number", "Subscriber ID", "Received"), "x"
        ),
        **dict.fromkeys(("Service From", "Service To"), "07/01/2026"),
        "Total Charge": "$1,080.00",
        "Allowed Amount": "$1,064.00",
        "Paid Amount": "$64.00",
        "Paid Date": "08/03/2026",
        "Warrant/EFT": "EFT0001",
        "Reason Codes": "CO-45; PR-2, N4",
        "Respond By": " - ",
    }
    found = SEARCH.found(row)
    assert (found.allowed, found.paid, found.paid_on) == (Decimal("1064"), Decimal("64"), date(2026, 8, 3))
    assert (found.payment_number, found.reasons, found.answer_by) == ("EFT0001", ("CO-45", "PR-2", "N4"), None)
    assert found.unreadable == ()
    strange = SEARCH.found(row | {"Paid Amount": "64,00", "Paid Date": "8 March", "Respond By": "soon"})
    assert (strange.paid, strange.paid_on, strange.answer_by) == (None, None, None)
    assert strange.unreadable == ("Paid Amount", "Paid Date", "Respond By")
    with pytest.raises(KeyError, match="Paid Amount"):
        SEARCH.found({label: cell for label, cell in row.items() if label != "Paid Amount"})


def test_what_a_page_shows_of_lines_only_is_the_claims_together() -> None:
    page = Hudson.search.page if Hudson.search else None
    assert page is not None
    terms = {
        **dict.fromkeys(("TCN", "Patient Control Number", "Client ID", "Remittance Number"), "x"),
        **dict.fromkeys(("Service From", "Service To", "Remittance Date"), "07/01/2026"),
        "Total Charge": "$80.00",
        "Status": "F1 - Paid",
    }
    headers = ("Line", "Procedure", "Category", "Reason", "Amount Paid")
    rows = (("1", "99490", "F1 - Paid", "CO-45; PR-2", "40.00"), ("2", "99439", "F2 - Denied", "CO-97", "0.00"))
    found = page.read(Reading((), terms, {"What we decided": Table(headers, rows)}))
    assert (found.paid, found.allowed, found.reasons) == (Decimal("40.00"), None, ("CO-45", "PR-2", "CO-97"))
    assert payment(found, Hudson("http://x")).status is Status.PAID_PART
    one_missing = (rows[0], (*rows[1][:4], ""))
    assert page.read(Reading((), terms, {"What we decided": Table(headers, one_missing)})).paid is None
    assert page.read(Reading((), terms, {})).lines == ()


def test_where_the_page_shows_a_total_it_is_the_total_that_counts() -> None:
    page = Lakeshore.search.page if Lakeshore.search else None
    assert page is not None
    terms = {
        **dict.fromkeys(("Claim ID (ICN)", "Patient account no.", "Member ID", "Check or EFT no."), "x"),
        **dict.fromkeys(("Service From", "Service To", "Payment date"), "07/01/2026"),
        **dict.fromkeys(("Total Charge", "Total allowed"), "$80.00"),
        "Plan paid": "see remittance",
        "Status": "Pay",
        "Reply by": "",
    }
    headers = ("Line", "Procedure", "Decision", "Allowed", "Plan paid", "Remarks")
    table = Table(headers, (("1", "99490", "Pay", "$80.00", "$64.00", ""),))
    found = page.read(Reading((), terms, {"What we decided": table}))
    assert found.paid is None
    doubt = payment(found, Lakeshore("http://x")).doubt
    assert doubt == "The payer's page has something under 'Plan paid' that is no amount or date."

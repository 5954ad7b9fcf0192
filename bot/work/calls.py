"""Calls to payers: what no portal answers, one sheet for each call.

A call is about one question, on the telephone line that answers it, for one billing provider, whom the
representative verifies once. Its claims are in the order of the work list, as many as the payer lets one call be
about; the others go on the next sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bot.claims.edits.unlisted import CODE as UNLISTED
from bot.claims.minutes import FAMILY_OF
from bot.claims.model import Claim
from bot.claims.vocabulary import Topic
from bot.ledger import views
from bot.ledger.store import Ledger
from bot.ledger.views import Row
from bot.work.deadlines import SHOWN, Deadline, deadlines_of
from bot.work.limits import PhoneLine
from bot.work.pages import Page, render
from bot.work.payers import Office
from bot.work.worklist import Channel, Task, Wanted, stands, worklist

#: What to ask, by what the call is about.
QUESTIONS: Mapping[Topic, tuple[str, ...]] = {
    Topic.NOT_ON_FILE: (
        "Was the claim ever received, and under which number and date?",
        "Which payer id and address should it have gone to?",
        "Will you accept our proof of filing, and where do we send it?",
    ),
    Topic.PENDING: (
        "At which stage is it, and what does it wait for?",
        "Do you need anything from us, and by when?",
        "By what date will it be decided?",
    ),
    Topic.NO_VERDICT: (
        "What became of this tracking number: accepted, rejected, or still waiting?",
        "What is the claim number?",
        "If it was rejected: for which reason, and on what date?",
    ),
    Topic.WRONG_CONTENT: (
        "What does your system show for dates, codes, units and charge?",
        "How do you take a correction: portal, form, telephone, or a replacement claim?",
        "Can it be corrected now, before it is decided?",
    ),
    Topic.DENIED: (
        "Which reason and remark codes, for which line?",
        "Which policy is that, and where can we read it?",
        "A corrected claim or an appeal? To which address or fax, and by when?",
    ),
    Topic.PAID_OTHERWISE: (
        "What was allowed for each line, and on which basis?",
        "Check or EFT number, date and amount?",
        "Was a line changed, bundled or lost, or money taken back, and why?",
    ),
    Topic.MEANING: (
        "What does the status that your portal shows mean?",
        "Is anything wanted from us, and by when?",
    ),
    Topic.CORRECTION: (
        "How do you take the correction of this claim: portal, form, telephone, or paper?",
        "Where does it go, and by when?",
    ),
}
#: What the call is about, in a biller's words.
TOPICS: Mapping[Topic, str] = {
    Topic.NOT_ON_FILE: "claims that are not on file",
    Topic.PENDING: "claims that do not move",
    Topic.NO_VERDICT: "claims without a verdict",
    Topic.WRONG_CONTENT: "claims that are there with wrong content",
    Topic.DENIED: "denials without a reason",
    Topic.PAID_OTHERWISE: "claims that were decided otherwise than sent",
    Topic.MEANING: "a status that we do not understand",
    Topic.CORRECTION: "corrections",
}
#: Asked besides, where a claim has such a line.
_CCM = (
    "Chronic care management: is it covered, was anybody paid for it this month, which date and place do you want?"
)
_HOME_VISIT = "99600: were letter and records received, who reviews them, is the comparable code accepted?"

#: So much work for the time on hold fits a sheet.
_MEANWHILE = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """One claim that a call is about."""

    row: Row
    claim: Claim
    tasks: tuple[int, ...]
    deadline: Deadline | None
    #: What the payer said before, on the telephone.
    before: tuple[Row, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Its procedure codes, each once."""
        return tuple(dict.fromkeys(line.code for line in self.claim.lines))

    @property
    def order(self) -> tuple[Any, ...]:
        """As the work list."""
        return (self.deadline.on if self.deadline else date.max, -self.row["charge"], self.row["id"])

    @property
    def stands(self) -> str:
        """What the portal says."""
        return stands(self.row)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: whom, about what, and for whom."""

    payer: str
    slug: str | None
    line: str
    #: None: nobody has said its number.
    phone: PhoneLine | None
    topic: Topic
    claims: tuple[Asked, ...]
    #: Which of how many sheets about the same.
    sheet: int
    sheets: int

    @property
    def about(self) -> str:
        """What it is about, in a biller's words."""
        return TOPICS[self.topic]

    @property
    def questions(self) -> tuple[str, ...]:
        """What to ask of each claim."""
        codes = {code for one in self.claims for code in one.codes}
        more = ((_CCM,) if codes & FAMILY_OF.keys() else ()) + ((_HOME_VISIT,) if UNLISTED in codes else ())
        return QUESTIONS[self.topic] + more

    @property
    def charge(self) -> Decimal:
        """What its claims are worth."""
        return sum((one.row["charge"] for one in self.claims), Decimal("0.00"))

    @property
    def order(self) -> tuple[Any, ...]:
        """Nearest deadline first, then most money; the sheets about the same one after the other."""
        return (min(one.order[0] for one in self.claims), -self.charge, self.claims[0].row["id"])

    def document(self) -> dict[str, Any]:
        """As programs read it; nothing of a patient."""
        billing = self.claims[0].claim.billing
        return {
            "payer": self.slug,
            "name": self.payer,
            "line": self.line,
            "phone": self.phone.phone if self.phone else None,
            "path": self.phone.path if self.phone else None,
            "hours": self.phone.hours if self.phone else None,
            "topic": str(self.topic),
            "npi": billing.npi,
            "tin": billing.tin,
            "sheet": self.sheet,
            "sheets": self.sheets,
            "charge": self.charge,
            "questions": self.questions,
            "claims": [_claim_document(one) for one in self.claims],
        }


def calls(office: Office, ledger: Ledger, today: date, payer: str | None = None) -> list[Call]:
    """The calls to make now, in the order to make them."""
    waiting = [
        (row, task)
        for task in worklist(office, ledger, today, Wanted(payer=payer))
        if task.channel is Channel.CALL
        for row in task.claims
        if not row["next_on"] or row["next_on"] <= today
    ]
    bodies = views.bodies(ledger, [row["id"] for row, _ in waiting])
    told: dict[int, list[Row]] = {}
    for call in views.call_rows(ledger, bodies):
        told.setdefault(call["claim_id"], []).append(call)
    asked: dict[tuple[str | None, str, Topic, str, str], dict[int, Asked]] = {}
    for row, task in waiting:
        if row["id"] not in bodies:  # it could never be read
            continue
        slug, topic = row["payer"], Topic(task.row["topic"])
        known = office.payers.get(slug or "")
        deadlines = deadlines_of(row, known, today)
        one = Asked(
            row=row,
            claim=ledger.unseal(bodies[row["id"]]),
            tasks=(task.id,),
            deadline=deadlines[0] if deadlines else None,
            before=tuple(told.get(row["id"], ())),
        )
        line = known.policy.calls.line(topic)[0] if known else ""
        billing = one.claim.billing
        asked.setdefault((slug, line, topic, billing.tin, billing.npi), {}).setdefault(row["id"], one)
    return sorted(_sheets(office, asked), key=lambda call: call.order)


def meanwhile(office: Office, ledger: Ledger, today: date) -> list[Task]:
    """Work for the time on hold: tasks that need no telephone, first those that are not due today."""
    found = [
        one for one in worklist(office, ledger, today, Wanted(snoozed=True)) if one.channel is not Channel.CALL
    ]
    return sorted(found, key=lambda one: one.due <= today)[:_MEANWHILE]


def sheets(found: Sequence[Call], work: Sequence[Task], today: date, caller: str) -> Page:
    """The sheets to hold while calling, to be printed."""
    return render("calls", calls=found, work=work, today=today, caller=caller, shown=SHOWN)


def _sheets(
    office: Office, asked: Mapping[tuple[str | None, str, Topic, str, str], Mapping[int, Asked]]
) -> Iterator[Call]:
    for (slug, _, topic, *_), claims in asked.items():
        payer = office.payers.get(slug or "")
        line, phone = payer.policy.calls.line(topic) if payer else ("claims", None)
        most = payer.policy.calls.claims_per_call if payer else 1
        ordered = sorted(claims.values(), key=lambda one: one.order)
        parts = [tuple(ordered[at : at + most]) for at in range(0, len(ordered), most)]
        for sheet, part in enumerate(parts, start=1):
            name = payer.adapter.name if payer else part[0].claim.payer.name
            yield Call(name, slug, line, phone, topic, part, sheet, len(parts))


def _claim_document(one: Asked) -> dict[str, Any]:
    keys = ("id", "account", "charge", "service_from", "service_to", "control_number", "tracking_number", "status")
    return {
        **{key: one.row[key] for key in keys},
        "codes": one.codes,
        "tasks": one.tasks,
        "words": one.row["payer_words"],
        "with_payer_since": one.row["accepted_at"],
        "deadline": one.deadline.document() if one.deadline else None,
        "calls": len(one.before),
    }

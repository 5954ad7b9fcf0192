"""A payer's file against the ledger: what each of its claims is to us, its totals, and how it is told."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bot.claims.meanings import Meaning, Reason, of_code, of_decision, of_report
from bot.claims.remittance import PaidClaim, Remittance
from bot.claims.replies import ReplyFile
from bot.claims.response import ReportedClaim, Response
from bot.ledger.replies import Entry
from bot.work.matching import Subject

_ZERO = Decimal("0.00")
#: As which payer's a claim was decided, by CLP02 (SBR01).
_ORDERS = {"1": "P", "19": "P", "2": "S", "20": "S", "3": "T", "21": "T"}


class Finding(StrEnum):
    """What a claim of a payer's file is to us."""

    MATCHED = "matched"
    #: Never sent here.
    NOT_OURS = "not_ours"
    #: It may be one of ours; a person must say.
    UNCLEAR = "unclear"
    #: It was told before, by this file or another.
    REPEATED = "repeated"


@dataclass(slots=True)
class Row:
    """One claim of a payer's file, and what became of it."""

    said: PaidClaim | ReportedClaim
    source: Remittance | Response
    meaning: Meaning
    digest: str
    found: Finding = Finding.NOT_OURS
    #: Our claim.
    id: int | None = None
    #: It contradicts what we know of the claim: settled again, it is told once a person has resolved that.
    held_back: bool = False

    @property
    def decides(self) -> bool:
        """Whether it is a remittance's decision."""
        return isinstance(self.said, PaidClaim)

    @property
    def patient_responsibility(self) -> Decimal:
        """What the patient owes."""
        return self.said.patient_responsibility if isinstance(self.said, PaidClaim) else _ZERO

    @property
    def dated(self) -> date | None:
        """When the payer said it."""
        return self.source.paid_on if isinstance(self.source, Remittance) else self.source.made_on

    @property
    def subject(self) -> Subject:
        """The claim as the payer names it."""
        said = self.said
        numbers = [said.control_number, said.earlier_number if isinstance(said, PaidClaim) else ""]
        return Subject(
            said.account,
            tuple(number for number in numbers if number),
            said.service_from,
            said.service_to,
            abs(said.charge),
            _ORDERS.get(said.decision, "") if isinstance(said, PaidClaim) else "",
        )

    def entry(self) -> Entry:
        """As the ledger keeps it."""
        return Entry(
            digest=self.digest,
            place=self.said.place,
            account=self.said.account,
            control_number=self.said.control_number or None,
            payer_named=self.source.payer,
            number=self.source.number,
            dated=self.dated,
            decides=self.decides,
            status=self.meaning.status,
            charge=self.said.charge,
            paid=self.said.paid,
            patient_responsibility=self.patient_responsibility,
        )

    def document(self) -> dict[str, Any]:
        """As ``settle --json`` prints it."""
        return {
            "account": self.said.account,
            "control_number": self.said.control_number or None,
            "id": self.id,
            "match": str(self.found),
            "status": str(self.meaning.status),
            "charge": self.said.charge,
            "paid": self.said.paid,
            "patient_responsibility": self.patient_responsibility,
            "reasons": [_reason(why) for why in self.meaning.reasons],
        }


@dataclass(slots=True)
class Settled:
    """A payer's file, settled or refused."""

    file: ReplyFile
    rows: list[Row] = field(default_factory=list)
    #: Open tasks about its claims, or about the file itself.
    tasks: int = 0
    #: Its claims and their charge and payment, as the ledger has them now.
    kept: tuple[int, Decimal, Decimal] = (0, _ZERO, _ZERO)

    @property
    def waits(self) -> bool:
        """Whether anything of it needs a person."""
        return not self.file.balanced or bool(self.tasks) or any(row.found is Finding.UNCLEAR for row in self.rows)

    @property
    def balanced(self) -> bool:
        """Whether the file's amounts add up, and the ledger has every claim of it, once."""
        totals = self.totals
        return self.file.balanced and self.kept == (totals["claims"], totals["charge"], totals["paid"])

    @property
    def totals(self) -> dict[str, Any]:
        """The file's own totals."""
        remittances = [one for one in self.file.transactions if isinstance(one, Remittance)]
        return {
            "claims": sum(len(one.claims) for one in self.file.transactions),
            "charge": sum((one.charge for one in self.file.transactions), _ZERO),
            "paid": sum((one.paid for one in self.file.transactions), _ZERO),
            "adjustments": sum((one.adjusted for one in remittances), _ZERO),
            "provider_adjustments": sum((one.provider_adjusted for one in remittances), _ZERO),
            "payment": sum((one.payment for one in remittances), _ZERO),
        }

    def part(self, found: Finding) -> dict[str, Any]:
        """Count and money of the claims that were found to be one thing."""
        rows = [row for row in self.rows if row.found is found]
        return {
            "claims": len(rows),
            "charge": sum((row.said.charge for row in rows), _ZERO),
            "paid": sum((row.said.paid for row in rows), _ZERO),
        }

    def document(self) -> dict[str, Any]:
        """As ``settle --json`` prints it. Payer, payment number and date are those of all its payments, or null
        where they differ."""
        payments = [_payment(one) for one in self.file.transactions]
        parts = {found: self.part(found) for found in Finding}
        return {
            "file": str(self.file.path),
            "kind": self.file.kind or None,
            **{key: _common([one[key] for one in payments]) for key in ("payer", "payment_number", "date")},
            "totals": self.totals,
            "counts": {str(found): part["claims"] for found, part in parts.items()},
            "amounts": {
                str(found): {"charge": part["charge"], "paid": part["paid"]} for found, part in parts.items()
            },
            "balanced": self.balanced,
            "payments": payments,
            "claims": [row.document() for row in self.rows],
            "notices": [
                {"about": notice.about, "place": notice.place, **_reason(of_code(code))}
                for one in self.file.transactions
                if isinstance(one, Response)
                for notice in one.notices
                for code in notice.statement.codes
            ],
            "problems": [
                {
                    "severity": str(problem.severity),
                    "rule": problem.rule,
                    "account": problem.account,
                    "place": problem.place,
                    "message": problem.message,
                }
                for problem in self.file.problems
            ],
        }


def rows_of(transactions: Sequence[Remittance | Response]) -> list[Row]:
    """The claims of a file. What is said twice in one payment, word for word, counts twice."""
    rows: list[Row] = []
    seen: Counter[str] = Counter()
    for one in transactions:
        meant: Callable[[Any], Meaning] = of_decision if isinstance(one, Remittance) else of_report
        dated = one.paid_on if isinstance(one, Remittance) else one.made_on
        for said in one.claims:
            words = "\x1f".join([type(one).__name__, one.payer, one.number, str(dated), said.digest])
            seen[words] += 1
            digest = hashlib.sha256(f"{words}\x1f{seen[words]}".encode()).hexdigest()
            rows.append(Row(said, one, meant(said), digest))
    return rows


def _reason(why: Reason) -> dict[str, Any]:
    return {
        "code": why.code,
        "line": why.line,
        "amount": why.amount,
        "meaning": why.words or None,
        "action": why.action or None,
    }


def _payment(one: Remittance | Response) -> dict[str, Any]:
    return {
        "payer": one.payer,
        "payment_number": one.number,
        "date": one.paid_on if isinstance(one, Remittance) else one.made_on,
        "method": one.method if isinstance(one, Remittance) else None,
        "payment": one.payment if isinstance(one, Remittance) else None,
        "claims": len(one.claims),
        "balanced": not one.faults,
    }


def _common(values: Sequence[Any]) -> Any:
    return values[0] if values and all(value == values[0] for value in values) else None

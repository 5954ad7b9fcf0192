"""Reads one remittance advice (835, 005010X221A1): the segments of a transaction in, a `Remittance` out.

The order of the segments is what counts: CLP opens a claim, SVC a line; CAS, dates, numbers and remarks belong to
whatever is open. What says money or whose claim it is must be understood, or the transaction is `Broken`; a date
that is none is told and left out. Names of patients are not read at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from bot.claims.elements import Broken, amount, date_in, needed, procedure, quantity
from bot.claims.interchange import Report, Segment
from bot.claims.model import Adjustment
from bot.claims.remittance import PaidClaim, PaidLine, ProviderAdjustment, Remittance

#: DTM01 of a first and of a last day; 472 is both.
_FIRST, _LAST = frozenset({"150", "232", "472"}), frozenset({"151", "233", "472"})
_PAYER_NUMBERS = frozenset({"2U", "EO", "HI", "NF"})
#: Where remark codes stand in MIA and MOA.
_REMARKS = {"MIA": (5, 20, 21, 22, 23), "MOA": (3, 4, 5, 6, 7)}
#: A CAS holds up to six adjustments, a PLB as many.
_TRIPLETS, _PAIRS = range(2, 20, 3), range(3, 15, 2)


@dataclass(slots=True)
class _Loop:
    """A claim or line as it is gathered."""

    segment: Segment
    values: dict[str, Any]
    adjustments: list[Adjustment] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    first: date | None = None
    last: date | None = None

    def finished(self) -> dict[str, Any]:
        return {
            **self.values,
            "adjustments": tuple(self.adjustments),
            "remarks": tuple(self.remarks),
            "service_from": self.first,
            "service_to": self.last or self.first,
        }


class RemittanceReader:
    """Takes the segments between ST and SE; `finish` hands out what they say."""

    def __init__(self, opening: Segment, report: Report) -> None:
        self._opening = opening
        self._report = report
        self._values: dict[str, Any] = {}
        self._payer_ids: list[str] = []
        self._produced: date | None = None
        self._party = ""
        self._claims: list[PaidClaim] = []
        self._provider_adjustments: list[ProviderAdjustment] = []
        self._claim: _Loop | None = None
        self._line: _Loop | None = None
        self._lines: list[PaidLine] = []
        self._hash = hashlib.sha256()

    def take(self, segment: Segment) -> None:
        """Take the next segment. Raises `Broken`."""
        if segment.id in ("CLP", "PLB"):
            self._close_claim()
        if segment.id == "CLP":
            self._hash = hashlib.sha256()
        self._hash.update("\x1f".join([segment.id, *segment.elements, "\x1e"]).encode())
        if handler := _HANDLERS.get(segment.id):
            handler(self, segment)

    def finish(self, closing: Segment) -> Remittance:
        """The remittance. Raises `Broken` when a part of it is missing."""
        self._close_claim()
        if "payment" not in self._values:
            raise Broken(closing, "The payment (BPR) is missing.")
        if "number" not in self._values:
            raise Broken(closing, "The number of the check or transfer (TRN) is missing.")
        if "payer" not in self._values:
            raise Broken(closing, "The payer (N1 PR) is missing.")
        values = {"payee": "", **self._values}
        values["paid_on"] = values["paid_on"] or self._produced
        return Remittance(
            place=self._opening.place,
            payer_ids=tuple(dict.fromkeys(self._payer_ids)),
            claims=tuple(self._claims),
            provider_adjustments=tuple(self._provider_adjustments),
            **values,
        )

    def _payment(self, segment: Segment) -> None:
        if "payment" in self._values:
            raise Broken(segment, "There are two payments (BPR) in one remittance.")
        self._values["payment"] = amount(segment, 2, "The payment")
        self._values["method"] = needed(segment, 4, "How it was paid")
        self._values["paid_on"] = date_in(segment, 16, self._report)

    def _trace(self, segment: Segment) -> None:
        if "number" not in self._values:
            self._values["number"] = needed(segment, 2, "The number of the check or transfer")

    def _currency(self, segment: Segment) -> None:
        if segment[2] not in ("", "USD"):
            raise Broken(segment, "The amounts are not in dollars.")

    def _name(self, segment: Segment) -> None:
        self._party = segment[1]
        if self._party == "PR":
            self._values["payer"] = needed(segment, 2, "The payer's name")
            self._payer_ids += [segment[4]] if segment[4] else []
        elif self._party == "PE":
            self._values["payee"] = segment[2]

    def _open_claim(self, segment: Segment) -> None:
        self._claim = _Loop(
            segment,
            {
                "place": segment.place,
                "account": " ".join(needed(segment, 1, "The patient account number").split()),
                "decision": needed(segment, 2, "The claim status code"),
                "charge": amount(segment, 3, "The claim's charge"),
                "paid": amount(segment, 4, "The claim's payment"),
                "patient_responsibility": amount(segment, 5, "What the patient owes")
                if segment[5]
                else Decimal("0.00"),
                "filing_indicator": segment[6],
                "control_number": segment[7],
            },
        )

    def _close_line(self) -> None:
        if self._line is not None:
            self._lines.append(PaidLine(**self._line.finished()))
        self._line = None

    def _close_claim(self) -> None:
        self._close_line()
        if self._claim is not None:
            loop = self._claim
            days = [line for line in self._lines if line.service_from]
            loop.first = loop.first or min((line.service_from for line in days if line.service_from), default=None)
            loop.last = loop.last or max((line.service_to for line in days if line.service_to), default=None)
            self._claims.append(
                PaidClaim(**loop.finished(), lines=tuple(self._lines), digest=self._hash.hexdigest())
            )
        self._claim = None
        self._lines = []

    def _open(self, segment: Segment) -> _Loop:
        """The line or claim that a segment belongs to. Raises `Broken` when there is none."""
        loop = self._line or self._claim
        if loop is None:
            raise Broken(segment, f"It belongs to no claim: {segment.id} stands before the first CLP.")
        return loop

    def _adjust(self, segment: Segment) -> None:
        loop = self._open(segment)
        group = needed(segment, 1, "The adjustment's group")
        for position in _TRIPLETS:
            if segment[position] or segment[position + 1]:
                loop.adjustments.append(
                    Adjustment(
                        group=group,
                        reason=needed(segment, position, "The adjustment's reason"),
                        amount=amount(segment, position + 1, "The adjustment"),
                        quantity=quantity(segment, position + 2, "The adjustment's quantity"),
                    )
                )

    def _open_line(self, segment: Segment) -> None:
        if self._claim is None:
            raise Broken(segment, "It belongs to no claim: SVC stands before the first CLP.")
        self._close_line()
        needed(segment, 1, "The service")
        code, modifiers = procedure(segment, 6 if segment[6] else 1)
        units = quantity(segment, 5, "The units paid")
        self._line = _Loop(
            segment,
            {
                "code": code,
                "modifiers": modifiers,
                "charge": amount(segment, 2, "The line's charge"),
                "paid": amount(segment, 3, "The line's payment"),
                "units": Decimal(1) if units is None else units,
            },
        )

    def _date(self, segment: Segment) -> None:
        if segment[1] == "405" and self._claim is None:
            self._produced = date_in(segment, 2, self._report)
        elif self._claim is not None and segment[1] in _FIRST | _LAST:
            loop, day = self._open(segment), date_in(segment, 2, self._report)
            loop.first = day if segment[1] in _FIRST else loop.first
            loop.last = day if segment[1] in _LAST else loop.last

    def _reference(self, segment: Segment) -> None:
        if self._claim is None:
            if self._party == "PR" and segment[1] in _PAYER_NUMBERS and segment[2]:
                self._payer_ids.append(segment[2])
        elif self._line is not None and segment[1] == "6R":
            self._line.values["control_number"] = segment[2]
        elif self._line is None and segment[1] == "F8":
            self._claim.values["earlier_number"] = segment[2]

    def _remark(self, segment: Segment) -> None:
        if segment[1] == "HE" and segment[2]:
            self._open(segment).remarks.append(segment[2])

    def _claim_remarks(self, segment: Segment) -> None:
        if self._claim is None:
            raise Broken(segment, f"It belongs to no claim: {segment.id} stands before the first CLP.")
        self._claim.remarks += [segment[at] for at in _REMARKS[segment.id] if segment[at]]

    def _provider_adjustment(self, segment: Segment) -> None:
        for position in _PAIRS:
            if segment[position] or segment[position + 1]:
                reason, reference, *_ = [*segment.parts(position), ""]
                self._provider_adjustments.append(
                    ProviderAdjustment(
                        reason, reference, amount(segment, position + 1, "The provider-level adjustment")
                    )
                )


_HANDLERS: dict[str, Callable[[RemittanceReader, Segment], None]] = {
    "BPR": RemittanceReader._payment,
    "CAS": RemittanceReader._adjust,
    "CLP": RemittanceReader._open_claim,
    "CUR": RemittanceReader._currency,
    "DTM": RemittanceReader._date,
    "LQ": RemittanceReader._remark,
    "MIA": RemittanceReader._claim_remarks,
    "MOA": RemittanceReader._claim_remarks,
    "N1": RemittanceReader._name,
    "PLB": RemittanceReader._provider_adjustment,
    "REF": RemittanceReader._reference,
    "SVC": RemittanceReader._open_line,
    "TRN": RemittanceReader._trace,
}

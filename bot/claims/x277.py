"""Reads one transaction of claim statuses (277CA, 005010X214; 277, 005010X212): segments in, a `Response` out.

An HL opens a level: the payer (20), the sender (21), the billing provider (19), the subscriber (22) or the patient
(23, PT). TRN opens a claim under the last two, SVC a line. Above them a STC is about everything below. Names of
patients are not read at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.claims.elements import Broken, amount, date_in, needed, period_in, procedure, quantity
from bot.claims.interchange import Report, Segment
from bot.claims.response import Notice, ReportedClaim, ReportedLine, Response, Statement, StatusCode

#: What the levels above the claims are about (HL03).
_LEVELS = {"20": "the payer", "21": "the sender", "19": "the billing provider"}
_PATIENTS = frozenset({"22", "23", "PT"})
#: Totals of a whole acknowledgment, accepted and rejected (2200B).
_COUNTS, _CHARGES = frozenset({"90", "AA"}), frozenset({"YU", "YY"})


@dataclass(slots=True)
class _Loop:
    """A claim or line as it is gathered."""

    segment: Segment
    values: dict[str, Any]
    statements: list[Statement] = field(default_factory=list)

    def finished(self) -> dict[str, Any]:
        if not self.statements:
            raise Broken(self.segment, "Its status (STC) is missing.")
        return {**self.values, "statements": tuple(self.statements)}


class ResponseReader:
    """Takes the segments between ST and SE; `finish` hands out what they say."""

    def __init__(self, opening: Segment, report: Report, *, acknowledges: bool) -> None:
        self._opening = opening
        self._report = report
        self._acknowledges = acknowledges
        self._values: dict[str, Any] = {"number": "", "made_on": None}
        self._payer_ids: list[str] = []
        self._level = ""
        self._claims: list[ReportedClaim] = []
        self._notices: list[Notice] = []
        self._counted: Decimal | None = None
        self._counted_charge: Decimal | None = None
        self._claim: _Loop | None = None
        self._line: _Loop | None = None
        self._lines: list[ReportedLine] = []
        self._hash = hashlib.sha256()

    def take(self, segment: Segment) -> None:
        """Take the next segment. Raises `Broken`."""
        if segment.id in ("HL", "TRN"):
            self._close_claim()
        if segment.id == "TRN":
            self._hash = hashlib.sha256()
        self._hash.update("\x1f".join([segment.id, *segment.elements, "\x1e"]).encode())
        if handler := _HANDLERS.get(segment.id):
            handler(self, segment)

    def finish(self, closing: Segment) -> Response:
        """The response. Raises `Broken` when a part of it is missing."""
        self._close_claim()
        if "payer" not in self._values:
            raise Broken(closing, "The payer (HL 20 with its NM1) is missing.")
        return Response(
            place=self._opening.place,
            acknowledges=self._acknowledges,
            payer_ids=tuple(dict.fromkeys(self._payer_ids)),
            claims=tuple(self._claims),
            notices=tuple(self._notices),
            counted=self._counted,
            counted_charge=self._counted_charge,
            **self._values,
        )

    def _begin(self, segment: Segment) -> None:
        self._values["number"] = segment[3]
        self._values["made_on"] = date_in(segment, 4, self._report)

    def _open_level(self, segment: Segment) -> None:
        self._level = segment[3]
        if self._level not in _LEVELS and self._level not in _PATIENTS:
            raise Broken(segment, "The level is none of 20, 21, 19, 22, 23 and PT (HL03).")

    def _name(self, segment: Segment) -> None:
        if self._level == "20" and segment[1] in ("PR", "AY"):
            self._values["payer"] = needed(segment, 3, "The payer's name")
            self._payer_ids += [segment[9]] if segment[9] else []

    def _open_claim(self, segment: Segment) -> None:
        if self._level in _PATIENTS:
            trace = " ".join(needed(segment, 2, "The number of the claim").split())
            values = {"place": segment.place, "account": trace if self._acknowledges else "", "control_number": ""}
            self._claim = _Loop(segment, values)

    def _close_line(self) -> None:
        if self._line is not None:
            self._lines.append(ReportedLine(**self._line.finished()))
        self._line = None

    def _close_claim(self) -> None:
        self._close_line()
        if self._claim is not None:
            values = self._claim.finished()
            days = [line for line in self._lines if line.service_from]
            first = min((line.service_from for line in days if line.service_from), default=None)
            last = max((line.service_to for line in days if line.service_to), default=None)
            said = self._claim.statements
            charges = [one.charge for one in said if one.charge is not None]
            if not charges:
                raise Broken(self._claim.segment, "The claim's charge (STC04) is missing.")
            self._claims.append(
                ReportedClaim(
                    **{"service_from": first, "service_to": last, **values},
                    charge=charges[0],
                    paid=next((one.paid for one in said if one.paid is not None), Decimal("0.00")),
                    lines=tuple(self._lines),
                    digest=self._hash.hexdigest(),
                )
            )
        self._claim = None
        self._lines = []

    def _state(self, segment: Segment) -> None:
        codes = []
        for position in (1, 10, 11):
            if segment[position] or position == 1:
                category, status, entity, *_ = [*segment.parts(position), "", ""]
                if not category:
                    raise Broken(segment, f"The status category is missing (STC{position:02d}).")
                codes.append(StatusCode(category, status, entity))
        statement = Statement(
            tuple(codes),
            date_in(segment, 2, self._report),
            amount(segment, 4, "The charge") if segment[4] else None,
            amount(segment, 5, "The payment") if segment[5] else None,
        )
        if loop := self._line or self._claim:
            loop.statements.append(statement)
        elif self._level in _LEVELS:
            self._notices.append(Notice(_LEVELS[self._level], segment.place, statement))
        else:
            raise Broken(segment, "It belongs to no claim: no TRN stands before it.")

    def _open_line(self, segment: Segment) -> None:
        if self._claim is None:
            raise Broken(segment, "It belongs to no claim: no TRN stands before it.")
        self._close_line()
        code, modifiers = procedure(segment, 1)
        charge = amount(segment, 2, "The line's charge")
        self._line = _Loop(segment, {"code": code, "modifiers": modifiers, "charge": charge})

    def _period(self, segment: Segment) -> None:
        loop = self._line or self._claim
        if segment[1] != "472" or loop is None:
            return
        loop.values["service_from"], loop.values["service_to"] = period_in(segment, 3, self._report)

    def _reference(self, segment: Segment) -> None:
        if self._line is not None:
            if segment[1] == "FJ":
                self._line.values["control_number"] = segment[2]
        elif self._claim is not None:
            if segment[1] == "1K":
                self._claim.values["control_number"] = segment[2]
            elif segment[1] == "EJ" and not self._acknowledges:
                self._claim.values["account"] = " ".join(segment[2].split())

    def _count(self, segment: Segment) -> None:
        if self._level == "21" and segment[1] in _COUNTS:
            number = quantity(segment, 2, "The number of claims")
            self._counted = (self._counted or Decimal(0)) + (number or 0)

    def _charge(self, segment: Segment) -> None:
        if self._level == "21" and segment[1] in _CHARGES:
            self._counted_charge = (self._counted_charge or Decimal(0)) + amount(segment, 2, "The charges total")


_HANDLERS: dict[str, Callable[[ResponseReader, Segment], None]] = {
    "AMT": ResponseReader._charge,
    "BHT": ResponseReader._begin,
    "DTP": ResponseReader._period,
    "HL": ResponseReader._open_level,
    "NM1": ResponseReader._name,
    "QTY": ResponseReader._count,
    "REF": ResponseReader._reference,
    "STC": ResponseReader._state,
    "SVC": ResponseReader._open_line,
    "TRN": ResponseReader._open_claim,
}

"""Payers' files for tests: remittances (835) and claim statuses (277CA, 277), about invented people.

Everything that is not said adds up: a claim's charge and payment are those of its lines, a payment is that of its
claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.claims.model import Claim
from fixtures.claims.writers import Raw, Separators

ZERO = Decimal(0)
PAYER = "NORTHSTAR MEDICAID"
#: Group, reason and amount.
Adjusted = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One decided line; what was not adjusted is paid."""

    code: str = "99213"
    charge: Decimal = Decimal(100)
    adjustments: tuple[Adjusted, ...] = ()
    day: str = "20260601"
    until: str = ""
    remarks: tuple[str, ...] = ()
    number: str = ""
    paid: Decimal | None = None
    submitted: str = ""
    modifiers: tuple[str, ...] = ()

    @property
    def money(self) -> Decimal:
        return self.charge - _total(self.adjustments) if self.paid is None else self.paid


@dataclass(frozen=True, slots=True)
class Paid:
    """One decided claim."""

    account: str = "A1"
    lines: tuple[Line, ...] = (Line(),)
    decision: str = "1"
    number: str = ""
    earlier: str = ""
    adjustments: tuple[Adjusted, ...] = ()
    remarks: tuple[str, ...] = ()
    filing: str = "MC"
    owed: str = ""
    charge: Decimal | None = None
    paid: Decimal | None = None
    days: tuple[str, str] | None = None

    @property
    def total(self) -> Decimal:
        return sum((line.charge for line in self.lines), ZERO) if self.charge is None else self.charge

    @property
    def money(self) -> Decimal:
        lines = sum((line.money for line in self.lines), ZERO) if self.lines else self.total
        return lines - _total(self.adjustments) if self.paid is None else self.paid


@dataclass(frozen=True, slots=True)
class Payment:
    """One remittance."""

    claims: tuple[Paid, ...] = (Paid(),)
    payer: str = PAYER
    number: str = "EFT0001"
    on: str = "20260715"
    #: Reason, reference and amount.
    provider: tuple[Adjusted, ...] = ()
    amount: Decimal | None = None

    def body(self) -> Iterator[Raw]:
        """Its segments between ST and SE."""
        amount = sum((one.money for one in self.claims), ZERO) - _total(self.provider)
        amount = amount if self.amount is None else self.amount
        yield ("BPR", "I", str(amount), "C", "ACH", "CCP", *[""] * 10, self.on)
        yield ("TRN", "1", self.number, "1990000017")
        yield ("DTM", "405", "20260714")
        yield ("N1", "PR", self.payer)
        yield ("N3", "1 STAR WAY")
        yield ("N4", "DULUTH", "MN", "55801")
        yield ("REF", "2U", "NS001")
        yield ("N1", "PE", "MAPLE HOLLOW FAMILY MEDICINE", "XX", "1990000014")
        yield ("LX", "1")
        for claim in self.claims:
            yield from _claim(claim)
        for reason, reference, money in self.provider:
            yield ("PLB", "1990000014", "20261231", (reason, reference), money)


def _claim(claim: Paid) -> Iterator[Raw]:
    yield (
        "CLP", claim.account, claim.decision, str(claim.total), str(claim.money), claim.owed, claim.filing,
        claim.number,
    )  # fmt: skip
    yield from _adjustments(claim.adjustments)
    yield ("NM1", "QC", "1", "CANARY", "BIRDIE", "", "", "", "MI", "SECRET123")
    if claim.remarks:
        yield ("MOA", "", "", *claim.remarks)
    if claim.earlier:
        yield ("REF", "F8", claim.earlier)
    if claim.days:
        yield ("DTM", "232", claim.days[0])
        yield ("DTM", "233", claim.days[1])
    for line in claim.lines:
        code = ("HC", line.code, *line.modifiers)
        yield (
            ("SVC", code, str(line.charge), str(line.money), "", "1", ("HC", line.submitted))
            if (line.submitted)
            else ("SVC", code, str(line.charge), str(line.money))
        )
        if line.until:
            yield ("DTM", "150", line.day)
            yield ("DTM", "151", line.until)
        else:
            yield ("DTM", "472", line.day)
        yield from _adjustments(line.adjustments)
        if line.number:
            yield ("REF", "6R", line.number)
        for remark in line.remarks:
            yield ("LQ", "HE", remark)


def _adjustments(adjustments: Sequence[Adjusted]) -> Iterator[Raw]:
    for group in dict.fromkeys(group for group, _, _ in adjustments):
        mine = [(reason, money) for of, reason, money in adjustments if of == group]
        for at in range(0, len(mine), 6):
            yield (
                "CAS",
                group,
                *(element for reason, money in mine[at : at + 6] for element in (reason, money, "")),
            )


@dataclass(frozen=True, slots=True)
class Said:
    """One claim that a payer speaks of, in codes such as ``A2:20`` and ``F2:88:QC``."""

    account: str = "A1"
    codes: tuple[str, ...] = ("A2:20",)
    charge: Decimal = Decimal(100)
    paid: str = ""
    number: str = ""
    day: str = "20260601"
    until: str = ""
    #: Code of service and status code of each line.
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Statuses:
    """One acknowledgment (277CA), or an answer to a status request (277)."""

    claims: tuple[Said, ...] = (Said(),)
    acknowledges: bool = True
    payer: str = PAYER
    counted: Decimal | None = None

    def body(self) -> Iterator[Raw]:
        """Its segments between ST and SE."""
        yield ("BHT", "0085" if self.acknowledges else "0010", "08", "BATCH1", "20260702", "0810", "TH")
        yield ("HL", "1", "", "20", "1")
        yield ("NM1", "PR", "2", self.payer, "", "", "", "", "PI", "NS001")
        yield ("HL", "2", "1", "21", "1")
        yield ("NM1", "41", "2", "MAPLE HOLLOW", "", "", "", "", "46", "MAPLE")
        if self.acknowledges:
            yield ("TRN", "2", "0001")
            total = sum((one.charge for one in self.claims), ZERO)
            yield ("STC", ("A1", "19", "PR"), "20260702", "WQ", str(total))
            yield ("QTY", "90", str(len(self.claims)))
            yield ("QTY", "AA", "0")
            yield ("AMT", "YU", str((total if self.counted is None else self.counted) - 1))
            yield ("AMT", "YY", "1")
        yield ("HL", "3", "2", "19", "1")
        yield ("NM1", "85", "2", "MAPLE HOLLOW", "", "", "", "", "XX", "1990000014")
        for number, claim in enumerate(self.claims, start=4):
            yield ("HL", str(number), "3", "PT" if self.acknowledges else "22", "0")
            yield ("NM1", "QC", "1", "CANARY", "BIRDIE", "", "", "", "MI", "SECRET123")
            yield ("TRN", "2", claim.account if self.acknowledges else f"T{number}")
            for code in claim.codes:
                yield ("STC", tuple(code.split(":")), "20260702", "", str(claim.charge), claim.paid)
            if claim.number:
                yield ("REF", "1K", claim.number)
            if not self.acknowledges:
                yield ("REF", "EJ", claim.account)
            until = f"-{claim.until}" if claim.until else ""
            yield ("DTP", "472", "RD8" if until else "D8", f"{claim.day}{until}")
            for service, code in claim.lines:
                yield ("SVC", ("HC", service), str(claim.charge / len(claim.lines)), "0")
                yield ("STC", tuple(code.split(":")), "20260702")


def x12(*bodies: Payment | Statuses, separators: Separators = Separators()) -> str:
    """An interchange, each body a transaction in a group of its own."""
    parts: list[Raw] = [
        ("ISA", "00", " " * 10, "00", " " * 10, "ZZ", "NORTHSTAR".ljust(15), "ZZ", "MAPLEHOLLOW".ljust(15),
         "260715", "0600", "^", "00501", "000000001", "0", "P", ":")
    ]  # fmt: skip
    for number, body in enumerate(bodies, start=1):
        kind, guide = _guide(body)
        inside = list(body.body())
        parts += [
            ("GS", "HP", "NORTHSTAR", "MAPLEHOLLOW", "20260715", "0600", str(number), "X", guide),
            ("ST", kind, f"{number:04d}", *([] if kind == "835" else [guide])),
            *inside,
            ("SE", str(len(inside) + 2), f"{number:04d}"),
            ("GE", "1", str(number)),
        ]
    parts.append(("IEA", str(len(bodies)), "000000001"))
    return "".join(written(one, separators) for one in parts)


def written(segment: Raw, separators: Separators) -> str:
    """One segment as text."""
    elements = [
        one if isinstance(one, str) else separators.component.join(one).rstrip(separators.component)
        for one in segment
    ]
    if elements[0] == "ISA":
        elements[16] = separators.component
        text = separators.element.join(elements)
    else:
        text = separators.element.join(elements).rstrip(separators.element)
    return text + separators.terminator + separators.ending


def _guide(body: Payment | Statuses) -> tuple[str, str]:
    if isinstance(body, Payment):
        return "835", "005010X221A1"
    return "277", "005010X214" if body.acknowledges else "005010X212"


def answer_to(claim: Claim, *denied: int, number: str = "", **more: object) -> Paid:
    """What a payer decides about a claim of ours: a tenth of each line is a contract's, line numbers in `denied`
    are not paid at all."""
    lines = tuple(
        Line(
            line.code,
            line.charge,
            (("CO", "50", str(line.charge)),)
            if at in denied
            else (("CO", "45", str((line.charge / 10).quantize(Decimal("0.01")))),),
            day=f"{line.service_from:%Y%m%d}",
            until="" if line.service_to == line.service_from else f"{line.service_to:%Y%m%d}",
            modifiers=line.modifiers,
        )
        for at, line in enumerate(claim.lines, start=1)
    )
    return Paid(**{"account": claim.account, "lines": lines, "number": number, **more})  # type: ignore[arg-type]


def _total(adjustments: Sequence[Adjusted]) -> Decimal:
    return sum((Decimal(money) for _, _, money in adjustments), ZERO)

"""Months of care management answered: what each time log supports, what did not count, and what was billed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.claims.companions import is_companion, read_companion, together
from bot.claims.files import open_file
from bot.claims.minutes import FAMILY_OF, Answer, answer
from bot.claims.model import Claim, Frequency, Problem, Severity
from bot.claims.records import CareRecord, Records, month_of
from bot.errors import UsageError


@dataclass(frozen=True, slots=True)
class Month:
    """One patient's one month: its record, what that supports, and what was billed (none: nothing was)."""

    record: CareRecord
    answer: Answer
    billed: Mapping[str, int]

    @property
    def agrees(self) -> bool:
        """Whether nothing was billed, or what was billed is what the log supports."""
        supported = (self.answer.codes, *self.answer.instead)
        return not self.billed or any(dict(self.billed) == dict(codes) for codes in supported)

    def document(self) -> dict[str, Any]:
        """For programs; `billed` is there only where something was billed."""
        found = {
            "patient": self.record.label,
            "month": self.record.month,
            "staff_minutes": self.answer.counted.staff,
            "practitioner_minutes": self.answer.counted.practitioner,
            "codes": _codes(self.answer.codes),
            "not_counted": [
                {"date": one.entry.day, "minutes": one.entry.minutes, "reason": one.reason.words}
                for one in self.answer.counted.left_out
            ],
            "short": dict.fromkeys(self.answer.one_short, 1),
        }
        return found | ({"billed": _codes(self.billed)} if self.billed else {})


def _codes(codes: Mapping[str, int]) -> list[dict[str, object]]:
    return [{"code": code, "units": units} for code, units in codes.items()]


@dataclass(frozen=True, slots=True)
class Logs:
    """Files of time logs and claims, read."""

    records: Records
    claims: tuple[Claim, ...]
    problems: tuple[tuple[Path, Problem], ...]

    @property
    def spans(self) -> tuple[date, date] | None:
        """The first and last day any month of these logs touches."""
        months = sorted({record.month for record in self.records.care})
        if not months:
            return None
        year, month = (int(part) for part in months[-1].split("-"))
        return date.fromisoformat(f"{months[0]}-01"), date(year + month // 12, month % 12 + 1, 1)

    def without_log(self) -> list[tuple[str, str]]:
        """Account and month of the claims at hand that bill care of which no log was given."""
        billed = {
            (claim.account, month_of(line.service_from))
            for claim in self.claims
            for line in claim.lines
            if line.code in FAMILY_OF and month_of(line.service_from) not in self.records.care_of(claim)
        }
        return sorted(billed)

    def months(self, ledger_claims: Iterable[Claim] = ()) -> list[Month]:
        """Every patient's every month, by patient."""
        claims = [claim for claim in (*self.claims, *ledger_claims) if claim.frequency is not Frequency.VOID]
        return [
            Month(record, answer(record), billed(record, claims))
            for record in sorted(self.records.months(), key=lambda one: (one.label, one.month))
        ]


def read(paths: Sequence[Path]) -> Logs:
    """Read time logs, and claims to compare them with. Raises `UsageError` when one cannot be opened."""
    companions, claims, problems = [], [], []
    for path in paths:
        try:
            if is_companion(path):
                file = read_companion(path)
                companions.append(file)
                problems += [(path, problem) for problem in file.problems]
            else:
                claim_file = open_file(path)
                claims += [found.claim for found in claim_file if found.claim]
                problems += [(path, one) for one in claim_file.problems if one.severity is Severity.BLOCK]
        except OSError as error:
            raise UsageError(f"{path} cannot be opened: {error.strerror or type(error).__name__}.") from error
    return Logs(together(companions), tuple(claims), tuple(problems))


def billed(record: CareRecord, claims: Iterable[Claim]) -> dict[str, int]:
    """Code to units that claims bill for a record's patient and month; a claim met twice counts once."""
    found: Counter[str] = Counter()
    seen: list[Claim] = []
    for claim in claims:
        if record.is_of(claim) and claim not in seen:
            seen.append(claim)
            for line in claim.lines:
                if line.code in FAMILY_OF and month_of(line.service_from) == record.month:
                    found[line.code] += int(line.units)
    return dict(found)

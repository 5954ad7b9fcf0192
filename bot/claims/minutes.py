"""The arithmetic of chronic care management: from a month's time log to the minutes that count, and from these to
codes and units.

Sources: CPT's care management codes and CMS's rules for them (rules CCM-01 to CCM-12 and CCM-21): whole
minutes of one calendar month, nothing rounded, nothing carried over, no minute counted twice, and one family of
codes a month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from bot.claims.records import CareRecord, Role, TimeEntry, month_of


@dataclass(frozen=True, slots=True)
class Family:
    """A base code, billed once a month, and its add-on for each further full stretch of minutes."""

    base: str
    add_on: str
    #: Whose minutes it counts: the practitioner's own, or those of clinical staff.
    own: bool
    #: Minutes for the base code.
    first: int
    #: Further minutes for each unit of the add-on.
    each: int
    #: Units of the add-on in one month; None: the code itself has no cap.
    most: int | None

    def units(self, minutes: int) -> dict[str, int]:
        """Code to units that so many minutes support; nothing below the base code's minutes."""
        if minutes < self.first:
            return {}
        further = (minutes - self.first) // self.each
        if self.most is not None:
            further = min(further, self.most)
        return {self.base: 1} | ({self.add_on: further} if further else {})

    def minutes_for(self, code: str, units: int) -> int:
        """Minutes that the base code, or so many units of the add-on, need."""
        return self.first if code == self.base else self.first + units * self.each

    def missing(self, minutes: int) -> tuple[str, int] | None:
        """The code whose next unit comes next, and how many minutes are missing; None at the cap."""
        if minutes < self.first:
            return self.base, self.first - minutes
        further = (minutes - self.first) // self.each
        if self.most is not None and further >= self.most:
            return None
        return self.add_on, self.first + (further + 1) * self.each - minutes


#: Clinical staff: 20 minutes, then 20 each, twice at most.
STAFF = Family("99490", "99439", own=False, first=20, each=20, most=2)
#: The practitioner personally: 30 minutes, then 30 each.
PRACTITIONER = Family("99491", "99437", own=True, first=30, each=30, most=None)
#: Complex: 60 minutes of clinical staff with moderate or high decision making, then 30 each.
COMPLEX = Family("99487", "99489", own=False, first=60, each=30, most=None)

FAMILIES: tuple[Family, ...] = (STAFF, PRACTITIONER, COMPLEX)
FAMILY_OF: Mapping[str, Family] = {code: family for family in FAMILIES for code in (family.base, family.add_on)}


class Reason(Enum):
    """Why a minute of the log does not count, and the rule that says so."""

    OTHER_MONTH = "CCM-10", "in another month"
    TWICE = "CCM-10", "entered twice"
    CLERICAL = "CCM-11", "clerical work"
    FACE_TO_FACE = "CCM-11", "face to face"
    INCOMPLETE = "CCM-11", "does not say who did what"
    BEFORE_CONSENT = "CCM-12", "before the patient's consent"
    AFTER_REVOCATION = "CCM-12", "after the consent was revoked"
    INPATIENT = "CCM-21", "while an inpatient"

    @property
    def rule(self) -> str:
        """Id of the rule."""
        return self.value[0]

    @property
    def words(self) -> str:
        """For people."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry that does not count."""

    entry: TimeEntry
    reason: Reason


@dataclass(frozen=True, slots=True)
class Counted:
    """A month's log, counted."""

    #: The entries that count, by day.
    entries: tuple[TimeEntry, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def staff(self) -> int:
        """Countable minutes of clinical staff."""
        return self.minutes(own=False)

    @property
    def practitioner(self) -> int:
        """Countable minutes of the practitioner's own."""
        return self.minutes(own=True)

    def minutes(self, *, own: bool) -> int:
        """Countable minutes of the practitioner's own, or of clinical staff."""
        return sum(entry.minutes for entry in self.entries if _is_own(entry) is own)

    def put_back(self, rule: str, *, own: bool) -> int:
        """Minutes that would count as well if it were not for one rule."""
        return sum(
            item.entry.minutes for item in self.left_out if item.reason.rule == rule and _is_own(item.entry) is own
        )

    def reached(self, minutes: int, *, own: bool) -> date | None:
        """The day on which so many minutes were reached; None when they were not."""
        total = 0
        for entry in self.entries:
            total += entry.minutes if _is_own(entry) is own else 0
            if total >= minutes:
                return entry.day
        return None


def _is_own(entry: TimeEntry) -> bool:
    return entry.role is Role.PRACTITIONER


def count(record: CareRecord) -> Counted:
    """Say which entries of a month's log count, and why the others do not.

    The order of the entries does not matter. Two entries that would count and are alike in day, minutes and person
    are one that was entered twice, unless both say what was done and that differs.
    """
    seen: dict[tuple[object, ...], list[str]] = {}
    counts, left_out = [], []
    for entry in sorted(record.log, key=_order):
        reason = _reason(entry, record)
        done = (entry.activity or "").casefold()
        person = entry.who.casefold() if entry.who else entry.role
        before = seen.setdefault((entry.day, entry.minutes, person), [])
        if reason is None and any(not done or not other or done == other for other in before):
            reason = Reason.TWICE
        if reason is None:
            before.append(done)
            counts.append(entry)
        else:
            left_out.append(LeftOut(entry, reason))
    return Counted(tuple(counts), tuple(left_out))


def _order(entry: TimeEntry) -> tuple[object, ...]:
    """By day, and then by everything else, so that equal logs are counted equally."""
    who, activity = (entry.who is None, entry.who or ""), (entry.activity is None, entry.activity or "")
    return entry.day, entry.role, who, activity, entry.minutes, entry.face_to_face, entry.inpatient


def _reason(entry: TimeEntry, record: CareRecord) -> Reason | None:
    if month_of(entry.day) != record.month:
        return Reason.OTHER_MONTH
    if entry.role is Role.CLERICAL:
        return Reason.CLERICAL
    if entry.face_to_face:
        return Reason.FACE_TO_FACE
    if "" in (entry.who, entry.activity):
        return Reason.INCOMPLETE
    if entry.inpatient:
        return Reason.INPATIENT
    consent = record.consent
    if consent is not None and consent.on is not None and entry.day < consent.on:
        return Reason.BEFORE_CONSENT
    if consent is not None and consent.revoked_on is not None and month_of(consent.revoked_on) < record.month:
        return Reason.AFTER_REVOCATION
    return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a month of care supports."""

    counted: Counted
    #: Code to units, of one family; empty when no base code is reached.
    codes: Mapping[str, int]
    #: What could be billed instead, of the other families.
    instead: tuple[Mapping[str, int], ...]
    #: Codes whose next unit is exactly one minute away.
    one_short: tuple[str, ...]


def answer(record: CareRecord) -> Answer:
    """Work out what a month's record supports.

    Of the families that are reached, that one is named which uses most of the logged minutes; complex care goes
    before other care by staff, because it describes the month more closely.
    """
    counted = count(record)
    families = [family for family in FAMILIES if family is not COMPLEX or record.is_complex]
    found = {}
    for family in families:
        if units := family.units(counted.minutes(own=family.own)):
            found[family] = units
    ranked = sorted(found, key=lambda family: (_used(family, found[family]), family is COMPLEX), reverse=True)
    if COMPLEX in found and ranked[0] is STAFF:
        ranked.remove(COMPLEX)
        ranked.insert(0, COMPLEX)
    short = []
    for family in families:
        missing = family.missing(counted.minutes(own=family.own))
        if missing is not None and missing[1] == 1:
            short.append(missing[0])
    return Answer(
        counted,
        found[ranked[0]] if ranked else {},
        tuple(found[family] for family in ranked[1:]),
        tuple(short),
    )


def _used(family: Family, units: Mapping[str, int]) -> int:
    return family.minutes_for(family.add_on, units.get(family.add_on, 0))

"""Companion records: what the practice knows about a claim that no claim form carries.

A `CareRecord` is one patient's month of chronic care management; a `VisitRecord` supports one claim for an
unlisted home visit (99600). Neither is ever sent as it is. Sources: CMS's conditions for care management
(consent, care plan, initiating visit, time), and what payers ask for with an unlisted code.

A part that is not there (None) says nothing; a part that is there with a field left empty says that the office
looked and found nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.claims.model import Claim, Money, Text

#: A calendar month, such as 2026-06.
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(StrEnum):
    """Who spent a minute, as far as billing is concerned."""

    #: Clinical staff under general supervision.
    STAFF = "staff"
    #: The billing practitioner, personally.
    PRACTITIONER = "practitioner"
    #: The billing practitioner doing the work of clinical staff: staff time, and never time of their own.
    PRACTITIONER_AS_STAFF = "practitioner as staff"
    #: Front desk, billing, scheduling: never counts.
    CLERICAL = "clerical"


class TimeEntry(_Part):
    """One entry of a time log."""

    day: date
    #: Whole minutes: seconds do not add up to a minute, and nothing is rounded.
    minutes: Annotated[int, Field(ge=0, le=1440, strict=True)]
    #: Name or initials of whoever spent the time.
    who: Text | None = None
    role: Role = Role.STAFF
    #: What was done.
    activity: Text | None = None
    face_to_face: bool = False
    #: The patient was an inpatient of a hospital or a skilled nursing facility on that day.
    inpatient: bool = False


class Consent(_Part):
    """The patient's consent to care management."""

    on: date | None = None
    #: Such as verbal or written.
    how: Text = ""
    #: Who obtained it.
    by: Text = ""
    revoked_on: date | None = None


class CarePlan(_Part):
    """The electronic care plan."""

    #: When it was made or last revised.
    on: date | None = None
    #: Whether the patient got a copy; None when nobody wrote that down.
    copy_given: bool | None = None


class _OfPatient(_Part):
    """Whose record it is: an account, or whatever the practice knows the patient by."""

    account: Text = ""
    #: The practice's own number of the patient (REF EA), such as a chart number.
    patient: Text = ""
    member_id: Text = ""
    last: Text = ""
    first: Text = ""
    birth_date: date | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not any(self.identity[:3]) and not (self.last and self.first and self.birth_date):
            raise ValueError("whose record it is")
        return self

    @property
    def identity(self) -> tuple[str, str, str, str, str, date | None]:
        """Everything it is known by, for comparing records with each other."""
        return (
            self.account, self.patient, _plain(self.member_id), _plain(self.last), _plain(self.first),
            self.birth_date,
        )  # fmt: skip

    @property
    def label(self) -> str:
        """What people and programs may see of it: the practice's own numbers, else initials."""
        number = next((one for one in (self.patient, self.account) if any(mark.isdigit() for mark in one)), "")
        return number or (f"{self.first[:1]}.{self.last[:1]}." if self.last else "patient")

    def is_of(self, claim: Claim) -> bool:
        """Whether it is about the claim's account, or, where it names none, about the claim's patient."""
        if self.account:
            return _plain(self.account) == _plain(claim.account)
        return self.is_of_patient(claim)

    def is_of_patient(self, claim: Claim) -> bool:
        """Whether chart number, member number, or name and birth date are those of the claim's patient."""
        person = claim.patient
        if self.patient and _plain(self.patient) == _plain(claim.medical_record_number or claim.account):
            return True
        if self.birth_date and person.birth_date and self.birth_date != person.birth_date:
            return False
        if self.member_id and _plain(self.member_id) == _plain(claim.subscriber.member_id):
            return claim.dependant is None or self.birth_date is not None
        named = (_plain(self.last), _plain(self.first)) == (_plain(person.last), _plain(person.first))
        return bool(self.last and self.birth_date) and named

    def contradicts_patient(self, claim: Claim) -> bool:
        """Whether something it says about the patient is not so on the claim."""
        person = claim.patient
        return any(
            said and ours and said != ours
            for said, ours in (
                (self.birth_date, person.birth_date),
                (_plain(self.member_id), _plain(claim.subscriber.member_id)),
                (_plain(self.last), _plain(person.last)),
                (_first_word(self.first), _first_word(person.first)),
                (_plain(self.patient), _plain(claim.medical_record_number)),
            )
        )


class CareRecord(_OfPatient):
    """One patient's month of chronic care management."""

    month: Month
    consent: Consent | None = None
    care_plan: CarePlan | None = None
    #: The chronic conditions cared for, in words or ICD-10-CM codes; none given says nothing.
    conditions: tuple[Text, ...] = ()
    #: Complexity of the month's decision making: straightforward, low, moderate or high.
    complexity: Text | None = None
    #: When the practitioner saw the patient face to face and started the care.
    initiating_visit: date | None = None
    #: NPI of the practitioner under whom the month is billed.
    billing_practitioner: Text = ""
    #: NPI of whoever supervised the staff.
    supervising_practitioner: Text = ""
    log: tuple[TimeEntry, ...] = ()

    @property
    def is_complex(self) -> bool:
        """Whether moderate or high complexity was recorded."""
        return (self.complexity or "").lower() in ("moderate", "high")


#: By what a record is known: several may be known by different things.
_IDENTITY = frozenset(_OfPatient.model_fields)


class Considered(_Part):
    """A code that was considered and not used."""

    code: Text
    #: Why it does not describe the service.
    why_not: Text = ""


class Comparator(_Part):
    """A listed code that the unlisted service is compared with."""

    code: Text
    #: What the practice charges for it, in dollars.
    fee: Money | None = None
    #: The unlisted service is worth so many times as much.
    factor: Annotated[float, Field(gt=0)] = 1.0
    similar: Text = ""
    different: Text = ""


class Document(_Part):
    """A record of the visit, to go with the claim."""

    #: The hash of its bytes, when the claim was queued; intake gives it.
    sha256: str = ""
    #: A PDF: a path relative to the companion file's folder; readers make it absolute.
    file: str
    #: PWK01 report type.
    report_type: Text = "OZ"
    #: The day it documents.
    day: date | None = None


class VisitRecord(_OfPatient):
    """What supports one claim for an unlisted home visit (99600)."""

    day: date
    #: What was done, as on the claim's line: at most 80 characters.
    description: Text = ""
    considered: tuple[Considered, ...] = ()
    #: Whether a Category III code fits: none, or that code. Empty: nobody looked.
    category_iii: Text = ""
    comparators: tuple[Comparator, ...] = ()
    #: What an invoice or other basis of the charge says, where the charge is no multiple of a comparator's fee.
    charge_basis: Text = ""
    #: Why the patient was seen at home.
    home_reason: Text = ""
    #: What kind of service it was.
    nature: Text = ""
    #: How much of it was done.
    extent: Text = ""
    #: Why it was needed.
    need: Text = ""
    #: Minutes spent.
    minutes: int | None = None
    effort: Text = ""
    equipment: Text = ""
    #: Who took part.
    staff: Text = ""
    #: NPI and name of the practitioner who signs the letter.
    practitioner_npi: Text = ""
    practitioner_name: Text = ""
    documents: tuple[Document, ...] = ()
    #: The letter's attachment control number; intake gives it.
    letter_number: Text = ""


def _first_word(name: str) -> str:
    """A first name without what offices add to it: middle names and initials."""
    return _plain(name.split()[0]) if name.split() else ""


def _plain(text: str) -> str:
    return "".join(mark for mark in text.casefold() if mark.isalnum())


@dataclass(frozen=True, slots=True)
class Unread:
    """A record, or a part of one, that could not be read: what could be made out of whose it is."""

    account: str = ""
    patient: str = ""
    member_id: str = ""
    last: str = ""

    def may_be_of(self, claim: Claim) -> bool:
        """Whether it may be about the claim; one that names nobody may be about any."""
        if self.account:
            return _plain(self.account) == _plain(claim.account)
        if not (self.patient or self.member_id or self.last):
            return True
        return (
            (bool(self.patient) and _plain(self.patient) == _plain(claim.medical_record_number or claim.account))
            or (bool(self.member_id) and _plain(self.member_id) == _plain(claim.subscriber.member_id))
            or (bool(self.last) and _plain(self.last) == _plain(claim.patient.last))
        )


class Records:
    """Every companion record at hand, and which of them belong to a claim."""

    def __init__(
        self,
        care: tuple[CareRecord, ...] = (),
        visits: tuple[VisitRecord, ...] = (),
        unread: tuple[Unread, ...] = (),
    ) -> None:
        self.care = care
        self.visits = visits
        self.unread = unread
        #: Records by when they are of and by each thing their patient is known by: files have thousands of both.
        self._index: dict[tuple[str | date, str], list[CareRecord | VisitRecord]] = {}
        for record in care:
            self._enter(record.month, record)
        for visit in visits:
            self._enter(visit.day, visit)

    def _enter(self, when: str | date, record: CareRecord | VisitRecord) -> None:
        for key in _keys(record.account, record.patient, record.member_id, record.last):
            self._index.setdefault((when, key), []).append(record)

    def _of(self, claim: Claim, when: str | date) -> list[CareRecord | VisitRecord]:
        known = (claim.account, claim.medical_record_number, claim.subscriber.member_id, claim.patient.last)
        found: list[CareRecord | VisitRecord] = []
        for key in _keys(*known):
            found += [one for one in self._index.get((when, key), ()) if one.is_of(claim) and one not in found]
        return found

    @property
    def number(self) -> int:
        """How many records there are."""
        return len(self.care) + len(self.visits)

    def care_of(self, claim: Claim) -> dict[str, CareRecord]:
        """The months of care that the claim bills and that are on record; several records of one month are one."""
        found = {}
        for month in sorted({month_of(line.service_from) for line in claim.lines}):
            if mine := [one for one in self._of(claim, month) if isinstance(one, CareRecord)]:
                found[month] = merged(mine)
        return found

    def visit_of(self, claim: Claim) -> VisitRecord | None:
        """The record of the claim's unlisted home visit; one under its account counts, whatever its day."""
        of_its_day = next(iter(self._visits_of(claim)), None)
        return of_its_day or next((one for one in self.visits if one.account and one.is_of(claim)), None)

    def _visits_of(self, claim: Claim) -> list[VisitRecord]:
        days = sorted({line.service_from for line in claim.lines})
        return [one for day in days for one in self._of(claim, day) if isinstance(one, VisitRecord)]

    def doubt(self, claim: Claim) -> str:
        """Why what is on record for a claim cannot be relied on; an empty text when it can."""
        if any(one.may_be_of(claim) for one in self.unread):
            return (
                "A companion record that may be this claim's could not be read; correct what is said about its"
                " file, then give both again."
            )
        for month in sorted({month_of(line.service_from) for line in claim.lines}):
            if said := contradiction([one for one in self._of(claim, month) if isinstance(one, CareRecord)]):
                return f"Two companion records of {month} differ in {said}; keep the right one, then queue again."
        if len(set(self._visits_of(claim))) > 1:
            return "Two companion records of this visit differ; keep the right one, then give both again."
        return ""

    def strangers(self, claims: Iterable[Claim]) -> list[CareRecord | VisitRecord]:
        """The records that are of none of these claims."""
        used: set[int] = set()
        for claim in claims:
            used.add(id(self.visit_of(claim)))
            for line in claim.lines:
                for when in (line.service_from, month_of(line.service_from)):
                    used.update(id(one) for one in self._of(claim, when))
        both: list[CareRecord | VisitRecord] = [*self.care, *self.visits]
        return [one for one in both if id(one) not in used]

    def months(self) -> tuple[CareRecord, ...]:
        """Every patient's every month, once."""
        groups: dict[object, list[CareRecord]] = {}
        for record in self.care:
            groups.setdefault((record.month, record.identity), []).append(record)
        return tuple(merged(group) for group in groups.values())


def _keys(*known: str) -> list[str]:
    """What a patient is known by, for comparing; not what kind of thing each is."""
    return sorted({key for one in known if (key := _plain(one))})


def merged(records: list[CareRecord]) -> CareRecord:
    """Several records of one month as one: their logs together, and of each other part the first that says it."""
    first = records[0]
    known: dict[str, object] = {}
    for name in type(first).model_fields:
        if name != "log":
            known[name] = next((value for one in records if (value := getattr(one, name))), getattr(first, name))
    return first.model_copy(update={**known, "log": tuple(entry for one in records for entry in one.log)})


def contradiction(records: Sequence[CareRecord]) -> str:
    """What records of one month say differently, in words; an empty text when they agree."""
    for name in CareRecord.model_fields:
        said = {value for one in records if (value := getattr(one, name))}
        if name != "log" and name not in _IDENTITY and len(said) > 1:
            return name.replace("_", " ")
    return ""


def month_of(day: date) -> str:
    """The calendar month of a day, such as 2026-06."""
    return f"{day:%Y-%m}"

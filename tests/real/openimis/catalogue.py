"""Who and what openIMIS knows: what the seed writes and the tests use. Everybody here is invented.

The sixty people of `fixtures.people` are covered in full, so every claim of `fixtures.claims.generate` has its
insuree, diagnoses and services here. Diagnosis codes stand without their dot: openIMIS's field has six characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from fixtures.people import MEMBERS, PRACTICE

#: Everything seeded is valid from this day on.
SINCE: Final = date(2020, 1, 1)
#: Policies are good to this day, or, if they have lapsed, to that one.
UNTIL: Final = date(2049, 12, 31)
LAPSED_ON: Final = date(2025, 12, 31)


class Cover(StrEnum):
    """What a person's policy is good for."""

    #: Every service of the price list but those nobody covers.
    FULL = "full"
    #: Office visits only.
    PARTIAL = "partial"
    #: All of that, until it lapsed.
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Place:
    """A region, district, ward or village."""

    code: str
    name: str
    #: R, D, W or V.
    kind: str
    #: The code of the place that it lies in.
    within: str = ""


@dataclass(frozen=True, slots=True)
class Facility:
    """A health facility."""

    code: str  # at most eight characters
    name: str
    district: str


@dataclass(frozen=True, slots=True)
class Insuree:
    """An insured person."""

    number: str  # at most twelve characters
    last: str
    first: str
    birth_date: date
    sex: str  # F or M
    cover: Cover
    village: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service on the price list."""

    code: str
    name: str
    price: Decimal
    #: The covers that pay it, at the price that the claim asks.
    covers: frozenset[Cover]


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. Who works at a facility is a claim administrator there, their name as code:
    only so does the page for a new claim have its administrator."""

    name: str
    password: str
    last: str
    first: str
    role: str
    district: str
    #: The facility they work at; empty for the payer's own people.
    facility: str = ""


PLACES: Final = (
    Place("R1", "Bluff Country", "R"),
    Place("R1D1", "Maple County", "D", "R1"),
    Place("R1D1W1", "Hollow Ward", "W", "R1D1"),
    Place("R1D1W1V1", "Maple Hollow", "V", "R1D1W1"),
    Place("R1D2", "Birch County", "D", "R1"),
    Place("R1D2W1", "Ridge Ward", "W", "R1D2"),
    Place("R1D2W1V1", "Birch Ridge", "V", "R1D2W1"),
)
DISTRICT: Final = "R1D1"
VILLAGE: Final = "R1D1W1V1"
ELSEWHERE: Final = "R1D2W1V1"

FACILITY: Final = Facility("MHFM01", PRACTICE.name, DISTRICT)
#: In the other district: nobody's who may sign in.
OTHER_FACILITY: Final = Facility("BRCL01", "Birch Ridge Clinic", "R1D2")
FACILITIES: Final = (FACILITY, OTHER_FACILITY)

_OFFICE: Final = frozenset({Cover.FULL, Cover.LAPSED, Cover.PARTIAL})
_ELSE: Final = frozenset({Cover.FULL, Cover.LAPSED})
#: Covered by nobody's policy.
UNCOVERED: Final = "99199"


def _service(code: str, price: str, name: str, covers: frozenset[Cover] = _ELSE) -> Service:
    return Service(code, name, Decimal(price), covers)


SERVICES: Final = (
    _service("99490", "62.00", "Chronic care management, first 20 minutes"),
    _service("99439", "47.00", "Chronic care management, each further 20 minutes"),
    _service("99491", "86.00", "Chronic care management by the physician, first 30 minutes"),
    _service("99437", "61.00", "Chronic care management by the physician, each further 30 minutes"),
    _service("99487", "134.00", "Complex chronic care management, first 60 minutes"),
    _service("99489", "71.00", "Complex chronic care management, each further 30 minutes"),
    _service("99600", "165.00", "Unlisted home visit service"),
    _service("99202", "112.00", "Office visit, new patient, straightforward", _OFFICE),
    _service("99203", "172.00", "Office visit, new patient, low", _OFFICE),
    _service("99204", "258.00", "Office visit, new patient, moderate", _OFFICE),
    _service("99205", "340.00", "Office visit, new patient, high", _OFFICE),
    _service("99211", "41.00", "Office visit, established patient, minimal", _OFFICE),
    _service("99212", "79.00", "Office visit, established patient, straightforward", _OFFICE),
    _service("99213", "128.00", "Office visit, established patient, low", _OFFICE),
    _service("99214", "181.00", "Office visit, established patient, moderate", _OFFICE),
    _service("99215", "254.00", "Office visit, established patient, high", _OFFICE),
    _service("99341", "97.00", "Home visit, new patient, straightforward"),
    _service("99342", "139.00", "Home visit, new patient, low"),
    _service("99344", "251.00", "Home visit, new patient, moderate"),
    _service("99345", "320.00", "Home visit, new patient, high"),
    _service("99347", "88.00", "Home visit, established patient, straightforward"),
    _service("99348", "147.00", "Home visit, established patient, low"),
    _service("99349", "214.00", "Home visit, established patient, moderate"),
    _service("99350", "289.00", "Home visit, established patient, high"),
    _service("36415", "12.00", "Collection of venous blood"),
    _service(UNCOVERED, "150.00", "Unlisted special service", frozenset()),
)

#: A thing that may be billed beside services: code, name, price. No product covers it.
ITEM: Final = ("A4649", "Surgical supply, miscellaneous", Decimal("25.00"))

#: Code and description (ICD-10-CM).
DIAGNOSES: Final = (
    ("E119", "Type 2 diabetes mellitus without complications"),
    ("E1122", "Type 2 diabetes mellitus with diabetic chronic kidney disease"),
    ("E785", "Hyperlipidemia, unspecified"),
    ("I10", "Essential (primary) hypertension"),
    ("I2510", "Atherosclerotic heart disease of native coronary artery without angina pectoris"),
    ("I4891", "Unspecified atrial fibrillation"),
    ("I509", "Heart failure, unspecified"),
    ("J449", "Chronic obstructive pulmonary disease, unspecified"),
    ("L97921", "Non-pressure chronic ulcer of left lower leg limited to breakdown of skin"),
    ("M170", "Bilateral primary osteoarthritis of knee"),
    ("N1830", "Chronic kidney disease, stage 3 unspecified"),
    ("N1831", "Chronic kidney disease, stage 3a"),
    ("Z7401", "Bed confinement status"),
)

_MORE: Final = (
    ("Underhill", "Ada", "F"), ("Vandermeer", "Cyrus", "M"), ("Wetherby", "Nell", "F"), ("Yarrow", "Jonas", "M"),
)  # fmt: skip


def _more(first_number: int, cover: Cover, born: int) -> tuple[Insuree, ...]:
    return tuple(
        Insuree(f"{first_number + place * 7}", last, first, date(born, 3 + place, 9), sex, cover, VILLAGE)
        for place, (last, first, sex) in enumerate(_MORE)
    )


#: In the order of `fixtures.people.MEMBERS`.
COVERED: Final = tuple(
    Insuree(f"{770_100_000 + place * 13}", one.last, one.first, one.birth_date, one.sex, Cover.FULL, VILLAGE)
    for place, one in enumerate(MEMBERS)
)
PARTLY_COVERED: Final = _more(770_200_000, Cover.PARTIAL, 1941)
LAPSED: Final = _more(770_300_000, Cover.LAPSED, 1947)
#: Lives in the other district: the clerks do not find her.
OUT_OF_SIGHT: Final = Insuree("770400000", "Zeller", "Marta", date(1938, 5, 17), "F", Cover.FULL, ELSEWHERE)
INSUREES: Final = (*COVERED, *PARTLY_COVERED, *LAPSED, OUT_OF_SIGHT)

#: The numbers of openIMIS's rights. Without 111008 (review) the claim form shows itself read-only.
_LOOK: Final = (101001, 101101, 101201, 121101, 121401, 121601, 121901, 122101)
ROLES: Final = {
    "Clerk": (*_LOOK, 111001, 111002, 111004, 111005, 111006, 111007, 111008, 111010),
    "Reviewer": (*_LOOK, 111001, 111005, 111006, 111008, 111009, 111010, 111011),
}

CLERK: Final = User("clerk.ada", "lantern-Orchard-41", "Quimby", "Ada", "Clerk", DISTRICT, FACILITY.code)
CLERK_2: Final = User("clerk.ben", "thimble-Meadow-77", "Prewitt", "Ben", "Clerk", DISTRICT, FACILITY.code)
REVIEWER: Final = User("reviewer.sol", "quarry-Lighthouse-09", "Amberly", "Sol", "Reviewer", DISTRICT)
USERS: Final = (CLERK, CLERK_2, REVIEWER)

"""What a portal says, without whom it says it of: complaints quote members, and are read by everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.claims.model import Claim, Person

_HIDDEN = "…"
#: How portals write days.
_DAYS = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%m-%d-%Y", "%m%d%Y", "%m/%d/%y", "%d-%m-%Y", "%d/%m/%Y")


def without(claim: Claim, text: str) -> str:
    """The text without the names, birth dates, member ids and diagnoses of this claim, as whole words."""
    known = sorted({re.escape(word) for word in _words(claim) if len(word) > 1}, key=len, reverse=True)
    return re.sub(rf"(?<!\w)(?:{'|'.join(known)})(?!\w)", _HIDDEN, text, flags=re.IGNORECASE) if known else text


def _words(claim: Claim) -> Iterator[str]:
    for person in filter(None, (claim.subscriber, claim.dependant)):
        yield from _of_person(person)
    for other in claim.other_insurance:
        yield from _of_person(other.insured)
        yield other.member_id
    yield claim.subscriber.member_id
    yield claim.medical_record_number
    for diagnosis in claim.diagnoses:
        yield from (diagnosis, diagnosis.replace(".", ""))


def _of_person(person: Person) -> Iterator[str]:
    yield from (person.last, person.first, person.middle)
    if person.birth_date is not None:
        yield from (person.birth_date.strftime(form) for form in _DAYS)

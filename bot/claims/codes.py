"""The codes in which payers say why and how far: what each means to a billing office, and what to do about it.

The tables hold what is known here and nothing else. Sources: claim adjustment reason codes (CARC), remark codes
(RARC) and claim status categories are public code lists, here in our words; CLP02 is as the element table of
005010X221A1 has it; the actions are a billing office's practice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from bot.claims.vocabulary import Status


class Sort(Enum):
    """What a reason does to what was charged."""

    #: The payer's contract or schedule: nothing to do.
    CONTRACT = auto()
    #: The patient, or the next payer, owes it.
    PATIENT = auto()
    #: It is not paid, and somebody may do something about it.
    DENIAL = auto()
    #: It says more about another reason, or how far the payer is.
    REMARK = auto()


@dataclass(frozen=True, slots=True)
class Known:
    """What one code means."""

    sort: Sort
    words: str
    #: Empty where there is nothing to do.
    action: str = ""


@dataclass(frozen=True, slots=True)
class Category:
    """What one claim status category means."""

    #: None: it answers the question, and says nothing about the claim.
    status: Status | None
    words: str
    #: Empty where there is nothing to do.
    action: str = ""


REMARKS_TELL = "Read the remark codes, correct the claim; where MA130 stands, send it as a new one."
_NEVER_BILL = "A qualified Medicare beneficiary: never bill the patient; bill Medicaid."
_NEXT = "Bill the secondary payer first, or see that it crossed over; then the patient."

#: By claim adjustment reason code (CAS02).
CARC: Mapping[str, Known] = {
    "1": Known(Sort.PATIENT, "deductible", _NEXT),
    "2": Known(Sort.PATIENT, "coinsurance", _NEXT),
    "3": Known(Sort.PATIENT, "copayment", _NEXT),
    "16": Known(Sort.DENIAL, "information is missing or invalid", REMARKS_TELL),
    "18": Known(Sort.DENIAL, "exact duplicate", "Find the first claim; do not send this one again."),
    "22": Known(Sort.DENIAL, "another payer pays first", "Bill the primary payer first."),
    "26": Known(Sort.DENIAL, "before coverage began", "Check the patient's eligibility on that day."),
    "27": Known(Sort.DENIAL, "after coverage ended", "Check the patient's eligibility on that day."),
    "29": Known(Sort.DENIAL, "filed too late", "Send the proof of timely filing; then appeal."),
    "31": Known(Sort.DENIAL, "patient not identified", "Check member number, name and birth date."),
    "45": Known(Sort.CONTRACT, "above the fee schedule"),
    "50": Known(Sort.DENIAL, "not medically necessary", "Send the records and appeal."),
    "96": Known(Sort.DENIAL, "not covered", "Check the payer's policy, and whether the patient was told."),
    "97": Known(
        Sort.DENIAL, "included in another service", "Check the other service or practitioner, and the modifier."
    ),
    "109": Known(Sort.DENIAL, "not this payer's", "Bill the right payer."),
    "119": Known(Sort.DENIAL, "benefit maximum reached", "Check the units, and whether somebody else billed it."),
    "150": Known(Sort.DENIAL, "the information does not support this level", "Send the records."),
    "151": Known(
        Sort.DENIAL, "this many are not supported", "Check the units, and whether somebody else billed it."
    ),
    "197": Known(Sort.DENIAL, "authorisation missing", "Ask for a retroactive authorisation."),
    "198": Known(Sort.DENIAL, "authorisation exceeded", "Ask for a retroactive authorisation."),
    "204": Known(Sort.DENIAL, "not covered under this plan", "Check the payer's policy."),
    "209": Known(Sort.PATIENT, "the patient may not be billed", _NEVER_BILL),
    "252": Known(Sort.DENIAL, "an attachment is needed", "Send the records."),
    "B7": Known(Sort.DENIAL, "provider not eligible on that day", "Check the provider's enrolment."),
    "B20": Known(
        Sort.DENIAL, "done by another provider", "Check who else billed this month; only one of them is paid."
    ),
}
#: At Medicare a late claim has no appeal.
MEDICARE = frozenset({"MA", "MB"})
LATE_AT_MEDICARE = "No appeal: ask for an exception to the filing limit, if there is one."

#: By remittance advice remark code (MIA, MOA, LQ HE).
RARC: Mapping[str, Known] = {
    "MA04": Known(Sort.REMARK, "the primary payer's payment is missing", "Send the primary payer's remittance."),
    "MA130": Known(
        Sort.REMARK,
        "cannot be processed; no appeal",
        "Correct it and send it as a new claim within the filing limit.",
    ),
    "M51": Known(Sort.REMARK, "procedure code missing or invalid", "Check the procedure code."),
    "M76": Known(Sort.REMARK, "diagnosis missing or invalid", "Check the diagnoses."),
    "M127": Known(Sort.REMARK, "the medical record is missing", "Send the records."),
    "N4": Known(Sort.REMARK, "the primary payer's remittance is missing", "Send the primary payer's remittance."),
    "N29": Known(Sort.REMARK, "documentation is missing", "Send the records."),
    "N56": Known(Sort.REMARK, "procedure code not right for the service or day", "Check the procedure code."),
    "N265": Known(Sort.REMARK, "ordering provider's NPI missing or invalid", "Check the NPI."),
    "N290": Known(Sort.REMARK, "rendering provider's NPI missing or invalid", "Check the NPI."),
    "N519": Known(Sort.REMARK, "codes and modifiers do not go together", "Check the codes and modifiers."),
    "N781": Known(Sort.PATIENT, "the patient may not be billed (deductible)", _NEVER_BILL),
    "N782": Known(Sort.PATIENT, "the patient may not be billed (coinsurance)", _NEVER_BILL),
    "N783": Known(Sort.PATIENT, "the patient may not be billed (copayment)", _NEVER_BILL),
}
UNPROCESSABLE = "MA130"

#: Claim status codes (CLP02) by which a claim was decided here, whatever was paid.
DECIDED = frozenset({"1", "2", "3", "4", "19", "20", "21"})
DENIED = "4"
#: Those that say all there is to say.
FINAL: Mapping[str, Status] = {"22": Status.REVERSED, "23": Status.FORWARDED}

_FIX = "Fix it in your practice system and send it as a new claim."
_RECORDS = "Send what the payer asks for, before its deadline."


#: By claim status category (STC01-1).
CATEGORIES: Mapping[str, Category] = {
    "A0": Category(Status.PENDING, "forwarded to somebody else", "Find out who holds it."),
    "A1": Category(Status.PENDING, "received, not yet accepted", "Look again on the next business day."),
    "A2": Category(Status.PENDING, "accepted, being decided"),
    "A3": Category(Status.UNPROCESSABLE, "returned unprocessable", _FIX),
    "A4": Category(
        Status.NOT_ON_FILE, "not found", "Look in the portal whether it is there; if not, send it as new."
    ),
    "A5": Category(Status.PENDING, "split into several claims", "Follow each of the payer's numbers."),
    "A6": Category(Status.UNPROCESSABLE, "rejected: something is missing", _FIX),
    "A7": Category(Status.UNPROCESSABLE, "rejected: something is invalid", _FIX),
    "A8": Category(Status.UNPROCESSABLE, "rejected: fields contradict each other", _FIX),
    "P0": Category(Status.PENDING, "pending"),
    "P1": Category(Status.PENDING, "in process"),
    "P2": Category(Status.PENDING, "under review at the payer"),
    "P3": Category(Status.INFO_REQUESTED, "the payer asks the provider for information", _RECORDS),
    "P4": Category(Status.INFO_REQUESTED, "the payer asks the patient for information", "Tell the patient."),
    "P5": Category(Status.PENDING, "on hold at the payer"),
    "F0": Category(Status.FINALIZED, "finished"),
    "F1": Category(Status.PAID, "paid"),
    "F2": Category(Status.DENIED, "denied", "Get the remittance; its reasons say what to do."),
    "F3": Category(Status.FINALIZED, "finished, revised", "Check who pays next."),
    "F3F": Category(Status.FINALIZED, "finished, forwarded to the next payer", "Follow it at the next payer."),
    "F3N": Category(Status.FINALIZED, "finished, not forwarded", "Bill the next payer."),
    "F4": Category(Status.FINALIZED, "finished, no payment to come", "Check why nothing is to be paid."),
    "D0": Category(None, "the payer could not search for it"),
    **{f"E{number}": Category(None, "the payer could not answer") for number in range(5)},
    **{
        code: Category(Status.INFO_REQUESTED, "the payer asks for more information", _RECORDS)
        for code in (*(f"R{number}" for number in range(18)), "RQ")
    },
}

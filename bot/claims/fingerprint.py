"""Recognises a claim that was here before, without keeping anything one could read about the patient.

All functions return keyed hashes (HMAC-SHA256, hexadecimal) of normalised values: case, blanks, punctuation
in identifiers and trailing zeros of amounts do not matter, nor does the order of the lines. The key belongs
to the installation; with another key nothing matches.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from decimal import Decimal

from bot.claims.model import Claim, Frequency


def fingerprint(claim: Claim, payer_slug: str, key: bytes) -> str:
    """Return what makes this claim this claim: equal for the same claim from another file or another day.

    It covers payer, billing NPI, member (and the dependant: twins share a member number), every line's dates,
    code, modifiers in order, units, charge and place of service, the total, and for a replacement or void also
    its kind and the payer's number that it corrects.
    """
    lines = sorted(
        [
            line.service_from.isoformat(),
            line.service_to.isoformat(),
            _identifier(line.code),
            [_identifier(modifier) for modifier in line.modifiers],
            _number(line.units),
            _number(line.charge),
            _identifier(claim.place_of(line)),
        ]
        for line in claim.lines
    )
    correction = (
        []
        if claim.frequency is Frequency.ORIGINAL
        else [claim.frequency.value, _identifier(claim.original_control_number)]
    )
    npi = _identifier(claim.billing.npi)
    return _hash(
        key, ["claim", _identifier(payer_slug), npi, _patient(claim), lines, _number(claim.charge), correction]
    )


def likeness(claim: Claim, payer_slug: str, key: bytes) -> frozenset[str]:
    """Return one hash for each service: payer, patient, first day and code.

    Two claims that share one are about the same service; with different fingerprints one looks like a fix of
    the other.
    """
    payer, patient = _identifier(payer_slug), _patient(claim)
    return frozenset(
        _hash(key, ["line", payer, patient, line.service_from.isoformat(), _identifier(line.code)])
        for line in claim.lines
    )


def patient_months(claim: Claim, payer_slug: str, key: bytes) -> frozenset[str]:
    """Return one hash for each calendar month in which the patient was served, and one for the planning service
    (G0506) that is billed once in a lifetime: claims that share one are to be looked at together.
    """
    payer, patient = _identifier(payer_slug), _patient(claim)
    spans = {f"{line.service_from:%Y-%m}" for line in claim.lines}
    spans |= {"ever" for line in claim.lines if line.code == "G0506"}
    return frozenset(_hash(key, ["month", payer, patient, span]) for span in spans)


def _patient(claim: Claim) -> list[str]:
    member = [_identifier(claim.subscriber.member_id)]
    if claim.dependant is not None:
        born = claim.dependant.birth_date
        member += [_identifier(claim.dependant.first), born.isoformat() if born else ""]
    return member


def _identifier(text: str) -> str:
    return "".join(mark for mark in text.casefold() if mark.isalnum())


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _hash(key: bytes, content: list[object]) -> str:
    return hmac.new(key, json.dumps(content).encode(), hashlib.sha256).hexdigest()

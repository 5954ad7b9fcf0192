"""Invented claims of every shape that a file can carry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from string import ascii_uppercase, digits
from typing import Any

from hypothesis import strategies as st

from bot.claims.identifiers import PLACES_OF_SERVICE
from bot.claims.model import (
    Accident,
    Address,
    Adjustment,
    Attachment,
    BillingProvider,
    Claim,
    Drug,
    Frequency,
    Line,
    LinePayment,
    OtherDate,
    OtherId,
    OtherInsurance,
    Payer,
    Person,
    Provider,
    Subscriber,
)
from fixtures.claims.writers import Separators

#: None of these is ever a separator here; the accents are in Windows-1252 too.
_LETTERS = ascii_uppercase + digits + "abcxyz -'.,&#/()éüÑ"

words = st.text(_LETTERS, min_size=1, max_size=12).map(lambda text: " ".join(text.split())).filter(bool)
maybe_words = st.one_of(st.just(""), words)
codes = st.text(ascii_uppercase + digits, min_size=2, max_size=6)
maybe_codes = st.one_of(st.just(""), codes)
numerals = st.text(digits, min_size=3, max_size=11)
days = st.dates(date(1900, 1, 1), date(2099, 12, 31))
maybe_days = st.none() | days
money = st.decimals(Decimal(0), Decimal("999999.99"), places=2)
any_money = st.decimals(Decimal("-999.99"), Decimal("999999.99"), places=2)
quantities = st.decimals(Decimal("0.001"), Decimal(999), places=3)
places = st.sampled_from(sorted(PLACES_OF_SERVICE))
separators = st.builds(
    Separators,
    element=st.sampled_from("*|+\x1d\t"),
    component=st.sampled_from(":<>\x1f\\"),
    terminator=st.sampled_from("~\x1c!\r\n"),
    ending=st.sampled_from(["", "\n", "\r\n", "\n   ", " "]),
)

addresses = st.builds(
    Address,
    street=words,
    street2=maybe_words,
    city=words,
    state=st.sampled_from(["MN", "WI"]),
    zip_code=st.sampled_from(["55001", "550010001"]),
)
_other_ids = st.lists(
    st.builds(OtherId, kind=st.sampled_from(["0B", "1G", "G2", "LU"]), number=words), max_size=2
).map(tuple)


def _providers(**more: Any) -> st.SearchStrategy[Provider]:
    return st.builds(
        Provider,
        npi=numerals,
        name=words,
        first=maybe_words,
        taxonomy=st.just("") | st.just("207Q00000X"),
        **more,
    )


_providers_837 = _providers(
    middle=maybe_words, suffix=maybe_words, address=st.none() | addresses, other_ids=_other_ids
)
_people: dict[str, Any] = {
    "last": words,
    "first": maybe_words,
    "middle": maybe_words,
    "suffix": maybe_words,
    "birth_date": maybe_days,
    "sex": st.sampled_from(["", "F", "M", "U"]),
    "address": st.none() | addresses,
}
_people_837: dict[str, Any] = {**_people, "died_on": maybe_days, "pregnant": st.booleans()}
_insured: dict[str, Any] = {
    "member_id": words,
    "group_number": maybe_words,
    "plan_name": maybe_words,
    "filing_indicator": maybe_codes,
    "insurance_type": maybe_codes,
    "payer_order": st.sampled_from("PST"),
}
_billing: dict[str, Any] = {
    "npi": numerals,
    "name": words,
    "first": maybe_words,
    "taxonomy": st.just("") | st.just("207Q00000X"),
    "address": st.none() | addresses,
    "tin": st.just("990000017"),
    "tin_type": st.sampled_from(["EI", "SY"]),
    "phone": st.just("") | st.just("6515550142"),
}
_adjustments = st.lists(
    st.builds(
        Adjustment,
        group=st.sampled_from(["CO", "PR", "OA"]),
        reason=codes,
        amount=any_money,
        quantity=st.none() | quantities,
    ),
    max_size=3,
).map(tuple)
_other_dates = st.lists(
    st.builds(OtherDate, kind=st.sampled_from(["454", "304", "484", "314"]), on=days, until=maybe_days), max_size=2
).map(tuple)
_attachments = st.lists(
    st.builds(
        Attachment,
        report_type=st.sampled_from(["OZ", "PN"]),
        transmission=st.sampled_from(["EL", "FX", "AA"]),
        control_number=words,
    ),
    max_size=3,
    unique_by=lambda item: item.control_number,
).map(tuple)
_payments = st.lists(
    st.builds(
        LinePayment,
        payer_id=codes,
        paid=any_money,
        code=maybe_codes,
        modifiers=st.lists(st.just("25") | st.just("GT"), max_size=4).map(tuple),
        units=st.none() | quantities,
        bundled_into=st.none() | st.integers(1, 50),
        patient_owes=st.none() | money,
        paid_on=maybe_days,
        adjustments=_adjustments,
    ).filter(lambda payment: bool(payment.code) or not payment.modifiers),
    max_size=2,
).map(tuple)
_other_insurance = st.lists(
    st.builds(
        OtherInsurance,
        payer=st.builds(Payer, name=maybe_words, payer_id=maybe_words),
        insured=st.builds(Person, **_people),
        member_id=maybe_words,
        group_number=maybe_words,
        plan_name=maybe_words,
        filing_indicator=maybe_codes,
        insurance_type=maybe_codes,
        payer_order=st.sampled_from("PST"),
        relationship=st.sampled_from(["18", "01"]),
        benefits_assignment=st.sampled_from("YNW"),
        release_of_information=st.sampled_from("YI"),
        paid=st.none() | money,
        non_covered=st.none() | money,
        patient_owes=st.none() | money,
        paid_on=maybe_days,
        control_number=maybe_words,
        adjustments=_adjustments,
        remarks=st.lists(codes, max_size=3).map(tuple),
    ),
    max_size=2,
).map(tuple)
_drugs = st.one_of(
    st.none(), st.builds(Drug, ndc=numerals, quantity=quantities, unit=st.sampled_from(["ML", "UN"]))
)
_line: dict[str, Any] = {
    "service_from": days,
    "service_to": days,
    "code": codes,
    "modifiers": st.lists(st.sampled_from(["25", "GT", "59", "TD"]), max_size=4).map(tuple),
    "description": maybe_words,
    "pointers": st.lists(st.integers(1, 12), min_size=1, max_size=4).map(tuple),
    "charge": money,
    "units": quantities,
    "unit_type": st.sampled_from(["UN", "MJ"]),
    "place_of_service": st.just("") | places,
    "emergency": st.booleans(),
    "epsdt": st.booleans(),
    "family_planning": st.booleans(),
    "drug": _drugs,
    "note": maybe_words,
    "control_number": maybe_words,
    "prior_authorisation": maybe_words,
}
_claim: dict[str, Any] = {
    "account": words,
    "payer": st.builds(Payer, name=words, payer_id=maybe_words),
    "diagnoses": st.lists(codes, max_size=12).map(tuple),
    "charge": money,
    "place_of_service": places,
    "frequency": st.sampled_from(Frequency),
    "original_control_number": maybe_words,
    "prior_authorisation": maybe_words,
    "referral_number": maybe_words,
    "clia": maybe_codes,
    "accept_assignment": st.sampled_from("ABC"),
    "benefits_assignment": st.sampled_from("YNW"),
    "release_of_information": st.sampled_from("YI"),
    "signature_on_file": st.sampled_from("YN"),
    "signature_source": st.sampled_from(["", "P"]),
    "special_program": st.sampled_from(["", "02"]),
    "medical_record_number": maybe_words,
    "property_casualty_number": maybe_words,
    "note": maybe_words,
    "onset_on": maybe_days,
    "admitted_on": maybe_days,
    "discharged_on": maybe_days,
    "delay_reason": st.sampled_from(["", "3"]),
    "accident": st.none()
    | st.builds(
        Accident, cause=st.sampled_from(["AA", "EM", "OA"]), on=maybe_days, state=st.sampled_from(["", "MN"])
    ),
    "condition_codes": st.lists(codes, max_size=3).map(tuple),
    "patient_paid": st.none() | money,
    "attachments": _attachments,
}


def _patients(people: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.just({"dependant": None, "relationship": "18"}),
        st.fixed_dictionaries(
            {"dependant": st.builds(Person, **people), "relationship": st.sampled_from(["01", "19", "G8"])}
        ),
    )


@st.composite
def claims_837(draw: st.DrawFn) -> Claim:
    """Everything an 837P carries and the model has a field for."""
    provider = st.none() | _providers_837
    line = st.builds(
        Line,
        **_line,
        rendering=provider,
        ordering=provider,
        referring=provider,
        supervising=provider,
        facility=provider,
        other_dates=_other_dates,
        referral_number=maybe_words,
        paid_by_others=_payments,
        attachments=_attachments,
    )
    return Claim(
        **{name: draw(strategy) for name, strategy in _claim.items()},
        **draw(_patients(_people_837)),
        billing=draw(
            st.builds(BillingProvider, **_billing, middle=maybe_words, suffix=maybe_words, other_ids=_other_ids)
        ),
        pay_to=draw(st.none() | addresses),
        subscriber=draw(st.builds(Subscriber, **_people_837, **_insured)),
        rendering=draw(provider),
        referring=draw(provider),
        supervising=draw(provider),
        facility=draw(provider),
        other_dates=draw(_other_dates),
        other_insurance=draw(_other_insurance),
        lines=tuple(draw(st.lists(line, max_size=3))),
    )


@st.composite
def claims_csv(draw: st.DrawFn) -> Claim:
    """What the CSV template has columns for."""
    provider = st.none() | _providers()
    line = st.builds(Line, **_line, rendering=provider, ordering=provider)
    facility = st.none() | st.builds(Provider, npi=numerals, name=words, address=st.none() | addresses)
    return Claim(
        **{name: draw(strategy) for name, strategy in _claim.items()},
        **draw(_patients(_people)),
        billing=draw(st.builds(BillingProvider, **_billing)),
        subscriber=draw(st.builds(Subscriber, **_people, **_insured)),
        rendering=draw(provider),
        referring=draw(provider),
        supervising=draw(provider),
        facility=draw(facility),
        lines=tuple(draw(st.lists(line, min_size=1, max_size=3))),
    )

"""Reads 837P claim files (005010X222, X222A1, X222A2): segments in, claims out, one at a time.

The order of the segments is what counts, as X12 demands: an HL opens a billing provider (20), a subscriber
(22) or a patient (23); CLM opens a claim under it, LX a line, SBR after CLM another insurance, SVD what that
paid for a line; an NM1 belongs to whatever is open, and so does all that follows it. What is said and cannot
be carried by the model is named in `Claim.unread`; what is said and cannot be understood makes the claim a
problem. Nothing is passed over in silence, and one bad claim does not stop the next.

Source: the element table of 005010X222A1 shipped with pyx12, and the implementation guide's loop order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.claims.elements import CENT, day_of, number_of
from bot.claims.guides import ACKNOWLEDGMENT, Guide, recognise
from bot.claims.interchange import Report, Segment, read_segments
from bot.claims.model import (
    BillingProvider,
    Claim,
    Found,
    Payer,
    Person,
    Problem,
    Severity,
    Subscriber,
)
from bot.claims.wording import explain

#: CLM05, which shows the separator in use: place of service, qualifier, frequency.
_SITE = re.compile(r"[0-9A-Z]{0,2}([^0-9A-Za-z. -])B?\1[0-9A-Z]")
#: Some programs write every number with decimals.
_POINTER = re.compile(r"[0-9]{1,2}(?:\.0*)?")
_TRAILERS = frozenset({"SE", "GE", "IEA", "ST", "GS", "ISA"})

_PROVIDERS = {"82": "rendering", "DN": "referring", "DQ": "supervising", "77": "facility"}
_LINE_PROVIDERS = {**_PROVIDERS, "DK": "ordering"}
_CLAIM_DATES = {"431": "onset_on", "435": "admitted_on", "096": "discharged_on"}
_CLAIM_NUMBERS = {
    "F8": "original_control_number",
    "G1": "prior_authorisation",
    "9F": "referral_number",
    "X4": "clia",
    "EA": "medical_record_number",
}
_LINE_NUMBERS = {"6R": "control_number", "G1": "prior_authorisation", "9F": "referral_number"}
_OTHER_AMOUNTS = {"D": "paid", "A8": "non_covered", "EAF": "patient_owes"}
#: Numbers a clearinghouse puts in for itself; no payer's page asks for them.
_TRANSMISSION_NUMBERS = frozenset({"D9"})

#: Segments that the model has no fields for, in words.
_UNREAD = {
    "CN1": "contract terms",
    "CR1": "ambulance transport",
    "CR2": "spinal manipulation",
    "CR3": "equipment certification",
    "CRC": "patient condition",
    "CUR": "currency",
    "FRM": "form answers",
    "HCP": "repricing",
    "K3": "file information",
    "LQ": "form",
    "MEA": "test result",
    "PS1": "purchased service",
    "QTY": "quantity",
    "SV5": "equipment rental",
}
_UNREAD_PARTIES = {
    "45": "ambulance drop-off",
    "PW": "ambulance pick-up",
    "P3": "primary care provider",
    "QB": "purchased service provider",
    "PE": "pay-to plan",
}


@dataclass(slots=True, eq=False)
class _Fault:
    """Something that keeps a claim from being built."""

    segment: Segment
    field: str
    message: str
    rule: str = "unreadable"
    #: Service line, from 1.
    line: int | None = None


@dataclass(slots=True, eq=False)
class _Draft:
    """The values of one loop as they are gathered, and what was wrong or has no field."""

    data: dict[str, Any] = field(default_factory=dict)
    faults: list[_Fault] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Level(_Draft):
    """A billing provider, subscriber or patient: what the claims below it share."""

    #: HL01.
    id: str = ""
    #: The finished model, built with the first claim.
    built: Any = None
    payer: dict[str, Any] = field(default_factory=dict)
    property_casualty_number: str = ""
    relationship: str = ""
    #: Numbers of the billing provider that count at this payer only (2010BB REF).
    billing_ids: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _ClaimDraft(_Draft):
    """A claim as it is gathered."""

    segment: Segment | None = None
    account: str = ""
    charge: Decimal = Decimal(0)
    lines: list[dict[str, Any]] = field(default_factory=list)
    services: int = 0
    #: Lines of an institutional (SV2) or dental (SV3) kind.
    foreign: int = 0
    #: The component separator the claim uses where its interchange names another one.
    component: str = ""


class _Claims:
    """The state between two segments. `take` hands out a claim when the segment after it arrives."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._reported: set[tuple[str, str]] = set()
        self._gs08 = ""
        self._guide = Guide.FOREIGN
        self._what = ""
        self._acknowledged = False
        self._billing: _Level | None = None
        self._subscriber: _Level | None = None
        self._patient: _Level | None = None
        self._level: _Level | None = None
        #: A level of no known kind.
        self._stray: _Level | None = None
        self._hl = 0
        self._claim: _ClaimDraft | None = None
        self._other: dict[str, Any] | None = None
        self._line: dict[str, Any] | None = None
        self._payment: dict[str, Any] | None = None
        #: Whoever the last NM1 named: N3, N4, PER, REF, PRV and DMG are about them. None: nobody we carry.
        self._party: dict[str, Any] | None = None
        self._party_code = ""
        self.found = 0

    # The file as a whole ------------------------------------------------------------------------------------

    def _tell(self, severity: Severity, rule: str, message: str, segment: Segment) -> None:
        """Report something about the file, each thing once: a file may repeat it a hundred thousand times."""
        if (rule, message) not in self._reported:
            self._reported.add((rule, message))
            self._report(Problem(severity=severity, rule=rule, message=message, place=segment.place))

    def take(self, segment: Segment) -> Found | None:
        """Take the next segment; return the claim that it closes, if it closes one."""
        name = segment.id
        found = None
        if name in _TRAILERS or name == "HL" or name == "CLM":
            found = self._close(complete=name in ("SE", "HL", "CLM"))
        if name in _TRAILERS:
            self._envelope(segment)
        elif self._guide is Guide.FOREIGN:
            if name == "TA1":
                self._foreign(ACKNOWLEDGMENT, segment)
        elif name == "HL":
            self._open_level(segment)
        elif name == "CLM":
            self._open_claim(segment)
        else:
            if self._claim is not None and self._claim.component:
                segment.component = self._claim.component
            if segment.garbled:
                self._fault(segment, "", "it holds a line break or characters that are not text")
            self._detail(segment)
        return found

    def finish(self) -> Found | None:
        """Return the claim that the end of the file cut short, if one was open."""
        return self._close(complete=False)

    def _foreign(self, what: str, segment: Segment) -> None:
        self._tell(Severity.BLOCK, "file-type", f"This is {what}, not a professional claim file.", segment)

    def _envelope(self, segment: Segment) -> None:
        self._billing = self._subscriber = self._patient = self._level = self._stray = None
        self._hl = 0
        if segment.id == "GS":
            self._gs08 = segment[8]
        elif segment.id == "ST":
            self._guide, self._what = recognise(segment[1], self._gs08, segment[3])
            if self._guide is Guide.FOREIGN:
                self._foreign(self._what, segment)
            elif self._guide is Guide.UNCLEAR:
                self._tell(
                    Severity.WARN,
                    "guide",
                    "The file header names no guide for professional claims; it is read as 005010X222A1.",
                    segment,
                )
        elif segment.id == "ISA":
            self._gs08 = ""
            if segment[15] == "T":
                self._tell(Severity.WARN, "test-file", "The file is marked as a test file (ISA15 is T).", segment)
        if segment.id != "ST":
            self._guide = Guide.FOREIGN

    # Levels ---------------------------------------------------------------------------------------------------

    def _open_level(self, segment: Segment) -> None:
        self._hl += 1
        self._party = None
        self._party_code = ""
        level = _Level(id=segment[1])
        kind = segment[3]
        if kind == "20":
            self._billing, self._subscriber, self._patient = level, None, None
        elif kind == "22":
            self._check_parent(segment, self._billing, level)
            self._subscriber, self._patient = level, None
        elif kind == "23":
            self._check_parent(segment, self._subscriber, level)
            self._patient = level
        else:
            level.faults.append(_Fault(segment, "HL03", "the level code is none of 20, 22 and 23", "hierarchy"))
        self._stray = None if kind in ("20", "22", "23") else level
        self._level = level

    def _check_parent(self, segment: Segment, parent: _Level | None, level: _Level) -> None:
        """Compare the parent a level names (HL02) with the one it stands under, which is what counts.

        Many programs number their levels wrongly and that is harmless. But where the numbers are otherwise
        right and this one names an earlier level of the same kind, the file says two things about whose claim
        this is.
        """
        if parent is None or segment[2] == parent.id or self._guide is Guide.OTHER_VERSION:
            return
        own, named, standing = (_level_number(text) for text in (segment[1], segment[2], parent.id))
        billing = self._billing.id if self._billing else ""
        if own == self._hl and 0 < named < standing and (parent is self._billing or segment[2] != billing):
            level.faults.append(
                _Fault(
                    segment, "HL02", "it says that it belongs to one level and stands under another", "hierarchy"
                )
            )
        else:
            self._tell(
                Severity.WARN,
                "hierarchy",
                "Level numbers (HL) are wrong in this file; claims are read in the order they stand in.",
                segment,
            )

    # Claims -----------------------------------------------------------------------------------------------------

    def _open_claim(self, segment: Segment) -> None:
        claim = _ClaimDraft(segment=segment, account=segment[1])
        self._claim, self._other, self._line, self._payment = claim, None, None, None
        self._party = None
        self._party_code = ""
        if not segment[1]:
            self._fault(segment, "Patient account number", "it is missing (CLM01)")
        charge = self._amount(segment, 2, "Total charge", required=True)
        if charge is not None:
            claim.charge = charge
        if (used := _SITE.fullmatch(segment[5])) and used[1] != segment.component:
            segment.component = claim.component = used[1]
            self._tell(
                Severity.WARN,
                "envelope",
                "The file uses another component separator than its header (ISA16) names; it is read with that.",
                segment,
            )
        place, *more = segment.parts(5)
        accident, *causes = segment.parts(11)
        data = claim.data
        data["place_of_service"] = place
        data["frequency"] = more[1] if len(more) > 1 else ""
        if data["frequency"] not in ("1", "7", "8"):
            self._fault(
                segment,
                "Claim frequency code",
                "it must be 1 (original), 7 (replacement) or 8 (void) in CLM05-3",
            )
        data["signature_on_file"] = segment[6]
        data["accept_assignment"] = segment[7]
        data["benefits_assignment"] = segment[8]
        data["release_of_information"] = segment[9]
        data["signature_source"] = segment[10]
        data["special_program"] = segment[12]
        data["delay_reason"] = segment[20]
        if accident:
            data["accident"] = {"cause": accident, "state": causes[2] if len(causes) > 2 else ""}
            if any(causes[:2]):
                claim.unread.append("second cause of the accident (CLM11)")
        if not self._billing:
            self._fault(segment, "Billing provider", "no billing provider (HL 20) stands before this claim")
        if not self._subscriber:
            self._fault(segment, "Subscriber", "no subscriber (HL 22) stands before this claim")

    def _fault(self, segment: Segment, field: str, message: str, rule: str = "unreadable") -> None:
        target: _Draft | None = self._claim or self._level
        if target is not None:
            line = len(self._claim.lines) if self._claim is not None and self._line is not None else None
            target.faults.append(_Fault(segment, field, message, rule, line))

    def _pass_over(self, segment: Segment, what: str) -> None:
        """Name what the model has no field for."""
        target: _Draft | None = self._claim or self._level
        if target is None:
            return
        line = f"line {len(self._claim.lines)}: " if self._claim and self._line is not None else ""
        text = f"{line}{what} ({segment.id})"
        if text not in target.unread:
            target.unread.append(text)

    def _close(self, *, complete: bool) -> Found | None:
        """Finish the open claim. `complete` is false when the file breaks off before the transaction ends."""
        draft, self._claim = self._claim, None
        self._other = self._line = self._payment = None
        if draft is None or draft.segment is None:
            return None
        head = draft.segment
        faults = draft.faults
        if self._guide is Guide.UNCLEAR and draft.foreign and not draft.services:
            self._foreign("an institutional or dental claim file (837)", head)
            return None
        self.found += 1
        if self._guide is Guide.OTHER_VERSION:
            faults = [
                _Fault(
                    head,
                    "",
                    f"The claim is in {self._what} of the 837P; only version 5010 (005010X222) is read. Have the"
                    " file written again as 5010.",
                    "version",
                )
            ]
        else:
            if not complete:
                faults.append(
                    _Fault(
                        head,
                        "",
                        "The file breaks off within this claim; a part may be missing. Ask for the file again.",
                        "truncated",
                    )
                )
            faults = [*self._level_faults(head), *faults]
        account = " ".join(draft.account.split())
        claim: Claim | None = None
        problems: tuple[Problem, ...]
        if faults:
            problems = tuple(_problem(fault, account) for fault in faults)
        else:
            try:
                claim, problems = self._build(draft), ()
            except ValidationError as error:
                problems = tuple(
                    problem.model_copy(update={"place": head.place})
                    for problem in explain(error, Claim, account=account)
                )
        return Found(
            account=account,
            place=head.place,
            lines=draft.services,
            charge=draft.charge,
            claim=claim,
            problems=problems,
        )

    def _level_faults(self, head: Segment) -> Iterator[_Fault]:
        for level in (self._billing, self._subscriber, self._patient):
            if level is not None:
                yield from level.faults
        if self._stray is not None:
            yield from self._stray.faults
        subscriber, patient = self._subscriber, self._patient
        if subscriber is None:
            return
        if not subscriber.data.get("member_id"):
            yield _Fault(head, "Member number", "The subscriber's member number is missing (NM1 IL, element 09).")
        if not subscriber.payer:
            yield _Fault(head, "Payer", "The payer is missing (NM1 PR under the subscriber).")
        # Whose claim it is must not be guessed: SBR02 18 means the subscriber's own, else a patient follows.
        if patient is None and subscriber.relationship != "18":
            yield _Fault(
                head, "Patient", "The file says that the patient is not the subscriber, and names no patient."
            )
        if patient is not None and subscriber.relationship == "18":
            yield _Fault(
                head, "Patient", "The file says that the patient is the subscriber, and names another one."
            )

    def _build(self, draft: _ClaimDraft) -> Claim:
        billing, subscriber, patient = self._billing, self._subscriber, self._patient
        assert billing is not None
        assert subscriber is not None
        if billing.built is None:
            pay_to = billing.data.pop("pay_to", None)
            billing.built = BillingProvider.model_validate(billing.data), pay_to
        if subscriber.built is None:
            subscriber.built = Subscriber.model_validate(subscriber.data), Payer.model_validate(subscriber.payer)
        provider, pay_to = billing.built
        if subscriber.billing_ids:
            own = BillingProvider.model_validate({"other_ids": subscriber.billing_ids}).other_ids
            provider = provider.model_copy(update={"other_ids": (*provider.other_ids, *own)})
        data = draft.data
        data["account"] = draft.account
        data["charge"] = draft.charge
        data["billing"] = provider
        data["pay_to"] = pay_to
        data["subscriber"], data["payer"] = subscriber.built
        data["lines"] = draft.lines
        number = subscriber.property_casualty_number
        unread = [*billing.unread, *subscriber.unread]
        if patient is not None:
            if patient.built is None:
                patient.built = Person.model_validate(patient.data)
            data["dependant"] = patient.built
            data["relationship"] = patient.relationship
            number = patient.property_casualty_number or number
            unread += patient.unread
        if number:
            data["property_casualty_number"] = number
        data["unread"] = list(dict.fromkeys([*unread, *draft.unread]))
        return Claim.model_validate(data)

    # What the segments say ------------------------------------------------------------------------------------

    def _detail(self, segment: Segment) -> None:
        if self._guide is Guide.OTHER_VERSION:
            if segment.id == "SV1" and self._claim is not None:
                self._claim.services += 1
            return
        handler = _HANDLERS.get(segment.id)
        if handler is not None:
            handler(self, segment)
        elif segment.id in _UNREAD:
            self._pass_over(segment, _UNREAD[segment.id])
        elif self._claim is not None or self._level is not None:
            self._pass_over(segment, "a segment that does not belong in a professional claim")

    def _name(self, segment: Segment) -> None:
        """NM1: somebody enters. Who they are to the claim follows from their code and from what is open."""
        code = segment[1]
        self._party_code = code
        self._party = None
        if self._claim is None:
            self._name_at_level(segment, code)
        elif self._line is not None:
            if role := _LINE_PROVIDERS.get(code):
                self._enter(segment, self._line, role)
            else:
                self._pass_over(segment, _UNREAD_PARTIES.get(code, "a further party"))
        elif self._other is not None:
            self._name_at_other(segment, code)
        elif role := _PROVIDERS.get(code):
            self._enter(segment, self._claim.data, role)
        else:
            self._pass_over(segment, _UNREAD_PARTIES.get(code, "a further party"))

    def _enter(self, segment: Segment, owner: dict[str, Any], role: str) -> None:
        if role in owner:
            self._fault(segment, f"{role.capitalize()} provider", "it is given twice")
        owner[role] = self._party = _provider(segment)

    def _name_at_level(self, segment: Segment, code: str) -> None:
        level = self._level
        if level is None:  # submitter and receiver
            return
        if (code == "85" and "npi" in level.data) or (code in ("IL", "QC") and "last" in level.data):
            self._fault(segment, "Provider" if code == "85" else "Person", "it is given twice")
        if code == "85" and level is self._billing:
            level.data = {**_provider(segment), **level.data}
            self._party = level.data
        elif code == "87" and level is self._billing:
            self._party = level.data["pay_to"] = {}
        elif code == "IL" and level is self._subscriber:
            level.data = {**_person(segment), **level.data, "member_id": segment[9]}
            self._party = level.data
        elif code == "PR" and level is self._subscriber:
            level.payer = {"name": segment[3], "payer_id": segment[9]} if segment[3] or segment[9] else {}
            self._party = level.payer
        elif code == "QC" and level is self._patient:
            level.data = {**_person(segment), **level.data}
            self._party = level.data
        else:
            self._pass_over(segment, _UNREAD_PARTIES.get(code, "a further party"))

    def _name_at_other(self, segment: Segment, code: str) -> None:
        assert self._other is not None
        if code == "IL":
            self._party = self._other["insured"] = _person(segment)
            self._other["member_id"] = segment[9]
        elif code == "PR":
            self._party = self._other["payer"] = {"name": segment[3], "payer_id": segment[9]}
        elif segment[9]:
            self._fault(segment, "Provider", "it stands after other insurance, so it is not clear whose it is")
        else:
            self._pass_over(segment, "the other payer's number of a provider")

    def _street(self, segment: Segment) -> None:
        if self._party is None or self._party_code == "PR":
            return  # where a payer has its letter box, and parties that are passed over
        address = self._address()
        address["street"], address["street2"] = segment[1], segment[2]

    def _city(self, segment: Segment) -> None:
        if self._party is None or self._party_code == "PR":
            return
        address = self._address()
        address["city"], address["state"] = segment[1], segment[2]
        address["zip_code"] = segment[3].replace("-", "").replace(" ", "")
        if segment[4] not in ("", "US", "USA"):
            self._pass_over(segment, "a foreign address")

    def _address(self) -> dict[str, Any]:
        assert self._party is not None
        if self._party_code == "87":
            return self._party
        address: dict[str, Any] = self._party.setdefault("address", {})
        return address

    def _contact(self, segment: Segment) -> None:
        if self._level is self._billing and self._claim is None and self._party_code == "85" and self._party:
            for kind, number in zip(segment.elements[2::2], segment.elements[3::2], strict=False):
                if kind == "TE" and "phone" not in self._party:
                    self._party["phone"] = re.sub("[^0-9]", "", number)
        elif self._level is not None:
            self._pass_over(segment, "contact details")

    def _specialty(self, segment: Segment) -> None:
        if self._party is not None:
            self._party["taxonomy"] = segment[3]
        elif self._claim is None and self._level is not None and self._level is self._billing:
            self._level.data["taxonomy"] = segment[3]
        else:
            self._pass_over(segment, "a provider's speciality")

    def _reference(self, segment: Segment) -> None:
        code, number = segment[1], segment[2]
        if code in _TRANSMISSION_NUMBERS:
            return
        if self._claim is None:
            self._reference_at_level(segment, code, number)
        elif self._line is not None:
            if segment[4]:
                self._pass_over(segment, f"another payer's number, {code[:3]}")
            elif code in _LINE_NUMBERS:
                self._set_number(segment, self._line, _LINE_NUMBERS[code], number)
            elif code in ("XZ", "VY") and "drug" in self._line:
                self._line["drug"]["prescription"] = number
            else:
                self._party_number(segment, code, number)
        elif self._other is not None:
            if code == "F8" and self._party_code == "PR":
                self._other["control_number"] = number
            else:
                self._pass_over(segment, f"another payer's number, {code[:3]}")
        elif code in _CLAIM_NUMBERS:
            self._set_number(segment, self._claim.data, _CLAIM_NUMBERS[code], number)
        else:
            self._party_number(segment, code, number)

    def _set_number(self, segment: Segment, owner: dict[str, Any], name: str, number: str) -> None:
        if owner.get(name, number) != number:
            self._fault(segment, name.replace("_", " ").capitalize(), "two different ones are given")
        owner[name] = number

    def _party_number(self, segment: Segment, code: str, number: str) -> None:
        if self._party is not None and code in ("0B", "1G", "G2", "LU"):
            self._party.setdefault("other_ids", []).append({"kind": code, "number": number})
        else:
            self._pass_over(segment, f"a further number, {code[:3]}")

    def _reference_at_level(self, segment: Segment, code: str, number: str) -> None:
        level, party = self._level, self._party
        if level is None:
            return
        if self._party_code == "85" and party is not None and code in ("EI", "SY"):
            party["tin"], party["tin_type"] = number.replace("-", ""), code
        elif self._party_code == "PR" and party is not None:
            if code in ("G2", "LU"):
                level.billing_ids.append({"kind": code, "number": number})
            elif code in ("2U", "EI", "FY", "NF"):
                party.setdefault("other_ids", []).append({"kind": code, "number": number})
            else:
                self._pass_over(segment, f"a further number, {code[:3]}")
        elif code == "Y4":
            level.property_casualty_number = number
        elif self._party_code == "85":
            self._party_number(segment, code, number)
        else:
            self._pass_over(segment, f"a further number, {code[:3]}")

    def _subscription(self, segment: Segment) -> None:
        values = {
            "payer_order": segment[1],
            "group_number": segment[3],
            "plan_name": segment[4],
            "insurance_type": segment[5],
            "filing_indicator": segment[9],
        }
        if self._claim is not None:
            if self._line is not None:
                self._fault(segment, "Other insurance", "it stands after the service lines")
            self._other = {**values, "relationship": segment[2]}
            self._claim.data.setdefault("other_insurance", []).append(self._other)
            self._party = None
            self._party_code = ""
        elif self._level is not None and self._level is self._subscriber:
            self._level.data.update(values)
            self._level.relationship = segment[2]

    def _patient_facts(self, segment: Segment) -> None:
        level = self._level
        if level is None or self._claim is not None:
            return
        if level is self._patient:
            level.relationship = segment[1]
        if segment[6] and (day := self._date(segment, 6, "Date of death")):
            level.data["died_on"] = day
        if segment[9] == "Y":
            level.data["pregnant"] = True
        if segment[8]:
            self._pass_over(segment, "weight")

    def _demographics(self, segment: Segment) -> None:
        if self._party is None or self._party_code not in ("IL", "QC"):
            return
        if segment[2]:
            self._party["birth_date"] = self._date(segment, 2, "Birth date")
        self._party["sex"] = segment[3]

    def _day(self, segment: Segment) -> None:
        """DTP: a date or a period."""
        kind = segment[1]
        if self._claim is None:
            return
        if kind == "573" and (self._payment is not None or self._other is not None):
            owner = self._payment if self._payment is not None else self._other
            assert owner is not None
            owner["paid_on"] = self._date(segment, 3, "Date the other payer decided")
            return
        begin, end = self._period(segment)
        if begin is None:
            return
        if self._line is not None:
            if kind == "472":
                self._line["service_from"], self._line["service_to"] = begin, end or begin
            else:
                self._line.setdefault("other_dates", []).append({"kind": kind, "on": begin, "until": end})
            return
        data = self._claim.data
        if kind in _CLAIM_DATES:
            data[_CLAIM_DATES[kind]] = begin
        elif kind == "439" and "accident" in data:
            data["accident"]["on"] = begin
        else:
            data.setdefault("other_dates", []).append({"kind": kind, "on": begin, "until": end})

    def _period(self, segment: Segment) -> tuple[date | None, date | None]:
        text = segment[3]
        name = "Date of service" if segment[1] == "472" else f"Date ({segment[1][:3]})"
        if segment[2] == "RD8":
            first, dash, last = text.partition("-")
            begin, end = day_of(first), day_of(last)
            if dash and begin and end:
                return begin, end
            self._fault(segment, name, "it is not a period of two dates, CCYYMMDD-CCYYMMDD")
            return None, None
        return self._date(segment, 3, name), None

    def _date(self, segment: Segment, position: int, name: str) -> date | None:
        day = day_of(segment[position])
        if day is None:
            self._fault(segment, name, "it is not a date, CCYYMMDD")
        return day

    def _amount(self, segment: Segment, position: int, name: str, *, required: bool = False) -> Decimal | None:
        text = segment[position]
        if not text:
            if required:
                self._fault(segment, name, "it is missing")
            return None
        amount = number_of(text)
        if amount is None:
            self._fault(segment, name, "it is not an amount, such as 85.00")
            return None
        cents = amount.quantize(CENT)
        if cents != amount:
            self._fault(segment, name, "it has fractions of a cent")
        return cents

    def _quantity(self, segment: Segment, position: int, name: str) -> Decimal | None:
        quantity = number_of(segment[position])
        if quantity is None:
            self._fault(segment, name, "it is not a number")
        return quantity

    def _money(self, segment: Segment) -> None:
        kind = segment[1]
        if self._claim is None:
            return
        if self._payment is not None and kind == "EAF":
            self._payment["patient_owes"] = self._amount(segment, 2, "Amount the patient owes")
        elif self._line is not None:
            self._pass_over(
                segment, {"T": "sales tax", "F4": "postage"}.get(kind, f"a further amount, {kind[:3]}")
            )
        elif self._other is not None and kind in _OTHER_AMOUNTS:
            self._other[_OTHER_AMOUNTS[kind]] = self._amount(segment, 2, "Other payer's amount")
        elif kind == "F5" and self._other is None:
            self._claim.data["patient_paid"] = self._amount(segment, 2, "Amount the patient paid")
        else:
            self._pass_over(segment, f"a further amount, {kind[:3]}")

    def _adjustments(self, segment: Segment) -> None:
        owner = self._payment if self._payment is not None else self._other
        if owner is None:
            self._pass_over(segment, "adjustments without another payer")
            return
        rows = owner.setdefault("adjustments", [])
        for position in range(2, len(segment.elements) + 1, 3):
            if segment[position]:
                amount = self._amount(segment, position + 1, "Adjustment", required=True)
                count = (
                    self._quantity(segment, position + 2, "Adjustment quantity") if segment[position + 2] else None
                )
                rows.append(
                    {"group": segment[1], "reason": segment[position], "amount": amount, "quantity": count}
                )

    def _coverage(self, segment: Segment) -> None:
        if self._other is not None and self._line is None:
            self._other["benefits_assignment"] = segment[3]
            self._other["release_of_information"] = segment[6]

    def _remarks(self, segment: Segment) -> None:
        if self._other is None:
            self._pass_over(segment, "remarks without another payer")
            return
        self._other["remarks"] = [code for code in segment.elements[2:7] if code]
        if any(segment[position] for position in (1, 2, 8, 9)):
            self._pass_over(segment, "outpatient adjudication amounts")

    def _codes(self, segment: Segment) -> None:
        """HI: diagnoses and conditions."""
        if self._claim is None or self._line is not None:
            self._pass_over(segment, "codes outside a claim")
            return
        diagnoses = self._claim.data.setdefault("diagnoses", [])
        for position in range(1, len(segment.elements) + 1):
            kind, code, *_ = [*segment.parts(position), ""]
            if not code:
                continue
            if kind in ("ABK", "ABF"):
                if kind == "ABK" and diagnoses:
                    self._fault(segment, "Diagnosis", "the principal one (ABK) does not stand first")
                diagnoses.append(code.replace(".", ""))
            elif kind in ("BK", "BF"):
                self._fault(
                    segment,
                    "Diagnosis",
                    "diagnoses are marked as ICD-9 (BK, BF). Have them sent as ICD-10 (ABK, ABF)",
                    "icd-9",
                )
            elif kind == "BG":
                self._claim.data.setdefault("condition_codes", []).append(code)
            else:
                self._pass_over(segment, f"codes of kind {kind[:3]}")

    def _note(self, segment: Segment) -> None:
        owner = self._line if self._line is not None else self._claim.data if self._claim is not None else None
        if owner is None:
            return
        if segment[1] == "TPO" or "note" in owner:
            self._pass_over(segment, "a second note" if "note" in owner else "a note to a third party")
        else:
            owner["note"] = segment[2]

    def _paperwork(self, segment: Segment) -> None:
        owner = self._line if self._line is not None else self._claim.data if self._claim is not None else None
        if owner is not None:
            owner.setdefault("attachments", []).append(
                {"report_type": segment[1], "transmission": segment[2], "control_number": segment[6]}
            )

    def _open_line(self, segment: Segment) -> None:
        if self._claim is None:
            return
        self._other = self._payment = self._party = None
        self._party_code = ""
        self._line = {}
        self._claim.lines.append(self._line)

    def _service(self, segment: Segment) -> None:
        claim = self._claim
        if claim is None:
            return
        claim.services += 1
        if self._line is None or "code" in self._line:
            self._fault(segment, "Service line", "it does not follow a line number (LX)")
            self._open_line(segment)
        line = self._line
        assert line is not None
        system, code, *rest = [*segment.parts(1), ""]
        if system != "HC":
            self._fault(segment, "Procedure code", "it is not a CPT or HCPCS code (SV101-1 must be HC)")
        # Present even when empty: the edits say so.
        line["code"] = code
        line["modifiers"] = [modifier for modifier in rest[:4] if modifier]
        line["description"] = rest[4] if len(rest) > 4 else ""
        line["charge"] = self._amount(segment, 2, "Line charge", required=True)
        line["unit_type"] = segment[3]
        line["units"] = self._quantity(segment, 4, "Units")
        line["place_of_service"] = segment[5]
        pointers = [pointer for pointer in segment.parts(7) if pointer]
        if all(_POINTER.fullmatch(pointer) for pointer in pointers):
            line["pointers"] = [int(pointer.partition(".")[0]) for pointer in pointers]
        else:
            self._fault(segment, "Diagnosis pointer", "it is not a number from 1 to 12")
        line["emergency"] = segment[9] == "Y"
        line["epsdt"] = segment[11] == "Y"
        line["family_planning"] = segment[12] == "Y"
        if segment[15]:
            self._pass_over(segment, "co-pay exemption")

    def _foreign_service(self, segment: Segment) -> None:
        if self._claim is not None:
            self._claim.foreign += 1
            self._fault(segment, "Service line", "it is not a professional service (SV1)")

    def _drug(self, segment: Segment) -> None:
        if self._line is None:
            return
        if segment[2] == "N4" and "drug" not in self._line:
            self._line["drug"] = {"ndc": segment[3].replace("-", "")}
        else:
            self._pass_over(segment, "an item number")

    def _drug_quantity(self, segment: Segment) -> None:
        if self._line is not None and "drug" in self._line:
            self._line["drug"]["quantity"] = self._quantity(segment, 4, "Drug quantity")
            self._line["drug"]["unit"] = segment.parts(5)[0]

    def _paid_line(self, segment: Segment) -> None:
        if self._line is None:
            return
        _, code, *modifiers = [*segment.parts(3), ""]
        self._payment = {
            "payer_id": segment[1],
            "paid": self._amount(segment, 2, "Amount the other payer paid", required=True),
            "code": code,
            "modifiers": [modifier for modifier in modifiers[:4] if modifier],
            "units": self._quantity(segment, 5, "Units paid") if segment[5] else None,
        }
        if segment[6]:
            if segment[6].isascii() and segment[6].isdigit() and len(segment[6]) < 7:
                self._payment["bundled_into"] = int(segment[6])
            else:
                self._fault(segment, "Bundled line", "it is not a line number")
        self._line.setdefault("paid_by_others", []).append(self._payment)

    def _currency(self, segment: Segment) -> None:
        if segment[2] not in ("", "USD"):
            self._fault(segment, "Currency", "charges are not in dollars")

    def _purpose(self, segment: Segment) -> None:
        if segment[6] == "RP":
            self._tell(
                Severity.WARN,
                "encounter",
                "The file reports encounters (BHT06 is RP); it does not ask for payment.",
                segment,
            )


_HANDLERS = {
    "AMT": _Claims._money,
    "BHT": _Claims._purpose,
    "CAS": _Claims._adjustments,
    "CTP": _Claims._drug_quantity,
    "CUR": _Claims._currency,
    "DMG": _Claims._demographics,
    "DTP": _Claims._day,
    "HI": _Claims._codes,
    "LIN": _Claims._drug,
    "LX": _Claims._open_line,
    "MOA": _Claims._remarks,
    "N3": _Claims._street,
    "N4": _Claims._city,
    "NM1": _Claims._name,
    "NTE": _Claims._note,
    "OI": _Claims._coverage,
    "PAT": _Claims._patient_facts,
    "PER": _Claims._contact,
    "PRV": _Claims._specialty,
    "PWK": _Claims._paperwork,
    "REF": _Claims._reference,
    "SBR": _Claims._subscription,
    "SV1": _Claims._service,
    "SV2": _Claims._foreign_service,
    "SV3": _Claims._foreign_service,
    "SVD": _Claims._paid_line,
}


def read_837(path: Path, report: Report) -> Iterator[Found]:
    """Yield every professional claim of an X12 file, in the order of the file, holding one at a time.

    Claims of other versions (4010) are counted and carry one `version` problem each. A claim that cannot be
    understood is counted too, without a `Claim`. `report` receives what concerns the file: other kinds of
    transactions, a missing end, wrong counts. Raises OSError when the file cannot be read.
    """
    # A file without claims gets one problem, the one that says what it is: until a claim turns up, wait.
    waiting: list[Problem] = []

    def tell(problem: Problem) -> None:
        if claims.found:
            report(problem)
        else:
            waiting.append(problem)

    claims = _Claims(tell)
    for segment in read_segments(path, tell):
        if found := claims.take(segment):
            while waiting:
                report(waiting.pop(0))
            yield found
    if found := claims.finish():
        while waiting:
            report(waiting.pop(0))
        yield found
    if not claims.found:
        blocks = [problem for problem in waiting if problem.severity is Severity.BLOCK]
        blocks.sort(key=lambda problem: problem.rule != "file-type")
        empty = Problem(severity=Severity.BLOCK, rule="file-type", message="This X12 file holds no claims.")
        report(blocks[0] if blocks else empty)


def _problem(fault: _Fault, account: str) -> Problem:
    message = fault.message
    if message[0].islower():
        message = f"{fault.field or 'This segment'}: {message}."
    return Problem(
        severity=Severity.BLOCK,
        rule=fault.rule,
        message=message,
        account=account or None,
        line=fault.line,
        field=fault.field or None,
        place=fault.segment.place,
    )


def _provider(segment: Segment) -> dict[str, Any]:
    values: dict[str, Any] = {"name": segment[3], "first": segment[4], "middle": segment[5], "suffix": segment[7]}
    values["npi"] = segment[9] if segment[8] in ("", "XX") else ""
    if segment[9] and not values["npi"]:
        values["other_ids"] = [{"kind": segment[8], "number": segment[9]}]
    return values


def _person(segment: Segment) -> dict[str, Any]:
    return {"last": segment[3], "first": segment[4], "middle": segment[5], "suffix": segment[7]}


def _level_number(text: str) -> int:
    """The number of a level, 0 if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0

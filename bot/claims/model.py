"""One professional claim, as the CMS-1500 (02/12) and the 837P (005010X222A1) carry it.

Dates are calendar dates, amounts are dollars with at most two decimals, identifiers are text without
punctuation. A model that exists is well formed (right types, right shape); whether a payer would take it is
what `bot.claims.edits` answers. This is also the published JSON schema: ``Claim.model_json_schema()``.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer


def _text(value: object) -> object:
    """Collapse runs of white space: portals do, so what we compare must too."""
    return " ".join(value.split()) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_text)]
#: Dollars and cents. Written to JSON as text with two decimals, never as a float.
Money = Annotated[
    Decimal,
    Field(max_digits=18, decimal_places=2),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str, when_used="json"),
]


class Frequency(StrEnum):
    """Claim frequency type code (CLM05-3, item 22)."""

    ORIGINAL = "1"
    REPLACEMENT = "7"
    VOID = "8"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Address(_Part):
    """A postal address (N3, N4). `state` is the two-letter code, `zip_code` five or nine digits."""

    street: Text = ""
    street2: Text = ""
    city: Text = ""
    state: Text = ""
    zip_code: Text = ""


class OtherId(_Part):
    """A further number somebody is known by (REF, item 17a, 24I, 32b, 33b)."""

    #: REF01: 0B licence, 1G UPIN, G2 the payer's own number, LU location, 2U payer, FY claim office, …
    kind: Text
    number: Text


class Provider(_Part):
    """A person or organisation that renders, bills, refers or hosts the service."""

    npi: Text = ""
    #: Organisation name, or a person's last name.
    name: Text = ""
    first: Text = ""
    middle: Text = ""
    suffix: Text = ""
    #: Provider taxonomy code (PRV03), ten characters.
    taxonomy: Text = ""
    address: Address | None = None
    other_ids: tuple[OtherId, ...] = ()


class BillingProvider(Provider):
    """Who is to be paid (2010AA, items 25 and 33)."""

    #: Tax identification number, nine digits.
    tin: Text = ""
    #: EI employer's number, SY social security number (REF01, item 25).
    tin_type: Text = "EI"
    #: Ten digits.
    phone: Text = ""


class Person(_Part):
    """The subscriber or the patient (2010BA, 2010CA; items 2-7)."""

    last: Text = ""
    first: Text = ""
    middle: Text = ""
    suffix: Text = ""
    birth_date: date | None = None
    #: F, M or U.
    sex: Text = ""
    address: Address | None = None
    #: Date of death (PAT06).
    died_on: date | None = None
    #: The file says that she is pregnant (PAT09).
    pregnant: bool = False


class Subscriber(Person):
    """The insured (items 1a, 4, 7, 11)."""

    #: Member number on the card (NM109, item 1a).
    member_id: Text = ""
    group_number: Text = ""
    plan_name: Text = ""
    #: Claim filing indicator (SBR09), such as MB, MC, CI.
    filing_indicator: Text = ""
    #: Why Medicare pays second (SBR05), such as 12 working aged.
    insurance_type: Text = ""
    #: P primary, S secondary, T tertiary (SBR01).
    payer_order: Text = "P"


class Payer(_Part):
    """The payer as the file names it (2010BB). Which portal that means is the office's table to say."""

    name: Text = ""
    payer_id: Text = ""
    other_ids: tuple[OtherId, ...] = ()


class Adjustment(_Part):
    """Why a payer paid less than was charged (CAS)."""

    #: CO, CR, OA, PI or PR.
    group: Text
    #: Claim adjustment reason code (CARC).
    reason: Text
    amount: Money
    quantity: Decimal | None = None


class OtherInsurance(_Part):
    """What another payer covers or has paid (2320-2330; items 9, 29)."""

    payer: Payer = Payer()
    insured: Person = Person()
    member_id: Text = ""
    group_number: Text = ""
    plan_name: Text = ""
    filing_indicator: Text = ""
    insurance_type: Text = ""
    payer_order: Text = ""
    #: The patient's relationship to the insured (SBR02).
    relationship: Text = ""
    #: Y, N or W (OI03).
    benefits_assignment: Text = ""
    #: Y or I (OI06).
    release_of_information: Text = ""
    #: What that payer paid (AMT D).
    paid: Money | None = None
    non_covered: Money | None = None
    #: What the patient still owes (AMT EAF).
    patient_owes: Money | None = None
    paid_on: date | None = None
    #: That payer's control number (2330B REF F8).
    control_number: Text = ""
    adjustments: tuple[Adjustment, ...] = ()
    #: Remittance remark codes (MOA03-07).
    remarks: tuple[Text, ...] = ()


class LinePayment(_Part):
    """What another payer paid for one line (2430)."""

    payer_id: Text
    paid: Money
    code: Text = ""
    modifiers: tuple[Text, ...] = ()
    units: Decimal | None = None
    #: The line (LX) that this one was paid under, when the payer bundled them (SVD06).
    bundled_into: int | None = None
    #: What the patient still owes for the line (AMT EAF).
    patient_owes: Money | None = None
    paid_on: date | None = None
    adjustments: tuple[Adjustment, ...] = ()


class Attachment(_Part):
    """A document that goes with the claim (PWK, 275 or a portal upload)."""

    #: PWK01 report type, such as OZ (support data) or PN (progress notes).
    report_type: Text
    #: PWK02: EL electronic, FX fax, BM mail, AA available on request.
    transmission: Text = "EL"
    #: Attachment control number (PWK06): ours, unique for ever.
    control_number: Text = ""
    #: The file to upload: a path relative to the claim file's folder; readers make it absolute.
    file: str = ""
    #: Of the file as it was when the claim was queued (hexadecimal); readers leave it to intake.
    sha256: Text = ""


class Accident(_Part):
    """The accident a claim arises from (CLM11, item 10)."""

    #: AA auto, EM employment, OA other.
    cause: Text
    on: date | None = None
    #: Two letters, for an auto accident.
    state: Text = ""


class OtherDate(_Part):
    """A date beside the usual ones (DTP; items 14-16), such as 454 initial treatment or 484 last period."""

    #: The qualifier (DTP01).
    kind: Text
    on: date
    #: The end of a period, such as unable to work from … to (314, item 16).
    until: date | None = None


class Drug(_Part):
    """What was given, for a drug billed by the line (2410; item 24 shaded)."""

    #: National drug code, eleven digits.
    ndc: Text
    quantity: Decimal | None = None
    #: F2 international unit, GR gram, ME milligram, ML millilitre, UN unit.
    unit: Text = ""
    #: XZ prescription number, or VY the number that links a compound's parts.
    prescription: Text = ""


class Line(_Part):
    """One service line (2400, item 24)."""

    service_from: date
    service_to: date
    #: HCPCS or CPT code.
    code: Text
    modifiers: tuple[Text, ...] = ()
    #: What was done, in words; mandatory for unlisted codes (SV101-7, 80 characters).
    description: Text = ""
    #: Which of the claim's diagnoses this line is for: 1 is the first, most important first.
    pointers: tuple[int, ...] = ()
    charge: Money
    units: Decimal = Decimal(1)
    #: UN units or MJ minutes.
    unit_type: Text = "UN"
    #: Two digits, such as 11 office or 12 home.
    place_of_service: Text = ""
    emergency: bool = False
    #: Screening of a child under Medicaid, and family planning (SV111, SV112; item 24H).
    epsdt: bool = False
    family_planning: bool = False
    rendering: Provider | None = None
    ordering: Provider | None = None
    referring: Provider | None = None
    supervising: Provider | None = None
    facility: Provider | None = None
    drug: Drug | None = None
    other_dates: tuple[OtherDate, ...] = ()
    note: Text = ""
    #: Our own number for the line (REF 6R).
    control_number: Text = ""
    prior_authorisation: Text = ""
    referral_number: Text = ""
    paid_by_others: tuple[LinePayment, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class Claim(_Part):
    """One claim for one patient by one billing provider to one payer."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="payerbot claim")

    #: Patient account number (CLM01, item 26). Offices reuse it: it never identifies a claim alone.
    account: Text
    payer: Payer
    billing: BillingProvider
    #: Where the payment goes, when not to the billing address (2010AB).
    pay_to: Address | None = None
    subscriber: Subscriber
    #: The patient, when not the subscriber.
    dependant: Person | None = None
    #: Patient's relationship to the subscriber (SBR02, PAT01): 18 self, 01 spouse, 19 child, …
    relationship: Text = "18"
    rendering: Provider | None = None
    referring: Provider | None = None
    supervising: Provider | None = None
    facility: Provider | None = None
    #: ICD-10-CM codes without a dot, first is principal.
    diagnoses: tuple[Text, ...] = ()
    #: The claim's own total (CLM02, item 28).
    charge: Money
    place_of_service: Text = ""
    frequency: Frequency = Frequency.ORIGINAL
    #: The payer's number of the claim that this one replaces or voids (REF F8).
    original_control_number: Text = ""
    prior_authorisation: Text = ""
    referral_number: Text = ""
    clia: Text = ""
    #: A assigned, B lab only, C not assigned (CLM07, item 27).
    accept_assignment: Text = "A"
    #: Y, N or W (CLM08, item 13).
    benefits_assignment: Text = "Y"
    #: Y or I (CLM09, item 12).
    release_of_information: Text = "Y"
    #: Y or N (CLM06, item 31).
    signature_on_file: Text = "Y"
    #: P: the provider signed for the patient (CLM10).
    signature_source: Text = ""
    #: Special programme code (CLM12).
    special_program: Text = ""
    medical_record_number: Text = ""
    #: The claim number of a workers' compensation or liability carrier (REF Y4, item 11b).
    property_casualty_number: Text = ""
    note: Text = ""
    onset_on: date | None = None
    #: Hospital stay the services belong to (DTP435, DTP096; item 18).
    admitted_on: date | None = None
    discharged_on: date | None = None
    other_dates: tuple[OtherDate, ...] = ()
    #: Delay reason code (CLM20).
    delay_reason: Text = ""
    accident: Accident | None = None
    condition_codes: tuple[Text, ...] = ()
    patient_paid: Money | None = None
    other_insurance: tuple[OtherInsurance, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    lines: tuple[Line, ...] = ()
    #: What the file says beyond the fields above, by name and without content, such as ``ambulance transport
    #: (CR1)``: an adapter must not pass over it in silence.
    unread: tuple[Text, ...] = ()

    @property
    def patient(self) -> Person:
        """Who received the services."""
        return self.dependant or self.subscriber

    @cached_property
    def service_from(self) -> date | None:
        """The earliest date of service; None without lines."""
        return min((line.service_from for line in self.lines), default=None)

    @cached_property
    def service_to(self) -> date | None:
        """The latest date of service; None without lines."""
        return max((line.service_to for line in self.lines), default=None)

    def rendering_of(self, line: Line) -> Provider:
        """Who rendered a line: the line's own provider, else the claim's, else the billing provider."""
        return line.rendering or self.rendering or self.billing

    def place_of(self, line: Line) -> str:
        """Where a line was rendered: its own place of service, else the claim's."""
        return line.place_of_service or self.place_of_service


class Severity(StrEnum):
    """What a finding does to the claim."""

    BLOCK = "block"
    WARN = "warn"


class Problem(_Part):
    """Something wrong with a claim or a file, said so that a biller can act on it."""

    severity: Severity
    #: Stable identifier of the edit, such as ``npi`` or ``version``.
    rule: str
    message: str
    #: Patient account number, if the problem belongs to one claim.
    account: str | None = None
    #: Service line, from 1.
    line: int | None = None
    #: The field in the biller's words.
    field: str | None = None
    #: Where in the file: ``segment 42 (CLM)`` or ``row 7``.
    place: str | None = None


class Found(_Part):
    """One claim as a reader found it: whole, or only what could be read of it and why.

    `lines` and `charge` count what the file says even when no claim could be built, so that a file's totals
    always balance.
    """

    account: str
    place: str
    lines: int
    charge: Money
    claim: Claim | None = None
    problems: tuple[Problem, ...] = ()

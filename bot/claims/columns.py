"""The columns of the CSV template: what each is called, what it may hold, and where it goes in the claim.

A converter takes the text of one cell and raises ValueError with a complaint that does not repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bot.claims.identifiers import RELATIONSHIPS

_WRAPPED = re.compile(r'="(.*)"')
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
_AMOUNT = re.compile(r"-?\$?(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,4})?(?:\.[0-9]{1,2})?")
_COMMA_AMOUNT = re.compile(r"-?[0-9]{1,12},[0-9]{2}")
_QUANTITY = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")
_ISO = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?: 00:00(?::00)?)?")
_US = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: 0?0:00(?::00)?)?")

_YES = frozenset({"Y", "YES", "TRUE", "1", "X"})
_NO = frozenset({"N", "NO", "FALSE", "0"})
_SEXES = {"FEMALE": "F", "MALE": "M", "UNKNOWN": "U"}
_RELATIONS = {word.upper(): code for code, word in RELATIONSHIPS.items()} | {"SUBSCRIBER": "18", "1": "01"}


def clean(cell: str) -> str:
    """The text of a cell, without the blanks and the ="…" that keep Excel from changing numbers."""
    text = cell.strip()
    if wrapped := _WRAPPED.fullmatch(text):
        text = wrapped[1].strip()
    return text


def text(cell: str) -> str:
    """Words as they stand."""
    return cell


def identifier(cell: str) -> str:
    """A number or code in which no digit may be lost."""
    if _SCIENTIFIC.fullmatch(cell):
        raise ValueError("was changed by Excel into a number with an exponent; format the column as text")
    return cell


def digits(cell: str) -> str:
    """An identifier written with or without hyphens, blanks or brackets."""
    return re.sub(r"[-() .]", "", identifier(cell))


def code(cell: str) -> str:
    """A code, in capitals."""
    return identifier(cell).upper()


def place(cell: str) -> str:
    """A place of service; Excel takes the zero off 02."""
    return identifier(cell).zfill(2)


def diagnosis(cell: str) -> str:
    """An ICD-10-CM code, with or without its dot."""
    return code(cell).replace(".", "")


def codes(cell: str) -> list[str]:
    """Several codes, separated by blanks, commas or semicolons."""
    return [part.upper() for part in re.split(r"[ ,;]+", cell) if part]


def sex(cell: str) -> str:
    """F, M, U or the word."""
    return _SEXES.get(cell.upper(), cell.upper())


def relationship(cell: str) -> str:
    """18, 01, 19, … or the word: self, spouse, child, other."""
    found = _RELATIONS.get(cell.upper(), cell.upper())
    if found not in RELATIONSHIPS:
        raise ValueError("is none of self, spouse, child, other or their codes")
    return found


def day(cell: str) -> date:
    """2026-06-30, 06/30/2026 or 20260630; a year of two digits is refused."""
    try:
        if iso := _ISO.fullmatch(cell):
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if us := _US.fullmatch(cell):
            return date(int(us[3]), int(us[1]), int(us[2]))
    except ValueError:
        pass
    raise ValueError("is not a date; write it as 2026-06-30 or 06/30/2026")


def money(cell: str) -> Decimal:
    """85, 85.00, $85.00, 1,234.50 or, as some Excels write it, 85,00."""
    if _COMMA_AMOUNT.fullmatch(cell):
        return Decimal(cell.replace(",", "."))
    if _AMOUNT.fullmatch(cell) and any(mark.isdigit() for mark in cell):
        return Decimal(cell.replace("$", "").replace(",", ""))
    raise ValueError("is not an amount in dollars and cents; write it as 85.00")


def quantity(cell: str) -> Decimal:
    """A number, such as 1 or 2.5."""
    if _QUANTITY.fullmatch(cell):
        return Decimal(cell)
    raise ValueError("is not a number")


def yes_or_no(cell: str) -> bool:
    """Y or N, yes or no, true or false."""
    if cell.upper() in _YES:
        return True
    if cell.upper() in _NO:
        return False
    raise ValueError("is neither yes nor no")


def pointers(cell: str) -> list[int]:
    """The diagnoses a line is for: "1 2", "1,2" or, as on the CMS-1500, "AB" or "A,B"."""
    if cell.isascii() and cell.isalpha():
        numbers = [ord(letter) - ord("A") + 1 for letter in cell.upper()]
    else:
        parts = [part for part in re.split(r"[ ,;:/|]+", cell) if part]
        if len(parts) == 1 and parts[0] not in {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}:
            # 12 may be the twelfth diagnosis or the first and the second.
            raise ValueError("can be read in two ways; write several pointers with blanks, or as letters")
        letters = all(len(part) == 1 and part.isascii() and part.isalpha() for part in parts)
        if letters:
            return pointers("".join(parts))
        if not all(part.isascii() and part.isdigit() and len(part) < 3 for part in parts):
            raise ValueError("is not a list of diagnosis pointers, such as 1 2")
        numbers = [int(part) for part in parts]
    if any(not 1 <= number <= 12 for number in numbers):
        raise ValueError("points beyond the twelfth diagnosis")
    return numbers


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the template."""

    name: str
    #: Where its value goes in the claim (or in the line), part by part; empty for the grouping column.
    path: tuple[str | int, ...]
    convert: Callable[[str], Any]
    #: Whether it may differ from row to row of one claim.
    of_line: bool = False
    #: What the template shows in its example row.
    example: str = ""
    #: Other headings that mean it.
    aliases: tuple[str, ...] = ()


def _address(prefix: str, *path: str, example: tuple[str, str, str, str] = ("", "", "", "")) -> list[Column]:
    street, city, state, zip_code = example
    return [
        Column(
            f"{prefix}_street", (*path, "address", "street"), text, example=street, aliases=(f"{prefix}_address",)
        ),
        Column(f"{prefix}_street2", (*path, "address", "street2"), text, aliases=(f"{prefix}_address2",)),
        Column(f"{prefix}_city", (*path, "address", "city"), text, example=city),
        Column(f"{prefix}_state", (*path, "address", "state"), code, example=state),
        Column(f"{prefix}_zip", (*path, "address", "zip_code"), digits, example=zip_code),
    ]


def _person(prefix: str, path: str, example: tuple[str, ...] = ("",) * 8) -> list[Column]:
    last, first, birth, sex_, *address = example
    return [
        Column(f"{prefix}_last", (path, "last"), text, example=last, aliases=(f"{prefix}_last_name",)),
        Column(f"{prefix}_first", (path, "first"), text, example=first, aliases=(f"{prefix}_first_name",)),
        Column(f"{prefix}_middle", (path, "middle"), text),
        Column(f"{prefix}_suffix", (path, "suffix"), text),
        Column(
            f"{prefix}_birth_date",
            (path, "birth_date"),
            day,
            example=birth,
            aliases=(f"{prefix}_dob", f"{prefix}_date_of_birth"),
        ),
        Column(f"{prefix}_sex", (path, "sex"), sex, example=sex_, aliases=(f"{prefix}_gender",)),
        *_address(prefix, path, example=(address[0], address[1], address[2], address[3])),
    ]


def _provider(
    prefix: str, path: str, *, of_line: bool = False, example: tuple[str, ...] = ("",) * 4
) -> list[Column]:
    npi, last, first, taxonomy = example
    return [
        Column(f"{prefix}_npi", (path, "npi"), digits, of_line, npi),
        Column(f"{prefix}_last", (path, "name"), text, of_line, last, (f"{prefix}_last_name",)),
        Column(f"{prefix}_first", (path, "first"), text, of_line, first, (f"{prefix}_first_name",)),
        Column(f"{prefix}_taxonomy", (path, "taxonomy"), code, of_line, taxonomy),
    ]


#: Every column, in the order of the template. The people of the example do not exist.
COLUMNS: tuple[Column, ...] = (
    Column("claim", (), identifier, example="1", aliases=("claim_id", "claim_no", "claim_number")),
    Column(
        "account",
        ("account",),
        identifier,
        example="MH100234",
        aliases=(
            "account_number",
            "account_no",
            "patient_account",
            "patient_account_number",
            "patient_control_number",
        ),
    ),
    Column(
        "payer_name",
        ("payer", "name"),
        text,
        example="SUNRISE HEALTH PLAN",
        aliases=("payer", "insurance", "insurance_name"),
    ),
    Column("payer_id", ("payer", "payer_id"), identifier, example="SNRSE"),
    Column("billing_npi", ("billing", "npi"), digits, example="1990000014"),
    Column("billing_tin", ("billing", "tin"), digits, example="990000017", aliases=("tin", "tax_id", "ein")),
    Column("billing_tin_type", ("billing", "tin_type"), code),
    Column("billing_name", ("billing", "name"), text, example="Maple Hollow Family Medicine"),
    Column("billing_first", ("billing", "first"), text),
    Column("billing_taxonomy", ("billing", "taxonomy"), code, example="207Q00000X"),
    *_address("billing", "billing", example=("14 Orchard Row", "Maple Hollow", "MN", "550010001")),
    Column("billing_phone", ("billing", "phone"), digits, example="6515550142"),
    Column(
        "member_id",
        ("subscriber", "member_id"),
        identifier,
        example="LK700400000",
        aliases=("insured_id", "subscriber_id", "member_number", "policy_number"),
    ),
    Column("group_number", ("subscriber", "group_number"), identifier),
    Column("plan_name", ("subscriber", "plan_name"), text),
    Column("filing_indicator", ("subscriber", "filing_indicator"), code, example="CI"),
    Column("insurance_type", ("subscriber", "insurance_type"), code),
    Column("payer_order", ("subscriber", "payer_order"), code, example="P"),
    Column("relationship", ("relationship",), relationship, example="self", aliases=("patient_relationship",)),
    *_person(
        "subscriber",
        "subscriber",
        ("Ashgrove", "Mabel", "1932-01-01", "F", "100 Larkspur Lane", "Maple Hollow", "MN", "55001"),
    ),
    *_person("patient", "dependant"),
    *_provider("rendering", "rendering", example=("1990000113", "Lindqvist", "Anneli", "207Q00000X")),
    *_provider("referring", "referring"),
    *_provider("supervising", "supervising"),
    Column("facility_npi", ("facility", "npi"), digits),
    Column("facility_name", ("facility", "name"), text),
    *_address("facility", "facility"),
    *(
        Column(
            f"diagnosis_{number}",
            ("diagnoses", number - 1),
            diagnosis,
            example={1: "E11.9", 2: "I10"}.get(number, ""),
            aliases=(f"dx{number}", f"dx_{number}", f"diag_{number}", f"icd_{number}", f"diagnosis{number}"),
        )
        for number in range(1, 13)
    ),
    Column("place_of_service", ("place_of_service",), place, example="11", aliases=("pos",)),
    Column("frequency", ("frequency",), identifier, example="1", aliases=("frequency_code", "resubmission_code")),
    Column("original_control_number", ("original_control_number",), identifier, aliases=("original_reference",)),
    Column(
        "prior_authorisation", ("prior_authorisation",), identifier, aliases=("prior_authorization", "prior_auth")
    ),
    Column("referral_number", ("referral_number",), identifier),
    Column("clia", ("clia",), code),
    Column("accept_assignment", ("accept_assignment",), code),
    Column("benefits_assignment", ("benefits_assignment",), code),
    Column("release_of_information", ("release_of_information",), code),
    Column("signature_on_file", ("signature_on_file",), code),
    Column("signature_source", ("signature_source",), code),
    Column("special_program", ("special_program",), identifier),
    Column("medical_record_number", ("medical_record_number",), identifier),
    Column("property_casualty_number", ("property_casualty_number",), identifier),
    Column("note", ("note",), text, aliases=("claim_note",)),
    Column("onset_date", ("onset_on",), day),
    Column("admitted_date", ("admitted_on",), day),
    Column("discharged_date", ("discharged_on",), day),
    Column("delay_reason", ("delay_reason",), identifier),
    Column("accident_cause", ("accident", "cause"), code),
    Column("accident_date", ("accident", "on"), day),
    Column("accident_state", ("accident", "state"), code),
    Column("condition_codes", ("condition_codes",), codes),
    Column("patient_paid", ("patient_paid",), money),
    Column("total_charge", ("charge",), money, example="85.00", aliases=("total", "claim_total", "claim_charge")),
    Column(
        "service_from",
        ("service_from",),
        day,
        True,
        "2026-06-30",
        ("dos", "dos_from", "from_date", "date_of_service", "service_date"),
    ),
    Column("service_to", ("service_to",), day, True, "2026-06-30", ("dos_to", "to_date")),
    Column("code", ("code",), code, True, "99213", ("cpt", "cpt_code", "hcpcs", "procedure", "procedure_code")),
    *(
        Column(
            f"modifier_{number}", ("modifiers", number - 1), code, True, aliases=(f"mod{number}", f"mod_{number}")
        )
        for number in range(1, 5)
    ),
    Column("description", ("description",), text, True, aliases=("line_description",)),
    Column("pointers", ("pointers",), pointers, True, "1 2", ("pointer", "dx_pointer", "diagnosis_pointer")),
    Column("charge", ("charge",), money, True, "85.00", ("charges", "amount", "line_charge")),
    Column("units", ("units",), quantity, True, "1", ("qty", "quantity", "days_or_units")),
    Column("unit_type", ("unit_type",), code, True),
    Column("line_place_of_service", ("place_of_service",), place, True),
    Column("emergency", ("emergency",), yes_or_no, True, aliases=("emg",)),
    Column("epsdt", ("epsdt",), yes_or_no, True),
    Column("family_planning", ("family_planning",), yes_or_no, True),
    *_provider("line_rendering", "rendering", of_line=True),
    *_provider("line_ordering", "ordering", of_line=True),
    Column("ndc", ("drug", "ndc"), digits, True),
    Column("ndc_quantity", ("drug", "quantity"), quantity, True),
    Column("ndc_unit", ("drug", "unit"), code, True),
    Column("line_note", ("note",), text, True),
    Column("line_control_number", ("control_number",), identifier, True),
    Column("line_prior_authorisation", ("prior_authorisation",), identifier, True),
    Column("attachment_file", ("file",), text, True),
    Column("attachment_type", ("report_type",), code, True),
    Column("attachment_transmission", ("transmission",), code, True),
    Column("attachment_control_number", ("control_number",), identifier, True),
)

#: The columns without which no row can become a line.
REQUIRED = ("account", "service_from", "code", "charge")
#: The columns of a document that goes with the claim; a row may carry nothing else.
ATTACHMENT = frozenset(
    {"attachment_file", "attachment_type", "attachment_transmission", "attachment_control_number"}
)

BY_NAME = {column.name: column for column in COLUMNS}
_BY_HEADING = {heading: column for column in COLUMNS for heading in (column.name, *column.aliases)}


def heading(cell: str) -> str:
    """A heading for comparing: case, blanks and punctuation do not matter."""
    return re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_")


def find(cell: str) -> Column | None:
    """The column that a heading means."""
    return _BY_HEADING.get(heading(cell))

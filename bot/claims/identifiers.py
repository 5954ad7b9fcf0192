"""Identifiers and code sets: is this number, code or abbreviation one that can exist?

Every function takes text as a claim carries it (no punctuation) and answers yes or no. Only the ICD-10-CM
look-up needs data; it is loaded on first use because that takes seconds.
"""

from __future__ import annotations

import re
import warnings
from functools import cache, lru_cache
from types import ModuleType

#: CMS place of service codes (code source 237, as pyx12 4.0.0 lists them).
PLACES_OF_SERVICE = frozenset(
    {
        "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "17", "18",
        "19", "20", "21", "22", "23", "24", "25", "26", "27", "31", "32", "33", "34", "41", "42", "49", "50", "51",
        "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "65", "66", "71", "72", "81", "99"
    }
)  # fmt: skip

#: States, the District of Columbia, territories and military post (USPS Publication 28, appendix B).
STATES = frozenset(
    {
        "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY",
        "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH",
        "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "AS", "FM", "GU",
        "MH", "MP", "PR", "PW", "VI", "AA", "AE", "AP"
    }
)  # fmt: skip

#: How the patient is related to the subscriber (SBR02, PAT01; 005010X222A1).
RELATIONSHIPS = {
    "18": "self",
    "01": "spouse",
    "19": "child",
    "20": "employee",
    "21": "unknown",
    "39": "organ donor",
    "40": "cadaver donor",
    "53": "life partner",
    "G8": "other",
}

_NPI = re.compile(r"[12][0-9]{9}")
_EIN = re.compile(r"[0-9]{9}")
_TAXONOMY = re.compile(r"[0-9A-Z]{9}X")
_CLIA = re.compile(r"[0-9]{2}D[0-9]{7}")
_MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9][0-9]"
    r"[AC-HJKMNP-RT-Y]{2}[0-9]{2}"
)
_ICD10CM = re.compile(r"[A-Z][0-9A-Z]{2}(?:\.?[0-9A-Z]{1,4})?")
_PROCEDURE = re.compile(r"[0-9]{4}[0-9A-Z]|[A-Z][0-9]{4}")
_MODIFIER = re.compile(r"[0-9A-Z]{2}")
_ZIP = re.compile(r"[0-9]{5}(?:[0-9]{4})?")
_NDC = re.compile(r"[0-9]{11}")


def is_npi(text: str) -> bool:
    """Whether `text` is ten digits, starts with 1 or 2 and passes the check digit.

    Source: CMS, "Requirements for NPI check digit": Luhn over the constant prefix 80840 and the number.
    """
    if not _NPI.fullmatch(text):
        return False
    total = 24  # what 80840 adds
    for position, digit in enumerate(text):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_tin(text: str) -> bool:
    """Whether `text` is nine digits and not all zero: an EIN or a social security number (REF EI, SY)."""
    return bool(_EIN.fullmatch(text)) and text != "000000000"


def is_taxonomy(text: str) -> bool:
    """Whether `text` has the form of a NUCC provider taxonomy code: nine letters or digits and an X."""
    return bool(_TAXONOMY.fullmatch(text))


def is_clia(text: str) -> bool:
    """Whether `text` has the form of a CLIA number, such as 24D0000001 (CMS laboratory certification)."""
    return bool(_CLIA.fullmatch(text))


def is_mbi(text: str) -> bool:
    """Whether `text` has the form of a Medicare Beneficiary Identifier, without dashes.

    Source: CMS, "Understanding the MBI format": eleven characters, S, L, O, I, B and Z are not used.
    """
    return bool(_MBI.fullmatch(text))


def is_procedure(text: str) -> bool:
    """Whether `text` has the form of a CPT or HCPCS code: five characters, such as 99213, 0509T or G0506.

    Only the form: CPT is licensed by the AMA and no list of it is shipped.
    """
    return bool(_PROCEDURE.fullmatch(text))


def is_modifier(text: str) -> bool:
    """Whether `text` has the form of a procedure modifier: two capital letters or digits."""
    return bool(_MODIFIER.fullmatch(text))


def is_zip(text: str) -> bool:
    """Whether `text` is a United States ZIP code of five or nine digits."""
    return bool(_ZIP.fullmatch(text))


def is_state(text: str) -> bool:
    """Whether `text` is the two-letter code of a state, territory or military post."""
    return text in STATES


def is_place_of_service(text: str) -> bool:
    """Whether `text` is a CMS place of service code of two digits."""
    return text in PLACES_OF_SERVICE


def is_ndc(text: str) -> bool:
    """Whether `text` has the form of a national drug code in the eleven-digit billing format."""
    return bool(_NDC.fullmatch(text))


def is_icd10cm(text: str) -> bool:
    """Whether `text` has the form of an ICD-10-CM code, with or without its dot.

    The second character may be a letter: the April 2026 release has a QA0 category.
    """
    return bool(_ICD10CM.fullmatch(text))


@lru_cache(maxsize=100_000)
def is_billable(text: str) -> bool:
    """Whether `text` is an ICD-10-CM code that may stand on a claim: one without further subdivision.

    E119 is, E11 is not; with or without dot. Source: the release shipped in simple-icd-10-cm (1.5: April
    2026). Block ranges such as C00-C96, which that package counts as leaves, fail the form.
    """
    if not is_icd10cm(text):
        return False
    icd10cm = _icd10cm()
    return bool(icd10cm.is_valid_item(text) and icd10cm.is_leaf(text))


@cache
def _icd10cm() -> ModuleType:
    """The code set, imported on first use: reading it takes up to three seconds."""
    with warnings.catch_warnings():
        # It reads its data through a deprecated call of importlib.resources.
        warnings.simplefilter("ignore")
        import simple_icd_10_cm

    return simple_icd_10_cm  # type: ignore[no-any-return]

"""X12 implementation guides: what a transaction is, from its header, in plain words."""

from __future__ import annotations

from enum import Enum, StrEnum, auto


class Guide(Enum):
    """How far a transaction concerns us."""

    #: A professional claim file of version 5010: read.
    PROFESSIONAL = auto()
    #: A professional claim file of another version: counted, not read.
    OTHER_VERSION = auto()
    #: An 837 whose header names no guide we know: its lines tell.
    UNCLEAR = auto()
    #: Something else.
    FOREIGN = auto()


class Reply(StrEnum):
    """The kinds of payers' files that are read."""

    #: A remittance advice (005010X221).
    REMITTANCE = "835"
    #: An acknowledgment of claims (005010X214).
    ACKNOWLEDGMENT = "277CA"
    #: An answer to a claim status request (005010X212).
    STATUS = "277"


#: What the other transactions are (ASC X12 transaction set identifiers).
_TRANSACTIONS = {
    "270": "an eligibility inquiry (270)",
    "271": "an eligibility response (271)",
    "275": "a file of claim attachments (275)",
    "276": "a claim status request (276)",
    "277": "a claim status response (277)",
    "278": "an authorisation request or response (278)",
    "820": "a premium payment (820)",
    "824": "an application acknowledgment (824)",
    "834": "an enrolment file (834)",
    "835": "a remittance advice (835)",
    "997": "a functional acknowledgment (997)",
    "999": "an implementation acknowledgment (999)",
}
#: The 837 that are not professional claims, by the number of their guide.
_KINDS_OF_837 = {
    "X096": "an institutional claim file (837I)",
    "X223": "an institutional claim file (837I)",
    "X097": "a dental claim file (837D)",
    "X224": "a dental claim file (837D)",
    "X298": "a file of claims already decided (837, post-adjudicated)",
    "X299": "a file of claims already decided (837, post-adjudicated)",
    "X300": "a file of claims already decided (837, post-adjudicated)",
}
#: The 277 by the number of their guide: what it is, and which kind where it is read.
_KINDS_OF_277: dict[str, tuple[Reply | None, str]] = {
    "X214": (Reply.ACKNOWLEDGMENT, ""),
    "X212": (Reply.STATUS, ""),
    "X213": (None, "a request for additional information (277)"),
    "X228": (None, "a list of pending claims (277)"),
}
ACKNOWLEDGMENT = "an interchange acknowledgment (TA1)"


def recognise(transaction: str, *guides: str) -> tuple[Guide, str]:
    """Say what a transaction is, from ST01 and the guides its headers name (GS08, ST03), the first first.

    The second value is the plain description of a foreign one, and ``version 4010`` or the like of a
    professional claim file that is not read.
    """
    if transaction != "837":
        return Guide.FOREIGN, _TRANSACTIONS.get(transaction, "an X12 file of another kind")
    named = [guide.upper() for guide in guides if guide]
    for guide in named:
        number = guide[6:10]
        if number in _KINDS_OF_837:
            return Guide.FOREIGN, _KINDS_OF_837[number]
        if number == "X222" and guide.startswith("005010"):
            return Guide.PROFESSIONAL, ""
        if number in ("X098", "X222", "X291", "X323"):
            return Guide.OTHER_VERSION, f"version {_version(guide)}"
    if any(guide.startswith("005010") for guide in named):
        return Guide.UNCLEAR, ""
    return Guide.OTHER_VERSION, f"version {_version(named[0]) if named else 'unknown'}"


def recognise_reply(transaction: str, *guides: str) -> tuple[Reply | None, str]:
    """Say which kind of payer's file a transaction is, from ST01 and the guides its headers name, the first first;
    or what else it is, in plain words."""
    named = [guide.upper() for guide in guides if guide]
    if transaction in ("835", "277"):
        what = _TRANSACTIONS[transaction]
        if not any(guide.startswith("005010") for guide in named):
            return None, f"{what} in version {_version(named[0]) if named else 'unknown'}"
        if transaction == "835":
            return Reply.REMITTANCE, ""
        known = (_KINDS_OF_277[guide[6:10]] for guide in named if guide[6:10] in _KINDS_OF_277)
        return next(known, (None, f"{what} that does not say which kind it is"))
    guide, what = recognise(transaction, *guides)
    if guide is Guide.FOREIGN:
        return None, what
    return None, f"a professional claim file (837P){f' in {what}' if what else ''}"


def _version(guide: str) -> str:
    """``4010`` from ``004010X098A1``; ``unknown`` where there is no such number."""
    digits = guide[:6]
    return digits.lstrip("0") if digits.isascii() and digits.isdigit() and digits.strip("0") else "unknown"

"""What openIMIS's own database says. The tests' judge: it never goes by what a page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any

import psycopg
from psycopg.rows import dict_row


class Status(IntEnum):
    """Where a claim stands."""

    REJECTED = 1
    #: Saved by the clerk; the payer does not look at it before it is submitted.
    ENTERED = 2
    #: Submitted, and taken.
    CHECKED = 4
    PROCESSED = 8
    VALUATED = 16


class Outcome(IntEnum):
    """What became of a mutation: what the pages call a journal entry."""

    PENDING = 0
    FAILED = 1
    DONE = 2


@dataclass(frozen=True, slots=True)
class StoredService:
    """One service of a stored claim."""

    code: str
    quantity: Decimal
    #: Each, as asked.
    price: Decimal
    explanation: str
    passed: bool
    #: openIMIS's number of the reason why it did not pass; 0 when it did.
    reason: int


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """A claim as it is now in openIMIS's tables."""

    code: str
    uuid: str
    status: Status
    #: openIMIS's number of the reason why it was rejected; 0 when it was not.
    reason: int
    insuree: str
    facility: str
    administrator: str
    first: date
    last: date | None
    claimed_on: date
    #: The main one first.
    diagnoses: tuple[str, ...]
    #: One letter: E, O or R.
    visit: str
    #: The optional number of an authorisation.
    guarantee: str
    explanation: str
    claimed: Decimal | None
    approved: Decimal | None
    #: What the payer makes of it, once the reviewer has processed it.
    valuated: Decimal | None
    submitted_at: datetime | None
    services: tuple[StoredService, ...]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A row of the mutation log."""

    #: The page's own id for it.
    client_id: str
    label: str
    user: str
    outcome: Outcome
    error: str
    at: datetime


class Oracle:
    """Questions to the database at this address."""

    def __init__(self, database: str) -> None:
        self._database = database

    def claims(self, code: str) -> list[StoredClaim]:
        """The claims with this number; more than one would be a duplicate."""
        return [
            self._claim(row) for row in self._rows(_CLAIMS + ' AND c."ClaimCode" = %s ORDER BY c."ClaimID"', code)
        ]

    def claim(self, code: str) -> StoredClaim:
        """The one claim with this number. Raises ValueError when there is none, or more than one."""
        (claim,) = self.claims(code)
        return claim

    def claims_of(self, insuree: str) -> list[StoredClaim]:
        """All claims for an insuree, oldest first."""
        return [
            self._claim(row) for row in self._rows(_CLAIMS + ' AND i."CHFID" = %s ORDER BY c."ClaimID"', insuree)
        ]

    def count(self, insuree: str) -> int:
        """How many claims there are for an insuree."""
        return len(self.claims_of(insuree))

    def mutations(self, label: str = "%") -> list[Mutation]:
        """The mutation log, oldest first: those whose label is like this (SQL's LIKE)."""
        return [
            Mutation(
                client_id=row["client_mutation_id"] or "",
                label=row["client_mutation_label"] or "",
                user=row["username"],
                outcome=Outcome(row["status"]),
                error=row["error"] or "",
                at=row["request_date_time"],
            )
            for row in self._rows(_MUTATIONS, label)
        ]

    def sizes(self) -> dict[str, int]:
        """How many rows each table has that the seed writes to."""
        return {name: self._size(name) for name in _OWN}

    def _size(self, table: str) -> int:
        (row,) = self._rows(f'SELECT count(*) AS rows FROM "{table}"')
        return int(row["rows"])

    def _claim(self, row: dict[str, Any]) -> StoredClaim:
        services = tuple(
            StoredService(
                code=line["ServCode"],
                quantity=line["QtyProvided"],
                price=line["PriceAsked"],
                explanation=line["Explanation"] or "",
                passed=line["ClaimServiceStatus"] == 1,
                reason=line["RejectionReason"] or 0,
            )
            for line in self._rows(_SERVICES, row["ClaimID"])
        )
        return StoredClaim(
            code=row["ClaimCode"],
            uuid=row["ClaimUUID"],
            status=Status(row["ClaimStatus"]),
            reason=row["RejectionReason"] or 0,
            insuree=row["CHFID"],
            facility=row["HFCode"],
            administrator=row["ClaimAdminCode"] or "",
            first=row["DateFrom"],
            last=row["DateTo"],
            claimed_on=row["DateClaimed"],
            diagnoses=tuple(code for code in row["diagnoses"] if code),
            visit=row["VisitType"] or "",
            guarantee=row["GuaranteeId"] or "",
            explanation=row["Explanation"] or "",
            claimed=row["Claimed"],
            approved=row["Approved"],
            valuated=row["Valuated"],
            submitted_at=row["SubmitStamp"],
            services=services,
        )

    def _rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self._database, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), values).fetchall()


#: What the seed writes to.
_OWN = (
    "core_User", "tblClaimAdmin", "tblFamilies", "tblGender", "tblHF", "tblICDCodes", "tblInsuree",
    "tblInsureePolicy", "tblItems", "tblLanguages", "tblLocations", "tblPLItemsDetail", "tblPLServicesDetail",
    "tblPolicy", "tblProduct", "tblProductServices", "tblRole", "tblRoleRight", "tblServices", "tblUserRole",
    "tblUsers", "tblUsersDistricts",
)  # fmt: skip

# Rows that are no longer valid are openIMIS's history of them.
_CLAIMS = """
    SELECT c.*, i."CHFID", f."HFCode", a."ClaimAdminCode",
           ARRAY[d0."ICDCode", d1."ICDCode", d2."ICDCode", d3."ICDCode", d4."ICDCode"] AS diagnoses
    FROM "tblClaim" c
    JOIN "tblInsuree" i ON i."InsureeID" = c."InsureeID"
    JOIN "tblHF" f ON f."HfID" = c."HFID"
    LEFT JOIN "tblClaimAdmin" a ON a."ClaimAdminId" = c."ClaimAdminId"
    LEFT JOIN "tblICDCodes" d0 ON d0."ICDID" = c."ICDID"
    LEFT JOIN "tblICDCodes" d1 ON d1."ICDID" = c."ICDID1"
    LEFT JOIN "tblICDCodes" d2 ON d2."ICDID" = c."ICDID2"
    LEFT JOIN "tblICDCodes" d3 ON d3."ICDID" = c."ICDID3"
    LEFT JOIN "tblICDCodes" d4 ON d4."ICDID" = c."ICDID4"
    WHERE c."ValidityTo" IS NULL"""
_SERVICES = """
    SELECT l.*, s."ServCode"
    FROM "tblClaimServices" l
    JOIN "tblServices" s ON s."ServiceID" = l."ServiceID"
    WHERE l."ValidityTo" IS NULL AND l."ClaimID" = %s
    ORDER BY l."ClaimServiceID\""""
_MUTATIONS = """
    SELECT m.*, u.username
    FROM "core_Mutation_Log" m
    LEFT JOIN "core_User" u ON u.id = m.user_id
    WHERE m.client_mutation_label LIKE %s
    ORDER BY m.request_date_time"""

"""The page at which a payer's portal last failed us, for whoever mends its adapter."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Row, delete, insert, select

from bot.ledger.schema import claims, evidence, failures
from bot.ledger.store import Act, Ledger, note
from bot.portal.evidence import Evidence

#: Kinds of a claim's evidence that show a page which was not as expected.
OF_CLAIMS = ("refusal", "unclear")


@dataclass(frozen=True, slots=True)
class Failure:
    """A page that is kept."""

    #: What went wrong: the class of an error, or the kind of a claim's evidence.
    what: str
    evidence: Evidence


def failed(ledger: Ledger, payer: str, login: str, error: str, kept: Evidence) -> Evidence | None:
    """Note the page at which a login failed; the one noted before, which nobody needs any more."""
    mine = (failures.c.payer == payer, failures.c.login == login)
    with ledger.write() as connection:
        before = connection.execute(select(failures).where(*mine)).one_or_none()
        connection.execute(delete(failures).where(*mine))
        connection.execute(
            insert(failures).values(
                payer=payer,
                login=login,
                error=error,
                sha256=kept.sha256,
                file=kept.path_name,
                size=kept.size,
                at=kept.at,
            )
        )
    return _evidence("failure", before) if before else None


def last_failure(ledger: Ledger, payer: str) -> Failure | None:
    """The last page of this payer that was not as expected."""
    of_logins = select(failures).where(failures.c.payer == payer).order_by(failures.c.at.desc()).limit(1)
    of_claims = (
        select(evidence)
        .join(claims, claims.c.id == evidence.c.claim_id)
        .where(claims.c.payer == payer, evidence.c.kind.in_(OF_CLAIMS))
        .order_by(evidence.c.at.desc())
        .limit(1)
    )
    with ledger.read() as connection:
        found = [
            *(Failure(row.error, _evidence("failure", row)) for row in connection.execute(of_logins)),
            *(Failure(row.kind, _evidence(row.kind, row)) for row in connection.execute(of_claims)),
        ]
    return max(found, key=lambda one: one.evidence.at, default=None)


def captured(ledger: Ledger, payer: str, act: Act) -> None:
    """Note that somebody took the page out of the office, scrubbed."""
    with ledger.write() as connection:
        note(connection, "captured", act, payer=payer)


def _evidence(kind: str, row: Row[tuple[object, ...]]) -> Evidence:
    return Evidence(kind, row.sha256, row.file, row.at, row.size)

"""How each login's form looked when it was last found fine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from bot.ledger.schema import baselines
from bot.ledger.store import Act, Ledger, note
from bot.portal.drift import Baseline


@dataclass(frozen=True, slots=True)
class Checked:
    """When a login's form was last found fine, and since when it looks as it does."""

    payer: str
    login: str
    fine_at: datetime
    changed_at: datetime
    #: Who took it for fine as it is: payerbot, where it fitted by itself.
    who: str
    why: str
    #: Titles of the pages that were seen.
    pages: tuple[str, ...]


def load(ledger: Ledger, payer: str, login: str) -> Baseline:
    """A login's baseline; an empty one before the first check."""
    query = select(baselines.c.pages).where(baselines.c.payer == payer, baselines.c.login == login)
    with ledger.read() as connection:
        pages = connection.execute(query).scalar_one_or_none()
    return Baseline.of(pages or {})


def keep(ledger: Ledger, payer: str, login: str, baseline: Baseline, act: Act) -> None:
    """The form is fine as this baseline has it."""
    pages = baseline.document()
    where = (baselines.c.payer == payer, baselines.c.login == login)
    with ledger.write() as connection:
        known = connection.execute(select(baselines.c.pages).where(*where)).scalar_one_or_none()
        if known is None:
            connection.execute(
                insert(baselines).values(
                    payer=payer,
                    login=login,
                    pages=pages,
                    fine_at=act.at,
                    changed_at=act.at,
                    who=act.who,
                    why=act.why,
                )
            )
        elif known == pages:
            connection.execute(update(baselines).where(*where).values(fine_at=act.at))
            return
        else:
            connection.execute(
                update(baselines)
                .where(*where)
                .values(pages=pages, fine_at=act.at, changed_at=act.at, who=act.who, why=act.why)
            )
        note(connection, "form_learned", act, payer=payer, login=login)


def checked(ledger: Ledger, payer: str | None = None) -> Sequence[Checked]:
    """When the forms were last found fine, of one payer or all."""
    columns = [baselines.c[name] for name in ("payer", "login", "fine_at", "changed_at", "who", "why", "pages")]
    query = select(*columns).order_by(baselines.c.payer, baselines.c.login)
    if payer is not None:
        query = query.where(baselines.c.payer == payer)
    with ledger.read() as connection:
        rows = connection.execute(query).mappings()
        return [Checked(**{**row, "pages": tuple(row["pages"])}) for row in rows]

"""What a person's own sign-in changes: the session is kept, and what had parked the login is over."""

from __future__ import annotations

import json

from playwright.async_api import StorageState
from sqlalchemy import delete, insert, select, update

from bot.ledger import tasks
from bot.ledger.journal import forget_sign_ins
from bot.ledger.people import PARKED
from bot.ledger.schema import pauses, saved_sessions
from bot.ledger.schema import tasks as task_table
from bot.ledger.store import Act, Ledger, note

#: Kinds of task that signing in answers; a login parked for another reason stays parked.
ANSWERED = ("sign-in-refused", "person-needed")


def signed_in(ledger: Ledger, payer: str, login: str, whose: str, state: StorageState, act: Act) -> int:
    """Keep the session that a person has signed in, and lift what had parked the login for want of one; how many
    stops still stand. `whose` is the `LoginJournal.whose` of the user who is signed in.

    The password may be tried once more when that session has ended, unless the portal had refused it: then only a
    changed one is.
    """
    with ledger.write() as connection:
        mine = (saved_sessions.c.payer == payer, saved_sessions.c.login == login)
        connection.execute(delete(saved_sessions).where(*mine))
        sealed = ledger.vault.encrypt(json.dumps(state).encode())
        connection.execute(
            insert(saved_sessions).values(
                payer=payer, login=login, state=sealed, whose=whose, who=act.who, at=act.at
            )
        )
        note(connection, "signed_in_by_hand", act, payer=payer, login=login)
        standing = [pauses.c.payer == payer, pauses.c.lifted_at.is_(None)]
        others = select(task_table.c.title).where(
            task_table.c.payer == payer, task_table.c.login == login, task_table.c.kind.not_in(ANSWERED)
        )
        parked = [*standing, pauses.c.login == login, pauses.c.kind == PARKED, pauses.c.why.not_in(others)]
        refused = connection.execute(select(pauses.c.id).where(*parked, pauses.c.secret.is_not(None))).first()
        if refused is None:
            forget_sign_ins(connection, payer, login)
        connection.execute(update(pauses).where(*parked).values(lifted_at=act.at, lifted_by=act.who))
        for kind in ANSWERED:
            tasks.close_by_cause(connection, f"{kind}:{payer}:{login}", act, "signed in")
        stops = connection.execute(
            select(pauses.c.id).where(*standing, pauses.c.login.is_(None) | (pauses.c.login == login))
        ).all()
    return len(stops)

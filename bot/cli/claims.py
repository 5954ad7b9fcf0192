"""``payerbot claims``: look at claims and decide about them."""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from bot.claims.edits import engine
from bot.claims.vocabulary import SHOWN, State
from bot.cli.call import DONE, FOR_A_PERSON, Json, PayerOption, Why, act, installation, print_json
from bot.errors import Refused, UsageError
from bot.installation import Installation
from bot.ledger import overrides, papers, people, views
from bot.ledger.store import Act
from bot.ledger.views import Row
from bot.terminal import out
from bot.terminal.claims import MANY, show_claim, show_claims
from bot.work import again, letters, schedule
from bot.work import rules as rules_room
from bot.work.deadlines import deadlines_of
from bot.work.payers import adapter_of

app = typer.Typer(help="Look at claims and decide about them.", no_args_is_help=True)

StateOption = Annotated[State | None, typer.Option("--state", help="Only claims in this state.")]
FileOption = Annotated[int | None, typer.Option("--file", metavar="ID", help="Only this file's claims.")]
AccountOption = Annotated[str | None, typer.Option("--account", help="Only this patient account number.")]
Ids = Annotated[list[int], typer.Argument(metavar="ID...")]


@app.command("list")
def claims_list(
    payer: PayerOption = None,
    state: StateOption = None,
    file: FileOption = None,
    account: AccountOption = None,
    json_: Json = False,
) -> None:
    """Claims and where each stands."""
    with installation() as it:
        # one more than are shown says that there are more
        limit = None if json_ else MANY + 1
        if payer is not None:
            adapter_of(payer)
        rows = views.claim_rows(it.ledger, payer=payer, state=state, file_id=file, account=account, limit=limit)
    if json_:
        print_json([claim_document(row) for row in rows])
    else:
        show_claims(rows)


@app.command("show")
def claims_show(claim_id: Annotated[int, typer.Argument(metavar="ID")], json_: Json = False) -> None:
    """One claim with everything that happened to it."""
    with installation() as it:
        history = views.claim_history(it.ledger, claim_id)
        row = views.claim_rows(it.ledger, claim_id=claim_id)[0]
        deadlines = deadlines_of(row, it.office.payers.get(row["payer"]), schedule.day_of(it.clock.now()))
    if json_:
        print_json({**claim_document(row), "deadlines": [last.document() for last in deadlines], **history})
    else:
        show_claim(row, deadlines, history)


@app.command("hold")
def claims_hold(ids: Ids, why: Why = "") -> None:
    """Stop claims that wait for their turn."""
    _decide(ids, lambda it: people.hold(it.ledger, ids, act(why)), "held")


@app.command("release")
def claims_release(ids: Ids, why: Why = "") -> None:
    """Let held claims go."""
    _decide(ids, lambda it: people.release(it.ledger, ids, act(why)), "released")


@app.command("withdraw")
def claims_withdraw(ids: Ids, why: Why = "") -> None:
    """Give claims up that are not, and will not be, at the payer."""
    _decide(ids, lambda it: people.withdraw(it.ledger, ids, act(why)), "withdrawn")


@app.command("override")
def claims_override(
    claim_id: Annotated[int, typer.Argument(metavar="ID")],
    rule: Annotated[str, typer.Option("--rule", metavar="RULE", help="The rule, as payerbot check names it.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="The lead who decides.")],
    why: Annotated[str, typer.Option("--why", help="Why; it is kept with the claim.")],
) -> None:
    """A lead sets aside what one rule found on a claim, by name and reason."""
    with installation() as it:
        lead = lead_named(it, by)
        if not why.strip():
            raise UsageError("Say why: --why REASON.")
        edit = engine.find(rule)
        need = None
        for waiting in papers.lettered(it.ledger, claim_id):
            need = letters.need_of_letter(waiting.support, waiting.payer)
        lead_act = Act(f"{lead} ({getpass.getuser()})", datetime.now().astimezone(), why.strip())
        id_ = edit.id if edit else rule
        state = overrides.override(it.ledger, claim_id, id_, rules_room.overridable(), need, lead_act)
    out.print(f"Claim {claim_id}: {id_} overridden by {escape(lead)}. {SHOWN[state]}.")


def lead_named(it: Installation, name: str) -> str:
    """The lead of that name as the settings write it. Raises `Refused`."""
    asked = " ".join(name.split()).casefold()
    lead = next((one for one in it.settings.leads if " ".join(one.split()).casefold() == asked), None)
    if lead is None:
        known = ", ".join(it.settings.leads) or "nobody: name them as leads in payerbot.toml"
        raise Refused(f"Only a billing lead may do that (leads here: {known}).")
    return lead


@app.command("entered-by-hand")
def claims_entered_by_hand(
    claim_id: Annotated[int, typer.Argument(metavar="ID")],
    number: Annotated[str, typer.Option("--number", help="The payer's claim number.")],
    why: Why = "",
) -> None:
    """Say that a person entered, or found, a claim in the portal."""

    def enter(it: Installation) -> None:
        people.entered_by_hand(it.ledger, claim_id, payers_number(it, claim_id, number), act(why))

    _decide([claim_id], enter, "entered by hand")


CopyFiles = Annotated[
    list[Path] | None,
    typer.Option("--file", metavar="FILE", help="Where its fixed copy is, and its records; may be said again."),
]


@app.command("send-as-new")
def claims_send_as_new(
    claim_id: Annotated[int, typer.Argument(metavar="ID")], file: CopyFiles = None, why: Why = ""
) -> int:
    """Send a claim that does not stand at the payer as a new one: its copy in a file, the copy that waits for your
    answer, or as it is."""
    with installation() as it:
        gone = _counter(it).as_new(claim_id, file or [], it.clock.now().date(), act(why))
    return _said(claim_id, gone, "as a new claim")


@app.command("send-correction")
def claims_send_correction(
    claim_id: Annotated[int, typer.Argument(metavar="ID")], file: CopyFiles = None, why: Why = ""
) -> int:
    """Correct a claim that the payer has decided, as this payer takes corrections: a replacement, or a task."""
    with installation() as it:
        gone = _counter(it).as_correction(claim_id, file or [], it.clock.now().date(), act(why))
    return _said(claim_id, gone, "as its correction")


def _counter(it: Installation) -> again.Counter:
    return again.Counter(it.office, it.ledger, it.store, it.settings.require_release)


def _said(claim_id: int, gone: again.Gone, how: str) -> int:
    if gone.task_id is not None:
        out.print(f"Claim {claim_id}: nothing is sent; task {gone.task_id} says how this payer takes corrections.")
        return FOR_A_PERSON
    assert gone.state is not None
    out.print(f"Claim {claim_id}: claim {gone.claim_id} goes {how}. {SHOWN[gone.state]}.")
    for warning in gone.warnings:
        out.print(f"    [yellow]{escape(warning)}[/yellow]")
    return FOR_A_PERSON if gone.state is State.HELD else DONE


def payers_number(it: Installation, claim_id: int, number: str) -> str:
    """The number as typed, if it can be one of this payer's. Raises `Refused`."""
    row = next(iter(views.claim_rows(it.ledger, claim_id=claim_id)), None)
    payer = it.office.payers.get(row["payer"]) if row else None
    number = number.strip()
    if not number or (payer and not re.fullmatch(payer.adapter.control_number, number)):
        name = payer.adapter.name if payer else "a payer"
        raise Refused(f"'{number}' is not a claim number of {name}.")
    return number


def _decide(ids: Sequence[int], decide: Callable[[Installation], None], done: str) -> None:
    with installation() as it:
        decide(it)
    for claim_id in ids:
        out.print(f"Claim {claim_id}: {done}.")


_CLAIM_KEYS = (
    "id",
    "account",
    "payer",
    "file",
    "state",
    "status",
    "service_from",
    "service_to",
    "charge",
    "control_number",
    "tracking_number",
    "sent",
    "proof",
    "attempts",
    "reason",
    "updated_at",
    "payer_words",
    "payer_reasons",
    "allowed",
    "paid",
    "paid_on",
    "payment_number",
    "answer_by",
    "looked_up_at",
    "due_at",
)


def claim_document(row: Row) -> dict[str, Any]:
    """A claim, as programs read it."""
    return {key: row[key] for key in _CLAIM_KEYS}

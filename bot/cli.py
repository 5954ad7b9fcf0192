"""The command line. Each command opens the installation, asks one room, and shows the answer."""

from __future__ import annotations

import asyncio
import getpass
import json
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.markup import escape
from typer.exceptions import TyperException

from bot import demo as demo_room
from bot import terminal
from bot.claims.edits import engine
from bot.claims.minutes import FAMILY_OF
from bot.claims.model import Claim
from bot.claims.vocabulary import SHOWN, State
from bot.errors import PayerbotError, Refused, UnknownItem, UsageError
from bot.home import Home
from bot.installation import Installation, opened
from bot.ledger import overrides, papers, people, views
from bot.ledger.restore import accept_older
from bot.ledger.store import Act
from bot.ledger.views import Row
from bot.log import get
from bot.portal.browser import find_browser, install_browser
from bot.settings import explain
from bot.work import care, dispatch, intake, letters
from bot.work import rules as rules_room
from bot.work import serve as unattended
from bot.work import settle as settle_room
from bot.work.dispatch import Order
from bot.work.intake import Checked
from bot.work.payers import find_adapters

DONE, FOR_A_PERSON, WRONG, STOPPED = 0, 1, 2, 3
#: What Typer makes of Ctrl-C.
_INTERRUPTED = 130

app = typer.Typer(
    name="payerbot",
    help="Enters prepared claims into payer portals, proves each one arrived, and follows it until it is paid.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
claims_app = typer.Typer(help="Look at claims and decide about them.", no_args_is_help=True)
files_app = typer.Typer(help="Look at the files that were queued.", no_args_is_help=True)
tasks_app = typer.Typer(help="What needs a person.", no_args_is_help=True)
payers_app = typer.Typer(help="The payers, their logins, and which names mean them.", no_args_is_help=True)
app.add_typer(claims_app, name="claims")
app.add_typer(files_app, name="files")
app.add_typer(tasks_app, name="tasks")
rules_app = typer.Typer(help="What claims are checked for, and how each payer sees it.", no_args_is_help=True)
letters_app = typer.Typer(help="Letters that go with unlisted home visits.", no_args_is_help=True)
app.add_typer(payers_app, name="payers")
app.add_typer(rules_app, name="rules")
app.add_typer(letters_app, name="letters")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
PayerOption = Annotated[str | None, typer.Option("--payer", metavar="SLUG", help="Only this payer.")]
Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="837P, CSV or JSON, and companion records (CSV, JSON).")
]
Ids = Annotated[list[int], typer.Argument(metavar="ID...")]
Why = Annotated[str, typer.Option("--why", help="Why; it is kept with the claim.")]

_state: dict[str, Any] = {}


@app.callback()
def _options(
    home: Annotated[
        Path | None, typer.Option("--home", envvar="PAYERBOT_HOME", help="The installation's folder.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every step to stderr.")] = False,
) -> None:
    _state.update(home=Home.find(home), verbose=verbose)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 done, 1 something needs a person, 2 the call was wrong, 3 stopped early."""
    words = _options_first(list(sys.argv[1:] if arguments is None else arguments))
    as_json = "--json" in words
    try:
        code = app(words, standalone_mode=False)
    except UsageError as error:
        _fail(error.message, WRONG, as_json=as_json)
    except typer.Abort:
        _fail("Stopped. It is safe to run again.", STOPPED, as_json=as_json)
    except TyperException as error:  # an option or argument that is not there, or not right
        _fail(error.format_message(), WRONG, as_json=as_json)
    except PayerbotError as error:
        _fail(error.message, STOPPED, as_json=as_json)
    except Exception as error:
        get().exception("command_failed", error=type(error).__name__)
        _fail(
            f"payerbot stopped: {type(error).__name__}. It is safe to run again; the log says where.",
            STOPPED,
            as_json=as_json,
        )
    if code == _INTERRUPTED:
        _fail("Stopped. It is safe to run again.", STOPPED, as_json=as_json)
    sys.exit(code if isinstance(code, int) else DONE)


def _options_first(words: list[str]) -> list[str]:
    """``--home`` and ``--verbose`` may stand anywhere; the parser wants them before the command."""
    first, rest = [], []
    while words:
        word = words.pop(0)
        if word == "--home" and words:
            first += [word, words.pop(0)]
        elif word.startswith("--home=") or word in ("--verbose", "-v"):
            first.append(word)
        else:
            rest.append(word)
    return first + rest


def _fail(message: str, code: int, *, as_json: bool) -> NoReturn:
    if as_json:
        print(json.dumps({"error": message}))
    else:
        terminal.err.print(f"[red]{escape(message)}[/red]")
    sys.exit(code)


def _installation() -> Any:
    return opened(_state["home"], verbose=_state["verbose"])


def _print(document: object) -> None:
    print(json.dumps(document, default=_plain, indent=2))


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return f"{value:.2f}"
        case datetime() | date():
            return value.isoformat()
    raise TypeError(type(value).__name__)


def _act(why: str = "") -> Act:
    return Act(getpass.getuser(), datetime.now().astimezone(), why)


# ---------------------------------------------------------------------------------------------- installation


@app.command()
def demo(
    claims: Annotated[int, typer.Option("--claims", min=1, help="How many claims.")] = 27,
    headed: Annotated[bool, typer.Option("--headed", help="Show the browser.")] = False,
) -> int:
    """Start the mock portals, queue sample claims and send them: everything, on this machine alone."""
    return demo_room.play(claims, headed=headed)


@app.command()
def init() -> None:
    """Make an installation: folder, settings file, keys, ledger."""
    home: Home = _state["home"]
    home.create()
    with _installation():
        pass
    terminal.out.print(
        f"payerbot lives in {home.path}. Next: name your payers and logins in {home.settings_file}, then "
        "run: payerbot config"
    )


@app.command()
def browser() -> None:
    """Find a browser, or install one."""
    found = find_browser() or install_browser()
    terminal.out.print(f"Browser: {found}")


@app.command()
def config(json_: Json = False) -> None:
    """Every setting, its value and where it comes from; secrets are masked."""
    settings = explain(_state["home"])
    if json_:
        _print([{"key": one.key, "value": one.value_shown, "source": one.source} for one in settings])
        return
    for one in settings:
        terminal.out.print(f"{one.key} = {escape(one.value_shown)}  [dim]({one.source})[/dim]")


# --------------------------------------------------------------------------------------------- files and runs


@app.command()
def check(files: Files, json_: Json = False) -> int:
    """Read and scrub claim files; nothing is queued."""
    with _installation() as it:
        checked = _checked(it, files)
    if json_:
        _print({"files": [_checked_document(file) for file in checked]})
    else:
        terminal.show_checked(checked)
    return FOR_A_PERSON if any(file.blocked for file in checked) else DONE


@app.command()
def queue(
    files: Files,
    payer: PayerOption = None,
    hold: Annotated[bool, typer.Option("--hold", help="Wait for a release before sending.")] = False,
    json_: Json = False,
) -> int:
    """Read and scrub claim files, and queue their claims."""
    with _installation() as it:
        if payer is not None:
            it.office.payer(payer)
        checked = _checked(it, files, hold=hold)
        rows: list[dict[str, Any]] = []
        for file in checked:
            queued = intake.queue_file(it.ledger, file, _act(), payer, it.store)
            rows.append(
                {
                    "id": queued.file_id if queued else None,
                    "file": file.file,
                    "queued": queued.queued if queued else 0,
                    "blocked": queued.blocked if queued else 0,
                    "held": queued.held if queued else 0,
                    "replaced": [
                        {"account": one.account, "first_id": one.first_id}
                        for one in (queued.replaced if queued else ())
                    ],
                    "waiting": [
                        {"account": one.account, "reason": one.reason}
                        for one in (queued.waiting if queued else ())
                    ],
                    "refused": [
                        {"account": one.account, "first_id": one.first_id}
                        for one in (queued.refused if queued else ())
                    ],
                }
            )
    if json_:
        totals: dict[str, Any] = {name: sum(row[name] for row in rows) for name in ("queued", "blocked", "held")}
        _print({"files": rows, **totals, "refused": [one for row in rows for one in row["refused"]]})
    else:
        terminal.show_queued(row for row, file in zip(rows, checked, strict=True) if file.records is None)
        terminal.show_checked([file for file in checked if file.blocked])
        terminal.show_looks([file for file in checked if not file.blocked])
    waits = any(row["blocked"] or (row["held"] and not hold) for row in rows)
    return FOR_A_PERSON if waits or any(_file_blocked(one) for one in checked) else DONE


@app.command()
def run(
    payer: PayerOption = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many claims.")] = None,
    claim: Annotated[int | None, typer.Option("--claim", metavar="ID", help="Only this claim.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show how far each would go; send nothing.")] = False,
    json_: Json = False,
) -> int:
    """Send what is queued, then stop."""
    return _run(Order(payer, limit, claim, dry_run), as_json=json_)


@app.command("follow-up")
def follow_up(payer: PayerOption = None, json_: Json = False) -> int:
    """Ask the payers about what is due to be asked; send nothing."""
    return _run(Order(payer, look_ups_only=True), as_json=json_)


@app.command()
def settle(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Remittances (835), claim statuses (277CA, 277).")
    ],
    json_: Json = False,
) -> int:
    """Tell claims what payers' files say of them: paid, denied and why, refused, or still being decided."""
    with _installation() as it:
        settled = settle_room.settle_files(it.office, it.ledger, files, _act())
    if json_:
        _print({"files": [one.document() for one in settled]})
    else:
        terminal.show_settled(settled)
    return FOR_A_PERSON if any(one.waits for one in settled) else DONE


@app.command()
def serve(
    no_web: Annotated[bool, typer.Option("--no-web", help="Without a dashboard.")] = False,
) -> None:
    """Send and follow up unattended, until SIGTERM, which waits for the claims in hand, or Ctrl-C."""
    del no_web  # there is no dashboard yet
    with _installation() as it, it.home.locked() if it.ledger.database.embedded else nullcontext():
        asyncio.run(_serve(it))


async def _serve(it: Installation) -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: loop.call_soon_threadsafe(stopping.set))
    terminal.err.print("Working. Ctrl-C ends it.")
    with terminal.Watch() as watch:
        await unattended.serve(it.workshop(), watch, stopping)


@app.command()
def recover(why: Why = "") -> None:
    """After an older ledger was put back: from now on the payers are asked about every claim that may have gone
    since, before it is sent."""
    with _installation() as it, it.home.locked():
        restore = accept_older(it.ledger, _act(why))
    terminal.out.print(
        f"This ledger knows what happened until {terminal.when(restore.since)}. From now on a claim for services "
        f"until today that it never saw sent is looked up at its payer first. Queue again the files that were "
        f"queued since."
    )


def _run(order: Order, *, as_json: bool) -> int:
    with _installation() as it, it.home.locked():
        asked = next(iter(views.claim_rows(it.ledger, claim_id=order.claim_id)), None) if order.claim_id else None
        waiting = Counter(
            row["payer"] for row in views.claim_rows(it.ledger, state=State.QUEUED, payer=order.payer)
        )
        with terminal.Watch(dry_run=order.dry_run) as watch:
            if not order.look_ups_only and order.claim_id is None and order.limit is None:
                watch.expect(waiting)
            summary = asyncio.run(dispatch.run(it.workshop(), order, watch))
    if as_json:
        _print(summary.document())
    elif asked and not summary.queued:
        terminal.out.print(f"Claim {asked['id']} is not waiting to be sent. {escape(terminal.standing(asked))}.")
    else:
        terminal.show_summary(summary, dry_run=order.dry_run)
    if not summary.balanced:
        return STOPPED
    return FOR_A_PERSON if summary.tasks else DONE


# --------------------------------------------------------------------------------------------------- claims


@claims_app.command("list")
def claims_list(
    payer: PayerOption = None,
    state: Annotated[State | None, typer.Option("--state", help="Only claims in this state.")] = None,
    file: Annotated[int | None, typer.Option("--file", metavar="ID", help="Only this file's claims.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="Only this patient account number.")] = None,
    json_: Json = False,
) -> None:
    """Claims and where each stands."""
    with _installation() as it:
        rows = views.claim_rows(it.ledger, payer=payer, state=state, file_id=file, account=account)
    if json_:
        _print([_claim_document(row) for row in rows])
    else:
        terminal.show_claims(rows)


@claims_app.command("show")
def claims_show(claim_id: Annotated[int, typer.Argument(metavar="ID")], json_: Json = False) -> None:
    """One claim with everything that happened to it."""
    with _installation() as it:
        history = views.claim_history(it.ledger, claim_id)
        row = views.claim_rows(it.ledger, claim_id=claim_id)[0]
    if json_:
        _print({**_claim_document(row), **history})
    else:
        terminal.show_claim(row, history)


@claims_app.command("hold")
def claims_hold(ids: Ids, why: Why = "") -> None:
    """Stop claims that wait for their turn."""
    _decide(ids, lambda it: people.hold(it.ledger, ids, _act(why)), "held")


@claims_app.command("release")
def claims_release(ids: Ids, why: Why = "") -> None:
    """Let held claims go."""
    _decide(ids, lambda it: people.release(it.ledger, ids, _act(why)), "released")


@claims_app.command("withdraw")
def claims_withdraw(ids: Ids, why: Why = "") -> None:
    """Give claims up that are not, and will not be, at the payer."""
    _decide(ids, lambda it: people.withdraw(it.ledger, ids, _act(why)), "withdrawn")


@claims_app.command("override")
def claims_override(
    claim_id: Annotated[int, typer.Argument(metavar="ID")],
    rule: Annotated[str, typer.Option("--rule", metavar="RULE", help="The rule, as payerbot check names it.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="The lead who decides.")],
    why: Annotated[str, typer.Option("--why", help="Why; it is kept with the claim.")],
) -> None:
    """A lead sets aside what one rule found on a claim, by name and reason."""
    with _installation() as it:
        lead = _lead(it, by)
        if not why.strip():
            raise UsageError("Say why: --why REASON.")
        edit = engine.find(rule)
        need = None
        for waiting in papers.lettered(it.ledger, claim_id):
            need = letters.need_of_letter(waiting.support, waiting.payer)
        act = Act(f"{lead} ({getpass.getuser()})", datetime.now().astimezone(), why.strip())
        id_ = edit.id if edit else rule
        state = overrides.override(it.ledger, claim_id, id_, rules_room.overridable(), need, act)
    terminal.out.print(f"Claim {claim_id}: {id_} overridden by {escape(lead)}. {SHOWN[state]}.")


def _lead(it: Installation, name: str) -> str:
    """The lead of that name as the settings write it. Raises `Refused`."""
    asked = " ".join(name.split()).casefold()
    lead = next((one for one in it.settings.leads if " ".join(one.split()).casefold() == asked), None)
    if lead is None:
        known = ", ".join(it.settings.leads) or "nobody: name them as leads in payerbot.toml"
        raise Refused(f"Only a billing lead may override (leads here: {known}).")
    return lead


@claims_app.command("entered-by-hand")
def claims_entered_by_hand(
    claim_id: Annotated[int, typer.Argument(metavar="ID")],
    number: Annotated[str, typer.Option("--number", help="The payer's claim number.")],
    why: Why = "",
) -> None:
    """Say that a person entered, or found, a claim in the portal."""

    def enter(it: Installation) -> None:
        people.entered_by_hand(it.ledger, claim_id, _payers_number(it, claim_id, number), _act(why))

    _decide([claim_id], enter, "entered by hand")


def _payers_number(it: Installation, claim_id: int, number: str) -> str:
    """The number as typed, if it can be one of this payer's. Raises `Refused`."""
    row = next(iter(views.claim_rows(it.ledger, claim_id=claim_id)), None)
    payer = it.office.payers.get(row["payer"]) if row else None
    number = number.strip()
    if not number or (payer and not re.fullmatch(payer.adapter.control_number, number)):
        name = payer.adapter.name if payer else "a payer"
        raise Refused(f"'{number}' is not a claim number of {name}.")
    return number


def _decide(ids: Sequence[int], act: Callable[[Installation], None], done: str) -> None:
    with _installation() as it:
        act(it)
    for claim_id in ids:
        terminal.out.print(f"Claim {claim_id}: {done}.")


# ---------------------------------------------------------------------------------------------- files, tasks


@files_app.command("list")
def files_list(json_: Json = False) -> None:
    """Files and how each balances."""
    with _installation() as it:
        rows = views.file_rows(it.ledger)
    if json_:
        _print(rows)
    else:
        terminal.show_files(rows)


@files_app.command("show")
def files_show(file_id: Annotated[int, typer.Argument(metavar="ID")], json_: Json = False) -> None:
    """One file and its claims."""
    with _installation() as it:
        rows = views.file_rows(it.ledger, file_id)
        claims = views.claim_rows(it.ledger, file_id=file_id)
    if json_:
        _print({**rows[0], "claim_list": [_claim_document(row) for row in claims]})
    else:
        terminal.show_files(rows)
        terminal.show_claims(claims)


@tasks_app.command("list")
def tasks_list(
    payer: PayerOption = None,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    json_: Json = False,
) -> None:
    """What needs a person, by cause."""
    with _installation() as it:
        rows = views.task_rows(it.ledger, payer=payer, every=every)
    if json_:
        _print(rows)
    else:
        terminal.show_tasks(rows)


@tasks_app.command("show")
def tasks_show(task_id: Annotated[int, typer.Argument(metavar="ID")], json_: Json = False) -> None:
    """One task and the claims behind it."""
    with _installation() as it:
        rows = views.task_rows(it.ledger, task_id=task_id)
    if json_:
        _print(rows[0])
    else:
        terminal.show_tasks(rows)


@tasks_app.command("done")
def tasks_done(
    task_id: Annotated[int, typer.Argument(metavar="ID")],
    answer: Annotated[
        str | None, typer.Option("--answer", help="entered-by-hand, not-there or withdrawn.")
    ] = None,
    number: Annotated[str | None, typer.Option("--number", help="The payer's claim number.")] = None,
    why: Why = "",
) -> None:
    """Close a task; one about claims that may have gone needs an answer about them."""
    with _installation() as it:
        if number is not None:
            for one in views.task_rows(it.ledger, task_id=task_id)[0]["claims"]:
                number = _payers_number(it, one["id"], number)
        people.done(it.ledger, task_id, answer, number, _act(why))
    terminal.out.print(f"Task {task_id}: done.")


# ------------------------------------------------------------------------------------- rules, care and letters


@rules_app.command("list")
def rules_list(payer: PayerOption = None, json_: Json = False) -> None:
    """Every rule: what it does to a claim, and where it comes from."""
    rows = rules_room.rows(payer)
    if json_:
        _print(rows)
    else:
        terminal.show_rules(rows)


@rules_app.command("show")
def rules_show(
    id_: Annotated[str, typer.Argument(metavar="ID")], payer: PayerOption = None, json_: Json = False
) -> None:
    """One rule: what it looks at, what it means, and what a payer may set."""
    document = rules_room.one(id_, payer)
    if json_:
        _print(document)
    else:
        terminal.show_rule(document)


@app.command()
def ccm(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Time logs (CSV, JSON), and claims to compare with.")
    ],
    json_: Json = False,
) -> int:
    """Read time logs of care management: minutes that count, codes and units they support."""
    logs = care.read(files)
    without = logs.without_log()
    known: list[Claim] = []
    if _state["home"].settings_file.exists() and logs.spans:
        with _installation() as it:
            known = papers.billed_between(it.ledger, *logs.spans, FAMILY_OF)
    months = logs.months(known)
    for path, problem in logs.problems:
        terminal.show_file_problem(path, problem)
    if json_:
        _print([month.document() for month in months])
    else:
        terminal.show_months(months)
    terminal.show_without_log(without)
    wrong = without or any(problem.severity == "block" for _, problem in logs.problems)
    return FOR_A_PERSON if wrong or not all(month.agrees for month in months) else DONE


LetterId = Annotated[int, typer.Argument(metavar="ID", help="The claim.")]
SignedBy = Annotated[str, typer.Option("--by", metavar="NAME", help="The practitioner.")]


@letters_app.command("list")
def letters_list(json_: Json = False) -> None:
    """Claims that wait for a letter, and whose signature each needs."""
    with _installation() as it:
        rows = [
            {"id": one.id, "account": one.claim.account, "payer": one.payer, "day": one.support.day,
             "practitioner": one.support.practitioner_name}
            for one in papers.lettered(it.ledger)
        ]  # fmt: skip
    if json_:
        _print(rows)
        return
    for row in rows:
        terminal.out.print(
            f"claim {row['id']}  account {escape(str(row['account']))}  {row['payer']}  visit of {row['day']}  "
            f"needs {escape(str(row['practitioner']))}"
        )
    if not rows:
        terminal.out.print("No letter is waiting.")


@letters_app.command("write")
def letters_write(
    claim_id: LetterId, to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where to put it.")]
) -> None:
    """Write a claim's letter as a PDF to be signed; once it is ready, the papers as they go to the payer."""
    with _installation() as it:
        for path in _letter_desk(it).write(claim_id, to, it.clock.now().date()):
            terminal.out.print(f"Written: {escape(str(path))}")


@letters_app.command("sign")
def letters_sign(
    claim_id: LetterId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The signed letter, a PDF.")],
    by: SignedBy,
) -> None:
    """Take in a signed letter; its claim then waits for its turn."""
    with _installation() as it:
        _letter_desk(it).sign(claim_id, file, by, _act())
    terminal.out.print(f"Claim {claim_id}: the signed letter goes with it.")


@letters_app.command("approve")
def letters_approve(claim_id: LetterId, by: SignedBy, why: Why = "") -> None:
    """Say that the practitioner read and approved the letter in person; its claim then waits for its turn."""
    with _installation() as it:
        _letter_desk(it).approve(claim_id, by, _act(why))
    terminal.out.print(f"Claim {claim_id}: the letter approved by {escape(by)} goes with it.")


def _letter_desk(it: Installation) -> letters.Desk:
    return letters.Desk(it.office, it.ledger, it.store, it.home, it.settings.browser.executable)


# --------------------------------------------------------------------------------------------------- payers


@payers_app.command("list")
def payers_list(json_: Json = False) -> None:
    """The payers there are adapters for, and what is set up."""
    with _installation() as it:
        pauses = views.pause_rows(it.ledger)
        rows: list[dict[str, Any]] = [
            {
                "slug": slug,
                "name": adapter.name,
                "url": it.office.payers[slug].adapter.url if slug in it.office.payers else None,
                "logins": [login.name for login in it.office.payers[slug].logins]
                if slug in it.office.payers
                else [],
                "stopped": [pause["why"] for pause in pauses if pause["payer"] == slug],
            }
            for slug, adapter in sorted(find_adapters().items())
        ]
    if json_:
        _print(rows)
        return
    for row in rows:
        logins = ", ".join(row["logins"]) or "not set up"
        terminal.out.print(f"[bold]{row['slug']}[/bold]  {row['name']}  ({logins})")
        for why in row["stopped"]:
            terminal.out.print(f"    [yellow]stopped: {escape(why)}[/yellow]")


@payers_app.command("show")
def payers_show(slug: Annotated[str, typer.Argument(metavar="SLUG")], json_: Json = False) -> None:
    """One payer: limits, policy, logins, and the names that mean it."""
    with _installation() as it:
        adapters = find_adapters()
        if slug not in adapters:
            raise UnknownItem(f"There is no adapter '{slug}' (there are: {', '.join(sorted(adapters))}).")
        adapter = adapters[slug]
        payer = it.office.payers.get(slug)
        document: dict[str, Any] = {
            "slug": slug,
            "name": adapter.name,
            "url": payer.adapter.url if payer else None,
            "lines": adapter.limits.lines,
            "diagnoses": adapter.limits.diagnoses,
            "attachments": adapter.limits.attachments,
            "visibility_delay_seconds": (
                payer.visibility_delay if payer else adapter.limits.visibility_delay
            ).total_seconds(),
            "verdict_delay_seconds": (
                payer.verdict_delay if payer else adapter.limits.verdict_delay
            ).total_seconds(),
            "logins": [
                {"name": login.name, "tin": login.tin, "npis": login.npis, "seats": login.seats}
                for login in (payer.logins if payer else ())
            ],
            "names": [row["name"] for row in views.route_rows(it.ledger) if row["payer"] == slug],
            "stopped": [row["why"] for row in views.pause_rows(it.ledger) if row["payer"] == slug],
        }
        if payer:
            document["filing_days"] = payer.policy.filing.days
    if json_:
        _print(document)
        return
    logins = [f"{one['name']} (tax id {one['tin']}, NPI {', '.join(one['npis'])})" for one in document["logins"]]
    for key, value in {**document, "logins": logins, "url": document["url"] or "not set up"}.items():
        words = "; ".join(value) if isinstance(value, list) else str(value)
        terminal.out.print(f"{key.replace('_', ' ')}: {escape(words or 'none')}")


@payers_app.command("map")
def payers_map(
    name: Annotated[str | None, typer.Argument(help="A payer's name or id as your files write it.")] = None,
    slug: Annotated[str | None, typer.Argument(help="The payer it means.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the name out of the table.")] = False,
    json_: Json = False,
) -> None:
    """Show, or say, which portal a payer's name in your files means."""
    with _installation() as it:
        if name is not None and remove:
            people.unmap_name(it.ledger, name, _act())
        elif name is not None and slug is not None:
            if slug not in find_adapters():
                raise UnknownItem(f"There is no adapter '{slug}'.")
            people.map_name(it.ledger, name, slug, _act())
        elif name is not None:
            raise UsageError(f'Say which payer it means: payerbot payers map "{name}" SLUG')
        rows = views.route_rows(it.ledger)
    if json_:
        _print([{"name": row["name"], "payer": row["payer"], "who": row["who"], "at": row["at"]} for row in rows])
        return
    for row in rows:
        terminal.out.print(f"'{escape(row['name'])}' means {row['payer']}")
    if not rows:
        terminal.out.print("No names yet. A payer's own slug always means that payer.")


LoginOption = Annotated[str | None, typer.Option("--login", help="Only this login.")]


def _known(it: Installation, slug: str, login: str | None) -> None:
    payer = it.office.payer(slug)
    if login is not None and payer.login(login) is None:
        raise UnknownItem(f"{payer.adapter.name} has no login '{login}' here.")


@payers_app.command("pause")
def payers_pause(
    slug: Annotated[str, typer.Argument(metavar="SLUG")], login: LoginOption = None, why: Why = ""
) -> None:
    """Stop working a payer, or one of its logins; a claim being sent is finished first."""
    with _installation() as it:
        _known(it, slug, login)
        people.pause(it.ledger, slug, login, people.PAUSED, _act(why or "paused"))
    terminal.out.print(f"{slug}{f' {login}' if login else ''}: paused.")


@payers_app.command("resume")
def payers_resume(
    slug: Annotated[str, typer.Argument(metavar="SLUG")], login: LoginOption = None, why: Why = ""
) -> None:
    """Go on with a payer or login that was paused or parked; its password may be tried once more."""
    with _installation() as it:
        _known(it, slug, login)
        lifted = people.resume(it.ledger, slug, login, _act(why))
    terminal.out.print(f"{slug}: {'goes on' if lifted else 'was not stopped'}.")


# ------------------------------------------------------------------------------------------------- documents


def _checked(it: Installation, files: Sequence[Path], *, hold: bool = False) -> list[Checked]:
    return intake.check_files(it.office, it.ledger, files, it.clock.now().date(), hold=hold)


def _file_blocked(checked: Checked) -> bool:
    return any(problem.severity == "block" for problem in checked.problems)


def _checked_document(checked: Checked) -> dict[str, object]:
    return {
        "file": checked.file,
        "claims": checked.claims,
        "lines": checked.lines,
        "charge": checked.charge,
        "problems": [
            {
                "severity": str(problem.severity),
                "rule": problem.rule,
                "account": problem.account,
                "line": problem.line,
                "field": problem.field,
                "message": problem.message,
            }
            for problem in checked.all_problems
        ],
    }


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


def _claim_document(row: Row) -> dict[str, Any]:
    return {key: row[key] for key in _CLAIM_KEYS}


if __name__ == "__main__":
    main()

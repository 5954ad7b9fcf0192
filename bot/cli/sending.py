"""Commands that work claims: check, queue, run, follow up, serve."""

from __future__ import annotations

import asyncio
import getpass
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from bot.claims.vocabulary import State
from bot.cli.call import DONE, FOR_A_PERSON, STOPPED, Json, PayerOption, Why, act, installation, print_json
from bot.installation import Installation
from bot.ledger import queue as queues
from bot.ledger import views
from bot.ledger.restore import accept_older
from bot.terminal import err, out, when
from bot.terminal.intake import show_checked, show_looks, show_queued
from bot.terminal.runs import Watch, show_idle, show_late, show_summary
from bot.words import standing
from bot.work import dispatch, intake, morning
from bot.work import serve as unattended
from bot.work.dispatch import Order
from bot.work.intake import Checked
from bot.work.late import late
from bot.work.report import Herald

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="837P, CSV or JSON, and companion records (CSV, JSON).")
]


def check(files: Files, json_: Json = False) -> int:
    """Read and scrub claim files; nothing is queued."""
    with installation() as it:
        checked = _checked(it, files)
    if json_:
        print_json({"files": [_checked_document(file) for file in checked]})
    else:
        show_checked(checked)
    return FOR_A_PERSON if any(file.blocked for file in checked) else DONE


def queue(
    files: Files,
    payer: PayerOption = None,
    hold: Annotated[bool, typer.Option("--hold", help="Wait for a release before sending.")] = False,
    json_: Json = False,
) -> int:
    """Read and scrub claim files, and queue their claims."""
    with installation() as it:
        if payer is not None:
            it.office.payer(payer)
        strict = it.settings.require_release
        checked = _checked(it, files, hold=hold or strict)
        rows: list[dict[str, Any]] = []
        for file in checked:
            queued = intake.queue_file(it.ledger, file, act(), payer, it.store, needs_release=strict)
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
        print_json({"files": rows, **totals, "refused": [one for row in rows for one in row["refused"]]})
    else:
        show_queued(row for row, file in zip(rows, checked, strict=True) if file.records is None)
        show_checked([file for file in checked if file.blocked])
        show_looks([file for file in checked if not file.blocked])
    waits = any(row["blocked"] or (row["held"] and not hold) for row in rows)
    return FOR_A_PERSON if waits or any(_file_blocked(one) for one in checked) else DONE


def run(
    payer: PayerOption = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many claims.")] = None,
    claim: Annotated[int | None, typer.Option("--claim", metavar="ID", help="Only this claim.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show how far each would go; send nothing.")] = False,
    json_: Json = False,
) -> int:
    """Send what is queued, then stop."""
    return _run(Order(payer, limit, claim, dry_run, who=getpass.getuser()), as_json=json_)


def follow_up(payer: PayerOption = None, json_: Json = False) -> int:
    """Ask the payers about what is due to be asked; send nothing."""
    return _run(Order(payer, look_ups_only=True, who=getpass.getuser()), as_json=json_)


def serve(
    no_web: Annotated[bool, typer.Option("--no-web", help="Without a dashboard.")] = False,
) -> None:
    """Send and follow up unattended, until SIGTERM, which waits for the claims in hand, or Ctrl-C."""
    del no_web  # there is no dashboard yet
    with installation() as it, it.home.locked() if it.ledger.database.embedded else nullcontext():
        asyncio.run(_serve(it))


async def _serve(it: Installation) -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: loop.call_soon_threadsafe(stopping.set))
    office = it.settings.office
    night = morning.judge(it.ledger, office.expected_by, it.clock.now())
    if night.is_amiss:
        err.print(f"[yellow]{escape(night.words)}[/yellow]")
    err.print("Working. Ctrl-C ends it.")
    herald = Herald(it.ledger, it.office, office.expected_by, office.notify) if office.notify else None
    with Watch() as watch:
        try:
            await unattended.serve(it.workshop(), watch, stopping, herald, getpass.getuser())
        except Exception as error:
            if office.notify:
                morning.tell(office.notify, f"payerbot serve stopped: {type(error).__name__}. Start it again.")
            raise


def recover(why: Why = "") -> None:
    """After an older ledger was put back: from now on the payers are asked about every claim that may have gone
    since, before it is sent."""
    with installation() as it, it.home.locked():
        restore = accept_older(it.ledger, act(why))
    out.print(
        f"This ledger knows what happened until {when(restore.since)}. From now on a claim for services "
        f"until today that it never saw sent is looked up at its payer first. Queue again the files that were "
        f"queued since."
    )


def _run(order: Order, *, as_json: bool) -> int:
    with installation() as it, it.home.locked():
        asked = next(iter(views.claim_rows(it.ledger, claim_id=order.claim_id)), None) if order.claim_id else None
        queued = views.claim_rows(it.ledger, state=State.QUEUED, payer=order.payer, claim_id=order.claim_id)
        waiting = Counter(row["payer"] for row in queued)
        if not order.look_ups_only:
            show_late(late(it.office, it.ledger, queued, it.clock.now(), order.limit))
        with Watch(dry_run=order.dry_run) as watch:
            if not order.look_ups_only and order.claim_id is None and order.limit is None:
                watch.expect(waiting)
            summary = asyncio.run(dispatch.run(it.workshop(), order, watch))
        due = queues.first_due(it.ledger, order.payer)
    if as_json:
        print_json(summary.document())
    elif asked and not summary.queued:
        out.print(f"Claim {asked['id']} is not waiting to be sent. {escape(standing(asked))}.")
    elif not summary.queued:
        show_idle(due, it.clock.now())
    else:
        show_summary(summary, dry_run=order.dry_run)
    if not summary.balanced:
        return STOPPED
    return FOR_A_PERSON if summary.tasks else DONE


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

"""How a run goes, and how it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.claims.vocabulary import SHOWN, STATUS_SHOWN, State
from bot.ledger.journal import Item
from bot.terminal import count, err, money, out, when
from bot.terminal.claims import COLOURS
from bot.work.late import Late
from bot.work.summary import BUCKETS, Learned, Summary

#: So many claims are named one by one.
_NAMED = 8
_BUCKET_WORDS = {
    "accepted": "in the payer's system",
    "received": "sent, number to come",
    "rejected": "sent back",
    "duplicate": "payer had it already",
    "disputed": "there with wrong content",
    "unknown": "may have gone",
    "parked": "waiting for a login",
    "held": "waiting for you",
    "left": "not tried or not finished",
}


def show_summary(summary: Summary, *, dry_run: bool = False) -> None:
    """How a run ended; the columns add up."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for slug in (*summary.payers, "all"):
        table.add_column(slug, justify="right")
    for bucket in BUCKETS:
        if summary.counts[bucket]:
            each = [str(counts[bucket] or "") for counts in summary.payers.values()]
            meaning = "tried out, not sent" if dry_run and bucket == "left" else _BUCKET_WORDS[bucket]
            words = f"[{COLOURS.get(bucket, 'red')}]{meaning}[/]"
            table.add_row(words, *each, str(summary.counts[bucket]))
    totals = [str(sum(counts.values())) for counts in summary.payers.values()]
    table.add_row("[bold]in all[/bold]", *totals, f"[bold]{summary.queued}[/bold]")
    out.print(table)
    if summary.learned is not None:
        _show_learned(summary.learned)
    if summary.unwitnessed:
        out.print(f"{summary.unwitnessed} of the accepted wait for the payer's own search to confirm them.")
    out.print(
        f"{count(summary.queued, 'claim')} in {summary.seconds:.0f} s; "
        + ("the counts balance." if summary.balanced else "[red]THE COUNTS DO NOT BALANCE.[/red]")
    )
    if summary.tasks:
        out.print(f"[yellow]{count(summary.tasks, 'thing')} for a person: payerbot tasks list[/yellow]")


def show_idle(due: datetime | None, now: datetime) -> None:
    """That a run had nothing to do, and when a payer is to be asked about a claim next."""
    if due is None:
        out.print("Nothing was waiting, and no payer is to be asked about a claim.")
    elif due <= now:
        out.print("Nothing was waiting to be sent; payers are to be asked about claims: payerbot follow-up")
    else:
        out.print(f"Nothing was waiting. The next look-up at a payer is due {when(due)}.")


def _show_learned(learned: Learned) -> None:
    """Where claims stand by the payers' word."""
    counts: Counter[str] = Counter()
    paid: dict[str, Decimal] = {}
    for status, claims in learned.statuses.items():
        words = STATUS_SHOWN[status]
        counts[words] += claims
        paid[words] = paid.get(words, Decimal(0)) + learned.paid[status]
    parts = [
        f"{claims} {words}" + (f" ({money(paid[words])})" if paid[words] else "")
        for words, claims in counts.items()
    ]
    out.print(f"{count(learned.looked_up, 'claim')} looked up. " + ("; ".join(parts) + "." if parts else ""))


def show_late(found: Sequence[Late]) -> None:
    """Before a run begins: what will not make its filing deadline."""
    if found:
        total = sum((one.row["charge"] for one in found), Decimal(0))
        err.print(
            f"[yellow]{count(len(found), 'claim')} ({money(total)}) will not make the filing deadline:[/yellow]"
        )
    for one in found[:_NAMED]:
        err.print(f"    claim {one.row['id']}, account {escape(one.row['account'])}: {escape(one.why)}")
    if len(found) > _NAMED:
        err.print(f"    … and {len(found) - _NAMED} more")


class Watch:
    """Shows a run as it goes: a bar for each payer, and a line for each claim that needs a look."""

    def __init__(self, *, dry_run: bool = False) -> None:
        self._dry_run = dry_run
        self._bars: dict[str, TaskID] = {}
        self._told: set[int] = set()
        self._progress = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[last]}"),
            TimeElapsedColumn(),
            console=err,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def expect(self, payers: Counter[str]) -> None:
        """How many claims each payer has to do."""
        for slug, claims in sorted(payers.items()):
            self._bars[slug] = self._progress.add_task(slug, total=claims, last="")

    def moved(self, payer: str, item: Item, state: State, note: str) -> None:
        """A claim was worked."""
        last = f"account {item.account}: {state}"
        if payer in self._bars:
            self._progress.update(self._bars[payer], advance=item.id not in self._told, last=escape(last))
        self._told.add(item.id)
        if self._dry_run or state not in (State.ACCEPTED, State.RECEIVED) or (note and item.state is state):
            err.print(f"{payer}: account {escape(item.account)}: {escape(note or SHOWN[state])}")

    def stopped(self, payer: str, login: str, why: str) -> None:
        """A login stopped before its work was done."""
        err.print(f"[yellow]{payer} {login} stopped: {escape(why)}[/yellow]")

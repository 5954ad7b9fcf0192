"""What people see in a terminal: files, claims, tasks, payers, and how a run goes and ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.claims.meanings import causes, of_code
from bot.claims.model import Problem
from bot.claims.remittance import Remittance
from bot.claims.response import Response
from bot.claims.vocabulary import SHOWN, STATUS_SHOWN, Proof, State, Status
from bot.ledger.journal import Item
from bot.ledger.views import Row, Rows
from bot.work.care import Month
from bot.work.intake import Checked
from bot.work.settlement import Finding, Settled
from bot.work.settlement import Row as Decided
from bot.work.summary import BUCKETS, Learned, Summary

#: Answers go to stdout, everything about the work itself to stderr.
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_COLOUR = {"accepted": "green", "received": "green", "rejected": "yellow", "left": "dim", "queued": "dim"}
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

_FOUND = {
    Finding.MATCHED: "matched",
    Finding.REPEATED: "told before",
    Finding.UNCLEAR: "unclear",
    Finding.NOT_OURS: "not ours",
}


def money(amount: Decimal) -> str:
    """An amount as people write it."""
    return f"{'−' if amount < 0 else ''}${abs(amount):,.2f}"


def when(at: datetime | None) -> str:
    """A time on the reader's own clock, to the minute."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else ""


def standing(row: Row) -> str:
    """Where a claim stands, in words, with the payer's number where there is one."""
    state = State(row["state"])
    words = SHOWN[state]
    if state is State.ACCEPTED and row["control_number"]:
        words = f"In the payer's system (number {row['control_number']}), {STATUS_SHOWN[Status(row['status'])]}"
        if row["proof"] == Proof.RECEIPT:
            words += "; the payer's search is still to confirm it"
    if state is State.RECEIVED and row["tracking_number"]:
        words = f"Sent (tracking number {row['tracking_number']}), waiting for the payer's claim number"
    if row["paid"]:
        words += f", {money(row['paid'])}"
    if state not in (State.ACCEPTED, State.WITHDRAWN) and row["status"] not in (Status.NONE, Status.PENDING):
        words += f"; by the payer's word {STATUS_SHOWN[Status(row['status'])]}"
    return words


def show_checked(checked: Sequence[Checked]) -> None:
    """What was found in files, claim by claim."""
    for file in checked:
        blocked = len({problem.account or problem for problem in file.all_problems if problem.severity == "block"})
        holds = f"{_count(file.claims, 'claim')}, {_count(file.lines, 'line')}, {money(file.charge)}"
        if file.records is not None:
            holds = f"{_count(file.records, 'companion record')} read"
        out.print(
            f"[bold]{escape(file.file)}[/bold]: {holds}" + (f", [red]{blocked} to fix[/red]" if blocked else "")
        )
        for problem in file.problems:
            _show_problem(problem.severity, problem.message, problem.place)
        for entry in file.entries:
            if entry.problems:
                out.print(f"  account {escape(entry.found.account or '(none)')} ({entry.found.place})")
                for problem in entry.problems:
                    _show_problem(problem.severity, f"{problem.message} [{problem.rule}]", None)


def show_looks(checked: Sequence[Checked]) -> None:
    """That there is something to look at in files which nothing blocks."""
    for file in checked:
        if number := len(file.all_problems):
            things = _count(number, "thing")
            out.print(f"[yellow]{things} to look at: payerbot check {escape(file.file)}[/yellow]")


def show_rules(rows: Sequence[dict[str, Any]]) -> None:
    """Rules, one a row."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("rule", "", "what must hold", "source"):
        table.add_column(heading)
    for row in rows:
        colour = {"block": "red", "warn": "yellow"}.get(row["severity"], "dim")
        table.add_row(
            row["id"],
            f"[{colour}]{row['severity']}[/]",
            escape(row["title"]),
            f"[dim]{escape(row['source'])}[/dim]",
        )
    out.print(table)


def show_rule(rule: dict[str, Any]) -> None:
    """One rule with everything there is to know about it."""
    whose = f"at {rule['payer']}" if rule["payer"] else "unless a payer's policy says otherwise"
    out.print(f"[bold]{rule['id']}[/bold]  {escape(rule['title'])}  ({rule['severity']} {whose})")
    out.print(escape(rule["explanation"]))
    verified = f", verified {rule['verified']}" if rule["verified"] else ""
    out.print(f"  looks at: {escape(rule['needs'])}")
    out.print(f"  source: {escape(rule['source'])}{verified}")
    for one in rule["parameters"]:
        value = ", ".join(one["value"]) if isinstance(one["value"], tuple | list) else one["value"]
        out.print(f"  {one['name']} = {escape(str(value))}: {escape(one['meaning'])}")
    out.print(f"  a lead {'may' if rule['overridable'] else 'cannot'} override it for one claim")


def show_file_problem(path: Path, problem: Problem) -> None:
    """What is wrong with a file, beside an answer."""
    where = f", {problem.place}" if problem.place else ""
    err.print(f"[yellow]{escape(str(path))}{where}: {escape(problem.message)}[/yellow]")


def show_months(months: Sequence[Month]) -> None:
    """Months of care management, as a biller reads them: what to bill, what did not count, what is nearly so."""
    for month in months:
        counted = month.answer.counted
        minutes = ", ".join(
            f"{number} {whose}"
            for number, whose in ((counted.staff, "staff"), (counted.practitioner, "practitioner"))
            if number
        )
        supported = _codes(month.answer.codes) or "nothing to bill"
        out.print(
            f"[bold]{escape(month.record.label)}[/bold]  {month.record.month}  {minutes or 'no'} minutes: "
            f"[bold]{supported}[/bold]"
        )
        for codes in month.answer.instead:
            out.print(f"    or instead {_codes(codes)}")
        for one in counted.left_out:
            out.print(
                f"    [dim]{one.entry.day:%m/%d} {one.entry.minutes} min not counted: {one.reason.words}[/dim]"
            )
        for code in month.answer.one_short:
            out.print(
                f"    [yellow]one minute short of {'another ' if code in month.answer.codes else ''}{code}[/]"
            )
        if month.billed and month.agrees:
            out.print("    billed as supported")
        elif month.billed:
            out.print(f"    [red]billed {_codes(month.billed)}: correct the claim or the log[/red]")
    if not months:
        out.print("No time log.")


def show_without_log(billed: Sequence[tuple[str, str]]) -> None:
    """Accounts and months that claims bill and no log speaks of, beside an answer."""
    for account, month in billed:
        err.print(f"[yellow]account {escape(account)} bills {month}, and no log of it was given[/yellow]")


def _codes(codes: Mapping[str, int]) -> str:
    return " + ".join(f"{code} × {units}" for code, units in codes.items())


def show_settled(files: Sequence[Settled]) -> None:
    """What payers' files said, claim by claim; those that are not ours in one line."""
    for one in files:
        out.print(
            f"[bold]{escape(str(one.file.path))}[/bold]: "
            + ("[red]refused[/red]" if one.file.refused else one.file.kind)
        )
        for source in one.file.transactions:
            _show_payment(source)
        for problem in one.file.problems:
            said = f"account {problem.account}: {problem.message}" if problem.account else problem.message
            _show_problem(problem.severity, said, problem.place)
        if one.file.refused:
            continue
        for row in one.rows:
            if row.found in (Finding.MATCHED, Finding.UNCLEAR):
                _show_decided(row)
        parts = [(found, one.part(found)) for found in Finding]
        counted = " + ".join(f"{part['claims']} {_FOUND[found]}" for found, part in parts if part["claims"])
        out.print(f"  {_count(one.totals['claims'], 'claim')} = {counted or 'nothing'}")
        others = one.part(Finding.NOT_OURS)
        if others["claims"]:
            out.print(f"  not ours: {money(others['charge'])} charged, {money(others['paid'])} paid")
        if not one.balanced:
            out.print("  [red]THE AMOUNTS DO NOT ADD UP.[/red]")
        if one.tasks:
            out.print(f"  [yellow]{_count(one.tasks, 'thing')} for a person: payerbot tasks list[/yellow]")


def _show_payment(source: Remittance | Response) -> None:
    """Where the money of a payment comes from; of a status file, how many claims it speaks of."""
    if isinstance(source, Remittance):
        out.print(
            f"  {escape(source.payer)}, {escape(source.number)} ({source.method}, {source.paid_on or 'no date'}): "
            + _sum((source.charge, "charged"), (source.adjusted, "adjusted"), (source.paid, "for the claims"))
        )
        if source.provider_adjusted or source.paid != source.payment:
            less = (source.provider_adjusted, "provider-level adjustments")
            out.print("    " + _sum((source.paid, "for the claims"), less, (source.payment, "paid")))
        return
    out.print(f"  {escape(source.payer)}, {escape(source.number)} of {source.made_on or 'no date'}")
    for notice in source.notices:
        for why in map(of_code, notice.statement.codes):
            out.print(f"    about {notice.about}: {why.code} {escape(why.words or 'not known here')}")


def _sum(whole: tuple[Decimal, str], less: tuple[Decimal, str], rest: tuple[Decimal, str]) -> str:
    """A subtraction in words; it says so when it does not come out."""
    sign = "−" if less[0] >= 0 else "+"
    equal = "=" if whole[0] - less[0] == rest[0] else "[red]≠[/red]"
    return (
        f"{money(whole[0])} {whole[1]} {sign} {money(abs(less[0]))} {less[1]} {equal} {money(rest[0])} {rest[1]}"
    )


def _show_decided(row: Decided) -> None:
    """One claim of a payer's file, with what to do about it."""
    whose = f"claim {row.id}" if row.id else "[yellow]which of ours?[/yellow]"
    paid = f"{money(row.said.paid)} of {money(row.said.charge)}, " if row.decides else ""
    out.print(f"    {whose}  account {escape(row.said.account)}  {paid}{STATUS_SHOWN[row.meaning.status]}")
    for cause in causes(row.meaning):
        out.print(f"      {escape(cause.code)}: {escape(cause.words)}. [dim]{escape(cause.action)}[/dim]")


def show_queued(rows: Iterable[dict[str, Any]]) -> None:
    """What became of queued files."""
    for row in rows:
        counts = ", ".join(f"{row[name]} {name}" for name in ("queued", "held", "blocked") if row[name])
        refused = f", {len(row['refused'])} queued before" if row["refused"] else ""
        out.print(f"[bold]{escape(row['file'])}[/bold]: {counts or 'nothing new'}{refused}")
        for before in row["replaced"]:
            account = escape(before["account"])
            out.print(
                f"  account {account} takes the place of claim {before['first_id']}: more is known of it now"
            )
        for waiting in row["waiting"]:
            out.print(f"  account {escape(waiting['account'])} waits for you: {escape(waiting['reason'])}")
        for refusal in row["refused"]:
            out.print(
                f"  account {escape(refusal['account'])} was queued before: it is claim {refusal['first_id']}"
            )


def show_claims(rows: Rows) -> None:
    """Claims, one a row."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "account", "payer", "dates", "charge", "where it stands"):
        table.add_column(heading, justify="right" if heading in ("id", "charge") else "left")
    for row in rows:
        dates = " ".join(dict.fromkeys(str(row[key]) for key in ("service_from", "service_to") if row[key]))
        words = f"[{_COLOUR.get(row['state'], 'red')}]{escape(standing(row))}[/]"
        if row["reason"]:
            words += f"\n[dim]{escape(row['reason'])}[/dim]"
        table.add_row(
            str(row["id"]), escape(row["account"]), row["payer"] or "?", dates, money(row["charge"]), words
        )
    out.print(table if rows else "No claims.")


def show_claim(row: Row, history: dict[str, Rows]) -> None:
    """One claim with everything that happened to it."""
    out.print(f"[bold]Claim {row['id']}[/bold], account {escape(row['account'])}, {money(row['charge'])}")
    out.print(f"{escape(standing(row))}")
    for label, value in (
        ("why", row["reason"]),
        ("payer", f"{row['payer'] or 'not known'} ('{row['payer_named']}' in the file)"),
        ("login", row["login"]),
        ("dates of service", f"{row['service_from']} to {row['service_to']}"),
        ("from", f"{row['file']}, {row['place']}"),
        ("deadline", row["deadline"]),
        ("next look-up", when(row["due_at"])),
        ("last look-up", when(row["looked_up_at"])),
        ("the payer's words", ", ".join(filter(None, (row["payer_words"], *row["payer_reasons"])))),
        ("wants an answer by", row["answer_by"]),
        ("allowed", money(row["allowed"]) if row["allowed"] is not None else ""),
        ("paid", _payment(row)),
    ):
        if value:
            out.print(f"  {label}: {escape(str(value))}")
    for problem in history["problems"]:
        if problem["overridden_by"]:
            out.print(
                f"    [dim]set aside by {escape(problem['overridden_by'])} ({escape(problem['overridden_why'])}):"
                f" {escape(problem['message'])}[/dim]"
            )
        else:
            _show_problem(problem["severity"], f"{problem['message']} [{problem['rule']}]", None)
    for line in history["lines"] if any(one["paid"] is not None for one in history["lines"]) else ():
        why = f" ({escape(', '.join(line['payer_reasons']))})" if line["payer_reasons"] else ""
        amount = f"{money(line['paid'])} of " if line["paid"] is not None else ""
        out.print(
            f"    line {line['number']}  {line['code']}  {amount}{money(line['charge'])}, "
            f"{STATUS_SHOWN[Status(line['status'])]}{why}"
        )
    out.print("[bold]What happened[/bold]")
    for event in history["events"]:
        step = " → ".join(word for word in (event["before"], event["after"]) if word)
        why = f": {event['why']}" if event["why"] else ""
        out.print(f"  {when(event['at'])}  {escape(event['what'])} {step} by {escape(event['who'])}{escape(why)}")
    for said in history["replies"]:
        number = f" under number {said['control_number']}" if said["control_number"] else ""
        out.print(
            f"  {said['dated'] or ''}  {said['kind']} {escape(said['number'])}{escape(number)}: "
            f"{STATUS_SHOWN[Status(said['status'])]}, {money(said['paid'])} of {money(said['charge'])}"
        )
    for kept in history["evidence"]:
        out.print(f"  {when(kept['at'])}  kept the page ({kept['kind']}), sha256 {kept['sha256'][:16]}…")


def _payment(row: Row) -> str:
    """What was paid for a claim, when and with which payment."""
    if row["paid"] is None:
        return ""
    on = f" on {row['paid_on']}" if row["paid_on"] else ""
    return f"{money(row['paid'])}{on}" + (f", payment {row['payment_number']}" if row["payment_number"] else "")


def show_files(rows: Rows) -> None:
    """Files, each with its own balance."""
    for row in rows:
        parts = [f"{count} {_state_word(state)}" for state, count in sorted(row["states"].items())]
        if row["refused"]:
            parts.append(f"{row['refused']} queued before")
        sign = "=" if row["balanced"] else "≠"
        out.print(
            f"[bold]{row['id']}  {escape(row['name'])}[/bold] ({when(row['queued_at'])}): "
            f"{row['claims']} in, {money(row['charge'])} {sign} {' + '.join(parts) or 'nothing'}"
        )
    if not rows:
        out.print("No files.")


def show_tasks(rows: Rows) -> None:
    """What a person must do, by cause."""
    for row in rows:
        behind = row["claims"]
        total = sum((one["charge"] for one in behind), Decimal(0))
        worth = f" ({_count(len(behind), 'claim')}, {money(total)})" if behind else ""
        state = "" if row["closed_at"] is None else f" [dim]closed by {escape(row['closed_by'])}[/dim]"
        out.print(f"[bold]{row['id']}[/bold]  {escape(row['title'])}{worth}{state}")
        out.print(f"    [dim]{escape(row['action'])}[/dim]")
        if behind and row["kind"] not in ("held",):
            for one in behind[:8]:
                why = one["reason"] if one["reason"] not in row["title"] else ""
                out.print(f"    claim {one['id']}, account {escape(one['account'])}  [dim]{escape(why)}[/dim]")
            if len(behind) > 8:
                out.print(f"    … and {len(behind) - 8} more")
    if not rows:
        out.print("Nothing needs a person.")


def show_summary(summary: Summary, *, dry_run: bool = False) -> None:
    """How a run ended; the columns add up."""
    if not summary.queued:
        out.print("Nothing was waiting.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for slug in (*summary.payers, "all"):
        table.add_column(slug, justify="right")
    for bucket in BUCKETS:
        if summary.counts[bucket]:
            each = [str(counts[bucket] or "") for counts in summary.payers.values()]
            meaning = "tried out, not sent" if dry_run and bucket == "left" else _BUCKET_WORDS[bucket]
            words = f"[{_COLOUR.get(bucket, 'red')}]{meaning}[/]"
            table.add_row(words, *each, str(summary.counts[bucket]))
    totals = [str(sum(counts.values())) for counts in summary.payers.values()]
    table.add_row("[bold]in all[/bold]", *totals, f"[bold]{summary.queued}[/bold]")
    out.print(table)
    if summary.learned is not None:
        _show_learned(summary.learned)
    if summary.unwitnessed:
        out.print(f"{summary.unwitnessed} of the accepted wait for the payer's own search to confirm them.")
    out.print(
        f"{_count(summary.queued, 'claim')} in {summary.seconds:.0f} s; "
        + ("the counts balance." if summary.balanced else "[red]THE COUNTS DO NOT BALANCE.[/red]")
    )
    if summary.tasks:
        out.print(f"[yellow]{_count(summary.tasks, 'thing')} for a person: payerbot tasks list[/yellow]")


def _show_learned(learned: Learned) -> None:
    """Where claims stand by the payers' word."""
    counts: Counter[str] = Counter()
    paid: dict[str, Decimal] = {}
    for status, count in learned.statuses.items():
        words = STATUS_SHOWN[status]
        counts[words] += count
        paid[words] = paid.get(words, Decimal(0)) + learned.paid[status]
    parts = [
        f"{count} {words}" + (f" ({money(paid[words])})" if paid[words] else "") for words, count in counts.items()
    ]
    out.print(f"{_count(learned.looked_up, 'claim')} looked up. " + ("; ".join(parts) + "." if parts else ""))


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
        for slug, count in sorted(payers.items()):
            self._bars[slug] = self._progress.add_task(slug, total=count, last="")

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


def _show_problem(severity: str, message: str, place: str | None) -> None:
    mark = "[red]fix[/red] " if severity == "block" else "[yellow]look[/yellow]"
    where = f" ({escape(place)})" if place else ""
    out.print(f"    {mark} {escape(message)}{where}")


def _state_word(state: str) -> str:
    return {"queued": "waiting", "blocked": "to fix", "unknown": "being checked"}.get(state, state)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")

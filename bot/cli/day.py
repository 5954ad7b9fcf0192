"""The office's day: the morning report, what tonight needs, and what spreadsheets get."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bot.cli.call import (
    DONE,
    FOR_A_PERSON,
    STOPPED,
    Json,
    PayerOption,
    act,
    installation,
    print_json,
    write_for_owner,
)
from bot.cli.claims import AccountOption, FileOption, StateOption
from bot.errors import ConfigurationError, UsageError
from bot.installation import Installation
from bot.ledger import runs, views
from bot.terminal import count, err, out
from bot.terminal.ready import show_wants
from bot.terminal.report import show_report
from bot.work import morning
from bot.work import report as reports
from bot.work.export import to_csv, to_xlsx
from bot.work.pages import to_pdf
from bot.work.payers import adapter_of
from bot.work.ready import Place, wants
from bot.work.report import Report

_DAYS = ["%Y-%m-%d", "%Y-%m-%d %H:%M"]


def report(
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=_DAYS, help="From when news count; else the working day before today."),
    ] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", metavar="FILE", help="As a PDF, too.")] = None,
    notify: Annotated[
        bool, typer.Option("--notify", help="Tell its first lines to the program of the setting office.notify.")
    ] = False,
    json_: Json = False,
) -> int:
    """Whether payerbot ran, what went out, what needs you, and where claims and money stand."""
    with installation() as it:
        if notify and not it.settings.office.notify:
            raise ConfigurationError("office.notify is missing: name the program in payerbot.toml.")
        made = gathered(it, since)
        if pdf is not None:
            write_for_owner(pdf, to_pdf(reports.page(made), it.settings.browser.executable))
        fault = morning.tell(it.settings.office.notify, made.notice) if notify else ""
        if notify and not fault:
            runs.tell(it.ledger, act())
    if json_:
        print_json(made.document())
    else:
        show_report(made)
        if pdf is not None:
            out.print(f"Written: {escape(str(pdf))}")
    if fault:
        err.print(fault)
    if not made.balanced:
        return STOPPED
    return FOR_A_PERSON if made.tasks or made.night.is_amiss or fault else DONE


def ready(json_: Json = False) -> int:
    """What tonight needs from a person: codes, passwords, signatures, reviews, and what will be too late."""
    with installation() as it:
        now, office = it.clock.now(), it.settings.office
        place = Place(it.home.evidence, it.settings.browser.executable, office.backups, office.notify)
        found = wants(it.ledger, it.office, place, morning.judge(it.ledger, office.expected_by, now), now)
    if json_:
        print_json([asdict(want) for want in found])
    else:
        show_wants(found)
    return FOR_A_PERSON if found else DONE


def export(
    as_csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Where to write it as CSV.")] = None,
    as_xlsx: Annotated[
        Path | None, typer.Option("--xlsx", metavar="FILE", help="Where to write it as an Excel workbook.")
    ] = None,
    payer: PayerOption = None,
    state: StateOption = None,
    file: FileOption = None,
    account: AccountOption = None,
) -> None:
    """Claims for a spreadsheet, one a row: with account and amounts, without names, birth dates, member ids and
    diagnoses. An Excel workbook keeps long numbers and leading zeros; of CSV, spreadsheets may drop them."""
    if as_csv is None and as_xlsx is None:
        raise UsageError("Say where to write: --csv FILE, --xlsx FILE, or both.")
    with installation() as it:
        if payer is not None:
            adapter_of(payer)
        rows = views.claim_rows(it.ledger, payer=payer, state=state, file_id=file, account=account)
    for path, write in ((as_csv, to_csv), (as_xlsx, to_xlsx)):
        if path is not None:
            write_for_owner(path, write(rows))
            out.print(f"Written: {escape(str(path))} ({count(len(rows), 'claim')})")


def gathered(it: Installation, since: datetime | None = None) -> Report:
    """The report of an installation as it stands now."""
    now, expected = it.clock.now(), it.settings.office.expected_by
    since = since.astimezone() if since else morning.since(expected or morning.OPENS, now)
    return reports.gather(it.ledger, it.office, now, since, morning.judge(it.ledger, expected, now))

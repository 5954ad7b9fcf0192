"""``payerbot ccm``: time logs of care management."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.claims.minutes import FAMILY_OF
from bot.claims.model import Claim
from bot.cli.call import DONE, FOR_A_PERSON, Json, home, installation, print_json
from bot.ledger import papers
from bot.terminal.care import show_file_problem, show_months, show_without_log
from bot.work import care


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
    if home().settings_file.exists() and logs.spans:
        with installation() as it:
            known = papers.billed_between(it.ledger, *logs.spans, FAMILY_OF)
    months = logs.months(known)
    for path, problem in logs.problems:
        show_file_problem(path, problem)
    if json_:
        print_json([month.document() for month in months])
    else:
        show_months(months)
    show_without_log(without)
    wrong = without or any(problem.severity == "block" for _, problem in logs.problems)
    return FOR_A_PERSON if wrong or not all(month.agrees for month in months) else DONE

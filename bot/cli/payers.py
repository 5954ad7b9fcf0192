"""``payerbot payers``: the payers, their logins, and which names mean them."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from bot.cli.call import DONE, FOR_A_PERSON, STOPPED, Json, Why, act, installation, print_json
from bot.errors import UnknownItem, UsageError
from bot.installation import Installation
from bot.ledger import baselines, people, tasks, views
from bot.portal.adapter import Adapter
from bot.settings import is_slug
from bot.terminal import err, out
from bot.terminal.payers import show_check, show_payer, show_payers
from bot.work import capture, check, sign_in
from bot.work.payers import Login, adapter_of, find_adapters, policy_of
from bot.work.quality import Quality, quality_of
from bot.work.scaffold import Newcomer, scaffold

app = typer.Typer(help="The payers, their logins, and which names mean them.", no_args_is_help=True)


@app.command("list")
def payers_list(json_: Json = False) -> None:
    """The payers there are adapters for, what is set up, and how good each adapter is."""
    with installation() as it:
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
                "closed": it.office.payers[slug].closed(it.clock.now()) if slug in it.office.payers else None,
                "quality": asdict(_quality(it, adapter)),
            }
            for slug, adapter in sorted(find_adapters().items())
        ]
    if json_:
        print_json(rows)
        return
    show_payers(rows)


@app.command("show")
def payers_show(slug: Annotated[str, typer.Argument(metavar="SLUG")], json_: Json = False) -> None:
    """One payer: limits, policy, what it says about robots, logins, the names that mean it, and quality."""
    with installation() as it:
        adapter = adapter_of(slug)
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
        policy = payer.policy if payer else policy_of(adapter)
        document |= {
            "filing_days": policy.filing.days,
            "filing_source": policy.filing.source,
            "appeal_days": policy.appeal.days,
            "appeal_source": policy.appeal.source,
            "corrections": str(policy.corrections.way),
            "claims_per_call": policy.calls.claims_per_call,
            "telephone": [f"{name} {line.phone}" for name, line in policy.calls.lines.items()],
        }
        document["automation"] = policy.automation.document() if policy.automation else None
        document["automation_record"] = policy.automation.record() if policy.automation else "nobody has said"
        document["checks"] = [asdict(one) for one in baselines.checked(it.ledger, slug)]
        document["quality"] = asdict(_quality(it, adapter))
    if json_:
        print_json(document)
        return
    show_payer(document)


@app.command("check")
def payers_check(
    slug: Annotated[str, typer.Argument(metavar="SLUG")],
    login: Annotated[str | None, typer.Option("--login", help="With this login; else with the first.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take what only differs from last time for fine; say why.")
    ] = False,
    why: Why = "",
    json_: Json = False,
) -> int:
    """Sign in, walk the form without leaving anything at the payer, and say what has changed."""
    if accept and not why:
        raise UsageError("Say why the form is fine as it is now: --accept --why WHY")
    with installation() as it:  # a seat is enough: it may be called beside those at work
        name = it.office.payer(slug).adapter.name
        act_ = act(why or "payers check")
        report = asyncio.run(check.check(it.workshop(), slug, login, act_, accept=accept))
        waits = tasks.about(it.ledger, slug, check.CAUSES)
        stopped = any(pause["payer"] == slug for pause in views.pause_rows(it.ledger))
    if json_:
        print_json(check.document(report))
    else:
        show_check(report, name, stopped=stopped)
    if report.fine:
        return DONE
    return FOR_A_PERSON if waits else STOPPED


def _quality(it: Installation, adapter: type[Adapter]) -> Quality:
    changed = tasks.about(it.ledger, adapter.slug, ("form-changed",))
    return quality_of(adapter, baselines.checked(it.ledger, adapter.slug), it.clock.now().date(), changed=changed)


@app.command("map")
def payers_map(
    name: Annotated[str | None, typer.Argument(help="A payer's name or id as your files write it.")] = None,
    slug: Annotated[str | None, typer.Argument(help="The payer it means.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the name out of the table.")] = False,
    json_: Json = False,
) -> None:
    """Show, or say, which portal a payer's name in your files means."""
    with installation() as it:
        if name is not None and remove:
            people.unmap_name(it.ledger, name, act())
        elif name is not None and slug is not None:
            if slug not in find_adapters():
                raise UnknownItem(f"There is no adapter '{slug}'.")
            people.map_name(it.ledger, name, slug, act())
        elif name is not None:
            raise UsageError(f'Say which payer it means: payerbot payers map "{name}" SLUG')
        rows = views.route_rows(it.ledger)
    if json_:
        print_json(
            [{"name": row["name"], "payer": row["payer"], "who": row["who"], "at": row["at"]} for row in rows]
        )
        return
    for row in rows:
        out.print(f"'{escape(row['name'])}' means {row['payer']}")
    if not rows:
        out.print("No names yet. A payer's own slug always means that payer.")


LoginOption = Annotated[str | None, typer.Option("--login", help="Only this login.")]


def _known(it: Installation, slug: str, login: str | None) -> None:
    payer = it.office.payer(slug)
    if login is not None and payer.login(login) is None:
        raise UnknownItem(f"{payer.adapter.name} has no login '{login}' here.")


@app.command("pause")
def payers_pause(
    slug: Annotated[str, typer.Argument(metavar="SLUG")], login: LoginOption = None, why: Why = ""
) -> None:
    """Stop working a payer, or one of its logins; a claim being sent is finished first."""
    with installation() as it:
        _known(it, slug, login)
        people.pause(it.ledger, slug, login, people.PAUSED, act(why or "paused"))
    out.print(f"{slug}{f' {login}' if login else ''}: paused.")


@app.command("resume")
def payers_resume(
    slug: Annotated[str, typer.Argument(metavar="SLUG")], login: LoginOption = None, why: Why = ""
) -> None:
    """Go on with a payer or login that was paused or parked; its password may be tried once more."""
    with installation() as it:
        _known(it, slug, login)
        lifted = people.resume(it.ledger, slug, login, act(why))
    out.print(f"{slug}: {'goes on' if lifted else 'was not stopped'}.")


@app.command("sign-in")
def payers_sign_in(slug: Annotated[str, typer.Argument(metavar="SLUG")], login: LoginOption = None) -> None:
    """Open a window in which you sign in yourself: a code by phone, a captcha, new terms; payerbot goes on from
    there."""
    with installation() as it:
        one = _one_login(it, slug, login)
        payer = it.office.payer(slug)
        who = escape(one.credentials.username)
        err.print(f"A window opens on {escape(payer.adapter.name)}. Sign in as {who}, as far as the page on which")
        err.print("the work begins; then it closes by itself.")
        left = asyncio.run(sign_in.sign_in(it.workshop(headed=True), payer, one, act().who))
    out.print(f"{slug} {one.name}: signed in. The next run goes on with this session, without the password.")
    if left:
        out.print(f"[yellow]It is still stopped for another reason: payerbot payers show {slug}[/yellow]")


@app.command("capture")
def payers_capture(
    slug: Annotated[str, typer.Argument(metavar="SLUG")],
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where to write it.")] = Path(),
    json_: Json = False,
) -> None:
    """Write the page where this portal failed last, without anybody's values, for whoever mends the adapter."""
    with installation() as it:
        adapter = it.office.payer(slug).adapter
        page = capture.capture(it.ledger, it.store, adapter, to, act())
    if json_:
        print_json({"file": str(page.path), "failure": page.what, "hidden": page.hidden})
        return
    out.print(f"{escape(str(page.path))}: the page ({page.what}), {page.hidden} words and numbers hidden.")
    out.print("Look through it before you give it away.")


@app.command("new")
def payers_new(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Its short name: small letters, such as sunrise.")],
    name: Annotated[str | None, typer.Option("--name", help="The payer as people call it.")] = None,
    into: Annotated[Path, typer.Option("--into", metavar="FOLDER", help="Where to make its folder.")] = Path(),
) -> None:
    """Begin an adapter for another payer: a package of its own, whose tests say what to write next."""
    if not is_slug(slug):
        raise UsageError(f"'{slug}' cannot be a short name: use small letters and figures, such as sunrise.")
    if slug in find_adapters():
        raise UsageError(f"There is an adapter '{slug}' already: payerbot payers show {slug}")
    folder = scaffold(Newcomer(slug, name or slug.replace("_", " ").title()), into)
    out.print(f"{escape(str(folder))} is there. Next:")
    out.print(f"  cd {escape(str(folder))}", "  pip install --editable . pytest", "  pytest", sep="\n")
    out.print("Each test that fails says what to write next. The guide, with the reasons: payers/README.md")


def _one_login(it: Installation, slug: str, name: str | None) -> Login:
    """The login that is meant; the only one need not be named."""
    _known(it, slug, name)
    logins = it.office.payer(slug).logins
    if name is None and len(logins) != 1:
        names = ", ".join(login.name for login in logins) or "none"
        raise UsageError(f"Say which login it is: --login NAME (there are: {names}).")
    return next(login for login in logins if name in (None, login.name))

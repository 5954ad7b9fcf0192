"""What every adapter in the box declares can work, and none does what is the core's to do."""

from __future__ import annotations

import ast
import inspect
import re
import types
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

import bot
import payers
from bot.claims.model import Attachment, Claim, Line, OtherInsurance
from bot.errors import ConfigurationError
from bot.portal import fit
from bot.portal.adapter import (
    Adapter,
    BatchAdapter,
    Field,
    FormPage,
    Kind,
    Rows,
    SavingAdapter,
    Stage,
    StageKind,
    Trouble,
    shown,
)
from bot.work.payers import find_adapters, policy_of
from tests.unit.portal.test_fit import CLAIM, Plain

BOT = Path(bot.__file__).parent
PAYERS = Path(payers.__file__).parent
ALONE = [adapter("http://127.0.0.2/") for _, adapter in sorted(find_adapters().items())]
#: The ways for claims that go together, too.
ADAPTERS = [*ALONE, *(way for one in ALONE if (way := one.together()))]
_ITEMS: dict[str, Any] = {"line": Line, "attachment": Attachment, "other": OtherInsurance, "diagnosis": str}

each = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: type(adapter).__name__)


def fields(adapter: Adapter) -> Iterator[tuple[str, Field, str | None]]:
    """Where a field stands, the field, and what it is entered once for."""
    for page in adapter.pages:
        yield from ((page.title, field, None) for field in page.fields)
        for rows in page.rows:
            yield from ((f"{page.title}: {rows.table}", one, rows.each) for one in (*rows.fields, *rows.columns))
        for grid in page.grids:
            yield from ((page.title, one, grid.each) for one in grid.fields)
    yield from (("the receipt", echo, None) for echo in adapter.echoes)


def kinds(annotation: Any, part: str) -> Iterator[Any]:
    """What a step of a path can lead to."""
    if get_origin(annotation) in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from kinds(one, part)
    elif get_origin(annotation) is tuple and part.isdigit():
        yield get_args(annotation)[0]
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if part in annotation.model_fields:
            yield annotation.model_fields[part].annotation
        elif part in vars(annotation):  # a property
            yield Any


def resolves(source: str, item: str | None) -> bool:
    """Whether a path leads somewhere in the claim model."""
    first, *rest = source.split(".")
    ours = [_ITEMS[first]] if first == item else []
    found = ours if first in _ITEMS else list(kinds(Claim, first))
    for part in rest:
        found = [kind for one in found for kind in kinds(one, part)]
    return bool(found)


def test_the_resolver_tells_paths_from_other_words() -> None:
    for path, item in (
        ("subscriber.member_id", None),
        ("diagnoses.11", None),
        ("accident.on", None),
        ("service_from", None),
        ("other_insurance.0.payer.payer_id", None),
        ("line.rendering.npi", "line"),
        ("line.modifiers.3", "line"),
        ("diagnosis", "diagnosis"),
    ):
        assert resolves(path, item), path
    for path, item in (
        ("subscriber.memberid", None),
        ("acount", None),
        ("line.code", None),
        ("line.code", "diagnosis"),
        ("lines.code", None),
        ("accident.0", None),
        ("diagnosis.0", "diagnosis"),
    ):
        assert not resolves(path, item), path


def test_there_are_adapters() -> None:
    assert {"northstar", "lakeshore"} <= {adapter.slug for adapter in ADAPTERS}


@each
def test_every_source_is_in_the_claim(adapter: Adapter) -> None:
    lost = [
        (where, field.label, field.source)
        for where, field, item in fields(adapter)
        if isinstance(field.source, str) and not resolves(field.source, item)
    ]
    assert lost == []


@each
def test_the_stages_are_sound(adapter: Adapter) -> None:
    names = [stage.name for stage in adapter.stages]
    assert len(set(names)) == len(names)
    assert [stage.kind for stage in adapter.stages].count(StageKind.FINAL) == 1
    final = next(stage.name for stage in adapter.stages if stage.kind is StageKind.FINAL)
    used = [page.stage for page in adapter.pages] + [rows.stage for page in adapter.pages for rows in page.rows]
    if isinstance(adapter, BatchAdapter):
        assert adapter.pages[-1].stage
        used.append(adapter.build)
    # the final stage is fired by `send` alone; every draft by some page, or by putting claims together
    assert final not in used
    assert set(names) - {final} == {name for name in used if name}
    for stage in adapter.stages:
        assert stage.method in ("POST", "PUT", "PATCH", "DELETE")
        assert re.compile(stage.path).fullmatch(stage.path.replace("\\", ""))
        assert stage.path.startswith("/")
        assert not stage.matches("GET", stage.path, b"")


@each
def test_the_receipt_tells_whose_it_is(adapter: Adapter) -> None:
    echoes = {echo.label: echo for echo in adapter.echoes}
    assert len(echoes) == len(adapter.echoes)
    assert adapter.identity
    assert adapter.identity <= set(echoes)
    assert all(echo.kind is Kind.SHOWN for echo in adapter.echoes)
    sources = {echo.source for echo in adapter.echoes if isinstance(echo.source, str)}
    assert {"account", "subscriber.member_id", "service_from", "charge"} <= sources
    named = {echoes[label].source for label in adapter.identity}
    assert {"account", "subscriber.member_id"} <= named


@each
def test_the_limits_are_sane(adapter: Adapter) -> None:
    limits = adapter.limits
    assert 1 <= limits.lines <= 50
    assert 1 <= limits.diagnoses <= 12
    assert timedelta(0) <= limits.visibility_delay <= timedelta(days=3)
    assert limits.claims_per_send >= 1
    assert bool(limits.attachment_routes) == bool(limits.attachments)
    assert limits.attachment_routes <= {"AA", "BM", "EL", "EM", "FT", "FX"}
    assert all(re.fullmatch(r"\.[a-z]+", kind) for kind in limits.attachment_types)
    assert 0 < limits.attachment_bytes <= 1 << 30
    assert not any(character.isalnum() or character.isspace() for character in limits.forbidden)


@each
def test_a_control_number_is_told_from_other_words(adapter: Adapter) -> None:
    for number_format in filter(None, (adapter.control_number, adapter.tracking_number)):
        for word in ("", "0", "pending", "N/A", "Your claim has been submitted successfully!"):
            assert re.fullmatch(number_format, word) is None


@each
def test_every_word_has_its_meaning_in_small_letters(adapter: Adapter) -> None:
    assert adapter.words
    assert all(word == word.strip().lower() for word in adapter.words)


@each
def test_what_may_stand_in_the_way_is_known(adapter: Adapter) -> None:
    known = {unexpected.trouble for unexpected in adapter.unexpected}
    assert {Trouble.SESSION_LOST, Trouble.UNAVAILABLE} <= known
    for unexpected in adapter.unexpected:
        assert unexpected.text
        assert bool(unexpected.press) == (unexpected.trouble is Trouble.IN_THE_WAY)


@each
def test_fields_that_name_a_patient_are_marked(adapter: Adapter) -> None:
    """Their values never appear in messages."""
    naming = re.compile(r"subscriber(\.(last|first|member_id|birth_date))?|diagnos|other_insurance\.\d\.member_id")
    open_ones = [
        (where, field.label)
        for where, field, _ in fields(adapter)
        if isinstance(field.source, str) and naming.match(field.source) and not field.sensitive
    ]
    assert open_ones == []


@each
def test_pages_can_be_told_apart_and_followed(adapter: Adapter) -> None:
    titles = [page.title for page in adapter.pages]
    assert len(set(titles)) == len(titles)
    assert [page.title for page in adapter.pages if page.next is None][-1:] == titles[-1:] or isinstance(
        adapter, SavingAdapter
    )
    for page in adapter.pages:
        labels = [field.label for field in page.fields]
        assert len(set(labels)) == len(labels), page.title
        for rows in page.rows:
            assert (rows.add is None) == (not rows.fields)
            assert rows.stage is None or rows.add is not None


@each
def test_it_comes_with_a_policy(adapter: Adapter) -> None:
    policy = policy_of(type(adapter))
    assert 30 <= policy.filing.days <= 730
    assert policy.filing.source


@each
def test_it_is_short_and_named_after_its_folder(adapter: Adapter) -> None:
    assert adapter.__module__.rpartition(".")[0] == f"payers.{adapter.slug}"
    assert adapter.url == "http://127.0.0.2"


# Declarations that cannot work are refused


@pytest.mark.parametrize(
    "wrong",
    [
        {"stages": (Stage("upload", StageKind.DRAFT, "POST", "/u"),)},
        {"pages": (FormPage("One", stage="nowhere"),)},
        {"pages": (FormPage("One", rows=(Rows("line", "Lines", (), stage="nowhere"),)),)},
        {"identity": frozenset({"Nobody"})},
    ],
    ids=["no final stage", "a page's stage", "a row's stage", "identity"],
)
def test_a_declaration_that_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="plain"):
        type("Wrong", (Plain,), wrong)


def test_a_stage_is_its_method_its_whole_path_and_its_body() -> None:
    stage = Stage("save", StageKind.FINAL, "POST", r"/claims/\d+", body=lambda body: b"save" in body)
    assert stage.matches("POST", "/claims/12", b"op=save")
    for method, path, body in (
        ("PUT", "/claims/12", b"op=save"),
        ("POST", "/claims/12/more", b"op=save"),
        ("POST", "/x/claims/12", b"op=save"),
        ("POST", "/claims/12", b"op=look"),
    ):
        assert not stage.matches(method, path, body)


def test_what_is_only_shown_carries_nothing() -> None:
    assert shown("Name", "note").kind is Kind.SHOWN
    adapter: type[Adapter] = type("Shows", (Plain,), {"pages": (FormPage("One", (shown("Note", "note"),)),)})
    claim = CLAIM.model_copy(update={"note": "Homebound"})
    assert [problem.field for problem in fit.check(adapter("http://x"), claim)] == ["note"]


# What an adapter must not do, and what the core does once


def _sources(folder: Path) -> list[tuple[Path, str]]:
    return [(path, path.read_text()) for path in sorted(folder.rglob("*.py"))]


@pytest.mark.parametrize(("path", "text"), _sources(PAYERS), ids=lambda value: getattr(value, "stem", ""))
def test_locators_are_roles_labels_and_texts(path: Path, text: str) -> None:
    other = re.compile(
        r"\.locator\(|\.frame_locator|xpath=|css=|>> "
        r"|\.query_selector|\.wait_for_selector|\.evaluate|get_by_test_id"
    )
    found = [
        f"{path.relative_to(PAYERS)}:{number}"
        for number, line in enumerate(text.splitlines(), start=1)
        if other.search(line) and "# because: " not in line
    ]
    assert found == []


@pytest.mark.parametrize(("path", "text"), _sources(PAYERS), ids=lambda value: getattr(value, "stem", ""))
def test_an_adapter_says_what_a_portal_is_and_no_more(path: Path, text: str) -> None:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        where = f"{path.relative_to(PAYERS)}:{getattr(node, 'lineno', '')}"
        assert not isinstance(node, ast.Try | ast.While), f"{where}: retrying or catching is the core's"
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            for name in [module] if module else [alias.name for alias in node.names]:
                assert name.split(".")[0] not in ("tenacity", "structlog", "logging", "time", "asyncio"), where
                assert not name.startswith(("bot.log", "bot.ledger", "bot.work", "bot.portal.retry")), where
        if isinstance(node, ast.Attribute):
            assert node.attr not in (
                "screenshot",
                "wait_for_timeout",
                "sleep",
                "route",
                "pdf",
                "set_default_timeout",
            ), where


@each
def test_it_is_short(adapter: Adapter) -> None:
    assert len(Path(inspect.getfile(type(adapter))).read_text().splitlines()) <= 120


def test_the_core_names_no_payer() -> None:
    names = re.compile(
        "|".join(re.escape(word) for one in ADAPTERS for word in (one.slug, one.name)), re.IGNORECASE
    )
    assert [path.name for path, text in _sources(BOT) if names.search(text)] == []


def _calls(folder: Path, attribute: str) -> list[tuple[str, ast.Call]]:
    return [
        (path.name, node)
        for path, text in _sources(folder)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == attribute
    ]


def _receiver(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Attribute)
    return ast.unparse(call.func.value)


def test_a_claim_is_sent_from_one_place() -> None:
    sends = [(name, _receiver(call)) for name, call in _calls(BOT, "send")]
    assert [one for one in sends if one[0] != "evidence.py"] == [("submission.py", "session.adapter")]
    # the others are Chromium's own debugging channel
    assert {receiver for name, receiver in sends if name == "evidence.py"} <= {"session"}


def test_the_wire_is_reached_from_one_place_without_retries() -> None:
    [(name, call)] = _calls(BOT, "fetch")
    assert (name, _receiver(call)) == ("send_once.py", "route")
    told = {word.arg: ast.unparse(word.value) for word in call.keywords}
    assert (told["max_retries"], told["max_redirects"]) == ("0", "0")
    assert "timeout" in told


def test_nothing_tries_again_on_the_way_of_a_send() -> None:
    submission, batch, guard = (BOT / "portal" / name for name in ("submission.py", "batch.py", "send_once.py"))
    for path in (submission, batch, guard):
        imported = [
            name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (getattr(node, "module", "") or "", *(alias.name for alias in node.names))
        ]
        assert not [name for name in imported if "tenacity" in name or "retry" in name or name == "trying"]
    tree = ast.parse(submission.read_text())
    functions = {
        node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    sender = next(name for name, node in functions.items() if "session.adapter.send(" in ast.unparse(node))
    way = [sender, "_send", "run", "submit"]
    for name in way:
        assert functions[name].decorator_list == [], name
        for node in ast.walk(functions[name]):
            assert not isinstance(node, ast.For | ast.AsyncFor | ast.While), f"a loop in {name}"
    # what `persist` may repeat is never the sending
    for _, call in _calls(BOT / "portal", "persist"):
        assert sender not in ast.unparse(call)
        assert ".send(" not in ast.unparse(call)
    # once for a claim that goes alone, once for a batch
    for path in (submission, batch):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        assert [ast.unparse(call.func) for call in calls].count(sender) == 1


def test_a_claim_is_submitted_from_one_place() -> None:
    found = [
        (path.name, node.lineno)
        for path, text in _sources(BOT)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("submit", "submission.submit")
    ]
    assert [name for name, _ in found] == ["shift.py"]


def test_retries_stand_where_nothing_is_armed() -> None:
    sources = _sources(BOT)
    assert [path.name for path, text in sources if "import trying" in text] == ["session.py"]
    assert [path.name for path, text in sources if re.search(r"(from|import) tenacity", text)] == [
        "database.py",
        "retry.py",
    ]

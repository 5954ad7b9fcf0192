"""What every adapter in the box declares can work, and none does what is the core's to do."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import bot
import payers
from bot.errors import ConfigurationError
from bot.portal import fit
from bot.portal.adapter import (
    Adapter,
    FormPage,
    Kind,
    Rows,
    Stage,
    StageKind,
    shown,
)
from bot.testing.case import DeclarationCase
from bot.testing.paths import resolves
from bot.work.payers import find_adapters
from tests.unit.portal.test_fit import CLAIM, Plain

BOT = Path(bot.__file__).parent
PAYERS = Path(payers.__file__).parent
ALONE = [adapter("http://127.0.0.2/") for _, adapter in sorted(find_adapters().items())]
#: The ways for claims that go together, too.
ADAPTERS = [*ALONE, *(way for one in ALONE if (way := one.together()))]

each = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: type(adapter).__name__)


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


class TestDeclarations(DeclarationCase):
    @pytest.fixture(params=ADAPTERS, ids=lambda adapter: type(adapter).__name__)
    def adapter(self, request: pytest.FixtureRequest) -> Adapter:
        found: Adapter = request.param
        return found


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

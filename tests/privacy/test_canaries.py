"""Names, birth dates, member numbers and diagnoses reach the payer and nothing else: everything is searched."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.claims.model import Claim
from fixtures.claims.generate import bad_diagnosis, claims
from fixtures.claims.writers import write_837, write_csv
from fixtures.people import MEMBERS
from fixtures.portals.faults import Fault
from fixtures.portals.server import running
from payers.northstar.adapter import Northstar
from tests.cli.counter import Desk, Done, good

#: Long enough that they do not stand in cipher by chance.
LONG = 7


def _canaries(some: Iterable[Claim]) -> frozenset[str]:
    """What names anybody: of the patients sent, and of all others whom the portals know."""
    words = {"Larkspur", "Larkspur Lane"}
    for member in MEMBERS:
        born = member.birth_date
        words |= {member.last, member.first, f"{member.last}, {member.first}".upper()}
        words |= {member.northstar_id, member.lakeshore_id, member.summit_id, member.hudson_id}
        words |= {
            born.isoformat(),
            *(born.strftime(form) for form in ("%m/%d/%Y", "%m%d%Y", "%Y%m%d", "%-m/%-d/%Y")),
        }
    for claim in some:
        for code in claim.diagnoses:
            words |= {code, f"{code[:3]}.{code[3:]}"}
    return frozenset(words - {"I10."})


@dataclass
class Search:
    """Everything a run leaves behind, and the words that must not be in it."""

    desk: Desk
    canaries: frozenset[str]
    said: list[Done] = field(default_factory=list)

    def __call__(self, *words: str | Path) -> Done:
        """Run a command and keep what it says."""
        done = self.desk(*words)
        self.said.append(done)
        return done

    def look_at_everything(self) -> None:
        """Run every command that shows something."""
        for form in ((), ("--json",)):
            self("claims", "list", *form)
            self("files", "list", *form)
            self("tasks", "list", "--all", *form)
            self("payers", "list", *form)
            self("calls", *form)
            self("config", *form)
            for row in self.desk.claims():
                self("claims", "show", str(row["id"]), *form)
            for row in self.desk("tasks", "list", "--all", "--json").document:
                self("tasks", "show", str(row["id"]), *form)
            for row in self.desk("files", "list", "--json").document:
                self("files", "show", str(row["id"]), *form)

    def found(self) -> list[str]:
        """Where a canary is."""
        long = [word.encode() for word in self.canaries if len(word) >= LONG]
        hits = []
        for number, done in enumerate(self.said):
            for stream in (done.out, done.err):
                hits += [f"command {number}: {word}" for word in self._words(stream)]
        for path in self._files():
            name = path.relative_to(self.desk.home.path).as_posix()
            hits += [f"name {name}: {word}" for word in self._words(name)]
            content = path.read_bytes()
            if path.suffix == ".jsonl":
                hits += [f"{name}: {word}" for word in self._words(content.decode())]
            hits += [f"{name}: {word.decode()}" for word in long if word in content]
        return hits

    def _words(self, text: str) -> list[str]:
        """The canaries that stand in a text as words of their own."""
        lowered = text.lower()
        return [
            word
            for word in self.canaries
            if word.lower() in lowered
            and re.search(rf"(?<![0-9a-z]){re.escape(word.lower())}(?![0-9a-z])", lowered)
        ]

    def _files(self) -> Iterator[Path]:
        """All but the folder in which passwords are kept."""
        files = (path for path in sorted(self.desk.home.path.rglob("*")) if path.is_file())
        return (path for path in files if path.parent != self.desk.home.secrets)


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """A search that finds nothing anywhere proves nothing."""
    search = Search(Desk(tmp_path), _canaries(claims("northstar", 3)))
    assert search.found() == []
    member = MEMBERS[3]
    (search.desk.home.evidence / f"{member.last}.zip.enc").write_bytes(b"x" + member.northstar_id.encode())
    search.said.append(Done(0, f"account 1: {member.birth_date:%m/%d/%Y}", f"({member.last.upper()})"))
    (search.desk.home.log / "payerbot.jsonl").write_text(f'{{"kind": "{member.first}"}}\n')
    assert len(set(search.found())) == 5


#: What goes wrong for the claims of a night, one after the other, and where each claim then stands. The first one
#: meets a form that cuts what is typed, and opens with another patient in it.
TROUBLES: dict[str, dict[Fault | None, str]] = {
    "northstar": {
        Fault.TRUNCATE_FIELD: "held",
        Fault.REJECT: "rejected",
        Fault.DUPLICATE_WARNING: "duplicate",
        Fault.STORED_CHARGE_CHANGED: "disputed",
        Fault.PHANTOM_RECEIPT: "unknown",
        Fault.RECEIPT_OF_ANOTHER: "accepted",
        None: "accepted",
    },
    "lakeshore": {
        Fault.TRUNCATE_FIELD: "held",
        Fault.REJECT: "rejected",
        Fault.DUPLICATE_WARNING: "duplicate",
        Fault.RECEIPT_STALE: "accepted",
    },
    "summit": {
        Fault.TRUNCATE_FIELD: "held",
        Fault.REJECT: "rejected",
        Fault.DROP_AFTER_ACCEPT: "received",
        None: "received",
    },
}


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize("slug", TROUBLES)
def test_a_night_of_troubles_names_nobody(tmp_path: Path, slug: str) -> None:
    troubles = TROUBLES[slug]
    some = sorted(good(len(troubles), slug), key=lambda claim: (claim.service_from, claim.account))
    with running(slug, visibility_delay=0) as portal:
        search = Search(Desk(tmp_path, {slug: portal.url}, portal.users[0]), _canaries(some))
        search.canaries |= {portal.users[0].password}
        for claim, fault in zip(some, troubles, strict=True):
            if fault is Fault.TRUNCATE_FIELD:
                portal.inject(Fault.PREFILLED_STRANGER, times=1)
                portal.inject(fault, times=2)
            elif fault is not None:
                portal.inject(fault, times=1, match=claim.account)
        search("--verbose", "queue", search.desk.file(*some), "--json")
        search("--verbose", "run")
    states = {row["account"]: row["state"] for row in search.desk.claims()}
    assert [states[claim.account] for claim in some] == list(troubles.values())
    search.look_at_everything()
    assert len(list(search.desk.home.evidence.iterdir())) >= len(troubles)
    assert (search.desk.home.log / "payerbot.jsonl").stat().st_size > 0
    assert search.found() == []
    _only_its_owner_reads(search.desk.home.path)


@pytest.mark.usefixtures("chromium")
def test_a_mistake_of_ours_names_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter that fails with the page's words in its error, before anything is sent and after."""
    member = MEMBERS[5]

    async def fail(*_: object) -> None:
        raise ValueError(f"no patient {member.last} {member.birth_date:%m/%d/%Y} {member.northstar_id}")

    some = list(good(2))
    with running("northstar", visibility_delay=0) as portal:
        search = Search(Desk(tmp_path, {"northstar": portal.url}, portal.users[0]), _canaries(some))
        search("queue", search.desk.file(*some))
        monkeypatch.setattr(Northstar, "read_receipt", fail)
        search("--verbose", "run", "--limit", "1")
        monkeypatch.setattr(Northstar, "open_form", fail)
        done = search("--verbose", "run", "--json")
        assert done.code in (0, 1, 3)
        monkeypatch.undo()
        search.look_at_everything()
        sends = [request for request in portal.requests if request["stage"] == "submit"]
    assert len(sends) == 1
    assert "adapter_failed" in (search.desk.home.log / "payerbot.jsonl").read_text()
    assert search.found() == []
    _only_its_owner_reads(search.desk.home.path)


def test_files_that_cannot_be_read_name_nobody(tmp_path: Path) -> None:
    """Bad input is answered with its place and its field, never with what was written there."""
    some = list(good(6))
    search = Search(Desk(tmp_path), _canaries(some))
    member = MEMBERS[7]
    words = (member.last, member.northstar_id, f"{member.birth_date:%m/%d/%Y}", some[0].diagnoses[0])
    document = [json.loads(claim.model_dump_json()) for claim in some[:5]]
    document[0]["subscriber"]["birth_date"] = f"{member.birth_date:%m/%d/%Y}"
    document[1]["subscriber"][member.last] = member.northstar_id
    document[2]["charge"] = member.northstar_id + "x"
    document[3]["lines"][0]["service_from"] = member.last
    document[4]["diagnoses"] = member.last
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(document))
    csv, x12, bad = tmp_path / "shifted.csv", tmp_path / "cut.837", tmp_path / "bad.837"
    write_csv(some, csv)
    lines = csv.read_text().splitlines()
    csv.write_text("\n".join([lines[0], *(f"{'x,' * 3}{line}" for line in lines[1:])]))
    write_837(some, x12)
    text = x12.read_text()
    x12.write_text(text.replace("DMG*D8*", f"DMG*D8*{member.last}").replace("HI*", f"HI*{member.last}:")[:-200])
    write_837([bad_diagnosis(some[0]).model_copy(update={"account": "ACC 1"})], bad)
    for command in ("check", "queue"):
        for path in (broken, csv, x12, bad):
            for form in ((), ("--json",)):
                done = search("--verbose", command, path, *form)
                assert done.code in (1, 2), (path, done)
    search.look_at_everything()
    assert all(words)
    assert search.found() == []
    _only_its_owner_reads(search.desk.home.path)


def _only_its_owner_reads(home: Path) -> None:
    modes = {
        path.relative_to(home).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in (home, *home.rglob("*"))
        if stat.S_IMODE(path.stat().st_mode) != (0o700 if path.is_dir() else 0o600)
    }
    assert modes == {}

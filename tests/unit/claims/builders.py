"""Small X12 files in a test's own words, and claims with one thing changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot.claims.model import Claim, Found, Problem
from bot.claims.x12 import read_837
from fixtures.claims.generate import claims

#: A visit of two lines at Lakeshore.
VISIT = next(
    claim for claim in claims("lakeshore", 40) if len(claim.lines) == 2 and claim.lines[1].code == "36415"
)
#: A home visit under 99600, with a note.
HOME_VISIT = next(claim for claim in claims("lakeshore", 12) if claim.attachments)

BILLING = ["HL*1**20*1", "NM1*85*2*MAPLE*****XX*1990000014", "N3*1 A ST", "N4*TOWN*MN*55001", "REF*EI*990000017"]
SUBSCRIBER = [
    "HL*2*1*22*0",
    "SBR*P*18*******CI",
    "NM1*IL*1*ROE*JANE****MI*MEMBER1",
    "N3*2 B ST",
    "N4*TOWN*MN*55001",
    "DMG*D8*19500101*F",
    "NM1*PR*2*LAKE*****PI*LK",
]
CLAIM = ["CLM*ACC1*100***11:B:1*Y*A*Y*Y", "HI*ABK:E119*ABF:I10"]
LINE = ["LX*1", "SV1*HC:99213*100*UN*1***1:2", "DTP*472*D8*20260601"]


def x12(*bodies: list[str], guide: str = "005010X222A1", kind: str = "837", usage: str = "P") -> str:
    """An interchange in which every body is a transaction."""
    segments = [
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*0000*^*00501*000000001*0"
        f"*{usage}*:",
        f"GS*HC*S*R*20260101*0000*1*X*{guide}",
    ]
    for number, body in enumerate(bodies, start=1):
        segments += [f"ST*{kind}*{number:04d}*{guide}", "BHT*0019*00*1*20260101*0000*CH", *body]
        segments += [f"SE*{len(body) + 3}*{number:04d}"]
    segments += [f"GE*{len(bodies)}*1", "IEA*1*000000001"]
    return "~\n".join(segments) + "~\n"


def read(folder: Path, text: str | bytes) -> tuple[list[Found], list[Problem]]:
    """Read a text as an X12 file; the claims, and the file's own problems."""
    path = folder / "claims.x12"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    problems: list[Problem] = []
    found = list(read_837(path, problems.append))
    return found, problems


def one(folder: Path, *body: str, **options: Any) -> Claim:
    """Read a transaction that must hold exactly one good claim."""
    found, problems = read(folder, x12(list(body), **options))
    assert problems == []
    assert [problem for item in found for problem in item.problems] == []
    assert len(found) == 1
    assert found[0].claim is not None
    return found[0].claim


def put(model: Any, path: str, value: Any) -> Any:
    """A copy of a claim with one value changed: ``put(claim, "lines.0.units", Decimal(2))``."""
    first, _, rest = path.partition(".")
    if isinstance(model, tuple):
        index = int(first)
        new = put(model[index], rest, value) if rest else value
        return (*model[:index], new, *model[index + 1 :])
    assert isinstance(model, BaseModel)
    current = getattr(model, first)
    return model.model_copy(update={first: put(current, rest, value) if rest else value})

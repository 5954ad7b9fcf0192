"""What a payer's codes mean for a claim: its status and its lines', the reasons, and what to do about each.

What `bot.claims.codes` does not know is never guessed: a claim that is not paid for an unknown reason is
`unrecognised`, and a person sees the raw code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.claims.codes import (
    CARC,
    CATEGORIES,
    DECIDED,
    DENIED,
    FINAL,
    LATE_AT_MEDICARE,
    MEDICARE,
    RARC,
    REMARKS_TELL,
    UNPROCESSABLE,
    Known,
    Sort,
)
from bot.claims.model import Adjustment
from bot.claims.remittance import PaidClaim, PaidLine
from bot.claims.response import ReportedClaim, Statement, StatusCode
from bot.claims.vocabulary import Status, Topic


@dataclass(frozen=True, slots=True)
class Reason:
    """One code a payer gave, and what it means here."""

    #: Such as ``CO-50``, ``MA130`` or ``A7:562:85``.
    code: str
    #: In a biller's words; empty where the code is not known here.
    words: str = ""
    #: What to do about it; empty where there is nothing to do.
    action: str = ""
    #: None: not known here.
    sort: Sort | None = None
    #: Service line in the payer's file, from 1; none: about the whole claim.
    line: int | None = None
    #: What was not paid for it.
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a payer's file says of one claim. A status of `none` says nothing about it."""

    status: Status
    reasons: tuple[Reason, ...]
    #: The status of each of the payer's lines, in the file's order.
    lines: tuple[Status, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a claim needs a person. Claims of one payer with the same cause are one task."""

    #: Denied, unprocessable, info_requested, not_on_file, unrecognised, finalized, reversed or forwarded.
    kind: Status
    #: The payer's codes, such as ``CO-16 N290``.
    code: str
    words: str
    action: str

    @property
    def topic(self) -> Topic | None:
        """The question that only the payer can answer; none where the reason says what to do."""
        if self.kind in _TOPICS:
            return _TOPICS[self.kind]
        return Topic.DENIED if self.action == ASK_WHY else None


#: Statuses that need a person whatever the reasons are.
_SIMPLE: dict[Status, Cause] = {
    Status.REVERSED: Cause(
        Status.REVERSED,
        "reversal",
        "the payer takes its payment back",
        "See whether a corrected decision follows; if none does, ask the payer.",
    ),
    Status.FORWARDED: Cause(
        Status.FORWARDED, "forwarded", "passed on to another payer", "Follow it at that payer."
    ),
}
_UNPAID = frozenset({Status.DENIED, Status.UNPROCESSABLE, Status.UNRECOGNISED})
ASK_WHY = "Ask the payer why."
_NO_REASON = Reason("no reason", "not paid, and no reason is given", ASK_WHY)
#: What only a call can answer, whatever the reasons are.
_TOPICS: dict[Status, Topic] = {
    Status.NOT_ON_FILE: Topic.NOT_ON_FILE,
    Status.UNRECOGNISED: Topic.MEANING,
    Status.REVERSED: Topic.PAID_OTHERWISE,
}
#: Statuses on the payer's page that need a person, and what to do when no reason says more.
_ASKING: dict[Status, str] = {
    Status.DENIED: ASK_WHY,
    Status.UNPROCESSABLE: "Find out why, correct the claim, and send it as a new one.",
    Status.INFO_REQUESTED: "Look in the portal what the payer asks for, and send it in time.",
}
#: What a cause is called after, where the claim's status says it; else ``denied``.
_KINDS = frozenset({Status.UNPROCESSABLE, Status.INFO_REQUESTED, Status.NOT_ON_FILE, Status.FINALIZED})


def of_decisions(claims: Sequence[PaidClaim]) -> Meaning:
    """What several decisions on one claim come to: a payer may split a claim, each part with some of its lines."""
    some = [of_decision(claim) for claim in claims]
    reasons: list[Reason] = []
    lines: list[Status] = []
    for one in some:
        reasons += [replace(why, line=why.line + len(lines)) if why.line else why for why in one.reasons]
        lines += one.lines
    return Meaning(together([one.status for one in some]), tuple(reasons), tuple(lines))


def of_decision(claim: PaidClaim) -> Meaning:
    """What one decision on a claim means (CLP with its lines)."""
    own = (*_adjusted(claim.adjustments, claim, None), *_remarked(claim.remarks, None))
    lines = [
        (*_adjusted(line.adjustments, claim, at), *_remarked(line.remarks, at))
        for at, line in enumerate(claim.lines, start=1)
    ]
    reasons = (*own, *(reason for some in lines for reason in some))
    if claim.decision in FINAL:
        status = FINAL[claim.decision]
        return Meaning(status, reasons, (status,) * len(claim.lines))
    if claim.decision not in DECIDED:
        unknown = Reason(f"claim status {claim.decision}")
        return Meaning(Status.UNRECOGNISED, (unknown, *reasons), (Status.UNRECOGNISED,) * len(claim.lines))
    statuses = tuple(
        _decided(line, (*some, *own) if claim.paid <= 0 else some, denied=claim.decision == DENIED)
        for line, some in zip(claim.lines, lines, strict=True)
    )
    alone = _decided(claim, reasons, denied=claim.decision == DENIED)
    counted = [status for line, status in zip(claim.lines, statuses, strict=True) if line.charge]
    status = together(counted) if counted else alone
    if claim.paid <= 0 and status in (Status.PAID, Status.PAID_PART):
        status = alone
    return Meaning(status, reasons, statuses)


def of_report(claim: ReportedClaim) -> Meaning:
    """What a payer's status of a claim means (STC)."""
    reasons = [*_coded(claim.statements, None)]
    lines = []
    for at, line in enumerate(claim.lines, start=1):
        reasons += _coded(line.statements, at)
        lines.append(_stated(line.statements))
    status = _stated(claim.statements)
    if status is Status.PAID and set(lines) - {Status.PAID, Status.NONE}:
        status = Status.PAID_PART
    return Meaning(status, tuple(reasons), tuple(lines))


def of_code(code: StatusCode) -> Reason:
    """What one status code means."""
    if code.category not in CATEGORIES:
        return Reason(str(code))
    known = CATEGORIES[code.category]
    asks = bool(known.action) and known.status not in (None, Status.PENDING)
    return Reason(str(code), known.words, known.action, Sort.DENIAL if asks else Sort.REMARK)


def words_of(code: str) -> str:
    """A payer's code, such as ``CO-50`` or ``N290``, with what it means and what to do; the code alone where it is
    not known here."""
    known = CARC.get(code.rpartition("-")[2]) or RARC.get(code)
    return f"{code}: {known.words}. {known.action}".rstrip() if known else code


def of_shown(status: Status, words: str, reasons: Sequence[str]) -> Cause | None:
    """Why a claim needs a person by the payer's own page: its word, and the codes or words under it; None when it
    does not."""
    if status in _SIMPLE:
        return _SIMPLE[status]
    if status is Status.UNRECOGNISED:
        action = "Ask the payer what it means; then have it put among the words of the adapter."
        return Cause(status, f"'{words.strip()}'", "a word that is not known here", action)
    if status is Status.NOT_ON_FILE:
        action = "Call the payer with its number and our proof that it had the claim; do not send it again."
        return Cause(status, "not found", "its own search showed the claim before and does not any more", action)
    known = {code: _known(code) for code in reasons}
    # what the contract, the patient or the next payer takes over is no reason to act
    told = {code: one for code, one in known.items() if one is None or one.sort in (Sort.DENIAL, Sort.REMARK)}
    refused = any(one is not None and one.sort is Sort.DENIAL for one in told.values())
    if status not in _ASKING and not (status is Status.PAID_PART and refused):
        return None
    meant = [one.words if one else code for code, one in told.items()]
    actions = [one.action for one in told.values() if one and one.action]
    return Cause(
        status if status in _KINDS else Status.DENIED,
        " ".join(told) or words.strip(),
        "; ".join(dict.fromkeys(meant)) or "no reason is shown",
        " ".join(dict.fromkeys(actions)) or _ASKING.get(status, _NO_REASON.action),
    )


def refuses(reasons: Iterable[str]) -> bool:
    """Whether one of these codes says that something was not paid and somebody may do something about it."""
    return any(known is not None and known.sort is Sort.DENIAL for known in map(_known, reasons))


def causes(meaning: Meaning) -> tuple[Cause, ...]:
    """Why a claim needs a person, each cause once; none when it does not."""
    if meaning.status in _SIMPLE:
        return (_SIMPLE[meaning.status],)
    found = []
    for why in meaning.reasons:
        if why.sort is Sort.DENIAL and (why.amount is None or why.amount > 0):
            found.append(_cause(why, meaning))
        elif why.sort is None and Status.UNRECOGNISED in (meaning.status, _of_line(why, meaning)):
            action = "payerbot does not know this code: ask the payer what it means."
            found.append(Cause(Status.UNRECOGNISED, why.code, "not paid, for a reason not known here", action))
    if not found and meaning.status in _UNPAID:
        told = next((why for why in meaning.reasons if why.sort is Sort.REMARK and why.action), _NO_REASON)
        found.append(Cause(meaning.status, told.code, told.words, told.action))
    return tuple(dict.fromkeys(found))


def _known(code: str) -> Known | None:
    """What a code as pages show it, such as ``CO-50`` or ``MA130``, means; None when it is not known here."""
    return CARC.get(code.rpartition("-")[2]) or RARC.get(code)


def _cause(why: Reason, meaning: Meaning) -> Cause:
    """A reason with the remarks that say more: those on its line, and known ones about the whole claim."""
    kind = meaning.status if meaning.status in _KINDS else Status.DENIED
    remarks = [
        one
        for one in meaning.reasons
        if why.amount is not None
        and one.sort is Sort.REMARK
        and (one.line == why.line or (not one.line and one.words))
    ]
    actions = [one.action for one in remarks if one.action]
    if not actions or why.action != REMARKS_TELL:
        actions.insert(0, why.action)
    return Cause(
        kind,
        " ".join(dict.fromkeys([why.code, *(one.code for one in remarks)])),
        "; ".join(dict.fromkeys([why.words, *(one.words for one in remarks if one.words)])),
        " ".join(dict.fromkeys(actions)),
    )


def _of_line(why: Reason, meaning: Meaning) -> Status | None:
    return meaning.lines[why.line - 1] if why.line and why.amount else None


def _decided(subject: PaidClaim | PaidLine, reasons: Iterable[Reason], *, denied: bool) -> Status:
    """What became of a line, or of a claim without lines."""
    some = list(reasons)
    refused = any(why.sort is Sort.DENIAL and why.amount and why.amount > 0 for why in some)
    if subject.paid > 0:
        return Status.PAID_PART if refused else Status.PAID
    if any(why.code == UNPROCESSABLE for why in some):
        return Status.UNPROCESSABLE
    if refused or denied:
        return Status.DENIED
    if subject.paid < 0 or any(why.sort is None and why.amount for why in some):
        return Status.UNRECOGNISED
    return Status.PAID_ZERO


def together(statuses: Sequence[Status]) -> Status:
    """A claim's status from its parts'."""
    found = set(statuses)
    if len(found) == 1:
        return found.pop()
    if found & {Status.PAID, Status.PAID_PART}:
        return Status.PAID_PART
    weighty = (Status.UNRECOGNISED, Status.UNPROCESSABLE, Status.DENIED)
    return next((status for status in weighty if status in found), Status.UNRECOGNISED)


def _adjusted(adjustments: Iterable[Adjustment], claim: PaidClaim, line: int | None) -> Iterable[Reason]:
    for one in adjustments:
        code = f"{one.group}-{one.reason}"
        known = CARC.get(one.reason)
        if known is None:
            yield Reason(code, line=line, amount=one.amount)
            continue
        late = one.reason == "29" and claim.filing_indicator in MEDICARE
        action = LATE_AT_MEDICARE if late else known.action
        yield Reason(code, known.words, action, known.sort, line, one.amount)


def _remarked(remarks: Iterable[str], line: int | None) -> Iterable[Reason]:
    for code in remarks:
        known = RARC.get(code)
        yield (
            Reason(code, known.words, known.action, known.sort, line)
            if known
            else Reason(code, sort=Sort.REMARK, line=line)
        )


def _coded(statements: Iterable[Statement], line: int | None) -> Iterable[Reason]:
    return (replace(of_code(code), line=line) for said in statements for code in said.codes)


def _stated(statements: Sequence[Statement]) -> Status:
    """What the latest statements come to; `none` when they say nothing about the claim."""
    days = [said.on for said in statements if said.on]
    latest = max(days, default=None)
    current = [said for said in statements if said.on is None or said.on == latest]
    found = set()
    for said in current:
        for code in said.codes:
            status = CATEGORIES[code.category].status if code.category in CATEGORIES else Status.UNRECOGNISED
            if status is not None:
                found.add(status)
    if not found:
        return Status.NONE
    return found.pop() if len(found) == 1 else Status.UNRECOGNISED

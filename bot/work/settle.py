"""Payers' files against the ledger: which of their claims are ours, where each stands by the payer's own word, and
what a person must do about it.

A file proves what the payer decided, not that a claim was sent: the state of a claim stays, and only its status
and its lines' change. Where the two contradict each other (it was never sent from here, or sent back), a person is
asked; and what waits to be sent is held, because the payer may have it already. A claim that may have gone, or
waits for its number, is looked up at once: the payer's page proves it, as ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from bot.claims.meanings import Meaning, Reason, causes, of_code, of_decisions
from bot.claims.remittance import PaidClaim, PaidLine, Remittance
from bot.claims.replies import ReplyFile, read_reply
from bot.claims.response import Response
from bot.claims.vocabulary import DECIDED, STATUS_SHOWN, Proof, State, Status, may_become
from bot.errors import Interrupted, UsageError
from bot.ledger import replies, tasks, views
from bot.ledger.people import route_key
from bot.ledger.replies import Ours, ReplyTotals
from bot.ledger.store import Act, Ledger
from bot.work import tasks as needs
from bot.work.matching import Matcher, Whose, pair_lines
from bot.work.payers import Office
from bot.work.settlement import Finding, Row, Settled, rows_of

_ZERO = Decimal("0.00")
#: A claim in one of these was not sent from here, or came back: that the payer decided it, contradicts that.
_NOT_THERE = frozenset({State.BLOCKED, State.HELD, State.QUEUED, State.REJECTED, State.WITHDRAWN})
#: Statuses that agree with no claim standing at the payer.
_REFUSED = frozenset({Status.NONE, Status.UNPROCESSABLE, Status.NOT_ON_FILE})


def settle_files(office: Office, ledger: Ledger, paths: Sequence[Path], act: Act) -> list[Settled]:
    """Read payers' files and tell their claims what they say: each file in one transaction of its own, or nothing.

    Raises `UsageError` when one cannot be opened, before anything changes; `Interrupted` while a claim of a file
    is being sent.
    """
    return [_settle(office, ledger, file, sha256, act) for file, sha256 in [_read(path) for path in paths]]


def _read(path: Path) -> tuple[ReplyFile, str]:
    try:
        return read_reply(path), hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be opened: {error.strerror or type(error).__name__}.") from error


def _settle(office: Office, ledger: Ledger, file: ReplyFile, sha256: str, act: Act) -> Settled:
    settled = Settled(file, rows_of(file.transactions))
    if file.refused:
        return settled
    totals = settled.totals
    kept = ReplyTotals(
        file.path.name, sha256, file.kind, totals["claims"], totals["charge"], totals["paid"], totals["payment"]
    )
    whose = {id(one): _payer_of(office, ledger, one) for one in file.transactions}
    with ledger.write() as connection:
        _Settling(office, ledger, connection, settled, whose, act).settle(
            new=not replies.is_known(connection, sha256)
        )
        entries = [(row.entry(), None if row.held_back else row.id) for row in settled.rows]
        replies.keep(connection, kept, entries, act)
        replies.count_paid(connection, {claim_id for _, claim_id in entries if claim_id is not None})
        settled.kept = replies.recount(connection, [row.digest for row in settled.rows])
    ids = {row.id for row in settled.rows if row.id is not None}
    own = {_cause(kind, one) for kind in ("balance", "unclear", "refused") for one in file.transactions}
    settled.tasks = views.open_tasks_about(ledger, ids, (), own)
    return settled


class _Settling:
    """One file on its way into the ledger."""

    def __init__(
        self,
        office: Office,
        ledger: Ledger,
        connection: Connection,
        settled: Settled,
        whose: dict[int, Whose],
        act: Act,
    ) -> None:
        self._office = office
        self._ledger = ledger
        self._connection = connection
        self._rows = settled.rows
        self._file = settled.file
        self._act = act
        accounts = {row.said.account.upper() for row in self._rows if row.said.account}
        numbers = {number for row in self._rows for number in row.subject.numbers}
        self._known = {claim.id: claim for claim in replies.ours(connection, numbers, accounts)}
        #: By the identity of the transaction.
        self._whose = whose

    def settle(self, *, new: bool) -> None:
        """Match every row, tell every claim, and say what needs a person. `new`: the file was never settled."""
        told = replies.settled(self._connection, [row.digest for row in self._rows])
        matcher = Matcher(self._known.values(), self._order_of)
        reversed_: set[int] = set()
        doubts: dict[int, set[int]] = {}
        # what is taken back first: its claim may come again under another number
        for row in sorted(self._rows, key=lambda row: row.meaning.status is not Status.REVERSED):
            if row.digest in told:
                row.found, row.id = Finding.REPEATED, told[row.digest]
            else:
                match = matcher.match(row.subject, self._whose[id(row.source)], reversed_)
                if match.claim is not None:
                    row.found, row.id = Finding.MATCHED, match.claim.id
                elif match.doubtful:
                    row.found = Finding.UNCLEAR
                    doubts.setdefault(id(row.source), set()).update(one.id for one in match.doubtful)
            if row.id is not None and row.meaning.status is Status.REVERSED:
                reversed_.add(row.id)
        for claim_id in sorted(
            {row.id for row in self._rows if row.found is Finding.MATCHED and row.id is not None}
        ):
            self._tell(self._known[claim_id], [row for row in self._rows if row.id == claim_id])
        for one in self._file.transactions:
            self._about(one, doubts.get(id(one), set()), new=new)

    def _tell(self, claim: Ours, rows: Sequence[Row]) -> None:
        """Tell a claim what the rows about it say."""
        if claim.state is State.SUBMITTING:
            raise Interrupted(
                f"Claim {claim.id} is being sent right now; settle {self._file.path.name} after that."
            )
        rows = [row for row in rows if row.found is Finding.MATCHED]
        source = rows[-1].source
        meaning, last = self._together(claim, current := list(rows))
        name = self._name(claim, source)
        if claim.state in _NOT_THERE or (claim.state is State.CLOSED and claim.control_number is None):
            if meaning.status not in _REFUSED:
                self._contradict(claim, meaning, source, last)
                for row in rows:
                    row.held_back = True
            return
        said = f"{self._file.kind} {source.number} of {name}: {STATUS_SHOWN[meaning.status]}"
        act = Act(self._act.who, self._act.at, said)
        if any(_faulty(row) for row in current):
            return  # amounts that contradict each other decide nothing; the payment's own task says so
        if meaning.status is Status.NONE or not may_become(claim.status, meaning.status):
            return
        if self._is_stale(claim, last):
            return
        due: dict[str, Any] = {"due_at": act.at} if claim.state in (State.UNKNOWN, State.RECEIVED) else {}
        if meaning.status in DECIDED:
            due["decided_on"] = last.dated or act.at.date()
        finished = last.decides or meaning.status in DECIDED
        if claim.state is State.ACCEPTED and claim.proof is not Proof.RECEIPT and finished:
            due["due_at"] = None
        if last.decides:
            # what the portal said before is not what was decided
            due |= {"payer_words": "", "payer_reasons": _codes(meaning.reasons), "answer_by": None}
        of_lines, strange = self._of_lines(claim, current, meaning)
        replies.tell(self._connection, claim, meaning.status, of_lines, act, **due)
        # nobody is told to send again what may have gone: the look-up comes first
        asks = claim.state is not State.UNKNOWN or meaning.status not in _REFUSED
        found = [needs.need_of_cause(cause, name, claim.payer) for cause in causes(meaning) if asks]
        for need in found:
            tasks.open_task(self._connection, need, [claim.id], act)
        still = [need.cause for need in found]
        if meaning.status is claim.status:
            still.append(needs.overdue_cause(claim.id))
        tasks.answered(self._connection, claim.id, still, act)
        decided = sum((row.said.charge for row in current if row.meaning.status is not Status.REVERSED), _ZERO)
        if meaning.status is not Status.REVERSED and (strange or decided != claim.charge):
            need = needs.need_of_difference(claim.id, claim.account, claim.charge, decided, name, claim.payer)
            tasks.open_task(self._connection, need, [claim.id], act)

    def _together(self, claim: Ours, rows: list[Row]) -> tuple[Meaning, Row]:
        """What several rows about one claim come to, and the row that says it; those that cancel out are taken out
        of `rows`."""
        decisions = [row for row in rows if row.decides]
        if not decisions:
            del rows[:-1]
            return rows[0].meaning, rows[0]
        standing: list[Row] = []
        for row in decisions:
            if row.meaning.status is not Status.REVERSED:
                standing.append(row)
            elif not claim.decided:
                # nothing was decided before this file: what it takes back is in the file itself
                standing = [one for one in standing if not _opposite(one, row)]
        if not standing:
            return decisions[-1].meaning, decisions[-1]
        rows[:] = standing
        return of_decisions([row.said for row in standing if isinstance(row.said, PaidClaim)]), standing[-1]

    def _is_stale(self, claim: Ours, row: Row) -> bool:
        """Whether a remittance that is later, or is the only one that decides, has spoken of the claim before."""
        if not row.decides:
            return claim.decided
        return claim.decided_on is not None and row.dated is not None and row.dated < claim.decided_on

    def _of_lines(
        self, claim: Ours, rows: Sequence[Row], meaning: Meaning
    ) -> tuple[dict[int, dict[str, Any]], bool]:
        """What a file says of each of our lines, as columns, and whether the payer's are others than those that
        were sent."""
        if claim.body is None:
            return {}, False
        sent = self._ledger.unseal(claim.body)
        decides = rows[0].decides
        silent: dict[str, Any] = {"paid": None, "payer_reasons": []} if decides else {}
        of_lines = {number: dict(silent) for number in range(1, len(sent.lines) + 1)}
        theirs = [line for row in rows for line in row.said.lines]
        if not theirs or len(theirs) != len(meaning.lines):
            return {number: {**line, "status": meaning.status} for number, line in of_lines.items()}, False
        paired = pair_lines(sent, theirs)
        for at, number in paired.items():
            line = theirs[at]
            if meaning.lines[at] is not Status.NONE:
                of_lines[number]["status"] = meaning.lines[at]
            if isinstance(line, PaidLine):
                why = [reason for reason in meaning.reasons if reason.line == at + 1]
                of_lines[number] |= {"paid": line.paid, "payer_reasons": _codes(why)}
        return of_lines, bool(decides and (len(paired) < len(theirs) or len(paired) < len(sent.lines)))

    def _contradict(self, claim: Ours, meaning: Meaning, source: Remittance | Response, row: Row) -> None:
        """A claim that is not at the payer, as far as we know, and that the payer speaks of."""
        name = self._name(claim, source)
        if claim.state is State.QUEUED:
            reason = f"{name} speaks of it ({self._file.kind} {source.number}), and it was not sent from here."
            replies.stop(self._connection, claim, reason, self._act)
        need = needs.need_of_contradiction(
            claim.id, claim.account, claim.state, meaning.status, row.said.control_number, name, claim.payer
        )
        tasks.open_task(self._connection, need, [claim.id], self._act)

    def _about(self, one: Remittance | Response, doubtful: set[int], *, new: bool) -> None:
        """What a person must do about a payment as a whole."""
        rows = [row for row in self._rows if row.source is one]
        unclear = [row for row in rows if row.found is Finding.UNCLEAR]
        cause = _cause("unclear", one)
        if unclear:
            paid = sum((row.said.paid for row in unclear), _ZERO)
            known = bool(self._whose[id(one)].slugs)
            need = needs.need_of_doubt(cause, one.payer, one.number, len(unclear), paid, known=known)
            tasks.open_task(self._connection, need, doubtful, self._act)
        else:
            tasks.close_by_cause(self._connection, cause, self._act, "every claim of it is known now")
        if not new:
            return
        if one.faults:
            ids = {row.id for row in rows if row.id is not None and _faulty(row)}
            need = needs.need_of_balance(_cause("balance", one), one.payer, one.number, one.faults[0].message)
            tasks.open_task(self._connection, need, ids, self._act)
        for notice in one.notices if isinstance(one, Response) else ():
            for why in map(of_code, notice.statement.codes):
                if _refuses(why):
                    need = needs.need_of_notice(_cause("refused", one), one.payer, one.number, notice.about, why)
                    tasks.open_task(self._connection, need, [], self._act)

    def _name(self, claim: Ours, source: Remittance | Response) -> str:
        payer = self._office.payers.get(claim.payer or "")
        return payer.adapter.name if payer else source.payer

    def _order_of(self, claim: Ours) -> str:
        return self._ledger.unseal(claim.body).subscriber.payer_order if claim.body else ""


def _payer_of(office: Office, ledger: Ledger, one: Remittance | Response) -> Whose:
    """Which portals a file's payer may be."""
    names = [one.payer, *one.payer_ids]
    keys = frozenset(route_key(name) for name in names)
    own = {
        slug for slug, payer in office.payers.items() if keys & {route_key(slug), route_key(payer.adapter.name)}
    }
    return Whose(views.payer_named(ledger, *names) | own, keys)


def _opposite(one: Row, other: Row) -> bool:
    """Whether one takes back exactly what the other gives."""
    return (one.said.charge, one.said.paid) == (-other.said.charge, -other.said.paid)


def _codes(reasons: Iterable[Reason]) -> list[str]:
    """The payer's codes, each once."""
    return list(dict.fromkeys(reason.code for reason in reasons))


def _faulty(row: Row) -> bool:
    return isinstance(row.said, PaidClaim) and bool(row.said.faults)


def _refuses(why: Reason) -> bool:
    """Whether a notice about many claims refuses them."""
    return why.code.split(":")[0] in ("A3", "A4", "A6", "A7", "A8")


def _cause(kind: str, one: Remittance | Response) -> str:
    return f"{kind}:{route_key(one.payer)}:{one.number}"

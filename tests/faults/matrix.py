"""Every fault a portal or its wire can throw, and how a claim must stand after it: one table for every payer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType

from bot.claims.vocabulary import Proof, State
from fixtures.portals.faults import Fault
from fixtures.portals.registry import SITES
from fixtures.wire import Cut, Loss


@dataclass(frozen=True, slots=True)
class Expected:
    """Where the claim stands once everything that was due has been looked up."""

    state: State
    proof: Proof = Proof.NONE
    #: Requests of the final stage that came to the socket before the portal.
    sends: int = 0
    #: Claims of this account in the portal's books.
    stored: int = 0
    #: Kind of the one open task; none: no task.
    task: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What goes wrong during a run."""

    #: In plain words.
    words: str
    expected: Expected
    #: What the portal does.
    fault: Fault | None = None
    where: str | None = None
    #: How often it does it; None: always.
    times: int | None = 1
    #: How the first answer of the final stage is lost on the wire.
    loss: Loss | None = None
    #: Whether the payer had the same claim a month ago, voided since.
    before: bool = False
    #: What differs at one payer.
    but: Mapping[str, Expected] = field(default_factory=lambda: MappingProxyType({}))
    #: Whether the search has a part in it, so that it is played with one as late as the portal's own.
    late: bool = False
    #: Whether it is about a verdict that comes later, and so not played where none does.
    verdict: bool = False

    @property
    def slugs(self) -> list[str]:
        """The portals at which it is played."""
        return [slug for slug in sorted(SITES) if has_verdicts(slug) or not self.verdict]

    def at(self, slug: str) -> Expected:
        """What to expect at a payer. Where a verdict comes later, message and search prove together what was
        found."""
        expected = self.but.get(slug, self.expected)
        if has_verdicts(slug) and not self.verdict and expected.proof is Proof.LOOK_UP:
            return replace(expected, proof=Proof.BOTH)
        return expected

    @property
    def id(self) -> str:
        """Its name in test reports."""
        before = "last-months" if self.before else None
        loss = f"{self.loss.cut}-{'delivered' if self.loss.delivered else 'undelivered'}" if self.loss else None
        return "-".join(filter(None, (self.fault, self.where, before, loss))) or "clean"


def has_verdicts(slug: str) -> bool:
    """Whether a payer's verdict comes later than its receipt."""
    return SITES[slug].profile.verdict_delay > timedelta(0)


PROVED = Expected(State.ACCEPTED, Proof.BOTH, sends=1, stored=1)
#: Found by the payer's own search, sent once.
FOUND = Expected(State.ACCEPTED, Proof.LOOK_UP, sends=1, stored=1)
#: The first send provably did not arrive; the second did.
RESENT = Expected(State.ACCEPTED, Proof.BOTH, sends=2, stored=1)
#: The same before that second send.
ABSENT = Expected(State.QUEUED, sends=1)
NOT_SENT = Expected(State.QUEUED)
PARKED_FOR_A_PERSON = Expected(State.QUEUED, task="person-needed")
PORTAL_CHANGED = Expected(State.QUEUED, task="form-changed")
UNRESOLVED = Expected(State.UNKNOWN, sends=1, stored=1, task="unknown")
DISPUTED = Expected(State.DISPUTED, sends=1, stored=1, task="disputed")
#: A good receipt, and a search that shows something else.
CONTRADICTED = replace(DISPUTED, proof=Proof.RECEIPT)

_CUTS = {
    Cut.FIN: "the connection is closed before a byte of the answer",
    Cut.RST: "the connection is reset before a byte of the answer",
    Cut.HALF: "half of the answer comes, then the connection is closed",
    Cut.HANG: "the answer does not come within the time-out",
}


def _lost() -> Iterable[Case]:
    """Every way to lose the answer, whether the portal had the claim by then or not."""
    for cut, words in _CUTS.items():
        yield Case(f"{words}; the payer has the claim", FOUND, loss=Loss(cut, True), late=cut is Cut.FIN)
        yield Case(f"{words}; the payer never got it", RESENT, loss=Loss(cut, False), late=cut is Cut.FIN)


CASES = (
    Case("nothing goes wrong", PROVED, late=True),
    # what the payer decides and keeps
    Case("the payer refuses the claim", Expected(State.REJECTED, sends=1, task="rejected"), Fault.REJECT),
    Case(
        "the payer says that it had the claim before",
        Expected(State.DUPLICATE, sends=1, task="duplicate"),
        Fault.DUPLICATE_WARNING,
        times=None,
        but={
            "lakeshore": Expected(State.DUPLICATE, task="duplicate"),
            "summit": Expected(State.DUPLICATE, sends=1, stored=1, task="duplicate"),
        },
    ),
    Case(
        "the payer had the same claim last month, voided since; the answer is lost, the payer has ours too",
        replace(FOUND, stored=2),
        loss=Loss(Cut.FIN, True),
        before=True,
    ),
    Case(
        "the payer had the same claim last month, voided since; the answer is lost, the payer never got ours",
        UNRESOLVED,
        loss=Loss(Cut.FIN, False),
        before=True,
    ),
    Case(
        "the payer keeps a shortened account number; the receipt is right",
        CONTRADICTED,
        Fault.STORED_VALUE_CUT,
        late=True,
        but={"summit": DISPUTED},
    ),
    Case(
        "the payer keeps another charge; the receipt is right",
        CONTRADICTED,
        Fault.STORED_CHARGE_CHANGED,
        but={"summit": DISPUTED},
    ),
    # what the receipt says
    Case(
        "the receipt shows another charge",
        DISPUTED,
        Fault.RECEIPT_CHARGE_CHANGED,
        but={"summit": PROVED},
    ),
    Case("the receipt is somebody else's", FOUND, Fault.RECEIPT_OF_ANOTHER),
    Case("the receipt is that of the claim before", FOUND, Fault.RECEIPT_STALE),
    Case(
        "a flawless receipt with a plausible number; the payer has nothing",
        Expected(State.UNKNOWN, sends=1, task="unknown"),
        Fault.PHANTOM_RECEIPT,
        late=True,
    ),
    Case('"submitted successfully" without a number; the payer has the claim', FOUND, Fault.BANNER_ONLY),
    Case('"submitted successfully" without a number; the payer has nothing', RESENT, Fault.BANNER_NOTHING),
    Case('"already submitted" after our only send', FOUND, Fault.ALREADY_SUBMITTED),
    # what the wire does
    *_lost(),
    Case("the answer is slow", PROVED, Fault.SLOW_CONFIRMATION),
    Case("502 Bad Gateway; the payer never got the claim", RESENT, Fault.BAD_GATEWAY_BEFORE),
    Case("502 Bad Gateway; the payer has the claim", FOUND, Fault.BAD_GATEWAY_AFTER),
    Case("504 Gateway Time-out; the payer never got the claim", RESENT, Fault.GATEWAY_TIMEOUT_BEFORE),
    Case("504 Gateway Time-out; the payer has the claim", FOUND, Fault.GATEWAY_TIMEOUT_AFTER),
    Case("429 Too Many Requests", RESENT, Fault.TOO_MANY_REQUESTS),
    # who is signed in
    Case("the session ends while the form is filled", PROVED, Fault.SESSION_LOST, "form"),
    Case("the session ends before the claim is taken", RESENT, Fault.SESSION_LOST, "submit"),
    Case("the session ends before the receipt is shown", FOUND, Fault.SESSION_LOST, "receipt"),
    Case("the session ends before the search", PROVED, Fault.SESSION_LOST, "search", late=True),
    Case("the right password is refused", Expected(State.QUEUED, task="sign-in-refused"), Fault.LOGIN_REFUSED),
    Case("a captcha", PARKED_FOR_A_PERSON, Fault.CAPTCHA),
    Case("new terms of use", PARKED_FOR_A_PERSON, Fault.TERMS),
    # what stands in the way
    Case("a bulletin in the middle of the form", PROVED, Fault.BULLETIN, "form"),
    Case("a bulletin after the sign-in", PROVED, Fault.BULLETIN, "home"),
    Case("a survey over the form", PROVED, Fault.SURVEY),
    Case("a dialog that opens late over the form", PROVED, Fault.LATE_MODAL),
    Case("maintenance where the form was", PROVED, Fault.MAINTENANCE, "form"),
    Case("maintenance, all night", NOT_SENT, Fault.MAINTENANCE, "login", times=None),
    Case("maintenance instead of taking the claim", RESENT, Fault.MAINTENANCE, "submit"),
    # what the look-up says
    Case("the search never shows the claim", UNRESOLVED, Fault.SEARCH_LAG, times=None, late=True),
    Case("the search shows other people's claims", UNRESOLVED, Fault.SEARCH_SOMEBODY_ELSE, times=None, late=True),
    Case(
        "the search is down",
        Expected(State.ACCEPTED, Proof.RECEIPT, sends=1, stored=1),
        Fault.SEARCH_DOWN,
        times=None,
        late=True,
    ),
    # what the form does
    Case(
        "the form cuts a value as it is typed",
        Expected(State.HELD, task="held"),
        Fault.TRUNCATE_FIELD,
        times=None,
    ),
    Case("the button that sends has a twin", PORTAL_CHANGED, Fault.DOUBLE_BUTTON, times=None),
    Case("a slow script clears a field after it was filled", PROVED, Fault.FORM_RESET),
    Case("the form opens with somebody else's values", PROVED, Fault.PREFILLED_STRANGER),
    Case("a label has another name", PORTAL_CHANGED, Fault.RENAME_LABEL, times=None),
    Case("a new field must be filled", PORTAL_CHANGED, Fault.NEW_MANDATORY_FIELD, times=None),
    Case("a field has moved to another page", PORTAL_CHANGED, Fault.MOVED_FIELD, times=None),
    # what the verdict says
    Case(
        "the payer's message refuses the claim",
        Expected(State.REJECTED, sends=1, stored=1, task="rejected"),
        Fault.VERDICT_REJECTED,
        verdict=True,
    ),
    Case("the payer's message comes days late", PROVED, Fault.VERDICT_LATE, verdict=True),
    Case(
        "the payer's message never comes",
        Expected(State.RECEIVED, sends=1, stored=1, task="received"),
        Fault.VERDICT_NEVER,
        verdict=True,
    ),
    Case("the payer's message is about somebody else's claim", FOUND, Fault.VERDICT_OF_ANOTHER, verdict=True),
    Case("the payer's message shows another charge", DISPUTED, Fault.VERDICT_CHARGE_CHANGED, verdict=True),
)

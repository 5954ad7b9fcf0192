"""Every fault a portal can throw, and how a claim must stand after it: one table for every payer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.claims.vocabulary import Proof, State
from fixtures.portals.faults import Fault


@dataclass(frozen=True, slots=True)
class Expected:
    """Where the claim stands once everything that was due has been looked up."""

    state: State
    proof: Proof = Proof.NONE
    #: Requests of the final stage that reached the portal.
    sends: int = 0
    #: Claims of this account in the portal's books.
    stored: int = 0
    #: Kind of the one open task; none: no task.
    task: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A fault switched on before a run."""

    fault: Fault | None
    expected: Expected
    where: str | None = None
    #: How often it acts; None: always.
    times: int | None = 1
    #: What differs at one payer.
    but: Mapping[str, Expected] = field(default_factory=lambda: MappingProxyType({}))
    #: Whether the second witness has a part in it, so that it is played with a late search too.
    witness: bool = True
    #: Whether it is about a verdict that comes later, and so not played where none does.
    verdict: bool = False

    def at(self, slug: str, *, verdicts: bool) -> Expected:
        """What to expect at a payer. Where a verdict comes later, message and search prove together what was
        found."""
        if verdicts and self.expected is FOUND:
            return PROVED
        return self.but.get(slug, self.expected)

    @property
    def id(self) -> str:
        """Its name in test reports."""
        return "-".join(filter(None, (self.fault or "clean", self.where)))


PROVED = Expected(State.ACCEPTED, Proof.BOTH, sends=1, stored=1)
#: Found by the payer's own search, sent once.
FOUND = Expected(State.ACCEPTED, Proof.LOOK_UP, sends=1, stored=1)
#: The first send provably did not arrive; the second did.
RESENT = Expected(State.ACCEPTED, Proof.BOTH, sends=2, stored=1)
DISPUTED = Expected(State.DISPUTED, Proof.NONE, sends=1, stored=1, task="disputed")
#: A good receipt, and a search that shows something else.
CONTRADICTED = Expected(State.DISPUTED, Proof.RECEIPT, sends=1, stored=1, task="disputed")
NOT_SENT = Expected(State.QUEUED)
PARKED_FOR_A_PERSON = Expected(State.QUEUED, task="person-needed")
PORTAL_CHANGED = Expected(State.QUEUED, task="form-changed")

CASES = (
    Case(None, PROVED),
    # what the payer decides and keeps
    Case(Fault.REJECT, Expected(State.REJECTED, sends=1, task="rejected"), witness=False),
    Case(
        Fault.DUPLICATE_WARNING,
        Expected(State.DUPLICATE, sends=1, task="duplicate"),
        but={
            "lakeshore": Expected(State.DUPLICATE, task="duplicate"),
            "summit": Expected(State.DUPLICATE, sends=1, stored=1, task="duplicate"),
        },
        times=None,
        witness=False,
    ),
    Case(Fault.STORED_VALUE_CUT, CONTRADICTED, but={"summit": DISPUTED}),
    Case(Fault.STORED_CHARGE_CHANGED, CONTRADICTED, but={"summit": DISPUTED}),
    # what the receipt says
    Case(Fault.RECEIPT_CHARGE_CHANGED, DISPUTED, but={"summit": PROVED}, witness=False),
    Case(Fault.RECEIPT_OF_ANOTHER, FOUND),
    Case(Fault.RECEIPT_STALE, FOUND),
    Case(Fault.PHANTOM_RECEIPT, Expected(State.UNKNOWN, sends=1, task="unknown")),
    Case(Fault.BANNER_ONLY, FOUND),
    Case(Fault.BANNER_NOTHING, RESENT),
    Case(Fault.ALREADY_SUBMITTED, FOUND),
    # what the wire does
    Case(Fault.DROP_BEFORE_ACCEPT, RESENT),
    Case(Fault.DROP_AFTER_ACCEPT, FOUND),
    Case(Fault.SLOW_CONFIRMATION, PROVED, witness=False),
    Case(Fault.HANG, FOUND, witness=False),
    Case(Fault.BAD_GATEWAY_BEFORE, RESENT),
    Case(Fault.BAD_GATEWAY_AFTER, FOUND),
    Case(Fault.GATEWAY_TIMEOUT_BEFORE, RESENT, witness=False),
    Case(Fault.GATEWAY_TIMEOUT_AFTER, FOUND, witness=False),
    Case(Fault.TOO_MANY_REQUESTS, RESENT, witness=False),
    # who is signed in
    Case(Fault.SESSION_LOST, PROVED, where="form", witness=False),
    Case(Fault.SESSION_LOST, RESENT, where="submit"),
    Case(Fault.SESSION_LOST, FOUND, where="receipt"),
    Case(Fault.SESSION_LOST, PROVED, where="search"),
    Case(Fault.LOGIN_REFUSED, Expected(State.QUEUED, task="sign-in-refused"), witness=False),
    Case(Fault.CAPTCHA, PARKED_FOR_A_PERSON, witness=False),
    Case(Fault.TERMS, PARKED_FOR_A_PERSON, witness=False),
    # what stands in the way
    Case(Fault.BULLETIN, PROVED, where="form", witness=False),
    Case(Fault.BULLETIN, PROVED, where="home", witness=False),
    Case(Fault.SURVEY, PROVED, witness=False),
    Case(Fault.LATE_MODAL, PROVED, witness=False),
    Case(Fault.MAINTENANCE, PROVED, where="form", witness=False),
    Case(Fault.MAINTENANCE, NOT_SENT, where="login", times=None, witness=False),
    Case(Fault.MAINTENANCE, RESENT, where="submit", witness=False),
    # what the look-up says
    Case(Fault.SEARCH_LAG, Expected(State.UNKNOWN, sends=1, stored=1, task="unknown"), times=None),
    Case(Fault.SEARCH_SOMEBODY_ELSE, Expected(State.UNKNOWN, sends=1, stored=1, task="unknown"), times=None),
    Case(Fault.SEARCH_DOWN, Expected(State.ACCEPTED, Proof.RECEIPT, sends=1, stored=1), times=None),
    # what the form does
    Case(Fault.TRUNCATE_FIELD, Expected(State.HELD, task="held"), times=None, witness=False),
    Case(Fault.DOUBLE_BUTTON, PORTAL_CHANGED, times=None, witness=False),
    Case(Fault.FORM_RESET, PROVED, witness=False),
    Case(Fault.PREFILLED_STRANGER, PROVED, witness=False),
    Case(Fault.RENAME_LABEL, PORTAL_CHANGED, times=None, witness=False),
    Case(Fault.NEW_MANDATORY_FIELD, PORTAL_CHANGED, times=None, witness=False),
    Case(Fault.MOVED_FIELD, PORTAL_CHANGED, times=None, witness=False),
    # what the verdict says
    Case(Fault.VERDICT_REJECTED, Expected(State.REJECTED, sends=1, stored=1, task="rejected"), verdict=True),
    Case(Fault.VERDICT_LATE, PROVED, verdict=True),
    Case(Fault.VERDICT_NEVER, Expected(State.RECEIVED, sends=1, stored=1, task="received"), verdict=True),
    Case(Fault.VERDICT_OF_ANOTHER, Expected(State.ACCEPTED, Proof.LOOK_UP, sends=1, stored=1), verdict=True),
    Case(Fault.VERDICT_CHARGE_CHANGED, DISPUTED, verdict=True),
)

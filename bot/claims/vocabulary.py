"""The words of the house: states, statuses, and which state may follow which."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a claim stands with regard to sending. A claim is always in exactly one."""

    #: Its edits failed; nothing was sent.
    BLOCKED = "blocked"
    #: A person stopped it, or it looks like a fix of another claim.
    HELD = "held"
    #: It will be sent.
    QUEUED = "queued"
    #: Armed: a request that leaves something at the payer may be on its way.
    SUBMITTING = "submitting"
    #: The payer's own page shows its control number and every echo is equal.
    ACCEPTED = "accepted"
    #: The portal gave a tracking number only; the verdict comes later.
    RECEIVED = "received"
    #: Refused; no claim stands at the payer.
    REJECTED = "rejected"
    #: The payer had it before we first armed.
    DUPLICATE = "duplicate"
    #: The payer has it, but not as it was queued. Never sent again.
    DISPUTED = "disputed"
    #: Sent, maybe. Only a look-up or a person may resolve it.
    UNKNOWN = "unknown"
    #: Never sent, and given up by a person.
    WITHDRAWN = "withdrawn"
    #: Finished.
    CLOSED = "closed"


#: What people see instead of the code.
SHOWN: dict[State, str] = {
    State.BLOCKED: "Not sent: fix these items",
    State.HELD: "Waiting for you",
    State.QUEUED: "Waiting for its turn",
    State.SUBMITTING: "Being sent",
    State.ACCEPTED: "In the payer's system, not yet paid",
    State.RECEIVED: "Sent, waiting for the payer's claim number",
    State.REJECTED: "Sent back, not in their system: fix and send as new",
    State.DUPLICATE: "Payer already has this: we are checking",
    State.DISPUTED: "At the payer with wrong content: call them",
    State.UNKNOWN: "May have gone: do not re-enter, we are checking",
    State.WITHDRAWN: "Withdrawn",
    State.CLOSED: "Finished",
}

#: Every legal move. What is not drawn here does not happen (`ledger.store` refuses it, a test walks them all).
MOVES: dict[State, frozenset[State]] = {
    # accepted: a person fixed and entered it by hand
    State.BLOCKED: frozenset({State.QUEUED, State.HELD, State.WITHDRAWN, State.ACCEPTED}),
    State.HELD: frozenset({State.QUEUED, State.WITHDRAWN, State.BLOCKED, State.ACCEPTED}),
    # rejected: refused while it was still being filled; accepted: a person entered it by hand;
    # unknown: the payer says it has it, after an earlier send of ours that a look-up did not find;
    # accepted, received, disputed: found at the payer after an older ledger was put back
    State.QUEUED: frozenset(
        {
            State.SUBMITTING,
            State.HELD,
            State.BLOCKED,
            State.WITHDRAWN,
            State.REJECTED,
            State.DUPLICATE,
            State.ACCEPTED,
            State.RECEIVED,
            State.UNKNOWN,
            State.DISPUTED,
        }
    ),
    # queued, held: armed, but provably nothing was sent
    State.SUBMITTING: frozenset(
        {
            State.ACCEPTED,
            State.RECEIVED,
            State.REJECTED,
            State.DUPLICATE,
            State.DISPUTED,
            State.UNKNOWN,
            State.QUEUED,
            State.HELD,
        }
    ),
    # unknown: the receipt was contradicted by the payer's own search
    State.ACCEPTED: frozenset({State.DISPUTED, State.UNKNOWN, State.CLOSED}),
    # duplicate: the verdict names an older claim
    State.RECEIVED: frozenset(
        {State.ACCEPTED, State.REJECTED, State.DUPLICATE, State.DISPUTED, State.UNKNOWN, State.CLOSED}
    ),
    State.REJECTED: frozenset({State.CLOSED, State.WITHDRAWN, State.ACCEPTED}),
    State.DUPLICATE: frozenset({State.ACCEPTED, State.DISPUTED, State.CLOSED}),
    State.DISPUTED: frozenset({State.ACCEPTED, State.CLOSED}),
    State.UNKNOWN: frozenset(
        {
            State.ACCEPTED,
            State.RECEIVED,
            State.REJECTED,
            State.DISPUTED,
            State.QUEUED,
            State.HELD,
            State.WITHDRAWN,
        }
    ),
    State.WITHDRAWN: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
}

#: While a claim is in one of these, another with the same fingerprint is refused: it may be at the payer, or
#: will still be sent. A claim in any other state is replaced by its fixed copy.
STANDING: frozenset[State] = frozenset(State) - {State.BLOCKED, State.REJECTED, State.WITHDRAWN}


class Status(StrEnum):
    """Where an accepted claim, or one of its lines, stands with regard to payment."""

    #: Not looked up yet.
    NONE = "none"
    PENDING = "pending"
    #: The payer wants something from us before it goes on.
    INFO_REQUESTED = "info_requested"
    PAID = "paid"
    #: Some lines paid, some not.
    PAID_PART = "paid_part"
    PAID_ZERO = "paid_zero"
    DENIED = "denied"
    #: Refused after acceptance, without a right of appeal (RARC MA130).
    UNPROCESSABLE = "unprocessable"
    REVERSED = "reversed"
    #: Passed on to another payer.
    FORWARDED = "forwarded"
    #: Decided, amount known, payment happens elsewhere.
    FINALIZED = "finalized"
    NOT_ON_FILE = "not_on_file"
    #: The payer used a word that we do not know; a task carries it.
    UNRECOGNISED = "unrecognised"


#: What people see instead of the code, after "In the payer's system".
STATUS_SHOWN: dict[Status, str] = {
    Status.NONE: "not yet paid",
    Status.PENDING: "not yet paid",
    Status.INFO_REQUESTED: "the payer asks for something",
    Status.PAID: "paid",
    Status.PAID_PART: "paid in part",
    Status.PAID_ZERO: "decided, nothing to be paid",
    Status.DENIED: "denied",
    Status.UNPROCESSABLE: "refused: fix it and send it as new",
    Status.REVERSED: "the payment was taken back",
    Status.FORWARDED: "passed on to another payer",
    Status.FINALIZED: "decided; the remittance is to come",
    Status.NOT_ON_FILE: "the payer says that it does not have it",
    Status.UNRECOGNISED: "the payer says something that is not known here",
}

#: The payer has decided.
DECIDED: frozenset[Status] = frozenset(
    {
        Status.PAID,
        Status.PAID_PART,
        Status.PAID_ZERO,
        Status.DENIED,
        Status.UNPROCESSABLE,
        Status.REVERSED,
        Status.FORWARDED,
        Status.FINALIZED,
    }
)
#: Every legal move of a status. A decision gives way to another decision, or to words that nobody knows, and not
#: to what was said before it and is read after it.
STATUS_MOVES: dict[Status, frozenset[Status]] = {
    before: (DECIDED | {Status.UNRECOGNISED} if before in DECIDED else frozenset(Status) - {Status.NONE})
    - {before}
    for before in Status
}


def may_become(before: Status, after: Status) -> bool:
    """Whether a status may follow another."""
    return after is before or after in STATUS_MOVES[before]


class Topic(StrEnum):
    """A question that no portal answers, and a call to the payer may."""

    #: The payer says, or shows, that it does not have it.
    NOT_ON_FILE = "not_on_file"
    #: The payer has it, and nothing moves.
    PENDING = "pending"
    #: The portal gave a tracking number, and no verdict followed.
    NO_VERDICT = "no_verdict"
    #: The payer has it with other content than was sent.
    WRONG_CONTENT = "wrong_content"
    #: Denied, and nobody says why.
    DENIED = "denied"
    #: Decided otherwise than it was sent.
    PAID_OTHERWISE = "paid_otherwise"
    #: The payer uses a word that is not known here.
    MEANING = "meaning"
    #: Whether and how the payer takes a correction.
    CORRECTION = "correction"


class Sent(StrEnum):
    """Whether a claim has reached the payer."""

    NEVER = "never"
    MAYBE = "maybe"
    ONCE = "once"


class Proof(StrEnum):
    """What proves that the payer has the claim."""

    NONE = "none"
    RECEIPT = "receipt"
    LOOK_UP = "look-up"
    BOTH = "both"

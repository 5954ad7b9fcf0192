"""Every error payerbot raises on purpose. Each answers: how often to try? who acts? was anything sent?

    PayerbotError
    ├── UsageError              the call was wrong; nothing changed (exit 2)
    │   ├── ConfigurationError  a setting is missing or wrong
    │   ├── HomeInUse           another payerbot works in this home
    │   ├── UnknownItem         no such claim, file, task or payer
    │   └── Refused             the claim's state does not allow it
    ├── Interrupted             stopped early, safe to run again (exit 3)
    ├── CannotCarry             this portal has no place for something the claim says
    ├── PortalError
    │   ├── Passing             the portal is slow, busy or down            tried 3 times
    │   │   └── SessionLost     signed out in the middle                    the same, after signing in
    │   ├── LoginStopped        this login needs a person
    │   │   ├── SignInRefused   the portal refused the password or code
    │   │   ├── SignInSpent     this password was tried already
    │   │   └── PersonNeeded    captcha, terms, a provider that is not ours
    │   ├── FormChanged         the portal is not as its adapter declares: the payer stops
    │   ├── NotAsQueued         the form does not hold what was typed       tried twice
    │   ├── PortalRefused       the portal lists its own field errors       tried twice
    │   └── PayerHasIt          the portal says it has this claim already
    ├── Unclear                 armed, and no proof either way: look it up        sent: maybe
    └── LostClaim               another worker took the claim over; change nothing

Messages are one sentence a biller understands, without names, birth dates, member ids or diagnoses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Actor(StrEnum):
    """Who can do something about an error."""

    NOBODY = "nobody"
    BILLER = "biller"
    LEAD = "lead"
    DEVELOPER = "developer"


class PayerbotError(Exception):
    """Something payerbot expected could go wrong did."""

    #: How often the same thing is worth trying, in all, as long as nothing was armed.
    tries: ClassVar[int] = 1
    #: Who acts.
    actor: ClassVar[Actor] = Actor.BILLER
    #: A request may have left something at the payer.
    maybe_sent: ClassVar[bool] = False

    @property
    def message(self) -> str:
        """The sentence shown to people."""
        return str(self) or (type(self).__doc__ or "").strip()


class UsageError(PayerbotError):
    """The call was wrong; nothing changed."""


class ConfigurationError(UsageError):
    """A setting is missing or wrong."""

    actor = Actor.LEAD


class HomeInUse(UsageError):
    """Another payerbot is at work in this home."""


class UnknownItem(UsageError):
    """There is no such claim, file, task or payer."""


class Refused(UsageError):
    """The claim's state does not allow this."""


class Interrupted(PayerbotError):
    """Stopped early; it is safe to run again."""


class CannotCarry(PayerbotError):
    """The payer's portal has no place for something this claim says."""


class PortalError(PayerbotError):
    """The portal did not do what the claim needs; nothing was sent."""


class Passing(PortalError):
    """The portal is slow, busy or down."""

    tries = 3
    actor = Actor.NOBODY


class SessionLost(Passing):
    """The portal signed us out."""


class LoginStopped(PortalError):
    """This login cannot go on without a person."""

    actor = Actor.LEAD
    #: One word for the cause, part of the task's key: one cause, one task.
    cause: ClassVar[str] = "login"


class SignInRefused(LoginStopped):
    """The portal refused the password or the code."""

    cause = "sign-in-refused"


class SignInSpent(LoginStopped):
    """This password was tried once already, and it is not known to work."""

    cause = "sign-in-refused"


class PersonNeeded(LoginStopped):
    """The portal asks for something only a person may do."""

    cause = "person-needed"


class FormChanged(PortalError):
    """The portal's form is not as its adapter declares it."""

    actor = Actor.DEVELOPER


class NotAsQueued(PortalError):
    """The portal's form does not hold what was typed into it."""

    tries = 2


@dataclass(frozen=True, slots=True)
class PortalProblem:
    """One complaint of a portal about one field, in the portal's words."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class PortalRefused(PortalError):
    """The portal lists its own errors; no claim stands there."""

    tries = 2

    def __init__(self, problems: Sequence[PortalProblem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class PayerHasIt(PortalError):
    """The portal says the payer has this claim already."""

    def __init__(self, message: str, control_number: str | None = None) -> None:
        super().__init__(message)
        self.control_number = control_number


class LeftoverGone(PortalError):
    """What an attempt left unsent at the portal is there no more, and was not taken away by us."""


class Unclear(PayerbotError):
    """A request was armed and there is no proof what became of it."""

    actor = Actor.NOBODY
    maybe_sent = True


class LostClaim(PayerbotError):
    """Another worker took this claim over."""

    actor = Actor.NOBODY

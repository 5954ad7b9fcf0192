"""How often a step is taken follows from the class of its error, and from nothing else."""

from __future__ import annotations

import inspect

import pytest

from bot import errors
from bot.errors import (
    FormChanged,
    LoginStopped,
    NotAsQueued,
    Passing,
    PayerbotError,
    PayerHasIt,
    PersonNeeded,
    PortalError,
    PortalProblem,
    PortalRefused,
    SessionLost,
    SignInRefused,
    SignInSpent,
    Unclear,
)
from bot.portal.retry import trying
from tests.conftest import Loop
from tests.unit.ledger.books import StandingClock


class Patient(StandingClock):
    """Counts the waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().wait(seconds)


def tried(loop: Loop, *raised: BaseException) -> tuple[int, Patient, BaseException | None]:
    """How often a step is taken that raises these one after the other, and then works."""
    clock = Patient()
    left = list(raised)
    taken = 0

    async def persist() -> None:
        nonlocal taken
        async for attempt in trying(clock):
            with attempt:
                taken += 1
                if left:
                    raise left.pop(0)

    try:
        loop.run(persist())
    except Exception as error:
        return taken, clock, error
    return taken, clock, None


TIMES = [
    (Passing("slow"), 3),
    (SessionLost("gone"), 3),
    (NotAsQueued("cut"), 2),
    (PortalRefused([PortalProblem("Units", "must be a number")]), 2),
    (PayerHasIt("had it"), 1),
    (FormChanged("moved"), 1),
    (PersonNeeded("captcha"), 1),
    (SignInRefused("wrong"), 1),
    (SignInSpent("spent"), 1),
    (LoginStopped("stop"), 1),
    (PortalError("other"), 1),
    (Unclear("maybe"), 1),
    (errors.LostClaim("lost"), 1),
    (ValueError("a mistake of ours"), 1),
]


@pytest.mark.parametrize(("error", "times"), TIMES, ids=lambda value: getattr(type(value), "__name__", ""))
def test_as_often_as_the_errors_class_says(loop: Loop, error: Exception, times: int) -> None:
    taken, clock, raised = tried(loop, *[error] * 5)
    assert taken == times
    assert raised is error
    assert len(clock.waits) == times - 1


def test_a_step_that_works_in_the_end(loop: Loop) -> None:
    taken, clock, raised = tried(loop, Passing("slow"), Passing("slow"))
    assert (taken, raised) == (3, None)
    assert len(clock.waits) == 2
    assert all(1 <= wait <= 20 for wait in clock.waits)
    assert clock.waits[1] > 1.9


def test_a_step_that_works_at_once_waits_for_nothing(loop: Loop) -> None:
    taken, clock, raised = tried(loop)
    assert (taken, clock.waits, raised) == (1, [], None)


def test_the_last_error_counts(loop: Loop) -> None:
    last = PersonNeeded("captcha")
    taken, _, raised = tried(loop, Passing("slow"), last)
    assert (taken, raised) == (2, last)


def test_nothing_that_may_have_been_sent_is_worth_a_second_try() -> None:
    every = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, PayerbotError)]
    assert len(every) > 15
    for one in every:
        if one.maybe_sent or not issubclass(one, PortalError):
            assert one.tries == 1, one
    assert {one for one in every if one.tries > 1} == {Passing, SessionLost, NotAsQueued, PortalRefused}

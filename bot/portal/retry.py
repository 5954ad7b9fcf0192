"""What is tried again, by error class. Never used around a stage: what may have been sent is looked up."""

from __future__ import annotations

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential_jitter

from bot.clock import Clock
from bot.errors import PortalError


def trying(clock: Clock) -> AsyncRetrying:
    """Tries again as often as the error's class says, a little later each time; then raises that error."""
    return AsyncRetrying(
        retry=retry_if_exception_type(PortalError),
        stop=_worth_no_more,
        wait=wait_exponential_jitter(initial=1, max=20),
        sleep=clock.wait,
        reraise=True,
    )


def _worth_no_more(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    return not isinstance(error, PortalError) or state.attempt_number >= error.tries

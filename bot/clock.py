"""Time as an argument: whoever needs the hour, or has to wait, is given a clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The time, in UTC."""
        ...

    async def wait(self, seconds: float) -> None:
        """Come back after that many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC)

    async def wait(self, seconds: float) -> None:
        """Come back after that many seconds."""
        await asyncio.sleep(seconds)

"""A mark beside the evidence: the number of the last send that was armed.

A ledger that knows fewer sends than that is an older one, put back from a backup: claims may have gone of which it
knows nothing. The mark is a file's name, so that setting it cannot be half done.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

_MARK = "armed-"


class Tally:
    """Remembers the last send, outside the ledger."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def last(self) -> int:
        """The number of the last send; 0 when there was none."""
        return max((int(path.name.removeprefix(_MARK)) for path in self._marks()), default=0)

    def note(self, send: int) -> None:
        """A send was armed."""
        (self._folder / f"{_MARK}{send}").touch(0o600)
        self._drop(lambda number: number < send)

    def reset(self, send: int) -> None:
        """The ledger ends at this send, and somebody knows it."""
        self._drop(lambda number: number > send)
        self.note(send)

    def _marks(self) -> list[Path]:
        return [path for path in self._folder.glob(f"{_MARK}*") if path.name.removeprefix(_MARK).isdigit()]

    def _drop(self, which: Callable[[int], bool]) -> None:
        for path in self._marks():
            if which(int(path.name.removeprefix(_MARK))):
                path.unlink(missing_ok=True)

"""What tests need of the system: there already, else installed with apt as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock


def provide(is_there: Callable[[], object], *packages: str) -> bool:
    """Whether it is there; as root, where apt is, its packages are installed if it is not."""
    if not is_there() and os.geteuid() == 0 and shutil.which("apt-get"):
        # tests run side by side, and apt does not
        with FileLock(Path(tempfile.gettempdir()) / "payerbot-apt.lock"), suppress(subprocess.CalledProcessError):
            if not is_there():
                for words in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
                    subprocess.run(["apt-get", "-qq", *words], check=True, stdout=subprocess.DEVNULL)
    return bool(is_there())

"""Brings openIMIS up, and keeps it until it is interrupted: ``make openimis``."""

from __future__ import annotations

import argparse
import json
import signal

import pytest

from tests.real.openimis import catalogue
from tests.real.openimis.bed import running


def main() -> None:
    """Print one line of JSON with the addresses and the users when everything is there."""
    parser = argparse.ArgumentParser(prog="python -m tests.real.openimis", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="a free one, if not said")
    parser.add_argument("--asynchronous", action="store_true", help="mutations wait for a worker")
    parser.add_argument("--worker", action="store_true", help="start one, too")
    asked = parser.parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background job would ignore the first
        signal.signal(ending, signal.default_int_handler)
    try:
        with running(port=asked.port) as bed:
            if asked.asynchronous:
                bed.restart(asynchronous=True)
            users = {user.name: {"password": user.password, "role": user.role} for user in catalogue.USERS}
            print(json.dumps({"url": f"{bed.url}/front/", "database": bed.database, "users": users}), flush=True)
            if asked.worker:
                with bed.worker():
                    signal.pause()
            signal.pause()
    except KeyboardInterrupt:
        pass
    except pytest.skip.Exception as reason:
        parser.exit(1, f"{reason}\n")


if __name__ == "__main__":
    main()

"""openIMIS, a real insurer's claim system, running on loopback for the tests."""

from __future__ import annotations

import hashlib
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from tests import postgres
from tests.real.openimis.catalogue import REVIEWER, User
from tests.real.openimis.install import BACKEND, Installed, install, settings
from tests.real.openimis.oracle import Oracle, Outcome, Status
from tests.real.openimis.reviewer import Reviewer

_SECONDS: Final = 60
_PAUSE: Final = 0.05


class Bed:
    """A running openIMIS with its database."""

    def __init__(self, listener: socket.socket, installed: Installed, database: str, folder: Path) -> None:
        self._listener = listener
        self._python = installed.python
        self._settings = settings(database, folder, installed.front)
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        #: Its database, as psycopg takes it.
        self.database = database
        self.oracle = Oracle(database)
        host, port = listener.getsockname()
        #: Where it is, without a slash at the end. Its pages work from whichever address they are loaded.
        self.url = f"http://{host}:{port}"

    def restart(self, *, asynchronous: bool = False) -> None:
        """Start the server, anew if it runs: whatever it kept in memory is gone.

        If `asynchronous`, mutations are only taken down, and wait for a `worker`.
        """
        self.stop()
        environment = {**self._settings, "ASYNC": "PROD" if asynchronous else "no"}
        self._server = self._start(environment, "serve", str(self._listener.fileno()))

    def stop(self) -> None:
        """Stop the server; who calls then waits until it is started again."""
        if self._server is not None:
            _end(self._server)
            self._server = None

    @contextmanager
    def asynchronous(self) -> Iterator[None]:
        """Within it, mutations wait for a worker."""
        self.restart(asynchronous=True)
        try:
            yield
        finally:
            self.restart()

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Within it, somebody carries out the mutations that wait, and those that come."""
        worker = self._start({**self._settings, "ASYNC": "PROD"}, "work")
        try:
            yield
        finally:
            _end(worker)

    def process(self, *codes: str) -> None:
        """Let the reviewer process these claims: then they are valuated.

        Raises ValueError if one is not checked. What waits for a worker needs one here, too.
        """
        claims = [self.oracle.claim(code) for code in codes]
        if any(claim.status is not Status.CHECKED for claim in claims):
            raise ValueError("only what is checked is processed")
        with Reviewer(self.url, REVIEWER) as reviewer:
            client_id = reviewer.process([claim.uuid for claim in claims])
        self.until(lambda: self._outcome(client_id) is not Outcome.PENDING)
        if self._outcome(client_id) is Outcome.FAILED:
            raise RuntimeError("openIMIS did not process the claims")

    def exchange(self, code: str, service: str, other: str) -> None:
        """Put another service in the place of one that a claim has."""
        self._execute(
            """UPDATE "tblClaimServices" SET "ServiceID" = s."ServiceID" FROM "tblServices" s
            WHERE s."ServCode" = %s AND s."ValidityTo" IS NULL AND "tblClaimServices"."ServiceID" IN
            (SELECT "ServiceID" FROM "tblServices" WHERE "ServCode" = %s) AND "ClaimID" IN
            (SELECT "ClaimID" FROM "tblClaim" WHERE "ClaimCode" = %s AND "ValidityTo" IS NULL)""",
            other,
            service,
            code,
        )

    def seed(self) -> None:
        """Write the catalogue into the database once more; what is there already stays as it is."""
        subprocess.run([self._python, BACKEND / "seed.py"], env=self._settings, check=True, capture_output=True)

    def forget_sessions(self) -> None:
        """Forget all sessions: whoever is signed in gets no list and no mutation through any more."""
        self._execute("DELETE FROM django_session")

    def sign_out(self, user: User) -> None:
        """Make a user's tokens worthless: their pages get 401 until they sign in again."""
        salt = secrets.token_hex(64)
        password = hashlib.sha256(f"{user.password}{salt}".encode()).hexdigest().upper()
        self._execute(
            'UPDATE "tblUsers" SET "PrivateKey" = %s, "StoredPassword" = %s WHERE "LoginName" = %s',
            salt,
            password,
            user.name,
        )
        self._execute(
            'DELETE FROM refresh_token_refreshtoken USING "core_User" u WHERE user_id = u.id AND username = %s',
            user.name,
        )

    @staticmethod
    def until(condition: Callable[[], bool], seconds: float = _SECONDS) -> None:
        """Wait until it holds. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not so after {seconds} s")
            time.sleep(_PAUSE)

    @property
    def log(self) -> str:
        """What the server and the workers said."""
        return (self._folder / "log").read_text()

    def _outcome(self, client_id: str) -> Outcome:
        (outcome,) = {one.outcome for one in self.oracle.mutations() if one.client_id == client_id}
        return outcome

    def _execute(self, query: str, *values: object) -> None:
        with psycopg.connect(self.database) as connection:
            connection.execute(query.encode(), values)

    def _start(self, environment: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
        """Start one of its programs, and wait until it is ready."""
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [self._python, BACKEND / "run.py", *words],
                env=environment,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=[self._listener.fileno()],
                start_new_session=True,
            )
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            _end(process)
            error = RuntimeError("openIMIS did not start")
            error.add_note(self.log[-3000:])
            raise error
        return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """It ends by itself when its input does."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait()
    process.stdout.close()


@contextmanager
def running(host: str = "127.0.0.1", port: int = 0) -> Iterator[Bed]:
    """openIMIS on this address, installed first if need be; gone afterwards. Port 0 takes a free one.

    Skips the test where there is no PostgreSQL or no Node.js.
    """
    with postgres.running() as server, socket.socket() as listener:
        folder = server.folder / "openimis"
        for name in ("queue", "control", "media"):
            (folder / name).mkdir(parents=True)
        installed = install(server)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
        bed = Bed(listener, installed, server.restore(installed.dump), folder)
        try:
            bed.restart()
            yield bed
        finally:
            bed.stop()

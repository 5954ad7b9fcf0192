"""One installation's folder: its settings, ledger, evidence, secrets and log, and the lock that keeps it to one.

Everything in it is for its owner alone: folders 0700, files 0600, whatever the umask says. On Windows, where
there are no such modes, the user's own data folder is what keeps others out.
"""

from __future__ import annotations

import os
import secrets
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from filelock import FileLock, Timeout
from platformdirs import user_data_path

from bot.errors import ConfigurationError, HomeInUse

FOLDER_MODE = 0o700
FILE_MODE = 0o600

STARTER = """\
# payerbot: the settings of this office. `payerbot config` shows each value and where it comes from.
#
# An environment variable goes before a file in secrets/, and that before this file:
#   PAYERBOT_PAYERS__SUNRISE__LOGINS__MAIN__PASSWORD
#   secrets/payers__sunrise__logins__main__password     (one value a file, for your eyes only: chmod 600)
# Keep passwords and authenticator keys in secrets/, not here.

# leads = ["Dana Price"]             # who may override what blocks a claim

# [payers.sunrise]
# url = "https://portal.sunrise.example"
# visibility_delay = "PT2H"           # a new claim may stay out of the portal's own search for two hours
# verdict_delay = "PT24H"             # the payer's verdict may come a day after the claim was sent

# [payers.sunrise.logins.main]      # one named user of this portal
# username = "billing@office.example"
# tin = "123456789"                   # billing provider's tax id
# npis = ["1234567893"]               # billing providers this user may enter claims for
# seats = 1                           # sessions the portal allows this user at the same time

# [ledger]
# url = "sqlite:////srv/payerbot/ledger.sqlite"     # default: ledger.sqlite in this folder

# [office]
# expected_by = "07:00"               # each working day, what waited is to have been worked by then
# notify = ["mail", "-s", "payerbot", "billing@office.example"]     # told on its standard input what to know
# backups = "/srv/backups/payerbot"   # where your backups of the ledger lie: payerbot ready says when they are old

# [browser]
# executable = "/usr/bin/chromium-headless-shell"   # default: the first one found
# headed = false
"""


@dataclass(frozen=True, slots=True)
class Home:
    """Where one installation lives. Nothing is read or made until asked for."""

    path: Path

    @classmethod
    def find(cls, option: Path | None = None) -> Home:
        """The folder asked for: `option` (``--home``), else PAYERBOT_HOME, else the platform's data folder."""
        asked = option or os.environ.get("PAYERBOT_HOME") or user_data_path("payerbot", appauthor=False)
        return cls(Path(os.path.abspath(Path(asked).expanduser())))

    @property
    def settings_file(self) -> Path:
        """What the office decides."""
        return self.path / "payerbot.toml"

    @property
    def ledger(self) -> Path:
        """The SQLite ledger. An empty file is an empty database."""
        return self.path / "ledger.sqlite"

    @property
    def evidence(self) -> Path:
        """Folder of encrypted pages and screenshots."""
        return self.path / "evidence"

    @property
    def documents(self) -> Path:
        """Folder of letters and records prepared for payers, named by their control numbers."""
        return self.path / "documents"

    @property
    def secrets(self) -> Path:
        """Folder of keys and passwords, one value a file."""
        return self.path / "secrets"

    @property
    def vault_key(self) -> Path:
        """The Fernet keys of the vault, newest first, one a line."""
        return self.secrets / "vault_key"

    @property
    def fingerprint_key(self) -> Path:
        """The key of the digests that stand for identifiers."""
        return self.secrets / "fingerprint_key"

    @property
    def log(self) -> Path:
        """Folder of the log files."""
        return self.path / "log"

    def create(self) -> None:
        """Make whatever of the home is missing and close it to others; may be called at every start.

        Raises `ConfigurationError` when the folder cannot be made, or when a key is missing although there is
        data: with a new key old evidence could not be read, and claims sent before would not be recognised.
        """
        try:
            self._make_folders()
            with FileLock(self.path / ".create.lock", timeout=10, mode=FILE_MODE):
                self._make_files()
        except OSError as error:
            raise ConfigurationError(
                f"The home folder {self.path} cannot be made: {error.strerror or type(error).__name__}."
            ) from error

    def _make_folders(self) -> None:
        # A folder full of other things is not ours to close: `--home /tmp` must not lock everybody out of it.
        foreign = self.path.is_dir() and any(self.path.iterdir()) and not self.secrets.exists()
        self.path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        if not foreign:
            self.path.chmod(FOLDER_MODE)
        for folder in (self.evidence, self.documents, self.secrets, self.log):
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
            folder.chmod(FOLDER_MODE)

    def _make_files(self) -> None:
        keys = {self.vault_key: Fernet.generate_key(), self.fingerprint_key: secrets.token_hex(32).encode()}
        missing = [path for path in keys if not path.exists()]
        if missing and self._has_data():
            names = " and ".join(f"secrets/{path.name}" for path in missing)
            raise ConfigurationError(
                f"{names} is missing in {self.path}, but this home holds data made with it: "
                "put it back from your backup."
            )
        for path in missing:
            write_private(path, keys[path] + b"\n")
        if not self.settings_file.exists():
            write_private(self.settings_file, STARTER.encode())
        if not self.ledger.exists():
            write_private(self.ledger, b"")  # SQLite gives its -wal and -shm files the mode of this one
        for path in (*keys, self.settings_file, self.ledger):
            path.chmod(FILE_MODE)

    def _has_data(self) -> bool:
        return (self.ledger.exists() and self.ledger.stat().st_size > 0) or any(self.evidence.iterdir())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep this home for this process; the operating system lets go of it even after ``kill -9``.

        Raises `HomeInUse` at once, naming who has it, and `ConfigurationError` when the folder was never created
        or its file system has no locks.
        """
        if not self.path.is_dir():
            raise ConfigurationError(f"There is no home at {self.path}: run payerbot init.")
        # A soft lock would outlive a killed process, so where the file system has no locks we rather fail.
        lock = FileLock(
            self.path / "payerbot.lock", mode=FILE_MODE, blocking=False, thread_local=False, fallback_to_soft=False
        )
        try:
            lock.acquire()
        except Timeout:
            raise HomeInUse(
                f"{self._holder()} is at work in {self.path}: wait until it has finished, or stop it."
            ) from None
        except OSError as error:
            raise ConfigurationError(
                f"The home folder {self.path} cannot be locked: {error.strerror or type(error).__name__}."
            ) from error
        holder = self.path / "payerbot.pid"
        try:
            write_private(holder, f"{os.getpid()} {socket.gethostname()}\n".encode())
            yield
        finally:
            with suppress(OSError):
                holder.unlink()
            lock.release()

    def _holder(self) -> str:
        try:
            pid, host = (self.path / "payerbot.pid").read_text().split()
        except (OSError, ValueError):
            return "Another payerbot"  # it has the lock and has not written its name yet
        return f"Another payerbot (process {pid} on {host})"


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all, and on the disk when this returns.

    Raises OSError, such as a full disk; then what stood there before still stands.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            temporary.chmod(FILE_MODE)  # the umask may have taken our own rights away
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name too, or a power cut loses the file
        finally:
            os.close(folder)


def refuse_shared(path: Path) -> None:
    """Raise `ConfigurationError` if others than its owner can read a secret file; says nothing on Windows."""
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigurationError(f"The secret file {path} can be read by others: run chmod 600 on it.")

"""What is written to disk in cipher, and the digests that stand for identifiers where these must not be shown."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import ConfigurationError
from bot.home import Home, refuse_shared, write_private


class Vault:
    """Encrypts, decrypts and digests with the keys of one home."""

    def __init__(self, keys: Sequence[str], fingerprint_key: str) -> None:
        """`keys` are Fernet keys, newest first: the first one encrypts, each one decrypts."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise ConfigurationError("secrets/vault_key must hold one Fernet key a line.") from None
        if not fingerprint_key:
            raise ConfigurationError("secrets/fingerprint_key is empty: put it back from your backup.")
        #: Key of the hashes that recognise a claim without naming anybody.
        self.fingerprint_key = fingerprint_key.encode()

    @classmethod
    def open(cls, home: Home) -> Vault:
        """The vault of a home that was created. Raises `ConfigurationError` when a key is missing or no key."""
        return cls(_read_key(home.vault_key).split(), _read_key(home.fingerprint_key).strip())

    def encrypt(self, plain: bytes) -> bytes:
        """Plain bytes in cipher."""
        return self._fernet.encrypt(plain)

    def decrypt(self, cipher: bytes) -> bytes:
        """The plain bytes. Raises `ConfigurationError` when no key fits, or the cipher was changed."""
        try:
            return self._fernet.decrypt(cipher)
        except InvalidToken:
            raise ConfigurationError(
                "No key in secrets/vault_key opens this: add the key it was closed with as a line at the end."
            ) from None

    def encrypt_text(self, plain: str) -> str:
        """Plain text in cipher, in ASCII letters."""
        return self.encrypt(plain.encode()).decode("ascii")

    def decrypt_text(self, cipher: str) -> str:
        """The plain text; raises like `decrypt`."""
        return self.decrypt(cipher.encode()).decode()

    def write(self, path: Path, plain: bytes) -> None:
        """Write a file in cipher, whole or not at all, for its owner alone. Raises OSError."""
        write_private(path, self.encrypt(plain))

    def read(self, path: Path) -> bytes:
        """The plain bytes of a file. Raises like `decrypt`, and OSError when it cannot be read."""
        return self.decrypt(path.read_bytes())

    def digest(self, text: str) -> str:
        """A stand-in for an identifier, 64 hex digits: the same for the same text, and it cannot be turned back
        without the key."""
        return hmac.digest(self.fingerprint_key, text.encode(), "sha256").hex()


def _read_key(path: Path) -> str:
    try:
        refuse_shared(path)
        return path.read_text("ascii")
    except FileNotFoundError:
        raise ConfigurationError(f"The key {path} is missing: run payerbot init, or put it back.") from None
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"The key {path} cannot be read.") from None

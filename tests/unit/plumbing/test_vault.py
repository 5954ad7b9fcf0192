from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.errors import ConfigurationError
from bot.home import Home
from bot.vault import Vault

PLAIN = b"Jane Roe 1970-01-01"


@pytest.fixture
def vault(home: Home) -> Vault:
    return Vault.open(home)


def test_what_is_written_is_in_cipher_and_for_its_owner_alone(vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "file"
    vault.write(path, PLAIN)

    assert b"Roe" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert vault.read(path) == PLAIN


def test_text(vault: Vault) -> None:
    cipher = vault.encrypt_text("Zoë")

    assert cipher.isascii()
    assert vault.decrypt_text(cipher) == "Zoë"


def test_a_new_key_closes_and_the_old_one_still_opens(home: Home, vault: Vault) -> None:
    old = vault.encrypt(PLAIN)
    former = home.vault_key.read_text()
    new_key = Fernet.generate_key().decode()
    home.vault_key.write_text(f"{new_key}\n{former}")

    rotated = Vault.open(home)

    assert rotated.decrypt(old) == PLAIN
    assert Fernet(new_key).decrypt(rotated.encrypt(PLAIN)) == PLAIN
    with pytest.raises(ConfigurationError, match="No key in secrets/vault_key opens this"):
        vault.decrypt(rotated.encrypt(PLAIN))


def test_a_changed_file_does_not_open(vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "file"
    vault.write(path, PLAIN)
    changed = bytearray(path.read_bytes())
    changed[40] ^= 1
    path.write_bytes(changed)

    with pytest.raises(ConfigurationError):
        vault.read(path)


@pytest.mark.parametrize("keys", ["", "not a key\n", "Zm9v\n"])
def test_what_is_no_key_is_refused_without_being_shown(home: Home, keys: str) -> None:
    home.vault_key.write_text(keys)

    with pytest.raises(ConfigurationError, match="one Fernet key a line") as refused:
        Vault.open(home)
    assert "Zm9v" not in refused.value.message


def test_an_empty_fingerprint_key_is_refused(home: Home) -> None:
    home.fingerprint_key.write_text("\n")

    with pytest.raises(ConfigurationError, match="fingerprint_key is empty"):
        Vault.open(home)


@pytest.mark.parametrize("name", ["vault_key", "fingerprint_key"])
def test_a_missing_or_open_key_is_one_sentence(home: Home, name: str) -> None:
    (home.secrets / name).chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        Vault.open(home)
    (home.secrets / name).unlink()
    with pytest.raises(ConfigurationError, match=f"{name} is missing"):
        Vault.open(home)


def test_a_digest_is_the_same_only_for_the_same_text_and_home(vault: Vault, tmp_path: Path) -> None:
    other_home = Home(tmp_path / "other")
    other_home.create()
    digest = vault.digest("W123")

    assert digest == vault.digest("W123")
    assert len(digest) == 64
    assert digest not in {vault.digest("W124"), Vault.open(other_home).digest("W123")}

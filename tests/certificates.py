"""A certificate authority of a test's own, and the two places where a test makes it trusted."""

from __future__ import annotations

import base64
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.portal import browser


class Authority:
    """Certifies one server, for a day."""

    def __init__(self, folder: Path, host: str) -> None:
        """`host` is the server's IP address; keys and certificates are written to `folder`."""
        own_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        now = datetime.now(UTC)
        common = (
            x509.CertificateBuilder()
            .issuer_name(name)
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
        )
        root = (
            common.subject_name(name)
            .public_key(own_key.public_key())
            .serial_number(x509.random_serial_number())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(own_key, hashes.SHA256())
        )
        leaf = (
            common.subject_name(x509.Name([]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), True)
            .sign(own_key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        chain = folder / "server.pem"
        chain.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + leaf.public_bytes(pem)
        )
        #: What Node is told to trust as well, by NODE_EXTRA_CA_CERTS.
        self.file = folder / "authority.pem"
        self.file.write_bytes(root.public_bytes(pem))
        #: What the server shows.
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(chain)
        digest = hashes.Hash(hashes.SHA256())
        digest.update(
            key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        self._key_hash = base64.b64encode(digest.finalize()).decode()

    def trust_in_chromium(self, patch: pytest.MonkeyPatch) -> None:
        """Browsers started from now on trust this server's key, and no other that is not certified."""
        trusting = f"--ignore-certificate-errors-spki-list={self._key_hash}"
        patch.setattr(browser, "_ARGUMENTS", (*browser._ARGUMENTS, trusting))

    def trust_in_node(self, patch: pytest.MonkeyPatch) -> None:
        """Playwright drivers started from now on trust this authority."""
        patch.setenv("NODE_EXTRA_CA_CERTS", str(self.file))

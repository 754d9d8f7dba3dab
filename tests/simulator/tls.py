# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates for HTTPS on loopback, made on the spot (protocol/obshell.md 2.13)."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_BEGIN = datetime.datetime(2024, 1, 1)
_END = datetime.datetime(2124, 1, 1)


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files in one folder."""

    ca: str
    server: str
    server_key: str
    client: str
    client_key: str


def make(folder: str | Path) -> Certificates:
    """A CA, a certificate for 127.0.0.1 and localhost, and one for a client."""
    where = Path(folder)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("simulator CA", ca_key, "simulator CA", ca_key, is_ca=True)
    _write(where / "ca.crt", ca)
    for name in ("server", "client"):
        key = ec.generate_private_key(ec.SECP256R1())
        _write(where / f"{name}.crt", _certificate(name, key, "simulator CA", ca_key))
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (where / f"{name}.key").write_bytes(pem)
    names = ("ca.crt", "server.crt", "server.key", "client.crt", "client.key")
    return Certificates(*(str(where / name) for name in names))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_ca: bool = False,
) -> x509.Certificate:
    hosts = [x509.DNSName("localhost")]
    addresses = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
        )
        .add_extension(authority(issuer_key.public_key()), False)
    )
    if is_ca:
        builder = builder.add_extension(_signing(), critical=True)
    else:
        names = x509.SubjectAlternativeName([*hosts, *addresses])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _signing() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def server_context(
    certificates: Certificates, *, client_auth: bool = False
) -> ssl.SSLContext:
    """For wire.Server; `client_auth` is obshell's enable_client_auth."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.server_key)
    if client_auth:
        context.load_verify_locations(certificates.ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context

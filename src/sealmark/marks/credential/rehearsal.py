"""A certificate chain of one's own making, for rehearsal: root, intermediate, signer (C2PA 2.4, 14.5.1).

Nobody else trusts it, and each certificate says in its subject what it is.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sealmark.marks.credential.signer import CLAIM_SIGNING, REHEARSAL_ORGANISATION

_TERM = timedelta(days=3652)
_EARLIER = timedelta(hours=1)  # for a clock that is a little behind


@dataclass(frozen=True, slots=True)
class RehearsalChain:
    """PEM texts: the chain of the signing certificate, its private key, and the root that vouches for them."""

    chain: str
    key: str = field(repr=False)
    root: str


def make(at: datetime | None = None) -> RehearsalChain:
    """A fresh chain with P-256 keys, in force for ten years from `at` (now). The authorities' keys are forgotten."""
    from cryptography.hazmat.primitives.asymmetric import ec

    moment = at or datetime.now(UTC)
    root, middle, last = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    above = _certificate("Root", root, "Root", root, moment, depth=1)
    between = _certificate("Intermediate", middle, "Root", root, moment, depth=0)
    signing = _certificate("Signer", last, "Intermediate", middle, moment, depth=None)
    return RehearsalChain(_pem(signing) + _pem(between), _private_pem(last), _pem(above))


def _certificate(name: str, key: Any, issuer: str, by: Any, at: datetime, *, depth: int | None) -> Any:
    """A certificate for a key, signed by an issuer's; with a `depth` it is an authority for that many below it."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ObjectIdentifier

    builder = (
        x509.CertificateBuilder(_subject(issuer), _subject(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(at - _EARLIER)
        .not_valid_after(at + _TERM)
        .add_extension(x509.BasicConstraints(depth is not None, depth), critical=True)
        .add_extension(_usage(depth is not None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if depth is None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ObjectIdentifier(CLAIM_SIGNING)]), critical=False)
    return builder.sign(by, SHA256())


def _subject(name: str) -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, REHEARSAL_ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Sealmark Rehearsal {name}"),
        ]
    )


def _usage(is_authority: bool) -> Any:
    """RFC 5280, 4.2.1.3: an authority signs certificates and lists of revoked ones, a signer signs."""
    from cryptography import x509

    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    none = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=not is_authority, key_cert_sign=is_authority, crl_sign=is_authority, **none)


def _pem(certificate: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return str(certificate.public_bytes(Encoding.PEM).decode())


def _private_pem(key: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())

"""Who signs credentials: a certificate chain, and a key beside it or in a device (C2PA 2.4, 13.2 and 14.5)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from sealmark.errors import why
from sealmark.marks.errors import BadCredentialKey

# C2PA 2.4, 13.2.1: the signature algorithms, without those for keys that nobody issues.
Algorithm = Literal["es256", "es384", "es512", "ps256", "ed25519"]
# C2PA 2.4, 14.5.1.1: what a certificate must be for. C2PA claim signing; e-mail protection and document signing,
# which certificates of the interim trust list have.
CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"
PURPOSES = (CLAIM_SIGNING, "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36")
# Whose certificates are for rehearsal only: the organisation in the subject of each of them.
REHEARSAL_ORGANISATION = "Sealmark Rehearsal 演练 (not for production)"
_LEAST_RSA_BITS = 2048  # 14.5.1.1


@dataclass(frozen=True, slots=True)
class CredentialKeys:
    """A chain and its private key in this process's memory. It pickles.

    `chain` has the signing certificate and the intermediate ones above it, in PEM, without the root; `rehearsal` says
    whether they are of a rehearsal's own making.
    """

    chain: str = field(repr=False)
    key: str = field(repr=False)
    algorithm: Algorithm
    rehearsal: bool

    @classmethod
    def from_pem(cls, chain: str, key: str, *, at: datetime | None = None) -> "CredentialKeys":
        """The keys of a PEM chain, the signing certificate first, and a PEM private key without a password.

        Raises `BadCredentialKey` where they cannot be read, do not belong together, are not in force at `at` (now),
        or are not for signing credentials.
        """
        certificates, private = _certificates(chain), _private(key)
        _check(certificates[0], private.public_key(), at or datetime.now(UTC))
        return cls(chain, key, _algorithm(private.public_key()), any(map(_is_rehearsal, certificates)))


@dataclass(frozen=True, slots=True)
class CredentialDevice:
    """A chain whose key is elsewhere, such as in a hardware module: `sign` gives the signature of a message.

    An ECDSA signature is r ‖ s or in DER. A manifest by a device takes ten kilobytes more, which c2pa keeps free for a
    signature that it has not seen.
    """

    chain: str = field(repr=False)
    sign: Callable[[bytes], bytes] = field(repr=False)
    algorithm: Algorithm
    rehearsal: bool

    @classmethod
    def of(cls, chain: str, sign: Callable[[bytes], bytes], *, at: datetime | None = None) -> "CredentialDevice":
        """The device with this chain; raises `BadCredentialKey` as `CredentialKeys.from_pem` does."""
        certificates = _certificates(chain)
        public = certificates[0].public_key()
        _check(certificates[0], public, at or datetime.now(UTC))
        return cls(chain, sign, _algorithm(public), any(map(_is_rehearsal, certificates)))


Signer: TypeAlias = CredentialKeys | CredentialDevice


def _certificates(chain: str) -> Sequence[Any]:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(chain.encode())
    except ValueError:
        raise BadCredentialKey(**why("证书链不是 PEM", "the chain is no PEM of certificates")) from None


def _private(key: str) -> Any:
    """The private key; its type is `cryptography`'s, which is loaded only where there is one."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(key.encode(), None)
    except TypeError:
        raise BadCredentialKey(**why("私钥已加密，请先解密", "the key is encrypted; decrypt it first")) from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadCredentialKey(**why("私钥无法读取", "the private key cannot be read")) from None


def _algorithm(public: Any) -> Algorithm:
    """13.2.1: each kind of key has its algorithm."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    curves: dict[str, Algorithm] = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
    if isinstance(public, ed25519.Ed25519PublicKey):
        return "ed25519"
    if isinstance(public, rsa.RSAPublicKey) and public.key_size >= _LEAST_RSA_BITS:
        return "ps256"
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in curves:
        return curves[public.curve.name]
    raise BadCredentialKey(**why("C2PA 不用这种密钥", "C2PA does not use this kind of key"))


def _check(certificate: Any, public: Any, at: datetime) -> None:
    """What is wrong with a signing certificate, before c2pa would say it less clearly."""
    said = (
        (certificate.public_key() != public, why("私钥与首个证书不符", "the key is not the first certificate's")),
        (_is_authority(certificate), why("首个证书是 CA 证书", "the first certificate is an authority's")),
        (certificate.not_valid_before_utc > at, why("证书尚未生效", "the certificate is not in force yet")),
        (certificate.not_valid_after_utc < at, why("证书已过期", "the certificate has expired")),
        (not _purposes(certificate) & set(PURPOSES), why("证书用途不含签署凭证", "it is not for signing credentials")),
    )
    for is_wrong, reason in said:
        if is_wrong:
            raise BadCredentialKey(**reason)


def _is_authority(certificate: Any) -> bool:
    from cryptography import x509

    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _purposes(certificate: Any) -> set[str]:
    from cryptography import x509

    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return set()
    return {purpose.dotted_string for purpose in usage}


def _is_rehearsal(certificate: Any) -> bool:
    from cryptography.x509.oid import NameOID

    names = (*certificate.subject, *certificate.issuer)
    return any(one.oid == NameOID.ORGANIZATION_NAME and one.value == REHEARSAL_ORGANISATION for one in names)

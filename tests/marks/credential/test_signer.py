"""What cannot sign a credential is told before an item is touched, and what fails while signing lets nothing out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sealmark.marks import credential
from sealmark.marks.credential import Claim, CredentialDevice, CredentialKeys, TrustList, rehearsal
from sealmark.marks.errors import BadCredentialKey, BadTrustList, CredentialNotSigned, NoCredentialKey
from sealmark.marks.marker import mark
from sealmark.media import by_name
from tests.media import specimens

from .keys import CHAIN, EVERY, OURS, SIGNER

JPEG = by_name("jpeg")
KINDS: dict[str, Any] = {
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "es512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ps256": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


def issued(key: Any, *, purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION) -> tuple[str, str]:
    """The chain of a certificate for a key by an authority of this test's, and the authority's own certificate."""
    authority, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    root = _signed(authority, "root", authority, now, (x509.BasicConstraints(ca=True, path_length=None), True))
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    last = _signed(
        key, "signer", authority, now, (usage, True), (x509.ExtendedKeyUsage([purpose]), False), issuer="root"
    )
    return last, root


def _signed(key: Any, name: str, by: Any, now: datetime, *extensions: tuple[Any, bool], issuer: str = "root") -> str:
    def named(common: str) -> x509.Name:
        return x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
        )

    public = key.public_key()
    builder = x509.CertificateBuilder(named(issuer), named(name), public, x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(30))
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    builder = builder.add_extension(above, critical=False)
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(by, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def _pem(key: Any, secret: bytes | None = None) -> str:
    sealed = BestAvailableEncryption(secret) if secret else NoEncryption()
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed).decode())


@pytest.mark.parametrize("kind", KINDS)
def test_every_algorithm_signs(kind: str) -> None:
    """13.2.1: a certificate of another authority, for e-mail, with each kind of key, signs what reads as trusted."""
    key = KINDS[kind]()
    chain, root = issued(key)
    keys = CredentialKeys.from_pem(chain, _pem(key))
    assert (keys.algorithm, keys.rehearsal) == (kind, False)
    sealed = credential.sign(specimens.EVERY["jpeg"], JPEG, Claim(OURS), keys)
    found = credential.read(sealed, JPEG, (TrustList.from_pem("test", root),))
    assert (found.outcome, found.signer, found.organisation) == ("trusted", "signer", "Test")


@pytest.mark.parametrize("raw", [True, False])
def test_a_device_signs_in_either_form(raw: bool) -> None:
    """An ECDSA signature may come as two numbers or in DER."""
    key: Any = load_pem_private_key(CHAIN.key.encode(), None)

    def sign(message: bytes) -> bytes:
        signature = bytes(key.sign(message, ec.ECDSA(hashes.SHA256())))
        numbers = decode_dss_signature(signature) if raw else ()
        return b"".join(number.to_bytes(32, "big") for number in numbers) or signature

    device = CredentialDevice.of(CHAIN.chain, sign)
    assert (device.algorithm, device.rehearsal) == ("es256", True)
    sealed = credential.sign(specimens.EVERY["jpeg"], JPEG, Claim(OURS), device)
    assert credential.read(sealed, JPEG).outcome == "untrusted"


@pytest.mark.parametrize("answer", [b"", b"no signature", None])
def test_a_device_that_fails_lets_nothing_out(answer: bytes | None) -> None:
    """A device that answers nothing or nonsense, or breaks: an error that names its own, and no item."""

    def sign(_: bytes) -> bytes:
        if answer is None:
            raise ConnectionError("the module is gone")
        return answer

    with pytest.raises(CredentialNotSigned) as caught:
        credential.sign(specimens.EVERY["jpeg"], JPEG, Claim(OURS), CredentialDevice.of(CHAIN.chain, sign))
    assert isinstance(caught.value.__cause__, ConnectionError) is (answer is None)


def _wrong() -> dict[str, tuple[str, str, str]]:
    other = rehearsal.make()
    key = ec.generate_private_key(ec.SECP256R1())
    for_web, _ = issued(key, purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    curve = ec.generate_private_key(ec.SECP256K1())
    secret = _pem(load_pem_private_key(CHAIN.key.encode(), None), b"password")
    return {
        "no PEM": ("certificate", CHAIN.key, "no PEM"),
        "no key": (CHAIN.chain, "key", "cannot be read"),
        "another's key": (CHAIN.chain, other.key, "not the first"),
        "an encrypted key": (CHAIN.chain, secret, "encrypted"),
        "an authority": (CHAIN.root, _pem(key), "not the first"),
        "another purpose": (for_web, _pem(key), "not for signing"),
        "another curve": (issued(curve)[0], _pem(curve), "kind of key"),
    }


WRONG = _wrong()


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_sign_is_told(kind: str) -> None:
    """Each mistake of a deployment has its sentence."""
    chain, key, said = WRONG[kind]
    with pytest.raises(BadCredentialKey, match=said):
        CredentialKeys.from_pem(chain, key)


@pytest.mark.parametrize(("years", "said"), [(-5, "not in force yet"), (20, "has expired")])
def test_a_certificate_out_of_its_term_is_refused(years: int, said: str) -> None:
    """14.5.1.1: without a time stamp a certificate counts only while it is in force."""
    with pytest.raises(BadCredentialKey, match=said):
        CredentialKeys.from_pem(CHAIN.chain, CHAIN.key, at=datetime(2026 + years, 1, 1, tzinfo=UTC))


def test_an_authority_does_not_sign_items() -> None:
    """The first certificate is the signer's, not one above it."""
    key = ec.generate_private_key(ec.SECP256R1())
    root = _signed(key, "root", key, datetime.now(UTC), (x509.BasicConstraints(ca=True, path_length=None), True))
    with pytest.raises(BadCredentialKey, match="authority"):
        CredentialKeys.from_pem(root, _pem(key))


def test_keys_are_not_shown() -> None:
    """A log of keys shows neither the key nor the chain."""
    assert "PRIVATE" not in repr(SIGNER) + repr(CHAIN)


def test_nobody_signs_without_keys() -> None:
    """A credential that was asked for and nobody signs fails the whole marking."""
    with pytest.raises(NoCredentialKey):
        mark(specimens.EVERY["jpeg"], OURS, layers=EVERY)


def test_a_list_of_nothing_is_refused() -> None:
    """A trust list that holds no certificate would silently trust nobody."""
    with pytest.raises(BadTrustList):
        TrustList.from_pem("empty", "-----BEGIN NOTHING-----")

"""Signature types of signed notes, by the identifier byte that C2SP signed-note assigns.

Another type (an ML-DSA-44 cosignature, SM2) is one more class and one more line in `TYPES`.
"""

from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class SignatureType(Protocol):
    """How one type of key signs and verifies. Keys and signatures are raw bytes."""

    identifier: int
    public_bytes: int
    secret_bytes: int

    def public(self, secret: bytes) -> bytes:
        """The public key that belongs to a secret."""
        ...

    def signing(self, secret: bytes) -> "Signing":
        """A ready signing function, so that the key is loaded once."""
        ...

    def verifies(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the signature over the message is this key's."""
        ...


class Signing(Protocol):
    """Signs one message."""

    def __call__(self, message: bytes, /) -> bytes:
        """The raw signature."""
        ...


class Ed25519:
    """RFC 8032 over the note text (signed-note, type 0x01)."""

    identifier = 0x01
    public_bytes = 32
    secret_bytes = 32

    def public(self, secret: bytes) -> bytes:
        """The 32-byte public key of a 32-byte seed."""
        return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()

    def signing(self, secret: bytes) -> Signing:
        """A function that signs with this seed."""
        return Ed25519PrivateKey.from_private_bytes(secret).sign

    def verifies(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the 64-byte signature holds; a malformed key or signature is simply no."""
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


ED25519: SignatureType = Ed25519()
TYPES: dict[int, SignatureType] = {ED25519.identifier: ED25519}

"""The keys that sign labels, and those that are known: SM2 key pairs in the forms that other tools write.

`cryptography` refuses the curve ("1.2.156.10197.1.301 is not supported"), so the few bytes around a key are read here.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sealmark.errors import why
from sealmark.marks import der, sm2
from sealmark.marks.credential import signer as credentials
from sealmark.marks.credential.trust import TrustList
from sealmark.marks.errors import BadKey

# 1.2.840.10045.2.1 (RFC 5480, 2.1.1) and 1.2.156.10197.1.301 (GM/T 0006): a key on a curve, and which curve.
_ON_CURVE = bytes.fromhex("2a8648ce3d0201")
_SM2 = bytes.fromhex("2a811ccf5501822d")
_ALGORITHM = der.encode(der.IDENTIFIER, _ON_CURVE) + der.encode(der.IDENTIFIER, _SM2)
# RFC 5480, 2: what stands before 04 ‖ X ‖ Y in a SubjectPublicKeyInfo, which has one form only.
_BIT_STRING = bytes((der.BIT_STRING, 66, 0))
_PUBLIC_HEAD = bytes((der.SEQUENCE, 89)) + der.encode(der.SEQUENCE, _ALGORITHM) + _BIT_STRING
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----\s([A-Za-z0-9+/=\s]{1,65536}?)-----END \1-----")
_UNREADABLE = why("不是 SM2 密钥", "not an SM2 key")
_ENCRYPTED = why("密钥已加密，请先解密", "the key is encrypted; decrypt it first")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point of the SM2 curve. Raises `BadKey` where the numbers are none."""

    x: int
    y: int

    def __post_init__(self) -> None:
        if not sm2.is_public(self.point):
            raise BadKey(**why("公钥不在 SM2 曲线上", "the public key is not on the SM2 curve"))

    @classmethod
    def parse(cls, text: str) -> "PublicKey":
        """A key from hexadecimal digits of either case or from PEM.

        The digits are 04 ‖ X ‖ Y, X ‖ Y, 02 or 03 ‖ X, a SubjectPublicKeyInfo, or 00 ‖ X, which one producer
        writes for the point with the even y.
        """
        if "-----" in text:
            return cls._read(_blocks(text).get("PUBLIC KEY", b""))
        try:
            return cls._read(bytes.fromhex(text))
        except ValueError:
            raise BadKey(**_UNREADABLE) from None

    @classmethod
    def _read(cls, data: bytes) -> "PublicKey":
        data = data.removeprefix(_PUBLIC_HEAD) if len(data) == len(_PUBLIC_HEAD) + 65 else data
        data = data[1:] if len(data) == 65 and data[0] == 4 else data
        x = int.from_bytes(data[-sm2.SIZE :], "big")
        if len(data) == 2 * sm2.SIZE:
            return cls(int.from_bytes(data[: sm2.SIZE], "big"), x)
        point = sm2.lifted(x, odd=data[0] == 3) if len(data) == 33 and data[0] in (0, 2, 3) else None
        if point is None:
            raise BadKey(**_UNREADABLE)
        return cls(*point)

    @property
    def point(self) -> sm2.Point:
        """The two coordinates."""
        return self.x, self.y

    def hex(self) -> str:
        """04 ‖ X ‖ Y in 130 hexadecimal digits."""
        return f"04{self.x:064x}{self.y:064x}"

    def pem(self) -> str:
        """The SubjectPublicKeyInfo that other tools read."""
        return _armoured("PUBLIC KEY", _PUBLIC_HEAD + bytes.fromhex(self.hex()))

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether a DER signature is this key's of this message, under the default identity."""
        return sm2.verify(self.point, message, signature)


class Signer(Protocol):
    """Whoever signs with an SM2 key: `SigningKey` here, or a hardware module behind these two names."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """The DER signature of a message, with SM3 and the default identity."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An SM2 private key in this process's memory (see `marks.sm2` for what that protects). It pickles."""

    scalar: int = field(repr=False)
    public_key: PublicKey

    @classmethod
    def of(cls, scalar: int) -> "SigningKey":
        """The key with this private number; raises `BadKey` where it is out of range."""
        if not 0 < scalar < sm2.N - 1:  # GB/T 32918.1, 6.1: from 1 to n - 2
            raise BadKey(**why("私钥超出范围", "the private key is out of range"))
        return cls(scalar, PublicKey(*sm2.public_point(scalar)))

    @classmethod
    def fresh(cls) -> "SigningKey":
        """A new random key."""
        return cls.of(sm2.fresh_scalar())

    @classmethod
    def from_pem(cls, text: str) -> "SigningKey":
        """The key in a PEM file: PKCS#8 under the curve's or the general identifier, or RFC 5915.

        Raises `BadKey` for anything else, an encrypted key, and one whose public half belongs to another.
        """
        blocks = _blocks(text)
        if any("ENCRYPTED" in name for name in blocks):
            raise BadKey(**_ENCRYPTED)
        try:
            if "PRIVATE KEY" in blocks:
                return cls._of_pkcs8(blocks["PRIVATE KEY"])
            return cls._of_ec(blocks.get("EC PRIVATE KEY") or blocks.get("SM2 PRIVATE KEY", b""), named=False)
        except ValueError:
            raise BadKey(**_UNREADABLE) from None

    @classmethod
    def _of_pkcs8(cls, data: bytes) -> "SigningKey":
        """RFC 5958, 2: a version, an algorithm, the key, and attributes that say nothing of it."""
        (_, version), (_, algorithm), (kind, key), *_ = der.parts(data)
        named = [content for tag, content in der.values(algorithm) if tag == der.IDENTIFIER]
        if version not in (b"\x00", b"\x01") or kind != der.OCTET_STRING or named not in ([_ON_CURVE, _SM2], [_SM2]):
            raise der.NotDer("another kind of key")
        return cls._of_ec(key, named=True)

    @classmethod
    def _of_ec(cls, data: bytes, *, named: bool) -> "SigningKey":
        """RFC 5915, 3: a version, the number, and perhaps the curve and the public key."""
        (_, version), (kind, number), *rest = der.parts(data)
        more = {tag - der.CONTEXT: content for tag, content in rest}
        named = named or 0 in more
        if version != b"\x01" or kind != der.OCTET_STRING or len(number) != sm2.SIZE or not named:
            raise der.NotDer("another kind of key")
        if 0 in more and der.only(more[0], der.IDENTIFIER) != _SM2:
            raise der.NotDer("another curve")
        key = cls.of(int.from_bytes(number, "big"))
        if 1 in more and der.only(more[1], der.BIT_STRING) != b"\x00" + bytes.fromhex(key.public_key.hex()):
            raise BadKey(**why("公钥与私钥不符", "the public half is another key's"))
        return key

    def pem(self) -> str:
        """The key as PKCS#8, unencrypted: for a sealed place only."""
        public = der.encode(der.CONTEXT + 1, _BIT_STRING + bytes.fromhex(self.public_key.hex()))
        number = der.encode(der.OCTET_STRING, self.scalar.to_bytes(sm2.SIZE, "big"))
        key = der.encode(der.SEQUENCE, der.integer(1) + number + public)
        inner = der.integer(0) + der.encode(der.SEQUENCE, _ALGORITHM) + der.encode(der.OCTET_STRING, key)
        return _armoured("PRIVATE KEY", der.encode(der.SEQUENCE, inner))

    def sign(self, message: bytes) -> bytes:
        """The DER signature of a message, with SM3 and the default identity; the same each time."""
        return sm2.sign(self.scalar, self.public_key.point, message)


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """What signs the marks of an item: `label` the SecurityData in its label, `credential` its content credential."""

    label: Signer | None = None
    credential: credentials.Signer | None = None


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """Which keys belong to whom: `labels` has the public keys of a ContentProducer, old ones too.

    `credentials` are the lists of those whose content credentials are believed.
    """

    labels: Mapping[str, tuple[PublicKey, ...]] = field(default_factory=dict)
    credentials: tuple[TrustList, ...] = ()


def _blocks(text: str) -> dict[str, bytes]:
    """The blocks of a PEM text (RFC 7468) by name; one that is no Base64 is left out."""
    found = {}
    for name, body in _PEM.findall(text):
        try:
            found[name] = base64.b64decode("".join(body.split()), validate=True)
        except binascii.Error:
            continue
    return found


def _armoured(name: str, data: bytes) -> str:
    text = base64.b64encode(data).decode()
    lines = (text[at : at + 64] for at in range(0, len(text), 64))
    return "\n".join((f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""))

"""Checkpoints: the tree's size and root in a signed note (C2SP tlog-checkpoint, signed-note), and their keys.

A note is UTF-8 text, a blank line, and signature lines. Everything is parsed strictly: one text has one reading.
"""

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sealmark.ledger.errors import NoteMalformed, SignatureInvalid
from sealmark.ledger.signature import ED25519, TYPES, SignatureType
from sealmark.ledger.tree import HASH_BYTES

MAX_NOTE_BYTES = 100_000  # signed-note: at least 16 signatures must be accepted, post-quantum ones near 5 kB
_KEY_ID_BYTES = 4
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_SECRET_PREFIX = "PRIVATE+KEY"  # noqa: S105  the format's own first words, no secret


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log commits to: its `origin`, its `size` in leaves, the 32-byte `root` over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text that is signed: three lines, each ended."""
        return f"{self.origin}\n{self.size}\n{encode(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A named public key. Its text form is C2SP's vkey: `<name>+<key id>+<base64 of type and key>`."""

    name: str
    type: SignatureType
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that signature lines name the key by."""
        head = self.name.encode() + b"\n" + bytes([self.type.identifier])
        return hashlib.sha256(head + self.public).digest()[:_KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as text, to be handed to whoever checks."""
        return f"{self.name}+{self.key_id.hex()}+{encode(bytes([self.type.identifier]) + self.public)}"

    @classmethod
    def load(cls, vkey: str) -> "Verifier":
        """Read a vkey text. Raises `NoteMalformed`."""
        name, identifier, material = _key_parts(vkey.strip(), 3)
        kind = TYPES[material[0]]
        verifier = cls(checked_name(name), kind, _sized(material[1:], kind.public_bytes))
        if verifier.key_id.hex() != identifier:
            raise NoteMalformed(zh_reason="公钥中的编号与公钥不符", en_reason="the key's id does not belong to the key")
        return verifier


class Signer:
    """A named secret key that signs checkpoints. Its name is the log's origin (tlog-checkpoint)."""

    __slots__ = ("_line_head", "_secret", "_sign", "verifier")

    def __init__(self, name: str, secret: bytes, kind: SignatureType = ED25519) -> None:
        self._secret = _sized(secret, kind.secret_bytes)
        self._sign = kind.signing(secret)
        self.verifier = Verifier(checked_name(name), kind, kind.public(secret))
        self._line_head = self.verifier.key_id

    @classmethod
    def generate(cls, name: str, kind: SignatureType = ED25519) -> "Signer":
        """A new random key."""
        return cls(name, secrets.token_bytes(kind.secret_bytes), kind)

    @classmethod
    def load(cls, text: str) -> "Signer":
        """Read what `secret_text` wrote. Raises `NoteMalformed`."""
        words, _, rest = text.strip().partition(f"{_SECRET_PREFIX}+")
        if words or not rest:
            raise NoteMalformed(zh_reason="不是签名密钥", en_reason="not a signing key")
        name, identifier, material = _key_parts(rest, 3)
        signer = cls(name, material[1:], TYPES[material[0]])
        if signer.verifier.key_id.hex() != identifier:
            raise NoteMalformed(zh_reason="公钥中的编号与公钥不符", en_reason="the key's id does not belong to the key")
        return signer

    @property
    def name(self) -> str:
        """The key's name, which is the log's origin."""
        return self.verifier.name

    @property
    def vkey(self) -> str:
        """The public half as text."""
        return self.verifier.vkey

    def secret_text(self) -> str:
        """The secret key as text, for a sealed place only."""
        material = bytes([self.verifier.type.identifier]) + self._secret
        return f"{_SECRET_PREFIX}+{self.name}+{self._line_head.hex()}+{encode(material)}"

    def line(self, text: str) -> str:
        """The signature line over a note text."""
        return f"— {self.verifier.name} {encode(self._line_head + self._sign(text.encode()))}\n"

    def sign(self, checkpoint: Checkpoint) -> str:
        """The checkpoint as a signed note."""
        text = checkpoint.text()
        return f"{text}\n{self.line(text)}"

    def __repr__(self) -> str:
        return f"Signer({self.vkey!r})"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who says to have signed, under which key id, and the raw signature."""

    name: str
    key_id: bytes
    raw: bytes


def open_note(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint in a note that at least one of these keys signed.

    Raises `NoteMalformed`, or `SignatureInvalid` if no known key signed or a known key's signature fails.
    """
    checkpoint, signatures = parse_note(note)
    known = [(key, line) for line in signatures for key in verifiers if _names(line, key)]
    message = checkpoint.text().encode()
    if not known or not all(key.type.verifies(key.public, message, line.raw) for key, line in known):
        raise SignatureInvalid
    if checkpoint.origin not in {key.name for key, _ in known}:
        raise SignatureInvalid
    return checkpoint


def parse_note(note: str) -> tuple[Checkpoint, tuple[Signature, ...]]:
    """The checkpoint and the signature lines of a note, unverified. Raises `NoteMalformed`."""
    if len(note) > MAX_NOTE_BYTES or any(mark < " " and mark != "\n" for mark in note):
        raise NoteMalformed(
            zh_reason="检查点过长或含有控制字符", en_reason="the note is too long or holds control characters"
        )
    body, blank, lines = note.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise NoteMalformed(zh_reason="检查点没有签名行", en_reason="the note has no signature lines")
    return _checkpoint(body), tuple(_signature(line) for line in lines[:-1].split("\n"))


def encode(data: bytes) -> str:
    """Base64 as C2SP writes it: the standard alphabet, padded (RFC 4648 section 4)."""
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes:
    """Strict base64: exactly what `encode` writes. Raises `NoteMalformed`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteMalformed(zh_reason="有一处不是 base64", en_reason="not base64") from None
    if encode(data) != text:
        raise NoteMalformed(zh_reason="有一处 base64 带有多余的位", en_reason="base64 with stray bits")
    return data


def decode_hash(text: str) -> bytes:
    """A base64 hash of 32 bytes. Raises `NoteMalformed`."""
    return _sized(decode(text), HASH_BYTES)


def number(text: str) -> int:
    """A decimal without leading zeroes, below 10^19. Raises `NoteMalformed`."""
    if not _NUMBER.fullmatch(text):
        raise NoteMalformed(zh_reason="有一处不是普通的十进制数", en_reason="not a plain decimal number")
    return int(text)


def checked_name(name: str) -> str:
    """The name, if a key or a log may bear it: no spaces, no plus. Raises `NoteMalformed`."""
    if not name or "+" in name or not name.isprintable() or any(mark.isspace() for mark in name):
        raise NoteMalformed(
            zh_reason="密钥名称为空，或含有空格或加号", en_reason="a key's name is empty or holds a space or a plus"
        )
    return name


def _checkpoint(body: str) -> Checkpoint:
    lines = body.split("\n")
    if len(lines) != 3 or not lines[0]:
        # tlog-checkpoint allows extension lines but advises against them; ours never have any.
        raise NoteMalformed(
            zh_reason="检查点应有三行：来源、大小、根", en_reason="a checkpoint has three lines: origin, size, root"
        )
    return Checkpoint(lines[0], number(lines[1]), decode_hash(lines[2]))


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise NoteMalformed(
            zh_reason="签名行应由破折号、名称和 base64 组成", en_reason="a signature line is a dash, a name and base64"
        )
    data = decode(parts[2])
    if len(data) <= _KEY_ID_BYTES:
        raise NoteMalformed(zh_reason="签名过短", en_reason="a signature is too short")
    return Signature(checked_name(parts[1]), data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _names(line: Signature, key: Verifier) -> bool:
    return line.name == key.name and line.key_id == key.key_id


def _key_parts(text: str, count: int) -> tuple[str, str, bytes]:
    parts = text.split("+", count - 1)
    if len(parts) != count:
        raise NoteMalformed(
            zh_reason="公钥应由名称、编号和 base64 组成，以加号相连",
            en_reason="a key is a name, an id and base64, joined by plus signs",
        )
    material = decode(parts[2])
    if not material or material[0] not in TYPES:
        raise NoteMalformed(zh_reason="未知的签名密钥种类", en_reason="unknown type of signature key")
    return parts[0], parts[1], material


def _sized(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise NoteMalformed(
            zh_reason=f"应有 {size} 字节，实有 {len(data)} 字节", en_reason=f"{size} bytes expected, {len(data)} found"
        )
    return data

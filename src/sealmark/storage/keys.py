"""Keys: one master key wraps a key per subject, purpose and period; personal information lies only under those.

When the last statutory term of a period ends, its key is destroyed and what lay under it is gone, while every
proof in the ledger still holds (design.md, section 6; Personal Information Protection Law, Art. 47).
"""

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from sealmark.errors import SealmarkError, why
from sealmark.storage import secret_file
from sealmark.storage.database import Moment, Table, now

BLOCK = 64  # bytes; a block of SHA-256
NONCE = 12  # bytes; AES-GCM's own nonce length


class KeyUnavailable(SealmarkError):
    """A key is missing, destroyed, or not the one that was used."""

    code = "keys.unavailable"
    zh = "所需的密钥不可用（{zh_reason}）。"
    en = "A key that is needed is not available ({en_reason})."
    zh_next = "请检查主密钥文件；已按期销毁的内容无法恢复。"
    en_next = "Check the master key file; what was erased when its term ended cannot be brought back."


class SubjectKeyRow(Table):
    """A key of one subject for one purpose and period, wrapped by the master key."""

    __tablename__ = "subject_keys"
    __table_args__ = (UniqueConstraint("subject", "purpose", "period"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(32))
    period: Mapped[str] = mapped_column(String(16))
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)
    destroyed_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """An opened key: seals and opens what belongs to one subject."""

    id: str
    cipher: AESGCM

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """AES-256-GCM; nonce ‖ ciphertext. `context` must be given again to open it."""
        nonce = os.urandom(NONCE)
        return nonce + self.cipher.encrypt(nonce, plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed; `KeyUnavailable` if the key, the context or a byte is another."""
        try:
            return self.cipher.decrypt(sealed[:NONCE], sealed[NONCE:], context)
        except (InvalidTag, ValueError) as error:
            raise KeyUnavailable(
                **why("内容由另一把密钥封存，或已被改动", "sealed under another key or changed")
            ) from error


class KeyedHash:
    """HMAC-SHA-256 (RFC 2104) under one key of at most 64 bytes, whose two blocks are hashed once.

    For short values it costs two thirds of `hmac.digest`, which gives the interpreter lock away at every call.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(BLOCK, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def __call__(self, value: bytes) -> bytes:
        """The code of a value, 32 bytes."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(value)
        outer.update(inner.digest())
        return outer.digest()


class MasterKey:
    """The 32-byte key of the deployment; everything else is wrapped by it or derived from it."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise KeyUnavailable(**why("主密钥必须为 32 字节", "the master key must have 32 bytes"))
        self._wrapping = AESGCM(self._derive(secret, b"wrap"))
        self._lookup = KeyedHash(self._derive(secret, b"lookup"))
        self._signing = self._derive(secret, b"ledger-ed25519")
        self._numbering = self._derive(secret, b"production-numbers")

    @staticmethod
    def _derive(secret: bytes, purpose: bytes) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=b"sealmark/v1/" + purpose).derive(secret)

    @classmethod
    def from_file(cls, path: Path, *, create: bool) -> "MasterKey":
        """Read the key; with `create`, make one (0600) where there is none. Raises `SecretFileUnusable`."""
        form = (
            "32 个随机字节，不是文字（首次部署时可用 head -c 32 /dev/urandom 生成一次）",
            "32 random bytes and no text (made once, at the first deployment, by: head -c 32 /dev/urandom)",
        )
        if create and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            secret_file.create(path, secrets.token_bytes(32))
        content = secret_file.read(path, *form)
        if len(content) != 32:
            raise secret_file.unusable(path, secret_file.shape(content), *form)
        return cls(content)

    @property
    def ledger_seed(self) -> bytes:
        """Seed of the ledger's Ed25519 key, 32 bytes."""
        return self._signing

    @property
    def numbering_key(self) -> bytes:
        """Key of the permutation that makes production numbers look random, 32 bytes."""
        return self._numbering

    def look_up(self, purpose: str, value: bytes) -> bytes:
        """Keyed HMAC-SHA-256 of a value: finds it again without keeping it. 16 bytes."""
        return self._lookup(purpose.encode() + b"\0" + value)[:16]

    def wrap(self, key: bytes, key_id: str) -> bytes:
        """Encrypt a key under the master key."""
        nonce = os.urandom(NONCE)
        return nonce + self._wrapping.encrypt(nonce, key, key_id.encode())

    def unwrap(self, wrapped: bytes, key_id: str) -> SubjectKey:
        """Open a wrapped key; raises `KeyUnavailable` under another master key."""
        try:
            key = self._wrapping.decrypt(wrapped[:NONCE], wrapped[NONCE:], key_id.encode())
        except (InvalidTag, ValueError) as error:
            raise KeyUnavailable(**why("它由另一把主密钥加密", "wrapped by another master key")) from error
        return SubjectKey(key_id, AESGCM(key))


def period_of(moment: datetime) -> str:
    """The half-year that a moment falls into, such as `2026H2`: keys and ledger shards turn with it."""
    return f"{moment.year}H{1 if moment.month <= 6 else 2}"


def period_end(moment: datetime) -> datetime:
    """When the half-year that a moment falls into is over."""
    following = (moment.year, 7) if moment.month <= 6 else (moment.year + 1, 1)
    return datetime(*following, 1, tzinfo=UTC)


def kept_until(moment: datetime) -> datetime:
    """The earliest time at which a key of the half-year that a moment falls into may be destroyed.

    Logs are kept for six months at least (Cybersecurity Law Art. 23(3); labelling Measures Art. 9): whatever was
    sealed in a half-year, on its last day too, can be opened until the following half-year is over.
    """
    return period_end(period_end(moment))


class SubjectKeys:
    """Makes, finds and destroys the keys of subjects."""

    def __init__(self, master: MasterKey) -> None:
        self.master = master

    def current(self, session: Session, subject: str, purpose: str) -> SubjectKey:
        """The subject's key for this purpose and the present half-year, made if there is none yet."""
        period = period_of(now())
        row = session.scalar(
            select(SubjectKeyRow).where(
                SubjectKeyRow.subject == subject,
                SubjectKeyRow.purpose == purpose,
                SubjectKeyRow.period == period,
            )
        )
        return self._open(row or self._make(session, subject, purpose, period))

    def by_id(self, session: Session, key_id: str) -> SubjectKey:
        """The key with this id; `KeyUnavailable` when it was destroyed or never was."""
        row = session.get(SubjectKeyRow, key_id)
        if row is None:
            raise KeyUnavailable(**why("没有这把密钥", "no such key"))
        return self._open(row)

    def destroy(self, session: Session, key_id: str) -> None:
        """Forget a key for good; what lies under it can never be read again."""
        row = session.get(SubjectKeyRow, key_id)
        if row is not None and row.wrapped is not None:
            row.wrapped, row.destroyed_at = None, now()

    def _make(self, session: Session, subject: str, purpose: str, period: str) -> SubjectKeyRow:
        key_id = secrets.token_hex(16)
        wrapped = self.master.wrap(secrets.token_bytes(32), key_id)
        row = SubjectKeyRow(
            id=key_id, subject=subject, purpose=purpose, period=period, wrapped=wrapped, created_at=now()
        )
        session.add(row)
        session.flush()
        return row

    def _open(self, row: SubjectKeyRow) -> SubjectKey:
        if row.wrapped is None:
            raise KeyUnavailable(**why("保存期满后已销毁", "destroyed when its term ended"))
        return self.master.unwrap(row.wrapped, row.id)

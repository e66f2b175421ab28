"""Commitments inside a record: a salted digest stands in the log, its opening only in a receipt.

The record says `"subject": "<64 hex digits>"`; whoever holds salt and value can show what was meant, and nobody
can guess it without them. The same pair can be destroyed, and the record still proves.
"""

import hashlib
import secrets
from dataclasses import dataclass

import orjson

from sealmark.ledger.errors import ProofInvalid
from sealmark.ledger.tree import SALT_BYTES


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one commitment: a 16-byte salt and the value's text."""

    salt: bytes
    value: str

    @classmethod
    def of(cls, value: str) -> "Opening":
        """A value with a fresh random salt."""
        return cls(secrets.token_bytes(SALT_BYTES), value)

    @property
    def commitment(self) -> str:
        """What the record holds instead of the value: SHA-256 over salt and value, 64 hex digits."""
        return hashlib.sha256(self.salt + self.value.encode()).hexdigest()


def check_opening(record: bytes, place: str, opening: Opening) -> None:
    """Raise `ProofInvalid` unless the record holds this opening's commitment at `place`.

    `place` is a dotted path into the record: `"subject"`, `"items.0.digest"`.
    """
    if len(opening.salt) != SALT_BYTES or _at(record, place) != opening.commitment:
        raise ProofInvalid(
            zh_reason=f"记录的 {place} 处没有这一承诺", en_reason=f"the record holds no such commitment at {place}"
        )


def _at(record: bytes, place: str) -> object:
    found: object = orjson.loads(record)
    for step in place.split("."):
        if isinstance(found, list) and step.isascii() and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, dict):
            found = found.get(step)
        else:
            return None
    return found

"""The sealed part beside a record: who, from where, and what was said, under the subject's key.

The record commits to it by SHA-256 over salt and contents; the salt lies inside, so that the commitment tells
nothing once the key is destroyed, and still nobody can show other contents in its place.
"""

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from sealmark.storage.keys import SubjectKey

SALT = 16  # bytes


@dataclass(frozen=True, slots=True)
class SealedPart:
    """Ciphertext, the id of the key it lies under, and the commitment for the record (hexadecimal)."""

    ciphertext: bytes
    key_id: str
    commitment: str


def seal(contents: dict[str, Any], key: SubjectKey, context: str) -> SealedPart:
    """Seal contents (JSON-able) for the exchange `context`."""
    plain = os.urandom(SALT) + orjson.dumps(contents, default=_as_text)
    return SealedPart(key.seal(plain, context.encode()), key.id, sha256(plain).hexdigest())


def _as_text(value: object) -> str:
    """Bytes that were no JSON are kept too, as far as they are text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)


def unseal(ciphertext: bytes, key: SubjectKey, context: str) -> dict[str, Any]:
    """The contents; raises `KeyUnavailable` for another key, context or ciphertext."""
    contents: dict[str, Any] = orjson.loads(key.open(ciphertext, context.encode())[SALT:])
    return contents

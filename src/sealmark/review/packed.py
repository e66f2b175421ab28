"""A compiled library as bytes: automata are compiled in one process and loaded by others.

Layout: a magic line; SHA-256 of all that follows; the length of the JSON part (4 bytes, big-endian); the JSON
part; the automaton. The digest finds damage, not forgery: load only files that this house has written.
"""

from hashlib import sha256
from typing import TYPE_CHECKING

import orjson
from daachorse import CharwiseDoubleArrayAhoCorasick as Automaton

from sealmark.review.errors import LibraryOutdated, LibraryUnreadable
from sealmark.review.table import fold_version

if TYPE_CHECKING:
    from sealmark.review.lexicon import Entry, Library

    Parts = tuple[str, str, tuple[str, ...], tuple[tuple[Entry, ...], ...], Automaton]

_MAGIC = b"sealmark library 1\n"


def pack(library: "Library") -> bytes:
    """The bytes of `library`."""
    described = orjson.dumps(
        {
            "fold": fold_version(),
            "version": library.version,
            "digest": library.digest,
            "terms": library.terms,
            "entries": [[_row(entry) for entry in group] for group in library.entries],
        }
    )
    body = len(described).to_bytes(4, "big") + described + library.automaton.serialize()
    return _MAGIC + sha256(body).digest() + body


def unpack(packed: bytes) -> "Parts":
    """Version, digest, terms, entries and automaton; raises `LibraryUnreadable` or `LibraryOutdated`."""
    from sealmark.review.lexicon import Entry

    body = _checked_body(packed)
    end = 4 + int.from_bytes(body[:4], "big")
    try:
        data = orjson.loads(body[4:end])
        _check_fold(data["fold"])
        entries = tuple(tuple(Entry(*row) for row in group) for group in data["entries"])
        automaton = Automaton.deserialize(body[end:])
        return data["version"], data["digest"], tuple(data["terms"]), entries, automaton
    except (KeyError, TypeError, ValueError) as failure:
        raise LibraryUnreadable from failure


def _checked_body(packed: bytes) -> bytes:
    start = len(_MAGIC) + 32
    body = packed[start:]
    if packed[: len(_MAGIC)] != _MAGIC or sha256(body).digest() != packed[len(_MAGIC) : start]:
        raise LibraryUnreadable
    return body


def _check_fold(version: str) -> None:
    if version != fold_version():
        raise LibraryOutdated


def _row(entry: "Entry") -> tuple[str, ...]:
    return entry.id, entry.term, entry.risk, entry.severity, entry.kind, entry.clause

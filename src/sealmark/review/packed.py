"""A compiled library as bytes: automata are compiled in one process and loaded by others.

Layout: a magic line; SHA-256 of all that follows; the head (JSON); the entries (one line of JSON for each term);
the automaton. Head and entries each stand behind their length (4 bytes, big-endian). The digest finds damage, not
forgery: load only files that this house has written.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, overload

import orjson
from daachorse import CharwiseDoubleArrayAhoCorasick as Automaton

from sealmark.review.errors import LibraryOutdated, LibraryUnreadable
from sealmark.review.table import fold_version

if TYPE_CHECKING:
    from sealmark.review.lexicon import Entry, Library

    Group = tuple[Entry, ...]
    Parts = tuple[str, str, int, tuple[str, ...], Sequence[Group], Automaton]

_MAGIC = b"sealmark library 1\n"


class PackedEntries(Sequence["Group"]):
    """The entries of each term, made when a finding asks for them: loading stays fast, and memory small."""

    __slots__ = ("_lines",)

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, index: int) -> "Group": ...
    @overload
    def __getitem__(self, index: slice) -> "tuple[Group, ...]": ...
    def __getitem__(self, index: int | slice) -> "Group | tuple[Group, ...]":
        if isinstance(index, slice):
            return tuple(map(_group, self._lines[index]))
        return _group(self._lines[index])


def pack(library: "Library") -> bytes:
    """The bytes of `library`."""
    head = orjson.dumps(
        {
            "fold": fold_version(),
            "version": library.version,
            "digest": library.digest,
            "size": library.size,
            "terms": library.terms,
        }
    )
    lines = b"\n".join(orjson.dumps([_row(entry) for entry in group]) for group in library.entries)
    body = b"".join((*_measured((head, lines)), library.automaton.serialize()))
    return _MAGIC + sha256(body).digest() + body


def unpack(packed: bytes) -> "Parts":
    """Version, digest, size, terms, entries and automaton; raises `LibraryUnreadable` or `LibraryOutdated`."""
    head, rest = _split(_checked_body(packed))
    lines, automaton = _split(rest)
    try:
        data = orjson.loads(head)
        _check_fold(data["fold"])
        entries = PackedEntries(lines.split(b"\n"))
        terms = tuple(data["terms"])
        return data["version"], data["digest"], data["size"], terms, entries, Automaton.deserialize(automaton)
    except (KeyError, TypeError, ValueError) as failure:
        raise LibraryUnreadable from failure


def _measured(parts: Iterable[bytes]) -> Iterable[bytes]:
    for part in parts:
        yield len(part).to_bytes(4, "big")
        yield part


def _split(body: bytes) -> tuple[bytes, bytes]:
    end = 4 + int.from_bytes(body[:4], "big")
    return body[4:end], body[end:]


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


def _group(line: bytes) -> "Group":
    from sealmark.review.lexicon import Entry

    return tuple(Entry(*row) for row in orjson.loads(line))

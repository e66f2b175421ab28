"""The feature library of Article 10, compiled: every term of every entry, found in one pass over the folded text.

A `Library` is one immutable version. Who may change it, and how, is governed elsewhere; here it is matched.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Self, cast

import orjson
from daachorse import CharwiseDoubleArrayAhoCorasick as Automaton

from sealmark.review.errors import (
    EntryMalformed,
    EntryTwice,
    LibraryEmpty,
    LibraryUnreadable,
    TermEmpty,
    TermTooLong,
    TermUnreadable,
)
from sealmark.review.fold import fold, fold_plain, spans, warm
from sealmark.review.prefixes import Prefixes
from sealmark.review.table import BARRIER

LONGEST_TERM = 64  # folded characters; with eight skip symbols between them this bounds what a stream holds
MOST_MATCHES = 200  # of one text that are reported: a person reads no more, and each costs its place in the text

Severity = Literal["block", "note"]
Kind = Literal["illegal", "undesirable"]
_Match = tuple[int, int, int]  # index into the terms, start, end

_NAME = re.compile(r"[\w.:/+@-]{1,64}")
_ALLOWED = {"severity": ("block", "note"), "kind": ("illegal", "undesirable")}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the library: what to find, how grave it is, and the clause that forbids it."""

    id: str
    term: str
    risk: str
    severity: Severity
    kind: Kind
    clause: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One match of one entry, from `start` up to `end` in characters of the original text."""

    entry_id: str
    risk: str
    severity: Severity
    kind: Kind
    clause: str
    start: int
    end: int
    field: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Library:
    """One compiled version: `terms` folded and sorted, `entries[i]` the entries whose term folds to `terms[i]`."""

    version: str
    digest: str
    size: int
    terms: tuple[str, ...]
    entries: Sequence[tuple[Entry, ...]]
    automaton: Automaton
    prefixes: Prefixes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prefixes", Prefixes(self.terms))
        warm()

    @classmethod
    def compile(cls, entries: Iterable[Entry], version: str) -> Self:
        """Check and compile `entries`; terms that fold to the same text share a pattern, and each entry reports.

        Raises an `EntryRefused` for an entry that cannot be matched as it is meant, `LibraryEmpty` for none.
        """
        _check_version(version)
        listed = _by_id(entries)
        groups: dict[str, list[Entry]] = {}
        for entry in listed:
            groups.setdefault(_folded_term(entry), []).append(entry)
        terms = tuple(sorted(groups))
        entries_by_term = tuple(tuple(groups[term]) for term in terms)
        return cls(version, _digest(listed), len(listed), terms, entries_by_term, Automaton(list(terms)))

    @classmethod
    def from_toml(cls, source: Path | str) -> Self:
        """Compile a TOML file (a `Path`) or TOML text (a `str`): `version`, then `[[entry]]` tables."""
        version, entries = read_toml(source)
        return cls.compile(entries, version)

    @classmethod
    def from_bytes(cls, packed: bytes) -> Self:
        """Load what `to_bytes` gave; raises `LibraryUnreadable` or `LibraryOutdated`."""
        from sealmark.review.packed import unpack

        return cls(*unpack(packed))

    def to_bytes(self) -> bytes:
        """The compiled library, to be loaded by other processes with `from_bytes`."""
        from sealmark.review.packed import pack

        return pack(self)

    def __len__(self) -> int:
        return self.size

    def scan(self, text: str) -> tuple[Finding, ...]:
        """All findings in `text`, overlapping ones too, ordered by where they end, then start, then by entry id.

        Of more than `MOST_MATCHES` matches the earliest are reported, and the first that blocks wherever it is.
        """
        hits = self.automaton.find_overlapping(fold(text))
        if not hits:
            return ()
        matches = self._foremost((term, start, end) for start, end, term in hits)
        places = spans(text, ((start, end) for _, start, end in matches))
        return self.report((term, *place) for (term, _, _), place in zip(matches, places, strict=True))

    def report(self, matches: Iterable[_Match]) -> tuple[Finding, ...]:
        """The findings of matches (index into `terms`, start, end), given by where they end: each once, as `scan`."""
        kept = self._foremost(matches)
        found = {_finding(entry, start, end) for term, start, end in kept for entry in self.entries[term]}
        return tuple(sorted(found, key=lambda finding: (finding.end, finding.start, finding.entry_id)))

    def _foremost(self, matches: Iterable[_Match]) -> list[_Match]:
        """The earliest matches, and the first that blocks if none of these does: a cap never hides a block."""
        following = iter(matches)
        kept = list(islice(following, MOST_MATCHES))
        if len(kept) < MOST_MATCHES:
            return kept
        blocks = cache(self._blocks)
        if not any(blocks(term) for term, _, _ in kept):
            kept += islice((match for match in following if blocks(match[0])), 1)
        return kept

    def _blocks(self, term: int) -> bool:
        return any(entry.severity == "block" for entry in self.entries[term])


def _finding(entry: Entry, start: int, end: int) -> Finding:
    return Finding(entry.id, entry.risk, entry.severity, entry.kind, entry.clause, start, end)


def read_toml(source: Path | str) -> tuple[str, tuple[Entry, ...]]:
    """The version and the entries of a TOML library; raises `LibraryUnreadable` or `EntryMalformed`."""
    import tomllib

    try:
        text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
        data = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as failure:
        raise LibraryUnreadable from failure
    version, rows = data.get("version"), data.get("entry", [])
    if not isinstance(version, str) or not isinstance(rows, list):
        raise LibraryUnreadable
    return version, tuple(map(_entry, rows))


def _entry(row: object) -> Entry:
    if not isinstance(row, Mapping):
        raise LibraryUnreadable
    names = {item.name for item in fields(Entry)}
    shown = row.get("id") if _is_name(row.get("id")) else "?"
    wrong = sorted((names - set(row)) | (set(row) - names))
    if wrong:
        raise EntryMalformed(entry=shown, field=wrong[0])
    return Entry(**cast(dict[str, Any], row))


def _folded_term(entry: Entry) -> str:
    _check_fields(entry)
    term = fold_plain(entry.term)
    if not term:
        raise TermEmpty(entry=entry.id)
    if len(term) > LONGEST_TERM:
        raise TermTooLong(entry=entry.id, length=len(term), most=LONGEST_TERM)
    if BARRIER in term:
        raise TermUnreadable(entry=entry.id)
    return term


def _check_fields(entry: Entry) -> None:
    checks = {
        "risk": _is_name(entry.risk),
        "term": isinstance(entry.term, str),
        "clause": isinstance(entry.clause, str) and entry.clause.isprintable() and bool(entry.clause),
        "severity": entry.severity in _ALLOWED["severity"],
        "kind": entry.kind in _ALLOWED["kind"],
    }
    for name, right in checks.items():
        if not right:
            raise EntryMalformed(entry=entry.id, field=name)


def _by_id(entries: Iterable[Entry]) -> list[Entry]:
    known: dict[str, Entry] = {}
    for entry in entries:
        if not _is_name(entry.id):
            raise EntryMalformed(entry="?", field="id")
        if entry.id in known:
            raise EntryTwice(entry=entry.id)
        known[entry.id] = entry
    if not known:
        raise LibraryEmpty
    return [known[name] for name in sorted(known)]


def _check_version(version: str) -> None:
    if not _is_name(version):
        raise LibraryUnreadable


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _digest(entries: list[Entry]) -> str:
    """SHA-256 over the entries in order of their ids: independent of the order in which they were given."""
    rows = [(entry.id, entry.term, entry.risk, entry.severity, entry.kind, entry.clause) for entry in entries]
    return sha256(orjson.dumps(rows)).hexdigest()

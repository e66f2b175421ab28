"""An AVI with other chunks before or behind `movi`: sizes and indexes, which name places in the file, are made true."""

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from sealmark.errors import why
from sealmark.media.containers.riff import OPEN
from sealmark.media.errors import Damaged
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer, Pieces, Span
from sealmark.media.video.avi import MOVI, NAME, RIFF, Chunk, Container

# An index of indexes holds their places; an index of chunks one base, from which its entries count.
_OF_INDEXES, _OF_CHUNKS = 0, 1
_HEAD, _ENTRY, _BASE = 24, 16, 12
_MODULUS = 1 << 64
# AVI 1: four-character kind, flags, place and size of each chunk.
_OLD_ENTRY = struct.Struct("<4sIII")
_LOOKED_AT = 64
# Indexes are rewritten in memory: two gigabytes of film have some three megabytes of them.
_LONGEST = 1 << 26


@dataclass(frozen=True, slots=True)
class Splice:
    """New bytes for `[start, stop)`, and where the lists around them start."""

    start: int
    stop: int
    new: bytes
    parents: tuple[int, ...] = ()

    @property
    def growth(self) -> int:
        """How far it moves what stands behind it."""
        return len(self.new) - (self.stop - self.start)


def padded(kind: bytes, body: bytes) -> bytes:
    """One chunk, with a zero byte after an odd body."""
    return b"".join((kind, len(body).to_bytes(4, "little"), body, bytes(len(body) & 1)))


def is_full(data: Buffer, container: Container, splices: Iterable[Splice]) -> bool:
    """Whether a form would be longer than RIFF can say; one of open size says nothing."""
    forms = {chunk.start: _size(data, chunk.start) for chunk in container.chunks if chunk.kind == RIFF}
    grown = dict.fromkeys(forms, 0)
    for one in splices:
        grown[one.parents[0]] += one.growth
    return any(0 < forms[start] < OPEN <= forms[start] + grown[start] for start in forms)


def edited(data: Buffer, container: Container, splices: Sequence[Splice]) -> Pieces:
    """The film with these splices; the sizes around them and the indexes are true, `movi` stays as it is."""
    moves = Moves.of(splices)
    changes = [*splices, *_sizes(data, splices), *_indexes(data, container, moves)]
    pieces: list[bytes | Span] = []
    at = 0
    for change in sorted(changes, key=lambda change: (change.start, change.stop)):
        if change.start < at:  # in what is taken out
            continue
        pieces += [Span(at, change.start), change.new]
        at = change.stop
    return tuple(piece for piece in (*pieces, Span(at, len(data))) if len(piece))


def _size(data: Buffer, start: int) -> int:
    return int.from_bytes(data[start + 4 : start + 8], "little")


def _sizes(data: Buffer, splices: Iterable[Splice]) -> Iterator[Splice]:
    """The sizes of the lists around the splices; open ones stay open."""
    growth: dict[int, int] = {}
    for splice in splices:
        for parent in splice.parents:
            growth[parent] = growth.get(parent, 0) + splice.growth
    for parent, more in growth.items():
        size = _size(data, parent)
        if size not in {0, OPEN}:
            yield Splice(parent + 4, parent + 8, (size + more).to_bytes(4, "little"))


@dataclass(frozen=True, slots=True)
class Moves:
    """How far everything behind each splice moves."""

    stops: tuple[int, ...]
    growth: tuple[int, ...]

    @classmethod
    def of(cls, splices: Sequence[Splice]) -> "Moves":
        """The moves that these splices make."""
        ordered = sorted(splices, key=lambda splice: (splice.start, splice.stop))
        return cls(tuple(one.stop for one in ordered), tuple(accumulate((one.growth for one in ordered), initial=0)))

    def by(self, place: int) -> int:
        """How far what stands at a place moves."""
        return self.growth[bisect_right(self.stops, place)]


def _indexes(data: Buffer, container: Container, moves: Moves) -> Iterator[Splice]:
    """The places in every index, as they are after the moves (OpenDML 1.02, 3.0; `idx1` of AVI 1)."""
    movi = next(chunk for chunk in container.chunks if chunk.form == MOVI)
    new = (chunk for chunk in container.chunks if chunk.kind == b"indx")
    for number, splice in enumerate(splice for chunk in new for splice in _index(data, chunk, movi, moves)):
        if number > 2 * MOST_PARTS:
            raise Damaged(format=NAME, **why("索引过多", "too many indexes"))
        yield splice
    old = next((chunk for chunk in container.chunks if chunk.kind == b"idx1"), None)
    if old and moves.by(movi.start):
        yield from _old_index(data, old, movi, moves)


def _index(data: Buffer, chunk: Chunk, movi: Chunk, moves: Moves) -> Iterator[Splice]:
    """A stream's `indx`: of indexes, whose places and bases move, or of chunks."""
    head = data[chunk.body : min(chunk.body + _HEAD, chunk.stop)]
    if len(head) < _HEAD:
        return
    if head[3] == _OF_CHUNKS:
        yield _moved(data, chunk.body + _BASE, moves.by(movi.start))
    elif head[3] == _OF_INDEXES:
        count = int.from_bytes(head[4:8], "little")
        stop = chunk.body + _HEAD + count * _ENTRY
        if stop > chunk.stop or count > MOST_PARTS:
            raise Damaged(format=NAME, **why("索引 indx", "index indx"))
        for at in range(chunk.body + _HEAD, stop, _ENTRY):
            yield from _entry(data, at, moves)


def _entry(data: Buffer, at: int, moves: Moves) -> Iterator[Splice]:
    """One entry of an index of indexes, and the base of the index to which it leads.

    That index stands in the same `movi` as what it indexes, so both move as far.
    """
    place = int.from_bytes(data[at : at + 8], "little")
    growth = moves.by(place)
    if not growth or not 0 < place <= len(data) - _HEAD - 8:
        return
    yield _moved(data, at, growth)
    head = data[place : place + 8 + _HEAD]
    if head[:2] == b"ix" and head[11] == _OF_CHUNKS:
        yield _moved(data, place + 8 + _BASE, growth)


def _moved(data: Buffer, at: int, growth: int) -> Splice:
    place = int.from_bytes(data[at : at + 8], "little") + growth
    return Splice(at, at + 8, (place % _MODULUS).to_bytes(8, "little"))


def _old_index(data: Buffer, chunk: Chunk, movi: Chunk, moves: Moves) -> Iterator[Splice]:
    """`idx1`, where its places count from the file's start and not, as is usual, from `movi`."""
    size = chunk.stop - chunk.body
    if size > _LONGEST:
        raise Damaged(format=NAME, **why("索引 idx1 过大", "index idx1 too large"))
    body = data[chunk.body : chunk.body + size - size % _OLD_ENTRY.size]
    if not _is_absolute(data, body, movi):
        return
    new = bytearray(body)
    growth = moves.by(movi.start)
    for number, (kind, flags, place, length) in enumerate(_OLD_ENTRY.iter_unpack(body)):
        if place + growth >= 1 << 32:
            raise Damaged(format=NAME, **why("索引 idx1 已满", "index idx1 is full"))
        _OLD_ENTRY.pack_into(new, number * _OLD_ENTRY.size, kind, flags, place + growth, length)
    yield Splice(chunk.body, chunk.body + len(body), bytes(new))


def _is_absolute(data: Buffer, body: bytes, movi: Chunk) -> bool:
    """Whether the first entries lead to their chunks from the file's start rather than from `movi`."""
    absolute = relative = 0
    for kind, _, place, _ in _OLD_ENTRY.iter_unpack(body[: _LOOKED_AT * _OLD_ENTRY.size]):
        absolute += data[place : place + 4] == kind
        relative += data[movi.start + 8 + place : movi.start + 12 + place] == kind
    return absolute > relative

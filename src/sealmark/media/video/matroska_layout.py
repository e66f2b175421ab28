"""A Matroska segment with other elements: what stands behind them moves, and every position in it is made true.

Positions (RFC 9559 16) count from the segment's body and are written in as many bytes as they need. In the
indexes they are here written in eight, so that no size depends upon a position, and an edit made again gives the
same bytes. Clusters keep their size.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TypeAlias

from sealmark.errors import why
from sealmark.media.containers import ebml
from sealmark.media.containers.ebml import Element
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.pieces import Buffer, Pieces, Span, checksum
from sealmark.media.video import matroska
from sealmark.media.video.matroska import Segment

# RFC 9559 5.1.1 and 5.1.5: the masters that hold positions, and the positions.
_SEEK, _SEEK_ID, _SEEK_POSITION = 0x4DBB, 0x53AB, 0x53AC
_CUE_POINT, _CUE_TRACK_POSITIONS, _CUE_REFERENCE = 0xBB, 0xB7, 0xDB
_CUE_CLUSTER_POSITION, _CUE_REF_CLUSTER = 0xF1, 0x97
_CUE_CODEC_STATE, _CUE_REF_CODEC_STATE = 0xEA, 0xEB  # 0 means the track's own
_MASTERS = frozenset((_SEEK, _CUE_POINT, _CUE_TRACK_POSITIONS, _CUE_REFERENCE))
_STATES = frozenset((_CUE_CODEC_STATE, _CUE_REF_CODEC_STATE))
_POSITIONS = _STATES | {_SEEK_POSITION, _CUE_CLUSTER_POSITION, _CUE_REF_CLUSTER}
_POSITION, _TIMESTAMP, _PREVIOUS_SIZE, _SILENT_TRACKS = 0xA7, 0xE7, 0xAB, 0x5854  # RFC 9559 5.1.3
# What may stand in a cluster before its first block.
_BEFORE_BLOCKS = frozenset((_POSITION, _TIMESTAMP, _PREVIOUS_SIZE, _SILENT_TRACKS, ebml.CRC, ebml.VOID))
_WIDTH = 8
# Cues of a film of several days; each costs about ten microseconds.
_LONGEST_INDEX = 1 << 24
_DEEPEST = 4  # CueReference in CueTrackPositions in CuePoint

_Piece: TypeAlias = bytes | Span
# Bytes, positions, and the bodies of masters that begin with a check sum.
_Parts: TypeAlias = "list[bytes | int | _Parts]"
_ADDED = -1  # the position of the element that is put in, before it is known


@dataclass(frozen=True, slots=True)
class Edit:
    """What becomes of a segment's elements: new bytes by where they start (none: taken out), and one put in.

    `added` stands before the element that starts at `before`, and is registered in the first SeekHead.
    """

    replaced: Mapping[int, bytes]
    added: bytes = b""
    before: int = -1


def edited(data: Buffer, segment: Segment, edit: Edit) -> Pieces:
    """The segment after the edit; raises `Damaged` where its indexes cannot be read, and `MetadataOverLimit`."""
    layout = _Layout(data, segment, edit)
    layout.measure()
    body = [piece for element in layout.parts() for piece in element]
    if segment.elements and segment.elements[0].kind == ebml.CRC:
        head = ebml.encoded(ebml.CRC, ebml.checksum(checksum(data, body[1:])))
        body[0] = head
    size = sum(map(len, body))
    head = data[segment.head.start : segment.head.body] if segment.head.is_open else _sized(matroska.SEGMENT, size)
    return merged((head, *body))


def merged(pieces: Pieces) -> Pieces:
    """The same bytes in fewer pieces."""
    out: list[_Piece] = []
    for piece in pieces:
        if out and isinstance(piece, Span) and isinstance(out[-1], Span) and out[-1].stop == piece.start:
            out[-1] = Span(out[-1].start, piece.stop)
        elif out and isinstance(piece, bytes) and isinstance(out[-1], bytes):
            out[-1] += piece
        elif len(piece):
            out.append(piece)
    return tuple(out)


@dataclass(slots=True)
class _Layout:
    """Where the elements of one segment stood, and where they will stand."""

    data: Buffer
    segment: Segment
    edit: Edit
    old: list[int] = field(default_factory=list)
    new: list[int] = field(default_factory=list)
    positions: dict[int, Element] = field(default_factory=dict)
    indexes: dict[int, _Parts] = field(default_factory=dict)
    added_at: int = 0

    def measure(self) -> None:
        """Find out the new places: sizes do not depend upon them."""
        self._find_positions()
        lengths = [sum(map(len, element)) for element in self.parts()]
        starts = list(accumulate(lengths, initial=0))
        for element, start in zip(self._order(), starts, strict=False):
            if element is None:
                self.added_at = start
            else:
                self.old.append(element.start)
                self.new.append(start)

    def _find_positions(self) -> None:
        """The clusters that say truly where they are; others (0 in live streams) stay as they are."""
        clusters = (one for one in self.segment.elements if one.kind == matroska.CLUSTER)
        for cluster in clusters:
            position = _position(self.data, cluster)
            if position is None or position.stop - position.body > _WIDTH:
                continue
            if ebml.number(self.data[position.body : position.stop]) == cluster.start - self.segment.head.body:
                self.positions[cluster.start] = position

    def _order(self) -> Iterator[Element | None]:
        """The elements, and nothing where the added one stands."""
        for element in self.segment.elements:
            if element.start == self.edit.before:
                yield None
            yield element
        if self.edit.added and self.edit.before < 0:
            yield None

    def parts(self) -> Iterator[list[_Piece]]:
        """Each element as it will be; the positions in it are true once the places are known."""
        register = bool(self.edit.added)
        for element in self._order():
            if element is None:
                yield [self.edit.added]
            elif element.start in self.edit.replaced:
                yield [self.edit.replaced[element.start]]
            elif element.kind == matroska.SEEK_HEAD:
                yield [self._index(element, register)]
                register = False
            elif element.kind == matroska.CUES:
                yield [self._index(element, False)]
            elif element.start in self.positions:
                yield self._cluster(element, self.positions[element.start])
            else:
                yield [Span(element.start, element.stop)]

    def moved(self, position: int) -> int:
        """Where something in the segment will be; the measure before has it stay."""
        if position == _ADDED:
            return self.added_at
        at = position + self.segment.head.body
        index = bisect_right(self.old, at) - 1
        if index < 0 or at >= self.segment.head.stop:
            return position
        return self.new[index] + at - self.old[index]

    def _index(self, element: Element, register: bool) -> bytes:
        """A SeekHead or Cues as it will be; it is read once."""
        if element.start not in self.indexes:
            if element.stop - element.body > _LONGEST_INDEX:
                raise MetadataOverLimit(place="Matroska Cues", **why("过大", "too large"))
            parts = _parsed(self.data[element.body : element.stop], self._is_gone)
            if register:
                name = ebml.encoded(_SEEK_ID, ebml.identifier(matroska.TAGS))
                parts += _master_parts(_SEEK, [name, *_position_parts(_SEEK_POSITION, _ADDED)])
            self.indexes[element.start] = _master_parts(element.kind, parts)
        return _rendered(self.indexes[element.start], self.moved)

    def _is_gone(self, position: int) -> bool:
        """Whether the element at a position is taken out."""
        return self.edit.replaced.get(position + self.segment.head.body) == b""

    def _cluster(self, cluster: Element, position: Element) -> list[_Piece]:
        """A cluster of the same size, since cues count into it and the next one names its size.

        Where the new position needs more bytes than the old one had, it is voided: a cluster need not have one.
        """
        at = self.moved(cluster.start - self.segment.head.body)
        width = position.stop - position.body
        head = self.data[position.start : position.body]
        fits = at < 1 << 8 * width
        new = head + at.to_bytes(width, "big") if fits else bytes((ebml.VOID,)) + head[1:] + bytes(width)
        pieces: list[_Piece] = [Span(cluster.start, position.start), new, Span(position.stop, cluster.stop)]
        return self._checked(cluster, position, pieces) if self.old else pieces

    def _checked(self, cluster: Element, position: Element, pieces: list[_Piece]) -> list[_Piece]:
        """The cluster with a check sum that is true, if it has one."""
        first = ebml.element(self.data, cluster.body, cluster.stop)
        if first.kind != ebml.CRC or first.stop - first.body != 4:
            return pieces
        rest: list[_Piece] = [Span(first.stop, position.start), *pieces[1:]]
        return [Span(cluster.start, first.body), ebml.checksum(checksum(self.data, rest)), *rest]


def _sized(kind: int, size: int) -> bytes:
    """The head of a master whose size is written in eight bytes, as most writers do."""
    return ebml.identifier(kind) + ebml.size(size, ebml.WIDEST)


def _position(data: Buffer, cluster: Element) -> Element | None:
    """A cluster's own position, which stands before its blocks."""
    at = cluster.body
    while at < cluster.stop:
        child = ebml.element(data, at, cluster.stop)
        if child.kind not in _BEFORE_BLOCKS or child.is_open or child.stop > cluster.stop:
            return None
        if child.kind == _POSITION:
            return child
        at = child.stop
    return None


def _parsed(body: bytes, is_gone: Callable[[int], bool], depth: int = 0) -> _Parts:
    """An index's body with its positions apart; a Seek to what is gone goes too."""
    if depth > _DEEPEST:
        raise Damaged(format=ebml.NAME, **why("索引嵌套过深", "index nested too deep"))
    parts: _Parts = []
    at = 0
    while at < len(body):
        kind, start, size = ebml.head(body, at)
        stop = start + size
        if size < 0 or stop > len(body):
            raise Damaged(format=ebml.NAME, **why("索引", "index"))
        if kind in _POSITIONS:
            parts += _position_parts(kind, ebml.number(body[start:stop]))
        elif kind not in _MASTERS:
            parts.append(body[at:stop])
        elif kind != _SEEK or not is_gone(_target(body[start:stop])):
            parts += _master_parts(kind, _parsed(body[start:stop], is_gone, depth + 1))
        at = stop
    return parts


def _position_parts(kind: int, position: int) -> _Parts:
    if position >= 1 << 8 * _WIDTH:
        raise Damaged(format=ebml.NAME, **why("索引", "index"))
    head = ebml.identifier(kind) + ebml.size(_WIDTH)
    return [head + bytes(_WIDTH)] if kind in _STATES and not position else [head, position]


def _master_parts(kind: int, parts: _Parts) -> _Parts:
    head = ebml.identifier(kind) + ebml.size(_length(parts))
    return [head, parts] if ebml.is_checked(parts[0] if parts else b"") else [head, *parts]


def _length(parts: _Parts) -> int:
    return sum(
        _WIDTH if isinstance(part, int) else _length(part) if isinstance(part, list) else len(part) for part in parts
    )


def _rendered(parts: _Parts, moved: Callable[[int], int]) -> bytes:
    """The bytes of an index: positions as they will be, check sums that are true."""
    return b"".join(
        part
        if isinstance(part, bytes)
        else moved(part).to_bytes(_WIDTH, "big")
        if isinstance(part, int)
        else ebml.with_checksum(_rendered(part, moved))
        for part in parts
    )


def _target(body: bytes) -> int:
    """The position that a Seek leads to."""
    found = (child for child in ebml.children(body, 0, len(body)) if child.kind == _SEEK_POSITION)
    return next((ebml.number(body[child.body : child.stop]) for child in found), -1)

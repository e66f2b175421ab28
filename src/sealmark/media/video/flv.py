"""FLV: a header and a row of tags of sound, picture and script (Adobe Flash Video File Format 10.1, annex E)."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from sealmark.errors import why
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format
from sealmark.media.pieces import Buffer, Pieces, Span
from sealmark.media.video import amf

NAME = "FLV"
_HEADER = 9  # E.2
_TAG_HEAD, _SIZE = 11, 4  # E.4.1, and the size of the tag before (E.3)
_SOUND, _PICTURE, SCRIPT = 8, 9, 18
_KINDS = frozenset((_SOUND, _PICTURE, SCRIPT))
METADATA, XMP = b"\x02\x00\x0aonMetaData", b"\x02\x00\x09onXMPData"
# Ten hours of picture and sound have some three million tags.
_MOST_TAGS = 1 << 22
# Metadata is sent again whenever a live stream is joined.
_MOST_SCRIPTS = 1 << 12
_LONGEST_SCRIPTS = 1 << 25  # bytes of all of them, which are read into memory


@dataclass(frozen=True, slots=True)
class Tag:
    """A script tag with metadata: its number among all tags, where it, its body and the body's end stand."""

    number: int
    start: int
    body: int
    stop: int


@dataclass(frozen=True, slots=True)
class Container:
    """Where the first tag stands, and the tags with metadata."""

    start: int
    scripts: tuple[Tag, ...]


def is_flv(head: bytes) -> bool:
    """Whether the bytes begin as an FLV file does: signature, version, unused bits and the header's size."""
    offset = int.from_bytes(head[5:9], "big")
    return head[:4] == b"FLV\x01" and not (head[4:5] or b"\xff")[0] & 0xFA and offset >= _HEADER


FORMAT = Format("flv", "video", ("video/x-flv", "video/flv"), ("flv",), is_flv, mapped=True)


def parse(data: Buffer) -> Container:
    """Where the metadata stands; raises `Damaged` for truncation and sizes that lie."""
    return intact(remains(data))


def remains(data: Buffer) -> tuple[Container, Damaged | None]:
    """The tags with metadata that stand whole, also of a damaged file, and the first thing that is wrong with it."""
    scripts: list[Tag] = []
    start, size = int.from_bytes(data[5:9], "big") + _SIZE, 0
    try:
        if not is_flv(data[:_HEADER]) or start > len(data):
            raise Damaged(format=NAME, **why("文件头", "header"))
        for tag in _tags(data, start):
            scripts.append(tag)
            size += tag.stop - tag.start
            if len(scripts) > _MOST_SCRIPTS or size > _LONGEST_SCRIPTS:
                raise Damaged(format=NAME, **why("元数据过多", "too much metadata"))
    except Damaged as error:
        return Container(start, tuple(scripts)), error
    return Container(start, tuple(scripts)), None


def _tags(data: Buffer, at: int) -> Iterator[Tag]:
    """The tags with metadata; over the others we step."""
    end, number = len(data), 0
    while at < end:
        head = data[at : at + _TAG_HEAD]
        stop = at + _TAG_HEAD + int.from_bytes(head[1:4], "big")
        # The very last size is forgotten by some writers.
        if (
            stop > end
            or end - stop in {1, 2, 3}
            or head[0] & 0x1F not in _KINDS
            or head[0] & 0xC0
            or number > _MOST_TAGS
        ):
            raise Damaged(format=NAME, **why("标签的类型、长度或数量", "type, size or number of tags"))
        # A script tag with the filter bit (0x20) is encrypted.
        if head[0] == SCRIPT and data[at + _TAG_HEAD : at + _TAG_HEAD + len(METADATA)].startswith((METADATA, XMP)):
            yield Tag(number, at, at + _TAG_HEAD, stop)
        at, number = stop + _SIZE, number + 1


def script(body: bytes, head: bytes = b"\x12" + bytes(10)) -> bytes:
    """A script tag of this body and its size; where it had a `head`, with the same time (E.4.1)."""
    if len(body) >= 1 << 24:
        raise Damaged(format=NAME, **why("脚本标签过大", "script tag too large"))
    size = len(body).to_bytes(3, "big")
    return b"".join((head[:1], size, head[4:_TAG_HEAD], body, (_TAG_HEAD + len(body)).to_bytes(_SIZE, "big")))


def edited(data: Buffer, container: Container, bodies: Mapping[int, bytes], added: bytes = b"") -> Pieces:
    """The film with other bodies of script tags (by where these start), and one that is `added` before all tags.

    Every place in the file that onMetaData names moves with what stands there.
    """
    changed = {tag: bodies.get(tag.start, data[tag.body : tag.stop]) for tag in container.scripts}
    first = _TAG_HEAD + len(added) + _SIZE if added else 0
    growth = [first, *(len(body) - (tag.stop - tag.body) for tag, body in changed.items())]
    # From where on things have moved, and how far.
    moves = _Moves([container.start, *(tag.stop for tag in changed)], list(accumulate(growth)), len(data))
    pieces: list[bytes | Span] = [Span(0, container.start), script(added) if added else b""]
    at = container.start
    for tag, body in changed.items():
        new = script(_relocated(body, moves), data[tag.start : tag.body])
        stop = min(tag.stop + _SIZE, len(data))
        same = new == data[tag.start : stop]
        pieces += [Span(at, tag.start), Span(tag.start, stop) if same else new]
        at = stop
    return tuple(piece for piece in (*pieces, Span(at, len(data))) if len(piece))


@dataclass(frozen=True, slots=True)
class _Moves:
    """How far the bytes behind each of some places have moved, and the size that the file had."""

    places: list[int]
    growth: list[int]
    size: int

    def moved(self, place: float) -> float:
        """Where something is now; what is no place in the file stays as it is."""
        if not 0 <= place <= self.size:
            return place
        index = bisect_right(self.places, place) - 1
        return place + self.growth[index] if index >= 0 else place


def _relocated(body: bytes, moves: _Moves) -> bytes:
    """onMetaData with true places: key frames (`keyframes.filepositions`), the last one, and the file's size."""
    if not body.startswith(METADATA) or not amf.holds_properties(body, len(METADATA)):
        return body
    new = bytearray(body)
    for at in _places(body, moves.size):
        new[at : at + 8] = amf.encoded_number(moves.moved(amf.number(body, at)))
    return bytes(new)


def _places(body: bytes, size: int) -> Iterator[int]:
    """Where in onMetaData the numbers stand that are places in the file; its size only if it is true."""
    for one in amf.properties(body, len(METADATA)):
        if one.name == "lastkeyframelocation":
            yield from amf.numbers(body, one.value)
        elif one.name == "filesize":
            yield from (at for at in amf.numbers(body, one.value) if amf.number(body, at) == size)
        elif one.name == "keyframes" and amf.holds_properties(body, one.value):
            for inner in amf.properties(body, one.value):
                if inner.name == "filepositions":
                    yield from amf.numbers(body, inner.value)

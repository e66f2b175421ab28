"""FLAC: metadata blocks, then frames of sound (RFC 9639); an ID3v2 tag may stand before them and stays."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.audio import flac_frame, id3
from sealmark.media.audio.id3 import Tag
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer, Pieces, Span, joined

SIGNATURE = b"fLaC"
# RFC 9639 8.1: block types.
STREAMINFO, SEEKTABLE, VORBIS_COMMENT = 0, 3, 4
# Bits a sample that libsndfile reads and writes.
DEPTHS = frozenset((8, 16, 24))
_INVALID = 127
# RFC 9639 8.1: the first bit of a block says that it is the last; its length has 24 bits.
_LAST = 0x80
LONGEST = (1 << 24) - 1
# Larger than any cover picture in a tag before the stream.
_LONGEST_TAG = 1 << 24
_MOST_TAGS = 16


@dataclass(frozen=True, slots=True)
class Block:
    """One metadata block: its type, and its body in the file or anew."""

    kind: int
    body: bytes | Span

    def encoded(self, *, last: bool) -> tuple[bytes, bytes | Span]:
        """Header and body."""
        return bytes((self.kind | (_LAST if last else 0),)) + len(self.body).to_bytes(3, "big"), self.body


@dataclass(frozen=True, slots=True)
class Lead:
    """One ID3v2 tag before the stream, and where it stands."""

    place: Span
    tag: Tag


@dataclass(frozen=True, slots=True)
class Container:
    """The tags before the stream, its metadata blocks, and the span of its frames to the end of the file."""

    leads: tuple[Lead, ...]
    blocks: tuple[Block, ...]
    sound: Span


def is_flac(data: bytes) -> bool:
    """Whether the bytes begin as a FLAC stream does, or with ID3v2 tags and then so."""
    return data.startswith(SIGNATURE, _tagged_until(data))


def _tagged_until(data: bytes) -> int:
    """Where the ID3v2 tags at the start end, by what their headers say."""
    at = 0
    for _ in range(_MOST_TAGS):
        head = data[at : at + 10]
        if head[:3] != b"ID3" or len(head) < 10 or any(byte & 128 for byte in head[6:]):
            break
        at += 10 + id3.from_synchsafe(head[6:]) + (10 if head[5] & id3.FOOTER and head[3] == 4 else 0)
    return at


FORMAT = Format("flac", "audio", ("audio/flac", "audio/x-flac"), ("flac",), is_flac, mapped=True)


def parse(data: Buffer) -> Container:
    """Split a FLAC into its blocks; raises `Damaged` where a size lies or the last frame of sound is not whole."""
    return intact(remains(data))


def remains(data: Buffer) -> tuple[Container, Damaged | None]:
    """The tags and blocks that stand whole, also of a damaged file, and the first thing that is wrong with it."""
    leads, blocks, at = list[Lead](), list[Block](), 0
    damage = None
    try:
        for lead in _leads(data):
            leads.append(lead)
            at = lead.place.stop
        if data[at : at + 4] != SIGNATURE:
            raise Damaged(format="FLAC", **why("文件签名", "signature"))
        at += 4
        for block in _blocks(data, at):
            blocks.append(block)
            at = _stop(block)
        _check(data, blocks, at)
    except Damaged as error:
        damage = error
    return Container(tuple(leads), tuple(blocks), Span(at, len(data))), damage


def _leads(data: Buffer) -> Iterator[Lead]:
    """The ID3v2 tags at the start."""
    at = 0
    for _ in range(_MOST_TAGS):
        if data[at : at + 3] != b"ID3":
            return
        stop = at + _tagged_until(data[at : at + 10])
        if not at < stop <= min(len(data), _LONGEST_TAG):
            raise Damaged(format="FLAC", **why("ID3 长度", "ID3 size"))
        try:
            tag, _ = id3.parse(data[at:stop])
        except Damaged:
            raise Damaged(format="FLAC", **why("ID3 标签", "ID3 tag")) from None
        yield Lead(Span(at, stop), tag)
        at = stop


def _blocks(data: Buffer, at: int) -> Iterator[Block]:
    """The metadata blocks from `at` to the one that says it is the last."""
    for _ in range(MOST_PARTS):
        head = data[at : at + 4]
        start, stop = at + 4, at + 4 + int.from_bytes(head[1:], "big")
        if len(head) < 4 or stop > len(data) or head[0] & ~_LAST == _INVALID:
            raise Damaged(format="FLAC", **why("元数据块长度", "block length"))
        yield Block(head[0] & ~_LAST, Span(start, stop))
        if head[0] & _LAST:
            return
        at = stop
    raise Damaged(format="FLAC", **why("元数据块太多", "too many blocks"))


def _stop(block: Block) -> int:
    assert isinstance(block.body, Span)
    return block.body.stop


def _check(data: Buffer, blocks: list[Block], at: int) -> None:
    # RFC 9639 8.1: the stream's own description is the first block, and 34 bytes long.
    if blocks[0].kind != STREAMINFO or len(blocks[0].body) != 34:
        raise Damaged(format="FLAC", **why("流信息块", "STREAMINFO"))
    flac_frame.check_end(data, Span(at, len(data)), body(data, blocks[0]))


def body(data: Buffer, block: Block) -> bytes:
    """The bytes of a block, which are 16 MiB at most."""
    return block.body if isinstance(block.body, bytes) else data[block.body.start : block.body.stop]


def build(leads: Iterable[bytes | Span], blocks: Sequence[Block], sound: Span) -> Pieces:
    """The file made of tags, blocks and frames; no block longer than `LONGEST`."""
    pieces: list[bytes | Span] = [*leads, SIGNATURE]
    for index, block in enumerate(blocks):
        pieces.extend(block.encoded(last=index == len(blocks) - 1))
    return (*pieces, sound)


def depth(data: Buffer) -> int:
    """Bits a sample (RFC 9639 8.2)."""
    info = body(data, parse(data).blocks[0])
    return (int.from_bytes(info[12:14], "big") >> 4 & 31) + 1


def coded(data: Buffer) -> Pieces:
    """The sound without a word about it; a stream that does not know its length is told."""
    container = parse(data)
    info = flac_frame.measured(data, container.sound, body(data, container.blocks[0]))
    return build((), (Block(STREAMINFO, info),), container.sound)


def splice(original: Buffer, encoded: bytes) -> bytes:
    """The newly `encoded` sound among the tags and blocks of the `original`, which stay bit for bit.

    But for its seek table, which no longer fits: it is optional (RFC 9639 8.5), and a player finds its way without.
    """
    old, new = parse(original), parse(encoded)
    kept = [Block(one.kind, body(original, one)) for one in old.blocks if one.kind not in {STREAMINFO, SEEKTABLE}]
    leads = [original[lead.place.start : lead.place.stop] for lead in old.leads]
    tail = original[max(old.sound.start, len(original) - flac_frame.ID3V1) : len(original)]
    pieces = build(leads, [_information(encoded, new), *kept], new.sound)
    return joined(encoded, (*pieces, tail) if tail[:3] == b"TAG" else pieces)


def renew(encoded: bytes) -> bytes:
    """The newly `encoded` sound alone."""
    container = parse(encoded)
    return joined(encoded, build((), (_information(encoded, container),), container.sound))


def _information(data: bytes, container: Container) -> Block:
    return Block(STREAMINFO, body(data, container.blocks[0]))

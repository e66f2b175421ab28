"""Ogg with one sound in it (RFC 3533): Vorbis, Opus (RFC 7845), FLAC (RFC 9639 10.1) or Speex.

Of chained or multiplexed streams each would need a label of its own, so these are refused. The second packet of a
stream is its comment; the pages of the header are laid anew, as many as they were, so that no later page changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sealmark.errors import why
from sealmark.media.audio import ogg_page, vorbis_comment
from sealmark.media.audio.ogg_page import Page
from sealmark.media.audio.vorbis_comment import Comment
from sealmark.media.errors import Damaged, MediaError, MetadataOverLimit, SeveralStreams, intact
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer, Pieces, Span, joined

# Bytes of header pages in all: cover pictures are in them.
LONGEST = 1 << 24
MOST_PAGES = 1 << 14
# RFC 9639 8.1: the first bit of a metadata block says that it is the last; type 4 is the comment.
_LAST_BLOCK, _COMMENT_BLOCK = 0x80, 4
# The Speex manual, table 7.1: where its header says how many packets stand between comment and sound.
_SPEEX_EXTRA = 68


@dataclass(frozen=True, slots=True)
class Codec:
    """What is in the pages: how its first packet and its comment packet begin, and how many packets the header has.

    `packets` counts them from the comment on; FLAC has none given, since its last one says so.
    """

    name: str
    first: bytes
    comment: bytes
    packets: int = 0


# Vorbis I 4.2.1; RFC 7845 5; RFC 9639 10.1; the Speex manual 7.
_VORBIS = Codec("Vorbis", b"\x01vorbis", b"\x03vorbis", 2)
_OPUS = Codec("Opus", b"OpusHead", b"OpusTags", 1)
_FLAC = Codec("FLAC", b"\x7fFLAC", b"")
_SPEEX = Codec("Speex", b"Speex   ", b"", 1)
_CODECS = (_VORBIS, _OPUS, _FLAC, _SPEEX)
# Those that libsndfile encodes.
ENCODED = frozenset((_VORBIS, _OPUS))
# Vorbis I 5.2.1: no vendor, no fields, and the bit that ends it; others take that for padding (RFC 7845 5.2).
_FRAMING = b"\x01"
_EMPTY = Comment(b"", (), _FRAMING).encoded()
# Vorbis I 4.2.2: where the first packet says how many bits a second are wanted.
_NOMINAL = 20


@dataclass(frozen=True, slots=True)
class Container:
    """The codec, the header's pages behind the first, and the packets on them: the comment, then others."""

    codec: Codec
    pages: tuple[Page, ...] = ()
    packets: tuple[bytes, ...] = ()


def _codec(data: Buffer) -> Codec | None:
    """What the first page of a stream holds."""
    head = data[: ogg_page.HEADER + ogg_page.SEGMENTS + 8]
    if head[:5] != ogg_page.CAPTURE + b"\x00" or len(head) < ogg_page.HEADER or not head[5] & ogg_page.FIRST:
        return None
    return next((one for one in _CODECS if head.startswith(one.first, ogg_page.HEADER + head[26])), None)


def _is_ogg(data: bytes) -> bool:
    return _codec(data) not in {None, _OPUS}


def _is_opus(data: bytes) -> bool:
    return _codec(data) == _OPUS


FORMAT = Format(
    "ogg", "audio", ("audio/ogg", "application/ogg", "audio/vorbis"), ("ogg", "oga", "spx"), _is_ogg, mapped=True
)
# RFC 7845 9: Opus in Ogg may also be called Ogg.
OPUS = Format("opus", "audio", ("audio/opus",), ("opus",), _is_opus, mapped=True, within="ogg")


def parse(data: Buffer) -> Container:
    """The header of an Ogg file.

    Raises `Damaged`, also where the last page is not whole, `SeveralStreams` and `MetadataOverLimit`.
    """
    return intact(remains(data))


def remains(data: Buffer) -> tuple[Container, MediaError | None]:
    """The header packets that stand, also of a damaged file, and the first thing that is wrong with it."""
    codec = _codec(data)
    if codec is None:
        return Container(_VORBIS), Damaged(format="Ogg", **why("首页", "first page"))
    header = _Header(codec, codec.packets)
    damage = None
    try:
        header.packets_wanted += _extra(data, codec)
        for page in _pages(data):
            header.add(page, data[page.body.start : page.body.stop])
            if header.complete:
                break
        if ogg_page.last(data, header.pages[-1].place.start).serial != header.pages[-1].serial:
            raise SeveralStreams(format="Ogg")
    except (Damaged, SeveralStreams, MetadataOverLimit) as error:
        damage = error
    return Container(codec, tuple(header.pages), header.packets_left()), damage


@dataclass(slots=True)
class _Header:
    """The header as far as it was read."""

    codec: Codec
    packets_wanted: int
    pages: list[Page] = field(default_factory=list)
    packets: list[bytes] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    complete: bool = False

    def add(self, page: Page, body: bytes) -> None:
        """Take the segments of the next page; raises `Damaged` where sound begins on a page of the header."""
        at = 0
        for length in page.lacing:
            if self.complete or len(self.packets) > MOST_PARTS:
                raise Damaged(format="Ogg", **why("文件头不在页末结束", "header does not end with a page"))
            self.parts.append(body[at : at + length])
            at += length
            if length < ogg_page.SEGMENT:
                self._end_packet()
        self.pages.append(page)

    def _end_packet(self) -> None:
        packet = b"".join(self.parts)
        self.parts.clear()
        self.packets.append(packet)
        is_last = self.codec == _FLAC and bool(packet) and bool(packet[0] & _LAST_BLOCK)
        self.complete = is_last or len(self.packets) == self.packets_wanted

    def packets_left(self) -> tuple[bytes, ...]:
        """The packets, and what there is of a comment that breaks off."""
        return tuple(self.packets) or (b"".join(self.parts),)


def _extra(data: Buffer, codec: Codec) -> int:
    """How many packets of its own a Speex header announces."""
    start = ogg_page.read(data, 0).body.start + _SPEEX_EXTRA
    return int.from_bytes(data[start : start + 4], "little") if codec == _SPEEX else 0


def _pages(data: Buffer) -> Iterator[Page]:
    """The pages behind the first, with nothing of another stream between them."""
    first = ogg_page.checked(data, 0)
    at, most = first.place.stop, first.place.stop + LONGEST
    for sequence in range(first.sequence + 1, first.sequence + MOST_PAGES):
        page = ogg_page.read(data, at)
        if page.serial != first.serial or page.flags & ogg_page.FIRST:
            raise SeveralStreams(format="Ogg")
        if page.sequence != sequence or page.position not in {ogg_page.START, ogg_page.NOWHERE}:
            raise Damaged(format="Ogg", **why("文件头各页", "pages of the header"))
        if page.place.stop > most:
            raise MetadataOverLimit(place="Ogg", **why("文件头过长", "header too long"))
        yield ogg_page.checked(data, at)
        at = page.place.stop
    raise Damaged(format="Ogg", **why("文件头页数过多", "too many pages in the header"))


def comment(container: Container) -> bytes:
    """The Vorbis comment in the second packet; raises `Damaged` where that is another one."""
    packet = container.packets[0]
    if container.codec != _FLAC and packet.startswith(container.codec.comment):
        return packet[len(container.codec.comment) :]
    if container.codec == _FLAC and packet[:1] and packet[0] & ~_LAST_BLOCK == _COMMENT_BLOCK:
        return packet[4:]
    raise Damaged(format="Ogg", **why("注释包", "comment packet"))


def build(data: Buffer, container: Container, comment: bytes) -> Pieces:
    """The file with another comment, all other packets as they are; raises `MetadataOverLimit` for one too long.

    Later pages stay as they are, and only where the header needs more pages are they numbered anew.
    """
    head = container.codec.comment
    if container.codec == _FLAC:  # a block's length has 24 bits; what has no room in them is too long below
        head = container.packets[0][:1] + min(len(comment), LONGEST - 1).to_bytes(3, "big")
    pages = ogg_page.laid((head + comment, *container.packets[1:]), container.pages)
    if sum(map(len, pages)) > LONGEST:
        raise MetadataOverLimit(place="Ogg", **why("文件头过长", "header too long"))
    start, stop = container.pages[0].place.start, container.pages[-1].place.stop
    shift = len(pages) - len(container.pages)
    rest = ogg_page.renumbered(data, stop, shift) if shift else (Span(stop, len(data)),)
    return (Span(0, start), *pages, *rest)


def coded(data: Buffer, container: Container) -> Pieces:
    """The sound with an empty comment of the old one's length, so that no later page changes."""
    was = comment(container)
    return build(data, container, _EMPTY + bytes(max(0, len(was) - len(_EMPTY))))


def nominal_rate(data: Buffer) -> int:
    """The bits a second that a Vorbis stream announces; 0 where it announces none or is another's."""
    start = ogg_page.read(data, 0).body.start + _NOMINAL
    rate = int.from_bytes(data[start : start + 4], "little", signed=True)
    return max(0, rate) if _codec(data) == _VORBIS else 0


def sound_size(data: Buffer) -> int:
    """The bytes of all pages behind the header."""
    return len(data) - parse(data).pages[-1].place.stop


def splice(original: Buffer, encoded: bytes) -> bytes:
    """The newly `encoded` sound with the comment of the `original`, bit for bit."""
    return joined(encoded, build(encoded, parse(encoded), comment(parse(original))))


def renew(encoded: bytes) -> bytes:
    """The newly `encoded` sound, whose comment names its encoder alone."""
    container = parse(encoded)
    vendor = vorbis_comment.parse(comment(container), "Ogg").vendor
    bare = Comment(vendor, (), _FRAMING if container.codec == _VORBIS else b"")
    return joined(encoded, build(encoded, container, bare.encoded()))

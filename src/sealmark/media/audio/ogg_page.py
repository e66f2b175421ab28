"""Pages of an Ogg stream: read, laid out, numbered anew (RFC 3533 section 6)."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from sealmark.errors import why
from sealmark.media.errors import Damaged, SeveralStreams
from sealmark.media.pieces import Buffer, Span

CAPTURE = b"OggS"
# RFC 3533 6: the flags of a page, and its layout.
CONTINUED, FIRST, LAST = 1, 2, 4
HEADER, _POSITION, _SERIAL, _SEQUENCE, _CHECKED = 27, 6, 14, 18, 22
SEGMENTS, SEGMENT = 255, 255
LONGEST = HEADER + SEGMENTS + SEGMENTS * SEGMENT
# The position of a page on which no packet ends, and of those of a header.
NOWHERE, START = b"\xff" * 8, bytes(8)
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its span, its flags, position, serial and number as stored, and its lacing values."""

    place: Span
    flags: int
    position: bytes
    serial: bytes
    sequence: int
    lacing: bytes

    @property
    def body(self) -> Span:
        """Where the segments lie."""
        return Span(self.place.start + HEADER + len(self.lacing), self.place.stop)


def read(data: Buffer, at: int) -> Page:
    """The page at `at`, by its header alone; raises `Damaged` where it is none or leaves the file."""
    head = data[at : at + HEADER]
    lacing = data[at + HEADER : at + HEADER + head[26]] if len(head) == HEADER else b""
    stop = at + HEADER + len(lacing) + sum(lacing)
    if len(head) < HEADER or head[:5] != CAPTURE + b"\x00" or len(lacing) < head[26] or stop > len(data):
        raise Damaged(format="Ogg", **why("页头", "page header"))
    sequence = int.from_bytes(head[_SEQUENCE:_CHECKED], "little")
    return Page(Span(at, stop), head[5], head[_POSITION:_SERIAL], head[_SERIAL:_SEQUENCE], sequence, lacing)


def checked(data: Buffer, at: int) -> Page:
    """As `read`; raises `Damaged` also where the check sum is wrong."""
    page = read(data, at)
    whole = data[page.place.start : page.place.stop]
    if sealed(whole) != whole:
        raise Damaged(format="Ogg", **why("页的校验和不符", "page CRC"))
    return page


def last(data: Buffer, start: int) -> Page:
    """The page that ends with the file, sought no farther back than `start`; raises `Damaged` where there is none."""
    start = max(start, len(data) - LONGEST)
    window = data[start : len(data)]
    at = window.rfind(CAPTURE)
    while at >= 0:
        page = _whole_end(window, at)
        if page is not None:
            return page
        at = window.rfind(CAPTURE, 0, at)
    raise Damaged(format="Ogg", **why("最后一页", "last page"))


def _whole_end(window: bytes, at: int) -> Page | None:
    try:
        return checked(window, at) if read(window, at).place.stop == len(window) else None
    except Damaged:
        return None


def lacing(packet: bytes) -> bytes:
    """The lengths of a packet's segments: the last one, and only it, is shorter than a full one."""
    return b"\xff" * (len(packet) // SEGMENT) + bytes((len(packet) % SEGMENT,))


def laid(packets: Sequence[bytes], pages: Sequence[Page]) -> tuple[bytes, ...]:
    """The header's packets on as many pages as they were on, evenly, or on more where they do not fit."""
    lengths, body = b"".join(map(lacing, packets)), b"".join(packets)
    most = max(-(-len(lengths) // SEGMENTS), min(len(pages), len(lengths)))
    bounds = [len(lengths) * index // most for index in range(most + 1)]
    ends = (0, *accumulate(lengths))
    made = []
    for index, (start, stop) in enumerate(pairwise(bounds)):
        flags = CONTINUED if start and lengths[start - 1] == SEGMENT else 0
        flags |= pages[-1].flags & LAST if index == most - 1 else 0
        sequence = pages[0].sequence + index
        made.append(_page(flags, pages[0].serial, sequence, lengths[start:stop], body[ends[start] : ends[stop]]))
    return tuple(made)


def _page(flags: int, serial: bytes, sequence: int, lengths: bytes, body: bytes) -> bytes:
    position = START if min(lengths) < SEGMENT else NOWHERE
    number = (sequence & 0xFFFFFFFF).to_bytes(4, "little")
    head = (CAPTURE, b"\x00", bytes((flags,)), position, serial, number, bytes(4), bytes((len(lengths),)), lengths)
    return sealed(b"".join((*head, body)))


def renumbered(data: Buffer, at: int, shift: int) -> Iterator[bytes | Span]:
    """The pages from `at` to the end with their numbers moved: eight new bytes a page, and no body is read.

    Raises `Damaged`, and `SeveralStreams` where a page of another stream comes.
    """
    serial, kept = read(data, at).serial if at < len(data) else b"", at
    while at < len(data):
        page = read(data, at)
        if page.serial != serial:
            raise SeveralStreams(format="Ogg")
        yield Span(kept, at + _SEQUENCE)
        yield _numbers(data, page, shift)
        kept, at = at + _CHECKED + 4, page.place.stop
    yield Span(kept, len(data))


def _numbers(data: Buffer, page: Page, shift: int) -> bytes:
    """Number and check sum; the sum is linear, so that the change of one follows from that of the other."""
    number = (page.sequence + shift) & 0xFFFFFFFF
    change = (number ^ page.sequence).to_bytes(4, "little")
    at = page.place.start + _CHECKED
    was = int.from_bytes(data[at : at + 4], "little")
    now = was ^ _crc(change + bytes(page.place.stop - at))
    return number.to_bytes(4, "little") + now.to_bytes(4, "little")


def sealed(whole: bytes) -> bytes:
    """A page with its true check sum."""
    blank = whole[:_CHECKED] + bytes(4) + whole[_CHECKED + 4 :]
    return blank[:_CHECKED] + _crc(blank).to_bytes(4, "little") + blank[_CHECKED + 4 :]


def _crc(data: bytes) -> int:
    """The CRC of polynomial 0x04C11DB7: zlib's mirrored, from zero and not inverted."""
    mirrored = zlib.crc32(data.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")

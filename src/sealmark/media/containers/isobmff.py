"""ISO base media files: boxes in boxes (ISO/IEC 14496-12), and the QuickTime movies that they come from (QTFF).

Boxes are found by their headers; a body is read only by who asks for it, so that a film of gigabytes costs little.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer

# All boxes of one file that are ever looked at: a film of hours in fragments of a second has about 100,000.
_MOST_BOXES = 4 * MOST_PARTS
_HEADER, _USER_TYPE = 8, 16
_ZEROS = frozenset(bytes(length) for length in range(1, _HEADER + 1))
# Brands of pictures and picture sequences (ISO/IEC 23008-12 clause 10, MIAF, AV1 image file format).
AVIF_BRANDS = frozenset((b"avif", b"avis"))
HEIF_BRANDS = AVIF_BRANDS | frozenset(
    (b"mif1", b"mif2", b"mif3", b"msf1", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
)
_QUICKTIME = b"qt  "
_AUDIO_BRANDS = frozenset((b"M4A ", b"M4B ", b"M4P "))
# Registered brands of movies (mp4ra.org), the numbered families by their first letters.
_MOVIE_BRANDS = (
    *(b"iso", b"mp4", b"3g", b"cmf", b"M4V", b"dash", b"avc1", b"hvc1", b"av01", b"msdh", b"msix", b"MSNV", b"mmp4"),
    *(b"f4v ", b"F4V ", b"piff", b"XAVC", b"dby1", b"cmaf", b"hlsf", b"isml", b"KDDI", b"MPPI"),
)


class Box(NamedTuple):
    """One box: `[start, stop)` in the file, its content from `body` on, and the box around it.

    `width` is that of its size field in bytes: 4, 8, or 0 where the box runs to the end of the file.
    """

    kind: bytes
    start: int
    body: int
    stop: int
    width: int
    parent: "Box | None" = None


def _brands(head: bytes) -> tuple[bytes, ...]:
    """The major brand and the compatible ones (ISO/IEC 14496-12, 4.3), or nothing where no `ftyp` begins the file."""
    size = int.from_bytes(head[:4], "big")
    if head[4:8] != b"ftyp" or size < 16:
        return ()
    stop = min(size, len(head) & ~3)
    return (head[8:12], *(head[at : at + 4] for at in range(16, stop, 4)))


def _is_bare_quicktime(head: bytes) -> bool:
    """Whether a QuickTime movie from before `ftyp` begins here; sizes of 2^24 and more are only those of `mdat`."""
    kind = head[4:8]
    return kind == b"mdat" or (head[:1] == b"\x00" and kind in {b"moov", b"wide", b"free", b"skip", b"pnot"})


def _is_movie(head: bytes) -> bool:
    """Whether it is any ISO base media file for sound or pictures that move."""
    brands = _brands(head)
    if not brands:
        return _is_bare_quicktime(head)
    if brands[0] in HEIF_BRANDS:
        return False
    return any(one in _AUDIO_BRANDS or one == _QUICKTIME or one.startswith(_MOVIE_BRANDS) for one in brands)


def is_mov(head: bytes) -> bool:
    """Whether the major brand is QuickTime's, or there is none."""
    return _is_movie(head) and _brands(head)[:1] in {(), (_QUICKTIME,)}


def is_mp4(head: bytes) -> bool:
    """Whether it is a movie other than one of the audio brands; QuickTime files stand before it in the registry."""
    return _is_movie(head) and _brands(head)[:1] not in {(brand,) for brand in _AUDIO_BRANDS}


def is_avif(data: bytes) -> bool:
    """Whether it is a picture, of AV1."""
    brands = _brands(data[:4096])
    return brands[:1] != () and brands[0] in HEIF_BRANDS and not AVIF_BRANDS.isdisjoint(brands)


def is_heif(data: bytes) -> bool:
    """Whether it is a picture in HEIF, mostly of HEVC."""
    return _brands(data[:4096])[:1] in {(brand,) for brand in HEIF_BRANDS} and not is_avif(data)


# In the order of sniffing: many sound files and some QuickTime ones bear a plain brand of MP4 under another name.
MOV = Format("mov", "video", ("video/quicktime",), ("mov", "qt"), is_mov, mapped=True)
MP4 = Format("mp4", "video", ("video/mp4", "application/mp4"), ("mp4", "m4v"), is_mp4, mapped=True)
M4A = Format("m4a", "audio", ("audio/mp4", "audio/x-m4a"), ("m4a", "m4b"), _is_movie, mapped=True)


class BoxReader:
    """Finds boxes in a file, whole or not: `damage` is the first thing that was wrong with what was looked at.

    It never raises; a box that leaves the one around it ends with that one.
    """

    def __init__(self, data: Buffer, name: str) -> None:
        self.data = data
        self.name = name
        self.damage: Damaged | None = None
        self.cut = set[int]()  # where boxes begin that are not whole
        self._left = _MOST_BOXES

    def wrong(self, reason: dict[str, str]) -> None:
        """Remember what is wrong, in both languages, unless something was before."""
        self.damage = self.damage or Damaged(format=self.name, **reason)

    def top(self) -> tuple[Box, ...]:
        """The boxes of the file itself."""
        return tuple(self._boxes(0, len(self.data), None))

    def children(self, box: Box, skip: int = 0) -> tuple[Box, ...]:
        """The boxes in a box, behind `skip` bytes of fields of its own."""
        return tuple(self._boxes(min(box.body + skip, box.stop), box.stop, box))

    def meta_children(self, box: Box) -> tuple[Box, ...]:
        """The boxes in a `meta` box; QuickTime's has no version and flags before them."""
        is_plain = self.data[box.body + 4 : box.body + 8] == b"hdlr"
        return self.children(box, 0 if is_plain else 4)

    def within(self, box: Box, *kinds: bytes) -> Iterator[Box]:
        """Every box on a path of kinds below a box."""
        kind, *deeper = kinds
        for child in self._boxes(box.body, box.stop, box):
            if child.kind == kind:
                if deeper:
                    yield from self.within(child, *deeper)
                else:
                    yield child

    def number(self, at: int, width: int = 4) -> int:
        """An unsigned number at an offset; bytes that are missing at the end of the file count as nothing."""
        return int.from_bytes(self.data[at : at + width], "big")

    def _boxes(self, at: int, end: int, parent: Box | None) -> Iterator[Box]:
        while at < end:
            self._left -= 1
            if self._left < 0:
                self.wrong(why("盒子太多", "too many boxes"))
                return
            box = self._box(at, end, parent)
            if box is None:
                return
            yield box
            at = box.stop

    def _box(self, at: int, end: int, parent: Box | None) -> Box | None:
        """The box at `at`, cut off where the one around it ends (ISO/IEC 14496-12, 4.2)."""
        head = self.data[at : at + 16 if end - at > 16 else end]
        if parent is not None and head[:_HEADER] in _ZEROS:
            return None  # QTFF, User Data Atoms: a list may end with a 32-bit zero; some writers pad with more
        size, kind, body, width = int.from_bytes(head[:4], "big"), head[4:8], at + _HEADER, 4
        if size == 1:
            size, body, width = int.from_bytes(head[8:], "big"), at + 16, 8
        elif size == 0 and parent is None:
            size, width = end - at, 0
        if kind == b"uuid":
            body += _USER_TYPE
        stop = at + size
        if stop < body or len(kind) < 4:
            self.wrong(why("盒子头", "box header"))
            return None
        if stop > end:
            self.wrong(why("盒子长度超出范围", "box size"))
            self.cut.add(at)
            return Box(kind, at, min(body, end), end, width, parent)
        return Box(kind, at, body, stop, width, parent)


def user_type(data: Buffer, box: Box) -> bytes:
    """The sixteen bytes that name a `uuid` box."""
    return data[box.body - _USER_TYPE : box.body]


def encoded(kind: bytes, *parts: bytes) -> bytes:
    """A box with this content."""
    body = b"".join(parts)
    return (len(body) + _HEADER).to_bytes(4, "big") + kind + body

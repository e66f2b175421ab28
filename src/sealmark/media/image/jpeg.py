"""JPEG: marker segments, then entropy-coded scans (ITU-T T.81, annex B)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format
from sealmark.media.image import exif
from sealmark.media.limits import MOST_PARTS

SOI, EOI, SOS, APP0, APP1, APP2, APP14, COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
# T.81 B.1.1.3: start-of-frame markers; C4, C8 and CC in that range are others.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# T.81 B.1.1.4: the length counts its own two bytes.
LONGEST = 0xFFFF - 2
# ICC.1 B.4: how a part of a profile begins; its number and the number of parts follow.
_PROFILE = b"ICC_PROFILE\x00"
_NUMBERED = len(_PROFILE) + 1
# Within a scan FF 00 is a stuffed byte and FF D0 to FF D7 are restarts; everything else is a marker.
_FILL = re.compile(rb"\xff++")
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker with its body, without marker and length."""

    marker: int
    body: bytes

    def encoded(self) -> bytes:
        """Marker, length and body."""
        return b"".join((bytes((0xFF, self.marker)), (len(self.body) + 2).to_bytes(2, "big"), self.body))


@dataclass(frozen=True, slots=True)
class Container:
    """The segments before the first scan, the scans up to EOI, and whatever bytes stand after."""

    segments: tuple[Segment, ...]
    scans: bytes
    tail: bytes = b""


def is_jpeg(data: bytes) -> bool:
    """Whether the bytes begin as a JPEG does: SOI and another marker."""
    return data[:3] == b"\xff\xd8\xff"


FORMAT = Format("jpeg", "image", ("image/jpeg", "image/jpg", "image/pjpeg"), ("jpg", "jpeg", "jfif"), is_jpeg)


def parse(data: bytes) -> Container:
    """Split a JPEG at its first scan and at EOI; raises `Damaged` when either is missing or a segment is cut."""
    return intact(remains(data))


def remains(data: bytes) -> tuple[Container, Damaged | None]:
    """The segments that stand whole, also of a damaged file, and the first thing that is wrong with it."""
    segments: list[Segment] = []
    at = 2
    try:
        for segment, behind in _segments(data):
            segments.append(segment)
            at = behind
        end = _end_of_image(data, at)
    except Damaged as error:
        return Container(tuple(segments), data[at:]), error
    return Container(tuple(segments), data[at:end], data[end:]), None


def _segments(data: bytes) -> Iterator[tuple[Segment, int]]:
    """The segments up to SOS, each with the offset behind it."""
    if not is_jpeg(data):
        raise Damaged(format="JPEG", **why("缺少图像开始标记 SOI", "no SOI"))
    at = 2
    for _ in range(MOST_PARTS):
        marker, body = _marker(data, at)
        if marker == SOS:
            return
        end = body + int.from_bytes(data[body : body + 2], "big")
        yield Segment(marker, data[body + 2 : end]), end
        at = end
    raise Damaged(format="JPEG", **why("段太多", "too many segments"))


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at `at` (fill bytes skipped) and the offset of its length; the segment lies whole in the data."""
    filled = _FILL.match(data, at)
    if filled is None:
        raise Damaged(format="JPEG", **why("段标记", "marker"))
    at = filled.end() - 1
    body = at + 2
    length = int.from_bytes(data[body : body + 2], "big")
    if body + 2 > len(data) or length < 2 or body + length > len(data) or not 0xC0 <= data[at + 1] <= 0xFE:
        raise Damaged(format="JPEG", **why("段长度", "segment"))
    return data[at + 1], body


def _end_of_image(data: bytes, at: int) -> int:
    """The offset behind EOI, going from marker to marker through all scans."""
    for _ in range(MOST_PARTS):
        _, body = _marker(data, at)
        found = _NEXT_MARKER.search(data, body + int.from_bytes(data[body : body + 2], "big"))
        if found is None:
            raise Damaged(format="JPEG", **why("缺少图像结束标记 EOI", "no EOI"))
        at = found.start()
        if data[at + 1] == EOI:
            return at + 2
    raise Damaged(format="JPEG", **why("扫描太多", "too many scans"))


def build(container: Container) -> bytes:
    """The bytes of a JPEG; `build(parse(data)) == data` but for fill bytes between segments."""
    parts = (segment.encoded() for segment in container.segments)
    return b"".join((b"\xff\xd8", *parts, container.scans, container.tail))


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the first frame header."""
    for segment, _ in _segments(data):
        if segment.marker in FRAMES and len(segment.body) >= 6:
            height = int.from_bytes(segment.body[1:3], "big")
            width = int.from_bytes(segment.body[3:5], "big")
            if width and height:
                return width, height
            break
    raise Damaged(format="JPEG", **why("缺少帧头 SOF", "no SOF"))


def is_moving(_data: bytes) -> bool:
    """JPEG has no animation."""
    return False


def is_deep(_data: bytes) -> bool:
    """Decoded JPEG samples have eight bits."""
    return False


def is_lossless(_data: bytes) -> bool:
    """JPEG loses."""
    return False


def has_alpha(_data: bytes) -> bool:
    """JPEG has no transparency."""
    return False


def is_exif(segment: Segment) -> bool:
    """Whether a segment holds an EXIF block."""
    return segment.marker == APP1 and segment.body.startswith(exif.PREFIX)


def exif_block(data: bytes) -> bytes:
    """The first EXIF block, or nothing."""
    return next((segment.body for segment in parse(data).segments if is_exif(segment)), b"")


def splice(original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` scans among the metadata segments of the `original`, which stay bit for bit.

    What follows the picture (a second image, a film) and the index that points at it are left out:
    they would hold an unmarked copy.
    """
    old = parse(original).segments
    new = parse(encoded)
    kept = tuple(segment for segment in old if is_metadata(segment) and not _is_index(segment))
    jfif = any(is_jfif(segment) for segment in kept)
    own = tuple(s for s in new.segments if not is_metadata(s) or (is_jfif(s) and not jfif))
    return build(Container((*kept, *own), new.scans))


def renew(_original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` scans alone, with nothing of the original but what the encoder took from it."""
    new = parse(encoded)
    return build(Container(tuple(s for s in new.segments if is_jfif(s) or not is_metadata(s)), new.scans))


def profile(data: bytes) -> bytes:
    """The ICC profile, or nothing (ICC.1 B.4: parts in APP2, each numbered)."""
    parts = [s.body for s in parse(data).segments if s.marker == APP2 and s.body.startswith(_PROFILE)]
    return b"".join(part[len(_PROFILE) + 2 :] for part in sorted(parts, key=lambda part: part[:_NUMBERED]))


def is_metadata(segment: Segment) -> bool:
    """Whether a segment speaks about the picture and is no part of its coding."""
    # APP14 (Adobe) says how the scans code colour, so it belongs to the pixels.
    return segment.marker == COM or (APP0 <= segment.marker <= 0xEF and segment.marker != APP14)


def _is_index(segment: Segment) -> bool:
    """Whether a segment points at further pictures behind this one (CIPA DC-007)."""
    return segment.marker == APP2 and segment.body.startswith(b"MPF\x00")


def is_jfif(segment: Segment) -> bool:
    """Whether a segment is the JFIF header."""
    return segment.marker == APP0 and segment.body.startswith(b"JFIF\x00")

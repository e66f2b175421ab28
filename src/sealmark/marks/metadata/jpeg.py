"""JPEG: APP1 with an XMP packet; alternative read: EXIF UserComment (guide 20259A)."""

from collections.abc import Iterator

from sealmark.marks.errors import NoRoom
from sealmark.marks.label import Label
from sealmark.marks.metadata import comment, xmp
from sealmark.marks.metadata.found import Found, Remains, gathered, whole
from sealmark.media.image import jpeg
from sealmark.media.image.jpeg import APP0, APP1, Container, Segment

# XMP specification part 3, 1.1.3: the name that tells an XMP segment from an EXIF one.
XMP_NAME = b"http://ns.adobe.com/xap/1.0/\x00"
_PLACE = "JPEG APP1 XMP"


def remains(data: bytes) -> Remains:
    """Every label in a JPEG, whole or not."""
    container, damage = jpeg.remains(data)
    return gathered(filter(_is_place, container.segments), _read, damage, container.tail)


def _is_place(segment: Segment) -> bool:
    return _is_xmp(segment) or jpeg.is_exif(segment)


def _read(segment: Segment) -> Iterator[Found]:
    if _is_xmp(segment):
        yield from xmp.read(segment.body[len(XMP_NAME) :], _PLACE)
    else:
        yield from comment.read(segment.body)


def write(data: bytes, label: Label) -> bytes:
    """The JPEG with this label as its one label; every other segment stays bit for bit."""
    container = jpeg.parse(data)
    segments = [_superseded(segment) for segment in container.segments]
    packets = [index for index, segment in enumerate(segments) if _is_xmp(segment)]
    for index in packets[1:]:
        segments[index] = _packet(xmp.without(_body(segments[index]), _PLACE))
    if packets:
        segments[packets[0]] = _packet(xmp.write(_body(segments[packets[0]]), label, _PLACE))
    else:
        segments.insert(_opening(segments), _packet(xmp.write(None, label, _PLACE)))
    return jpeg.build(Container(tuple(segments), container.scans, container.tail))


def _superseded(segment: Segment) -> Segment:
    if not jpeg.is_exif(segment):
        return segment
    return Segment(segment.marker, comment.superseded(segment.body))


def _packet(packet: bytes) -> Segment:
    body = XMP_NAME + packet
    if len(body) > jpeg.LONGEST:
        body = XMP_NAME + xmp.tightened(packet)
    if len(body) > jpeg.LONGEST:
        raise NoRoom(place=_PLACE)
    return Segment(APP1, body)


def _opening(segments: list[Segment]) -> int:
    """Behind JFIF and EXIF, which readers expect first, and before all that points forward in the file."""
    count = 0
    while count < len(segments) and (segments[count].marker == APP0 or jpeg.is_exif(segments[count])):
        count += 1
    return count


def _is_xmp(segment: Segment) -> bool:
    return segment.marker == APP1 and segment.body.startswith(XMP_NAME)


def _body(segment: Segment) -> bytes:
    return segment.body[len(XMP_NAME) :]


CARRIER = whole("jpeg", remains, write)

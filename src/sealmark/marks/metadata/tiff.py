"""TIFF: tag 700 of the first directory, type UNDEFINED; alternative read: EXIF UserComment (guide 20259A)."""

from collections.abc import Iterator
from functools import partial

from sealmark.marks.errors import NoRoom
from sealmark.marks.label import Label
from sealmark.marks.metadata import comment, xmp
from sealmark.marks.metadata.found import Found, Remains, gathered, whole
from sealmark.media.image import exif, tiff
from sealmark.media.image.tiff import Container
from sealmark.media.pieces import Span

_COMMENT = -1


def remains(data: bytes) -> Remains:
    """Every label in a TIFF, whole or not."""
    container, damage = tiff.remains(data)
    return gathered(_parts(data, container), partial(_read, data, container), damage)


def _parts(data: bytes, container: Container) -> list[tuple[int, Span]]:
    """The packets, each with its page, and the user comment."""
    comment_place = tiff.user_comment(data, container)
    packets = [(number, span) for number, span in _packets(container) if not number or _is_labelled(data, span)]
    return [*packets, *([(_COMMENT, comment_place)] if comment_place else [])]


def _packets(container: Container) -> list[tuple[int, Span]]:
    """Where each packet lies, with the first page that has it; pages may share one."""
    places: dict[Span, int] = {}
    for number, page in enumerate(container.pages):
        for entry in page.entries:
            if entry.tag == tiff.XMP:
                places.setdefault(entry.value, number)
    return [(number, span) for span, number in places.items()]


def _is_labelled(data: bytes, span: Span) -> bool:
    """Whether a look into the packet of a later page is worth its time."""
    return b"AIGC" in data[span.start : span.stop].replace(b"\x00", b"")


def _read(data: bytes, container: Container, part: tuple[int, Span]) -> Iterator[Found]:
    number, span = part
    value = data[span.start : span.stop]
    if number == _COMMENT:
        yield from comment.labels(exif.text(value, container.layout.order))
    else:
        yield from xmp.read(value, f"TIFF IFD{number} 700 XMP", main=number == 0)


def write(data: bytes, label: Label) -> bytes:
    """The TIFF with this label as its one label; every offset stays true, and with it all other entries and pages."""
    container = tiff.parse(data)
    first = container.pages[0].find(tiff.XMP)
    old = data[first.value.start : first.value.stop] if first else None
    packet = xmp.write(old, label, "TIFF IFD0 700 XMP")
    try:
        return tiff.appended(_superseded(data, container), container, packet)
    except OverflowError:
        raise NoRoom(place="TIFF IFD0") from None


def _superseded(data: bytes, container: Container) -> bytes:
    """The file with its other labels emptied in place, also that of the packet which the new one replaces."""
    labelled = [part for part in _parts(data, container) if any(_read(data, container, part))]
    if not labelled:
        return data
    kept = bytearray(data)
    for number, span in labelled:
        value = data[span.start : span.stop]
        empty = bytes(len(value)) if number == _COMMENT else xmp.without(value, f"TIFF IFD{number} 700 XMP")
        kept[span.start : span.stop] = _filled(empty, len(span))
    return bytes(kept)


def _filled(packet: bytes, length: int) -> bytes:
    """A packet as long as it was: XML allows blanks behind its end."""
    if len(packet) > length:  # it was in another coding than UTF-8
        raise NoRoom(place="TIFF XMP")
    return packet.ljust(length)


CARRIER = whole("tiff", remains, write)

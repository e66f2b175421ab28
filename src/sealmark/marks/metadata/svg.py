"""SVG: an XMP packet in `metadata`, where XMP stands in SVG (ISO 16684-3; the guides: XMP for other formats)."""

from collections.abc import Iterator

from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.marks.metadata.found import Found, Remains, gathered, whole
from sealmark.media.image import svg
from sealmark.media.image.svg import Document, Metadata

_PLACE = "SVG metadata TC260:AIGC"


def remains(data: bytes) -> Remains:
    """Every label in an SVG, whole or not."""
    document, damage = svg.remains(data)
    places = [one for one in document.metadata if _may_hold(data, one)] if document else []
    return gathered(places, lambda one: _read(data, one), damage)


def _may_hold(data: bytes, one: Metadata) -> bool:
    return data.find(xmp.NAME.encode(), one.start, one.stop) >= 0


def _read(data: bytes, one: Metadata) -> Iterator[Found]:
    return xmp.read(b"".join(one.standing(data)), _PLACE, main=_is_packet(data, one))


def _is_packet(data: bytes, one: Metadata) -> bool:
    """Whether an element is where readers of XMP look: a packet that describes the whole picture."""
    return one.topmost and data.find(b"adobe:ns:meta/", one.start, one.stop) >= 0


def write(data: bytes, label: Label) -> bytes:
    """The SVG with this label as its one label; every other byte stays as it is."""
    document = svg.parse(data)
    packet = next((one for one in document.metadata if _is_packet(data, one)), None)
    parts, at = [], 0
    for one in document.metadata:
        if one is packet or _may_hold(data, one):
            parts += [data[at : one.start], _edited(data, one, label if one is packet else None)]
            at = one.stop
    written = b"".join((*parts, data[at:]))
    return written if packet else _inserted(document, written, label)


def _edited(data: bytes, one: Metadata, label: Label | None) -> bytes:
    """The element with this label in its packet, or with none."""
    before, element, behind = one.standing(data)
    whole_ = before + element + behind
    edited = xmp.write(whole_, label, _PLACE) if label else xmp.without(whole_, _PLACE)
    return edited[len(before) : len(edited) - len(behind)]


def _inserted(document: Document, written: bytes, label: Label) -> bytes:
    """A metadata element of our own as the first in the root, under the root's own prefix."""
    start, stop = document.root
    tag = written[start:stop]
    name = tag[1:].split(None, 1)[0].rstrip(b"/>")
    prefix = name[: -len(b"svg")]
    element = b"<" + prefix + b"metadata>" + xmp.write(None, label, _PLACE) + b"</" + prefix + b"metadata>"
    if tag.endswith(b"/>"):
        return written[:start] + tag[:-2] + b">" + element + b"</" + name + b">" + written[stop:]
    return written[:stop] + element + written[stop:]


CARRIER = whole("svg", remains, write)

"""FLV: `AIGC` in the script tag `onMetaData` (guide 20257A); alternative read: XMP in `onXMPData`."""

from collections.abc import Iterator

from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.marks.metadata.found import Carrier, Found, Remains, found, gathered
from sealmark.media.pieces import Buffer, Pieces
from sealmark.media.video import amf, flv
from sealmark.media.video.amf import Property
from sealmark.media.video.flv import Tag

NAME = "AIGC"
_PLACE, _XMP_PLACE = "FLV script.onMetaData AIGC", "FLV script.onXMPData liveXML"
# onMetaData belongs to the head of a file; readers look for it before the first frames.
_HEAD_TAGS = 16


def remains(data: Buffer) -> Remains:
    """Every label in an FLV, whole or not."""
    container, damage = flv.remains(data)
    places = (tag for tag in container.scripts if NAME.encode() in data[tag.body : tag.stop].upper())
    return gathered(places, lambda tag: _read(data[tag.body : tag.stop]), damage)


def _read(body: bytes) -> Iterator[Found]:
    if body.startswith(flv.XMP):
        for one in _packets(body):
            yield from xmp.read((amf.text(body, one.value) or "").encode(), _XMP_PLACE, main=False)
        return
    for one in _labels(body):
        yield found(amf.text(body, one.value) or "", _PLACE, main=True)


def _labels(body: bytes) -> list[Property]:
    """The properties of onMetaData that are a label; its readers do not mind the case."""
    return [one for one in _properties(body, flv.METADATA) if one.name.upper() == NAME]


def _packets(body: bytes) -> list[Property]:
    """The XMP packets (XMP specification part 3, FLV)."""
    strings = {amf.STRING, amf.LONG_STRING}
    return [one for one in _properties(body, flv.XMP) if one.name == "liveXML" and body[one.value] in strings]


def _properties(body: bytes, name: bytes) -> list[Property]:
    return list(amf.properties(body, len(name))) if amf.holds_properties(body, len(name)) else []


def edit(data: Buffer, label: Label) -> Pieces:
    """The FLV with this label as its one label; every other value, and every tag of sound and picture, stays."""
    container = flv.parse(data)
    home = next((tag for tag in container.scripts if _is_home(data, tag)), None)
    bodies = {tag.start: _body(data[tag.body : tag.stop], label if tag is home else None) for tag in container.scripts}
    return flv.edited(data, container, bodies, b"" if home else _new(label))


def _is_home(data: Buffer, tag: Tag) -> bool:
    """Whether this is an onMetaData in the head that can hold properties."""
    body = data[tag.body : tag.stop]
    return tag.number < _HEAD_TAGS and body.startswith(flv.METADATA) and amf.holds_properties(body, len(flv.METADATA))


def _new(label: Label) -> bytes:
    """An onMetaData with the label alone."""
    head = flv.METADATA + bytes((amf.ECMA_ARRAY, 0, 0, 0, 1))
    return head + amf.encoded_property(NAME, label.inner()) + b"\x00\x00\x09"


def _body(body: bytes, label: Label | None) -> bytes:
    """The body of a script tag without the labels in it, and with this one as its last property."""
    if label is None and NAME.encode() not in body.upper():
        return body
    if body.startswith(flv.XMP):
        return _without_packet_labels(body)
    labels = _labels(body)
    if label is None and not labels:
        return body
    at = len(flv.METADATA)
    end = amf.closing(body, at)
    new = amf.encoded_property(NAME, label.inner()) if label else b""
    text = body[:end] + new + body[end:]
    for one in reversed(labels):
        text = text[: one.start] + text[one.stop :]
    return _counted(text, at, bool(label) - len(labels))


def _counted(body: bytes, at: int, more: int) -> bytes:
    """An ECMA array with a count (AMF 0, 2.10: an approximate one) of so many more."""
    if body[at] != amf.ECMA_ARRAY:
        return body
    count = max(int.from_bytes(body[at + 1 : at + 5], "big") + more, 0) & 0xFFFFFFFF
    return body[: at + 1] + count.to_bytes(4, "big") + body[at + 5 :]


def _without_packet_labels(body: bytes) -> bytes:
    """onXMPData whose packet holds no label: the file's one label stands in onMetaData."""
    for one in reversed(_packets(body)):
        packet = (amf.text(body, one.value) or "").encode()
        new = amf.encoded_text(xmp.without(packet, _XMP_PLACE).decode())
        body = body[: one.value] + new + body[one.stop :]
    return body


CARRIER = Carrier("flv", remains, edit)

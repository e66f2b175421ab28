"""The label in an XMP packet (ISO 16684-1; TC260 practice guides, property `TC260:AIGC`).

A packet is edited where the label stands, and every other byte of it stays: other properties, their order,
comments and padding. A document type is refused, and with it every entity bomb.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat  # no document type is let through, see _refuse

from sealmark.errors import why
from sealmark.marks.errors import DamagedMetadata
from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Found, found
from sealmark.media.errors import MetadataOverLimit
from sealmark.media.text.markup import TAG

NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAME = "AIGC"
# Larger than any honest packet; JPEG allows 64 kB.
LONGEST = 4 * 1024 * 1024
DEEPEST = 200
MOST = 64
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# One attribute of a start tag: its name, and its value with the quotes. Both patterns take linear time.
_ATTRIBUTE = re.compile(rb"(?<=\s)([^\s=/>\"']++)\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+')")
_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'


@dataclass(frozen=True, slots=True)
class _Place:
    """One AIGC property: the span of the whole of it, its name as written, its value, and what form it has."""

    start: int
    end: int
    name: bytes
    value: str
    exact: bool
    attribute: bool


@dataclass(slots=True)
class _Scan:
    """What one pass of the parser saw."""

    packet: bytes
    places: list[_Place] = field(default_factory=list)
    open: list[tuple[str, int]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    inside: int = 0
    root_end: int = -1


def read(packet: bytes, place: str, *, main: bool = True) -> Iterator[Found]:
    """Every AIGC property in a packet, in element or attribute form.

    Raises `DamagedMetadata`, after what stands before the damage, and `MetadataOverLimit`.
    """
    scan = _Scan(_utf8(packet))
    damage = _scan(scan, place)
    for at in scan.places:
        yield found(at.value, place, main=main and at.exact)
    if damage is not None:
        raise damage


def write(packet: bytes | None, label: Label, place: str) -> bytes:
    """The packet with this label and no other; a new packet where there was none.

    Raises `DamagedMetadata` rather than overwrite a packet that cannot be read.
    """
    if packet is None:
        return _new(label)
    text = _utf8(packet)
    scan = _scanned(text, place)
    edits = list(_edits(scan, label, place))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def without(packet: bytes, place: str) -> bytes:
    """A second packet of a file whose label stands in the first: one label a file (GB 45438 6.1 c)."""
    text = _utf8(packet)
    for at in reversed(_scanned(text, place).places):
        text = text[: at.start] + text[at.end :]
    return text


def tightened(packet: bytes) -> bytes:
    """The packet without its padding, for a container that is full."""
    head, end, tail = packet.rpartition(b"<?xpacket end")
    return head.rstrip() + end + tail


def _new(label: Label) -> bytes:
    inside = f'<rdf:RDF xmlns:rdf="{RDF}">\n{_description(label)}</rdf:RDF>\n'
    return f'{_HEAD}{inside}</x:xmpmeta>\n<?xpacket end="w"?>'.encode()


def _description(label: Label) -> str:
    about = f'<rdf:Description rdf:about="" xmlns:rdf="{RDF}" xmlns:TC260="{NAMESPACE}">'
    return f"{about}<TC260:AIGC>{_escaped(label)}</TC260:AIGC></rdf:Description>\n"


def _escaped(label: Label) -> str:
    text = label.inner()
    for raw, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&apos;")):
        text = text.replace(raw, entity)
    return text


def _edits(scan: _Scan, label: Label, place: str) -> Iterator[tuple[int, int, bytes]]:
    """Where to put the label, and which other AIGC properties to take out."""
    kept = next((at for at in scan.places if at.exact), None)
    for at in scan.places:
        yield at.start, at.end, _property(at, label) if at is kept else b""
    if kept is None:
        yield _insertion(scan, label, place)


def _property(at: _Place, label: Label) -> bytes:
    value = _escaped(label).encode()
    if at.attribute:
        return at.name + b'="' + value + b'"'
    return b"<" + at.name + b">" + value + b"</" + at.name + b">"


def _insertion(scan: _Scan, label: Label, place: str) -> tuple[int, int, bytes]:
    """A description of its own as the last of the RDF root."""
    if scan.root_end < 0:
        raise DamagedMetadata(place=place, **why("没有 rdf:RDF", "no rdf:RDF"))
    start = scan.root_end
    tag, new = _tag(scan.packet, start), _description(label).encode()
    if tag.startswith(b"</"):
        return start, start, new
    # <rdf:RDF …/> is opened, and closed behind the description.
    return start, start + len(tag), tag[:-2] + b">" + new + b"</" + _name(tag) + b">"


def _utf8(packet: bytes) -> bytes:
    """The packet in UTF-8; others are rare and are transcoded."""
    if len(packet) > LONGEST:
        raise MetadataOverLimit(place="XMP", **why("过大", "too large"))
    coding = next((name for bom, name in _BOMS if packet.startswith(bom)), "utf-8")
    try:
        return packet.decode(coding).rstrip("\x00").encode()
    except UnicodeDecodeError:
        raise DamagedMetadata(place="XMP", **why("不是 Unicode 文本", "not Unicode")) from None


def _scanned(packet: bytes, place: str) -> _Scan:
    scan = _Scan(packet)
    damage = _scan(scan, place)
    if damage is not None:
        raise damage
    return scan


def _scan(scan: _Scan, place: str) -> DamagedMetadata | None:
    """Let the parser go through the packet; what is wrong with it, if anything is."""
    parser = expat.ParserCreate("UTF-8", " ")
    parser.namespace_prefixes = True
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, attributes: _started(scan, parser, name, attributes)
    parser.EndElementHandler = lambda name: _ended(scan, parser, name)
    parser.CharacterDataHandler = lambda text: scan.text.append(text) if scan.inside else None
    try:
        parser.Parse(scan.packet, True)
    except (expat.ExpatError, _RefusedError):
        return DamagedMetadata(place=place, **why("不是普通的 XML", "not plain XML"))
    return None


class _RefusedError(Exception):
    """The packet holds what no packet needs: a document type, or elements without end."""


def _refuse(*_declaration: object) -> None:
    raise _RefusedError


def _started(scan: _Scan, parser: expat.XMLParserType, name: str, attributes: dict[str, str]) -> None:
    start = parser.CurrentByteIndex
    if len(scan.open) >= DEEPEST or len(scan.places) > MOST:
        raise _RefusedError
    scan.open.append((name, start))
    if any(_is_label(key) for key in attributes):
        scan.places.extend(_attributes(scan.packet, start, attributes))
    if _is_label(name):
        scan.inside += 1
        if scan.inside == 1:
            scan.text.clear()


def _ended(scan: _Scan, parser: expat.XMLParserType, name: str) -> None:
    _, start = scan.open.pop()
    at = parser.CurrentByteIndex
    if _tag(scan.packet, start).endswith(b"/>"):
        at = start  # the parser has passed an empty tag when it says that it ends
    if name.split(" ")[:2] == [RDF, "RDF"]:
        scan.root_end = at
    if not _is_label(name):
        return
    scan.inside -= 1
    if scan.inside == 0:
        end = at + len(_tag(scan.packet, at))
        written = _name(_tag(scan.packet, start))
        # Attributes inside the element are part of it.
        scan.places[:] = [other for other in scan.places if other.start < start]
        scan.places.append(_Place(start, end, written, "".join(scan.text), _is_exact(name), attribute=False))


def _is_label(name: str) -> bool:
    parts = name.split(" ")
    return (parts[1] if len(parts) > 1 else parts[0]) == NAME


def _is_exact(name: str) -> bool:
    return name.partition(" ")[0] == NAMESPACE


def _attributes(packet: bytes, start: int, attributes: dict[str, str]) -> Iterator[_Place]:
    """The AIGC attributes of the start tag at `start`, with their spans in the packet."""
    values = {_written(key): (value, _is_exact(key)) for key, value in attributes.items() if _is_label(key)}
    for match in _ATTRIBUTE.finditer(_tag(packet, start)):
        if match.group(1) in values:
            value, exact = values[match.group(1)]
            span = (start + match.start(), start + match.end())
            yield _Place(*span, match.group(1), value, exact, attribute=True)


def _written(name: str) -> bytes:
    """A resolved name as it stands in the packet: prefix and local name."""
    parts = name.split(" ")
    return (f"{parts[2]}:{parts[1]}" if len(parts) == 3 else parts[-1]).encode()


def _tag(packet: bytes, at: int) -> bytes:
    """The tag that begins at `at`, whole; a `>` inside quotes does not end it."""
    match = TAG.match(packet, at)
    return match.group() if match else b""


def _name(tag: bytes) -> bytes:
    """The element's name as it stands in a start tag."""
    return tag[1:].split(None, 1)[0].rstrip(b"/>")

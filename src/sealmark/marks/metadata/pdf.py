"""PDF: key `AIGC` of the document information dictionary (guide 20258A 6.3); alternative read: XMP `TC260:AIGC`.

The label is written as an incremental update (ISO 32000-2, 7.5.6): what signatures cover stays as it was signed.
An update that is nothing but our own label is replaced, every other one stays.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from sealmark.errors import SealmarkError, why
from sealmark.marks.errors import Sealed
from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.marks.metadata.found import Carrier, Found, Remains, found, gathered
from sealmark.media.document import pdf, pdf_syntax
from sealmark.media.document.pdf import Container, Object
from sealmark.media.document.pdf_syntax import Dictionary, Entry, Reference, damaged
from sealmark.media.document.pdf_xref import Plain
from sealmark.media.errors import Damaged
from sealmark.media.pieces import Buffer, Pieces, Span

KEY = b"AIGC"
_INFO, _XMP = "PDF Info AIGC", "PDF XMP TC260:AIGC"
_MOST_OURS = 4  # objects of our own update: the dictionary, the packet, the cross-references
_MOST_TRIES = 16
# A packet that is written anew is not coded (table 5).
_CODED = frozenset((b"Length", b"Filter", b"DecodeParms", b"DL"))


def remains(data: bytes) -> Remains:
    """Every label in a PDF; of one whose structure is broken, the last that stands open in its bytes."""
    container, damage = pdf.remains(data)
    if container is not None:
        return gathered((_info, _packet), lambda part: part(container), None, container.tail)
    if not isinstance(damage, Damaged):
        return Remains((), (damage,) if damage else ())
    parts: tuple[Callable[[bytes], Iterable[Found]], ...] = (_open_string, _open_packet)
    return gathered(parts, lambda part: part(data), damage)


def _info(container: Container) -> Iterator[Found]:
    about, held = container.resolved(container.trailer.get(b"Info"))
    for entry in about.entries if isinstance(about, Dictionary) else ():
        if entry.key == KEY:
            yield found(_text(container, entry, held), _INFO, main=True)


def _text(container: Container, entry: Entry, held: bytes) -> str:
    text, _ = container.resolved(entry.value)
    if isinstance(text, bytes):
        return pdf_syntax.text(text)
    return held[entry.start : entry.stop].decode("latin-1")


def _packet(container: Container) -> Iterator[Found]:
    packet = _stream(container)
    if packet is not None:
        yield from xmp.read(packet[1], _XMP, main=False)


def _stream(container: Container) -> tuple[Dictionary, bytes] | None:
    """The metadata stream of the whole document: its dictionary and its packet."""
    reference = _packet_reference(container)
    return container.stream(reference) if reference and container.resolved(reference)[0] is not None else None


def _packet_reference(container: Container) -> Reference | None:
    root = container.dictionary(container.trailer.get(b"Root"))
    reference = root.get(b"Metadata") if root else None
    return reference if isinstance(reference, Reference) else None


def _open_string(data: bytes) -> Iterator[Found]:
    at = len(data)
    for _ in range(_MOST_TRIES):
        at = data.rfind(b"/" + KEY, 0, at)
        if at < 0:
            return
        with suppress(Damaged):
            text, _ = pdf_syntax.string(data, pdf_syntax.after_gap(data, at + 1 + len(KEY)))
            yield found(pdf_syntax.text(text), _INFO, main=True)
            return


def _open_packet(data: bytes) -> Iterator[Found]:
    at = data.rfind(b"<x:xmpmeta")
    stop = data.find(b"</x:xmpmeta>", at)
    if 0 <= at < stop:
        yield from xmp.read(data[at : stop + len(b"</x:xmpmeta>")], _XMP, main=False)


def edit(data: Buffer, label: Label) -> Pieces:
    """The PDF with this label as its one label; every byte of it stays but those of a last update of ours.

    Raises `Damaged`, `Encrypted`, and `Sealed` where a certifying signature forbids every change.
    """
    whole = bytes(data)
    cut = _before_ours(whole)
    return Span(0, cut), _update(whole[:cut], label)


def _update(data: bytes, label: Label) -> bytes:
    container = pdf.parse(data)
    if pdf.forbids_changes(container):
        raise Sealed
    info, body = _dictionary(container)
    entry = b" /AIGC " + pdf_syntax.written(label.inner())
    return pdf.update(container, (Object(info, body[:-2] + entry + b" >>"), *_superseded(container)), info)


def _dictionary(container: Container) -> tuple[Reference, bytes]:
    """The information dictionary without a label, and the object that it is or shall be."""
    given = container.trailer.get(b"Info")
    about, held = container.resolved(given)
    if about is not None and not isinstance(about, Dictionary):
        raise damaged(**why("Info 不是字典", "Info is no dictionary"))
    known = isinstance(given, Reference) and about is not None
    reference = given if isinstance(given, Reference) and known else Reference(pdf.unused(container), 0)
    return reference, pdf.without(about, held, frozenset((KEY,))) if about else b"<<>>"


def _superseded(container: Container) -> Iterator[Object]:
    """The XMP packet without the label that it held: one label a file (GB 45438 6.1 c)."""
    reference, stream = _packet_reference(container), _stream(container)
    if reference is None or stream is None or not any(xmp.read(stream[1], _XMP)):
        return
    about, packet = stream[0], xmp.without(stream[1], _XMP)
    head = pdf.without(about, container.data, _CODED)[:-2] + b" /Length %d >>" % len(packet)
    yield Object(reference, b"%s\nstream\n%s\nendstream" % (head, packet))


def _before_ours(data: bytes) -> int:
    """Where the last update begins, if it is ours: written again, it comes out byte for byte the same."""
    container = pdf.parse(data)
    try:
        labels = [place.label for place in _info(container)]
        start = _first_offset(container)
    except Damaged:
        return len(data)
    label = labels[0] if len(labels) == 1 else None
    if label is None or start is None:
        return len(data)
    return next((cut for cut in (start, start - 1) if _is_ours(data, cut, label)), len(data))


def _is_ours(data: bytes, cut: int, label: Label) -> bool:
    try:
        return _update(data[:cut], label) == data[cut:]
    except SealmarkError:
        return False


def _first_offset(container: Container) -> int | None:
    """Where the objects of the last section begin, where it has no more than ours."""
    runs = container.sections[0].runs
    if sum(run.count for run in runs) > _MOST_OURS:
        return None
    places = [run.get(number) for run in runs for number in range(run.first, run.first + run.count)]
    offsets = [place.offset + container.base for place in places if isinstance(place, Plain)]
    return min(offsets, default=None)


CARRIER = Carrier("pdf", lambda data: remains(bytes(data)), edit)

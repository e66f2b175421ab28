"""AVI: `AIGC` in `LIST/INFO` (guide 20257A); alternatives read: other lists and forms, a chunk `AIGC`, XMP in `_PMX`.

The list stands before `movi`, in the file's head (Measures Art. 5): readers stop looking for metadata there.
"""

from collections.abc import Iterator

from sealmark.errors import why
from sealmark.marks.errors import NoRoom
from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.marks.metadata.found import Carrier, Found, Remains, found, gathered
from sealmark.media.errors import MetadataOverLimit
from sealmark.media.pieces import Buffer, Pieces
from sealmark.media.video import avi, avi_layout
from sealmark.media.video.avi import Chunk, Container
from sealmark.media.video.avi_layout import Splice, padded

KIND, INFO, _XMP = b"AIGC", b"INFO", b"_PMX"
_MAIN = (b"AVI ", INFO)
_XMP_PLACE = "AVI _PMX"
_LONGEST = 1 << 20


def remains(data: Buffer) -> Remains:
    """Every label in an AVI, whole or not."""
    container, damage = avi.remains(data)
    return gathered(filter(_is_place, container.chunks), lambda chunk: _read(data, chunk), damage, container.tail)


def _is_place(chunk: Chunk) -> bool:
    return _is_label(chunk) or chunk.kind == _XMP


def _is_label(chunk: Chunk) -> bool:
    """The kinds of INFO entries are upper case; readers do not insist."""
    return chunk.kind.upper() == KIND


def _read(data: Buffer, chunk: Chunk) -> Iterator[Found]:
    if _is_label(chunk):
        text = _body(data, chunk).partition(b"\x00")[0].decode("utf-8", "replace")
        yield found(text, _place(chunk), main=chunk.path == _MAIN)
    else:
        yield from xmp.read(_body(data, chunk), _XMP_PLACE, main=False)


def _place(chunk: Chunk) -> str:
    lists = [name.decode("latin-1").strip() for name in chunk.path]
    return " ".join((lists[0], *(f"LIST/{name}" for name in lists[1:]), KIND.decode()))


def _body(data: Buffer, chunk: Chunk) -> bytes:
    if chunk.stop - chunk.body > _LONGEST:
        raise MetadataOverLimit(place=_place(chunk), **why("过大", "too large"))
    return data[chunk.body : chunk.stop]


def edit(data: Buffer, label: Label) -> Pieces:
    """The AVI with this label as its one label; every other entry stays, and every packet."""
    container = avi.parse(data)
    splices = tuple(_splices(data, container, label))
    if avi_layout.is_full(data, container, splices):
        raise NoRoom(place="AVI RIFF")
    return avi_layout.edited(data, container, splices)


def _splices(data: Buffer, container: Container, label: Label) -> Iterator[Splice]:
    """The old labels taken out, and the new one put in."""
    movi = next(chunk for chunk in container.chunks if chunk.form == avi.MOVI)
    new = padded(KIND, label.inner().encode() + b"\x00")
    lists = _lists(container)
    home = next((one for one in lists if one.path == _MAIN[:1] and one.start < movi.start), None)
    for one in lists:
        if one is home or any(map(_is_label, lists[one])):
            yield _replaced(one, _list(data, one, lists[one], new if one is home else b""))
    if home is None:
        yield Splice(movi.start, movi.start, padded(avi.LIST, INFO + new), movi.parents)
    for chunk in container.chunks:
        if _is_label(chunk) and chunk.path[-1] != INFO:
            yield _replaced(chunk, b"")
        elif chunk.kind == _XMP:
            yield from _without_label(data, chunk)


def _lists(container: Container) -> dict[Chunk, list[Chunk]]:
    """The INFO lists and what is in them."""
    lists = {chunk.start: chunk for chunk in container.chunks if chunk.form == INFO}
    inside: dict[Chunk, list[Chunk]] = {chunk: [] for chunk in lists.values()}
    for chunk in container.chunks:
        if chunk.parents and chunk.parents[-1] in lists:
            inside[lists[chunk.parents[-1]]].append(chunk)
    return inside


def _list(data: Buffer, info: Chunk, entries: list[Chunk], new: bytes) -> bytes:
    """An INFO list without labels, and with a new entry; none at all where it would be empty."""
    if info.stop - info.body > _LONGEST:
        raise MetadataOverLimit(place="AVI LIST/INFO", **why("过大", "too large"))
    raw = [data[one.start : one.stop] for one in entries if not _is_label(one)]
    body = b"".join((*(one + bytes(len(one) & 1) for one in raw), new))
    return padded(avi.LIST, INFO + body) if body else b""


def _replaced(chunk: Chunk, new: bytes) -> Splice:
    """Other bytes for a chunk, and for the byte that pads it."""
    return Splice(chunk.start, chunk.padded_stop, new, chunk.parents)


def _without_label(data: Buffer, chunk: Chunk) -> Iterator[Splice]:
    """A packet with a label loses it."""
    packet = _body(data, chunk)
    if KIND in packet.replace(b"\x00", b""):
        new = xmp.without(packet, _XMP_PLACE)
        if new != packet:
            yield _replaced(chunk, padded(_XMP, new))


CARRIER = Carrier("avi", remains, edit)

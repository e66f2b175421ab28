"""MP4, MOV, M4A: `moov.udta.meta`, key `AIGC` in `keys` (mdta), the JSON in `ilst` (guides 20257A and 202510A).

That is where ffmpeg puts it with `-movflags use_metadata_tags`. A movie whose keys stand in `moov.meta`, QuickTime's
own place, gets the label among those: readers take every item's name from the first table of keys. Alternatives read:
items of iTunes (`----` named AIGC, `AIGC`), and XMP in a `uuid` box or in `udta.XMP_`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sealmark.errors import why
from sealmark.marks.label import LONGEST_TEXT, Label
from sealmark.marks.metadata import xmp
from sealmark.marks.metadata.found import Carrier, Found, Remains, found, gathered
from sealmark.media.containers import isobmff, mdta, movie
from sealmark.media.containers.boxedit import Change, changed, omitted
from sealmark.media.containers.isobmff import Box, BoxReader
from sealmark.media.containers.mdta import Key, MetadataList
from sealmark.media.containers.movie import Movie
from sealmark.media.errors import MetadataOverLimit
from sealmark.media.pieces import Buffer, Pieces

NAME = b"AIGC"
KEY = Key(mdta.NAMESPACE, NAME)
# XMP specification part 3, 1.2.7.1: the user type of the box of a packet.
XMP_TYPE = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_MAIN = frozenset(("moov.udta.meta", "moov.meta"))


@dataclass(frozen=True, slots=True)
class _Packet:
    """One XMP packet: where it stands, in words, and its box."""

    path: str
    box: Box


@dataclass(frozen=True, slots=True)
class Metadata:
    """Everything in the boxes of a file that may hold a label."""

    movie: Movie
    users: tuple[Box, ...]
    lists: tuple[MetadataList, ...]
    packets: tuple[_Packet, ...]

    @property
    def target(self) -> MetadataList | None:
        """The list of keys that takes the label: the first, from which readers have all names."""
        keyed = (one for one in self.lists if one.path in _MAIN and one.handler == mdta.NAMESPACE)
        return next(keyed, None)


def remains(name: str, data: Buffer) -> Remains:
    """Every label in a file, whole or not."""
    reader = BoxReader(data, name)
    places = sorted(readings(reader, places_of(reader, movie.remains(reader))), key=lambda place: place[0])
    return gathered(places, lambda place: place[1](), reader.damage)


def edit(name: str, data: Buffer, label: Label) -> Pieces:
    """The file with this label as its one label; all else of metadata, and every stream, stay bit for bit."""
    reader = BoxReader(data, name)
    metadata = places_of(reader, movie.remains(reader))
    changes = list(_changes(reader, metadata, label))
    return movie.edited(reader, metadata.movie.top, changes)


def places_of(reader: BoxReader, found: Movie) -> Metadata:
    """The places of a file, in the order in which they stand."""
    users, lists, packets = list[Box](), list[MetadataList](), list[_Packet]()
    for box in found.top:
        _look(reader, box, "", lists, packets)
    for box in reader.children(found.moov) if found.moov else ():
        _look(reader, box, "moov.", lists, packets)
        if box.kind in {b"udta", b"trak"}:
            _look_into(reader, box, f"moov.{box.kind.decode()}.", lists, packets)
        users += [box] if box.kind == b"udta" else []
    return Metadata(found, tuple(users), tuple(lists), tuple(packets))


def _look_into(reader: BoxReader, parent: Box, path: str, lists: list[MetadataList], packets: list[_Packet]) -> None:
    for box in reader.children(parent):
        _look(reader, box, path, lists, packets)
        if box.kind == b"udta":
            _look_into(reader, box, f"{path}udta.", lists, packets)


def _look(reader: BoxReader, box: Box, path: str, lists: list[MetadataList], packets: list[_Packet]) -> None:
    if box.kind == b"meta":
        lists.append(mdta.parse(reader, box, f"{path}meta"))
    elif box.kind == b"uuid" and isobmff.user_type(reader.data, box) == XMP_TYPE:
        packets.append(_Packet(f"{path}uuid XMP", box))
    elif box.kind == b"XMP_":  # XMP specification part 3, 2.1.4: QuickTime's place, in the user data
        packets.append(_Packet(f"{path}XMP_", box))


Reading = tuple[int, Callable[[], Iterator[Found]]]


def readings(reader: BoxReader, metadata: Metadata) -> Iterator[Reading]:
    """Where labels stand, and how each is read."""
    for one in metadata.lists:
        for item in _labelled(reader, one):
            yield item.start, partial(_read_item, reader, one, item)
    for packet in metadata.packets:
        yield packet.box.start, partial(_read_packet, reader, packet)


def _labelled(reader: BoxReader, one: MetadataList) -> Iterator[Box]:
    """The items of a list that are named AIGC."""
    for item in one.items:
        key = one.key_of(item) if one.is_keyed else None
        if _is_label(key) if key else item.kind == NAME or (item.kind == b"----" and _is_freeform(reader, item)):
            yield item


def _is_label(key: Key) -> bool:
    """Whether a key is AIGC in any case, alone or behind the name of a domain."""
    return key.name.rpartition(b".")[2].upper() == NAME


def _is_freeform(reader: BoxReader, item: Box) -> bool:
    """Whether an item of iTunes names itself AIGC: its name stands behind version and flags."""
    names = (box for box in reader.children(item) if box.kind == b"name")
    return any(reader.data[box.body + 4 : min(box.stop, box.body + 12)].upper() == NAME for box in names)


def _read_item(reader: BoxReader, one: MetadataList, item: Box) -> Iterator[Found]:
    name = "----:AIGC" if item.kind == b"----" else "AIGC"
    place = f"{reader.name} {one.path} {name}"
    key = one.key_of(item) if one.handler == mdta.NAMESPACE else None
    for kind, box in mdta.values(reader, item):
        yield found(_text(reader, kind, box, place), place, main=key == KEY and one.path in _MAIN)


def _text(reader: BoxReader, kind: int, box: Box, place: str) -> str:
    at = box.body + 8
    if box.stop - at > 4 * LONGEST_TEXT:
        raise MetadataOverLimit(place=place, **why("过长", "too long"))
    coding = "utf-16-be" if kind == mdta.UTF16 else "utf-8"
    return reader.data[at : box.stop].decode(coding, "replace").rstrip("\x00")


def _read_packet(reader: BoxReader, packet: _Packet) -> Iterator[Found]:
    place = f"{reader.name} {packet.path}"
    return xmp.read(_bytes_of(reader, packet), place, main=False)


def _bytes_of(reader: BoxReader, packet: _Packet) -> bytes:
    if packet.box.stop - packet.box.body > xmp.LONGEST:
        raise MetadataOverLimit(place=f"{reader.name} {packet.path}", **why("过大", "too large"))
    return reader.data[packet.box.body : packet.box.stop]


def _changes(reader: BoxReader, metadata: Metadata, label: Label) -> Iterator[Change]:
    """The label in its place, and none in any other."""
    target = metadata.target
    yield from cleared(reader, metadata, target)
    if target is not None:
        yield from mdta.rewritten(target, _is_label, (KEY, label.inner()))
    elif metadata.movie.moov is not None:
        yield _new_list(reader, metadata, metadata.movie.moov, label)


def cleared(reader: BoxReader, metadata: Metadata, target: MetadataList | None = None) -> Iterator[Change]:
    """No label in any place but in the target's."""
    for one in metadata.lists:
        if one.is_keyed and one is not target:
            yield from mdta.rewritten(one, _is_label)
        elif not one.is_keyed:
            yield from map(omitted, _labelled(reader, one))
    for packet in metadata.packets:
        yield from _without_label(reader, packet)


def _new_list(reader: BoxReader, metadata: Metadata, moov: Box, label: Label) -> Change:
    """A list of its own behind what the user data hold, such as a list of iTunes; where there are none, new ones."""
    new = mdta.new_list(KEY, label.inner())
    parent = metadata.users[0] if metadata.users else moov
    children = reader.children(parent)
    at = children[-1].stop if children else parent.body
    return changed(at, at, new if metadata.users else isobmff.encoded(b"udta", new), parent)


def _without_label(reader: BoxReader, packet: _Packet) -> Iterator[Change]:
    if list(_read_packet(reader, packet)):
        new = xmp.without(_bytes_of(reader, packet), f"{reader.name} {packet.path}")
        yield changed(packet.box.body, packet.box.stop, new, packet.box)


def _carrier(name: str) -> Carrier:
    return Carrier(name, partial(remains, name.upper()), partial(edit, name.upper()))


CARRIERS = tuple(_carrier(form.name) for form in (isobmff.MOV, isobmff.MP4, isobmff.M4A))

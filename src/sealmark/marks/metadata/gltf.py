"""glTF: XMP as JSON-LD (extension `KHR_xmp_json_ld`), property `TC260:AIGC` of the asset's packet.

No guide speaks of scenes: the general rule is XMP. Beside it the same label stands in `asset.extras.AIGC`, which
readers that know no extension see; there it counts as a second label only where it says something else.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.marks.errors import DamagedMetadata
from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Found, Remains, found, gathered, whole
from sealmark.marks.metadata.xmp import NAME, NAMESPACE
from sealmark.media.errors import Damaged
from sealmark.media.scene import gltf
from sealmark.media.text.json_spans import (
    Edit,
    Member,
    Text,
    Value,
    appended,
    check,
    edited,
    elements,
    is_string,
    members,
    omitted,
    text,
)

EXTENSION = "KHR_xmp_json_ld"
PREFIX = "TC260"
_EXTRAS = "glTF asset.extras.AIGC"
_LAST_NAME = re.compile(r"[^:/#]*\Z")
_INDEX = re.compile(rb"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class _Spot:
    """One AIGC member: the object that holds it, where it begins, and its value."""

    holder: Value
    start: int
    value: Value
    place: str
    main: bool


def remains(data: bytes) -> Remains:
    """Every label in a glTF, whole or not."""
    data = Text(data)
    root, damage = gltf.remains(data)
    left = gathered(_spots(data, root), lambda spot: _read(data, spot), damage)
    said = {place.label for place in left.places if place.main}
    places = (place for place in left.places if place.place != _EXTRAS or not place.label or place.label not in said)
    return Remains(tuple(places), left.damages)


def _read(data: bytes, spot: _Spot) -> list[Found]:
    return [found(_raw(data, spot.value), spot.place, main=spot.main)]


def _raw(data: bytes, value: Value) -> str:
    """The JSON of a label: in a string, in a JSON-LD value object, or as the object that it is."""
    if not is_string(data, value):
        value = next((one for one in _all(data, value, "@value") if is_string(data, one)), value)
    if is_string(data, value):
        # A half of a surrogate pair is no character: it comes out as the escape that no label may hold.
        return text(data, value).encode("utf-8", "backslashreplace").decode()
    return data[value.start : value.end].decode("utf-8", "replace")


def _spots(data: bytes, root: Value) -> Iterator[_Spot]:
    """Every AIGC property of every packet, and that of the asset's extras."""
    assets = _all(data, root, "asset")
    chosen = next(iter(_indices(data, assets)), -1)
    for index, packet in enumerate(_packets(data, root)):
        known = _prefixes(data, packet)
        for one in _members(data, packet):
            if _is_label(one.key):
                main = index == chosen and _is_exact(one.key, known)
                place = f"glTF {EXTENSION} packets[{index}] {one.key}"
                yield _Spot(packet, one.start, one.value, place, main)
    for extras in _down(data, assets, "extras"):
        for one in _members(data, extras):
            if one.key == NAME:
                yield _Spot(extras, one.start, one.value, _EXTRAS, main=False)


def _is_label(key: str) -> bool:
    last = _LAST_NAME.search(key)
    return last is not None and last.group() == NAME


def _is_exact(key: str, prefixes: dict[str, str]) -> bool:
    prefix, _, _ = key.rpartition(":")
    return key == NAMESPACE + NAME or prefixes.get(prefix) == NAMESPACE


def _indices(data: bytes, assets: list[Value]) -> Iterator[int]:
    """Which packet the asset refers to."""
    for value in _down(data, assets, "extensions", EXTENSION, "packet"):
        digits = data[value.start : min(value.end, value.start + 12)]
        if _INDEX.fullmatch(digits):
            yield int(digits)


def _packets(data: bytes, root: Value) -> Iterator[Value]:
    for packets in _down(data, [root], "extensions", EXTENSION, "packets"):
        with suppress(Damaged):
            yield from elements(data, packets)


def _prefixes(data: bytes, packet: Value) -> dict[str, str]:
    """What the prefixes of a packet stand for: its context is an object, or an array with such objects."""
    contexts = _all(data, packet, "@context")
    with suppress(Damaged):
        contexts += [one for context in contexts for one in elements(data, context)]
    known: dict[str, str] = {}
    for one in (one for context in contexts for one in _members(data, context)):
        with suppress(Damaged):
            known[one.key] = text(data, one.value)
    return known


def _members(data: bytes, value: Value) -> Iterator[Member]:
    """The members as far as they can be read."""
    with suppress(Damaged):
        yield from members(data, value)


def _all(data: bytes, value: Value, key: str) -> list[Value]:
    return [one.value for one in _members(data, value) if one.key == key]


def _down(data: bytes, values: Iterable[Value], *keys: str) -> list[Value]:
    """Every value at the end of a path; a key that stands twice leads to several."""
    reached = list(values)
    for key in keys:
        reached = [below for value in reached for below in _all(data, value, key)]
    return reached


def write(data: bytes, label: Label) -> bytes:
    """The glTF with this label as its one label; every other value stays as it is spelled.

    Raises `DamagedMetadata` where a key on the way stands twice, or holds what it may not hold.
    """
    data = Text(data)
    root = gltf.parse(data)
    spare = list(_spare(data, root))
    if spare:
        data = Text(edited(data, spare))
        root = check(data)
    return edited(data, _edits(data, root, label))


def _spare(data: bytes, root: Value) -> Iterator[Edit]:
    """Take out every label but the first in the main channel and the first in the extras."""
    spots = list(_spots(data, root))
    kept = {
        next((at.start for at in spots if at.main), -1),
        next((at.start for at in spots if at.place == _EXTRAS), -1),
    }
    for holder in {spot.holder: None for spot in spots}:
        yield from omitted(data, holder, {at.start for at in spots if at.holder == holder} - kept)


def _edits(data: bytes, root: Value, label: Label) -> Iterator[Edit]:
    asset = _object(data, root, "asset")
    if asset is None:
        raise _unreadable("asset")
    extensions = _object(data, root, "extensions")
    holder = _object(data, extensions, EXTENSION)
    packets = _array(data, holder, "packets")
    inside = list(elements(data, packets)) if packets else []
    index = next((one for one in _indices(data, [asset]) if one < len(inside)), len(inside))
    if index < len(inside):
        yield from _packet_edits(data, inside[index], label)
    elif packets:
        yield appended(data, packets, _packet(label))
    else:
        yield from _put(
            data, (root, extensions, holder), ("extensions", EXTENSION, "packets"), b"[%s]" % _packet(label)
        )
    yield from _reference(data, asset, index)
    yield from _used(data, root)
    yield from _extras(data, asset, label)


def _packet(label: Label) -> bytes:
    return _json({"@context": {PREFIX: NAMESPACE}, f"{PREFIX}:{NAME}": label.inner()})


def _packet_edits(data: bytes, packet: Value, label: Label) -> Iterator[Edit]:
    """The label into a packet that is there, and its prefix into the packet's context."""
    known = _prefixes(data, packet)
    inside = list(members(data, packet))
    if data[packet.start : packet.start + 1] != b"{":
        raise _unreadable("packets")
    for one in inside:
        if _is_label(one.key):
            yield one.value.start, one.value.end, _json(label.inner())
            return
    prefix = next((name for name, meaning in known.items() if meaning == NAMESPACE), None)
    chosen = prefix or next(
        name for name in (PREFIX + "_" * count for count in range(len(known) + 1)) if name not in known
    )
    label_member = _member(f"{chosen}:{NAME}", _json(label.inner()))
    context = _only(data, packet, "@context")
    if prefix is not None:
        yield appended(data, packet, label_member)
    elif context is None:
        yield appended(data, packet, _member("@context", _json({chosen: NAMESPACE})) + b"," + label_member)
    else:
        yield _context(data, context, chosen)
        yield appended(data, packet, label_member)


def _context(data: bytes, context: Value, prefix: str) -> Edit:
    """One more prefix in a context of whichever form."""
    opening = data[context.start : context.start + 1]
    if opening == b"{":
        return appended(data, context, _member(prefix, _json(NAMESPACE)))
    new = _json({prefix: NAMESPACE})
    if opening == b"[":
        return appended(data, context, new)
    return context.start, context.end, b"[" + data[context.start : context.end] + b"," + new + b"]"


def _reference(data: bytes, asset: Value, index: int) -> Iterator[Edit]:
    """The asset's word on which packet is its own."""
    extensions = _object(data, asset, "extensions")
    holder = _object(data, extensions, EXTENSION)
    packet = _only(data, holder, "packet")
    number = b"%d" % index
    if packet is None:
        yield from _put(data, (asset, extensions, holder), ("extensions", EXTENSION, "packet"), number)
    elif data[packet.start : packet.end] != number:
        yield packet.start, packet.end, number


def _used(data: bytes, root: Value) -> Iterator[Edit]:
    """glTF 2.0, 3.12: every extension in use is listed."""
    used = _array(data, root, "extensionsUsed")
    if used is None:
        yield appended(data, root, _member("extensionsUsed", _json([EXTENSION])))
    elif EXTENSION not in {text(data, one) for one in elements(data, used)}:
        yield appended(data, used, _json(EXTENSION))


def _extras(data: bytes, asset: Value, label: Label) -> Iterator[Edit]:
    """The second serialisation; extras that are no object have no member, and stay."""
    extras, inner = _only(data, asset, "extras"), label.inner().encode()
    if extras is None:
        yield appended(data, asset, _member("extras", b'{"AIGC":%s}' % inner))
    elif data[extras.start : extras.start + 1] == b"{":
        old = _only(data, extras, NAME)
        yield (old.start, old.end, inner) if old else appended(data, extras, _member(NAME, inner))


def _put(data: bytes, holders: tuple[Value | None, ...], keys: tuple[str, ...], new: bytes) -> Iterator[Edit]:
    """A value at the end of a path, with what is missing of the path."""
    depth = max(number for number, holder in enumerate(holders) if holder is not None)
    for key in reversed(keys[depth + 1 :]):
        new = b"{" + _member(key, new) + b"}"
    holder = holders[depth]
    if holder is not None:
        yield appended(data, holder, _member(keys[depth], new))


def _only(data: bytes, value: Value | None, key: str) -> Value | None:
    """The one member of that key; readers differ on which of two counts."""
    values = [one.value for one in members(data, value) if one.key == key] if value else []
    if len(values) > 1:
        raise _unreadable(key)
    return values[0] if values else None


def _object(data: bytes, value: Value | None, key: str) -> Value | None:
    return _opened(data, _only(data, value, key), key, b"{")


def _array(data: bytes, value: Value | None, key: str) -> Value | None:
    return _opened(data, _only(data, value, key), key, b"[")


def _opened(data: bytes, value: Value | None, key: str, opening: bytes) -> Value | None:
    if value is not None and data[value.start : value.start + 1] != opening:
        raise _unreadable(key)
    return value


def _unreadable(key: str) -> DamagedMetadata:
    return DamagedMetadata(place=f"glTF {key}", **why("缺失、重复或类型不符", "missing, twice, or of a wrong type"))


def _member(key: str, value: bytes) -> bytes:
    return _json(key) + b":" + value


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


CARRIER = whole("gltf", remains, write)

"""Metadata lists of QuickTime and MP4: a `meta` box with a table of keys and the items that they name (QTFF, Metadata).

A list of iTunes is the same box without keys: its items name themselves.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.containers.boxedit import Change, changed, omitted
from sealmark.media.containers.isobmff import Box, BoxReader, encoded

NAMESPACE = b"mdta"
UTF8, UTF16 = 1, 2  # QTFF, Metadata: well-known types of values
# A table of keys, or a value that is text, is far shorter.
LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its namespace (`mdta`) and its name."""

    namespace: bytes
    name: bytes

    def encoded(self) -> bytes:
        """Size, namespace, name."""
        return encoded(self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class MetadataList:
    """One `meta` box: the words for where it stands, its handler, its keys and its items, in file order."""

    path: str
    meta: Box
    handler: bytes
    handler_stop: int
    keys_box: Box | None
    keys: tuple[Key, ...]
    items_box: Box | None
    items: tuple[Box, ...]

    @property
    def is_keyed(self) -> bool:
        """Whether its items are named by its keys."""
        return self.handler == NAMESPACE or self.keys_box is not None

    def key_of(self, item: Box) -> Key | None:
        """The key of an item: items of a keyed list bear its number, counted from 1."""
        number = int.from_bytes(item.kind, "big")
        return self.keys[number - 1] if 0 < number <= len(self.keys) else None


def parse(reader: BoxReader, meta: Box, path: str) -> MetadataList:
    """The list in a `meta` box; what is wrong with it is the reader's damage."""
    children = {box.kind: box for box in reversed(reader.meta_children(meta))}
    handler, keys, items = (children.get(kind) for kind in (b"hdlr", b"keys", b"ilst"))
    return MetadataList(
        path,
        meta,
        reader.data[handler.body + 8 : handler.body + 12] if handler else b"",
        handler.stop if handler else meta.stop,
        keys,
        tuple(_keys(reader, keys)) if keys else (),
        items,
        reader.children(items) if items else (),
    )


def _keys(reader: BoxReader, box: Box) -> Iterator[Key]:
    """The table of keys: version and flags, a count, the keys."""
    if box.stop - box.body > LONGEST:
        reader.wrong(why("元数据键表过大", "a table of keys without end"))
        return
    entries = reader.children(box, 8)
    if len(entries) != reader.number(box.body + 4):
        reader.wrong(why("元数据键表", "table of metadata keys"))
    for entry in entries:
        yield Key(entry.kind, reader.data[entry.body : entry.stop])


def values(reader: BoxReader, item: Box) -> Iterator[tuple[int, Box]]:
    """The whole values of an item: type of each, and its `data` box, whose value stands behind type and locale."""
    for box in reader.children(item):
        if box.kind == b"data" and box.start not in reader.cut:
            yield reader.number(box.body), box


def item(kind: bytes, text: str) -> bytes:
    """An item with one value, text in UTF-8 of no particular language."""
    return encoded(kind, encoded(b"data", UTF8.to_bytes(4, "big"), bytes(4), text.encode()))


def new_list(key: Key, text: str) -> bytes:
    """A `meta` box of one key and its value, as ffmpeg writes it."""
    # ISO/IEC 14496-12, 8.4.3: version and flags, a reserved number, the handler, three more, an empty name.
    handler = encoded(b"hdlr", bytes(8), NAMESPACE, bytes(13))
    return encoded(b"meta", bytes(4), handler, _table((key,)), encoded(b"ilst", item(_number(1), text)))


def rewritten(
    found: MetadataList, is_dropped: Callable[[Key], bool], new: tuple[Key, str] | None = None
) -> Iterator[Change]:
    """The list without the keys that shall go and their items, and with one new value, where one is given.

    A value takes the place of the one that its key had, or stands last; the numbers of items follow their keys.
    """
    marked = [number for number, key in enumerate(found.keys, 1) if is_dropped(key)]
    kept = next((number for number in marked if new and found.keys[number - 1] == new[0]), 0)
    gone = [number for number in marked if number != kept]
    keys = [key for number, key in enumerate(found.keys, 1) if number not in gone]
    if new and not kept:
        keys.append(new[0])
    if tuple(keys) != found.keys:
        yield _keys_change(found, keys)
    yield from _old_items(found, gone, kept)
    if new:
        yield _new_item(found, _first(found, kept), item(_number(keys.index(new[0]) + 1), new[1]))


def _first(found: MetadataList, number: int) -> Box | None:
    return next((item for item in found.items if item.kind == _number(number)), None)


def _old_items(found: MetadataList, gone: Sequence[int], kept: int) -> Iterator[Change]:
    """The items without those of keys that go, and without a second one of the key that is kept."""
    for old in found.items:
        number = int.from_bytes(old.kind, "big")
        before = bisect_left(gone, number)
        if number in gone or (kept and number == kept and old != _first(found, kept)):
            yield omitted(old)
        elif before and number != kept and number <= len(found.keys):
            yield changed(old.start + 4, old.start + 8, _number(number - before), None)


def _new_item(found: MetadataList, replaced: Box | None, new: bytes) -> Change:
    if replaced is not None:
        return changed(replaced.start, replaced.stop, new, replaced.parent)
    if found.items_box is None:
        at = found.keys_box.stop if found.keys_box else found.handler_stop
        return changed(at, at, encoded(b"ilst", new), found.meta)
    at = found.items[-1].stop if found.items else found.items_box.body
    return changed(at, at, new, found.items_box)


def _keys_change(found: MetadataList, keys: Sequence[Key]) -> Change:
    box = found.keys_box
    start, stop = (box.start, box.stop) if box else (found.handler_stop, found.handler_stop)
    return changed(start, stop, _table(keys), found.meta)


def _table(keys: Sequence[Key]) -> bytes:
    return encoded(b"keys", bytes(4), len(keys).to_bytes(4, "big"), *(key.encoded() for key in keys))


def _number(number: int) -> bytes:
    return number.to_bytes(4, "big")

"""Matroska's tags: names and strings about the whole file, or about a part of it (RFC 9559 5.1.8, RFC 9559 22)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.containers import ebml
from sealmark.media.containers.ebml import Element
from sealmark.media.errors import MetadataOverLimit
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer
from sealmark.media.video import matroska

_TAG, _TARGETS, _SIMPLE_TAG, _TAG_NAME, _TAG_STRING, _TAG_BINARY = 0x7373, 0x63C0, 0x67C8, 0x45A3, 0x4487, 0x4485
# RFC 9559 5.1.8.1.1: a track, edition, chapter or attachment that a tag is about; 0 is all of them.
_UIDS = frozenset((0x63C5, 0x63C9, 0x63C4, 0x63C6))
_MASTERS = frozenset((_TAG, _SIMPLE_TAG))
LONGEST = 1 << 24  # some writers keep a cover in a tag
_DEEPEST = 16  # tags in tags


@dataclass(frozen=True, slots=True)
class SimpleTag:
    """A name and its value, and whether it is about the whole file and stands in no other tag."""

    name: str
    value: str
    is_global: bool


def body(data: Buffer, tags: Element) -> bytes:
    """What is in a Tags element; raises `MetadataOverLimit`."""
    if tags.stop - tags.body > LONGEST:
        raise MetadataOverLimit(place="Matroska Tags", **why("过大", "too large"))
    return data[tags.body : tags.stop]


def read(tags: bytes) -> Iterator[SimpleTag]:
    """Every tag of a Tags element's body, in file order; raises `Damaged` after what stands before the damage."""
    for number, tag in enumerate(ebml.children(tags, 0, len(tags))):
        _check(number, 0)
        if tag.kind == _TAG:
            yield from _read(tags, tag, _is_global(tags, tag), 0)


def _read(tags: bytes, parent: Element, is_global: bool, depth: int) -> Iterator[SimpleTag]:
    for number, child in enumerate(ebml.children(tags, parent.body, parent.stop)):
        _check(number, depth)
        if child.kind == _SIMPLE_TAG:
            yield SimpleTag(_name(tags, child), _value(tags, child), is_global)
            yield from _read(tags, child, False, depth + 1)


def _check(number: int, depth: int) -> None:
    if number > MOST_PARTS or depth > _DEEPEST:
        raise MetadataOverLimit(place="Matroska Tags", **why("标签过多或嵌套过深", "too many tags, or nested too deep"))


def _is_global(tags: bytes, tag: Element) -> bool:
    targets = (child for child in ebml.children(tags, tag.body, tag.stop) if child.kind == _TARGETS)
    uids = (uid for one in targets for uid in ebml.children(tags, one.body, one.stop) if uid.kind in _UIDS)
    return not any(ebml.number(tags[uid.body : uid.stop]) for uid in uids)


def _name(tags: bytes, tag: Element) -> str:
    found = (child for child in ebml.children(tags, tag.body, tag.stop) if child.kind == _TAG_NAME)
    return next((ebml.text(tags[child.body : child.stop]) for child in found), "")


def _value(tags: bytes, tag: Element) -> str:
    kinds = {_TAG_STRING, _TAG_BINARY}
    found = (child for child in ebml.children(tags, tag.body, tag.stop) if child.kind in kinds)
    return next((ebml.text(tags[child.body : child.stop]) for child in found), "")


def without(tags: bytes, is_unwanted: Callable[[str], bool]) -> bytes:
    """The body of a Tags element without the tags of some names; all others stay bit for bit.

    Raises what `read` raises: what cannot be read again is not written.
    """
    for _ in read(tags):
        pass
    return _without(tags, Element(matroska.TAGS, 0, 0, len(tags)), is_unwanted, 0)


def _without(tags: bytes, parent: Element, is_unwanted: Callable[[str], bool], depth: int) -> bytes:
    """The body of a master without them."""
    kept: list[bytes] = []
    for number, child in enumerate(ebml.children(tags, parent.body, parent.stop)):
        _check(number, depth)
        raw = tags[child.start : child.stop]
        if child.kind not in _MASTERS:
            kept.append(raw)
        elif child.kind == _TAG or not is_unwanted(_name(tags, child)):
            kept.append(_trimmed(tags, child, is_unwanted, depth))
    return b"".join(kept)


def _trimmed(tags: bytes, child: Element, is_unwanted: Callable[[str], bool], depth: int) -> bytes:
    """A tag without the unwanted ones in it, and nothing at all where a Tag would be left without any."""
    old, new = tags[child.body : child.stop], _without(tags, child, is_unwanted, depth + 1)
    if old == new:
        return tags[child.start : child.stop]
    if child.kind == _TAG and not any(one.kind == _SIMPLE_TAG for one in ebml.children(new, 0, len(new))):
        return b""
    return ebml.master(child.kind, new)


def is_empty(tags: bytes) -> bool:
    """Whether no tag is left in a Tags element's body."""
    return not any(child.kind == _TAG for child in ebml.children(tags, 0, len(tags)))


def encoded(name: str, value: str) -> bytes:
    """A Tag about the whole file: empty Targets, and one SimpleTag."""
    simple = ebml.encoded(_TAG_NAME, name.encode()) + ebml.encoded(_TAG_STRING, value.encode())
    return ebml.encoded(_TAG, ebml.encoded(_TARGETS, b"") + ebml.encoded(_SIMPLE_TAG, simple))

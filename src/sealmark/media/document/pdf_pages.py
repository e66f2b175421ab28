"""The pages of a PDF, with what they inherit (ISO 32000-2, 7.7.3)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.document.pdf import Container
from sealmark.media.document.pdf_syntax import Dictionary, Reference, Value, Word, damaged

_DEEPEST = 64  # levels of the tree; one of a million pages has three
_INHERITED = (b"Resources", b"MediaBox", b"CropBox", b"Rotate")  # table 31
_REAL = re.compile(rb"[+-]?(?:\d{1,12}\.?\d{0,20}|\.\d{1,20})\Z")

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Given:
    """A value, and the bytes that its spans count in."""

    value: Value
    held: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its reference, its dictionary, and what holds for it of itself and of the nodes above it."""

    reference: Reference
    about: Dictionary
    held: bytes
    given: Mapping[bytes, Given]


def pages(container: Container, *, backwards: bool = False) -> Iterator[Page]:
    """Every page once, in order or from the last; raises `Damaged`."""
    root = container.dictionary(container.trailer.get(b"Root"))
    waiting: list[tuple[Value, int, Mapping[bytes, Given]]] = [(root.get(b"Pages") if root else None, 0, {})]
    seen = set[Value]()
    while waiting:
        value, depth, above = waiting.pop()
        about, held = container.resolved(value)
        if value in seen or about is None:
            continue
        if depth > _DEEPEST or not isinstance(about, Dictionary) or not isinstance(value, Reference):
            raise damaged(**why("页面树", "the tree of pages"))
        seen.add(value)
        given = {**above, **{entry.key: Given(entry.value, held) for entry in about.entries if entry.key in _INHERITED}}
        kids, _ = container.resolved(about.get(b"Kids"))
        if not isinstance(kids, tuple):
            yield Page(value, about, held, given)
            continue
        waiting.extend((kid, depth + 1, given) for kid in (kids if backwards else reversed(kids)))


def shown(container: Container, page: Page) -> Box:
    """What is seen of a page: left, bottom, right and top in its own units; raises `Damaged`.

    A press cuts the page at its trim box, so the mark stands within that, where it is the better part of the page.
    """
    media = _box(container, _value(page, b"MediaBox"))
    if media is None:
        raise damaged(**why("页面没有尺寸", "a page has no size"))
    crop = _common(media, _box(container, _value(page, b"CropBox")))
    if min(_sides(crop)) < 1:  # the smallest that readers show has three units (ISO 32000-1, annex C)
        raise damaged(**why("页面没有尺寸", "a page has no size"))
    trim = _common(crop, _box(container, page.about.get(b"TrimBox")))
    return trim if all(2 * one >= other for one, other in zip(_sides(trim), _sides(crop), strict=True)) else crop


def rotation(container: Container, page: Page) -> int:
    """Quarter turns clockwise by which a page is shown."""
    found, _ = container.resolved(_value(page, b"Rotate"))
    return found // 90 % 4 if isinstance(found, int) else 0


def unit(container: Container, page: Page) -> float:
    """The size of the page's unit in points (`UserUnit`)."""
    found = number(container, page.about.get(b"UserUnit"))
    return found if found and 0.001 <= found <= 1e6 else 1.0


def number(container: Container, value: Value) -> float | None:
    """A number, integer or real."""
    found, _ = container.resolved(value)
    if isinstance(found, int):
        return float(found) if abs(found) < 1e9 else None
    return float(found.text) if isinstance(found, Word) and _REAL.match(found.text) else None


def _value(page: Page, key: bytes) -> Value:
    given = page.given.get(key)
    return given.value if given else None


def _box(container: Container, value: Value) -> Box | None:
    """A rectangle by any two of its corners (7.9.5) that has an area."""
    found, _ = container.resolved(value)
    edges = [number(container, one) for one in found] if isinstance(found, tuple) and len(found) == 4 else []
    known = [edge for edge in edges if edge is not None]
    if len(known) != 4:
        return None
    box = (min(known[0::2]), min(known[1::2]), max(known[0::2]), max(known[1::2]))
    return box if box[0] < box[2] and box[1] < box[3] else None


def _common(one: Box, other: Box | None) -> Box:
    """What two boxes have in common, or the first alone."""
    if other is None:
        return one
    box = (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))
    return box if box[0] < box[2] and box[1] < box[3] else one


def _sides(box: Box) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]

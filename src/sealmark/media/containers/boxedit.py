"""Edits of an ISO base media file: what is replaced by what, with every size and every position made true again.

All offsets are those of the source; how far each byte of it moves is known once the sizes of all changes are.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from sealmark.errors import why
from sealmark.media.containers.isobmff import Box
from sealmark.media.errors import Immovable
from sealmark.media.pieces import Pieces, Span


class Shift:
    """How far the bytes of a file move when it is edited."""

    def __init__(self, changes: Iterable["Change"]) -> None:
        # What is inserted at an offset counts after what ends there: twice the offset, and one more.
        moving = sorted((2 * one.stop + (one.start == one.stop), one.growth) for one in changes if one.growth)
        self._ends = [end for end, _ in moving]
        self._moves = [0, *accumulate(growth for _, growth in moving)]

    @property
    def first(self) -> int | None:
        """Where the first byte that moves stood, if any does."""
        return self._ends[0] // 2 if self._ends else None

    def moved(self, offset: int) -> int:
        """Where the byte stands that stood at an offset; what is inserted there comes before it."""
        return offset + self._moves[bisect_right(self._ends, 2 * offset + 1)]

    def placed(self, offset: int) -> int:
        """Where that ends which ended at an offset; what is inserted there comes behind it."""
        return offset + self._moves[bisect_right(self._ends, 2 * offset)]


class Change(NamedTuple):
    """The bytes of `[start, stop)` within the box `parent` become `size` bytes, made when all moves are known."""

    start: int
    stop: int
    size: int
    make: Callable[[Shift], bytes]
    parent: Box | None

    @property
    def growth(self) -> int:
        """By how many bytes the file grows."""
        return self.size - (self.stop - self.start)


def changed(start: int, stop: int, new: bytes, parent: Box | None) -> Change:
    """The bytes of `[start, stop)` become others, whatever moves."""
    return Change(start, stop, len(new), lambda _shift: new, parent)


def omitted(box: Box) -> Change:
    """A box goes, with all that is in it."""
    return changed(box.start, box.stop, b"", box.parent)


def pieces(length: int, changes: Iterable[Change], name: str) -> Pieces:
    """The edited file of a source of `length` bytes; raises `Immovable`, and what the changes raise."""
    own = list(changes)
    shift = Shift(own)
    own += _sizes(own, name)
    out: list[bytes | Span] = []
    at = 0
    for change in sorted(own, key=lambda change: (change.start, change.stop)):
        assert change.start >= at
        out += [Span(at, change.start)] if change.start > at else []
        out.append(change.make(shift))
        at = change.stop
    return (*out, Span(at, length)) if at < length else tuple(out)


def _sizes(changes: Sequence[Change], name: str) -> list[Change]:
    """The new sizes of all boxes around what grows or shrinks."""
    growths: defaultdict[Box, int] = defaultdict(int)
    for change in changes:
        box = change.parent if change.growth else None
        while box is not None:
            growths[box] += change.growth
            box = box.parent
    return [_size(box, growth, name) for box, growth in growths.items() if box.width and growth]


def _size(box: Box, growth: int, name: str) -> Change:
    """The size field of a box: at its start, or behind its kind in 64 bits (ISO/IEC 14496-12, 4.2)."""
    at, size = box.start if box.width == 4 else box.start + 8, box.stop - box.start + growth
    return changed(at, at + box.width, unsigned(size, box.width, name), None)


def unsigned(number: int, width: int, name: str) -> bytes:
    """A position or a length in its field; raises `Immovable` where it does not fit."""
    if not 0 <= number < 1 << 8 * width:
        raise Immovable(format=name, **why("位置超出字段范围", "a position leaves its field"))
    return number.to_bytes(width, "big")

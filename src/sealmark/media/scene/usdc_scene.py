"""The prims of a USD crate, as far as they say what is shown and where (AOUSD Core, 16.3).

Every spec has a path, and its fields; the paths stand as a tree in the order in which one walks through it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealmark.errors import why
from sealmark.media.errors import MetadataOverLimit
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer
from sealmark.media.scene import crate, usdc
from sealmark.media.scene.usd_scene import Prim, Stage, is_wanted
from sealmark.media.scene.usdc import INLINED, STRING, TOKEN, Crate

# Kinds of specs (SdfSpecType), and of values (crateDataTypes.h).
ATTRIBUTE, PRIM, _VARIANT, _VARIANT_SET = 1, 6, 10, 11
TOKENS, _DOUBLE = 41, 9
ARRAY, _COMPRESSED = 1 << 63, 1 << 61  # bits of a value
# Vectors, matrices and quaternions: how their numbers are written, and how many there are.
_NUMBERS: dict[int, tuple[str, int]] = {
    **{7: ("<f2", 1), 8: ("<f4", 1), 9: ("<f8", 1)},
    **{13: ("<f8", 4), 14: ("<f8", 9), 15: ("<f8", 16), 16: ("<f8", 4), 17: ("<f4", 4), 18: ("<f2", 4)},
    **{19: ("<f8", 2), 20: ("<f4", 2), 21: ("<f2", 2), 23: ("<f8", 3), 24: ("<f4", 3), 25: ("<f2", 3)},
    **{27: ("<f8", 4), 28: ("<f4", 4), 29: ("<f2", 4)},
}
_MATRICES = {13: 2, 14: 3, 15: 4}
_ARCS = frozenset((b"references", b"payload", b"inheritPaths", b"specializes"))
# Paths of a layer; numbers of the arrays that are read, where a mesh states no extent; fields of one spec, and bytes
# of a name: all far above those of any honest scene.
_MOST_PATHS, _MOST_NUMBERS, _MOST_FIELDS, _LONGEST_NAME = 1 << 20, 3 << 23, 1 << 10, 1 << 12
_MOST_OPERATIONS = 64
NO_FIELD = 0xFFFFFFFF  # ends a set of fields


@dataclass(frozen=True, slots=True)
class Tree:
    """The paths as they are walked through: the number of each, its last token (less than 0 of a property), its jump.

    A jump leads to the next sibling; -1 says that there are only children, -2 that there is nothing more, 0 that the
    next one is a sibling. `count` is how many numbers are given: the empty path has one too, and no place in the tree.
    """

    count: int
    numbers: NDArray[np.int64]
    tokens: NDArray[np.int64]
    jumps: NDArray[np.int64]


def read(data: Buffer) -> Stage:
    """The prims of a layer; raises `Damaged` where its tables contradict each other, and `MetadataOverLimit`."""
    held = usdc.parse(data)
    try:
        return _Reader(data, held).read()
    except (struct.error, IndexError, ValueError, OverflowError, KeyError, UnicodeDecodeError, crate.BrokenError):
        raise usdc.damaged(why("场景内容", "content of the scene")) from None


def tree(held: Crate) -> Tree:
    """The paths of a crate; raises `crate.BrokenError` and `struct.error` where their table is none."""
    table = held.tables[b"PATHS"]
    count, walked = struct.unpack_from("<2Q", table)
    if max(walked, count) > _MOST_PATHS:
        raise MetadataOverLimit(place="USD", **why("路径过多", "too many paths"))
    if not 0 < walked <= count:
        raise crate.BrokenError
    lists, at = list[NDArray[np.int64]](), 16
    for _ in range(3):
        at, values = usdc.integer_list(table, at, walked)
        lists.append(values.astype(np.int32).astype(np.int64))
    if len(set(lists[0].tolist())) != walked or not 0 <= lists[0].min() <= lists[0].max() < count:
        raise crate.BrokenError
    return Tree(count, *lists)


def _parents(walk: Tree) -> list[int]:
    """At which place in the tree the parent of each place stands; -1 of the root."""
    parents, waiting, parent = list[int](), list[tuple[int, int]](), -1
    for at, jump in enumerate(walk.jumps.tolist()):
        if waiting and waiting[-1][0] == at:
            parent = waiting.pop()[1]
        parents.append(parent)
        if jump > 0:
            waiting.append((at + jump, parent))
        if jump > 0 or jump == -1:
            parent = at
    if waiting:
        raise crate.BrokenError
    return parents


def specs(held: Crate) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of each spec its path, the beginning of its set of fields, and its kind."""
    table = held.tables[b"SPECS"]
    at, paths = usdc.integer_list(table, 0, None)
    at, sets = usdc.integer_list(table, at, len(paths))
    at, kinds = usdc.integer_list(table, at, len(paths))
    return paths.astype(np.int64), sets.astype(np.int64), kinds.astype(np.int64)


class _Reader:
    """Reads the specs along the tree of paths."""

    def __init__(self, data: Buffer, held: Crate) -> None:
        self._data, self._held = data, held
        self._tree = tree(held)
        paths, starts, kinds = specs(held)
        if len(paths) and int(paths.max()) >= self._tree.count:
            raise crate.BrokenError
        self._starts, self._kinds = np.full((2, self._tree.count), -1, np.int64)
        self._starts[paths], self._kinds[paths] = starts, kinds
        self._left = _MOST_NUMBERS
        self._ends = np.flatnonzero(held.sets == NO_FIELD)
        self._prims = dict[int, int]()  # by the place of their path in the tree

    def read(self) -> Stage:
        stage, walk = Stage(), self._tree
        if int(np.isin(self._kinds, (PRIM, _VARIANT)).sum()) > MOST_PARTS:
            raise MetadataOverLimit(place="USD", **why("节点过多", "too many prims"))
        for at, parent in enumerate(_parents(walk)):
            number, token = int(walk.numbers[at]), int(walk.tokens[at])
            start, kind = int(self._starts[number]), int(self._kinds[number])
            if parent < 0:
                self._layer(stage, start)
            elif kind in {PRIM, _VARIANT, _VARIANT_SET} and token >= 0:
                self._prims[at] = len(stage.prims)
                stage.prims.append(self._prim(start, kind, token, self._prims.get(parent), number))
            elif kind == ATTRIBUTE and token < 0 and parent in self._prims:
                self._attribute(stage.prims[self._prims[parent]], start, -token)
        return stage

    def _fields(self, start: int) -> Iterator[tuple[bytes, int]]:
        """The names and values of a set of fields."""
        end = int(self._ends[np.searchsorted(self._ends, start)])
        if start < 0 or end - start > _MOST_FIELDS:
            raise crate.BrokenError
        for number in self._held.sets[start:end]:
            yield self._word(int(self._held.names[number])), int(self._held.values[number])

    def _word(self, number: int) -> bytes:
        ends = self._held.ends
        if int(ends[number]) - (int(ends[number - 1]) if number else 0) > _LONGEST_NAME:
            raise crate.BrokenError
        return self._held.token(number)

    def _layer(self, stage: Stage, start: int) -> None:
        fields = dict(self._fields(start))
        stage.up = "Z" if self._said(fields.get(b"upAxis", 0)).upper() == "Z" else "Y"
        stage.default = self._said(fields.get(b"defaultPrim", 0))
        stage.is_composed = b"subLayers" in fields

    def _prim(self, start: int, kind: int, token: int, parent: int | None, number: int) -> Prim:
        fields = dict(self._fields(start))
        name = self._word(token).decode()
        if kind != PRIM:
            return Prim(name, parent, is_variant=True, is_composed=bool(_ARCS & fields.keys()), place=number)
        one = Prim(name, parent, self._said(fields.get(b"typeName", 0)), place=number)
        # SdfSpecifierDef is 0, and only a prim that is an over may lack the field.
        one.is_defined = usdc.payload(fields.get(b"specifier", 1)) == 0
        one.is_active = bool(usdc.payload(fields.get(b"active", 1)))
        one.is_instanceable = bool(usdc.payload(fields.get(b"instanceable", 0)))
        one.is_composed = bool(_ARCS & fields.keys())
        return one

    def _attribute(self, prim: Prim, start: int, token: int) -> None:
        name = self._word(token).decode("utf-8", "replace")
        if not is_wanted(name):
            return
        fields = dict(self._fields(start))
        value = fields.get(b"default")
        value = self._first_sample(fields[b"timeSamples"]) if value is None and b"timeSamples" in fields else value
        if value is not None:
            prim.attributes[name] = partial(self._points, value) if name == "points" else self._value(value)

    def _points(self, value: int) -> NDArray[np.float64] | None:
        found = self._value(value, _MOST_NUMBERS)
        return found if isinstance(found, np.ndarray) else None

    def _said(self, value: int) -> str:
        return self._word(usdc.payload(value)).decode() if value and usdc.kind(value) == TOKEN else ""

    def _value(self, value: int, most: int = _MOST_OPERATIONS) -> Any:
        """Tokens as strings, numbers as a flat array of at most so many; None for what is not asked for."""
        kind, at = usdc.kind(value), usdc.payload(value)
        if kind in {TOKEN, STRING} and not value & ARRAY:
            return self._word(at if kind == TOKEN else int(self._held.strings[at])).decode()
        if kind == TOKEN:
            return [self._word(int(one)).decode() for one in self._array(at, "<u4", 1, most)]
        if kind not in _NUMBERS or value & _COMPRESSED:
            return None
        form, count = _NUMBERS[kind]
        if value & ARRAY:
            return self._array(at, form, count, most)
        if value & INLINED:
            return _inlined(kind, at)
        size = np.dtype(form).itemsize * count
        return np.frombuffer(self._data[at : at + size], form, count)

    def _array(self, at: int, form: str, count: int, most: int) -> NDArray[Any]:
        """The first numbers of an array."""
        if not at:
            return np.zeros(0, form)
        version = tuple(self._data[8:10])
        at += 4 if version < (0, 5) else 0  # a rank stood before the length
        width = 4 if version < (0, 7) else 8
        length = int.from_bytes(self._data[at : at + width], "little") * count
        read = min(length, most // count * count)
        self._left -= read
        if self._left < 0 or (read < length and most == _MOST_NUMBERS):
            raise MetadataOverLimit(place="USD points", **why("数组过大", "an array too large"))
        return np.frombuffer(self._data[at + width : at + width + np.dtype(form).itemsize * read], form, read)

    def _first_sample(self, value: int) -> int | None:
        """The value of the first time: behind the times, whose place a distance tells, and the number of values."""
        at = usdc.payload(value)
        (distance,) = struct.unpack("<q", self._data[at : at + 8])
        at += distance + 8  # behind the value that holds the times
        (distance,) = struct.unpack("<q", self._data[at : at + 8])
        at += distance
        count, first = struct.unpack("<2Q", self._data[at : at + 16])
        return int(first) if count else None


def _inlined(kind: int, raw: int) -> NDArray[np.float64]:
    """A value that stands in its own field: a number, or a vector or a matrix's diagonal of small integers."""
    form, count = _NUMBERS[kind]
    if count == 1:
        return np.frombuffer(raw.to_bytes(8, "little"), "<f4" if kind == _DOUBLE else form, 1).astype(np.float64)
    small = np.frombuffer(raw.to_bytes(8, "little"), np.int8, _MATRICES.get(kind, count)).astype(np.float64)
    return np.diag(small).ravel() if kind in _MATRICES else small

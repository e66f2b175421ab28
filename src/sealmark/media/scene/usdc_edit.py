"""Adding a prim to a USD crate, with all that is in it (AOUSD Core, 16.3).

What is added comes behind what is there; only the parent's list of children and the tree of paths change.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sealmark.errors import why
from sealmark.media.pieces import Buffer, Pieces
from sealmark.media.scene import crate, usdc
from sealmark.media.scene.usd_new import Attribute, NewPrim, Output, Relationship
from sealmark.media.scene.usd_scene import Stage, path
from sealmark.media.scene.usdc import INLINED, TOKEN, Crate
from sealmark.media.scene.usdc_scene import ARRAY, ATTRIBUTE, NO_FIELD, PRIM, TOKENS, specs, tree

# Kinds of specs and of values, as in `usdc_scene`.
_RELATIONSHIP = 8
_BOOL, _INT, _FLOAT, _VECTOR, _MATRIX = 1, 3, 8, 24, 15
_TOKEN_LIST, _PATH_LIST, _SPECIFIER, _VARIABILITY = 32, 34, 42, 44
_KINDS = {
    **dict.fromkeys(("color3f", "color3f[]", "point3f[]", "float3[]"), _VECTOR),
    **{"int[]": _INT, "matrix4d": _MATRIX},
}
_LIST_EXPLICIT, _LIST_PREPENDED = 0b11, 1 << 5  # bits of a list operation


def added(data: Buffer, stage: Stage, parent: int | None, new: NewPrim) -> Pieces:
    """The crate with one more prim: the first in its parent, or in the layer; raises `Damaged`."""
    held = usdc.parse(data)
    try:
        return _Writer(data, held, stage, parent).write(new)
    except (struct.error, IndexError, ValueError, OverflowError, KeyError, crate.BrokenError):
        raise usdc.damaged(why("场景内容", "content of the scene")) from None


@dataclass(slots=True)
class _Grown:
    """What is added to the tables of a crate, and the values that stand before them."""

    tokens: list[bytes] = field(default_factory=list)
    names: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    sets: list[int] = field(default_factory=list)
    paths: list[tuple[int, int, int]] = field(default_factory=list)  # number, token, jump
    specs: list[tuple[int, int, int]] = field(default_factory=list)  # path, set, kind
    content: bytearray = field(default_factory=bytearray)


class _Writer:
    """Adds one prim with all that is in it."""

    def __init__(self, data: Buffer, held: Crate, stage: Stage, parent: int | None) -> None:
        self._data, self._held, self._tree = data, held, tree(held)
        self._specs = specs(held)
        self._grown = _Grown()
        self._known = dict[bytes, int]()
        self._numbers = dict[str, int]()  # of new paths
        self._parent = 0  # its place in the tree
        if parent is not None:
            self._parent = int(np.flatnonzero(self._tree.numbers == stage.prims[parent].place)[0])
        self._prefix = path(stage, parent)
        self._version = tuple(data[8:10])

    def write(self, new: NewPrim) -> Pieces:
        self._lay_out(new, "")
        self._paths(new, "", is_last=not self._has_children())
        self._prims(new, "")
        self._adopt(new.name.encode())
        return self._assembled()

    def _has_children(self) -> bool:
        jump = int(self._tree.jumps[self._parent])
        return jump > 0 or jump == -1

    def _lay_out(self, prim: NewPrim, outer: str) -> None:
        """Give every path its number."""
        own = f"{outer}/{prim.name}"
        for name in (own, *(f"{own}.{one.name}" for one in prim.properties)):
            self._numbers[name] = self._tree.count + len(self._numbers)
        for child in prim.children:
            self._lay_out(child, own)

    def _paths(self, prim: NewPrim, outer: str, *, is_last: bool) -> None:
        """A prim, its properties and its prims as a walk through the tree meets them."""
        own, at = f"{outer}/{prim.name}", len(self._grown.paths)
        inside = len(prim.properties) + len(prim.children)
        self._grown.paths.append((self._numbers[own], self._token(prim.name), -2))
        for number, one in enumerate(prim.properties, 1):
            jump = -2 if number == inside else 0
            self._grown.paths.append((self._numbers[f"{own}.{one.name}"], -self._token(one.name), jump))
        for number, child in enumerate(prim.children, len(prim.properties) + 1):
            self._paths(child, own, is_last=number == inside)
        size = len(self._grown.paths) - at
        alone = -1 if inside else -2
        self._grown.paths[at] = (*self._grown.paths[at][:2], alone if is_last else (size if inside else 0))

    def _token(self, said: str | bytes) -> int:
        word = said if isinstance(said, bytes) else said.encode()
        if word not in self._known:
            found = usdc.token_numbers(self._held, (word,)).get(word)
            if found is None:
                found = len(self._held.ends) + len(self._grown.tokens)
                self._grown.tokens.append(word)
            self._known[word] = found
        return self._known[word]

    def _prims(self, prim: NewPrim, outer: str) -> None:
        own = f"{outer}/{prim.name}"
        fields = [("specifier", INLINED | _SPECIFIER << 48), ("typeName", self._word(prim.kind))]
        if prim.schemas:
            listed = bytes((_LIST_PREPENDED,)) + self._counted([self._token(one) for one in prim.schemas])
            fields.append(("apiSchemas", self._put(_TOKEN_LIST, listed)))
        if prim.children:
            fields.append(("primChildren", self._words([child.name for child in prim.children])))
        if prim.properties:
            fields.append(("properties", self._words([one.name for one in prim.properties])))
        self._spec(own, fields, PRIM)
        for one in prim.properties:
            self._property(f"{own}.{one.name}", one)
        for child in prim.children:
            self._prims(child, own)

    def _property(self, own: str, one: Attribute | Output | Relationship) -> None:
        if isinstance(one, Relationship):
            uniform = INLINED | _VARIABILITY << 48 | 1
            self._spec(own, [("variability", uniform), ("targetPaths", self._target(one.target))], _RELATIONSHIP)
            return
        if isinstance(one, Output):
            fields = [("typeName", self._word("token"))]
            fields += [("connectionPaths", self._target(one.target))] if one.target else []
            self._spec(own, fields, ATTRIBUTE)
            return
        fields = [("custom", INLINED | _BOOL << 48 | 1)] if one.custom else []
        fields.append(("typeName", self._word(one.kind)))
        fields += [("variability", INLINED | _VARIABILITY << 48 | 1)] if one.uniform else []
        fields.append(("default", self._value(one)))
        fields += [("interpolation", self._word(one.interpolation))] if one.interpolation else []
        self._spec(own, fields, ATTRIBUTE)

    def _value(self, one: Attribute) -> int:
        value = one.value
        if isinstance(value, str):
            return self._word(value)
        if isinstance(value, bool):
            return INLINED | _BOOL << 48 | value
        if isinstance(value, float):
            return INLINED | _FLOAT << 48 | int.from_bytes(struct.pack("<f", value), "little")
        if isinstance(value, list):
            return self._put(TOKEN, self._length(len(value)) + _packed([self._token(word) for word in value])) | ARRAY
        if one.kind.endswith("[]"):
            return self._put(_KINDS[one.kind], self._length(len(value)) + value.tobytes()) | ARRAY
        return self._put(_KINDS[one.kind], value.tobytes())

    def _length(self, count: int) -> bytes:
        """How many elements an array has, as this version of crates says it."""
        rank = struct.pack("<I", 1) if self._version < (0, 5) else b""
        return rank + struct.pack("<I" if self._version < (0, 7) else "<Q", count)

    def _word(self, said: str) -> int:
        return INLINED | TOKEN << 48 | self._token(said)

    def _words(self, said: Sequence[str | bytes]) -> int:
        return self._put(TOKENS, self._counted([self._token(one) for one in said]))

    def _target(self, target: str) -> int:
        """A list of one path; targets are given by the path in the layer, and are all among what is added."""
        inner = target.removeprefix(self._prefix)
        return self._put(_PATH_LIST, bytes((_LIST_EXPLICIT,)) + self._counted([self._numbers[inner]]))

    def _counted(self, numbers: list[int]) -> bytes:
        return struct.pack("<Q", len(numbers)) + _packed(numbers)

    def _put(self, kind: int, content: bytes) -> int:
        """A value that stands before the tables, at a multiple of eight bytes."""
        grown = self._grown.content
        grown += bytes(-(self._held.base + len(grown)) % 8)
        place = self._held.base + len(grown)
        grown += content
        return kind << 48 | place

    def _spec(self, own: str, fields: list[tuple[str, int]], kind: int) -> None:
        self._grown.specs.append((self._numbers[own], self._set(fields), kind))

    def _set(self, fields: list[tuple[str, int]], kept: Sequence[int] = ()) -> int:
        """A set of new fields behind those that are kept; where it begins."""
        start = len(self._held.sets) + len(self._grown.sets)
        self._grown.sets += kept
        for name, value in fields:
            self._grown.sets.append(len(self._held.names) + len(self._grown.names))
            self._grown.names.append(self._token(name))
            self._grown.values.append(value)
        self._grown.sets.append(NO_FIELD)
        return start

    def _adopt(self, name: bytes) -> None:
        """One more child in the parent's list of them, the last: it stands in a new set of fields."""
        paths, sets, _ = self._specs
        (spec,) = np.flatnonzero(paths == self._tree.numbers[self._parent])
        start = int(sets[spec])
        end = start + int(np.flatnonzero(self._held.sets[start:] == NO_FIELD)[0])
        numbers = [int(one) for one in self._held.sets[start:end]]
        old = [one for one in numbers if self._held.token(int(self._held.names[one])) == b"primChildren"]
        children = self._children(int(self._held.values[old[0]])) if old else []
        listed = self._put(TOKENS, self._counted([*children, self._token(name)]))
        kept = [one for one in numbers if one not in old]
        sets[spec] = self._set([("primChildren", listed)], kept)

    def _children(self, value: int) -> list[int]:
        at = usdc.payload(value)
        (count,) = struct.unpack("<Q", self._data[at : at + 8])
        if usdc.kind(value) != TOKENS or count > crate.MOST:
            raise crate.BrokenError
        return list(struct.unpack(f"<{count}I", self._data[at + 8 : at + 8 + 4 * count]))

    def _assembled(self) -> Pieces:
        grown, held = self._grown, self._held
        names = np.concatenate((held.names, np.array(grown.names, np.uint32)))
        values = np.array(grown.values, "<u8").tobytes()
        sets = np.concatenate((held.sets, np.array(grown.sets, np.uint32)))
        rows = zip(*grown.specs, strict=True)
        joined = [np.concatenate((old, np.array(new))) for old, new in zip(self._specs, rows, strict=True)]
        tables = {
            b"TOKENS": usdc.token_table(held, len(held.texts), grown.tokens, len(held.ends)),
            b"FIELDS": usdc.field_table(held, names, values),
            b"FIELDSETS": struct.pack("<Q", len(sets)) + _sized(crate.listed(sets)),
            b"PATHS": self._path_table(),
            b"SPECS": struct.pack("<Q", len(joined[0])) + _lists(joined),
        }
        return usdc.assembled(self._data, held, bytes(grown.content), tables)

    def _path_table(self) -> bytes:
        """The tree with what is added as the parent's first children; whoever jumps over it jumps farther."""
        walk, count, at = self._tree, len(self._grown.paths), self._parent
        jumps, places = walk.jumps.copy(), np.arange(len(walk.jumps))
        jumps[(jumps > 0) & (places <= at) & (places + jumps > at)] += count
        if jumps[at] == -2:
            jumps[at] = -1
        elif jumps[at] == 0:
            jumps[at] = count + 1
        new = np.array(self._grown.paths, np.int64)
        lists = zip((walk.numbers, walk.tokens, jumps), new.T, strict=True)
        grown = [np.concatenate((old[: at + 1], added, old[at + 1 :])) for old, added in lists]
        head = struct.pack("<2Q", walk.count + count, len(walk.numbers) + count)
        return head + _lists(grown)


def _packed(numbers: list[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


def _lists(rows: Sequence[NDArray[np.int64]]) -> bytes:
    """Lists of integers, one behind another, each with its size."""
    unsigned = (row.astype(np.int32).view(np.uint32) for row in rows)
    return b"".join(_sized(crate.listed(row)) for row in unsigned)


def _sized(content: bytes) -> bytes:
    return struct.pack("<Q", len(content)) + content

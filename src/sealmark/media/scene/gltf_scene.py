"""What a glTF shows: its scenes, the nodes in them, where these stand, and how large it all is (glTF 2.0, chapter 3).

Only the tables that are asked for are built in memory, each up to a size; vertices are never read, since every
accessor of positions states its bounds (3.7.2.1).
"""

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from sealmark.errors import why
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer
from sealmark.media.scene import gltf, space
from sealmark.media.scene.space import Box, Matrix
from sealmark.media.text import json_spans
from sealmark.media.text.json_spans import Text, Value

# Bytes of one table; that of an honest scene of a hundred thousand nodes takes ten megabytes.
LONGEST = 1 << 24
DEEPEST = 512
# What normalised integers of positions stand for (KHR_mesh_quantization): component type and highest value.
_NORMALISED: Mapping[Any, float] = {5120: 127.0, 5121: 255.0, 5122: 32767.0, 5123: 65535.0}
_SIZES: Mapping[Any, int] = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}

_DATA = re.compile(rb'"data:[^,"]{0,128};base64,')

Row = dict[str, Any]


class Placed(NamedTuple):
    """One node in a scene: its number, that of its parent, and its transform to the scene."""

    number: int
    parent: int | None
    matrix: Matrix


@dataclass(slots=True)
class Document:
    """The JSON of a glTF, its tables as far as they were asked for, and the chunk of a GLB behind it.

    `chunk` is the binary chunk `(start, stop)` in `data`, which buffer 0 without an address is.
    """

    text: Text
    root: Value
    data: Buffer = b""
    chunk: tuple[int, int] | None = None
    _tables: dict[str, list[Row]] = field(default_factory=dict)

    def table(self, name: str) -> list[Row]:
        """The objects of a topmost array; none where it is missing. Raises `Damaged`, `MetadataOverLimit`."""
        if name not in self._tables:
            found = self._load(name)
            if found is not None and (not isinstance(found, list) or not all(isinstance(one, dict) for one in found)):
                raise damaged(name)
            self._tables[name] = found or []
        return self._tables[name]

    def row(self, name: str, number: object) -> Row:
        """One object of a topmost array; an empty one where there is none of that number."""
        rows = self.table(name)
        return rows[number] if is_index(number) and number < len(rows) else {}

    def element(self, name: str, number: object) -> Row:
        """As `row`, of a table that may hold large data URIs: only that one element is built."""
        spans = list(self.spans(name))
        if not is_index(number) or number >= len(spans):
            return {}
        one = spans[number]
        try:
            found = json.loads(self.text[one.start : one.end]) if one.end - one.start <= LONGEST else {}
        except (ValueError, RecursionError):
            raise damaged(name) from None
        return found if isinstance(found, dict) else {}

    def spans(self, name: str) -> Iterator[Value]:
        """Where the elements of a topmost array stand."""
        value = only(self.text, self.root, name)
        return json_spans.elements(self.text, value) if value else iter(())

    def first(self) -> int:
        """The number of the scene that a viewer opens."""
        chosen = self._load("scene")
        return chosen if is_index(chosen) else 0

    def _load(self, name: str) -> Any:
        value = only(self.text, self.root, name)
        if value is None:
            return None
        if value.end - value.start > LONGEST:
            raise MetadataOverLimit(place=f"glTF {name}", **why("过大", "too large"))
        try:
            return json.loads(self.text[value.start : value.end])
        except (ValueError, RecursionError):
            raise damaged(name) from None


def read(data: Buffer, chunk: tuple[int, int] | None, text: bytes) -> Document:
    """A scene from its JSON; `data` and `chunk` as in `Document`. Raises `Damaged`, `MetadataOverLimit`."""
    whole = Text(text)
    return Document(whole, gltf.parse(whole), data, chunk)


def only(text: bytes, value: Value, key: str) -> Value | None:
    """The one member of that key; raises `Damaged` where it stands twice, since readers differ on which counts."""
    values = [one.value for one in json_spans.members(text, value) if one.key == key]
    if len(values) > 1:
        raise damaged(key)
    return values[0] if values else None


def is_index(value: object) -> TypeGuard[int]:
    """Whether a value is a number that may point at an element."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def placed(document: Document, scene: Row) -> Iterator[Placed]:
    """Every node of a scene that is not hidden, each once, parents first (3.5.2: a node has one parent)."""
    nodes, seen = document.table("nodes"), set[int]()
    waiting: list[tuple[int, int | None, Matrix, int]] = []
    waiting += [(one, None, np.eye(4), 0) for one in reversed(_indices(scene.get("nodes")))]
    while waiting:
        number, parent, matrix, depth = waiting.pop()
        if number in seen or number >= len(nodes):
            continue
        if len(seen) == MOST_PARTS or depth > DEEPEST:
            raise MetadataOverLimit(place="glTF nodes", **why("节点过多或过深", "too many nodes, or too deep"))
        seen.add(number)
        node = nodes[number]
        if member(node, "extensions", "KHR_node_visibility").get("visible") is False:
            continue
        own = transform(node)
        matrix = matrix if own is None else matrix @ own
        yield Placed(number, parent, matrix)
        children = reversed(_indices(node.get("children")))
        waiting += [(child, number, matrix, depth + 1) for child in children]


def _indices(values: object) -> list[int]:
    return [one for one in values if is_index(one)] if isinstance(values, list) else []


def transform(node: Row) -> Matrix | None:
    """A node's own transform (3.5.3); None where it stands where its parent does."""
    matrix = numbers(node.get("matrix"), 16)
    if matrix is not None:
        return np.array(matrix).reshape(4, 4).T
    parts = (numbers(node.get("translation"), 3), numbers(node.get("rotation"), 4), numbers(node.get("scale"), 3))
    if parts == (None, None, None):
        return None
    moved = space.translation(parts[0] or (0, 0, 0)) @ space.rotation(parts[1] or (0, 0, 0, 1))
    return moved @ space.scaling(parts[2] or (1, 1, 1))


def numbers(values: object, count: int) -> list[float] | None:
    """That many finite numbers; None where the value is anything else."""
    if not isinstance(values, list) or len(values) != count:
        return None
    if not all(isinstance(one, int | float) and not isinstance(one, bool) and abs(one) <= 1e30 for one in values):
        return None
    return [float(one) for one in values]


def shown(document: Document, nodes: Sequence[Placed], without: Collection[int] = ()) -> Box | None:
    """The box around the meshes of these nodes; None where they show nothing whose bounds are stated."""
    matrices = {one.number: one.matrix for one in nodes}
    return space.around(_box(document, one, matrices) for one in nodes if one.number not in without)


def _box(document: Document, one: Placed, matrices: Mapping[int, Matrix]) -> Box | None:
    node = document.table("nodes")[one.number]
    if not is_index(node.get("mesh")):
        return None
    own = _bounds(document, node["mesh"])
    if own is None:
        return None
    bound = _bound(document, node.get("skin"), matrices)
    return own.moved(one.matrix if bound is None else bound)


def _bounds(document: Document, mesh: int) -> Box | None:
    """The box of a mesh in its own axes, from the bounds of its positions."""
    primitives = document.row("meshes", mesh).get("primitives")
    rows = [one for one in primitives if isinstance(one, dict)] if isinstance(primitives, list) else []
    return space.around(_accessor_box(document, member(row, "attributes").get("POSITION")) for row in rows)


def _accessor_box(document: Document, number: object) -> Box | None:
    accessor = document.row("accessors", number)
    low, high = numbers(accessor.get("min"), 3), numbers(accessor.get("max"), 3)
    if low is None or high is None:
        return None
    unit = _NORMALISED.get(accessor.get("componentType"), 1.0) if accessor.get("normalized") is True else 1.0
    return space.box([one / unit for one in low], [one / unit for one in high])


def _bound(document: Document, skin: object, matrices: Mapping[int, Matrix]) -> Matrix | None:
    """Where a skin takes its mesh: as its first joint does, which in the pose of binding all joints do (3.7.3.3)."""
    row = document.row("skins", skin)
    joints = _indices(row.get("joints"))
    if not joints or joints[0] not in matrices:
        return None
    inverse = accessed(document, row.get("inverseBindMatrices"), 64)
    if inverse is None:
        return None
    matrix = matrices[joints[0]] @ np.frombuffer(inverse, "<f4").reshape(4, 4).T.astype(np.float64)
    return matrix if space.is_near(matrix) else None


def member(row: Row, *keys: str) -> Row:
    """The object at the end of a path; an empty one where there is none."""
    for key in keys:
        value = row.get(key)
        row = value if isinstance(value, dict) else {}
    return row


def accessed(document: Document, number: object, size: int) -> bytes | None:
    """The first bytes of an accessor of floats; None where they are not in the file itself."""
    accessor = document.row("accessors", number)
    if accessor.get("componentType") != 5126 or "sparse" in accessor:
        return None
    found = viewed(document, accessor.get("bufferView"), _offset(accessor), size)
    return found if found is not None and len(found) == size else None


def viewed(document: Document, number: object, offset: int = 0, size: int | None = None) -> bytes | None:
    """Bytes of a buffer view; None where they are not in the file itself."""
    view = document.row("bufferViews", number)
    length = view.get("byteLength")
    if not is_index(length) or offset > length or (size or 0) > LONGEST:
        return None
    start, stop = _offset(view) + offset, _offset(view) + length
    stop = stop if size is None else min(stop, start + size)
    return _buffered(document, view.get("buffer"), start, min(stop, start + LONGEST))


def _offset(row: Row) -> int:
    offset = row.get("byteOffset", 0)
    return offset if is_index(offset) else 0


def _buffered(document: Document, number: object, start: int, stop: int) -> bytes | None:
    buffers = list(document.spans("buffers"))
    if not is_index(number) or number >= len(buffers):
        return None
    uri = only(document.text, buffers[number], "uri")
    if uri is not None:
        return _unfolded(document.text, uri, start, stop)
    if number != 0 or document.chunk is None:
        return None
    begin, end = document.chunk
    return document.data[min(begin + start, end) : min(begin + stop, end)]


def _unfolded(text: bytes, uri: Value, start: int, stop: int) -> bytes | None:
    """Bytes of a data URI in Base64; None for another address, or one that is spelled with escapes."""
    head = _DATA.match(text, uri.start, uri.end)
    if head is None or text.find(b"\\", uri.start, uri.end) >= 0:
        return None
    first, last = head.end() + start // 3 * 4, head.end() - (-stop // 3) * 4  # four letters are three bytes
    try:
        part = base64.b64decode(text[first : min(last, uri.end - 1)], validate=True)
    except binascii.Error:
        return None
    return part[start % 3 : start % 3 + stop - start]


def damaged(name: str) -> Damaged:
    """A table of a scene that is none, or stands twice."""
    return Damaged(format="glTF", **why(f"{name} 类型不符或重复", f"{name} is of a wrong type, or twice"))

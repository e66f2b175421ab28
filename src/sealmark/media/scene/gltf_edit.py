"""Adding to a glTF: elements behind those of its tables, so that every number in it still means what it meant."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sealmark.media.scene.gltf_scene import Document, damaged, only
from sealmark.media.text import json_spans
from sealmark.media.text.json_spans import Edit, Value


@dataclass(frozen=True, slots=True)
class Place:
    """Where added bytes will stand: the number of their buffer, and where in it they begin."""

    buffer: int
    offset: int


def place(document: Document) -> Place:
    """Where bytes are added: behind the binary chunk of a GLB, else in a buffer of their own."""
    buffers = list(document.spans("buffers"))
    if not _is_chunked(document, buffers):
        return Place(len(buffers), 0)
    start, stop = document.chunk or (0, 0)
    return Place(0, stop - start + -(stop - start) % 4)


def _is_chunked(document: Document, buffers: Sequence[Value]) -> bool:
    """Whether buffer 0 is the chunk of a GLB (4.4.3.3)."""
    if document.chunk is None:
        return False
    return bool(buffers) and only(document.text, buffers[0], "uri") is None


def edits(
    document: Document, tables: Mapping[str, Sequence[bytes]], scenes: Mapping[int, Sequence[int]], content: bytes
) -> tuple[list[Edit], bytes]:
    """The edits that add elements to tables, nodes to scenes and bytes to the buffers; and what the chunk grows by.

    `tables` holds JSON by the name of a topmost array, `scenes` the numbers of nodes by that of a scene. Raises
    `Damaged` where a table is none.
    """
    held = place(document)
    chunked = held.buffer == 0 and document.chunk is not None
    added = {name: list(rows) for name, rows in tables.items() if rows}
    made = list[Edit]()
    if not chunked:
        uri = b"data:application/octet-stream;base64," + base64.b64encode(content)
        added["buffers"] = [b'{"byteLength":%d,"uri":"%s"}' % (len(content), uri)]
    else:
        made += _lengthened(document, held.offset + len(content))
    made += _added(document, added)
    for number, nodes in scenes.items():
        made.append(_entered(document, number, nodes))
    start, stop = document.chunk or (0, 0)
    return made, bytes(-(stop - start) % 4) + content if chunked else b""


def _lengthened(document: Document, length: int) -> Iterator[Edit]:
    first = next(document.spans("buffers"))
    old = only(document.text, first, "byteLength")
    if old is None:
        raise damaged("buffers")
    yield old.start, old.end, b"%d" % length


def _added(document: Document, tables: Mapping[str, Sequence[bytes]]) -> Iterator[Edit]:
    """Elements behind those of topmost arrays; arrays that are missing come behind the last member."""
    new = list[bytes]()
    for name, rows in tables.items():
        value = only(document.text, document.root, name)
        items = b",".join(rows)
        if value is None:
            new.append(b'"%s":[%s]' % (name.encode(), items))
        else:
            yield _into_array(document, value, items, name)
    if new:
        yield json_spans.appended(document.text, document.root, b",".join(new))


def _entered(document: Document, number: int, nodes: Sequence[int]) -> Edit:
    """More nodes in a scene."""
    scene = list(document.spans("scenes"))[number]
    value, items = only(document.text, scene, "nodes"), b",".join(b"%d" % one for one in nodes)
    if value is None:
        return json_spans.appended(document.text, scene, b'"nodes":[%s]' % items)
    return _into_array(document, value, items, "nodes")


def childed(document: Document, number: int, children: Sequence[int]) -> Edit:
    """More children of a node."""
    node = list(document.spans("nodes"))[number]
    value, items = only(document.text, node, "children"), b",".join(b"%d" % one for one in children)
    if value is None:
        return json_spans.appended(document.text, node, b'"children":[%s]' % items)
    return _into_array(document, value, items, "children")


def _into_array(document: Document, value: Value, items: bytes, name: str) -> Edit:
    if document.text[value.start : value.start + 1] != b"[":
        raise damaged(name)
    return json_spans.appended(document.text, value, items)

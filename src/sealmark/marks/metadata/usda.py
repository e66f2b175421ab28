"""USD as text: the string `AIGC` in the layer's `customLayerData` (our choice: no guide speaks of scenes)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sealmark.errors import why
from sealmark.marks.errors import DamagedMetadata
from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Carrier, Found, Remains, found, gathered
from sealmark.marks.metadata.xmp import NAME
from sealmark.media.pieces import Buffer, Pieces, Span
from sealmark.media.scene import usda
from sealmark.media.scene.usda import Entry, Layer, Token

CUSTOM = "customLayerData"
PLACE = f"USD {CUSTOM}.{NAME}"


def remains(data: Buffer) -> Remains:
    """Every label in the metadata of a layer, whole or not."""
    layer, damage = usda.remains(data)
    left = gathered(usda.dictionaries(layer, CUSTOM.encode()), lambda tokens: _read(layer, tokens), None)
    return replace(left, damages=(damage, *left.damages)) if damage else left


def _read(layer: Layer, tokens: Sequence[Token]) -> Iterator[Found]:
    for entry in usda.entries(layer, tokens):
        if entry.key == NAME:
            yield found(_raw(layer, entry), PLACE, main=True)


def _raw(layer: Layer, entry: Entry) -> str:
    """The JSON of a label: a string, or a dictionary of strings."""
    first = entry.value[0]
    if layer.text(first) != b"{":
        return usda.string(layer.text(first))
    inside = entry.value[1:-1]
    pairs = {one.key: usda.string(layer.text(one.value[0])) for one in usda.entries(layer, inside)}
    return json.dumps(pairs, ensure_ascii=False)


def edit(data: Buffer, label: Label) -> Pieces:
    """The layer with this label as its one label; every other byte stays.

    Raises `DamagedMetadata` where `customLayerData` stands twice: a reader keeps only one.
    """
    layer = usda.parse(data)
    customs = list(usda.dictionaries(layer, CUSTOM.encode()))
    if len(customs) > 1 or (not customs and _holds_custom(layer)):
        raise DamagedMetadata(place=f"USD {CUSTOM}", **why("重复出现或不是字典", "twice, or no dictionary"))
    entry = b"string AIGC = " + usda.quoted(label.inner())
    head = _entered(layer, customs[0], entry) if customs else _begun(layer, entry)
    return (head, Span(len(layer.head), len(data)))


def _holds_custom(layer: Layer) -> bool:
    depth = 0
    for token in layer.tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 1 and layer.text(token) == CUSTOM.encode():
            return True
    return False


def _entered(layer: Layer, tokens: tuple[Token, ...], new: bytes) -> bytes:
    """The label in a dictionary that is there: where one stood, else as its first entry."""
    head = layer.head
    old = [entry for entry in usda.entries(layer, tokens) if entry.key == NAME]
    for number, entry in reversed(list(enumerate(old))):
        head = head[: entry.start] + (new if number == 0 else b"") + head[entry.end :]
    if old:
        return head
    opened = _opened(layer)
    return head[:opened] + _lines(layer, opened, [b"        " + new]) + head[opened:]


def _opened(layer: Layer) -> int:
    """Behind the brace of the dictionary."""
    name = next(
        number
        for number, token in enumerate(layer.tokens)
        if layer.text(token) == CUSTOM.encode() and layer.text(layer.tokens[number + 2]) == b"{"
    )
    return layer.tokens[name + 2].end


def _begun(layer: Layer, new: bytes) -> bytes:
    """The label in a dictionary of its own, and where there is no metadata, in metadata of its own."""
    head = layer.head
    custom = [b"    customLayerData = {", b"        " + new, b"    }"]
    if not layer.tokens:
        line = head if head.endswith((b"\r", b"\n")) else head + layer.ending
        return line + layer.ending.join((b"(", *custom, b")", b""))
    opened = layer.tokens[0].end
    return head[:opened] + _lines(layer, opened, custom) + head[opened:]


def _lines(layer: Layer, at: int, lines: Sequence[bytes]) -> bytes:
    """Lines behind an opening bracket; what stood behind it begins a line of its own."""
    new = b"".join(layer.ending + line for line in lines)
    behind = layer.head[at:].lstrip(b" \t")[:1]
    return new if behind in {b"\r", b"\n"} else new + layer.ending


CARRIER = Carrier("usda", remains, edit)

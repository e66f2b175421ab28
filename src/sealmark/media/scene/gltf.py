"""glTF 2.0 as JSON: a scene with its asset, and its buffers beside it or as data URIs, which stay as they are."""

import re

from sealmark.errors import why
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.format import Format
from sealmark.media.text import json_spans
from sealmark.media.text.json_spans import Value

# glTF 2.0, 3.2: asset.version says which glTF this is.
_VERSION = re.compile(r"2\.[0-9]+\Z")


def is_gltf(data: bytes) -> bool:
    """Whether the bytes are JSON with an asset of version 2; what follows the asset may be cut."""
    start = json_spans.root(data).start
    if data[start : start + 1] != b"{" or data.find(b'"asset"', start) < 0:
        return False
    if data.count(b"[") + data.count(b"{") > 4 * json_spans.MOST_STEPS:
        return False
    try:
        root = json_spans.root(data)
        return any(_is_scene(data, one.value) for one in json_spans.members(data, root) if one.key == "asset")
    except (Damaged, MetadataOverLimit):
        return False


FORMAT = Format("gltf", "scene", ("model/gltf+json",), ("gltf",), is_gltf)


def parse(data: bytes) -> Value:
    """The scene's object; raises `Damaged` for what is no JSON or has no asset, and `MetadataOverLimit`."""
    root, damage = remains(data)
    if damage is not None:
        raise damage
    if not any(_is_scene(data, one.value) for one in json_spans.members(data, root) if one.key == "asset"):
        raise Damaged(format="glTF", **why("缺少 asset.version 2", "no asset of version 2"))
    return root


def remains(data: bytes) -> tuple[Value, Damaged | None]:
    """The scene's object, also of a damaged text, and the first thing that is wrong; raises `MetadataOverLimit`."""
    try:
        return json_spans.check(data), None
    except Damaged as error:
        return json_spans.root(data), error


def _is_scene(data: bytes, asset: Value) -> bool:
    versions = (one.value for one in json_spans.members(data, asset) if one.key == "version")
    return any(
        json_spans.is_string(data, version) and _VERSION.match(json_spans.text(data, version)) for version in versions
    )

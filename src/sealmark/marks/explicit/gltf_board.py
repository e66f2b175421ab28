"""The label board in a glTF: which scenes lack one, what is added, and whether one that is there can be seen.

Its material is unlit, so that no light of the scene drowns it (`KHR_materials_unlit`); what a viewer without that
extension shows of it glows by itself.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, cast

import numpy as np

from sealmark.errors import SealmarkError, why
from sealmark.marks.explicit import board as drawn
from sealmark.marks.explicit import placing
from sealmark.marks.explicit.board import Board
from sealmark.marks.explicit.placing import Lens, Site
from sealmark.marks.explicit.wording import lawful, table
from sealmark.media import STANDARD, pixels
from sealmark.media.errors import MetadataOverLimit
from sealmark.media.limits import MOST_PARTS
from sealmark.media.scene import gltf_edit, gltf_scene, space
from sealmark.media.scene.gltf_scene import Document, Placed, Row, member, numbers
from sealmark.media.scene.space import Box, Matrix
from sealmark.media.text.json_spans import edited

NAME = "AIGC label board"  # every node of ours begins so; Annex E a) of GB 45438 asks for AIGC in names
_NOTE = "explicitMark"
_UNLIT = "KHR_materials_unlit"
# glTF 2.0, 5.25 and 5.11: targets of buffer views; 5.1.3: component types; 5.26: filters and wrapping of a sampler.
_VERTICES, _INDICES = 34962, 34963
_UNSIGNED_SHORT, _FLOAT = 5123, 5126
_LINEAR, _MIPMAPPED, _CLAMPED = 9729, 9987, 33071
_MOST_SCENES, _MOST_BOARDS = 64, 8  # boards that are looked at in one scene
_FACE = replace(STANDARD, pixels=1 << 22)


@dataclass(frozen=True, slots=True)
class Seen:
    """A board of ours that is seen when a scene is opened: the scene's number, the wording, and how it is seen."""

    scene: int
    wording: str
    through_camera: bool


@dataclass(frozen=True, slots=True)
class _Post:
    """A board to be set up: in a scene, or as the child of a camera's node; its transform there."""

    scene: int
    camera: int | None
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class _View:
    """One scene as it is opened: its nodes, those of ours among them with their boards, and the boxes around all."""

    number: int
    nodes: tuple[Placed, ...]
    ours: tuple[tuple[Placed, Board], ...]
    rest: Box | None
    whole: Box | None
    camera: tuple[Placed, Lens] | None


def find(document: Document) -> list[Seen]:
    """The boards of ours that opening the file's scenes shows; raises errors of `media`."""
    return [seen for view in _views(document) for seen in _seen(view)]


def added(document: Document, made: Board, corner: str) -> tuple[bytes, bytes] | None:
    """The JSON with a board in every scene that lacks one, and what the binary chunk grows by; None if none does.

    Raises errors of `media` for a scene that cannot be read.
    """
    posts = [post for view in _views(document) for post in _lacking(view, made, corner)]
    if not posts and list(document.spans("scenes")):
        return None
    return _set_up(document, made, posts)


def _views(document: Document) -> Iterator[_View]:
    scenes, count = document.table("scenes"), 0
    for number, scene in enumerate(scenes):
        nodes = tuple(gltf_scene.placed(document, scene))
        count += len(nodes)
        if count > MOST_PARTS or number == _MOST_SCENES:
            raise MetadataOverLimit(place="glTF scenes", **why("场景或节点过多", "too many scenes or nodes"))
        yield _view(document, number, nodes)


def _view(document: Document, number: int, nodes: tuple[Placed, ...]) -> _View:
    named = (one for one in nodes if str(document.table("nodes")[one.number].get("name")).startswith(NAME))
    ours = [(one, _board(document, document.table("nodes")[one.number])) for one in islice(named, _MOST_BOARDS)]
    known = tuple((one, made) for one, made in ours if made is not None)
    numbers_of_ours = {one.number for one, _ in known}
    rest = gltf_scene.shown(document, nodes, without=numbers_of_ours)
    whole = space.around((rest, *(made.box.moved(one.matrix) for one, made in known)))
    lenses = ((one, _lens(document, document.table("nodes")[one.number])) for one in nodes)
    camera = next(((one, lens) for one, lens in lenses if lens is not None), None)
    return _View(number, nodes, known, rest, whole, camera)


def _lens(document: Document, node: Row) -> Lens | None:
    """The camera of a node (3.10); None where it has none that shows anything."""
    row = document.row("cameras", node.get("camera")) if "camera" in node else {}
    flat = row.get("type") == "orthographic"
    form = row.get(row["type"]) if isinstance(row.get("type"), str) else None
    if not isinstance(form, dict):
        return None
    found = numbers([form.get(key) for key in (("ymag", "xmag") if flat else ("yfov", "yfov"))], 2)
    near, far = numbers([form.get("znear", 0)], 1), numbers([form.get("zfar", 1e30)], 1)
    if found is None or near is None or far is None or not 0 < abs(found[0]) < (1e15 if flat else np.pi):
        return None
    if flat:
        return Lens(abs(found[0]), abs(found[1]), near[0], far[0], flat=True)
    ratio = numbers([form.get("aspectRatio")], 1)
    high = float(np.tan(found[0] / 2))
    return Lens(high, high * ratio[0] if ratio and ratio[0] > 0 else None, near[0], far[0], flat=False)


def _lacking(view: _View, made: Board, corner: str) -> Iterator[_Post]:
    """The boards that a scene lacks: one that stands in it, and one before its camera."""
    seen = {one.through_camera for one in _seen(view)}
    eye = view.camera and space.rigid(view.camera[0].matrix)
    if view.camera is None or eye is None:
        if False not in seen:
            yield _Post(view.number, None, placing.standing(made, _site(view), corner))
        return
    node, lens = view.camera
    placed = placing.standing(made, _site(view), corner)
    box = cast(Box, space.around((view.whole, made.box.moved(placed))))
    before = placing.before(made, lens, eye, box, on_top=corner.startswith("top"))
    if True not in seen:
        yield _Post(view.number, node.number, space.scaling(1 / space.lengths(node.matrix)) @ before)
        box = cast(Box, space.around((view.whole, made.box.moved(eye @ before))))
    if False not in seen:
        beside = replace(view, whole=box if True not in seen else view.whole)
        yield _Post(view.number, None, placing.standing(made, _site(beside), corner))


def _site(view: _View) -> Site | None:
    if view.rest is None or view.whole is None:
        return None
    eye = view.camera and space.rigid(view.camera[0].matrix)
    camera = (view.camera[1], eye) if view.camera is not None and eye is not None else None
    return Site(view.rest, view.whole, camera)


def _seen(view: _View) -> Iterator[Seen]:
    """The boards that are seen: those of the camera first."""
    camera = view.camera[0].number if view.camera else -1
    for one, made in view.ours:
        if view.camera and one.parent == camera and _is_before(*view.camera, one, made):
            yield Seen(view.number, made.wording, through_camera=True)
    boards = [(made, one.matrix) for one, made in view.ours if one.parent != camera]
    for (made, _), stands in zip(boards, placing.standing_ones(boards, _site(view)), strict=True):
        if stands:
            yield Seen(view.number, made.wording, through_camera=False)


def _is_before(eye: Placed, lens: Lens, one: Placed, made: Board) -> bool:
    view = space.rigid(eye.matrix)
    return view is not None and placing.is_before(made, lens, np.linalg.inv(view) @ one.matrix)


def _board(document: Document, node: Row) -> Board | None:
    """The board that a node shows, if it is one of ours: its shape, and the wording that is drawn on it."""
    wording = _wording(node)
    if wording is None:
        return None
    primitives = document.row("meshes", node.get("mesh")).get("primitives")
    rows = [one for one in primitives if isinstance(one, dict)] if isinstance(primitives, list) else []
    try:
        made = drawn.board(wording)
    except SealmarkError:
        return None
    return made if any(_is_ours(document, one, made) for one in rows) else None


def _wording(node: Row) -> str | None:
    note = member(node, "extras", _NOTE)
    wording = note.get("wording")
    return wording if isinstance(wording, str) and len(wording) < 64 and lawful(wording) else None


def _is_ours(document: Document, primitive: Row, made: Board) -> bool:
    """Whether a primitive has a board's shape, hides what is behind it, and bears the wording."""
    accessor = document.row("accessors", member(primitive, "attributes").get("POSITION"))
    low, high = numbers(accessor.get("min"), 3), numbers(accessor.get("max"), 3)
    box = made.box
    if low is None or high is None or not np.allclose((low, high), (box.low, box.high), atol=0.02):
        return False
    material = document.row("materials", primitive.get("material"))
    if material.get("alphaMode", "OPAQUE") != "OPAQUE":
        return False
    return _is_drawn(document, material, made.wording)


def _is_drawn(document: Document, material: Row, wording: str) -> bool:
    texture = member(material, "pbrMetallicRoughness", "baseColorTexture").get("index")
    source = document.row("textures", texture).get("source")
    row = document.element("images", source)
    content = gltf_scene.viewed(document, row.get("bufferView")) if "bufferView" in row else None
    if content is None or len(content) > 1 << 22:
        return False
    try:
        face = pixels.decode(content, _FACE).rgb()
    except SealmarkError:
        return False
    return bool(drawn.likeness(wording, face) >= table("scene.toml")["least_likeness"])


def _set_up(document: Document, made: Board, posts: Sequence[_Post]) -> tuple[bytes, bytes]:
    """The JSON with the boards and what they need, and what the binary chunk grows by."""
    first = len(document.table("nodes"))
    content, views = _content(document, made)
    scenes: dict[int, list[int]] = {}
    cameras: dict[int, list[int]] = {}
    for number, post in enumerate(posts, first):
        if post.camera is None:
            scenes.setdefault(post.scene, []).append(number)
        elif post.camera not in cameras:  # a camera in several scenes needs one board
            cameras[post.camera] = [number]
    tables = _tables(document, made, views, [post.matrix for post in posts] or [np.eye(4)])
    if not list(document.spans("scenes")):
        tables["scenes"] = [_json({"nodes": [first]})]
    edits, grown = gltf_edit.edits(document, tables, scenes, content)
    edits += [gltf_edit.childed(document, number, children) for number, children in cameras.items()]
    return edited(document.text, edits), grown


def _content(document: Document, made: Board) -> tuple[bytes, list[Row]]:
    """The board's vertices, triangles and drawing, and the views of them, each at a multiple of four bytes."""
    place = gltf_edit.place(document)
    positions, normals, corners, triangles = _shape(made)
    parts = ((positions, _VERTICES), (normals, _VERTICES), (corners, _VERTICES), (triangles, _INDICES))
    content, views = b"", list[Row]()
    for part, target in (*((one.tobytes(), target) for one, target in parts), (drawn.drawing(made.wording), None)):
        view: Row = {"buffer": place.buffer, "byteOffset": place.offset + len(content), "byteLength": len(part)}
        views.append(view if target is None else {**view, "target": target})
        content += part + bytes(-len(part) % 4)
    return content, views


def _shape(made: Board) -> tuple[Any, Any, Any, Any]:
    """A box: positions and normals, places on the drawing, and triangles; its edges have the colour of the plate."""
    half = made.box.high
    positions, normals, corners = list[Any](), list[Any](), list[Any]()
    for axis, sign in ((2, 1), (2, -1), (0, 1), (0, -1), (1, 1), (1, -1)):
        normal = np.zeros(3)
        normal[axis] = sign
        up = np.array((0.0, 0.0, -sign)) if axis == 1 else np.array((0.0, 1.0, 0.0))
        right = np.cross(up, normal)
        for across, down in ((-1, 1), (1, 1), (1, -1), (-1, -1)):  # from the lower left corner, against the clock
            positions.append((normal + across * right - down * up) * half)
            normals.append(normal)
            corners.append(((across + 1) / 2, (down + 1) / 2) if axis == 2 else (0.02, 0.5))
    faces = np.arange(6)[:, None] * 4 + np.array((0, 1, 2, 0, 2, 3))
    return np.array(positions, "<f4"), np.array(normals, "<f4"), np.array(corners, "<f4"), faces.astype("<u2").ravel()


def _tables(document: Document, made: Board, views: list[Row], matrices: list[Matrix]) -> dict[str, list[bytes]]:
    """The elements that are added, by their table."""
    count = {name: len(list(document.spans(name))) for name in _NUMBERED}
    name = f"{NAME}: {made.wording}"
    view, accessor = count["bufferViews"], count["accessors"]
    texture = {"index": count["textures"]}
    attributes = {"POSITION": accessor, "NORMAL": accessor + 1, "TEXCOORD_0": accessor + 2}
    primitive = {"attributes": attributes, "indices": accessor + 3, "material": count["materials"]}
    rows: dict[str, list[Row]] = {
        "nodes": [_node(made, name, count["meshes"], matrix) for matrix in matrices],
        "meshes": [{"name": name, "primitives": [primitive]}],
        "materials": [_material(name, texture)],
        "textures": [{"sampler": count["samplers"], "source": count["images"]}],
        "samplers": [{"magFilter": _LINEAR, "minFilter": _MIPMAPPED, "wrapS": _CLAMPED, "wrapT": _CLAMPED}],
        "images": [{"name": name, "bufferView": view + 4, "mimeType": "image/png"}],
        "accessors": _accessors(made, view),
        "bufferViews": views,
    }
    tables = {key: [_json(row) for row in found] for key, found in rows.items()}
    return tables if _uses_unlit(document) else {**tables, "extensionsUsed": [_json(_UNLIT)]}


_NUMBERED = ("meshes", "materials", "textures", "samplers", "images", "accessors", "bufferViews")


def _uses_unlit(document: Document) -> bool:
    return any(document.text[one.start : one.end] == _json(_UNLIT) for one in document.spans("extensionsUsed"))


def _node(made: Board, name: str, mesh: int, matrix: Matrix) -> Row:
    note = {"standard": "GB 45438-2025 5.5", "wording": made.wording}
    own = {"translation": matrix[:3, 3].tolist(), "scale": space.lengths(matrix).tolist()}
    return {"name": name, "mesh": mesh, **own, "extras": {_NOTE: note}}


def _material(name: str, texture: Row) -> Row:
    surface = {"baseColorTexture": texture, "metallicFactor": 0, "roughnessFactor": 1}
    glow = {"emissiveTexture": texture, "emissiveFactor": [1, 1, 1]}
    shown = {"doubleSided": True, "extensions": {_UNLIT: {}}}
    return {"name": name, "pbrMetallicRoughness": surface, **glow, **shown}


def _accessors(made: Board, view: int) -> list[Row]:
    low, high = (corner.astype(np.float32).astype(np.float64).tolist() for corner in (made.box.low, made.box.high))
    vertices: Row = {"componentType": _FLOAT, "count": 24}
    return [
        {"bufferView": view, **vertices, "type": "VEC3", "min": low, "max": high},
        {"bufferView": view + 1, **vertices, "type": "VEC3"},
        {"bufferView": view + 2, **vertices, "type": "VEC2"},
        {"bufferView": view + 3, "componentType": _UNSIGNED_SHORT, "count": 36, "type": "SCALAR"},
    ]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

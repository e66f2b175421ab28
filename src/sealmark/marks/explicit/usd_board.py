"""The label board in a USD layer: what is added, and whether one that is there can be seen.

A layer in text or in a crate holds no pictures, and a reference to one beside it breaks when the file is sent on:
so the letters are shapes, their colour is that of the shapes themselves, and a material without pictures makes them
glow where a viewer has one. In a package it is the same board, since its layer is one of these.

Viewers of USD open a stage with a camera of their own; so no board is fixed to a camera of the layer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sealmark.errors import SealmarkError, why
from sealmark.marks.explicit import board as boards
from sealmark.marks.explicit import placing, strokes
from sealmark.marks.explicit.board import INK, PLATE, Board
from sealmark.marks.explicit.errors import UnmeasuredScene
from sealmark.marks.explicit.placing import Site
from sealmark.marks.explicit.wording import lawful
from sealmark.media.scene import space, usd_new, usd_scene
from sealmark.media.scene.space import Box, Matrix
from sealmark.media.scene.usd_new import Attribute, NewPrim, Output, Relationship
from sealmark.media.scene.usd_scene import Prim, Stage

NAME = "AIGC_label_board"  # the name of a prim is one word
_TEXT, _PLATE = "Text", "Plate"
_WORDING = "explicitMark:wording"
_MOST_BOARDS = 8
# From the layer's axes to those in which places are found, where z is up: x to the right, y up, z to the front.
_TURN = np.array(((1.0, 0, 0, 0), (0, 0, 1, 0), (0, -1, 0, 0), (0, 0, 0, 1)))


@dataclass(frozen=True, slots=True)
class Post:
    """A board to be added: the prim that it becomes a child of, and it."""

    parent: int | None
    prim: NewPrim


def find(stage: Stage) -> list[str]:
    """The wordings of the boards of ours that opening the layer shows."""
    places = usd_scene.worlds(stage)
    named = [number for number in places if stage.prims[number].name.startswith(NAME)][:_MOST_BOARDS]
    made = {number: one for number in named if (one := _board(stage, number)) is not None}
    rest = _turned(stage, usd_scene.shown(stage, frozenset(made)))
    own = {number: _axes(stage) @ places[number] for number in made}
    whole = space.around((rest, *(one.box.moved(own[number]) for number, one in made.items())))
    site = Site(rest, whole) if rest is not None and whole is not None else None
    stands = placing.standing_ones([(one, own[number]) for number, one in made.items()], site)
    return [one.wording for one, is_seen in zip(made.values(), stands, strict=True) if is_seen]


def added(stage: Stage, made: Board, corner: str) -> Post:
    """The board that a layer lacks; raises `UnmeasuredScene` where what it shows stands in other layers."""
    if usd_scene.unmeasured(stage):
        raise UnmeasuredScene(
            **why("它引用了其他层或图层内的其他位置", "it brings in other layers, or other places of its own")
        )
    shown = _turned(stage, usd_scene.shown(stage))
    matrix = np.linalg.inv(_axes(stage)) @ placing.standing(made, Site(shown, shown) if shown else None, corner)
    parent = stage.root()
    inner = _within(usd_scene.worlds(stage).get(parent), matrix) if parent is not None else None
    parent = None if inner is None else parent
    name = usd_new.free_name(stage, parent, NAME)
    return Post(parent, _prim(made, name, usd_new.path(stage, parent, name), matrix if inner is None else inner))


def _within(outer: Matrix | None, matrix: Matrix) -> Matrix | None:
    """The transform in a prim that itself is transformed; None where that flattens what is in it."""
    if outer is None or space.rigid(outer) is None:
        return None
    inner = np.linalg.inv(outer) @ matrix
    return inner if space.is_near(inner) else None


def _axes(stage: Stage) -> Matrix:
    return _TURN if stage.up == "Z" else np.eye(4)


def _turned(stage: Stage, box: Box | None) -> Box | None:
    return None if box is None else box.moved(_axes(stage))


def _board(stage: Stage, number: int) -> Board | None:
    """The board that a prim is, if it is one of ours: its letters, shown, are those of its wording."""
    wording = stage.prims[number].attributes.get(_WORDING)
    if not isinstance(wording, str) or len(wording) >= 64 or not lawful(wording):
        return None
    try:
        made, points = boards.board(wording), _letters(wording)[0]
    except SealmarkError:
        return None
    children = {prim.name: prim for prim in stage.prims if prim.parent == number}
    shown = all(_is_plain(children.get(name)) for name in (_TEXT, _PLATE))
    return made if shown and _has(children[_TEXT], points) and _has(children[_PLATE], _box(made)[0]) else None


def _is_plain(prim: Prim | None) -> bool:
    """Whether a part of a board is shown as it was written."""
    if prim is None or prim.kind != "Mesh" or not (prim.is_defined and prim.is_active):
        return False
    return not ({"visibility", "purpose", "xformOpOrder"} & set(prim.attributes))


def _has(prim: Prim, points: NDArray[np.float32]) -> bool:
    held = usd_scene.points(prim)
    if held is None or held.size != points.size:
        return False
    return bool(np.allclose(held.ravel(), points.ravel(), atol=1e-3))


def _prim(made: Board, name: str, path: str, matrix: Matrix) -> NewPrim:
    order = Attribute("token[]", "xformOpOrder", ["xformOp:transform"], uniform=True)
    properties = (
        Attribute("token", _WORDING, made.wording, uniform=True, custom=True),
        Attribute("matrix4d", "xformOp:transform", matrix.T.copy()),  # USD multiplies rows
        order,
    )
    parts = ((_PLATE, _box(made), PLATE), (_TEXT, _letters(made.wording), INK))
    meshes = (_mesh(part, shape, _linear(colour), f"{path}/{part}Material") for part, shape, colour in parts)
    looks = (_material(f"{part}Material", f"{path}/{part}Material", _linear(colour)) for part, _, colour in parts)
    return NewPrim("Xform", name, properties, (*meshes, *looks))


def _linear(colour: tuple[int, int, int]) -> NDArray[np.float32]:
    """A colour as USD has it, linear (IEC 61966-2-1)."""
    shares = np.array(colour) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4).astype(np.float32)


_Shape = tuple[NDArray[np.float32], NDArray[np.int32]]  # points [n, 3], and four corners a face


def _box(made: Board) -> _Shape:
    corners = made.box.corners()
    faces = ((1, 5, 7, 3), (4, 0, 2, 6), (5, 4, 6, 7), (0, 1, 3, 2), (3, 7, 6, 2), (0, 4, 5, 1))
    return corners.astype(np.float32), np.array(faces, np.int32).ravel()


def _letters(wording: str) -> _Shape:
    """The letters on both faces of the plate, a little before each; from behind they read from left to right too."""
    flat = strokes.pieces(wording)
    depth = boards.board(wording).box.high[2] * 1.2
    front = np.dstack((flat, np.full(flat.shape[:2], depth)))
    points = np.concatenate((front, front * (-1, 1, -1))).reshape(-1, 3)
    return points.astype(np.float32), np.arange(len(points), dtype=np.int32)


def _mesh(name: str, shape: _Shape, colour: NDArray[np.float32], look: str) -> NewPrim:
    points, corners = shape
    properties = (
        Attribute("bool", "doubleSided", value=True, uniform=True),
        Attribute("float3[]", "extent", np.array((points.min(axis=0), points.max(axis=0)))),
        Attribute("int[]", "faceVertexCounts", np.full(len(corners) // 4, 4, np.int32)),
        Attribute("int[]", "faceVertexIndices", corners),
        Relationship("material:binding", look),
        Attribute("point3f[]", "points", points),
        Attribute("color3f[]", "primvars:displayColor", colour[None], interpolation="constant"),
        Attribute("token", "subdivisionScheme", "none", uniform=True),
    )
    return NewPrim("Mesh", name, properties, schemas=("MaterialBindingAPI",))


def _material(name: str, path: str, colour: NDArray[np.float32]) -> NewPrim:
    black = np.zeros(3, np.float32)
    shader = (
        Attribute("token", "info:id", "UsdPreviewSurface", uniform=True),
        Attribute("color3f", "inputs:diffuseColor", black),
        Attribute("color3f", "inputs:emissiveColor", colour),
        Attribute("float", "inputs:roughness", 1.0),
        Output("outputs:surface"),
    )
    surface = NewPrim("Shader", "Surface", shader)
    return NewPrim("Material", name, (Output("outputs:surface", f"{path}/Surface.outputs:surface"),), (surface,))

"""Scenes of boxes for tests, and what a viewer sees of a scene: a renderer of a few lines, with a depth buffer."""

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .scenes import glb

Solid = tuple[Sequence[float], Sequence[float], Sequence[float]]  # centre, size, colour

FIGURE: tuple[Solid, ...] = (
    ((0, 1.6, 0), (0.3, 0.3, 0.3), (0.9, 0.7, 0.6)),
    ((0, 1.1, 0), (0.8, 0.7, 0.3), (0.2, 0.4, 0.8)),
    ((0, 0.4, 0), (0.4, 0.8, 0.3), (0.3, 0.3, 0.4)),
)
SOLIDS: Mapping[str, tuple[Solid, ...]] = {
    "cube": (((0, 0.5, 0), (1, 1, 1), (0.8, 0.3, 0.2)),),
    "figure": FIGURE,
    "pole": (((0, 5, 0), (0.1, 10, 0.1), (0.5, 0.5, 0.5)),),
    "terrain": (((0, 0, 0), (100, 0.5, 100), (0.4, 0.6, 0.3)), ((10, 3, -10), (8, 6, 8), (0.7, 0.6, 0.5))),
    "train": (((0, 1, 0), (2, 2, 30), (0.2, 0.5, 0.4)),),
    "tiny": (((1e-4, 0, 3e-4), (2e-4, 1e-4, 1e-4), (0.8, 0.3, 0.2)),),
    "huge and far": (((5e5, 2e5, -3e5), (9e4, 9e4, 9e4), (0.2, 0.3, 0.8)),),
}
PERSPECTIVE = {"type": "perspective", "perspective": {"yfov": 0.7, "znear": 0.1, "zfar": 1000}}


def solids(parts: Iterable[Solid], camera: Mapping[str, Any] | None = None, **node: Any) -> dict[str, Any]:
    """The glTF of boxes, without a buffer's bytes; with a camera whose node has these properties."""
    scene: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": []}],
        "buffers": [{"byteLength": len(blob(parts))}],
    }
    for key in ("nodes", "meshes", "accessors", "bufferViews", "materials"):
        scene[key] = []
    for number, (centre, size, colour) in enumerate(parts):
        low, high = (np.array(centre) + np.array(size) * half for half in (-0.5, 0.5))
        bounds = {"min": np.float32(low).tolist(), "max": np.float32(high).tolist()}
        vertices = {"buffer": 0, "byteOffset": number * 168, "byteLength": 96}
        triangles = {"buffer": 0, "byteOffset": number * 168 + 96, "byteLength": 72}
        scene["bufferViews"] += [{**vertices, "target": 34962}, {**triangles, "target": 34963}]
        positions = {"bufferView": 2 * number, "componentType": 5126, "count": 8, "type": "VEC3", **bounds}
        indices = {"bufferView": 2 * number + 1, "componentType": 5123, "count": 36, "type": "SCALAR"}
        scene["accessors"] += [positions, indices]
        scene["materials"].append({"pbrMetallicRoughness": {"baseColorFactor": [*colour, 1]}})
        primitive = {"attributes": {"POSITION": 2 * number}, "indices": 2 * number + 1, "material": number}
        scene["meshes"].append({"primitives": [primitive]})
        scene["nodes"].append({"mesh": number})
        scene["scenes"][0]["nodes"].append(number)
    if camera is not None:
        scene["cameras"] = [camera]
        scene["scenes"][0]["nodes"].append(len(scene["nodes"]))
        scene["nodes"].append({"camera": 0, **node})
    return scene


FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


def corners(centre: Sequence[float], size: Sequence[float]) -> NDArray[np.float64]:
    """The corners of a box, [8, 3], in the order that FACES counts them."""
    return np.asarray(np.array(centre) + (np.indices((2, 2, 2)).reshape(3, 8).T - 0.5) * np.array(size))


def blob(parts: Iterable[Solid]) -> bytes:
    """The buffer of boxes."""
    triangles = [row[index] for row in FACES for index in (0, 1, 2, 0, 2, 3)]
    indices = struct.pack("<36H", *triangles)
    return b"".join(corners(centre, size).astype("<f4").tobytes() + indices for centre, size, _ in parts)


def solid_glb(parts: Sequence[Solid], camera: Mapping[str, Any] | None = None, **node: Any) -> bytes:
    """A GLB of boxes."""
    return glb(json.dumps(solids(parts, camera, **node)).encode(), (b"BIN\x00", blob(parts)))


@dataclass(frozen=True, slots=True)
class Surface:
    """Triangles that a viewer shows: [n, 3, 3] in the scene; a colour, or [n, 3, 2] on a picture [height, width, 3]."""

    triangles: NDArray[np.float64]
    colour: NDArray[np.float64]
    corners: NDArray[np.float64] | None = None


def render(
    surfaces: Iterable[Surface],
    eye: NDArray[np.float64],
    axes: NDArray[np.float64],
    half: float,
    side: int = 320,
    across: int | None = None,
) -> NDArray[np.uint8]:
    """What an eye sees, [side, across, 3]; the rows of `axes` are right, up and backwards.

    `half` is the tangent of half the angle that the height of the picture takes.
    """
    across = across or side
    picture = np.full((side, across, 3), 200.0)
    depths = np.full((side, across), np.inf)
    for one in surfaces:
        for number, triangle in enumerate(one.triangles):
            seen = (triangle - eye) @ axes.T
            if (seen[:, 2] >= -1e-12).any():
                continue
            flat = seen[:, :2] / (-seen[:, 2:] * half) * (1, -1) * side / 2 + (across / 2, side / 2)
            spots = one.corners[number] if one.corners is not None else None
            _fill(picture, depths, flat, -seen[:, 2], one.colour, spots)
    return picture.astype(np.uint8)


def _fill(picture: Any, depths: Any, flat: Any, distances: Any, colour: Any, spots: Any) -> None:
    """Paint one triangle where it is nearest."""
    height, width = depths.shape
    low = np.clip(np.floor(flat.min(axis=0)).astype(int), 0, (width, height))
    high = np.clip(np.ceil(flat.max(axis=0)).astype(int), 0, (width, height))
    area = _cross(flat[1] - flat[0], flat[2] - flat[0])
    if (low >= high).any() or not area:
        return
    x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
    at = np.stack((x, y), axis=-1)
    shares = [_cross(flat[(k + 2) % 3] - flat[(k + 1) % 3], at - flat[(k + 1) % 3]) / area for k in range(3)]
    weights = np.stack(shares, axis=-1)
    inverse = weights @ (1 / distances)
    rows, columns = slice(low[1], high[1]), slice(low[0], high[0])
    near = (weights >= 0).all(axis=-1) & (1 / np.maximum(inverse, 1e-300) < depths[rows, columns])
    if not near.any():
        return
    depths[rows, columns][near] = 1 / inverse[near]
    if spots is None:
        picture[rows, columns][near] = colour * 255
        return
    places = (weights[near] / distances @ spots) / inverse[near][:, None]
    size = np.array(colour.shape[1::-1])
    pixels = np.clip((places * size).astype(int), 0, size - 1)
    picture[rows, columns][near] = colour[pixels[:, 1], pixels[:, 0]]


def _cross(one: Any, other: Any) -> Any:
    return one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]


def framed(shown: Sequence[Surface], view: Mapping[str, Any]) -> NDArray[np.uint8]:
    """What a viewer shows that frames the box around everything, in a window of 4:3."""
    points = np.concatenate([one.triangles.reshape(-1, 3) for one in shown])
    low, high = points.min(axis=0), points.max(axis=0)
    eye = np.array(view["eye"])
    back = eye / np.linalg.norm(eye)
    right = np.cross((0, 1, 0), back)
    right /= np.linalg.norm(right)
    axes = np.array((right, np.cross(back, right), back))
    stands = (low + high) / 2 + eye * np.linalg.norm(high - low)
    return render(shown, stands, axes, np.tan(np.radians(view["degrees"]) / 2), 300, 400)


def text_height(picture: NDArray[np.uint8]) -> float:
    """The height of white letters on the dark plate, as a share of the picture's height; the plate must be whole."""
    plate = np.asarray((picture < 60).all(axis=2) | (picture > 230).all(axis=2))
    rows, columns = np.flatnonzero(plate.any(axis=1)), np.flatnonzero(plate.any(axis=0))
    assert rows[0] > 0
    assert rows[-1] < picture.shape[0] - 1
    assert columns[0] > 0
    assert columns[-1] < picture.shape[1] - 1
    # A board that is seen at a slant is measured where it is lowest: at the end that is farther away.
    ink = np.asarray((picture > 230).all(axis=2))
    inked = np.flatnonzero(ink.any(axis=0))
    ends = (ink[:, inked[0] : inked[0] + len(inked) // 3], ink[:, inked[-1] - len(inked) // 3 : inked[-1]])
    return min(_extent(end) for end in ends) / float(picture.shape[0])


def _extent(ink: NDArray[np.bool_]) -> int:
    rows = np.flatnonzero(ink.any(axis=1))
    return int(rows[-1] - rows[0] + 1)

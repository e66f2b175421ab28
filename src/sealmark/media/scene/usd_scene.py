"""What a USD layer shows: its prims, where they stand, and how large it all is (OpenUSD; UsdGeom).

The layer is read as it stands alone, by our own readers of text and of crates; what other layers bring in is not
there. Time samples count with their first: that is how a scene opens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealmark.media.scene import space
from sealmark.media.scene.space import Box, Matrix

# Attributes that are read; those of names that begin so as well.
WANTED = frozenset(
    (
        "xformOpOrder",
        "extent",
        "extentsHint",
        "points",
        "size",
        "radius",
        "height",
        "width",
        "length",
        "visibility",
        "purpose",
        "explicitMark:wording",
    )
)
_OPERATION = "xformOp:"
_AXES = {"X": (1.0, 0.0, 0.0), "Y": (0.0, 1.0, 0.0), "Z": (0.0, 0.0, 1.0)}
# UsdGeom: the sizes of gprims that state none.
_SIZES: Mapping[str, Mapping[str, float]] = {
    "Cube": {"size": 2.0},
    "Sphere": {"radius": 1.0},
    "Cylinder": {"radius": 1.0, "height": 2.0},
    "Cylinder_1": {"radius": 1.0, "height": 2.0},
    "Cone": {"radius": 1.0, "height": 2.0},
    "Capsule": {"radius": 0.5, "height": 1.0},
    "Capsule_1": {"radius": 0.5, "height": 1.0},
    "Plane": {"width": 2.0, "length": 2.0},
}
GPRIMS = frozenset((*_SIZES, "Mesh", "Points", "BasisCurves", "NurbsCurves", "NurbsPatch", "PointInstancer"))
# UsdGeomXformable: prims that take a transform; a scope and one without a type take none.
_PLAIN = frozenset(("", "Scope"))


@dataclass(slots=True)
class Prim:
    """One prim: its name and type, the number of its parent, and the attributes that were read.

    `is_defined` is false of overs and classes; `is_composed` says that another place brings something into it;
    `is_variant` that it stands for a variant, whose content is its parent's. `place` is where its content begins:
    behind its brace in text, the number of its path in a crate. Numbers are flat arrays; the points, which may be
    millions, are a function that reads them.
    """

    name: str
    parent: int | None
    kind: str = ""
    is_defined: bool = True
    is_active: bool = True
    is_instanceable: bool = False
    is_composed: bool = False
    is_variant: bool = False
    place: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Stage:
    """The prims of a layer, parents first, and its metadata.

    `up` is Y or Z; `default` the name of the prim that stands for the layer; `is_composed` says that it has sublayers.
    """

    prims: list[Prim] = field(default_factory=list)
    up: str = "Y"
    default: str = ""
    is_composed: bool = False

    def root(self) -> int | None:
        """The number of the default prim, where that can hold a board: a defined prim that is no shape itself."""
        for number, prim in enumerate(self.prims):
            if prim.parent is None and prim.name == self.default:
                shows = prim.is_defined and prim.is_active and not prim.is_instanceable
                return number if shows and prim.kind not in GPRIMS and _is_shown(prim) else None
        return None


def is_wanted(name: str) -> bool:
    """Whether an attribute is one that is read."""
    return name in WANTED or name.startswith(_OPERATION)


def path(stage: Stage, number: int | None) -> str:
    """The path of a prim; that of the layer's root is empty."""
    names = list[str]()
    while number is not None:
        names.append(stage.prims[number].name)
        number = stage.prims[number].parent
    return "".join(f"/{name}" for name in reversed(names))


def worlds(stage: Stage) -> dict[int, Matrix]:
    """The transform to the scene of every prim that is shown."""
    found = dict[int, Matrix]()
    for number, prim in enumerate(stage.prims):
        if prim.parent is not None and prim.parent not in found:
            continue
        outer = np.eye(4) if prim.parent is None else found[prim.parent]
        if prim.is_variant:
            found[number] = outer
        elif prim.is_defined and prim.is_active and _is_shown(prim):
            own, resets = transform(prim)
            found[number] = own if resets else outer @ own
    return found


def _is_shown(prim: Prim) -> bool:
    return prim.attributes.get("visibility") != "invisible" and prim.attributes.get("purpose") != "guide"


def shown(stage: Stage, without: frozenset[int] = frozenset()) -> Box | None:
    """The box around everything that is shown but some prims and what is in them; None where there is nothing.

    Its axes are the layer's own.
    """
    places, skipped, boxes = worlds(stage), set(without), list[Box | None]()
    for number, matrix in places.items():
        if number in without or stage.prims[number].parent in skipped:
            skipped.add(number)
            continue
        own = bounds(stage.prims[number])
        boxes.append(own.moved(matrix) if own is not None else None)
    return space.around(boxes)


def unmeasured(stage: Stage) -> bool:
    """Whether something is shown that other places bring in, with no hint at its extent here."""
    hinted = set[int]()
    places = worlds(stage)
    for number in places:
        prim = stage.prims[number]
        if prim.parent in hinted or {"extentsHint", "extent"} & set(prim.attributes):
            hinted.add(number)
    roots = (prim for prim in stage.prims if prim.parent is None and "extentsHint" in prim.attributes)
    if stage.is_composed and not any(roots):
        return True
    return any(stage.prims[number].is_composed for number in places if number not in hinted)


def bounds(prim: Prim) -> Box | None:
    """The box of what a prim itself shows, in its own axes; None where it shows nothing that can be measured.

    A model's hint at its extent counts as well: for what it brings in from elsewhere, that is all there is.
    """
    if not (prim.kind in GPRIMS or prim.is_composed or {"extent", "extentsHint"} & set(prim.attributes)):
        return None
    for name in ("extent", "extentsHint", "points"):
        rows = _rows(points(prim) if name == "points" else prim.attributes.get(name))
        if rows is not None and len(rows):
            rows = rows[:2] if name != "points" else rows
            return space.box(rows.min(axis=0).tolist(), rows.max(axis=0).tolist())
    sizes = {name: _number(prim.attributes.get(name), size) for name, size in _SIZES.get(prim.kind, {}).items()}
    if not sizes:
        return None
    # Which way a cylinder points, and how the ends of a capsule are round, is taken at its largest.
    half = max(sizes.get("radius", 0), sizes.get("height", 0) / 2 + (sizes["radius"] if "Caps" in prim.kind else 0))
    half = max(half, *(size / 2 for name, size in sizes.items() if name in {"size", "width", "length"}), 0)
    return space.box([-half] * 3, [half] * 3)


def points(prim: Prim) -> NDArray[np.float64] | None:
    """The points of a prim, a flat array, read now; None where it has none. Raises `MetadataOverLimit`."""
    read: Callable[[], NDArray[np.float64] | None] | None = prim.attributes.get("points")
    return read() if callable(read) else None


def _rows(values: object) -> NDArray[np.float64] | None:
    if not isinstance(values, np.ndarray) or values.ndim != 1 or len(values) % 3 or not space.is_near(values):
        return None
    return values.reshape(-1, 3).astype(np.float64)


def _number(value: object, otherwise: float) -> float:
    rows = np.ravel(value) if isinstance(value, np.ndarray) else np.array(())
    return abs(float(rows[0])) if len(rows) == 1 and space.is_near(rows) else otherwise


def transform(prim: Prim) -> tuple[Matrix, bool]:
    """A prim's own transform, and whether it stands apart from its parent's (UsdGeomXformable)."""
    order = prim.attributes.get("xformOpOrder")
    if prim.kind in _PLAIN or not isinstance(order, list):
        return np.eye(4), False
    matrix, resets = np.eye(4), False
    for name in order[:64]:
        if name == "!resetXformStack!":
            matrix, resets = np.eye(4), True
            continue
        own = operation(name.removeprefix("!invert!"), prim.attributes)
        matrix = matrix @ (_inverse(own) if name.startswith("!invert!") else own)
    return matrix, resets


def _inverse(matrix: Matrix) -> Matrix:
    try:
        return np.asarray(np.linalg.inv(matrix), np.float64)
    except np.linalg.LinAlgError:
        return np.eye(4)


def operation(name: str, attributes: Mapping[str, Any]) -> Matrix:
    """One operation of a transform by its attribute's name; one without a usable value changes nothing."""
    kind = name.removeprefix(_OPERATION).partition(":")[0]
    value = attributes.get(name)
    numbers = np.ravel(value).astype(np.float64) if isinstance(value, np.ndarray) else np.array(())
    if not len(numbers) or not space.is_near(numbers):
        return np.eye(4)
    if kind == "transform" and len(numbers) == 16:
        return numbers.reshape(4, 4).T  # USD multiplies rows
    if kind in {"translate", "scale"} and len(numbers) == 3:
        return space.translation(numbers) if kind == "translate" else space.scaling(numbers)
    if kind == "orient" and len(numbers) == 4:
        return space.rotation(numbers.tolist())
    if kind.startswith("rotate") and len(kind) - 6 == len(numbers):
        return _rotated(kind[6:], numbers)
    return np.eye(4)


def _rotated(axes: str, degrees: Sequence[float] | NDArray[np.float64]) -> Matrix:
    """Turned about axes, the first one first; three angles are always of X, Y and Z."""
    angles = dict(zip("XYZ" if len(axes) == 3 else axes, degrees, strict=True))
    matrix = np.eye(4)
    for axis in axes:
        if axis not in angles:
            return np.eye(4)
        half = np.radians(angles[axis]) / 2
        turn = space.rotation((*(float(np.sin(half)) * one for one in _AXES[axis]), float(np.cos(half))))
        matrix = turn @ matrix
    return matrix

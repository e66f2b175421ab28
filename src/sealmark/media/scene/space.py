"""Boxes and transforms in a scene: what is where, and how large (right-handed axes, column vectors)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Matrix: TypeAlias = NDArray[np.float64]  # [4, 4]
Vector: TypeAlias = NDArray[np.float64]  # [3]

# Coordinates beyond this are no place that a viewer can show: it counts in single precision.
FARTHEST = 1e15


@dataclass(frozen=True, slots=True)
class Box:
    """A box along the axes, from its lowest to its highest corner."""

    low: Vector
    high: Vector

    @property
    def size(self) -> Vector:
        """Its extent along each axis."""
        return self.high - self.low

    @property
    def centre(self) -> Vector:
        """The point in its middle."""
        return (self.low + self.high) / 2

    @property
    def diagonal(self) -> float:
        """The distance of its farthest corners."""
        return float(np.linalg.norm(self.size))

    def moved(self, matrix: Matrix) -> "Box":
        """The box along the axes around this one where a transform takes it."""
        centre = matrix[:3, :3] @ self.centre + matrix[:3, 3]
        half = np.abs(matrix[:3, :3]) @ (self.size / 2)
        return Box(centre - half, centre + half)

    def corners(self) -> NDArray[np.float64]:
        """Its corners, [8, 3]."""
        choice = np.indices((2, 2, 2)).reshape(3, 8).T
        return np.where(choice == 0, self.low, self.high)


def box(low: Sequence[float], high: Sequence[float]) -> Box | None:
    """The box of these corners; None where they are none."""
    if len(low) != 3 or len(high) != 3:
        return None
    corners = np.array((low, high), np.float64)
    return Box(corners.min(axis=0), corners.max(axis=0)) if is_near(corners) else None


def around(boxes: Iterable[Box | None]) -> Box | None:
    """The box around boxes; None where there is none."""
    real = [one for one in boxes if one is not None and is_near(np.array((one.low, one.high)))]
    if not real:
        return None
    return Box(np.min([one.low for one in real], axis=0), np.max([one.high for one in real], axis=0))


def is_near(values: NDArray[Any]) -> bool:
    """Whether all of these are finite, and near enough to be shown."""
    return bool(np.isfinite(values).all() and (np.abs(values) <= FARTHEST).all())


def translation(offset: Sequence[float] | Vector) -> Matrix:
    """The transform that moves."""
    matrix = np.eye(4)
    matrix[:3, 3] = offset
    return matrix


def scaling(factors: Sequence[float] | Vector) -> Matrix:
    """The transform that scales along the axes."""
    return np.diag((*factors, 1.0))


def rotation(quaternion: Sequence[float]) -> Matrix:
    """The transform that turns; the quaternion is x, y, z, w, of any length but none."""
    vector = np.array(quaternion, np.float64)
    norm = float(np.linalg.norm(vector))
    if not norm or not np.isfinite(norm):
        return np.eye(4)
    x, y, z, w = vector / norm
    matrix = np.eye(4)
    matrix[:3, :3] = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    return matrix


def lengths(matrix: Matrix) -> Vector:
    """How long a transform makes the unit along each axis."""
    return np.asarray(np.linalg.norm(matrix[:3, :3], axis=0))


def rigid(matrix: Matrix) -> Matrix | None:
    """A transform without its scale; None where it flattens an axis."""
    scale = lengths(matrix)
    if not is_near(matrix) or (scale < 1e-12).any():
        return None
    straight = matrix.copy()
    straight[:3, :3] /= scale
    return straight

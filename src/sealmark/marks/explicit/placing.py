"""Where a label board stands in a scene, so that the opening screen shows it (GB 45438 5.5).

A viewer opens a scene in one of two ways. It frames the box around all that the scene shows: then the board has to
be whole in the picture, large enough, and behind nothing, whichever usual viewer it is; their ways of framing are
data, and every place that is tried is looked at as they would. Or it looks through the scene's own camera: so a board
is fixed to that camera, at an edge of its picture, nearer than all else.

Axes are those of glTF: x to the right, y up, z to the front.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sealmark.marks.explicit.board import Board
from sealmark.marks.explicit.wording import table
from sealmark.media.scene import space
from sealmark.media.scene.space import Box, Matrix, Vector


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera of a scene: half the height and width of its picture at distance 1, or at all where it is flat.

    `width` is None where the viewer's window decides it; its view begins at `near` and ends at `far`.
    """

    height: float
    width: float | None
    near: float
    far: float
    flat: bool


@dataclass(frozen=True, slots=True)
class _View:
    """How a viewer frames a scene: where its eye is, in diagonals of the scene's box from its centre.

    `axes` are right, up and backwards; `half` is the tangent of half the angle that the shortest side takes.
    """

    eye: Vector
    axes: NDArray[np.float64]
    half: float

    def looked(self, points: NDArray[np.float64], whole: Box) -> NDArray[np.float64]:
        """Where it sees points: right and up of the middle in halves of the picture's side, and the distance."""
        seen = (points - self.stands(whole)) @ self.axes.T
        distance = -seen[:, 2]
        return np.column_stack((seen[:, :2] / (np.maximum(distance, 1e-12) * self.half)[:, None], distance))

    def stands(self, whole: Box) -> Vector:
        """Where its eye is in the scene."""
        return whole.centre + self.eye * whole.diagonal


@cache
def _views() -> tuple[_View, ...]:
    views = list[_View]()
    for row in table("scene.toml")["views"]:
        eye = np.array(row["eye"], np.float64)
        back = eye / np.linalg.norm(eye)
        right = np.cross((0.0, 1.0, 0.0), back)
        right /= np.linalg.norm(right)
        axes = np.array((right, np.cross(back, right), back))
        views.append(_View(eye, axes, float(np.tan(np.radians(row["degrees"]) / 2))))
    return tuple(views)


@dataclass(frozen=True, slots=True)
class Site:
    """What a scene shows, as a box, and what is seen beside that; and its camera with the way from its axes."""

    shown: Box
    whole: Box
    camera: tuple[Lens, Matrix] | None = None


def standing(made: Board, site: Site | None, corner: str = "bottom_right") -> Matrix:
    """Where the board stands in a scene; one that shows nothing is None.

    Of the places at which every usual viewer shows it, the one that hides least of the scene, and lets it fill most
    of the picture still. `corner` decides between places that are about as good.
    """
    if site is None or site.shown.diagonal < 1e-9:  # nothing is shown but the board itself
        return space.translation(np.zeros(3) if site is None else site.shown.centre)
    return min(_places(made, site.shown, site.whole), key=lambda place: _cost(made, place, site, corner))


def _cost(made: Board, matrix: Matrix, site: Site, corner: str) -> float:
    own, shown = made.box.moved(matrix), site.shown
    framed = _joined(site.whole, own)
    missed = sum(not _shows(view, made, matrix, shown, framed) for view in _views())
    covered = float(np.mean([_covered(view, own, shown, framed) for view in _views()]))
    covered += 2 * _blocked(*site.camera, own) if site.camera else 0
    grown = framed.diagonal / site.whole.diagonal - 1
    offset = own.centre - shown.centre
    awry = (offset[0] < 0) == corner.endswith("right"), (offset[1] > 0) == corner.startswith("bottom")
    # Rounded, since places that look alike shall count alike.
    return float(round(10 * missed + covered + 2 * grown + 0.1 * sum(awry), 3))


def _covered(view: _View, own: Box, shown: Box, whole: Box) -> float:
    """How much of what a viewer shows of the scene lies behind the board: of the rectangles around both."""
    board, scene = (view.looked(one.corners(), whole)[:, :2] for one in (own, shown))
    low, high = np.maximum(board.min(axis=0), scene.min(axis=0)), np.minimum(board.max(axis=0), scene.max(axis=0))
    area = np.maximum((scene.max(axis=0) - scene.min(axis=0)).prod(), (board.max(axis=0) - board.min(axis=0)).prod())
    return float(np.clip(high - low, 0, None).prod() / area)


def _blocked(lens: Lens, view: Matrix, own: Box) -> float:
    """How much of a camera's picture a box takes up."""
    seen = (own.corners() - view[:3, 3]) @ view[:3, :3]
    ahead = seen[-seen[:, 2] > lens.near]
    if not len(ahead):
        return 0.0
    halves = np.array((lens.width or lens.height, lens.height))
    at = ahead[:, :2] / (halves if lens.flat else -ahead[:, 2:] * halves)
    low, high = np.clip(at.min(axis=0), -1, 1), np.clip(at.max(axis=0), -1, 1)
    return float((high - low).prod() / 4)


def _places(made: Board, shown: Box, whole: Box) -> Iterator[Matrix]:
    """Beside the box and before it, on every level; in front, and above it in its middle as well."""
    law = table("scene.toml")
    gap, thick = law["gap"], law["thickness"]
    for across, level, deep in product((0.0, -0.5, 0.5, -1.0, 1.0), (1.0, 1.5, 2.0, -0.5, 0.0, 0.5), (True, False)):
        if deep and level < 1 and abs(across) < 1:
            continue  # it would stand within the scene
        height = _height(made, shown, whole)
        for _ in range(8):  # the board's size and the place that it takes grow towards each other
            size = np.array((made.width, 1.0, thick)) * height
            room = shown.size / 2
            x = np.sign(across) * (room[0] + size[0] / 2 + gap * height if abs(across) == 1 else room[0] - size[0] / 2)
            up = {2.0: room[1] + size[1] * 1.5, 1.5: room[1] + size[1], 1.0: room[1] + size[1] / 2 + gap * height}
            y = up.get(level, 2 * level * (room[1] - size[1] / 2))
            z = 0.0 if deep else room[2] + size[2] / 2
            matrix = space.translation(shown.centre + np.array((x, y, z))) @ space.scaling((height,) * 3)
            framed = _joined(whole, made.box.moved(matrix))
            height = law["ink_of_diagonal"] * framed.diagonal / made.ink
        yield matrix


def _height(made: Board, shown: Box, whole: Box) -> float:
    return float(table("scene.toml")["ink_of_diagonal"] * _joined(shown, whole).diagonal / made.ink)


def _joined(one: Box, other: Box) -> Box:
    return Box(np.minimum(one.low, other.low), np.maximum(one.high, other.high))


def _shows(view: _View, made: Board, matrix: Matrix, shown: Box, whole: Box) -> bool:
    """Whether a viewer shows a board as a whole, its text large enough, with nothing of the scene before it."""
    half = made.box.high
    corners = np.array([(x, y, 1.0) for x, y in ((-1, -1), (1, -1), (-1, 1), (1, 1), (0, -1), (0, 1))]) * half
    points = corners @ matrix[:3, :3].T + matrix[:3, 3]
    seen = view.looked(points, whole)
    if (seen[:, 2] <= 0).any() or (np.abs(seen[:, :2]) > (1.33, 1.0)).any():
        return False
    text = abs(seen[5, 1] - seen[4, 1]) / 2 * made.ink
    return bool(text >= table("scene.toml")["least_of_picture"]) and not _hides(view.stands(whole), points, shown)


def _hides(eye: Vector, points: NDArray[np.float64], box: Box) -> bool:
    """Whether a box stands between an eye and one of the points."""
    way = points - eye
    way = np.where(np.abs(way) < 1e-12, 1e-12, way)
    entry = ((np.where(way > 0, box.low, box.high) - eye) / way).max(axis=1)
    leave = ((np.where(way > 0, box.high, box.low) - eye) / way).min(axis=1)
    return bool(((entry < leave) & (leave > 0) & (entry < 1 - 1e-6)).any())


def standing_ones(boards: Sequence[tuple[Board, Matrix]], site: Site | None) -> list[bool]:
    """Which boards stand upright, shown by every usual viewer, or by as many as show one at the best place."""
    best = dict[str, int]()  # how many do, by the wording: it is looked for once, and only where it is asked for
    return [_is_upright(matrix) and _is_seen(made, matrix, site, best) for made, matrix in boards]


def _is_seen(made: Board, matrix: Matrix, site: Site | None, best: dict[str, int]) -> bool:
    if site is None or site.shown.diagonal < 1e-9:
        return True
    viewers = _viewers(made, matrix, site, site.whole)
    if viewers < len(_views()) and made.wording not in best:
        best[made.wording] = _possible(made, site)
    return viewers >= best.get(made.wording, 0)


def _viewers(made: Board, matrix: Matrix, site: Site, whole: Box) -> int:
    """How many of the usual viewers show a board."""
    return sum(_shows(view, made, matrix, site.shown, whole) for view in _views())


def _possible(made: Board, site: Site) -> int:
    best = standing(made, site)
    return _viewers(made, best, site, _joined(site.whole, made.box.moved(best)))


def before(made: Board, lens: Lens, view: Matrix, shown: Box, *, on_top: bool) -> Matrix:
    """Where the board stands before a camera, in the camera's own axes: right, up, and backwards.

    It is nearer than all that is shown, in the middle of the upper or lower edge: there it is seen whatever shape the
    viewer's window has. `view` takes the camera's axes to the scene's.
    """
    corners = (shown.corners() - view[:3, 3]) @ view[:3, :3]
    distance = max(lens.near * 1.05, min(lens.far, float((-corners[:, 2]).min())) * 0.95)
    high = lens.height * (1.0 if lens.flat else distance)
    wide = high if lens.width is None else lens.width * (1.0 if lens.flat else distance)
    height = 2 * min(high, wide) * table("scene.toml")["ink_of_picture"] / made.ink
    at = (high - 0.75 * height) * (1 if on_top else -1)
    return space.translation((0.0, at, -distance)) @ space.scaling((height,) * 3)


def is_before(made: Board, lens: Lens, matrix: Matrix) -> bool:
    """Whether a board stands upright before a camera, whose axes the transform leads to, its text large enough."""
    distance = -float(matrix[2, 3])
    if not _is_upright(matrix) or not lens.near < distance < lens.far:
        return False
    high, wide = ((side or lens.height) * (1.0 if lens.flat else distance) for side in (lens.height, lens.width))
    height = float(space.lengths(matrix)[1])
    edge = high - abs(float(matrix[1, 3])) - height / 2
    text = made.ink * height
    return edge > 0 and text >= table("scene.toml")["least_of_picture"] * 2 * min(high, wide)


def _is_upright(matrix: Matrix) -> bool:
    """Whether a transform keeps a board about in shape, its text upright and to the front within 45 degrees."""
    scale = space.lengths(matrix)
    if not space.is_near(matrix) or not (scale > 1e-12).all() or not 0.5 < scale[0] / scale[1] < 2:
        return False
    turned = matrix[:3, :3] / scale
    return bool(turned[1, 1] > 0.7 and turned[2, 2] > 0.7)

"""A board's letters as flat shapes, for scenes whose files hold no pictures: four-cornered pieces of their strokes.

The letters are drawn large and cut into bands of rows whose strokes go on in straight lines, so that slants and
bends stay smooth.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sealmark.marks.explicit.board import board

# How far a straight edge may lie beside the letter's own, in pixels of the drawing, whose letters are 107 rows high.
_SLACK = 0.5

Edges = NDArray[np.float64]  # [rows, edges]: where strokes begin and end in each row


@lru_cache(maxsize=8)
def pieces(wording: str) -> NDArray[np.float64]:
    """The letters' pieces, [n, 4, 2]: corners against the clock, the board's height being 1 and its middle (0, 0)."""
    made = board(wording)
    height, width = made.mask.shape
    quads = [quad for top, rows in _runs(made.mask) for quad in _bands(top, rows)]
    points = np.array(quads, np.float64).reshape(-1, 4, 2)
    return np.asarray((points * (1, -1) + (-width / 2, height / 2)) / height)


def _runs(mask: NDArray[np.float32]) -> Iterator[tuple[int, Edges]]:
    """Rows one below the other whose strokes go on: the first row's number, and their edges."""
    top, rows = 0, list[NDArray[np.float64]]()
    for number, row in enumerate(np.pad(mask, ((0, 1), (1, 1))).astype(np.float64)):
        edges = _edges(row)
        if rows and not _goes_on(rows[-1], edges):
            yield top, np.array(rows)
            rows = []
        if len(edges):
            top = top if rows else number
            rows.append(edges)


def _edges(row: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where strokes begin and end in a row, between its pixels: where the coverage passes the half."""
    steps = np.flatnonzero(np.diff((row >= 0.5).astype(np.int8)))
    before, behind = row[steps], row[steps + 1]
    return steps - 0.5 + (0.5 - before) / (behind - before)


def _goes_on(above: NDArray[np.float64], edges: NDArray[np.float64]) -> bool:
    """Whether a row has as many strokes as the one above, and none of them jumps aside."""
    return len(above) == len(edges) and bool((np.abs(above - edges) < 8).all())


def _bands(top: int, rows: Edges) -> Iterator[NDArray[np.float64]]:
    """The pieces of rows, each as high as its edges stay straight."""
    at = 0
    while at < len(rows):
        end = _straight(rows, at)
        for stroke in range(0, rows.shape[1], 2):
            (left, right), (low_left, low_right) = rows[at, stroke : stroke + 2], rows[end, stroke : stroke + 2]
            up, down = top + at, top + end + 1
            yield np.array(((low_left, down), (low_right, down), (right, up), (left, up)))
        at = end + 1


def _straight(rows: Edges, at: int) -> int:
    """The last row to which straight lines lead from one."""
    end = at
    for other in range(at + 1, len(rows)):
        way = np.linspace(0, 1, other - at + 1)[:, None]
        line = rows[at] + (rows[other] - rows[at]) * way
        if np.abs(rows[at : other + 1] - line).max() > _SLACK:
            break
        end = other
    return end

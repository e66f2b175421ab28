"""What a viewer sees of an SVG: the part of the root's user space that is on the screen (SVG 2, 8.2 to 8.6)."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sealmark.errors import why
from sealmark.media.errors import Immovable

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LENGTH = re.compile(rf"\s*({_NUMBER})\s*([A-Za-z]*)\s*")
_BOX = re.compile(rf"\s*({_NUMBER})(?:\s*,\s*|\s+)({_NUMBER})(?:\s*,\s*|\s+)({_NUMBER})(?:\s*,\s*|\s+)({_NUMBER})\s*")
_ALIGNED = re.compile(r"\s*(?:x(Min|Mid|Max)Y(Min|Mid|Max))(?:\s+(meet|slice))?\s*")
# CSS Values 4, 6.2: 96 pixels to the inch; 6.1: the sizes of type, at their initial 16 pixels.
_PIXELS: Final = {
    "": 1.0,
    "px": 1.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 9.6 / 2.54,
    "q": 2.4 / 2.54,
    "pt": 96 / 72,
    "pc": 16.0,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
}
_LARGE = 1000.0  # pixels of the shortest side where the window decides
_SHARES: Final = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}


@dataclass(frozen=True, slots=True)
class View:
    """What is seen of an SVG.

    `box` is its left, top, width and height in the root's own units; without one, it is the whole window, whatever
    that is. `shown` is the width and height that it is seen at, in units that are the same both ways; `stretched`
    says that the root's own units are not.
    """

    box: tuple[float, float, float, float] | None
    shown: tuple[float, float]
    stretched: bool = False


def view(attributes: Mapping[str, str]) -> View:
    """What is seen, as the root's attributes say; raises `Immovable` where nothing can be said to be seen."""
    box, width, height = _box(attributes), _length(attributes.get("width")), _length(attributes.get("height"))
    aligned = attributes.get("preserveAspectRatio", "").strip()
    if box is None:
        if width is None or height is None:
            return View(None, (_LARGE, _LARGE))
        return View((0, 0, width, height), (width, height))
    if width is None or height is None:
        if aligned.endswith("slice"):
            raise Immovable(format="SVG", **why("按未知窗口裁切", "cropped to a window of unknown shape"))
        scale = _LARGE / min(box[2:])
        return View(box, (box[2] * scale, box[3] * scale))
    if aligned.startswith("none"):
        return View(box, (width, height), stretched=not math.isclose(width / box[2], height / box[3], rel_tol=1e-6))
    return _fitted(box, (width, height), aligned)


def _fitted(box: tuple[float, float, float, float], size: tuple[float, float], aligned: str) -> View:
    """A box that is scaled alike both ways into a window (SVG 2, 8.6)."""
    match = _ALIGNED.fullmatch(aligned)
    across, down, way = match.groups() if match else ("Mid", "Mid", "meet")
    scales = (size[0] / box[2], size[1] / box[3])
    scale = max(scales) if way == "slice" else min(scales)
    width, height = size[0] / scale, size[1] / scale
    left = box[0] + _SHARES[across] * (box[2] - width)
    return View((left, box[1] + _SHARES[down] * (box[3] - height), width, height), size)


def _box(attributes: Mapping[str, str]) -> tuple[float, float, float, float] | None:
    """The view box; one that says nothing usable counts as none, as in browsers."""
    match = _BOX.fullmatch(attributes.get("viewBox", "")[:200])
    if match is None:
        return None
    left, top, width, height = map(float, match.groups())
    usable = all(map(math.isfinite, (left, top))) and _is_usable(width) and _is_usable(height)
    return (left, top, width, height) if usable else None


def _length(text: str | None) -> float | None:
    """A length in pixels; nothing where it depends on the window."""
    match = _LENGTH.fullmatch((text or "")[:100])
    pixels = float(match.group(1)) * _PIXELS.get(match.group(2).lower(), math.nan) if match else math.nan
    return pixels if _is_usable(pixels) else None


def _is_usable(length: float) -> bool:
    return 1e-6 < length < 1e9

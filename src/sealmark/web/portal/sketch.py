"""Drawings of where a mark was found: which scene to draw, and where in it the marks lie.

A drawing is a plain scene on a grid of 128 by 88 (a template draws it by its kind) with zones in the verdict's colour.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sealmark.media.registry import by_name
from sealmark.web.design.languages import noted

WIDTH, HEIGHT = 128.0, 88.0
Zone = tuple[float, float, float, float]  # left, top, width, height

_EDGE = 4.0  # what stays free around a picture's frame
_BARS = 40
_MOST_PATHS = 4
_IN_FILES = frozenset(("metadata", "credential"))  # layers whose places are ways through containers
_SHEETS = ("xls", "xlt", "ods", "ots")
_SLIDES = ("ppt", "pot", "pps", "odp", "otp")
_CORNERS: Mapping[str, tuple[float, float, float, float]] = {
    "top_left": (0.03, 0.04, 0.31, 0.16),
    "top_right": (0.69, 0.04, 0.97, 0.16),
    "bottom_left": (0.03, 0.84, 0.31, 0.96),
    "bottom_right": (0.69, 0.84, 0.97, 0.96),
}
# Where a sound's place lies when nobody says how long it lasts.
_STRETCHES: Mapping[str, tuple[float, float]] = {"start": (0, 0.2), "middle": (0.4, 0.6), "end": (0.8, 1)}
# The zones of each scene but those of pictures and sounds: by the word that a place holds, or "" for any.
_ZONES: Mapping[str, Mapping[str, Zone]] = {
    "lines": {"start": (46, 15, 36, 5), "end": (46, 68, 24, 5)},
    "window": {**dict.fromkeys(_CORNERS, (0, 0, 0, 0)), "start": (20, 26, 30, 7), "end": (20, 68, 30, 7)},
    "book": {"start": (22, 19, 22, 5), "end": (70, 66, 22, 5)},
    "subtitles": {"start": (44, 15, 40, 7), "end": (36, 62, 56, 7)},
    "film": {"": (15.5, 60, 14, 6)},
    "page": {"header": (46, 12, 24, 5), "footer": (46, 72, 24, 5), "": (46, 12, 24, 5)},
    "grid": {"": (14, 14, 30, 8)},
    "slide": {"": (88, 66, 26, 7)},
    "stage": {"": (40, 20, 48, 12)},
}
# The words for places that name a part of a document.
_SAID: Mapping[str, str] = {
    "film": noted("片头画面"),
    "page": noted("每页的页眉或边角"),
    "grid": noted("第一张工作表"),
    "slide": noted("第一张幻灯片"),
    "stage": noted("场景里的标牌"),
}


@dataclass(frozen=True, slots=True)
class Sketch:
    """One drawing: its kind, the frame of a picture where there is one, the marked zones, and the bars of a sound.

    A bar is its left, top and height, and whether it lies in a mark. `paths` are the steps of containers, from the file
    inwards, which are written as trees; `said` is a word for the place, where it has a better one than its name.
    """

    kind: str
    zones: tuple[Zone, ...] = ()
    frame: Zone | None = None
    bars: tuple[tuple[float, float, float, bool], ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()
    said: str | None = None


def sketch(layer: str, finding: Mapping[str, Any], form: str) -> Sketch | None:
    """The drawing for what a layer found in an item of this format; nothing where there is no place to draw."""
    place = finding["place"]
    if place is None:
        return None
    if layer in _IN_FILES:
        kind = "tree" if layer == "metadata" else "seal" if finding["state"] == "found" else "broken"
        return Sketch(kind, paths=tuple(map(steps, place.split("; ")[:_MOST_PATHS])))
    return _scene(place, finding.get("where") or {}, form) if layer == "explicit" else None


def steps(place: str) -> tuple[str, ...]:
    """A place in a file as the containers on the way to it: `MP4 moov.udta.meta AIGC` has five."""
    return tuple(step for word in place.split() for step in _parted(word))


def _parted(word: str) -> list[str]:
    """A path of boxes or folders; a file's name and a name with a colon are one step."""
    if re.fullmatch(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", word) and not word.lower().endswith((".xml", ".opf", ".rdf")):
        return word.split(".")
    return word.split("/") if re.fullmatch(r"[^/:]+(?:/[^/:]+)+", word) else [word]


def _scene(place: str, where: Mapping[str, Any], form: str) -> Sketch:
    kind = _kind(form)
    if kind == "picture":
        return _picture(place, where)
    if kind == "sound":
        return _sound(place, where)
    if kind == "window" and (corners := [_on((16, 20, 96, 60), _CORNERS[name]) for name in _CORNERS if name in place]):
        return Sketch(kind, tuple(corners))
    return Sketch(kind, tuple(_zones(kind, place)), said=_SAID.get(kind))


def _kind(form: str) -> str:
    by_form = {"html": "window", "epub": "book", "srt": "subtitles", "vtt": "subtitles"}
    if form in by_form:
        return by_form[form]
    medium = by_name(form).medium
    if medium != "document":
        return {"image": "picture", "audio": "sound", "video": "film", "scene": "stage", "text": "lines"}[medium]
    if form.startswith(_SHEETS):
        return "grid"
    return "slide" if form.startswith(_SLIDES) else "page"


def _zones(kind: str, place: str) -> Iterator[Zone]:
    """The zones whose word stands in the place; the common one where none does."""
    named = [zone for word, zone in _ZONES[kind].items() if word and word in place]
    yield from named or [zone for word, zone in _ZONES[kind].items() if not word]


def _picture(place: str, where: Mapping[str, Any]) -> Sketch:
    shape = min(max(where.get("shape") or 4 / 3, 0.2), 5.0)  # a strip is drawn less long than it is
    width = min(WIDTH - 2 * _EDGE, (HEIGHT - 2 * _EDGE) * shape)
    height = width / shape
    frame = ((WIDTH - width) / 2, (HEIGHT - height) / 2, width, height)
    boxes = where.get("boxes") or [_CORNERS[name] for name in _CORNERS if name in place]
    return Sketch("picture", tuple(_on(frame, tuple(box)) for box in boxes), frame)


def _on(frame: Zone, box: tuple[float, ...]) -> Zone:
    """A box given in shares of a frame, no smaller than can be seen, and inside the frame."""
    left, top, width, height = frame
    wide, high = max(7.0, (box[2] - box[0]) * width), max(5.0, (box[3] - box[1]) * height)
    across = min(max(left, left + box[0] * width), left + width - wide)
    down = min(max(top, top + box[1] * height), top + height - high)
    return round(across, 2), round(down, 2), round(wide, 2), round(high, 2)


def _sound(place: str, where: Mapping[str, Any]) -> Sketch:
    stretches = where.get("stretches") or [_STRETCHES[name] for name in _STRETCHES if name in place]
    bars = tuple(_bar(number, stretches) for number in range(_BARS))
    zones = tuple((4 + begin * 120, 78.0, max(4.0, (end - begin) * 120), 3.0) for begin, end in stretches)
    return Sketch("sound", zones, bars=bars)


def _bar(number: int, stretches: list[tuple[float, float]]) -> tuple[float, float, float, bool]:
    """One bar of a wave; its height is a drawing's, not the sound's."""
    at = (number + 0.5) / _BARS
    height = 8 + 26 * abs(math.sin(number * 0.55)) + 16 * abs(math.sin(number * 1.7 + 1))
    marked = any(begin <= at <= end for begin, end in stretches)
    return round(4 + number * 3, 2), round(42 - height / 2, 2), round(height, 2), marked

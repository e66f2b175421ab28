"""Write the label font's outlines as SVG path data, for marks on vector pictures, which carry no font with them.

Needs fontTools (a tool's need, no dependency of the product):

    python tools/label_outlines.py src/sealmark/marks/explicit/data/SealmarkLabel.otf \
        src/sealmark/marks/explicit/data/outlines.json

Of each character: how far it advances, the box of its ink (left, top, right, bottom), where its path begins, and the
rest of the path in relative steps, so that a glyph is moved by moving its beginning alone. Units are the font's, 1000
to the em; y goes down, and the baseline lies at 0.
"""

import json
import sys
from pathlib import Path
from typing import Any

from fontTools.pens.boundsPen import BoundsPen  # type: ignore[import-not-found]  # installed only where it is made
from fontTools.pens.recordingPen import RecordingPen  # type: ignore[import-not-found]  # the same
from fontTools.ttLib import TTFont  # type: ignore[import-not-found]  # the same

Point = tuple[int, int]


def outlines(source: Path) -> dict[str, Any]:
    """The table of all characters of a font."""
    font = TTFont(source)
    glyphs = font.getGlyphSet()
    return {chr(code): _glyph(glyphs, name) for code, name in sorted(font.getBestCmap().items())}


def _glyph(glyphs: Any, name: str) -> dict[str, Any]:
    drawn, bounds = RecordingPen(), BoundsPen(glyphs)
    glyphs[name].draw(drawn)
    glyphs[name].draw(bounds)
    left, low, right, high = bounds.bounds or (0, 0, 0, 0)
    start, path = _path(drawn.value)
    box = [round(left), round(-high), round(right), round(-low)]
    return {"advance": round(glyphs[name].width), "box": box, "start": start, "path": path}


def _path(steps: list[tuple[str, tuple[tuple[float, float], ...]]]) -> tuple[Point, str]:
    """Where the first contour begins, and everything behind that."""
    first: Point | None = None
    begun = at = (0, 0)
    written = []
    for operator, points in steps:
        here = [(round(x), round(-y)) for x, y in points]
        if operator == "moveTo" and first is None:
            first = begun = at = here[0]
        elif operator == "moveTo":
            written.append(_step("m", here, begun))  # behind a closed contour, its beginning is where the pen stands
            begun = at = here[0]
        elif operator == "closePath":
            written.append("z")
            at = begun
        else:
            written.append(_line(here[0], at) if operator == "lineTo" else _step("c", here, at))
            at = here[-1]
    return first or (0, 0), "".join(written)


def _line(to: Point, at: Point) -> str:
    across, down = to[0] - at[0], to[1] - at[1]
    if not down:
        return f"h{across}"
    return f"v{down}" if not across else _step("l", [to], at)


def _step(letter: str, points: list[Point], at: Point) -> str:
    numbers = [number for x, y in points for number in (x - at[0], y - at[1])]
    return letter + "".join(
        f"{number}" if number < 0 or not place else f" {number}" for place, number in enumerate(numbers)
    )


if __name__ == "__main__":
    table = outlines(Path(sys.argv[1]))
    lines = ",\n".join(
        f"{json.dumps(one, ensure_ascii=False)}:{json.dumps(table[one], separators=(',', ':'))}" for one in table
    )
    Path(sys.argv[2]).write_text(f"{{\n{lines}\n}}\n", "utf-8")

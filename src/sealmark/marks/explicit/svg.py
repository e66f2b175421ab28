"""The visible mark of an SVG: outlines in a corner, above everything, out of reach of the picture's own styles.

It is an `svg` in the root, the last of its children. Attributes draw it in every renderer; the same values stand in
its `style` with `all: initial` and `!important`, which no rule of a style sheet overrides (CSS Cascading 5, 6.1:
what is attached to an element precedes every rule, and an important declaration every animation).
"""

import re
from collections.abc import Mapping
from typing import get_args

from sealmark.marks.explicit.options import Corner
from sealmark.marks.explicit.outline import Outline, outline
from sealmark.marks.explicit.wording import table
from sealmark.media.image.svg import NAMESPACE
from sealmark.media.image.svg_view import View
from sealmark.media.text.markup import escaped

HEAD = f'<svg xmlns="{NAMESPACE}" data-aigc="'
_OURS = re.compile(re.escape(HEAD.encode()) + rb'([^"<>]{1,400})" data-corner="(\w{1,20})"')
_RESET = "all:initial!important;"


def element(view: View, *, wording: str = "AI生成", corner: Corner = "bottom_right") -> str:
    """The mark for a picture of which this is seen; raises as `outline` does."""
    made = outline(wording, view.shown)
    left, top = _place(made, corner)
    said = escaped(wording)
    return (
        f'{HEAD}{said}" data-corner="{corner}" role="img" aria-label="{said}"{_window(view, made, corner)}>'
        f"{_path(_moved(made.plate, left, top), '#0e1014', float(table('picture.toml')['vector_opacity']))}"
        f"{_path(_moved(made.ink, left, top), '#fff', 1)}</svg>"
    )


def box_of(view: View, wording: str, corner: Corner) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the plate, as shares of what is seen; raises as `element` does."""
    made = outline(wording, view.shown)
    left, top = _place(made, corner)
    width, height = made.picture
    return left / width, top / height, (left + made.size[0]) / width, (top + made.size[1]) / height


def places(data: bytes) -> list[tuple[int, str, Corner]]:
    """Where marks of this kind begin, with the wording and the corner that each names."""
    corners: Mapping[bytes, Corner] = {one.encode(): one for one in get_args(Corner)}
    return [
        (match.start(), match.group(1).decode("utf-8", "replace"), corners[match.group(2)])
        for match in _OURS.finditer(data)
        if match.group(2) in corners
    ]


def _window(view: View, made: Outline, corner: Corner) -> str:
    """The attributes that lay the mark's own units over what is seen of the picture."""
    across = "xMax" if corner.endswith("right") else "xMin"
    down = "YMax" if corner.startswith("bottom") else "YMin"
    fit = "none" if view.stretched else f"{across}{down} meet"
    sides = [f"{number:.9g}" for number in view.box] if view.box else ["0", "0", "100%", "100%"]
    names = ("x", "y", "width", "height")
    attributes = "".join(f' {name}="{side}"' for name, side in zip(names, sides, strict=True))
    style = "".join(f"{name}:{_css(side)}!important;" for name, side in zip(names, sides, strict=True))
    return (
        f'{attributes} viewBox="0 0 {made.picture[0]} {made.picture[1]}" preserveAspectRatio="{fit}"'
        f' style="{_RESET}{style}pointer-events:none!important"'
    )


def _css(side: str) -> str:
    return side if side.endswith("%") else f"{side}px"


def _place(made: Outline, corner: Corner) -> tuple[int, int]:
    """Left and top of the plate."""
    across, down = (room - side - made.margin for room, side in zip(made.picture, made.size, strict=True))
    return (across if corner.endswith("right") else made.margin), (down if corner.startswith("bottom") else made.margin)


def _path(data: str, fill: str, opacity: float) -> str:
    return (
        f'<path d="{data}" fill="{fill}" fill-opacity="{opacity:g}" style="{_RESET}'
        f"d:path('{data}')!important;fill:{fill}!important;fill-opacity:{opacity:g}!important\"/>"
    )


def _moved(path: str, left: int, top: int) -> str:
    """Path data whose absolute moves, the only ones that it has, begin elsewhere."""
    return re.sub(r"M(-?\d+) (-?\d+)", lambda move: f"M{int(move[1]) + left} {int(move[2]) + top}", path)

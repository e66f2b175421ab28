"""The plate with the wording for pages: how large it is, where it stands, and how a PDF draws it.

The standard has no size for text. The letters are dark on a light plate of their own, so that they are read on any
page and cost little ink on paper.
"""

from dataclasses import dataclass

from sealmark.marks.explicit.stamp import Corner
from sealmark.marks.explicit.typeface import typeface
from sealmark.marks.explicit.wording import table

EM = 10.0  # units of an em in the form
HEIGHT = 1.6  # ems
BASELINE = 0.44  # ems from the lower edge: ideographs and capitals stand in the middle of the plate
_RADIUS = 0.4
_BEND = 0.5523  # of a circle drawn with Bézier curves
# Right and up as the page is shown, in its own axes, for each quarter turn clockwise (ISO 32000-2, table 31: Rotate).
_AXES = (((1, 0), (0, 1)), ((0, 1), (-1, 0)), ((-1, 0), (0, -1)), ((0, -1), (1, 0)))


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a plate goes: the box that is seen, the quarter turns clockwise, the unit's size in points, the corner."""

    box: tuple[float, float, float, float]
    turns: int
    unit: float
    corner: Corner


def width(wording: str) -> float:
    """The width of the plate in ems."""
    return typeface().width(wording) + 2 * float(table("document.toml")["page"]["padding"])


def matrix(wording: str, spot: Spot) -> tuple[float, float, float, float, float, float]:
    """What takes the form, whose em has `EM` units, to its place on the page, upright as that is shown."""
    em, left, bottom = placed(wording, spot)
    right, up = _AXES[spot.turns]
    x0, y0, x1, y1 = spot.box
    start = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))[spot.turns]
    scale = em / EM
    x, y = (start[axis] + right[axis] * left + up[axis] * bottom for axis in (0, 1))
    return right[0] * scale, right[1] * scale, up[0] * scale, up[1] * scale, x, y


def placed(wording: str, spot: Spot) -> tuple[float, float, float]:
    """The em, and the distances of the plate from the left and lower edges as shown, in units of the page."""
    law = table("document.toml")["page"]
    across, high = spot.box[2] - spot.box[0], spot.box[3] - spot.box[1]
    across, high = (high, across) if spot.turns % 2 else (across, high)
    wanted = max(law["points"] / spot.unit, min(across, high) * law["share"])
    em = min(wanted, across / (width(wording) + 0.4), high / (HEIGHT + 0.4))
    margins = (side * em for side in (across / em - width(wording), high / em - HEIGHT))
    free = tuple(margins)
    margin = min(law["margin"] * em, free[0] / 2, free[1] / 2)
    left = free[0] - margin if spot.corner.endswith("right") else margin
    return em, left, margin if spot.corner.startswith("bottom") else free[1] - margin


def form(wording: str, font: bytes) -> tuple[tuple[float, float], bytes]:
    """The size of the form, and the instructions that draw it (ISO 32000-2, 8.10), with the font under that name.

    It is an artifact of pagination (14.8.2.2): no structure of a tagged document is touched.
    """
    law = table("document.toml")["page"]
    across, high = width(wording) * EM, HEIGHT * EM
    codes = b"".join(b"%04X" % typeface().identifiers[character] for character in wording)
    lines = (
        b"/Artifact <</Type /Pagination /Subtype /Watermark>> BDC",
        b"q",
        b"%s rg %s RG 0.4 w" % (_colour(law["plate"]), _colour(law["edge"])),
        _rounded(0.3, 0.3, across - 0.3, high - 0.3, _RADIUS * EM) + b" b",
        b"BT %s rg 0 Tr /%s %g Tf %.2f %.2f Td <%s> Tj ET"
        % (_colour(law["ink"]), font, EM, law["padding"] * EM, BASELINE * EM, codes),
        b"Q",
        b"EMC\n",
    )
    return (across, high), b"\n".join(lines)


def _colour(parts: list[float]) -> bytes:
    return b"%g %g %g" % tuple(parts)


def _rounded(left: float, bottom: float, right: float, top: float, radius: float) -> bytes:
    """The path of a rectangle with round corners, from the middle of the lower left one."""
    bend = radius * (1 - _BEND)
    return (
        f"{left + radius:.2f} {bottom:.2f} m {right - radius:.2f} {bottom:.2f} l "
        f"{right - bend:.2f} {bottom:.2f} {right:.2f} {bottom + bend:.2f} {right:.2f} {bottom + radius:.2f} c "
        f"{right:.2f} {top - radius:.2f} l "
        f"{right:.2f} {top - bend:.2f} {right - bend:.2f} {top:.2f} {right - radius:.2f} {top:.2f} c "
        f"{left + radius:.2f} {top:.2f} l "
        f"{left + bend:.2f} {top:.2f} {left:.2f} {top - bend:.2f} {left:.2f} {top - radius:.2f} c "
        f"{left:.2f} {bottom + radius:.2f} l "
        f"{left:.2f} {bottom + bend:.2f} {left + bend:.2f} {bottom:.2f} {left + radius:.2f} {bottom:.2f} c"
    ).encode()

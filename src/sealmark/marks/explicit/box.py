"""A text box with the wording, as DrawingML writes it on slides and sheets (ISO/IEC 29500-1, 20.1)."""

from collections.abc import Iterator
from dataclasses import dataclass

from sealmark.marks.explicit.typeface import typeface
from sealmark.media.text.markup import Element, escaped

NAME = "Sealmark AIGC"
POINT = 12_700  # EMU: ISO/IEC 29500-1, 20.1.10.16
_PIXEL = 9_525  # at 96 pixels an inch
# Arial and what stands in for it is at most a tenth wider than the label font; a box that is too wide harms nobody.
_ROOM = 1.12


@dataclass(frozen=True, slots=True)
class Box:
    """A box: left, top, width and height in EMU, the letters' size in points, and how it looks.

    `ink` and `plate` are colours, `opacity` of the plate in percent; `edge` is the colour of its outline, if any.
    """

    place: tuple[int, int, int, int]
    points: float
    ink: str
    plate: str
    opacity: int = 100
    edge: str | None = None

    def body(self, wording: str, *, strict: bool) -> tuple[str, str]:
        """What the box is, and what it says: the content of `spPr` and of the text body; prefix `a` is declared."""
        return self._properties(strict=strict), self._text(wording)

    def _properties(self, *, strict: bool) -> str:
        left, top, width, height = self.place
        # ISO/IEC 29500-1, 20.1.10.40 has percent signs; the transitional part 4 counts thousandths of a percent.
        share = f"{self.opacity}%" if strict else str(self.opacity * 1000)
        alpha = f'<a:alpha val="{share}"/>' if self.opacity < 100 else ""
        line = f'<a:solidFill><a:srgbClr val="{self.edge}"/></a:solidFill>' if self.edge else "<a:noFill/>"
        return (
            f'<a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
            '<a:prstGeom prst="roundRect"><a:avLst/></a:prstGeom>'
            f'<a:solidFill><a:srgbClr val="{self.plate}">{alpha}</a:srgbClr></a:solidFill>'
            f'<a:ln w="9525">{line}</a:ln>'
        )

    def _text(self, wording: str) -> str:
        fill = f'<a:solidFill><a:srgbClr val="{self.ink}"/></a:solidFill>'
        fonts = '<a:latin typeface="Arial"/><a:ea typeface="Microsoft YaHei"/>'
        return (
            '<a:bodyPr vertOverflow="overflow" horzOverflow="overflow" vert="horz" wrap="none" lIns="0" tIns="0" '
            'rIns="0" bIns="0" rtlCol="0" anchor="ctr"><a:noAutofit/></a:bodyPr><a:lstStyle/>'
            '<a:p><a:pPr marL="0" indent="0" algn="ctr"><a:lnSpc><a:spcPct val="100000"/></a:lnSpc><a:buNone/></a:pPr>'
            f'<a:r><a:rPr lang="zh-CN" sz="{round(self.points * 100)}" b="0" i="0" baseline="0">{fill}{fonts}</a:rPr>'
            f"<a:t>{escaped(wording)}</a:t></a:r></a:p>"
        )


def size(wording: str, points: float) -> tuple[int, int]:
    """Width and height in EMU of a box that has room for the wording."""
    em = points * POINT
    return round((typeface().width(wording) * _ROOM + 0.9) * em), round(1.5 * em)


def characters() -> frozenset[str]:
    """The characters whose width is known."""
    return frozenset(typeface().widths)


def holds(place: tuple[int, int, int, int] | None, wording: str, points: float) -> bool:
    """Whether a box is as large as the wording asks for, to a pixel; one that our font has no letters for is not."""
    if place is None or not set(wording) <= characters():
        return False
    needed = size(wording, points)
    return place[2] >= needed[0] - _PIXEL and place[3] >= needed[1] - _PIXEL


def said(shape: Element) -> Iterator[str]:
    """The text of each paragraph in a shape, a group or a whole part, in order."""
    waiting = [shape]
    while waiting:
        one = waiting.pop()
        if one.name == "p" and one.namespace.endswith("/main") and "drawingml" in one.namespace:
            yield "".join(text.text for run in one.children for text in run.children if text.name == "t")
        else:
            waiting.extend(reversed(one.children))


def numbers(root: Element) -> Iterator[int]:
    """The numbers of all shapes of a part (`cNvPr`), which no two share."""
    waiting = [root]
    while waiting:
        one = waiting.pop()
        waiting.extend(one.children)
        number = one.attributes.get("id", "")
        if one.name == "cNvPr" and number.isdecimal():
            yield min(int(number[:10]), 2**31 - 2)


def is_plain(shape: Element, points: float, colours: set[str]) -> bool:
    """Whether all letters of a shape are at least that large, and it has these colours and no other."""
    sizes: list[str] = []
    found: set[str] = set()
    waiting = [shape]
    while waiting:
        one = waiting.pop()
        waiting.extend(one.children)
        if one.name == "rPr":
            sizes.append(one.attributes.get("sz", ""))
        elif one.name == "srgbClr":
            found.add(one.attributes.get("val", ""))
    large = all(size.isdecimal() and int(size[:9]) >= round(points * 100) for size in sizes)
    return bool(sizes) and large and found == colours


def placed(shape: Element) -> tuple[int, int, int, int] | None:
    """Left, top, width and height of a shape that stands upright and is shown."""
    about = _down(shape, "nvSpPr", "cNvPr")
    frame = _down(shape, "spPr", "xfrm")
    if about is None or frame is None or about.attributes.get("hidden", "0") not in {"0", "false"}:
        return None
    if any(frame.attributes.get(key, "0") not in {"0", "false"} for key in ("rot", "flipV", "flipH")):
        return None
    named = {one.name: one.attributes for one in frame.children}
    pairs = (("off", "x"), ("off", "y"), ("ext", "cx"), ("ext", "cy"))
    found = [named.get(name, {}).get(key, "") for name, key in pairs]
    if not all(number.removeprefix("-").isdecimal() and len(number) < 20 for number in found):
        return None
    left, top, width, height = map(int, found)
    return left, top, width, height


def _down(element: Element, *names: str) -> Element | None:
    found: Element | None = element
    for name in names:
        found = next((one for one in found.children if one.name == name), None) if found else None
    return found

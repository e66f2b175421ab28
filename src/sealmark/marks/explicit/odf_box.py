"""The mark of an OpenDocument sheet, presentation or drawing on the screen: a box on its first page or sheet.

It looks as the box of Office documents does, and stands where that stands; see `sheet` and `slides`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.marks.explicit import box, lines
from sealmark.marks.explicit.errors import NothingToMark
from sealmark.marks.explicit.odf_header import paragraphs, said
from sealmark.marks.explicit.stamp import Corner
from sealmark.marks.explicit.wording import lawful, table
from sealmark.media.document.odf import NAME, OFFICE
from sealmark.media.document.odf_draft import (
    CONTENT,
    DECLARED,
    DRAW,
    FO,
    PRESENTATION,
    STYLE,
    SVG,
    TABLE,
    TEXT,
    Draft,
    centimetres,
    styles_of,
)
from sealmark.media.errors import Damaged
from sealmark.media.text import markup
from sealmark.media.text.markup import Document, Edit, Element, Sought, escaped

_EMU = 360_000  # a centimetre
_SLACK = 0.05  # centimetres: programs round
_STYLE_NAME = "SealmarkAIGC"
_BEFORE_SHAPES = ("title", "desc", "table-source", "dde-source", "scenario", "forms")  # ODF 1.3 part 3, 9.1.2
_BEHIND_SHAPES = ("par", "seq", "animations", "notes")  # 10.2.4
_COLUMNS = ("table-column", "table-columns", "table-column-group", "table-header-columns")
_SHAPES = ("shapes", "frame", "custom-shape", "g", "rect")
_SOUGHT = Sought(
    frozenset(("style", *_SHAPES, *_BEFORE_SHAPES, *_BEHIND_SHAPES, *_COLUMNS)),
    closed=frozenset(("table-row", "table-rows", "table-row-group", "table-header-rows")),
    outline=frozenset(("spreadsheet", "presentation", "drawing", "table", "page")),
)
_USUAL_WIDTH = 2.258  # centimetres: LibreOffice's own column
_CELL = re.compile(rb"<(?:[\w-]+:)?(table-row|(?:covered-)?table-cell)\b([^<>]*+)>")
_REPEATED = re.compile(rb"number-columns-repeated=[\"'](\d{1,6})[\"']")
_FIRST_ROWS = 1 << 16  # bytes of cells that are looked into for how far the first rows reach
_MOST_COLUMNS = 256


@dataclass(frozen=True, slots=True)
class _Look:
    """How a box looks: its letters in points, its colours, the opacity of its plate, and its edge."""

    points: float
    ink: str
    plate: str
    opacity: int
    edge: str | None


def mark_sheet(draft: Draft, wording: str) -> None:
    """Put the box on the first sheet that is shown; raises `NothingToMark` where there is none."""
    content = draft.content(_SOUGHT)
    sheet = _sheet(content)
    shapes = sheet.first(TABLE, "shapes")
    look = _sheet_look()
    if shapes is not None and any(_is_ours(one, content, look) for one in shapes.children):
        return
    width, height = _size(wording, look)
    frame = _frame(content, wording, (_reach(content, sheet, width), 0.0, width, height))
    draft.put(CONTENT, content.edited([_styled(content, look), _shaped(content, sheet, shapes, frame)]))


def mark_page(draft: Draft, wording: str, corner: Corner) -> None:
    """Put the plate on the first page, and on the first that is shown; raises `NothingToMark` where there is none."""
    content = draft.content(_SOUGHT)
    edits: list[Edit] = []
    for page in _pages(content):
        across, high = _page_size(draft, page)
        look = _page_look(min(across, high))
        if any(_is_ours(one, content, look, (across, high)) for one in page.children):
            continue
        width, height = _size(wording, look)
        margin = look.points * 2.54 / 72 * 0.36
        left = across - width - margin if corner.endswith("right") else margin
        top = high - height - margin if corner.startswith("bottom") else margin
        if left < 0 or top < 0:
            raise NothingToMark(format=NAME, **why("页面放不下标识文字", "no room for the wording on a page"))
        edits += [] if edits else [_styled(content, look)]
        edits.append(_above(content, page, _frame(content, wording, (left, top, width, height))))
    if edits:
        draft.put(CONTENT, content.edited(edits))


def find(draft: Draft) -> Iterator[tuple[str, str]]:
    """The lines in boxes of the first sheet or page that are a mark: ours, or in a usual wording anyone's."""
    entry = draft.package.archive.find(CONTENT)
    if entry is None or entry.size > markup.LONGEST:  # looking must stay cheap
        return
    content = draft.content(_SOUGHT)
    body = content.root.first(OFFICE, "body")
    is_sheet = body is not None and body.first(OFFICE, "spreadsheet") is not None
    shapes = _sheet(content).first(TABLE, "shapes") if is_sheet else None
    places = ([shapes] if shapes else []) if is_sheet else _pages(content)
    for place in places:
        for shape in place.children:
            for line in map(said, paragraphs(shape)):
                if lines.is_mark(line) or (_named(shape) and lawful(line)):
                    yield CONTENT, line


def _named(shape: Element) -> bool:
    return shape.attributes.get(f"{DRAW} name") == box.NAME


def _within(content: Document, *names: str) -> list[Element]:
    body = content.root.first(OFFICE, "body")
    inside = [one for one in body.children if one.namespace == OFFICE and one.name in names] if body else []
    return inside[0].children if inside else []


def _sheet(content: Document) -> Element:
    tables = [one for one in _within(content, "spreadsheet") if (one.namespace, one.name) == (TABLE, "table")]
    styles = styles_of(content)
    shown = [one for one in tables if _property(styles, one, TABLE, "table-properties", f"{TABLE} display") != "false"]
    if not shown:
        raise NothingToMark(format=NAME, **why("没有可见的工作表", "no sheet that is shown"))
    return shown[0]


def _pages(content: Document) -> list[Element]:
    """The first page, and the first that a show shows."""
    pages = [one for one in _within(content, "presentation", "drawing") if (one.namespace, one.name) == (DRAW, "page")]
    if not pages:
        raise NothingToMark(format=NAME, **why("没有页面", "no page"))
    styles, about = styles_of(content), "drawing-page-properties"
    hidden = (_property(styles, one, DRAW, about, f"{PRESENTATION} visibility") == "hidden" for one in pages)
    shown = next((one for one, is_hidden in zip(pages, hidden, strict=True) if not is_hidden), pages[0])
    return [pages[0]] if shown is pages[0] else [pages[0], shown]


def _property(styles: dict[str, Element], element: Element, space: str, kind: str, key: str) -> str:
    style = styles.get(element.attributes.get(f"{space} style-name", ""))
    about = style.first(STYLE, kind) if style else None
    return about.attributes.get(key, "") if about else ""


def _page_size(draft: Draft, page: Element) -> tuple[float, float]:
    """Width and height of a page in centimetres, from its master page's layout; raises `Damaged`."""
    styles = draft.styles()
    masters = styles.root.first(OFFICE, "master-styles")
    wanted = page.attributes.get(f"{DRAW} master-page-name")
    every = masters.all(STYLE, "master-page") if masters else ()
    master = next((one for one in every if one.attributes.get(f"{STYLE} name") == wanted), None)
    layout = styles_of(styles).get(master.attributes.get(f"{STYLE} page-layout-name", "")) if master else None
    about = layout.first(STYLE, "page-layout-properties") if layout else None
    sides = [centimetres(about.attributes.get(f"{FO} page-{side}")) for side in ("width", "height")] if about else []
    known = [side for side in sides if side is not None and 1 <= side <= 1000]
    if len(known) != 2:
        raise Damaged(format=NAME, **why("页面尺寸", "the size of the pages"))
    return known[0], known[1]


def _sheet_look() -> _Look:
    return _Look(float(table("document.toml")["sheet"]["points"]), "#333a44", "#ffffff", 100, "#9aa3af")


def _page_look(shortest: float) -> _Look:
    law = table("document.toml")["slide"]
    points = shortest * 72 / 2.54 * law["ink_share"] * law["safety"] / law["capital"]
    return _Look(round(points + 0.05, 1), "#ffffff", "#0e1014", 64, None)


def _size(wording: str, look: _Look) -> tuple[float, float]:
    width, height = box.size(wording, look.points)
    return width / _EMU, height / _EMU


def _name(content: Document) -> str:
    taken = styles_of(content)
    every = (_STYLE_NAME, *(f"{_STYLE_NAME}{number}" for number in range(1, len(taken) + 2)))
    return next(name for name in every if name not in taken and f"{name}Text" not in taken)


def _frame(content: Document, wording: str, place: tuple[float, float, float, float]) -> str:
    left, top, width, height = place
    name = _name(content)
    return (
        f'<draw:frame{DECLARED} draw:style-name="{name}" draw:name="{box.NAME}" svg:x="{left:.3f}cm" '
        f'svg:y="{top:.3f}cm" svg:width="{width:.3f}cm" svg:height="{height:.3f}cm"><draw:text-box>'
        f'<text:p text:style-name="{name}Text">{escaped(wording)}</text:p></draw:text-box></draw:frame>'
    )


def _styled(content: Document, look: _Look) -> Edit:
    """The styles of the box and of its text among the automatic ones."""
    name = _name(content)
    stroke = f'draw:stroke="solid" svg:stroke-color="{look.edge}"' if look.edge else 'draw:stroke="none"'
    new = (
        f'<style:style{DECLARED} style:name="{name}" style:family="graphic"><style:graphic-properties {stroke} '
        f'draw:fill="solid" draw:fill-color="{look.plate}" draw:opacity="{look.opacity}%" '
        'draw:textarea-vertical-align="middle" draw:textarea-horizontal-align="center" draw:auto-grow-height="false" '
        'draw:auto-grow-width="false" fo:padding="0cm" fo:wrap-option="no-wrap" fo:min-height="0cm"/></style:style>'
        f'<style:style{DECLARED} style:name="{name}Text" style:family="paragraph"><style:paragraph-properties '
        'fo:text-align="center" fo:margin="0cm" fo:text-indent="0cm" fo:line-height="100%"/><style:text-properties '
        f'text:display="true" fo:color="{look.ink}" fo:font-size="{look.points:g}pt" '
        f'style:font-size-asian="{look.points:g}pt" style:text-scale="100%"/></style:style>'
    )
    automatic = content.root.first(OFFICE, "automatic-styles")
    if automatic is not None:
        return content.appended(automatic, new)
    body = content.root.first(OFFICE, "body")
    if body is None:
        raise Damaged(format=NAME, **why(f"{CONTENT} 没有正文", f"no body in {CONTENT}"))
    return body.start, body.start, f"<office:automatic-styles{DECLARED}>{new}</office:automatic-styles>".encode()


def _shaped(content: Document, sheet: Element, shapes: Element | None, frame: str) -> Edit:
    if shapes is not None:
        return content.appended(shapes, frame)
    whole = f"<table:shapes{DECLARED}>{frame}</table:shapes>"
    before = [one for one in sheet.children if one.name in _BEFORE_SHAPES]
    return content.behind(before[-1], whole) if before else content.prepended(sheet, whole)


def _above(content: Document, page: Element, frame: str) -> Edit:
    """Behind all other shapes, which puts it above them, and before what is no shape."""
    behind = [one.start for one in page.children if one.namespace != DRAW and one.name in _BEHIND_SHAPES]
    return (min(behind), min(behind), frame.encode()) if behind else content.appended(page, frame)


def _reach(content: Document, sheet: Element, width: float) -> float:
    """The left edge of the box: behind the last cell of the first rows, where a window reaches that far."""
    widths = _widths(content, sheet)
    reach = float(table("document.toml")["sheet"]["reach"]) * 2.54 / 96 - width
    return min(sum(widths[: _used(content, sheet)]), reach)


def _used(content: Document, sheet: Element) -> int:
    """How many columns the first rows fill."""
    used = number = 0
    for cell in _CELL.finditer(content.content, sheet.start, min(sheet.close, sheet.start + _FIRST_ROWS)):
        if cell.group(1) == b"table-row":
            number = 0
            continue
        repeated = _REPEATED.search(cell.group(2))
        number += int(repeated.group(1)) if repeated else 1
        used = used if cell.group(2).endswith(b"/") else max(used, number)
    return min(used, _MOST_COLUMNS)


def _widths(content: Document, sheet: Element) -> list[float]:
    styles = styles_of(content)
    widths: list[float] = []
    waiting = [one for one in reversed(sheet.children) if one.name in _COLUMNS]
    while waiting and len(widths) < _MOST_COLUMNS:
        one = waiting.pop()
        waiting.extend(reversed(one.children))
        if one.name == "table-column":
            told = centimetres(_property(styles, one, TABLE, "table-column-properties", f"{STYLE} column-width"))
            shown = one.attributes.get(f"{TABLE} visibility", "visible") == "visible"
            times = one.attributes.get(f"{TABLE} number-columns-repeated", "1")
            count = min(int(times[:6]), _MOST_COLUMNS) if times.isdecimal() else 1
            widths += [(_USUAL_WIDTH if told is None else told) if shown else 0.0] * count
    return widths + [_USUAL_WIDTH] * _MOST_COLUMNS


def _is_ours(shape: Element, content: Document, look: _Look, page: tuple[float, float] | None = None) -> bool:
    """Whether a box is ours, whatever a program called its styles since: lawful, legible, large enough, on the page."""
    styles, words = styles_of(content), "".join(map(said, paragraphs(shape)))
    found = [centimetres(shape.attributes.get(f"{SVG} {key}")) for key in ("x", "y", "width", "height")]
    place = [one for one in found if one is not None]
    if len(place) != 4 or not lawful(words) or not set(words) <= box.characters():
        return False
    width, height = _size(words, look)
    large = place[2] >= width - _SLACK and place[3] >= height - _SLACK
    inside = page is None or (place[0] + place[2] <= page[0] + _SLACK and place[1] + place[3] <= page[1] + _SLACK)
    plate = _property(styles, shape, DRAW, "graphic-properties", f"{DRAW} fill-color")
    inks = {_property(styles, one, TEXT, "text-properties", f"{FO} color") for one in paragraphs(shape)}
    return large and inside and min(place[:2]) >= -_SLACK and (plate, inks) == (look.plate, {look.ink})

"""The mark of a workbook: a box on the first sheet, and a line in the header of every page that it prints.

A wording in a cell would change the data and every reference to it, and a header alone is seen on paper only. A box
that is anchored at one cell is what Excel, WPS and LibreOffice all show on the screen without moving a cell, and all
print; it stands in the first row, behind the last column where a window reaches that far. Where another sheet than
the first one opens, that one bears both as well.
"""

import re
from collections.abc import Iterator

from sealmark.errors import why
from sealmark.marks.explicit import box, lines
from sealmark.marks.explicit.box import Box
from sealmark.marks.explicit.errors import NothingToMark
from sealmark.marks.explicit.wording import lawful, table
from sealmark.media.document import worksheet
from sealmark.media.document.ooxml import NAME
from sealmark.media.document.ooxml_draft import DRAWING, RELATION, STRICT, Draft
from sealmark.media.document.worksheet import HEADERS, Worksheet
from sealmark.media.text import markup
from sealmark.media.text.markup import Document, Edit, Element, escaped

_SHEET_DRAWING = {
    False: "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
    True: "http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing",
}
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.drawing+xml"
_INK, _PLATE, _EDGE = "333A44", "FFFFFF", "9AA3AF"
_PIXEL = 9525  # EMU, at 96 pixels an inch
_USUAL_WIDTH = 9.140625  # characters with their padding: Excel's own default, 64 pixels
_MOST_COLUMNS = 256  # that a window may show
_LONGEST_HEADER = 255  # code units: Excel takes a file with a longer one for damaged
# 18.3.1.46: a section begins with &L, &C or &R; && is an ampersand.
_SECTION = re.compile(r"(&[&LCR])")
_CODE = '&"-,Regular"&K000000&'
_OURS = re.compile(re.escape(_CODE) + r"\d+ ?((?:[^&\n]|&&)*)")


def mark(draft: Draft, wording: str, side: str) -> None:
    """Put box and header on the first sheet, and on the one that opens; raises `NothingToMark` where there is none."""
    main = draft.main()
    workbook = draft.document(main)
    for part in _first(draft, main, workbook):
        _mark_sheet(draft, part, wording, side)
    about = workbook.root.first(workbook.root.namespace, "workbookPr")
    if about is not None and about.attributes.get("showObjects", "all") != "all":  # 18.2.28: no box would be seen
        draft.put(main, workbook.edited([workbook.attribute(about, "showObjects", "all")]))


def find(draft: Draft) -> Iterator[tuple[str, str]]:
    """The lines in boxes and headers of the first sheet that are a mark: ours, or in a usual wording anyone's."""
    main = draft.main()
    for part in _first(draft, main, draft.document(main)):
        for drawing in (one.target for one in draft.related(part) if one.name == "drawing" and not one.is_external):
            yield from ((drawing, line) for line in _boxed(draft.document(drawing)))
        entry = draft.package.archive.find(part)
        if entry is not None and entry.size <= markup.LONGEST:  # a larger sheet is not unfolded only for its header
            yield from ((part, line) for line in _printed(worksheet.parse(draft.content(part), part)))


def _first(draft: Draft, main: str, workbook: Document) -> list[str]:
    """The parts of the first worksheet that is shown, and of the one that opens."""
    space = workbook.root.namespace
    sheets = workbook.root.first(space, "sheets")
    every = list(sheets.all(space, "sheet")) if sheets else []
    relation = f"{RELATION[space.startswith(STRICT)]} id"
    kinds = {one.key: one.name for one in draft.related(main)}
    shown = [one for one in every if one.attributes.get("state", "visible") == "visible"]
    cells = [one for one in shown if kinds.get(one.attributes.get(relation, "")) == "worksheet"]
    if not cells:
        raise NothingToMark(format=NAME, **why("没有可见的工作表", "no worksheet that is shown"))
    views = workbook.root.first(space, "bookViews")
    active = {one.attributes.get("activeTab", "0") for one in views.children} if views else set()
    opening = [one for number, one in enumerate(every) if str(number) in active and one in cells]
    return list(dict.fromkeys(draft.part(main, one.attributes[relation]) for one in (cells[0], *opening)))


def _mark_sheet(draft: Draft, part: str, wording: str, side: str) -> None:
    sheet = worksheet.parse(draft.content(part), part)
    edits = [*_header(sheet, wording, side), *_drawing(draft, part, sheet, wording)]
    if edits:
        draft.put(part, sheet.edited(edits))


def _header(sheet: Worksheet, wording: str, side: str) -> Iterator[Edit]:
    """The headers that pages of the sheet show, each with the line; where one is full, its footer."""
    present = sheet.child("headerFooter")
    texts = {one.name: one.text for one in present.children} if present else {}
    flags = {"even": "differentOddEven", "first": "differentFirst"}
    kinds = ["odd", *(kind for kind, flag in flags.items() if present and _is_set(present, flag))]
    new = dict(texts)
    for kind in kinds:
        if not any(_has_ours(texts.get(f"{kind}{place}", "")) for place in ("Header", "Footer")):
            new |= _lengthened(texts, kind, wording, side)
    if new != texts:
        yield _replaced(sheet, present, new)


def _is_set(element: Element, name: str) -> bool:
    return element.attributes.get(name, "0") in {"1", "true", "on"}


def _lengthened(texts: dict[str, str], kind: str, wording: str, side: str) -> dict[str, str]:
    for place in ("Header", "Footer"):
        text = _with_line(texts.get(f"{kind}{place}", ""), wording, side)
        if len(text.encode("utf-16-le")) // 2 <= _LONGEST_HEADER:
            return {f"{kind}{place}": text}
    raise NothingToMark(format=NAME, **why("页眉和页脚都已写满", "header and footer are full"))


def _replaced(sheet: Worksheet, present: Element | None, texts: dict[str, str]) -> Edit:
    prefix = sheet.document.prefix(sheet.document.root)
    attributes = present.attributes.items() if present else ()
    about = "".join(f' {name}="{escaped(value)}"' for name, value in attributes if " " not in name)
    inside = "".join(f"<{prefix}{name}>{escaped(texts[name])}</{prefix}{name}>" for name in HEADERS if texts.get(name))
    whole = f"<{prefix}headerFooter{about}>{inside}</{prefix}headerFooter>"
    return sheet.document.replaced(present, whole) if present else sheet.header_edit(whole)


def _with_line(text: str, wording: str, side: str) -> str:
    """The header with the line in the section of that side, below what stands there."""
    sections = _sections(text)
    points = table("document.toml")["sheet"]["header_points"]
    words = wording.replace("&", "&&")
    gap = " " if words[:1].isdecimal() else ""  # else a figure would be read as a part of the size
    key = "L" if side == "left" else "R"
    before = f"{sections[key]}\n" if sections[key] else ""
    sections[key] = f"{before}{_CODE}{points}{gap}{words}"
    return "".join(f"&{key}{content}" for key, content in sections.items() if content)


def _sections(text: str) -> dict[str, str]:
    """Left, centre and right; what stands before any code is in the centre."""
    found = {"L": "", "C": "", "R": ""}
    key = "C"
    for token in _SECTION.split(text):
        if token in {"&L", "&C", "&R"}:
            key = token[1]
        else:
            found[key] += token
    return found


def _has_ours(text: str) -> bool:
    return any(lawful(match.group(1)) for match in _OURS.finditer(text))


def _printed(sheet: Worksheet) -> Iterator[str]:
    """The lines of headers and footers that are a mark."""
    present = sheet.child("headerFooter")
    for one in present.children if present else ():
        for section in _sections(one.text).values():
            for line in section.split("\n"):
                words = re.sub(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|\d{1,3} ?|[A-Z&])', "", line)
                if lines.is_mark(words) or _has_ours(line):
                    yield words


def _drawing(draft: Draft, part: str, sheet: Worksheet, wording: str) -> Iterator[Edit]:
    """Put the box into the sheet's drawing, or give the sheet a drawing."""
    strict = sheet.document.root.namespace.startswith(STRICT)
    present = sheet.child("drawing")
    if present is not None:
        name = draft.part(part, present.attributes.get(f"{RELATION[strict]} id", ""))
        _add_box(draft, name, sheet, wording)
        return
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
    content = f'{head}<xdr:wsDr xmlns:xdr="{_SHEET_DRAWING[strict]}" xmlns:a="{DRAWING[strict]}"></xdr:wsDr>'
    relation = f"{RELATION[strict]}/drawing"
    key, name = draft.add(part, relation, "xl/drawings/drawing{}.xml", content.encode(), _DRAWING_TYPE)
    _add_box(draft, name, sheet, wording)
    tag = f"{sheet.document.prefix(sheet.document.root)}drawing"
    yield sheet.drawing_edit(f'<{tag} xmlns:r="{RELATION[strict]}" r:id="{key}"/>')


def _add_box(draft: Draft, name: str, sheet: Worksheet, wording: str) -> None:
    drawing = draft.document(name)
    if not any(map(_is_ours, _shapes(drawing))):
        draft.put(name, drawing.edited([drawing.appended(drawing.root, _anchored(drawing, sheet, wording))]))


def _points() -> float:
    return float(table("document.toml")["sheet"]["points"])


def _anchored(drawing: Document, sheet: Worksheet, wording: str) -> str:
    strict = drawing.root.namespace.startswith(STRICT)
    width, height = box.size(wording, _points())
    column, left = _place(sheet, width // _PIXEL)
    made = Box((left * _PIXEL, 0, width, height), _points(), _INK, _PLATE, edge=_EDGE)
    properties, text = made.body(wording, strict=strict)
    number = max(box.numbers(drawing.root), default=1) + 1
    p, declared = drawing.qualifier(drawing.root)
    return (
        f'<{p}oneCellAnchor{declared} xmlns:a="{DRAWING[strict]}"><{p}from><{p}col>{column}</{p}col>'
        f"<{p}colOff>0</{p}colOff><{p}row>0</{p}row><{p}rowOff>0</{p}rowOff></{p}from>"
        f'<{p}ext cx="{width}" cy="{height}"/><{p}sp macro="" textlink=""><{p}nvSpPr>'
        f'<{p}cNvPr id="{number}" name="{box.NAME}"/><{p}cNvSpPr txBox="1"/></{p}nvSpPr><{p}spPr>{properties}</{p}spPr>'
        f"<{p}txBody>{text}</{p}txBody></{p}sp><{p}clientData/></{p}oneCellAnchor>"
    )


def _place(sheet: Worksheet, width: int) -> tuple[int, int]:
    """The column, from 0, that the box is anchored at, and its left edge in pixels.

    The first free one, or the last that lets the box be seen whole in any window.
    """
    free, reach = sheet.last_column(), table("document.toml")["sheet"]["reach"] - width
    widths = _widths(sheet)
    best, left, at = -1, 0, 0
    for column, wide in enumerate(widths):
        if at > reach or best >= free:
            break
        if wide:
            best, left = column, at
        at += wide
    return max(best, 0), left


def _widths(sheet: Worksheet) -> list[int]:
    """The widths of the first columns in pixels, 0 for one that is hidden."""
    about = sheet.child("sheetFormatPr")
    usual = _pixels(about.attributes.get("defaultColWidth", "") if about else "", _USUAL_WIDTH)
    widths = [usual] * _MOST_COLUMNS
    columns = sheet.child("cols")
    for one in columns.children if columns else ():
        first, last = (one.attributes.get(key, "") for key in ("min", "max"))
        if first.isdecimal() and last.isdecimal() and 0 < int(first[:6]) <= _MOST_COLUMNS:
            wide = 0 if _is_set(one, "hidden") else _pixels(one.attributes.get("width", ""), _USUAL_WIDTH)
            stop = min(int(last[:6]), _MOST_COLUMNS)
            widths[int(first[:6]) - 1 : stop] = [wide] * max(0, stop - int(first[:6]) + 1)
    return widths


def _pixels(written: str, usual: float) -> int:
    """18.3.1.13: characters of the widest digit, which has 7 pixels in the usual font."""
    characters = float(written) if re.fullmatch(r"\d{1,5}(?:\.\d{1,20})?", written) else usual
    return int((256 * characters + 18) / 256 * 7)


def _shapes(drawing: Document) -> Iterator[Element]:
    """The boxes that are anchored in the first row of a sheet."""
    for anchor in drawing.root.children:
        start = anchor.first(anchor.namespace, "from")
        row = start.first(anchor.namespace, "row") if start else None
        if row is not None and row.text.strip() == "0":
            yield from anchor.all(anchor.namespace, "sp")


def _boxed(drawing: Document) -> Iterator[str]:
    """The lines in boxes of a sheet that are a mark."""
    ours = ["".join(box.said(shape)) for shape in _shapes(drawing) if _is_ours(shape)]
    yield from ours
    yield from (line for line in box.said(drawing.root) if lines.is_mark(line) and line not in ours)


def _is_ours(shape: Element) -> bool:
    """Whether a box is ours, also after Excel wrote it again: lawful, shown, large enough, in our colours."""
    words = "".join(box.said(shape))
    large = lawful(words) and box.holds(box.placed(shape), words, _points())
    return large and box.is_plain(shape, _points(), {_INK, _PLATE, _EDGE})

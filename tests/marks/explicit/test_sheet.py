"""A workbook shows the mark on its first sheet and prints it on each page, and no cell changes."""

import io
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import openpyxl  # type: ignore[import-untyped]  # the peer is untyped
import pytest
from openpyxl.chart import BarChart, Reference  # type: ignore[import-untyped]  # the same

from sealmark.marks.explicit.errors import NothingToMark
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media.document import worksheet
from tests.media import packages

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
LINE = '&"-,Regular"&K000000&10AI生成'
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"


def _saved(make: Callable[[Any], None] = lambda book: None) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["甲", 2, 3.5, "=B1*2"])
    book.create_sheet("第二")
    make(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _boxes(data: bytes) -> dict[str, list[str]]:
    """The texts of the boxes in each drawing."""
    parts = packages.unzipped(data)
    drawings = {name: ElementTree.fromstring(parts[name]) for name in parts if name.startswith("xl/drawings/drawing")}
    return {name: ["".join(shape.itertext()) for shape in root.iter(f"{DRAWING}sp")] for name, root in drawings.items()}


def _headers(data: bytes, kind: str = "oddHeader") -> list[str]:
    """The header of each sheet as it is written."""
    parts = packages.unzipped(data)
    sheets = [ElementTree.fromstring(parts[name]) for name in sorted(parts) if name.startswith("xl/worksheets/sheet")]
    return ["".join(one.text or "" for one in sheet.iter() if one.tag.endswith(f"}}{kind}")) for sheet in sheets]


def test_first_sheet_bears_box_and_header_and_keeps_its_cells() -> None:
    """On the screen and on paper; openpyxl reads the same cells."""
    data = _saved()
    marked = mark(data, ONE).data
    assert list(_boxes(marked).values()) == [["AI生成"]]
    assert _headers(marked) == [f"&R{LINE}", ""]
    old, new = (openpyxl.load_workbook(io.BytesIO(one)) for one in (data, marked))
    assert [[cell.value for cell in row] for sheet in old for row in sheet] == [
        [cell.value for cell in row] for sheet in new for row in sheet
    ]
    assert new.worksheets[0].oddHeader.right.text == "AI生成"


def test_children_of_the_sheet_stand_in_the_order_of_the_schema() -> None:
    """ISO/IEC 29500-1, 18.3.1.99: Excel takes a sheet in another order for damaged."""

    def make(book: Any) -> None:
        sheet = book.active
        sheet.conditional_formatting.add("A1:A9", openpyxl.formatting.rule.ColorScaleRule("min", None, "000000"))
        sheet.merge_cells("A5:B6")
        sheet.print_options.gridLines = True
        sheet.row_breaks.append(openpyxl.worksheet.pagebreak.Break(3))
        sheet.add_table(openpyxl.worksheet.table.Table(displayName="T", ref="A1:B3"))
        sheet["A1"], sheet["B1"] = "甲", "乙"
        sheet["C3"].comment = openpyxl.comments.Comment("note", "me")

    names = [
        child.tag.rpartition("}")[2] for child in ElementTree.fromstring(_first_sheet(mark(_saved(make), ONE).data))
    ]
    known = [*worksheet.DRAWING_AFTER, "drawing", "legacyDrawing", "tableParts"]
    assert {"headerFooter", "rowBreaks", "drawing", "legacyDrawing", "tableParts"} <= set(names)
    assert names == sorted(names, key=known.index)


def _first_sheet(data: bytes) -> bytes:
    return packages.unzipped(data)["xl/worksheets/sheet1.xml"]


@pytest.mark.parametrize("side", ["left", "right"])
def test_header_that_is_there_stays_and_gets_a_line_more(side: Any) -> None:
    """Each section keeps its codes and words; even and first pages get the line where they have their own header."""

    def make(book: Any) -> None:
        sheet = book.active
        sheet.oddHeader.left.text, sheet.oddHeader.right.text = "Q&A", "第 &P 页"
        sheet.oddHeader.center.text, sheet.oddHeader.center.size = "报表", 14
        sheet.oddFooter.center.text = "footer stays"
        sheet.HeaderFooter.differentFirst = True

    data = _saved(make)
    corner: Any = f"top_{side}"
    marked = mark(data, ONE, explicit=ExplicitOptions(corner=corner)).data
    key = {"left": "&L", "right": "&R"}[side]
    old = re.split("(?=&[LCR])", _headers(data)[0])[1:]
    new = re.split("(?=&[LCR])", _headers(marked)[0])[1:]
    assert new == [f"{part}\n{LINE}" if part.startswith(key) else part for part in old]
    assert _headers(marked, "firstHeader")[0] == f"{key}{LINE}"
    assert _headers(marked, "evenHeader")[0] == ""
    assert _headers(marked, "oddFooter") == _headers(data, "oddFooter")


def test_full_header_lets_the_footer_take_the_line() -> None:
    """Excel takes a header of more than 255 characters for damage; with both full there is no mark, so no file."""

    def make(footer: str) -> bytes:
        def fill(book: Any) -> None:
            book.active.oddHeader.center.text = "长" * 240
            book.active.oddFooter.center.text = footer

        return _saved(fill)

    marked = mark(make("短"), ONE).data
    assert LINE in _headers(marked, "oddFooter")[0]
    assert LINE not in _headers(marked)[0]
    assert mark(marked, ONE).data == marked
    with pytest.raises(NothingToMark):
        mark(make("长" * 240), ONE)


def test_drawing_that_is_there_gets_one_box_more() -> None:
    """Charts stay; the box is another anchor of the same drawing."""

    def make(book: Any) -> None:
        chart = BarChart()
        chart.add_data(Reference(book.active, 2, 1, 2, 1))
        book.active.add_chart(chart, "F5")

    data = _saved(make)
    marked = mark(data, ONE).data
    (name,) = _boxes(data)
    assert _boxes(marked) == {name: ["AI生成"]}
    assert len(openpyxl.load_workbook(io.BytesIO(marked)).active._charts) == 1


@pytest.mark.parametrize(("columns", "width", "column"), [(1, None, 1), (4, None, 4), (30, None, 12), (3, 40, 3)])
def test_box_stands_behind_the_last_column_within_reach(columns: int, width: float | None, column: int) -> None:
    """No cell is hidden where the first row has room; else the box stays where any window shows it."""

    def make(book: Any) -> None:
        book.active.delete_rows(1)
        book.active.append(list(range(columns)))
        if width:
            book.active.column_dimensions["A"].width = width

    drawing = packages.unzipped(mark(_saved(make), ONE).data)["xl/drawings/drawing1.xml"]
    assert re.findall(rb"<xdr:col>(\d+)</xdr:col>.*<xdr:row>(\d+)</xdr:row>", drawing) == [(b"%d" % column, b"0")]


def test_hidden_columns_and_sheets_do_not_hide_the_mark() -> None:
    """The first sheet that is shown, the first column that is; and objects that are hidden altogether are shown."""

    def make(book: Any) -> None:
        book.active.sheet_state = "hidden"
        book.active = 1
        book["第二"].append([1])
        book["第二"].column_dimensions["B"].hidden = True

    data = _saved(make)
    parts = packages.unzipped(data)
    workbook = parts["xl/workbook.xml"].replace(b"<workbookPr/>", b'<workbookPr showObjects="none"/>')
    new = packages.unzipped(mark(packages.zipped(parts | {"xl/workbook.xml": workbook}), ONE).data)
    assert b'showObjects="all"' in new["xl/workbook.xml"]
    assert b"<drawing" in new["xl/worksheets/sheet2.xml"]
    assert b"<drawing" not in new["xl/worksheets/sheet1.xml"]
    assert b"<xdr:col>2</xdr:col>" in new["xl/drawings/drawing1.xml"]


def test_sheet_that_opens_bears_the_mark_too() -> None:
    """Where the workbook opens at another sheet than its first."""

    def make(book: Any) -> None:
        book.active = 1

    marked = mark(_saved(make), ONE).data
    assert [len(boxes) for boxes in _boxes(marked).values()] == [1, 1]
    assert _headers(marked) == [f"&R{LINE}"] * 2


def test_marking_again_changes_nothing() -> None:
    """One box and one line, whatever wording is asked for later."""
    once = mark(_saved(), ONE).data
    assert mark(once, ONE).data == once
    assert mark(once, ONE, explicit=ExplicitOptions(wording="人工智能生成")).data == once


@pytest.mark.parametrize("comment", ["", "<!-- </sheetData><drawing/> -->"])
def test_cells_come_back_as_the_same_bytes(comment: str) -> None:
    """They are set aside and not read; a comment that looks like cells does not mislead."""
    parts = packages.unzipped(_saved())
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b"</worksheet>", comment.encode() + b"</worksheet>")
    new = _first_sheet(mark(packages.zipped(parts | {"xl/worksheets/sheet1.xml": sheet}), ONE).data)
    left = re.sub(rb"<headerFooter>.*</headerFooter><drawing [^>]*/>", b"", new)
    assert left == sheet


def test_sheet_of_two_million_cells_is_marked_within_seconds() -> None:
    """Linear in the bytes, and no tree of the cells in memory."""
    parts = packages.unzipped(_saved())
    row = b"<row>" + b"<c><v>1234</v></c>" * 20 + b"</row>"
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", row * 100_000 + b"</sheetData>")
    marked = mark(packages.zipped(parts | {"xl/worksheets/sheet1.xml": sheet}), ONE).data
    assert verify(marked).layers["explicit"].place == "xl/drawings/drawing1.xml"


@pytest.mark.parametrize("where", ["oddHeader", "oddFooter"])
@pytest.mark.parametrize("text", ["AI生成", "本内容由AI生成"])
def test_another_s_wording_in_a_printed_line_is_found(where: str, text: str) -> None:
    """With its codes taken off."""

    def make(book: Any) -> None:
        section = getattr(book.active, where).center
        section.text, section.size, section.font = text, 12, "宋体,Bold"

    assert verify(_saved(make)).layers["explicit"].state == "found"
    assert verify(_saved()).layers["explicit"].state == "none"

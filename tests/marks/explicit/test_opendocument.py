"""OpenDocument: a line in the header of every page of texts and sheets, a box on the first sheet, slide or drawing."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from sealmark.marks.errors import SignedPackage
from sealmark.marks.explicit.errors import NothingToMark
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media.errors import Damaged
from tests.media import packages

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
NAMES = {
    **{name: f"{SPACE}{name}:1.0" for name in ("office", "style", "text", "table", "presentation")},
    "draw": f"{SPACE}drawing:1.0",
    "fo": f"{SPACE}xsl-fo-compatible:1.0",
    "svg": f"{SPACE}svg-compatible:1.0",
}
DECLARED = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in NAMES.items())
LAYOUT = (
    '<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="28cm" fo:page-height="21cm"/>'
    "</style:page-layout>"
)


def _styles(masters: str, automatic: str = LAYOUT) -> str:
    return (
        f'<?xml version="1.0"?><office:document-styles {DECLARED}><office:automatic-styles>{automatic}'
        f"</office:automatic-styles><office:master-styles>{masters}</office:master-styles></office:document-styles>"
    )


def _master(inside: str, name: str = "Standard") -> str:
    return f'<style:master-page style:name="{name}" style:page-layout-name="L">{inside}</style:master-page>'


def _document(kind: str, body: str = "", masters: str | None = None, automatic: str = "") -> bytes:
    parts = packages.odf_parts(kind=kind)
    tag = kind.partition("-")[0].replace("graphics", "drawing")
    parts["content.xml"] = (
        f'<?xml version="1.0"?><office:document-content {DECLARED}><office:automatic-styles>{automatic}'
        f"</office:automatic-styles><office:body><office:{tag}>{body}</office:{tag}></office:body>"
        "</office:document-content>"
    )
    return packages.odf(parts if masters is None else parts | {"styles.xml": _styles(masters)})


def _part(data: bytes, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(packages.unzipped(data)[name])


def _headers(data: bytes) -> dict[str, list[str]]:
    """The paragraphs of each header that is displayed, by master page and kind."""
    found = {}
    for master in _part(data, "styles.xml").iterfind(".//style:master-page", NAMES):
        for one in master:
            kind = one.tag.rpartition("}")[2]
            if kind.startswith("header") and one.get(f"{{{NAMES['style']}}}display") != "false":
                name = f"{master.get('{' + NAMES['style'] + '}name')} {kind}"
                found[name] = ["".join(paragraph.itertext()) for paragraph in one.iterfind(".//text:p", NAMES)]
    return found


OWN = "<style:header><text:p>own</text:p></style:header>"
SHARED = '<style:header-left style:display="false"/>'
LEFT = "<style:header-left><text:p>left</text:p></style:header-left>"
FIRST = "<style:header-first><text:p/></style:header-first><style:footer><text:p>9</text:p></style:footer>"
OFF = '<style:header style:display="false"><text:p>secret</text:p></style:header>'


@pytest.mark.parametrize(
    ("masters", "expected"),
    [
        (_master(""), {"Standard header": ["AI生成"]}),
        (_master(OWN + SHARED), {"Standard header": ["own", "AI生成"]}),
        (
            _master(OWN + LEFT + FIRST),
            {
                "Standard header": ["own", "AI生成"],
                "Standard header-left": ["left", "AI生成"],
                "Standard header-first": ["", "AI生成"],
            },
        ),
        (_master(OFF), {"Standard header": ["AI生成"]}),
        (_master("") + _master(OWN, "Other"), {"Standard header": ["AI生成"], "Other header": ["own", "AI生成"]}),
    ],
)
def test_every_displayed_header_of_a_text_bears_the_line(masters: str, expected: dict[str, list[str]]) -> None:
    """Each page style, left and first pages too; what was switched off stays unseen; again changes nothing."""
    marked = mark(_document("text", "<text:p>正文</text:p>", masters), ONE).data
    assert _headers(marked) == expected
    assert mark(marked, ONE).data == marked
    assert mark(marked, ONE, explicit=ExplicitOptions(wording="人工智能生成")).data == marked
    assert verify(marked).layers["explicit"].state == "found"


@pytest.mark.parametrize("kind", ["text", "text-template"])
def test_text_without_styles_gets_a_page_with_the_line(kind: str) -> None:
    """The part is added and stands in the manifest."""
    marked = mark(packages.odf(packages.odf_parts(kind=kind)), ONE).data
    assert _headers(marked) == {"Standard header": ["AI生成"]}
    assert b'full-path="styles.xml"' in packages.unzipped(marked)["META-INF/manifest.xml"]
    assert mark(marked, ONE).data == marked


def test_content_of_a_text_stays_bit_for_bit() -> None:
    """Only styles and metadata change, and of the styles every byte that was there stays in its order."""
    data = _document("text", "<text:p>正文</text:p>", _master(OWN))
    old, new = packages.unzipped(data), packages.unzipped(mark(data, ONE).data)
    assert {name for name in new if new[name] != old.get(name)} == {"styles.xml", "meta.xml"}
    bare = re.sub(rb"<style:style xmlns.*?</style:style>|<text:p xmlns[^>]*>AI[^<]*</text:p>", b"", new["styles.xml"])
    assert bare == old["styles.xml"]


def test_line_that_nobody_can_read_does_not_spare_the_mark() -> None:
    """The same words in another style are not ours; they are found, and the legible line is added."""
    data = _document("text", "", _master("<style:header><text:p>AI生成</text:p></style:header>"))
    assert verify(data).tier == "suspected"
    assert _headers(mark(data, ONE).data) == {"Standard header": ["AI生成", "AI生成"]}


ROW = "<table:table-row><table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell/></table:table-row>"
WIDE = '<style:style style:name="c" style:family="table-column"><style:table-column-properties style:column-width='
HIDDEN = (
    '<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>'
)


def _boxes(data: bytes, inside: str) -> list[list[dict[str, str]]]:
    """The boxes of each sheet or page: their texts and numbers in centimetres."""
    return [
        [
            {"text": "".join(frame.itertext())}
            | {
                key: frame.get(f"{{{NAMES['svg']}}}{key}", "").removesuffix("cm")
                for key in ("x", "y", "width", "height")
            }
            for frame in one.iterfind(".//draw:frame", NAMES)
        ]
        for one in _part(data, "content.xml").iterfind(f".//{inside}", NAMES)
    ]


@pytest.mark.parametrize(
    ("table", "left"),
    [
        (f"<table:table>{ROW}</table:table>", 2.258),
        (f'<table:table><table:table-column table:style-name="c"/>{ROW}</table:table>', 5.0),
        ("<table:table/>", 0.0),
        (f"<table:table><table:shapes/>{ROW.replace('<table:table-cell/>', '')}</table:table>", 2.258),
        ("<table:table>" + ROW.replace("<table:table-cell>", '<table:table-cell table:number-columns-repeated="99">')
         + "</table:table>", 21.1),
    ],
)  # fmt: skip
def test_first_sheet_bears_the_box_behind_its_cells(table: str, left: float) -> None:
    """In the first row, behind the last cell or where a window still shows it; and in the header, on its side."""
    data = _document("spreadsheet", table + "<table:table/>", _master(""), f'{WIDE}"50mm"/></style:style>')
    marked = mark(data, ONE, explicit=ExplicitOptions(corner="top_left")).data
    first, second = _boxes(marked, "table:table")
    assert [box["text"] for box in first] == ["AI生成"]
    assert float(first[0]["x"]) == pytest.approx(left, abs=0.2)
    assert (float(first[0]["y"]), second) == (0, [])
    header = _part(marked, "styles.xml").find(".//style:header/style:region-left/text:p", NAMES)
    assert header is not None
    assert header.text == "AI生成"
    assert mark(marked, ONE).data == marked


def test_regions_of_a_header_stay() -> None:
    """The line goes into the region of its side, which is made where there is none."""
    left = "<style:region-left><text:p>left</text:p></style:region-left>"
    data = _document("spreadsheet", "<table:table/>", _master(f"<style:header>{left}</style:header>"))
    for corner, kinds in (("top_left", ["region-left"]), ("top_right", ["region-left", "region-right"])):
        chosen: Any = corner
        header = _part(mark(data, ONE, explicit=ExplicitOptions(corner=chosen)).data, "styles.xml").find(
            ".//style:header", NAMES
        )
        assert header is not None
        assert [one.tag.rpartition("}")[2] for one in header] == kinds
        assert "".join(header.itertext()) == "leftAI生成"


def test_hidden_sheets_do_not_count() -> None:
    """The first sheet that is shown bears the box; with none there is no mark, so no file."""
    hidden = '<table:table table:style-name="h"/>'
    marked = mark(_document("spreadsheet", f"{hidden}<table:table/>", "", HIDDEN), ONE).data
    assert [len(boxes) for boxes in _boxes(marked, "table:table")] == [0, 1]
    with pytest.raises(NothingToMark):
        mark(_document("spreadsheet", hidden, "", HIDDEN), ONE)


PAGE = '<draw:page draw:master-page-name="Standard">{}</draw:page>'
FRAME = "<draw:frame><draw:text-box><text:p>n</text:p></draw:text-box></draw:frame>"
NOTES = f"<presentation:notes>{FRAME}</presentation:notes>"


@pytest.mark.parametrize("kind", ["presentation", "presentation-template", "graphics", "graphics-template"])
@pytest.mark.parametrize("corner", ["bottom_right", "bottom_left", "top_right", "top_left"])
def test_first_page_bears_the_plate_in_its_corner(kind: str, corner: Any) -> None:
    """Ink of 5 % of the shortest side, by the capitals of Arial; whole on the page, above its shapes, before notes."""
    data = _document(kind, PAGE.format(f"<draw:rect/>{NOTES}") + PAGE.format(""), _master(""))
    marked = mark(data, ONE, explicit=ExplicitOptions(corner=corner)).data
    page = _part(marked, "content.xml").find(".//draw:page", NAMES)
    assert page is not None
    assert [one.tag.rpartition("}")[2] for one in page] == ["rect", "frame", "notes"]
    box = _boxes(marked, "draw:page")[0][0]
    x, y, width, height = (float(box[key]) for key in ("x", "y", "width", "height"))
    assert (box["text"], 0 <= x <= 28 - width, 0 <= y <= 21 - height) == ("AI生成", True, True)
    assert ((x > 14 - width / 2), (y > 10.5 - height / 2)) == (corner.endswith("right"), corner.startswith("bottom"))
    size = re.search(rb'fo:font-size="([\d.]+)pt"', packages.unzipped(marked)["content.xml"])
    assert size is not None
    assert float(size.group(1)) * 0.716 >= 21 / 2.54 * 72 * 0.05
    assert len(_boxes(marked, "draw:page")[1]) == 0
    assert mark(marked, ONE).data == marked


def test_hidden_first_page_and_the_first_that_is_shown_bear_it() -> None:
    """A show begins at the first page that is not hidden."""
    style = (
        '<style:style style:name="h" style:family="drawing-page"><style:drawing-page-properties '
        'presentation:visibility="hidden"/></style:style>'
    )
    hidden = PAGE.format("").replace("<draw:page", '<draw:page draw:style-name="h"')
    marked = mark(_document("presentation", hidden + PAGE.format("") * 2, _master(""), style), ONE).data
    assert [len(boxes) for boxes in _boxes(marked, "draw:page")] == [1, 1, 0]
    assert mark(marked, ONE).data == marked


def test_presentation_that_cannot_bear_it_is_refused() -> None:
    """Without pages, without their size, or signed: an error and no file."""
    with pytest.raises(NothingToMark):
        mark(_document("presentation", "", _master("")), ONE)
    with pytest.raises(Damaged):
        mark(_document("presentation", PAGE.format(""), ""), ONE)
    with pytest.raises(SignedPackage):
        mark(packages.odf(packages.odf_parts() | {"META-INF/documentsignatures.xml": "<x/>"}), ONE)


def test_another_s_wording_in_a_box_is_found() -> None:
    """On the first page of a presentation, whatever shape says it."""
    shape = (
        "<draw:g><draw:custom-shape><text:p><text:span>本内容由</text:span>AI生成</text:p></draw:custom-shape></draw:g>"
    )
    shape = shape.replace("<text:span>本内容由</text:span>", "本内容由")
    assert verify(_document("presentation", PAGE.format(shape), _master(""))).layers["explicit"].place == "content.xml"
    assert verify(_document("presentation", PAGE.format(""), _master(""))).layers["explicit"].state == "none"


def test_sheet_of_a_million_cells_is_marked() -> None:
    """A long content is no hostile one: no tree of its cells is built."""
    cells = "<table:table-row>" + "<table:table-cell/>" * 50 + "</table:table-row>"
    marked = mark(_document("spreadsheet", f"<table:table>{cells * 10_000}</table:table>", _master("")), ONE).data
    assert verify(marked).layers["explicit"].state == "found"

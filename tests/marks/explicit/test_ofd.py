"""Every page of an OFD file shows the mark in a layer above the others."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from sealmark.marks.errors import SignedPackage
from sealmark.marks.explicit.errors import NothingToMark
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.explicit.wording import read
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media.errors import Damaged
from tests.media import packages

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
OFD = {"o": packages.OFD_NAMESPACE}
PAGE = "Doc_0/Pages/Page_0/Content.xml"


def _parts(count: int = 2, prefix: str = "ofd:", area: str = "") -> dict[str, str | bytes]:
    parts = packages.ofd_parts(prefix=prefix)
    listed = "".join(f'<{prefix}Page ID="{n + 10}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(count))
    document = re.sub(f"(<{prefix}Pages>).*(</{prefix}Pages>)", rf"\1{listed}\2", str(parts["Doc_0/Document.xml"]))
    parts["Doc_0/Document.xml"] = document.replace("MaxUnitID>2<", "MaxUnitID>40<")
    page = str(parts.pop(PAGE)).replace("><ofd:Content>", f">{area}<ofd:Content>")
    return parts | {f"Doc_0/Pages/Page_{number}/Content.xml": page for number in range(count)}


def _layers(data: bytes, page: str = PAGE) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(packages.unzipped(data)[page])
    return list(root.iterfind("o:Content/o:Layer", OFD))


@pytest.mark.parametrize("prefix", ["ofd:", ""])
def test_every_page_bears_the_plate_above_its_layers(prefix: str) -> None:
    """Text on a plate, last in the page, in the file's own way to write names; again changes nothing."""
    marked = mark(packages.zipped(_parts(3, prefix)), ONE).data
    for number in range(3):
        page = PAGE.replace("Page_0", f"Page_{number}")
        *_, layer = _layers(marked, page)
        assert layer.get("Type") == "Foreground"
        assert [one.tag.rpartition("}")[2] for one in layer] == ["PathObject", "TextObject"]
        assert "".join(layer.itertext()).endswith("AI生成")
        assert f"<{prefix}TextObject".encode() in packages.unzipped(marked)[page]
    assert mark(marked, ONE).data == marked
    assert mark(marked, ONE, explicit=ExplicitOptions(wording="人工智能生成", corner="top_left")).data == marked


def test_identifiers_are_new_and_the_font_goes_along() -> None:
    """GB/T 33190 7.5: no two objects share one, and the largest is written down; the letters are in the file."""
    marked = mark(packages.zipped(_parts(3)), ONE).data
    parts = packages.unzipped(marked)
    document = ElementTree.fromstring(parts["Doc_0/Document.xml"])
    largest = int(document.findtext("o:CommonData/o:MaxUnitID", "", OFD))
    texts = b"".join(content for name, content in parts.items() if name.endswith(".xml"))
    new = [int(number) for number in re.findall(rb'\bID="(\d+)"', texts) if int(number) > 40]
    assert len(set(new)) == len(new) == 10
    assert max(new) == largest
    resources = "Doc_0/" + document.findtext("o:CommonData/o:DocumentRes", "", OFD)
    font = ElementTree.fromstring(parts[resources]).find("o:Fonts/o:Font", OFD)
    assert font is not None
    assert parts["Doc_0/" + font.findtext("o:FontFile", "", OFD)] == read("SealmarkLabel.otf")
    (used,) = {text.get("Font") for text in _layers(marked)[-1].iterfind("o:TextObject", OFD)}
    assert font.get("ID") == used


@pytest.mark.parametrize("corner", ["bottom_right", "bottom_left", "top_right", "top_left"])
@pytest.mark.parametrize("box", [(0, 0, 210, 297), (10, 20, 60, 30), (-5, -5, 1000, 400)])
def test_plate_stands_in_the_corner_of_the_page_s_own_box(corner: Any, box: tuple[int, ...]) -> None:
    """Millimetres, downwards: inside the page, at least nine points where it has room."""
    area = f"<ofd:Area><ofd:PhysicalBox>{' '.join(map(str, box))}</ofd:PhysicalBox></ofd:Area>"
    marked = mark(packages.zipped(_parts(1, area=area)), ONE, explicit=ExplicitOptions(corner=corner)).data
    text = _layers(marked)[-1].find("o:TextObject", OFD)
    assert text is not None
    left, top, width, height = map(float, text.get("Boundary", "").split())
    assert float(text.get("Size", "")) >= 9 * 25.4 / 72 - 1e-3
    assert box[0] <= left <= box[0] + box[2] - width
    assert box[1] <= top <= box[1] + box[3] - height
    assert (left + width / 2 > box[0] + box[2] / 2) == corner.endswith("right")
    assert (top + height / 2 > box[1] + box[3] / 2) == corner.startswith("bottom")


def test_page_without_content_gets_one_before_its_actions() -> None:
    """An empty page is a page too."""
    parts = _parts(1)
    empty = re.sub("<ofd:Content>.*</ofd:Content>", "<ofd:Actions/>", str(parts[PAGE]))
    root = ElementTree.fromstring(packages.unzipped(mark(packages.zipped(parts | {PAGE: empty}), ONE).data)[PAGE])
    assert [one.tag.rpartition("}")[2] for one in root] == ["Content", "Actions"]


def test_signed_broken_and_empty_files_are_refused() -> None:
    """A seal covers the pages; a page that is missing is damage; without a page there is no place."""
    with pytest.raises(SignedPackage):
        mark(packages.zipped(packages.ofd_parts(body="<ofd:Signatures>s</ofd:Signatures>")), ONE)
    with pytest.raises(NothingToMark):
        mark(packages.zipped(_parts(0)), ONE)
    parts = _parts(2)
    del parts[PAGE]
    with pytest.raises(Damaged):
        mark(packages.zipped(parts), ONE)


@pytest.mark.parametrize("trick", ['Visible="false"', 'Alpha="0"', 'CTM="0 0 0 0 0 0"'])
def test_text_that_is_not_seen_does_not_spare_the_mark(trick: str) -> None:
    """Hidden, see-through or squeezed: the page gets a plate that is seen."""
    parts = packages.unzipped(mark(packages.zipped(_parts(1)), ONE).data)
    tricked = parts[PAGE].replace(b"<ofd:TextObject", f"<ofd:TextObject {trick}".encode())
    marked = mark(packages.zipped(parts | {PAGE: tricked}), ONE).data
    assert len(_layers(marked)) == 3


@pytest.mark.parametrize(
    ("text", "state"), [("本内容由AI生成", "found"), ("AI播客", "none"), ("AI生成研究报告", "none")]
)
def test_another_s_wording_is_found(text: str, state: str) -> None:
    """On the first page or the last, as a text that says nothing else; it spares no page our plate."""
    parts = _parts(2)
    page = PAGE.replace("Page_0", "Page_1")
    code = f"<ofd:TextCode>{text}</ofd:TextCode>"
    object_ = f'<ofd:Layer ID="2"><ofd:TextObject ID="3">{code}</ofd:TextObject></ofd:Layer>'
    data = packages.zipped(parts | {page: str(parts[page]).replace('<ofd:Layer ID="2"/>', object_)})
    assert verify(data).layers["explicit"].state == state
    assert len(_layers(mark(data, ONE).data, page)) == 2

"""Every page of a Word document shows the mark in its header, and nothing else of it changes."""

import io
import itertools
import re
from collections.abc import Callable
from typing import Any

import docx
import pytest
from docx.enum.section import WD_SECTION
from docx.oxml import parse_xml

from sealmark.errors import SealmarkError
from sealmark.marks.errors import SignedPackage
from sealmark.marks.explicit.errors import UnlawfulWording, UnprintableWording
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media.errors import Damaged
from tests.media import packages

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
HEADERS = ("header", "first_page_header", "even_page_header")
SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _saved(make: Callable[[Any], None]) -> bytes:
    document = docx.Document()
    document.add_paragraph("正文 stays")
    make(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _shown(data: bytes) -> list[list[list[str]]]:
    """What python-docx reads in each header that each section shows."""
    sections = docx.Document(io.BytesIO(data)).sections
    return [[[p.text for p in getattr(section, name).paragraphs] for name in HEADERS] for section in sections]


def _with_sections(document: Any, first: bool, even: bool, own: tuple[str, ...]) -> None:
    document.add_section(WD_SECTION.NEW_PAGE)
    document.add_section(WD_SECTION.CONTINUOUS)
    document.settings.odd_and_even_pages_header_footer = even
    document.sections[1].different_first_page_header_footer = first
    for name in own:
        header = getattr(document.sections[1], name)
        header.is_linked_to_previous = False
        header.paragraphs[0].text = f"own {name}"


@pytest.mark.parametrize(("first", "even"), list(itertools.product((False, True), repeat=2)))
@pytest.mark.parametrize("own", [(), HEADERS[1:], HEADERS])
def test_every_header_that_a_page_can_show_bears_the_mark(first: bool, even: bool, own: tuple[str, ...]) -> None:
    """Whatever titlePg and evenAndOddHeaders choose, linked to the section before or not; own headers stay."""
    data = _saved(lambda document: _with_sections(document, first, even, own))
    before, after = _shown(data), _shown(mark(data, ONE).data)
    assert all(paragraphs.count("AI生成") == 1 for section in after for paragraphs in section)
    kept = [[[text for text in paragraphs if text != "AI生成"] for paragraphs in section] for section in after]
    filled = [[[text for text in paragraphs if text] for paragraphs in section] for section in kept]
    assert filled == [[[text for text in paragraphs if text] for paragraphs in section] for section in before]


def test_everything_but_the_headers_stays_bit_for_bit() -> None:
    """The body gets references to headers and no other byte; other parts are the same bytes."""
    data = _saved(lambda document: None)
    old, new = packages.unzipped(data), packages.unzipped(mark(data, ONE).data)
    changed = {name for name in new if new[name] != old.get(name)}
    headers = {f"word/header{number}.xml" for number in (1, 2, 3)}
    described = {"[Content_Types].xml", "_rels/.rels", "docProps/custom.xml"}
    assert changed == {"word/document.xml", "word/_rels/document.xml.rels", *headers, *described}
    assert re.sub(rb"<w:headerReference [^>]*/>", b"", new["word/document.xml"]) == old["word/document.xml"]


def test_marking_again_changes_nothing_even_after_another_program_saved_it() -> None:
    """Ours is known by what it says and how it looks, not by its bytes; another wording of ours is spared too."""
    data = _saved(lambda document: None)
    once = mark(data, ONE).data
    assert mark(once, ONE).data == once
    assert mark(once, ONE, explicit=ExplicitOptions(wording="人工智能生成")).data == once
    out = io.BytesIO()
    docx.Document(io.BytesIO(once)).save(out)
    assert _shown(mark(out.getvalue(), ONE).data) == _shown(once)


HIDDEN = {
    "not shown": "<w:vanish/>",
    "as small as dust": '<w:sz w:val="1"/>',
    "white on white": '<w:color w:val="FFFFFF"/>',
}


@pytest.mark.parametrize("how", HIDDEN)
def test_wording_that_nobody_can_read_does_not_spare_the_mark(how: str) -> None:
    """Only ours counts: a hidden line of the same words gets the visible one beside it."""

    def make(document: Any) -> None:
        header = document.sections[0].header
        header.is_linked_to_previous = False
        run = header.paragraphs[0].add_run("AI生成")
        run._r.get_or_add_rPr().append(parse_xml(HIDDEN[how].replace("/>", f" {SPACE}/>")))

    assert _shown(mark(_saved(make), ONE).data)[0][0] == ["AI生成", "AI生成"]


def test_document_without_section_or_relationships_and_strict_one() -> None:
    """The smallest document there is, of both kinds of namespaces, gets a section of its own with three headers."""
    for strict in (False, True):
        marked = mark(packages.docx(strict=strict), ONE)
        parts = packages.unzipped(marked.data)
        assert parts["word/document.xml"].count(b"headerReference ") == 3
        assert sum(name.startswith("word/header") for name in parts) == 3
        kinds = re.findall(rb'Type="([^"]*)/header"', parts["word/_rels/document.xml.rels"])
        assert [b"purl.oclc.org" in kind for kind in kinds] == [strict] * 3
        assert mark(marked.data, ONE).data == marked.data


def test_section_in_a_box_is_none() -> None:
    """Word heeds no section within a text box or a cell: the first one that counts gets the headers."""
    parts = packages.ooxml_parts()
    box = "<w:p><w:r><w:txbxContent><w:p><w:pPr><w:sectPr/></w:pPr></w:p></w:txbxContent></w:r></w:p>"
    document = str(parts["word/document.xml"]).replace("</w:body>", f"{box}<w:sectPr></w:sectPr></w:body>")
    new = packages.unzipped(mark(packages.zipped(parts | {"word/document.xml": document}), ONE).data)
    assert b"<w:sectPr/>" in new["word/document.xml"]
    assert new["word/document.xml"].count(b"headerReference ") == 3


def test_document_of_a_hundred_thousand_paragraphs_is_marked() -> None:
    """A long document is no hostile one: its body is not bounded as its metadata is."""
    parts = packages.ooxml_parts()
    text = "<w:p><w:r><w:t>正文</w:t></w:r></w:p>" * 100_000
    document = str(parts["word/document.xml"]).replace("</w:body>", f"{text}</w:body>")
    data = packages.zipped(parts | {"word/document.xml": document})
    assert verify(mark(data, ONE).data).layers["explicit"].state == "found"


@pytest.mark.parametrize("wording", ["AI生成内容", "本作品由AI合成"])
@pytest.mark.parametrize("corner", ["bottom_right", "top_left"])
def test_wording_and_side_are_as_asked(wording: str, corner: Any) -> None:
    """Any lawful wording that the label font has letters for, on either side; ours is found whatever it is."""
    chosen = ExplicitOptions(wording=wording, corner=corner)
    marked = mark(packages.docx(), ONE, explicit=chosen).data
    line = docx.Document(io.BytesIO(marked)).sections[0].header.paragraphs[0]
    assert line.text == chosen.wording
    assert line.alignment is not None
    assert line.alignment.name == corner.partition("_")[2].upper()
    assert verify(marked).layers["explicit"].state == "found"


@pytest.mark.parametrize(("wording", "error"), [("AI播客", UnlawfulWording), ("AI生成囍", UnprintableWording)])
def test_wording_that_is_no_mark_is_refused(wording: str, error: type[SealmarkError]) -> None:
    """GB 45438 5.1: both elements; and letters that every kind of file can show."""
    with pytest.raises(error):
        mark(packages.docx(), ONE, explicit=ExplicitOptions(wording=wording))


@pytest.mark.parametrize("text", ["AI生成", "【本内容由人工智能生成】", "AI-generated content", "—— AI合成 ——"])
@pytest.mark.parametrize("where", ["header", "footer"])
def test_another_s_wording_in_header_or_footer_is_found(text: str, where: str) -> None:
    """Measures Art. 6(3): a trace, whoever wrote it, with the place where it stands."""

    def make(document: Any) -> None:
        getattr(document.sections[0], where).is_linked_to_previous = False
        getattr(document.sections[0], where).paragraphs[0].text = text

    verdict = verify(_saved(make))
    assert (verdict.tier, verdict.layers["explicit"].place) == ("suspected", f"word/{where}1.xml")


@pytest.mark.parametrize("text", ["AI播客", "人工智能生成技术研究报告", "第 1 页", ""])
def test_header_that_is_no_mark_is_none(text: str) -> None:
    """Both elements, and nothing else: a paper about generation is not generated for that."""

    def make(document: Any) -> None:
        document.sections[0].header.paragraphs[0].text = text

    assert verify(_saved(make)).layers["explicit"].state == "none"


def test_signed_or_broken_documents_are_left_alone() -> None:
    """A signature would break; a header that is referred to and missing is damage; nothing comes out half marked."""
    signed = packages.ooxml_parts() | {"_xmlsignatures/sig1.xml": "<x/>"}
    with pytest.raises(SignedPackage):
        mark(packages.zipped(signed), ONE)
    parts = packages.ooxml_parts()
    section = '<w:sectPr><w:headerReference w:type="default" xmlns:r="{}" r:id="rId9"/></w:sectPr></w:body>'.format(
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    )
    document = str(parts["word/document.xml"]).replace("</w:body>", section)
    with pytest.raises(Damaged):
        mark(packages.zipped(parts | {"word/document.xml": document}), ONE)

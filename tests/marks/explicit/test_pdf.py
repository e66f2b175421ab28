"""Every page of a PDF shows the mark, upright in its corner, whatever its content left open; the file's bytes stay."""

import io
import re
import time
from typing import Any

import numpy as np
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Name

from sealmark.errors import SealmarkError
from sealmark.marks.errors import SignedPackage
from sealmark.marks.explicit import plate
from sealmark.marks.explicit.errors import NothingToMark
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.explicit.plate import Spot
from sealmark.marks.explicit.typeface import typeface
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media.document import pdf_content
from sealmark.media.document.pdf_content import Open
from sealmark.media.errors import Damaged, Encrypted
from tests.media import papers

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
CORNERS: list[Any] = ["bottom_right", "bottom_left", "top_right", "top_left"]
LAYOUTS = {key: make() for key, make in papers.EVERY.items() if key not in {"certified, filling in allowed"}}
LAYOUTS = {key: data for key, data in LAYOUTS.items() if b"/Count 0" not in data}


def _made(*pages: dict[str, Any], **saving: Any) -> bytes:
    """A PDF of these pages: `size`, `content`, and entries of their dictionaries."""
    with pikepdf.new() as pdf:
        for about in pages:
            pdf.add_blank_page(page_size=about.get("size", (300, 200)))
            page = pdf.pages[-1]
            content = about.get("content", b"0 g 9 9 50 30 re f")
            if isinstance(content, list):
                page.Contents = pdf.make_indirect(pikepdf.Array([pdf.make_stream(one) for one in content]))
            else:
                page.Contents = pdf.make_stream(content)
            for key, value in about.items():
                if key.startswith("/"):
                    page[key] = value
        out = io.BytesIO()
        pdf.save(out, **saving)
        return out.getvalue()


def _drawn(page: Any) -> list[Any]:
    """Each plate on a page as an independent parser follows it: its matrix, its depth of states, the open content."""
    matrix: Any = np.eye(3)
    states, marked, plates = list[Any](), list[str](), list[Any]()
    instructions: Any = pikepdf.parse_content_stream(page)
    for operands, operator in instructions:
        match str(operator):
            case "q":
                states.append(matrix)
            case "Q":
                matrix = states.pop() if states else matrix
            case "cm":
                a, b, c, d, e, f = map(float, operands)
                matrix = np.array([[a, b, 0], [c, d, 0], [e, f, 1]]) @ matrix
            case "BDC" | "BMC":
                marked.append(str(operands[0]))
            case "EMC":
                marked = marked[:-1]
            case "Do" if str(operands[0]).startswith("/SealmarkAIGC"):
                plates.append((list(matrix[:, :2].flatten()), len(states), list(marked)))
    return plates


@pytest.mark.parametrize("key", LAYOUTS)
def test_every_layout_is_marked_behind_its_own_bytes(key: str) -> None:
    """Tables, streams, linearized, junk behind: every byte stays, a second marking changes nothing, a peer reads it."""
    marked = mark(LAYOUTS[key], ONE).data
    assert marked.startswith(LAYOUTS[key])
    assert mark(marked, ONE).data == marked
    assert verify(marked).layers["explicit"].state == "found"
    with pikepdf.open(io.BytesIO(LAYOUTS[key])) as was, pikepdf.open(io.BytesIO(marked)) as now:
        complaints = [{line.rpartition(">: ")[2] for line in pdf.check_pdf_syntax()} for pdf in (was, now)]
        assert {line for line in complaints[1] if "linear" not in line.lower()} <= complaints[0]
        assert [len(_drawn(page)) for page in now.pages] == [1] * len(was.pages)


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("turn", [0, 90, 180, 270, -90])
@pytest.mark.parametrize("crop", [None, [50, 40, 250, 160]])
def test_plate_stands_upright_in_the_corner_that_is_shown(corner: Any, turn: int, crop: list[int] | None) -> None:
    """Rotate and CropBox are respected: turned with the page, its matrix is upright and its box lies in the corner."""
    about = {"/Rotate": turn} | ({"/CropBox": pikepdf.Array(crop)} if crop else {})
    marked = mark(_made(about), ONE, explicit=ExplicitOptions(corner=corner)).data
    left, bottom, right, top = crop or (0, 0, 300, 200)
    centre = np.array([(left + right) / 2, (bottom + top) / 2])
    angle = -np.deg2rad(turn)
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    with pikepdf.open(io.BytesIO(marked)) as pdf:
        (((a, b, c, d, e, f), _, _),) = _drawn(pdf.pages[0])
        form = next(value for key, value in pdf.pages[0].Resources.XObject.items() if key.startswith("/Sealmark"))
        width, height = map(float, list(form.BBox)[2:])
    points = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ [[a, b], [c, d]] + [e, f]
    shown = (points - centre) @ turned
    half = np.abs(np.array([right - left, top - bottom]) / 2 @ np.abs(turned))
    assert np.all(np.abs(shown) <= half + 1e-6)
    assert shown[1, 0] > shown[0, 0] and shown[2, 1] > shown[0, 1]  # noqa: PT018 (upright is one law)
    assert (shown.mean(axis=0)[0] > 0) == corner.endswith("right")
    assert (shown.mean(axis=0)[1] < 0) == corner.startswith("bottom")


@pytest.mark.parametrize(
    "content",
    [
        b"q .5 0 0 .5 0 0 cm q 0 0 9 9 re W n",
        b"Q Q .3 0 0 .3 9 9 cm 0 0 9 9 re W n",
        b"/OC /Hidden BDC q BT (un\\)(bal)anced q Q) Tj",
        b"q 10 0 0 10 0 0 cm BI /W 2 /H 2 /BPC 8 /CS /G ID Q q  EI q q",
        b".24 0 0 -.24 0 842 cm % Q Q q\n[(Q) 9 <51> (\\(Q)] TJ /q gs << /Q /q >> pop",
        [b"q 2 0 0 2 0 0 cm", b"q BT /F 1", b"Tf ET"],
        b"",
        [],
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_a_page_left_open_does_not_reach_the_plate(content: Any, packed: bool) -> None:
    """Turned, clipped, hidden or cut off: the plate has the state that the page began with, and is in no layer."""
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    marked = mark(_made({"content": content}, {}, object_stream_mode=mode), ONE).data
    with pikepdf.open(io.BytesIO(marked)) as pdf:
        (first,), (second,) = (_drawn(page) for page in pdf.pages)
    assert first[0] == pytest.approx(second[0])
    assert (first[1], first[2]) == (1, [])


@pytest.mark.parametrize("content", [b"(no end", b"BI /W 1 ID \x00", b"q " * 2000, b"BT ((a) Tj"])
def test_content_that_would_swallow_the_plate_is_refused(content: bytes) -> None:
    """Where it is not sure that the plate is seen there is no marked file."""
    with pytest.raises(Damaged):
        mark(_made({"content": content}), ONE)


OPERATORS = st.sampled_from(
    [b"q", b"Q", b"BT", b"ET", b"/a BMC", b"EMC", b"(Q ( q ) )", b"<5120>", b"% q Q\n", b"/q gs"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(OPERATORS, max_size=30))
def test_what_is_left_open_is_counted_as_a_parser_counts_it(operators: list[bytes]) -> None:
    """Saved and restored states, marked content and text objects; not what stands in strings, comments and names."""
    words = [one.split()[-1] for one in operators if one not in {b"(Q ( q ) )", b"<5120>", b"% q Q\n", b"/q gs"}]
    states = marked = below = 0
    text = False
    for word in words:
        states, below = (states - 1, below) if word == b"Q" and states else (states, below + (word == b"Q"))
        states += word == b"q"
        marked = max(0, marked + (word == b"BMC") - (word == b"EMC"))
        text = word == b"BT" or (text and word != b"ET")
    assert pdf_content.left_open(b" ".join(operators)) == Open(states, marked, text, below)


@pytest.mark.parametrize("filters", [[Name.ASCIIHexDecode], [Name.RunLengthDecode], [Name.ASCIIHexDecode] * 2])
def test_content_behind_the_filters_of_text_is_read(filters: list[Any]) -> None:
    """Whatever coded it: an open state behind each filter is seen."""
    coded = b"q 2 0 0 2 0 0 cm"
    for one in filters:
        coded = coded.hex().encode() + b">" if one == Name.ASCIIHexDecode else bytes((15,)) + coded + b"\x80"
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(300, 200))
        pdf.pages[0].Contents = pikepdf.Stream(pdf, coded, Filter=pikepdf.Array(filters))
        out = io.BytesIO()
        pdf.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    marked = mark(out.getvalue(), ONE).data
    assert re.search(rb"\nQ\nQ\nq [^\n]* Do Q", marked)


@pytest.mark.parametrize("where", ["own", "indirect", "inherited", "shared forms", "taken name", "none"])
def test_resources_stay_and_the_form_is_among_them(where: str) -> None:
    """Own, referred to, inherited from the tree, missing: everything that was there is there, and ours besides."""
    with pikepdf.new() as pdf:
        for _ in range(3):
            pdf.add_blank_page(page_size=(300, 200))
        picture = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 1, 1])
        forms = pikepdf.Dictionary({"/Theirs": picture, "/SealmarkAIGC": picture})
        if where != "taken name":
            del forms["/SealmarkAIGC"]
        forms = pdf.make_indirect(forms) if where == "shared forms" else forms
        resources = pikepdf.Dictionary(XObject=forms, ProcSet=[Name.PDF])
        for page in pdf.pages:
            if where in {"inherited", "none"}:
                del page["/Resources"]
            else:
                page.Resources = pdf.make_indirect(resources) if where == "indirect" else resources
        if where == "inherited":
            pdf.Root.Pages.Resources = resources
        out = io.BytesIO()
        pdf.save(out)
    marked = mark(out.getvalue(), ONE).data
    with pikepdf.open(io.BytesIO(marked)) as pdf:
        for page in pdf.pages:
            assert len(_drawn(page)) == 1
            found = page.Resources
            if where != "none":
                assert found.XObject.Theirs.Subtype == Name.Form
                assert list(found.ProcSet) == [Name.PDF]
            ours = [form for form in found.XObject.values() if "/SealmarkWording" in form]
            assert [str(form.SealmarkWording) for form in ours] == ["AI生成"]
    assert mark(marked, ONE).data == marked


def test_words_are_embedded_letters_that_say_what_they_are() -> None:
    """Another reader finds the wording in the font's own map from codes to characters, and its outlines in the file."""
    with pikepdf.open(io.BytesIO(mark(_made({}), ONE).data)) as pdf:
        form = pdf.pages[0].Resources.XObject.SealmarkAIGC
        font = form.Resources.Font.SealmarkFont
        codes = re.search(rb"<([0-9A-F]+)> Tj", form.read_bytes())
        said = dict(re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]{4})>\n", font.ToUnicode.read_bytes()))
        outlines = font.DescendantFonts[0].FontDescriptor.FontFile3.read_bytes()
    assert codes is not None
    words = [codes.group(1)[at : at + 4] for at in range(0, len(codes.group(1)), 4)]
    assert bytes.fromhex(b"".join(said[word] for word in words).decode()).decode("utf-16-be") == "AI生成"
    assert outlines == typeface().outlines


def test_font_has_the_glyphs_that_the_label_font_draws() -> None:
    """Widths and codes come from the font's own tables: Pillow measures the same advance for each character."""
    from PIL import ImageFont

    from sealmark.marks.explicit.wording import read

    font = ImageFont.truetype(io.BytesIO(read("SealmarkLabel.otf")), 1000, layout_engine=ImageFont.Layout.BASIC)
    for character, width in typeface().widths.items():
        assert font.getlength(character) == pytest.approx(width, abs=1)
    assert len(set(typeface().identifiers.values())) > 120


@settings(max_examples=100, deadline=None)
@given(st.floats(1, 20_000), st.floats(1, 20_000), st.integers(0, 3), st.sampled_from(CORNERS), st.floats(0.1, 100))
def test_plate_is_whole_on_any_page_and_at_least_nine_points(
    width: float, height: float, turns: int, corner: Any, unit: float
) -> None:
    """Inside the page whatever its size; 9 points or more where the page has room for them."""
    spot = Spot((10, 20, 10 + width, 20 + height), turns, unit, corner)
    em, left, bottom = plate.placed("AI生成", spot)
    across, high = (height, width) if turns % 2 else (width, height)
    assert -1e-6 <= left <= across - plate.width("AI生成") * em + 1e-6
    assert -1e-6 <= bottom <= high - plate.HEIGHT * em + 1e-6
    roomy = across > 6 * 9 / unit and high > 3 * 9 / unit
    assert not roomy or em * unit >= 9 - 1e-6 or em >= min(across / 5, high / 2.1)


def test_thousands_of_pages_take_linear_time_and_share_one_form() -> None:
    """Twice the pages, about twice the time; a page costs its dictionary alone."""
    small, large = (_made(*({"content": b"q 1 0 0 1 0 0 cm"} for _ in range(count))) for count in (400, 1600))
    mark(_made({}), ONE)
    times = []
    for data in (small, large):
        start = time.process_time()
        marked = mark(data, ONE).data
        times.append(time.process_time() - start)
        assert marked.count(b"/SealmarkWording") == 1
        assert len(marked) - len(data) < 20_000 + 250 * (400 if data is small else 1600)
    assert times[1] < 8 * times[0] + 0.2


def test_pages_that_have_it_are_spared_and_only_those() -> None:
    """A page that another program added, or whose plate it took, gets one; nothing is drawn twice."""
    marked = mark(_made({}, {}), ONE).data
    with pikepdf.open(io.BytesIO(marked)) as pdf:
        pdf.add_blank_page(page_size=(100, 100))
        pdf.pages[0].Contents = pdf.make_stream(b"0 g")
        out = io.BytesIO()
        pdf.save(out, compress_streams=False)
    with pikepdf.open(io.BytesIO(mark(out.getvalue(), ONE).data)) as pdf:
        assert [len(_drawn(page)) for page in pdf.pages] == [1, 1, 1]


def test_signed_encrypted_and_empty_files_are_refused() -> None:
    """A signature covers what the pages show; without a key nothing can be added; without a page there is no place."""
    with pytest.raises(SignedPackage):
        mark(papers.certified(2), ONE)
    with pytest.raises(NothingToMark):
        mark(papers.by_hand(), ONE)
    with pytest.raises(Encrypted):
        mark(_made({}, encryption=pikepdf.Encryption(owner="a", user="b")), ONE)


def test_page_tree_that_bites_its_tail_ends() -> None:
    """A node among its own kids is met once; a page without a size is damage."""
    tree = b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 1 /MediaBox [0 0 99 99] >>"
    objects = {1: papers.CATALOGUE, 2: tree, 3: b"<< /Type /Page /Parent 2 0 R >>"}
    data = papers.table(objects, papers.ROOT, before=b"%PDF-1.4\n")
    assert verify(mark(data, ONE).data).layers["explicit"].place == "PDF 3 0 R"
    sizeless = papers.table(objects | {2: tree.replace(b"99 99", b"0 0")}, papers.ROOT, before=b"%PDF-1.4\n")
    with pytest.raises(Damaged):
        mark(sizeless, ONE)


TEXTS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "literal": (b"BT /F1 9 Tf 9 9 Td (AI-generated content) Tj ET", {}),
    "in parts": (b"BT /F1 9 Tf 1 0 0 1 9 9 Tm [(AI)-20(-gen)40(erated)-400(content)] TJ ET", {}),
    "letter by letter": (b"BT /F1 9 Tf 9 9 Td (A) Tj 5 0 Td (I) Tj 5 0 Td (-generated) Tj 0 -20 Td (body) Tj ET", {}),
    "national codes": (b"BT /F2 9 Tf 9 9 Td <00410049751F6210> Tj ET", {"Encoding": Name("/UniGB-UCS2-H")}),
    "GBK": (
        b"BT /F2 9 Tf 9 9 Td <" + "本内容由AI生成".encode("gbk").hex().encode() + b"> Tj ET",
        {"Encoding": Name("/GBK-EUC-H")},
    ),
    "own map": (b"BT /F3 9 Tf 9 9 Td <0001000200030004> Tj ET", {}),
}
CMAP = (
    b"1 beginbfchar <0001> <0041> endbfchar "
    b"2 beginbfrange <0002> <0002> <0049> <0003> <0004> [<751F> <6210>] endbfrange"
)


def _written(content: bytes, about: dict[str, Any]) -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(300, 200))
        page = pdf.pages[0]
        page.Contents = pdf.make_stream(content)
        wide: dict[str, Any] = {"Type": Name.Font, "Subtype": Name.Type0, "BaseFont": Name.Song}
        fonts = {
            "/F1": pikepdf.Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica),
            "/F2": pikepdf.Dictionary(**wide, **about),
            "/F3": pikepdf.Dictionary(**wide, Encoding=Name("/Identity-H"), ToUnicode=pdf.make_stream(CMAP)),
        }
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(fonts))
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


@pytest.mark.parametrize("key", TEXTS)
def test_another_s_wording_on_a_page_is_found_however_it_is_shown(key: str) -> None:
    """A line that says nothing else, in any of the usual ways to write one; it spares no page our plate."""
    data = _written(*TEXTS[key])
    assert verify(data).tier == "suspected"
    with pikepdf.open(io.BytesIO(mark(data, ONE).data)) as pdf:
        assert len(_drawn(pdf.pages[0])) == 1


@pytest.mark.parametrize("text", [b"AI-generated pictures are discussed", b"AI podcast", b"Page 1"])
def test_line_that_says_more_is_no_mark(text: bytes) -> None:
    """A sentence of the text that speaks of generation is none."""
    assert verify(_written(b"BT /F1 9 Tf 9 9 Td (" + text + b") Tj ET", {})).layers["explicit"].state == "none"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_broken_file_does_more_than_say_so(data: Any) -> None:
    """Bytes changed anywhere: an error of ours, or a marked file that reads back."""
    broken = bytearray(_written(*TEXTS["own map"]))
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(9, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        verify(bytes(broken), name="a.pdf")
        marked = mark(bytes(broken), ONE, name="a.pdf").data
    except SealmarkError:
        return
    assert verify(marked).layers["explicit"].state == "found"

"""The first slide of a presentation shows the mark, large enough, inside it and above all else."""

import io
from collections.abc import Callable
from typing import Any

import pptx
import pytest
from pptx.dml.color import RGBColor
from pptx.util import Emu, Pt

from sealmark.marks.explicit.errors import NothingToMark
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from tests.media import packages

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")


def _saved(count: int = 2, make: Callable[[Any], None] = lambda show: None) -> bytes:
    show = pptx.Presentation()
    for number in range(count):
        show.slides.add_slide(show.slide_layouts[number % 2]).shapes.title.text = f"标题 {number}"
    make(show)
    out = io.BytesIO()
    show.save(out)
    return out.getvalue()


def _texts(data: bytes) -> list[list[str]]:
    slides = pptx.Presentation(io.BytesIO(data)).slides
    return [[shape.text_frame.text for shape in slide.shapes if shape.has_text_frame] for slide in slides]


@pytest.mark.parametrize("corner", ["bottom_right", "bottom_left", "top_right", "top_left"])
@pytest.mark.parametrize("size", [(9144000, 6858000), (12192000, 6858000), (6858000, 9906000), (914400, 914400)])
def test_plate_stands_in_its_corner_large_enough(corner: Any, size: tuple[int, int]) -> None:
    """Ink of 5 % of the shortest side, by the capitals of Arial (0.716 em); whole on the slide, behind no shape."""

    def make(show: Any) -> None:
        show.slide_width, show.slide_height = map(Emu, size)

    show = pptx.Presentation(io.BytesIO(mark(_saved(make=make), ONE, explicit=ExplicitOptions(corner=corner)).data))
    shape = list(show.slides[0].shapes)[-1]
    assert shape.text_frame.text == "AI生成"
    assert shape.text_frame.paragraphs[0].runs[0].font.size >= Pt(min(size) / 12700 * 0.05 / 0.716)
    assert 0 <= shape.left <= size[0] - shape.width
    assert 0 <= shape.top <= size[1] - shape.height
    assert (shape.left > (size[0] - shape.width) / 2) == corner.endswith("right")
    assert (shape.top > (size[1] - shape.height) / 2) == corner.startswith("bottom")


def test_only_the_first_slide_changes_and_its_shapes_stay() -> None:
    """Every other part is the same bytes; the first slide gains one shape, whose number is its own."""
    data = _saved(3)
    old, new = packages.unzipped(data), packages.unzipped(mark(data, ONE).data)
    changed = {name for name in new if new[name] != old.get(name)}
    assert changed == {"ppt/slides/slide1.xml", "docProps/custom.xml", "[Content_Types].xml", "_rels/.rels"}
    start = old["ppt/slides/slide1.xml"].index(b"</p:spTree>")
    assert new["ppt/slides/slide1.xml"].startswith(old["ppt/slides/slide1.xml"][:start])
    assert new["ppt/slides/slide1.xml"].endswith(old["ppt/slides/slide1.xml"][start:])
    shapes = pptx.Presentation(io.BytesIO(mark(data, ONE).data)).slides[0].shapes
    assert len({shape.shape_id for shape in shapes}) == len(shapes)


def test_hidden_first_slide_bears_it_and_so_does_the_first_that_is_shown() -> None:
    """A show begins at the first slide that is not hidden."""

    def make(show: Any) -> None:
        show.slides[0]._element.set("show", "0")

    assert [texts.count("AI生成") for texts in _texts(mark(_saved(3, make), ONE).data)] == [1, 1, 0]


def test_marking_again_changes_nothing_even_after_another_program_saved_it() -> None:
    """Ours is known by what it says and how it looks."""
    once = mark(_saved(), ONE).data
    assert mark(once, ONE).data == once
    assert mark(once, ONE, explicit=ExplicitOptions(wording="人工智能生成", corner="top_left")).data == once
    out = io.BytesIO()
    pptx.Presentation(io.BytesIO(once)).save(out)
    assert _texts(mark(out.getvalue(), ONE).data) == _texts(once)


@pytest.mark.parametrize("trick", ["outside", "hidden", "small", "coloured"])
def test_plate_that_nobody_can_read_does_not_spare_the_mark(trick: str) -> None:
    """Moved off the slide, hidden, made small or painted over: the visible one is added."""
    show = pptx.Presentation(io.BytesIO(mark(_saved(), ONE).data))
    shape = list(show.slides[0].shapes)[-1]
    if trick == "outside":
        shape.left = show.slide_width
    elif trick == "hidden":
        shape._element.nvSpPr.cNvPr.set("hidden", "1")
    elif trick == "small":
        shape.text_frame.paragraphs[0].runs[0].font.size = Pt(1)
    else:
        shape.fill.solid()
        colour: Any = RGBColor
        shape.fill.fore_color.rgb = colour(255, 255, 255)
    out = io.BytesIO()
    show.save(out)
    assert _texts(mark(out.getvalue(), ONE).data)[0].count("AI生成") == 2


def test_presentation_without_slides_is_refused() -> None:
    """Nothing there could bear the mark: an error, and no unmarked file."""
    with pytest.raises(NothingToMark):
        mark(_saved(0), ONE)
    assert verify(_saved(1)).layers["explicit"].state == "none"


@pytest.mark.parametrize("text", ["AI 生成", "内容由人工智能合成", "Generated by AI"])
def test_another_s_wording_on_the_first_slide_is_found(text: str) -> None:
    """In a group too: any text box that says nothing else."""

    def make(show: Any) -> None:
        group = show.slides[0].shapes.add_group_shape()
        group.shapes.add_textbox(0, 0, 99, 99).text_frame.text = text

    assert verify(_saved(2, make)).layers["explicit"].place == "ppt/slides/slide1.xml"

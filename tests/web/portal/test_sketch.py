"""The drawings of where a mark was found lie where the mark lies."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

import sealmark
from sealmark.marks.explicit.options import Corner, ExplicitOptions
from sealmark.media import FORMATS
from sealmark.web.portal.sketch import HEIGHT, WIDTH, sketch, steps
from tests.web.portal.samples import label, picture

CORNERS: tuple[Corner, ...] = ("bottom_right", "bottom_left", "top_right", "top_left")
SHARES = st.floats(0, 1)
PLACES = ("start", "end", "start, end", "start (0.0 s), end (12.3 s)", "bottom_right", "word/header1.xml", "x", "")


def found(place: str | None, **where: Any) -> dict[str, Any]:
    return {"state": "found", "zh": "", "en": "", "place": place, "where": where or None}


@pytest.mark.parametrize("corner", CORNERS)
def test_a_pictures_mark_is_drawn_where_it_is(client: TestClient, corner: Corner) -> None:
    """The drawn zone lies over the mark: same shares of the frame, to a hundredth of it."""
    data = sealmark.mark(picture(), label(), explicit=ExplicitOptions(corner=corner)).data
    where = sealmark.verify(data).layers["explicit"].where
    assert where is not None
    drawn = sketch("explicit", sealmark.verify(data).layers["explicit"].as_dict(), "png")
    assert drawn is not None
    assert drawn.frame is not None
    left, top, width, height = drawn.frame
    assert width / height == pytest.approx(96 / 64, rel=0.01)
    zone, box = drawn.zones[0], where.boxes[0]
    assert [(zone[0] - left) / width, (zone[1] - top) / height] == pytest.approx(box[:2], abs=0.01)
    page = client.post("/verify", files={"file": ("a.png", data)}).text
    assert f'x="{zone[0]}" y="{zone[1]}"' in page


@given(
    boxes=st.lists(st.tuples(SHARES, SHARES, SHARES, SHARES), max_size=4),
    shape=st.floats(1e-6, 1e6),
    stretches=st.lists(st.tuples(SHARES, SHARES), max_size=3),
    form=st.sampled_from([form.name for form in FORMATS]),
    place=st.one_of(st.sampled_from(PLACES), st.text(max_size=30)),
)
def test_no_zone_leaves_its_drawing(
    boxes: list[Any], shape: float, stretches: list[Any], form: str, place: str
) -> None:
    """Whatever a finder says, every zone and bar lies inside the drawing and can be seen, for every format."""
    drawn = sketch("explicit", found(place, boxes=boxes, shape=shape, stretches=stretches, seconds=1.0), form)
    assert drawn is not None
    for left, top, width, height in drawn.zones:
        assert width >= 3
        assert height >= 2
        assert 0 <= left <= left + width <= WIDTH + 0.01
        assert 0 <= top <= top + height <= HEIGHT + 0.01
    assert all(0 <= top <= top + height <= HEIGHT for _, top, height, _ in drawn.bars)


def test_a_sounds_mark_is_drawn_on_its_time() -> None:
    """The marked stretch covers its share of the time line; without numbers, the end that its place names."""
    exact = sketch("explicit", found("start (0.0 s)", stretches=[[0, 0.25]], seconds=8), "wav")
    named = sketch("explicit", found("start (0.0 s), end (9.1 s)"), "wav")
    assert exact is not None
    assert named is not None
    marked = [bar[3] for bar in exact.bars]
    assert (sum(marked), marked.index(False)) == (10, 10)
    assert [bar[3] for bar in named.bars][:5] == [bar[3] for bar in named.bars][-5:] == [True] * 5
    assert not any(bar[3] for bar in named.bars[12:28])


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("MP4 moov.udta.meta AIGC", ["MP4", "moov", "udta", "meta", "AIGC"]),
        ("PNG iTXt XML:com.adobe.xmp", ["PNG", "iTXt", "XML:com.adobe.xmp"]),
        ("OOXML docProps/custom.xml AIGC", ["OOXML", "docProps", "custom.xml", "AIGC"]),
        ("OFD OFD.xml CustomData AIGC", ["OFD", "OFD.xml", "CustomData", "AIGC"]),
        ("ID3v2.4 TXXX AIGC", ["ID3v2.4", "TXXX", "AIGC"]),
        ("SRT {\\AIGC}", ["SRT", "{\\AIGC}"]),
    ],
)
def test_a_place_in_a_file_is_a_way_through_its_containers(place: str, path: list[str]) -> None:
    """One step a container, from the file inwards."""
    assert list(steps(place)) == path
    drawn = sketch("metadata", found(f"{place}; PNG tEXt AIGC"), "png")
    assert drawn is not None
    assert drawn.paths[1] == ("PNG", "tEXt", "AIGC")


def test_every_drawing_has_its_words(client: TestClient) -> None:
    """In both languages a drawing says what it shows; a tree is a list whose label is the whole place."""
    data = sealmark.mark(picture(), label()).data
    zh, en = (client.post(f"/verify?lang={one}", files={"file": ("a.png", data)}).text for one in ("zh", "en"))
    assert "<title>位置示意：右下角" in zh
    assert "<title>Drawing of the place: Bottom right" in en
    assert '<ol class="tree mono" aria-label="PNG iTXt XML:com.adobe.xmp">' in zh
    tree = re.search(r"<ol class=\"tree.*?</ol>", en, re.DOTALL)
    assert tree
    assert re.findall(r"<span>([^<]+)</span>", tree[0]) == ["PNG", "iTXt", "XML:com.adobe.xmp"]


def test_where_nothing_was_found_nothing_is_drawn() -> None:
    """No place, no drawing; a layer without a place in the file neither."""
    assert sketch("explicit", found(None), "png") is None
    assert sketch("watermark", found("whole picture"), "png") is None


@pytest.mark.parametrize(("state", "kind"), [("found", "seal"), ("damaged", "broken")])
def test_a_credential_is_a_seal_on_its_way(state: str, kind: str) -> None:
    """A credential that reads is a seal beside its place in the file; one that does not is a broken one."""
    drawn = sketch("credential", found("PNG caBX") | {"state": state}, "png")
    assert drawn is not None
    assert (drawn.kind, drawn.paths) == (kind, (("PNG", "caBX"),))

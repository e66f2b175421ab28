"""Subtitles bear their mark as a first cue, and stay what their format asks for."""

import io
import re
from itertools import pairwise

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

from sealmark.errors import SealmarkError
from sealmark.marks import surfaces
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media import STANDARD
from sealmark.media.text import cue, srt, vtt

OURS = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
SRT = {
    "late": "1\n00:00:05,000 --> 00:00:07,000\n你好\n\n2\n00:00:08,000 --> 00:00:09,000\n再见\n",
    "at once": "\ufeff1\r\n00:00:00,000 --> 00:00:02,000\r\n<i>你好</i>\r\n\r\n"
    "2\r\n00:00:02,500 --> 00:00:09,000\r\n12\r\n再见\r\n\r\n",
    "soon": "0\n00:00:02,200 --> 00:00:04,000\nA\n\n1\n00:00:05,000 --> 00:00:06,000\nB",
    "room below": "5\n00:00:01,000 --> 00:00:04,000\n早\n\n7\n00:00:05,000 --> 00:00:06,000\nB\n",
    "short times": "1\n00:00:05.5 --> 00:00:07.25\nA\n",
    "old ends": "1\r00:00:05,000 --> 00:00:07,000\r你好\r\r2\r00:00:08,000 --> 00:00:09,000\r再见\r",
}
VTT = {
    "late": "WEBVTT\n\nid\n00:05.000 --> 00:07.000 align:start\n你好\n\n00:08.000 --> 00:09.000\n再见\n",
    "at once": "\ufeffWEBVTT - 标题\r\nKind: captions\r\n\r\n00:00.000 --> 00:02.000\r\n你好\r\n",
    "blocks": "WEBVTT\n\nSTYLE\n::cue(b) { color: red }\n\nREGION\nid:r\n\nNOTE 00:00 is early\n\n"
    "1\n00:00:02.200 --> 00:00:09.000\nA\n",
    "no line between": "WEBVTT\n00:05.000 --> 00:06.000\nA",
    "nothing": "WEBVTT",
}
EVERY = [("a.srt", text) for text in SRT.values()] + [("a.vtt", text) for text in VTT.values()]


def first(data: bytes) -> cue.Cue:
    """The first cue that shows anything."""
    return next(one for one in cue.cues(data, vtt.header_end(data)) if one.stop)


@pytest.mark.parametrize(("name", "text"), EVERY)
def test_the_first_cue_is_the_mark(name: str, text: str) -> None:
    """GB 45438 5.4: from the very beginning, for at least 2 seconds, both elements, before every other cue."""
    marked = mark(text.encode(), OURS, name=name).data
    one = first(marked)
    assert (one.begin, one.text.decode().strip()) == (0, "【AI生成】")
    assert one.stop >= 2000
    later = [other.begin for other in cue.cues(text.encode(), vtt.header_end(text.encode()))]
    assert one.stop == min(later, default=0) or one.stop == 3000
    found = verify(marked, name=name).layers["explicit"]
    assert (found.state, found.place) == ("found", "start")
    assert verify(text.encode(), name=name).layers["explicit"].state == "none"


@pytest.mark.parametrize(("name", "text"), EVERY)
def test_marking_twice_changes_nothing(name: str, text: str) -> None:
    """The second time the mark is found and left alone, in the other language too."""
    once = mark(text.encode(), OURS, name=name).data
    again = mark(once, OURS, name=name, own_edit=True, explicit=ExplicitOptions(language="en"))
    assert again.data == once


@pytest.mark.parametrize("key", SRT)
def test_numbers_of_subrip_stay_in_order(key: str) -> None:
    """Each cue has a number above the one before it, and but for numbers every byte behind the mark is what it was."""
    marked = mark(SRT[key].encode(), OURS, name="a.srt").data
    numbers = [int(marked[slice(*one.name)].lstrip(b"\xef\xbb\xbf")) for one in cue.cues(marked)]
    assert all(one < other for one, other in pairwise(numbers))
    bare = [
        re.sub(rb"(?<![^\r\n])\d+(?=\s+\d\d:)", b"#", part) for part in (marked, SRT[key].lstrip("\ufeff").encode())
    ]
    assert bare[0].endswith(bare[1])


@pytest.mark.parametrize("key", VTT)
def test_webvtt_keeps_its_blocks(key: str) -> None:
    """W3C WebVTT 4.1: styles and regions stand before all cues; every byte but ours stays."""
    marked = mark(VTT[key].encode(), OURS, name="a.vtt").data.decode()
    ours = "00:00:00.000 --> "
    assert all(marked.index(block) < marked.index(ours) for block in ("STYLE", "REGION", "NOTE") if block in marked)
    lines = [line for line in VTT[key].splitlines() if line]
    rest = iter(marked.splitlines())
    assert all(line in rest for line in lines)  # in this order


@pytest.mark.parametrize(
    ("name", "text"), [("a.srt", SRT[key]) for key in SRT if key != "old ends"] + [("a.vtt", VTT["late"])]
)
def test_an_independent_reader_shows_every_cue(name: str, text: str) -> None:
    """FFmpeg reads the mark first and then every cue that it read before."""
    before, behind = (_read(data, name[2:]) for data in (text.encode(), mark(text.encode(), OURS, name=name).data))
    seen = [one for one in behind if one[1].strip() and "AIGC" not in one[1]]
    assert seen[0] == (0, "【AI生成】")
    assert seen[1:] == before


def _read(data: bytes, form: str) -> list[tuple[int, str]]:
    """The beginning and the text of each packet."""
    with av.open(io.BytesIO(data), "r", {"srt": "srt", "vtt": "webvtt"}[form]) as container:
        return [(int(one.pts or 0), bytes(one).decode()) for one in container.demux() if one.size]


@pytest.mark.parametrize("key", VTT)
def test_a_browser_shows_the_mark_beside_speech(key: str, browser: Browser) -> None:
    """Chromium parses every cue; at 0.1 s ours is active, together with the speech that begins at once."""
    marked = mark(VTT[key].encode(), OURS, name="a.vtt").data.decode()
    page = browser.new_page()
    cues = page.evaluate(
        """async (text) => {
            const video = document.body.appendChild(document.createElement("video"));
            const track = video.appendChild(document.createElement("track"));
            track.default = true;
            track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
            track.track.mode = "hidden";
            await new Promise((done, failed) => { track.onload = done; track.onerror = failed; });
            return [...track.track.cues].map((one) => [one.startTime, one.endTime, one.text, one.line]);
        }""",
        marked,
    )
    page.close()
    assert cues[0][:3] == [0, cues[0][1], "【AI生成】"]
    assert cues[0][3] == 0
    active = [one for one in cues if one[0] <= 0.1 < one[1]]
    assert len(active) == 1 + (key == "at once")
    assert len(cues) == 1 + VTT[key].count("-->")


def test_anothers_wording_counts_at_either_end() -> None:
    """Measures Art. 6(3): a first or a last cue that is a wording; speech about generated things is none."""
    times = ("00:00:01,000 --> 00:00:04,000", "00:00:05,000 --> 00:00:06,000", "00:00:07,000 --> 00:00:08,000")
    body = "\n\n".join(f"{number}\n{time}\n{{}}" for number, time in enumerate(times, 1))
    for words, place in (
        (("<b>本视频由AI生成</b>", "x"), "start"),
        (("x", "内容由AI生成"), "end"),
        (("AI生成的视频好看吗", "x"), None),
    ):
        assert verify(body.format(words[0], "中", words[1]).encode(), name="a.srt").layers["explicit"].place == place


@settings(max_examples=200, deadline=None)
@given(st.text("0123:,.-> \r\n【】AI生成x{\\}<NOTE", max_size=150))
def test_any_text_behind_a_cue_stays_a_file_of_its_kind(text: str) -> None:
    """Whatever follows, the marked file sniffs as what it was, is marked once, and nothing but our errors is raised."""
    for form, start in ((srt.FORMAT, "1\n00:00:01,000 --> 00:00:02,000\n"), (vtt.FORMAT, "WEBVTT\n\n")):
        surface, data = surfaces.of(form), (start + text).encode()
        assert surface is not None
        asked = surfaces.Asked(ExplicitOptions(), STANDARD, fresh=False, own=True)
        try:
            once, _ = surface.mark(data, form, asked)
        except SealmarkError:
            continue
        assert form.sniff(bytes(once))
        assert surface.mark(once, form, asked)[0] == once
        assert surface.find(once, form, STANDARD).state == "found"


@pytest.mark.parametrize("unit", [b"1\n", b"00:00:01,000 -->", b"\r", b"-->\n", b"00:00:01,000 --> 00:00:02,000\n"])
def test_looking_is_cheap(unit: bytes) -> None:
    """A megabyte of one line over and over costs less than a quarter of a second."""
    import time

    data = b"1\n00:00:01,000 --> 00:00:02,000\nx\n\n" + unit * ((1 << 20) // len(unit))
    start = time.process_time()
    surfaces.of(srt.FORMAT).find(data, srt.FORMAT, STANDARD)  # type: ignore[union-attr]  # SubRip has one
    assert time.process_time() - start < 0.25

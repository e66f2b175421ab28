"""The wording stands in the opening of every video, upright as it is shown, and all else stays."""

import io
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sealmark.marks.explicit import video
from sealmark.marks.explicit.errors import PictureTooSmall, UnlawfulWording
from sealmark.marks.explicit.image import draw
from sealmark.marks.explicit.stamp import Corner
from sealmark.media import Limits
from sealmark.media.errors import Damaged, NeedsExtra, NotEncodable, TooManyPixels
from tests.media.videos import CODECS, container, ffmpeg, made

Pixels = NDArray[np.float64]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("videos")


@pytest.fixture(scope="module")
def source(folder: Path) -> Callable[[str], Path]:
    def find(name: str) -> Path:
        path = folder / name
        return path if path.exists() else made(path)

    return find


def marked(path: Path, **options: Any) -> Path:
    target = path.with_name(f"marked-{path.name}")
    video.mark(path, target, container(path), **options)
    return target


def times(path: Path) -> list[float]:
    with av.open(path) as opened:
        return [float(frame.time or 0) for frame in opened.decode(opened.streams.video[0])]


def packets(path: Path, kind: str) -> list[tuple[bytes, float]]:
    with av.open(path) as opened:
        stream = next(one for one in opened.streams if one.type == kind)
        base = cast("Any", stream.time_base)
        return [(bytes(cast("Any", one)), float(one.pts * base)) for one in opened.demux(stream) if one.size]


def shown(path: Path, second: float = 0.0) -> Image.Image:
    """What an independent player shows at a time: turned as the file says."""
    picture = path.with_suffix(".png")
    ffmpeg("-i", path, "-ss", str(second), "-frames:v", "1", "-update", "1", "-pix_fmt", "rgb24", picture)
    return Image.open(io.BytesIO(picture.read_bytes())).convert("RGB")


def grey(picture: Image.Image) -> Pixels:
    return np.asarray(picture.convert("L"), np.float64)


def bears(path: Path, before: Path, second: float = 0.0, corner: Corner = "bottom_right") -> bool:
    """Whether a picture looks as if the wording had been drawn on the one before, rather than like that one."""
    was, now = shown(before, second), shown(path, second)
    assert was.size == now.size
    drawn = draw(was, corner=corner)
    place = grey(drawn) != grey(was)
    off, same = (float(np.abs(grey(other) - grey(now))[place].mean()) for other in (drawn, was))
    assert min(off, same) < 16 < max(off, same)
    assert float(np.abs(grey(was) - grey(now))[~place].mean()) < 6
    return off < same


@pytest.mark.parametrize("name", CODECS)
def test_the_opening_bears_the_wording_and_all_else_stays(name: str, source: Callable[[str], Path]) -> None:
    """GB 45438 5.4: there for two seconds and more; pictures keep their times, the sound its packets."""
    before = source(name)
    after = marked(before)
    assert [bears(after, before, second) for second in (0.0, 1.0, 2.5, 3.6)] == [True, True, True, False]
    assert times(after) == pytest.approx(times(before))
    sound, kept = packets(before, "audio"), packets(after, "audio")
    assert [data for data, _ in kept] == [data for data, _ in sound]
    assert [time for _, time in kept] == pytest.approx([time for _, time in sound], abs=0.03)
    with av.open(before) as was, av.open(after) as now:
        pairs = [(was.streams.video[0].codec_context, now.streams.video[0].codec_context)]
        assert all((a.name, a.pix_fmt, a.color_range) == (b.name, b.pix_fmt, b.color_range) for a, b in pairs)
        assert {name.lower(): text for name, text in now.metadata.items()}.get("title") == "题"


@pytest.mark.parametrize(("turn", "mirrored"), list(product((0, 90, 180, 270), (False, True))))
def test_the_wording_stands_upright_as_the_video_is_shown(
    turn: int, mirrored: bool, source: Callable[[str], Path]
) -> None:
    """A phone's video lies on its side and says so: the mark follows the display matrix, which stays."""
    flat = source("h264.mp4")
    before = flat.with_name(f"turned-{turn}-{mirrored}.mp4")
    flip = ["-display_hflip"] if mirrored else []
    ffmpeg("-display_rotation", str(turn), *flip, "-i", flat, "-c", "copy", before)
    assert bears(marked(before), before)


@pytest.mark.parametrize("corner", ["bottom_right", "bottom_left", "top_right", "top_left"])
def test_every_corner(corner: Corner, source: Callable[[str], Path]) -> None:
    """The standard leaves the corner open (GB 45438 5.4)."""
    before = source("h264.mp4")
    assert bears(marked(before, corner=corner), before, corner=corner)


def test_throughout(source: Callable[[str], Path]) -> None:
    """On request the wording stays to the end."""
    before = source("h264.mp4")
    after = marked(before, extent="throughout")
    assert all(bears(after, before, second) for second in (0.0, 2.0, 3.8))


def test_odd_sizes_and_uneven_times(folder: Path) -> None:
    """Chroma that covers pixels unevenly, and pictures that come unevenly: each keeps its own time."""
    before = folder / "uneven.mp4"
    picture = "smptebars=s=131x97:r=30:d=4,format=yuv444p"
    uneven = "select='not(mod(n,3))+lt(n,20)'"
    ffmpeg("-f", "lavfi", "-i", picture, "-vf", uneven, "-fps_mode", "vfr", "-c:v", "libx264", before)
    after = marked(before)
    assert bears(after, before)
    assert times(after) == pytest.approx(times(before))
    gaps = np.diff(times(after))
    assert gaps.max() > 2 * gaps.min()


def test_transparency_stays(folder: Path) -> None:
    """VP9 with alpha stays see-through, but for the plate of the wording."""
    before = folder / "alpha.webm"
    picture = "smptebars=s=128x96:r=10:d=1,format=yuva420p,geq=lum='p(X,Y)':cb='p(X,Y)':cr='p(X,Y)':a=0"
    ffmpeg("-f", "lavfi", "-i", picture, "-c:v", "libvpx-vp9", "-deadline", "realtime", before)
    alpha = folder / "alpha.png"
    ffmpeg("-c:v", "libvpx-vp9", "-i", marked(before), "-frames:v", "1", "-update", "1", "-pix_fmt", "rgba", alpha)
    values = np.asarray(Image.open(alpha))[:, :, 3]
    assert values[:40].max() < 16
    assert values[80:90, 90:105].min() > 150


def test_subtitles_chapters_and_names_stay(folder: Path, source: Callable[[str], Path]) -> None:
    """Every other stream is copied, and the container says what it said."""
    words, marks = folder / "words.srt", folder / "chapters.txt"
    words.write_text("1\n00:00:00,500 --> 00:00:01,500\n你好\n", "utf-8")
    marks.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=one\n", "utf-8")
    before = folder / "whole.mkv"
    ffmpeg("-i", source("h264.mp4"), "-i", words, "-i", marks, "-map", "0", "-map", "1", "-map_metadata", "2",
           "-c", "copy", "-c:s", "srt", before)  # fmt: skip
    after = marked(before)
    assert packets(after, "subtitle")[0][0] == packets(before, "subtitle")[0][0]
    with av.open(before) as was, av.open(after) as now:
        assert [one["metadata"] for one in now.chapters()] == [one["metadata"] for one in was.chapters()] != []


def test_a_short_video_is_marked_to_its_end(folder: Path) -> None:
    """One that ends before two seconds bears the wording on every picture."""
    before = folder / "short.mp4"
    ffmpeg("-f", "lavfi", "-i", "smptebars=s=128x96:r=10:d=0.5", "-c:v", "libx264", before)
    after = marked(before)
    assert all(bears(after, before, second) for second in (0.0, 0.4))


def test_what_cannot_be_marked_is_refused_and_says_why(folder: Path, source: Callable[[str], Path]) -> None:
    """No pictures, too large ones, too small ones, a broken file, a codec that we do not write, a lawless wording."""
    whole = source("h264.mp4").read_bytes()
    sound, cut, small, old = (folder / name for name in ("sound.mp4", "cut.mp4", "small.mp4", "old.avi"))
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", sound)
    cut.write_bytes(whole[: len(whole) // 3])
    ffmpeg("-f", "lavfi", "-i", "smptebars=s=32x16:r=10:d=1", "-c:v", "libx264", small)
    ffmpeg("-f", "lavfi", "-i", "smptebars=s=128x96:r=10:d=1", "-c:v", "msvideo1", old)
    for path, error in ((sound, Damaged), (cut, Damaged), (small, PictureTooSmall), (old, NotEncodable)):
        with pytest.raises(error):
            marked(path)
    with pytest.raises(TooManyPixels):
        marked(source("h264.mp4"), limits=Limits(pixels=128 * 96 - 1))
    with pytest.raises(UnlawfulWording):
        marked(source("h264.mp4"), wording="hello")


def test_without_its_library_it_names_the_extra(source: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The core installs without PyAV, and says what is missing."""
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(NeedsExtra) as refused:
        marked(source("h264.mp4"))
    assert "sealmark[video]" in str(refused.value)

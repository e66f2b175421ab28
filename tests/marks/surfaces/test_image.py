"""Every frame and every page bears its mark, and nothing else of a picture changes."""

import io
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps, ImageSequence

from sealmark.errors import SealmarkError
from sealmark.marks.errors import NoExplicitMark
from sealmark.marks.explicit import seeing
from sealmark.marks.explicit.errors import PictureTooSmall
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.label import Label
from sealmark.marks.marker import Options, mark, mark_bytes
from sealmark.marks.verifier import verify
from sealmark.media import Limits, pixels
from sealmark.media.errors import Damaged, NotEncodable, TooManyFrames
from sealmark.media.image import gif, png, tiff, webp
from sealmark.media.pixels import moving
from tests.media import specimens

OURS = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
FFMPEG = import_module("imageio_ffmpeg").get_ffmpeg_exe()
SIZE = (320, 200)
DELAYS = (70, 120, 30, 1000)
Shown = list[NDArray[np.int32]]


def _frames(mode: str) -> list[Image.Image]:
    """A disc that moves, over a picture or over nothing; it also passes where the mark stands."""
    made = []
    for number in range(4):
        frame = specimens.picture(*SIZE) if mode == "RGB" else Image.new("RGBA", SIZE)
        draw = ImageDraw.Draw(frame)
        draw.ellipse((20 + number * 70, 60 + number * 30, 100 + number * 70, 140 + number * 30), (250, 60 * number, 20))
        made.append(frame)
    return made


@cache
def _moving(form: str, mode: str = "RGB", **given: object) -> bytes:
    first, *others = _frames(mode)
    more: dict[str, dict[str, object]] = {
        "GIF": {"disposal": 2 if mode == "RGBA" else 1, "comment": "stays"},
        "WEBP": {"lossless": True},
    }
    base: dict[str, object] = {"save_all": True, "append_images": others, "duration": list(DELAYS), "loop": 3}
    return specimens.saved(first, form, **(base | more.get(form, {}) | given))


MOVING: dict[str, Callable[[], bytes]] = {
    "gif": lambda: _moving("GIF"),
    "gif clear": lambda: _moving("GIF", "RGBA"),
    "png": lambda: _moving("PNG"),
    "png clear": lambda: _moving("PNG", "RGBA", disposal=1, blend=0),
    "png with a default": lambda: _moving("PNG", default_image=True, duration=DELAYS[1:]),
    "webp": lambda: _moving("WEBP"),
    "webp clear": lambda: _moving("WEBP", "RGBA"),
}


def _shown(data: bytes) -> Shown:
    with Image.open(io.BytesIO(data)) as opened:
        return [np.asarray(frame.convert("RGBA"), np.int32) for frame in ImageSequence.Iterator(opened)]


def _timing(data: bytes) -> tuple[list[object], object]:
    with Image.open(io.BytesIO(data)) as opened:
        frames = [frame.info.get("duration") for frame in ImageSequence.Iterator(opened)]
        return frames, opened.info.get("loop")


def _by_ffmpeg(data: bytes) -> Shown:
    """The frames as an independent reader composes them."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in"
        source.write_bytes(data)
        line = [FFMPEG, "-v", "error", "-i", source, "-fps_mode", "passthrough", "-pix_fmt", "rgba"]
        subprocess.run([*line, f"{folder}/%03d.png"], check=True)
        return [np.asarray(Image.open(one).convert("RGBA"), np.int32) for one in sorted(Path(folder).glob("*.png"))]


@pytest.mark.parametrize("key", MOVING)
def test_every_frame_bears_the_mark_and_shows_what_it_showed(key: str) -> None:
    """GB 45438 5.2: a still of any frame bears it; outside of its corner every frame is what it was, and as long."""
    source = MOVING[key]()
    marked = mark_bytes(source, OURS).data
    was, now = _shown(source), _shown(marked)
    assert len(now) == len(was) == 4
    assert _timing(marked) == _timing(source)
    for before, after in zip(was, now, strict=True):
        assert seeing.find(Image.fromarray(after.astype(np.uint8))) != []
        assert (after[-26:, -76:, 3] == 255).mean() > 0.5
        corner = np.zeros(after.shape[:2], bool)
        corner[-44:, -100:] = True
        seen = (before[..., 3] > 0) & ~corner
        assert np.array_equal(before[..., 3][~corner], after[..., 3][~corner])
        # A palette that is full has no room for the mark's colours: the rarest of a frame are mixed.
        assert (before[seen] == after[seen]).all(axis=1).mean() >= (0.97 if key == "gif" else 1)
        assert np.abs(before[seen] - after[seen]).max() <= (60 if key == "gif" else 0)


@pytest.mark.parametrize("key", ["gif", "gif clear", "png", "png clear"])
def test_other_readers_compose_the_same_frames(key: str) -> None:
    """What is kept of each frame, and what becomes of it before the next, means the same to everybody."""
    marked = mark_bytes(MOVING[key](), OURS).data
    ours, theirs = _shown(marked), _by_ffmpeg(marked)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        seen = one[..., 3] > 0
        assert np.array_equal(one[..., 3], other[..., 3])
        assert np.array_equal(one[seen], other[seen])


@pytest.mark.parametrize("key", MOVING)
def test_what_says_how_it_moves_stays_bit_for_bit(key: str) -> None:
    """Delays, loops and comments are the source's own bytes."""
    source = MOVING[key]()
    marked = mark_bytes(source, OURS).data

    def told(data: bytes) -> list[bytes]:
        if key.startswith("gif"):
            blocks = gif.parse(data).blocks
            delays = [block.raw[4:6] for block in blocks if block.kind == gif.CONTROL]
            others = [b.raw for b in blocks if b.kind not in gif.PICTURE and b"XMP" not in b.raw[:14]]
            return [*delays, *others]
        if key.startswith("png"):
            chunks = png.parse(data).chunks
            return [c.body[20:24] if c.kind == b"fcTL" else c.body for c in chunks if c.kind in {b"acTL", b"fcTL"}]
        return [c.body for c in webp.parse(data).chunks if c.kind == b"ANIM"]

    assert told(marked) == told(source)


@pytest.mark.parametrize("key", MOVING)
def test_a_new_generation_moves_on_without_its_metadata(key: str) -> None:
    """Art. 10, 16: the frames with their marks, timing and loops, and not a word of before."""
    source = MOVING[key]()
    fresh = mark_bytes(source, OURS, Options(own_edit=True, fresh=True)).data
    assert _timing(fresh) == _timing(source)
    assert b"stays" not in fresh
    assert all(seeing.find(Image.fromarray(frame.astype(np.uint8))) for frame in _shown(fresh))


STILL: dict[str, Callable[[], bytes]] = {
    "png": lambda: specimens.saved(specimens.picture(*SIZE), "PNG"),
    "jpeg": lambda: specimens.saved(specimens.picture(*SIZE), "JPEG", quality=85),
    "webp": lambda: specimens.saved(specimens.picture(*SIZE), "WEBP", quality=85),
    "gif": lambda: specimens.saved(specimens.picture(*SIZE), "GIF"),
    "avif": lambda: specimens.saved(specimens.picture(*SIZE), "AVIF", quality=85),
    "tiff": lambda: specimens.saved(specimens.picture(*SIZE), "TIFF"),
}


EVERY = STILL | {f"moving {key}": make for key, make in MOVING.items()}


@pytest.mark.parametrize("key", EVERY)
@pytest.mark.parametrize("corner", ["bottom_right", "top_left"])
def test_a_second_marking_changes_nothing(key: str, corner: str) -> None:
    """A mark of ours that stands there is found and left alone, whatever the corner that is asked for."""
    once = mark_bytes(EVERY[key](), OURS).data
    explicit = ExplicitOptions(corner=corner)  # type: ignore[arg-type]  # one of the corners
    assert mark_bytes(once, OURS, Options(explicit=explicit)).data == once


def test_a_faded_mark_spares_no_new_one() -> None:
    """Whoever faded the mark until nobody reads it gets another (Art. 18)."""
    plain = pixels.decode(STILL["png"]()).rgb()
    marked = pixels.decode(mark(STILL["png"](), OURS).data).rgb()
    faded = Image.blend(plain, marked, 0.2)
    assert seeing.borne(marked, "AI生成")
    assert not seeing.borne(faded, "AI生成")
    assert not seeing.borne(plain, "AI生成")
    assert seeing.find(pixels.decode(mark(specimens.saved(faded, "PNG"), OURS).data).rgb()) != []


@pytest.mark.parametrize("turn", range(1, 9))
def test_an_avif_is_marked_as_it_is_shown(turn: int) -> None:
    """Whatever `irot` and `imir` say, the mark stands upright in the corner that a person sees; EXIF stays."""
    source = specimens.saved(specimens.picture(*SIZE), "AVIF", exif=specimens.exif(turn), quality=90)
    marked = mark_bytes(source, OURS).data
    with Image.open(io.BytesIO(source)) as old, Image.open(io.BytesIO(marked)) as new:
        was, now = (ImageOps.exif_transpose(one).convert("RGB") for one in (old, new))
        assert new.getexif()[0x010E] == specimens.COMMENT
    assert [sight.corner for sight in seeing.find(now)] == ["bottom_right"]
    difference = np.abs(np.asarray(was, int) - np.asarray(now, int))
    assert was.size == now.size
    assert difference[: was.height // 2].mean() < 4
    fresh = mark_bytes(source, OURS, Options(own_edit=True, fresh=True)).data
    assert specimens.COMMENT.encode() not in fresh
    with Image.open(io.BytesIO(fresh)) as upright:
        assert upright.size == was.size


def test_an_avif_keeps_alpha_and_profile() -> None:
    """What can be seen through stays so, but for the mark; colours mean what they meant."""
    picture = specimens.picture(*SIZE).convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(SIZE))
    marked = mark_bytes(specimens.saved(picture, "AVIF", icc_profile=b"x" * 200, quality=90), OURS).data
    with Image.open(io.BytesIO(marked)) as opened:
        assert opened.info["icc_profile"] == b"x" * 200
        alpha = np.asarray(opened.convert("RGBA"), int)[..., 3]
    assert np.abs(alpha - np.asarray(picture, int)[..., 3])[:, :200].max() < 12
    assert alpha[-20:-12, -60:-20].min() > 220


def test_a_heif_says_that_it_takes_no_visible_mark() -> None:
    """No library of ours encodes HEVC: there is no unmarked file, and the metadata layer works."""
    out = io.BytesIO()
    import_module("pillow_heif").from_pillow(specimens.picture(*SIZE)).save(out)
    with pytest.raises(NoExplicitMark):
        mark(out.getvalue(), OURS)
    assert mark(out.getvalue(), OURS, layers=("metadata",)).layers == ("metadata",)


CODINGS = [
    ("RGB", "tiff_lzw"),
    ("RGB", "tiff_adobe_deflate"),
    ("RGB", "raw"),
    ("RGB", "packbits"),
    ("L", "tiff_lzw"),
    ("CMYK", "tiff_deflate"),
    ("RGBA", "tiff_lzw"),
    ("1", "group4"),
    ("1", "group3"),
    ("1", "tiff_ccitt"),
    ("RGB", "jpeg"),
]


def _document(mode: str, coding: str, pages: int = 3, **given: object) -> bytes:
    sheets = [specimens.picture(SIZE[0], SIZE[1] + 40 * number).convert(mode) for number in range(pages)]
    words: dict[int, object] = {0x010E: "words that stay", 0x0131: "writer"}
    if coding == "raw":
        words[0x8769] = {0x9003: "2026:01:02 03:04:05"}
    base: dict[str, object] = {"save_all": True, "append_images": sheets[1:], "dpi": (72, 72), "tiffinfo": words}
    return specimens.saved(sheets[0], "TIFF", compression=coding, **base, **given)


@pytest.mark.parametrize(("mode", "coding"), CODINGS)
def test_every_page_of_a_tiff_bears_the_mark_in_its_own_coding(mode: str, coding: str) -> None:
    """GB 45438 5.2, page by page: mode, coding and words stay, and where the mark is not, every lossless pixel."""
    source = _document(mode, coding)
    marked = mark_bytes(source, OURS).data
    with Image.open(io.BytesIO(source)) as old, Image.open(io.BytesIO(marked)) as new:
        assert new.n_frames == old.n_frames == 3  # type: ignore[attr-defined]  # of TIFF's own class
        for number in range(3):
            old.seek(number)
            new.seek(number)
            assert (new.mode, new.size, new.info["compression"]) == (mode, old.size, old.info["compression"])
            assert (new.getexif()[0x010E], new.getexif()[0x0131]) == ("words that stay", "writer")
            assert new.info["dpi"] == old.info["dpi"]
            was, now = (np.asarray(one.convert("RGB"), int) for one in (old, new))
            assert seeing.find(Image.fromarray(now.astype(np.uint8))) != []
            assert np.abs(was - now)[:120].max() <= (40 if coding == "jpeg" else 0)
        new.seek(0)
        assert new.getexif().get_ifd(0x8769) == old.getexif().get_ifd(0x8769) or coding != "raw"
        assert bool(new.getexif().get_ifd(0x8769)) == (coding == "raw")


def test_nothing_of_the_unmarked_pixels_stays_in_a_tiff() -> None:
    """No second copy: neither the old strips nor a smaller picture of a page is in the file."""
    large, small = specimens.picture(*SIZE), specimens.picture(*SIZE).resize((64, 40))
    source = specimens.saved(large, "TIFF", save_all=True, append_images=[small], tiffinfo={0x010E: "x"})
    container = tiff.parse(source)
    second = container.pages[1].find(0x00FE)
    reduced = bytearray(source)
    if second is None:  # say that the second page is the first one, smaller
        entry = container.pages[1].find(0x010E)
        assert entry is not None
        at = reduced.index(entry.raw, container.pages[1].place.start)
        reduced[at : at + 12] = (0xFE).to_bytes(2, "little") + b"\x04\x00\x01\x00\x00\x00\x01\x00\x00\x00"
    else:
        reduced[second.value.start : second.value.stop] = b"\x01\x00\x00\x00"
    marked = mark_bytes(bytes(reduced), OURS).data
    assert len(tiff.parse(marked).pages) == 1
    assert np.asarray(large).tobytes()[:4000] in source
    assert np.asarray(large).tobytes()[-40 * SIZE[0] * 3 :] in source
    assert np.asarray(large).tobytes()[-40 * SIZE[0] * 3 :] not in marked
    assert np.asarray(small).tobytes()[:3000] not in marked


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_of_a_grey_tiff_stay(order: str) -> None:
    """Deep samples keep all their bits, from files of either order of bytes; the mark is as bright as can be."""
    deep = np.linspace(0, 65535, SIZE[0] * SIZE[1]).reshape(SIZE[::-1]).astype(np.uint16)
    data = specimens.saved(Image.fromarray(deep), "TIFF")
    if order == ">":
        mode = Image.frombytes("I;16B", SIZE, deep.astype(">u2").tobytes())
        data = specimens.saved(mode, "TIFF", tiffinfo={0x010E: "big"})
        assert data[:2] == b"MM"
    marked = mark(data, OURS)
    with Image.open(io.BytesIO(marked.data)) as opened:
        now = np.asarray(opened)
        assert opened.getexif().get(0x010E) == ("big" if order == ">" else None)
    assert marked.warnings == () or all(one.code != "marks.reduced_depth" for one in marked.warnings)
    assert np.array_equal(now[:150].astype(np.uint16), deep[:150])
    assert now[150:].max() == 65535


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_turned_page_is_marked_as_it_is_shown(turn: int) -> None:
    """The stored pixels keep their turn, and the mark stands upright in the corner that a person sees."""
    marked = mark_bytes(specimens.saved(specimens.picture(*SIZE), "TIFF", tiffinfo={0x0112: turn}), OURS).data
    with Image.open(io.BytesIO(marked)) as opened:
        shown = ImageOps.exif_transpose(opened).convert("RGB")
    assert [sight.corner for sight in seeing.find(shown)] == ["bottom_right"]


def test_a_big_tiff_stays_one() -> None:
    """Offsets of eight bytes come out as they went in."""
    marked = mark_bytes(_document("RGB", "raw", 2, big_tiff=True), OURS).data
    assert marked[2:4] == b"\x2b\x00"
    assert _shown(marked)[1].shape[0] == SIZE[1] + 40


def test_a_new_document_leaves_without_its_metadata() -> None:
    """Art. 10, 16: pages, marks and density alone."""
    fresh = mark_bytes(_document("RGB", "tiff_lzw"), OURS, Options(own_edit=True, fresh=True)).data
    assert b"words that stay" not in fresh
    with Image.open(io.BytesIO(fresh)) as opened:
        assert opened.info["dpi"] == (72, 72)
    assert len(_shown(fresh)) == 3


def test_a_raw_photograph_is_refused_and_takes_the_metadata_mark() -> None:
    """DNG is no picture but what a sensor saw."""
    raw = specimens.saved(specimens.picture(*SIZE), "TIFF", tiffinfo={0xC612: b"\x01\x04\x00\x00"})
    with pytest.raises(NotEncodable, match="DNG"):
        mark(raw, OURS)
    assert mark(raw, OURS, layers=("metadata",)).layers == ("metadata",)


@pytest.mark.parametrize("key", ["gif", "png", "webp", "tiff"])
def test_all_frames_together_are_limited_from_the_headers(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file of thousands of large frames is never decoded."""
    data = _document("RGB", "tiff_lzw") if key == "tiff" else MOVING[key]()
    monkeypatch.setattr("PIL.Image.Image.convert", None)
    with pytest.raises(TooManyFrames) as caught:
        mark_bytes(data, OURS, Options(limits=Limits(pixels=2 * SIZE[0] * SIZE[1])))
    assert caught.value.status == 413


@pytest.mark.parametrize("key", MOVING)
def test_frames_without_room_get_no_unmarked_file(key: str) -> None:
    """Where a mark is not legible there is an error and no file."""
    frames = [specimens.picture(30, 20), specimens.picture(30, 20).rotate(180)]
    data = specimens.saved(
        frames[0], key.split(maxsplit=1)[0].upper(), save_all=True, append_images=frames[1:], duration=50
    )
    with pytest.raises(PictureTooSmall):
        mark_bytes(data, OURS)


@pytest.mark.parametrize("key", ["gif", "png", "webp"])
def test_frames_that_the_headers_do_not_count_right_are_damaged(key: str) -> None:
    """A frame that is announced and missing is an error, and no still of it gets out unmarked."""
    data = MOVING[key]()
    motion = moving.decode(data)
    short = moving.Motion(motion.frames[:-1], motion.format, data)
    if key == "webp":
        return  # its durations are given to the encoder, which refuses another number
    with pytest.raises(Damaged):
        moving.encode(short)


def test_a_verdict_looks_at_the_first_frame_only() -> None:
    """Verification of a moving picture costs no more than of a still one."""
    marked = mark_bytes(MOVING["gif"](), OURS).data
    seen = verify(marked).layers["explicit"]
    assert (seen.state, seen.place) == ("found", "bottom_right")
    assert len(moving.decode(marked, most=1).frames) == 1


@pytest.mark.parametrize("kinds", [{b"VP8X"}, {b"ANMF"}])
def test_an_animation_without_canvas_or_frames_is_damaged(kinds: set[bytes]) -> None:
    """Chunks that promise an animation, and none in them, are an answer and not a traceback."""
    whole = webp.parse(MOVING["webp"]())
    rest = tuple(chunk for chunk in whole.chunks if chunk.kind not in kinds)
    picture = webp.parse(STILL["webp"]()).chunks if kinds == {b"ANMF"} else ()
    data = webp.build(replace(whole, chunks=(*rest, *picture)))
    with pytest.raises(Damaged):
        mark(data, OURS)
    assert verify(data).layers["explicit"].state == "damaged"


@pytest.mark.parametrize("key", ["gif", "png", "webp", "tiff", "avif"])
@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(data=st.data())
def test_flipped_bytes_give_a_marked_picture_or_a_domain_error(key: str, data: st.DataObject) -> None:
    """No damage brings a decoder down, or makes it say anything but our own errors."""
    sources = {"tiff": lambda: _document("RGB", "tiff_lzw"), "avif": STILL["avif"]} | MOVING
    whole = bytearray(sources[key]())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, min(len(whole), 3000) - 1) | st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    with suppress(SealmarkError):
        mark_bytes(bytes(whole), OURS, Options(limits=Limits(pixels=500_000)))


def test_a_megapixel_jpeg_is_marked_within_its_time() -> None:
    """Explicit and metadata mark of a 1 MP JPEG: 60 ms of CPU at most (benchmarks/marks)."""
    data = specimens.saved(specimens.picture(1200, 880), "JPEG", quality=85)
    mark(data, OURS)
    times = []
    for _ in range(3):
        begun = time.process_time()
        mark(data, OURS)
        times.append(time.process_time() - begun)
    assert min(times) < 0.06

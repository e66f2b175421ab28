"""Pictures come in under limits, and go out with everything but the painted box as it was."""

import io
import subprocess
import sys
import zlib
from contextlib import suppress

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageOps

from sealmark import media
from sealmark.media import Limits, pixels
from sealmark.media.errors import Damaged, MovingImage, NotEncodable, TooManyPixels
from sealmark.media.image import jpeg, png, webp
from tests.media import specimens

BOX = (60, 40, 90, 60)


def _painted(picture: pixels.Picture) -> tuple[pixels.Picture, Image.Image]:
    shown = picture.rgb()
    ImageDraw.Draw(shown).rectangle((*BOX[:2], BOX[2] - 1, BOX[3] - 1), fill=(255, 255, 255))
    return picture.painted(shown), shown


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_png_is_lossless_in_every_mode(mode: str) -> None:
    """Decoding what was encoded gives every pixel back, inside and outside the painted box."""
    picture, shown = _painted(pixels.decode(specimens.png(mode)))
    again = pixels.decode(pixels.encode(picture))
    assert ImageChops.difference(again.rgb(), shown).getbbox() is None


def test_lossless_webp_stays_lossless() -> None:
    """A VP8L picture is coded as VP8L again."""
    source = specimens.webp("RGBA", lossless=True)
    picture, shown = _painted(pixels.decode(source))
    encoded = pixels.encode(picture)
    assert webp.is_lossless(encoded)
    assert ImageChops.difference(pixels.decode(encoded).rgb(), shown).getbbox() is None


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("settings", [{"subsampling": 0}, {"subsampling": 2, "progressive": True}, {"quality": 60}])
def test_jpeg_keeps_its_tables(mode: str, settings: dict[str, int]) -> None:
    """A JPEG keeps mode, quantisation and subsampling, so that far from the box nothing visible is lost."""
    source = specimens.jpeg(mode, **settings)
    encoded = pixels.encode(_painted(pixels.decode(source))[0])
    with Image.open(io.BytesIO(source)) as old, Image.open(io.BytesIO(encoded)) as new:
        assert (old.mode, old.quantization) == (new.mode, new.quantization)  # type: ignore[attr-defined]  # JPEG has it
        assert old.info.get("progressive") == new.info.get("progressive")
        difference = np.asarray(old.convert("RGB"), float)[:32] - np.asarray(new.convert("RGB"), float)[:32]
    assert np.abs(difference).mean() < 2


def test_png_chunks_of_metadata_stay_bit_for_bit() -> None:
    """Text, profile and density come out as they went in, in their order."""
    source = specimens.png("P", transparency=0)
    encoded = pixels.encode(_painted(pixels.decode(source))[0])
    kept = [[c for c in png.parse(d).chunks if c.kind not in png.PIXEL_CHUNKS] for d in (source, encoded)]
    assert kept[0] == kept[1]
    assert {chunk.kind for chunk in kept[0]} >= {b"tEXt", b"iTXt", b"iCCP", b"pHYs"}


def test_jpeg_segments_of_metadata_stay_bit_for_bit() -> None:
    """JFIF, EXIF, profile and comment come out as they went in, in their order."""
    source = specimens.jpeg()
    encoded = pixels.encode(_painted(pixels.decode(source))[0])
    wanted = (jpeg.APP0, jpeg.APP1, jpeg.APP2, jpeg.COM)
    kept = [[s for s in jpeg.parse(d).segments if s.marker in wanted] for d in (source, encoded)]
    assert kept[0] == kept[1]
    assert {segment.marker for segment in kept[0]} == set(wanted)


def test_webp_chunks_of_metadata_stay_bit_for_bit() -> None:
    """Profile and EXIF come out as they went in."""
    source = specimens.EVERY["webp extended"]
    encoded = pixels.encode(_painted(pixels.decode(source))[0])
    kept = [[c for c in webp.parse(d).chunks if c.kind in {b"ICCP", b"EXIF"}] for d in (source, encoded)]
    assert kept[0] == kept[1]
    assert len(kept[0]) == 2


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_painting_stands_where_a_person_sees_it(form: str, turn: int) -> None:
    """Whatever the stored orientation, what is painted at a place of the shown picture is shown there."""
    source = specimens.saved(specimens.picture(120, 100), form, exif=specimens.exif(turn))
    picture, _ = _painted(pixels.decode(source))
    with Image.open(io.BytesIO(pixels.encode(picture))) as opened:
        shown = ImageOps.exif_transpose(opened)
    inside = np.asarray(shown.convert("RGB"))[BOX[1] + 4 : BOX[3] - 4, BOX[0] + 4 : BOX[2] - 4]
    assert inside.min() > 225


def test_painting_on_a_transparent_ground_is_opaque() -> None:
    """A mark on a part that nobody sees would be no mark: its box becomes opaque, the rest stays as it was."""
    ground = specimens.picture().convert("RGBA")
    ground.putalpha(0)
    picture, _ = _painted(pixels.decode(specimens.saved(ground, "PNG")))
    alpha = np.asarray(picture.pixels)[:, :, 3]
    inside = np.zeros_like(alpha, bool)
    inside[BOX[1] : BOX[3], BOX[0] : BOX[2]] = True
    assert alpha[inside].min() == 255
    assert alpha[~inside].max() == 0


def _two_pictures(mode: str = "RGBA") -> Image.Image:
    """A picture whose left half is seen, and under whose transparent right half another is hidden."""
    ground = Image.fromarray(np.random.default_rng(3).integers(0, 256, (96, 192, 3), np.uint8)).convert(mode[:-1])
    alpha = Image.new("L", ground.size)
    alpha.paste(255, (0, 0, 96, 96))
    ground.putalpha(alpha)
    return ground


SEE_THROUGH: list[tuple[str, str, dict[str, object]]] = [
    ("PNG", "RGBA", {}),
    ("PNG", "LA", {}),
    ("WEBP", "RGBA", {"lossless": True, "exact": True}),
    ("WEBP", "RGBA", {"quality": 95, "exact": True}),
]


@pytest.mark.parametrize(("form", "mode", "given"), SEE_THROUGH)
def test_a_picture_under_transparency_does_not_come_through(form: str, mode: str, given: dict[str, object]) -> None:
    """What no reviewer and no reader sees is gone from the decoded pixels and from the encoded file."""
    source = specimens.saved(_two_pictures(mode), form, **given)
    with Image.open(io.BytesIO(source)) as opened:
        assert np.asarray(opened.convert("RGB"))[:, 130:].std() > 40, "the sample hides nothing"
    picture = pixels.decode(source)
    assert picture.unhidden
    stored = np.asarray(picture.pixels)
    assert not stored[stored[..., -1] == 0].any()
    with Image.open(io.BytesIO(pixels.encode(picture))) as opened:
        shown = np.asarray(opened.convert("RGBA"))
    hidden = shown[:, 130:]
    assert not hidden[..., 3].any()
    assert hidden[..., :3].max() <= (0 if given.get("quality") is None else 8)
    assert not pixels.decode(pixels.encode(picture)).unhidden


@pytest.mark.parametrize(("form", "mode", "given"), SEE_THROUGH)
def test_what_is_seen_of_a_see_through_picture_stays(form: str, mode: str, given: dict[str, object]) -> None:
    """Clearing touches no pixel that has any alpha, were it one in 255."""
    source = _two_pictures(mode)
    source.putpixel((150, 50), (*((9,) * (len(mode) - 1)), 1))
    data = specimens.saved(source, form, **given)
    with Image.open(io.BytesIO(data)) as opened:
        was = np.asarray(opened.convert(mode))
    now = np.asarray(pixels.decode(data).pixels.convert(mode))
    seen = was[..., -1] > 0
    assert np.array_equal(was[seen], now[seen])
    assert np.array_equal(was[..., -1], now[..., -1])


def test_one_colour_under_transparency_is_no_picture() -> None:
    """A white or black ground under the transparency, as most writers leave it, is nothing hidden."""
    ground = specimens.picture().convert("RGBA")
    ground.paste((255, 255, 255, 0), (0, 0, 40, 64))
    assert not pixels.decode(specimens.saved(ground, "PNG")).unhidden
    for mode, transparency in (("P", 0), ("RGB", (0, 0, 0)), ("L", 3)):
        assert not pixels.decode(specimens.png(mode, transparency=transparency)).unhidden


def test_a_palette_can_hide_no_picture_either() -> None:
    """Several palette entries that are all transparent, in different colours, are cleared."""
    source = specimens.picture().quantize(16)
    picture = pixels.decode(specimens.saved(source, "PNG", transparency=bytes(16)))
    assert picture.unhidden
    assert not np.asarray(picture.pixels).any()


def test_decompression_bomb_is_refused_from_its_header() -> None:
    """A PNG of a few bytes that announces 100 megapixels is never decoded."""
    with pytest.raises(TooManyPixels) as caught:
        pixels.decode(specimens.png_header(10_000, 10_000))
    assert caught.value.status == 413


def test_limit_holds_for_every_format() -> None:
    """The pixel limit is checked for each format's own header."""
    for key in ("png", "jpeg", "webp", "webp extended"):
        assert pixels.decode(specimens.EVERY[key], Limits(pixels=96 * 64)).pixels.size == (96, 64)
        with pytest.raises(TooManyPixels):
            pixels.decode(specimens.EVERY[key], Limits(pixels=96 * 64 - 1))


def test_pixels_that_do_not_fill_the_header_are_damaged() -> None:
    """A picture that breaks off inside its compressed pixels is an error, not a grey picture."""
    with pytest.raises(Damaged):
        pixels.decode(specimens.png_header(200, 200))


def test_webp_whose_two_headers_disagree_is_damaged() -> None:
    """A small canvas over a large picture must not slip past the limit."""
    data = specimens.EVERY["webp extended"]
    at = data.index(b"VP8X") + 8
    with pytest.raises(Damaged):
        pixels.decode(data[: at + 4] + b"\x07\x00\x00\x07\x00\x00" + data[at + 10 :])


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_moving_image_is_refused_where_a_still_is_needed(form: str) -> None:
    """Marking the first frame alone would leave the others unmarked."""
    frames = [specimens.picture(), specimens.picture().transpose(Image.Transpose.ROTATE_180)]
    with pytest.raises(MovingImage):
        pixels.decode(specimens.saved(frames[0], form, save_all=True, append_images=frames[1:]))


def test_sixteen_bits_are_reduced_and_said_so() -> None:
    """Deep samples lose their lower half, and the picture says that they did."""
    deep = Image.fromarray(np.linspace(0, 65535, 64 * 96).reshape(64, 96).astype(np.uint16))
    picture = pixels.decode(specimens.saved(deep, "PNG"))
    assert picture.shallower
    assert np.asarray(picture.pixels)[-1, -1] == 255


def test_sound_is_no_picture() -> None:
    """A format without pixels is refused by name."""
    with pytest.raises(NotEncodable):
        pixels.decode(specimens.EVERY["wav"])


def test_importing_media_brings_in_no_decoder() -> None:
    """The hot path sniffs and reads labels; it must not pay for Pillow or libsndfile."""
    code = "import sys, sealmark.media; sys.exit('PIL' in sys.modules or 'soundfile' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert media.sniff(specimens.EVERY["png"]).name == "png"


@pytest.mark.parametrize("key", ["png", "jpeg", "webp", "webp extended"])
@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(data=st.data())
def test_flipped_bytes_give_a_picture_or_a_domain_error(key: str, data: st.DataObject) -> None:
    """No damage brings the decoder down, or makes it say anything but our own errors."""
    whole = bytearray(specimens.EVERY[key])
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(media.MediaError):
        picture = pixels.decode(bytes(whole))
        assert pixels.encode(picture)


def test_hostile_metadata_never_reaches_the_decoder() -> None:
    """A broken EXIF block and a text bomb are nobody's business when pixels are decoded, and they stay as they are."""
    chunks = list(png.parse(specimens.png()).chunks)
    bomb = png.Chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(64 << 20), 9))
    chunks[1:1] = [bomb, png.Chunk(b"eXIf", b"II*\x00\xff\xff\xff\x7f")]
    source = png.build(png.Container(tuple(chunks)))
    encoded = pixels.encode(_painted(pixels.decode(source))[0])
    assert png.parse(encoded).chunks[1:3] == tuple(chunks[1:3])


def test_second_picture_behind_a_jpeg_is_left_out() -> None:
    """A picture behind the picture would be an unmarked copy: it goes, with the index that points at it."""
    container = jpeg.parse(specimens.jpeg())
    index = jpeg.Segment(jpeg.APP2, b"MPF\x00" + bytes(40))
    source = jpeg.build(jpeg.Container((*container.segments, index), container.scans, specimens.jpeg()))
    encoded = pixels.encode(_painted(pixels.decode(source))[0])
    assert jpeg.parse(encoded).tail == b""
    assert index not in jpeg.parse(encoded).segments

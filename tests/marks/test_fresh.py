"""A new generation leaves with its picture or sound and its label, and with nothing that nobody reviewed."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import mutagen.id3
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from sealmark.marks import metadata
from sealmark.marks.label import Label
from sealmark.marks.marker import LAYERS, Options, mark_bytes
from sealmark.media import by_name, pixels, samples, sniff
from sealmark.media.audio import wav
from sealmark.media.containers import riff
from sealmark.media.image import jpeg, png, webp
from tests.media import specimens

# The peer writer is untyped.
PEER: Any = mutagen.id3
OURS = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
THEIRS = Label.first("someone-else", "Z9")
TRACE = b"STOWAWAY"
HIDDEN = TRACE * 40
EXIF = b"II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00" + HIDDEN
RDF = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = b'<rdf:RDF xmlns:rdf="' + RDF + b'"><!--' + HIDDEN + b"--></rdf:RDF>"
PICTURE = specimens.picture(320, 240)


def _png() -> bytes:
    kinds = (b"tEXt", b"iTXt", b"eXIf", b"prVt", b"gAMA", b"cHRM", b"pHYs", b"sRGB", b"tIME", b"sPLT")
    stuffed = [png.Chunk(kind, b"Comment\x00" + HIDDEN) for kind in kinds]
    stuffed.append(png.Chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(HIDDEN, 0)))
    stuffed.append(png.Chunk(b"iCCP", b"a\x00\x00" + zlib.compress(HIDDEN, 0)))
    stuffed += [png.Chunk(b"cHRM", HIDDEN[:32]), png.Chunk(b"pHYs", HIDDEN[:9]), png.Chunk(b"gAMA", HIDDEN[:4])]
    first, *rest = png.parse(specimens.saved(PICTURE, "PNG")).chunks
    late = [png.Chunk(b"zzZz", HIDDEN), png.Chunk(b"eXIf", EXIF)]
    return png.build(png.Container((first, *stuffed, *rest[:-1], *late, rest[-1]), HIDDEN))


def _jpeg() -> bytes:
    markers = (jpeg.COM, *range(jpeg.APP0, 0xF0))
    stuffed = [jpeg.Segment(marker, HIDDEN) for marker in markers if marker != jpeg.APP14]
    stuffed += [jpeg.Segment(jpeg.APP1, b"Exif\x00\x00" + EXIF), jpeg.Segment(jpeg.APP0, b"JFXX\x00\x10" + HIDDEN)]
    stuffed.append(jpeg.Segment(jpeg.APP2, b"ICC_PROFILE\x00\x01\x01" + HIDDEN))
    whole = jpeg.parse(specimens.saved(PICTURE, "JPEG", quality=85))
    return jpeg.build(jpeg.Container((*whole.segments, *stuffed), whole.scans, HIDDEN))


def _webp() -> bytes:
    whole = webp.parse(specimens.saved(PICTURE, "WEBP", lossless=True))
    before = (riff.Chunk(b"ICCP", HIDDEN),)
    after = (riff.Chunk(b"EXIF", HIDDEN), riff.Chunk(b"XMP ", XMP), riff.Chunk(b"prVt", HIDDEN))
    return webp.build(webp.extended(riff.Container(whole.form, (*before, *whole.chunks, *after), HIDDEN)))


def _wav() -> bytes:
    whole = wav.parse(specimens.wav())
    info = b"INFOICMT" + struct.pack("<I", len(HIDDEN)) + HIDDEN
    kinds = (b"bext", b"iXML", b"prvt", b"JUNK")
    chunks = (riff.Chunk(kind, HIDDEN) for kind in kinds)
    stuffed = (riff.Chunk(b"LIST", info), riff.Chunk(b"_PMX", XMP), *chunks)
    return wav.build(riff.Container(whole.form, (whole.chunks[0], *stuffed, *whole.chunks[1:], *stuffed), HIDDEN))


def _mp3() -> bytes:
    tag = PEER.ID3()
    tag.add(PEER.TIT2(encoding=3, text=HIDDEN.decode()))
    tag.add(PEER.APIC(encoding=3, mime="image/png", type=3, desc="", data=HIDDEN))
    tag.add(PEER.PRIV(owner="x", data=HIDDEN))
    out = io.BytesIO(specimens.mp3())
    tag.save(out)
    return out.getvalue() + b"TAG" + HIDDEN[:125]


STUFFED: dict[str, Callable[[], bytes]] = {"png": _png, "jpeg": _jpeg, "webp": _webp, "wav": _wav, "mp3": _mp3}


def _fresh(data: bytes, layers: tuple[str, ...] = LAYERS) -> bytes:
    return mark_bytes(data, OURS, Options(layers, own_edit=True, fresh=True)).data


@pytest.mark.parametrize("layers", [LAYERS, ("metadata",)])
@pytest.mark.parametrize("key", STUFFED)
def test_nothing_travels_with_a_new_generation(key: str, layers: tuple[str, ...]) -> None:
    """Art. 10, 16: no text and no second item passes beside the review and the marks; the label stands there once."""
    source = STUFFED[key]()
    assert TRACE in mark_bytes(source, OURS, Options(layers, own_edit=True)).data
    out = _fresh(source, layers)
    assert TRACE not in out
    assert sniff(out).name == key
    assert [(place.label, place.main) for place in metadata.read(out)] == [(OURS, True)]


@pytest.mark.parametrize("key", ["png", "jpeg", "webp"])
def test_the_picture_itself_stays(key: str) -> None:
    """Lossless formats give every pixel back, JPEG is quantised by the same tables."""
    source = STUFFED[key]()
    was, now = (np.asarray(pixels.decode(data).rgb(), float) for data in (source, _fresh(source, ("metadata",))))
    assert np.abs(was - now).mean() < (1 if key == "jpeg" else 1e-9)


@pytest.mark.parametrize("key", ["wav", "mp3"])
def test_the_sound_itself_stays(key: str) -> None:
    """WAV samples come back exactly; an MP3 keeps rate, channels and about its length."""
    source = STUFFED[key]()
    was, now = samples.decode(source), samples.decode(_fresh(source, ("metadata",)))
    assert (was.rate, was.subtype, was.samples.shape[1]) == (now.rate, now.subtype, now.samples.shape[1])
    assert abs(len(was.samples) - len(now.samples)) < 4000
    if key == "wav":
        assert np.array_equal(was.samples, now.samples)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "FLOAT", "ULAW"])
def test_every_coding_of_samples_stays(subtype: str) -> None:
    """A new container says by itself how its samples are coded."""
    source = specimens.wav(subtype, channels=2)
    was, now = samples.decode(source), samples.decode(_fresh(source, ("metadata",)))
    assert now.subtype == subtype
    assert np.array_equal(was.samples, now.samples)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_orientation_is_worked_into_the_pixels(form: str, turn: int) -> None:
    """Without its EXIF block the picture is still shown as it was."""
    source = specimens.saved(PICTURE, form, exif=specimens.exif(turn))
    with Image.open(io.BytesIO(source)) as old, Image.open(io.BytesIO(_fresh(source, ("metadata",)))) as new:
        shown = ImageOps.exif_transpose(old).convert("RGB")
        assert shown.size == new.size
        assert new.getexif().get(0x0112, 1) == 1
        assert np.abs(np.asarray(shown, float) - np.asarray(new.convert("RGB"), float)).mean() < 3


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_profile_is_worked_into_the_pixels(form: str, mode: str) -> None:
    """What a real profile says is done, its bytes stay behind, and alpha is untouched."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = PICTURE.convert("RGB" if form == "JPEG" else mode)
    source = specimens.saved(picture, form, icc_profile=profile)
    out = _fresh(source, ("metadata",))
    container = {"PNG": png, "JPEG": jpeg, "WEBP": webp}[form]
    assert container.profile(source) == profile
    assert container.profile(out) == b""
    was, now = (np.asarray(pixels.decode(data).pixels, float) for data in (source, out))
    assert was.shape == now.shape
    assert np.abs(was - now).mean() < 3


def test_a_profile_changes_the_numbers_it_is_about() -> None:
    """A profile whose channels are not sRGB's gives other numbers, or it was not applied."""
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = [swapped.index(name, 128) for name in (b"rXYZ", b"gXYZ")]
    swapped[at[0] : at[0] + 4], swapped[at[1] : at[1] + 4] = b"gXYZ", b"rXYZ"
    source = specimens.saved(Image.new("RGB", (64, 64), (250, 5, 5)), "PNG", icc_profile=bytes(swapped))
    red, green, _ = np.asarray(pixels.decode(_fresh(source, ("metadata",))).rgb())[0, 0]
    assert green > 200 > red


def test_honest_numbers_of_a_png_stay() -> None:
    """Gamma, primaries and density are numbers that showing needs."""
    first, *rest = png.parse(specimens.saved(PICTURE, "PNG", dpi=(72, 72))).chunks
    primaries = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    numbers = [png.Chunk(b"gAMA", struct.pack(">I", 45455)), png.Chunk(b"cHRM", primaries), png.Chunk(b"sRGB", b"\x00")]
    out = png.parse(_fresh(png.build(png.Container((first, *numbers, *rest))))).chunks
    assert {chunk.kind for chunk in out} == {b"IHDR", *png.NUMBERS, b"IDAT", b"IEND", *_labelled(out)}
    assert set(numbers) <= set(out)


def _labelled(chunks: tuple[png.Chunk, ...]) -> set[bytes]:
    return {chunk.kind for chunk in chunks if b"AIGC" in chunk.body and chunk.kind != b"IDAT"}


@pytest.mark.parametrize("key", STUFFED)
def test_the_label_of_before_is_read_first(key: str) -> None:
    """What the item said of itself goes into the record, although its container is left behind."""
    source = metadata.write(specimens.EVERY[key], THEIRS, by_name(key))
    marked = mark_bytes(source, OURS, Options(own_edit=True, fresh=True))
    assert (marked.label, marked.previous) == (OURS, THEIRS)


@pytest.mark.parametrize("key", STUFFED)
def test_anothers_item_keeps_its_metadata(key: str) -> None:
    """Art. 18: what may be another's marks is never left out; fresh counts for our own items only."""
    source = STUFFED[key]()
    plain, fresh = (mark_bytes(source, OURS, Options(("metadata",), fresh=value)) for value in (False, True))
    assert fresh.data == plain.data

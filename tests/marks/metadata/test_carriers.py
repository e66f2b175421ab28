"""Every container carries exactly one label, where independent readers look for it, and keeps all else."""

import io
import json
import time
from typing import Any

import mutagen.id3
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import metadata
from sealmark.marks.errors import NoMetadataPlace
from sealmark.marks.label import Label
from sealmark.media import pixels
from sealmark.media.audio import mp3, wav
from sealmark.media.image import jpeg, png, webp
from tests.media import specimens

from ..test_label import LABELS

# The peer reader is untyped.
PEER: Any = mutagen.id3

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1="""quoted "words" & <tags> it's""")
KEYS = list(specimens.EVERY)


def _form(key: str) -> media.Format:
    return media.by_name(specimens.FORMAT_OF[key])


def _labels(key: str, data: bytes) -> list[tuple[Label | None, bool]]:
    return [(place.label, place.main) for place in metadata.read(data, _form(key))]


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=40, deadline=None)
@given(label=LABELS)
def test_any_label_reads_back_and_is_the_only_one(key: str, label: Label) -> None:
    """What is written is read, whatever its characters, once and in the main channel."""
    assert _labels(key, metadata.write(specimens.EVERY[key], label, _form(key))) == [(label, True)]


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=15, deadline=None)
@given(first=LABELS, second=LABELS)
def test_writing_again_replaces(key: str, first: Label, second: Label) -> None:
    """GB 45438 6.1 c): one label a file. A second writing gives the file that a single one gives, bit for bit."""
    form, data = _form(key), specimens.EVERY[key]
    again = metadata.write(metadata.write(data, first, form), second, form)
    assert again == metadata.write(data, second, form)


@pytest.mark.parametrize("key", KEYS)
def test_unmarked_file_has_no_label(key: str) -> None:
    """Nothing is found where nothing was written."""
    assert metadata.read(specimens.EVERY[key], _form(key)) == []


@pytest.mark.parametrize("key", ["png", "jpeg", "webp", "webp extended"])
def test_pixels_and_other_image_metadata_stay(key: str) -> None:
    """An independent reader sees the same pixels, EXIF, profile and comments as before."""
    marked = metadata.write(specimens.EVERY[key], ONE)
    with Image.open(io.BytesIO(specimens.EVERY[key])) as was, Image.open(io.BytesIO(marked)) as now:
        assert np.array_equal(np.asarray(was), np.asarray(now))
        assert was.getexif() == now.getexif()
        ours = {"xmp", "XML:com.adobe.xmp"}
        assert was.info == {name: value for name, value in now.info.items() if name not in ours}


@pytest.mark.parametrize("key", ["png", "jpeg", "webp", "webp extended"])
def test_independent_xmp_reader_finds_the_label(key: str) -> None:
    """Pillow's reader finds the inner JSON under the guide's namespace."""
    with Image.open(io.BytesIO(metadata.write(specimens.EVERY[key], TWO))) as opened:
        packet = opened.info.get("xmp") or opened.info["XML:com.adobe.xmp"].encode()
    assert b'xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"' in packet
    assert json.loads(_element(packet)) == TWO.as_dict()


def _element(packet: bytes) -> str:
    from xml.etree import ElementTree

    found = ElementTree.fromstring(packet).find(".//{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC")
    assert found is not None
    return str(found.text)


def _chunks(module: Any, data: bytes, skip: bytes) -> list[Any]:
    return [chunk for chunk in module.parse(data).chunks if chunk.kind != skip]


def test_other_chunks_and_segments_stay_bit_for_bit() -> None:
    """Every piece of a container but the label's own is the same bytes in the same order."""
    pairs = {key: metadata.write(specimens.EVERY[key], ONE, _form(key)) for key in KEYS}
    new = [c for c in png.parse(pairs["png"]).chunks if b"XML:com.adobe.xmp" not in c.body]
    assert new == list(png.parse(specimens.EVERY["png"]).chunks)
    kept = [s for s in jpeg.parse(pairs["jpeg"]).segments if not s.body.startswith(b"http://ns.adobe.com/xap")]
    assert kept == list(jpeg.parse(specimens.EVERY["jpeg"]).segments)
    assert jpeg.parse(pairs["jpeg"]).scans == jpeg.parse(specimens.EVERY["jpeg"]).scans
    assert _chunks(wav, pairs["wav"], b"AIGC") == _chunks(wav, specimens.EVERY["wav"], b"AIGC")
    for key in ("webp", "webp extended"):
        extended = webp.extended(webp.parse(specimens.EVERY[key])).chunks[1:]
        assert _chunks(webp, pairs[key], b"XMP ")[1:] == list(extended)
    assert mp3.parse(pairs["mp3"]).sound == specimens.EVERY["mp3"]
    assert pairs["markdown"].decode().startswith("---\ntitle: 题\ntags:\n  - a\nAIGC:\n")
    assert pairs["markdown"].endswith("---\n# 你好\n".encode())


def test_webp_flags_say_what_is_in_the_file() -> None:
    """RFC 9649: the extended header is made for a simple file, keeps alpha, and announces the XMP chunk."""
    simple = metadata.write(specimens.webp("RGBA", lossless=True), ONE)
    head = webp.parse(simple).chunks[0]
    assert (head.kind, head.body[0] & webp.XMP) == (b"VP8X", webp.XMP)
    full = webp.parse(metadata.write(specimens.EVERY["webp extended"], ONE)).chunks[0].body[0]
    assert full & (webp.XMP | webp.EXIF | webp.ICC) == webp.XMP | webp.EXIF | webp.ICC


def test_label_of_a_wav_stands_in_its_head_and_sound_still_plays() -> None:
    """Measures Art. 5: the file's head. An independent decoder hears the same samples."""
    marked = metadata.write(specimens.EVERY["wav"], ONE)
    assert marked.index(b"AIGC") < marked.index(b"data")
    was, now = (soundfile.read(io.BytesIO(data))[0] for data in (specimens.EVERY["wav"], marked))
    assert np.array_equal(was, now)


@pytest.mark.parametrize("version", [(2, 3), (2, 4)])
def test_mutagen_reads_the_label_beside_its_own_frames(version: tuple[int, int]) -> None:
    """An independent reader finds TXXX AIGC, and every frame that it wrote itself."""
    out = io.BytesIO(specimens.EVERY["mp3"])
    tag = PEER.ID3()
    tag.add(PEER.TIT2(encoding=3 if version[1] == 4 else 1, text="题"))
    tag.add(PEER.TXXX(encoding=0, desc="mood", text="calm"))
    tag.save(out, v2_version=version[1])
    marked = metadata.write(out.getvalue(), TWO)
    read = PEER.ID3(io.BytesIO(marked))
    assert read.version[:2] == version
    assert json.loads(read["TXXX:AIGC"].text[0]) == TWO.as_dict()
    assert (read["TIT2"].text, read["TXXX:mood"].text) == (["题"], ["calm"])


def test_text_has_no_place_for_a_label() -> None:
    """Plain text is refused by name rather than changed."""
    with pytest.raises(NoMetadataPlace):
        metadata.write(b"words", ONE)


@pytest.mark.parametrize("key", [key for key in KEYS if key not in {"mp3", "markdown"}])
def test_marked_file_cut_anywhere_is_damaged(key: str) -> None:
    """A cut file never reads as one without a label."""
    marked = metadata.write(specimens.EVERY[key], ONE)
    for cut in {*range(20, 900, 7), *range(900, len(marked) - 2, 211), len(marked) - 2}:
        if cut < len(marked):
            with pytest.raises(SealmarkError):
                metadata.read(marked[:cut], _form(key))


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_marked_file_with_flipped_bytes_reads_or_says_why_not(key: str, data: st.DataObject) -> None:
    """No damage to a marked file raises anything but our own errors."""
    whole = bytearray(metadata.write(specimens.EVERY[key], ONE, _form(key)))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, min(len(whole), 1200) - 1))] = data.draw(st.integers(0, 255))
    try:
        places = metadata.read(bytes(whole), _form(key))
    except SealmarkError:
        return
    assert all((place.label is None) == (place.error is not None) for place in places)


def test_picture_with_a_label_still_decodes() -> None:
    """The labelled file is still the picture that it was, for our own decoder too."""
    for key in ("png", "jpeg", "webp", "webp extended"):
        marked = metadata.write(specimens.EVERY[key], ONE)
        assert pixels.decode(marked).pixels.size == (96, 64)


def test_labelling_a_megabyte_costs_milliseconds() -> None:
    """A label is written into a JPEG of about 1 MB in at most 5 ms of CPU."""
    noise = np.random.default_rng(3).integers(0, 255, (1200, 1100, 3), dtype=np.uint8)
    data = specimens.saved(Image.fromarray(noise), "JPEG", quality=85)
    assert 900_000 < len(data) < 1_300_000
    assert min(_cost(data) for _ in range(9)) < 0.005


def _cost(data: bytes) -> float:
    began = time.process_time()
    metadata.write(data, ONE)
    return time.process_time() - began

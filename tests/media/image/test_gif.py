"""GIF blocks are split and joined without losing a bit, and every lie in them is a domain error."""

import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.marks import marker, metadata
from sealmark.marks.explicit.errors import PictureTooSmall
from sealmark.marks.label import Label
from sealmark.media import pixels
from sealmark.media.errors import Damaged
from sealmark.media.image import gif
from tests.media import specimens

GIFS = {
    "still": specimens.EVERY["gif"],
    "moving": specimens.EVERY["gif moving"],
    "interlaced": specimens.gif(interlace=1),
}
USED: int = specimens.picture(48, 40, "P").tobytes()[100]  # a colour that the picture has
HEAD = b"GIF89a\x01\x00\x01\x00\x00\x00\x00"
IMAGE = b",\x00\x00\x00\x00\x01\x00\x01\x00\x80" + bytes(6) + b"\x02\x02\x44\x01\x00"


@pytest.mark.parametrize("key", GIFS)
def test_splitting_and_joining_gives_the_same_bytes(key: str) -> None:
    """`build` is the inverse of `parse`, also for bytes behind the end."""
    for data in (GIFS[key], GIFS[key] + b"bytes behind the end"):
        assert gif.build(gif.parse(data)) == data


@pytest.mark.parametrize("key", GIFS)
def test_truncation_at_every_boundary_is_noticed(key: str) -> None:
    """A GIF cut anywhere before its trailer is damaged."""
    data = GIFS[key]
    for cut in {*range(1, min(len(data), 900)), *range(900, len(data), 97), len(data) - 1}:
        with pytest.raises(Damaged):
            gif.parse(data[:cut])


@pytest.mark.parametrize("key", GIFS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_flipped_bytes_give_a_container_or_a_domain_error(key: str, data: st.DataObject) -> None:
    """No damage raises anything but our own errors."""
    whole = bytearray(GIFS[key])
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Damaged):
        assert gif.build(gif.parse(bytes(whole))) == whole


def test_every_kind_of_block_is_known() -> None:
    """Image with a palette of its own, comment, control, plain text and application."""
    extensions = (b"!\xfe\x02hi\x00", b"!\xf9\x04\x00\x00\x00\x00\x00", b"!\x01\x0c" + bytes(12) + b"\x01x\x00")
    application = b"!\xff\x0bOTHERAPP1.0\x03abc\x00"
    container = gif.parse(HEAD + b"".join((*extensions, application, IMAGE)) + b";")
    kinds = [gif.COMMENT, gif.CONTROL, gif.PLAIN_TEXT, gif.APPLICATION, gif.IMAGE]
    assert [block.kind for block in container.blocks] == kinds
    assert container.blocks[3].is_application(b"OTHERAPP1.0")


HOSTILE = {
    "millions of blocks": HEAD + b"!\xfe\x00" * 300_000,
    "millions of images": HEAD + IMAGE * 100_000,
    "millions of sub-blocks": HEAD + b"!\xfe" + b"\x01x" * 3_000_000,
    "no image": HEAD + b";",
    "a palette larger than the file": b"GIF89a\x01\x00\x01\x00\xf7\x00\x00" + bytes(100),
    "unknown block": HEAD + b"?" + IMAGE + b";",
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_file_is_refused_soon(attack: str) -> None:
    """Files made of nothing but headers cost neither memory nor time."""
    began = time.process_time()
    with pytest.raises(Damaged):
        gif.parse(HOSTILE[attack])
    assert time.process_time() - began < 1


@pytest.mark.parametrize("settings_of", [{}, {"transparency": USED}, {"interlace": 1}])
def test_still_picture_is_decoded_and_encoded_among_its_metadata(settings_of: dict[str, int]) -> None:
    """Comments and applications stay bit for bit; the picture, of 256 colours, is nearly what it was."""
    source = metadata.write(specimens.gif(**settings_of), Label.first("p", "7"))
    picture = pixels.decode(source)
    encoded = pixels.encode(picture)
    kept = [block for block in gif.parse(source).blocks if block.kind not in gif.PICTURE]
    assert [block for block in gif.parse(encoded).blocks if block.kind not in gif.PICTURE] == kept
    was, now = (np.asarray(one.rgb(), int) for one in (picture, pixels.decode(encoded)))
    assert np.abs(was - now).mean() < 4
    assert gif.has_alpha(encoded) == ("transparency" in settings_of)
    fresh = gif.parse(pixels.encode(picture.freshened()))
    assert {block.kind for block in fresh.blocks} <= {gif.IMAGE, gif.CONTROL}


def test_explicit_mark_is_drawn_on_a_still_gif() -> None:
    """GB 45438 5.2; a frame that is too small for a legible mark says so, and takes the metadata mark."""
    label = Label.first("p", "7")
    marked = marker.mark(saved_large(), label)
    assert (marked.layers, marked.label) == (("explicit", "metadata"), label)
    was, now = (np.asarray(pixels.decode(data).rgb(), int) for data in (saved_large(), marked.data))
    assert np.abs(was - now)[-40:, -120:].max() > 60
    with pytest.raises(PictureTooSmall):
        marker.mark(specimens.saved(specimens.picture(20, 20), "GIF"), label)
    assert marker.mark(specimens.EVERY["gif moving"], label, layers=("metadata",)).layers == ("metadata",)


def saved_large() -> bytes:
    """A picture with room for a mark."""
    return specimens.saved(specimens.picture(320, 240), "GIF", comment=specimens.COMMENT)

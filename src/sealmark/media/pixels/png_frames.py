"""The frames of an animated PNG: read by Pillow, written here, so that every delay stays (PNG 4.9, 11.3.6)."""

import io
import struct
from collections.abc import Iterator, Sequence

from PIL import Image, ImageChops

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.image import png
from sealmark.media.image.png import Chunk
from sealmark.media.pixels.codec import PNG_EFFORT

# PNG 11.3.6.2: sequence, width, height, left, top, delay as a fraction, what becomes of the frame, how it is laid.
_CONTROL = struct.Struct(">IIIIIHHBB")
_DELAY = slice(20, 24)
_LEAVE, _REPLACE = 0, 0


def coded(data: bytes) -> bytes:
    """The frames without a word about them."""
    kept = tuple(chunk for chunk in png.parse(data).chunks if chunk.kind in png.PIXEL_CHUNKS)
    return png.build(png.Container(kept))


def written(source: bytes, frames: Sequence[Image.Image]) -> bytes:
    """Whole frames as an animated PNG, each shown as long as it was in the source, as many times over.

    A frame is kept as what changed; it replaces what was there, and stays until the next one.
    """
    chunks = png.parse(source).chunks
    loops = next(chunk.body[4:8] for chunk in chunks if chunk.kind == b"acTL")
    delays = [chunk.body[_DELAY] for chunk in chunks if chunk.kind == b"fcTL"]
    default = png.has_default(source)
    if len(loops) != 4 or len(frames) != len(delays) + default or any(len(one) != 4 for one in delays):
        raise Damaged(format="PNG", **why("动画帧", "frames"))
    first, *_ = png.parse(_saved(frames[0])).chunks
    control = Chunk(b"acTL", len(delays).to_bytes(4, "big") + loops)
    moving = _frames(frames[1:] if default else frames, delays, is_apart=default)
    still = _pixels(frames[0]) if default else ()
    return png.build(png.Container((first, control, *still, *moving, Chunk(b"IEND", b""))))


def _frames(frames: Sequence[Image.Image], delays: Sequence[bytes], *, is_apart: bool) -> Iterator[Chunk]:
    """Control and data of every frame, numbered; the first one's data stand in IDAT unless a default picture does."""
    sequence, before = 0, None
    for frame, delay in zip(frames, delays, strict=True):
        box = _changed(before, frame)
        place = (box[2] - box[0], box[3] - box[1], box[0], box[1])
        yield Chunk(b"fcTL", _CONTROL.pack(sequence, *place, *struct.unpack(">HH", delay), _LEAVE, _REPLACE))
        sequence += 1
        for chunk in _pixels(frame.crop(box)):
            if before is None and not is_apart:
                yield chunk
                continue
            yield Chunk(b"fdAT", sequence.to_bytes(4, "big") + chunk.body)
            sequence += 1
        before = frame


def _changed(before: Image.Image | None, frame: Image.Image) -> tuple[int, int, int, int]:
    """The part of a frame that differs from the one before; a pixel where none does."""
    if before is None:
        return (0, 0, *frame.size)
    return ImageChops.difference(before, frame).getbbox(alpha_only=False) or (0, 0, 1, 1)


def _pixels(frame: Image.Image) -> tuple[Chunk, ...]:
    return tuple(chunk for chunk in png.parse(_saved(frame)).chunks if chunk.kind == b"IDAT")


def _saved(frame: Image.Image) -> bytes:
    out = io.BytesIO()
    frame.save(out, "PNG", compress_level=PNG_EFFORT)
    return out.getvalue()

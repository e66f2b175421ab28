"""The frames of an animated GIF: read by Pillow, written here, so that every delay stays what it was (GIF89a)."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.image import gif
from sealmark.media.image.gif import Block, Container

_LOOP = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
# GIF89a 23: what becomes of an image before the next: it stays, or its place is cleared.
_STAYS, _CLEARED = 1, 2
_USER_INPUT = 0x02
# GIF89a 20: an image has a palette of its own, of 2 to the power of so many and one colours.
_OWN_PALETTE = 0x80
_DESCRIPTION = 10
_MOST_COLOURS = 256
_MIXED = 32  # colours that stand for all rare ones, such as those of a mark's edges
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Control:
    """How long an image is shown, in hundredths of a second as stored, and whether it waits for its viewer."""

    delay: bytes
    waits: bool


def coded(data: bytes) -> bytes:
    """The frames without a word about them."""
    return gif.coded(data)


def written(source: bytes, frames: Sequence[Image.Image], *, fresh: bool) -> bytes:
    """Whole frames as an animated GIF, each shown as long as it was in the source, as many times over.

    Of opaque frames what changed is kept, and stays; frames that can be seen through are cleared before the next.
    Comments and applications stay where they were, unless it is fresh: then only the loops do.
    """
    container = gif.parse(source)
    if sum(block.kind == gif.IMAGE for block in container.blocks) != len(frames):
        raise Damaged(format="GIF", **why("动画帧", "frames"))
    images = _images(frames, list(_controls(container)))
    blocks = list(_blocks(container, images, fresh=fresh))
    # GIF89a 18: the screen without a palette; every image brings its own.
    head = gif.version_89a(container)[:10] + bytes((container.head[10] & 0x70,)) + bytes(2)
    return gif.build(Container(head, tuple(blocks), b"" if fresh else container.tail))


def _controls(container: Container) -> Iterator[_Control]:
    """The control of every image, where it has one (23)."""
    control = _Control(bytes(2), waits=False)
    for block in container.blocks:
        if block.kind == gif.CONTROL and len(block.raw) >= 8:
            control = _Control(block.raw[4:6], bool(block.raw[3] & _USER_INPUT))
        elif block.kind == gif.IMAGE:
            yield control
            control = _Control(bytes(2), waits=False)


def _blocks(container: Container, images: Iterator[tuple[Block, Block]], *, fresh: bool) -> Iterator[Block]:
    """The new images in the places of the old ones, among what else there is."""
    for block in container.blocks:
        if block.kind == gif.IMAGE:
            yield from next(images)
        elif block.kind not in gif.PICTURE and (not fresh or _is_loop(block)):
            yield block


def _is_loop(block: Block) -> bool:
    return any(block.is_application(name) for name in _LOOP) and len(block.raw) == 19


def _images(frames: Sequence[Image.Image], controls: Sequence[_Control]) -> Iterator[tuple[Block, Block]]:
    """Control and image of every frame."""
    is_clear = frames[0].mode == "RGBA"
    before: Pixels | None = None
    for frame, control in zip(frames, controls, strict=True):
        pixels = np.asarray(frame)
        shown = pixels[..., 3] >= 128 if is_clear else np.ones(pixels.shape[:2], bool)
        changed = shown if is_clear or before is None else (pixels != before).any(axis=2)
        yield _image(pixels[..., :3], changed, control, _CLEARED if is_clear else _STAYS)
        before = pixels


def _image(pixels: Pixels, kept: NDArray[np.bool_], control: _Control, disposal: int) -> tuple[Block, Block]:
    """The kept pixels of a frame as one image; all others are transparent."""
    left, top, right, bottom = _box(kept)
    inside = kept[top:bottom, left:right]
    indexed, palette = _indexed(pixels[top:bottom, left:right], inside)
    key = len(palette) if not inside.all() else None
    indexed[~inside] = len(palette) if key is not None else 0
    packed = disposal << 2 | (_USER_INPUT if control.waits else 0) | (key is not None)
    raw = b"\x21\xf9\x04" + bytes((packed,)) + control.delay + bytes((key or 0,)) + b"\x00"
    return Block(gif.CONTROL, raw), Block(gif.IMAGE, _coded(indexed, palette, (left, top)))


def _box(kept: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """What holds every kept pixel; one pixel where there is none."""
    rows, columns = np.flatnonzero(kept.any(axis=1)), np.flatnonzero(kept.any(axis=0))
    if not rows.size:
        return 0, 0, 1, 1
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _indexed(pixels: Pixels, kept: NDArray[np.bool_]) -> tuple[Pixels, Pixels]:
    """Numbers of colours, and the colours: those that are kept, of too many the rarest by their nearest."""
    most = _MOST_COLOURS - (not kept.all())
    numbers = (pixels.astype(np.uint32) << np.array([16, 8, 0], np.uint32)).sum(axis=2, dtype=np.uint32)
    colours, found, counts = np.unique(numbers[kept], return_inverse=True, return_counts=True)
    palette = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
    indexed = np.zeros(kept.shape, np.uint8)
    if len(colours) <= most:
        indexed[kept] = found
        return indexed, palette
    exact = np.argsort(counts, kind="stable")[len(colours) - most + _MIXED :]
    place = np.full(len(colours), -1)
    place[exact] = np.arange(len(exact))
    indexed[kept] = np.maximum(place[found], 0)
    rare = kept.copy()
    rare[kept] = place[found] < 0
    mixed, more = _nearest(pixels[rare])
    indexed[rare] = mixed + len(exact)
    return indexed, np.concatenate([palette[exact], more])


def _nearest(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """Numbers of few colours for pixels in a row, chosen for them alone, and these colours."""
    chosen = Image.fromarray(pixels[None, :, :]).quantize(_MIXED, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = np.array(chosen.getpalette(), np.uint8).reshape(-1, 3)[:_MIXED]
    return np.asarray(chosen)[0], palette


def _coded(indexed: Pixels, palette: Pixels, place: tuple[int, int]) -> bytes:
    """An image block with its own palette, its pixels packed by Pillow (20 to 22)."""
    image = Image.fromarray(indexed, "P")
    bits = max(1, int(indexed.max()).bit_length(), (len(palette) - 1).bit_length())
    table = palette.tobytes().ljust(3 << bits, b"\x00")
    image.putpalette(table)
    out = io.BytesIO()
    image.save(out, "GIF", optimize=False, interlace=0)
    saved = next(block.raw for block in gif.parse(out.getvalue()).blocks if block.kind == gif.IMAGE)
    own = 3 << (saved[9] & 7) + 1 if saved[9] & _OWN_PALETTE else 0
    corner = b"".join(side.to_bytes(2, "little") for side in place)
    return b"\x2c" + corner + saved[5:9] + bytes((_OWN_PALETTE | bits - 1,)) + table + saved[_DESCRIPTION + own :]

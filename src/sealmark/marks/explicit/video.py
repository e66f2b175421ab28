"""The visible mark of a video: the wording in a corner of its opening, or throughout (GB 45438 5.4; Art. 17).

As on a picture, but on planes of luma and colour, of eight bits or more, and upright as the video is *shown*.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from sealmark.marks.explicit.stamp import Corner, Mask, corner_of, stamp
from sealmark.marks.explicit.wording import table
from sealmark.media import STANDARD, Limits
from sealmark.media.frames import PACKED, Shot, repaint

if TYPE_CHECKING:
    from av.video.format import VideoFormat
    from av.video.frame import VideoFrame

Extent = Literal["opening", "throughout"]

_FULL = 2  # AVCOL_RANGE_JPEG


def mark(
    source: str | Path | BinaryIO,
    target: Path,
    container: str,
    *,
    wording: str = "AI生成",
    corner: Corner = "bottom_right",
    extent: Extent = "opening",
    limits: Limits = STANDARD,
) -> int:
    """Write the video with the wording on its opening pictures, or on all; returns the number of pictures.

    Raises what `media.video.repaint` raises, `UnlawfulWording`, `UnprintableWording`, `PictureTooSmall`.
    """
    seconds = float(table("video.toml")["opening_seconds"]) if extent == "opening" else float("inf")

    def prepare(shot: Shot) -> "_Painter":
        return _Painter(shot, wording, corner, seconds)

    return repaint(source, target, container, prepare, limits)


class _Painter:
    """Paints the stamp on the pictures of one video until a time."""

    def __init__(self, shot: Shot, wording: str, corner: Corner, seconds: float) -> None:
        self._seconds = seconds
        self._box, self._plate, self._ink = _stored(shot, wording, corner)
        self._opacity = np.float32(table("picture.toml")["plate_opacity"])

    def __call__(self, frame: "VideoFrame", seconds: float) -> None:
        """Paint one picture, which is writable."""
        if seconds > self._seconds:
            return
        if frame.format.name in PACKED:
            self._packed(frame, PACKED[frame.format.name])
        else:
            self._planar(frame)

    def _packed(self, frame: "VideoFrame", order: str) -> None:
        plane = frame.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: frame.height]
        pixels = rows[:, : frame.width * len(order)].reshape(frame.height, frame.width, len(order))
        for place, sample in enumerate(order):
            if sample != "X":
                self._lay(pixels[:, :, place], (255, 255) if sample == "A" else (16, 255), (1, 1))

    def _planar(self, frame: "VideoFrame") -> None:
        for component, (plate, ink) in zip(frame.format.components, _paints(frame), strict=True):
            plane = frame.planes[component.plane]
            kind = np.dtype("u1" if component.bits == 8 else "<u2")
            samples = np.frombuffer(memoryview(plane), kind).reshape(-1, plane.line_size // kind.itemsize)
            across, down = -(-frame.width // plane.width), -(-frame.height // plane.height)
            self._lay(samples[: plane.height, : plane.width], (plate, ink), (across, down))

    def _lay(self, samples: NDArray[Any], paints: tuple[float, float], step: tuple[int, int]) -> None:
        """Ground → plate → ink on one kind of sample, of which there is one for `step` pixels across and down."""
        left, top, right, bottom = self._box
        across, down = step
        part = samples[top // down : -(-bottom // down), left // across : -(-right // across)]
        plate, ink = (_shrunk(mask, (left, top), step, part.shape) for mask in (self._plate, self._ink))
        laid = part + (np.float32(paints[0]) - part) * plate * self._opacity
        laid += (np.float32(paints[1]) - laid) * ink
        part[...] = np.rint(laid).astype(samples.dtype)


def _stored(shot: Shot, wording: str, corner: Corner) -> tuple[tuple[int, int, int, int], Mask, Mask]:
    """Where the stamp lies in the stored pictures (left, top, right, bottom), and its plate and ink there."""
    a, b, c, d = shot.turn
    shown = (shot.width, shot.height) if a else (shot.height, shot.width)
    made = stamp(wording, shown)
    left, top = corner_of(shown, made, corner)
    height, width = made.plate.shape
    turned = tuple(_turned(mask, shot.turn) for mask in (made.plate, made.ink))
    across = (left, left + width) if a else (top, top + height)
    down = (top, top + height) if a else (left, left + width)
    x = across if (a or b) > 0 else (shot.width - across[1], shot.width - across[0])
    y = down if (d or c) > 0 else (shot.height - down[1], shot.height - down[0])
    return (x[0], y[0], x[1], y[1]), turned[0], turned[1]


def _turned(mask: Mask, turn: tuple[int, int, int, int]) -> Mask:
    """A mask as it is shown, as it has to be stored."""
    a, b, c, d = turn
    stored = mask if a else mask.T
    stored = stored if (a or b) > 0 else stored[:, ::-1]
    return stored if (d or c) > 0 else stored[::-1]


def _shrunk(mask: Mask, place: tuple[int, int], step: tuple[int, int], shape: tuple[int, ...]) -> Mask:
    """The mask's mean over the pixels of each sample."""
    across, down = step
    if step == (1, 1):
        return mask
    before = (place[1] % down, place[0] % across)
    sizes = [count * each for count, each in zip(shape, (down, across), strict=True)]
    padded = np.pad(mask, [(b, size - b - m) for b, size, m in zip(before, sizes, mask.shape, strict=True)])
    cells: Mask = padded.reshape(shape[0], down, shape[1], across)
    return np.asarray(cells.mean(axis=(1, 3)), np.float32)


def _paints(frame: "VideoFrame") -> list[tuple[float, float]]:
    """Plate and ink for each component of a planar format, in its own scale (ITU-T H.273 8.3)."""
    full = int(frame.color_range or 0) == _FULL or frame.format.name.startswith("yuvj") or frame.format.is_rgb
    return [_paint(component, full, frame.format) for component in frame.format.components]


def _paint(component: Any, full: bool, form: "VideoFormat") -> tuple[float, float]:
    scale = float(1 << (component.bits - 8))
    most = float((1 << component.bits) - 1)
    if component.is_alpha:
        return most, most
    if component.is_luma or form.is_rgb:
        return (16 * scale, most) if full else (26 * scale, 235 * scale)
    return 128 * scale, 128 * scale

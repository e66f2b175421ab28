"""Moving pictures: animated GIF, PNG and WebP as whole frames, and back with their timing.

Every frame is decoded as it is shown, whatever part of the canvas the file keeps of it, so that a mark drawn on each
stands on every still that anybody takes.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from PIL import Image

from sealmark.errors import why
from sealmark.media.containers import riff
from sealmark.media.errors import Damaged, MovingImage, NotEncodable, TooManyFrames
from sealmark.media.format import Format
from sealmark.media.image import gif, png, webp
from sealmark.media.limits import STANDARD, Limits
from sealmark.media.pixels import gif_frames, png_frames, transparency
from sealmark.media.pixels.codec import WEBP_EFFORT, WEBP_QUALITY, codec_of
from sealmark.media.pixels.picture import SHOWN, Picture
from sealmark.media.pixels.still import BROKEN, check_size
from sealmark.media.registry import sniff


@dataclass(frozen=True, slots=True)
class Motion:
    """A moving picture: every frame as it is shown, each as large as the canvas, and what it came from."""

    frames: tuple[Picture, ...]
    format: Format
    source: bytes

    @property
    def first(self) -> Picture:
        """The frame that is shown first."""
        return self.frames[0]

    def freshened(self) -> "Motion":
        """The frames alone, to be encoded with their timing and nothing else of the source's metadata."""
        return replace(self, frames=tuple(frame.freshened() for frame in self.frames))


@dataclass(frozen=True, slots=True)
class _Coding:
    """How a format keeps frames: `coded` is the file without a word about it, `count` how many frames there are."""

    coded: Callable[[bytes], bytes]
    count: Callable[[bytes], int]
    encode: Callable[[Motion], bytes]


def decode(data: bytes, limits: Limits = STANDARD, *, most: int | None = None) -> Motion:
    """The frames of a moving GIF, PNG or WebP, or the first so many.

    Their number and size are checked from the headers before anything is decoded: all frames together count as one
    picture. Raises `TooManyFrames`, `TooManyPixels`, `Damaged`, `MovingImage` for formats whose frames we cannot
    write, and what `sniff` raises.
    """
    form = sniff(data)
    coding, codec = _CODINGS.get(form.name), codec_of(form)
    if coding is None:
        raise MovingImage(format=form.name)
    size, count = check_size(data, form, limits), coding.count(data)
    wanted = count if most is None else min(count, most)
    if not wanted:
        raise Damaged(format=form.name, **why("没有动画帧", "no frames"))
    if wanted * size[0] * size[1] > limits.pixels:
        raise TooManyFrames(width=size[0], height=size[1], frames=wanted, limit=limits.pixels)
    turned, lossy = SHOWN.get(codec.orientation(data)), not codec.container.is_lossless(data)
    deep, profile_of = codec.container.is_deep(data), codec.container.profile
    frames = (
        Picture(
            transparency.cleared(pixels),
            form,
            data,
            turned,
            deep,
            unhidden=transparency.hides(pixels, lossy=lossy),
            profile_of=profile_of,
        )
        for pixels in _opened(coding.coded(data), form, size, wanted)
    )
    return Motion(tuple(frames), form, data)


def _opened(data: bytes, form: Format, size: tuple[int, int], wanted: int) -> list[Image.Image]:
    """The frames as they are shown, in RGB, or in RGBA where one of them can be seen through."""
    try:
        with Image.open(io.BytesIO(data), formats=(form.name.upper(),)) as image:
            frames = [_frame(image, number, size) for number in range(wanted)]
    except BROKEN:
        raise Damaged(format=form.name, **why("像素数据", "pixels")) from None
    if any(frame is None for frame in frames):
        raise Damaged(format=form.name, **why("两处尺寸不一", "two different sizes"))
    whole = [frame for frame in frames if frame is not None]
    opaque = all(frame.getchannel("A").getextrema() == (255, 255) for frame in whole)
    return [frame.convert("RGB") for frame in whole] if opaque else whole


def _frame(image: Image.Image, number: int, size: tuple[int, int]) -> Image.Image | None:
    """One frame on the whole canvas; nothing where that is not of the size it was."""
    image.seek(number)
    return image.convert("RGBA") if image.size == size else None


def encode(motion: Motion) -> bytes:
    """The moving picture in the format it came in, with its timing; raises `NotEncodable`."""
    try:
        return _CODINGS[motion.format.name].encode(motion)
    except (OSError, ValueError, RuntimeError):
        raise NotEncodable(format=motion.format.name) from None


def _gif(motion: Motion) -> bytes:
    return gif_frames.written(motion.source, [one.pixels for one in motion.frames], fresh=motion.first.fresh)


def _png(motion: Motion) -> bytes:
    encoded = png_frames.written(motion.source, [one.pixels for one in motion.frames])
    return (png.renew if motion.first.fresh else png.splice)(motion.source, encoded)


def _webp_coded(data: bytes) -> bytes:
    kept = {*webp.PICTURE, *webp.MOTION, b"VP8X"}
    return webp.build(riff.Container(b"WEBP", tuple(one for one in webp.parse(data).chunks if one.kind in kept)))


def _webp(motion: Motion) -> bytes:
    durations, out = webp.durations(motion.source), io.BytesIO()
    first, *others = (frame.pixels for frame in motion.frames)
    lossless = webp.is_lossless(motion.source)
    quality = {"lossless": True, "quality": 60} if lossless else {"quality": WEBP_QUALITY}
    more = {"save_all": True, "append_images": others, "duration": durations, "method": WEBP_EFFORT}
    first.save(out, "WEBP", **quality, **more)
    return webp.respliced(motion.source, out.getvalue(), fresh=motion.first.fresh)


_CODINGS: Mapping[str, _Coding] = {
    "gif": _Coding(gif_frames.coded, gif.count, _gif),
    "png": _Coding(png_frames.coded, png.count, _png),
    "webp": _Coding(_webp_coded, webp.count, _webp),
}

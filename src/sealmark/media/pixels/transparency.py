"""Colours under full transparency: nobody sees them, so that they could carry a second picture past every eye."""

from PIL import Image, ImageFilter

_ALPHA = frozenset(("LA", "RGBA"))
# Lossy coding blurs what is seen into what is not, no farther than the blocks beside it.
_BLOCK = 16
_BLUR = 32  # of 255
_OPAQUE, _CLEAR = [0] + [255] * 255, [255] + [0] * 255


def cleared(image: Image.Image) -> Image.Image:
    """The image with every fully transparent pixel set to nothing; all others stay as they are."""
    if image.mode not in _ALPHA:
        return image
    shown = image.copy()
    shown.paste((0,) * len(image.getbands()), mask=_hidden(image))
    return shown


def hides(image: Image.Image, *, lossy: bool = False) -> bool:
    """Whether fully transparent pixels differ in colour: one colour everywhere is no content.

    In a `lossy` picture only what lies away from the visible pixels counts, and coding noise does not.
    """
    if image.mode not in _ALPHA:
        return False
    mask = _deep(image) if lossy else _hidden(image)
    tolerance = _BLUR if lossy else 0
    return any(_spread(image.getchannel(band), mask) > tolerance for band in image.getbands()[:-1])


def _hidden(image: Image.Image) -> Image.Image:
    return image.getchannel("A").point(_CLEAR)


def _deep(image: Image.Image) -> Image.Image:
    """Where a whole block and those around it are fully transparent."""
    seen = image.getchannel("A").point(_OPAQUE).reduce(_BLOCK).point(_OPAQUE).filter(ImageFilter.MaxFilter(3))
    whole = seen.resize((seen.width * _BLOCK, seen.height * _BLOCK), Image.Resampling.NEAREST)
    return whole.crop((0, 0, *image.size)).point(_CLEAR)


def _spread(channel: Image.Image, mask: Image.Image) -> int:
    """The difference between the largest and the smallest value under a mask."""
    found = [value for value, count in enumerate(channel.histogram(mask)) if count]
    return found[-1] - found[0] if found else 0

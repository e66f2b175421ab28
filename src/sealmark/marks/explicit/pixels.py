"""Laying a plate and ink on pixels of every usual mode.

All modes go one way: channels as floats, colour multiplied by alpha where there is alpha, then
ground → plate → ink, and back. The ground under the plate is softened first, so that a busy picture stays calm.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sealmark.marks.explicit.errors import UnknownPictureMode
from sealmark.marks.explicit.wording import table

Mask = NDArray[np.float32]
Paints = tuple[tuple[float, ...], tuple[float, ...]]

# Plate and ink in each mode; CMYK counts ink, so that white is none of it.
_PAINTS: dict[str, Paints] = {
    "1": ((0,), (255,)),
    "L": ((16,), (255,)),
    "LA": ((16, 255), (255, 255)),
    "RGB": ((14, 16, 20), (255, 255, 255)),
    "RGBX": ((14, 16, 20, 255), (255, 255, 255, 255)),
    "RGBA": ((14, 16, 20, 255), (255, 255, 255, 255)),
    "CMYK": ((0, 0, 0, 255), (0, 0, 0, 0)),
    **dict.fromkeys(("I;16", "I;16L", "I;16B", "I;16N"), ((16 * 257,), (65535,))),
}
_THROUGH = {"YCbCr": "RGB", "HSV": "RGB", "La": "LA", "RGBa": "RGBA"}
_PALETTES = {"P", "PA"}
_ALPHA = {"LA", "RGBA"}


def drawable(picture: Image.Image) -> Image.Image:
    """A copy that can be drawn on; in the picture's own mode save for palettes and keyed bilevel pictures.

    Raises `UnknownPictureMode` where white and black are not known (LAB, or values beyond 16 bits).
    """
    if picture.mode in _PALETTES:
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    if picture.mode == "1" and "transparency" in picture.info:
        return picture.convert("L").convert("LA")
    if picture.mode not in {*_PAINTS, *_THROUGH, "I", "F"}:
        raise UnknownPictureMode(mode=picture.mode)
    return picture.copy()


def blend(picture: Image.Image, place: tuple[int, int], plate: Mask, ink: Mask) -> None:
    """Lay plate and ink on the picture, left and top at `place`; coverage from 0 to 1, [height, width]."""
    box = (place[0], place[1], place[0] + plate.shape[1], place[1] + plate.shape[0])
    patch = picture.crop(box)
    through = _THROUGH.get(picture.mode, picture.mode)
    ready = patch if through == picture.mode else patch.convert(through)
    painted = _painted(ready, _paints(picture), plate, ink)
    picture.paste(painted if through == picture.mode else painted.convert(picture.mode), box)


def _painted(patch: Image.Image, paints: Paints, plate: Mask, ink: Mask) -> Image.Image:
    if patch.mode == "1":
        hard = _painted(patch.convert("L"), _PAINTS["1"], _hard(plate) / _opacity(), _hard(ink))
        return hard.convert("1", dither=Image.Dither.NONE)
    ground = _channels(patch)
    under, over = (np.asarray(paint, np.float32) for paint in paints)
    cover = plate[..., None]
    calm = ground + (_soften(ground, plate.shape[0] // 6) - ground) * cover
    laid = calm + (under - calm) * cover * np.float32(_opacity())
    return _picture(laid + (over - laid) * ink[..., None], patch)


def _opacity() -> float:
    return float(table("picture.toml")["plate_opacity"])


def _hard(mask: Mask) -> Mask:
    return (mask >= 0.5).astype(np.float32)


def _paints(picture: Image.Image) -> Paints:
    """Plate and ink; wide grey has no white of its own, so all its pixels tell which scale they are on."""
    if picture.mode not in {"F", "I"}:
        return _PAINTS[_THROUGH.get(picture.mode, picture.mode)]
    values = np.asarray(picture)
    scales = (1.0, 255.0, 65535.0) if picture.mode == "F" else (65535.0,)
    white = next((scale for scale in scales if values.max(initial=0) <= scale), None)
    if white is None or values.min(initial=0) < 0 or not np.isfinite(values).all():
        raise UnknownPictureMode(mode=picture.mode)
    return (white / 16,), (white,)


def _channels(patch: Image.Image) -> NDArray[np.float32]:
    """[height, width, channels], colour multiplied by alpha where there is alpha."""
    values = np.asarray(patch).astype(np.float32)
    values = values[..., None] if values.ndim == 2 else values
    if patch.mode in _ALPHA:
        values[..., :-1] *= values[..., -1:] / 255
    return values


def _picture(values: NDArray[np.float32], patch: Image.Image) -> Image.Image:
    """Back to a picture of the patch's mode."""
    if patch.mode in _ALPHA:
        alpha = np.maximum(values[..., -1:], 1e-3)
        values = np.concatenate([np.minimum(values[..., :-1] * 255 / alpha, 255), values[..., -1:]], axis=2)
    kind = np.asarray(patch).dtype
    whole = values if patch.mode == "F" else np.rint(values)
    flat = whole[..., 0] if whole.shape[2] == 1 else whole
    raw = _keep_opaque(flat.astype(kind), patch)
    return Image.frombytes(patch.mode, patch.size, np.ascontiguousarray(raw).tobytes())


def _keep_opaque(raw: NDArray[Any], patch: Image.Image) -> NDArray[Any]:
    """Step aside by one where a painted colour equals the picture's transparent one: ink must not vanish."""
    key = patch.info.get("transparency")
    if not isinstance(key, int | tuple) or patch.mode in _ALPHA:
        return raw
    colours = raw[..., None] if raw.ndim == 2 else raw
    before = np.asarray(patch).reshape(colours.shape)
    vanishing = (colours == np.asarray(key)).all(axis=2, keepdims=True) & (colours != before).any(axis=2, keepdims=True)
    aside = np.where(colours > 0, colours - 1, 1).astype(raw.dtype)
    return np.where(vanishing, aside, colours).reshape(raw.shape)


def _soften(values: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """A box blur of the given radius, twice, edges repeated."""
    for axis in (0, 1, 0, 1):
        values = _blurred(values, radius, axis)
    return values


def _blurred(values: NDArray[np.float32], radius: int, axis: int) -> NDArray[np.float32]:
    edges = [(0, 0)] * values.ndim
    edges[axis] = (radius + 1, radius)
    sums = np.cumsum(np.pad(values, edges, mode="edge"), axis=axis, dtype=np.float64)
    ends = np.take(sums, range(2 * radius + 1, sums.shape[axis]), axis=axis)
    starts = np.take(sums, range(sums.shape[axis] - 2 * radius - 1), axis=axis)
    return ((ends - starts) / (2 * radius + 1)).astype(np.float32)

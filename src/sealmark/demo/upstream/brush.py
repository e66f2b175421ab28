"""The painter's brushes: washes of noise, ridges, mist and small silhouettes, all on arrays of floats.

A canvas is float32 [height, width, 3] in 0..1; a mask is float32 [height, width] in 0..1.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Canvas = NDArray[np.float32]
Mask = NDArray[np.float32]
Random = np.random.Generator

_FINE = 3  # silhouettes are drawn this many times as large and shrunk


def cloud(random: Random, size: tuple[int, int], cells: float, stretch: float = 1.0, octaves: int = 5) -> Mask:
    """Soft fractal noise in 0..1 [height, width]; `cells` features across, each `stretch` times as wide as high."""
    height, width = size
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        columns = max(2, round(cells * 2**octave))
        rows = max(2, round(columns * height / width * stretch))
        grid = random.random((min(rows, height) + 1, min(columns, width) + 1), np.float32)
        total += _enlarged(grid, height, width) * np.float32(0.5**octave)
    low, high = np.percentile(total, (1, 99))
    return np.asarray(np.clip((total - low) / max(high - low, 1e-6), 0, 1), np.float32)


def _enlarged(grid: Mask, height: int, width: int) -> Mask:
    return np.asarray(Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC), np.float32)


def ridge(random: Random, width: int, peaks: float, roughness: float) -> Mask:
    """A mountain line in 0..1 over the width: rounded swells with sharper crests upon them."""
    line = np.zeros(width, np.float64)
    places = np.linspace(0, 1, width)
    for octave in range(8):
        count = peaks * 1.9**octave
        knots = random.random(math.ceil(count) + 3)
        wave = _smooth(knots, places * count + random.random())
        crest = 1 - np.abs(2 * wave - 1) if octave in (1, 2) else wave
        line += crest * roughness**octave
    line -= line.min()
    return np.asarray(line / max(line.max(), 1e-9), np.float32)


def _smooth(knots: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = places.astype(int)
    part = places - whole
    part = part * part * (3 - 2 * part)
    return np.asarray(knots[whole] * (1 - part) + knots[whole + 1] * part)


def lay(canvas: Canvas, colour: NDArray[np.float32], mask: Mask) -> Canvas:
    """The canvas with a colour (one, or one a pixel) laid on where the mask is."""
    return canvas + (colour - canvas) * mask[..., None]


def step(values: Mask, low: float, high: float) -> Mask:
    """0 below `low`, 1 above `high`, smooth between."""
    part = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(part * part * (3 - 2 * part), np.float32)


def disc(height: int, width: int, centre: tuple[float, float], radius: float, soft: float) -> Mask:
    """A round mask about `centre` (x, y) in pixels, its edge `soft` pixels wide."""
    y, x = np.ogrid[0:height, 0:width]
    distance = np.hypot(x - centre[0], y - centre[1]).astype(np.float32)
    return 1 - step(distance, radius - soft / 2, radius + soft / 2)


class Silhouettes:
    """Small dark shapes drawn finely and shrunk to a mask; places and sizes in pixels of the picture."""

    def __init__(self, height: int, width: int) -> None:
        self._size = (width, height)
        self._sheet = Image.new("L", (width * _FINE, height * _FINE))
        self._pen = ImageDraw.Draw(self._sheet)

    def mask(self) -> Mask:
        """What was drawn so far."""
        small = self._sheet.resize(self._size, Image.Resampling.BOX)
        return np.asarray(small, np.float32) / np.float32(255)

    def shape(self, points: list[tuple[float, float]], shade: int = 255) -> None:
        """A filled polygon."""
        self._pen.polygon([(x * _FINE, y * _FINE) for x, y in points], fill=shade)

    def stroke(self, points: list[tuple[float, float]], width: float, shade: int = 255) -> None:
        """A line through points."""
        self._pen.line([(x * _FINE, y * _FINE) for x, y in points], fill=shade, width=max(1, round(width * _FINE)))

    def pine(self, random: Random, x: float, foot: float, height: float) -> None:
        """A conifer with its foot at (x, foot): a trunk and tiers that hang a little."""
        self.stroke([(x, foot + height * 0.06), (x, foot - height * 0.95)], max(0.5, height * 0.035))
        tiers = max(4, min(9, int(height / 5)))
        for tier in range(tiers):
            part = tier / tiers
            top = foot - height * (1 - part * 0.92)
            reach = height * (0.05 + 0.2 * part) * (0.8 + 0.4 * random.random())
            drop = height * (0.1 + 0.05 * random.random())
            self.shape(
                [(x, top - drop * 0.4), (x - reach, top + drop), (x, top + drop * 0.62), (x + reach, top + drop)]
            )

    def bird(self, x: float, y: float, span: float, tilt: float) -> None:
        """Two wings as one bent stroke."""
        left, right = (x - span, y - span * (0.42 + tilt)), (x + span, y - span * (0.42 - tilt))
        bend = span * 0.5
        self.stroke([left, (x - bend, y - span * 0.36), (x, y)], span * 0.11)
        self.stroke([right, (x + bend, y - span * 0.36), (x, y)], span * 0.11)

    def pagoda(self, x: float, foot: float, height: float) -> None:
        """A tower of five roofs with lifted eaves."""
        tier = height / 6.4
        for level in range(5):
            wide, y = height * (0.2 - 0.025 * level), foot - tier * (level + 1)
            body = wide * 0.56
            self.shape([(x - body, y), (x + body, y), (x + body, y + tier), (x - body, y + tier)])
            eave = [
                (x - wide * 1.12, y - tier * 0.1),
                (x - wide * 0.8, y + tier * 0.14),
                (x + wide * 0.8, y + tier * 0.14),
            ]
            self.shape(
                [
                    *eave,
                    (x + wide * 1.12, y - tier * 0.1),
                    (x + body * 0.7, y - tier * 0.34),
                    (x - body * 0.7, y - tier * 0.34),
                ]
            )
        self.stroke([(x, foot - tier * 5), (x, foot - tier * 6.4)], max(0.6, height * 0.018))

    def boat(self, x: float, y: float, length: float) -> None:
        """A flat boat with a matted roof and a boatman."""
        half = length / 2
        hull = [
            (x - half, y - length * 0.09),
            (x - half * 0.62, y),
            (x + half * 0.66, y),
            (x + half * 1.08, y - length * 0.12),
        ]
        self.shape([*hull, (x + half * 0.5, y - length * 0.045), (x - half * 0.6, y - length * 0.045)])
        roof = [
            (x + half * 0.34 * math.cos(a), y - length * 0.045 - length * 0.15 * math.sin(a))
            for a in np.linspace(0, math.pi, 16)
        ]
        self.shape(roof)
        man = x - half * 0.66
        self.stroke([(man, y - length * 0.04), (man, y - length * 0.24)], length * 0.035)
        self.shape(
            [
                (man - length * 0.065, y - length * 0.225),
                (man, y - length * 0.3),
                (man + length * 0.065, y - length * 0.225),
            ]
        )
        self.stroke([(man + length * 0.03, y - length * 0.2), (man - length * 0.2, y + length * 0.07)], length * 0.014)

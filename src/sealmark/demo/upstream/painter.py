"""The ink painter: a *procedural* painter, no learned model. It composes landscapes in the manner of ink wash.

Words of the prompt choose hour, season and things (`painter.toml`); all the rest (ridges, mist, light, where things
stand) follows from the prompt and the seed, so that the same request paints the same picture and another prompt
paints another. Its answers name `ink-painter` as their model.
"""

import hashlib
import io
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from sealmark.demo.upstream.brush import Canvas, Mask, Random, Silhouettes, cloud, disc, lay, ridge, step

MODEL = "ink-painter"
SIZES = (
    "256x256", "512x512", "768x768", "1024x1024", "1536x1024", "1024x1536", "1792x1024", "1024x1792"
)  # fmt: skip
FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
LONGEST_PROMPT = 4000

_LAYERS = 6
_Choice = TypeVar("_Choice")


@dataclass(frozen=True, slots=True)
class Scene:
    """What is painted: the words' choices and the dice."""

    hour: dict[str, Any]
    season: dict[str, Any]
    things: frozenset[str]
    random: Random
    width: int
    height: int

    @property
    def horizon(self) -> int:
        """The row where water begins; the bottom of the picture where there is none."""
        return int(self.height * 0.74) if "water" in self.things else self.height

    @property
    def unit(self) -> float:
        """One hundredth of the shorter side, in pixels."""
        return min(self.width, self.height) / 100


def paint(prompt: str, size: str = "1024x1024", seed: int = 0) -> Image.Image:
    """An RGB picture of the prompt; the same for the same prompt, size and seed. `size` is one of `SIZES`."""
    width, height = (int(side) for side in size.split("x"))
    scene = compose(prompt, width, height, seed)
    canvas = sky(scene)
    canvas = mountains(scene, canvas)
    canvas = water(scene, canvas)
    canvas = foreground(scene, canvas)
    canvas = air(scene, canvas)
    canvas = paper(scene, canvas)
    return Image.fromarray(np.rint(np.clip(canvas, 0, 1) * 255).astype(np.uint8))


def encode(picture: Image.Image, form: str) -> bytes:
    """The picture as a file of one of `FORMATS`."""
    target = io.BytesIO()
    picture.save(target, FORMATS[form], quality=90)
    return target.getvalue()


def compose(prompt: str, width: int, height: int, seed: int) -> Scene:
    """What the prompt's words choose, and dice for the rest."""
    digest = hashlib.sha256(f"{seed}\0{prompt}".encode("utf-8", "replace")).digest()
    random = np.random.default_rng(np.frombuffer(digest, np.uint32))
    table, words = _table(), prompt.casefold()
    hour = _named(table["hours"], words) or _drawn(table["hours"], random)
    season = _named(table["seasons"], words) or _drawn(table["seasons"], random)
    things = {
        name for name, thing in table["things"].items() if _names(thing, words) or random.random() < thing["chance"]
    }
    if "boat" in things:
        things.add("water")
    return Scene(hour, season, frozenset(things), random, width, height)


def _names(entry: dict[str, Any], words: str) -> bool:
    latin = set("".join(letter if letter.isalnum() else " " for letter in words).split())
    return any(word in latin if word.isascii() else word in words for word in entry["words"])


def _named(entries: dict[str, dict[str, Any]], words: str) -> dict[str, Any] | None:
    return next((entry for entry in entries.values() if _names(entry, words)), None)


def _drawn(entries: dict[str, _Choice], random: Random) -> _Choice:
    return list(entries.values())[int(random.integers(len(entries)))]


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files(__package__) / "painter.toml").read_text("utf-8"))


def colour(triple: list[int]) -> Canvas:
    """Three numbers of the table as a colour in 0..1."""
    return np.asarray(triple, np.float32) / np.float32(255)


def sky(scene: Scene) -> Canvas:
    """Three washes from top to horizon, a disc with its glow, and drawn-out cloud."""
    height, width, random = scene.height, scene.width, scene.random
    top, middle, low = (colour(triple) for triple in scene.hour["sky"])
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None] * np.float32(height / max(scene.horizon, 1))
    down = np.clip(down + (cloud(random, (height, width), 3) - 0.5) * 0.12, 0, 1)
    canvas = lay(np.broadcast_to(top, (height, width, 3)).astype(np.float32), middle, step(down, 0.0, 0.5))
    canvas = lay(canvas, low, step(down, 0.4, 0.85))
    canvas = light(scene, canvas)
    veil = step(cloud(random, (height, width), 2, stretch=5), 0.45, 1.0) * (1 - step(down, 0.3, 0.8))
    return lay(canvas, low * 0.5 + 0.5, veil * np.float32(0.38 * scene.hour["light"]))


def light(scene: Scene, canvas: Canvas) -> Canvas:
    """Sun or moon, with its glow; stars where it is dark."""
    random, unit = scene.random, scene.unit
    side = random.choice([0.24, 0.33, 0.68, 0.77])
    centre = (scene.width * (side + 0.06 * random.random()), scene.height * (0.16 + 0.12 * random.random()))
    hue, dark = colour(scene.hour["disc"]), scene.hour["light"] < 0.6
    if dark:
        canvas = stars(scene, canvas)
    for reach, strength in ((60, 0.2), (30, 0.24), (13, 0.3)):
        glow = disc(scene.height, scene.width, centre, reach * unit * 0.5, reach * unit)
        canvas = lay(canvas, hue, glow**2 * np.float32(strength))
    return lay(canvas, hue, disc(scene.height, scene.width, centre, unit * 6.2, max(1.5, unit * 0.3)))


def stars(scene: Scene, canvas: Canvas) -> Canvas:
    """Points of light, thinning out towards the horizon."""
    random, count = scene.random, 260
    field = np.zeros(canvas.shape[:2], np.float32)
    rows = (random.random(count) ** 1.6 * scene.height * 0.6).astype(int)
    columns = (random.random(count) * (scene.width - 1)).astype(int)
    field[rows, columns] = random.random(count) ** 2
    field[rows, columns + 1] = np.maximum(field[rows, columns + 1], field[rows, columns] * 0.35)
    return lay(canvas, np.ones(3, np.float32), field)


def mountains(scene: Scene, canvas: Canvas) -> Canvas:
    """Ridges from far to near, each darker than the one behind, and each sinking into mist at its foot."""
    mist = colour(scene.hour["sky"][2])
    far, near = colour(scene.season["far"]), colour(scene.season["near"])
    shade = np.float32(0.35 + 0.65 * scene.hour["light"])
    for layer in range(_LAYERS):
        depth = layer / (_LAYERS - 1)
        hue = (far + (near - far) * np.float32(depth**0.9)) * shade
        hue = hue + (mist - hue) * np.float32(0.42 * (1 - depth) ** 1.2)
        canvas = mountain(scene, canvas, depth, hue, mist)
    return canvas


def mountain(scene: Scene, canvas: Canvas, depth: float, hue: Canvas, mist: Canvas) -> Canvas:
    """One ridge: a wash dark at its crest, strokes that run down it, and mist that rises from its foot."""
    random, height, width = scene.random, scene.height, scene.width
    reach = height * (0.3 - 0.1 * depth) * (0.75 + 0.5 * random.random())
    foot = scene.horizon * (0.5 + 0.46 * depth)
    line = foot - reach * ridge(random, width, 1.3 + 2.2 * random.random() + depth, 0.5)
    below = np.arange(height, dtype=np.float32)[:, None] - line[None, :].astype(np.float32)
    soft = max(0.8, scene.unit * (0.35 - 0.28 * depth))
    body = step(below, -soft, soft)
    fall = np.clip(below / np.float32(reach * 1.25), 0, 1)
    strokes = cloud(random, (height, width), 26, stretch=0.32, octaves=3)
    lit = hue + (mist - hue) * (step(strokes, 0.5, 1.0) * (1 - fall) * np.float32(0.28))[..., None]
    lit = snow(scene, lit, below, strokes, reach)
    canvas = lay(canvas, lit, body * (1 - fall**1.4 * np.float32(0.94 - 0.3 * depth)))
    canvas = forest(scene, canvas, line, depth, hue)
    drift = cloud(random, (height, width), 2.5, stretch=3.2)
    fog = step(fall, 0.25, 1.0) * body * (0.35 + 0.65 * drift)
    return lay(canvas, mist, fog * np.float32(0.8 * (1 - depth * 0.75)))


def snow(scene: Scene, lit: Canvas, below: Mask, strokes: Mask, reach: float) -> Canvas:
    """White crests in winter, and the season's colour brushed over the slopes otherwise."""
    accent = colour(scene.season["accent"]) * np.float32(0.4 + 0.6 * scene.hour["light"])
    winter = scene.season["accent"][2] > 240
    depth = np.float32(reach * (0.42 if winter else 0.9))
    brushed = step(strokes, 0.3, 0.75) if winter else step(1 - strokes, 0.45, 0.95)
    return lay(lit, accent, brushed * (1 - step(below / depth, 0.2, 1.0)) * np.float32(0.85 if winter else 0.3))


def forest(scene: Scene, canvas: Canvas, line: Mask, depth: float, hue: Canvas) -> Canvas:
    """Pines along the nearer crests, in clumps."""
    if depth < 0.55:
        return canvas
    random, trees = scene.random, Silhouettes(scene.height, scene.width)
    clumps = cloud(random, (2, scene.width), 5)[0]
    for _ in range(round(90 * scene.width / min(scene.width, scene.height))):
        x = int(random.random() * scene.width)
        if clumps[x] > 0.45 and x < scene.width:
            tall = scene.unit * (1.2 + 4.4 * (depth - 0.4)) * (0.6 + 0.8 * random.random())
            trees.pine(random, x, float(line[x]) + tall * 0.12, tall)
    return lay(canvas, hue * np.float32(0.72), trees.mask() * np.float32(0.5 + 0.45 * depth))


def water(scene: Scene, canvas: Canvas) -> Canvas:
    """Below the horizon: the upper picture turned over, drawn out by ripples, and paled."""
    top, depth = scene.horizon, scene.height - scene.horizon
    if not depth:
        return canvas
    rows = np.arange(depth, dtype=np.float32)[:, None]
    ripple = cloud(scene.random, (depth, scene.width), 5, stretch=26, octaves=2) - np.float32(0.5)
    near = np.float32(0.25) + rows / np.float32(depth)
    sources = np.clip(top - 1 - rows * 2.3 + ripple * near * scene.unit * 5, 0, top - 1).astype(int)
    columns = np.clip(np.arange(scene.width) + ripple * near * scene.unit * 2.5, 0, scene.width - 1).astype(int)
    mirrored = canvas[sources, columns]
    low = colour(scene.hour["sky"][2]) * np.float32(0.55 + 0.4 * scene.hour["light"])
    veil = 0.28 + 0.25 * step(ripple, 0.1, 0.5) + 0.2 * np.exp(-rows / np.float32(scene.unit * 3))
    canvas[top:] = lay(mirrored * np.float32(0.92), low, np.asarray(veil, np.float32))
    return canvas


def foreground(scene: Scene, canvas: Canvas) -> Canvas:
    """What is small and dark: a pagoda on a slope, a boat on the water, birds in the air."""
    random, unit, shapes = scene.random, scene.unit, Silhouettes(scene.height, scene.width)
    if "pagoda" in scene.things:
        shapes.pagoda(scene.width * (0.16 + 0.6 * random.random()), scene.horizon * 0.86, unit * 14)
    if "boat" in scene.things:
        boat_row = scene.horizon + (scene.height - scene.horizon) * (0.3 + 0.3 * random.random())
        shapes.boat(scene.width * (0.25 + 0.35 * random.random()), boat_row, unit * 13)
    if "birds" in scene.things:
        flock(scene, shapes)
    ink = colour(scene.season["near"]) * np.float32(0.2 + 0.35 * scene.hour["light"])
    return lay(canvas, ink, shapes.mask() * np.float32(0.92))


def flock(scene: Scene, shapes: Silhouettes) -> None:
    """Birds in a loose line."""
    random, unit = scene.random, scene.unit
    x, y = scene.width * (0.3 + 0.3 * random.random()), scene.height * (0.2 + 0.12 * random.random())
    for number in range(int(random.integers(5, 10))):
        away = number * unit * 3.4
        jitter = random.normal(0, unit * 0.9, 2)
        span = unit * (1.9 - 0.12 * number) * (0.85 + 0.3 * random.random())
        shapes.bird(x + away + jitter[0], y - away * 0.28 + jitter[1], max(span, unit * 0.7), random.normal(0, 0.12))


def air(scene: Scene, canvas: Canvas) -> Canvas:
    """Petals, leaves or flakes adrift, in the season's colour."""
    if "falling" not in scene.things:
        return canvas
    random, flakes = scene.random, Silhouettes(scene.height, scene.width)
    for _ in range(150):
        x, y = random.random() * scene.width, random.random() * scene.height
        size, turn = scene.unit * (0.16 + 0.5 * random.random() ** 3), random.random() * 3.14
        along, across = (
            (np.cos(turn) * size, np.sin(turn) * size),
            (-np.sin(turn) * size * 0.6, np.cos(turn) * size * 0.6),
        )
        tips = [(x + along[0], y + along[1]), (x + across[0], y + across[1]), (x - along[0], y - along[1])]
        flakes.shape([*tips, (x - across[0], y - across[1])], shade=int(90 + 150 * random.random()))
    return lay(canvas, colour(scene.season["accent"]), flakes.mask() * np.float32(0.9))


def paper(scene: Scene, canvas: Canvas) -> Canvas:
    """Fibres of the paper, a breath of darkness at the edges, and the painter's red seal."""
    random, height, width = scene.random, scene.height, scene.width
    fibre = cloud(random, (height, width), 60, stretch=0.5, octaves=3) - np.float32(0.5)
    grain = random.normal(0, 0.008, (height, width)).astype(np.float32)
    canvas = canvas * (1 + fibre * np.float32(0.035) + grain)[..., None]
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    canvas = canvas * (1 - np.float32(0.2) * step(np.hypot(x, y), 0.75, 1.5))[..., None]
    return lay(canvas, colour([176, 42, 34]), seal(scene) * (0.72 + fibre * np.float32(0.5)))


def seal(scene: Scene) -> Mask:
    """A small square seal in the lower left: a red field with a mountain left white."""
    unit, stamp = scene.unit, Silhouettes(scene.height, scene.width)
    left, low, side = unit * 5, scene.height - unit * 5, unit * 5.6
    stamp.shape([(left, low), (left + side, low), (left + side, low - side), (left, low - side)])
    for peak, tall in ((0.28, 0.42), (0.5, 0.7), (0.72, 0.42)):
        foot, top = low - side * 0.18, low - side * (0.18 + tall)
        stamp.stroke([(left + side * peak, foot), (left + side * peak, top)], side * 0.1, shade=0)
    stamp.stroke([(left + side * 0.23, low - side * 0.2), (left + side * 0.77, low - side * 0.2)], side * 0.1, shade=0)
    return stamp.mask()

"""What Chromium shows of a file of ours, as pixels."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tools.browser import find_or_install

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
Pixels = NDArray[np.float64]


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find_or_install(), args=list(FLAGS))
        yield running
        running.close()


def shown(browser: Browser, file: Path, size: tuple[int, int], *, scripts: bool = True) -> Image.Image:
    """The window with this file in it."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, java_script_enabled=scripts, color_scheme="light"
    )
    page = context.new_page()
    page.goto(file.as_uri())
    data = page.screenshot()
    context.close()
    return Image.open(io.BytesIO(data)).convert("RGB")


def grey(picture: Image.Image) -> Pixels:
    """The brightness of each pixel in 0..255, [height, width]."""
    return np.asarray(picture.convert("L"), np.float64)


def box_of(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is set."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def contrast(picture: Image.Image) -> float:
    """The contrast of the lightest and the darkest pixel (WCAG 2.2)."""
    values = np.asarray(picture, np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
    return float((linear.max() + 0.05) / (linear.min() + 0.05))

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.demo.upstream.painter import SIZES, compose, paint


def brightness(prompt: str) -> float:
    return float(np.asarray(paint(prompt, "256x256").convert("L")).mean())


def test_the_hour_is_seen() -> None:
    """Words choose the light: night is darker than noon, in both languages."""
    assert brightness("mountains at night") < brightness("mountains at noon") - 30
    assert brightness("夜色中的群山") < brightness("晴朗正午的群山") - 30


@pytest.mark.parametrize(
    ("prompt", "things"),
    [("a boat on the lake", {"boat", "water"}), ("飞鹤与古塔", {"birds", "pagoda"}), ("Petals falling", {"falling"})],
)
def test_named_things_are_painted(prompt: str, things: set[str]) -> None:
    """What a prompt names stands in the picture, whatever the dice say; a boat brings its water."""
    for seed in range(8):
        assert things <= compose(prompt, 256, 256, seed).things


@settings(deadline=None, max_examples=12)
@given(st.text(min_size=1, max_size=60), st.integers(0, 2**32))
def test_any_prompt_paints_a_picture(prompt: str, seed: int) -> None:
    """Every prompt gives a picture with light and dark in it, and the same one again."""
    first = np.asarray(paint(prompt, "256x256", seed))
    assert first.shape == (256, 256, 3)
    assert first.std() > 12
    assert np.array_equal(first, np.asarray(paint(prompt, "256x256", seed)))


@pytest.mark.parametrize("size", [size for size in SIZES if "1792" in size])
def test_wide_and_tall_pictures_have_their_size(size: str) -> None:
    """The longest formats are painted as asked."""
    width, height = paint("a lake with a boat and petals", size).size
    assert f"{width}x{height}" == size

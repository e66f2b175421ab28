"""What comes with the room: the 31 risk classes, and a library of invented terms to try everything with."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sealmark.review.lexicon import Library


@dataclass(frozen=True, slots=True)
class Risk:
    """One class of risk of TC260-003 and GB/T 45654-2025, such as A1.6."""

    id: str
    zh: str
    en: str


@cache
def seed_library() -> Library:
    """The seed library: harmless invented terms over all risk classes."""
    return Library.from_toml(_data("seed_library.toml"))


@cache
def risks() -> tuple[Risk, ...]:
    """The risk classes in the standard's order."""
    import tomllib

    return tuple(Risk(**row) for row in tomllib.loads(_data("risks.toml"))["risk"])


def _data(name: str) -> str:
    return files("sealmark.review").joinpath("data", name).read_text(encoding="utf-8")

"""The service → mark map: which technologies and classes there are, and what a class's items get (Art. 17, 23)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Explicit = Literal["always", "offered"]
OTHER = "other"  # Art. 17, second paragraph


@dataclass(frozen=True, slots=True)
class MarkingClass:
    """A class of Article 17: what its items get, and what it is in Chinese and English."""

    id: str
    zh: str
    en: str
    explicit: Explicit


@dataclass(frozen=True, slots=True)
class Technology:
    """One of the six technologies of Article 23."""

    number: int
    zh: str
    en: str


@cache
def classes() -> dict[str, MarkingClass]:
    """Every class by its id, `17(1)` to `17(5)` and `other`."""
    return {name: MarkingClass(name, **row) for name, row in _table()["class"].items()}


@cache
def technologies() -> dict[int, Technology]:
    """Every technology by its number in Article 23."""
    return {int(number): Technology(int(number), **row) for number, row in _table()["technology"].items()}


def default_class() -> str:
    """The class of a service that names none."""
    return str(_table()["default"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("marking.toml").read_text("utf-8"))

"""The wordings of the visible mark, from `data/wordings.toml`, and what makes one lawful."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any


def read(name: str) -> bytes:
    """The bytes of one file of `data/`."""
    return (resources.files(__package__) / "data" / name).read_bytes()


@cache
def table(name: str) -> dict[str, Any]:
    """One TOML file of `data/`, parsed once."""
    return tomllib.loads(read(name).decode())


def lawful(wording: str) -> bool:
    """Whether a wording holds both an AI element and a generation element (GB 45438 5.1-5.6)."""
    elements = table("wordings.toml")["elements"]
    return any(part in wording for part in elements["ai"]) and any(part in wording for part in elements["generation"])


def cells(wording: str) -> list[str]:
    """The cells of an upright column: each Chinese character, and each Latin word whole."""
    found: list[str] = []
    for character in wording:
        joins = found and character.isascii() and found[-1].isascii() and character != " "
        found[-1:] = [found[-1] + character] if joins else [*found[-1:], character]
    return [cell.strip() for cell in found if cell.strip()]

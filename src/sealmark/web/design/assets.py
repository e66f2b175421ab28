"""Styles, scripts and pictures as the browser gets them; nothing comes from another host."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable

KINDS: Mapping[str, str] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml; charset=utf-8",
}
FOLDERS = ("", "styles", "scripts", "pictures", "label")
# What pages of other hosts may link: the label that providers put beside what they generate (GB 45438 5.6).
EMBEDDED = frozenset(("aigc-label.css",))
_TOKEN = re.compile(r"var\((--[\w-]+)\)")
_DEFINED = re.compile(r"(--[\w-]+):\s*([^;]+);")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file to serve; `version` changes whenever its bytes do."""

    data: bytes
    media_type: str
    version: str


@cache
def all_assets() -> Mapping[str, Asset]:
    """Every asset by its name."""
    return {file.name: _asset(file) for file in _files() if _suffix(file) in KINDS}


def tokens() -> Mapping[str, str]:
    """The tokens in their light form, as `tokens.css` gives them first."""
    text = (resources.files(__package__) / "tokens.css").read_text("utf-8")
    found: dict[str, str] = {}
    for name, value in _DEFINED.findall(text):
        found.setdefault(name, value)
    return found


def _files() -> list[Traversable]:
    here = resources.files(__package__)
    return [file for folder in FOLDERS for file in (here / folder if folder else here).iterdir() if file.is_file()]


def _suffix(file: Traversable) -> str:
    return file.name.rpartition(".")[2]


def _asset(file: Traversable) -> Asset:
    data = file.read_bytes()
    if _suffix(file) == "svg":
        data = _with_colours(data.decode()).encode()
    return Asset(data, KINDS[_suffix(file)], sha256(data).hexdigest()[:12])


def _with_colours(picture: str) -> str:
    """A picture alone in a tab sees no style sheet: its tokens are filled in."""
    known = tokens()
    return _TOKEN.sub(lambda name: known[name.group(1)], picture)

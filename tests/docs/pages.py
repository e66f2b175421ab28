"""The documents, as the tests read them: pages, headings, links, code blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A code block: its language, empty where none is named, and its text."""

    language: str
    text: str


def documents() -> list[Path]:
    """Every page that people read: the documentation, the READMEs, the contributor's page."""
    return [*sorted(DOCS.rglob("*.md")), *READMES, ROOT / "CONTRIBUTING.md"]


def named(path: Path) -> str:
    """A page's name, for the test's id."""
    return path.relative_to(ROOT).as_posix()


@cache
def text(path: Path) -> str:
    return path.read_text("utf-8")


def blocks(path: Path, language: str | None = None) -> list[Block]:
    """The code blocks of a page, those of a language or all."""
    found = [Block(*match) for match in _FENCE.findall(text(path))]
    return [block for block in found if language is None or block.language == language]


def prose(path: Path) -> str:
    """A page without its code blocks."""
    return _FENCE.sub("", text(path))


def headings(path: Path) -> list[tuple[int, str]]:
    """The headings of a page: level and text."""
    return [(len(marks), words) for marks, words in _HEADING.findall(prose(path))]


def anchors(path: Path) -> set[str]:
    """What a link to a place in the page may name."""
    return {_slug(words) for _, words in headings(path)}


def links(path: Path) -> Iterator[tuple[Path, str]]:
    """The page's links to files of ours: target and anchor."""
    for link in _LINK.findall(prose(path)):
        if "://" not in link and not link.startswith("mailto:"):
            target, _, anchor = link.partition("#")
            yield ((path.parent / target).resolve() if target else path), anchor


def shell_lines(path: Path) -> list[str]:
    """The lines of a page's blocks without a language: commands and what they print."""
    return [line for block in blocks(path, "") for line in block.text.splitlines()]


def _slug(words: str) -> str:
    """A heading's anchor, as the site and most forges make it."""
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")

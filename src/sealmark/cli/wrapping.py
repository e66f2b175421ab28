"""Lines no wider than a column, for Chinese and English: a Chinese text may break between any two characters."""

import re

from rich.cells import cell_len
from rich.text import Text

# A run without blanks or Chinese characters, one Chinese character, or blanks; each with the closing marks after it,
# which never begin a line.
_CHINESE = "\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60\u201c\u2018"
_CLOSING = "\uff0c\u3002\uff1b\uff1a\uff01\uff1f\u3001\uff09\u300b\u300d\u201d\u2019\u2026,.;:!?)"
_PIECE = re.compile(rf"\s+|[{_CHINESE}][{_CLOSING}]*|[^\s{_CHINESE}]+[{_CLOSING}]*")


def wrapped(text: str, width: int) -> str:
    """The text with line breaks such that no line is wider than `width` columns, where a break is allowed."""
    return "\n".join(line for paragraph in text.split("\n") for line in _lines(paragraph, width))


def fitted(text: Text, width: int) -> Text:
    """As `wrapped`, of a text with styles."""
    parts, at = [], 0
    for line in wrapped(text.plain, width).split("\n"):
        start = text.plain.index(line, at)
        at = start + len(line)
        parts.append(text[start:at])
    return Text("\n").join(parts)


def _lines(paragraph: str, width: int) -> list[str]:
    lines, line = [], ""
    for piece in _PIECE.findall(paragraph):
        if line and cell_len(line) + cell_len(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line or not lines else piece.lstrip()  # a paragraph keeps its own indent
    return [*lines, line.rstrip()]

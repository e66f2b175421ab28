"""What the instructions of a page leave open behind them (ISO 32000-2, 7.8.2, 8.4.2, 14.6).

Whoever adds to a page must know: what stands behind a state that was never restored is turned, clipped or coloured by
it, and behind a hidden layer that was never ended is not seen at all.
"""

import re
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.document.pdf_syntax import damaged

_MOST_OPEN = 1024
_DELIMITER = rb"\x00\t\n\x0c\r ()<>\[\]{}%"
_TOKEN = re.compile(
    rb"\([^()\\]*+\)|(?<!<)<(?!<)[^>]*+>|%[^\r\n]*+|(?P<open>\()"
    rb"|(?<![^" + _DELIMITER + rb"])(?P<word>q|Q|BT|ET|BMC|BDC|EMC|BI)(?![^" + _DELIMITER + rb"/])"
)
_MARK = re.compile(rb"[()\\]")
_IMAGE_DATA = re.compile(rb"(?<![^" + _DELIMITER + rb"])ID[\x00\t\n\x0c\r ]")
# Behind the end of an image stand instructions, which are printable; its data seldom looks so by chance.
_IMAGE_END = re.compile(
    rb"(?<=[\x00\t\n\x0c\r ])EI(?=[\t\n\x0c\r ][\t\n\x0c\r -~]{0,12}(?:\Z|[\t\n\x0c\r -~]{4}))|EI\s*\Z"
)


@dataclass(frozen=True, slots=True)
class Open:
    """What is open at the end: saved states, marked content, a text object; and states restored but never saved."""

    states: int = 0
    marked: int = 0
    text: bool = False
    below: int = 0

    @property
    def closing(self) -> bytes:
        """The operators that end all of it."""
        return b"ET\n" * self.text + b"EMC\n" * self.marked + b"Q\n" * self.states


def left_open(content: bytes) -> Open:
    """What a whole page's instructions leave open; raises `Damaged` where a string or an image has no end."""
    states = marked = below = at = 0
    text = False
    while token := _TOKEN.search(content, at):
        at = token.end()
        match token.group("word"):
            case None:
                at = _string_end(content, at) if token.group("open") else at
            case b"q":
                states += 1
            case b"Q":
                states, below = (states - 1, below) if states else (0, below + 1)
            case b"BMC" | b"BDC":
                marked += 1
            case b"EMC":
                marked = max(marked - 1, 0)
            case b"BI":
                at = _image_end(content, at)
            case word:
                text = word == b"BT"
    if max(states, marked, below) > _MOST_OPEN:
        raise damaged(**why("页面内容的嵌套", "how a page's content is nested"))
    return Open(states, marked, text, below)


def _string_end(content: bytes, at: int) -> int:
    """Behind the parenthesis that closes the one before `at`."""
    depth = 1
    while depth:
        mark = _MARK.search(content, at)
        if mark is None:
            raise damaged(**why("页面内容中的字符串没有结束", "a string in a page's content does not end"))
        at = mark.end() + (mark.group() == b"\\")
        depth += {b"(": 1, b")": -1}.get(mark.group(), 0)
    return at


def _image_end(content: bytes, at: int) -> int:
    """Behind the image whose dictionary begins at `at` (8.9.7)."""
    data = _IMAGE_DATA.search(content, at)
    end = _IMAGE_END.search(content, data.end()) if data else None
    if end is None:
        raise damaged(**why("页面内容中的图像没有结束", "an image in a page's content does not end"))
    return end.end()

"""The visible mark of an HTML page: an element at the start of its body that the page's own styles cannot hide.

On a page it stays in a corner of the window, whatever is scrolled, and on every printed sheet (GB 45438 5.6: shown
continuously); in a fragment or a book, whose window is not its own, it is the first line (5.1). It stands in the
element's own `style` with `all: initial` and `!important`, which no rule of a style sheet and no animation overrides
(CSS Cascading 5, 6.1), and needs no script.
"""

import html as references
import re
from collections.abc import Iterator
from typing import Literal, get_args

from sealmark.errors import Language
from sealmark.marks.explicit.errors import UnlawfulWording
from sealmark.marks.explicit.options import Corner
from sealmark.marks.explicit.wording import lawful, table
from sealmark.media.text.html_body import Body
from sealmark.media.text.markup import escaped

Manner = Literal["page", "fragment", "book"]
_FONT = "'PingFang SC','Noto Sans SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif"
# White on this stands at 15:1 over white paper.
_LOOK = (
    "visibility:visible;opacity:1;background:rgba(14,16,20,.88);color:#fff;font-family:" + _FONT + ";font-weight:700;"
    "line-height:1.5;white-space:nowrap;border-radius:6px;padding:3px 10px;z-index:2147483647;pointer-events:none;"
    "print-color-adjust:exact;-webkit-print-color-adjust:exact"
)
_SIZES = {"page": "max(14px,1.8vmin)", "fragment": "14px", "book": "0.9em"}
_OURS = re.compile(rb'<(?:[\w.-]++:)?div class="aigc-mark" [^<>]*+>([^<>]{1,400})</')


def said(wording: str, language: Language) -> str:
    """What the mark says: the wording, in English with its translation; raises `UnlawfulWording`."""
    if not lawful(wording):
        raise UnlawfulWording(wording=wording)
    return wording + str(table("wordings.toml")["written"][language]["beside"])


def element(words: str, body: Body, manner: Manner, corner: Corner = "bottom_right") -> str:
    """The mark for this body. In a book it bears only attributes that XHTML 1.1 has, which EPUB 2 asks for."""
    prefix = body.prefix.decode("latin-1")
    about = 'xml:lang="zh-CN"' if manner == "book" else 'lang="zh-CN" role="note"'
    style = ";".join(f"{one}!important" for one in _declarations(manner, corner))
    return f'<{prefix}div class="aigc-mark" {about} style="{style}">{escaped(words)}</{prefix}div>'


def there(data: bytes, body: Body, manner: Manner, encoding: str) -> tuple[str, Corner] | None:
    """What our mark at the start of this body says, and its corner; nothing where none stands there as we make it."""
    match = _OURS.match(data, len(data) - len(data[body.start :].lstrip()))
    if match is None:
        return None
    words = references.unescape(match.group(1).decode(encoding, "replace"))
    for corner in get_args(Corner):
        made = element(words, body, manner, corner).encode(encoding, "xmlcharrefreplace")
        if data.startswith(made, match.start()):
            return words, corner
    return None


def _declarations(manner: Manner, corner: Corner) -> Iterator[str]:
    yield "all:initial"
    yield from _LOOK.split(";")
    yield f"font-size:{_SIZES[manner]}"
    if manner != "page":
        yield from ("display:table", "position:relative", "margin:0 0 10px")
        return
    yield from ("display:block", "position:fixed")
    yield "right:12px" if corner.endswith("right") else "left:12px"
    yield "bottom:12px" if corner.startswith("bottom") else "top:12px"

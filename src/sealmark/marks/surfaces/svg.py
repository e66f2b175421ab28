"""SVG: outlines of a wording in a corner, above everything (GB 45438 5.2; Art. 17(3))."""

import html
import re
from collections.abc import Iterator
from itertools import islice
from typing import get_args

from sealmark.errors import SealmarkError
from sealmark.marks.explicit import svg as drawing
from sealmark.marks.explicit import text as written
from sealmark.marks.explicit.options import Corner
from sealmark.marks.explicit.wording import lawful
from sealmark.marks.finding import LayerFinding, Whereabouts
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import Format, Limits
from sealmark.media.image import svg
from sealmark.media.image.svg import Document
from sealmark.media.image.svg_view import View, view
from sealmark.media.pieces import Buffer

_TEXT = re.compile(rb"<(?:[\w.-]++:)?text(?=[\s>])")
_TEXT_END = re.compile(rb"</(?:[\w.-]++:)?text\s*+>")
_TAG = re.compile(r"<[^<>]*+>")
_MOST_TEXTS = 200  # a legend or a diagram; a mark stands among the first or is the last


def _mark(data: Buffer, _form: Format, asked: Asked) -> Shown:
    document = svg.parse(bytes(data))
    seen = view(document.attributes)
    if _is_marked(document, seen):
        return data, ()
    element = drawing.element(seen, wording=asked.explicit.wording, corner=asked.explicit.corner)
    return document.appended(element.encode("ascii", "xmlcharrefreplace")), ()


def _is_marked(document: Document, seen: View) -> bool:
    """Whether the last that is painted is a mark of ours, as we would draw it on this picture now."""
    last = drawing.places(document.data)[-1:]
    if not last or document.close is None:
        return False
    start, wording, _ = last[0]
    there = document.data[start : document.close].strip()
    return any(there == _drawn(seen, html.unescape(wording), corner) for corner in get_args(Corner))


def _drawn(seen: View, wording: str, corner: Corner) -> bytes:
    try:
        return drawing.element(seen, wording=wording, corner=corner).encode("ascii", "xmlcharrefreplace")
    except SealmarkError:
        return b""


def _find(data: Buffer, _form: Format, _limits: Limits) -> LayerFinding:
    whole = bytes(data)
    ours = [(html.unescape(wording), corner) for _, wording, corner in drawing.places(whole)]
    ours = [(wording, corner) for wording, corner in ours if lawful(wording)]
    others = [text for text in _texts(whole) if _is_mark(text)]
    if not ours and not others:
        zh, en = "图片上没有看到显式标识。", "The picture bears no visible mark."
        return LayerFinding("none", zh, en)
    words = "、".join(dict.fromkeys([*(wording for wording, _ in ours), *others]))
    zh, en = f"图片上有“{words}”字样的显式标识。", f"The picture bears a visible mark that reads {words}."
    place = ", ".join(dict.fromkeys(corner for _, corner in ours)) or "text"
    return LayerFinding("found", zh, en, place, where=_where(whole, ours) if ours else None)


def _where(data: bytes, marks: list[tuple[str, Corner]]) -> Whereabouts | None:
    """The plates of our marks on what is seen of the picture; nothing where that cannot be told."""
    document, _ = svg.remains(data)
    try:
        seen = view(document.attributes if document else {})
        boxes = dict.fromkeys(drawing.box_of(seen, wording, corner) for wording, corner in marks)
    except SealmarkError:
        return None
    return Whereabouts(tuple(boxes), seen.shown[0] / seen.shown[1])


def _texts(data: bytes) -> list[str]:
    """The texts of a picture as they stand in it, one an element."""
    return list(islice(_each_text(data), _MOST_TEXTS))


def _each_text(data: bytes) -> Iterator[str]:
    at = 0
    while (begin := _TEXT.search(data, at)) and (end := _TEXT_END.search(data, begin.end())):
        at = end.end()
        inside = data[begin.end() : min(end.start(), begin.end() + 4000)].decode("utf-8", "replace")
        yield " ".join(html.unescape(_TAG.sub("", inside.partition(">")[2])).split())


def _is_mark(text: str) -> bool:
    """Whether a text is nothing but an accepted wording, with both elements."""
    return any(trace.end - trace.start >= len(text) - 2 for trace in written.find(text))


SURFACE = Surface(_mark, find=_find)

"""HTML: a label at the start of the body, in a corner of the window (GB 45438 5.1, 5.6; Art. 17(1))."""

import codecs
from typing import Literal

from sealmark.marks.explicit import html as drawing
from sealmark.marks.explicit import text as written
from sealmark.marks.finding import LayerFinding
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import Format, Limits
from sealmark.media.pieces import Buffer
from sealmark.media.text import html, html_body
from sealmark.media.text.html_body import Body


def _mark(data: Buffer, _form: Format, asked: Asked) -> Shown:
    document = html.parse(bytes(data))
    words = drawing.said(asked.explicit.wording, asked.explicit.language)
    body = html_body.body(document.data)
    manner = _manner(body)
    if drawing.there(document.data, body, manner, document.encoding):
        return data, ()
    element = drawing.element(words, body, manner, asked.explicit.corner)
    coded = element.encode(document.encoding, "xmlcharrefreplace")
    return document.data[: body.start] + coded + document.data[body.start :], ()


def _manner(body: Body) -> Literal["page", "fragment"]:
    return "page" if body.is_document else "fragment"


def _find(data: Buffer, _form: Format, _limits: Limits) -> LayerFinding:
    whole = bytes(data)
    body = html_body.body(whole)
    encoding = _encoding(whole[: body.start])
    ours = drawing.there(whole, body, _manner(body), encoding)
    if ours:
        return _found(ours[1] if body.is_document else "start")
    places = said_at(*html_body.words(whole, body.start, encoding))
    return _found(", ".join(places)) if places else _NONE


def said_at(first: str, last: str) -> list[str]:
    """At which ends of a document a wording stands that anyone wrote."""
    starts = [one.place for one in written.find(first) if one.place == "start"]
    ends = [one.place for one in written.find(last) if one.place == "end"]
    return [*starts, *ends]


def _encoding(head: bytes) -> str:
    document, _ = html.remains(head)
    try:
        return codecs.lookup(document.encoding).name
    except (LookupError, ValueError):  # a name that is none, or holds what no name does
        return "utf-8"


_NONE = LayerFinding(
    "none", "网页开头与结尾没有看到显式标识。", "No visible mark stands at the start or the end of the page."
)


def _found(place: str) -> LayerFinding:
    return LayerFinding("found", "网页带有可见的生成合成标识。", "The page bears a visible mark of generation.", place)


SURFACE = Surface(_mark, find=_find)

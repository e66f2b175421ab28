"""HTML: `<meta name="AIGC" content="{…}">` in the head, for which there is no rule (labels.md 3.4).

Documented metadata names are the standard's own way to describe a document (HTML Living Standard, 4.2.5), and what
one provider already writes. It stands as early as it can: right behind the declaration of the encoding, which must
be in the first 1,024 bytes, or at the start of a fragment. Written in ASCII, it reads alike in every encoding.
"""

from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Found, Remains, found, gathered, whole
from sealmark.media.text import html
from sealmark.media.text.html import Document, Tag

NAME = "aigc"  # compared without case
_PLACE = "HTML meta AIGC"
_REFERENCES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def remains(data: bytes) -> Remains:
    """Every label in a document, whole or not."""
    document, damage = html.remains(data)
    return gathered(_labels(document), lambda tag: [_found(document, tag)], damage)


def _labels(document: Document) -> list[Tag]:
    return [tag for tag in document.metas if html.is_named(html.attributes(document.data, tag), NAME)]


def _found(document: Document, tag: Tag) -> Found:
    try:
        values = html.attributes(document.data, tag, document.encoding)
    except (LookupError, ValueError):  # an encoding of its own making, or one whose name holds a zero
        values = html.attributes(document.data, tag)
    return found(values.get("content", ""), _PLACE, main=tag.start <= document.head_end)


def write(data: bytes, label: Label) -> bytes:
    """The document with this label as its one label; every other byte stays as it is."""
    document = html.parse(data)
    bare = _without(document)
    begin = document.begin if bare == data else html.parse(bare).begin
    content = label.inner().translate(_REFERENCES).encode("ascii", "xmlcharrefreplace")
    return bare[:begin] + b'<meta name="AIGC" content="' + content + b'" />' + bare[begin:]


def _without(document: Document) -> bytes:
    parts, at = [], 0
    for tag in _labels(document):
        parts.append(document.data[at : tag.start])
        at = tag.stop
    return b"".join((*parts, document.data[at:]))


CARRIER = whole("html", remains, write)

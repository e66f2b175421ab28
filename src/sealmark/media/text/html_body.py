"""Where the body of an HTML document begins, and the words that a reader sees first and last in it.

An implied body begins where the standard's tree builder opens one (HTML Living Standard, 13.2.6.4.3 to 13.2.6.4.7):
at the first text, or the first tag that no head holds. In XHTML nothing is implied.
"""

import html as references
import re
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.text import html
from sealmark.media.text.html import Tag, tag_at

_REACH = 65536  # bytes at either end of a body in which words are looked for
_SHELL = frozenset(("html", "head"))
# Whose content shows nothing where it stands, or only where scripts are off.
_UNSEEN = frozenset(("noscript", "template"))
_BLANKS = re.compile(rb"[ \t\r\n\f]*+")
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|title|template|noscript|textarea|select)(?=[\s>]).*?(?:</\1\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_CUT_OFF = re.compile(r"\A.*</(?:script|style|template)\s*>|\A[^<>]*>", re.DOTALL | re.IGNORECASE)
_LINE = re.compile(
    r"</?(?:p|div|br|li|h[1-6]|tr|section|article|header|footer|aside|main|nav|blockquote|figure)\b[^>]*>", re.I
)
_ANY = re.compile(r"<[^<>]*+>")
_SPACES = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class Body:
    """Where a body's content begins, and whether it is the body of a document or of a fragment.

    `prefix` is what the body's tag is written with in XHTML, colon and all.
    """

    start: int
    is_document: bool
    prefix: bytes = b""


def body(data: bytes, *, xml: bool | None = None) -> Body:
    """Where the body begins, of XHTML where the caller or the document itself says so.

    Raises `Damaged` where the head does not end, or where there are frames instead.
    """
    xml = html.is_xml(data) if xml is None else xml
    at, seen = len(html.BOM) if data.startswith(html.BOM) else 0, False
    while True:
        at = _next(data, at, whatever=xml and seen)
        if html.MARKUP.match(data, at) is None:
            return _implied(at, seen=seen, xml=xml)
        tag = tag_at(data, at, xml=xml)
        name = tag.name.rpartition(":")[2] if xml else tag.name
        if name == "body" and not tag.closing:
            return _body(data, tag, xml=xml)
        if name == "frameset":
            raise Damaged(format="HTML", **why("框架页没有正文", "a page of frames has no body"))
        if not _is_before(tag, name) and not (xml and seen):
            return _implied(at, seen=seen, xml=xml)
        seen = seen or name in _SHELL or name == "!doctype"
        at = _behind(data, tag, xml=xml)


def _is_before(tag: Tag, name: str) -> bool:
    """Whether a tag may stand before the body."""
    if tag.closing:
        return name in html.OF_HEAD or name == "head"
    return name in html.OF_HEAD or name in _SHELL or name.startswith("!") or name == "?"


def _implied(at: int, *, seen: bool, xml: bool) -> Body:
    if xml and seen:
        raise Damaged(format="HTML", **why("XHTML 没有 body 元素", "XHTML without an element body"))
    return Body(at, is_document=seen)


def _body(data: bytes, tag: Tag, *, xml: bool) -> Body:
    if xml and data[tag.stop - 2 : tag.stop] == b"/>":
        raise Damaged(format="HTML", **why("正文是空元素", "the body is an empty element"))
    prefix = data[tag.start + 1 : tag.start + 1 + len(tag.name) - len("body")]
    return Body(tag.stop, is_document=True, prefix=prefix)


def _next(data: bytes, at: int, *, whatever: bool) -> int:
    """Behind white space; or, where only the body's own tag opens it, at the next markup, whatever stands before."""
    if whatever:
        markup = html.MARKUP.search(data, at)
        return markup.start() if markup else len(data)
    match = _BLANKS.match(data, at)
    return match.end() if match else at


def _behind(data: bytes, tag: Tag, *, xml: bool) -> int:
    """Behind a tag, and behind the whole of an element that shows nothing."""
    if tag.name not in _UNSEEN or tag.closing or (xml and data[tag.stop - 2 : tag.stop] == b"/>"):
        return tag.stop
    depth = 1  # a template may hold others
    for edge in re.compile(rb"<(/?)" + tag.name.encode() + rb"(?=[\s/>])[^>]*+>", re.IGNORECASE).finditer(
        data, tag.stop
    ):
        depth += -1 if edge.group(1) else 1
        if not depth:
            return edge.end()
    raise Damaged(format="HTML", **why(f"{tag.name} 元素没有结束", f"an element {tag.name} does not end"))


def words(data: bytes, start: int, encoding: str = "utf-8") -> tuple[str, str]:
    """The words that stand first and last in a body, of a bounded stretch at either end; lines stay lines."""
    first = data[start : start + _REACH].decode(encoding, "replace")
    if len(data) - start <= _REACH:
        shown = _shown(first)
        return shown, shown
    last = data[max(start, len(data) - _REACH // 4) :].decode(encoding, "replace")
    return _shown(first), _shown(_CUT_OFF.sub("", last))


def _shown(markup: str) -> str:
    """The words of markup without what is not seen."""
    bare = _ANY.sub("", _LINE.sub("\n", _HIDDEN.sub("", markup)))
    return _SPACES.sub(" ", references.unescape(bare)).strip()

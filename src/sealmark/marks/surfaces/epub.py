"""EPUB: a label at the head of every document of the spine (GB 45438 5.1: start, and suitable middle; Art. 17(1)).

Every one, as a header stands on every page of a PDF: reading systems open a book where its text begins, behind the
cover, and go on where the reader stopped, so that who sees only the first document may never see a mark.
"""

from collections.abc import Iterator

from sealmark.errors import why
from sealmark.marks.errors import SignedPackage
from sealmark.marks.explicit import html as drawing
from sealmark.marks.finding import LayerFinding
from sealmark.marks.surfaces import html as page
from sealmark.marks.surfaces import svg as picture
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import Format, Limits, pieces
from sealmark.media.containers import package
from sealmark.media.containers.package import Package
from sealmark.media.document import epub
from sealmark.media.document.epub import Chapter
from sealmark.media.errors import Damaged, Encrypted, TooLarge
from sealmark.media.pieces import Buffer
from sealmark.media.text import html_body

_LOOKED_AT = 3  # documents at the beginning: a cover, a title page, a text
_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def _mark(data: Buffer, form: Format, asked: Asked) -> Shown:
    whole = package.parse(bytes(data), epub.NAME)
    if whole.name(epub.SIGNATURES):
        raise SignedPackage(format=epub.NAME)
    chapters = _chapters(whole)
    _check(whole, chapters, asked.limits)
    contents = ((chapter, whole.content(chapter.part)) for chapter in chapters)
    marked = {chapter.part: (content, _marked(chapter, content, form, asked)) for chapter, content in contents}
    if not marked:
        raise Damaged(format=epub.NAME, **why("没有可读的文档", "no document to read"))
    changes = {part: new for part, (old, new) in marked.items() if new != old}
    return (pieces.joined(whole.data, whole.edited(changes)) if changes else data), ()


def _chapters(whole: Package) -> list[Chapter]:
    """The documents of every rendition's spine that a mark can stand in; what else stands there has a fallback."""
    found = (one for part in epub.packages(whole) for one in epub.spine(whole, part))
    return [one for one in dict.fromkeys(found) if one.media_type in epub.XHTML or one.media_type == epub.SVG]


def _check(whole: Package, chapters: list[Chapter], limits: Limits) -> None:
    """Raise where the documents cannot be read, or would unfold to too much."""
    if epub.encrypted(whole) & {chapter.part.lower() for chapter in chapters}:
        raise Encrypted(format=epub.NAME)
    entries = (whole.archive.find(chapter.part) for chapter in chapters)
    if sum(entry.size for entry in entries if entry) > limits.size:
        raise TooLarge(limit=limits.size)


def _marked(chapter: Chapter, content: bytes, form: Format, asked: Asked) -> bytes:
    """The document with its mark; in the coding that it has."""
    if chapter.media_type == epub.SVG:
        return bytes(picture.SURFACE.mark(content, form, asked)[0])
    coding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    text = content if coding == "utf-8" else content.decode(coding, "surrogatepass").encode("utf-8", "surrogatepass")
    body = html_body.body(text, xml=True)
    words = drawing.said(asked.explicit.wording, asked.explicit.language)
    if drawing.there(text, body, "book", "ascii"):
        return content
    # In references, the mark reads alike whatever encoding an old document declares.
    element = drawing.element(words, body, "book").encode("ascii", "xmlcharrefreplace")
    new = text[: body.start] + element + text[body.start :]
    return new if coding == "utf-8" else new.decode("utf-8", "surrogatepass").encode(coding, "surrogatepass")


def _find(data: Buffer, form: Format, limits: Limits) -> LayerFinding:
    whole, damage = package.remains(bytes(data), epub.NAME)
    if damage is not None:
        raise damage
    chapters = _chapters(whole)[:_LOOKED_AT]
    if epub.encrypted(whole) & {chapter.part.lower() for chapter in chapters}:
        raise Encrypted(format=epub.NAME)
    places = [place for chapter in chapters for place in _seen(chapter, whole.content(chapter.part), form, limits)]
    if not places:
        zh, en = "书的开头没有看到显式标识。", "No visible mark stands at the beginning of the book."
        return LayerFinding("none", zh, en)
    zh, en = "书中带有可见的生成合成标识。", "The book bears a visible mark of generation."
    return LayerFinding("found", zh, en, places[0])


def _seen(chapter: Chapter, content: bytes, form: Format, limits: Limits) -> Iterator[str]:
    """The place of a mark at the head of a document, ours or another's."""
    if chapter.media_type == epub.SVG:
        found = picture.SURFACE.find(content, form, limits)
        yield from ["start"] if found.state == "found" else []
        return
    coding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    text = content.decode(coding, "replace").encode()
    body = html_body.body(text, xml=True)
    ours = drawing.there(text, body, "book", "ascii")
    first, _ = html_body.words(text, body.start)
    yield from ["start"] if ours or "start" in page.said_at(first, "") else []


SURFACE = Surface(_mark, find=_find)

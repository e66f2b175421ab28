"""The mark of a text document: one line in every header that a page can show (ISO/IEC 29500-1, 17.10).

The header is the one place that every printed page repeats and that moves no other content of the document. A page
shows one of three, `default`, `first` or `even`; a section without its own shows that of the section before it, and
the first section without one shows none. So the first section gets the three that it lacks, and every header that
any section refers to gets the line: then no choice of `titlePg` or `evenAndOddHeaders`, now or later, shows a page
without it.
"""

from collections.abc import Iterator

from sealmark.errors import why
from sealmark.marks.explicit import lines
from sealmark.marks.explicit.wording import lawful, table
from sealmark.media.document.ooxml import NAME
from sealmark.media.document.ooxml_draft import RELATION, STRICT, Draft
from sealmark.media.errors import Damaged
from sealmark.media.text import markup
from sealmark.media.text.markup import Document, Element, Sought, escaped

KINDS = ("default", "first", "even")  # ISO/IEC 29500-1, 17.18.36
_HEADER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
# Sections end in paragraphs of the body; Word heeds none in cells, boxes or fields of text.
_SOUGHT = Sought(frozenset(("sectPr",)), frozenset(("tbl", "r")))
_OFF = frozenset(("0", "false", "off"))  # ISO/IEC 29500-1, 22.9.2.7
_MOST_READ = 64  # headers that are looked into for a mark


def mark(draft: Draft, wording: str, side: str) -> None:
    """Put the line into every header, at the left or the right side; raises errors of `media`."""
    main = draft.main()
    document = markup.excerpt(draft.content(main), NAME, main, _SOUGHT)
    sections = list(_sections(document))
    headers = dict.fromkeys(draft.part(main, key) for section in sections for key in _keys(section).values())
    for part in headers:
        _add_line(draft, part, wording, side)
    _complete(draft, main, document, wording, side)


def find(draft: Draft) -> Iterator[tuple[str, str]]:
    """The lines of headers and footers that are a mark: ours, or in a usual wording anyone's."""
    main = draft.main()
    parts = [one.target for one in draft.related(main) if one.name in {"header", "footer"} and not one.is_external]
    for part in parts[:_MOST_READ]:
        for paragraph in _paragraphs(draft.document(part).root):
            line = "".join(_texts(paragraph))
            if lines.is_mark(line) or _is_ours(paragraph):
                yield part, line


def _body(document: Document) -> Element:
    body = document.root.first(document.root.namespace, "body")
    if body is None:
        raise Damaged(format=NAME, **why("主文档没有 body", "the main part has no body"))
    return body


def _sections(document: Document) -> Iterator[Element]:
    return _body(document).all(document.root.namespace, "sectPr")


def _keys(section: Element) -> dict[str, str]:
    """The relationship of each kind of header that the section has of its own."""
    space = section.namespace
    relation = RELATION[space.startswith(STRICT)]
    return {
        one.attributes.get(f"{space} type", "default"): one.attributes.get(f"{relation} id", "")
        for one in section.all(space, "headerReference")
    }


def _complete(draft: Draft, main: str, document: Document, wording: str, side: str) -> None:
    """Give the first section the headers that it lacks, each with nothing but the line."""
    first = next(_sections(document), None)
    missing = [kind for kind in KINDS if first is None or kind not in _keys(first)]
    line = _line(document.root.namespace, ("w:", ""), wording, side)
    keys = {kind: _new_header(draft, main, document.root.namespace, line) for kind in missing}
    references = "".join(_reference(document, first or _body(document), kind, key) for kind, key in keys.items())
    if first is None:
        prefix, declared = document.qualifier(_body(document))
        section = f"<{prefix}sectPr{declared}>{references}</{prefix}sectPr>"
        draft.put(main, document.edited([document.appended(_body(document), section)]))
    elif references:
        draft.put(main, document.edited([document.prepended(first, references)]))


def _new_header(draft: Draft, main: str, space: str, line: str) -> str:
    """A new header with nothing but the line, and the identifier of its relationship."""
    head = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<w:hdr xmlns:w="{space}">'
    relation = f"{RELATION[space.startswith(STRICT)]}/header"
    pattern = f"{main.rpartition('/')[0]}/header{{}}.xml".lstrip("/")
    return draft.add(main, relation, pattern, f"{head}{line}</w:hdr>".encode(), _HEADER_TYPE)[0]


def _reference(document: Document, near: Element, kind: str, key: str) -> str:
    prefix, declared = document.qualifier(near)
    relation = RELATION[near.namespace.startswith(STRICT)]
    # The prefix of the relationship is its own: the document may bind a usual one to something else.
    return f'<{prefix}headerReference{declared} xmlns:r="{relation}" {prefix}type="{kind}" r:id="{key}"/>'


def _add_line(draft: Draft, part: str, wording: str, side: str) -> None:
    header = draft.document(part)
    if not any(_is_ours(one) for one in header.root.all(header.root.namespace, "p")):
        line = _line(header.root.namespace, header.qualifier(header.root), wording, side)
        draft.put(part, header.edited([header.appended(header.root, line)]))


def _line(space: str, names: tuple[str, str], wording: str, side: str) -> str:
    """The paragraph; what a style could take from its legibility stands in it."""
    law = table("document.toml")["header"]
    side = {"right": "end", "left": "start"}[side] if space.startswith(STRICT) else side
    size, colour, ground = law["points"] * 2, law["colour"], law["ground"]
    whole = (
        '<m:p{declared}><m:pPr><m:bidi m:val="0"/>'
        '<m:spacing m:before="0" m:after="0" m:line="240" m:lineRule="auto"/>'
        f'<m:ind m:left="0" m:right="0" m:firstLine="0"/><m:jc m:val="{side}"/></m:pPr>'
        f'<m:r><m:rPr><m:vanish m:val="0"/><m:color m:val="{colour}"/><m:w m:val="100"/><m:sz m:val="{size}"/>'
        f'<m:szCs m:val="{size}"/><m:shd m:val="clear" m:color="auto" m:fill="{ground}"/></m:rPr><m:t>'
    )
    prefix, declared = names
    end = "</m:t></m:r></m:p>"
    opening = whole.replace("m:", prefix).replace("{declared}", declared)
    return opening + escaped(wording) + end.replace("m:", prefix)


def _is_ours(paragraph: Element) -> bool:
    """Whether a paragraph is our line, also after Word wrote it again: what it says, and that it is legible."""
    space, law = paragraph.namespace, table("document.toml")["header"]
    runs = list(paragraph.all(space, "r"))
    framed = any(about.first(space, "framePr") for about in paragraph.all(space, "pPr"))
    wanted = {("color", "val", law["colour"]), ("sz", "val", str(law["points"] * 2)), ("shd", "fill", law["ground"])}
    return lawful("".join(map(_text, runs))) and not framed and all(_holds(run, wanted) for run in runs if _text(run))


def _holds(run: Element, wanted: set[tuple[str, str, str]]) -> bool:
    about = run.first(run.namespace, "rPr")
    given = about.children if about else []
    values = {(one.name, key, one.attributes.get(f"{run.namespace} {key}")) for one in given for key in ("val", "fill")}
    hidden = any(name == "vanish" and key == "val" and value not in _OFF for name, key, value in values)
    return wanted <= values and not hidden


def _text(run: Element) -> str:
    return "".join(one.text for one in run.all(run.namespace, "t"))


def _paragraphs(root: Element) -> Iterator[Element]:
    """Every paragraph, wherever it stands in the part."""
    waiting = [root]
    while waiting:
        one = waiting.pop()
        waiting.extend(reversed(one.children))
        if one.name == "p":
            yield one


def _texts(element: Element) -> Iterator[str]:
    """The text within an element, but that of paragraphs in it, such as those of a text box."""
    for one in element.children:
        if one.name == "t":
            yield one.text
        elif one.name != "p":
            yield from _texts(one)

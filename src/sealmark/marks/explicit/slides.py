"""The mark of a presentation: a plate with the wording in a corner of the first slide, above all else there.

As on pictures (GB 45438 5.2), ink of at least 5 % of the slide's shortest side. Where the first slide is hidden in a
show, the first that is shown bears the mark as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.marks.explicit import box, lines
from sealmark.marks.explicit.box import Box
from sealmark.marks.explicit.errors import NothingToMark
from sealmark.marks.explicit.stamp import Corner
from sealmark.marks.explicit.wording import lawful, table
from sealmark.media.document.ooxml import NAME
from sealmark.media.document.ooxml_draft import DRAWING, RELATION, STRICT, Draft
from sealmark.media.errors import Damaged
from sealmark.media.text.markup import Document, Element

_INK, _PLATE = "FFFFFF", "0E1014"
_MOST_SOUGHT = 512  # slides from the first to the first that is shown
_SMALLEST, _LARGEST = 914_400, 51_206_400  # EMU: ISO/IEC 29500-1, 19.7.13


@dataclass(frozen=True, slots=True)
class _Slide:
    """One slide: its part, its elements, and its tree of shapes."""

    part: str
    document: Document
    shapes: Element

    @property
    def is_shown(self) -> bool:
        return self.document.root.attributes.get("show", "1") not in {"0", "false"}


def mark(draft: Draft, wording: str, corner: Corner) -> None:
    """Put the plate on the first slide; raises `NothingToMark` where there is none."""
    main = draft.main()
    presentation = draft.document(main)
    size = _size(presentation)
    for slide in _first(draft, main, presentation):
        if not any(_is_ours(shape, size) for shape in slide.shapes.children):
            draft.put(slide.part, slide.document.edited([_edit(slide, _shape(slide, wording, corner, size))]))


def find(draft: Draft) -> Iterator[tuple[str, str]]:
    """The lines of the first slide that are a mark: ours, or in a usual wording anyone's."""
    main = draft.main()
    presentation = draft.document(main)
    size = _size(presentation)
    for slide in _first(draft, main, presentation):
        for shape in slide.shapes.children:
            ours = _is_ours(shape, size)
            yield from ((slide.part, line) for line in box.said(shape) if ours or lines.is_mark(line))


def _first(draft: Draft, main: str, presentation: Document) -> list[_Slide]:
    """The first slide, and the first that is shown."""
    space = presentation.root.namespace
    listed = presentation.root.first(space, "sldIdLst")
    relation = f"{RELATION[space.startswith(STRICT)]} id"
    keys = [one.attributes.get(relation, "") for one in listed.all(space, "sldId")] if listed else []
    found: list[_Slide] = []
    for key in keys[:_MOST_SOUGHT]:
        slide = _slide(draft, draft.part(main, key))
        if not found or slide.is_shown:
            found.append(slide)
        if slide.is_shown:
            break
    if not found:
        raise NothingToMark(format=NAME, **why("没有幻灯片", "no slide"))
    return found


def _slide(draft: Draft, part: str) -> _Slide:
    document = draft.document(part)
    space = document.root.namespace
    content = document.root.first(space, "cSld")
    shapes = content.first(space, "spTree") if content else None
    if shapes is None:
        raise Damaged(format=NAME, **why(f"{part} 没有形状", f"{part} has no shapes"))
    return _Slide(part, document, shapes)


def _size(presentation: Document) -> tuple[int, int]:
    """Width and height of the slides in EMU; raises `Damaged`."""
    size = presentation.root.first(presentation.root.namespace, "sldSz")
    sides = [size.attributes.get(key, "") for key in ("cx", "cy")] if size else []
    if not sides or not all(side.isdecimal() and _SMALLEST <= int(side[:12]) <= _LARGEST for side in sides):
        raise Damaged(format=NAME, **why("幻灯片尺寸", "the size of the slides"))
    return int(sides[0]), int(sides[1])


def _points(size: tuple[int, int]) -> float:
    law = table("document.toml")["slide"]
    return float(round(min(size) / box.POINT * law["ink_share"] * law["safety"] / law["capital"] + 0.05, 1))


def _box(wording: str, corner: Corner, size: tuple[int, int]) -> Box:
    points = _points(size)
    width, height = box.size(wording, points)
    margin = round(points * box.POINT * 0.36)
    left = size[0] - width - margin if corner.endswith("right") else margin
    top = size[1] - height - margin if corner.startswith("bottom") else margin
    if left < 0 or top < 0:
        raise NothingToMark(format=NAME, **why("幻灯片放不下标识文字", "no room for the wording on a slide"))
    # The plate of pictures: white on it stands at 6:1 over white.
    return Box((left, top, width, height), points, _INK, _PLATE, opacity=64)


def _shape(slide: _Slide, wording: str, corner: Corner, size: tuple[int, int]) -> str:
    strict = slide.shapes.namespace.startswith(STRICT)
    properties, text = _box(wording, corner, size).body(wording, strict=strict)
    number = max(box.numbers(slide.document.root), default=1) + 1
    p, declared = slide.document.qualifier(slide.shapes)
    return (
        f'<{p}sp{declared} xmlns:a="{DRAWING[strict]}"><{p}nvSpPr><{p}cNvPr id="{number}" name="{box.NAME}"/>'
        f'<{p}cNvSpPr txBox="1"/><{p}nvPr userDrawn="1"/></{p}nvSpPr><{p}spPr>{properties}</{p}spPr>'
        f"<{p}txBody>{text}</{p}txBody></{p}sp>"
    )


def _edit(slide: _Slide, shape: str) -> tuple[int, int, bytes]:
    """Behind all other shapes, which puts it above them, and before the extensions, which come last."""
    extensions = slide.shapes.first(slide.shapes.namespace, "extLst")
    if extensions is not None:
        return extensions.start, extensions.start, shape.encode()
    return slide.document.appended(slide.shapes, shape)


def _is_ours(shape: Element, size: tuple[int, int]) -> bool:
    """Whether a shape is our plate, also after PowerPoint wrote it again: lawful, large enough, and on the slide."""
    words, place = "".join(box.said(shape)), box.placed(shape)
    if shape.name != "sp" or place is None or not lawful(words) or not box.holds(place, words, _points(size)):
        return False
    left, top, width, height = place
    inside = left >= 0 and top >= 0 and left + width <= size[0] and top + height <= size[1]
    return inside and box.is_plain(shape, _points(size), {_INK, _PLATE})

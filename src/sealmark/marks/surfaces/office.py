"""How Office Open XML documents bear their mark: one way through the package for every kind of main part."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from sealmark.marks.errors import SignedPackage
from sealmark.marks.explicit import lines, typeface
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.finding import LayerFinding
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import pieces
from sealmark.media.containers import package
from sealmark.media.document import ooxml
from sealmark.media.document.ooxml_draft import Draft
from sealmark.media.pieces import Buffer

Mark: TypeAlias = Callable[[Draft, ExplicitOptions], None]
Find: TypeAlias = Callable[[Draft], Iterator[tuple[str, str]]]


def surface(mark: Mark, find: Find) -> Surface:
    """The surface of documents whose parts are marked and looked at so.

    Marking raises `SignedPackage` where a signature covers what would change.
    """
    return Surface(lambda data, _, asked: _marked(mark, data, asked), find=lambda data, _, __: _found(find, data))


def _marked(mark: Mark, data: Buffer, asked: Asked) -> Shown:
    typeface.check(asked.explicit.wording)
    whole = package.parse(bytes(data), ooxml.NAME)
    if ooxml.is_signed(whole):
        raise SignedPackage(format=ooxml.NAME)
    draft = Draft(whole)
    mark(draft, asked.explicit)
    return (pieces.joined(data, draft.pieces()) if draft.is_changed() else data), ()


def _found(find: Find, data: Buffer) -> LayerFinding:
    left, damage = package.remains(bytes(data), ooxml.NAME)
    return lines.finding(find(Draft(left)), damage)

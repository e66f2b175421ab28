"""OpenDocument: a line in every header of texts, a box on the first sheet or page of the others (GB 45438 5.1, 5.2)."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import TypeAlias

from sealmark.marks.errors import SignedPackage
from sealmark.marks.explicit import lines, odf_box, odf_header, typeface
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.finding import LayerFinding
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import Format, Limits, pieces
from sealmark.media.containers import package
from sealmark.media.containers.package import Package
from sealmark.media.document import odf
from sealmark.media.document.odf_draft import Draft
from sealmark.media.pieces import Buffer

_Way: TypeAlias = tuple[Callable[[Draft, ExplicitOptions], None], Callable[[Draft], Iterator[tuple[str, str]]]]


def _text(draft: Draft, asked: ExplicitOptions) -> None:
    odf_header.mark(draft, asked.wording, asked.corner.rpartition("_")[2], "Standard", regions=False)


def _sheet(draft: Draft, asked: ExplicitOptions) -> None:
    odf_header.mark(draft, asked.wording, asked.corner.rpartition("_")[2], "Default", regions=True)
    odf_box.mark_sheet(draft, asked.wording)


def _page(draft: Draft, asked: ExplicitOptions) -> None:
    odf_box.mark_page(draft, asked.wording, asked.corner)


def _on_sheet(draft: Draft) -> Iterator[tuple[str, str]]:
    return chain(odf_box.find(draft), odf_header.find(draft))


_WAYS: Mapping[str, _Way] = {
    **dict.fromkeys(("odt", "ott"), (_text, odf_header.find)),
    **dict.fromkeys(("ods", "ots"), (_sheet, _on_sheet)),
    **dict.fromkeys(("odp", "otp", "odg", "otg"), (_page, odf_box.find)),
}


def _mark(data: Buffer, form: Format, asked: Asked) -> Shown:
    typeface.check(asked.explicit.wording)
    whole = package.parse(bytes(data), odf.NAME)
    odf.check_encryption(whole)
    if whole.name(odf.SIGNATURES):
        raise SignedPackage(format=odf.NAME)
    draft = Draft(whole)
    _WAYS[form.name][0](draft, asked.explicit)
    return (pieces.joined(data, draft.pieces()) if draft.is_changed() else data), ()


def _find(data: Buffer, form: Format, _limits: Limits) -> LayerFinding:
    left, damage = package.remains(bytes(data), odf.NAME)
    return lines.finding(_places(left, form), damage)


def _places(left: Package, form: Format) -> Iterator[tuple[str, str]]:
    odf.check_encryption(left)
    yield from _WAYS[form.name][1](Draft(left))


SURFACE = Surface(_mark, find=_find)

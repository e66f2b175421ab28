"""DOCX, XLSX, PPTX and their kin: custom property `AIGC`, the inner JSON as `vt:lpwstr` (guide 20258A 6.1)."""

import re
from collections.abc import Iterator
from functools import partial

from sealmark.errors import why
from sealmark.marks.errors import SignedPackage
from sealmark.marks.label import Label
from sealmark.marks.metadata import parts
from sealmark.marks.metadata.found import Carrier, Found, Remains, found
from sealmark.media.containers import package
from sealmark.media.containers.package import Package
from sealmark.media.document import ooxml
from sealmark.media.document.ooxml import CustomParts
from sealmark.media.errors import Damaged
from sealmark.media.pieces import Pieces
from sealmark.media.text import markup
from sealmark.media.text.markup import Document, Edit, Element

NAME = "AIGC"
# ISO/IEC 29500-1, 22.3: the class of properties that people define, and the two numbers below it that are taken.
CLASS = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
FIRST_NUMBER = 2
# Transitional and strict names (ISO/IEC 29500-4 and -1): of the properties, and of the types of their values.
_NAMESPACES = {
    "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties": (
        "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
    ),
    "http://purl.oclc.org/ooxml/officeDocument/customProperties": (
        "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes"
    ),
}
_TRANSITIONAL, _STRICT = _NAMESPACES
_TEXTS = frozenset(("lpwstr", "lpstr", "bstr"))
_NUMBER = re.compile(r"[0-9]{1,9}")


def remains(data: bytes) -> Remains:
    """Every label in the custom properties of a package, whole or not."""
    left, damage = package.remains(data, ooxml.NAME)
    custom, astray = ooxml.custom_parts_left(left)
    return parts.remains(left, damage or astray, custom.names, partial(_read, is_related=custom.is_related))


def _read(left: Package, part: str, *, is_related: bool) -> Iterator[Found]:
    for one in _labels(left.document(part)):
        value = one.children[0] if one.children else one
        main = is_related and one.attributes["name"] == NAME and value.name in _TEXTS
        yield found(value.text, f"OOXML {part} AIGC", main=main)


def edit(data: bytes, label: Label) -> Pieces:
    """The package with this label as its one label; every other part stays as its raw bytes.

    Raises `SignedPackage` besides what reading raises.
    """
    whole = package.parse(data, ooxml.NAME)
    if ooxml.is_signed(whole):
        raise SignedPackage(format=ooxml.NAME)
    custom = ooxml.custom_parts(whole)
    changes = ooxml.registered(whole, custom)
    for number, part in enumerate(custom.names):
        content = _labelled(whole, custom, part, label if number == 0 else None)
        if content is not None:
            changes[part] = content
    return whole.edited(changes)


def _labelled(whole: Package, custom: CustomParts, part: str, label: Label | None) -> bytes | None:
    """The part with this label or with none; a new part where there was none."""
    if whole.name(part) is None:
        return _new_part(custom, label) if label else None
    document = whole.document(part)
    if document.root.namespace not in _NAMESPACES or document.root.name != "Properties":
        raise Damaged(format=ooxml.NAME, **why(f"{part} 不是自定义属性", f"{part} holds no custom properties"))
    edits = list(_edits(document, label))
    return document.edited(edits) if edits else None


def _new_part(custom: CustomParts, label: Label) -> bytes:
    namespace = _STRICT if custom.is_strict else _TRANSITIONAL
    root = f'<Properties xmlns="{namespace}" xmlns:vt="{_NAMESPACES[namespace]}"></Properties>'
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'  # as Office itself begins a part
    document = markup.parse((head + root).encode(), ooxml.NAME, ooxml.CUSTOM_PART)
    return document.edited(_edits(document, label))


def _edits(document: Document, label: Label | None) -> Iterator[Edit]:
    """Where to put the label, and which other AIGC properties to take out."""
    labels = list(_labels(document))
    for number, one in enumerate(labels):
        new = _property(document, label, _number(document, one, labels)) if label and number == 0 else ""
        yield document.replaced(one, new)
    if label and not labels:
        yield document.appended(document.root, _property(document, label, _number(document, None, [])))


def _number(document: Document, kept: Element | None, gone: list[Element]) -> int:
    """The property's own number where it has a lawful one, else the next that is free (each stands once)."""
    replaced = {id(one) for one in gone}
    others = (one for one in document.root.children if id(one) not in replaced)
    used = {int(number) for number in map(_written_number, others) if number}
    own = int(_written_number(kept) or 0) if kept else 0
    return own if own >= FIRST_NUMBER and own not in used else max(used | {FIRST_NUMBER - 1}) + 1


def _written_number(one: Element) -> str | None:
    written = one.attributes.get("pid", "").strip()
    return written if _NUMBER.fullmatch(written) else None


def _property(document: Document, label: Label, number: int) -> str:
    declared = document.declaration("vt", _NAMESPACES[document.root.namespace])
    tag = f"{document.prefix(document.root)}property"
    value = f"<vt:lpwstr{declared}>{markup.escaped(label.inner())}</vt:lpwstr>"
    return f'<{tag} fmtid="{CLASS}" pid="{number}" name="{NAME}">{value}</{tag}>'


def _labels(document: Document) -> Iterator[Element]:
    """The properties of that name; Office holds names equal that differ by case."""
    properties = document.root.all(document.root.namespace, "property")
    return (one for one in properties if one.attributes.get("name", "").upper() == NAME)


CARRIERS = tuple(
    Carrier(form.name, lambda data: remains(bytes(data)), lambda data, label: edit(bytes(data), label))
    for form in ooxml.FORMATS
)

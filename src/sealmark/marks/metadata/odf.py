"""OpenDocument: `meta:user-defined` of the name `AIGC` in `meta.xml`, the inner JSON (ODF 1.3 part 3, 4.3.3.17).

No guide speaks of OpenDocument: the place is our choice, the one that office suites show as a custom property.
"""

from collections.abc import Iterator

from sealmark.errors import why
from sealmark.marks.errors import SignedPackage
from sealmark.marks.label import Label
from sealmark.marks.metadata import parts
from sealmark.marks.metadata.found import Carrier, Found, Remains, found
from sealmark.media.containers import package
from sealmark.media.containers.package import Package
from sealmark.media.document import odf
from sealmark.media.document.odf import META_NAMESPACE, OFFICE
from sealmark.media.errors import Damaged, EncryptedArchive, MediaError
from sealmark.media.pieces import Pieces
from sealmark.media.text import markup
from sealmark.media.text.markup import Document, Edit, Element, escaped

NAME = "AIGC"
_KEY = f"{META_NAMESPACE} name"


def remains(data: bytes) -> Remains:
    """Every label in a document's metadata, whole or not."""
    left, damage = package.remains(data, odf.NAME)
    encrypted = _encryption(left)
    return parts.remains(left, damage or encrypted, () if encrypted else (odf.META,), _read)


def _encryption(left: Package) -> MediaError | None:
    try:
        odf.check_encryption(left)
    except EncryptedArchive as encrypted:
        return encrypted
    except MediaError:
        return None  # a manifest that cannot be read hides no label
    return None


def _read(left: Package, part: str) -> Iterator[Found]:
    for one in _labels(left.document(part)):
        yield found(one.text, "ODF meta.xml AIGC", main=one.attributes[_KEY] == NAME)


def edit(data: bytes, label: Label) -> Pieces:
    """The document with this label as its one label; other entries stay as their raw bytes."""
    whole = package.parse(data, odf.NAME)
    odf.check_encryption(whole)
    if whole.name(odf.SIGNATURES):
        raise SignedPackage(format=odf.NAME)
    name = whole.name(odf.META) or odf.META
    document = whole.document(name) if whole.name(name) else _new()
    return whole.edited(odf.registered(whole, name) | {name: document.edited(_edits(document, label))})


def _new() -> Document:
    """Metadata of a document that had none."""
    root = f'<office:document-meta xmlns:office="{OFFICE}" xmlns:meta="{META_NAMESPACE}" office:version="1.2">'
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return markup.parse(f"{head}{root}<office:meta></office:meta></office:document-meta>".encode(), odf.NAME, odf.META)


def _edits(document: Document, label: Label) -> Iterator[Edit]:
    """Where to put the label, and which others to take out."""
    labels = list(_labels(document))
    for number, one in enumerate(labels):
        yield document.replaced(one, "" if number else _property(document, label))
    if not labels:
        yield document.appended(_meta(document), _property(document, label))


def _property(document: Document, label: Label) -> str:
    declared = document.declaration("meta", META_NAMESPACE)
    head = f'meta:user-defined{declared} meta:name="{NAME}" meta:value-type="string"'
    return f"<{head}>{escaped(label.inner())}</meta:user-defined>"


def _meta(document: Document) -> Element:
    meta = document.root.first(OFFICE, "meta")
    if meta is None:
        raise Damaged(format=odf.NAME, **why(f"{odf.META} 没有 office:meta", f"no office:meta in {odf.META}"))
    return meta


def _labels(document: Document) -> Iterator[Element]:
    fields = _meta(document).all(META_NAMESPACE, "user-defined")
    return (one for one in fields if one.attributes.get(_KEY, "").upper() == NAME)


CARRIERS = tuple(
    Carrier(form.name, lambda data: remains(bytes(data)), lambda data, label: edit(bytes(data), label))
    for form in odf.FORMATS
)

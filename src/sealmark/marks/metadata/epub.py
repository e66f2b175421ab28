"""EPUB: `AIGC` in the metadata of the package document, the inner JSON. No guide speaks of EPUB: the place is ours.

EPUB 3: `<meta property="TC260:AIGC">`, where the attribute `prefix` of the package binds `TC260` to the namespace
of the guides (EPUB 3.3, 5.5.5 and D.1.4). EPUB 2: `<meta name="AIGC" content="…"/>` (OPF 2.0.1, 2.2).
"""

from collections.abc import Iterator

from sealmark.marks.errors import SignedPackage
from sealmark.marks.label import Label
from sealmark.marks.metadata import parts
from sealmark.marks.metadata.found import Carrier, Found, Remains, found
from sealmark.marks.metadata.xmp import NAMESPACE
from sealmark.media.containers import package
from sealmark.media.containers.package import Package
from sealmark.media.document import epub
from sealmark.media.document.epub import OPF
from sealmark.media.pieces import Pieces
from sealmark.media.text.markup import Document, Edit, Element, escaped

NAME = "AIGC"
PREFIX = "TC260"
_OTHER_PREFIX = "TC260AIGC"  # where a book uses our prefix for something else


def remains(data: bytes) -> Remains:
    """Every label in the package documents of a book, whole or not."""
    left, damage = package.remains(data, epub.NAME)
    names, astray = epub.packages_left(left)
    return parts.remains(left, damage or astray, names, _read)


def _read(left: Package, part: str) -> Iterator[Found]:
    document = left.document(part)
    for one in _labels(document):
        raw = one.text if "property" in one.attributes else one.attributes.get("content", "")
        yield found(raw, f"EPUB {part} meta AIGC", main=_is_main(document, one))


def edit(data: bytes, label: Label) -> Pieces:
    """The book with this label as its one label, in the default rendition; other entries stay as their raw bytes."""
    whole = package.parse(data, epub.NAME)
    if whole.name(epub.SIGNATURES):
        raise SignedPackage(format=epub.NAME)
    changes = {}
    for number, part in enumerate(epub.packages(whole)):
        document = whole.document(part)
        edits = list(_edits(document, label if number == 0 else None))
        if edits:
            changes[part] = document.edited(edits)
    return whole.edited(changes)


def _edits(document: Document, label: Label | None) -> Iterator[Edit]:
    """Where to put the label, and which others to take out."""
    labels = list(_labels(document))
    kept = next((one for one in labels if label and _is_main(document, one)), None)
    for one in labels:
        yield document.replaced(one, _meta(document, label) if label and one is kept else "")
    if label and kept is None:
        yield document.appended(_holder(document), _meta(document, label))
        yield from _binding(document)


def _meta(document: Document, label: Label) -> str:
    tag = f"{document.prefix(epub.metadata(document))}meta"
    value = escaped(label.inner())
    if epub.is_version_2(document):
        return f'<{tag} name="{NAME}" content="{value}"/>'
    return f'<{tag} property="{_prefix(document)}:{NAME}">{value}</{tag}>'


def _holder(document: Document) -> Element:
    """Where metas stand: in old books of version 2, in an element of their own (OPF 2.0.1, 2.2)."""
    metadata = epub.metadata(document)
    return metadata.first(OPF, "x-metadata") or metadata


def _bound(document: Document) -> dict[str, str]:
    """What prefixes the package declares: names with a colon, each before its address (EPUB 3.3, D.1.4)."""
    words = document.root.attributes.get("prefix", "").split()
    return {name.removesuffix(":"): address for name, address in zip(words[::2], words[1::2], strict=False)}


def _prefix(document: Document) -> str:
    bound = _bound(document)
    own = next((name for name, address in bound.items() if address == NAMESPACE), None)
    return own or (_OTHER_PREFIX if PREFIX in bound else PREFIX)


def _binding(document: Document) -> Iterator[Edit]:
    """The declaration of our prefix, where it is not there yet."""
    if epub.is_version_2(document) or NAMESPACE in _bound(document).values():
        return
    others = document.root.attributes.get("prefix", "").strip()
    new = f"{_prefix(document)}: {NAMESPACE}"
    yield document.attribute(document.root, "prefix", f"{others} {new}" if others else new)


def _labels(document: Document) -> Iterator[Element]:
    """The metas of that name, with any prefix or none, in either form."""
    metadata = epub.metadata(document)
    holders = (metadata, *metadata.all(OPF, "x-metadata"))
    metas = (one for holder in holders for one in holder.all(OPF, "meta"))
    return (one for one in metas if _key(one).rpartition(":")[2].upper() == NAME)


def _key(meta: Element) -> str:
    return (meta.attributes.get("property") or meta.attributes.get("name", "")).strip()


def _is_main(document: Document, meta: Element) -> bool:
    """Whether a label stands where we write it in this version of EPUB."""
    if epub.is_version_2(document):
        return "property" not in meta.attributes and _key(meta) == NAME
    prefix, _, name = meta.attributes.get("property", "").strip().partition(":")
    return name == NAME and _bound(document).get(prefix) == NAMESPACE


CARRIER = Carrier(epub.FORMAT.name, lambda data: remains(bytes(data)), lambda data, label: edit(bytes(data), label))

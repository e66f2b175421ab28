"""OFD: `CustomData` of the name `AIGC` in the document's information, the inner JSON.

Guide 20258A names OFD, but what it says of the place is not known to us: the place is our choice, the one that
GB/T 33190 7.4 provides for data of an application (`OFD/DocBody/DocInfo/CustomDatas/CustomData`).
"""

from collections.abc import Iterator

from sealmark.errors import why
from sealmark.marks.errors import SignedPackage
from sealmark.marks.label import Label
from sealmark.marks.metadata import parts
from sealmark.marks.metadata.found import Carrier, Found, Remains, found
from sealmark.media.containers import package
from sealmark.media.containers.package import Package
from sealmark.media.document import ofd
from sealmark.media.document.ofd import NAMESPACE
from sealmark.media.errors import Damaged
from sealmark.media.pieces import Pieces
from sealmark.media.text.markup import Document, Edit, Element, escaped

NAME = "AIGC"


def remains(data: bytes) -> Remains:
    """Every label in an OFD file, whole or not."""
    left, damage = package.remains(data, ofd.NAME)
    return parts.remains(left, damage, (ofd.ENTRANCE,), _read)


def _read(left: Package, part: str) -> Iterator[Found]:
    for number, body in enumerate(ofd.bodies(left.document(part))):
        for _, entries in ofd.custom_data(body):
            for one in filter(_is_label, entries):
                main = number == 0 and one.attributes["Name"] == NAME
                yield found(one.text, "OFD OFD.xml CustomData AIGC", main=main)


def edit(data: bytes, label: Label) -> Pieces:
    """The file with this label as its one label, in its first document; other entries stay as their raw bytes."""
    whole = package.parse(data, ofd.NAME)
    document = whole.document(ofd.ENTRANCE)
    if ofd.is_signed(document):
        raise SignedPackage(format=ofd.NAME)
    return whole.edited({whole.name(ofd.ENTRANCE) or ofd.ENTRANCE: document.edited(_edits(document, label))})


def _edits(document: Document, label: Label) -> Iterator[Edit]:
    """Where to put the label, and which others to take out."""
    first, *others = ofd.bodies(document)
    lists = list(ofd.custom_data(first))
    kept = next((one for _, entries in lists for one in entries if _is_label(one)), None)
    if kept is not None:
        yield document.replaced(kept, _entry(document, label))
    elif lists:
        yield document.appended(lists[0][0], _entry(document, label))
    else:
        yield document.appended(_information(first), _list(document, label))
    for body in (first, *others):
        yield from _removals(document, body, kept)


def _removals(document: Document, body: Element, kept: Element | None) -> Iterator[Edit]:
    """The further labels of a document; a list that held nothing else goes with them, for it may not be empty."""
    for datas, entries in ofd.custom_data(body):
        gone = [one for one in entries if _is_label(one) and one is not kept]
        if gone and len(gone) == len(datas.children):
            yield document.replaced(datas, "")
        else:
            yield from (document.replaced(one, "") for one in gone)


def _information(body: Element) -> Element:
    info = body.first(NAMESPACE, "DocInfo")
    if info is None:
        raise Damaged(format=ofd.NAME, **why("缺少 DocInfo", "no DocInfo"))
    return info


def _list(document: Document, label: Label) -> str:
    # In the schema the list comes last in DocInfo.
    tag = f"{document.prefix(document.root)}CustomDatas"
    return f"<{tag}>{_entry(document, label)}</{tag}>"


def _entry(document: Document, label: Label) -> str:
    tag = f"{document.prefix(document.root)}CustomData"
    return f'<{tag} Name="{NAME}">{escaped(label.inner())}</{tag}>'


def _is_label(one: Element) -> bool:
    return one.attributes.get("Name", "").upper() == NAME


CARRIER = Carrier(ofd.FORMAT.name, lambda data: remains(bytes(data)), lambda data, label: edit(bytes(data), label))

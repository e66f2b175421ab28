"""OFD, the Chinese format of fixed layout (GB/T 33190-2016): a ZIP archive that begins at `OFD.xml`."""

from collections.abc import Iterator

from sealmark.errors import why
from sealmark.media.containers import archive
from sealmark.media.errors import Damaged
from sealmark.media.format import Format
from sealmark.media.text import markup
from sealmark.media.text.markup import Document, Element

NAME = "OFD"
ENTRANCE = "OFD.xml"  # GB/T 33190 7.3: the one file at the root
NAMESPACE = "http://www.ofdspec.org/2016"  # GB/T 33190 7.1


def is_ofd(data: bytes) -> bool:
    """Whether the archive has the entrance of an OFD document."""
    return NAMESPACE.encode() in archive.peek(data, ENTRANCE, markup.LONGEST)


FORMAT = Format("ofd", "document", ("application/ofd", "application/x-ofd"), ("ofd",), is_ofd)


def bodies(document: Document) -> list[Element]:
    """The documents in the file (GB/T 33190 7.4, `DocBody`); raises `Damaged` where there is none."""
    found = list(document.root.all(NAMESPACE, "DocBody"))
    if not found:
        raise Damaged(format=NAME, **why(f"{ENTRANCE} 中没有文档", f"no document in {ENTRANCE}"))
    return found


def is_signed(document: Document) -> bool:
    """Whether a document has a list of signatures or seals, which cover the entrance too (GB/T 33190 18)."""
    return any(body.first(NAMESPACE, "Signatures") for body in bodies(document))


def custom_data(body: Element) -> Iterator[tuple[Element, list[Element]]]:
    """Each list of custom data of a document with its entries (GB/T 33190 7.4, `CustomDatas`)."""
    for info in body.all(NAMESPACE, "DocInfo"):
        for datas in info.all(NAMESPACE, "CustomDatas"):
            yield datas, list(datas.all(NAMESPACE, "CustomData"))

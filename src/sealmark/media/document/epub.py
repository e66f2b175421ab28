"""EPUB 2 and 3: a ZIP archive whose entry `mimetype` comes first, with package documents that describe it."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from sealmark.errors import why
from sealmark.media.containers import archive
from sealmark.media.containers.package import Package
from sealmark.media.errors import Damaged, MediaError
from sealmark.media.format import Format
from sealmark.media.text.markup import Document, Element

NAME = "EPUB"
MEDIA_TYPE = "application/epub+zip"  # EPUB 3.3, 4.2.4: all that the entry mimetype holds
CONTAINER = "META-INF/container.xml"  # EPUB 3.3, 4.2.6.3.1
SIGNATURES = "META-INF/signatures.xml"  # EPUB 3.3, 4.2.6.3.6
ENCRYPTION = "META-INF/encryption.xml"  # EPUB 3.3, 4.2.6.3.2
OPF = "http://www.idpf.org/2007/opf"
XHTML = frozenset(("application/xhtml+xml", "text/html", "text/x-oeb1-document"))
SVG = "image/svg+xml"
MOST_RENDITIONS = 16
_CONTAINER = "urn:oasis:names:tc:opendocument:xmlns:container"
_PACKAGE_TYPE = "application/oebps-package+xml"
_CIPHER = "http://www.w3.org/2001/04/xmlenc#"


def is_epub(data: bytes) -> bool:
    """Whether the archive says that it is an EPUB."""
    return archive.peek(data, "mimetype", 64).strip() == MEDIA_TYPE.encode()


FORMAT = Format("epub", "document", (MEDIA_TYPE,), ("epub",), is_epub)


def packages(package: Package) -> tuple[str, ...]:
    """The package documents, the default rendition's first; raises `Damaged`."""
    rootfiles = package.document(CONTAINER).root.first(_CONTAINER, "rootfiles")
    files = rootfiles.all(_CONTAINER, "rootfile") if rootfiles else ()
    paths = [one.attributes.get("full-path", "") for one in files if one.attributes.get("media-type") == _PACKAGE_TYPE]
    if not 0 < len(paths) <= MOST_RENDITIONS:
        raise Damaged(format=NAME, **why("没有或有过多的包文档", "no package document, or too many"))
    return tuple(dict.fromkeys(package.name(path) or package.name(unquote(path)) or path for path in paths))


def packages_left(package: Package) -> tuple[tuple[str, ...], MediaError | None]:
    """As `packages`, of a file that may be damaged, with what is wrong instead of an error."""
    try:
        return packages(package), None
    except MediaError as damage:
        names = [entry.name for entry in package.archive.entries if entry.name.lower().endswith(".opf")]
        return tuple(names[:MOST_RENDITIONS]), damage


def metadata(document: Document) -> Element:
    """The metadata of a package document; raises `Damaged`."""
    root = document.root
    found = root.first(OPF, "metadata") if (root.namespace, root.name) == (OPF, "package") else None
    if found is None:
        raise Damaged(format=NAME, **why("包文档缺少元数据", "the package document has no metadata"))
    return found


def is_version_2(document: Document) -> bool:
    """Whether a package document follows EPUB 2."""
    return document.root.attributes.get("version", "").strip().startswith("2")


@dataclass(frozen=True, slots=True)
class Chapter:
    """A document of the spine: its name in the archive and its media type."""

    part: str
    media_type: str


def spine(package: Package, part: str) -> list[Chapter]:
    """The documents that a reader sees, in order, each once (EPUB 3.3, 5.7); raises `Damaged`."""
    root = package.document(part).root
    manifest, order = root.first(OPF, "manifest"), root.first(OPF, "spine")
    if manifest is None or order is None:
        raise Damaged(format=NAME, **why("包文档缺少清单或书脊", "the package document has no manifest or no spine"))
    items = {one.attributes.get("id", ""): one for one in manifest.all(OPF, "item")}
    wanted = dict.fromkeys(one.attributes.get("idref", "") for one in order.all(OPF, "itemref"))
    return [_chapter(package, part, items[name]) for name in wanted if name in items]


def _chapter(package: Package, part: str, item: Element) -> Chapter:
    href = item.attributes.get("href", "").partition("#")[0]
    folder = posixpath.dirname(part)
    names = (posixpath.normpath(posixpath.join(folder, one)) for one in dict.fromkeys((unquote(href), href)))
    found = next((name for one in names if (name := package.name(one))), None)
    if found is None:
        raise Damaged(format=NAME, **why("书脊所列的文档缺失", "a document of the spine is missing"))
    return Chapter(found, item.attributes.get("media-type", "").strip().lower())


def encrypted(package: Package) -> frozenset[str]:
    """The names, in lower case, of the entries that are encrypted or obfuscated."""
    if not package.name(ENCRYPTION):
        return frozenset()
    return frozenset(_ciphered(package.document(ENCRYPTION).root))


def _ciphered(element: Element) -> Iterator[str]:
    for child in element.children:
        if (child.namespace, child.name) == (_CIPHER, "CipherReference"):
            yield unquote(child.attributes.get("URI", "")).lower()
        yield from _ciphered(child)

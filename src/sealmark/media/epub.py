"""EPUB 2 and 3: a ZIP archive whose entry `mimetype` comes first, with package documents that describe it."""

from urllib.parse import unquote

from sealmark.errors import why
from sealmark.media import archive
from sealmark.media.errors import Damaged, MediaError
from sealmark.media.format import Format
from sealmark.media.markup import Document, Element
from sealmark.media.package import Package

NAME = "EPUB"
MEDIA_TYPE = "application/epub+zip"  # EPUB 3.3, 4.2.4: all that the entry mimetype holds
CONTAINER = "META-INF/container.xml"  # EPUB 3.3, 4.2.6.3.1
SIGNATURES = "META-INF/signatures.xml"  # EPUB 3.3, 4.2.6.3.6
OPF = "http://www.idpf.org/2007/opf"
MOST_RENDITIONS = 16
_CONTAINER = "urn:oasis:names:tc:opendocument:xmlns:container"
_PACKAGE_TYPE = "application/oebps-package+xml"


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

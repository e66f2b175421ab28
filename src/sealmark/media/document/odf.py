"""OpenDocument (OASIS ODF 1.3, part 2): texts, sheets, presentations and drawings, and their templates."""

from sealmark.media.containers import archive
from sealmark.media.containers.package import Package
from sealmark.media.errors import EncryptedArchive
from sealmark.media.format import Format
from sealmark.media.text.markup import escaped

NAME = "ODF"
META = "meta.xml"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
META_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:meta:1.0"
MANIFEST = "META-INF/manifest.xml"  # ODF 1.3 part 2, 3.2
SIGNATURES = "META-INF/documentsignatures.xml"  # ODF 1.3 part 2, 3.5: covers every file; that of macros is another
_MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_TYPE = "application/vnd.oasis.opendocument."
_KINDS = (
    ("odt", "text"),
    ("ott", "text-template"),
    ("ods", "spreadsheet"),
    ("ots", "spreadsheet-template"),
    ("odp", "presentation"),
    ("otp", "presentation-template"),
    ("odg", "graphics"),
    ("otg", "graphics-template"),
)


def _format(name: str, kind: str) -> Format:
    media_type = _TYPE + kind

    def is_one(data: bytes) -> bool:
        return archive.peek(data, "mimetype", 128).strip() == media_type.encode()

    return Format(name, "document", (media_type,), (name,), is_one)


FORMATS: tuple[Format, ...] = tuple(_format(*kind) for kind in _KINDS)


def check_encryption(package: Package) -> None:
    """Raise `EncryptedArchive` where the manifest says that files are encrypted (ODF 1.3 part 2, 3.4)."""
    if package.name(MANIFEST) is None:
        return
    entries = package.document(MANIFEST).root.all(_MANIFEST, "file-entry")
    if any(one.first(_MANIFEST, "encryption-data") for one in entries):
        raise EncryptedArchive(format=NAME)


def registered(package: Package, part: str) -> dict[str, bytes]:
    """The manifest that names the part, where the present one does not."""
    manifest = package.document(MANIFEST)
    named = {one.attributes.get(f"{_MANIFEST} full-path") for one in manifest.root.all(_MANIFEST, "file-entry")}
    if part in named:
        return {}
    declared = manifest.declaration("manifest", _MANIFEST)
    tag = f"manifest:file-entry{declared}"
    new = f'<{tag} manifest:full-path="{escaped(part)}" manifest:media-type="text/xml"/>'
    return {package.name(MANIFEST) or MANIFEST: manifest.edited([manifest.appended(manifest.root, new)])}

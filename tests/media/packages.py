"""Documents that are ZIP archives, made when they are needed; the small ones by hand, part by part."""

import io
import zipfile
from collections.abc import Mapping

Parts = Mapping[str, str | bytes]
TIME = (2024, 5, 6, 7, 8, 10)
OFD_NAMESPACE = "http://www.ofdspec.org/2016"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_PROSE = {
    False: "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    True: "http://purl.oclc.org/ooxml/wordprocessingml/main",
}
_MAIN = {
    False: "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument",
    True: "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument",
}


class Unseekable(io.BytesIO):
    """A stream that cannot go back: a writer of it puts sizes behind the data."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_where: int) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


def zipped(parts: Parts, *, stored: bool | str = False, streamed: bool = False, comment: bytes = b"") -> bytes:
    """An archive of these parts; `stored` all of them, or the one of that name."""
    out = Unseekable() if streamed else io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.comment = comment
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, TIME)
            entry.external_attr = 0o644 << 16
            plain = stored is True or stored == name
            entry.compress_type = zipfile.ZIP_STORED if plain else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    """What an independent reader finds, each entry's check sum verified."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def ooxml_parts(main: str = _WORD, *, strict: bool = False) -> dict[str, str | bytes]:
    """The parts of a minimal document, whose main part has this content type."""
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_TYPES}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="rId1" Type="{_MAIN[strict]}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'{_HEAD}<w:document xmlns:w="{_PROSE[strict]}"><w:body><w:p><w:r><w:t>你好</w:t></w:r>'
        "</w:p></w:body></w:document>",
    }


def docx(main: str = _WORD, *, strict: bool = False) -> bytes:
    """A document as small as one can be."""
    return zipped(ooxml_parts(main, strict=strict))


def custom_parts(properties: str, *, root: str | None = None) -> dict[str, str | bytes]:
    """The parts of a document with these custom properties."""
    parts = ooxml_parts()
    types, relations = str(parts["[Content_Types].xml"]), str(parts["_rels/.rels"])
    kind = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
    override = f'<Override PartName="/docProps/custom.xml" ContentType="{kind}"/>'
    parts["[Content_Types].xml"] = types.replace("</Types>", f"{override}</Types>")
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
    new = f'<Relationship Id="rId7" Type="{relation}" Target="/docProps/custom.xml"/>'
    parts["_rels/.rels"] = relations.replace("</Relationships>", f"{new}</Relationships>")
    parts["docProps/custom.xml"] = root or (
        f'{_HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        f'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{properties}</Properties>'
    )
    return parts


def _container(*paths: str) -> str:
    files = "".join(f'<rootfile full-path="{path}" media-type="application/oebps-package+xml"/>' for path in paths)
    namespace = "urn:oasis:names:tc:opendocument:xmlns:container"
    return f'{_HEAD}<container version="1.0" xmlns="{namespace}"><rootfiles>{files}</rootfiles></container>'


_PAGE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml" '
    'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>书</title></head><body>{}</body></html>'
)
_BOOK = "urn:uuid:8d2c7f3e-5b1a-4c6d-9e0f-1a2b3c4d5e6f"
_MODIFIED = '<meta property="dcterms:modified">2024-05-06T07:08:10Z</meta>'
_BOOK_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DUBLIN = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_CORE = (
    f'<dc:identifier id="uid">{_BOOK}</dc:identifier><dc:title>书 &amp; more</dc:title><dc:language>zh</dc:language>'
)


def epub3_parts(metas: str = "", attributes: str = "") -> dict[str, str | bytes]:
    """The parts of an EPUB 3 with further metas and attributes of the package."""
    nav = '<nav epub:type="toc"><ol><li><a href="page.xhtml">一</a></li></ol></nav>'
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": _container("OEBPS/content.opf"),
        "OEBPS/content.opf": f'{_BOOK_HEAD}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
        f'unique-identifier="uid"{attributes}>\n'
        f"  <metadata {_DUBLIN}>{_CORE}{_MODIFIED}{metas}</metadata>\n"
        '  <manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        '<item id="page" href="page.xhtml" media-type="application/xhtml+xml"/></manifest>\n'
        '  <spine><itemref idref="page"/></spine>\n</package>',
        "OEBPS/nav.xhtml": _PAGE.format(nav),
        "OEBPS/page.xhtml": _PAGE.format("<p>你好</p>"),
    }


def epub2_parts(metas: str = "") -> dict[str, str | bytes]:
    """The parts of an EPUB 2 with further metas."""
    ncx = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1">'
        f'<head><meta name="dtb:uid" content="{_BOOK}"/></head><docTitle><text>书</text></docTitle><navMap>'
        '<navPoint id="a" playOrder="1"><navLabel><text>一</text></navLabel><content src="page.xhtml"/></navPoint>'
        "</navMap></ncx>"
    )
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": _container("content.opf"),
        "content.opf": '<?xml version="1.0"?>\n'
        '<opf:package xmlns:opf="http://www.idpf.org/2007/opf" version="2.0" unique-identifier="uid">'
        f'<opf:metadata {_DUBLIN}>{_CORE}<opf:meta name="series" content="stays"/>{metas}</opf:metadata>'
        '<opf:manifest><opf:item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        '<opf:item id="page" href="page.xhtml" media-type="application/xhtml+xml"/></opf:manifest>'
        '<opf:spine toc="ncx"><opf:itemref idref="page"/></opf:spine></opf:package>',
        "toc.ncx": ncx,
        "page.xhtml": _PAGE.replace(' xmlns:epub="http://www.idpf.org/2007/ops"', "").format("<p>你好</p>"),
    }


def epub(parts: Parts) -> bytes:
    """An EPUB of these parts: `mimetype` first and stored."""
    return zipped(parts, stored="mimetype")


def ofd_parts(information: str = "", body: str = "", prefix: str = "ofd:") -> dict[str, str | bytes]:
    """The parts of a minimal OFD file of one empty page, with more in its information and its body."""
    spaced = f'xmlns:{prefix.removesuffix(":")}="{OFD_NAMESPACE}"' if prefix else f'xmlns="{OFD_NAMESPACE}"'
    head, p = '<?xml version="1.0" encoding="UTF-8"?>\n', prefix
    entrance = (
        f'{head}<{p}OFD {spaced} Version="1.0" DocType="OFD"><{p}DocBody><{p}DocInfo><{p}DocID>5f0a</{p}DocID>'
        f"<{p}Title>题</{p}Title><{p}CreationDate>2024-05-06</{p}CreationDate><{p}Creator>by hand</{p}Creator>"
        f"{information}</{p}DocInfo><{p}DocRoot>Doc_0/Document.xml</{p}DocRoot>{body}</{p}DocBody></{p}OFD>"
    )
    area = f"<{p}PageArea><{p}PhysicalBox>0 0 210 297</{p}PhysicalBox></{p}PageArea>"
    document = (
        f"{head}<{p}Document {spaced}><{p}CommonData><{p}MaxUnitID>2</{p}MaxUnitID>{area}</{p}CommonData>"
        f'<{p}Pages><{p}Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></{p}Pages></{p}Document>'
    )
    page = f'{head}<{p}Page {spaced}><{p}Content><{p}Layer ID="2"/></{p}Content></{p}Page>'
    return {
        "OFD.xml": entrance,
        "Doc_0/Document.xml": document,
        "Doc_0/Pages/Page_0/Content.xml": page,
    }


_ODF = "urn:oasis:names:tc:opendocument:xmlns:"


def odf_parts(fields: str | None = "", kind: str = "text", manifest: str = "") -> dict[str, str | bytes]:
    """The parts of a minimal OpenDocument with further fields in its metadata; None leaves the metadata out."""
    named = '<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>'
    meta = (
        f'{_HEAD}<office:document-meta xmlns:office="{_ODF}office:1.0" xmlns:meta="{_ODF}meta:1.0" '
        f'office:version="1.3"><office:meta><meta:generator>by hand</meta:generator>{fields}</office:meta>'
        "</office:document-meta>"
    )
    return {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": f'{_HEAD}<office:document-content xmlns:office="{_ODF}office:1.0" '
        f'xmlns:text="{_ODF}text:1.0" office:version="1.3"><office:body><office:text><text:p>你好</text:p>'
        "</office:text></office:body></office:document-content>",
        **({} if fields is None else {"meta.xml": meta}),
        "META-INF/manifest.xml": f'{_HEAD}<manifest:manifest xmlns:manifest="{_ODF}manifest:1.0" '
        'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="application/vnd.oasis.opendocument.{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        f"{'' if fields is None else named}{manifest}</manifest:manifest>",
    }


def odf(parts: Parts) -> bytes:
    """An OpenDocument of these parts: `mimetype` first and stored."""
    return zipped(parts, stored="mimetype")

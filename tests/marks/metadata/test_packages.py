"""EPUB, OFD and OpenDocument carry the label where their own rules have a place for it, and keep all else."""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import metadata
from sealmark.marks.errors import SignedPackage
from sealmark.marks.label import Label
from sealmark.marks.metadata.xmp import NAMESPACE
from sealmark.media.errors import Damaged, EncryptedArchive, LyingFormat, UnknownFormat
from tests.media import packages
from tests.media.packages import Parts

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1="""quoted "words" & <tags> it's""")
VALUE = ONE.inner().replace('"', "&quot;")
OPF = "{http://www.idpf.org/2007/opf}"
OFD = f"{{{packages.OFD_NAMESPACE}}}"
META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
PREFIX = f' prefix="TC260: {NAMESPACE}"'


def _only(data: bytes, label: Label) -> bool:
    return [(place.label, place.main) for place in metadata.read(data)] == [(label, True)]


def _tree(data: bytes, part: str) -> ElementTree.Element:
    return ElementTree.fromstring(packages.unzipped(data)[part])


def _replaces(data: bytes) -> bool:
    """Whether a writing leaves one label, in the main channel, and a second one gives what a single one gives."""
    now = metadata.write(data, TWO)
    return _only(now, TWO) and metadata.write(metadata.write(data, ONE), TWO) == now == metadata.write(now, TWO)


def test_epub_3_declares_the_prefix_and_has_one_meta() -> None:
    """EPUB 3.3, 5.5.5 and D.1.4: a property with a prefix that the package binds to the namespace of the guides."""
    data = packages.epub(packages.epub3_parts())
    now = metadata.write(data, TWO)
    root = _tree(now, "OEBPS/content.opf")
    assert root.get("prefix") == f"TC260: {NAMESPACE}"
    metas = root.findall(f"{OPF}metadata/{OPF}meta")
    assert [(meta.get("property"), meta.text) for meta in metas][:-1] == [("dcterms:modified", "2024-05-06T07:08:10Z")]
    assert metas[-1].get("property") == "TC260:AIGC"
    assert json.loads(str(metas[-1].text)) == TWO.as_dict()
    assert _replaces(data)


def test_epub_2_has_one_meta_with_name_and_content() -> None:
    """OPF 2.0.1, 2.2: a meta of its own; no attribute that version 2 does not know."""
    data = packages.epub(packages.epub2_parts())
    now = metadata.write(data, TWO)
    root = _tree(now, "content.opf")
    assert root.get("prefix") is None
    metas = {meta.get("name"): meta.get("content") for meta in root.findall(f"{OPF}metadata/{OPF}meta")}
    assert json.loads(str(metas.pop("AIGC"))) == TWO.as_dict()
    assert metas == {"series": "stays"}
    assert _replaces(data)


@pytest.mark.parametrize("parts", [packages.epub3_parts(), packages.epub2_parts()])
def test_marked_book_begins_as_a_book_must(parts: Parts) -> None:
    """EPUB 3.3, 4.2.4: `mimetype` comes first, stored, without an extra field; all else but the package is the same."""
    data = packages.epub(parts)
    now = metadata.write(data, ONE)
    assert now[:58] == data[:58]
    assert now[30:58] == b"mimetypeapplication/epub+zip"
    was, read = packages.unzipped(data), packages.unzipped(now)
    assert [name for name in was if was[name] != read[name]] == [name for name in was if name.endswith(".opf")]
    assert list(was) == list(read)


BOUND = f'<meta property="q:AIGC">{VALUE}</meta>'
BOOKS = {
    "our prefix": (packages.epub3_parts(f'<meta property="TC260:AIGC">{VALUE}</meta>', PREFIX), True),
    "another prefix": (packages.epub3_parts(BOUND, f' prefix="a: urn:a\n q:  {NAMESPACE}"'), True),
    "prefix of something else": (packages.epub3_parts(BOUND, ' prefix="q: urn:q"'), False),
    "prefix of nothing": (packages.epub3_parts(BOUND), False),
    "our prefix for something else": (packages.epub3_parts(BOUND, ' prefix="TC260: urn:q"'), False),
    "no prefix": (packages.epub3_parts(f'<meta property="AIGC">{VALUE}</meta>'), False),
    "form of version 2": (packages.epub3_parts(f'<meta content="{VALUE}" name="AIGC"/>'), False),
    "form of version 2 in other letters": (packages.epub3_parts(f'<meta content="{VALUE}" name="aigc"></meta>'), False),
    "version 2": (packages.epub2_parts(f'<opf:meta content="{VALUE}" name="AIGC"/>'), True),
    "version 2, old holder": (
        packages.epub2_parts(f'<opf:x-metadata><opf:meta content="{VALUE}" name="AIGC"/></opf:x-metadata>'),
        True,
    ),
}


@pytest.mark.parametrize("book", BOOKS)
def test_label_that_another_wrote_in_a_book_is_read_and_replaced(book: str) -> None:
    """Any prefix, both forms: read; the main channel of the version is where a writing leaves the one label."""
    parts, main = BOOKS[book]
    data = packages.epub(parts)
    assert [(place.label, place.main) for place in metadata.read(data)] == [(ONE, main)]
    assert _replaces(data)
    bound = _tree(metadata.write(data, TWO), next(name for name in parts if name.endswith(".opf"))).get("prefix")
    assert bound is None or bound.count(NAMESPACE) == 1
    names = str(bound).split()[::2]
    assert len(set(names)) == len(names)
    assert ("urn:q" in str(bound)) == ("something else" in book)


def _two_renditions() -> bytes:
    parts = packages.epub3_parts(f'<meta property="TC260:AIGC">{VALUE}</meta>', PREFIX)
    second = '<rootfile full-path="second%20one.opf" media-type="application/oebps-package+xml"/></rootfiles>'
    container = str(parts["META-INF/container.xml"]).replace("</rootfiles>", second)
    return packages.epub({**parts, "META-INF/container.xml": container, "second one.opf": parts["OEBPS/content.opf"]})


def test_second_rendition_keeps_no_label() -> None:
    """A book of two package documents with a label each: one label is left, in the default one."""
    assert len(metadata.read(_two_renditions())) == 2
    assert _replaces(_two_renditions())


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("META-INF/container.xml", "<x/>"),
        ("META-INF/container.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
        ("OEBPS/content.opf", "<package/>"),
        ("OEBPS/content.opf", b"\x00\x01 encrypted"),
    ],
)
def test_book_whose_package_cannot_be_read_is_damaged(part: str, content: str | bytes) -> None:
    """What cannot be read safely is an error for reading and writing."""
    data = packages.epub({**packages.epub3_parts(), part: content})
    for call in (metadata.read, lambda book: metadata.write(book, ONE)):
        with pytest.raises(Damaged):
            call(data)


def test_ofd_label_stands_last_in_the_information_of_the_document() -> None:
    """GB/T 33190 7.4: CustomDatas closes DocInfo, after every element that its schema puts before it."""
    data = packages.zipped(packages.ofd_parts())
    now = metadata.write(data, TWO)
    info = _tree(now, "OFD.xml").find(f"{OFD}DocBody/{OFD}DocInfo")
    assert info is not None
    assert [child.tag.removeprefix(OFD) for child in info] == [
        "DocID",
        "Title",
        "CreationDate",
        "Creator",
        "CustomDatas",
    ]
    entry = info.find(f"{OFD}CustomDatas/{OFD}CustomData")
    assert entry is not None
    assert (entry.get("Name"), json.loads(str(entry.text))) == ("AIGC", TWO.as_dict())
    was, read = packages.unzipped(data), packages.unzipped(now)
    assert [name for name in was if was[name] != read[name]] == ["OFD.xml"]
    assert _replaces(data)


def _custom(inside: str) -> str:
    return f"<ofd:CustomDatas>{inside}</ofd:CustomDatas>"


LABELLED = f'<ofd:CustomData Name="AIGC">{VALUE}</ofd:CustomData>'
KEPT = '<ofd:CustomData Name="mood">calm</ofd:CustomData>'


@pytest.mark.parametrize(
    ("inside", "mains"),
    [(KEPT, []), (LABELLED, [True]), (LABELLED + KEPT + LABELLED, [True, True]), (LABELLED.lower(), [])],
)
def test_custom_data_of_an_ofd_file_is_kept_beside_the_label(inside: str, mains: list[bool]) -> None:
    """The label joins what is there; of several, one is left."""
    inside = inside if inside != LABELLED.lower() else f'<ofd:CustomData Name="aigc2">{VALUE}</ofd:CustomData>'
    data = packages.zipped(packages.ofd_parts(_custom(inside)))
    assert [place.main for place in metadata.read(data)] == mains
    now = packages.unzipped(metadata.write(data, TWO))["OFD.xml"].decode()
    assert (KEPT in now) == (KEPT in inside)
    assert _replaces(data)


def test_ofd_file_with_a_default_namespace_takes_the_label() -> None:
    """The new elements are written with the prefix of the file, or with none."""
    data = packages.zipped(packages.ofd_parts(prefix=""))
    assert b'<CustomData Name="AIGC">' in packages.unzipped(metadata.write(data, ONE))["OFD.xml"]
    assert _replaces(data)


def test_second_document_of_an_ofd_file_keeps_no_label_and_no_empty_list() -> None:
    """A list of custom data may not be empty: it goes with the label that was alone in it."""
    text = str(packages.ofd_parts(_custom(LABELLED))["OFD.xml"])
    start, stop = text.index("<ofd:DocBody>"), text.index("</ofd:OFD>")
    data = packages.zipped({**packages.ofd_parts(), "OFD.xml": text[:stop] + text[start:stop] + text[stop:]})
    assert [place.main for place in metadata.read(data)] == [True, False]
    assert _replaces(data)
    assert packages.unzipped(metadata.write(data, TWO))["OFD.xml"].count(b"<ofd:CustomDatas>") == 1


def _opendocument(fields: str | None = "", kind: str = "text") -> bytes:
    return packages.odf(packages.odf_parts(fields, kind))


@pytest.mark.parametrize("fields", ["", None, '<meta:user-defined meta:name="mood">calm</meta:user-defined>'])
def test_opendocument_has_a_user_defined_field(fields: str | None) -> None:
    """ODF 1.3 part 3, 4.3.3.17: a field of that name beside the others; metadata that was not there is registered."""
    data = _opendocument(fields)
    now = metadata.write(data, TWO)
    found = {one.get(f"{META}name"): one.text for one in _tree(now, "meta.xml").iter(f"{META}user-defined")}
    assert json.loads(str(found.pop("AIGC"))) == TWO.as_dict()
    assert found == ({"mood": "calm"} if fields else {})
    assert packages.unzipped(now)["META-INF/manifest.xml"].count(b'"meta.xml"') == 1
    assert _replaces(data)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("text", "odt"),
        ("text-template", "ott"),
        ("spreadsheet", "ods"),
        ("spreadsheet-template", "ots"),
        ("presentation", "odp"),
        ("presentation-template", "otp"),
        ("graphics", "odg"),
        ("graphics-template", "otg"),
    ],
)
def test_kinds_of_opendocument_are_told_apart(kind: str, name: str) -> None:
    """Each kind is a format of its own, and takes the label."""
    data = _opendocument(kind=kind)
    assert media.sniff(data, f"a.{name}").name == name
    assert _only(metadata.write(data, ONE), ONE)
    with pytest.raises(LyingFormat):
        media.sniff(data, "a.epub")


def test_label_that_another_wrote_in_an_opendocument_is_read_and_replaced() -> None:
    """A typed field, one in other letters, one that stands twice."""
    field = f'<meta:user-defined meta:value-type="string" meta:name="AIGC">{VALUE}</meta:user-defined>'
    data = _opendocument(field + field.replace("AIGC", "aigc"))
    assert [place.main for place in metadata.read(data)] == [True, False]
    assert _replaces(data)


def test_encrypted_opendocument_is_named_as_such() -> None:
    """ODF 1.3 part 2, 3.4: the manifest says that files are encrypted."""
    entry = (
        '<manifest:file-entry manifest:full-path="encrypted-package" manifest:media-type="">'
        "<manifest:encryption-data/></manifest:file-entry>"
    )
    data = packages.odf(packages.odf_parts(manifest=entry))
    for call in (metadata.read, lambda document: metadata.write(document, ONE)):
        with pytest.raises(EncryptedArchive):
            call(data)


SIGNED = {
    "EPUB": lambda: packages.epub({**packages.epub3_parts(), "META-INF/signatures.xml": "<signatures/>"}),
    "OFD": lambda: packages.zipped(
        packages.ofd_parts("", "<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>")
    ),
    "ODF": lambda: packages.odf({**packages.odf_parts(), "META-INF/documentsignatures.xml": "<x/>"}),
}


@pytest.mark.parametrize("form", SIGNED)
def test_signed_document_is_read_but_left_alone(form: str) -> None:
    """A signature or seal covers the place of the label: writing one would break it."""
    data = SIGNED[form]()
    assert metadata.read(data) == []
    with pytest.raises(SignedPackage):
        metadata.write(data, ONE)


@pytest.mark.parametrize(
    "parts", [{"a.txt": "words"}, {"mimetype": "application/x-something"}, {"META-INF/MANIFEST.MF": "", "a.class": b""}]
)
def test_other_archives_are_no_documents(parts: Parts) -> None:
    """A ZIP of something else is of no known format, rather than taken for one."""
    with pytest.raises(UnknownFormat):
        media.sniff(packages.zipped(parts))


def test_book_with_a_packed_mimetype_is_still_known() -> None:
    """A careless writer packs `mimetype`, or puts it last: the file is a book for all that."""
    parts = packages.epub3_parts()
    last = {name: parts[name] for name in (*list(parts)[1:], "mimetype")}
    data = packages.zipped(last)
    assert media.sniff(data).name == "epub"
    assert _replaces(data)


EVERY: dict[str, Callable[[], bytes]] = {
    "epub 3": lambda: packages.epub(packages.epub3_parts()),
    "epub 2": lambda: packages.epub(packages.epub2_parts()),
    "ofd": lambda: packages.zipped(packages.ofd_parts()),
    "odt": _opendocument,
}


@pytest.mark.parametrize("key", EVERY)
def test_real_tool_reads_every_entry_of_the_marked_file(key: str) -> None:
    """Streamed, stored or packed by others: zipfile verifies every check sum, and comments stay."""
    data = EVERY[key]()
    with zipfile.ZipFile(BytesIO(data)) as read:
        parts = {name: read.read(name) for name in read.namelist()}
    for variant in (
        packages.zipped(parts, stored=True, comment=b"said"),
        packages.zipped(parts, streamed=True),
    ):
        now = metadata.write(variant, TWO)
        assert _only(now, TWO)
        assert set(packages.unzipped(now)) >= set(parts)
        with zipfile.ZipFile(BytesIO(now)) as read, zipfile.ZipFile(BytesIO(variant)) as was:
            assert read.comment == was.comment


@settings(max_examples=60, deadline=None)
@given(key=st.sampled_from(list(EVERY)), data=st.data())
def test_marked_file_with_flipped_bytes_at_its_end_reads_or_says_why_not(key: str, data: st.DataObject) -> None:
    """No damage to data or directory raises anything but our own errors."""
    whole = bytearray(metadata.write(EVERY[key](), ONE))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    form = media.by_name(key.partition(" ")[0])
    for call in (metadata.read, lambda flipped, form: metadata.write(flipped, TWO, form)):
        try:
            call(bytes(whole), form)
        except SealmarkError:
            continue

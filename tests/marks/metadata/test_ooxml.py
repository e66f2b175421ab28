"""Office documents carry the label as a custom property, where office programs look for one, and keep all else."""

import io
import json
import os
import time
from collections.abc import Callable
from functools import cache

import docx
import openpyxl  # type: ignore[import-untyped]  # the peer has no stubs
import pptx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.packaging.custom import StringProperty  # type: ignore[import-untyped]  # the peer has no stubs

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import metadata
from sealmark.marks.errors import SignedPackage
from sealmark.marks.label import Label
from sealmark.media.document import ooxml
from sealmark.media.errors import Damaged, LegacyOffice, LyingFormat, MetadataOverLimit, ProtectedOffice
from tests.media import packages

from ..test_label import LABELS

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1="""quoted "words" & <tags> it's""")
CLASS = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
VALUE = ONE.inner().replace('"', "&quot;")
PART = "docProps/custom.xml"


def _docx() -> bytes:
    document = docx.Document()
    document.add_heading("标题")
    document.add_paragraph("words & more")
    document.core_properties.author = "somebody"
    return _saved(document.save)


def _xlsx() -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0]["B2"] = "词"
    book.custom_doc_props.append(StringProperty(name="mood", value="calm"))
    return _saved(book.save)


def _pptx() -> bytes:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "标题"
    return _saved(show.save)


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


REAL = {"docx": cache(_docx), "xlsx": cache(_xlsx), "pptx": cache(_pptx)}


def _only(data: bytes, label: Label) -> bool:
    return [(place.label, place.main) for place in metadata.read(data)] == [(label, True)]


def _text_of(name: str, data: bytes) -> list[str]:
    """What an independent program reads in the document."""
    if name == "docx":
        document = docx.Document(io.BytesIO(data))
        return [paragraph.text for paragraph in document.paragraphs] + [str(document.core_properties.author)]
    if name == "xlsx":
        return [str(cell.value) for row in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0] for cell in row]
    return [shape.text for slide in pptx.Presentation(io.BytesIO(data)).slides for shape in slide.shapes]


@pytest.mark.parametrize("name", REAL)
def test_programs_open_the_marked_file_and_see_the_same_content(name: str) -> None:
    """python-docx, openpyxl and python-pptx read their own files as before; parts that need no change are the same."""
    data = REAL[name]()
    written = metadata.write(data, TWO)
    assert media.sniff(written).name == name
    assert _only(written, TWO)
    assert _text_of(name, written) == _text_of(name, data)
    was, now = packages.unzipped(data), packages.unzipped(written)
    changed = {part for part in now if was.get(part) != now[part]}
    assert changed <= {"[Content_Types].xml", "_rels/.rels", PART}
    assert list(now)[: len(was)] == list(was)


def test_openpyxl_finds_the_property_beside_its_own() -> None:
    """An independent reader of custom properties finds the inner JSON, and what was there before."""
    written = metadata.write(REAL["xlsx"](), TWO)
    properties = openpyxl.load_workbook(io.BytesIO(written)).custom_doc_props
    assert json.loads(str(properties["AIGC"].value)) == TWO.as_dict()
    assert (properties.names, properties["mood"].value) == (["mood", "AIGC"], "calm")


@pytest.mark.parametrize("name", ["docx", "pptx"])
def test_programs_that_save_the_file_again_keep_the_label(name: str) -> None:
    """The part is registered as a package wants it: a program that does not know it carries it along."""
    written = io.BytesIO(metadata.write(REAL[name](), TWO))
    opened = docx.Document(written) if name == "docx" else pptx.Presentation(written)
    assert _only(_saved(opened.save), TWO)


def test_label_that_openpyxl_wrote_is_read_and_replaced() -> None:
    """A property of another writer is the main channel too."""
    book = openpyxl.Workbook()
    book.custom_doc_props.append(StringProperty(name="AIGC", value=ONE.wrapped()))
    data = _saved(book.save)
    assert _only(data, ONE)
    assert _only(metadata.write(data, TWO), TWO)


@pytest.mark.parametrize("name", REAL)
@settings(max_examples=10, deadline=None)
@given(first=LABELS, second=LABELS)
def test_writing_again_gives_the_file_of_a_single_writing(name: str, first: Label, second: Label) -> None:
    """GB 45438 6.1 c): one label a file, in real files too."""
    data = REAL[name]()
    again = metadata.write(metadata.write(data, first), second)
    assert again == metadata.write(data, second)
    assert _only(again, second)


MAIN = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "dotx": "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    "docm": "application/vnd.ms-word.document.macroEnabled.main+xml",
    "dotm": "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "xltx": "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
    "xlsm": "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    "xltm": "application/vnd.ms-excel.template.macroEnabled.main+xml",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    "potx": "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
    "ppsx": "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
    "pptm": "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
    "potm": "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
    "ppsm": "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
}


@pytest.mark.parametrize("name", MAIN)
def test_every_kind_is_told_by_its_content_types(name: str) -> None:
    """Documents, templates and files with macros are formats of their own, and all take the label."""
    data = packages.docx(MAIN[name])
    form = media.sniff(data, f"a.{name}")
    assert form.name == name
    assert media.by_name(name).media_type == form.media_type
    assert media.sniff(metadata.write(data, ONE)) is form
    assert _only(metadata.write(data, ONE), ONE)
    with pytest.raises(LyingFormat):
        media.sniff(data, "a.docx" if name != "docx" else "a.docm")


def test_kinds_are_all_those_of_the_table() -> None:
    """No format of the family is without a test."""
    assert {form.name for form in ooxml.FORMATS} == set(MAIN)


def _xml(data: bytes, part: str) -> str:
    return packages.unzipped(data)[part].decode()


def test_new_part_is_registered_where_the_guide_says() -> None:
    """Guide 20258A 6.1: class, number, name and type of the property; relationship; content type."""
    written = metadata.write(packages.docx(), ONE)
    wanted = f'<property fmtid="{CLASS}" pid="2" name="AIGC"><vt:lpwstr>{VALUE}</vt:lpwstr></property>'
    assert wanted in _xml(written, PART)
    assert f'<Override PartName="/{PART}" ContentType="{ooxml.CUSTOM_TYPE}"/>' in _xml(written, "[Content_Types].xml")
    assert f'Id="rId2" Type="{ooxml.CUSTOM_RELATIONS[False]}" Target="{PART}"' in _xml(written, "_rels/.rels")


def test_strict_document_gets_strict_names() -> None:
    """ISO/IEC 29500-1: a strict package has other namespaces and another relationship."""
    written = metadata.write(packages.docx(strict=True), ONE)
    assert _only(written, ONE)
    assert 'xmlns="http://purl.oclc.org/ooxml/officeDocument/customProperties"' in _xml(written, PART)
    assert 'xmlns:vt="http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes"' in _xml(written, PART)
    assert "http://purl.oclc.org/ooxml/officeDocument/relationships/customProperties" in _xml(written, "_rels/.rels")


def _property(name: str, value: str, number: str = "5") -> str:
    return f'<property fmtid="{CLASS}" pid="{number}" name="{name}">{value}</property>'


TEXT = f"<vt:lpwstr>{VALUE}</vt:lpwstr>"
OTHER = _property("mood", "<vt:lpwstr>calm &amp; dry</vt:lpwstr>", "2")
FORMS = {
    "plain": (_property("AIGC", TEXT), True),
    "another kind of text": (_property("AIGC", TEXT.replace("lpwstr", "bstr")), True),
    "wrapped": (_property("AIGC", f"<vt:lpwstr><![CDATA[{ONE.wrapped()}]]></vt:lpwstr>"), True),
    "other letters": (_property("aigc", TEXT), False),
    "linked": (_property("AIGC", TEXT).replace('name="AIGC"', "name='AIGC' linkTarget='bookmark'"), True),
    "own class": (_property("AIGC", TEXT).replace("D5CDD505", "00000000"), True),
}


@pytest.mark.parametrize("form", FORMS)
def test_property_is_read_and_replaced_in_place(form: str) -> None:
    """However another wrote it: it is read, and replaced under its own number; not one byte changes beside it."""
    written, main = FORMS[form]
    data = packages.zipped(packages.custom_parts(f"{OTHER}{written}<!-- stays -->"))
    assert [(place.label, place.main) for place in metadata.read(data)] == [(ONE, main)]
    now = metadata.write(data, TWO)
    assert _only(now, TWO)
    before, after = _xml(data, PART).split(written)
    assert _xml(now, PART).startswith(f'{before}<property fmtid="{CLASS}" pid="5" name="AIGC">')
    assert _xml(now, PART).endswith(f"</property>{after}")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("", 3),
        (_property("AIGC", TEXT, "2"), 3),
        (_property("AIGC", TEXT, "1"), 3),
        (_property("AIGC", TEXT, "x"), 3),
        (_property("AIGC", TEXT, "9") + _property("AIGC", TEXT, "10"), 9),
        (_property("many", TEXT, "2147483647"), 3),
    ],
)
def test_numbers_of_properties_stand_once(written: str, number: int) -> None:
    """A number is at least 2 and unique: kept where it is lawful, else the next that is free."""
    data = packages.zipped(packages.custom_parts(f"{OTHER}{written}"))
    now = metadata.write(data, TWO)
    assert f'pid="{number}" name="AIGC"' in _xml(now, PART)
    assert _only(now, TWO)


ROOTS = {
    "prefix": '<c:Properties xmlns:c="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"'
    ' xmlns:q="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><c:property name="mood" pid="2">'
    "<q:i4>5</q:i4></c:property></c:Properties>",
    "empty": '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>',
}


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_unusual_parts_take_the_label(root: str, coding: str) -> None:
    """Other prefixes, an empty root, other codings of Unicode."""
    parts = packages.custom_parts("", root=ROOTS[root])
    data = packages.zipped({**parts, PART: ROOTS[root].encode(coding)})
    assert metadata.read(data) == []
    assert _only(metadata.write(data, TWO), TWO)
    assert metadata.write(metadata.write(data, ONE), TWO) == metadata.write(data, TWO)


def test_part_of_another_name_is_found_through_its_relationship() -> None:
    """A package names its parts as it likes; a part that merely has the usual name is not the main channel."""
    parts = packages.custom_parts(_property("AIGC", TEXT))
    moved = {
        name: str(text).replace("docProps/custom.xml", "Meta/Eigen%20schaften.xml") for name, text in parts.items()
    }
    moved["META/eigen schaften.xml"] = moved.pop(PART)
    data = packages.zipped(moved)
    assert _only(data, ONE)
    now = metadata.write(data, TWO)
    assert _only(now, TWO)
    assert list(packages.unzipped(now)) == list(packages.unzipped(data))


def test_part_that_nothing_refers_to_is_read_and_then_registered() -> None:
    """A label in an orphan part is seen, though office programs do not; a writing makes it theirs."""
    parts = packages.ooxml_parts() | {PART: packages.custom_parts(_property("AIGC", TEXT))[PART]}
    data = packages.zipped(parts)
    assert [(place.label, place.main) for place in metadata.read(data)] == [(ONE, False)]
    assert _only(metadata.write(data, TWO), TWO)


def test_second_part_keeps_no_label() -> None:
    """Two parts of custom properties with a label each: one label is left, in the first."""
    parts = packages.custom_parts(_property("AIGC", TEXT) + OTHER)
    rels = str(parts["_rels/.rels"])
    again = f'<Relationship Id="rId8" Type="{ooxml.CUSTOM_RELATIONS[False]}" Target="second.xml"/></Relationships>'
    parts |= {"_rels/.rels": rels.replace("</Relationships>", again), "second.xml": parts[PART]}
    data = packages.zipped(parts)
    assert len(metadata.read(data)) == 2
    now = metadata.write(data, TWO)
    assert _only(now, TWO)
    assert OTHER in _xml(now, "second.xml")


def test_relationship_to_a_missing_part_gets_the_part() -> None:
    """A package that announces custom properties and has none is completed."""
    parts = packages.custom_parts("")
    del parts[PART]
    data = packages.zipped(parts)
    assert metadata.read(data) == []
    assert _only(metadata.write(data, ONE), ONE)


def test_wrong_content_type_of_the_part_is_corrected() -> None:
    """Programs ignore a part of another type, and the label in it."""
    parts = packages.custom_parts("")
    parts["[Content_Types].xml"] = str(parts["[Content_Types].xml"]).replace(ooxml.CUSTOM_TYPE, "application/xml")
    now = metadata.write(packages.zipped(parts), ONE)
    assert _xml(now, "[Content_Types].xml").count("/docProps/custom.xml") == 1
    assert ooxml.CUSTOM_TYPE in _xml(now, "[Content_Types].xml")


def test_signed_package_is_read_but_left_alone() -> None:
    """ISO/IEC 29500-2 10: the label of a signed package is seen; writing one would break the signature."""
    signature: packages.Parts = {"_xmlsignatures/origin.sigs": b"", "_xmlsignatures/sig1.xml": "<Signature/>"}
    data = packages.zipped({**packages.custom_parts(_property("AIGC", TEXT)), **signature})
    assert _only(data, ONE)
    with pytest.raises(SignedPackage):
        metadata.write(data, TWO)
    unsigned = packages.zipped({**packages.ooxml_parts(), "_xmlsignatures/origin.sigs": b""})
    assert _only(metadata.write(unsigned, ONE), ONE)
    moved = packages.ooxml_parts()
    kind = "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"
    override = f'<Override PartName="/s.xml" ContentType="{kind}"/></Types>'
    moved["[Content_Types].xml"] = str(moved["[Content_Types].xml"]).replace("</Types>", override)
    with pytest.raises(SignedPackage):
        metadata.write(packages.zipped(moved), ONE)


def _compound(streams: bytes) -> bytes:
    return bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504) + streams + bytes(512)


@pytest.mark.parametrize("name", ["a.docx", "a.doc", None])
def test_document_behind_a_password_is_named_as_such(name: str | None) -> None:
    """An encrypted docx is an OLE file: the answer says so, whatever the file is called."""
    with pytest.raises(ProtectedOffice):
        media.sniff(_compound("EncryptedPackage".encode("utf-16-le")), name)
    with pytest.raises(LegacyOffice):
        media.sniff(_compound("WordDocument".encode("utf-16-le")), name)


def _with(part: str, content: str | bytes) -> bytes:
    return packages.zipped({**packages.custom_parts(_property("AIGC", TEXT)), part: content})


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
MANY = f'<Relationship Id="a" Type="{ooxml.CUSTOM_RELATIONS[False]}" Target="a.xml"/>' * 50
HOSTILE = {
    "entity bomb in the properties": _with(PART, BOMB),
    "entity bomb in the relationships": _with("_rels/.rels", BOMB),
    "other XML for properties": _with(PART, "<x/>"),
    "inflation bomb": _with(PART, bytes(64 << 20)),
    "no relationships": packages.zipped({"[Content_Types].xml": packages.ooxml_parts()["[Content_Types].xml"]}),
    "parts without end": _with(
        "_rels/.rels", str(packages.ooxml_parts()["_rels/.rels"]).replace("</Rel", f"{MANY}</Rel")
    ),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_package_is_refused_and_never_overwritten(attack: str) -> None:
    """Bombs and lies in the parts that are read: a domain error at once, for reading and writing."""
    began = time.process_time()
    with pytest.raises((Damaged, MetadataOverLimit)):
        metadata.write(HOSTILE[attack], ONE, media.by_name("docx"))
    if attack != "other XML for properties":
        with pytest.raises((Damaged, MetadataOverLimit)):
            metadata.read(HOSTILE[attack], media.by_name("docx"))
    assert time.process_time() - began < 1


def test_properties_without_end_are_over_the_limit() -> None:
    """A thousand labels are read no further than an honest file could need, and become one."""
    data = packages.zipped(packages.custom_parts(_property("AIGC", TEXT) * 5000))
    began = time.process_time()
    with pytest.raises(MetadataOverLimit):
        metadata.read(data)
    assert _only(metadata.write(data, TWO), TWO)
    assert time.process_time() - began < 2


def test_label_of_a_cut_file_is_still_found() -> None:
    """A file without its directory is damaged; the label that stands whole in it is shown."""
    data = metadata.write(_docx(), ONE)
    left = metadata.remains(data[:-10], media.by_name("docx"))
    assert [place.label for place in left.places] == [ONE]
    assert left.damages[0].code == "media.damaged"
    assert media.sniff(data[:-10]).name == "docx"


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(list(REAL)), data=st.data())
def test_real_file_with_flipped_bytes_reads_or_says_why_not(name: str, data: st.DataObject) -> None:
    """No damage to a marked file raises anything but our own errors."""
    whole = bytearray(metadata.write(REAL[name](), ONE))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[-data.draw(st.integers(1, 1500))] = data.draw(st.integers(0, 255))
    for call in (metadata.read, lambda flipped: metadata.write(flipped, TWO)):
        try:
            call(bytes(whole))
        except SealmarkError:
            continue


def test_labelling_five_megabytes_costs_milliseconds() -> None:
    """A label is planned for a docx of 5 MB in at most 5 ms of CPU; nothing of its pictures is unpacked or copied."""
    data = packages.zipped({**packages.ooxml_parts(), "word/media/picture.bin": os.urandom(5 << 20)})
    form = media.by_name("docx")
    assert min(_cost(lambda: metadata.edit(data, ONE, form)) for _ in range(9)) < 0.005
    assert min(_cost(lambda: media.sniff(data)) for _ in range(9)) < 0.005


def _cost(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began

"""A PDF gets its label in an update behind its end; every byte before that stays."""

import io
import json
import re
import time
import zlib
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import PdfParser

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import metadata
from sealmark.marks.errors import DamagedMetadata, Sealed
from sealmark.marks.label import Label
from sealmark.media.errors import Damaged, Encrypted, MetadataOverLimit
from tests.media import papers

from ..test_label import LABELS

# The peer reader is untyped.
PILLOW: Any = PdfParser.PdfParser

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1="""(quoted) "words" \\ it's 题""")
FILES = {key: make() for key, make in papers.EVERY.items()}
XMP = (
    '<rdf:Description rdf:about="" xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/">'
    f"<TC260:AIGC>{ONE.inner()}</TC260:AIGC></rdf:Description>"
)


def _labels(data: bytes) -> list[tuple[Label | None, bool]]:
    return [(place.label, place.main) for place in metadata.read(data)]


@pytest.mark.parametrize("key", FILES)
def test_every_layout_takes_one_label_and_keeps_every_byte(key: str) -> None:
    """Tables, streams, hybrid, linearized, junk: known as PDF, unlabelled, then labelled behind its own bytes."""
    data = FILES[key]
    assert media.sniff(data, "a.pdf").name == "pdf"
    assert metadata.read(data) == []
    written = metadata.write(data, TWO)
    assert written.startswith(data)
    assert _labels(written) == [(TWO, True)]


@pytest.mark.parametrize("key", FILES)
def test_writing_again_replaces_our_own_update(key: str) -> None:
    """GB 45438 6.1 c): the file that a single writing gives, bit for bit, however often."""
    once = metadata.write(FILES[key], TWO)
    assert metadata.write(metadata.write(FILES[key], ONE), TWO) == once == metadata.write(once, TWO)


@pytest.mark.parametrize("key", [key for key in FILES if key not in {"junk behind"}])
def test_pikepdf_finds_the_label_and_all_that_was_there(key: str) -> None:
    """An independent reader follows the references without repair: same pages, same other keys, same catalogue."""
    written = metadata.write(FILES[key], TWO)
    with pikepdf.open(io.BytesIO(FILES[key])) as was, pikepdf.open(io.BytesIO(written)) as now:
        assert json.loads(str(now.docinfo["/AIGC"])) == TWO.as_dict()
        assert {name: str(value) for name, value in was.docinfo.items()} == {
            name: str(value) for name, value in now.docinfo.items() if name != "/AIGC"
        }
        assert len(was.pages) == len(now.pages)
        assert was.Root.unparse() == now.Root.unparse()
        assert ("/ID" in was.trailer) == ("/ID" in now.trailer)
        if "/ID" in was.trailer:
            assert was.trailer.ID.unparse() == now.trailer.ID.unparse()
        assert _complaints(now) <= _complaints(was)


def _complaints(pdf: pikepdf.Pdf) -> set[str]:
    """What the peer finds wrong, but that a file that grew is no longer linear."""
    return {line.rpartition(">: ")[2] for line in pdf.check_pdf_syntax() if "linear" not in line.lower()}


@pytest.mark.parametrize("key", ["by hand", "no Info", "two updates", "pikepdf", "packet", "Pillow", "packed"])
def test_pillow_finds_the_label(key: str) -> None:
    """A second independent reader sees the key, in tables and in streams that it reads."""
    try:
        before = PILLOW(buf=FILES[key])
    except PdfParser.PdfFormatError:
        assert key == "packed"  # it reads no cross-reference streams
        return
    read = PILLOW(buf=metadata.write(FILES[key], TWO))
    assert json.loads(read.info.AIGC) == TWO.as_dict()
    assert len(read.pages) == len(before.pages)


@settings(max_examples=40, deadline=None)
@given(label=LABELS, key=st.sampled_from(["by hand", "packed"]))
def test_any_label_reads_back(label: Label, key: str) -> None:
    """Whatever its characters: ASCII in a literal string, others in UTF-16, for pikepdf as for us."""
    written = metadata.write(FILES[key], label)
    assert _labels(written) == [(label, True)]
    with pikepdf.open(io.BytesIO(written)) as read:
        assert str(read.docinfo["/AIGC"]) == label.inner()


STRINGS = {
    "literal": b"(" + re.sub(rb"([()\\])", rb"\\\1", ONE.inner().encode()) + b")",
    "balanced parentheses": b"(" + ONE.inner().replace("A1", "(A1)").encode() + b")",
    "broken over lines": b"(" + ONE.inner().replace(",", ",\\\n").encode() + b")",
    "octal": b"(\\173" + ONE.wrapped()[1:].encode() + b")",
    "hexadecimal": b"<" + ONE.inner().encode().hex(" ").encode() + b">",
    "UTF-16": b"<FEFF" + ONE.inner().encode("utf-16-be").hex().encode() + b">",
    "UTF-16 of the other order": b"<FFFE" + ONE.inner().encode("utf-16-le").hex().encode() + b">",
    "UTF-8": b"<EFBBBF" + ONE.inner().encode().hex().encode() + b">",
    "elsewhere": b"4 0 R",
}


@pytest.mark.parametrize("name", [b"/AIGC", b"/#41IG#43"])
@pytest.mark.parametrize("form", STRINGS)
def test_ways_to_write_the_value(form: str, name: bytes) -> None:
    """Whichever string another writer chose, it reads and is replaced; its neighbours stay."""
    info = b"<< /Title (a)" + name + b" " + STRINGS[form] + b"/Author (b) % comment >>\n>>"
    data = papers.by_hand(info)
    data = papers.again(data, {4: STRINGS["literal"]}, papers.ROOT + b" /Info 3 0 R")
    wanted = "(A1)" if "parentheses" in form else "A1"
    assert [place.label and place.label.produce_id for place in metadata.read(data)] == [wanted]
    written = metadata.write(data, TWO)
    assert _labels(written) == [(TWO, True)]
    with pikepdf.open(io.BytesIO(written)) as read:
        assert (str(read.docinfo["/Title"]), str(read.docinfo["/Author"])) == ("a", "b")


def test_key_that_stands_twice_becomes_one() -> None:
    """Two keys of one name are two labels; both go."""
    data = papers.by_hand(b"<< /AIGC " + STRINGS["literal"] + b" /AIGC " + STRINGS["UTF-16"] + b" >>")
    assert _labels(data) == [(ONE, True), (ONE, True)]
    assert _labels(metadata.write(data, TWO)) == [(TWO, True)]


@pytest.mark.parametrize("value", [b"7", b"null", b"[(a)]", b"/Name", b"(not a label)"])
def test_value_that_is_no_label_is_shown_as_unreadable(value: bytes) -> None:
    """Whatever stands under the key is reported, not hidden; a null is nothing (7.3.9)."""
    found = metadata.read(papers.by_hand(b"<< /AIGC " + value + b" >>"))
    assert [place.error is not None for place in found] == [True]


@pytest.mark.parametrize("mode", ["generate", "disable"])
@pytest.mark.parametrize("coded", [True, False])
def test_label_of_an_xmp_packet_is_superseded(mode: str, coded: bool) -> None:
    """An alternative place: read, and taken over by the main channel; the rest of the packet stays."""
    settings_ = {"object_stream_mode": pikepdf.ObjectStreamMode[mode], "compress_streams": coded}
    data = papers.with_packet(XMP, **settings_)
    assert _labels(data) == [(ONE, False)]
    written = metadata.write(data, TWO)
    assert written.startswith(data)
    assert _labels(written) == [(TWO, True)]
    assert metadata.write(metadata.write(data, ONE), TWO) == written
    with pikepdf.open(io.BytesIO(written)) as read:
        stream = read.Root.Metadata
        assert stream.read_bytes().decode() == papers.PACKET.format(XMP.partition("<TC260")[0] + "</rdf:Description>")
        assert [str(stream.Type), str(stream.Subtype), int(stream.Kept)] == ["/Metadata", "/XML", 7]


def test_update_of_another_behind_ours_stays() -> None:
    """Only an update that is nothing but our label is replaced; what others wrote after it is kept."""
    ours = metadata.write(FILES["by hand"], ONE)
    data = papers.again(ours, {2: papers.PAGES}, papers.ROOT + b" /Info 3 0 R")
    assert _labels(data) == [(ONE, True)]
    written = metadata.write(data, TWO)
    assert written.startswith(data)
    assert _labels(written) == [(TWO, True)]


@pytest.mark.parametrize("changed", [b"/Producer (by HAND)", b"/Root 1 0 R /Extra 1"])
def test_update_that_is_more_than_our_label_stays(changed: bytes) -> None:
    """An update that looks like ours but says anything else is another's."""
    ours = metadata.write(FILES["by hand"], ONE)
    cut = len(FILES["by hand"])
    old = b"/Producer (by hand)" if changed.startswith(b"/Producer") else b"/Root 1 0 R"
    data = ours[:cut] + ours[cut:].replace(old, changed)
    at = data.rindex(b"xref\n", 0, data.rindex(b"startxref"))
    data = re.sub(rb"startxref\n\d+\n%%EOF\n\Z", b"startxref\n%d\n%%%%EOF\n" % at, data)
    assert metadata.write(data, TWO).startswith(data)


def test_signature_that_allows_changes_keeps_what_it_signed() -> None:
    """12.8.2.2: at levels 2 and 3 the signed bytes stay as they are, in front of the update."""
    for level in (2, 3):
        data = papers.certified(level)
        assert metadata.write(data, ONE).startswith(data)


def test_signature_that_forbids_changes_is_respected() -> None:
    """DocMDP with P 1: refused by name, whether it stands in the permissions or in a field; reading is free."""
    data = papers.certified(1)
    hidden = data.replace(b"/Perms <<", b"/Perm0 <<")
    for one in (data, hidden):
        assert metadata.read(one) == []
        with pytest.raises(Sealed) as caught:
            metadata.write(one, ONE)
        assert caught.value.status == 409


def test_encrypted_file_is_refused() -> None:
    """Its strings would have to be encrypted: said by name, for reading and writing."""
    data = papers.saved(encryption=pikepdf.Encryption(owner="o", user=""), deterministic_id=False)
    for call in (lambda: metadata.read(data), lambda: metadata.write(data, ONE)):
        with pytest.raises(Encrypted):
            call()


@pytest.mark.parametrize("key", ["by hand", "packed", "hybrid"])
def test_cut_file_is_damaged_and_never_written(key: str) -> None:
    """Cut anywhere a file is damaged, except where it had ended before: there it is the file that it was."""
    data = FILES[key].rstrip()
    marked = metadata.write(data, ONE)
    ends = {end for match in re.finditer(rb"%%EOF\n?", marked) for end in (match.end(), match.end() - 1)}
    for cut in sorted({*range(20, len(marked), 13), *range(len(data) - 9, len(data) + 40), len(marked) - 7}):
        if cut in ends:
            continue
        with pytest.raises(SealmarkError):
            metadata.write(marked[:cut], TWO)


def test_damaged_file_still_says_what_stands_open_in_it() -> None:
    """A file without its references is read for what is left: the last label that stands in plain bytes."""
    form = media.by_name("pdf")
    left = metadata.remains(metadata.write(FILES["by hand"], TWO).replace(b"startxref", b"startxxxx"), form)
    assert ([place.label for place in left.places], len(left.damages)) == ([TWO], 1)
    data = papers.with_packet(XMP, compress_streams=False).replace(b"startxref", b"startxxxx")
    left = metadata.remains(data, form)
    assert [(place.label, place.main) for place in left.places] == [(ONE, False)]


@settings(max_examples=150, deadline=None)
@given(data=st.data(), key=st.sampled_from(["by hand", "packed", "hybrid", "packet and packed"]))
def test_flipped_bytes_read_or_say_why_not(data: st.DataObject, key: str) -> None:
    """No damage raises anything but our own errors, and what can be written can be read."""
    whole = bytearray(metadata.write(FILES[key], ONE))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        written = metadata.write(bytes(whole), TWO, media.by_name("pdf"))
    except SealmarkError:
        metadata.remains(bytes(whole), media.by_name("pdf"))
        return
    assert (TWO, True) in _labels(written)


def _packed_bomb(unfolded: int) -> bytes:
    body = zlib.compress(bytes(unfolded), 9)
    about = b"<< /Type /Metadata /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(body), body)
    return papers.by_hand(about, root=b"<< /Type /Catalog /Pages 2 0 R /Metadata 3 0 R >>").replace(b"/Info 3 0 R", b"")


def _xref_bomb() -> bytes:
    head = b"%PDF-1.5\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
    rows = zlib.compress(bytes(64 << 20), 9)
    about = b"/Type /XRef /W [8 8 8] /Size 8000000 /Root 1 0 R /Filter /FlateDecode /Length %d" % len(rows)
    stream = b"2 0 obj\n<< %s >>\nstream\n%s\nendstream\nendobj\n" % (about, rows)
    return head + stream + b"startxref\n%d\n%%%%EOF\n" % len(head)


def _circle() -> bytes:
    data = papers.by_hand()
    at = data.rpartition(b"startxref")[2].split()[0]
    return data.replace(b"/ID [", b"/Prev " + at + b" /ID [")


HOSTILE = {
    "packet that unfolds without end": _packed_bomb(256 << 20),
    "cross-references that unfold without end": _xref_bomb(),
    "cross-references in a circle": _circle(),
    "references in a circle": papers.by_hand(b"3 0 R"),
    "nested without end": papers.by_hand(b"[" * 100_000),
    "dictionaries without end": papers.by_hand(b"<</A" * 100_000),
    "objects without end": papers.by_hand(b"<< /A [" + b"0 " * 1_000_000 + b"] >>"),
    "string without end": papers.by_hand(b"<< /A (" + b"(" * 1_000_000),
    "name without end": papers.by_hand(b"<< /" + b"A" * 1_000_000 + b"(" * 99),
    "comments without end": papers.by_hand(b"%\n" * 500_000),
    "table that lies": papers.by_hand().replace(b"3 1\n", b"3 9999999999\n"),
    "size that lies": papers.by_hand(None).replace(b"/Size 4", b"/Size 99999999999"),
    "Info that is no dictionary": papers.by_hand(b"(text)"),
    "Info that stands elsewhere": papers.by_hand().replace(b"3 0 obj", b"8 0 obj"),
    "no catalogue": papers.by_hand(root=b"7"),
    "packet that is no XML": papers.with_packet("<").replace(b"", b""),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_file_is_refused_soon(attack: str) -> None:
    """Bombs, circles and lies cost little time and memory, and are never written to."""
    began = time.process_time()
    with pytest.raises((Damaged, DamagedMetadata, MetadataOverLimit)):
        metadata.write(HOSTILE[attack], ONE)
    metadata.remains(HOSTILE[attack], media.by_name("pdf"))
    assert time.process_time() - began < 2


def test_large_file_is_labelled_in_little_time() -> None:
    """The label costs what copying the bytes costs: 50 MB in a tenth of a second."""
    data = papers.table(
        {
            1: papers.CATALOGUE,
            2: papers.PAGES,
            3: b"<<>>",
            4: b"<< /Length 52428800 >>\nstream\n" + bytes(50 << 20) + b"\nendstream",
        },
        b"/Root 1 0 R /Size 5 /Info 3 0 R",
        before=b"%PDF-1.7\n",
    )
    began = time.process_time()
    written = metadata.write(data, ONE)
    assert time.process_time() - began < 0.5
    assert _labels(written) == [(ONE, True)]

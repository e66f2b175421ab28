"""A ZIP archive is edited entry by entry, every other byte of it stays, and one that contradicts itself is refused."""

import io
import os
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.media import pieces
from sealmark.media.containers import archive, archive_edit
from sealmark.media.containers.archive import END, LOCAL, RECORD
from sealmark.media.errors import Damaged, EncryptedArchive, MediaError, MetadataOverLimit, TooLarge
from tests.media.packages import TIME, Parts, unzipped, zipped

PARTS: Parts = {"first": b"1" * 500, "folder/题.xml": "<x>你好</x>", "picture": bytes(range(256)) * 3, "empty": b""}
NEW = {"folder/题.xml": b"<x>other, and longer than it was</x>", "added": b"behind all others"}


def _edited(data: bytes, changes: dict[str, bytes], alignment: int = 1) -> bytes:
    return pieces.joined(data, archive_edit.edit(data, archive.parse(data, "ZIP"), changes, alignment))


def _forced_wide() -> bytes:
    """An archive whose local headers have zip64 fields."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in PARTS.items():
            with made.open(zipfile.ZipInfo(name, TIME), "w", force_zip64=True) as file:
                file.write(content.encode() if isinstance(content, str) else content)
    return out.getvalue()


def _wide_places() -> bytes:
    """An archive whose directory and end are written as those of one beyond 4 GiB (APPNOTE 4.3.14, 4.5.3)."""
    data = zipped(PARTS)
    whole = archive.parse(data, "ZIP")
    records = []
    for entry in whole.entries:
        fixed = list(RECORD.unpack_from(entry.record))
        fixed[11], fixed[16] = 12, archive.WIDE
        name = entry.record[RECORD.size :]
        records.append(RECORD.pack(*fixed) + name + struct.pack("<2HQ", 1, 8, entry.start))
    directory = b"".join(records)
    count, at = len(records), whole.directory
    wide = archive.END64.pack(b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), at)
    locator = archive.LOCATOR.pack(b"PK\x06\x07", 0, at + len(directory), 1)
    end = END.pack(b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, archive.WIDE, archive.WIDE, 0)
    return data[:at] + directory + wide + locator + end


VARIANTS: dict[str, Callable[[], bytes]] = {
    "deflated": lambda: zipped(PARTS),
    "stored": lambda: zipped(PARTS, stored=True),
    "sizes behind the data": lambda: zipped(PARTS, streamed=True),
    "comment": lambda: zipped(PARTS, comment="注".encode()),
    "zip64 sizes": _forced_wide,
    "zip64 places": _wide_places,
    "bytes behind the end": lambda: zipped(PARTS) + bytes(7),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_editing_nothing_gives_the_same_bytes(variant: str) -> None:
    """An archive without a change is the archive that it was, bit for bit."""
    data = VARIANTS[variant]()
    assert _edited(data, {}) == data


def test_comment_that_looks_like_an_end_is_a_comment() -> None:
    """The signature of the end may stand in the comment behind it, where it begins nothing."""
    data = zipped(PARTS, comment=b"PK\x05\x06 and words")
    assert _edited(data, {}) == data


@pytest.mark.parametrize("variant", VARIANTS)
def test_edited_archive_holds_the_changes_and_all_else_as_raw_bytes(variant: str) -> None:
    """Changed entries stay in their place, new ones come last, the others are the same header and data."""
    data = VARIANTS[variant]()
    edited = _edited(data, NEW)
    whole = {name: text.encode() if isinstance(text, str) else text for name, text in PARTS.items()}
    assert list(unzipped(edited).items()) == list((whole | NEW).items())
    for name in ("first", "picture", "empty"):
        assert _raw(data, name) == _raw(edited, name)
    was, now = (archive.parse(one, "ZIP") for one in (data, edited))
    assert (data[was.tail :], edited[now.tail :]) == (bytes(7) if "behind the end" in variant else b"",) * 2
    assert [entry.method for entry in now.entries][:4] == [entry.method for entry in was.entries]


def _raw(data: bytes, name: str) -> bytes:
    entry = archive.parse(data, "ZIP").find(name)
    assert entry is not None
    return data[entry.start : entry.stop]


def test_changed_entry_keeps_date_attributes_and_comment() -> None:
    """What an archive says of an entry beside its content stays as it was."""
    out = io.BytesIO()
    entry = zipfile.ZipInfo("a", TIME)
    entry.comment, entry.external_attr, entry.extra = b"said", 0o640 << 16, struct.pack("<2H4s", 0x7777, 4, b"more")
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(entry, b"one")
    edited = _edited(out.getvalue(), {"a": b"another"})
    with zipfile.ZipFile(io.BytesIO(edited)) as read:
        now = read.getinfo("a")
        assert (now.date_time, now.comment, now.external_attr >> 16, now.extra) == (TIME, b"said", 0o640, entry.extra)


@pytest.mark.parametrize("changes", [{}, {"first": b"2" * 77}, {"added": b"x" * 100}])
@pytest.mark.parametrize("alignment", [64, 4])
def test_stored_data_is_aligned(alignment: int, changes: dict[str, bytes]) -> None:
    """USDZ wants stored data at multiples of 64 bytes; doing it again changes nothing."""
    aligned = _edited(zipped(PARTS, stored=True), changes, alignment)
    unzipped(aligned)
    assert all(entry.body % alignment == 0 for entry in archive.parse(aligned, "ZIP").entries)
    assert _edited(aligned, changes, alignment) == aligned


def test_order_of_directory_and_data_may_differ() -> None:
    """The directory keeps its own order, and every place in it is true."""
    data = zipped(PARTS)
    whole = archive.parse(data, "ZIP")
    directory = b"".join(entry.record for entry in reversed(whole.entries))
    turned = data[: whole.directory] + directory + data[whole.end :]
    assert list(unzipped(_edited(turned, NEW))) == [*reversed(list(PARTS)), "added"]


@pytest.mark.parametrize("variant", ["deflated", "comment", "zip64 places"])
def test_truncation_at_every_byte_is_noticed(variant: str) -> None:
    """An archive cut anywhere is damaged, and what stands whole before the cut is still found."""
    data = VARIANTS[variant]()
    stops = [entry.stop for entry in archive.parse(data, "ZIP").entries]
    for cut in range(1, len(data) - (7 if variant == "comment" else 0)):
        with pytest.raises(Damaged):
            archive.parse(data[:cut], "ZIP")
        left, damage = archive.remains(data[:cut], "ZIP")
        assert damage is not None
        assert [entry.stop for entry in left.entries] == [stop for stop in stops if stop <= cut]


def test_entries_with_sizes_behind_the_data_are_found_without_the_directory() -> None:
    """A streamed archive that lost its directory still shows what it held."""
    data = zipped(PARTS, streamed=True)
    left, damage = archive.remains(data[:-30], "ZIP")
    assert isinstance(damage, Damaged)
    entry = left.find("folder/题.xml")
    assert entry is not None
    assert archive.content(data, left, entry, 1000).decode() == PARTS["folder/题.xml"]


def _patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def _record_of(data: bytes, name: bytes) -> int:
    return data.rindex(name) - RECORD.size


def _named_twice() -> bytes:
    data = zipped({"doc/a.xml": b"one", "doc/b.xml": b"two"})
    return data.replace(b"doc/b.xml", b"doc/a.xml")


def _overlapping() -> bytes:
    """The second entry of the directory is the first one's data under another name: the parts of a quine bomb."""
    data = zipped({"a": b"x" * 90, "b": b"y" * 90}, stored=True)
    size = data.index(b"PK\x03\x04", 4) + 30
    data = _patched(data, 22, struct.pack("<I", size))
    data = _patched(data, 18, struct.pack("<I", size))
    at = _record_of(data, b"a" + b"PK\x01\x02")
    return _patched(_patched(data, at + 20, struct.pack("<I", size)), at + 24, struct.pack("<I", size))


def _hidden() -> bytes:
    """An entry that a reader of local headers sees, and one of the directory does not."""
    data = zipped({"a": b"one", "hidden": b"two", "b": b"three"})
    whole = archive.parse(data, "ZIP")
    kept = b"".join(entry.record for entry in whole.entries if entry.name != "hidden")
    end = END.pack(b"PK\x05\x06", 0, 0, 2, 2, len(kept), whole.directory, 0)
    return data[: whole.directory] + kept + end


def _with(name: bytes) -> bytes:
    return zipped({"a" * len(name): b"x"}).replace(b"a" * len(name), name)


def _stuffed() -> bytes:
    """A directory that is longer than its entries."""
    data = zipped({"a": b"x"})
    whole = archive.parse(data, "ZIP")
    end = END.pack(b"PK\x05\x06", 0, 0, 1, 1, whole.end - whole.directory + 3, whole.directory, 0)
    return data[: whole.end] + b"???" + end


PLAIN = zipped({"a.xml": b"content " * 20})
AT_END = len(PLAIN) - END.size
HOSTILE: dict[str, bytes] = {
    "name twice": _named_twice(),
    "name leads out": _with(b"../../etc/passwd"),
    "name leads out the other way": _with(b"a\\..\\..\\b"),
    "overlapping entries": _overlapping(),
    "entry that the directory hides": _hidden(),
    "archive behind an archive": zipped({"a": b"x"}) + zipped({"b": b"x"}),
    "names of two headers differ": PLAIN.replace(b"a.xml", b"b.xml", 1),
    "sizes of two headers differ": _patched(PLAIN, 22, b"\x01"),
    "methods of two headers differ": _patched(PLAIN, 8, b"\x00"),
    "more entries than there are": _patched(PLAIN, AT_END + 8, b"\x02\x00\x02\x00"),
    "fewer entries than there are": _patched(PLAIN, AT_END + 8, b"\x00\x00\x00\x00"),
    "several disks": _patched(PLAIN, AT_END + 4, b"\x01\x00\x01\x00"),
    "bytes inside the directory": _stuffed(),
    "length of the directory lies": _patched(PLAIN, AT_END + 12, b"\x01"),
    "directory elsewhere": _patched(PLAIN, AT_END + 16, b"\x00\x00\x00\x00"),
    "directory behind the end": _patched(PLAIN, AT_END + 16, b"\xff\xff\xff\x7f"),
    "entry behind the end": _patched(PLAIN, _record_of(PLAIN, b"a.xml") + 42, b"\xff\xff\xff\x7f"),
    "zip64 without its record": _patched(PLAIN, AT_END + 16, b"\xff\xff\xff\xff"),
    "zip64 record that lies": _patched(_wide_places(), len(_wide_places()) - 22 - 12, b"\x00"),
    "no archive": b"PK\x03\x04" + bytes(40),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_archive_that_contradicts_itself_is_refused(attack: str) -> None:
    """What two readers may see differently is damaged, for reading and for writing, and never raises otherwise."""
    with pytest.raises(Damaged):
        archive.parse(HOSTILE[attack], "ZIP")
    assert isinstance(archive.remains(HOSTILE[attack], "ZIP")[1], Damaged)


@pytest.mark.parametrize("bit", [0x0001, 0x0040, 0x2000])
def test_encrypted_entry_is_named_as_such(bit: int) -> None:
    """Encryption is an answer of its own, not damage."""
    at = _record_of(PLAIN, b"a.xml") + 8
    data = _patched(PLAIN, at, struct.pack("<H", bit))
    with pytest.raises(EncryptedArchive):
        archive.parse(data, "DOCX")
    left, damage = archive.remains(data, "DOCX")
    assert isinstance(damage, EncryptedArchive)
    assert left.entries == ()


def _content(data: bytes, name: str, most: int = 1000) -> bytes:
    whole = archive.parse(data, "ZIP")
    entry = whole.find(name)
    assert entry is not None
    return archive.content(data, whole, entry, most)


def test_bomb_is_not_inflated() -> None:
    """A size over the limit is refused from the header; a size that lies, at the first byte beyond it."""
    bomb = zipped({"a.xml": bytes(64 << 20)})
    began = time.process_time()
    with pytest.raises(MetadataOverLimit):
        _content(bomb, "a.xml")
    lying = bomb.replace(struct.pack("<I", 64 << 20), struct.pack("<I", 900))
    with pytest.raises(Damaged):
        _content(lying, "a.xml")
    assert time.process_time() - began < 0.2


def test_bytes_behind_compressed_data_are_damage() -> None:
    """What a reader that stops at the end of the data does not see is not carried along unseen."""
    words = b"words"
    packed = zipped({"a.xml": words})
    body = packed[archive.parse(packed, "ZIP").entries[0].body :][: archive.parse(packed, "ZIP").entries[0].packed]
    data = zipped({"a.xml": body + b"more"}, stored=True)
    for at in (0, _record_of(data, b"a.xml") + 2):
        numbers = struct.pack("<3I", zlib.crc32(words), len(body) + 4, len(words))
        data = _patched(_patched(data, at + 8, b"\x08\x00"), at + 14, numbers)
    with pytest.raises(Damaged):
        _content(data, "a.xml")


@pytest.mark.parametrize(
    ("at", "new"), [(14, b"\x00\x00\x00\x00"), (22, b"\x01\x00\x00\x00"), (8, b"\x0c\x00"), (40, b"\xff\xff\xff\xff")]
)
def test_content_that_belies_its_header_is_damaged(at: int, new: bytes) -> None:
    """Wrong check sums and sizes, unknown methods, broken data: one domain error for all."""
    record = _record_of(PLAIN, b"a.xml")
    data = _patched(_patched(PLAIN, at, new), record + at + 2, new) if at < 30 else _patched(PLAIN, at, new)
    with pytest.raises(Damaged):
        _content(data, "a.xml")


def test_part_names_that_differ_by_case_are_one() -> None:
    """A part is found however its name is written; two that differ by case alone are ambiguous."""
    assert _content(zipped({"A.XML": b"x"}), "a.xml") == b"x"
    with pytest.raises(Damaged):
        _content(zipped({"A.xml": b"x", "a.xml": b"y"}), "a.xml")


@pytest.mark.parametrize("variant", VARIANTS)
def test_peeking_finds_what_the_directory_names(variant: str) -> None:
    """An entry is found without a walk through the archive; a name inside another name is not one."""
    data = VARIANTS[variant]()
    assert archive.peek(data, "folder/题.xml", 100).decode() == PARTS["folder/题.xml"]
    assert archive.peek(data, "题.xml", 100) == b""
    assert archive.peek(data, "picture", 100) == b""
    assert archive.peek(b"words that name a picture", "picture", 1000) == b""


def test_archive_of_endless_entries_is_read_or_refused_soon() -> None:
    """As many entries as an archive without zip64 can have cost no more than a second."""
    data = zipped({f"{number}": b"" for number in range(0xFFFF)}, stored=True)
    began = time.process_time()
    assert len(archive.parse(data, "ZIP").entries) == 0xFFFF
    archive.remains(data[:-1], "ZIP")
    assert time.process_time() - began < 5
    with pytest.raises(TooLarge):
        _edited(data, {"more": b""})


@settings(max_examples=150, deadline=None)
@given(variant=st.sampled_from(list(VARIANTS)), data=st.data())
def test_flipped_bytes_give_an_archive_or_a_domain_error(variant: str, data: st.DataObject) -> None:
    """No damage raises anything but our own errors, in reading, salvaging, peeking and writing."""
    whole = bytearray(VARIANTS[variant]())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    flipped = bytes(whole)
    archive.peek(flipped, "first", 1000)
    left, _ = archive.remains(flipped, "ZIP")
    with suppress(MediaError):
        for entry in left.entries:
            archive.content(flipped, left, entry, 1000)
    with suppress(MediaError):
        assert archive.parse(_edited(flipped, NEW), "ZIP").find("added")


@given(st.binary(max_size=400))
def test_any_bytes_give_an_archive_or_a_domain_error(data: bytes) -> None:
    """No bytes bring the reader down."""
    left, damage = archive.remains(b"PK\x03\x04" + data, "ZIP")
    assert damage is not None or left.entries


def test_large_archive_is_edited_in_pieces() -> None:
    """What stays is a span of the source: an edit makes no copy of the data."""
    data = zipped({"a": b"x", "picture": os.urandom(1 << 20)})
    made = archive_edit.edit(data, archive.parse(data, "ZIP"), {"a": b"y"})
    assert sum(len(piece) for piece in made if isinstance(piece, bytes)) < 500
    assert LOCAL.size < pieces.length(made) - (1 << 20) < 1500

"""Boxes are found whatever their sizes say, and every kind of table follows the bytes that it points at."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark import media
from sealmark.media.containers import isobmff, movie
from sealmark.media.containers.boxedit import Change, Shift, changed, pieces
from sealmark.media.containers.isobmff import Box, BoxReader
from sealmark.media.errors import Immovable, LyingFormat, UnknownFormat
from sealmark.media.pieces import joined
from tests.media import movies
from tests.media.movies import box

FTYP = box(b"ftyp", b"isom", bytes(4), b"isom")
GAP = 100
NEW = box(b"free", bytes(GAP - 8))


def _edited(data: bytes, at: int) -> bytes:
    """The file with a box of `GAP` bytes inserted on top."""
    reader = BoxReader(data, "MP4")
    return joined(data, movie.edited(reader, reader.top(), [changed(at, at, NEW, None)]))


def _is_followed(data: bytes, edited: bytes, field: int, width: int = 4) -> bool:
    """Whether a number that stood at a field of the source now tells `GAP` more, `GAP` bytes later."""
    was = int.from_bytes(data[field : field + width], "big")
    return int.from_bytes(edited[field + GAP : field + GAP + width], "big") == was + GAP


@pytest.mark.parametrize(
    ("brand", "others", "name"),
    [
        (b"isom", (), "mp4"),
        (b"mp42", (b"M4A ",), "mp4"),
        (b"iso6", (b"dash",), "mp4"),
        (b"3gp4", (), "mp4"),
        (b"M4V ", (), "mp4"),
        (b"zzzz", (b"mp41",), "mp4"),
        (b"qt  ", (), "mov"),
        (b"M4A ", (b"isom",), "m4a"),
        (b"M4B ", (), "m4a"),
        (b"mif1", (b"heic",), "heif"),
        (b"mif1", (b"avif",), "avif"),
        (b"avis", (b"msf1", b"iso8"), "avif"),
        (b"jp2 ", (), None),
        (b"crx ", (b"crx ",), None),
    ],
)
def test_brand_tells_the_format(brand: bytes, others: tuple[bytes, ...], name: str | None) -> None:
    """ISO/IEC 14496-12, 4.3: the major brand decides, where it says nothing a compatible one."""
    data = box(b"ftyp", brand, bytes(4), *others) + box(b"free")
    if name is None:
        with pytest.raises(UnknownFormat):
            media.sniff(data)
    else:
        assert media.sniff(data).name == name


@pytest.mark.parametrize("name", ["a.mp4", "a.m4a", "a.m4v"])
def test_plain_brand_under_another_name_is_no_lie(name: str) -> None:
    """Telephones and encoders write sound files with a plain brand: they are taken for the MP4 that they are."""
    assert media.sniff(movies.made("mp4"), name).name == "mp4"


def test_foreign_content_is_still_a_lie() -> None:
    """A QuickTime name on an MP4, or a movie's on a picture, is refused."""
    with pytest.raises(LyingFormat):
        media.sniff(movies.made("mp4"), "a.mov")
    with pytest.raises(LyingFormat):
        media.sniff(box(b"ftyp", b"mif1", bytes(4), b"heic"), "a.mp4")


@pytest.mark.parametrize("text", [b"The free world", b"A moov without a zero", b"\x00\x00\x00\x08word of it"])
def test_words_are_no_movie(text: bytes) -> None:
    """Text with a word of QuickTime at the fifth letter is text."""
    assert not isobmff.is_mov(text)


def test_sizes_of_every_width_are_read() -> None:
    """ISO/IEC 14496-12, 4.2: 32 bits, 64 bits, to the end of the file, and a user type behind the kind."""
    data = box(b"free", bytes(3)) + struct.pack(">I4sQ", 1, b"mdat", 20) + bytes(4) + box(b"uuid", bytes(16), b"abc")
    reader = BoxReader(data + struct.pack(">I4s", 0, b"mdat") + b"rest", "MP4")
    found = [(one.kind, one.body - one.start, one.stop - one.start, one.width) for one in reader.top()]
    assert found == [(b"free", 8, 11, 4), (b"mdat", 16, 20, 8), (b"uuid", 24, 27, 4), (b"mdat", 8, 12, 0)]
    assert reader.damage is None


@given(st.binary(max_size=200))
def test_any_bytes_give_boxes_within_them(data: bytes) -> None:
    """No bytes bring the reader down, and no box leaves the file."""
    reader = BoxReader(data, "MP4")
    for one in reader.top():
        assert 0 <= one.start <= one.body <= one.stop <= len(data)
        assert all(one.body <= child.start <= child.stop <= one.stop for child in reader.children(one))


_EDITS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3), st.binary(max_size=6)), max_size=5)


@given(_EDITS)
def test_bytes_stand_where_the_shift_says(edits: list[tuple[int, int, bytes]]) -> None:
    """Every byte that an edit does not touch is found where `moved` tells."""
    data, taken, changes = bytes(range(100, 150)), 0, list[Change]()
    for gap, length, new in edits:
        start = taken + gap
        if start + length <= len(data):
            changes.append(changed(start, start + length, new, None))
            taken = start + length + 1
    shift, out = Shift(changes), joined(data, pieces(len(data), changes, "MP4"))
    for at, byte in enumerate(data):
        if not any(change.start <= at < change.stop for change in changes):
            assert out[shift.moved(at)] == byte


@pytest.mark.parametrize("width", [4, 8, 0])
def test_sizes_around_an_edit_are_true(width: int) -> None:
    """Every box around what grows grows with it, in the width that its size has."""
    inner = box(b"udta", bytes(5))
    heads = {4: struct.pack(">I4s", 8 + len(inner), b"moov"), 0: struct.pack(">I4s", 0, b"moov")}
    heads[8] = struct.pack(">I4sQ", 1, b"moov", 16 + len(inner))
    data = heads[width] + inner
    reader = BoxReader(data, "MP4")
    (child,) = reader.within(reader.top()[0], b"udta")
    again = BoxReader(
        joined(data, pieces(len(data), [changed(child.stop, child.stop, b"1234567", child)], "MP4")), "MP4"
    )
    (moov,) = again.top()
    (udta,) = again.within(moov, b"udta")
    assert (again.damage, udta.stop - udta.start) == (None, 20)
    assert again.data[udta.body : udta.stop] == bytes(5) + b"1234567"


def test_size_that_no_longer_fits_is_refused() -> None:
    """A 32-bit size cannot grow beyond its field."""
    huge = Box(b"moov", 0, 8, 0xFFFFFFF0, 4)
    with pytest.raises(Immovable):
        pieces(0xFFFFFFF0, [changed(8, 8, bytes(100), huge)], "MP4")


def _track(*tables: bytes, references: bytes = b"", kind: bytes = b"trak") -> bytes:
    dinf = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), references)) if references else b""
    return box(b"moov", box(kind, box(b"mdia", box(b"minf", dinf, box(b"stbl", *tables)))))


@pytest.mark.parametrize(
    ("table", "field", "width"),
    [
        (box(b"stco", struct.pack(">IIII", 0, 2, 0, 90)), 12, 4),
        (box(b"co64", struct.pack(">IIQQ", 0, 2, 0, 90)), 16, 8),
        (box(b"saio", struct.pack(">III", 0, 1, 90)), 8, 4),
        (box(b"saio", struct.pack(">I4sIIQ", 0x01000001, b"cenc", 0, 1, 90)), 16, 8),
    ],
)
def test_tables_of_a_track_follow(table: bytes, field: int, width: int) -> None:
    """`stco`, `co64` and both layouts of `saio` point at the same bytes after a move; what did not move stays."""
    data = FTYP + _track(table) + box(b"mdat", bytes(99))
    edited = _edited(data, len(FTYP))
    at = data.index(table[4:8]) + 4 + field
    assert _is_followed(data, edited, at, width)
    if table[4:8] != b"saio":
        assert edited[at + GAP - width : at + GAP] == bytes(width)


def test_positions_in_another_file_stay() -> None:
    """Media of a track that lie elsewhere do not move with this file (ISO/IEC 14496-12, 8.7.2)."""
    table = box(b"stco", struct.pack(">III", 0, 1, 1 << 30))
    data = FTYP + _track(table, references=box(b"url ", bytes(4))) + box(b"mdat", bytes(9))
    assert table in _edited(data, len(FTYP))
    reader = BoxReader(data, "MP4")
    movie.remains(reader)
    assert reader.damage is None


def test_track_in_several_files_is_refused() -> None:
    """A table whose positions mean partly this file and partly another is not guessed at."""
    both = box(b"url ", bytes(3) + b"\x01") + box(b"url ", bytes(4))
    data = FTYP + _track(box(b"stco", struct.pack(">III", 0, 1, 9)), references=both) + box(b"mdat", bytes(9))
    with pytest.raises(Immovable):
        _edited(data, len(FTYP))


def test_fragments_follow() -> None:
    """`tfhd` with a base, and `tfra` of both versions, point at the same fragments after a move."""
    base = box(b"moof", box(b"traf", box(b"tfhd", struct.pack(">IIQ", 1, 1, 70)), box(b"tfhd", bytes(8))))
    narrow = box(b"tfra", struct.pack(">IIII", 0, 1, 0, 1), struct.pack(">II3B", 7, 60, 1, 1, 1))
    wide = box(b"tfra", struct.pack(">IIII", 1 << 24, 1, 0x3F, 1), struct.pack(">QQ3I", 7, 60, 1, 1, 1))
    data = FTYP + box(b"moov") + base + box(b"mdat", bytes(9)) + box(b"mfra", narrow, wide)
    edited = _edited(data, len(FTYP))
    assert _is_followed(data, edited, data.index(b"tfhd") + 12, 8)
    assert _is_followed(data, edited, data.index(b"tfra") + 4 + 16 + 4)
    assert _is_followed(data, edited, data.rindex(b"tfra") + 4 + 16 + 8, 8)
    assert edited.endswith(data[-12:])


@pytest.mark.parametrize("version", [0, 1])
def test_index_before_what_grows_follows(version: int) -> None:
    """`sidx` counts from its own end: the distance grows by what comes between, and a size by what comes inside."""
    code = "Q" if version else "I"
    head = struct.pack(f">III{code}{code}HH", version << 24, 1, 1, 0, 8, 0, 2)
    entries = struct.pack(">III", 1 << 31 | 20, 1, 2) + struct.pack(">III", 30, 3, 4)
    data = FTYP + box(b"sidx", head, entries) + box(b"free") + box(b"free", bytes(12)) + box(b"mdat", bytes(22))
    sidx = data.index(b"sidx") - 4
    first = sidx + 8 + len(head) - 4 - struct.calcsize(code)
    between, inside = _edited(data, data.index(b"free") - 4), _edited(data, data.index(b"mdat") - 4)
    assert between[:first] == data[:first]
    assert int.from_bytes(between[first : first + struct.calcsize(code)], "big") == 8 + GAP
    assert between[sidx + 8 + len(head) :][:24] == entries
    sizes = struct.unpack_from(">6I", inside, sidx + 8 + len(head))
    assert (sizes[0], sizes[3]) == (1 << 31 | 20 + GAP, 30)
    assert (sizes[1], sizes[2], sizes[4], sizes[5]) == (1, 2, 3, 4)


@pytest.mark.parametrize(
    "table",
    [
        box(b"moof", box(b"traf", box(b"tfhd", struct.pack(">IIQ", 1, 1, (1 << 64) - 5)))),
        box(b"mfra", box(b"tfra", struct.pack(">IIII", 0, 1, 0, 1), struct.pack(">II3B", 7, (1 << 32) - 5, 1, 1, 1))),
        box(b"sidx", struct.pack(">IIIIIHHIII", 0, 1, 1, 0, 0, 0, 1, (1 << 31) - 5, 1, 2)),
    ],
)
def test_position_that_no_longer_fits_is_refused(table: bytes) -> None:
    """Where no wider table exists, the file is not changed."""
    data = FTYP + table + box(b"mdat", bytes(9))
    at = len(data) - 17 if table[4:8] == b"sidx" else len(FTYP)
    if table[4:8] == b"sidx":
        data = FTYP + table + box(b"mdat", bytes(9)) + box(b"mdat", bytes(9))
        at = len(data) - 17
    with pytest.raises(Immovable):
        _edited(data, at)


@pytest.mark.parametrize("key", ["mp4 fragments from offsets", "mp4 dash"])
def test_real_fragments_are_found_where_the_random_access_table_says(key: str) -> None:
    """After a move every entry of `tfra` and every base of `tfhd` is the begin of a fragment."""
    data = movies.made(key)
    edited = _edited(data, data.index(b"moov") - 4)
    reader = BoxReader(edited, "MP4")
    starts = {one.start for one in reader.top() if one.kind == b"moof"}
    bases = [one for one in reader.top() if one.kind == b"moof" for one in reader.within(one, b"traf", b"tfhd")]
    found = {reader.number(one.body + 8, 8) for one in bases if reader.number(one.body) & 1}
    assert found <= starts
    assert movies.packets(edited) == movies.packets(data)
    if key == "mp4 fragments from offsets":
        assert found == starts
        assert b"tfra" in edited

"""AVI is walked by the heads of its chunks, and what is moved in it stays where its indexes say it is."""

import struct

import pytest

from sealmark.marks import metadata
from sealmark.marks.label import Label
from sealmark.media.errors import Damaged
from sealmark.media.pieces import joined
from sealmark.media.video import avi, avi_layout
from sealmark.media.video.avi_layout import Splice
from tests.media import film_samples, films

KEYS = list(film_samples.AVI)
LABEL = Label.first("001191000000REHEAR5ALG1DEMO", "A1")


def check_indexes(data: bytes) -> int:
    """Every entry of every index leads to a chunk of its kind; how many were looked at."""
    count = 0
    _, body, stop = next(films.chunks(data, 0, len(data)))
    parts = {kind: (start, end) for kind, start, end in films.chunks(data, body, stop)}
    for kind, start, end in films.chunks(data, *parts[b"hdrl"]):
        if kind == b"strl":
            streams = (one for one in films.chunks(data, start, end) if one[0] == b"indx")
            count += sum(_check_super_index(data, at) for _, at, _ in streams)
    start, end = parts.get(b"idx1", (0, 0))
    movi = parts[b"movi"][0] - 4
    entries = list(struct.iter_unpack("<4sIII", data[start:end]))
    bases = [base for base in (movi, 0) if all(_is_at(data, base + one[2], one[0], one[3]) for one in entries)]
    assert bases
    return count + len(entries)


def _is_at(data: bytes, at: int, kind: bytes, size: int) -> bool:
    return data[at : at + 8] == kind + struct.pack("<I", size)


def _check_super_index(data: bytes, at: int) -> int:
    """An index of indexes, and those to which it leads (OpenDML 1.02, 3.0)."""
    _, _, kind, count, name = struct.unpack_from("<HBBI4s", data, at)
    assert kind == 0
    looked_at = 0
    for number in range(count):
        place, size, _ = struct.unpack_from("<QII", data, at + 24 + 16 * number)
        assert data[place : place + 4] == b"ix" + name[:2]
        assert int.from_bytes(data[place + 4 : place + 8], "little") + 8 == size
        _, _, kind, entries, inner, base = struct.unpack_from("<HBBI4sQ", data, place + 8)
        assert (kind, inner) == (1, name)
        for offset, length in struct.iter_unpack("<II", data[place + 32 : place + 32 + 8 * entries]):
            assert _is_at(data, base + offset - 8, name, length & 0x7FFFFFFF)
            looked_at += 1
    return looked_at


@pytest.mark.parametrize("key", [key for key in KEYS if key != "avi streamed"])
@pytest.mark.parametrize("size", [0, 3001])
def test_every_index_is_true_after_an_edit(key: str, size: int) -> None:
    """`idx1`, counted from `movi` or from the file's start, and OpenDML's indexes lead to the same chunks."""
    data = film_samples.AVI[key]()
    marked = metadata.write(data, Label.first("001191000000REHEAR5ALG1DEMO", "A1", reserved_code1="x" * size))
    assert check_indexes(marked) == check_indexes(data) > 8
    assert len(marked) > len(data)


@pytest.mark.parametrize("key", [key for key in KEYS if key != "avi streamed"])
@pytest.mark.parametrize("seconds", [0.0, 0.5, 0.9])
def test_seeking_finds_the_same_picture(key: str, seconds: float) -> None:
    """An independent reader that jumps through the index arrives at the same packet."""
    data = film_samples.AVI[key]()
    assert films.found_by_seeking(metadata.write(data, LABEL), seconds) == films.found_by_seeking(data, seconds)


def test_open_sizes_stay_open() -> None:
    """What a writer that could not seek left open runs to the file's end, before and after."""
    data = film_samples.AVI["avi streamed"]()
    marked = metadata.write(data, LABEL)
    assert marked[4:8] == data[4:8] == b"\xff" * 4
    assert marked[marked.index(b"movi") - 4 :] == data[data.index(b"movi") - 4 :]


def test_index_of_chunks_in_a_header_moves() -> None:
    """A stream's `indx` may be an index of chunks itself: then its base moves."""
    data = film_samples.AVI["avi opendml"]()
    at = data.index(b"indx") + 8
    changed = bytearray(data)
    struct.pack_into("<HBBI4sQI", changed, at, 2, 0, 1, 0, b"00dc", 4096, 0)
    marked = metadata.write(bytes(changed), LABEL)
    base = struct.unpack_from("<Q", marked, marked.index(b"indx") + 20)[0]
    assert base - 4096 == marked.index(b"movi") - data.index(b"movi") > 0


def test_an_index_that_is_full_or_lies_is_refused() -> None:
    """A count beyond the chunk, or a place that 32 bits cannot hold, is an error, never a broken index."""
    data = bytearray(film_samples.AVI["avi opendml"]())
    struct.pack_into("<I", data, data.index(b"indx") + 12, 1 << 30)
    with pytest.raises(Damaged):
        metadata.write(bytes(data), LABEL)
    data = bytearray(film_samples.AVI["avi absolute"]())
    struct.pack_into("<I", data, data.index(b"idx1") + 32, 0xFFFFFFF0)
    with pytest.raises(Damaged):
        metadata.write(bytes(data), LABEL)


def test_indexes_without_end_are_given_up() -> None:
    """An index of more indexes than any film has is an error in good time."""
    for entries, copies in ((70_000, 1), (40_000, 5)):
        index = struct.pack("<HBBI4sIII", 4, 0, 0, entries, b"00dc", 0, 0, 0) + struct.pack("<QII", 800, 8, 1) * entries
        inside = films.chunk(b"LIST", b"strl" + films.chunk(b"indx", index) * copies)
        movi = films.chunk(b"LIST", b"movi" + bytes(100))
        data = films.chunk(b"RIFF", b"AVI " + movi + films.chunk(b"LIST", b"hdrl" + inside))
        with pytest.raises(Damaged):
            metadata.write(data, LABEL)


@pytest.mark.parametrize("key", [key for key in KEYS if key != "avi streamed"])
def test_truncation_anywhere_is_noticed(key: str) -> None:
    """A film cut anywhere before its end is damaged, and says so."""
    data = film_samples.AVI[key]()
    between = data.find(b"AVIX") - 8 if b"AVIX" in data else -1
    for cut in {*range(1, 1500, 5), *range(1500, len(data), 301), len(data) - 1} - {between}:
        with pytest.raises(Damaged):
            avi.parse(data[:cut])


@pytest.mark.parametrize("size", [3, 0x7FFFFFFF, 0xFFFFFFFE])
@pytest.mark.parametrize("kind", [b"RIFF", b"hdrl", b"strl", b"movi", b"strh"])
def test_sizes_that_lie_are_noticed(size: int, kind: bytes) -> None:
    """A list or chunk that claims more than there is, or too little, is damaged."""
    data = bytearray(film_samples.AVI["avi"]())
    at = data.index(kind) + (4 if kind in {b"RIFF", b"strh"} else -4)
    struct.pack_into("<I", data, at, size)
    with pytest.raises(Damaged):
        avi.parse(bytes(data))


def test_lists_without_end_are_given_up() -> None:
    """Lists in lists, and chunks without number, are an error in good time."""
    nested = b""
    for _ in range(40):
        nested = films.chunk(b"LIST", b"hdrl" + nested)
    for inside in (nested, films.chunk(b"JUNK", b"") * 70_000):
        with pytest.raises(Damaged):
            avi.parse(films.chunk(b"RIFF", b"AVI " + inside + films.chunk(b"LIST", b"movi")))


def test_a_form_that_is_full_is_said_to_be() -> None:
    """RIFF cannot name a size of four gigabytes and more; an open size is no bound."""
    data = films.chunk(b"RIFF", b"AVI " + films.chunk(b"LIST", b"movi"))
    container = avi.parse(data)
    splice = Splice(12, 12, bytes(100), (0,))
    assert not avi_layout.is_full(data, container, [splice])
    for size, full in ((0xFFFFFFF0, True), (0xFFFFFFFF, False), (0, False)):
        assert avi_layout.is_full(data[:4] + struct.pack("<I", size) + data[8:], container, [splice]) is full


@pytest.mark.parametrize("key", KEYS)
def test_an_edit_of_nothing_gives_the_same_bytes(key: str) -> None:
    """Without a splice the film is one span of the source."""
    data = film_samples.AVI[key]()
    edited = avi_layout.edited(data, avi.parse(data), [])
    assert joined(data, edited) == data

"""FLV is walked tag by tag, and every place in the file that its metadata names moves with what stands there."""

import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.marks import metadata
from sealmark.marks.label import Label
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.video import amf, flv
from tests.media import film_samples, films

LABEL = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
KEYS = list(film_samples.FLV)
HEADER = b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"


def tag(kind: int, body: bytes, time: int = 0) -> bytes:
    """One tag and its size, by the book (FLV 10.1 E.4.1)."""
    head = bytes((kind,)) + len(body).to_bytes(3, "big") + struct.pack(">I", time)[1:] + bytes(4)
    return head + body + (len(head) + len(body)).to_bytes(4, "big")


def _tags(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Start and bytes of every tag; the size behind each is true."""
    at = 13
    while at < len(data):
        stop = at + 11 + int.from_bytes(data[at + 1 : at + 4], "big")
        assert int.from_bytes(data[stop : stop + 4], "big") == stop - at
        yield at, data[at:stop]
        at = stop + 4


def _numbers(data: bytes, name: bytes) -> list[float]:
    """The numbers of a property: one, or those of a strict array (AMF 0, 2.12)."""
    at = data.index(len(name).to_bytes(2, "big") + name) + 2 + len(name)
    if data[at] == 0:
        return [struct.unpack_from(">d", data, at + 1)[0]]
    count = int.from_bytes(data[at + 1 : at + 5], "big")
    return [struct.unpack_from(">d", data, at + 6 + 9 * number)[0] for number in range(count)]


@pytest.mark.parametrize("key", KEYS)
def test_sizes_of_tags_are_true_and_media_tags_stay(key: str) -> None:
    """Each tag is followed by its size; tags of sound and picture are the same bytes in the same order."""
    data = film_samples.FLV[key]()
    marked = metadata.write(data, LABEL)
    kept = [[body for _, body in _tags(one) if body[0] != flv.SCRIPT] for one in (data, marked)]
    assert kept[0] == kept[1]
    assert kept[0]


def test_index_of_key_frames_moves_with_the_key_frames() -> None:
    """`keyframes.filepositions` and the place of the last lead to the same tags as before."""
    data = film_samples.indexed_flv()
    marked = metadata.write(data, LABEL)
    tags = [dict(_tags(one)) for one in (data, marked)]
    for name in (b"filepositions", b"lastkeyframelocation"):
        was, now = _numbers(data, name), _numbers(marked, name)
        assert len(was) == len(now) > 0
        assert all(new - old == len(marked) - len(data) for old, new in zip(was, now, strict=True))
    places = zip(_numbers(data, b"filepositions"), _numbers(marked, b"filepositions"), strict=True)
    assert all(tags[0][int(was)] == tags[1][int(now)] for was, now in places)
    assert _numbers(marked, b"filesize") == [len(marked)]
    assert _numbers(marked, b"times") == _numbers(data, b"times")


def test_places_that_are_none_stay() -> None:
    """What is no number of a place, or a size that was not true, is kept as it is."""
    odd = [float("nan"), -1.0, float("inf"), 0.0, 13.0, 1e12]
    array = b"\x0a" + len(odd).to_bytes(4, "big") + b"".join(b"\x00" + struct.pack(">d", one) for one in odd)
    keyframes = b"\x00\x09keyframes\x03\x00\x0dfilepositions" + array + b"\x00\x00\x09"
    size = b"\x00\x08filesize\x00" + struct.pack(">d", 77)
    body = flv.METADATA + b"\x08\x00\x00\x00\x02" + keyframes + size + b"\x00\x00\x09"
    data = HEADER + tag(18, body) + tag(9, b"\x12" + bytes(20))
    marked = metadata.write(data, LABEL)
    assert keyframes in marked
    assert size in marked


@pytest.mark.parametrize("key", KEYS)
def test_truncation_anywhere_is_noticed(key: str) -> None:
    """A film cut anywhere but behind a tag is damaged, and says so."""
    data = film_samples.FLV[key]()
    whole = {at for at, _ in _tags(data)} | {at - 4 for at, _ in _tags(data)} | {len(data) - 4}
    for cut in {*range(1, 1200, 3), *range(1200, len(data), 101), len(data) - 1} - whole:
        if cut < len(data):
            with pytest.raises(Damaged):
                flv.parse(data[:cut])


@pytest.mark.parametrize(
    "value",
    [
        b"\x00abc",
        b"\x02\xff\xffabc",
        b"\x0c\xff\xff\xff\xffabc",
        b"\x0a\xff\xff\xff\xff",
        b"\x11\x00",
        b"\x03\x00\x01a\x05",
        b"\x10\x00\x04abc",
    ],
)
def test_values_that_lie_are_noticed(value: bytes) -> None:
    """A value that is longer than its tag, of an unknown kind, or never closed, is damage; nothing is allocated."""
    body = flv.METADATA + b"\x08\x00\x00\x00\x01\x00\x01a" + value + b"\x00\x00\x09"[:1]
    with pytest.raises(Damaged):
        metadata.write(HEADER + tag(18, body), LABEL)


@pytest.mark.parametrize(
    "value", [b"\x03\x00\x01a" * 5000, b"\x0a\x00\x00\x00\x01" * 5000, b"\x0a\xff\xff\xff\xff" + b"\x05" * (3 << 20)]
)
def test_values_without_end_are_given_up(value: bytes) -> None:
    """Nesting and arrays beyond the bounds are an error in good time."""
    body = flv.METADATA + b"\x08\x00\x00\x00\x01\x00\x01a" + value
    with pytest.raises(MetadataOverLimit):
        metadata.write(HEADER + tag(18, body), LABEL)


def test_tags_without_end_are_counted() -> None:
    """Metadata without end is not read into memory."""
    for tags in (tag(18, flv.METADATA) * 5000, tag(18, flv.METADATA + bytes(8 << 20)) * 5):
        with pytest.raises(Damaged):
            flv.parse(HEADER + tags)


@given(st.text(max_size=20) | st.integers(65_530, 65_540).map(lambda size: "x" * size))
def test_strings_round_trip(text: str) -> None:
    """Short and long strings read back, and are stepped over, whatever is in them."""
    body = b"\x08\x00\x00\x00\x02" + amf.encoded_property("a", text) + amf.encoded_property("b", "c") + b"\x00\x00\x09"
    first, second = amf.properties(body, 0)
    assert (first.name, amf.text(body, first.value)) == ("a", text)
    assert (second.name, amf.text(body, second.value)) == ("b", "c")


def test_every_kind_of_value_is_stepped_over() -> None:
    """AMF 0, section 2: all markers that a file can hold."""
    fixed = [b"\x00" + bytes(8), b"\x01\x01", b"\x05", b"\x06", b"\x07\x00\x01", b"\x0b" + bytes(10), b"\x0d"]
    texts = [b"\x02\x00\x01a", b"\x0c\x00\x00\x00\x01a", b"\x0f\x00\x00\x00\x01a"]
    objects = [b"\x03\x00\x01a\x05\x00\x00\x09", b"\x08\x00\x00\x00\x00\x00\x00\x09", b"\x0a\x00\x00\x00\x02\x05\x06"]
    values = [*fixed, *texts, *objects, b"\x10\x00\x01c\x00\x01a\x05\x00\x00\x09"]
    body = b"\x03" + b"".join(b"\x00\x01k" + value for value in values) + b"\x00\x00\x09"
    assert [body[one.value : one.stop] for one in amf.properties(body, 0)] == values
    assert films.packets(film_samples.FLV["flv"]())

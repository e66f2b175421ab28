"""Matroska is walked by the heads of its elements, and what is moved in it stays where its indexes say it is."""

import random
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark import media
from sealmark.marks import metadata
from sealmark.marks.label import Label
from sealmark.media.containers import ebml
from sealmark.media.errors import Damaged, MediaError, MetadataOverLimit
from sealmark.media.pieces import joined
from sealmark.media.video import matroska, matroska_layout
from sealmark.media.video.matroska_layout import Edit
from tests.media import film_samples, films

KEYS = list(film_samples.MATROSKA)
LABEL = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
INDEXED = [key for key in KEYS if key not in {"mkv streamed", "webm streamed", "mkv open"}]


def _made(key: str) -> bytes:
    return film_samples.MATROSKA[key]()


def _inside(data: bytes, start: int, stop: int, *path: str) -> Iterator[tuple[int, int]]:
    """The bodies of the elements at a path of identifiers."""
    for kind, _, body, end in films.elements(data, start, stop):
        if kind == path[0]:
            yield from _inside(data, body, end, *path[1:]) if path[1:] else [(body, end)]


def _number(data: bytes, span: tuple[int, int]) -> int:
    return int.from_bytes(data[span[0] : span[1]], "big")


def check_positions(data: bytes) -> int:
    """Every position leads to what it names, and every check sum is true; how many were looked at."""
    _, (_, _, origin, stop) = list(films.elements(data))[:2]
    count = 0
    for body, end in _inside(data, origin, stop, films.SEEK_HEAD, "4dbb"):
        (name,), (place,) = _inside(data, body, end, "53ab"), _inside(data, body, end, "53ac")
        at = origin + _number(data, place)
        assert data[at : at + name[1] - name[0]] == data[name[0] : name[1]]
        count += 1
    return (
        count + _check_cues(data, origin, stop) + _check_clusters(data, origin, stop) + _check_sums(data, origin, stop)
    )


def _check_cues(data: bytes, origin: int, stop: int) -> int:
    """A cue leads to a cluster, and where it says so to a block in it."""
    count = 0
    for body, end in _inside(data, origin, stop, films.CUES, "bb", "b7"):
        (place,), relative = _inside(data, body, end, "f1"), list(_inside(data, body, end, "f0"))
        kind, _, inside, _ = next(films.elements(data, origin + _number(data, place), stop))
        assert kind == films.CLUSTER
        assert all(data[inside + _number(data, one)] in {0xA0, 0xA3} for one in relative)
        count += 1
    return count


def _check_clusters(data: bytes, origin: int, stop: int) -> int:
    """A cluster that says where it is, or how large the one before it was, says so truly."""
    count, before = 0, 0
    for kind, start, body, end in films.elements(data, origin, stop):
        if kind != films.CLUSTER:
            continue
        for inner, _, at, until in films.elements(data, body, end):
            if inner in {"a7", "ab"}:
                assert int.from_bytes(data[at:until], "big") == (start - origin if inner == "a7" else before)
                count += 1
        before = end - start
    return count


def _check_sums(data: bytes, start: int, stop: int) -> int:
    count = 0
    for kind, _, body, end in films.elements(data, start, stop):
        if kind == films.ATTACHMENTS or data[body : body + 2] != b"\xbf\x84":
            continue
        assert int.from_bytes(data[body + 2 : body + 6], "little") == zlib.crc32(data[body + 6 : end])
        count += 1
    return count


@pytest.mark.parametrize("key", INDEXED)
@pytest.mark.parametrize("size", [0, 3000])
def test_every_position_and_check_sum_is_true_after_an_edit(key: str, size: int) -> None:
    """SeekHead, Cues, cluster positions and sizes, and CRC-32 are what they were: true."""
    data = _made(key)
    label = Label.first("001191000000REHEAR5ALG1DEMO", "A1", reserved_code1="x" * size)
    looked_at = check_positions(data)
    assert looked_at > 3
    assert check_positions(metadata.write(data, label)) >= looked_at


@pytest.mark.parametrize("key", [key for key in INDEXED if "sound" not in key])
@pytest.mark.parametrize("seconds", [0.0, 0.45, 0.9])
def test_seeking_finds_the_same_picture(key: str, seconds: float) -> None:
    """An independent reader that jumps through the index arrives at the same packet."""
    data = _made(key)
    assert films.found_by_seeking(metadata.write(data, LABEL), seconds) == films.found_by_seeking(data, seconds)


def test_a_position_that_outgrows_its_bytes_is_voided_and_the_cluster_keeps_its_size() -> None:
    """Cues count into a cluster, and the next one names its size: a position of one byte gives way to a Void."""
    outgrown = 0
    for spare in (1, 40, 120):
        data = films.with_everything(film_samples.h264(), spare=spare)
        marked = metadata.write(data, Label.first("a", "1", reserved_code1="x" * 66_000 if False else "x" * 8000))
        assert check_positions(marked) > 0
        sizes = [[len(body) for kind, body in films.top(one)[1] if kind == films.CLUSTER] for one in (data, marked)]
        assert sizes[0] == sizes[1]
        outgrown += marked.count(b"\xec\x81\x00") + marked.count(b"\xec\x82\x00\x00")
        assert films.packets(marked) == films.packets(data)
    assert outgrown


def test_a_segment_with_a_check_sum_over_all_of_it() -> None:
    """The rarest CRC-32 of all is made true too."""
    header, parts = films.top(_made("mkv"))
    kept = b"".join(
        films.element(kind, body) for kind, body in parts if kind in {films.INFO, films.TRACKS, films.CLUSTER}
    )
    marked = metadata.write(header + films.checked(films.SEGMENT, kept), LABEL)
    body = films.top(marked)[0]
    _, (_, _, inside, end) = list(films.elements(marked))[:2]
    assert body == header
    assert int.from_bytes(marked[inside + 2 : inside + 6], "little") == zlib.crc32(marked[inside + 6 : end])
    assert films.about(marked)["metadata"]["AIGC"] == LABEL.inner()


@pytest.mark.parametrize("key", KEYS)
def test_an_edit_of_nothing_changes_no_content(key: str) -> None:
    """Without a change, only the widths of positions and of the segment's size are made uniform, once."""
    data = _made(key)
    segment = matroska.parse(data).segments[0]
    same = data[: segment.head.start] + joined(data, matroska_layout.edited(data, segment, Edit({})))
    same += data[segment.head.stop :]
    kinds = [[kind for kind, _ in films.top(one)[1]] for one in (data, same)]
    assert kinds[0] == kinds[1]
    assert films.packets(same) == films.packets(data)


@pytest.mark.parametrize("key", [key for key in KEYS if key not in {"mkv streamed", "webm streamed", "mkv open"}])
def test_truncation_anywhere_is_noticed(key: str) -> None:
    """A film cut anywhere before its end is damaged, and says so."""
    data = _made(key)
    for cut in {*range(1, min(900, len(data)), 5), *range(900, len(data), 301), len(data) - 1}:
        with pytest.raises(Damaged):
            matroska.parse(data[:cut])


@pytest.mark.parametrize("key", ["mkv", "mkv open", "webm streamed"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_flipped_bytes_give_a_film_or_a_domain_error(key: str, data: st.DataObject) -> None:
    """No damage raises anything but our own errors, reading or editing."""
    whole = bytearray(_made(key))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1) | st.integers(0, min(len(whole), 900) - 1))] = data.draw(
            st.integers(0, 255)
        )
    with suppress(MediaError):
        segment = matroska.parse(bytes(whole)).segments[0]
        assert matroska_layout.edited(bytes(whole), segment, Edit({}))


@pytest.mark.parametrize("kind", [films.TAGS, films.CUES, films.SEEK_HEAD, films.INFO])
def test_an_element_without_a_size_is_a_lie(kind: str) -> None:
    """Only a segment and a cluster may have no size (RFC 9559 5.1)."""
    header, _ = films.top(_made("mkv"))
    data = header + films.element(films.SEGMENT, bytes.fromhex(kind) + b"\x01" + b"\xff" * 7 + b"abcdef")
    with pytest.raises(Damaged):
        matroska.parse(data)


@pytest.mark.parametrize(
    "body", [b"\x00", b"\xbf\x00", b"\x1f", b"\xec\x7f\xff\xff", b"\xec" + b"\x01" + b"\xff" * 6 + b"\xfe"]
)
def test_sizes_that_lie_are_noticed(body: bytes) -> None:
    """Identifiers and sizes that no file can have, or that lead out of it, are damage; nothing is allocated."""
    header, _ = films.top(_made("mkv"))
    for width in (0, 8):
        with pytest.raises(Damaged):
            matroska.parse(header + films.element(films.SEGMENT, body, width))


def test_elements_without_end_are_counted() -> None:
    """A file of nothing but tiny elements is given up in good time."""
    header, _ = films.top(_made("mkv"))
    for inside in (
        b"\xec\x80" * 300_000,
        bytes.fromhex(films.CLUSTER) + b"\xff" + b"\xa3\x80" * (1 << 21) + b"\xa3\x80",
    ):
        with pytest.raises(Damaged):
            matroska.parse(header + films.element(films.SEGMENT, inside))


def test_segments_without_end_are_counted() -> None:
    """One empty segment after another is given up, too."""
    header, _ = films.top(_made("mkv"))
    with pytest.raises(Damaged):
        matroska.parse(header + films.element(films.SEGMENT, b"") * 300_000)


def test_an_index_without_end_is_not_rewritten() -> None:
    """Cues over the bound, or nested in themselves without end, are an error."""
    header, _ = films.top(_made("mkv"))
    nested = b""
    for _ in range(40):
        nested = films.element("bb", nested)
    for body, error in (
        (nested, Damaged),
        (b"\xec\x10\x00\x00\x00\x00"[:1] + films.sized(1 << 24, 8) + bytes(1 << 24), MetadataOverLimit),
    ):
        data = header + films.element(
            films.SEGMENT, films.element(films.CUES, body) + films.element(films.CLUSTER, b"")
        )
        with pytest.raises(error):
            metadata.write(data, LABEL)


def test_doc_type_tells_the_two_apart() -> None:
    """`matroska` and `webm`; another EBML file is neither."""
    assert (media.sniff(_made("mkv")).name, media.sniff(_made("webm")).name) == ("mkv", "webm")
    assert matroska.document_type(films.element("1a45dfa3", films.element("4282", b"other"))) == "other"
    assert matroska.document_type(b"\x1a\x45\xdf\xa3\x01") == ""
    assert matroska.document_type(films.element("1a45dfa3", b"")) == "matroska"


@given(st.integers(0, (1 << 56) - 2))
def test_sizes_round_trip(number: int) -> None:
    """Every size that EBML can hold is written as narrow as it can be, and reads back."""
    written = ebml.size(number)
    assert ebml.head(b"\xec" + written, 0) == (0xEC, 1 + len(written), number)
    assert len(written) == 1 or number >= (1 << 7 * (len(written) - 1)) - 1
    assert ebml.head(b"\xec" + ebml.size(number, 8), 0) == (0xEC, 9, number)


def test_bytes_of_chance_are_no_film() -> None:
    """What does not begin as EBML is refused at once."""
    with pytest.raises(Damaged):
        matroska.parse(random.Random(4).randbytes(5000))

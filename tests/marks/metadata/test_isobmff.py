"""MP4, MOV and M4A: the label stands where ffmpeg puts and finds it, and every stream plays on bit for bit."""

import io
import json
import mmap
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mutagen.mp4
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import marker, metadata
from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.marks.metadata.isobmff import XMP_TYPE
from sealmark.media.errors import Damaged, Immovable, MetadataOverLimit
from sealmark.media.pieces import Pieces, Span, joined, write
from tests.media import movies

from ..test_label import LABELS

# The peer reader is untyped.
PEER: Any = mutagen.mp4

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1="""quoted "words" & <tags> it's 深印""")
UNLABELLED = ("mp4", "mp4 head first", "mov", "m4a")


def _form(key: str) -> media.Format:
    return media.by_name(key.partition(" ")[0])


def _found(data: bytes) -> list[tuple[Label | None, str, bool]]:
    return [(place.label, place.place, place.main) for place in metadata.read(data)]


def _only(data: bytes, label: Label) -> bool:
    return [(place.label, place.main) for place in metadata.read(data)] == [(label, True)]


@pytest.mark.parametrize("key", movies.EVERY)
def test_streams_and_other_metadata_stay(key: str) -> None:
    """Every packet, chapter, rotation and tag is read as before by ffmpeg's libraries, and the label beside them."""
    data = movies.made(key)
    assert media.sniff(data, f"x.{_form(key).extension}") is _form(key)
    assert metadata.read(data) == []
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert movies.packets(marked) == movies.packets(data)
    assert movies.tags(marked) == movies.tags(data) | {"AIGC": TWO.inner()}


@pytest.mark.parametrize("key", movies.EVERY)
def test_writing_again_replaces(key: str) -> None:
    """GB 45438 6.1 c): one label a file; a second writing gives the file that a single one gives, bit for bit."""
    data = movies.made(key)
    for first, second in ((ONE, TWO), (TWO, ONE), (TWO, TWO)):
        assert metadata.write(metadata.write(data, first), second) == metadata.write(data, second)


@pytest.mark.parametrize("key", UNLABELLED)
@settings(max_examples=15, deadline=None)
@given(label=LABELS)
def test_any_label_reads_back_and_is_the_only_one(key: str, label: Label) -> None:
    """What is written is read, whatever its characters."""
    assert _only(metadata.write(movies.made(key), label), label)


@pytest.mark.parametrize("extension", ["mp4", "mov", "m4a"])
def test_the_very_bytes_that_ffmpeg_writes(extension: str) -> None:
    """Guide 20257A: our label in a file that ffmpeg labelled is, bit for bit, the one that ffmpeg would have put."""
    source = movies.made(extension)
    one, two = (_by_ffmpeg(source, extension, label) for label in (ONE, TWO))
    assert _found(one) == [(ONE, f"{extension.upper()} moov.udta.meta AIGC", True)]
    assert metadata.write(one, TWO) == two


def _by_ffmpeg(data: bytes, extension: str, label: Label) -> bytes:
    settings = ("-movflags", "use_metadata_tags+faststart", "-metadata", f"AIGC={label.inner()}")
    return movies.remuxed(data, extension, *settings, "-metadata", "mood=calm")


@pytest.mark.parametrize("key", ["m4a", "m4a alac", "mp4 head first"])
def test_other_reader_of_itunes_lists_sees_them_unchanged(key: str) -> None:
    """A second list beside that of iTunes does not hide it: mutagen reads what it read."""
    was, now = (dict(PEER.MP4(io.BytesIO(data)).tags) for data in _pair(key))
    assert was == now
    assert was["©nam"] == ["题 T"]


def _pair(key: str) -> tuple[bytes, bytes]:
    data = movies.made(key)
    return data, metadata.write(data, ONE)


@pytest.mark.parametrize("key", movies.EVERY)
def test_every_box_but_the_changed_ones_stays(key: str) -> None:
    """What is taken from the source is by far the most of it; only tables of positions and the label are new."""
    data = movies.made(key)
    pieces = metadata.edit(data, ONE)
    new = sum(len(piece) for piece in pieces if isinstance(piece, bytes))
    assert joined(data, pieces) == metadata.write(data, ONE)
    assert new < 1200


def test_keys_of_quicktimes_own_list_take_the_label() -> None:
    """Readers take names from the first table of keys: where one stands in `moov.meta`, the label is among them."""
    marked = metadata.write(movies.made("mov apple"), ONE)
    assert _found(marked) == [(ONE, "MOV moov.meta AIGC", True)]
    assert movies.tags(marked)["com.apple.quicktime.make"] == "maker"


def _freeform(name: bytes, mean: bytes = b"com.apple.iTunes") -> bytes:
    value = box(b"data", struct.pack(">II", 1, 0), ONE.inner().encode())
    return box(b"----", box(b"mean", bytes(4), mean), box(b"name", bytes(4), name), value)


box = movies.box
_ITUNES = box(b"hdlr", bytes(8), b"mdirappl", bytes(9))
_PACKET = xmp.write(None, ONE, "here")
ALTERNATIVES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "freeform item": (
        lambda data: movies.in_udta(data, box(b"meta", bytes(4), _ITUNES, box(b"ilst", _freeform(b"AIGC")))),
        "moov.udta.meta ----:AIGC",
    ),
    "item of iTunes": (
        lambda data: movies.in_moov(
            data, box(b"meta", _ITUNES, box(b"ilst", movies.item(b"AIGC", ONE.wrapped().encode())))
        ),
        "moov.meta AIGC",
    ),
    "XMP box": (lambda data: data + box(b"uuid", XMP_TYPE, _PACKET), "uuid XMP"),
    "XMP box in moov": (lambda data: movies.in_moov(data, box(b"uuid", XMP_TYPE, _PACKET)), "moov.uuid XMP"),
    "XMP in user data": (lambda data: movies.in_udta(data, box(b"XMP_", _PACKET)), "moov.udta.XMP_"),
    "lower case": (
        lambda data: movies.in_udta(data, movies.keyed({b"x": "1", b"aigc": ONE.inner(), b"y": "2"})),
        "moov.udta.meta AIGC",
    ),
    "key of a domain": (
        lambda data: movies.in_udta(data, movies.keyed({b"cn.org.example.AIGC": ONE.inner()})),
        "moov.udta.meta AIGC",
    ),
}


@pytest.mark.parametrize("way", ALTERNATIVES)
def test_alternative_place_is_read_and_left_empty(way: str) -> None:
    """Other writers' places are read as such; a writing moves the label to the main channel and plays on."""
    put, words = ALTERNATIVES[way]
    data = put(movies.made("mov"))
    assert _found(data) == [(ONE, f"MOV {words}", False)]
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert ONE.produce_id.encode() + b'"' not in marked
    assert movies.packets(marked) == movies.packets(data)
    assert metadata.write(marked, ONE) == metadata.write(data, ONE)


def test_mutagens_freeform_item_is_read() -> None:
    """An independent writer's item `----:com.apple.iTunes:AIGC`."""
    out = io.BytesIO(movies.made("m4a"))
    tags = PEER.MP4(out)
    tags["----:com.apple.iTunes:aigc"] = ONE.inner().encode()
    tags.save(out)
    assert _found(out.getvalue()) == [(ONE, "M4A moov.udta.meta ----:AIGC", False)]
    assert _only(metadata.write(out.getvalue(), TWO), TWO)


def test_labels_in_every_place_at_once_become_one() -> None:
    """GB 45438 6.1 c): duplicates of the key, of the item and of the place go; other keys keep their values."""
    values = {b"a": "1", b"AIGC": ONE.inner(), b"AIGC ": "no label", b"aigc": ONE.inner(), b"b": "2"}
    data = movies.in_udta(movies.made("mov"), movies.keyed(values))
    data = movies.in_moov(movies.in_udta(data, box(b"XMP_", _PACKET)), movies.keyed({b"x": "3", b"AIGC": ONE.inner()}))
    data += box(b"uuid", XMP_TYPE, _PACKET)
    assert len(metadata.read(data)) == 5
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    kept = movies.tags(marked)
    assert (kept["AIGC "], kept["b"], kept["AIGC"]) == ("no label", "2", TWO.inner())
    assert movies.keyed({b"x": "3"}) in marked


@pytest.mark.parametrize("coding", [1, 2, 0])
def test_types_of_text_are_read(coding: int) -> None:
    """QTFF well-known types: UTF-8, UTF-16, and none given."""
    text = TWO.wrapped().encode("utf-16-be" if coding == 2 else "utf-8")
    table = box(b"keys", struct.pack(">II", 0, 1), box(b"mdta", b"AIGC"))
    items = box(b"ilst", movies.item(b"\x00\x00\x00\x01", text, coding))
    data = movies.in_udta(
        movies.made("mov"), box(b"meta", bytes(4), box(b"hdlr", bytes(8), b"mdta", bytes(13)), table, items)
    )
    assert _only(data, TWO)


@pytest.mark.parametrize("parts", [(), ("keys",), ("ilst",)])
def test_incomplete_lists_are_completed(parts: tuple[str, ...]) -> None:
    """A list of keys without items, or without anything, takes the label."""
    boxes = {"keys": box(b"keys", bytes(4), bytes(4)), "ilst": box(b"ilst")}
    meta = box(b"meta", bytes(4), box(b"hdlr", bytes(8), b"mdta", bytes(13)), *(boxes[part] for part in parts))
    marked = metadata.write(movies.in_udta(movies.made("mov"), meta), ONE)
    assert _only(marked, ONE)
    assert movies.tags(marked)["AIGC"] == ONE.inner()


def test_user_data_that_end_with_a_zero_keep_it() -> None:
    """QTFF: a list of user data may end with a 32-bit zero, which stays behind the label."""
    data = movies.in_udta(movies.made("mov"), bytes(4))
    marked = metadata.write(data, ONE)
    assert marked.endswith(bytes(4))
    assert _only(marked, ONE)
    assert movies.tags(marked)["AIGC"] == ONE.inner()


@pytest.mark.parametrize("key", ["mp4", "mp4 head first", "mov", "m4a chapters", "mp4 keys"])
def test_marked_file_cut_anywhere_is_damaged(key: str) -> None:
    """A cut file never reads as one without a label; what stands before the cut is still found."""
    marked = metadata.write(movies.made(key), ONE)
    cuts = {*range(20, 400, 9), *range(400, len(marked) - 2, len(marked) // 60), len(marked) - 2}
    for cut in cuts | set(_boundaries(marked)) - {0}:
        with pytest.raises(SealmarkError):
            metadata.read(marked[:cut], _form(key))
    head_first = marked.index(b"AIGC") < marked.index(b"mdat")
    left = metadata.remains(marked[:-9], _form(key))
    assert [place.label for place in left.places] == ([ONE] if head_first else [])


def _boundaries(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        yield at
        at += int.from_bytes(data[at : at + 4], "big")


@pytest.mark.parametrize("key", ["mp4 head first", "mp4 keys", "mp4 fragments from offsets", "mov apple", "mp4 dash"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_flipped_bytes_read_or_say_why_not(key: str, data: st.DataObject) -> None:
    """No damage to the boxes raises anything but our own errors, in reading or in writing."""
    whole = bytearray(metadata.write(movies.made(key), ONE))
    heads = [at for kind in (b"moov", b"udta", b"keys", b"stco", b"dref", b"mfra", b"sidx") for at in _all(whole, kind)]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.sampled_from(heads)) + data.draw(st.integers(-6, 40))
        whole[min(at, len(whole) - 1)] = data.draw(st.sampled_from((0, 1, 8, 127, 255)))
    for call in (
        lambda: metadata.read(bytes(whole), _form(key)),
        lambda: metadata.write(bytes(whole), TWO, _form(key)),
    ):
        try:
            call()
        except SealmarkError as error:
            assert error.happened("zh")  # noqa: PT017  # both outcomes are lawful


def _all(data: bytearray, kind: bytes) -> Iterator[int]:
    at = data.find(kind)
    while at >= 0:
        yield at
        at = data.find(kind, at + 4)


FTYP = box(b"ftyp", b"isom", bytes(4), b"isom")
HOSTILE: dict[str, bytes] = {
    "millions of boxes": FTYP + box(b"free") * 300_000,
    "millions of tracks": FTYP + box(b"moov", box(b"trak") * 300_000),
    "millions of items": FTYP
    + box(b"moov", box(b"udta", box(b"meta", bytes(4), _ITUNES, box(b"ilst", box(b"----") * 300_000)))),
    "a table without end": FTYP
    + box(b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", box(b"stco", bytes(4), b"\xff" * 4)))))),
    "keys without end": FTYP + box(b"moov", box(b"udta", movies.keyed({b"k" * (2 << 20): "v"}))),
    "nothing else": FTYP,
    "two movies": FTYP + box(b"moov") * 2,
    "a size below its header": FTYP + struct.pack(">I4s", 7, b"moov"),
    "a 64-bit size below its header": FTYP + struct.pack(">I4sQ", 1, b"moov", 15),
    "a size beyond the file": FTYP + struct.pack(">I4sQ", 1, b"moov", 1 << 63),
    "moov without end": FTYP + box(b"moov", box(b"moov") * 5)[:-3],
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_file_is_refused_soon(attack: str) -> None:
    """Lying sizes and files of nothing but headers cost neither memory nor time."""
    began = time.process_time()
    with pytest.raises(Damaged):
        metadata.read(HOSTILE[attack])
    assert time.process_time() - began < 3
    if len(HOSTILE[attack]) < 1000:
        with pytest.raises(Damaged):
            metadata.write(HOSTILE[attack], ONE)


def test_endless_value_is_not_read() -> None:
    """A value longer than any label is left unread, and said to be."""
    with pytest.raises(MetadataOverLimit):
        metadata.read(movies.in_udta(movies.made("mov"), movies.keyed({b"AIGC": " " * 500_000})))


def test_compressed_movie_header_is_refused_for_writing() -> None:
    """QTFF `cmov`: positions in it cannot be moved; where none has to move, the label is written."""
    data = FTYP + box(b"moov", box(b"cmov", bytes(20))) + box(b"mdat", bytes(9))
    with pytest.raises(Immovable):
        metadata.write(data, ONE)


def test_track_in_several_files_is_refused() -> None:
    """A table whose positions mean partly this file and partly another is not guessed at."""
    data = movies.made("mp4 head first")
    at, stop = movies.span(data, b"url ")
    start = data.index(b"dref")
    assert data[start + 4 : start + 12] == bytes(7) + b"\x01"
    mixed = bytearray(data)
    for box_at in (start - 4, data.index(b"dinf") - 4):
        mixed[box_at : box_at + 4] = struct.pack(">I", int.from_bytes(data[box_at : box_at + 4], "big") + stop - at)
    other = data[at : stop - 1] + b"\x00"
    with pytest.raises(SealmarkError):
        metadata.write(bytes(mixed[:stop]) + other + data[stop:], ONE)


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def test_offsets_beyond_32_bits_get_64(tmp_path: Path) -> None:
    """A file of 4 GiB whose positions no longer fit after the move: `stco` becomes `co64`, and every packet plays."""
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    gap = _write_large(source)
    with _mapped(source) as data:
        pieces = metadata.edit(data, TWO)
        _write_sparse(data, pieces, target, gap)
        assert b"co64" in b"".join(piece for piece in pieces if isinstance(piece, bytes))
    with _mapped(target) as data:
        assert [place.label for place in metadata.read(data)] == [TWO]
    assert movies.packets(target) == movies.packets(movies.made("mp4 head first"))


def _write_large(path: Path) -> int:
    """A movie with a hole between its head and its media data, so that the last chunk begins just below 4 GiB."""
    data = bytearray(movies.made("mp4 head first"))
    at = data.index(b"mdat") - 4
    tables = [one + 4 for one in _all(data, b"stco")]
    counts = [int.from_bytes(data[one + 4 : one + 8], "big") for one in tables]
    fields = [one + 8 + 4 * number for one, many in zip(tables, counts, strict=True) for number in range(many)]
    last = max(int.from_bytes(data[field : field + 4], "big") for field in fields)
    gap = 0xFFFFFFF0 - last
    for field in fields:
        data[field : field + 4] = struct.pack(">I", int.from_bytes(data[field : field + 4], "big") + gap)
    with path.open("wb") as file:
        file.write(data[:at] + struct.pack(">I4sQ", 1, b"free", gap))
        file.seek(at + gap)
        file.write(data[at:])
    return gap


def _write_sparse(data: mmap.mmap, pieces: Pieces, target: Path, gap: int) -> None:
    with target.open("wb") as file:
        for piece in pieces:
            if isinstance(piece, Span) and len(piece) > gap:
                file.write(data[piece.start : piece.start + 4096])
                file.seek(gap - 8192, 1)
                file.write(data[piece.start + gap - 4096 : piece.stop])
            else:
                write(data, (piece,), file)


@pytest.mark.parametrize("key", ["mp4 head first", "mp4 fragments"])
def test_fifty_megabytes_cost_little_time_and_memory(key: str, tmp_path: Path) -> None:
    """A label is written into a film of 50 MB, to a file, in at most 60 ms of CPU and a few megabytes of memory."""
    source = tmp_path / "in.mp4"
    with source.open("wb") as file:
        file.write(movies.made(key))
        for _ in range(50):
            file.write(box(b"mdat", bytes(1_000_000)))
    assert min(_cost(source, tmp_path / "out.mp4") for _ in range(5)) < 0.06
    tracemalloc.start()
    _cost(source, tmp_path / "out.mp4")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def _cost(source: Path, target: Path) -> float:
    began = time.process_time()
    with _mapped(source) as data, target.open("wb") as file:
        write(data, metadata.edit(data, ONE), file)
    return time.process_time() - began


def test_marking_from_file_to_file(tmp_path: Path) -> None:
    """The marker's own door: a map in, a file out that read back, named as it is."""
    source, target = tmp_path / "带空格 movie.mov", tmp_path / "marked.mov"
    source.write_bytes(movies.made("mov"))
    marker.mark_file(source, target, ONE, layers=("metadata",))
    assert json.loads(movies.tags(target.read_bytes())["AIGC"]) == ONE.as_dict()
    assert movies.packets(target) == movies.packets(source)

"""Every film carries exactly one label, where independent readers look for it, and keeps every packet."""

import io
import json
import time
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import metadata
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.media import pieces
from tests.media import film_samples, films

from ..test_label import LABELS

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1="""quoted "words" & <tags> it's 深印""")
KEYS = list(film_samples.EVERY)


def _labels(data: bytes) -> list[tuple[Label | None, bool]]:
    return [(place.label, place.main) for place in metadata.read(data)]


@pytest.mark.parametrize("key", KEYS)
def test_film_is_known_by_its_content(key: str) -> None:
    """The bytes alone say which format this is, and no label is found where none was written."""
    data = film_samples.EVERY[key]()
    assert media.sniff(data).name == film_samples.FORMAT_OF[key]
    assert metadata.read(data) == []


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=12, deadline=None)
@given(first=LABELS, second=LABELS)
def test_any_label_reads_back_once_and_writing_again_replaces(key: str, first: Label, second: Label) -> None:
    """GB 45438 6.1 c): one label a file. A second writing gives the file that a single one gives, bit for bit."""
    data = film_samples.EVERY[key]()
    once = metadata.write(data, first)
    assert _labels(once) == [(first, True)]
    assert metadata.write(once, second) == metadata.write(data, second)


@pytest.mark.parametrize("key", KEYS)
def test_packets_streams_chapters_and_other_metadata_stay(key: str) -> None:
    """An independent reader sees the same packets, headers, chapters and tags as before, and finds the label."""
    data = film_samples.EVERY[key]()
    marked = metadata.write(data, TWO)
    assert films.packets(marked) == films.packets(data)
    was, now = films.about(data), films.about(marked)
    for one in (was, now):  # a place in the file, see test_flv
        one["metadata"].pop("lastkeyframelocation", None)
    assert json.loads(now["metadata"].pop("AIGC")) == TWO.as_dict()
    assert now == was


@pytest.mark.parametrize("key", KEYS)
def test_label_is_found_in_a_stream(key: str) -> None:
    """Measures Art. 5: the file's head. A reader that cannot seek has the label before the first packet."""
    marked = metadata.write(film_samples.EVERY[key](), TWO)
    assert json.loads(films.read_without_seeking(marked)["AIGC"]) == TWO.as_dict()


@pytest.mark.parametrize("key", KEYS)
def test_map_gives_what_memory_gives(key: str, tmp_path: Path) -> None:
    """A film is edited over a memory map, in pieces: most of the film is spans of the source."""
    path = tmp_path / "film"
    path.write_bytes(film_samples.EVERY[key]())
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        edited = metadata.edit(data, ONE)
        out = io.BytesIO()
        pieces.write(data, edited, out)
    assert out.getvalue() == metadata.write(path.read_bytes(), ONE)
    assert len(out.getvalue()) == pieces.length(edited)


@pytest.mark.parametrize("key", [key for key in KEYS if key != "avi streamed"])  # an open size tells no end
def test_cut_film_is_damaged(key: str) -> None:
    """A film that is cut off is refused; what still stands of the label is read."""
    marked = metadata.write(film_samples.EVERY[key](), ONE)
    form = media.sniff(marked)
    cut = metadata.remains(marked[:-1], form)
    assert cut.damages
    with pytest.raises(SealmarkError):
        metadata.read(marked[:-1])
    assert [place.label for place in cut.places] == [ONE]


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_film_with_flipped_bytes_reads_or_says_why_not(key: str, data: st.DataObject) -> None:
    """No damage to a marked film raises anything but our own errors, reading or writing."""
    whole = bytearray(metadata.write(film_samples.EVERY[key](), ONE))
    form = media.by_name(film_samples.FORMAT_OF[key])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole) - 1) | st.integers(0, min(len(whole), 1500) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    left = metadata.remains(bytes(whole), form)
    assert all((place.label is None) == (place.error is not None) for place in left.places)
    try:
        marked = metadata.write(bytes(whole), TWO, form)
    except SealmarkError:
        return
    assert [(place.label, place.main) for place in metadata.remains(marked, form).places] == [(TWO, True)]


def _cost(data: mmap, path: Path) -> float:
    """Seconds of CPU to edit a film and write it."""
    with path.open("wb") as file:
        began = time.process_time()
        pieces.write(data, metadata.edit(data, ONE), file)
        return time.process_time() - began


def test_labelling_fifty_megabytes_costs_milliseconds(tmp_path: Path) -> None:
    """At most 60 ms of CPU for a film of 50 MB, and what is not copied from file to file is a few kilobytes."""
    film = films.with_everything(film_samples.h264(), films.simple_tag("TITLE", "x"))
    header, parts = films.top(film)
    block = films.element("a3", b"\x81\x00\x00\x80" + bytes(500_000))
    kept = [films.element(kind, body) for kind, body in parts if kind not in {films.SEEK_HEAD, films.CUES}]
    clusters = films.element(films.CLUSTER, films.unsigned("e7", 2000) + block) * 100
    path = tmp_path / "film.mkv"
    path.write_bytes(header + films.element(films.SEGMENT, b"".join(kept) + clusters, 8))
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        assert len(data) > 50_000_000
        assert sum(len(piece) for piece in metadata.edit(data, ONE) if isinstance(piece, bytes)) < 10_000
        assert min(_cost(data, tmp_path / "out.mkv") for _ in range(5)) < 0.06


@pytest.mark.parametrize("key", ["mkv", "webm", "flv", "avi"])
def test_marker_passes_a_foreign_film_on(key: str) -> None:
    """Measures Art. 10: the producer's fields of another's label stay, whatever holds them."""
    foreign = metadata.write(film_samples.EVERY[key](), Label.first("someone-else", "Z9"))
    marked = mark(foreign, ONE, layers=("metadata",))
    assert marked.label.content_producer == "someone-else"
    assert _labels(marked.data) == [(marked.label, True)]

"""Every film carries exactly one label, where independent readers look for it, and keeps every packet."""

import io
import json
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


@pytest.mark.parametrize("key", ["mkv"])
def test_marker_passes_a_foreign_film_on(key: str) -> None:
    """Measures Art. 10: the producer's fields of another's label stay, whatever holds them."""
    foreign = metadata.write(film_samples.EVERY[key](), Label.first("someone-else", "Z9"))
    marked = mark(foreign, ONE, layers=("metadata",))
    assert marked.label.content_producer == "someone-else"
    assert _labels(marked.data) == [(marked.label, True)]

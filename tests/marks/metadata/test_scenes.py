"""Every scene carries exactly one label, and reads back whatever happens to the file."""

import io
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import metadata
from sealmark.marks.label import Label
from sealmark.marks.marker import mark, mark_file
from sealmark.media import pieces
from tests.media import scenes

from ..test_label import LABELS

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1="""quoted "words" & <tags> \\ it's 题""")
KEYS = list(scenes.EVERY)
# Formats whose length is told nowhere: a cut is noticed only within the head.
OPEN = frozenset(("usda", "ply", "stl", "obj"))


def _form(key: str) -> media.Format:
    return media.by_name(scenes.FORMAT_OF[key])


def _labels(data: bytes) -> list[tuple[Label | None, bool]]:
    return [(place.label, place.main) for place in metadata.read(data)]


@pytest.mark.parametrize("key", KEYS)
def test_scene_is_known_by_its_content(key: str) -> None:
    """No name is needed; a name of the format is no lie, and another's is."""
    form = _form(key)
    assert media.sniff(scenes.EVERY[key]) is form
    for extension in form.extensions:
        assert media.sniff(scenes.EVERY[key], f"a.{extension}") is form
    assert metadata.read(scenes.EVERY[key]) == []


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=8, deadline=None)
@given(label=LABELS)
def test_any_label_reads_back_and_is_the_only_one(key: str, label: Label) -> None:
    """What is written is read, whatever its characters, once and in the main channel; the format stays."""
    written = metadata.write(scenes.EVERY[key], label)
    assert media.sniff(written) is _form(key)
    assert _labels(written) == [(label, True)]


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=5, deadline=None)
@given(first=LABELS, second=LABELS)
def test_writing_again_replaces(key: str, first: Label, second: Label) -> None:
    """GB 45438 6.1 c): one label a file. A second writing gives the file that a single one gives, bit for bit."""
    data = scenes.EVERY[key]
    assert metadata.write(metadata.write(data, first), second) == metadata.write(data, second)


@pytest.mark.parametrize("key", KEYS)
def test_marked_file_cut_anywhere_is_damaged_or_still_labelled(key: str) -> None:
    """A cut file never reads as one without a label."""
    marked, form = metadata.write(scenes.EVERY[key], ONE), _form(key)
    for cut in {*range(20, min(len(marked), 900), 7), *range(900, len(marked) - 2, 211), len(marked) - 3}:
        try:
            found = metadata.read(marked[:cut], form)
        except SealmarkError:
            continue
        assert form.name in OPEN
        assert [place.label for place in found] == [ONE]


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_flipped_bytes_read_or_say_why_not(key: str, data: st.DataObject) -> None:
    """No damage to a file, marked or not, raises anything but our own errors, for reading and for writing."""
    whole = bytearray(data.draw(st.sampled_from([scenes.EVERY[key], metadata.write(scenes.EVERY[key], ONE)])))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, min(len(whole), 2400) - 1))] = data.draw(st.integers(0, 255))
    form = _form(key)
    for place in metadata.remains(bytes(whole), form).places:
        assert (place.label is None) == (place.error is not None)
    with suppress(SealmarkError):
        written = metadata.write(bytes(whole), TWO, form)
        assert [place.label for place in metadata.read(written, form)] == [TWO]


@pytest.mark.parametrize("name", sorted(set(scenes.FORMAT_OF.values())))
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_read_or_are_refused(name: str, data: bytes) -> None:
    """No bytes bring a reader or a writer down."""
    form = media.by_name(name)
    for start in (
        b"",
        b"glTF\x02\x00\x00\x00",
        b"#usda 1.0\n(",
        b"ply\nformat ascii 1.0\n",
        b"solid ",
        b"PXR-USDC\x00\x08",
    ):
        assert metadata.remains(start + data, form).damages is not None
        with suppress(SealmarkError):
            metadata.write(start + data, ONE, form)


@pytest.mark.parametrize("key", KEYS)
def test_marking_by_file_and_in_memory_gives_the_same(key: str, tmp_path: Path) -> None:
    """The marker takes every scene, from bytes and from file to file, and reads its mark back."""
    source, target = tmp_path / f"a.{_form(key).extension}", tmp_path / "b"
    source.write_bytes(scenes.EVERY[key])
    mark_file(source, target, TWO, layers=("metadata",))
    assert target.read_bytes() == mark(source, TWO, layers=("metadata",)).data == metadata.write(scenes.EVERY[key], TWO)


@pytest.mark.parametrize("key", KEYS)
def test_memory_map_reads_and_edits_like_bytes(key: str, tmp_path: Path) -> None:
    """A format that is mapped takes a map wherever it takes bytes."""
    path = tmp_path / "a"
    path.write_bytes(metadata.write(scenes.EVERY[key], ONE))
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        assert [place.label for place in metadata.read(data, _form(key))] == [ONE]
        out = io.BytesIO()
        pieces.write(data, metadata.edit(data, TWO, _form(key)), out)
    assert out.getvalue() == metadata.write(scenes.EVERY[key], TWO)

"""What leaves the marker carries its marks, and the label of the one whose item it is."""

import io
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import sealmark
from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import marker, metadata, note, security
from sealmark.marks.errors import BadLabel, NotReadable, UnknownLayer, UnreadableLabel
from sealmark.marks.explicit import text as visible
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.keys import SigningKey, SigningKeys
from sealmark.marks.label import Label, Tier
from sealmark.marks.marker import Options, mark, mark_bytes
from sealmark.marks.verifier import verify
from sealmark.media import samples
from sealmark.media.pieces import Buffer
from tests.media import specimens

from .test_label import LABELS

OURS = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
THEIRS = Label.first("someone-else", "Z9", tier=Tier.MAY_BE, reserved_code1="sealed")
NAMES = {"markdown": "a.md"}
LARGE = {
    "png": specimens.saved(specimens.picture(320, 240), "PNG"),
    "jpeg": specimens.saved(specimens.picture(320, 240), "JPEG"),
    "webp": specimens.saved(specimens.picture(320, 240), "WEBP"),
    "wav": specimens.EVERY["wav"],
    "mp3": specimens.EVERY["mp3"],
    "markdown": specimens.EVERY["markdown"],
}


@pytest.mark.parametrize("key", LARGE)
def test_marked_item_carries_both_layers(key: str) -> None:
    """Art. 16 and 17: the label reads back, and the item shows or says what it is."""
    marked = mark(LARGE[key], OURS, name=NAMES.get(key))
    assert (marked.label, marked.layers, marked.warnings) == (OURS, ("explicit", "metadata"), ())
    assert marked.format.name == key
    found = metadata.read(marked.data, marked.format)
    assert [(place.label, place.main) for place in found] == [(OURS, True)]


@pytest.mark.parametrize("key", ["png", "jpeg", "webp"])
def test_picture_bears_ink_in_its_corner(key: str) -> None:
    """GB 45438 5.2: the corner shows the mark, the rest of the picture is what it was."""
    marked = mark(LARGE[key], OURS, explicit=ExplicitOptions(corner="top_left"))
    with Image.open(io.BytesIO(LARGE[key])) as old, Image.open(io.BytesIO(marked.data)) as new:
        difference = np.abs(np.asarray(new.convert("RGB"), float) - np.asarray(old.convert("RGB"), float)).mean(axis=2)
    assert difference[:40, :80].max() > 60
    assert difference[80:, 160:].mean() < 2


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_mark_stands_upright_in_the_shown_corner(orientation: int) -> None:
    """A picture that is turned for display bears its mark where the viewer's bottom right is."""
    from PIL import ImageOps

    source = specimens.saved(specimens.picture(320, 240), "PNG", exif=specimens.exif(orientation))
    with Image.open(io.BytesIO(source)) as old, Image.open(io.BytesIO(mark(source, OURS).data)) as new:
        shown = [np.asarray(ImageOps.exif_transpose(image).convert("RGB"), float) for image in (old, new)]
    rows, columns = np.nonzero(np.abs(shown[0] - shown[1]).max(axis=2))
    height, width = shown[0].shape[:2]
    assert rows.min() > height * 0.75
    assert columns.min() > width * 0.4
    assert np.ptp(columns) > 1.5 * np.ptp(rows)


@pytest.mark.parametrize("key", ["wav", "mp3"])
@pytest.mark.parametrize("form", ["voice", "rhythm"])
def test_sound_announces_itself_and_plays_on(key: str, form: str) -> None:
    """GB 45438 5.3: the announcement stands before the content, which follows whole."""
    marked = mark(LARGE[key], OURS, explicit=ExplicitOptions(form=form))  # type: ignore[arg-type]  # both literals
    was, now = samples.decode(LARGE[key]), samples.decode(marked.data)
    added = len(now.samples) - len(was.samples)
    assert added > was.rate * 0.5
    if key == "wav":
        assert np.array_equal(now.samples[-len(was.samples) :], was.samples)


def test_plain_text_is_marked_visibly_and_labelled_beside() -> None:
    """Text has no metadata: the mark stands in the text, the wrapped label in a sidecar."""
    marked = mark("你好".encode(), OURS, layers=("metadata",))
    assert marked.data.decode() == visible.opening("zh") + "你好"
    assert marked.layers == ("explicit",)
    assert marked.sidecar is not None
    assert Label.parse(marked.sidecar) == OURS


def test_markdown_mark_stands_behind_the_front_matter() -> None:
    """The front matter stays the first thing in the file; the mark stands at start and end of what is read."""
    marked = mark(LARGE["markdown"], OURS, name="a.md").data.decode()
    assert marked.startswith("---\ntitle: 题\n")
    body = marked.split("---\n", 2)[2]
    assert body.startswith(visible.opening("zh"))
    assert body.endswith(visible.closing("zh"))


def test_marking_without_a_label_is_a_rehearsal_and_says_so() -> None:
    """No settings, no label: the invented code, a random number, and a warning."""
    first, second = mark(LARGE["png"]), mark(LARGE["png"])
    assert first.label.content_producer == "001191000000REHEAR5ALG1DEMO"
    assert first.label.produce_id != second.label.produce_id
    assert first.label.produce_id.startswith("R")
    assert first.warnings == (note.REHEARSAL,)


@pytest.mark.parametrize("key", LARGE)
def test_label_of_another_stays(key: str) -> None:
    """Measures Art. 10: on a foreign item only the propagator's fields are written; the old label is handed back."""
    form = media.by_name(key)
    foreign = metadata.write(LARGE[key], THEIRS, form)
    marked = mark(foreign, OURS, layers=("metadata",), name=NAMES.get(key))
    assert marked.label == THEIRS.propagated(OURS.content_propagator, OURS.propagate_id)
    assert marked.previous == THEIRS
    assert note.PASSED_ON in marked.warnings


@pytest.mark.parametrize("key", LARGE)
def test_own_edit_writes_its_own_label_and_hands_the_old_one_back(key: str) -> None:
    """Who edits an item makes new content; the label that it carried goes into the record."""
    foreign = metadata.write(LARGE[key], THEIRS, media.by_name(key))
    marked = mark(foreign, OURS, name=NAMES.get(key), own_edit=True)
    assert (marked.label, marked.previous) == (OURS, THEIRS)


def test_own_item_is_marked_again_without_ado() -> None:
    """The same producer and number: the label is simply renewed."""
    once = mark(LARGE["png"], OURS, layers=("metadata",))
    again = mark(once.data, OURS, layers=("metadata",))
    assert again.data == once.data
    assert (again.previous, again.warnings) == (OURS, ())


def test_unreadable_label_of_another_is_not_overwritten() -> None:
    """A field that cannot be parsed may be another's label: only an own edit may replace it."""
    data = b"---\nAIGC: AIGC\n---\nwords\n"
    with pytest.raises(UnreadableLabel):
        mark(data, OURS)
    assert mark(data, OURS, own_edit=True).label == OURS


def test_label_in_an_alternative_place_counts_as_the_items_own() -> None:
    """A foreign label is respected wherever it stood; afterwards it stands in the main channel, once."""
    exif = specimens.exif(1, b"ASCII\x00\x00\x00" + THEIRS.wrapped().encode())
    marked = mark(specimens.saved(specimens.picture(), "JPEG", exif=exif), OURS, layers=("metadata",))
    assert marked.label.produce_id == "Z9"
    assert [place.main for place in metadata.read(marked.data)] == [True]


@pytest.mark.parametrize("key", LARGE)
def test_metadata_is_never_left_out(key: str) -> None:
    """`layers` adds: whatever is asked for, the metadata mark is there."""
    for layers in ((), ("explicit",)):
        marked = mark(LARGE[key], OURS, layers=layers, name=NAMES.get(key))
        assert "metadata" in marked.layers
        assert metadata.read(marked.data, marked.format)[0].label == OURS


@pytest.mark.parametrize("layer", ["watermark", "no such layer"])
def test_layer_that_cannot_be_made_is_refused(layer: str) -> None:
    """A mark that was asked for and cannot be made fails the whole marking."""
    with pytest.raises(UnknownLayer):
        mark(LARGE["png"], OURS, layers=("metadata", layer))


@pytest.mark.parametrize("layers", [("metadata",), ("explicit", "metadata")])
@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize(
    ("form", "given"),
    [("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("WEBP", {"quality": 90, "exact": True})],
)
def test_no_hidden_picture_leaves_marked(
    form: str, given: dict[str, object], fresh: bool, layers: tuple[str, ...]
) -> None:
    """Whichever way an item of ours is marked, what stands under its full transparency does not leave with it."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (256, 256, 3), np.uint8))
    noise.putalpha(Image.new("L", noise.size, 0))
    noise.paste((200, 10, 10, 255), (0, 0, 40, 40))
    marked = mark_bytes(specimens.saved(noise, form, **given), OURS, Options(layers, own_edit=True, fresh=fresh))
    with Image.open(io.BytesIO(marked.data)) as opened:
        pixels = np.asarray(opened.convert("RGBA"))
    hidden = pixels[64:180, 64:][pixels[64:180, 64:, 3] == 0]
    assert len(hidden) > 5000
    assert hidden.max() <= 8
    assert note.UNHIDDEN in marked.warnings


def test_a_see_through_picture_that_hides_nothing_keeps_its_bytes() -> None:
    """The metadata mark alone changes no pixel, and anothers item is passed on as it is, whatever it holds."""
    plain = specimens.png("RGBA")
    assert mark(plain, OURS, layers=("metadata",), own_edit=True).data == metadata.write(plain, OURS)
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8))
    noise.putalpha(0)
    foreign = metadata.write(specimens.saved(noise, "PNG"), Label.first("someone", "9"))
    passed = mark(foreign, OURS, layers=("metadata",))
    assert note.UNHIDDEN not in passed.warnings
    assert image_of(passed.data) == image_of(foreign)


def image_of(data: bytes) -> bytes:
    """The pixels as they stand, hidden ones too."""
    with Image.open(io.BytesIO(data)) as opened:
        return opened.tobytes()


def test_label_that_does_not_read_back_is_never_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail closed: a writer that loses the label, or leaves a second one, ends in an error."""
    for reader in (_never, _twice):
        broken = metadata.Carrier("png", reader, metadata.CARRIERS["png"].edit)
        monkeypatch.setitem(metadata.CARRIERS, "png", broken)
        with pytest.raises(NotReadable) as caught:
            mark_bytes(LARGE["png"], OURS)
        assert caught.value.status == 500
        monkeypatch.undo()


def _never(_data: Buffer) -> metadata.Remains:
    return metadata.Remains(())


def _twice(data: Buffer) -> metadata.Remains:
    from sealmark.marks.metadata import png

    return metadata.Remains(png.remains(bytes(data)).places * 2)


@settings(max_examples=25, deadline=None)
@given(key=st.sampled_from(sorted(LARGE)), before=LABELS, after=LABELS, own=st.booleans())
def test_no_marking_leaves_fewer_marks_than_it_was_given(key: str, before: Label, after: Label, own: bool) -> None:
    """Art. 18: whatever was there, a label is there afterwards, and another's tier and producer are untouched."""
    form = media.by_name(key)
    marked = mark(
        metadata.write(LARGE[key], before, form), after, layers=("metadata",), name=NAMES.get(key), own_edit=own
    )
    found = metadata.read(marked.data, form)
    assert len(found) == 1
    if not own and (before.content_producer, before.produce_id) != (after.content_producer, after.produce_id):
        assert list(found[0].label.as_dict().items())[:4] == list(before.as_dict().items())[:4]  # type: ignore[union-attr]  # one label was found


@pytest.mark.parametrize("key", LARGE)
def test_marking_works_in_a_pool_of_processes(key: str) -> None:
    """Work with pixels and samples goes to other processes: what goes in and comes out pickles."""
    options = Options(name=NAMES.get(key))
    work = pickle.loads(pickle.dumps((marker.mark_bytes, LARGE[key], OURS, options)))
    assert pickle.loads(pickle.dumps(work[0](*work[1:]))).label == OURS


@pytest.mark.slow
def test_spawned_process_marks() -> None:
    """A spawned process, which inherits nothing, marks as this one does."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(mark_bytes, LARGE["png"], OURS).result() == mark_bytes(LARGE["png"], OURS)


def test_every_source_is_taken(tmp_path: Path) -> None:
    """Bytes, a path, a path as text and a stream give the same marked item."""
    path = tmp_path / "a.png"
    path.write_bytes(LARGE["png"])
    with path.open("rb") as stream:
        results = {mark(source, OURS).data for source in (LARGE["png"], path, str(path), stream)}
    assert len(results) == 1


def test_bombs_and_lies_come_back_as_answers() -> None:
    """A lying extension, a 100-megapixel header, a cut file: domain errors, and nothing marked."""
    for data, name in (
        (LARGE["jpeg"], "a.png"),
        (specimens.png_header(10_000, 10_000), None),
        (LARGE["png"][:-20], None),
        (LARGE["wav"][:-500], None),
        (b"\x00\x01\x02", None),
        (b"", None),
    ):
        with pytest.raises(SealmarkError):
            mark(data, OURS, name=name)


def test_library_face_is_lazy() -> None:
    """`import sealmark` loads no room; its four names load theirs when they are used."""
    code = "import sys, sealmark; sys.exit(any(m.startswith('sealmark.') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert sealmark.mark is mark
    assert sealmark.Label is Label
    with pytest.raises(AttributeError):
        _ = sealmark.nothing


SIGNER = SigningKey.of(7)


@pytest.mark.parametrize("key", specimens.EVERY)
def test_signed_label_fits_and_reads_back(key: str) -> None:
    """TC260-PG-202511A: every format carries the label with its SecurityData, and marking again changes nothing."""
    form = media.by_name(specimens.FORMAT_OF[key])
    options = Options(("metadata",), name=NAMES.get(form.name), keys=SigningKeys(SIGNER))
    marked = mark_bytes(specimens.EVERY[key], OURS, options)
    assert marked.label == security.signed(OURS, SIGNER)
    assert [place.label for place in metadata.read(marked.data, form)] == [marked.label]
    assert mark_bytes(marked.data, OURS, options).data == marked.data
    assert pickle.loads(pickle.dumps(options)) == options


def test_every_door_signs(tmp_path: Path) -> None:
    """Of bytes and from file to file; of a text without metadata in its sidecar."""
    keys, expected = SigningKeys(SIGNER), security.signed(OURS, SIGNER)
    assert mark(LARGE["png"], OURS, keys=keys).label == expected
    (tmp_path / "a.png").write_bytes(LARGE["png"])
    assert marker.mark_file(tmp_path / "a.png", tmp_path / "b.png", OURS, keys=keys).label == expected
    sidecar = mark("你好".encode(), OURS, keys=keys).sidecar
    assert sidecar is not None
    assert Label.parse(sidecar) == expected


@pytest.mark.parametrize("key", LARGE)
def test_nobody_signs_for_another(key: str) -> None:
    """Measures Art. 10: the producer's SecurityData stays, and a propagator's fields bear no signature."""
    theirs = security.signed(Label.first("someone-else", "Z9"), SigningKey.of(8))
    for label in (theirs, THEIRS, Label.first("someone-else", "Z9")):
        foreign = metadata.write(LARGE[key], label, media.by_name(key))
        passed = mark(foreign, OURS, layers=("metadata",), name=NAMES.get(key), keys=SigningKeys(SIGNER)).label
        assert (passed.reserved_code1, passed.reserved_code2) == (label.reserved_code1, "")


@pytest.mark.parametrize("own_edit", [False, True])
@pytest.mark.parametrize("key", LARGE)
def test_marking_again_takes_no_signature_away(key: str, own_edit: bool) -> None:
    """Art. 18: what signed the label of an own item signs it still, also where no key is at hand."""
    signed = mark(LARGE[key], OURS, name=NAMES.get(key), keys=SigningKeys(SIGNER))
    again = mark(signed.data, OURS, name=NAMES.get(key), own_edit=own_edit)
    assert again.label == signed.label
    assert verify(again.data).signature == ("unknown_key" if metadata.carries(again.format) else "none")


def test_what_cannot_be_signed_is_not_released() -> None:
    """The reserved field is taken by something else: no label goes out that was to be signed and is not."""
    taken = Label.first("x", "1", reserved_code1="mine")
    with pytest.raises(BadLabel):
        mark(LARGE["png"], taken, keys=SigningKeys(SIGNER))
    assert mark(LARGE["png"], taken).label == taken

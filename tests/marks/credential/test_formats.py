"""Every format that c2pa signs carries the label under a credential that its own reader finds valid."""

import io
import json
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageSequence

from sealmark import media
from sealmark.marks import credential, metadata
from sealmark.marks.credential import Claim, Ingredient, SoftBinding, TrustList, rehearsal
from sealmark.marks.credential.claim import EDITED, GENERATED
from sealmark.marks.credential.signer import PURPOSES
from sealmark.marks.errors import NoCredentialPlace, SignedPackage
from sealmark.marks.marker import mark, mark_file
from sealmark.marks.sealing import Origin
from sealmark.media import by_name
from sealmark.media.image import heif
from tests.marks.metadata import test_heif
from tests.media import film_samples, movies, packages, papers, specimens

from .keys import CHAIN, EVERY, KEYS, OURS, SIGNER, TRUST

# The peer is untyped.
PEER: Any = import_module("c2pa")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>t</title><rect width="9" height="9"/></svg>'
FILES: dict[str, bytes] = {
    **{
        key: specimens.EVERY[key] for key in specimens.EVERY if key.split()[0] in ("png", "jpeg", "webp", "gif", "tiff")
    },
    **{key: specimens.EVERY[key] for key in ("wav", "mp3", "flac")},
    **{f"pdf {key}": papers.EVERY[key]() for key in ("by hand", "packed", "linearized", "two updates")},
    "svg": SVG,
    "avi": film_samples.mpeg4_avi(),
    "docx of stored parts": packages.zipped(packages.ooxml_parts(), stored=True),
    "epub of stored parts": packages.zipped(packages.epub3_parts(), stored=True),
    "odt of stored parts": packages.zipped(packages.odf_parts(), stored=True),
}
MISPLACED = "avif sequence with packet"
PICTURES = ("heif", "heif two pictures", "avif", "avif by ffmpeg", "avif sequence")
MOVIES = ("mp4", "mp4 head first", "mp4 fragments", "mov", "m4a")


def _file(key: str) -> bytes:
    if key in PICTURES:
        return test_heif.made(key)
    return movies.made(key) if key in MOVIES else FILES[key]


def read_by_peer(data: bytes, form: media.Format, anchors: str = CHAIN.root) -> dict[str, Any]:
    """What c2pa's own reader says, by settings of this test's."""
    settings = {"trust": {"user_anchors": anchors, "trust_config": "\n".join(PURPOSES)}}
    with (
        PEER.Context(PEER.Settings.from_dict(settings)) as context,
        PEER.Reader(form.media_type, io.BytesIO(data), context=context) as reader,
    ):
        found: dict[str, Any] = json.loads(reader.json())
        return found


@pytest.mark.parametrize("key", [*FILES, *PICTURES, *MOVIES])
def test_label_and_credential_hold_together(key: str) -> None:
    """Exactly one label, in the main place, and a credential that names it and that a stranger's reader trusts."""
    marked = mark(_file(key), OURS, layers=("metadata", "credential"), keys=KEYS)
    assert marked.layers == ("metadata", "credential")
    found = read_by_peer(marked.data, marked.format)
    assert (found["validation_state"], found.get("validation_status")) == ("Trusted", None)
    assert [(place.label, place.main) for place in metadata.read(marked.data, marked.format)] == [(OURS, True)]
    ours = credential.read(marked.data, marked.format, TRUST)
    assert (ours.outcome, ours.trusted_by, ours.label, ours.generated) == ("trusted", "ours", OURS, True)
    assert [(one.name, one.digital_source_type) for one in ours.actions] == [("c2pa.created", GENERATED)]


@pytest.mark.parametrize("key", [*(key for key in FILES if key.split()[0] in ("png", "jpeg", "webp", "gif", "tiff"))])
def test_pictures_show_what_they_showed(key: str) -> None:
    """c2pa touches no sample: an independent decoder gives the same pixels on every page.

    In a TIFF of several pages a directory without a picture follows, which holds the manifest alone (A.3.6).
    """
    sealed = credential.sign(FILES[key], media.sniff(FILES[key]), Claim(OURS), SIGNER)
    with Image.open(io.BytesIO(FILES[key])) as old, Image.open(io.BytesIO(sealed)) as new:
        shown = [page.tobytes() for page in ImageSequence.Iterator(old)]
        assert [page.tobytes() for page in islice(ImageSequence.Iterator(new), len(shown))] == shown


@pytest.mark.parametrize("key", movies.EVERY)
def test_films_play_what_they_played(key: str) -> None:
    """Every packet is where the tables say, in every layout: index in front, behind, in fragments."""
    data = movies.made(key)
    if key == "mov bare":
        with pytest.raises(NoCredentialPlace):
            credential.sign(data, media.sniff(data), Claim(OURS), SIGNER)
        return
    assert movies.packets(credential.sign(data, media.sniff(data), Claim(OURS), SIGNER)) == movies.packets(data)


@pytest.mark.parametrize("key", [key for key in test_heif.MAKERS if key != MISPLACED])
def test_every_item_is_where_the_tables_say(key: str) -> None:
    """The coded pictures, masks and metadata of a file in boxes are what they were."""
    data = test_heif.made(key)
    sealed = credential.sign(data, media.sniff(data), Claim(OURS), SIGNER)
    assert heif.contents(sealed) == heif.contents(data) != ()


def test_a_picture_whose_items_would_be_misplaced_is_refused() -> None:
    """c2pa does not move the items of tracks, and some twice: rather no credential than no picture."""
    data = test_heif.made(MISPLACED)
    with pytest.raises(NoCredentialPlace, match="misplaces"):
        credential.sign(data, media.sniff(data), Claim(OURS), SIGNER)


@pytest.mark.parametrize("key", ["jpeg", "wav", "mp4", "docx of stored parts"])
def test_file_to_file_gives_the_same(key: str, tmp_path: Path) -> None:
    """A file that is mapped is sealed without being in memory, and appears whole; nothing is left beside it."""
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(_file(key))
    made = mark_file(source, target, OURS, layers=("metadata", "credential"), keys=KEYS)
    assert credential.read(target.read_bytes(), made.format, TRUST).outcome == "trusted"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("key", ["jpeg", "png", "wav"])
def test_credential_covers_the_visible_mark_and_the_label(key: str) -> None:
    """Whoever takes the label off, or changes a sample, breaks the credential."""
    marked = mark(_file(key), OURS, layers=EVERY, keys=KEYS)
    at = marked.data.index(b"REHEAR5ALG")
    changed = marked.data[:at] + b"X" + marked.data[at + 1 :]
    assert credential.read(changed, marked.format, TRUST).outcome == "invalid"


def test_origin_reads_back() -> None:
    """Ingredients, title and soft bindings, of every byte, stand in the manifest as they were given."""
    bindings = (SoftBinding("cn.example.mark.1", bytes(range(256))), SoftBinding("cn.example.print.1", b""))
    inputs = Ingredient(specimens.EVERY["png"], "image/png", "inputTo", "prompt.png")
    parts = Ingredient(specimens.EVERY["webp"], "image/webp", "componentOf")
    origin = Origin("标题", (inputs, parts), bindings)
    marked = mark(specimens.EVERY["jpeg"], OURS, layers=EVERY, keys=KEYS, origin=origin)
    found = credential.read(marked.data, marked.format, TRUST)
    assert (found.title, found.soft_bindings) == ("标题", bindings)
    assert [(one.relationship, one.title) for one in found.ingredients] == [
        ("inputTo", "prompt.png"),
        ("componentOf", "素材 component"),
    ]
    assert [one.name for one in found.actions] == ["c2pa.created", "c2pa.placed"]


def test_an_edited_item_is_the_parent() -> None:
    """The old manifest stays, inside the new one; nothing that was said of the item is lost (Art. 18)."""
    form = by_name("jpeg")
    first = mark(specimens.EVERY["jpeg"], OURS, layers=EVERY, keys=KEYS)
    other = rehearsal.make()
    keys = credential.CredentialKeys.from_pem(other.chain, other.key)
    second = credential.sign(
        first.data, form, Claim(OURS, "edited", ingredients=(credential.ingredient(first.data, form),)), keys
    )
    found = read_by_peer(second, form, other.root)
    assert (found["validation_state"], len(found["manifests"])) == ("Trusted", 2)
    ours = credential.read(second, form, (TrustList("theirs", other.root),))
    assert [(one.name, one.digital_source_type) for one in ours.actions] == [
        ("c2pa.opened", None),
        ("c2pa.edited", EDITED),
    ]
    assert [one.manifest for one in ours.ingredients] == [read_by_peer(first.data, form)["active_manifest"]]


def test_only_the_list_that_vouches_is_named() -> None:
    """14.4: of several lists the one that alone suffices is told, and with none the signer is untrusted."""
    marked = mark(specimens.EVERY["png"], OURS, layers=EVERY, keys=KEYS)
    lists = (TrustList.from_pem("another", rehearsal.make().root), *TRUST)
    assert credential.read(marked.data, marked.format, lists).trusted_by == "ours"
    for none in ((), lists[:1]):
        found = credential.read(marked.data, marked.format, none)
        assert (found.outcome, found.holds, found.codes) == ("untrusted", True, ("signingCredential.untrusted",))


@pytest.mark.parametrize("key", ["docx", "epub 3", "odt"])
def test_a_compressed_package_is_refused_with_a_reason(key: str) -> None:
    """c2pa is built without inflation: what it cannot take is refused, and nothing half-sealed leaves."""
    with pytest.raises(NoCredentialPlace, match="compression method"):
        mark(specimens.EVERY[key], OURS, layers=("metadata", "credential"), keys=KEYS)


@pytest.mark.parametrize("key", ["ogg", "opus", "ofd"])
def test_a_format_without_a_place_is_refused(key: str) -> None:
    """A credential that was asked for and has no place fails the whole marking."""
    with pytest.raises(NoCredentialPlace):
        mark(specimens.EVERY[key], OURS, layers=("metadata", "credential"), keys=KEYS)


def test_a_signed_pdf_is_left_alone() -> None:
    """c2pa writes a PDF anew, which breaks the signature of another."""
    with pytest.raises(SignedPackage):
        mark(papers.certified(2), OURS, layers=("metadata", "credential"), keys=KEYS)


@pytest.mark.parametrize("key", [*FILES, *PICTURES, *MOVIES])
def test_place_is_told_without_c2pa(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An item without a credential never loads c2pa, and one with a credential is never missed."""
    data = _file(key)
    form = media.sniff(data)
    sealed = credential.sign(data, form, Claim(OURS), SIGNER)
    monkeypatch.setattr("sealmark.marks.credential.library.report", None)
    assert credential.place(data, form) is None
    assert credential.read(data, form).outcome == "none"
    assert credential.place(sealed, form) is not None

"""A platform writes its own fields into what passes through it, and changes nothing else (Measures Art. 6, 10)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sealmark.marks import metadata
from sealmark.marks.label import Label, Tier
from sealmark.marks.propagator import propagate_file
from sealmark.media import by_name, sniff
from tests.media import movies, packages, scenes, specimens
from tests.media.papers import saved as pdf

BY, NUMBER = "001191000000REHEAR5ALG2DEMO", "P-7"
FOREIGN = Label(Tier.IS, "001191110102MAD55U9H0F10002", "N-1", "theirs", "somebody", "S-1", "old")
ITEMS: dict[str, Callable[[], bytes]] = {
    "png": specimens.png,
    "jpeg": specimens.jpeg,
    "wav": specimens.wav,
    "flac": specimens.flac,
    "mp4": lambda: movies.made("mp4"),
    "pdf": pdf,
    "docx": packages.docx,
    "gltf": scenes.gltf_least,
    "markdown": lambda: b"---\ntitle: t\n---\n# Heading\n\nText.\n",
}


def laid(folder: Path, data: bytes) -> Path:
    path = folder / "item"
    path.write_bytes(data)
    return path


def named(form: str) -> str:
    return f"item.{by_name(form).extension}"


@pytest.mark.parametrize("form", ITEMS)
def test_only_the_propagator_s_fields_change(tmp_path: Path, form: str) -> None:
    """Of a labelled file: three fields are ours, four stay, and with the old label back the file is what it was."""
    source = metadata.write(ITEMS[form](), FOREIGN, by_name(form))
    done = propagate_file(laid(tmp_path, source), tmp_path / "out", BY, NUMBER, declared=True, name=named(form))
    written = (tmp_path / "out").read_bytes()
    expected = Label(Tier.IS, FOREIGN.content_producer, "N-1", "theirs", BY, NUMBER, "")
    assert (done.label, done.written, done.verdict.tier) == (expected, True, "is")
    assert [place.label for place in metadata.read(written, sniff(source))] == [expected]
    assert metadata.write(written, FOREIGN) == metadata.write(metadata.write(source, expected), FOREIGN)


@pytest.mark.parametrize("form", ITEMS)
def test_an_unlabelled_item_gets_the_declared_tier(tmp_path: Path, form: str) -> None:
    """Without a label: what its user declares is written, and nothing where nothing was declared or found."""
    path = laid(tmp_path, ITEMS[form]())
    nothing = propagate_file(path, tmp_path / "none", BY, NUMBER, declared=False, name=named(form))
    assert (nothing.label, nothing.written, (tmp_path / "none").exists()) == (None, False, False)
    done = propagate_file(path, tmp_path / "out", BY, NUMBER, declared=True, name=named(form))
    assert done.label == Label.detected(BY, NUMBER, Tier.MAY_BE)
    (place,) = metadata.read((tmp_path / "out").read_bytes())
    assert (place.label, place.main) == (done.label, True)


def test_the_source_is_never_touched(tmp_path: Path) -> None:
    """The platform's copy is a file of its own."""
    source = metadata.write(specimens.jpeg(), FOREIGN)
    propagate_file(laid(tmp_path, source), tmp_path / "out", BY, NUMBER, declared=False)
    assert (tmp_path / "item").read_bytes() == source

"""The kept corpus: what once broke a parser never does again, and honest files stay readable."""

import pytest

from sealmark import media
from sealmark.marks import metadata
from tests.fuzz import runner, seeds
from tests.fuzz.targets import OTHERS, judged, target

FOLDERS = runner.folders()


@pytest.mark.parametrize("form", FOLDERS)
def test_kept_inputs_break_no_law(form: str) -> None:
    """Our own errors alone, within 2 seconds and 300 MiB, whatever was once found."""
    for shown in (False, True):
        for data in runner.corpus(form).values():
            judged(target(form, shown=shown), data)


@pytest.mark.parametrize("form", [form for form in FOLDERS if form in metadata.CARRIERS])
def test_marked_seeds_hold_their_label(form: str) -> None:
    """The corpus' marked files are what they were made as: a reader that lost them would be seen here."""
    marked = {name: data for name, data in runner.corpus(form).items() if name.endswith("-marked")}
    assert marked
    for data in marked.values():
        (found,) = metadata.read(data, media.by_name(form))
        assert found.label in {seeds.LABEL, seeds.SHORT}
        assert found.main


def test_every_format_has_its_folder() -> None:
    """A format that is added gets a corpus; templates and kin of one that has it share that one's parser."""
    kin = set(OTHERS)
    names = {form.name for form in media.registry.FORMATS}
    assert set(FOLDERS) - kin <= names
    # Their parser is that of the first of each family, and a test of the family holds them to it.
    assert names - set(FOLDERS) == {
        *("dotx", "docm", "dotm", "xltx", "xlsm", "xltm", "potx", "ppsx", "pptm", "potm", "ppsm"),
        *("ott", "ods", "ots", "odp", "otp", "odg", "otg"),
    }


def test_corpus_is_small() -> None:
    """What is kept in git stays below 1.5 MiB, and no input is larger than the laws of time and memory speak of."""
    sizes = [len(data) for form in FOLDERS for data in runner.corpus(form).values()]
    assert sum(sizes) < 1.5 * 2**20
    assert max(sizes) < 2**20

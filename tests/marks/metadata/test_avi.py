"""Labels in AVI's lists as others wrote them, and what stands beside them."""

import pytest

from sealmark.marks import metadata
from sealmark.marks.errors import DamagedMetadata
from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.media.errors import MetadataOverLimit
from tests.media import film_samples, films
from tests.media.films import chunk
from tests.media.video.test_avi import check_indexes

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2")
_ENTRY = chunk(b"AIGC", ONE.inner().encode() + b"\x00")
_ARTIST = chunk(b"IART", b"odd\x00\x00")


def _info(*entries: bytes) -> bytes:
    return chunk(b"LIST", b"INFO" + b"".join(entries))


def _with(before: bytes = b"", behind: bytes = b"", second: bytes = b"") -> bytes:
    """A small AVI with chunks before and behind `movi`, and another form."""
    header = chunk(b"LIST", b"hdrl" + chunk(b"avih", bytes(56)))
    movi = chunk(b"LIST", b"movi" + chunk(b"00dc", b"odd"))
    first = chunk(b"RIFF", b"AVI " + header + before + movi + behind)
    return first + chunk(b"RIFF", b"AVIX" + movi + second)


def _only(data: bytes, label: Label) -> bool:
    return [(place.label, place.main) for place in metadata.read(data)] == [(label, True)]


def _entries(data: bytes) -> list[bytes]:
    """The kinds of the entries in the list before `movi`."""
    at = data.index(b"INFO")
    stop = at + int.from_bytes(data[at - 4 : at], "little")
    return [kind for kind, _, _ in films.chunks(data, at + 4, stop)]


@pytest.mark.parametrize(
    "text", [ONE.inner().encode(), ONE.wrapped().encode() + b"\x00", ONE.inner().encode() + b"\x00\x00"]
)
@pytest.mark.parametrize("kind", [b"AIGC", b"aigc"])
def test_label_of_another_writer_before_or_behind_the_film(text: bytes, kind: bytes) -> None:
    """Inner or wrapped, ended by a zero or not, in any case: read, and replaced before `movi`."""
    info = _info(_ARTIST, chunk(kind, text))
    for data in (_with(before=info), _with(behind=info)):
        assert _only(data, ONE)
        marked = metadata.write(data, TWO)
        assert _only(marked, TWO)
        assert marked.index(TWO.inner().encode()) < marked.index(b"movi")
        assert marked.count(_ARTIST) == 1
        assert metadata.write(marked, TWO) == marked


def test_the_label_joins_the_list_of_names() -> None:
    """Entries that were there stay, in their order, and the label comes after them; the film behind them moves."""
    data = film_samples.mpeg4_avi()
    marked = metadata.write(data, ONE)
    assert _entries(marked) == [*_entries(data), b"AIGC"]
    assert check_indexes(marked) == check_indexes(data)


def test_list_that_held_nothing_else_goes_with_its_label() -> None:
    """A list behind the film that is empty without the label is taken out."""
    marked = metadata.write(_with(behind=_info(_ENTRY)), TWO)
    assert marked == metadata.write(_with(), TWO)


@pytest.mark.parametrize(
    "places",
    [
        {"before": _ENTRY},
        {"second": _info(_ENTRY, _ARTIST)},
        {"second": _ENTRY},
        {"behind": chunk(b"LIST", b"odml" + _info(_ENTRY))},
        {"behind": chunk(b"_PMX", xmp.write(None, ONE, "here"))},
    ],
)
def test_alternative_places_are_read_and_superseded(places: dict[str, bytes]) -> None:
    """A chunk of its own, a list in another list or form, XMP (part 3, AVI): no main channel, and left empty."""
    data = _with(**places)
    assert [(place.label, place.main) for place in metadata.read(data)] == [(ONE, False)]
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert metadata.write(marked, TWO) == marked


def test_duplicates_become_one() -> None:
    """Twice in a list, in two lists and in another form: one is left."""
    info = _info(_ENTRY, _ARTIST, _ENTRY)
    data = _with(info + info, info, info)
    assert len(metadata.read(data)) == 8
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert marked.count(_ARTIST) == 4


def test_forgotten_padding_is_made_good() -> None:
    """The last odd entry of a list without its pad byte is padded, so that the label behind it is found."""
    info = b"LIST" + (4 + 13).to_bytes(4, "little") + b"INFO" + b"IART\x05\x00\x00\x00odd\x00\x00" + b"\x00"
    marked = metadata.write(_with(before=info), ONE)
    assert _only(marked, ONE)
    assert _entries(marked) == [b"IART", b"AIGC"]


def test_packet_without_a_label_stays() -> None:
    """XMP that says nothing of AIGC is not touched, and a broken one with a label not overwritten."""
    packet = b"not even XML"
    assert chunk(b"_PMX", packet) in metadata.write(_with(behind=chunk(b"_PMX", packet)), ONE)
    with pytest.raises(DamagedMetadata):
        metadata.write(_with(behind=chunk(b"_PMX", b"<AIGC")), ONE)


def test_entries_without_end_are_not_read() -> None:
    """An entry or a list over the bound is an error."""
    huge = chunk(b"AIGC", b"x" * (2 << 20))
    with pytest.raises(MetadataOverLimit):
        metadata.read(_with(before=_info(huge)))
    with pytest.raises(MetadataOverLimit):
        metadata.write(_with(before=_info(huge)), ONE)


def test_bytes_behind_the_film_are_told_and_stay() -> None:
    """What belongs to no form is kept, and shown as unread."""
    data = _with() + b"bytes behind the end"
    marked = metadata.write(data, ONE)
    assert marked.endswith(b"bytes behind the end")
    assert metadata.CARRIERS["avi"].remains(marked).tail == b"bytes behind the end"

"""Labels that others put into Matroska's tags, and the tags beside them."""

import pytest

from sealmark.marks import metadata
from sealmark.marks.label import Label
from sealmark.media import sniff
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.video import matroska_tags
from tests.media import film_samples, films

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2")
_TITLE = films.simple_tag("TITLE", "stays")
_TRACK = films.unsigned("63c5", 1)


def _tagged(*tags: bytes, crc: bool = False) -> bytes:
    """The film with these tags at its end."""
    return films.with_everything(film_samples.h264(), b"".join(tags), crc=crc)


def _only(data: bytes, label: Label) -> bool:
    return [(place.label, place.main) for place in metadata.read(data)] == [(label, True)]


@pytest.mark.parametrize("crc", [False, True])
@pytest.mark.parametrize("name", ["AIGC", "aigc", "Aigc"])
@pytest.mark.parametrize("text", [ONE.inner(), ONE.wrapped()])
def test_label_of_another_writer_at_the_end(name: str, text: str, crc: bool) -> None:
    """Inner or wrapped, in any case, behind the clusters: read, and superseded by the one in the head."""
    data = _tagged(_TITLE, films.simple_tag(name, text), crc=crc)
    assert _only(data, ONE)
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert marked.index(TWO.inner().encode()) < marked.index(bytes.fromhex(films.CLUSTER))
    assert films.about(marked)["metadata"] == {"TITLE": "stays", "AIGC": TWO.inner(), "encoder": "Lavf"} | {
        "encoder": films.about(data)["metadata"]["encoder"]
    }


def test_tags_that_held_nothing_else_go_with_their_label() -> None:
    """No empty Tags is left behind, and no SeekHead leads to where it was."""
    marked = metadata.write(_tagged(films.simple_tag("AIGC", ONE.inner())), TWO)
    assert [kind for kind, _ in films.top(marked)[1]].count(films.TAGS) == 1
    assert marked == metadata.write(_tagged(films.simple_tag("AIGC", "something longer that nobody can read")), TWO)


def test_label_of_a_track_is_an_alternative() -> None:
    """A tag about one track is not about the file: read as an alternative, and superseded."""
    data = _tagged(
        films.simple_tag("AIGC", ONE.inner(), targets=_TRACK), films.simple_tag("DIRECTOR", "d", targets=_TRACK)
    )
    assert [(place.label, place.main) for place in metadata.read(data)] == [(ONE, False)]
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert films.simple_tag("DIRECTOR", "d", targets=_TRACK) in marked


@pytest.mark.parametrize("targets", [films.unsigned("68ca", 50), films.unsigned("63c5", 0), b""])
def test_targets_that_name_no_part_are_the_whole_file(targets: bytes) -> None:
    """A level alone, or the number 0, restricts nothing (RFC 9559 5.1.8.1.1)."""
    assert _only(_tagged(films.simple_tag("AIGC", ONE.inner(), targets=targets)), ONE)


def test_labels_in_duplicate_nested_and_in_other_languages_become_one() -> None:
    """Several Tag and Tags elements, a tag in a tag, a language, a binary value: all read, all superseded."""
    inner = films.element("67c8", films.element("45a3", b"AIGC") + films.element("4485", ONE.inner().encode()))
    language = films.element("447a", b"chi")
    data = _tagged(
        films.simple_tag("AIGC", ONE.inner()),
        films.simple_tag("AIGC", ONE.inner(), language),
        films.simple_tag("COMMENT", "outside", inner),
    )
    places = metadata.read(data)
    assert [(place.label, place.main) for place in places] == [(ONE, True), (ONE, True), (ONE, False)]
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert b"outside" in marked


def test_tag_in_a_tag_is_an_alternative() -> None:
    """What stands in another tag is about that tag."""
    inner = films.element("67c8", films.element("45a3", b"AIGC") + films.element("4487", ONE.inner().encode()))
    body = films.element("67c8", films.element("45a3", b"COMMENT") + films.element("4487", b"outside") + inner)
    data = _tagged(films.element("7373", films.element("63c0", b"") + body))
    assert [(place.label, place.main) for place in metadata.read(data)] == [(ONE, False)]
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert b"outside" in marked


def test_tags_in_the_head_take_the_label() -> None:
    """Where tags stand before the clusters the label joins them, and they stay bit for bit."""
    data = film_samples.h264()
    old = dict(films.top(data)[1])[films.TAGS]
    bodies = [body for kind, body in films.top(metadata.write(data, ONE))[1] if kind == films.TAGS]
    assert len(bodies) == 1
    assert bodies[0][6:].startswith(old[6:])  # behind the check sum


def test_second_segment_keeps_no_label() -> None:
    """Segments one after another are one file: one label, in the first."""
    data = _tagged(films.simple_tag("AIGC", ONE.inner()))
    chain = data + data
    assert len(metadata.read(chain)) == 2
    marked = metadata.write(chain, TWO)
    assert _only(marked, TWO)
    assert metadata.write(marked, TWO) == marked


def test_bytes_behind_the_segment_are_told_and_stay() -> None:
    """What belongs to no segment is kept, and shown as unread."""
    data = film_samples.h264() + b"bytes behind the end"
    marked = metadata.write(data, ONE)
    assert marked.endswith(b"bytes behind the end")
    assert metadata.remains(marked, sniff(marked)).tail == b"bytes behind the end"


def test_broken_tags_are_not_overwritten() -> None:
    """Tags with a label that cannot be walked are an error for reader and writer."""
    broken = films.element("7373", b"\x67\xc8\xffAIGC")
    for call in (lambda: metadata.read(_tagged(broken)), lambda: metadata.write(_tagged(broken), ONE)):
        with pytest.raises(Damaged):
            call()


def test_tags_without_end_are_not_walked() -> None:
    """Tags in tags, or one tag after another, are given up in good time."""
    nested = films.element("45a3", b"AIGC")
    for _ in range(60):
        nested = films.element("67c8", nested)
    many = films.element("67c8", b"") * 70_000
    for body in (nested, films.element("45a3", b"AIGC") + many):
        with pytest.raises(MetadataOverLimit):
            metadata.read(_tagged(films.element("7373", body)))
    with pytest.raises(MetadataOverLimit):
        metadata.read(_tagged(films.element("ec", b"AIGC" + bytes(matroska_tags.LONGEST))))

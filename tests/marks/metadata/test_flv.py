"""Labels in FLV's metadata as others wrote them, and what stands beside them."""

import pytest

from sealmark.marks import metadata
from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.media.video import amf, flv
from tests.media import film_samples, films
from tests.media.video.test_flv import HEADER, tag

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2")
_PICTURE = tag(9, b"\x12" + bytes(20))
_DURATION = b"\x00\x08duration\x00" + bytes(8)
_END = b"\x00\x00\x09"


def _only(data: bytes, label: Label) -> bool:
    return [(place.label, place.main) for place in metadata.read(data)] == [(label, True)]


def _label(label: Label = ONE, name: str = "AIGC") -> bytes:
    return amf.encoded_property(name, label.inner())


@pytest.mark.parametrize("opening", [b"\x08\x00\x00\x00\x02", b"\x08\x00\x00\x00\x00", b"\x03"])
@pytest.mark.parametrize("closing", [_END, b"", _END + b"more"])
@pytest.mark.parametrize("name", ["AIGC", "aigc"])
def test_label_of_another_writer_in_any_form(opening: bytes, closing: bytes, name: str) -> None:
    """Array or object, with a count or none, closed or not, in any case: read, and replaced; the rest stays."""
    data = HEADER + tag(18, flv.METADATA + opening + _label(name=name) + _DURATION + closing) + _PICTURE
    assert _only(data, ONE)
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert metadata.write(marked, TWO) == marked
    assert _DURATION + _label(TWO) + closing in marked
    assert marked.endswith(_PICTURE)


def test_count_of_an_array_is_true() -> None:
    """An array that said how many it holds says so afterwards."""
    body = flv.METADATA + b"\x08\x00\x00\x00\x01" + _DURATION + _END
    marked = metadata.write(HEADER + tag(18, body) + _PICTURE, ONE)
    assert flv.METADATA + b"\x08\x00\x00\x00\x02" + _DURATION in marked
    assert flv.METADATA + b"\x08\x00\x00\x00\x02" + _DURATION in metadata.write(marked, TWO)


def test_duplicates_become_one() -> None:
    """The label twice in one tag, and again in another tag: one is left, in the first."""
    body = flv.METADATA + b"\x08\x00\x00\x00\x03" + _label() + _DURATION + _label(name="Aigc") + _END
    data = HEADER + tag(18, body) + _PICTURE + tag(18, body, 40) + _PICTURE
    assert len(metadata.read(data)) == 4
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert marked.count(_DURATION) == 2
    assert tag(18, flv.METADATA + b"\x08\x00\x00\x00\x01" + _DURATION + _END, 40) in marked


def test_late_metadata_is_no_place_for_the_label() -> None:
    """Metadata that comes long after the head keeps its values, and the label stands in a tag of its own in front."""
    late = tag(18, flv.METADATA + b"\x08\x00\x00\x00\x01" + _DURATION + _END, 900)
    data = HEADER + _PICTURE * 40 + late + _PICTURE
    marked = metadata.write(data, ONE)
    assert marked.endswith(data[len(HEADER) :])
    assert _only(marked, ONE)
    assert metadata.write(marked, TWO) == metadata.write(data, TWO)


@pytest.mark.parametrize("value", [b"\x02\x00\x01a", b"", b"\x05"])
def test_metadata_that_holds_no_properties_is_left_alone(value: bytes) -> None:
    """Where onMetaData is no object, the label stands in one of its own."""
    data = HEADER + tag(18, flv.METADATA + value) + _PICTURE
    marked = metadata.write(data, ONE)
    assert _only(marked, ONE)
    assert marked.endswith(data[len(HEADER) :])


def test_label_that_is_no_text_is_shown_as_unreadable() -> None:
    """A key AIGC with another value is a label that cannot be understood."""
    data = HEADER + tag(18, flv.METADATA + b"\x03\x00\x04AIGC\x01\x01" + _END) + _PICTURE
    assert [(place.label, place.error is not None) for place in metadata.read(data)] == [(None, True)]
    assert _only(metadata.write(data, ONE), ONE)


def test_label_in_an_xmp_packet_is_an_alternative() -> None:
    """XMP in onXMPData (XMP specification part 3): read, and superseded; the packet stays otherwise."""
    packet = xmp.write(None, ONE, "here").decode()
    body = flv.XMP + b"\x08\x00\x00\x00\x01" + amf.encoded_property("liveXML", packet) + _END
    data = HEADER + tag(18, body) + _PICTURE
    assert [(place.label, place.main) for place in metadata.read(data)] == [(ONE, False)]
    marked = metadata.write(data, TWO)
    assert _only(marked, TWO)
    assert b"x:xmpmeta" in marked
    assert metadata.write(marked, TWO) == marked


def test_label_of_more_than_65535_bytes() -> None:
    """A long string (AMF 0, 2.14) holds it; the film behind it plays."""
    long = Label.first("深" * 8000, "印" * 8000)
    data = film_samples.FLV["flv"]()
    marked = metadata.write(data, long)
    assert len(long.inner().encode()) > 65_535
    assert _only(marked, long)
    assert films.packets(marked) == films.packets(data)
    assert metadata.write(marked, ONE) == metadata.write(data, ONE)


def test_other_values_stay_bit_for_bit() -> None:
    """The properties of a real encoder are the same bytes in the same order, and the label comes after them."""
    data = film_samples.FLV["flv"]()
    container = flv.parse(data)
    first = container.scripts[0]
    body = data[first.body : first.stop]
    marked = metadata.write(data, ONE)
    now = flv.parse(marked).scripts[0]
    kept = marked[now.body : now.stop].replace(_label(), b"")
    size = body.index(b"filesize") + 9
    assert kept[len(flv.METADATA) + 5 : size] == body[len(flv.METADATA) + 5 : size]
    assert kept[size + 8 :] == body[size + 8 :]

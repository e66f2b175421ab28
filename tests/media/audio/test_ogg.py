"""Ogg headers are laid anew without touching a later page, and every lie in them is a domain error."""

import io
import time
from contextlib import suppress
from typing import Any

import av
import mutagen.oggspeex
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark import media
from sealmark.media.audio import ogg, ogg_page
from sealmark.media.audio.ogg_page import Page
from sealmark.media.audio.vorbis_comment import Comment
from sealmark.media.errors import Damaged, LyingFormat, MediaError, MetadataOverLimit, SeveralStreams
from sealmark.media.pieces import Span, joined
from tests.media import specimens

# The peers are untyped.
PEER: Any = mutagen
AV: Any = av

OGGS = {"vorbis": specimens.EVERY["ogg"], "opus": specimens.EVERY["opus"]}


def pages(data: bytes) -> list[Page]:
    """Every page of a file, in order."""
    found, at = [], 0
    while at < len(data):
        found.append(ogg_page.checked(data, at))
        at = found[-1].place.stop
    return found


def stream(packets: list[bytes], serial: bytes = b"ours", *, lacing: bytes | None = None, header: int = 2) -> bytes:
    """A stream with one packet a page, as RFC 3533 lays it out."""
    made = []
    for number, packet in enumerate(packets):
        flags = ogg_page.FIRST if number == 0 else ogg_page.LAST if number == len(packets) - 1 else 0
        position = max(0, number + 1 - header).to_bytes(8, "little")
        lengths = lacing if lacing and number == 1 else ogg_page.lacing(packet)
        head = b"OggS\x00" + bytes((flags,)) + position + serial + number.to_bytes(4, "little") + bytes(4)
        made.append(_summed(head + bytes((len(lengths),)) + lengths + packet))
    return b"".join(made)


def _summed(page: bytes) -> bytes:
    """A page with its check sum, by the definition of RFC 3533 bit for bit."""
    value = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        value ^= byte << 24
        for _ in range(8):
            value = value << 1 ^ (0x104C11DB7 if value & 0x80000000 else 0)
    return page[:22] + value.to_bytes(4, "little") + page[26:]


def speex(comment: Comment, extra: int = 0) -> bytes:
    """A Speex stream as its manual describes the header: 80 bytes, all numbers little-endian."""
    numbers = (1, 80, 8000, 0, 4, 1, -1, 160, 0, 1, extra, 0, 0)
    head = b"Speex   " + b"1.2.0".ljust(20, b"\x00") + b"".join(n.to_bytes(4, "little", signed=True) for n in numbers)
    return stream(
        [head, comment.encoded(), *[b"extra"] * extra, *[bytes((number,)) * 38 for number in range(9)]],
        header=2 + extra,
    )


def test_check_sums_are_those_of_the_definition() -> None:
    """The fast sum and the bitwise one of RFC 3533 agree, and so does the encoder's."""
    data = speex(Comment(b"me", (b"title=t",)))
    assert len(pages(data)) == 11
    for whole in OGGS.values():
        page = ogg_page.read(whole, 0)
        assert _summed(whole[: page.place.stop]) == whole[: page.place.stop]


@pytest.mark.parametrize("key", OGGS)
@pytest.mark.parametrize("size", [0, 300, 3000, 64_000, 64_770, 66_000, 400_000])
def test_comment_of_any_size_leaves_every_packet(key: str, size: int) -> None:
    """Header pages are as many as needed; the sound's pages keep positions and bodies, and their numbers follow."""
    data = OGGS[key]
    comment = Comment(b"me", (b"title=" + bytes(size),), b"\x01" if key == "vorbis" else b"padding")
    made = joined(data, ogg.build(data, ogg.parse(data), comment.encoded()))
    was, now = pages(data), pages(made)
    assert [page.sequence for page in now] == list(range(len(now)))
    assert ogg.comment(ogg.parse(made)) == comment.encoded()
    assert ogg.parse(made).packets[1:] == ogg.parse(data).packets[1:]
    assert _sound(data, was) == _sound(made, now)
    assert all((page.position == ogg_page.NOWHERE) == (min(page.lacing) == 255) for page in ogg.parse(made).pages)
    assert _heard(data) == _heard(made) != b""


def _sound(data: bytes, every: list[Page]) -> list[tuple[int, bytes, bytes]]:
    first = len(ogg.parse(data).pages) + 1
    return [(one.flags, one.position, data[one.body.start : one.body.stop]) for one in every[first:]]


def _heard(data: bytes) -> bytes:
    with AV.open(io.BytesIO(data)) as opened:
        return b"".join(bytes(packet) for packet in opened.demux(audio=0))


def test_pages_of_the_sound_are_one_span_where_the_header_fits() -> None:
    """Nothing of a large file is read or held: its later pages are one span of the source."""
    data = OGGS["vorbis"]
    pieces = ogg.build(data, ogg.parse(data), Comment(b"me", (b"title=" + bytes(30_000),), b"\x01").encoded())
    assert pieces[-1] == Span(ogg.parse(data).pages[-1].place.stop, len(data))


def test_speex_header_may_have_packets_of_its_own() -> None:
    """The manual's extra_headers stand between comment and sound; an independent reader knows the file."""
    for extra in (0, 3):
        data = speex(Comment(b"me", (b"title=t",)), extra)
        assert len(ogg.parse(data).packets) == 1 + extra
        made = joined(data, ogg.build(data, ogg.parse(data), Comment(b"me", (b"title=longer",)).encoded()))
        assert PEER.oggspeex.OggSpeex(io.BytesIO(made))["title"] == ["longer"]
        assert _sound(data, pages(data)) == _sound(made, pages(made))


@pytest.mark.parametrize(
    ("key", "name", "kind"),
    [
        ("opus", "a.opus", "audio/opus"),
        ("opus", "voice.ogg", "audio/ogg; codecs=opus"),
        ("ogg", "a.ogg", "audio/ogg"),
        ("ogg", "a.oga", None),
    ],
)
def test_opus_may_be_called_ogg(key: str, name: str, kind: str | None) -> None:
    """RFC 7845 9: both names are right for Opus; but Vorbis is no Opus."""
    assert media.sniff(specimens.EVERY[key], name, kind).name == key
    with pytest.raises(LyingFormat):
        media.sniff(specimens.EVERY["ogg"], "a.opus")


@pytest.mark.parametrize("key", OGGS)
def test_truncation_is_noticed(key: str) -> None:
    """A file cut anywhere but between two pages of sound is damaged."""
    data = OGGS[key]
    later = {page.place.stop for page in pages(data)[len(ogg.parse(data).pages) :]}
    for cut in {*range(1, 700), *range(700, len(data), 97), len(data) - 1} - later:
        with pytest.raises(Damaged):
            ogg.parse(data[:cut])


@pytest.mark.parametrize("key", OGGS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_flipped_bytes_give_a_header_or_a_domain_error(key: str, data: st.DataObject) -> None:
    """No damage raises anything but our own errors."""
    whole = bytearray(OGGS[key])
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, 300) | st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(MediaError):
        ogg.parse(bytes(whole))


def test_chained_and_multiplexed_streams_are_refused() -> None:
    """A second stream behind, beside or between has its own comment, which one label does not cover."""
    other = stream([b"OpusHead" + bytes(11), b"OpusTags" + Comment().encoded(), b"sound"], b"them")
    second = pages(other)[0].place.stop
    for data in (OGGS["opus"] + OGGS["vorbis"], OGGS["vorbis"] + other, other[:second] + OGGS["opus"]):
        with pytest.raises(SeveralStreams):
            ogg.parse(data)


def test_stream_that_is_numbered_anew_is_seen_to_be_one() -> None:
    """A chain whose last stream is the first again shows when its pages are gone through."""
    middle = stream([b"OpusHead" + bytes(11), b"OpusTags" + Comment().encoded(), b"sound"], b"them")
    data = OGGS["opus"] + middle + OGGS["opus"]
    with pytest.raises(SeveralStreams):
        ogg.build(data, ogg.parse(data), Comment(b"me", (bytes(70_000),)).encoded())


def _begun(*packets: bytes, lacing: bytes | None = None) -> bytes:
    return stream([b"OpusHead" + bytes(11), *packets], lacing=lacing)


HOSTILE: dict[str, tuple[bytes, type[MediaError]]] = {
    "empty comment": (_begun(b"", b"sound"), Damaged),
    "sound on a page of the header": (_begun(b"OpusTags" + Comment().encoded(), lacing=bytes((24, 0, 0))), Damaged),
    "comment of another kind": (_begun(b"OpusTagz" + Comment().encoded(), b"sound"), Damaged),
    "no second page": (_begun(), Damaged),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_header_is_refused_soon(attack: str) -> None:
    """Headers that never end, and headers that are none."""
    data, error = HOSTILE[attack]
    began = time.process_time()
    with pytest.raises(error):
        ogg.comment(ogg.parse(data))
    assert time.process_time() - began < 1


def _continued(count: int, lengths: bytes) -> bytes:
    """A comment packet that goes on from page to page."""
    first = ogg_page.read(OGGS["opus"], 0).place.stop
    serial = ogg_page.read(OGGS["opus"], 0).serial
    made = []
    for number in range(1, count):
        head = b"OggS\x00\x01" + ogg_page.NOWHERE + serial + number.to_bytes(4, "little") + bytes(4)
        page = head + bytes((len(lengths),)) + lengths + bytes(sum(lengths))
        made.append(ogg_page.sealed(page))  # the bitwise sum is too slow for megabytes
    return OGGS["opus"][:first] + b"".join(made)


@pytest.mark.parametrize(
    ("count", "lengths", "error"),
    [(300, b"\xff" * 255, MetadataOverLimit), (20_000, b"\xff", Damaged), (20_000, b"", Damaged)],
)
def test_header_without_end_is_refused_soon(count: int, lengths: bytes, error: type[MediaError]) -> None:
    """Long pages, short pages, empty pages: bytes and pages of a header are bounded."""
    data = _continued(count, lengths)
    began = time.process_time()
    with pytest.raises(error):
        ogg.parse(data)
    assert time.process_time() - began < 2

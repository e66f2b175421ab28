"""The last frame of a FLAC stream, which tells whether the sound is whole (RFC 9639 section 9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.pieces import Buffer, Span

# Sought this far back: eight channels of 4,608 samples of 32 bits, the longest block of the streamable subset at
# 48 kHz (RFC 9639 section 7), and more.
_FARTHEST = 1 << 18
_MOST_CANDIDATES = 4
# RFC 9639 9.1.1: bytes of the numbers behind the header, by the four bits that call for them.
_BLOCK_BYTES = {6: 1, 7: 2}
_RATE_BYTES = {12: 1, 13: 2, 14: 2}
# An ID3v1 tag at the end of the file.
ID3V1 = 128


@dataclass(frozen=True, slots=True)
class _Stream:
    """What STREAMINFO says: samples of a block at least, bytes of a frame at most, samples in all (0: unknown)."""

    block: int
    frame: int
    samples: int

    @classmethod
    def of(cls, info: bytes) -> "_Stream":
        # RFC 9639 8.2: 16 + 16 bits of block sizes, 24 + 24 of frame sizes, and 36 of samples before the MD5.
        return cls(
            int.from_bytes(info[:2], "big"),
            int.from_bytes(info[7:10], "big"),
            int.from_bytes(info[13:18], "big") & (1 << 36) - 1,
        )


def check_end(data: Buffer, sound: Span, info: bytes) -> None:
    """Raise `Damaged` unless the frame with the stream's last sample stands whole at the end of the file.

    A stream that does not know its length, or has longer frames than any usual one, is not checked.
    """
    stream = _Stream.of(info)
    if not stream.samples or stream.frame > _FARTHEST:
        return
    window = _end(data, sound, stream)
    if not any(_is_whole(window[at:]) for at, _ in islice(_last_frames(window, stream), _MOST_CANDIDATES)):
        raise Damaged(format="FLAC", **why("最后一帧", "last frame"))


def measured(data: Buffer, sound: Span, info: bytes) -> bytes:
    """The stream's description with its length, by its last frame where it did not know it (RFC 9639 8.2).

    Raises `Damaged` where the last frame is not whole either.
    """
    stream = _Stream.of(info)
    if stream.samples:
        return info
    window = _end(data, sound, stream)
    frames = islice(_last_frames(window, stream), _MOST_CANDIDATES)
    samples = next((until for at, until in frames if _is_whole(window[at:])), 0)
    if not 0 < samples < 1 << 36:
        raise Damaged(format="FLAC", **why("最后一帧", "last frame"))
    numbers = int.from_bytes(info[13:18], "big") | samples
    return info[:13] + numbers.to_bytes(5, "big") + info[18:]


def _end(data: Buffer, sound: Span, stream: _Stream) -> bytes:
    """The stretch at the end in which the last frame lies."""
    stop = sound.stop - (ID3V1 if data[max(sound.start, sound.stop - ID3V1) : sound.stop][:3] == b"TAG" else 0)
    return data[max(sound.start, stop - (min(stream.frame, _FARTHEST) or _FARTHEST)) : stop]


def _last_frames(window: bytes, stream: _Stream) -> Iterator[tuple[int, int]]:
    """Where frames begin whose last sample is the stream's, or any where that is unknown, from the end; the samples."""
    at = window.rfind(b"\xff")
    while at >= 0:
        head = window[at : at + 16]
        until = _samples_until(head, stream) if head[1:2] in {b"\xf8", b"\xf9"} else None
        if until is not None and until == (stream.samples or until):
            yield at, until
        at = window.rfind(b"\xff", 0, at)


def _samples_until(head: bytes, stream: _Stream) -> int | None:
    """The samples of the stream up to the end of the frame with this header; nothing where it is no header."""
    number, at = _coded_number(head, 4)
    block, rate = head[2] >> 4 if len(head) > 4 else 0, head[2] & 15 if len(head) > 4 else 15
    end = at + _BLOCK_BYTES.get(block, 0) + _RATE_BYTES.get(rate, 0)
    if number is None or not block or end >= len(head) or _crc8(head[:end]) != head[end]:
        return None
    length = _block_length(block, head[at : at + _BLOCK_BYTES.get(block, 0)])
    # RFC 9639 9.1.5: streams of one block size number their frames, others their samples.
    return number + length if head[1] & 1 else number * stream.block + length


def _block_length(code: int, extra: bytes) -> int:
    """RFC 9639 9.1.1: samples of a block."""
    if code in _BLOCK_BYTES:
        return int.from_bytes(extra, "big") + 1
    if code == 1:
        return 192
    return 576 << (code - 2) if code < 6 else 256 << (code - 8)


def _coded_number(head: bytes, at: int) -> tuple[int | None, int]:
    """RFC 9639 9.1.5: a number coded as UTF-8 codes characters, up to 36 bits, and where it ends."""
    first = head[at] if len(head) > at else 0x80
    if first < 0x80:
        return first, at + 1
    length = 8 - (first ^ 0xFF).bit_length()
    if not 2 <= length <= 7:
        return None, at
    rest = head[at + 1 : at + length]
    number = first & (0x7F >> length)
    for byte in rest:
        number = number << 6 | byte & 0x3F
    return (number if len(rest) == length - 1 else None), at + length


def _table(polynomial: int, width: int) -> tuple[int, ...]:
    """The remainders of one byte, most significant bit first."""
    top, mask = 1 << (width - 1), (1 << width) - 1
    remainders = []
    for byte in range(256):
        value = byte << (width - 8)
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value & top else 0)) & mask
        remainders.append(value)
    return tuple(remainders)


# RFC 9639 9.1.8 and 9.3: the polynomials of the two check sums.
_CRC8, _CRC16 = _table(0x07, 8), _table(0x8005, 16)


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value = _CRC8[value ^ byte]
    return value


def _is_whole(frame: bytes) -> bool:
    """Whether a frame ends with its check sum."""
    value = 0
    for byte in frame:
        value = (value << 8 & 0xFFFF) ^ _CRC16[value >> 8 ^ byte]
    return value == 0

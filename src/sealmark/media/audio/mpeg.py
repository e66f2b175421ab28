"""The frames of MPEG audio layer III (ISO/IEC 11172-3, 2.4.2.3, and 13818-3)."""

from dataclasses import dataclass

# Kilobits a second by index 1 to 14.
_MPEG1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
# Samples a second by version bits (0 = 2.5, 2 = 2, 3 = 1) and index.
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame's header: `length` in bytes with the header, `bitrate` in kbit/s, `rate` in Hz."""

    length: int
    bitrate: int
    rate: int
    channels: int


def frame_at(data: bytes, at: int) -> Frame | None:
    """The layer III frame that begins at `at`, or nothing."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE6 != 0xE2:
        return None
    version, index, speed = data[at + 1] >> 3 & 3, data[at + 2] >> 4, data[at + 2] >> 2 & 3
    if version == 1 or index in {0, 15} or speed == 3:
        return None
    bitrate = (_MPEG1 if version == 3 else _MPEG2)[index - 1]
    rate = _RATES[version][speed]
    # Layer III: 1152 samples a frame in MPEG-1, 576 in the others; a slot is one byte.
    length = (144 if version == 3 else 72) * bitrate * 1000 // rate + (data[at + 2] >> 1 & 1)
    return Frame(length, bitrate, rate, 1 if data[at + 3] >> 6 == 3 else 2)


def begins(data: bytes, at: int = 0) -> bool:
    """Whether sound begins here: a whole frame, and another or the end (or a tag) behind it."""
    frame = frame_at(data, at)
    if frame is None or at + frame.length > len(data):
        return False
    behind = at + frame.length
    return behind >= len(data) - 4 or frame_at(data, behind) is not None or data[behind : behind + 3] == b"TAG"


def bitrate(data: bytes, at: int = 0, frames: int = 400) -> int:
    """The mean bit rate in kbit/s of up to so many frames from `at`."""
    rates: list[int] = []
    while len(rates) < frames and (frame := frame_at(data, at)) is not None:
        rates.append(frame.bitrate)
        at += frame.length
    return round(sum(rates) / len(rates)) if rates else 128

"""AAC and ALAC in ISO base media files, read and written with PyAV, the extra `video`."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from sealmark.errors import why
from sealmark.media import ffmpeg
from sealmark.media.audio import m4a
from sealmark.media.errors import Damaged, NotEncodable
from sealmark.media.pieces import Buffer
from sealmark.media.samples.sndfile import PRIMING, integers
from sealmark.media.samples.sound import Samples, Sound

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer

# FFmpeg's names of the containers, by ours.
_CONTAINERS: Mapping[str, str] = {"m4a": "ipod", "mp4": "mp4", "mov": "mov"}
# How the encoders want their samples; ALAC in the depth that its configuration names.
_FORMATS = {"aac": "fltp", "alac 16": "s16p", "alac 24": "s32p"}
# Apple's ALACSpecificConfig, in its box: bits a sample.
_DEPTH = 17
_BLOCK = 1 << 16  # frames encoded at once
_LEAST_RATE = 8_000  # bits a second; a header may say anything
_ALAC_BITS = {"alac 16": 16, "alac 24": 24}
_COVER = 0x400  # AV_DISPOSITION_ATTACHED_PIC


@dataclass(frozen=True, slots=True)
class _Track:
    """The sound of a file that PyAV reads."""

    container: "InputContainer"
    stream: "AudioStream"
    frames: int

    @property
    def channels(self) -> int:
        return self.stream.codec_context.channels

    @property
    def rate(self) -> int:
        return self.stream.codec_context.sample_rate

    @property
    def subtype(self) -> str:
        return _subtype(self.stream)

    def read(self, start: int, stop: int) -> Samples:
        base = self.stream.time_base or Fraction(1, self.rate)
        # Where that is before the beginning, so is the packet that a decoder begins with.
        self.container.seek(int((start - PRIMING) / self.rate / base), stream=self.stream)
        parts = list(self._parts(start, min(stop, self.frames), base * self.rate))
        return np.concatenate([np.zeros((0, self.channels), np.float32), *parts])

    def _parts(self, start: int, stop: int, tick: Fraction) -> Iterator[Samples]:
        """The decoded frames between two places; a tick is so many frames."""
        for frame in self.container.decode(self.stream):
            at = round((frame.pts or 0) * tick)
            if at >= stop:
                return
            yield _samples(frame)[max(0, start - at) : stop - at]


def _samples(frame: "AudioFrame") -> Samples:
    """The samples of a frame, [frames, channels]."""
    stored: NDArray[Any] = frame.to_ndarray()
    planes = stored if frame.format.is_planar else stored.reshape(-1, frame.layout.nb_channels).T
    whole = planes.dtype.kind == "i"
    return np.asarray(planes.T / (1 << planes.dtype.itemsize * 8 - 1) if whole else planes.T, np.float32)


@contextmanager
def reading(data: Buffer) -> Iterator[_Track]:
    """A file with one sound and no pictures but its cover, open.

    Raises `NeedsExtra`, `Damaged`, and `NotEncodable` for films and for codings that we cannot write.
    """
    av = ffmpeg.library()
    try:
        with av.open(_file(data), format="mov") as container:
            stream = _only_sound(container)
            if _subtype(stream) not in _FORMATS:
                raise NotEncodable(format=_subtype(stream))
            yield _Track(container, stream, _frames(container, stream))
    except av.error.FFmpegError as failure:
        raise Damaged(format="M4A", **why(f"声音数据（{failure.strerror}）", f"sound, {failure.strerror}")) from None


def _file(data: Buffer) -> BinaryIO:
    if isinstance(data, bytes):
        return io.BytesIO(data)
    data.seek(0)
    return cast(BinaryIO, data)  # a map reads like a file


def _only_sound(container: "InputContainer") -> "AudioStream":
    if any(not int(one.disposition) & _COVER for one in container.streams.video):
        raise NotEncodable(format="video")
    if len(container.streams.audio) != 1:
        raise Damaged(format="M4A", **why("声音轨道应有且只有一条", "not exactly one track of sound"))
    return container.streams.audio[0]


def _subtype(stream: "AudioStream") -> str:
    """The coding, of ALAC with its depth."""
    context = stream.codec_context
    name, configuration = context.codec.canonical_name, context.extradata or b""
    return f"{name} {configuration[_DEPTH]}" if name == "alac" and len(configuration) > _DEPTH else name


def _frames(container: "InputContainer", stream: "AudioStream") -> int:
    """The length that is presented; of a file in fragments, that of its packets."""
    base = stream.time_base or Fraction(1, stream.codec_context.sample_rate)
    ticks = stream.duration or 0
    if not ticks:
        ticks = sum(packet.duration or 0 for packet in container.demux(stream))
        container.seek(0)
    return round(ticks * base * stream.codec_context.sample_rate)


def encoded(sound: Sound) -> bytes:
    """The sound coded again, among the metadata of its source unless it is fresh."""
    av = ffmpeg.library()
    try:
        with TemporaryDirectory() as folder, av.open(_file(sound.source), format="mov") as came:
            target = Path(folder) / "sound"
            name = _CONTAINERS[sound.format.name]
            # The edit list counts in the movie's unit of time: with any other, the end would not be exact.
            options = {"movflags": "+faststart", "movie_timescale": str(sound.rate)}
            with av.open(str(target), "w", format=name, options=options) as goes:
                _encode(av, sound, came, goes)
            new = target.read_bytes()
    except av.error.FFmpegError:
        raise NotEncodable(format=sound.format.name) from None
    return new if sound.fresh else m4a.splice(sound.source, new)


def _encode(av: Any, sound: Sound, came: "InputContainer", goes: "OutputContainer") -> None:
    source = _only_sound(came)
    stream = cast("AudioStream", goes.add_stream(sound.subtype.split()[0], rate=sound.rate))
    context: Any = stream.codec_context  # takes names for layout and format, whatever its stub says
    context.layout, context.format = source.codec_context.layout.name, _FORMATS[sound.subtype]
    context.bit_rate = max(_LEAST_RATE, source.codec_context.bit_rate or 0)
    if not sound.fresh:
        stream.metadata.update(source.metadata)
        goes.set_chapters(came.chapters())
    for at in range(0, len(sound.samples), _BLOCK):
        block = planes(sound.samples[at : at + _BLOCK], sound.subtype)
        frame = av.AudioFrame.from_ndarray(block, format=_FORMATS[sound.subtype], layout=context.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = sound.rate, at, Fraction(1, sound.rate)
        goes.mux(stream.encode(frame))
    goes.mux(stream.encode(None))


def planes(samples: Samples, subtype: str) -> NDArray[Any]:
    """The samples as the encoder wants them, [channels, frames]."""
    bits = _ALAC_BITS.get(subtype)
    if bits is None:
        return np.ascontiguousarray(samples.T)
    whole = integers(samples, bits)
    return np.ascontiguousarray((whole >> 16).astype(np.int16).T if bits == 16 else whole.T)

"""Video: decode the pictures, let them be painted on, encode them again; every other stream is copied as it is.

Needs PyAV, the extra `video`. Times of pictures, their shape, colour description and display matrix stay; nothing is
scaled, dropped or repeated.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from sealmark.errors import why
from sealmark.media.errors import Damaged, NeedsExtra, NotEncodable, TooManyPixels
from sealmark.media.limits import STANDARD, Limits

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# Formats of eight bits a sample in one plane: their samples in the order of memory; X is unused.
PACKED = {"rgb24": "RGB", "bgr24": "BGR", "gray": "Y", "ya8": "YA"} | {
    order.lower().replace("x", "0"): order for order in ("RGBA", "BGRA", "ARGB", "ABGR", "RGBX", "BGRX", "XRGB", "XBGR")
}
MATRIX = 36  # bytes of a display matrix: nine numbers of 16.16 and 2.30 bits
UPRIGHT = (1, 0, 0, 1)
_EARLY = 4096  # packets and pictures that wait for the first picture of every stream
_TAGS = ("hvc1", "hev1")  # of two names for one coding, players tell them apart
_FINEST = 65535  # ticks a second that MPEG-4 part 2 can count


@dataclass(frozen=True, slots=True)
class Shot:
    """What is known of a video before its first picture is painted.

    `width` and `height` are those of the stored pictures in pixels. `turn` (a, b, c, d) says how they are shown: the
    pixel at x, y stands at ax + cy, bx + dy.
    """

    width: int
    height: int
    turn: tuple[int, int, int, int]


Paint = Callable[["VideoFrame", float], None]


def repaint(
    source: str | Path | BinaryIO,
    target: Path,
    container: str,
    prepare: Callable[[Shot], Paint],
    limits: Limits = STANDARD,
) -> int:
    """The video with every picture given to a painter first; returns how many there are.

    `prepare` gets the first picture's shape and returns the painter, which is given each picture, writable, and its
    time in seconds since the first. `container` is FFmpeg's name of the format to write. Raises `NeedsExtra`,
    `Damaged`, `TooManyPixels`, and `NotEncodable` for codecs that are not in `data/video.toml`.
    """
    av = _av()
    # A name or a value that is no UTF-8 goes from file to file as it is.
    given = {"metadata_errors": "surrogateescape"}
    try:
        with (
            av.open(source, **given) as came,
            av.open(str(target), "w", format=container, options=_options(container), **given) as goes,
        ):
            return _Repainting(came, goes, prepare, limits).run()
    except av.error.FFmpegError as failure:
        raise Damaged(
            format=container, **why(f"视频数据（{failure.strerror}）", f"the video, {failure.strerror}")
        ) from failure


def _av() -> Any:
    try:
        import av
    except ImportError:
        raise NeedsExtra(extra="video") from None
    av.logging.set_level(None)
    return av


def _options(container: str) -> dict[str, str]:
    """Keys of our own, such as AIGC, stay; and a player can begin before it has all."""
    return {"movflags": "+use_metadata_tags+faststart"} if container in {"mp4", "mov", "ipod"} else {}


@cache
def _codecs() -> Mapping[str, Any]:
    return tomllib.loads((resources.files(__package__) / "data" / "video.toml").read_text("utf-8"))


class _Repainting:
    """One video on its way through.

    The header of the new file tells how each stream is coded, so nothing is written before the first picture is known.
    """

    def __init__(
        self, came: "InputContainer", goes: "OutputContainer", prepare: Callable[[Shot], Paint], limits: Limits
    ) -> None:
        self._came, self._goes = came, goes
        videos = [one for one in came.streams.video if not _is_cover(one)]
        if not videos:
            raise Damaged(format=came.format.name, **why("没有视频画面", "no pictures"))
        goes.metadata.update(came.metadata)
        self._painted = {one.index: _Painted(one, goes, prepare, limits) for one in videos}
        self._copied = {
            one.index: self._copy(one)
            for one in came.streams
            if one.index not in self._painted and one.type in {"audio", "subtitle", "video"}
        }
        if chapters := came.chapters():
            goes.set_chapters(chapters)

    def _copy(self, stream: Any) -> Any:
        try:
            return self._goes.add_stream_from_template(stream)
        except ValueError:  # of a coding that its own container does not know
            raise NotEncodable(format=f"{stream.type} stream {stream.index}") from None

    def run(self) -> int:
        """Take every packet where it belongs; returns the number of pictures."""
        early: list[Packet[Any]] = []
        pictures: list[tuple[_Painted, VideoFrame]] = []
        for packet in self._came.demux(list(self._came.streams)):
            painted = self._painted.get(packet.stream.index)
            if painted is not None:
                pictures += [(painted, frame) for frame in painted.decoded(cast("Packet[VideoStream]", packet))]
            elif packet.stream.index in self._copied and packet.dts is not None:
                early.append(packet)
            for one, frame in pictures:
                one.begin(frame)
            if len(early) + len(pictures) > _EARLY:
                raise Damaged(format=self._came.format.name, **why("没有视频画面", "no pictures"))
            if all(one.begun for one in self._painted.values()):
                self._let_go(early, pictures)
        if early or pictures or not any(one.begun for one in self._painted.values()):
            raise Damaged(format=self._came.format.name, **why("没有视频画面", "no pictures"))
        return sum(one.finish() for one in self._painted.values())

    def _let_go(self, packets: "list[Packet[Any]]", pictures: "list[tuple[_Painted, VideoFrame]]") -> None:
        for packet in packets:
            packet.stream = self._copied[packet.stream.index]
            self._goes.mux(packet)
        for painted, frame in pictures:
            painted.take(frame)
        packets.clear()
        pictures.clear()


def _is_cover(stream: "VideoStream") -> bool:
    return bool(int(stream.disposition) & 0x400)  # AV_DISPOSITION_ATTACHED_PIC


class _Painted:
    """One stream of pictures."""

    def __init__(
        self, stream: "VideoStream", goes: "OutputContainer", prepare: Callable[[Shot], Paint], limits: Limits
    ) -> None:
        self._stream, self._goes, self._prepare, self._limits = stream, goes, prepare, limits
        if stream.codec_context is None:  # no decoder knows it
            raise NotEncodable(format=f"video stream {stream.index}")
        self._check(stream.codec_context.width, stream.codec_context.height)
        stream.thread_type = "AUTO"
        name = stream.codec_context.codec.canonical_name
        codec = _codecs().get(name)
        if codec is None:
            raise NotEncodable(format=name)
        options = {key: str(value) for key, value in codec["options"].items()}
        self._out = goes.add_stream(codec["encoder"], rate=_rate(stream), options=options)
        self._out.metadata.update(stream.metadata)
        self._see_through = _see_through_decoder(stream)
        self._paint: Paint | None = None
        self._first = 0.0
        self._count = 0

    def decoded(self, packet: "Packet[VideoStream]") -> "list[VideoFrame]":
        """The pictures of a packet; an empty packet is the last."""
        if self._see_through is None:
            return packet.decode()
        return self._see_through.decode(packet if packet.size else None)

    @property
    def begun(self) -> bool:
        """Whether its first picture is known, and with it how it will be coded."""
        return self._paint is not None

    def begin(self, frame: "VideoFrame") -> None:
        """Code like the first picture."""
        if self.begun:
            return
        context, matrix = self._out.codec_context, _matrix(frame)
        context.width, context.height = frame.width, frame.height
        context.pix_fmt = _pixels(frame, context)
        context.time_base = _ticks(self._stream, context.name)
        if (aspect := self._stream.sample_aspect_ratio) is not None:
            context.sample_aspect_ratio = aspect
        context.color_range, context.colorspace = frame.color_range, frame.colorspace
        context.color_primaries, context.color_trc = frame.color_primaries, frame.color_trc
        if self._stream.codec_context.codec_tag in _TAGS:
            context.codec_tag = self._stream.codec_context.codec_tag
        if matrix is not None:
            self._out.set_display_matrix(matrix)
        self._first = frame.time or 0.0
        self._paint = self._prepare(Shot(frame.width, frame.height, _turn(matrix)))

    def take(self, frame: "VideoFrame") -> None:
        """Paint a picture and encode it."""
        assert self._paint is not None
        self._check(frame.width, frame.height)
        ready = _drawable(frame, self._out.codec_context)
        ready.make_writable()
        self._paint(ready, (frame.time or 0.0) - self._first)
        ready.pict_type = 0  # what kind each picture becomes is the encoder's to decide
        self._count += 1
        self._goes.mux(self._out.encode(ready))

    def finish(self) -> int:
        """Let go what the encoder holds; the number of pictures."""
        self._goes.mux(self._out.encode(None))
        return self._count

    def _check(self, width: int, height: int) -> None:
        if width * height > self._limits.pixels:
            raise TooManyPixels(width=width, height=height, limit=self._limits.pixels)


def _see_through_decoder(stream: "VideoStream") -> "VideoCodecContext | None":
    """The decoder that knows the transparency of VP8 and VP9, which the usual one drops."""
    from av.codec import CodecContext

    tags = {name.lower(): value for name, value in stream.metadata.items()}
    name = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.codec.canonical_name)
    if name is None or tags.get("alpha_mode") != "1":
        return None
    return cast("VideoCodecContext", CodecContext.create(name, "r"))


def _rate(stream: "VideoStream") -> Fraction:
    return stream.average_rate or stream.guessed_rate or Fraction(25)


def _ticks(stream: "VideoStream", encoder: str) -> Fraction:
    """The unit of time of the pictures, so that each keeps its own."""
    base = stream.time_base or 1 / _rate(stream)
    return base if encoder != "mpeg4" or base.denominator <= _FINEST else Fraction(1, 60000)


def _matrix(frame: "VideoFrame") -> tuple[int, ...] | None:
    kinds = cast(Any, frame.side_data)  # a sequence, whatever its stub says
    data = next((bytes(one) for one in kinds if one.type.name == "DISPLAYMATRIX"), b"")
    if len(data) != MATRIX:
        return None
    return tuple(int.from_bytes(data[at : at + 4], "little", signed=True) for at in range(0, MATRIX, 4))


def _turn(matrix: tuple[int, ...] | None) -> tuple[int, int, int, int]:
    """The nearest turn by quarters, perhaps mirrored; upright where there is none."""
    if matrix is None:
        return UPRIGHT
    a, b, c, d = (round(matrix[place] / 65536) for place in (0, 1, 3, 4))
    return (a, b, c, d) if abs(a * d - b * c) == 1 and 0 in (a, b) else UPRIGHT


def _pixels(frame: "VideoFrame", context: "VideoCodecContext") -> str:
    """The pixel format to encode in: that of the picture where the encoder takes it."""
    offered = [one.name for one in context.codec.video_formats or ()]
    wanted = _layout(frame)
    if not offered or wanted in offered:
        return wanted
    clear = any(component.is_alpha for component in frame.format.components)
    fallbacks = ("yuva420p", "yuva444p10le", "bgra", "argb", "rgba") if clear else ("yuv420p", "yuv422p10le", "rgb24")
    return next((one for one in (*fallbacks, "yuv420p") if one in offered), offered[0])


def _layout(frame: "VideoFrame") -> str:
    """The picture's own format; the nearest planar one where a painter could not find its samples."""
    form = frame.format
    if form.name in PACKED or len({one.plane for one in form.components}) == len(form.components):
        return form.name
    deep = max(one.bits for one in form.components) > 8
    clear = any(one.is_alpha for one in form.components)
    return {
        (False, False): "yuv420p",
        (False, True): "yuva420p",
        (True, False): "yuv422p10le",
        (True, True): "yuva444p10le",
    }[deep, clear]


def _drawable(frame: "VideoFrame", context: "VideoCodecContext") -> "VideoFrame":
    """The picture in the format that is encoded; the same object where it is in it already."""
    return frame if frame.format.name == context.pix_fmt else frame.reformat(format=context.pix_fmt)

"""Movies and sound in ISO base media files for tests: made by ffmpeg when they are needed, or by hand from those."""

import io
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

# The peers are untyped, or partly so.
PEER: Any = av
SOURCES = ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=1", "-f", "lavfi", "-i", "sine=d=1")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "3", "-c:a", "aac")
TITLE = ("-metadata", "title=题 T")
_CHAPTERS = ";FFMETADATA1\n" + "".join(
    f"[CHAPTER]\nTIMEBASE=1/10\nSTART={start}\nEND={stop}\ntitle=chapter {start}\n"
    for start, stop in pairwise((0, 4, 9))
)

# By format and variant: what ffmpeg is told besides its sources.
MADE: dict[str, tuple[str, ...]] = {
    "mp4": H264,
    "mp4 head first": (*H264, *TITLE, "-movflags", "faststart"),
    "mp4 hevc": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0", "-movflags", "faststart"),
    "mp4 av1": ("-c:v", "libsvtav1", "-svtav1-params", "preset=13", "-c:a", "copy", "-an", "-movflags", "faststart"),
    "mp4 room": (*H264, *TITLE, "-moov_size", "9000"),
    "mp4 fragments": (*H264, *TITLE, "-movflags", "frag_keyframe+empty_moov+default_base_moof"),
    "mp4 fragments from offsets": (*H264, "-movflags", "frag_keyframe"),
    "mp4 dash": (*H264, "-movflags", "dash+frag_keyframe+global_sidx"),
    "mp4 keys": (*H264, *TITLE, "-metadata", "mood=calm", "-movflags", "use_metadata_tags+faststart"),
    "mov": (*H264, *TITLE),
    "mov keys": (*H264, *TITLE, "-metadata", "mood=calm", "-movflags", "use_metadata_tags+faststart"),
    "mov prores": ("-c:v", "prores", "-c:a", "pcm_s16le", "-movflags", "faststart"),
    "m4a": ("-map", "1:a", "-c:a", "aac", *TITLE),
    "m4a alac": ("-map", "1:a", "-c:a", "alac", *TITLE, "-movflags", "faststart"),
}


def ffmpeg(extension: str, *arguments: str, inputs: tuple[str, ...] = SOURCES) -> bytes:
    """What ffmpeg makes of its inputs; the same arguments give the same bytes."""
    program = import_module("imageio_ffmpeg").get_ffmpeg_exe()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"out.{extension}"
        line = [program, "-v", "error", "-y", *inputs, *arguments, "-fflags", "+bitexact", str(target)]
        subprocess.run(line, check=True, capture_output=True)
        return target.read_bytes()


def remuxed(data: bytes, extension: str, *arguments: str, before: tuple[str, ...] = ()) -> bytes:
    """The same streams, written anew by ffmpeg."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"in.{extension}"
        source.write_bytes(data)
        return ffmpeg(extension, "-c", "copy", *arguments, inputs=(*before, "-i", str(source)))


@cache
def made(key: str) -> bytes:
    """One of `MADE`, or one made by hand from those."""
    if key in MADE:
        return ffmpeg(key.partition(" ")[0], *MADE[key])
    return _BY_HAND[key]()


def _wide() -> bytes:
    """A box of media data with its size in 64 bits, in the room that ffmpeg leaves for that."""
    data = made("mp4")
    at = data.index(b"mdat") - 4
    size = int.from_bytes(data[at : at + 4], "big") + 8
    return data[: at - 8] + struct.pack(">I4sQ", 1, b"mdat", size) + data[at + 8 :]


def _open() -> bytes:
    """Media data up to the end of the file, without a size."""
    data = made("mp4 head first")
    at = data.index(b"mdat") - 4
    assert at + int.from_bytes(data[at : at + 4], "big") == len(data)
    return data[:at] + bytes(4) + data[at + 4 :]


def _without_ftyp() -> bytes:
    """A QuickTime movie from before there was `ftyp`: its media data stand first."""
    data = made("mov")
    size = int.from_bytes(data[:4], "big")
    return box(b"free", data[8:size]) + data[size:]


def _rotated() -> bytes:
    return remuxed(made("mp4"), "mp4", "-movflags", "faststart", before=("-display_rotation", "90"))


def _with_chapters() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "chapters").write_text(_CHAPTERS, "utf-8")
        arguments = ("-map", "1:a", "-map_chapters", "2", "-c:a", "aac", *TITLE, "-movflags", "faststart")
        return ffmpeg("m4a", *arguments, inputs=(*SOURCES, "-i", f"{folder}/chapters"))


def _apple() -> bytes:
    """A movie as a telephone writes it: QuickTime's own list of keys directly in `moov`, user data with a zero end."""
    keys = (b"com.apple.quicktime.make", b"com.apple.quicktime.software")
    data = in_moov(made("mov"), keyed(dict.fromkeys(keys, "maker"), version=b""))
    return in_moov(data, box(b"udta", bytes(4))) if b"udta" not in data else data


_BY_HAND = {
    "mp4 wide": _wide,
    "mp4 open": _open,
    "mp4 rotated": _rotated,
    "mov bare": _without_ftyp,
    "mov apple": _apple,
    "m4a chapters": _with_chapters,
}
EVERY = (*MADE, *_BY_HAND)


def box(kind: bytes, *parts: bytes) -> bytes:
    """One box."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def item(kind: bytes, text: bytes, coding: int = 1) -> bytes:
    """One item of a metadata list, with one value."""
    return box(kind, box(b"data", struct.pack(">II", coding, 0), text))


def keyed(values: dict[bytes, str], version: bytes = bytes(4)) -> bytes:
    """A list of keys and values, as QTFF has it; `version` is empty in QuickTime's own layout."""
    keys = (box(b"mdta", key) for key in values)
    items = (item(struct.pack(">I", number), text.encode()) for number, text in enumerate(values.values(), 1))
    table = box(b"keys", struct.pack(">II", 0, len(values)), *keys)
    return box(b"meta", version, box(b"hdlr", bytes(8), b"mdta", bytes(13)), table, box(b"ilst", *items))


def span(data: bytes, kind: bytes, start: int = 0) -> tuple[int, int]:
    """Where the first box of a kind begins and ends, by its four letters."""
    at = data.index(kind, start) - 4
    return at, at + int.from_bytes(data[at : at + 4], "big")


def in_moov(data: bytes, new: bytes) -> bytes:
    """The movie with a box more at the end of `moov`, which is the last box of the file."""
    start, stop = span(data, b"moov")
    assert stop == len(data)
    return data[:start] + struct.pack(">I", stop - start + len(new)) + data[start + 4 :] + new


def in_udta(data: bytes, new: bytes) -> bytes:
    """The movie with a box more in `moov.udta`, which is the last box of `moov`."""
    start, stop = span(data, b"moov")
    user, end = span(data, b"udta", start)
    assert stop == end == len(data)
    return (
        data[:start]
        + struct.pack(">I", stop - start + len(new))
        + data[start + 4 : user]
        + struct.pack(">I", end - user + len(new))
        + data[user + 4 :]
        + new
    )


def packets(source: bytes | Path) -> list[tuple[Any, ...]]:
    """Every packet of every stream, as ffmpeg's libraries read them: times, flags and bytes."""
    with PEER.open(io.BytesIO(source) if isinstance(source, bytes) else str(source)) as container:
        return list(_packets(container))


def _packets(container: Any) -> Iterator[tuple[Any, ...]]:
    for one in container.demux():
        flags = (one.is_keyframe, one.is_corrupt, one.is_discard)
        yield one.stream.index, one.pts, one.dts, one.duration, flags, bytes(one)


def tags(data: bytes) -> dict[str, str]:
    """The metadata of the file and of its streams, as ffmpeg's libraries read them."""
    with PEER.open(io.BytesIO(data)) as container:
        own = {key: value for key, value in container.metadata.items() if "brand" not in key and key != "minor_version"}
        streams = ((f"{one.index} {key}", value) for one in container.streams for key, value in one.metadata.items())
        chapters = ((f"chapter {one['id']}", repr(one)) for one in container.chapters())
        return own | dict(streams) | dict(chapters)

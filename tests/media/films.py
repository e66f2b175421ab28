"""Films for tests of Matroska, FLV and AVI, made when they are needed by ffmpeg, by PyAV and by hand."""

import functools
import io
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np

# PyAV's stubs know less than it does.
_AV: Any = av
_PICTURE = ("-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=1")
_SOUND = ("-f", "lavfi", "-i", "sine=d=1")
_CHAPTERS = ";FFMETADATA1\ntitle=a film\nartist=someone\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle=one\n"


@functools.cache
def ffmpeg(form: str, *arguments: str, piped: bool = False) -> bytes:
    """A second of test picture (input 0) and sound (input 1) in a format; through a pipe, nothing is gone back to."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "about.txt").write_text(_CHAPTERS)
        out = "pipe:1" if piped else "out"
        command = (program, "-y", "-loglevel", "error", "-bitexact", *_PICTURE, *_SOUND, *arguments, "-f", form, out)
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return done.stdout if piped else (Path(folder) / "out").read_bytes()


@functools.cache
def remuxed(source: bytes, form: str, *arguments: str, piped: bool = False) -> bytes:
    """The same streams in another container."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in").write_bytes(source)
        out = "pipe:1" if piped else "out"
        command = (program, "-y", "-loglevel", "error", "-bitexact", "-i", "in", "-map", "0", "-c", "copy", *arguments)
        done = subprocess.run((*command, "-f", form, out), cwd=folder, check=True, capture_output=True)
        return done.stdout if piped else (Path(folder) / "out").read_bytes()


@functools.cache
def pyav(form: str, codec: str, pixels: str = "yuv420p", frames: int = 12, **options: str) -> bytes:
    """A film without sound that PyAV made."""
    out = io.BytesIO()
    with _AV.open(out, "w", format=form, options=options) as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 64, 48, pixels, 4
        for number in range(frames):
            picture = np.full((48, 64, 3), number * 15 % 256, np.uint8)
            container.mux(stream.encode(_AV.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return out.getvalue()


def packets(data: bytes) -> list[tuple[Any, ...]]:
    """Every packet that an independent reader sees: stream, times, flags and bytes."""
    with _AV.open(io.BytesIO(data)) as container:
        return [
            (one.stream_index, one.pts, one.dts, one.duration, one.is_keyframe, bytes(one))
            for one in container.demux()
            if one.size
        ]


def about(data: bytes) -> dict[str, Any]:
    """What an independent reader says of the file: its metadata, its streams and their metadata, its chapters."""
    with _AV.open(io.BytesIO(data)) as container:
        streams = [
            (one.type, one.codec_context and one.codec_context.name, dict(one.metadata)) for one in container.streams
        ]
        headers = [one.codec_context and one.codec_context.extradata for one in container.streams]
        chapters = [(one["start"], one["end"], one["metadata"]) for one in container.chapters()]
        return {"metadata": dict(container.metadata), "streams": streams, "headers": headers, "chapters": chapters}


class _Stream:
    """Bytes that can only be read in their order."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        """The next bytes."""
        return self._file.read(size)


def read_without_seeking(data: bytes) -> dict[str, str]:
    """The file's metadata for a reader that cannot go back or ahead."""
    with _AV.open(_Stream(data)) as container:
        return dict(container.metadata)


def found_by_seeking(data: bytes, seconds: float) -> tuple[Any, ...]:
    """The first picture packet after a seek through the file's index."""
    with _AV.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        container.seek(int(seconds / stream.time_base), stream=stream)
        one = next(iter(container.demux(stream)))
        return one.pts, one.is_keyframe, bytes(one)


# Matroska by hand, apart from the code under test.


def sized(number: int, width: int) -> bytes:
    """An EBML size in so many bytes."""
    return (number | 1 << 7 * width).to_bytes(width, "big")


def element(kind: str, body: bytes, width: int = 0) -> bytes:
    """An EBML element by its hexadecimal identifier; its size as narrow as it can be, or so wide."""
    width = width or next(n for n in range(1, 9) if len(body) < 2 ** (7 * n) - 1)
    return bytes.fromhex(kind) + sized(len(body), width) + body


def unsigned(kind: str, number: int, width: int = 0) -> bytes:
    """An unsigned integer, as narrow as it can be."""
    return element(kind, number.to_bytes(width or max(1, (number.bit_length() + 7) // 8), "big"))


def checked(kind: str, body: bytes) -> bytes:
    """A master with a CRC-32."""
    return element(kind, b"\xbf\x84" + zlib.crc32(body).to_bytes(4, "little") + body)


def elements(data: bytes, at: int = 0, stop: int | None = None) -> Iterator[tuple[str, int, int, int]]:
    """Identifier, start, body and end of the elements that stand side by side; one of unknown size runs to the end."""
    stop = len(data) if stop is None else stop
    while at < stop:
        width = next(n for n in range(1, 5) if data[at] & (0x80 >> n - 1))
        size_width = next(n for n in range(1, 9) if data[at + width] & (0x80 >> n - 1))
        body = at + width + size_width
        size = int.from_bytes(data[at + width : body], "big") & (1 << 7 * size_width) - 1
        end = stop if size == (1 << 7 * size_width) - 1 else body + size
        yield data[at : at + width].hex(), at, body, end
        at = end


SEGMENT, SEEK_HEAD, INFO, TRACKS, TAGS = "18538067", "114d9b74", "1549a966", "1654ae6b", "1254c367"
CLUSTER, CUES, CHAPTERS, ATTACHMENTS = "1f43b675", "1c53bb6b", "1043a770", "1941a469"


def simple_tag(name: str, value: str, *more: bytes, targets: bytes = b"") -> bytes:
    """A Tag with one SimpleTag."""
    simple = element("45a3", name.encode()) + element("4487", value.encode()) + b"".join(more)
    return element("7373", element("63c0", targets) + element("67c8", simple))


def top(data: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The EBML header, and the elements of the first segment with their bodies."""
    _, (_, start, body, stop) = list(elements(data))[:2]
    return data[:start], [(kind, data[inner:end]) for kind, _, inner, end in elements(data, body, stop)]


def _blocks(body: bytes) -> bytes:
    """A cluster's children without its check sum and position."""
    return b"".join(body[start:end] for kind, start, _, end in elements(body) if kind not in {"bf", "a7", "ab"})


@functools.cache
def with_everything(
    source: bytes, tags: bytes = b"", cues_first: bool = False, crc: bool = False, spare: int = 40, live: bool = False
) -> bytes:
    """The film as mkvmerge lays one out, and more: tags at the end, narrow positions, a second SeekHead, Void.

    Each cluster says where it is and how large the one before was. `live`: sizes of segment and clusters unknown.
    """
    make = checked if crc else element
    header, parts = top(source)
    kept = {kind: body for kind, body in parts if kind in {INFO, TRACKS, CHAPTERS, ATTACHMENTS}}
    clusters = [_blocks(body) for kind, body in parts if kind == CLUSTER]
    places: dict[str, int] = {}
    cluster_places = [0] * len(clusters)
    out = b""
    for _ in range(6):  # until the narrow positions are true
        out, places, cluster_places = _laid_out(
            kept, clusters, places, cluster_places, (tags, make, cues_first, spare, live)
        )
    size = b"\x01" + b"\xff" * 7 if live else sized(len(out), 8)
    return header + bytes.fromhex(SEGMENT) + size + out


def _laid_out(
    kept: dict[str, bytes],
    clusters: list[bytes],
    places: dict[str, int],
    cluster_places: list[int],
    way: tuple[Any, ...],
) -> tuple[bytes, dict[str, int], list[int]]:
    tags, make, cues_first, spare, live = way
    new: dict[str, int] = {}
    new_clusters: list[int] = []
    out = bytearray()

    def put(kind: str, piece: bytes) -> None:
        new[kind] = len(out)
        out.extend(piece)

    seeks = (TRACKS, INFO, CUES, TAGS, "second")
    named = [(SEEK_HEAD if kind == "second" else kind, places[kind]) for kind in seeks if kind in places]
    put("first", make(SEEK_HEAD, b"".join(_seek(kind, at) for kind, at in named)))
    put("void", element("ec", bytes(spare)))
    for kind, body in kept.items():
        put(kind, element(kind, body))
    cues = make(CUES, b"".join(_cue(number, at) for number, at in enumerate(cluster_places)))
    if cues_first:
        put(CUES, cues)
    before = 0
    for blocks in clusters:
        new_clusters.append(len(out))
        marks = unsigned("a7", len(out)) + (unsigned("ab", before) if before else b"")
        piece = make(CLUSTER, marks + blocks)
        if live:
            inside = piece[next(elements(piece))[2] :]
            piece = bytes.fromhex(CLUSTER) + b"\x01" + b"\xff" * 7 + inside
        out.extend(piece)
        before = len(piece)
    if not cues_first:
        put(CUES, cues)
    if tags:
        put(TAGS, make(TAGS, tags))
    put("second", make(SEEK_HEAD, b"".join(_seek(CLUSTER, at) for at in cluster_places)))
    return bytes(out), new, new_clusters


def _seek(kind: str, at: int) -> bytes:
    return element("4dbb", element("53ab", bytes.fromhex(kind)) + unsigned("53ac", at))


def _cue(number: int, at: int) -> bytes:
    return element("bb", unsigned("b3", number * 100) + element("b7", unsigned("f7", 1) + unsigned("f1", at)))


# AVI by hand, apart from the code under test.


def chunk(kind: bytes, body: bytes) -> bytes:
    """A RIFF chunk with its padding."""
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) & 1)


def chunks(data: bytes, at: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, body and end of the chunks that stand side by side; the kind of a list is that of what it lists."""
    while at + 8 <= stop:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        named = data[at : at + 4] in {b"RIFF", b"LIST"}
        yield data[at + 8 : at + 12] if named else data[at : at + 4], at + (12 if named else 8), at + 8 + size
        at += 8 + size + (size & 1)


def _parts(data: bytes) -> dict[bytes, tuple[int, int]]:
    """Where the bodies of the chunks of the first form stand."""
    _, body, stop = next(chunks(data, 0, len(data)))
    return {kind: (start, end) for kind, start, end in chunks(data, body, stop)}


def absolute(source: bytes) -> bytes:
    """The film with an index whose places count from the file's start, as some old writers have it."""
    parts = _parts(source)
    start, stop = parts[b"idx1"]
    movi = parts[b"movi"][0] - 4
    entries = struct.iter_unpack("<4sIII", source[start:stop])
    index = b"".join(struct.pack("<4sIII", kind, flags, place + movi, size) for kind, flags, place, size in entries)
    return source[:start] + index + source[stop:]


@functools.cache
def opendml(source: bytes, bare: bool = False) -> bytes:
    """The film in two forms, as OpenDML has it for more than a gigabyte: indexes of indexes, and names behind `movi`.

    `bare`: without any list of names.
    """
    parts = _parts(source)
    media = [(kind, source[start:stop]) for kind, start, stop in chunks(source, *parts[b"movi"])]
    flags = [one[1] for one in struct.iter_unpack("<4sIII", source[slice(*parts[b"idx1"])])]
    pieces = [(kind, body, bool(flag & 0x10)) for (kind, body), flag in zip(media, flags, strict=True)]
    header = source[slice(*parts[b"hdrl"])]
    names = b"" if bare else chunk(b"LIST", b"INFO" + chunk(b"IART", b"someone\x00") + chunk(b"ICMT", b"odd\x00"))
    half = len(pieces) // 2
    places: dict[bytes, list[tuple[int, int]]] = {}
    for _ in range(2):  # the second time the places are known; the sizes are the same
        head = chunk(b"LIST", b"hdrl" + _super_indexed(header, places))
        places = {}
        base = 12 + len(head)
        movi, old = _movi(pieces[:half], base + 12, places)
        first = chunk(b"RIFF", b"AVI " + head + movi + chunk(b"idx1", old) + names)
        second = chunk(b"RIFF", b"AVIX" + _movi(pieces[half:], len(first) + 24, places)[0])
    return first + second


def _movi(
    pieces: list[tuple[bytes, bytes, bool]], start: int, places: dict[bytes, list[tuple[int, int]]]
) -> tuple[bytes, bytes]:
    """A `movi` whose content begins at `start`, with its standard indexes at the end, and the old index of it."""
    out = bytearray()
    entries: dict[bytes, list[tuple[int, int]]] = {}
    old = b""
    for kind, body, is_key in pieces:
        old += struct.pack("<4sIII", kind, 0x10 if is_key else 0, len(out) + 4, len(body))
        entries.setdefault(kind, []).append((len(out) + 8, len(body) | (0 if is_key else 1 << 31)))
        out += chunk(kind, body)
    for kind, ones in entries.items():
        index = struct.pack("<HBBI4sQI", 2, 0, 1, len(ones), kind, start, 0)
        index = chunk(b"ix" + kind[:2], index + b"".join(struct.pack("<II", *one) for one in ones))
        places.setdefault(kind, []).append((start + len(out), len(index)))
        out += index
    return chunk(b"LIST", b"movi" + bytes(out)), old


def _super_indexed(header: bytes, places: dict[bytes, list[tuple[int, int]]]) -> bytes:
    """The headers with an index of indexes in each stream's, in place of what was reserved for one."""
    out, number = b"", 0
    for kind, start, stop in chunks(header, 0, len(header)):
        if kind != b"strl":
            out += header[start - (12 if kind == b"odml" else 8) : stop + (stop & 1)]
            continue
        name = next((one for one in places if one.startswith(b"%02d" % number)), b"00dc")
        index = struct.pack("<HBBI4sIII", 4, 0, 0, len(places.get(name, ())), name, 0, 0, 0)
        index += b"".join(struct.pack("<QII", at, size, 1) for at, size in places.get(name, [(0, 0), (0, 0)]))
        kept = [
            header[at - 8 : end + (end - at & 1)] for what, at, end in chunks(header, start, stop) if what != b"JUNK"
        ]
        out += chunk(b"LIST", b"strl" + b"".join(kept) + chunk(b"indx", index))
        number += 1
    return out

"""Films of every container that Sealmark walks with a memory map, by name: the form first, then the variant."""

from collections.abc import Callable

from . import films

_BOTH = ("-map", "0", "-map", "1", "-g", "3")
_ABOUT = ("-f", "ffmetadata", "-i", "about.txt", "-map_metadata", "2", "-map_chapters", "2")
_ATTACHED = ("-attach", "about.txt", "-metadata:s:t", "mimetype=text/plain")
_SHORT_CLUSTERS = ("-cluster_time_limit", "300")


def h264() -> bytes:
    """Picture, sound, title, chapters and an attachment."""
    given = (*_ABOUT, *_BOTH, *_ATTACHED, "-c:v", "libx264", "-c:a", "libopus", *_SHORT_CLUSTERS)
    return films.ffmpeg("matroska", *given)


def _vp8() -> bytes:
    given = ("-c:v", "libvpx", "-c:a", "libvorbis", "-reserve_index_space", "2000", "-cues_to_front", "1")
    return films.ffmpeg("webm", *_BOTH, *given, *_SHORT_CLUSTERS)


def _mpeg4() -> bytes:
    return films.ffmpeg("matroska", *_BOTH, "-c:v", "mpeg4", "-c:a", "libmp3lame", piped=True)


def _vp9() -> bytes:
    return films.ffmpeg("webm", *_BOTH, "-c:v", "libvpx-vp9", "-c:a", "libopus", "-live", "1", piped=True)


MATROSKA: dict[str, Callable[[], bytes]] = {
    "mkv": h264,
    "mkv streamed": _mpeg4,
    "mkv lossless": lambda: films.ffmpeg("matroska", *_BOTH, "-c:v", "ffv1", "-c:a", "flac"),
    "mkv sound": lambda: films.ffmpeg("matroska", "-map", "1", "-c:a", "flac"),
    "mkv pyav": lambda: films.pyav("matroska", "libx264"),
    "mkv tags behind": lambda: films.with_everything(h264(), films.simple_tag("TITLE", "题")),
    "mkv cues before": lambda: films.with_everything(h264(), cues_first=True),
    "mkv checked": lambda: films.with_everything(h264(), films.simple_tag("TITLE", "题"), crc=True),
    "mkv open": lambda: films.with_everything(h264(), live=True),
    "webm": _vp8,
    "webm streamed": _vp9,
    "webm pyav": lambda: films.pyav("webm", "libvpx-vp9"),
}
_AVC = ("-c:v", "libx264", "-c:a", "aac")


def indexed_flv() -> bytes:
    """An index of key frames by their places in the file."""
    return films.ffmpeg("flv", *_ABOUT, *_BOTH, *_AVC, "-flvflags", "add_keyframe_index")


FLV: dict[str, Callable[[], bytes]] = {
    "flv": lambda: films.ffmpeg("flv", *_ABOUT, *_BOTH, "-c:v", "flv", "-c:a", "libmp3lame"),
    "flv indexed": indexed_flv,
    "flv streamed": lambda: films.ffmpeg("flv", *_BOTH, *_AVC, piped=True),
    "flv enhanced": lambda: films.ffmpeg("flv", *_BOTH, "-c:v", "libvpx-vp9", "-c:a", "flac"),
    "flv bare": lambda: films.ffmpeg("flv", *_BOTH, *_AVC, "-flvflags", "no_metadata"),
    "flv pyav": lambda: films.pyav("flv", "flv1"),
}


def mpeg4_avi() -> bytes:
    """Picture and sound with a list of names and a title before them, and an index behind."""
    return films.ffmpeg("avi", *_ABOUT, *_BOTH, "-c:v", "mpeg4", "-c:a", "libmp3lame")


AVI: dict[str, Callable[[], bytes]] = {
    "avi": mpeg4_avi,
    "avi streamed": lambda: films.ffmpeg("avi", *_BOTH, "-c:v", "mpeg4", "-c:a", "pcm_s16le", piped=True),
    "avi lossless": lambda: films.ffmpeg("avi", *_BOTH, "-c:v", "ffv1", "-c:a", "pcm_s16le"),
    "avi pyav": lambda: films.pyav("avi", "mjpeg", "yuvj420p"),
    "avi opendml": lambda: films.opendml(mpeg4_avi()),
    "avi bare": lambda: films.opendml(mpeg4_avi(), bare=True),
    "avi absolute": lambda: films.absolute(mpeg4_avi()),
}
EVERY: dict[str, Callable[[], bytes]] = {**MATROSKA, **FLV, **AVI}
FORMAT_OF = {key: key.partition(" ")[0] for key in EVERY}

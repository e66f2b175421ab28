"""Whether an item may hold a content credential, told from its container alone: c2pa is loaded only where it may.

A place that is missed would hide a credential, so what is looked for is what every manifest store begins with. A place
that is none costs one reading in vain.
"""

from collections.abc import Callable, Mapping

from sealmark.media import Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer
from sealmark.media.text import text_wrapper

# C2PA 2.4, 11.1.4.2: the type of a manifest store in its description box.
_STORE = bytes.fromhex("63327061 00110010 800000AA 00389B71")
# A.5.1.1: the user type of the box in ISO base media files.
_BOX = bytes.fromhex("D8FEC3D6 1B0E483C 92975828 877EC481")
# A.3.3, A.4.1: in base64; in a stream that may be compressed.
_SVG, _PDF = (b"c2pa:manifest", b"http://c2pa.org/manifest"), (_STORE, b"C2PA_Manifest", b"application#2Fc2pa")
# FLAC's metadata stands before its sound; covers are the largest.
_FLAC_HEAD = 32 << 20
# How many bytes of a box or chunk are its header.
_HEADER, _WIDE = 8, 16

_PLACES: Mapping[str, str] = {
    "jpeg": "APP11 JUMBF",
    "png": "caBX",
    "webp": "RIFF/C2PA",
    "wav": "RIFF/C2PA",
    "avi": "RIFF/C2PA",
    "gif": "C2PA_GIF",
    "tiff": "IFD 0xCD41",
    "svg": "metadata/c2pa:manifest",
    "mp3": "ID3 GEOB",
    "flac": "ID3 GEOB",
    "pdf": "AF/C2PA_Manifest",
    "text": "C2PATextManifestWrapper",
} | dict.fromkeys(("mp4", "mov", "m4a", "heif", "avif"), "uuid (C2PA)")
_IN_PACKAGES = "META-INF/content_credential.c2pa"
PACKAGES = frozenset(
    ("epub", "docx", "docm", "xlsx", "xlsm", "pptx", "pptm", "odt", "ott", "ods", "ots", "odp", "otp", "odg", "otg")
)


def carries(form: Format) -> bool:
    """Whether credentials can be put into items of a format and read from them."""
    return form.name in _PLACES or form.name in PACKAGES


def place(data: Buffer, form: Format) -> str | None:
    """Where in its container an item may hold a credential; nothing where it holds none. Never raises."""
    if not carries(form) or not _HOLDS.get(form.name, _holds_store)(data):
        return None
    return _PLACES.get(form.name, _IN_PACKAGES)


def _holds_store(data: Buffer) -> bool:
    return data.find(_STORE) >= 0


def _holds_text(data: Buffer) -> bool:
    return text_wrapper.holds(bytes(data))


def _any_of(marks: tuple[bytes, ...]) -> Callable[[Buffer], bool]:
    return lambda data: any(data.find(mark) >= 0 for mark in marks)


def _holds_early(data: Buffer) -> bool:
    return data.find(_STORE, 0, _FLAC_HEAD) >= 0


def _holds_box(data: Buffer) -> bool:
    """ISO/IEC 14496-12, 4.2: the boxes of the file itself, header by header."""
    at = 0
    for _ in range(4 * MOST_PARTS):
        head = data[at : at + _WIDE + len(_BOX)]
        size, body = int.from_bytes(head[:4], "big"), _HEADER
        if size == 1:
            size, body = int.from_bytes(head[_HEADER:_WIDE], "big"), _WIDE
        if head[4:8] == b"uuid" and head[body : body + len(_BOX)] == _BOX:
            return True
        if size < _HEADER:  # the last box, or none
            return False
        at += size
    return False


def _holds_chunk(data: Buffer) -> bool:
    """A.3.7: the chunks of the first form."""
    at, stop = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    for _ in range(MOST_PARTS):
        if at + _HEADER > stop:
            return False
        if data[at : at + 4] == b"C2PA":
            return True
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += _HEADER + size + (size & 1)
    return False


_HOLDS: Mapping[str, Callable[[Buffer], bool]] = {
    "svg": _any_of(_SVG),
    "pdf": _any_of(_PDF),
    "text": _holds_text,
    "flac": _holds_early,
    "avi": _holds_chunk,
    **dict.fromkeys(("mp4", "mov", "m4a"), _holds_box),
}

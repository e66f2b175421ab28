"""The formats that Sealmark knows. Another one is a small module and a line here."""

from mmap import mmap
from pathlib import PurePath

from sealmark.errors import why
from sealmark.media.audio import flac, mp3, ogg, wav
from sealmark.media.containers import isobmff
from sealmark.media.document import epub, odf, ofd, ole, ooxml, pdf
from sealmark.media.errors import EmptyItem, LyingFormat, NotUtf8, UnknownFormat
from sealmark.media.format import HEAD, Format
from sealmark.media.image import gif, heif, jpeg, png, svg, tiff, webp
from sealmark.media.pieces import Buffer
from sealmark.media.scene import glb, gltf, obj, ply, stl, usda, usdc, usdz
from sealmark.media.text import html, json, markdown, srt, text, vtt
from sealmark.media.video import avi, flv, matroska

# In the order of sniffing: the surest signature first, plain text last.
FORMATS: tuple[Format, ...] = (
    png.FORMAT,
    jpeg.FORMAT,
    webp.FORMAT,
    gif.FORMAT,
    tiff.FORMAT,
    wav.FORMAT,
    flac.FORMAT,  # before MP3, whose tags may stand before it
    mp3.FORMAT,
    ogg.FORMAT,
    ogg.OPUS,
    isobmff.MOV,
    isobmff.MP4,
    isobmff.M4A,
    heif.AVIF,
    heif.HEIF,
    avi.FORMAT,
    matroska.MKV,
    matroska.WEBM,
    flv.FORMAT,
    glb.FORMAT,
    usdc.FORMAT,
    usdz.FORMAT,
    usda.FORMAT,
    ply.FORMAT,
    *ooxml.FORMATS,
    epub.FORMAT,
    ofd.FORMAT,
    *odf.FORMATS,
    pdf.FORMAT,
    svg.FORMAT,
    html.FORMAT,
    vtt.FORMAT,
    srt.FORMAT,
    gltf.FORMAT,  # which is JSON
    json.FORMAT,
    obj.FORMAT,
    stl.FORMAT,
    markdown.FORMAT,
    text.FORMAT,
)
_BY_NAME = {form.name: form for form in FORMATS}
_BY_EXTENSION = {extension: form for form in FORMATS for extension in form.extensions}
_BY_MEDIA_TYPE = {kind: form for form in FORMATS for kind in form.media_types}
# Says nothing about the content.
_NO_DECLARATION = frozenset(("", "application/octet-stream", "binary/octet-stream"))


def by_name(name: str) -> Format:
    """The format of that name; raises `UnknownFormat`."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise _unknown() from None


def sniff(data: Buffer, name_hint: str | None = None, media_type: str | None = None) -> Format:
    """What format the bytes are, by content; a name or media type only decides between kinds of text.

    Raises `EmptyItem`, `UnknownFormat`, `NotUtf8`, `ProtectedOffice`, `LegacyOffice`, and `LyingFormat` where a
    declaration contradicts the bytes.
    """
    if not data:
        raise EmptyItem
    ole.refuse(data)
    declared = _declared(name_hint, media_type)
    actual = _actual(data)
    for form in declared:
        _compare(form, actual, data)
    textual = next((form for form in declared if form.textual), None)
    if textual is not None:
        return textual
    if actual is None or (actual.textual and _is_foreign_text(name_hint, media_type)):
        raise _unknown()
    return actual


def recognise(data: Buffer, name: str | None = None, media_type: str | None = None) -> tuple[Format, str | None]:
    """What format the bytes are whatever they are declared as, and the name of the format they are declared as falsely.

    For looking at an item only: who marks one refuses it where it lies. Raises what `sniff` raises but `LyingFormat`.
    """
    try:
        return sniff(data, name, media_type), None
    except LyingFormat as lie:
        actual = _actual(data)
        if actual is None:
            raise _unknown() from None
        return actual, str(lie.details["declared"])


def mapped(head: bytes) -> Format | None:
    """The format that is read through a memory map and begins like this."""
    return next((form for form in FORMATS if form.mapped and form.sniff(head)), None)


def _actual(data: Buffer) -> Format | None:
    """What the bytes are, if we know it; no map is ever read as a whole."""
    found = mapped(data[:HEAD])
    if found is not None or isinstance(data, mmap):
        return found
    return next((form for form in FORMATS if form.sniff(data)), None)


def _unknown() -> UnknownFormat:
    return UnknownFormat(supported=", ".join(form.name for form in FORMATS))


def _extension(name: str | None) -> str:
    return PurePath(name or "").suffix.lower().removeprefix(".")


def _kind(media_type: str | None) -> str:
    return (media_type or "").partition(";")[0].strip().lower()


def _declared(name: str | None, media_type: str | None) -> list[Format]:
    """The formats that name and media type declare, as far as we know them; the name first."""
    found = (_BY_EXTENSION.get(_extension(name)), _BY_MEDIA_TYPE.get(_kind(media_type)))
    return [form for form in found if form is not None]


def _compare(declared: Format, actual: Format | None, data: Buffer) -> None:
    """Raise where the bytes contradict a declaration; one kind of text looks like another."""
    if declared is actual or (actual is not None and declared.name == actual.within):
        return
    if declared.mapped and declared.sniff(data[:HEAD]):  # such as sound in an MP4 of a plain brand
        return
    if declared.textual and (actual is None or actual.textual):
        if not _is_utf8(data):
            raise NotUtf8
        return
    content = (
        why(f"是 {actual.name}", f"is {actual.name}") if actual else why("的格式无法识别", "is of no known format")
    )
    raise LyingFormat(declared=declared.name, **content)


def _is_utf8(data: Buffer) -> bool:
    try:
        bytes(data).decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_foreign_text(name: str | None, media_type: str | None) -> bool:
    """Whether text is declared as something whose syntax a mark would break, such as a program's source."""
    return bool(_extension(name)) or _kind(media_type) not in _NO_DECLARATION

"""What must be the same before and after a label was written, as independent decoders see it, by format."""

import hashlib
import io
import json
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image, ImageSequence

from tests.media import movies

# The peers are untyped.
PIKEPDF: Any = import_module("pikepdf")
MUTAGEN: Any = import_module("mutagen")
SDF: Any = import_module("pxr.Sdf")
# The label's own, and what says where in the file something lies.
_ITS_OWN = ("aigc", "xmp", "lastkeyframelocation", "filesize")


@dataclass(frozen=True, slots=True)
class Kept:
    """A comparison: what it compares, in words, and what it sees of a file; both must be equal."""

    words: str
    seen: Callable[[bytes], Any]


def _others(found: Mapping[Any, Any]) -> dict[str, str]:
    """All metadata but the label's own."""
    words = {str(key): repr(value) for key, value in found.items() if "XMP DataXMP" not in repr(value)}
    return {key: value for key, value in words.items() if not any(name in key.lower() for name in _ITS_OWN)}


def _picture(data: bytes) -> Any:
    with Image.open(io.BytesIO(data)) as image:
        frames = [(frame.mode, hashlib.sha256(np.asarray(frame).tobytes()).hexdigest()) for frame in _frames(image)]
        return frames, _others(image.info), dict(image.getexif()) if image.format != "TIFF" else _tags(image)


def _frames(image: Image.Image) -> Any:
    return ImageSequence.Iterator(image)


def _tags(image: Any) -> dict[int, str]:
    """The tags of a TIFF but the packet's and those that say where things lie."""
    moved = {0x02BC, 273, 324, 34665}
    return {tag: repr(value) for tag, value in image.tag_v2.items() if tag not in moved}


def _heif(data: bytes) -> Any:
    pictures = import_module("pillow_heif").open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
    return [np.asarray(one).tobytes() for one in pictures], pictures.info.get("exif"), pictures.info.get("icc_profile")


def _streams(data: bytes) -> str:
    """The SHA-256 of every stream's packets, by ffmpeg."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "item"
        path.write_bytes(data)
        program = import_module("imageio_ffmpeg").get_ffmpeg_exe()
        command = (program, "-v", "error", "-i", str(path), "-map", "0", "-c", "copy", "-f", "streamhash", "-")
        return subprocess.run(command, capture_output=True, check=False).stdout.decode() or "unreadable"


def _film(data: bytes) -> Any:
    return movies.packets(data), _others(movies.tags(data)), _streams(data)


def _sound(data: bytes) -> Any:
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int32")
    tags = MUTAGEN.File(io.BytesIO(data))
    return samples.tobytes(), rate, _others(dict(tags.tags or {}) if tags is not None else {})


def _wave(data: bytes) -> Any:
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float64")
    return samples.tobytes(), rate, [chunk for chunk in _chunks(data) if chunk[0] != b"AIGC"]


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        found.append((data[at : at + 4], data[at + 8 : at + 8 + size]))
        at += 8 + size + (size & 1)
    return found


def _flac_in_ogg(data: bytes) -> Any:
    """libsndfile reads no such file: the packets, by ffmpeg."""
    try:
        return _sound(data)
    except soundfile.LibsndfileError:
        return _streams(data)


def _parts(*changed: str) -> Callable[[bytes], Any]:
    """Every entry of the archive but those that name the label, in their order, with times and ways of packing."""

    def seen(data: bytes) -> Any:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            infos = [info for info in archive.infolist() if info.filename not in changed]
            entries = [(one.filename, one.date_time, one.compress_type, archive.read(one)) for one in infos]
            return entries, archive.comment

    return seen


_OOXML = _parts("docProps/custom.xml", "_rels/.rels", "[Content_Types].xml")


def _office(library: str, words: Callable[[Any, io.BytesIO], Any]) -> Callable[[bytes], Any]:
    """The parts, and what the format's own library reads; a template is a document to few of them."""

    def seen(data: bytes) -> Any:
        try:
            return _OOXML(data), words(import_module(library), io.BytesIO(data))
        except ValueError:
            return _OOXML(data), "not opened as a template"

    return seen


def _pdf(data: bytes) -> Any:
    with PIKEPDF.open(io.BytesIO(data)) as pdf:
        pages = [page.obj.unparse(resolved=True) for page in pdf.pages]
        contents = [bytes(page.Contents.read_bytes()) if "/Contents" in page else b"" for page in pdf.pages]
        about = {key: str(value) for key, value in pdf.docinfo.items() if key != "/AIGC"}
        packet = pdf.Root.get("/Metadata")
        return len(pages), contents, about, None if packet is None else packet.read_bytes()


def _json(data: bytes) -> Any:
    found = json.loads(data.decode("utf-8-sig"))
    found.pop("AIGC", None)
    return found


def _scene(data: bytes) -> Any:
    """The scene without its packets of XMP, and its buffers."""
    text, rest = data, b""
    if data.startswith(b"glTF"):
        size = int.from_bytes(data[12:16], "little")
        text, rest = data[20 : 20 + size], data[20 + size :]
    scene = json.loads(text)
    for place in (scene.get("asset", {}), scene):
        _bare(place)
    return scene, rest


def _bare(place: dict[str, Any]) -> None:
    """Without what the label's packet is and what names it."""
    if place.get("extensions", {}).pop("KHR_xmp_json_ld", None) is not None and not place["extensions"]:
        del place["extensions"]
    used = [name for name in place.get("extensionsUsed", ()) if name != "KHR_xmp_json_ld"]
    if "extensionsUsed" in place:
        place["extensionsUsed"] = used
    if place.get("extensionsUsed") == []:
        del place["extensionsUsed"]
    if isinstance(extras := place.get("extras"), dict) and extras.pop("AIGC", None) and not extras:
        del place["extras"]


def _layer(extension: str) -> Callable[[bytes], Any]:
    """The layer as USD's own library writes it out, without the label, and the package's other files."""

    def seen(data: bytes) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"item.{extension}")
            path.write_bytes(data)
            layer = SDF.Layer.FindOrOpen(str(path))
            words = layer.ExportToString()
        layer_data = re.sub(r'\s*string AIGC = "\{.*|\s*string AIGC = \'\{.*', "", words)
        bare = re.sub(r"\s*customLayerData = \{\s*\}", "", layer_data).replace("#usda 1.0\n(\n)\n", "#usda 1.0\n")
        return bare, _inside(data) if extension == "usdz" else None

    return seen


def _inside(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()[1:]}


_PIXELS = Kept("pixels of every frame, EXIF, profile and other metadata, by Pillow", _picture)
_FILM = Kept("packets with times and flags by PyAV, SHA-256 of streams by ffmpeg, other metadata", _film)
_SOUND = Kept("samples by libsndfile, other tags by mutagen", _sound)
_ODF = Kept("every other part", _parts("meta.xml", "META-INF/manifest.xml"))
_SCENE = Kept("JSON without its XMP packets, buffers and other chunks", _scene)
# Text is compared as bytes: what was written must be one insertion, and all else where it was.
INSERTED = "every byte: the label is one insertion"

KEPT: Mapping[str, Kept] = {
    **dict.fromkeys(("png", "jpeg", "webp", "gif", "tiff", "avif"), _PIXELS),
    "heif": Kept("pixels of every picture, EXIF and profile, by libheif", _heif),
    **dict.fromkeys(("mp4", "mov", "m4a", "mkv", "webm", "flv", "avi"), _FILM),
    "wav": Kept("samples by libsndfile, every other chunk", _wave),
    **dict.fromkeys(("mp3", "flac"), _SOUND),
    **dict.fromkeys(("ogg", "opus"), Kept(_SOUND.words, _flac_in_ogg)),
    "docx": Kept(
        "every other part; paragraphs by python-docx",
        _office("docx", lambda docx, file: [one.text for one in docx.Document(file).paragraphs]),
    ),
    "xlsx": Kept(
        "every other part; cells by openpyxl",
        _office("openpyxl", lambda book, file: [list(one.values) for one in book.load_workbook(file)]),
    ),
    "pptx": Kept(
        "every other part; slides by python-pptx",
        _office("pptx", lambda show, file: [len(one.shapes) for one in show.Presentation(file).slides]),
    ),
    "pdf": Kept("pages and their contents, other information and packet, by pikepdf", _pdf),
    "ofd": Kept("every other part", _parts("OFD.xml")),
    "odt": _ODF,
    "epub": Kept("every other part", _parts("content.opf", "OEBPS/content.opf", "EPUB/package.opf", "package.opf")),
    "json": Kept("every other member", _json),
    "gltf": _SCENE,
    "glb": _SCENE,
    "usda": Kept("the layer as USD's own library writes it", _layer("usda")),
    "usdc": Kept("the layer as USD's own library writes it", _layer("usdc")),
    "usdz": Kept("the layer as USD's own library writes it, every other file", _layer("usdz")),
}


def is_inserted(before: bytes, after: bytes) -> bool:
    """Whether the second is the first with one piece more."""
    head = next((at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    return len(after) > len(before) and after.endswith(before[head:])

"""Who else finds the label where the practice guides put it: other people's readers, as they come."""

import base64
import io
import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from PIL import Image

from benchmarks.marks import peers
from benchmarks.marks.corpus import CORPUS, made
from benchmarks.marks.roundtrip import label_for, marked
from benchmarks.measure import markdown
from sealmark import media
from sealmark.marks.errors import BadLabel
from sealmark.marks.label import Label

# What a reader says of a file, as one text in which the label must stand.
Words = Callable[[bytes, str], str]


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader: what it says of a file, which formats it reads, and in which of these it shows no such place.

    `blind` names formats whose place the reader never shows, whoever wrote there, and why; `beyond` files of the
    corpus that it does not read, marked or not.
    """

    name: str
    says: Words
    reads: tuple[str, ...]
    blind: Mapping[str, str]
    beyond: tuple[str, ...] = ()


def _file(data: bytes, extension: str, run: Callable[[str], str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"item.{extension}")
        path.write_bytes(data)
        return run(str(path))


def _exiftool(data: bytes, extension: str) -> str:
    def run(path: str) -> str:
        # -U: chunks that it has no name for as well, -b: their content.
        said = subprocess.run(
            [*peers.exiftool(), "-j", "-a", "-G1", "-U", "-b", path], capture_output=True, check=False
        )
        found = json.loads(said.stdout or "[{}]")[0]
        return "\n".join(_bare(str(value)) for key, value in found.items() if "AIGC" in f"{key}{value}".upper())

    return _file(data, extension, run)


def _bare(value: str) -> str:
    """A value of exiftool's JSON, which has Base64 for what it takes for binary."""
    coded = value.removeprefix("base64:")
    return value if coded == value else base64.b64decode(coded).decode("utf-8", "replace").strip("\x00")


def _ffmpeg(data: bytes, extension: str) -> str:
    def run(path: str) -> str:
        command = [peers.ffmpeg(), "-hide_banner", "-i", path]
        said = subprocess.run(command, capture_output=True, check=False).stderr.decode("utf-8", "replace")
        lines = [line.partition(":") for line in said.splitlines()]
        return "\n".join(value for key, _, value in lines if key.strip() == "AIGC")

    return _file(data, extension, run)


def _mutagen(data: bytes, _extension: str) -> str:
    found: Any = import_module("mutagen").File(io.BytesIO(data))
    tags = {} if found is None or found.tags is None else dict(found.tags)
    return "\n".join(_text(value) for key, value in tags.items() if "AIGC" in str(key).upper())


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_text(one) for one in value)
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _pikepdf(data: bytes, _extension: str) -> str:
    with import_module("pikepdf").open(io.BytesIO(data)) as pdf:
        return str(pdf.docinfo.get("/AIGC", ""))


def _pillow(data: bytes, _extension: str) -> str:
    with Image.open(io.BytesIO(data)) as image:
        return _packet(image.info.get("xmp") or image.info.get("XML:com.adobe.xmp", ""))


def _heif(data: bytes, _extension: str) -> str:
    return _packet(import_module("pillow_heif").open_heif(io.BytesIO(data)).info.get("xmp") or b"")


def _packet(packet: bytes | str) -> str:
    packet = packet.strip(b"\x00") if isinstance(packet, bytes) else packet
    found = ElementTree.fromstring(packet).find(".//{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC")
    return "" if found is None else found.text or ""


def _office(library: str, opener: str) -> Words:
    """The custom properties, through the library's own opening of the package."""

    def says(data: bytes, _extension: str) -> str:
        document: Any = getattr(import_module(library), opener)(io.BytesIO(data))
        if library == "openpyxl":
            return "\n".join(one.value for one in document.custom_doc_props.props if one.name == "AIGC")
        parts = document.part.package.iter_parts()
        custom = next(part for part in parts if str(part.partname) == "/docProps/custom.xml")
        return _property(custom.blob)

    return says


def _property(custom: bytes) -> str:
    named = (one for one in ElementTree.fromstring(custom) if one.get("name") == "AIGC")
    return "".join("".join(one.itertext()) for one in named)


def _pygltflib(data: bytes, extension: str) -> str:
    def run(path: str) -> str:
        scene: Any = import_module("pygltflib").GLTF2().load(path)
        packet = scene.asset.extensions["KHR_xmp_json_ld"]["packet"]
        value = scene.extensions["KHR_xmp_json_ld"]["packets"][packet]["TC260:AIGC"]
        return value if isinstance(value, str) else json.dumps(value)

    return _file(data, extension, run)


def _pxr(data: bytes, extension: str) -> str:
    def run(path: str) -> str:
        layer: Any = import_module("pxr.Sdf").Layer.FindOrOpen(path)
        return str(layer.customLayerData["AIGC"])

    return _file(data, extension, run)


_IMAGES = ("png", "jpeg", "webp", "gif", "tiff", "avif")
_FILMS = ("mp4", "mov", "m4a", "mkv", "webm", "flv", "avi")
_SOUNDS = ("wav", "mp3", "flac", "ogg", "opus")
_NO_CHUNK = "it passes over RIFF chunks that it does not know"
_NO_KEYS = "it reads the list of iTunes alone, not that of `keys`"
READERS = (
    Reader(
        "exiftool",
        _exiftool,
        (*_IMAGES, "heif", "svg", *_FILMS, *_SOUNDS, "pdf", "html"),
        {},
        # These it takes for plain text; that PDF's own information it does not find either.
        beyond=("fragment", "XHTML", "junk before"),
    ),
    Reader("ffmpeg", _ffmpeg, (*_FILMS, *_SOUNDS), {"wav": _NO_CHUNK}),
    Reader("mutagen", _mutagen, ("m4a", "mp4", *_SOUNDS), {"wav": _NO_CHUNK, "m4a": _NO_KEYS, "mp4": _NO_KEYS}),
    Reader("pikepdf", _pikepdf, ("pdf",), {}),
    Reader("Pillow", _pillow, _IMAGES, {"gif": "it names the extension and its place, and does not give its content"}),
    Reader("pillow-heif", _heif, ("heif",), {}),
    Reader("python-docx", _office("docx", "Document"), ("docx",), {}, ("template",)),
    Reader("openpyxl", _office("openpyxl", "load_workbook"), ("xlsx",), {}),
    Reader("python-pptx", _office("pptx", "Presentation"), ("pptx",), {}, ("template",)),
    Reader("pygltflib", _pygltflib, ("gltf", "glb"), {}),
    Reader("OpenUSD (pxr)", _pxr, ("usda", "usdc", "usdz"), {}),
)


@dataclass(frozen=True, slots=True)
class Sight:
    """How many files of a format a reader found the label in, of how many; `why` says why it cannot."""

    found: int
    files: int
    why: str = ""

    @property
    def shown(self) -> str:
        """One cell of the table."""
        return "○" if self.why else f"✓ {self.found}" if self.found == self.files else f"✗ {self.found} of {self.files}"


Sights = dict[tuple[str, str], Sight]


def sights() -> Sights:
    """Every reader on every marked file of the formats that it reads."""
    found = {}
    for form in CORPUS:
        for reader in READERS:
            if form in reader.reads:
                found[form, reader.name] = _sight(reader, form)
    return found


def _sight(reader: Reader, form: str) -> Sight:
    if form in reader.blind:
        return Sight(0, 0, reader.blind[form])
    hits = [_finds(reader, form, key) for key in CORPUS[form] if key not in reader.beyond]
    return Sight(sum(hits), len(hits))


def _finds(reader: Reader, form: str, key: str) -> bool:
    data = marked(form, made(form, key)).data
    try:
        said = reader.says(data, media.sniff(data).extension)
        return label_for(form) in map(_label, said.splitlines())
    except Exception:  # a reader that stumbles has not found it
        return False


def _label(line: str) -> Label | None:
    """The label in a line that may have a name before it."""
    try:
        return Label.parse(line[line.index("{") : line.rindex("}") + 1])
    except (BadLabel, ValueError):
        return None


def table(found: Sights) -> str:
    """Formats and readers."""
    names = [reader.name for reader in READERS]
    rows = [
        (f"`{form}`", *(found[form, name].shown if (form, name) in found else "–" for name in names))
        for form in CORPUS
        if any((form, name) in found for name in names)
    ]
    return markdown(("format", *names), rows)


def notes() -> list[str]:
    """What ○ means, reader by reader."""
    return [f"○ {reader.name}, {', '.join(_like(reader, why))}: {why}" for reader in READERS for why in _whys(reader)]


def _whys(reader: Reader) -> list[str]:
    return list(dict.fromkeys(reader.blind.values()))


def _like(reader: Reader, why: str) -> list[str]:
    return [form for form, said in reader.blind.items() if said == why]


def missed(found: Sights) -> list[str]:
    """Where a reader that reads the format did not find every label."""
    return [
        f"{name}, {form}: {one.found} of {one.files}" for (form, name), one in found.items() if one.found < one.files
    ]

"""The corpus' honest files, made anew by `python -m tests.fuzz.seeds`: small ones of several makers a format.

They are kept in git, so that the everyday suite needs no encoder and always replays the same bytes.
"""

import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import soundfile
from PIL import Image

from sealmark import media
from sealmark.marks import metadata, security
from sealmark.marks.explicit import text as visible
from sealmark.marks.keys import SigningKey
from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from tests.media import films, movies, packages, papers, scenes, specimens

CORPUS = Path(__file__).with_name("corpus")
LABEL = Label.first("001191000000REHEAR5ALG1DEMO", "R0123456789AB", reserved_code1="""it's "q" & <t>""")
SHORT = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
_SCALAR = 0x5EA1  # a private key for tests, which anyone may know
_FILM = ("-f", "lavfi", "-i", "testsrc=s=16x16:r=5:d=0.6", "-f", "lavfi", "-i", "sine=d=0.1:r=8000")
_AVC = ("-c:v", "libx264", "-preset", "ultrafast", "-x264-params", "info=0", "-c:a", "aac", "-b:a", "16k")
_BOTH = ("-map", "0", "-map", "1", "-metadata", "title=T")


def _film(extension: str, *arguments: str) -> bytes:
    return movies.ffmpeg(extension, *_BOTH, *arguments, inputs=_FILM)


def _small(mode: str = "RGB") -> Image.Image:
    return specimens.picture(20, 12, mode)


def _picture(form: str, mode: str = "RGB", /, **settings: Any) -> bytes:
    return specimens.saved(_small(mode), form, **settings)


def _sound(form: str, subtype: str | None = None, rate: int = 8000, seconds: float = 0.06) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, specimens.tone(seconds, rate), rate, format=form, subtype=subtype)
    return out.getvalue()


def _heif(mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    import_module("pillow_heif").from_pillow(specimens.picture(16, 16, mode)).save(out, **options)
    return out.getvalue()


def _id3() -> bytes:
    tagged = io.BytesIO(_sound("MP3", rate=16000))
    tags = import_module("mutagen.id3")
    tag = tags.ID3()
    tag.add(tags.TIT2(encoding=1, text="题"))
    tag.add(tags.TXXX(encoding=3, desc="mood", text="calm"))
    tag.save(tagged, v2_version=4)
    return tagged.getvalue()


def _office(kind: str) -> bytes:
    """The least document of a library of another, without the pictures and themes that make it large."""
    if kind == "docx":
        return packages.docx()
    main = {"xlsx": "spreadsheetml.sheet", "pptx": "presentationml.presentation"}[kind]
    return packages.docx(f"application/vnd.openxmlformats-officedocument.{main}.main+xml")


def _usdz() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.usda", scenes.USDA)
    return out.getvalue()


def _streamed() -> bytes:
    return packages.zipped(packages.ofd_parts(), streamed=True, comment=b"c")


def _signed() -> str:
    return security.signed(Label.first("001191000000REHEAR5ALG1DEMO", "A1"), SigningKey.of(_SCALAR)).reserved_code1


_EXIF: dict[str, Any] = {"exif": specimens.exif(comment=b"ASCII\0\0\0" + LABEL.wrapped().encode())}
SEEDS: Mapping[str, Mapping[str, Callable[[], bytes]]] = {
    "png": {
        "rgb": lambda: _picture("PNG", dpi=(72, 72)),
        "palette": lambda: _picture("PNG", "P"),
        "header": lambda: specimens.png_header(4, 4),
        "moving": lambda: _picture("PNG", save_all=True, append_images=[_small().rotate(90)]),
    },
    "jpeg": {
        "baseline": lambda: _picture("JPEG", quality=20, comment="c", **_EXIF),
        "progressive": lambda: _picture("JPEG", quality=20, progressive=True),
        "grey": lambda: _picture("JPEG", "L", quality=20),
    },
    "webp": {
        "lossy": lambda: _picture("WEBP", quality=20),
        "lossless": lambda: _picture("WEBP", "RGBA", lossless=True, **_EXIF),
        "moving": lambda: _picture("WEBP", save_all=True, append_images=[_small().rotate(90)], quality=10),
    },
    "gif": {
        "still": lambda: _picture("GIF", "P", comment="c"),
        "moving": lambda: specimens.saved(_small("P"), "GIF", save_all=True, append_images=[_small("P").rotate(90)]),
    },
    "tiff": {
        "plain": lambda: _picture("TIFF", tiffinfo={0x010E: "d"}),
        "big": lambda: _picture("TIFF", big_tiff=True),
        "pages": lambda: _picture("TIFF", save_all=True, append_images=[_small()], compression="tiff_lzw"),
    },
    "avif": {"pillow": lambda: specimens.saved(specimens.picture(16, 16), "AVIF", speed=10, quality=20)},
    "heif": {"libheif": _heif, "alpha": lambda: _heif("RGBA", exif=specimens.exif().tobytes())},
    "mp4": {
        "plain": lambda: _film("mp4", *_AVC),
        "head-first": lambda: _film("mp4", *_AVC, "-movflags", "faststart+use_metadata_tags", "-metadata", "mood=calm"),
        "fragments": lambda: _film("mp4", *_AVC, "-movflags", "frag_keyframe+empty_moov"),
        "dash": lambda: _film("mp4", *_AVC, "-movflags", "dash+frag_keyframe+global_sidx"),
    },
    "mov": {"plain": lambda: _film("mov", *_AVC)},
    "m4a": {"aac": lambda: movies.ffmpeg("m4a", "-map", "1", "-c:a", "aac", "-b:a", "16k", inputs=_FILM)},
    "mkv": {
        "plain": lambda: _film("mkv", *_AVC),
        "checked": lambda: films.with_everything(_film("mkv", *_AVC), films.simple_tag("TITLE", "题"), crc=True),
        "open": lambda: films.with_everything(_film("mkv", *_AVC), live=True),
    },
    "webm": {"vp8": lambda: _film("webm", "-c:v", "libvpx", "-c:a", "libopus", "-b:a", "16k")},
    "flv": {
        "plain": lambda: _film("flv", "-c:v", "flv", "-an"),
        "indexed": lambda: _film("flv", *_AVC, "-ar", "44100", "-flvflags", "add_keyframe_index"),
    },
    "avi": {
        "plain": lambda: _film("avi", "-c:v", "mpeg4", "-c:a", "pcm_u8"),
        "opendml": lambda: films.opendml(_film("avi", "-c:v", "mpeg4", "-c:a", "pcm_u8")),
    },
    "wav": {
        "sixteen": lambda: _sound("WAV", "PCM_16"),
        "float": lambda: _sound("WAV", "FLOAT"),
        "adpcm": lambda: _sound("WAV", "IMA_ADPCM"),
    },
    "mp3": {"plain": lambda: _sound("MP3", rate=16000, seconds=0.1), "tagged": _id3},
    "flac": {"plain": lambda: _sound("FLAC"), "deep": lambda: _sound("FLAC", "PCM_24")},
    "ogg": {"vorbis": lambda: _sound("OGG", "VORBIS")},
    "opus": {"opus": lambda: _sound("OGG", "OPUS")},
    "docx": {"plain": lambda: _office("docx"), "custom": lambda: packages.zipped(packages.custom_parts(""))},
    "xlsx": {"plain": lambda: _office("xlsx")},
    "pptx": {"plain": lambda: _office("pptx")},
    "epub": {
        "three": lambda: packages.epub(packages.epub3_parts()),
        "two": lambda: packages.epub(packages.epub2_parts()),
    },
    "ofd": {"plain": lambda: packages.zipped(packages.ofd_parts()), "streamed": _streamed},
    "odt": {"plain": lambda: packages.odf(packages.odf_parts())},
    "pdf": {key.replace(" ", "-").replace(",", ""): papers.EVERY[key] for key in papers.EVERY if key != "Pillow"},
    "gltf": {"by-hand": scenes.gltf_by_hand, "least": scenes.gltf_least},
    "glb": {"by-hand": scenes.glb_by_hand, "library": scenes.glb_of_a_library},
    "usda": {"plain": scenes.USDA.encode, "line": lambda: scenes.EVERY["usda of one line"]},
    "usdc": {
        "plain": lambda: scenes.usdc(scenes.USDA),
        "bare": lambda: scenes.usdc('#usda 1.0\ndef Sphere "ball"\n{\n}\n'),
    },
    "usdz": {"text": _usdz, "crate": lambda: scenes.usdz_of_a_library("usdc")},
    "ply": {"text": scenes.ply, "binary": lambda: scenes.ply("binary_big_endian", "\r\n")},
    "obj": {"plain": scenes.OBJ.encode},
    "stl": {"text": lambda: scenes.EVERY["stl text of two"], "binary": scenes.stl},
    "svg": {"plain": lambda: specimens.WRITTEN["svg"]},
    "html": {
        "plain": lambda: specimens.WRITTEN["html"],
        "tricks": lambda: b"<!doctype html><head><script>'<meta name=AIGC>'</script><!-- <meta name=AIGC> --><p>",
    },
    "vtt": {"plain": lambda: specimens.WRITTEN["vtt"]},
    "srt": {"plain": lambda: specimens.WRITTEN["srt"]},
    "json": {"plain": lambda: specimens.WRITTEN["json"]},
    "markdown": {"plain": lambda: specimens.EVERY["markdown"], "bare": lambda: b"# words\n\n- a\n"},
    "text": {
        "marked": lambda: visible.mark("春天的雨。\n第二行。\n", position="start_end").encode(),
        "foreign": "本文由 AI 生成，仅供参考。\nwords".encode,
    },
    "label": {
        "inner": lambda: LABEL.inner().encode(),
        "wrapped": lambda: LABEL.wrapped().encode(),
        "spelled": lambda: json.dumps({"AIGC": LABEL.as_dict()}, indent=2).encode("utf-8"),
    },
    "security": {"signed": lambda: _signed().encode(), "foreign": lambda: _signed().replace('"Md"', '"X"').encode()},
    "xmp": {
        "ours": lambda: xmp.write(None, LABEL, "xmp"),
        "theirs": lambda: papers.PACKET.format("").encode(),
    },
    "key": {
        "private": lambda: SigningKey.of(_SCALAR).pem().encode(),
        "public": lambda: SigningKey.of(_SCALAR).public_key.pem().encode(),
        "hexadecimal": lambda: SigningKey.of(_SCALAR).public_key.hex().encode(),
    },
}


def made() -> Iterator[tuple[Path, bytes]]:
    """Every seed and its marked twin where the format has a place for the label, with where it is kept."""
    for form, makers in SEEDS.items():
        for name, make in makers.items():
            data = make()
            yield CORPUS / form / name, data
            if form in metadata.CARRIERS:
                # A binary STL has room for a short one only.
                label = SHORT if form == "stl" else LABEL
                yield CORPUS / form / f"{name}-marked", metadata.write(data, label, media.by_name(form))


def main() -> int:
    """Write the seeds that are not there yet; what is there stays, since findings rest on it."""
    for path, data in made():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())

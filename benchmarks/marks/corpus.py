"""The corpus: at least three real files a format, of several encoders, made when they are needed."""

import io
import subprocess
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from typing import Any

import soundfile

from tests.media import film_samples, movies, packages, papers, scenes, specimens

LEAST = 3  # files a format
Makers = Mapping[str, Callable[[], bytes]]
_TONE = ("-f", "lavfi", "-i", "sine=d=1:r=16000")
_STILL = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=1")
_SOUNDED = ("-map", "1:a", "-metadata", "title=题 T")


def _pillow(form: str, mode: str = "RGB", **settings: Any) -> Callable[[], bytes]:
    return lambda: specimens.saved(specimens.picture(mode=mode), form, **settings)


def _ffmpeg(extension: str, *arguments: str, inputs: tuple[str, ...] = _STILL) -> Callable[[], bytes]:
    return lambda: movies.ffmpeg(extension, *arguments, inputs=inputs)


def _sounded(extension: str, *arguments: str) -> Callable[[], bytes]:
    return _ffmpeg(extension, *_SOUNDED, *arguments, inputs=movies.SOURCES)


def _libheif(mode: str = "RGB", **options: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        out = io.BytesIO()
        import_module("pillow_heif").from_pillow(specimens.picture(mode=mode)).save(out, **options)
        return out.getvalue()

    return make


def _soundfile(form: str, subtype: str, rate: int = 16000, channels: int = 2) -> Callable[[], bytes]:
    def make() -> bytes:
        out = io.BytesIO()
        soundfile.write(out, specimens.tone(1.0, rate, channels), rate, format=form, subtype=subtype)
        return out.getvalue()

    return make


def _document(library: str, make: Callable[[Any], Any]) -> Callable[[], bytes]:
    def run() -> bytes:
        out = io.BytesIO()
        make(import_module(library)).save(out)
        return out.getvalue()

    return run


def _word(docx: Any) -> Any:
    document = docx.Document()
    document.add_heading("题", 1)
    for number in range(20):
        document.add_paragraph(f"第 {number} 段 words")
    document.add_picture(io.BytesIO(specimens.png()))
    return document


def _workbook(openpyxl: Any) -> Any:
    book = openpyxl.Workbook()
    for row in range(20):
        book.active.append([row, f"行 {row}", row / 7])
    book.create_sheet("第二").append(["x"])
    return book


def _slides(pptx: Any) -> Any:
    show = pptx.Presentation()
    for number in range(3):
        show.slides.add_slide(show.slide_layouts[1]).shapes.title.text = f"题 {number}"
    return show


def _repacked(make: Callable[[], bytes], **settings: Any) -> Callable[[], bytes]:
    """The same parts as another writer packs them."""
    return lambda: packages.zipped(packages.unzipped(make()), **settings)


def _renamed(make: Callable[[], bytes], was: bytes, now: bytes) -> Callable[[], bytes]:
    """The same document as a template: another content type of the main part."""

    def run() -> bytes:
        parts = packages.unzipped(make())
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(was, now)
        return packages.zipped(parts)

    return run


def _held(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def _of(every: Mapping[str, Callable[[], bytes] | bytes], form: str) -> dict[str, Callable[[], bytes]]:
    """What a table of the tests' makers has of a format."""
    found = {key: make for key, make in every.items() if key.partition(" ")[0] == form}
    return {key: _held(make) if isinstance(make, bytes) else make for key, make in found.items()}


def _movies(form: str) -> Makers:
    return {key: partial(movies.made, key) for key in movies.EVERY if key.partition(" ")[0] == form}


_DOCX, _XLSX, _PPTX = _document("docx", _word), _document("openpyxl", _workbook), _document("pptx", _slides)
_PLAY = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'
_RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'


def _office(make: Callable[[], bytes], template: tuple[bytes, bytes]) -> Makers:
    return {
        "library": make,
        "stored": _repacked(make, stored=True),
        "streamed": _repacked(make, streamed=True, comment=b"kept"),
        "template": _renamed(make, *template),
    }


def _subtitles() -> bytes:
    """Subtitles as ffmpeg turns SubRip into WebVTT."""
    program = import_module("imageio_ffmpeg").get_ffmpeg_exe()
    source = b"1\n00:00:01,000 --> 00:00:02,000\nwords\n\n"
    line = [program, "-v", "error", "-f", "srt", "-i", "pipe:0", "-f", "webvtt", "pipe:1"]
    return subprocess.run(line, input=source, check=True, capture_output=True).stdout


def _texts(**items: str) -> Makers:
    return {key: _held(text.encode()) for key, text in items.items()}


CORPUS: Mapping[str, Makers] = {
    "png": {
        "Pillow": specimens.png,
        "Pillow 16 bit, alpha": _pillow("PNG", "RGBA", pnginfo=None),
        "Pillow moving": _pillow("PNG", save_all=True, append_images=[specimens.picture().rotate(9)]),
        "ffmpeg": _ffmpeg("png", "-frames:v", "1", "-pix_fmt", "rgb48be"),
    },
    "jpeg": {
        "Pillow": specimens.jpeg,
        "Pillow progressive CMYK": lambda: specimens.jpeg("CMYK", progressive=True),
        "ffmpeg": _ffmpeg("jpg", "-frames:v", "1", "-pix_fmt", "yuvj444p"),
    },
    "webp": {
        "Pillow lossy": specimens.webp,
        "Pillow lossless": lambda: specimens.webp("RGBA", lossless=True, exif=specimens.exif()),
        "Pillow moving": _pillow("WEBP", save_all=True, append_images=[specimens.picture().rotate(9)]),
        "ffmpeg": _ffmpeg("webp", "-frames:v", "1", "-c:v", "libwebp"),
    },
    "gif": {"Pillow": specimens.gif, "Pillow moving": lambda: specimens.gif(4), "ffmpeg": _ffmpeg("gif")},
    "tiff": {
        "Pillow": specimens.tiff,
        "Pillow pages": lambda: specimens.tiff(3, compression="tiff_lzw"),
        "Pillow BigTIFF": lambda: specimens.tiff(big_tiff=True),
        "ffmpeg": _ffmpeg("tiff", "-frames:v", "1"),
    },
    "heif": {
        "libheif": _libheif(),
        "libheif alpha, EXIF": _libheif("RGBA", exif=specimens.exif().tobytes()),
        "libheif lossless": _libheif(quality=-1),
    },
    "avif": {
        "Pillow": _pillow("AVIF", speed=10),
        "Pillow alpha, EXIF": _pillow("AVIF", "RGBA", speed=10, exif=specimens.exif()),
        "ffmpeg": _ffmpeg("avif", "-c:v", "libsvtav1", "-frames:v", "1"),
    },
    "svg": {
        "by hand": lambda: specimens.WRITTEN["svg"],
        **_texts(
            metadata=_PLAY.format(f"<metadata>{_RDF}</metadata><path d='M0 0h9'/>"),
            declared='<?xml version="1.0" encoding="UTF-8"?>\r\n<!-- made by x -->\r\n' + _PLAY.format("<g/>"),
        ),
    },
    "mp4": _movies("mp4"),
    "mov": _movies("mov"),
    "m4a": _movies("m4a"),
    "mkv": _of(film_samples.EVERY, "mkv"),
    "webm": _of(film_samples.EVERY, "webm"),
    "flv": _of(film_samples.EVERY, "flv"),
    "avi": _of(film_samples.EVERY, "avi"),
    "wav": {
        "libsndfile": specimens.wav,
        "libsndfile float": lambda: specimens.wav("FLOAT", 48000, 2),
        "ffmpeg": _ffmpeg("wav", "-metadata", "title=T", inputs=_TONE),
    },
    "mp3": {
        "libsndfile": specimens.mp3,
        "ffmpeg": _ffmpeg("mp3", "-metadata", "title=题", inputs=_TONE),
        "ffmpeg ID3v2.3 and v1": _ffmpeg(
            "mp3", "-metadata", "title=T", "-id3v2_version", "3", "-write_id3v1", "1", inputs=_TONE
        ),
    },
    "flac": {
        "libsndfile": specimens.flac,
        "libsndfile 24 bit": _soundfile("FLAC", "PCM_24", 48000),
        "ffmpeg": _ffmpeg("flac", "-metadata", "title=题", inputs=_TONE),
    },
    "ogg": {
        "libsndfile Vorbis": specimens.ogg,
        "ffmpeg Vorbis": _ffmpeg("ogg", "-c:a", "libvorbis", "-metadata", "title=题", inputs=_TONE),
        "ffmpeg FLAC": _ffmpeg("ogg", "-c:a", "flac", inputs=_TONE),
    },
    "opus": {
        "libsndfile": lambda: specimens.ogg("OPUS"),
        "ffmpeg": _ffmpeg("opus", "-c:a", "libopus", "-metadata", "title=题", inputs=_TONE),
        "ffmpeg stereo": _ffmpeg("opus", "-c:a", "libopus", "-ac", "2", "-b:a", "32k", inputs=_TONE),
    },
    "docx": {
        **_office(_DOCX, (b"document.main", b"template.main")),
        "by hand": packages.docx,
    },
    "xlsx": _office(_XLSX, (b"sheet.main", b"template.main")),
    "pptx": _office(_PPTX, (b"presentation.main", b"template.main")),
    "pdf": papers.EVERY,
    "ofd": {
        "by hand": lambda: packages.zipped(packages.ofd_parts()),
        "streamed": lambda: packages.zipped(packages.ofd_parts(), streamed=True),
        "default namespace": lambda: packages.zipped(packages.ofd_parts(prefix=""), stored=True),
    },
    "odt": {
        "by hand": lambda: packages.odf(packages.odf_parts()),
        "no metadata": lambda: packages.odf(packages.odf_parts(None)),
        "fields": lambda: packages.odf(packages.odf_parts("<meta:editing-cycles>3</meta:editing-cycles>")),
    },
    "epub": {
        "3": lambda: packages.epub(packages.epub3_parts()),
        "2": lambda: packages.epub(packages.epub2_parts()),
        "3 stored": lambda: packages.zipped(packages.epub3_parts(), stored=True),
    },
    "markdown": _texts(
        front="---\ntitle: 题\ntags:\n  - a\n---\n# 你好\n", bare="# 你好\n\n- a\n", crlf="# a\r\n\r\nb\r\n"
    ),
    "html": _texts(
        whole="<!DOCTYPE html>\n<html><head><meta charset=utf-8><title>题</title></head><p>AIGC</html>",
        fragment="<p>hello <b>you</b></p>",
        XHTML='<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head><body/></html>',
    ),
    "json": _texts(indented='{\n  "题": [{"AIGC": 1}, "}"],\n  "a": 1.50\n}', compact='{"a":1}', empty="{}"),
    "srt": _texts(
        crlf="1\r\n00:00:01,000 --> 00:00:02,000\r\n你好\r\n\r\n",
        lf="1\n00:00:00,000 --> 00:00:02,000\n<i>a</i>\nb\n\n2\n00:00:03,000 --> 00:00:04,000\nc\n",
        bom="\ufeff1\n00:00:01,000 --> 00:00:02,000\na\n",
    ),
    "vtt": {
        "by hand": lambda: specimens.WRITTEN["vtt"],
        "ffmpeg": _subtitles,
        **_texts(bare="WEBVTT\n\n00:01.000 --> 00:02.000 align:start\na\n"),
    },
    "gltf": _of(scenes.EVERY, "gltf"),
    "glb": _of(scenes.EVERY, "glb"),
    "usda": _of(scenes.EVERY, "usda"),
    "usdc": _of(scenes.EVERY, "usdc"),
    "usdz": _of(scenes.EVERY, "usdz"),
    "ply": _of(scenes.EVERY, "ply"),
    "obj": _of(scenes.EVERY, "obj"),
    "stl": _of(scenes.EVERY, "stl"),
    "text": _texts(prose="春天的雨。\n第二段。\n", english="It rained.\r\nAll day.\r\n", line="一"),
}


@cache
def made(form: str, key: str) -> bytes:
    """One file of the corpus."""
    return CORPUS[form][key]()

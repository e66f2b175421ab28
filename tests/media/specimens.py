"""Items for tests, made when they are needed: small, deterministic, and with other metadata to keep."""

import io
import math
import struct
import zlib
from typing import Any

import mutagen.flac
import numpy as np
import soundfile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from . import packages

# The peer is untyped.
MUTAGEN: Any = mutagen

COMMENT = "a comment that stays"


def picture(width: int = 96, height: int = 64, mode: str = "RGB") -> Image.Image:
    """A smooth picture with some texture."""
    rows, columns = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(5).integers(0, 20, (height, width))
    red, green = 200 * columns / width + noise, 200 * rows / height + noise
    pixels = np.stack((red, green, noise * 4), axis=2).astype(np.uint8)
    image = Image.fromarray(pixels)
    return image if mode == "RGB" else image.convert(mode)


def saved(image: Image.Image, form: str, **settings: Any) -> bytes:
    """The picture in a format."""
    out = io.BytesIO()
    image.save(out, form, **settings)
    return out.getvalue()


def exif(orientation: int = 1, comment: bytes | None = None) -> Image.Exif:
    """An EXIF block with an orientation and, where given, a user comment."""
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010E] = COMMENT
    if comment is not None:
        block.get_ifd(0x8769)[0x9286] = comment
    return block


def png(mode: str = "RGB", **settings: Any) -> bytes:
    """A PNG with a text chunk, a profile and a density."""
    info = PngInfo()
    info.add_text("Comment", COMMENT)
    info.add_itxt("Title", "标题", lang="zh", tkey="题")
    return saved(picture(mode=mode), "PNG", pnginfo=info, dpi=(72, 72), icc_profile=b"not a real profile", **settings)


def jpeg(mode: str = "RGB", **settings: Any) -> bytes:
    """A JPEG with EXIF, a profile and a comment."""
    base = {"quality": 85, "exif": exif(), "icc_profile": b"not a real profile", "comment": COMMENT}
    return saved(picture(mode=mode), "JPEG", **(base | settings))


def webp(mode: str = "RGB", **settings: Any) -> bytes:
    """A WebP in the simple layout, or in the extended one where settings call for it."""
    return saved(picture(mode=mode), "WEBP", **settings)


def gif(frames: int = 1, **settings: Any) -> bytes:
    """A GIF with a comment, still or moving."""
    images = [picture(48 + index, 40, "P") for index in range(frames)]
    images = [image.crop((0, 0, 48, 40)) for image in images]
    moving = {"save_all": True, "append_images": images[1:], "duration": 80, "loop": 3, "disposal": 2}
    return saved(images[0], "GIF", comment=COMMENT, **(moving if frames > 1 else {}), **settings)


def tiff(pages: int = 1, *, mode: str = "RGB", **settings: Any) -> bytes:
    """A TIFF with a description, a profile and a density; of several pages where asked for."""
    images = [picture(96, 64 + index, mode) for index in range(pages)]
    base = {"tiffinfo": {0x010E: COMMENT}, "dpi": (72, 72), "icc_profile": b"not a real profile"}
    several = {"save_all": True, "append_images": images[1:]} if pages > 1 else {}
    return saved(images[0], "TIFF", **(base | several | settings))


def tone(seconds: float = 0.5, rate: int = 16000, channels: int = 1) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A quiet tone, [frames, channels]."""
    time = np.arange(int(seconds * rate)) / rate
    return np.repeat((0.3 * np.sin(2 * math.pi * 440 * time))[:, None], channels, axis=1).astype(np.float32)


def wav(subtype: str = "PCM_16", rate: int = 16000, channels: int = 1) -> bytes:
    """A WAV with an INFO list behind its samples."""
    out = io.BytesIO()
    soundfile.write(out, tone(rate=rate, channels=channels), rate, format="WAV", subtype=subtype)
    text = COMMENT.encode() + bytes(2 - len(COMMENT) % 2)
    info = b"INFOICMT" + struct.pack("<I", len(text)) + text
    body = out.getvalue()[8:] + b"LIST" + struct.pack("<I", len(info)) + info
    return b"RIFF" + struct.pack("<I", len(body)) + body


def mp3(rate: int = 24000, channels: int = 1) -> bytes:
    """An MP3 without tags."""
    out = io.BytesIO()
    soundfile.write(out, tone(rate=rate, channels=channels), rate, format="MP3")
    return out.getvalue()


def flac(rate: int = 16000, channels: int = 1) -> bytes:
    """A FLAC with comments, a cover picture and padding."""
    out = io.BytesIO()
    soundfile.write(out, tone(rate=rate, channels=channels), rate, format="FLAC")
    out.seek(0)
    tagged = MUTAGEN.flac.FLAC(out)
    tagged.update({"title": "题", "comment": COMMENT})
    cover = MUTAGEN.flac.Picture()
    cover.data, cover.mime = png_header(1, 1), "image/png"
    tagged.add_picture(cover)
    out.seek(0)
    tagged.save(out, padding=lambda _info: 300)
    return out.getvalue()


def ogg(subtype: str = "VORBIS", rate: int = 16000) -> bytes:
    """An Ogg with comments: VORBIS or OPUS."""
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", rate, 1, subtype, format="OGG") as file:
        file.title, file.comment = "题", COMMENT
        file.write(tone(rate=rate))
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG whose header announces a size that its few bytes of pixels do not fill."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(64)))]
    chunks = (
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        for kind, body in (*parts, (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


EVERY: dict[str, bytes] = {
    "png": png(),
    "jpeg": jpeg(),
    "webp": webp(),
    "webp extended": webp("RGBA", lossless=True, exif=exif(), icc_profile=b"not a real profile"),
    "gif": gif(),
    "gif moving": gif(4),
    "tiff": tiff(),
    "tiff pages": tiff(3, compression="tiff_lzw"),
    "wav": wav(),
    "mp3": mp3(),
    "flac": flac(),
    "ogg": ogg(),
    "opus": ogg("OPUS"),
    "markdown": "---\ntitle: 题\ntags:\n  - a\n---\n# 你好\n".encode(),
    "docx": packages.docx(),
    "epub 3": packages.epub(packages.epub3_parts()),
    "epub 2": packages.epub(packages.epub2_parts()),
    "ofd": packages.zipped(packages.ofd_parts()),
    "odt": packages.odf(packages.odf_parts()),
}
FORMAT_OF = {key: key.partition(" ")[0] for key in EVERY}
# Kinds of text whose visible mark is not built yet.
WRITTEN: dict[str, bytes] = {
    "svg": '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><title>题</title></svg>'.encode(),
    "html": "<!DOCTYPE html>\n<html><head><meta charset=utf-8><title>题</title></head><p>AIGC</html>".encode(),
    "vtt": "WEBVTT - 题\n\nNOTE stays\n\n00:01.000 --> 00:02.000\n你好\n".encode(),
    "srt": "1\r\n00:00:01,000 --> 00:00:02,000\r\n你好\r\n\r\n".encode(),
    "json": '{\n  "题": [{"AIGC": 1}, "}"],\n  "a": 1.50\n}'.encode(),
}

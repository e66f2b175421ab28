"""The files whose marking is timed, made once in a folder by ffmpeg, Pillow, libsndfile and documents' libraries."""

import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from benchmarks.marks import peers
from benchmarks.marks.corpus import made
from tests.media import specimens

_NOISE = "noise=alls=40:allf=t"
_HD = ("-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=25:d=10", "-f", "lavfi", "-i", "sine=d=10")
# Noise that no encoder makes small: 55 MB of H.264 in seconds.
_HEAVY = ("-f", "lavfi", "-i", f"testsrc2=s=1280x720:r=25:d=8,{_NOISE}", "-f", "lavfi", "-i", "sine=d=8")
_FAST = ("-c:v", "libx264", "-preset", "ultrafast", "-b:v", "54M", "-maxrate", "54M", "-bufsize", "54M", "-g", "25")


def _ffmpeg(target: Path, *arguments: str) -> None:
    command = [peers.ffmpeg(), "-v", "error", "-y", *arguments, str(target)]
    subprocess.run(command, check=True, capture_output=True)


def _picture(side: tuple[int, int], seed: int = 3) -> Image.Image:
    """A picture as large as it says, with as much detail as a photograph."""
    chance = np.random.default_rng(seed)
    width, height = side
    rough = Image.fromarray(chance.integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8))
    smooth = np.asarray(rough.resize(side, Image.Resampling.BICUBIC), np.int16)
    return Image.fromarray(np.clip(smooth + chance.integers(-12, 12, smooth.shape), 0, 255).astype(np.uint8))


def _saved(target: Path, side: tuple[int, int], form: str, **settings: Any) -> None:
    _picture(side).save(target, form, **settings)


def _megabyte(target: Path) -> None:
    """A JPEG of about 1 MB."""
    noise = np.random.default_rng(3).integers(0, 255, (1200, 1100, 3), dtype=np.uint8)
    target.write_bytes(specimens.saved(Image.fromarray(noise), "JPEG", quality=85, exif=specimens.exif()))


def _sound(target: Path, seconds: float, form: str, subtype: str | None = None, channels: int = 2) -> None:
    chance = np.random.default_rng(4)
    with soundfile.SoundFile(target, "w", 48000, channels, subtype, format=form) as file:
        for _ in range(round(seconds)):
            file.write(chance.normal(0, 0.2, (48000, channels)).astype(np.float32))


def _pdf(target: Path) -> None:
    """Ten pages with a picture each."""
    pages = [_picture((620, 876), seed) for seed in range(10)]
    pages[0].save(target, "PDF", save_all=True, append_images=pages[1:], title="题")


def _longer(target: Path, times: int) -> None:
    source = target.with_name("heavy.mp4")
    _ffmpeg(target, "-stream_loop", str(times - 1), "-i", str(source), "-c", "copy", "-movflags", "faststart")


def _other(target: Path) -> None:
    _ffmpeg(target, "-i", str(target.with_name("heavy.mp4")), "-map", "0", "-c", "copy")


def _text(target: Path) -> None:
    target.write_text("春天的雨落在屋檐上，声音很轻。\n\n" * 200, "utf-8")


def _from_corpus(form: str, key: str, target: Path) -> None:
    target.write_bytes(made(form, key))


ITEMS: Mapping[str, Callable[[Path], None]] = {
    "megabyte.jpg": _megabyte,
    "heavy.mp4": lambda target: _ffmpeg(target, *_HEAVY, *_FAST, "-c:a", "aac", "-movflags", "faststart"),
    "tenth.mp4": lambda target: _ffmpeg(
        target, "-i", str(target.with_name("heavy.mp4")), "-t", "0.4", "-c", "copy", "-movflags", "faststart"
    ),
    "tenfold.mp4": partial(_longer, times=10),
    "heavy.mov": _other,
    "heavy.mkv": _other,
    "heavy.flv": _other,
    "heavy.avi": _other,
    "heavy.wav": partial(_sound, seconds=270, form="WAV"),
    "heavy.flac": partial(_sound, seconds=270, form="FLAC"),
    "heavy.ogg": partial(_sound, seconds=400, form="OGG", subtype="VORBIS"),
    "heavy.mp3": partial(_sound, seconds=120, form="MP3"),
    "megapixel.jpg": partial(_saved, side=(1216, 832), form="JPEG", quality=88),
    "hd.mp4": lambda target: _ffmpeg(
        target, *_HD, "-vf", "noise=alls=8:allf=t", "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac"
    ),
    "megapixel.png": partial(_saved, side=(1216, 832), form="PNG"),
    "megapixel.webp": partial(_saved, side=(1216, 832), form="WEBP", quality=85),
    "still.gif": partial(_saved, side=(640, 480), form="GIF"),
    "ten.wav": partial(_sound, seconds=10, form="WAV", channels=1),
    "ten.mp3": partial(_sound, seconds=10, form="MP3", channels=1),
    "ten.flac": partial(_sound, seconds=10, form="FLAC", channels=1),
    "ten.ogg": partial(_sound, seconds=10, form="OGG", subtype="VORBIS", channels=1),
    "pages.pdf": _pdf,
    "plain.txt": _text,
    **{
        f"item.{form}": partial(_from_corpus, form, key)
        for form, key in (
            *(("docx", "library"), ("xlsx", "library"), ("pptx", "library"), ("epub", "3"), ("mkv", "mkv")),
            *(("glb", "glb of a library"), ("usdz", "usdz of a library"), ("html", "whole"), ("json", "indented")),
            *(("svg", "metadata"), ("heif", "libheif"), ("avif", "Pillow"), ("tiff", "Pillow"), ("srt", "lf")),
        )
    },
}


def make(folder: Path) -> None:
    """Every file into the folder; those that are there stay."""
    for name, write in ITEMS.items():
        if not (folder / name).exists():
            write(folder / name)

"""Videos for tests, made by an independent encoder: small, with sound, in every codec that we code again."""

import subprocess
from functools import cache
from pathlib import Path

import imageio_ffmpeg

SOUND = ("-f", "lavfi", "-i", "sine=d={seconds}")
# Codec and container, by the name of the file.
CODECS: dict[str, tuple[str, ...]] = {
    "h264.mp4": ("-c:v", "libx264", "-c:a", "aac"),
    "hevc-10.mp4": ("-c:v", "libx265", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1"),
    "h264-full.mov": ("-c:v", "libx264", "-pix_fmt", "yuvj444p", "-c:a", "pcm_s16le"),
    "prores.mov": ("-c:v", "prores_ks", "-profile:v", "3", "-c:a", "pcm_s16le"),
    "prores-alpha.mov": ("-c:v", "prores_ks", "-profile:v", "4", "-pix_fmt", "yuva444p10le", "-c:a", "pcm_s16le"),
    "animation.mov": ("-c:v", "qtrle", "-pix_fmt", "argb", "-c:a", "pcm_s16le"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"),
    "vp8.webm": ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libvorbis"),
    "ffv1.mkv": ("-c:v", "ffv1", "-pix_fmt", "bgr0", "-c:a", "flac"),
    "av1.mkv": ("-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "lp=1", "-c:a", "libopus"),
    "mpeg4.avi": ("-c:v", "mpeg4", "-q:v", "3", "-c:a", "mp3"),
    "sorenson.flv": ("-c:v", "flv1", "-q:v", "3", "-c:a", "mp3"),
}
CONTAINERS = {".mp4": "mp4", ".mov": "mov", ".webm": "webm", ".mkv": "matroska", ".avi": "avi", ".flv": "flv"}


@cache
def _program() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def ffmpeg(*arguments: str | Path) -> None:
    """Run the independent encoder."""
    command = [_program(), "-y", "-v", "error", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def made(path: Path, seconds: float = 4.0, size: str = "128x96", rate: int = 10) -> Path:
    """A video of that name, of grey noise and colour bars."""
    picture = ("-f", "lavfi", "-i", f"smptebars=s={size}:r={rate}:d={seconds}")
    sound = [part.format(seconds=seconds) for part in SOUND]
    ffmpeg(*picture, *sound, *CODECS[path.name], "-metadata", "title=题", path)
    return path


def container(path: Path) -> str:
    """FFmpeg's name of what a file of that name is."""
    return CONTAINERS[path.suffix]

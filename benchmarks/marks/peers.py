"""The programs that are compared with: exiftool by the machine's perl, and ffmpeg; neither is a dependency."""

import subprocess
import tarfile
from importlib import import_module

from benchmarks.measure import ROOT

EXIFTOOL_VERSION = "13.59.3"
_FOLDER = ROOT / ".peers" / "exiftool"


def install() -> None:
    """Bring exiftool into a folder of its own, once."""
    archive = _FOLDER / f"exiftool-vendored.pl-{EXIFTOOL_VERSION}.tgz"
    if not archive.exists():
        _FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", f"exiftool-vendored.pl@{EXIFTOOL_VERSION}"]
        done = subprocess.run(command, cwd=_FOLDER, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"exiftool could not be fetched: {done.stderr[-2000:]}")
    if not (_FOLDER / "package").exists():
        with tarfile.open(archive) as held:
            held.extractall(_FOLDER, filter="data")


def exiftool() -> list[str]:
    """The command that runs exiftool."""
    return ["perl", str(_FOLDER / "package" / "bin" / "exiftool")]


def ffmpeg() -> str:
    """The program of imageio-ffmpeg."""
    return str(import_module("imageio_ffmpeg").get_ffmpeg_exe())


def ffmpeg_version() -> str:
    """Its version, as it says itself."""
    said = subprocess.run([ffmpeg(), "-version"], capture_output=True, text=True, check=True).stdout
    return said.split()[2]


CONFIG = """%Image::ExifTool::UserDefined = ('Image::ExifTool::XMP::Main' =>
 {TC260 => {SubDirectory => {TagTable => 'Image::ExifTool::UserDefined::TC260'}}});
%Image::ExifTool::UserDefined::TC260 = (GROUPS => {0 => 'XMP', 1 => 'XMP-TC260', 2 => 'Other'},
 NAMESPACE => {'TC260' => 'http://www.tc260.org.cn/ns/AIGC/1.0/'}, WRITABLE => 'string', AIGC => {});
1;
"""

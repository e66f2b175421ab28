"""The Chromium that the browser tests drive: found, or brought onto the machine.

`python tools/browser.py` prints its path. In this order: what SEALMARK_CHROMIUM names, a Chromium on PATH, one that
was unpacked into `.browser/` before; else Debian's package where we are root, else the npm package
`@sparticuz/chromium` into `.browser/`, which brings its own libraries and asks for no rights at all.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE = "@sparticuz/chromium@153.0.0"
FOLDER = Path(__file__).resolve().parent.parent / ".browser"
UNPACK = (
    "const [from, to] = process.argv.slice(1);"
    "const { createReadStream: read, createWriteStream: write } = require('fs');"
    "require('stream').pipeline(read(from), require('zlib').createBrotliDecompress(), write(to),"
    " (error) => { if (error) { console.error(error.message); process.exit(1); } });"
)
LAUNCHER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH="$here/al2023/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" \\
FONTCONFIG_FILE="$here/fonts/fonts.conf" exec "$here/chromium.bin" "$@"
"""
# The package's own file looks only where a cloud function would keep its fonts.
FONTS = """<?xml version="1.0"?>
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="relative">cache</cachedir>
</fontconfig>
"""
NEEDED = """No Chromium was found, and none could be installed{reason}.
On Debian or Ubuntu:   sudo apt-get install chromium
With npm, as yourself: sudo apt-get install npm   (then run this again)
Or name one:           export SEALMARK_CHROMIUM=/path/to/chromium"""


class NoBrowser(Exception):
    """There is no Chromium; the text says which command installs one."""


def find_or_install(folder: Path = FOLDER) -> Path:
    """The path of a Chromium that starts. Raises `NoBrowser` with the command to run."""
    found = find(folder)
    if found is not None:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        return find(folder) or _install(folder)


def find(folder: Path = FOLDER) -> Path | None:
    """A Chromium that is there and starts; a wrong SEALMARK_CHROMIUM raises `NoBrowser`."""
    named = os.environ.get("SEALMARK_CHROMIUM")
    if named:
        if not starts(Path(named)):
            raise NoBrowser(f"SEALMARK_CHROMIUM={named} does not start.")
        return Path(named)
    on_path = (shutil.which(name) for name in NAMES)
    candidates = [*(Path(one) for one in on_path if one), folder / "chromium"]
    return next((one for one in candidates if starts(one)), None)


def starts(path: Path) -> bool:
    """Whether this is a browser that runs here: Ubuntu's stub for a snap, for one, is not."""
    try:
        return _run([str(path), "--version"], seconds=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _install(folder: Path) -> Path:
    reasons = []
    for way in _ways():
        try:
            way(folder)
        except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
            reasons.append(_last_line(error))
            continue
        if (found := find(folder)) is not None:
            return found
        reasons.append("what was installed does not start")
    raise NoBrowser(NEEDED.format(reason=f" ({'; '.join(reasons)})" if reasons else ""))


def _ways() -> Iterator[Callable[[Path], None]]:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        yield _from_debian
    if shutil.which("npm") and shutil.which("node"):
        yield _from_npm


def _from_debian(_folder: Path) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    _checked(["apt-get", "update", "-qq"], quiet)
    _checked(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], quiet)


def _from_npm(folder: Path) -> None:
    """Install the package, unpack the browser and its libraries, and write a launcher that points at them."""
    own_cache = {"npm_config_cache": str(folder / "cache"), "npm_config_update_notifier": "false"}
    options = ["--prefix", str(folder), "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    _checked(["npm", "install", *options, PACKAGE], own_cache)
    packed = folder / "node_modules" / "@sparticuz" / "chromium" / "bin"
    _unpack(packed / "chromium.br", folder / "chromium.bin")
    for name in ("al2023", "fonts", "swiftshader"):
        _unpack_folder(packed / f"{name}.tar.br", folder / f"{name}.tar", _place(folder, name))
    (folder / "chromium.bin").chmod(0o755)
    (folder / "fonts" / "fonts.conf").write_text(FONTS, "utf-8")
    launcher = folder / "chromium"
    launcher.write_text(LAUNCHER, "utf-8")
    launcher.chmod(0o755)
    for leftover in ("node_modules", "cache"):
        shutil.rmtree(folder / leftover, ignore_errors=True)


def _place(folder: Path, name: str) -> Path:
    # The software renderer is looked for beside the browser itself.
    return folder if name == "swiftshader" else folder / name


def _unpack(packed: Path, target: Path) -> None:
    _checked(["node", "-e", UNPACK, str(packed), str(target)])


def _unpack_folder(packed: Path, tar: Path, target: Path) -> None:
    _unpack(packed, tar)
    with tarfile.open(tar) as archive:
        if hasattr(tarfile, "data_filter"):  # Python 3.11 has it from its fourth patch on
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(target)  # noqa: S202  # npm checked the package against the registry's digest
    tar.unlink()


def _checked(command: list[str], environment: dict[str, str] | None = None) -> None:
    _run(command, seconds=600, environment=environment).check_returncode()


def _run(
    command: list[str], *, seconds: float, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    everything = os.environ | (environment or {})
    return subprocess.run(  # noqa: S603  # commands of this file, and the browser that the caller named
        command, capture_output=True, text=True, timeout=seconds, env=everything, check=False
    )


def _last_line(error: Exception) -> str:
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
    return (said or str(error)).strip().splitlines()[-1]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One installation at a time, however many test processes ask."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Print the path of the browser; exit code 1 if there is none."""
    try:
        print(find_or_install())
    except NoBrowser as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""One kind of work on one file in a process of its own: `python -m benchmarks.marks.worker WORK FILE TIMES`.

It works once on a small file, so that what is imported is imported; then once while its memory is watched; then
`TIMES` times while its CPU is counted, children's too. It prints a JSON object.
"""

import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.marks import peers
from sealmark.marks import marker
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.label import Label
from sealmark.marks.verifier import verify

LABEL = Label.first("001191000000REHEAR5ALG1DEMO", "R0123456789AB")
AIGC = LABEL.inner()
COPIES = 10  # files that exiftool is given at once, so that its start is shared
Work = Callable[[Path, Path], Any]


def _mark_metadata(source: Path, target: Path) -> None:
    marker.mark_file(source, target, LABEL, layers=("metadata",))


def _mark_bytes(source: Path, _target: Path) -> None:
    marker.mark(_held(source), LABEL, layers=("metadata",), name=source.name)


def _mark_both(source: Path, _target: Path) -> None:
    marker.mark(_held(source), LABEL, name=source.name)


def _mark_film(source: Path, target: Path) -> None:
    marker.mark_file(source, target, LABEL)


def _mark_throughout(source: Path, target: Path) -> None:
    marker.mark_file(source, target, LABEL, explicit=ExplicitOptions(extent="throughout"))


def _verify(source: Path, _target: Path) -> None:
    verify(source)


_KEPT: dict[Path, bytes] = {}


def _held(source: Path) -> bytes:
    """The file's bytes, read once: what is timed is the marking."""
    return _KEPT.setdefault(source, source.read_bytes())


def _exiftool(source: Path, target: Path) -> None:
    """XMP into ten copies by one process."""
    config = target.with_name("exiftool.config")
    config.write_text(peers.CONFIG)
    copies = [target.with_name(f"{number}{source.suffix}") for number in range(COPIES)]
    for copy in copies:
        shutil.copyfile(source, copy)
    command = [*peers.exiftool()[:1], peers.exiftool()[1], "-config", str(config), "-q", "-overwrite_original"]
    _child([*command, f"-XMP-TC260:AIGC={AIGC}", *map(str, copies)])


def _ffmpeg_copy(source: Path, target: Path) -> None:
    how = ("-map", "0", "-c", "copy", "-movflags", "use_metadata_tags", "-metadata", f"AIGC={AIGC}")
    _child([peers.ffmpeg(), "-v", "error", "-y", "-i", str(source), *how, str(target)])


def _drawtext(source: Path, target: Path, enable: str = "") -> None:
    """The same codec, settings and wording, its letters as high as ours."""
    font = target.with_name("font.otf")
    if not font.exists():
        from importlib import resources

        font.write_bytes((resources.files("sealmark.marks.explicit") / "data" / "SealmarkLabel.otf").read_bytes())
    box = "box=1:boxcolor=black@0.64:boxborderw=18:fontcolor=white:fontsize=64:x=w-tw-40:y=h-th-40"
    draw = f"drawtext=fontfile={font}:text=AI生成:{box}{enable}"
    coded = ("-c:v", "libx264", "-crf", "20", "-preset", "medium", "-c:a", "copy", "-movflags", "+faststart")
    _child([peers.ffmpeg(), "-v", "error", "-y", "-i", str(source), "-vf", draw, *coded, str(target)])


def _drawtext_opening(source: Path, target: Path) -> None:
    _drawtext(source, target, ":enable='lte(t,3)'")


def _mutagen(source: Path, target: Path) -> None:
    """A copy of the file is tagged in place, as mutagen does."""
    shutil.copyfile(source, target)
    if source.suffix == ".mp3":
        tags: Any = import_module("mutagen.id3")
        tag = tags.ID3()
        tag.add(tags.TXXX(encoding=3, desc="AIGC", text=AIGC))
        tag.save(target)
        return
    file: Any = import_module("mutagen").File(target)
    file["AIGC"] = AIGC
    file.save()


def _pikepdf(source: Path, _target: Path) -> None:
    with import_module("pikepdf").open(io.BytesIO(_held(source))) as pdf:
        pdf.docinfo["/AIGC"] = AIGC
        pdf.save(io.BytesIO())


def _python_docx(source: Path, _target: Path) -> None:
    """It has no custom properties; the comments of the core ones stand for them."""
    document: Any = import_module("docx").Document(io.BytesIO(_held(source)))
    document.core_properties.comments = AIGC[:255]
    document.save(io.BytesIO())


WORKS: Mapping[str, Work] = {
    "mark": _mark_metadata,
    "mark bytes": _mark_bytes,
    "mark both": _mark_both,
    "mark film": _mark_film,
    "mark film throughout": _mark_throughout,
    "verify": _verify,
    "exiftool": _exiftool,
    "ffmpeg -c copy": _ffmpeg_copy,
    "ffmpeg drawtext": _drawtext,
    "ffmpeg drawtext, opening": _drawtext_opening,
    "mutagen": _mutagen,
    "pikepdf": _pikepdf,
    "python-docx": _python_docx,
}
_CHILDREN = {"memory": 0.0}


def _child(command: list[str]) -> None:
    """A peer that is a program: its memory is that of the process."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise RuntimeError(f"{command[0]}: {errors.decode('utf-8', 'replace')[-1000:]}")
    _CHILDREN["memory"] = usage.ru_maxrss / 1024


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _precise() -> float:
    """`os.times` counts ticks of a hundredth of a second; where no child runs, nanoseconds are at hand."""
    return time.process_time()


class _Watch(threading.Thread):
    """The most memory that the process holds of its own: pages of a mapped file are the system's to take back."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.before = self.most = _own()
        self._ended = threading.Event()

    def run(self) -> None:
        for look in itertools.count():
            if self._ended.wait(0.0005 if look < 500 else 0.05):
                return
            self.most = max(self.most, _own())

    def stopped(self) -> float:
        """MiB above what was held before."""
        self._ended.set()
        self.join()
        return max(self.most, _own()) - self.before


def _own() -> float:
    return _status("RssAnon:")


def _status(name: str) -> float:
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024


def main(work: str, source: Path, times: int) -> dict[str, object]:
    """The work's CPU and wall time in milliseconds, each time, and its peak memory in MiB."""
    run, children = WORKS[work], work.startswith(("exiftool", "ffmpeg"))
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        target = Path(folder) / f"out{source.suffix}"
        if not children and not work.startswith("mark film"):
            run(source, target)
        if work.startswith("mark film"):  # what is imported lazily, without the cost of another film
            import_module("sealmark.marks.surfaces.video")
            import_module("av")
        with Path("/proc/self/clear_refs").open("w") as file:
            file.write("5")
        held, watch = _status("VmRSS:"), _Watch()
        watch.start()
        first = _timed(run, source, target, precise=not children)
        own, mapped = watch.stopped(), _status("VmHWM:") - held
        more = [_timed(run, source, target, precise=not children) for _ in range(times)]
    shared = COPIES if work == "exiftool" else 1
    counted = [(cpu / shared, wall / shared) for cpu, wall in more or [first]]
    memory = (_CHILDREN["memory"], _CHILDREN["memory"]) if children else (own, mapped)
    return {"cpu": [one[0] for one in counted], "wall": [one[1] for one in counted], "memory": memory}


def _timed(run: Work, source: Path, target: Path, *, precise: bool) -> tuple[float, float]:
    clock = _precise if precise else _cpu
    cpu, wall = clock(), time.perf_counter()
    run(source, target)
    return (clock() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))

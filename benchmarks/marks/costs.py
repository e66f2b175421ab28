"""What marking and verifying cost: each batch a process of its own, peers beside ours in every round."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.measure import ROOT, Pace, markdown, shown, word


@dataclass(frozen=True, slots=True)
class Task:
    """A work on a file, how often in a batch, and the milliseconds of CPU that it may cost at most."""

    work: str
    item: str
    times: int = 9
    most: float | None = None


@dataclass(slots=True)
class Taken:
    """Medians of each round: milliseconds of CPU and wall, and MiB of memory, own and with mapped pages."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)


Figures = dict[Task, Taken]

METADATA = (
    Task("mark bytes", "megabyte.jpg", 25, 5),
    Task("exiftool", "megabyte.jpg", 3),
    Task("mark", "tenth.mp4", 9),
    Task("mark", "heavy.mp4", 7, 60),
    Task("ffmpeg -c copy", "heavy.mp4", 3),
    Task("mark", "tenfold.mp4", 1),
    *(Task("mark", f"heavy.{kind}", 5) for kind in ("mov", "mkv", "flv", "avi", "wav", "flac", "ogg", "mp3")),
    *(Task("mutagen", f"heavy.{kind}", 5) for kind in ("flac", "ogg", "mp3")),
    Task("mark bytes", "pages.pdf", 15),
    Task("pikepdf", "pages.pdf", 15),
    Task("mark bytes", "item.docx", 15),
    Task("python-docx", "item.docx", 15),
)
BOTH = (Task("mark both", "megapixel.jpg", 15, 60),)
FILMS = (
    Task("mark film", "hd.mp4", 0),
    Task("ffmpeg drawtext, opening", "hd.mp4", 0),
    Task("mark film throughout", "hd.mp4", 0),
    Task("ffmpeg drawtext", "hd.mp4", 0),
)
MOST_OF_DRAWTEXT = 1.15
MOST_TO_VERIFY = 10.0
SPARE = 4  # MiB that a larger file may take beyond a small one
_VERIFIED = (
    *("megapixel.jpg", "megapixel.png", "megapixel.webp", "still.gif", "item.tiff", "item.heif", "item.avif"),
    *("ten.wav", "ten.mp3", "ten.flac", "ten.ogg", "heavy.mp4", "item.mkv", "item.docx", "item.xlsx", "item.pptx"),
    *("pages.pdf", "item.epub", "item.glb", "item.usdz", "item.html", "item.json", "item.svg", "item.srt", "plain.txt"),
)
VERIFIED = tuple(Task("verify", item, 15, MOST_TO_VERIFY) for item in _VERIFIED)


class WorkFailed(Exception):
    """A work that should be timed did not end well."""


def take(tasks: Iterable[Task], folder: Path, rounds: int, pace: Pace) -> Figures:
    """Every task in each round, so that a slow minute falls on all of them."""
    found: Figures = {task: Taken() for task in tasks}
    for _ in range(rounds):
        for task, taken in found.items():
            batch = pace.quietest(partial(_batch, task, folder))
            taken.cpu.append(statistics.median(batch["cpu"]))
            taken.wall.append(statistics.median(batch["wall"]))
            taken.memory.append((batch["memory"][0], batch["memory"][1]))
    return found


def _batch(task: Task, folder: Path) -> dict[str, list[float]]:
    command = [sys.executable, "-m", "benchmarks.marks.worker", task.work, str(folder / task.item), str(task.times)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WorkFailed(f"{task.work}, {task.item}\n{done.stderr[-3000:]}")
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(found: Figures, folder: Path) -> str:
    """Medians over the rounds, with the quietest one beside."""
    rows = []
    for task, taken in found.items():
        own, mapped = (statistics.median(one[place] for one in taken.memory) for place in (0, 1))
        rows.append(
            (
                f"{task.item}, {_size(folder / task.item)}",
                task.work,
                shown(statistics.median(taken.cpu)),
                shown(min(taken.cpu)),
                shown(statistics.median(taken.wall)),
                f"{own:.1f}",
                f"{mapped:.1f}",
            )
        )
    head = ("file", "by", "CPU ms", "best round", "wall ms", "memory MiB", "with mapped pages")
    return markdown(head, rows)


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def judged(found: Figures) -> list[tuple[str, str, str, bool]]:
    """The targets that are of CPU alone: what, measured, at most, and whether it was met."""
    rows = []
    for task, taken in found.items():
        if task.most is not None:
            cost = statistics.median(taken.cpu)
            rows.append((f"{task.work}: {task.item}", f"{cost:.2f} ms", f"{task.most:.0f} ms", cost <= task.most))
    return rows


def against_drawtext(found: Figures) -> list[tuple[str, str, str, bool]]:
    """Our films against drawtext's, of the medians: time on the clock and CPU, of which both count."""
    ours, opening, throughout, drawn = (found[task] for task in FILMS)
    rows = []
    for name, own, peer in (("opening pictures", ours, opening), ("every picture", throughout, drawn)):
        wall, cpu = _ratio(own.wall, peer.wall), _ratio(own.cpu, peer.cpu)
        said = f"{wall:.2f} × wall, {cpu:.2f} × CPU"
        rows.append((f"1080p H.264, {name}", said, f"{MOST_OF_DRAWTEXT} ×", max(wall, cpu) <= MOST_OF_DRAWTEXT))
    return rows


def _ratio(own: list[float], peer: list[float]) -> float:
    return statistics.median(own) / statistics.median(peer)


def independent(found: Figures) -> list[tuple[str, str, str, bool]]:
    """Whether the memory of marking stays the same: of an MP4 from 5 to 500 MB, and of each large container."""
    rows = [_alike("memory of MP4, 5 / 50 / 500 MB", ["tenth.mp4", "heavy.mp4", "tenfold.mp4"], found)]
    others = ("mov", "mkv", "flv", "avi", "flac", "wav")
    return rows + [_alike(f"memory of {kind.upper()}, 50 MB", ["tenth.mp4", f"heavy.{kind}"], found) for kind in others]


def _alike(name: str, files: list[str], found: Figures) -> tuple[str, str, str, bool]:
    marked = {task.item: taken.memory for task, taken in found.items() if task.work == "mark"}
    first, *more = (statistics.median(own for own, _ in marked[file]) for file in files)
    said = " / ".join(f"{one:.1f}" for one in ((first, *more) if len(more) > 1 else more))
    return name, f"{said} MiB", f"{first + SPARE:.1f} MiB", max(more) - first <= SPARE


def targets(rows: list[tuple[str, str, str, bool]]) -> str:
    """Each target beside what was measured."""
    return markdown(("target", "measured", "at most", ""), [(*row[:3], word(row[3])) for row in rows])

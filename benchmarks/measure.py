"""What benchmarks share: the yardstick that tells whether the machine was ours, a table, and a line on the machine.

A rented processor is two threads of one core, and the other thread may be a stranger's: plain work then takes twice
the CPU time. So a batch counts only if a yardstick says, before and after it, that the core was ours.
"""

import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
QUIET = 1.15  # of the fastest yardstick so far: slower than that, somebody else is using this processor too
PATIENCE = 5.0  # seconds to wait for a quiet moment
TRIES = 4  # times that a batch is taken until it was quiet before and after

Batch = TypeVar("Batch")


def yardstick() -> float:
    """Milliseconds of CPU for the same plain work each time: how fast the machine is just now."""
    started = time.process_time()
    sum(number * number for number in range(1_000_000))
    return (time.process_time() - started) * 1e3


@dataclass(slots=True)
class Pace:
    """How fast the machine is at its best, how fast it was beside each batch, and how many were taken again."""

    fastest: float = math.inf
    beside: list[float] = field(default_factory=list)
    again: int = 0
    tries: int = TRIES
    patience: float = PATIENCE

    @property
    def quiet(self) -> float:
        """The slowest yardstick at which this processor is taken to be ours alone."""
        return self.fastest * QUIET

    def find(self, seconds: float = 20) -> None:
        """Learn how fast the machine is at its best, before anything is measured."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._now()
            time.sleep(0.1)

    def quietest(self, take: Callable[[], Batch]) -> Batch:
        """A batch taken while nobody else used the processor, as the yardstick saw it; else the quietest of some.

        What the batch itself has cost decides nothing.
        """
        found: list[tuple[float, Batch]] = []
        while len(found) < self.tries and not any(beside <= self.quiet for beside, _ in found):
            self._wait()
            before, batch = self._now(), take()
            found.append((max(before, self._now()), batch))
        self.again += len(found) - 1
        beside, batch = min(found, key=lambda one: one[0])
        self.beside.append(beside)
        return batch

    def said(self) -> str:
        """How fast the machine was, and how many batches were taken while somebody else used it too."""
        loud = sum(one > self.quiet for one in self.beside)
        usual = statistics.median(self.beside)
        fast = f"a million squares in Python took {self.fastest:.1f} ms of CPU at best, {usual:.1f} beside the median"
        again = f"{len(self.beside)} batches; {self.again} times one was taken again because the machine was slower"
        return f"{fast}\n{again} than {self.quiet:.1f} ms, for {loud} of them in vain"

    def _wait(self) -> None:
        until = time.monotonic() + self.patience
        while self._now() > self.quiet and time.monotonic() < until:
            time.sleep(0.1)

    def _now(self) -> float:
        pace = yardstick()
        self.fastest = min(self.fastest, pace)
        return pace


def machine(*packages: str) -> str:
    """Where, when and with what versions this runs."""
    processor = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    parts = " · ".join(f"{name} {version(name)}" for name in packages)
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{datetime.now(UTC):%Y-%m-%d} · {os.cpu_count()} cores of {processor} · load before {load} · "
        f"Python {platform.python_version()} · {parts}"
    )


def word(met: bool) -> str:
    """Whether a target was met."""
    return "met" if met else "MISSED"


def shown(value: float) -> str:
    """A figure with three digits or so."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that reads in a terminal and in a document."""
    table = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in table
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)

"""The tables: absolute figures, ratios, and whether the targets of the issue were met."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.gateway.contestants import DIRECT, FILTERED, PLAIN, SEALMARK
from benchmarks.gateway.rounds import TASKS, Batch, Results, Task
from benchmarks.measure import markdown, shown, word


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in MiB after the start and after the load, and how long the start took."""

    started: float
    loaded: float
    start_seconds: float


@dataclass(frozen=True, slots=True)
class Target:
    """What a kind of request may cost: milliseconds of CPU, and the part of the peer's; `due` if it must be met."""

    kind: str
    most: float
    ratio: float
    due: bool = True


# Nobody set a target for the paced stream; it is held against the same one, so that the harder case is seen.
TARGETS = (Target("chat", 1.0, 1 / 10), Target("stream", 2.5, 1 / 20), Target("paced stream", 2.5, 1 / 20, due=False))
COLUMNS = (
    ("CPU ms", lambda batch, _: batch.cpu),
    ("added ms p10", lambda batch, base: batch.whole[0] - base.whole[0]),
    ("p50", lambda batch, base: batch.whole[1] - base.whole[1]),
    ("p99", lambda batch, base: batch.whole[2] - base.whole[2]),
    ("first text ms p50", lambda batch, _: batch.first[1]),
    ("p99", lambda batch, _: batch.first[2]),
    ("answers/s", lambda batch, _: batch.rate),
)
Figure = Callable[[Batch, Batch], float]


def tables(results: Results, memory: dict[str, Memory]) -> str:
    """Every measured figure: medians over the rounds."""
    names = list(memory)
    parts = [_table(results, task, names) for task in TASKS]
    rows = [
        (name, f"{one.started:.0f}", f"{one.loaded:.0f}", f"{one.start_seconds:.1f}") for name, one in memory.items()
    ]
    parts.append(markdown(("memory", "MiB after start", "MiB after load", "start s"), rows))
    return "\n\n".join(parts)


def _table(results: Results, task: Task, names: Sequence[str]) -> str:
    rows = [(name, *_row(results, task, name)) for name in names]
    rows += [(f"Sealmark / {peer}", *_ratios(results, task, peer)) for peer in (PLAIN, FILTERED) if peer in names]
    return markdown((f"{task.name}, {task.concurrency} at a time", *(name for name, _ in COLUMNS)), rows)


def _row(results: Results, task: Task, name: str) -> list[str]:
    return [shown(median(results, task, name, figure)) for _, figure in COLUMNS]


def _ratios(results: Results, task: Task, peer: str) -> list[str]:
    pairs = ((median(results, task, SEALMARK, figure), median(results, task, peer, figure)) for _, figure in COLUMNS)
    return [f"{own / other:.3f}" if other > 0 else "–" for own, other in pairs]


def median(results: Results, task: Task, name: str, figure: Figure) -> float:
    """The median over the rounds of a figure, seen beside the direct call of the same round."""
    pairs = zip(results[name, task], results[DIRECT, task], strict=True)
    return statistics.median(figure(batch, base) for batch, base in pairs)


def judged(results: Results, *, peer: bool) -> tuple[str, bool]:
    """Each target beside what was measured, and whether all were met; without the peer its ratios are not known."""
    rows, met = [], True
    for target in TARGETS:
        for task in TASKS:
            if task.name == target.kind:
                row, good = _judge(results, task, target, peer=peer)
                rows.append(row)
                met &= good or not target.due
    head = ("target", "median", "best round", "slowest", "at most", "", "of LiteLLM + filter", "at most", "")
    return markdown(head, rows), met


def _judge(results: Results, task: Task, target: Target, *, peer: bool) -> tuple[tuple[str, ...], bool]:
    own, each = median(results, task, SEALMARK, cpu), [batch.cpu for batch in results[SEALMARK, task]]
    ratio = own / median(results, task, FILTERED, cpu) if peer else float("nan")
    good, better = own <= target.most, ratio <= target.ratio or not peer
    row = (
        f"CPU, {task.name}, {task.concurrency} at a time",
        f"{own:.2f} ms",
        f"{min(each):.2f} ms",
        f"{max(each):.2f} ms",
        f"{target.most} ms",
        word(good),
        f"1/{1 / ratio:.1f}" if peer else "not measured",
        f"1/{1 / target.ratio:.0f}",
        word(better) if peer else "",
    )
    return row, good and better


def cpu(batch: Batch, _base: Batch) -> float:
    """The CPU of one request."""
    return batch.cpu

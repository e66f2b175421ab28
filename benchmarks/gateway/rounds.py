"""The rounds: every contestant in turn, everything in each, so that a slow minute falls on all of them.

A rented processor is two threads of one core, and the other thread may be a stranger's: plain work then takes twice
the CPU time. So a batch counts only if a yardstick says, before and after it, that the core was ours.
"""

import asyncio
import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import uvloop

from benchmarks.gateway.answers import MARKED, Wrong, check_answers, labels_of, text_of
from benchmarks.gateway.books import Sent
from benchmarks.gateway.contestants import DIRECT, SEALMARK, Contestant
from benchmarks.gateway.load import Answer, Call, send
from benchmarks.gateway.texts import ANSWER, ECHO, PACED, PARROT, QUESTION, WORD

SETTLED = 0.2  # seconds after the last answer: what a server still does for its answers counts too
QUIET = 1.15  # of the fastest yardstick so far: slower than that, somebody else is using this processor too
PATIENCE = 5.0  # seconds to wait for a quiet moment
TRIES = 4  # times that a batch is taken until it was quiet before and after


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that is measured: which model, streamed or not, how many at a time, how many in a round."""

    name: str
    model: str
    stream: bool
    concurrency: int
    light: int  # requests for who answers a thousand a second
    heavy: int  # requests for LiteLLM


TASKS = (
    Task("chat", ECHO, False, 1, 200, 20),
    Task("chat", ECHO, False, 32, 1280, 96),
    Task("stream", ECHO, True, 1, 100, 10),
    Task("stream", ECHO, True, 32, 512, 64),
    Task("paced stream", PACED, True, 32, 192, 64),
)
WARMING = (
    Task("chat", ECHO, False, 32, 96, 64),
    Task("stream", ECHO, True, 32, 64, 32),
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one contestant did with one task in one round: CPU and times, all in milliseconds a request.

    `pace` is the yardstick, the slower of the one just before and the one just after.
    """

    pace: float
    cpu: float
    whole: tuple[float, float, float]  # p10, p50, p99 to the last byte
    first: tuple[float, float, float]  # p10, p50, p99 to the first text
    rate: float  # answers a second of the clock


Results = dict[tuple[str, Task], list[Batch]]


@dataclass(slots=True)
class Race:
    """The contestants of a run and what has come of it; `again` counts the batches that were taken once more."""

    contestants: Sequence[Contestant]
    results: Results = field(default_factory=dict)
    sent: Sent = field(default_factory=Sent)
    fastest: float = math.inf
    again: int = 0

    def warm(self) -> None:
        """Answers that are checked and counted, and not measured."""
        for contestant in self.contestants:
            for task in WARMING:
                self._batch(contestant, task)

    def round(self) -> None:
        """Every task, by every contestant in turn."""
        for task in TASKS:
            for contestant in self.contestants:
                self.results.setdefault((contestant.name, task), []).append(self._quietest(contestant, task))

    @property
    def quiet(self) -> float:
        """The slowest yardstick at which this processor is taken to be ours alone."""
        return self.fastest * QUIET

    def find_pace(self, seconds: float = 20) -> None:
        """Learn how fast the machine is at its best, before anything is measured."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._pace()
            time.sleep(0.1)

    def prove_filters(self) -> list[str]:
        """Raise `Wrong` unless every filter stops the word, asked or answered, and the upstream does say it."""
        return [self._prove(contestant, stream=stream) for contestant in self.contestants for stream in (False, True)]

    def _prove(self, contestant: Contestant, *, stream: bool) -> str:
        asked = one(Call(contestant.url, contestant.key, ECHO, f"请讲讲{WORD}的故事", stream))
        answered = one(Call(contestant.url, contestant.key, PARROT, QUESTION, stream))
        stopped = [asked.status != 200, answered.status != 200 or WORD not in text_of(answered, stream=stream)]
        if stopped != [contestant.filters] * 2:
            raise Wrong(f"{contestant.name}: the word was stopped {stopped} (in, out), due {contestant.filters}")
        if contestant.name == SEALMARK:
            self.sent.refused_inputs += 1
            self.sent.refused_streams += stream
            self.sent.refused_chats += not stream
        end = b"[DONE]" in answered.body if stream else True
        way = f"output {answered.status}{'' if end else ', cut off without a word'}"
        return f"{contestant.name}, {'streamed' if stream else 'whole'}: input {asked.status}, {way}"

    def _quietest(self, contestant: Contestant, task: Task) -> Batch:
        """A batch taken while nobody else used the processor, as the yardstick saw it; else the quietest of some.

        What the batch itself has cost decides nothing.
        """
        found: list[Batch] = []
        while len(found) < TRIES and not any(one.pace <= self.quiet for one in found):
            self._wait_for_quiet()
            found.append(self._batch(contestant, task))
        self.again += len(found) - 1
        return min(found, key=lambda one: one.pace)

    def _wait_for_quiet(self) -> None:
        until = time.monotonic() + PATIENCE
        while self._pace() > self.quiet and time.monotonic() < until:
            time.sleep(0.1)

    def _pace(self) -> float:
        pace = yardstick()
        self.fastest = min(self.fastest, pace)
        return pace

    def _batch(self, contestant: Contestant, task: Task) -> Batch:
        count = task.light if contestant.name in (DIRECT, SEALMARK) else task.heavy
        call = Call(contestant.url, contestant.key, task.model, QUESTION, task.stream)
        before = self._pace()
        cpu, started = contestant.server.cpu(), time.perf_counter()
        answers = uvloop.run(send(call, count, task.concurrency))
        elapsed = time.perf_counter() - started
        time.sleep(SETTLED)
        cpu = (contestant.server.cpu() - cpu) / count * 1e3
        pace = max(before, self._pace())
        self._check(contestant, call, answers)
        whole, first = [answer.whole for answer in answers], [answer.first for answer in answers]
        return Batch(pace, cpu, centiles(whole), centiles(first), count / elapsed)

    def _check(self, contestant: Contestant, call: Call, answers: list[Answer]) -> None:
        own = contestant.name == SEALMARK
        check_answers(contestant.name, call, answers, MARKED if own else ANSWER)
        if own:
            self.sent.labels += labels_of(call, answers)
            self.sent.streams += call.stream * len(answers)
            self.sent.chats += (not call.stream) * len(answers)


def one(call: Call) -> Answer:
    """A single answer."""
    return asyncio.run(send(call, 1, 1))[0]


def yardstick() -> float:
    """Milliseconds of CPU for the same plain work each time: how fast the machine is just now."""
    started = time.process_time()
    sum(number * number for number in range(1_000_000))
    return (time.process_time() - started) * 1e3


def centiles(seconds: list[float]) -> tuple[float, float, float]:
    """The 10th, 50th and 99th centile, in milliseconds."""
    found = statistics.quantiles(seconds, n=100, method="inclusive")
    return found[9] * 1e3, found[49] * 1e3, found[98] * 1e3

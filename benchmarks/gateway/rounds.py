"""The rounds: every contestant in turn, everything in each, so that a slow minute falls on all of them."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import uvloop

from benchmarks.gateway.answers import MARKED, Wrong, check_answers, labels_of, text_of
from benchmarks.gateway.books import Sent
from benchmarks.gateway.contestants import DIRECT, SEALMARK, Contestant
from benchmarks.gateway.load import Answer, Call, send
from benchmarks.gateway.process import TICK
from benchmarks.gateway.texts import ANSWER, ECHO, PACED, PARROT, QUESTION, WORD
from benchmarks.measure import Pace

SETTLED = 0.2  # seconds after the last answer: what a server still does for its answers counts too


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
    """What one contestant did with one task in one round: CPU and times, all in milliseconds a request."""

    cpu: float
    whole: tuple[float, float, float]  # p10, p50, p99 to the last byte
    first: tuple[float, float, float]  # p10, p50, p99 to the first text
    rate: float  # answers a second of the clock


Results = dict[tuple[str, Task], list[Batch]]


@dataclass(slots=True)
class Race:
    """The contestants of a run and what has come of it."""

    contestants: Sequence[Contestant]
    results: Results = field(default_factory=dict)
    sent: Sent = field(default_factory=Sent)
    pace: Pace = field(default_factory=Pace)

    def warm(self) -> None:
        """Answers that are checked and counted, and not measured."""
        for contestant in self.contestants:
            for task in WARMING:
                self._batch(contestant, task)

    def round(self) -> None:
        """Every task, by every contestant in turn."""
        for task in TASKS:
            for contestant in self.contestants:
                batch = self.pace.quietest(partial(self._batch, contestant, task))
                self.results.setdefault((contestant.name, task), []).append(batch)

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

    def _batch(self, contestant: Contestant, task: Task) -> Batch:
        count = task.light if contestant.name in (DIRECT, SEALMARK) else task.heavy
        call = Call(contestant.url, contestant.key, task.model, QUESTION, task.stream)
        cpu, started = contestant.server.cpu(), time.perf_counter()
        answers = uvloop.run(send(call, count, task.concurrency))
        elapsed = time.perf_counter() - started
        time.sleep(SETTLED)
        # The clock counts in ticks: what a difference of floats has beyond them is no time.
        cpu = round((contestant.server.cpu() - cpu) * TICK) / TICK / count * 1e3
        self._check(contestant, call, answers)
        whole, first = [answer.whole for answer in answers], [answer.first for answer in answers]
        return Batch(cpu, centiles(whole), centiles(first), count / elapsed)

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


def centiles(seconds: list[float]) -> tuple[float, float, float]:
    """The 10th, 50th and 99th centile, in milliseconds."""
    found = statistics.quantiles(seconds, n=100, method="inclusive")
    return found[9] * 1e3, found[49] * 1e3, found[98] * 1e3

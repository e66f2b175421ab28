"""A bounded pool of spawned processes for everything with pixels or samples, with memory and CPU limits.

A bomb dies in its process and takes nobody along; when all are taken, callers are told to come back.
"""

import asyncio
import importlib
import math
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from sealmark.errors import SealmarkError
from sealmark.exchange.errors import WorkerDied, WorkersBusy

STARTING = 60.0  # seconds for a process to start
WAITING = 8  # calls that may wait for each worker
_SPAWN = multiprocessing.get_context("spawn")

Given = ParamSpec("Given")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Limits:
    """Memory of a process's own in bytes, and seconds (by the clock, and of CPU) for one task."""

    memory: int
    seconds: float


class Workers:
    """Runs picklable functions in processes of their own; `modules` are loaded before the first task comes.

    Those that are `lazy` start when they are first needed.
    """

    def __init__(
        self, count: int, *, memory: int, seconds: float, modules: tuple[str, ...] = (), lazy: bool = False
    ) -> None:
        self._count, self._limits, self._modules, self._lazy = count, Limits(memory, seconds), modules, lazy
        self._threads = ThreadPoolExecutor(count, "sealmark-workers")  # of their own: a film holds one for minutes
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._all: list[_Worker] = []
        self._waiting = 0

    def open(self) -> None:
        """Start every process; called on the loop that will use them."""
        self._all = [_Worker(self._limits, self._modules) for _ in range(self._count)]
        for worker in self._all:
            if not self._lazy:
                worker.start()
            self._idle.put_nowait(worker)

    def close(self) -> None:
        """End every process."""
        for worker in self._all:
            worker.retire()
        self._threads.shutdown(wait=False)

    async def run(self, function: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs) -> Result:
        """The function's result, or what it raised; raises `WorkersBusy`, or `WorkerDied` at a limit."""
        if self._waiting >= self._count * WAITING:
            raise WorkersBusy
        self._waiting += 1
        try:
            worker = await self._idle.get()
            result: Result = await asyncio.shield(
                asyncio.ensure_future(self._with(worker, (function, arguments, named)))
            )
            return result
        finally:
            self._waiting -= 1

    async def _with(self, worker: "_Worker", task: tuple[Any, ...]) -> Any:
        """Give the worker back whatever happens, also when nobody waits for the result any more."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, worker.do, task)
        finally:
            self._idle.put_nowait(worker)


class _Worker:
    """One process; started again after it died."""

    def __init__(self, limits: Limits, modules: tuple[str, ...]) -> None:
        self._limits, self._modules = limits, modules
        self._running = self._ready = self._retired = False

    def do(self, task: tuple[Any, ...]) -> Any:
        """Run one task; blocks."""
        try:
            if not self._running:
                self.start()
            self._wait_until_ready()
            self._connection.send(task)
            if not self._connection.poll(self._limits.seconds):
                raise EOFError
            well, result = self._connection.recv()
        except (EOFError, OSError) as error:
            self.end()
            if not self._retired:
                self.start()
            raise WorkerDied from error
        if not well:
            raise result
        return result

    def start(self) -> None:
        """Start the process, without waiting until it is ready."""
        self._connection, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(theirs, self._limits, self._modules), daemon=True)
        self._process.start()
        theirs.close()
        self._running, self._ready = True, False

    def retire(self) -> None:
        """Kill the process, and start none again."""
        self._retired = True
        self.end()

    def end(self) -> None:
        """Kill the process, if there is one."""
        if not self._running:
            return
        self._running = False
        self._process.kill()
        self._process.join()
        self._connection.close()

    def _wait_until_ready(self) -> None:
        """Starting and loading is no part of the task's time."""
        if self._ready:
            return
        if not self._connection.poll(STARTING):
            raise EOFError
        self._ready = bool(self._connection.recv())


def _serve(connection: Connection, limits: Limits, modules: tuple[str, ...]) -> None:
    """The process: limits first, then tasks until the other end is closed.

    A map of a large file is no memory of the process's own, so it does not count. An interrupt is for whoever started
    us, who ends us too.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for module in modules:
        importlib.import_module(module)
    with suppress(EOFError, BrokenPipeError):  # whoever started us is gone
        connection.send(True)
        while True:
            function, arguments, named = connection.recv()
            _limit_cpu(limits.seconds)
            connection.send(_attempt(function, arguments, named))


def _limit_cpu(seconds: float) -> None:
    """CPU time for one more task: the soft limit moves on, and kills the process when it is reached."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = math.ceil(used.ru_utime + used.ru_stime + seconds)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent, hard))


def _attempt(function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[bool, Any]:
    try:
        return True, function(*arguments, **named)
    except SealmarkError as error:
        return False, error
    except MemoryError:
        return False, WorkerDied()
    except Exception:
        return False, SealmarkError()

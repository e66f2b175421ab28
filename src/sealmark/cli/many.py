"""Many files: found in folders, worked on by several processes, and given in their order as they are done.

A file that takes its process down, or makes it run out of memory, is an error of its own and stops no other.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from resource import RLIM_INFINITY
from typing import TYPE_CHECKING, TypeVar

from sealmark.errors import SealmarkError

if TYPE_CHECKING:
    from sealmark.exchange.workers import Workers

Result = TypeVar("Result")

# So many files, or so many bytes, are worth the start of a process, which takes half a second.
_FILES_EACH, _BYTES_EACH = 16, 32 * 1024 * 1024
_SECONDS = 24 * 3600.0  # for one file: a film of hours is an honest one


class NoFiles(SealmarkError):
    """A folder was given and there is no file in it."""

    code = "cli.no_files"
    status = 400
    zh = "{path} 中没有文件。"
    en = "There is no file in {path}."
    zh_next = "请核对路径；以点开头的文件不计。"
    en_next = "Check the path; files whose name begins with a dot do not count."


@dataclass(frozen=True, slots=True)
class File:
    """A file to work on; `below` is where its copy goes under another folder."""

    path: Path
    below: Path


def files_of(given: Sequence[Path], without: Path | None = None) -> list[File]:
    """The files that are named, and every file in a folder that is named, but those in the folder `without`.

    As `cp -r` has it, a folder's copy bears the folder's name. Raises `NoFiles`.
    """
    return [file for path in given for file in (_in(path, without) if path.is_dir() else [File(path, Path(path.name))])]


def _in(folder: Path, without: Path | None) -> list[File]:
    found: list[File] = []
    left_out = without.resolve() if without else None
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if _counts(one) and (Path(here) / one).resolve() != left_out)
        inside = (Path(here) / name for name in sorted(filter(_counts, names)))
        found += [File(path, folder.name / path.relative_to(folder)) for path in inside]
    if not found:
        raise NoFiles(path=folder)
    return found


def _counts(name: str) -> bool:
    return not name.startswith(".")


def processes(files: Sequence[File], jobs: int | None) -> int:
    """How many processes are worth starting, at most `jobs` or one a core; with one, the work is done here."""
    if jobs is not None:
        return min(jobs, len(files))
    if len(files) < 2:
        return 1
    worth = max(len(files) // _FILES_EACH, sum(_size(file.path) for file in files) // _BYTES_EACH)
    return max(1, min(len(os.sched_getaffinity(0)), len(files), worth))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def each(
    calls: Sequence[Callable[[], Result]], count: int, done: Callable[[], None]
) -> Iterator[Result | SealmarkError]:
    """What each call gives or raises, in their order; `count` processes work, and calls must be picklable for them.

    `done` is called whenever one ends, from any thread.
    """
    if count > 1:
        yield from _there(calls, count, done)
        return
    for call in calls:
        outcome = _outcome(call)
        done()
        yield outcome


def _outcome(call: Callable[[], Result]) -> Result | SealmarkError:
    try:
        return call()
    except SealmarkError as error:
        return error


def _there(
    calls: Sequence[Callable[[], Result]], count: int, done: Callable[[], None]
) -> Iterator[Result | SealmarkError]:
    with _pool(min(count, len(calls))) as give:
        waiting = [give(call) for call in calls]
        for one in waiting:
            one.add_done_callback(lambda _: done())
        for one in waiting:
            yield _outcome(one.result)


@contextmanager
def _pool(count: int) -> Iterator[Callable[[Callable[[], Result]], "Future[Result]"]]:
    """Gives calls to processes; when the block ends, so do they."""
    from sealmark.exchange.workers import Workers

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    workers = Workers(count, memory=RLIM_INFINITY, seconds=_SECONDS, modules=("sealmark.marks.verifier",))
    asyncio.run_coroutine_threadsafe(_open(workers), loop).result()
    places = asyncio.Semaphore(count)
    try:
        yield lambda call: asyncio.run_coroutine_threadsafe(_run(workers, places, call), loop)
    finally:
        workers.close()
        asyncio.run_coroutine_threadsafe(_leave(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _open(workers: "Workers") -> None:
    workers.open()


async def _leave() -> None:
    """Let go of what nobody waits for any more."""
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def _run(workers: "Workers", places: asyncio.Semaphore, call: Callable[[], Result]) -> Result:
    async with places:
        return await workers.run(call)

"""The pool for pixels and samples: bounded, limited, and whole again after a death."""

import asyncio
import os
import time
from collections.abc import AsyncIterator

import pytest

from sealmark.errors import SealmarkError
from sealmark.exchange.errors import WorkerDied, WorkersBusy
from sealmark.exchange.workers import WAITING, Workers
from sealmark.media.errors import Damaged


def twice(number: int) -> int:
    return 2 * number


def devour(size: int) -> int:
    return len(bytearray(size))


def spin(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def vanish() -> None:
    os._exit(3)


def complain() -> None:
    raise Damaged(at="here", reason="on purpose")


def stumble() -> None:
    raise RuntimeError("somebody's words")


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    pool = Workers(1, memory=1 << 30, seconds=2.0, modules=(__name__,))
    pool.open()
    yield pool
    pool.close()


async def test_results_and_our_errors_come_back(workers: Workers) -> None:
    """A result is returned; an error of ours keeps its class and details; any other becomes `internal`."""
    assert await workers.run(twice, 21) == 42
    with pytest.raises(Damaged) as caught:
        await workers.run(complain)
    assert caught.value.details["reason"] == "on purpose"
    with pytest.raises(SealmarkError) as other:
        await workers.run(stumble)
    assert other.value.code == "internal"


async def test_a_bomb_dies_in_its_process(workers: Workers) -> None:
    """Too much memory, too much time, or sudden death end one task, and the next one runs."""
    for function, argument in ((devour, (2 << 30,)), (spin, (60.0,)), (vanish, ())):
        with pytest.raises(WorkerDied):
            await workers.run(function, *argument)
        assert await workers.run(twice, 2) == 4


async def test_a_full_pool_says_so(workers: Workers) -> None:
    """Beyond its queue the pool takes nothing, at once."""
    waiting = [asyncio.ensure_future(workers.run(spin, 0.05)) for _ in range(WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(WorkersBusy):
        await workers.run(twice, 1)
    await asyncio.gather(*waiting)
    assert await workers.run(twice, 1) == 2


async def test_a_caller_who_leaves_leaves_the_worker_whole(workers: Workers) -> None:
    """A cancelled call gives its process back when the task is done."""
    call = asyncio.ensure_future(workers.run(spin, 0.2))
    await asyncio.sleep(0.05)
    call.cancel()
    assert await workers.run(twice, 3) == 6

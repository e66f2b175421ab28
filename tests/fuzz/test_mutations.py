"""Some damage to every file of the corpus each time the suite runs: the same each time, so that a failure repeats."""

import random
import time

import pytest

from tests.fuzz import mutators, runner
from tests.fuzz.reducer import least
from tests.fuzz.targets import MOST_SECONDS, BrokenLaw, judged

_INPUTS = 25  # a folder: a few seconds in all; `python -m tests.fuzz` looks for longer


@pytest.mark.parametrize("form", runner.folders())
def test_damaged_inputs_break_no_law(form: str) -> None:
    """Whatever is flipped, cut, repeated or spliced: our own errors, within time and memory."""
    search = runner.Search(form, random.Random(f"{form} 20261124"), list(runner.corpus(form).values()))
    for _ in range(_INPUTS):
        search.step()
    assert search.seen


def test_mutators_keep_below_the_longest_input() -> None:
    """Every mutator takes any bytes, and what it makes is bounded."""
    chance = random.Random(1)
    for mutator in mutators.MUTATORS:
        for data in (b"", b"a", bytes(range(256)) * 9):
            for _ in range(20):
                assert isinstance(mutator(chance, data, b"other"), bytes)
    assert all(len(mutators.mutated(chance, [bytes(1 << 20)])) <= mutators.LONGEST for _ in range(50))


def test_hang_and_hunger_are_seen() -> None:
    """The laws can be broken: a slow and a hungry parser are named."""

    def slow(_data: bytes) -> tuple[object, ...]:
        ended = time.process_time() + MOST_SECONDS + 0.1
        while time.process_time() < ended:
            pass
        return ()

    def hungry(_data: bytes) -> tuple[object, ...]:
        return (len(b"\x01" * 400_000_000),)

    with pytest.raises(BrokenLaw, match=r"more than 0\.1 seconds"):
        judged(slow, b"", 0.1)
    with pytest.raises(BrokenLaw, match=r"2\.\d seconds"):
        judged(slow, b"")
    with pytest.raises(BrokenLaw, match="MiB"):
        judged(hungry, b"")


def test_reducer_leaves_what_breaks() -> None:
    """The smallest input is what is to blame, and nothing else."""
    assert least(b"aaaaXbbbbYcccc", lambda data: b"X" in data and b"Y" in data) == b"XY"

"""Production numbers: unique, random-looking, below 2⁴⁸, never handed out twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.items.models import NumberLease
from sealmark.items.numbers import BITS, BLOCK, NumbersExhausted, Permutation, ProductionNumbers
from sealmark.storage.database import Database
from sealmark.storage.migrations import upgrade

KEY = bytes(range(32))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'sealmark.db'}")
    upgrade(made.engine)
    yield made
    made.close()


@given(st.sets(st.integers(0, (1 << BITS) - 1), min_size=2, max_size=50))
def test_the_permutation_loses_nothing(numbers: set[int]) -> None:
    """Different numbers stay different, and stay below 2⁴⁸."""
    permutation = Permutation(KEY)
    images = {permutation.apply(number) for number in numbers}
    assert len(images) == len(numbers)
    assert all(0 <= image < 1 << BITS for image in images)


def test_neighbours_cannot_be_guessed() -> None:
    """Consecutive counters differ in about half of their bits, and another key gives other numbers."""
    permutation, other = Permutation(KEY), Permutation(bytes(32))
    flips = [(permutation.apply(n) ^ permutation.apply(n + 1)).bit_count() for n in range(500)]
    assert 22 < sum(flips) / len(flips) < 26
    assert sum(permutation.apply(n) == other.apply(n) for n in range(500)) == 0


def test_no_number_is_handed_out_twice(database: Database) -> None:
    """Not to threads at once, and not to processes that start on the same database."""
    first = ProductionNumbers(database, KEY, rehearsal=True)
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda _: first.take(), range(2000)))
    second = ProductionNumbers(database, KEY, rehearsal=True)
    taken += [second.take() for _ in range(1000)]
    assert len(set(taken)) == 3000


def test_a_rehearsal_is_recognisable(database: Database) -> None:
    """Rehearsal numbers say so; live ones do not."""
    assert ProductionNumbers(database, KEY, rehearsal=True).take().startswith("R")
    assert len(ProductionNumbers(database, KEY, rehearsal=False).take()) == 12


def test_the_end_is_an_error_not_a_repetition(database: Database) -> None:
    """When 2⁴⁸ numbers are leased, there is no other."""
    with database.transaction() as session:
        session.add(NumberLease(id=1, next=(1 << BITS) - BLOCK + 1))
    with pytest.raises(NumbersExhausted):
        ProductionNumbers(database, KEY, rehearsal=True).take()

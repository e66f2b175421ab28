"""Production numbers (`ProduceID`): unique, random-looking, below 2⁴⁸ so that a watermark can hold them.

A counter, leased in blocks so that no two processes share a number and a crash only wastes some, goes through
a keyed permutation, so that nobody can count what was produced or guess a neighbour's number.
"""

import threading

from sqlalchemy import select

from sealmark.errors import SealmarkError
from sealmark.items.models import NumberLease
from sealmark.marks.label import production_id
from sealmark.storage.database import Database
from sealmark.storage.keys import KeyedHash

BITS = 48
HALF = BITS // 2
MASK = (1 << HALF) - 1
ROUNDS = 6
BLOCK = 1 << 14


class NumbersExhausted(SealmarkError):
    """All 2⁴⁸ production numbers are used."""

    code = "items.numbers_exhausted"
    status = 503
    zh = "生产编号已用尽。"
    en = "The production numbers are used up."
    zh_next = "请为部署更换编号密钥与模型代码。"
    en_next = "Give the deployment another model code and numbering key."


class Permutation:
    """A keyed permutation of the numbers below 2⁴⁸: a balanced Feistel network over HMAC-SHA-256."""

    def __init__(self, key: bytes) -> None:
        self._code = KeyedHash(key)

    def apply(self, number: int) -> int:
        """The number that stands for this one."""
        left, right = number >> HALF, number & MASK
        for turn in range(ROUNDS):
            left, right = right, left ^ self._round(turn, right)
        return left << HALF | right

    def _round(self, turn: int, half: int) -> int:
        return int.from_bytes(self._code(half.to_bytes(4) + bytes((turn,)))[:3])


class ProductionNumbers:
    """Hands out production numbers; safe from any thread."""

    def __init__(self, database: Database, key: bytes, *, rehearsal: bool) -> None:
        self._database = database
        self._permutation = Permutation(key)
        self._rehearsal = rehearsal
        self._lock = threading.Lock()
        self._next = self._end = 0

    def take(self) -> str:
        """A number nobody had before, as it stands in a label."""
        with self._lock:
            if self._next == self._end:
                self._next = self._lease()
                self._end = self._next + BLOCK
            number, self._next = self._next, self._next + 1
        return production_id(self._permutation.apply(number), rehearsal=self._rehearsal)

    def _lease(self) -> int:
        with self._database.transaction() as session:
            row = session.scalar(select(NumberLease).with_for_update())
            if row is None:
                row = NumberLease(id=1, next=0)
                session.add(row)
            start = row.next
            if start + BLOCK > 1 << BITS:
                raise NumbersExhausted
            row.next = start + BLOCK
            return start

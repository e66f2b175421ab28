"""Requests with no valid key: counted, and recorded once a minute, so that nobody fills the ledger with them."""

import asyncio
from datetime import datetime

from sealmark.exchange.stages import Stages, fault
from sealmark.storage.database import now

MINUTE = 60.0  # seconds


class Unauthenticated:
    """Counts, and leaves one record a minute in which there was something to count."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._count = 0
        self._since: datetime = now()

    def count(self) -> None:
        """One more."""
        self._count += 1

    async def run(self) -> None:
        """Record every minute, until cancelled; what was counted last is recorded then."""
        try:
            while True:
                await asyncio.sleep(MINUTE)
                await self.flush()
        finally:
            await asyncio.shield(self.flush())

    async def flush(self) -> None:
        """Record what was counted since the last time; kept for the next time if the ledger cannot take it."""
        count, since = self._count, self._since
        self._count, self._since = 0, now()
        if not count:
            return
        try:
            await self._stages.record(self._stages.recorder.unauthenticated(count, since))
        except Exception as error:
            fault(error)
            self._count, self._since = self._count + count, since

"""Records that the ledger could not take just now, and will be offered again until it does."""

import asyncio

import structlog

from sealmark.ledger import Entry, Sequencer
from sealmark.ledger.errors import LedgerBusy, LedgerError, LedgerFull, LedgerLocked

PASSING = (LedgerBusy, LedgerFull, LedgerLocked)  # after these nothing of the entry was written
PAUSE = 0.5  # seconds
log = structlog.get_logger(__name__)


class Backlog:
    """What left is recorded even where its record failed at first: a lock or a full disk passes."""

    def __init__(self, sequencer: Sequencer) -> None:
        self._sequencer = sequencer
        self._offering: set[asyncio.Task[None]] = set()

    def put(self, entry: Entry, failure: LedgerError) -> None:
        """Offer an entry again and again, if what it failed with can pass."""
        if isinstance(failure, PASSING):
            task = asyncio.ensure_future(self._offer(entry))
            self._offering.add(task)
            task.add_done_callback(self._offering.discard)

    async def settle(self, seconds: float) -> None:
        """Wait for what waits, so long at the most; the next start closes what was not recorded by then."""
        if self._offering:
            await asyncio.wait(self._offering, timeout=seconds)

    async def _offer(self, entry: Entry) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            try:
                await self._sequencer.append(entry)
            except PASSING:
                continue
            except LedgerError as failure:
                log.warning("backlog.lost", code=failure.code)
            return

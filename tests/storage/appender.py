"""A process that appends to a ledger until it is killed, and prints what was acknowledged.

`python appender.py PATH START`: one line for each acknowledgement (number, index), and now and then a checkpoint.
"""

import asyncio
import json
import sys
from pathlib import Path

from sealmark.ledger import Entry, Sequencer, Signer
from sealmark.storage.ledger import LedgerStore

ORIGIN = "rehearsal.example/killed"
SIGNER = Signer(ORIGIN, bytes(range(32)))


def entry(number: int) -> Entry:
    return Entry(b'{"number":%d}' % number, b"sealed %d" % number, "period-1", (b"key %d" % number,))


async def append(path: Path, start: int) -> None:
    sequencer = Sequencer(LedgerStore.open(path), SIGNER)
    numbers = iter(range(start, sys.maxsize))

    async def work() -> None:
        for number in numbers:
            appended = await sequencer.append(entry(number))
            checkpoint = sequencer.checkpoint() if appended.index % 50 == 0 else None
            sys.stdout.write(json.dumps([number, appended.index, checkpoint]) + "\n")
            sys.stdout.flush()

    await asyncio.gather(*(work() for _ in range(16)))


if __name__ == "__main__":
    asyncio.run(append(Path(sys.argv[1]), int(sys.argv[2])))

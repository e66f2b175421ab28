"""Takes what rooms left in the outbox to the ledger; each record gets there once, whatever is killed when."""

import threading
from concurrent.futures import wait

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sealmark.ledger import Entry, Sequencer, Store
from sealmark.ledger.errors import LedgerError
from sealmark.storage import outbox
from sealmark.storage.database import Database
from sealmark.storage.keys import MasterKey

PAUSE = 0.25  # seconds
log = structlog.get_logger(__name__)


class Drain:
    """A thread between the outbox and the sequencer."""

    def __init__(self, database: Database, master: MasterKey, store: Store, sequencer: Sequencer) -> None:
        self._database, self._master, self._store, self._sequencer = database, master, store, sequencer
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sealmark-outbox", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take what is there once more, and end."""
        self._stopping.set()
        self._thread.join()

    def once(self) -> int:
        """Take what waits now; returns how many records that was."""
        with self._database.reading() as connection:
            found = outbox.waiting(connection)
        new = [(record, key) for identity, record in found if not self._store.find(key := self._key(identity))]
        appended = [self._sequencer.append_soon(Entry(record, keys=(key,))) for record, key in new]
        wait(appended)
        for one in appended:
            one.result()
        if found:
            with self._database.transaction() as session:
                outbox.drained(session, [identity for identity, _ in found])
        return len(found)

    def _key(self, identity: str) -> bytes:
        return self._master.look_up("outbox", identity.encode())

    def _run(self) -> None:
        while not self._stopping.wait(PAUSE):
            self._try()
        self._try()

    def _try(self) -> None:
        try:
            while self.once():
                pass
        except (LedgerError, SQLAlchemyError) as error:
            log.warning("outbox.drain_failed", error=type(error).__name__)

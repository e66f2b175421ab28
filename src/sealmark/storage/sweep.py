"""Clears away what is over, when the house starts and once an hour; what cannot be cleared now is tried again."""

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sealmark.errors import SealmarkError

HOUR = 3600.0  # seconds
log = structlog.get_logger(__name__)


class Sweep:
    """A thread that calls `work` again and again."""

    def __init__(self, work: Callable[[], object], pause: float = HOUR) -> None:
        self._work, self._pause = work, pause
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sealmark-sweep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, once what is under way is done."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._try()
            if self._stopping.wait(self._pause):
                return

    def _try(self) -> None:
        try:
            self._work()
        except (SealmarkError, SQLAlchemyError) as error:
            log.warning("sweep.failed", error=type(error).__name__)

"""Verifications at once: more would wait for the processor and hold their uploads in memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sealmark.web.portal.errors import Busy

AT_ONCE = 4
PATIENCE = 10.0  # seconds to wait for a place


class Places:
    """A bounded number of places; safe from any thread."""

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A place for the length of a block; raises `Busy` when none is free for too long."""
        if not self._free.acquire(timeout=PATIENCE):
            raise Busy
        try:
            yield
        finally:
            self._free.release()

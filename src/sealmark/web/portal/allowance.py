"""How often a visitor may ask: never more than so many times in any minute, counted in memory."""

import ipaddress
import math
import threading
import time
from collections import deque
from collections.abc import Callable

from sealmark.web.portal.errors import TooManyVisits

WINDOW = 60.0  # seconds
VISITORS = 20_000  # kept apart at most; those beyond share one allowance, so that memory stays bounded
CROWD = "(everybody else)"
_NETWORK_OF_ONE = 64  # an IPv6 visitor usually has a whole /64


class Allowance:
    """A sliding window for each visitor; safe from any thread."""

    def __init__(
        self, per_minute: int, *, visitors: int = VISITORS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_minute, self._most, self._clock = per_minute, visitors, clock
        self._lock = threading.Lock()
        self._asked: dict[str, deque[float]] = {}
        self._swept = 0.0

    def spend(self, address: str) -> None:
        """Count one request; raises `TooManyVisits` when the last minute is used up, which counts nothing."""
        now = self._clock()
        with self._lock:
            asked = self._of(visitor(address), now)
            while asked and asked[0] <= now - WINDOW:
                asked.popleft()
            if len(asked) >= self._per_minute:
                raise TooManyVisits(wait=max(1, math.ceil(asked[0] + WINDOW - now)))
            asked.append(now)

    def __len__(self) -> int:
        return len(self._asked)

    def _of(self, name: str, now: float) -> deque[float]:
        if name not in self._asked and len(self._asked) >= self._most:
            self._sweep(now)
            name = name if len(self._asked) < self._most else CROWD
        return self._asked.setdefault(name, deque())

    def _sweep(self, now: float) -> None:
        """Forget who did not ask within the window; at most once a second, since it looks at everybody."""
        if now - self._swept < 1:
            return
        self._swept = now
        self._asked = {name: asked for name, asked in self._asked.items() if asked and asked[-1] > now - WINDOW}


def visitor(address: str) -> str:
    """Who an address counts as: itself, or for IPv6 its network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return CROWD
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _NETWORK_OF_ONE), strict=False))

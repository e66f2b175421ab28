"""The server's HTTP/1.1 with bounds: nobody holds a connection, or memory, by sending next to nothing."""

import asyncio

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS = 20.0
LINGER_SECONDS = 5.0
HEAD_BYTES = 64 * 1024
QUEUED_REQUESTS = 32


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol; closes a connection whose next request is late, or that brings framing without end."""

    _limit: asyncio.TimerHandle | None = None  # set while the client owes us something: a head, or a request's rest
    _framing = 0  # bytes since the last of a body or message: heads, chunk extensions, trailers
    _running: RequestResponseCycle | None = None  # `self.cycle` is the one read last, which may be queued behind it

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """It stands, and a request is due."""
        super().connection_made(transport)
        self._expect(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone; uvicorn tells the request read last, and the one being answered has to know too."""
        self._expect(None)
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request; what is no body, and what is sent ahead, is kept until it ends: both have bounds."""
        self._framing += len(data)
        super().data_received(data)
        if self._framing > HEAD_BYTES or len(self.pipeline) > QUEUED_REQUESTS:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """Its head is whole; the time for its body is the application's affair."""
        self._expect(None)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of its body: even the tiniest chunk is progress."""
        self._framing = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """It is whole; if it was answered before that, the next is due only now."""
        self._framing = 0
        super().on_message_complete()
        if self.cycle is not None and self.cycle.response_complete:
            self._expect(HEAD_SECONDS)

    def on_response_complete(self) -> None:
        """It is answered: the next is due, or first its own rest, which the client may be sending before it reads."""
        super().on_response_complete()
        if self.cycle.response_complete:  # else another was queued, and is being answered now
            self._expect(LINGER_SECONDS if self.cycle.more_body else HEAD_SECONDS)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _expect(self, seconds: float | None) -> None:
        """Let so much time pass from now; `close`, as an answer not read to its end is still the client's."""
        if self._limit is not None:
            self._limit.cancel()
        self._limit = None if seconds is None else self.loop.call_later(seconds, self.transport.close)

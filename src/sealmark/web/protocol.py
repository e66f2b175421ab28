"""The server's HTTP/1.1 with bounds on a request's head: nobody holds a connection by sending next to nothing."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 20.0
HEAD_BYTES = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol; a connection whose request's head is late or too long is closed."""

    _limit: asyncio.TimerHandle | None = None  # set while a head is awaited
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """It stands, and a request is due."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request; those before the end of its head are counted."""
        super().data_received(data)
        if self._limit is not None:
            self._head += len(data)
            if self._head > HEAD_BYTES:
                self.transport.abort()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        if self._limit is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._head_came()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._limit, self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort), 0

    def _head_came(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

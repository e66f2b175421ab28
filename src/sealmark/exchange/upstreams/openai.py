"""A generator that speaks the OpenAI interface, called over HTTP."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import SplitResult, urlsplit

import structlog

from sealmark.errors import SealmarkError, why
from sealmark.exchange.upstreams.connection import Connection, Pool
from sealmark.exchange.upstreams.errors import (
    UpstreamBusy,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamRubbish,
    UpstreamTimeout,
)
from sealmark.registers.service import Service

log = structlog.get_logger(__name__)
EVENT_LIMIT = 1024 * 1024  # bytes; one event of a stream
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Upstreams:
    """Connections to every upstream, kept open between calls."""

    def __init__(self, *, connect_timeout: float, answer_timeout: float, stall_timeout: float, limit: int) -> None:
        self._connect, self._answer, self._stall = connect_timeout, answer_timeout, stall_timeout
        self._limit = limit
        self._pool: Pool | None = None

    def open(self) -> None:
        """Make ready; called on the loop that will use it."""
        self._pool = Pool(self._connect)

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            self._pool.close()

    async def call(self, service: Service, path: str, body: bytes, *, limit: int | None = None) -> tuple[bytes, str]:
        """The whole answer: its bytes and media type. Raises the `Upstream…` errors."""
        most = min(limit or self._limit, self._limit)
        until = time.monotonic() + self._answer
        async with self._asked(service, path, body) as connection:
            parts, size = [], 0
            while True:
                parts += (came := connection.take())
                size += sum(map(len, came))
                if size > most:
                    raise UpstreamRubbish(**why("超出长度上限", "over the size limit"))
                if connection.headed:
                    _require_success(connection.status, service)
                if connection.complete:
                    break
                await connection.more(_left(until))
            return b"".join(parts), connection.media_type

    @asynccontextmanager
    async def stream(self, service: Service, path: str, body: bytes) -> AsyncIterator["Events"]:
        """The events of a stream, as many at a time as arrived together: each the bytes of one `data:`.

        Unless the answer is complete, the connection is closed on leaving: no upstream goes on generating for nobody.
        """
        until = time.monotonic() + self._answer
        async with self._asked(service, path, body) as connection:
            while not connection.headed:
                await connection.more(_left(until))
            _require_success(connection.status, service)
            if connection.media_type != "text/event-stream":
                raise UpstreamRubbish(**why("不是事件流", "not an event stream"))
            yield Events(connection, _left(until), self._stall)

    @asynccontextmanager
    async def _asked(self, service: Service, path: str, body: bytes) -> AsyncIterator[Connection]:
        assert self._pool is not None
        url = urlsplit(service.upstream_url + path)
        connection = await self._pool.take(url)
        try:
            connection.ask(_request(url, service.upstream_key, body))
            yield connection
        finally:
            self._pool.give_back(url, connection)


class Events:
    """The events of one stream as they come; ends when the answer does.

    `first` and `stall` are the seconds that it may take to the first event, and to each one after it; comments count
    for nothing.
    """

    def __init__(self, connection: Connection, first: float, stall: float) -> None:
        self._connection, self._seconds, self._stall = connection, first, stall
        self._rest = b""
        self._begun = self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[bytes]:
        """What came together, at least one event; raises the `Upstream…` errors."""
        until = time.monotonic() + self._seconds
        while not self._ended:
            if events := self._read():
                self._seconds = self._stall
                return events
            if not self._ended:
                await self._connection.more(_left(until))
        raise StopAsyncIteration

    def _read(self) -> list[bytes]:
        data = (self._rest + b"".join(self._connection.take())).replace(b"\r\n", b"\n")
        if data.find(b"\r", 0, -1) >= 0:  # the last may be the half of a line's end
            raise UpstreamRubbish(**why("事件流以单个回车换行", "lines of events that end in a lone carriage return"))
        *whole, self._rest = data.split(b"\n\n")
        if len(self._rest) > EVENT_LIMIT:
            raise UpstreamRubbish(**why("单个事件超出长度上限", "an event over the size limit"))
        if self._connection.complete:
            self._ended = True
            whole.append(self._rest.strip())
        if whole and not self._begun:
            self._begun, whole[0] = True, whole[0].removeprefix(BYTE_ORDER_MARK)
        return [data for event in whole if (data := _data(event))]


def _request(url: SplitResult, key: str, body: bytes) -> bytes:
    target = url.path + (f"?{url.query}" if url.query else "")
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {url.netloc.rpartition('@')[2]}\r\nContent-Type: application/json\r\n"
        f"Accept: */*\r\nAccept-Encoding: identity\r\n{authorization}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("latin-1") + body


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise UpstreamTimeout
    return left


def _require_success(status: int, service: Service) -> None:
    """Raise what a status other than 200 means; what the upstream says of it stays behind, nobody reviewed it."""
    if status != 200:
        log.warning("upstream.refused", service=service.id, status=status)
        raise _refusal(status)


def _refusal(status: int) -> SealmarkError:
    if status in (429, 503):
        return UpstreamBusy()
    kind = UpstreamRefused if 400 <= status < 500 and status not in (401, 403, 404) else UpstreamFailed
    return kind(upstream_status=status)


def _data(event: bytes) -> bytes:
    """The `data:` of one server-sent event; comments and other fields are dropped."""
    if event.startswith(b"data: ") and b"\n" not in event:
        return event[6:]
    lines = (line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:"))
    return b"\n".join(lines)

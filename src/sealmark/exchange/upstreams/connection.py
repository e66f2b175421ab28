"""One HTTP/1.1 connection to an upstream, and the pool that keeps such connections open between calls.

Written for this one use (a POST, an answer read as it comes), it costs a third of the CPU of a general client.
"""

import asyncio
import ssl
from collections import deque
from functools import cache
from typing import cast
from urllib.parse import SplitResult

import httptools

from sealmark.errors import why
from sealmark.exchange.errors import UpstreamBroken, UpstreamRubbish, UpstreamTimeout, UpstreamUnreachable

HEAD_LIMIT = 64 * 1024  # bytes
IDLE = 4.0  # seconds that an unused connection is kept: common servers close theirs after five
CONNECTIONS = 1000

Place = tuple[str, str, int]  # scheme, host, port


class Connection(asyncio.Protocol):
    """A connection that is asked one thing at a time; `take` and `more` read the answer."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._lost = self._asked = self._kept = False
        self.idle_since = 0.0
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._head = 0
        self._framed = self._paused = False
        self.status = 0
        self.media_type = ""
        self.headed = self.complete = False

    # what the caller asks

    def ask(self, request: bytes) -> None:
        """Send a request; the answer before it must be complete."""
        self._begin()
        self._asked = True
        assert self._transport is not None
        self._transport.write(request)

    def take(self) -> list[bytes]:
        """What has come of the body since the last time; raises `UpstreamRubbish` where the answer is none."""
        if self._error is not None:
            raise self._error
        parts, self._parts = self._parts, []
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return parts

    async def more(self, seconds: float) -> None:
        """Wait until there is something new; raises `UpstreamTimeout`, `UpstreamBroken`, `UpstreamRubbish`."""
        if self._error is None and not self.complete:
            if self._lost:
                raise UpstreamBroken
            await self._wait(seconds)
        if self._error is not None:
            raise self._error

    @property
    def reusable(self) -> bool:
        """Whether it can be asked again."""
        closing = self._transport is None or self._transport.is_closing()
        return self.complete and self._kept and self._error is None and not (self._lost or closing)

    def close(self) -> None:
        """Let go of it, whatever it is doing."""
        if self._transport is not None:
            self._transport.abort()

    async def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._waiting = waiting = loop.create_future()
        timer = loop.call_later(seconds, _expire, waiting)
        try:
            await waiting
        finally:
            timer.cancel()
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer; nothing may come unasked."""
        if not self._asked:
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._refuse("不合 HTTP/1.1", f"not HTTP/1.1, {type(error).__name__}")
        if not self.headed:
            self._head += len(data)
            if self._head > HEAD_LIMIT:
                self._refuse("头部超出长度上限", "a head over the size limit")
        self._wake_or_hold()

    def _wake_or_hold(self) -> None:
        """Wake who waits; while nobody does the upstream has to, so that nothing piles up here."""
        if self._waiting is not None:
            self._wake()
        elif not (self.complete or self._paused or self._transport is None):
            self._paused = True
            self._transport.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """It is gone: that ends an answer that no length and no chunks end."""
        self._lost = True
        if error is None and self._error is None and self.headed and not self._framed:
            self.complete = True
        self._wake()

    def _refuse(self, zh: str, en: str) -> None:
        self._error = self._error or UpstreamRubbish(**why(zh, en))
        self.close()

    # httptools

    def on_message_begin(self) -> None:
        """An answer begins; there is one to each request."""
        if self.complete:
            self._refuse("一次请求有两个回答", "two answers to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One field of the head."""
        field = name.lower()
        if field == b"content-type":
            self.media_type = value.decode("latin-1").partition(";")[0].strip().lower()
        elif field in (b"content-length", b"transfer-encoding"):
            self._framed = True

    def on_headers_complete(self) -> None:
        """The head is whole; those below 200 only announce another."""
        self.status = self._parser.get_status_code()
        self.headed = self.status >= 200

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """The answer is whole, unless it only announced another."""
        if not self.headed:
            self._framed, self.media_type = False, ""
            return
        self.complete, self._asked = True, False
        self._kept = self._parser.should_keep_alive()


class Pool:
    """Connections that are kept; each serves one call at a time."""

    def __init__(self, connect_timeout: float) -> None:
        self._seconds = connect_timeout
        self._idle: dict[Place, deque[Connection]] = {}
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._loop = asyncio.get_running_loop()

    async def take(self, url: SplitResult) -> Connection:
        """A connection to where `url` points; raises `UpstreamUnreachable`, `UpstreamTimeout`."""
        await self._free.acquire()
        place = _place(url)
        idle = self._idle.setdefault(place, deque())
        while idle:
            connection = idle.pop()
            if connection.reusable and self._loop.time() - connection.idle_since < IDLE:
                return connection
            connection.close()
        try:
            return await self._connect(*place)
        except BaseException:
            self._free.release()
            raise

    def give_back(self, url: SplitResult, connection: Connection) -> None:
        """Keep a connection whose answer is complete; close any other: no upstream goes on for nobody."""
        self._free.release()
        if not connection.reusable:
            connection.close()
            return
        connection.idle_since = self._loop.time()
        self._idle[_place(url)].append(connection)

    def close(self) -> None:
        """Close what is kept."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    async def _connect(self, scheme: str, host: str, port: int) -> Connection:
        secure = _tls() if scheme == "https" else None
        try:
            async with asyncio.timeout(self._seconds):
                _, connection = await self._loop.create_connection(Connection, host, port, ssl=secure)
        except TimeoutError as error:
            raise UpstreamTimeout from error
        except OSError as error:
            raise UpstreamUnreachable from error
        return connection


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _place(url: SplitResult) -> Place:
    return url.scheme, url.hostname or "", url.port or (443 if url.scheme == "https" else 80)


def _expire(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_exception(UpstreamTimeout())

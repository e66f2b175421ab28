"""One HTTP/1.1 connection to an upstream, and the pool that keeps such connections open between calls.

Written for this one use (a POST, an answer read as it comes), it costs a third of the CPU of a general client.
"""

import asyncio
import select
import ssl
from collections import deque
from functools import cache
from typing import cast
from urllib.parse import SplitResult

import httptools

from sealmark.errors import why
from sealmark.exchange.upstreams.errors import (
    UpstreamBroken,
    UpstreamBusy,
    UpstreamRubbish,
    UpstreamTimeout,
    UpstreamUnreachable,
)

HEAD_LIMIT = 64 * 1024  # bytes of an answer that are no body
FRAMING = 8  # as many more for each byte of body: chunks of one byte have five
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
        self._bare = 0
        self._framed = self._coded = self._paused = False
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

    @property
    def silent(self) -> bool:
        """Whether nothing waits in the socket; a busy loop may not have seen yet what came unasked, or the end."""
        assert self._transport is not None
        look = select.poll()
        look.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not look.poll(0)

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
        self._bare += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._refuse("不合 HTTP/1.1", f"not HTTP/1.1, {type(error).__name__}")
        if self._bare > HEAD_LIMIT:
            self._refuse("头部或分块标记超出长度上限", "a head, or the framing of chunks, over the size limit")
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
        """One field of the head; those that follow the body say nothing."""
        if self.headed:
            return
        field = name.lower()
        if field == b"content-type":
            self.media_type = value.decode("latin-1").partition(";")[0].strip().lower()
        elif field in (b"content-length", b"transfer-encoding"):
            self._framed = True
        elif field == b"content-encoding":
            self._coded = value.strip().lower() not in (b"", b"identity")

    def on_headers_complete(self) -> None:
        """The head is whole; those below 200 only announce another."""
        self.status = self._parser.get_status_code()
        self.headed = self.status >= 200
        if self.status == 200 and self._unsent:
            self._refuse("请求尚未发完就已回答", "it came before the request was sent")
        if self.status == 200 and self._coded:
            self._refuse("正文经过压缩或编码", "a body with a content encoding, although none was asked for")

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._parts.append(body)
        self._bare = max(0, self._bare - (1 + FRAMING) * len(body))

    def on_message_complete(self) -> None:
        """The answer is whole, unless it only announced another."""
        if not self.headed:
            self._framed, self._coded, self.media_type = False, False, ""
            return
        self.complete, self._asked = True, False
        self._kept = self._parser.should_keep_alive() and not self._unsent

    @property
    def _unsent(self) -> bool:
        """Whether a part of the request still waits here: what comes meanwhile cannot be the answer to it."""
        return self._transport is None or self._transport.get_write_buffer_size() > 0


class Pool:
    """Connections that are kept; each serves one call at a time."""

    def __init__(self, connect_timeout: float) -> None:
        """The limit in seconds is that of a connection, and of the wait for a free place."""
        self._seconds = connect_timeout
        self._idle: dict[Place, deque[Connection]] = {}
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._loop = asyncio.get_running_loop()

    async def take(self, url: SplitResult) -> Connection:
        """A connection to where `url` points; raises `UpstreamBusy`, `UpstreamUnreachable`, `UpstreamTimeout`."""
        place = _place(url)
        idle = self._idle.setdefault(place, deque())
        await self._admit()
        while idle:
            connection = idle.pop()
            if self._fit(connection):
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

    async def _admit(self) -> None:
        if not self._free.locked():  # a timeout costs ten times as much as a free place
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(self._seconds):
                await self._free.acquire()
        except TimeoutError as error:
            raise UpstreamBusy from error

    def _fit(self, connection: Connection) -> bool:
        fresh = self._loop.time() - connection.idle_since < IDLE
        return fresh and connection.reusable and connection.silent

    async def _connect(self, scheme: str, host: str, port: int) -> Connection:
        secure = _tls() if scheme == "https" else None
        try:
            async with asyncio.timeout(self._seconds):
                _, connection = await self._loop.create_connection(Connection, host, port, ssl=secure)
        except TimeoutError as error:
            raise UpstreamTimeout from error
        except (OSError, UnicodeError) as error:  # a name that is none
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

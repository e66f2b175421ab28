"""A generator that speaks the OpenAI interface, called over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from sealmark.errors import SealmarkError
from sealmark.exchange.errors import (
    UpstreamBroken,
    UpstreamBusy,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamRubbish,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from sealmark.registers.service import Service

EVENT_LIMIT = 1024 * 1024  # bytes; one event of a stream
CONNECTIONS = 1000


class Upstreams:
    """Connections to every upstream, kept open between calls."""

    def __init__(self, *, connect_timeout: float, answer_timeout: float, stall_timeout: float, limit: int) -> None:
        self._whole = aiohttp.ClientTimeout(total=answer_timeout, sock_connect=connect_timeout)
        self._stream = aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout, sock_read=stall_timeout)
        self._limit = limit
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        """Make ready; called on the loop that will use it."""
        connector = aiohttp.TCPConnector(limit=CONNECTIONS, ttl_dns_cache=60)
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def call(self, service: Service, path: str, body: bytes, *, limit: int | None = None) -> tuple[bytes, str]:
        """The whole answer: its bytes and media type. Raises the `Upstream…` errors."""
        most = min(limit or self._limit, self._limit)
        async with self._post(service, path, body, self._whole) as response:
            parts, size = [], 0
            async for part in response.content.iter_any():
                parts.append(part)
                size += len(part)
                if size > most:
                    raise UpstreamRubbish(problem="over the size limit")
            return b"".join(parts), response.content_type

    @asynccontextmanager
    async def stream(self, service: Service, path: str, body: bytes) -> AsyncIterator[AsyncIterator[list[bytes]]]:
        """The events of a stream, as many at a time as arrived together: each the bytes of one `data:`.

        The connection is closed on leaving, whatever happened: no upstream goes on generating for nobody.
        """
        async with self._post(service, path, body, self._stream) as response:
            if response.content_type != "text/event-stream":
                raise UpstreamRubbish(problem="not an event stream")
            try:
                yield _events(response.content)
            finally:
                response.close()

    @asynccontextmanager
    async def _post(
        self, service: Service, path: str, body: bytes, patience: aiohttp.ClientTimeout
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        assert self._session is not None
        headers = {"Content-Type": "application/json"}
        if service.upstream_key:
            headers["Authorization"] = f"Bearer {service.upstream_key}"
        try:
            async with self._session.post(
                service.upstream_url + path, data=body, headers=headers, timeout=patience, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise _refusal(response.status)
                yield response
        except (aiohttp.ServerTimeoutError, TimeoutError) as error:
            raise UpstreamTimeout from error
        except aiohttp.ClientConnectorError as error:
            raise UpstreamUnreachable from error
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            raise UpstreamBroken from error
        except aiohttp.ClientError as error:
            raise UpstreamRubbish(problem=type(error).__name__) from error


def _refusal(status: int) -> SealmarkError:
    if status in (429, 503):
        return UpstreamBusy()
    kind = UpstreamRefused if 400 <= status < 500 and status not in (401, 403, 404) else UpstreamFailed
    return kind(upstream_status=status)


async def _events(content: aiohttp.StreamReader) -> AsyncIterator[list[bytes]]:
    rest = b""
    async for part in content.iter_any():
        *whole, rest = (rest + part).replace(b"\r\n", b"\n").split(b"\n\n")
        if len(rest) > EVENT_LIMIT:
            raise UpstreamRubbish(problem="an event over the size limit")
        events = [data for event in whole if (data := _data(event))]
        if events:
            yield events
    if data := _data(rest.strip()):
        yield [data]


def _data(event: bytes) -> bytes:
    """The `data:` of one server-sent event; comments and other fields are dropped."""
    if event.startswith(b"data: ") and b"\n" not in event:
        return event[6:]
    lines = (line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:"))
    return b"\n".join(lines)

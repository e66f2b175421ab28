"""The connection to an upstream, against servers that keep to HTTP and servers that don't."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from sealmark.exchange.errors import UpstreamBroken, UpstreamRubbish, UpstreamTimeout, UpstreamUnreachable
from sealmark.exchange.upstreams.openai import Upstreams
from sealmark.registers.service import Service

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: 2\r\n\r\n{}"
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
CLOSE = None


class Raw:
    """A server that sends exactly these bytes to each request; `CLOSE` ends the connection."""

    def __init__(self, *parts: bytes | None) -> None:
        self.parts = parts
        self.connections = 0
        self.heads: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                await reader.readexactly(2)
                for part in self.parts:
                    if part is CLOSE:
                        return
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0.001)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def served(raw: Raw) -> AsyncIterator[Callable[[], Service]]:
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield lambda: service(url)


def service(url: str, **given: str) -> Service:
    return Service("chat", "test", "chat", "测试", "test", 1, url, "model", **given)  # type: ignore[arg-type]  # texts


@asynccontextmanager
async def upstreams(**given: float) -> AsyncIterator[Upstreams]:
    limits = {"connect_timeout": 1.0, "answer_timeout": 0.5, "stall_timeout": 0.5, "limit": 1000}
    found = Upstreams(**{**limits, **given})  # type: ignore[arg-type]  # the limit is a number like the others
    found.open()
    try:
        yield found
    finally:
        await found.close()


async def call(raw: Raw, times: int = 1) -> tuple[bytes, str]:
    async with served(raw) as where, upstreams() as found:
        for _ in range(times):
            answer = await found.call(where(), "/chat", b"{}")
        return answer


async def test_a_connection_serves_call_after_call() -> None:
    """An answer that is complete leaves its connection open for the next call."""
    raw = Raw(WHOLE)
    assert await call(raw, times=3) == (b"{}", "application/json")
    assert raw.connections == 1


@pytest.mark.parametrize("cut", range(1, len(WHOLE), 7))
async def test_an_answer_is_read_however_it_is_cut(cut: int) -> None:
    """The packets' borders mean nothing."""
    assert await call(Raw(WHOLE[:cut], WHOLE[cut:])) == (b"{}", "application/json")


async def test_an_answer_may_be_announced_first() -> None:
    """A 1xx answer only announces the one that counts."""
    assert (await call(Raw(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + WHOLE)))[0] == b"{}"


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    """HTTP lets the end of the connection end the body."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
    raw = Raw(head, b'{"a"', b":1}", CLOSE)
    assert (await call(raw, times=2))[0] == b'{"a":1}'
    assert raw.connections == 2


async def test_an_upstream_that_says_close_is_not_asked_again_on_the_same_connection() -> None:
    """`connection: close` is believed."""
    raw = Raw(WHOLE.replace(b"content-length", b"connection: close\r\ncontent-length"), CLOSE)
    await call(raw, times=2)
    assert raw.connections == 2


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), UpstreamRubbish),
        ((b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000,), UpstreamRubbish),
        ((WHOLE + WHOLE,), UpstreamRubbish),
        ((WHOLE.replace(b": 2", b": 2000") + b"a" * 1500,), UpstreamRubbish),
        ((STREAM + b"zz\r\n",), UpstreamRubbish),
        ((WHOLE.replace(b": 2", b": 3"), CLOSE), UpstreamBroken),
        ((STREAM + b"5\r\nhel", CLOSE), UpstreamBroken),
        ((CLOSE,), UpstreamBroken),
        ((WHOLE.replace(b": 2", b": 3"),), UpstreamTimeout),
        ((b"HTTP/1.1 200",), UpstreamTimeout),
    ],
)
async def test_a_hostile_answer_is_the_upstreams_error(parts: tuple[bytes | None, ...], error: type) -> None:
    """Whatever comes instead of an answer has its own error, and nothing of it is an answer."""
    with pytest.raises(error):
        await call(Raw(*parts))


async def test_what_comes_unasked_ends_the_connection() -> None:
    """Bytes after an answer are no answer to the next request."""
    raw = Raw(WHOLE, b"HTTP/1.1 200 OK\r\n")
    async with served(raw) as where, upstreams() as found:
        assert (await found.call(where(), "/chat", b"{}"))[0] == b"{}"
        await asyncio.sleep(0.05)
        assert (await found.call(where(), "/chat", b"{}"))[0] == b"{}"
    assert raw.connections == 2


async def test_nobody_there_is_said() -> None:
    """A closed port is unreachable, not broken."""
    async with upstreams() as found:
        with pytest.raises(UpstreamUnreachable):
            await found.call(service("http://127.0.0.1:1/v1"), "/chat", b"{}")


async def test_a_stream_that_is_left_is_closed_and_one_that_ended_is_kept() -> None:
    """No upstream goes on for nobody; a complete stream leaves its connection open."""
    raw = Raw(STREAM, b"a\r\ndata: {}\n\n\r\n", b"0\r\n\r\n")
    async with served(raw) as where, upstreams() as found:
        for _ in range(2):
            async with found.stream(where(), "/chat", b"{}") as events:
                assert [one async for one in events] == [[b"{}"]]
        assert raw.connections == 1
        async with found.stream(where(), "/chat", b"{}"):
            pass
        async with found.stream(where(), "/chat", b"{}"):
            pass
        assert raw.connections == 2


async def test_a_long_answer_waits_until_it_is_read() -> None:
    """An upstream that is faster than its reader is held back, and loses nothing."""
    chunk = b"data: " + b"a" * 65_528 + b"\n\n"
    raw = Raw(STREAM, *[b"%x\r\n%s\r\n" % (len(chunk), chunk)] * 40, b"0\r\n\r\n")
    async with (
        served(raw) as where,
        upstreams(stall_timeout=5) as found,
        found.stream(where(), "/chat", b"{}") as events,
    ):
        await asyncio.sleep(0.3)
        assert [len(one) async for together in events for one in together] == [65_528] * 40


async def test_the_upstreams_key_goes_with_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the service, and no other header of the caller's."""
    monkeypatch.setenv("TEST_UPSTREAM_KEY", "up-key")
    raw = Raw(WHOLE)
    async with served(raw) as where, upstreams() as found:
        await found.call(service(where().upstream_url, upstream_key_variable="TEST_UPSTREAM_KEY"), "/chat", b"{}")
    assert b"Authorization: Bearer up-key\r\n" in raw.heads[0]

"""The connection to an upstream, against servers that keep to HTTP and servers that don't."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sealmark.errors import SealmarkError
from sealmark.exchange.upstreams import connection
from sealmark.exchange.upstreams.errors import (
    UpstreamBroken,
    UpstreamBusy,
    UpstreamRefused,
    UpstreamRubbish,
    UpstreamTimeout,
    UpstreamUnreachable,
)
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


def answer_of(caller: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(caller), caller)


class Twice:
    """A server on a thread of its own that sends a second answer, unasked, while the loop is busy."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.settimeout(5)
        self.context, self.sent = context, threading.Event()
        self.url = f"http{'s' * bool(context)}://localhost:{self.listening.getsockname()[1]}/v1"

    def serve(self) -> None:
        for _ in range(2):
            plain, _ = self.listening.accept()
            connection = self.context.wrap_socket(plain, server_side=True) if self.context else plain
            with connection, contextlib.suppress(OSError):
                self.answer(connection)

    def answer(self, connection: socket.socket) -> None:
        requests = connection.makefile("rb")
        while requests.readline():
            while requests.readline() != b"\r\n":
                pass
            connection.sendall(answer_of(requests.read(3)))
            if not self.sent.is_set():
                time.sleep(0.05)
                connection.sendall(answer_of(b"other"))
                self.sent.set()

    async def ask(self) -> list[bytes]:
        async with upstreams(answer_timeout=5) as found:
            first, _ = await found.call(service(self.url), "/chat", b'"A"')
            assert self.sent.wait(5)  # the loop stands still meanwhile
            return [first] + [(await found.call(service(self.url), "/chat", b'"B"'))[0] for _ in range(2)]


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize("secure", [False, True])
def test_an_answer_that_waits_unseen_reaches_nobody(
    run: Callable[..., list[bytes]], secure: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What came unasked while the loop was busy is never the answer to the next caller."""
    server, client = contexts(tmp_path)
    monkeypatch.setattr(connection, "_tls", lambda: client)
    twice = Twice(server if secure else None)
    thread = threading.Thread(target=twice.serve)
    thread.start()
    with twice.listening:
        assert run(twice.ask()) == [b'"A"', b'"B"', b'"B"']
        thread.join()


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server that proves to be localhost, and a client that believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, today - timedelta(1), today + timedelta(1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    certificate = built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(secret + certificate)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=certificate.decode())


@pytest.mark.parametrize(("status", "error"), [(200, UpstreamRubbish), (413, UpstreamRefused)])
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_an_answer_before_the_request_is_sent_is_none(
    run: Callable[..., None], status: int, error: type[SealmarkError]
) -> None:
    """Who has not the whole request can refuse it, but not answer it; the connection serves nobody else."""
    connections = []

    async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a stream's transport reads
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 2\r\n\r\n{}" % status)

    async def ask() -> None:
        server = await asyncio.start_server(hasty, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with upstreams() as found:
            for _ in range(2):
                with pytest.raises(error):
                    await found.call(service(url), "/chat", b"a" * 30_000_000)
        assert len(connections) == 2
        for writer in connections:
            writer.transport.abort()
        server.close()
        await server.wait_closed()  # a loop that closes over open connections may wait for them without end

    run(ask())


CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "parts",
    [
        (CHUNKED + b"2\r\n{}\r\n0\r\nx: ", *[b"a" * 65_536] * 50),
        (CHUNKED + b"ea60\r\n" + b"a" * 60_000 + b"\r\n0\r\n", *[b"x: " + b"a" * 60_000 + b"\r\n"] * 5),
        (CHUNKED + b"1;x=", *[b"a" * 16_384] * 50),
        (CHUNKED, *[b"1;x=" + b"a" * 16_384 + b"\r\na\r\n"] * 50),
    ],
)
async def test_an_answer_that_is_all_frame_is_refused(parts: tuple[bytes, ...]) -> None:
    """Trailers and the framing of chunks are bounded, like the head; a long body before them is no credit."""
    async with served(Raw(*parts)) as where, upstreams(limit=100_000) as found:
        with pytest.raises(UpstreamRubbish) as caught:
            await found.call(where(), "/chat", b"{}")
    assert "framing" in str(caught.value)


async def test_a_body_in_the_smallest_chunks_is_read() -> None:
    """A chunk of one byte has five times as much framing, which is no fault; each answer is counted anew."""
    raw = Raw(CHUNKED, *[b"1\r\na\r\n" * 1000] * 60, b"0\r\nx: y\r\ncontent-type: text/html\r\n\r\n")
    async with served(raw) as where, upstreams(limit=60_000, answer_timeout=5) as found:
        for _ in range(3):
            assert await found.call(where(), "/chat", b"{}") == (b"a" * 60_000, "application/json")
    assert raw.connections == 1


@pytest.mark.parametrize("coding", [b"gzip", b"br"])
async def test_an_encoded_body_is_named_as_such(coding: bytes) -> None:
    """Only the plain body was asked for; what is refused says why."""
    with pytest.raises(UpstreamRubbish) as caught:
        await call(Raw(WHOLE.replace(b"content-length", b"content-encoding: " + coding + b"\r\ncontent-length")))
    assert "content encoding" in str(caught.value)
    assert await call(Raw(WHOLE.replace(b"content-length", b"content-encoding: identity\r\ncontent-length")))


@pytest.mark.parametrize("host", ["a" * 70 + ".b", "a..b"])
async def test_a_name_that_is_none_keeps_no_place(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that cannot even begin gives its place in the pool back."""
    monkeypatch.setattr(connection, "CONNECTIONS", 1)
    async with upstreams() as found:
        for _ in range(3):
            with pytest.raises(UpstreamUnreachable):
                await found.call(service(f"http://{host}/v1"), "/chat", b"{}")


async def test_the_wait_for_a_place_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every connection is taken, the upstream is busy, and that is said in time; a place that is left serves."""
    monkeypatch.setattr(connection, "CONNECTIONS", 1)
    raw = Raw(STREAM, b"a\r\ndata: {}\n\n\r\n")
    async with served(raw) as where, upstreams(connect_timeout=0.1) as found:
        async with found.stream(where(), "/chat", b"{}"):
            with pytest.raises(UpstreamBusy):
                await asyncio.wait_for(found.call(where(), "/chat", b"{}"), 5)
        async with found.stream(where(), "/chat", b"{}") as events:
            assert await anext(events) == [b"{}"]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def events_of(*parts: bytes) -> list[bytes]:
    raw = Raw(STREAM, *map(chunk, parts), b"0\r\n\r\n")
    async with (
        served(raw) as where,
        upstreams(stall_timeout=0.1) as found,
        found.stream(where(), "/chat", b"{}") as events,
    ):
        return [one async for together in events for one in together]


@pytest.mark.parametrize("before", [(), (b"data: {}\n\n",)])
async def test_comments_are_no_events(before: tuple[bytes, ...]) -> None:
    """A stream that says nothing stands still, however often it says so."""
    with pytest.raises(UpstreamTimeout):
        await events_of(*before, *[b":\n\n"] * 2000)


@pytest.mark.parametrize(
    ("parts", "events"),
    [
        ((b"\xef\xbb\xbfdata: 1\n\ndata: 2\n\n",), [b"1", b"2"]),
        ((b"\xef", b"\xbb\xbfdata: 1\n\n"), [b"1"]),
        ((b"\xef\xbb\xbfdata: 1",), [b"1"]),
        ((b"data:1\n\ndata:  2\n\n",), [b"1", b" 2"]),
        ((b"data: 1\ndata:2\n\n",), [b"1\n2"]),
        ((b": hi\nevent: x\ndata: 1\nid: 7\n\n",), [b"1"]),
        ((b"data: 1\r", b"\n\r", b"\ndata: 2\r\n\r\n"), [b"1", b"2"]),
    ],
)
async def test_events_are_read_as_the_standard_writes_them(parts: tuple[bytes, ...], events: list[bytes]) -> None:
    """HTML 9.2.6: a byte order mark is skipped once, lines of data are joined, other fields are not data."""
    assert await events_of(*parts) == events


@pytest.mark.parametrize("event", [b"data: 1\r\rdata: 2\r\r", b": quiet\rdata: 1\n\n", b"data: 1\rdata: 2\n\n"])
async def test_lines_that_end_in_a_lone_return_are_refused(event: bytes) -> None:
    """The standard knows them, no generator writes them: refused whole, lest one reader see more than another."""
    with pytest.raises(UpstreamRubbish):
        await events_of(event)

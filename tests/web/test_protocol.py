"""Nobody holds a connection, or memory, by sending next to nothing, framing without end, or requests ahead."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sealmark.web import protocol
from tests.deployment import Deployment, ask, deployed, wait_for
from tests.upstream import ScriptedUpstream, piece

CHAT = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
NOTHING = b"GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    """The upstream of this module's deployment."""
    running = ScriptedUpstream()
    yield running
    running.stop()


@pytest.fixture
def hasty(tmp_path: Path, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """A deployment that waits half a second for a head, and for a request answered before its end."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.5)
    with deployed(tmp_path, upstream.url) as running:
        yield running


def connected(deployment: Deployment) -> socket.socket:
    """A connection of its own."""
    return socket.create_connection(("127.0.0.1", deployment.port), timeout=5)


def answers(connection: socket.socket, count: int) -> list[bytes]:
    """The statuses of so many answers, as they come."""
    received = b""
    while len(found := re.findall(rb"HTTP/1\.1 (\d{3})", received)) < count:
        part = connection.recv(65536)
        assert part
        received += part
    return found


def drip(connection: socket.socket) -> None:
    """Two seconds of a letter now and then."""
    for _ in range(40):
        time.sleep(0.05)
        connection.sendall(b"a")


def closed_after(connection: socket.socket) -> float:
    """How long the server keeps a connection on which nothing more comes."""
    began = time.monotonic()
    with suppress(ConnectionResetError):
        while connection.recv(65536):
            pass
    return time.monotonic() - began


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_head_that_does_not_come(hasty: Deployment, sent: bytes) -> None:
    """A connection without a request, or with half a head, is closed when its time is over."""
    with connected(hasty) as connection:
        connection.sendall(sent)
        assert 0.3 < closed_after(connection) < 3


def test_a_head_that_drips(hasty: Deployment) -> None:
    """Letters that keep coming win no time."""
    with connected(hasty) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        with pytest.raises(ConnectionError):
            drip(connection)


def test_a_head_without_end(hasty: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A head over the size limit closes the connection."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 20)
    with connected(hasty) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 4_000_000)
        except ConnectionError:
            return
        assert closed_after(connection) < 5


def test_requests_in_time_are_answered(hasty: Deployment) -> None:
    """One connection serves request after request, over a time longer than one head may take."""
    with connected(hasty) as connection:
        for _ in range(4):
            connection.sendall(NOTHING)
            assert answers(connection, 1) == [b"404"]
            time.sleep(0.3)


@pytest.mark.parametrize("then", [b"\r\n", b"GET /v1/noth"])
def test_a_few_bytes_after_an_answer(hasty: Deployment, then: bytes) -> None:
    """Bytes that are no whole head do not stop the clock that the answer set going."""
    with connected(hasty) as connection:
        connection.sendall(NOTHING)
        assert answers(connection, 1) == [b"404"]
        connection.sendall(then)
        assert closed_after(connection) < 2


def test_a_body_that_stops_after_the_answer(hasty: Deployment) -> None:
    """A request answered before its end has a little time to end, which its bytes do not prolong."""
    with connected(hasty) as connection:
        connection.sendall(f"{CHAT}Content-Length: 1000\r\n\r\n".encode())
        assert answers(connection, 1) == [b"401"]
        connection.sendall(b"x")
        assert 0.3 < closed_after(connection) < 2


def test_a_body_that_ends_after_the_answer(hasty: Deployment) -> None:
    """A request answered before its end, and ended in time, leaves its connection to the next."""
    with connected(hasty) as connection:
        connection.sendall(f"{CHAT}Content-Length: 1000\r\n\r\n".encode())
        assert answers(connection, 1) == [b"401"]
        time.sleep(0.3)
        connection.sendall(b"x" * 1000)
        time.sleep(0.35)
        connection.sendall(NOTHING)
        assert answers(connection, 1) == [b"404"]


@pytest.mark.parametrize("sent", [b"a: b\r\n" * 700_000, b"a: " + b"b" * 4_000_000], ids=["lines", "value"])
def test_trailers_without_end(hasty: Deployment, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    """Trailers over the size limit close the connection, though no key was shown and the answer has left."""
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 20)
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 20)
    with connected(hasty) as connection:
        connection.sendall(f"{CHAT}Transfer-Encoding: chunked\r\n\r\n".encode())
        assert answers(connection, 1) == [b"401"]
        try:
            connection.sendall(b"1\r\nx\r\n0\r\n" + sent)
        except ConnectionError:
            return
        assert closed_after(connection) < 5


def test_a_chunk_extension_without_end(hasty: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does what is written beside a chunk's length go on for ever."""
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 20)
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 20)
    with connected(hasty) as connection:
        connection.sendall(f"{CHAT}Transfer-Encoding: chunked\r\n\r\n".encode())
        try:
            connection.sendall(b"1;a=" + b"b" * 4_000_000)
        except ConnectionError:
            return
        with suppress(ConnectionResetError):  # which may overtake the answer
            answers(connection, 1)
        assert closed_after(connection) < 5


def test_a_body_in_tiny_chunks(hasty: Deployment) -> None:
    """A body of one-byte chunks has five bytes of framing for each of its own, and is read to its end."""
    body = json.dumps({"model": "none", "rest": "x" * 100_000})
    head = f"{CHAT}Authorization: Bearer {hasty.new_key()}\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = "".join(f"1\r\n{letter}\r\n" for letter in body)
    with connected(hasty) as connection:
        connection.sendall(f"{head}{chunks}0\r\n\r\n".encode())
        assert answers(connection, 1) == [b"404"]
        connection.sendall(NOTHING)
        assert answers(connection, 1) == [b"404"]


def test_requests_sent_ahead(hasty: Deployment) -> None:
    """Small and large requests in one piece are answered one after another: each has limits of its own."""
    head = f"{CHAT}X-Long: {'a' * 10_000}\r\nContent-Length: 100000\r\n\r\n"
    with connected(hasty) as connection:
        connection.sendall((head.encode() + b"x" * 100_000 + NOTHING) * 8)
        assert answers(connection, 16) == [b"401", b"404"] * 8


def test_requests_sent_ahead_without_end(hasty: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """More requests than the queue holds close the connection; they are not kept until their turn comes."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 20)
    with connected(hasty) as connection:
        try:
            connection.sendall(NOTHING * 5_000)
        except ConnectionError:
            return
        assert closed_after(connection) < 5


def test_a_client_that_sends_ahead_and_leaves(hasty: Deployment, upstream: ScriptedUpstream) -> None:
    """The exchange that is running learns of it, though another request waits behind it."""
    upstream.streams([part for number in range(200) for part in (piece({"content": f"word {number} "}), 0.03)])
    body = json.dumps(ask("hello", stream=True))
    head = f"{CHAT}Authorization: Bearer {hasty.new_key()}\r\nContent-Length: {len(body)}\r\n\r\n"
    with connected(hasty) as connection:
        connection.sendall((head + body).encode() + NOTHING)
        received = b""
        while b"word" not in received:
            received += connection.recv(65536)
    wait_for(lambda: upstream.open_calls == 0, 10)
    wait_for(lambda: "exchange.client_left" in [one.get("code") for one in hasty.records("exchange.answer.closed")], 5)

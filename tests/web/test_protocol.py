"""Nobody holds a connection by sending next to nothing, or by a head without end."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sealmark.web import protocol
from tests.deployment import Deployment, deployed


@pytest.fixture
def hasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """A deployment that waits half a second for a head."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    with deployed(tmp_path, "http://127.0.0.1:1/v1") as running:
        yield running


def drip(connection: socket.socket) -> None:
    """Two seconds of a letter now and then."""
    for _ in range(40):
        time.sleep(0.05)
        connection.sendall(b"a")


def closed_after(connection: socket.socket) -> float:
    """How long the server keeps a connection on which nothing more comes."""
    began = time.monotonic()
    with suppress(ConnectionResetError):
        assert connection.recv(1000) == b""
    return time.monotonic() - began


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_head_that_does_not_come(hasty: Deployment, sent: bytes) -> None:
    """A connection without a request, or with half a head, is closed when its time is over."""
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=5) as connection:
        connection.sendall(sent)
        assert 0.3 < closed_after(connection) < 3


def test_a_head_that_drips(hasty: Deployment) -> None:
    """Letters that keep coming win no time."""
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        with pytest.raises(ConnectionError):
            drip(connection)


def test_a_head_without_end(hasty: Deployment) -> None:
    """A head over the size limit closes the connection."""
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=5) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 4_000_000)
        except ConnectionError:
            return
        assert closed_after(connection) < 0.4


def test_requests_in_time_are_answered(hasty: Deployment) -> None:
    """One connection serves request after request, with pauses longer than a head may take."""
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=5) as connection:
        for _ in range(2):
            connection.sendall(b"GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 404")
            time.sleep(0.8)

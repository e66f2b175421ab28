"""Every exchange ends in time, whoever dawdles: the upstream, the client, or the service itself."""

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from sealmark.exchange import relay
from sealmark.storage.ledger import LedgerStore
from tests.deployment import Deployment, ask, deployed, events, streamed_text, wait_for
from tests.upstream import HANG, ScriptedUpstream, piece

from .test_stream import OPENING, last_pair, stream


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    running = ScriptedUpstream()
    yield running
    running.stop()


@pytest.fixture
def slow(tmp_path: Path, upstream: ScriptedUpstream) -> Iterator[Deployment]:
    """A deployment with short limits."""
    with deployed(tmp_path, upstream.url, stall_timeout=0.5, stream_timeout=1.5, body_timeout=0.4) as running:
        yield running


def request(key: str, body: dict[str, Any], *, sent: int | None = None) -> bytes:
    """A request as bytes; of its body only the first `sent`."""
    data = json.dumps(body).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n"
    return head.format(key, len(data)).encode() + data[:sent]


def test_a_stream_has_a_time_limit(slow: Deployment, upstream: ScriptedUpstream) -> None:
    """An upstream that goes on for ever, never standing still, is ended with an error and a closing record."""
    upstream.streams([one for number in range(60) for one in (piece({"content": f"{number} "}), 0.05)])
    _, body = stream(slow, slow.new_key())
    found = events(body)
    assert streamed_text(found).startswith(f"{OPENING}0 1 2 ")
    assert (found[-2]["error"]["code"], found[-1]) == ("exchange.too_long", "[DONE]")
    _, closed = last_pair(slow)
    assert (closed["outcome"], closed["code"]) == ("broken", "exchange.too_long")
    wait_for(lambda: upstream.open_calls == 0, 3)


def test_the_first_piece_may_take_longer(slow: Deployment, upstream: ScriptedUpstream) -> None:
    """A model that thinks before its first word is not one that stands still."""
    upstream.streams([0.9, piece({"content": "thought"}), piece({}, "stop"), b"data: [DONE]\n\n"])
    _, body = stream(slow, slow.new_key())
    assert streamed_text(events(body)) == f"{OPENING}thought"


def test_a_client_that_does_not_read(
    slow: Deployment, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that takes nothing holds neither the upstream nor the record open."""
    monkeypatch.setattr(relay, "PATIENCE", 0.2)
    upstream.streams([piece({"content": "a" * 9000})] * 200 + [HANG])
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", slow.port))
        connection.sendall(request(slow.new_key(), ask("hello", stream=True)))
        wait_for(lambda: slow.records("exchange.answer.closed"), 8)
    assert slow.records("exchange.answer.closed")[-1]["code"] in ("exchange.too_long", "upstream.timeout")
    wait_for(lambda: upstream.open_calls == 0, 3)


def test_a_body_that_does_not_come(slow: Deployment) -> None:
    """A request that begins and does not go on is refused after its time, and recorded."""
    with socket.create_connection(("127.0.0.1", slow.port), timeout=5) as connection:
        connection.sendall(request(slow.new_key(), ask("hello"), sent=10))
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"exchange.body_too_slow"' in answer
    assert slow.records("exchange.request.refused")[-1]["code"] == "exchange.body_too_slow"


@pytest.mark.parametrize("streamed", [True, False])
def test_a_service_that_stops(tmp_path: Path, upstream: ScriptedUpstream, streamed: bool) -> None:
    """Who is being answered when the service stops is told so, and the record does not say that they left."""
    parts = [piece({"content": "first"}), HANG]
    if streamed:
        upstream.streams(parts)
    else:
        upstream.answers(b"")
        upstream.script.parts = [HANG]
    with deployed(tmp_path, upstream.url) as running:
        stopping = threading.Thread(target=running.stop)
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
            connection.sendall(request(running.new_key(), ask("hello", stream=streamed)))
            received = connection.recv(65536) if streamed else b""
            wait_for(lambda: upstream.open_calls == 1, 3)
            stopping.start()
            while part := connection.recv(65536):
                received += part
        stopping.join()
        path = running.settings.ledger_path
    assert b'"exchange.stopping"' in received
    assert b"[DONE]" in received or not streamed
    store = LedgerStore.open(path, readonly=True)
    last = orjson.loads(list(store.records(0, 99))[-1].record)
    store.close()
    assert last["code"] == "exchange.stopping"


def test_a_long_piece_is_reviewed_beside_the_loop(slow: Deployment, upstream: ScriptedUpstream) -> None:
    """A piece too long to be reviewed at once passes whole and unchanged."""
    text = "it is a long story " * 20_000
    upstream.streams([piece({"content": text}), piece({}, "stop"), b"data: [DONE]\n\n"])
    _, body = stream(slow, slow.new_key())
    assert streamed_text(events(body)) == OPENING + text


def test_a_service_that_stops_while_a_client_does_not_read(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """The closing record comes before our last words: who takes them in no time at all holds up no record."""
    upstream.streams([piece({"content": "a" * 9000})] * 200 + [HANG])
    with deployed(tmp_path, upstream.url) as running, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", running.port))
        connection.sendall(request(running.new_key(), ask("hello", stream=True)))
        wait_for(lambda: upstream.open_calls == 1, 3)
        wait_for(lambda: running.records("exchange.stream.opened"), 3)
        time.sleep(0.5)
        running.stop()
        path = running.settings.ledger_path
    assert closing(path) == [("broken", "exchange.stopping", 1)]


def test_a_client_that_leaves_during_our_last_words(
    slow: Deployment, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is one closing record, with what had left, whatever becomes of the words after it."""
    upstream.streams([piece({"content": "a" * 9000})] * 200 + [b"data: {not json\n\n"])
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", slow.port))
        connection.sendall(request(slow.new_key(), ask("hello", stream=True)))
        wait_for(lambda: slow.records("exchange.answer.closed"), 8)
    wait_for(lambda: upstream.open_calls == 0, 3)
    time.sleep(0.2)
    assert len(slow.records("exchange.answer.closed")) == 1
    assert not slow.records("exchange.request.refused")


def test_what_was_not_sent_is_not_recorded_as_sent(slow: Deployment, upstream: ScriptedUpstream) -> None:
    """A send that is given up at the time limit counts neither in the digest nor in the item."""
    upstream.streams([piece({"content": "a" * 9000}) for _ in range(400)] + [HANG])
    received = b""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", slow.port))
        connection.sendall(request(slow.new_key(), ask("hello", stream=True)))
        wait_for(lambda: slow.records("exchange.answer.closed"), 8)
        connection.settimeout(3)
        while b"[DONE]" not in received and (part := connection.recv(1 << 20)):
            received += part
    item = slow.records("exchange.answer.closed")[-1]["items"][0]
    assert received.count(b"a" * 9000) * 9000 + len(OPENING.encode()) == item["bytes"]


def test_a_record_that_the_ledger_could_not_take_is_offered_again(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """While another program locks the ledger the client is told so; the record follows once the lock is gone."""
    upstream.streams([piece({"content": "first"}), 0.5, piece({}, "stop"), b"data: [DONE]\n\n"])
    with deployed(tmp_path, upstream.url) as running:
        running.house.store.pragma("busy_timeout = 100")
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
            connection.sendall(request(running.new_key(), ask("hello", stream=True)))
            received = connection.recv(65536)
            lock = sqlite3.connect(running.settings.ledger_path, isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            while b'"ledger.locked"' not in received:
                received += connection.recv(65536)
            assert b"[DONE]" not in received
            assert not running.records("exchange.answer.closed")
            lock.execute("ROLLBACK")
            lock.close()
            wait_for(lambda: running.records("exchange.answer.closed"), 5)
    assert closing(running.settings.ledger_path) == [("released", None, 1)]


def closing(path: Path) -> list[tuple[str, str | None, int]]:
    """Outcome, code and number of items of every closing record in a ledger; of refusals only that they are there."""
    store = LedgerStore.open(path, readonly=True)
    records = [orjson.loads(row.record) for row in store.records(0, 999)]
    store.close()
    kinds = ("exchange.answer.closed", "exchange.request.refused")
    return [
        (one.get("outcome", "refused"), one.get("code"), len(one.get("items", ())))
        for one in records
        if one["kind"] in kinds
    ]

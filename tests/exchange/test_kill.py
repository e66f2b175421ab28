"""The kill test: the gateway is killed at random points under load, and nothing that a client was told is lost."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from sealmark.house import House
from sealmark.ledger import Checkpoint, audit, open_note
from sealmark.settings import Settings
from sealmark.storage.ledger import LedgerStore
from tests.deployment import ask, seed_text, wait_for
from tests.upstream import Script, ScriptedUpstream, completion, piece, pieces

ROUNDS = 50
CLIENTS = 256


@dataclass
class Seen:
    """What the clients were told."""

    answered: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)


class Gateway:
    """The real gateway in a process of its own, killed and started again on the same folder."""

    def __init__(self, folder: Path, seed: Path, port: int) -> None:
        self.port = port
        self._environment = os.environ | {
            "SEALMARK_MODE": "rehearsal",
            "SEALMARK_DATA_DIR": str(folder),
            "SEALMARK_SEED_FILE": str(seed),
            "SEALMARK_PORT": str(port),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("sealmark")), "serve"]
        self.process = subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL)
        wait_for(self._answers, 30)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def checkpoint(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/ledger", timeout=10) as answer:
            return str(json.load(answer)["checkpoint"])

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "the gateway did not start"
        try:
            self.checkpoint()
        except OSError:
            return False
        return True


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_nothing_acknowledged_is_ever_lost(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """Killed fifty times under 256 clients: every answer a client got is in the log, and there is no fork."""
    seed, data = tmp_path / "seed.toml", tmp_path / "data"
    seed.write_text(seed_text(upstream.url), "utf-8")
    settings = Settings(mode="rehearsal", data_dir=data, seed_file=seed)
    key, verifiers = _prepared(settings)
    upstream.script = Script([json.dumps(completion("All is well.")).encode()])
    slow = [part for text in ("All ", "is ", "well.") for part in (0.01, piece({"content": text}))]
    upstream.streaming_script = Script([*slow, *pieces(["And on."])[2:]], 200, "text/event-stream")
    gateway = Gateway(data, seed, _free_port())
    dice, seen, checkpoint = random.Random(20230110), Seen(), None
    for _ in range(ROUNDS):
        gateway.start()
        note = asyncio.run(_one_round(gateway, key, seen, dice.uniform(0.05, 0.6)))
        _compare(data, settings, verifiers, checkpoint)
        checkpoint = open_note(note, verifiers)
    gateway.start()
    gateway.kill()
    _compare(data, settings, verifiers, checkpoint)
    closed = _closed(settings)
    assert len(seen.answered) > ROUNDS
    assert len(seen.done) > ROUNDS
    assert seen.begun - seen.done, "no stream was ever interrupted: the test killed too late"
    assert not seen.answered - closed.keys()
    assert not seen.begun - closed.keys()
    assert all(closed[one] == ["released"] for one in seen.answered | seen.done)
    assert all(len(outcomes) == 1 for outcomes in closed.values())


def _prepared(settings: Settings) -> tuple[str, list[Any]]:
    house = House.build(settings)
    row = house.people.create_application("kill test")
    house.workplace.rehearse(row.id)
    key = house.people.issue_key(row.id)
    verifiers = [house.signer.verifier]
    house.sequencer.close()
    house.store.close()
    house.database.close()
    return key, verifiers


async def _one_round(gateway: Gateway, key: str, seen: Seen, life: float) -> str:
    """Load the gateway, take a checkpoint, kill it; returns the checkpoint."""
    clients = [
        asyncio.ensure_future(_client(gateway.port, key, seen, streamed=number % 2 == 1)) for number in range(CLIENTS)
    ]
    await asyncio.sleep(life)
    note = await asyncio.to_thread(gateway.checkpoint)
    await asyncio.sleep(life / 4)
    gateway.kill()
    await asyncio.gather(*clients)
    return note


async def _client(port: int, key: str, seen: Seen, *, streamed: bool) -> None:
    """Ask again and again until the connection breaks, and remember what was told."""
    body = json.dumps(ask("hello", stream=streamed)).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
    head += f"Authorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return
    try:
        while True:
            writer.write(head.encode() + body)
            await (_stream(reader, seen) if streamed else _whole(reader, seen))
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


async def _whole(reader: asyncio.StreamReader, seen: Seen) -> None:
    status, exchange, length = await _head(reader)
    await reader.readexactly(length)
    if status == 200:
        seen.answered.add(exchange)


async def _stream(reader: asyncio.StreamReader, seen: Seen) -> None:
    status, exchange, length = await _head(reader)
    if status != 200:
        await reader.readexactly(length)
        return
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        data = await reader.readexactly(size + 2)
        seen.begun.add(exchange)
        if b"data: [DONE]" in data:
            seen.done.add(exchange)
    await reader.readexactly(2)


async def _head(reader: asyncio.StreamReader) -> tuple[int, str, int]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return int(lines[0].split()[1]), headers.get("x-sealmark-exchange", ""), int(headers.get("content-length", 0))


def _compare(data: Path, settings: Settings, verifiers: list[Any], seen: Checkpoint | None) -> None:
    """The killed log is whole, and continues the last checkpoint that anyone saw."""
    store = LedgerStore.open(settings.ledger_path, readonly=True)
    report = audit(store, verifiers, seen=seen)
    store.close()
    assert report.sound, report.findings


def _closed(settings: Settings) -> dict[str, list[str]]:
    """The outcomes in the log, by exchange."""
    store = LedgerStore.open(settings.ledger_path, readonly=True)
    found: dict[str, list[str]] = defaultdict(list)
    for row in store.records(0, 1 << 40):
        record = orjson.loads(row.record)
        if record["kind"] == "exchange.answer.closed":
            found[record["exchange"]].append(record["outcome"])
    store.close()
    return found


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

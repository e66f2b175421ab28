"""`sealmark serve` as a process of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealmark.storage.ledger import LedgerStore
from tests.cli.conftest import Call

PATIENCE = 60


def start(folder: Path, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
    """A server on any free port."""
    chosen = {"SEALMARK_MODE": "rehearsal", "SEALMARK_DATA_DIR": str(folder / "data"), "SEALMARK_PORT": "0"}
    command = [sys.executable, "-m", "sealmark.cli", "serve", *arguments]
    environment = {**os.environ, **chosen, **settings}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


@pytest.fixture
def server(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A running server, ended with the test."""
    process = start(tmp_path, "--json")
    yield process
    process.kill()
    process.communicate(timeout=PATIENCE)


def told(process: "subprocess.Popen[str]") -> dict[str, str]:
    """What the server says when it is ready."""
    assert process.stdout is not None
    found: dict[str, str] = json.loads(process.stdout.readline())
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_and_ends_cleanly(server: "subprocess.Popen[str]", tmp_path: Path, number: signal.Signals) -> None:
    """It prints address, mode and data folder, answers, and lets the ledger go at a signal, saying nothing more."""
    ready = told(server)
    assert (ready["mode"], ready["data_dir"]) == ("rehearsal", str(tmp_path / "data"))
    connection = http.client.HTTPConnection(ready["address"].removeprefix("http://"), timeout=10)
    connection.request("GET", "/v1/models")
    assert connection.getresponse().status == 401
    connection.close()
    server.send_signal(number)
    out, err = server.communicate(timeout=PATIENCE)
    assert server.returncode in (0, -number)
    assert (out, err) == ("", "")
    LedgerStore.open(tmp_path / "data" / "ledger-rehearsal.db").close()


@pytest.mark.slow
def test_a_second_one_on_the_same_ledger(server: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """One ledger has one writer: the second says so in one line and ends with 2."""
    told(server)
    second = start(tmp_path)
    out, err = second.communicate(timeout=PATIENCE)
    assert (second.returncode, out) == (2, "")
    assert err.count("\n") == 1
    assert "[ledger.held]" in err
    assert "ledger.held" in err


def test_live_lists_the_gates(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live mode refuses before it opens anything, names every gate, and ends with 2."""
    monkeypatch.setenv("SEALMARK_DATA_DIR", str(tmp_path / "data"))
    ended = call("serve", "--json")
    assert ended.code == 2
    (line,) = ended.lines
    assert line["error"]["code"] == "house.gates_missing"
    assert line["error"]["message"].count("· Article") >= 1
    assert not (tmp_path / "data").exists()


def test_a_port_in_use(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who holds the port is left alone; the line says what to do."""
    monkeypatch.setenv("SEALMARK_MODE", "rehearsal")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = call("serve", "--port", taken.getsockname()[1], "--data-dir", tmp_path / "data")
    assert ended.code == 2
    assert "[cli.port_unusable]" in ended.err
    assert "--port" in ended.err
    assert call("serve", "--port", "70000").code == 2


@pytest.mark.slow
def test_a_seed_that_cannot_be_read(tmp_path: Path) -> None:
    """What is wrong with the seed file is the one line, in place of a traceback."""
    (tmp_path / "seed.toml").write_text("[[service]\n", "utf-8")
    process = start(tmp_path, SEALMARK_SEED_FILE=str(tmp_path / "seed.toml"))
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert err.count("\n") == 1
    assert "registers.unusable_service" in err

"""The demo's deployment: a folder of its own, the demo upstream, and the real gateway before it."""

import contextlib
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from sealmark.demo.errors import FolderForeign, PortTaken
from sealmark.demo.processes import READY_WITHIN, Part, kept_alive, start
from sealmark.storage.ledger import LedgerStore

PORT = 8040
_HOST = "127.0.0.1"
_LOOK = 0.5  # seconds between two looks at the processes
_LEDGER = "ledger-rehearsal.db"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running demo: the gateway's address and its folders."""

    address: str
    folder: Path
    parts: list[Part] = field(default_factory=list)

    @property
    def data(self) -> Path:
        """The gateway's data folder."""
        return self.folder / "data"

    @property
    def logs(self) -> Path:
        """What the two processes wrote to standard error."""
        return self.folder / "logs"

    @property
    def operator_key(self) -> str:
        """The key that manages applications."""
        return (self.data / "operator.key").read_text("utf-8").strip()

    def stay(self) -> None:
        """Return only by an interruption; raises `PartEnded` when one of the processes ends by itself."""
        while True:
            for part in self.parts:
                part.still_runs()
            time.sleep(_LOOK)


@contextlib.contextmanager
def running(folder: Path, port: int | None) -> Iterator[Deployment]:
    """Upstream and gateway, ready to answer; both are gone after the block.

    `port` None takes 8040 or, where that is in use, any other; raises `PortTaken`, `FolderForeign`, `LedgerHeld`
    while another demo runs in the same folder, and `PartNotStarted`.
    """
    deployment = Deployment(f"http://{_HOST}:{_chosen(port)}", folder)
    upstream = f"http://{_HOST}:{_free()}"
    _empty(deployment)
    seed = _seed(deployment, upstream)
    parts = deployment.parts
    with kept_alive(parts):
        deadline = time.monotonic() + READY_WITHIN
        environment = environment_without_settings()
        serving = ["sealmark.demo.upstream", "--port", upstream.rpartition(":")[2]]
        parts.append(start("upstream", serving, environment, deployment.logs / "upstream.log"))
        environment |= _settings(deployment, seed)
        parts.append(
            start("gateway", ["sealmark.cli", "serve", "--json"], environment, deployment.logs / "gateway.log")
        )
        for part in parts:
            told = part.first_line(deadline)
        assert json.loads(told)["address"] == deployment.address
        yield deployment


def _chosen(port: int | None) -> int:
    wanted = PORT if port is None else port
    try:
        return _free(wanted)
    except OSError as failure:
        if port is None:
            return _free()
        raise PortTaken(port=port) from failure


def _free(port: int = 0) -> int:
    """A port of this machine that nobody listens on; `port` itself if it is one."""
    with socket.create_server((_HOST, port)) as listener:
        chosen: int = listener.getsockname()[1]
        return chosen


def _empty(deployment: Deployment) -> None:
    """Each demo begins afresh, in a folder that is new or that a demo wrote."""
    ledger = deployment.data / _LEDGER
    if ledger.exists():
        LedgerStore.open(ledger).close()  # raises `LedgerHeld` while another demo runs on it
    elif deployment.folder.exists() and any(deployment.folder.iterdir()):
        raise FolderForeign(folder=deployment.folder)
    for name in ("data", "logs", "receipts", "ledger"):
        shutil.rmtree(deployment.folder / name, ignore_errors=True)
    deployment.data.mkdir(parents=True)


def _seed(deployment: Deployment, upstream: str) -> Path:
    """The services of `services.toml` at the upstream's address."""
    whole = files("sealmark.demo").joinpath("services.toml").read_text("utf-8")
    path = deployment.folder / "services.toml"
    path.write_text(whole.replace('"UPSTREAM/', f'"{upstream}/'), "utf-8")
    return path


def environment_without_settings() -> dict[str, str]:
    """Ours, without the settings of another deployment."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SEALMARK_")}


def _settings(deployment: Deployment, seed: Path) -> dict[str, str]:
    return {
        "SEALMARK_MODE": "rehearsal",
        "SEALMARK_DATA_DIR": str(deployment.data),
        "SEALMARK_HOST": _HOST,
        "SEALMARK_PORT": deployment.address.rpartition(":")[2],
        "SEALMARK_SEED_FILE": str(seed),
    }


def short(path: Path) -> str:
    """The path as one would type it here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def program() -> str:
    """How one would call `sealmark` here: by its path, where it lies below this folder and not on the usual one."""
    beside = Path(sys.executable).absolute().with_name("sealmark")
    below = beside.exists() and beside.is_relative_to(Path.cwd())
    return str(beside.relative_to(Path.cwd())) if below else "sealmark"

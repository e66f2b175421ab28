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

from sealmark.demo.errors import FolderBusy, FolderForeign, PortTaken
from sealmark.demo.hold import MARK, held, refuse_held
from sealmark.demo.processes import READY_WITHIN, Part, kept_alive, start
from sealmark.ledger.errors import LedgerError, LedgerHeld
from sealmark.storage.ledger import LedgerStore

PORT = 8040
_HOST = "127.0.0.1"
_LOOK = 0.5  # seconds between two looks at the processes
_LEDGER = "ledger-rehearsal.db"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running demo: the gateway's address and its folders; `moved` where its usual port was taken."""

    address: str
    folder: Path
    moved: bool = False
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

    `port` None takes 8040 or, where that is in use, any other; raises `AlreadyRunning` while another demo runs in the
    same folder, `FolderBusy`, `FolderForeign`, `FolderUnusable`, `PortTaken` and `PartNotStarted`.
    """
    refuse_held(folder)
    chosen = _chosen(port)
    deployment = Deployment(f"http://{_HOST}:{chosen}", folder, moved=port is None and chosen != PORT)
    _refuse_foreign(deployment)
    with held(folder, deployment.address):
        _empty(deployment)
        with _up(deployment):
            yield deployment


@contextlib.contextmanager
def _up(deployment: Deployment) -> Iterator[None]:
    upstream = f"http://{_HOST}:{_free()}"
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
        _require_ready(parts[-1], told)
        yield


def _require_ready(gateway: Part, told: str) -> None:
    """The gateway's first line: where it answers, or why it does not."""
    answer = json.loads(told)
    if "error" in answer:
        reason = str(answer["error"]["message"]).rstrip(".。")
        raise gateway.not_started(reason, reason)


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


def _refuse_foreign(deployment: Deployment) -> None:
    """A demo begins in a folder that is new, or that a demo wrote."""
    if not deployment.folder.is_dir():
        return  # where a file stands, making the folder says so
    names = os.listdir(deployment.folder)  # at once: another demo may be beginning here
    if names and MARK not in names and not (deployment.data / _LEDGER).exists():
        raise FolderForeign(folder=deployment.folder)


def _empty(deployment: Deployment) -> None:
    """Each demo begins afresh."""
    ledger = deployment.data / _LEDGER
    if ledger.exists():
        try:
            LedgerStore.open(ledger).close()
        except LedgerHeld as error:
            raise FolderBusy(folder=deployment.folder) from error
        except LedgerError:
            pass  # a damaged one goes, too
    for name in ("data", "logs", "receipts", "ledger"):
        shutil.rmtree(deployment.folder / name, ignore_errors=True)
    deployment.data.mkdir(parents=True, mode=0o700)


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
    """How one would call `sealmark` here: by its path, unless it is on the usual one."""
    beside = Path(sys.executable).absolute().with_name("sealmark")
    if not beside.exists():
        return "sealmark"
    if beside.is_relative_to(Path.cwd()):
        return str(beside.relative_to(Path.cwd()))
    return "sealmark" if shutil.which("sealmark") else str(beside)

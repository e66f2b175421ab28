"""A server in a session of its own: what it and everything it started has cost, from /proc."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
QUIET = 0.05  # seconds of CPU in one second: a server that waits
PROC = Path("/proc")
ROOT = Path(__file__).resolve().parents[2]


class ServerFailed(Exception):
    """A server that the benchmark needs did not start, or did not stop."""


class Server:
    """A process group that is measured as one: the leader, its threads, its children, and those that have ended."""

    def __init__(self, name: str, command: Sequence[str], port: int, log: Path, **environment: str) -> None:
        self.name, self.port, self.log = name, port, log
        started = time.monotonic()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=_environment(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait()
        self.start_seconds = time.monotonic() - started

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Seconds of CPU so far, user and system: of every process of the session, and of every child they reaped."""
        return sum(sum(map(int, fields[11:15])) for fields in self._session()) / TICK

    def memory(self) -> float:
        """Resident memory of every process of the session, in MiB; pages that they share count for each."""
        return sum(int(fields[21]) for fields in self._session()) * PAGE / 2**20

    def rest(self, seconds: float = 60) -> None:
        """Wait until it has done what it does after its start, such as to start processes of its own."""
        until = time.monotonic() + seconds
        before = -1.0
        while (now := self.cpu()) - before > QUIET and time.monotonic() < until:
            before = now
            time.sleep(1)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            raise ServerFailed(f"{self.name} had to be killed\n{self._tail()}") from None

    def _session(self) -> Iterator[list[str]]:
        """The fields of /proc/PID/stat after the name, for every process of the session."""
        for entry in PROC.iterdir():
            if entry.name.isdigit() and (fields := _stat(entry)) and int(fields[3]) == self._process.pid:
                yield fields

    def _wait(self, seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while not _answers(self.port):
            if self._process.poll() is not None or time.monotonic() > until:
                self._process.kill()
                raise ServerFailed(f"{self.name} did not start\n{self._tail()}")
            time.sleep(0.05)

    def _tail(self) -> str:
        return self.log.read_text("utf-8", "replace")[-3000:]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def program(name: str, *arguments: str) -> list[str]:
    """The command that runs a program of this environment."""
    return [str(Path(sys.executable).with_name(name)), *arguments]


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this repository."""
    return [sys.executable, "-m", module, *arguments]


def _answers(port: int) -> bool:
    """Whether it answers a request, with whatever status: a socket that listens may not be ready yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/v1/models")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _stat(entry: Path) -> list[str] | None:
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended meanwhile
        return None


def _environment(given: dict[str, str]) -> dict[str, str]:
    """The caller's environment without its proxies: every address here is this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {name: value for name, value in kept.items() if not name.startswith("SEALMARK_")} | given

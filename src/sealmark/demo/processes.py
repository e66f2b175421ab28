"""The demo's two processes, the upstream and the gateway: started, waited for, and never left behind."""

import contextlib
import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sealmark.demo.errors import PartEnded, PartNotStarted

READY_WITHIN = 60.0  # seconds
_STOPPED_WITHIN, _ASKED_EVERY = 6.0, 1.5  # seconds
_ENDING = (signal.SIGTERM, signal.SIGHUP)
_NAMES = {"upstream": ("演示的上游模型", "demo's upstream"), "gateway": ("网关", "gateway")}
_SET_PARENT_DEATH_SIGNAL = 1  # prctl(2), Linux


@dataclass(frozen=True, slots=True)
class Part:
    """A running process. Its standard output is read line by line, its standard error is its log."""

    name: str
    process: "subprocess.Popen[str]"
    lines: "queue.SimpleQueue[str | None]"
    log: Path

    def first_line(self, deadline: float) -> str:
        """What it says when it is ready. Raises `PartNotStarted` if it ends, or says nothing in time."""
        while time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty):
                line = self.lines.get(timeout=0.2)
                if line is None:
                    raise self.not_started(*self._last_words())
                return line
        within = f"{READY_WITHIN:.0f}"
        raise self.not_started(f"{within} 秒内没有就绪", f"not ready within {within} s")

    def not_started(self, zh_reason: str, en_reason: str) -> PartNotStarted:
        """The error that it did not come up, for this reason."""
        return PartNotStarted(**self._names, zh_reason=zh_reason, en_reason=en_reason, log=self.log)

    def still_runs(self) -> None:
        """Raise `PartEnded` if it does not."""
        if (code := self.process.poll()) is not None:
            raise PartEnded(**self._names, exit_code=code, log=self.log)

    def stop(self) -> None:
        """End it: kindly, then not; whatever it started goes with it."""
        until = time.monotonic() + _STOPPED_WITHIN
        while self.process.poll() is None and time.monotonic() < until:
            self.process.terminate()  # again, should it have come while nobody heard
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_ASKED_EVERY)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def _names(self) -> dict[str, str]:
        zh, en = _NAMES[self.name]
        return {"zh_part": zh, "en_part": en}

    def _last_words(self) -> tuple[str, str]:
        """What it wrote last into its log, or how it ended where it wrote nothing."""
        said = self.log.read_text("utf-8", "replace").strip().splitlines()
        if said:
            last = said[-1].rstrip(".。")
            return last, last
        code = self.process.wait()
        return f"退出码 {code}", f"exit code {code}"


def start(name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Part:
    """Start a Python module in a session of its own, so that Ctrl-C reaches us alone and we end it in order."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            [sys.executable, "-m", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            text=True,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads hold locks it needs
        )
    assert process.stdout is not None
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(process.stdout, lines), daemon=True).start()
    return Part(name, process, lines, log)


@contextlib.contextmanager
def kept_alive(parts: list[Part]) -> Iterator[None]:
    """Stop every part in the list at the end of the block, whatever ended it; nothing interrupts the stopping."""
    before = {number: signal.signal(number, _leave) for number in _ENDING}
    try:
        yield
    finally:
        interrupting = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        for part in parts:
            part.process.terminate()
        for part in reversed(parts):
            part.stop()
        for number, handler in {**before, signal.SIGINT: interrupting}.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: object) -> None:
    """A signal that would end us at once ends us in order instead."""
    raise SystemExit(128 + number)


def _listen(output: IO[str], lines: "queue.SimpleQueue[str | None]") -> None:
    with output:
        for line in output:
            lines.put(line.strip())
    lines.put(None)


def _end_with_parent() -> None:
    """In the child: should we be killed without a word, the kernel ends the child too."""
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)

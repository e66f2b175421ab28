"""The hold on a demo's folder: one demo at a time, and whoever finds it held learns where the other one answers."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from sealmark.demo.errors import AlreadyRunning, FolderUnusable
from sealmark.errors import system_reason

MARK = "demo.json"  # also says that a demo wrote the folder
_TOLD_WITHIN = 2.0  # seconds from taking the hold to saying where


@contextlib.contextmanager
def held(folder: Path, address: str) -> Iterator[None]:
    """Hold the folder, made if need be, and say in it where the demo answers.

    Raises `AlreadyRunning` where another has it, and `FolderUnusable`. The kernel ends the hold with the process.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / MARK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as failure:
        raise FolderUnusable(folder=folder, **system_reason(failure)) from failure
    try:
        _take(folder, file)
        os.truncate(file, 0)
        os.write(file, json.dumps({"pid": os.getpid(), "address": address}).encode())
        yield
    finally:
        os.close(file)


def refuse_held(folder: Path) -> None:
    """Raise `AlreadyRunning` where another demo has the folder; changes nothing."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        file = os.open(folder / MARK, os.O_RDONLY)
        try:
            _take(folder, file)
        finally:
            os.close(file)


def _take(folder: Path, file: int) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        told = _told(folder)
        raise AlreadyRunning(folder=folder, address=told.get("address", "?"), pid=told.get("pid", "?")) from None


def _told(folder: Path) -> dict[str, object]:
    """What the other one says of itself; it may have begun this very moment."""
    until = time.monotonic() + _TOLD_WITHIN
    while True:
        with contextlib.suppress(OSError, ValueError):
            told = json.loads((folder / MARK).read_text("utf-8"))
            return told if isinstance(told, dict) else {}
        if time.monotonic() > until:
            return {}
        time.sleep(0.05)

"""A command line in a clean environment: an empty folder, no settings, English."""

import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from sealmark.cli import main


@dataclass(frozen=True)
class Called:
    """How a command ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON objects on standard output."""
        return [json.loads(line) for line in self.out.splitlines()]


Call = Callable[..., Called]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("SEALMARK_", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `sealmark …`; `given` is what stands on standard input."""

    def run(*arguments: object, given: bytes = b"") -> Called:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        capsys.readouterr()
        code = main([str(one) for one in arguments])
        written = capsys.readouterr()
        return Called(code, written.out, written.err)

    return run


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A small picture without any mark."""
    path = tmp_path / "picture.png"
    Image.effect_noise((320, 240), 60).convert("RGB").save(path)
    return path


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A second of sound without any mark."""
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.sin(np.arange(16000) / 8).astype(np.float32) * 0.3, 16000, subtype="PCM_16")
    return path

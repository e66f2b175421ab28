"""Mutating one folder of the corpus for some time, in a process of its own, and keeping what is new or breaks a law."""

import hashlib
import random
import resource
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.mutators import mutated
from tests.fuzz.seeds import CORPUS
from tests.fuzz.targets import Outcome, judged, target

_SHOWN_EVERY = 12  # inputs of which one is marked where it is seen or heard: decoders and encoders are slow
_ADDRESSES = 6 << 30  # bytes of address space: what asks for more gets a MemoryError, which is a finding
_MOST_KEPT = 600  # inputs of the pool besides the corpus


def corpus(form: str) -> dict[str, bytes]:
    """The kept inputs of a folder, by name."""
    return {path.name: path.read_bytes() for path in sorted((CORPUS / form).iterdir())}


def folders() -> list[str]:
    """Every folder of the corpus."""
    return sorted(path.name for path in CORPUS.iterdir() if path.is_dir())


@dataclass(slots=True)
class Search:
    """The search in one folder: its pool grows by every input whose outcome is new."""

    form: str
    chance: random.Random
    pool: list[bytes] = field(default_factory=list)
    seen: set[Outcome] = field(default_factory=set)
    runs: int = 0
    slowest: float = 0.0

    def replay(self) -> None:
        """Give the whole corpus to the target; raises what it raises."""
        for data in corpus(self.form).values():
            self._run(data, shown=False)
            self._run(data, shown=True)

    def step(self, before: Callable[[bytes], object] = lambda _: None) -> bytes:
        """One mutated input, which `before` sees first, given to the target; raises what it raises."""
        data = mutated(self.chance, self.pool)
        before(data)
        self._run(data, shown=self.runs % _SHOWN_EVERY == 0)
        return data

    def _run(self, data: bytes, *, shown: bool) -> None:
        self.runs += 1
        started = time.process_time()
        outcome = (shown, judged(target(self.form, shown=shown), data))
        self.slowest = max(self.slowest, time.process_time() - started)
        if outcome not in self.seen and len(self.seen) < _MOST_KEPT:
            self.seen.add(outcome)
            self.pool.append(data)


def search(form: str, seconds: float, seed: int, findings: Path) -> int:
    """Search for this long; what breaks a law is written into `findings`. Returns how many kinds there were."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    one, until, breaks = Search(form, random.Random(seed)), time.monotonic() + seconds, set[str]()
    one.replay()
    now = findings / f"{form}.now"
    while time.monotonic() < until and len(breaks) < 20:
        try:
            one.step(now.write_bytes)
        except Exception as error:
            kind = _kind(error)
            if kind not in breaks:
                breaks.add(kind)
                _keep(findings, form, now.read_bytes(), "".join(traceback.format_exception(error)))
    now.unlink(missing_ok=True)
    outcomes = f"{len(one.seen)} outcomes, slowest {one.slowest:.2f} s"
    print(f"{form}: {one.runs:,} inputs, {outcomes}, {len(breaks)} broken laws", flush=True)
    return len(breaks)


def _kind(error: Exception) -> str:
    """What went wrong and where: the same fault is kept once."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next((one for one in reversed(frames) if "/sealmark/" in one.filename), frames[-1])
    law = str(error)[:3] if type(error).__name__ == "BrokenLaw" else ""
    return f"{type(error).__name__} {law} {last.filename}:{last.lineno}"


def _keep(findings: Path, form: str, data: bytes, said: str) -> None:
    name = f"{form}-{hashlib.sha256(data).hexdigest()[:12]}"
    (findings / name).write_bytes(data)
    (findings / f"{name}.txt").write_text(said)
    print(f"{form}: {said.splitlines()[-1]}\n  kept as {findings / name}", flush=True)


def spawned(form: str, seconds: float, seed: int, findings: Path) -> subprocess.Popen[bytes]:
    """`search` in a process of its own, which a parser in C may take down."""
    command = (sys.executable, "-m", "tests.fuzz", "--search", form, "--seconds", str(seconds), "--seed", str(seed))
    # Decoders in C talk much of what they are given.
    with (findings / f"{form}.log").open("wb") as log:
        return subprocess.Popen([*command, "--findings", str(findings)], stderr=log)

"""`python -m tests.fuzz --minutes N [--format F]`: damage the corpus for so long, over all formats or one.

It ends with 1 if an input raised what is none of our errors, took over 2 seconds of CPU or 300 MiB, or was
marked so that the mark does not read back. Such inputs lie in the findings folder with what was said;
`--reduce FILE --format F` makes one as small as it can be, for the corpus.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz import runner
from tests.fuzz.reducer import reduced


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--format", action="append", choices=runner.folders(), help="only this; may be repeated")
    parser.add_argument("--findings", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--reduce", type=Path, metavar="FILE")
    parser.add_argument("--search", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.findings.mkdir(parents=True, exist_ok=True)
    if given.reduce:
        return reduced(given.format[0], given.reduce)
    if given.search:
        return 1 if runner.search(given.search, given.seconds, given.seed, given.findings) else 0
    return everything(given.format or runner.folders(), given.minutes * 60, given.seed, given.findings, given.jobs)


def everything(forms: list[str], seconds: float, seed: int, findings: Path, jobs: int) -> int:
    """Every folder for the same time, `jobs` at once; a process that dies leaves its last input."""
    each, failed = seconds * jobs / len(forms), 0
    running: dict[str, subprocess.Popen[bytes]] = {}
    print(f"seed {seed}; {len(forms)} folders, {each:.0f} seconds each", flush=True)
    waiting = list(forms)
    while waiting or running:
        while waiting and len(running) < jobs:
            form = waiting.pop()
            running[form] = runner.spawned(form, each, seed, findings)
        for form in [form for form, process in running.items() if process.poll() is not None]:
            code = running.pop(form).returncode
            failed += code != 0
            if code not in (0, 1):
                print(
                    f"{form}: the process ended with {code}; its last input is {findings / f'{form}.now'}", flush=True
                )
        time.sleep(0.2)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

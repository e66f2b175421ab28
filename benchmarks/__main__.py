"""`python -m benchmarks [review] [ledger] [marks] [gateway]`: those that are named, or all, each in a process apart."""

import argparse
import subprocess
import sys

BENCHMARKS = {
    "review": "what a review costs, against 100,000 terms",
    "ledger": "durable appends, beside bare SQLite inserts",
    "marks": "what marks keep and cost on every format, beside exiftool, ffmpeg, mutagen, pikepdf; and who finds them",
    "gateway": "the whole pipeline, beside a direct call and LiteLLM's proxy with its content filter",
}


def main() -> int:
    """Run them in turn; returns 1 if one of them failed or missed a target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; none: all")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    failed = [name for name in names if not run(name)]
    if failed:
        print(f"failed or missed a target: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def run(name: str) -> bool:
    """Run one benchmark, its output as it comes; whether it ended well."""
    print(f"\n== {name}: {BENCHMARKS[name]} ==", flush=True)
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())

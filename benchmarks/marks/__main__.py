"""What the marks keep, what they cost, and who else finds them.

`python -m benchmarks.marks [roundtrip] [readers] [costs] [films]`: those that are named, or all. It ends with 1 if a
target was missed, and with 2 if something could not be measured: then none of its figures counts.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.marks import costs, items, peers, readers, roundtrip
from benchmarks.measure import TRIES, Pace, machine

Target = tuple[str, str, str, bool]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is named; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.marks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PARTS)}; none: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tries", type=int, default=TRIES, help="times a batch is taken until the machine was quiet")
    parser.add_argument("--in", dest="folder", type=Path, help="a folder in which the files may stay (1.3 GB)")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in PARTS]:
        parser.error(f"no part {', '.join(unknown)}")
    print(machine("sealmark", "pillow", "av", "soundfile", "mutagen", "pikepdf", "python-docx", "usd-core"))
    print(f"ffmpeg {peers.ffmpeg_version()} · exiftool {peers.EXIFTOOL_VERSION}")
    peers.install()
    try:
        with tempfile.TemporaryDirectory() as made:
            folder = options.folder or Path(made)
            rows = [row for name in options.names or PARTS for row in PARTS[name](folder, options)]
    except (costs.WorkFailed, OSError) as error:
        print(f"\nTHE RUN FAILED; none of its figures counts.\n{error}", file=sys.stderr)
        return 2
    print(f"\n{costs.targets(rows)}")
    return 0 if all(row[3] for row in rows) else 1


def _roundtrip(_folder: Path, _options: argparse.Namespace) -> list[Target]:
    found = list(roundtrip.trips())
    faults = roundtrip.faults(found)
    print("", roundtrip.table(found), *faults, sep="\n", flush=True)
    return [("round trip", f"{len(found) - len(faults)} of {len(found)}", "all", not faults)]


def _readers(_folder: Path, _options: argparse.Namespace) -> list[Target]:
    found = readers.sights()
    missed = readers.missed(found)
    print("", readers.table(found), "", *readers.notes(), *missed, sep="\n", flush=True)
    hits, files = (sum(getattr(one, name) for one in found.values()) for name in ("found", "files"))
    return [("independent readers find the label", f"{hits} of {files}", "all", not missed)]


def _costs(folder: Path, options: argparse.Namespace) -> list[Target]:
    items.make(folder)
    pace = Pace(tries=options.tries)
    pace.find()
    found = costs.take((*costs.METADATA, *costs.BOTH, *costs.VERIFIED), folder, options.rounds, pace)
    print("", costs.table(found, folder), "", pace.said(), sep="\n", flush=True)
    return [*costs.judged(found), *costs.independent(found)]


def _films(folder: Path, options: argparse.Namespace) -> list[Target]:
    items.make(folder)
    pace = Pace(tries=1)  # what takes a minute is slow at both of its ends if it is slow at all
    pace.find(5)
    found = costs.take(costs.FILMS, folder, options.rounds, pace)
    print("", costs.table(found, folder), "", pace.said(), sep="\n", flush=True)
    return costs.against_drawtext(found)


PARTS: dict[str, Callable[[Path, argparse.Namespace], list[Target]]] = {
    "roundtrip": _roundtrip,
    "readers": _readers,
    "costs": _costs,
    "films": _films,
}

if __name__ == "__main__":
    sys.exit(main())

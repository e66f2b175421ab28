"""What the whole pipeline costs, beside a direct call and beside LiteLLM's proxy with its content filter, in one run.

`python -m benchmarks.gateway`: rounds of every task by every contestant in turn; figures are medians over the rounds.
No figure counts unless the requests sent, the labels read back, the ledger's records and the reviews in them agree:
the run then ends with 2. It ends with 1 if a target was missed.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.gateway import contestants
from benchmarks.gateway.answers import Wrong
from benchmarks.gateway.books import check_books
from benchmarks.gateway.contestants import SEALMARK, Contestant
from benchmarks.gateway.process import Server, ServerFailed
from benchmarks.gateway.report import Memory, judged, tables
from benchmarks.gateway.rounds import Race
from benchmarks.measure import machine
from sealmark.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=420, help="begin no further round after this time")
    parser.add_argument("--without-peer", action="store_true", help="leave LiteLLM out: no ratios, no download")
    parser.add_argument("--in", dest="folder", type=Path, help="a folder on the disk that the ledger shall lie on")
    options = parser.parse_args(arguments)
    if not options.without_peer:
        contestants.install_peer()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        try:
            return run(Path(folder), options.rounds, options.seconds, peer=not options.without_peer)
        except (Wrong, ServerFailed) as error:
            print(f"\nTHE RUN FAILED; none of its figures counts.\n{error}", file=sys.stderr)
            return 2


def run(folder: Path, rounds: int, seconds: float, *, peer: bool) -> int:
    """One run in `folder`: 0 when every target was met."""
    until, place = time.monotonic() + seconds, _place()
    with _running(folder, peer=peer) as (race, settings):
        for one in race.contestants:
            one.server.rest()
        started = {one.name: one.server.memory() for one in race.contestants}
        for line in race.prove_filters():
            print(line)
        race.warm()
        race.pace.find()
        for number in range(rounds):
            if number == 0 or time.monotonic() < until:
                race.round()
                print(f"round {number + 1} of {rounds}, {race.pace.again} batches taken again so far", flush=True)
        memory = {one.name: _memory(one.server, started[one.name]) for one in race.contestants}
        next(one for one in race.contestants if one.name == SEALMARK).server.stop()
        agreed = check_books(settings, race.sent)
    verdict, met = judged(race.results, peer=peer)
    print(f"\n{place}\n{race.pace.said()}\n{agreed}\n\n{tables(race.results, memory)}\n\n{verdict}")
    return 0 if met else 1


@contextmanager
def _running(folder: Path, *, peer: bool) -> Iterator[tuple[Race, Settings]]:
    """Every contestant started, and stopped at the end, whatever happens."""
    servers: list[Server] = []

    def keep(one: Contestant) -> Contestant:
        servers.append(one.server)
        return one

    try:
        direct = keep(contestants.direct(folder))
        own, settings = contestants.sealmark(folder, direct.server)
        found = [direct, keep(own)]
        if peer:
            found += [keep(contestants.litellm(folder, direct.server, filters=filters)) for filters in (False, True)]
        yield Race(found), settings
    finally:
        contestants.stop_all(servers)


def _place() -> str:
    return f"{machine('sealmark', 'uvicorn', 'httptools', 'daachorse')} · litellm {contestants.PEER_VERSION}"


def _memory(server: Server, started: float) -> Memory:
    return Memory(started, server.memory(), server.start_seconds)


if __name__ == "__main__":
    sys.exit(main())

"""What a review costs: CPU per message scanned and per stream, against 100,000 random terms."""

import random
import time
from collections.abc import Callable

from sealmark.review import Entry, Library, StreamReviewer, fold

TERMS = 100_000
COMMON = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]


def main() -> None:
    chance = random.Random(20260301)
    library = Library.compile(_entries(chance), "bench")
    message = _text(chance, 300)
    shown = message[:140] + "\N{ZERO WIDTH SPACE}Ａ，。 " + message[140:]
    chunks = [_text(chance, 4) for _ in range(50)]
    escaped = ["".join(f"\\u{ord(letter):04x}" for letter in chunk) for chunk in chunks]
    rows = {
        "fold, 300 characters": lambda: fold(shown),
        "scan, 300 characters": lambda: library.scan(message),
        "scan, 300 disguised characters": lambda: library.scan(shown),
        "stream, 50 chunks of 4": lambda: _stream(StreamReviewer(library), chunks),
        "stream, 50 escaped chunks of 4": lambda: _stream(StreamReviewer(library, json_escaped=True), escaped),
    }
    print(f"{len(library):,} terms; µs of CPU, best of 5")
    for name, work in rows.items():
        print(f"{name:34} {_cost(work):8.1f}")


def _entries(chance: random.Random) -> list[Entry]:
    terms: set[str] = set()
    while len(terms) < TERMS:
        terms.add(_text(chance, chance.choice((3, 4, 5, 6))))
    return [
        Entry(f"e{number}", term, "A1.1", "block", "illegal", "benchmark") for number, term in enumerate(sorted(terms))
    ]


def _text(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(COMMON, k=length))


def _stream(reviewer: StreamReviewer, chunks: list[str]) -> None:
    for chunk in chunks:
        reviewer.feed(chunk)
    reviewer.finish()
    if reviewer.blocked:
        raise AssertionError("the benchmark's stream must pass")


def _cost(work: Callable[[], object], times: int = 500) -> float:
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - start) / times)
    return best * 1e6


if __name__ == "__main__":
    main()

"""A feature library of 100,000 invented terms, the same each time.

Their characters are those of ordinary text, so that the automaton works and the hold-back holds; a term that the
benchmark's texts contain is left out.
"""

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from benchmarks.gateway.texts import ANSWER, QUESTION, WORD
from sealmark.review import fold

TERMS = 100_000
VERSION = "gateway-benchmark"
CHARACTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)] + sorted(set(QUESTION + ANSWER))
SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in ("a", "e", "i", "o", "u", "ai", "or", "um")]
ENTRY = """
[[entry]]
id = "t{number}"
term = "{term}"
risk = "A1.1"
severity = "block"
kind = "illegal"
clause = "网络信息内容生态治理规定 第六条"
"""


def write_library(path: Path) -> None:
    """Write the library as TOML."""
    entries = "".join(ENTRY.format(number=number, term=term) for number, term in enumerate(terms()))
    path.write_text(f'version = "{VERSION}"\n{entries}', "utf-8")


def terms() -> list[str]:
    """The word that must be caught, and as many invented ones as make 100,000."""
    return [WORD, *islice(_invented(), TERMS - 1)]


def _invented() -> Iterator[str]:
    chance = random.Random(20261123)
    absent = fold(QUESTION), fold(ANSWER)
    seen = {fold(WORD)}
    while True:
        term = _term(chance)
        folded = fold(term)
        if folded not in seen and not any(folded in text for text in absent):
            seen.add(folded)
            yield term


def _term(chance: random.Random) -> str:
    """Four in five Chinese, of three to six characters; the rest Latin, of four or five syllables."""
    if chance.random() < 0.8:
        return "".join(chance.choices(CHARACTERS, k=chance.choice((3, 4, 5, 6))))
    return "".join(chance.choices(SYLLABLES, k=chance.choice((4, 5))))

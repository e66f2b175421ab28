"""The texts of an answer as its record keeps them: a marked one in parts, so that text and marks stay apart.

Parts take turns and begin with the text: text, mark, text, mark. All of them are what was released; those of the text
are what an unlabelled copy holds (Measures Art. 9), and nobody has to take a mark off to make it.
"""

from collections.abc import Sequence
from typing import Any

Kept = str | Sequence[str]  # a text without marks of ours, or its parts


def parted(text: str, body: str, lead: int, opening: str) -> Kept:
    """A released text in parts, given its body, and its opening mark, before which `lead` characters of the body stand.

    What comes after the body is the closing mark. A text that is its body has no marks and stays whole.
    """
    if len(text) == len(body):
        return text
    return (body[:lead], opening, body[lead:], text[len(opening) + len(body) :])


def whole(kept: Kept) -> str:
    """The text as it was released."""
    return kept if isinstance(kept, str) else "".join(kept)


def bare(kept: Kept) -> str:
    """The text without its marks."""
    return kept if isinstance(kept, str) else "".join(kept[::2])


def released(output: Any) -> Any:
    """The output of a record as it was released: every text whole; anything else as it is."""
    if not isinstance(output, list):
        return output
    return [{place: _whole(value) for place, value in row.items()} if isinstance(row, dict) else row for row in output]


def _whole(value: Any) -> Any:
    return whole(value) if isinstance(value, list) else value

"""The visible mark of a text: written at its start or at start and end, and found there (GB 45438 5.1).

The start of a text is what a reader sees first: a byte-order mark and a YAML front matter stand before it.
"""

import re
import unicodedata
from functools import cache
from typing import Literal

from sealmark.errors import Language
from sealmark.marks.explicit.trace import Trace
from sealmark.marks.explicit.wording import table

_FRONT = re.compile(r"\ufeff?(?:---[ \t]*\r?\n(?:[^\n]{0,4000}\n){0,200}?---[ \t]*\r?\n)?")
_OPENERS = r"[\s\"'`*_#>~(\[{<|:=·•—–\-“‘「『《〈【〔☆★※◆●]*"
_CLOSERS = r"[\s\"'`*_#>~)\]}>|.。:;,!、=·•—–\-”’」』》〉】〕☆★※◆●]*"
# Before a mark at the end: a line's start, a bracket or the end of a sentence. A mark is no clause of a sentence.
_BREAK_BEFORE = r"(?:\A|(?<=[\n.。!?;…)\]】」』”\"*_>|(\[【「『《—-]))[^\S\n]*"
_BREAK_AFTER = r"(?=\Z|[^\S\n]*[\n.。!;,:…)\]】」』”\"*_<|》—·-])"


def opening(language: Language = "zh") -> str:
    """The mark that stands before a text, with the blank line that parts them."""
    return str(table("wordings.toml")["written"][language]["opening"])


def closing(language: Language = "zh") -> str:
    """The mark that stands after a text, with the blank line that parts them."""
    return str(table("wordings.toml")["written"][language]["closing"])


def mark(text: str, *, position: Literal["start", "start_end"] = "start", language: Language = "zh") -> str:
    """The text with its visible mark at the start, or at start and end (GB 45438 5.1; Art. 17(1)).

    A text that already bears a mark of ours at a place gets none there again, so marking twice changes
    nothing. Another's wording does not count: a sentence that begins like one must not spare the mark.
    """
    begin = _front_length(text)
    front, body = text[:begin], text[begin:]
    own = next((word for word in _written("opening") if body.startswith(word)), "")
    head = "" if own else opening(language)
    ends = any(body[len(own) :].rstrip().endswith(word) for word in _written("closing"))
    tail = closing(language) if position == "start_end" and not ends else ""
    return f"{front}{head}{body}{tail}"


def find(text: str) -> list[Trace]:
    """The accepted wordings that stand at the start and at the end of a text, at most one at each.

    `start` and `end` of a trace are code points of `text`. Needs both elements: 虚拟主播 or AI播客 is no mark.
    Never raises; reads a bounded stretch at either end, whatever the length.
    """
    begin = _front_length(text)
    body = text[begin:].rstrip()
    first = _at_start(body)
    last = _at_end(body, first[1] if first else 0)
    return [
        *([Trace("wording", begin + first[0], begin + first[1], "start")] if first else []),
        *([Trace("wording", begin + last[0], begin + last[1], "end")] if last else []),
    ]


def _written(place: Literal["opening", "closing"]) -> list[str]:
    """Our marks of every language at one place, without the blank lines."""
    return [str(words[place]).strip() for words in table("wordings.toml")["written"].values()]


def _front_length(text: str) -> int:
    """How many code points stand before what a reader sees first."""
    found = _FRONT.match(text)
    return found.end() if found else 0


def _at_start(body: str) -> tuple[int, int] | None:
    reach = _reach()
    folded, origin = _fold(body[:reach])
    found = _start_pattern().match(folded)
    if found is None or (found.end("mark") == len(folded) and len(body) > reach):
        return None
    return origin[found.start("mark")], origin[found.end("mark") - 1] + 1


def _at_end(body: str, after: int) -> tuple[int, int] | None:
    offset = max(after, len(body) - _reach())
    folded, origin = _fold(body[offset:])
    found = _end_pattern().search(folded)
    if found is None:
        return None
    return offset + origin[found.start("mark")], offset + origin[found.end("mark") - 1] + 1


def _reach() -> int:
    return int(table("wordings.toml")["reach"]["characters"])


def _fold(stretch: str) -> tuple[str, list[int]]:
    """The stretch in NFKC and lower case, and for each folded character where it came from."""
    pairs = [
        (part, place)
        for place, character in enumerate(stretch)
        for part in unicodedata.normalize("NFKC", character).lower()
    ]
    return "".join(part for part, _ in pairs), [place for _, place in pairs]


@cache
def _start_pattern() -> re.Pattern[str]:
    return re.compile(rf"{_OPENERS}(?P<mark>{_wording()}){_BREAK_AFTER}")


@cache
def _end_pattern() -> re.Pattern[str]:
    return re.compile(rf"{_BREAK_BEFORE}(?P<mark>{_wording()}){_CLOSERS}\Z")


def _wording() -> str:
    return f"(?:{_bilingual()}|{_chinese()}|{_english()})"


def _chinese() -> str:
    words = table("wordings.toml")["recognised"]["zh"]
    before = f"(?:{_any(words['subject'])}[ ]?)?(?:{_any(words['by'])}[ ]?)?"
    middle = f"(?:[ ]?{_any(words['engine'])})?(?:[ ]?{_any(words['manner'])})?"
    after = f"(?:[ ]?{_any(words['object'])})?(?:[ ]?[,;。.:][ ]?{_any(words['caution'])})?"
    return f"{before}{_any(words['ai'])}{middle}[ ]?{_any(words['generation'])}{after}"


def _english() -> str:
    words = table("wordings.toml")["recognised"]["en"]
    return f"(?:{_any(words['subject'])} )?{_any(words['phrases'])}(?: {_any(words['object'])})?"


def _bilingual() -> str:
    return f"{_chinese()}[ ]?[·|/,][ ]?{_english()}"


def _any(words: list[str]) -> str:
    longest_first = sorted((unicodedata.normalize("NFKC", word).lower() for word in words), key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, longest_first)) + ")"

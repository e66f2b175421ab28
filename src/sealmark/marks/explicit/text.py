"""The visible mark of a text: written at its start, and also in its middle or at its end, and found (GB 45438 5.1).

The start of a text is what a reader sees first: a byte-order mark and a YAML front matter stand before it.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Literal

from sealmark.errors import Language
from sealmark.marks.explicit.middle import middle
from sealmark.marks.explicit.options import PLACES, Position
from sealmark.marks.explicit.trace import Place, Trace
from sealmark.marks.explicit.wording import table

_FRONT = re.compile(r"\ufeff?(?:---[ \t]*\r?\n(?:[^\n]{0,4000}\n){0,200}?---[ \t]*\r?\n)?")
_OPENERS = r"[\s\"'`*_#>~(\[{<|:=·•—–\-“‘「『《〈【〔☆★※◆●]*"
_CLOSERS = r"[\s\"'`*_#>~)\]}>|.。:;,!、=·•—–\-”’」』》〉】〕☆★※◆●]*"
# Before a mark at the end: a line's start, a bracket or the end of a sentence. A mark is no clause of a sentence.
_BREAK_BEFORE = r"(?:\A|(?<=[\n.。!?;…)\]】」』”\"*_>|(\[【「『《—-]))[^\S\n]*"
_BREAK_AFTER = r"(?=\Z|[^\S\n]*[\n.。!;,:…)\]】」』”\"*_<|》—·-])"
_LEFT, _RIGHT = "【[(（〔「『", "】])）〕」』"
_BLANK = "\n\n"
_MOST_LINES = 1000  # in brackets; an honest text has few
Span = tuple[int, int]


def opening(language: Language = "zh") -> str:
    """The mark that stands before a text, with the blank line that parts them."""
    return str(table("wordings.toml")["written"][language]["opening"])


def closing(language: Language = "zh") -> str:
    """The mark that stands after a text, with the blank line that parts them."""
    return str(table("wordings.toml")["written"][language]["closing"])


def mark(text: str, *, position: Position = "start", language: Language = "zh") -> str:
    """The text with its visible mark at the start, and at the places asked for besides (GB 45438 5.1; Art. 17(1)).

    Always at the start: a mark that stands only in the middle or at the end is read too late. A text of one sentence
    has no middle. A text that already bears a mark of ours at a place gets none there again, so marking twice
    changes nothing. Another's wording does not count: a sentence that begins like one must not spare the mark.
    """
    begin = _front_length(text)
    front, body = text[:begin], text[begin:]
    own = next((word for word in _written("opening") if body.startswith(word)), "")
    head, places = "" if own else opening(language), PLACES[position]
    ends = any(body[len(own) :].rstrip().endswith(word) for word in _written("closing"))
    tail = closing(language) if "end" in places and not ends else ""
    return f"{front}{head}{_parted(body, language) if 'middle' in places else body}{tail}"


def _parted(body: str, language: Language) -> str:
    """The body with a mark in its middle, a paragraph of its own, unless it has one."""
    if _at_middle(body, _written("opening")):
        return body
    inside = _inside(body)
    at = middle(body[inside[0] : inside[1]])
    if at is None:
        return body
    at += inside[0]
    at += len(body[at:]) - len(body[at:].lstrip(" "))  # a new paragraph begins at the margin
    before, after = body[:at], body[at:]
    return before + closing(language) + (after if after[:1] in "\r\n" else _BLANK + after)


def _inside(body: str) -> Span:
    """What stands between our marks at start and end."""
    start = next((len(word) for word in _written("opening") if body.startswith(word)), 0)
    rest = body[start:].rstrip()
    tail = next((len(word) for word in _written("closing") if rest.endswith(word)), 0)
    return start, start + len(rest) - tail


def _at_middle(body: str, words: list[str] | None = None) -> Span | None:
    """The first line between start and end that is a wording in brackets and nothing else, or one of these words."""
    start, stop = _inside(body)
    for found in islice(_bracketed(body, start, stop), _MOST_LINES):
        line = body[slice(*found)]
        if line in words if words is not None else _alone(line):
            return found
    return None


def _bracketed(body: str, start: int, stop: int) -> Iterator[Span]:
    """The short lines that begin and end with a bracket, behind the first, in their order."""
    for at in sorted(place for mark in _LEFT for place in _occurrences(body, f"\n{mark}", start, stop)):
        end = body.find("\n", at, min(stop, at + _reach()))
        line = body[at : end if end >= 0 else stop].rstrip() if end >= 0 or stop - at <= _reach() else ""
        if line[-1:] in _RIGHT and line:
            yield at, at + len(line)


def _occurrences(body: str, what: str, start: int, stop: int) -> Iterator[int]:
    """Where the second character of a pair stands, each time."""
    at = body.find(what, start, stop)
    while at >= 0:
        yield at + 1
        at = body.find(what, at + 1, stop)


def _alone(line: str) -> bool:
    folded, _ = _fold(line[1:-1])
    return bool(_whole_pattern().fullmatch(folded))


def find(text: str) -> list[Trace]:
    """The accepted wordings at the start and at the end of a text, and in brackets on a line of its own between.

    At most one at each place. `start` and `end` of a trace are code points of `text`. Needs both elements: 虚拟主播 or
    AI播客 is no mark. Never raises; of what stands between only lines that begin with a bracket are looked at.
    """
    begin = _front_length(text)
    body = text[begin:].rstrip()
    first = _at_start(body)
    last = _at_end(body, first[1] if first else 0)
    inner = _at_middle(body)
    between = None if _overlap(inner, first) or _overlap(inner, last) else inner
    bare = (between[0] + 1, between[1] - 1) if between else None
    found: dict[Place, Span | None] = {"start": first, "middle": bare, "end": last}
    return [Trace("wording", begin + one[0], begin + one[1], place) for place, one in found.items() if one]


def _overlap(one: Span | None, other: Span | None) -> bool:
    return one is not None and other is not None and one[0] < other[1] and other[0] < one[1]


def _written(place: Literal["opening", "closing"]) -> list[str]:
    """Our marks of every language at one place, without the blank lines."""
    return [str(words[place]).strip() for words in table("wordings.toml")["written"].values()]


def _front_length(text: str) -> int:
    """How many code points stand before what a reader sees first."""
    found = _FRONT.match(text)
    return found.end() if found else 0


def _at_start(body: str) -> Span | None:
    reach = _reach()
    folded, origin = _fold(body[:reach])
    found = _start_pattern().match(folded)
    if found is None or (found.end("mark") == len(folded) and len(body) > reach):
        return None
    return origin[found.start("mark")], origin[found.end("mark") - 1] + 1


def _at_end(body: str, after: int) -> Span | None:
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


@cache
def _whole_pattern() -> re.Pattern[str]:
    return re.compile(rf"[^\S\n]*{_wording()}[^\S\n]*")


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

"""The hold-back of design §3, written down naively and without the implementation: every text is a list of signs
whose meaning the test itself knows, and every question is answered by trying all possibilities."""

from dataclasses import dataclass

SKIP = "skip"
BARRIER = "barrier"

# What each sign stands for: letters, a skip symbol, nothing (ignorable), or what cannot be read.
LETTERS: dict[str, tuple[str, ...]] = {
    "a": ("a",), "A": ("a",), "Ａ": ("a",), "ａ": ("a",), "𝐚": ("a",), "á": ("a",), "ª": ("a",), "ⓐ": ("a",),
    "f": ("f",), "Ｆ": ("f",), "i": ("i",), "İ": ("i",), "ﬁ": ("f", "i"), "ﬂ": ("f", "l"), "ﬃ": ("f", "f", "i"),
    "l": ("l",), "№": ("n", "o"), "n": ("n",), "o": ("o",), "ß": ("s", "s"), "s": ("s",), "ſ": ("s",),
    "违": ("违",), "違": ("违",), "国": ("国",), "國": ("国",), "𠀋": ("𠀋",), "㈱": ("株",), "株": ("株",),
    "薴": ("苎",), "苎": ("苎",),
}  # fmt: skip
SKIPS = (" ", ".", "。", "-", "—", "\n", "\t", "★", "🍎", "＊", "´", "丨", "…", "\0", "\1", "\x7f", "\u3000")
IGNORED = ("\u200b", "\u200d", "\u0301", "\ufe0f", "\u00ad", "\u20dd", "\U000e0041", "\u034f", "\u3164")
UNREADABLE = ("\ud800", "\udfff", "\ufdd0", "\uffff", "\U0010ffff", "\ufffd")

MEANING: dict[str, tuple[str, ...]] = {
    **LETTERS,
    **dict.fromkeys(SKIPS, (SKIP,)),
    "\\": (SKIP,),  # a broken escape stands for itself, and that is a symbol
    **dict.fromkeys(IGNORED, ()),
    **dict.fromkeys(UNREADABLE, (BARRIER,)),
}
ALL_LETTERS = sorted({letter for letters in LETTERS.values() for letter in letters})


@dataclass(frozen=True)
class Unit:
    """One character as it is meant, and where it stands in the field as it came."""

    sign: str
    start: int
    end: int


@dataclass(frozen=True)
class Outcome:
    """What must have been released in total, and what must have been found: (entry id, start, end)."""

    released: str
    found: list[tuple[str, int, int]]
    blocked: bool


def plain(text: str) -> list[Unit]:
    return [Unit(sign, place, place + 1) for place, sign in enumerate(text)]


def unescaped(raw: str) -> list[Unit]:
    """JSON string escapes, read from left to right; what is broken stands for itself."""
    units, place = [], 0
    while place < len(raw):
        sign, size = _escape(raw[place:])
        units.append(Unit(sign, place, place + size))
        place += size
    return units


def _escape(rest: str) -> tuple[str, int]:
    short = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
    if rest[0] != "\\" or len(rest) == 1:
        return rest[0], 1
    if rest[1] in short:
        return short[rest[1]], 2
    high = _hexadecimal(rest)
    if high is None:
        return rest[0], 1
    low = _hexadecimal(rest[6:])
    if 0xD800 <= high < 0xDC00 and low is not None and 0xDC00 <= low < 0xE000:
        return chr(0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00)), 12
    return chr(high), 6


def _hexadecimal(rest: str) -> int | None:
    digits = rest[2:6]
    if rest[:2] != "\\u" or len(digits) < 4 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
        return None
    return int(digits, 16)


def letters(units: list[Unit]) -> list[tuple[str, int]]:
    """The letters that terms are compared with, each with the number of its unit; nine skips make a barrier."""
    seen: list[tuple[str, int]] = []
    skips = 0
    for number, unit in enumerate(units):
        for meaning in MEANING.get(unit.sign, (unit.sign,)):
            skips = skips + 1 if meaning == SKIP else 0
            if meaning != SKIP or skips == 9:
                seen.append((meaning if meaning != SKIP else BARRIER, number))
    return seen


def review(raw: str, units: list[Unit], terms: dict[str, tuple[str, bool]], *, stop: bool = True) -> Outcome:
    """`terms`: entry id → (folded term, whether it blocks). With `stop`, at the first blocking end."""
    found: list[tuple[str, int, int]] = []
    for now in range(len(units)):
        seen = letters(units[: now + 1])
        ending = _matches_ending_at(now, seen, terms)
        found += sorted(
            {(name, units[seen[first][1]].start, units[now].end) for name, first in ending},
            key=lambda item: (item[1], item[0]),
        )
        if stop and any(terms[name][1] for name, _ in ending):
            starts = [seen[first][1] for _, first in ending] + live_starts(seen, terms)
            return Outcome(raw[: units[min(starts)].start], found, True)
    return Outcome(raw, found, False)


def _matches_ending_at(
    now: int, seen: list[tuple[str, int]], terms: dict[str, tuple[str, bool]]
) -> list[tuple[str, int]]:
    return [
        (name, first)
        for name, (term, _) in terms.items()
        for first in range(len(seen))
        if [letter for letter, _ in seen[first : first + len(term)]] == list(term)
        and seen[first + len(term) - 1][1] == now
    ]


def live_starts(seen: list[tuple[str, int]], terms: dict[str, tuple[str, bool]]) -> list[int]:
    """The units from which all that follows is the beginning of a longer term."""
    return [
        unit
        for first, (_, unit) in enumerate(seen)
        for term, _ in terms.values()
        if len(term) > len(seen) - first and [letter for letter, _ in seen[first:]] == list(term[: len(seen) - first])
    ]

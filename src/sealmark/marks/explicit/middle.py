"""The suitable middle of a text (GB 45438 5.1): behind the paragraph or sentence that ends nearest to its middle.

A text may be Markdown, or be shown as such, so that nothing is put where it would break what is written: into code,
formulas, tables, lists, quotations, raw HTML, links or emphasis (CommonMark 0.31, sections 4 to 6).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

# CommonMark 4.5: a fence of code; and what many renderers take for one of formulas.
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,}|\$\$(?!.*\$\$))")
# CommonMark 4.6: HTML that ends where it says so, and not at a blank line.
_HTML = re.compile(r" {0,3}<(?:(pre|script|style|textarea)\b|(!--)|(\?)|(!\[CDATA\[))", re.IGNORECASE)
_HTML_ENDS = ("</{0}>", "-->", "?>", "]]>")
# What a line between two blank ones must not be the beginning of, to be a paragraph of plain sentences.
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
_DRESSED = re.compile(r"\s*(?:#{1,6}\s|>|\||<|\[[^\]]*\]:|\$\$|-{3,}\s*$|={3,}\s*$)| {4}|\t|[^\n]*\|[^\n]*\|")
# A sentence that is quoted within another one ends none: 他说“好。”然后…
_SENTENCE = re.compile(r"[。！？!?…](?![。！？!?…”’」』）)\"'])|[。！？!?….][”’」』）)\"']*(?=\s)")
# What holds a link, code or emphasis open when its number is odd, or when more open than close.
_PAIRS = (("[", "]"), ("(", ")"), ("（", "）"), ("“", "”"), ("「", "」"), ("《", "》"), ("<", ">"))
_TWINS = ("`", "*", "_", "~~", "$", '"')
_NEAR = 0.25  # of the text: a paragraph's end that is so near to the middle goes before a sentence's
_LONGEST_PARAGRAPH = 20_000  # characters that are looked through for sentences


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines between blank ones: their span without the line break behind it, and whether they stand open (in code)."""

    start: int
    stop: int
    first: str
    is_open: bool
    is_plain: bool


def middle(text: str) -> int | None:
    """The code point behind which a mark may stand, or nothing where there is no such place within the text."""
    blocks, centre = list(_blocks(text)), len(text) / 2
    gaps = [one.stop for one, following in pairwise(blocks) if _parts(one, following)]
    best = min(gaps, key=lambda place: abs(place - centre), default=None)
    if best is not None and abs(best - centre) <= _NEAR * len(text):
        return best
    ends = [end for one in blocks for end in _sentence_ends(text, one)]
    return min((*gaps, *ends), key=lambda place: abs(place - centre), default=None)


def _blocks(text: str) -> Iterator[_Block]:
    """The blocks of a text, those of one fence as one."""
    at, start, stop, closer, lines = 0, -1, 0, "", list[str]()
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        if not bare.strip() and not closer and lines:
            yield _block(start, stop, lines, is_open=False)
            lines = []
        elif bare.strip() or closer:
            start = start if lines else at
            closer = _closer(bare, closer)
            lines.append(bare)
            stop = at + len(bare)
        at += len(line)
    if lines:
        yield _block(start, stop, lines, is_open=bool(closer))


def _closer(line: str, closer: str) -> str:
    """What ends the fence or the HTML that stands open behind a line; nothing where none does."""
    if closer:
        is_fence = closer[0] in "`~$"
        found = line.strip().startswith(closer) and not line.strip().strip(closer[0]) if is_fence else closer in line
        return "" if found else closer
    if fence := _FENCE.match(line):
        return fence.group(1)
    html = _HTML.match(line)
    if html is None:
        return ""
    ends = next(end.format(name) for name, end in zip(html.groups(), _HTML_ENDS, strict=True) if name)
    return "" if ends.lower() in line[html.end() :].lower() else ends


def _block(start: int, stop: int, lines: list[str], *, is_open: bool) -> _Block:
    dressed = any(_DRESSED.match(line) or _ITEM.match(line) or _FENCE.match(line) for line in lines)
    return _Block(start, stop, lines[0], is_open, not dressed)


def _parts(one: _Block, following: _Block) -> bool:
    """Whether a paragraph of its own may stand between two blocks: not behind a heading, not within a list."""
    indented = following.first[:1] in {" ", "\t"}
    listed = bool(_ITEM.match(following.first)) and bool(_ITEM.match(one.first) or one.first[:1] in {" ", "\t"})
    quoted = one.first.lstrip().startswith(">") and following.first.lstrip().startswith(">")
    return not (one.is_open or indented or listed or quoted or one.first.lstrip().startswith("#"))


def _sentence_ends(text: str, block: _Block) -> Iterator[int]:
    """Where sentences of a plain paragraph end, but for the last one of the text."""
    if not block.is_plain or block.is_open or block.stop - block.start > _LONGEST_PARAGRAPH:
        return
    paragraph = text[block.start : block.stop]
    at = 0
    held = _Held()
    for found in _SENTENCE.finditer(paragraph):
        held.read(paragraph[at : found.end()])
        at = found.end()
        if held.nothing and paragraph[at:].strip():
            yield block.start + at


class _Held:
    """What a paragraph holds open at a place: brackets, quotation marks, code, emphasis."""

    def __init__(self) -> None:
        self._open = dict.fromkeys((*(pair for pair in _PAIRS), *_TWINS), 0)

    def read(self, stretch: str) -> None:
        """Go on behind a stretch."""
        for pair in _PAIRS:
            self._open[pair] += stretch.count(pair[0]) - stretch.count(pair[1])
        for twin in _TWINS:
            self._open[twin] = (self._open[twin] + stretch.count(twin)) % 2

    @property
    def nothing(self) -> bool:
        """Whether nothing is held open."""
        return not any(self._open.values())

"""USD as text: a first line, the layer's metadata in parentheses, then prims (OpenUSD, USDA file format).

Only the metadata is read: what follows it may be gigabytes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged, MetadataOverLimit, intact
from sealmark.media.format import Format
from sealmark.media.pieces import Buffer

# Larger than any honest metadata of a layer.
LONGEST = 1 << 20
MOST_TOKENS = 1 << 17
_FIRST = re.compile(rb"#usda 1\.[0-9]++[^\r\n]*+(?:\r\n|\n|\r|\Z)")
_TOKEN = re.compile(
    rb"(?P<space>(?:\s++|#[^\r\n]*+|//[^\r\n]*+|/\*.*?\*/)+)"
    rb"|(?P<string>\"\"\"(?:[^\"\\]++|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]++|\\.|'(?!''))*'''"
    rb"|\"(?!\"\")(?:[^\"\\\r\n]++|\\.)*\"|'(?!'')(?:[^'\\\r\n]++|\\.)*')"
    rb"|(?P<asset>@@@.*?@@@(?!@)|@[^@\r\n]*+@|<[^<>\r\n]*+>)"
    rb"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<sign>[=;,])"
    rb"|(?P<word>[^\s\"'@#()\[\]{}=;,<>/]++)",
    re.DOTALL,
)
_PAIRS = {b"(": b")", b"[": b"]", b"{": b"}"}
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_CONTROLS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the metadata: its kind, and where it stands."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a dictionary: all of it, its key, and the tokens of its value."""

    start: int
    end: int
    key: str
    value: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """The head of a layer: its bytes up to the end of its metadata, where the first line ends, and the tokens.

    The tokens begin with the opening parenthesis; a layer without metadata has none.
    """

    head: bytes
    first: int
    tokens: tuple[Token, ...]

    @property
    def ending(self) -> bytes:
        """How this file ends its lines."""
        line = self.head[: self.first]
        return line[len(line.rstrip(b"\r\n")) :] or b"\n"

    def text(self, token: Token) -> bytes:
        """A token as it is written."""
        return self.head[token.start : token.end]


def is_usda(data: bytes) -> bool:
    """Whether the bytes begin with the first line of a USD text."""
    return _FIRST.match(data) is not None


FORMAT = Format("usda", "scene", ("model/vnd.usda",), ("usda",), is_usda, mapped=True)


def parse(data: Buffer) -> Layer:
    """The head of a layer; raises `Damaged` where its metadata does not end, and `MetadataOverLimit`."""
    return intact(remains(data))


def remains(data: Buffer) -> tuple[Layer, Damaged | MetadataOverLimit | None]:
    """The head of a layer as far as it can be read, and the first thing that is wrong with it."""
    head = data[:LONGEST]
    line = _FIRST.match(head)
    if line is None:
        return Layer(b"", 0, ()), _damaged(why("第一行", "first line"))
    tokens: list[Token] = []
    damage: Damaged | MetadataOverLimit | None = None
    try:
        tokens.extend(_tokens(head, line.end()))
    except _BrokenError as broken:
        tokens.extend(broken.tokens)
        damage = _unfinished(len(data), broken)
    end = tokens[-1].end if tokens else line.end()
    return Layer(head[:end], line.end(), tuple(tokens)), damage


class _BrokenError(Exception):
    """The metadata breaks off; `tokens` stand before that."""

    def __init__(self, tokens: Sequence[Token], *, is_long: bool) -> None:
        super().__init__()
        self.tokens, self.is_long = tokens, is_long


def _unfinished(size: int, broken: _BrokenError) -> Damaged | MetadataOverLimit:
    if broken.is_long and size > LONGEST:
        return MetadataOverLimit(place="USD", **why("层元数据过大", "layer metadata too large"))
    return _damaged(why("层元数据", "layer metadata"))


def _tokens(head: bytes, at: int) -> list[Token]:
    """The tokens of the metadata, from parenthesis to parenthesis; none where a prim stands first."""
    tokens: list[Token] = []
    open_ones: list[bytes] = []
    while len(tokens) < MOST_TOKENS:
        match = _TOKEN.match(head, at)
        if match is None:  # also where nothing follows the first line: a layer of nothing is one that was cut
            raise _BrokenError(tokens, is_long=True)
        at = match.end()
        if match.lastgroup == "space":
            continue
        if not tokens and match.group() != b"(":
            return []
        tokens.append(Token(match.lastgroup or "", match.start(), at))
        if _closes(match, open_ones, tokens):
            return tokens
    raise _BrokenError(tokens, is_long=True)


def _closes(match: re.Match[bytes], open_ones: list[bytes], tokens: list[Token]) -> bool:
    """Whether this token closes the first one."""
    if match.lastgroup == "open":
        open_ones.append(_PAIRS[match.group()])
    elif match.lastgroup == "close":
        if open_ones.pop() != match.group():
            raise _BrokenError(tokens, is_long=False)
        return not open_ones
    return False


def dictionaries(layer: Layer, name: bytes) -> Iterator[tuple[Token, ...]]:
    """The tokens between the braces of every dictionary of that name in the metadata."""
    depth, tokens = 0, layer.tokens
    for index, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 1 and token.kind == "word" and layer.text(token) == name:
            signs = tuple(layer.text(one) for one in tokens[index + 1 : index + 3])
            if signs == (b"=", b"{"):
                yield _group(tokens, index + 2)


def entries(layer: Layer, tokens: Sequence[Token]) -> Iterator[Entry]:
    """The entries of a dictionary; one that is cut is the last. Raises `Damaged` where it is no dictionary."""
    at = 0
    while at < len(tokens):
        if layer.text(tokens[at]) == b";":
            at += 1
            continue
        sign = _sign(layer, tokens, at)
        if sign + 1 >= len(tokens):
            raise _damaged(why("字典条目", "an entry of a dictionary"))
        key, value = tokens[sign - 1], tokens[sign + 1 : sign + 2]
        if value[0].kind == "open":
            inside = _group(tokens, sign + 1)
            value = tokens[sign + 1 : sign + 3 + len(inside)]
        yield Entry(tokens[at].start, value[-1].end, string(layer.text(key)), tuple(value))
        at = sign + 1 + len(value)


def _sign(layer: Layer, tokens: Sequence[Token], at: int) -> int:
    """Where the equals sign of the entry at a place stands, behind a type, which may be an array's, and a key."""
    brackets = tuple(layer.text(token) for token in tokens[at + 1 : at + 3]) == (b"[", b"]")
    key = at + 3 if brackets else at + 1
    kinds = [token.kind for token in (tokens[at], *tokens[key : key + 1])]
    if kinds not in (["word", "word"], ["word", "string"]) or layer.text(tokens[min(key + 1, len(tokens) - 1)]) != b"=":
        raise _damaged(why("字典条目", "an entry of a dictionary"))
    return key + 1


def _group(tokens: Sequence[Token], at: int) -> tuple[Token, ...]:
    """What stands between the bracket at a place and the one that closes it, or the end."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index].kind == "open") - (tokens[index].kind == "close")
        if depth == 0:
            return tuple(tokens[at + 1 : index])
    return tuple(tokens[at + 1 :])


def string(written: bytes) -> str:
    """What a string or a word says."""
    for quote in (b'"""', b"'''", b'"', b"'"):
        if written.startswith(quote):
            inside = written[len(quote) : len(written) - len(quote)]
            return _ESCAPE.sub(_plain, inside).decode("utf-8", "replace")
    return written.decode("utf-8", "replace")


def quoted(said: str) -> bytes:
    """A string of one line."""
    return b'"' + said.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


def _plain(match: re.Match[bytes]) -> bytes:
    digits, octal, sign = match.groups()
    if sign is not None:
        return _CONTROLS.get(sign, sign)
    return bytes((int(digits, 16) if digits is not None else int(octal, 8) & 255,))


def _damaged(reason: dict[str, str]) -> Damaged:
    return Damaged(format="USD", **reason)

"""The fold of one code point: Article 10's review sees through disguise by this one table.

A code point folds to a string without skip symbols, to `SKIP` (whitespace, punctuation, symbols), or to
nothing (combining marks, ignorables). The table fills itself as code points are met, so importing it is free.
"""

import unicodedata
from functools import cache
from hashlib import sha256
from importlib.resources import files

SKIP = "\0"  # U+0000 and U+0001 are themselves skip symbols, so no folded character equals them
DROPPED = "\1"
BARRIER = "\ufffd"  # what could not be read, and what stands for too many skip symbols: in no term

_CACHED_BELOW = 0x32400  # planes 0 to 2 and the ideographs of plane 3; what lies above is rare and mostly unassigned

# Unicode DerivedCoreProperties, Default_Ignorable_Code_Point; `unicodedata` does not carry it.
_IGNORABLE = (
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
_DROPPED_CATEGORIES = frozenset({"Cf", "Mn", "Me"})


class Table(dict[int, str]):
    """Code point → folded string; usable by `str.translate`, and filling itself."""

    def __missing__(self, code: int) -> str:
        folded = _fold_code(code)
        if code < _CACHED_BELOW:
            self[code] = folded
        return folded


TABLE = Table()


@cache
def fold_version() -> str:
    """A digest of everything that the fold depends on: 16 hexadecimal digits.

    Libraries compiled under another version are refused, since their terms were folded by another table.
    """
    digest = sha256(unicodedata.unidata_version.encode())
    for name in ("traditional.tsv", "skip_symbols.toml"):
        digest.update(_read(name).encode())
    return digest.hexdigest()[:16]


def _fold_code(code: int) -> str:
    current = chr(code)
    while (following := "".join(map(_step, current))) != current:
        current = following
    skips = _skip_symbols()
    solid = "".join(character for character in current if not skips(character))
    return solid or (SKIP if current else "")


def _step(character: str) -> str:
    code = ord(character)
    if _is_unreadable(code):
        return BARRIER
    if _is_dropped(character):
        return ""
    plain = unicodedata.normalize("NFKD", character).casefold()
    return plain.translate(_simplified())


def _is_unreadable(code: int) -> bool:
    """Surrogates and the 66 noncharacters."""
    return 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _is_dropped(character: str) -> bool:
    code = ord(character)
    return unicodedata.category(character) in _DROPPED_CATEGORIES or any(
        low <= code <= high for low, high in _IGNORABLE
    )


@cache
def _simplified() -> dict[int, str]:
    rows = (row.split("\t") for row in _read("traditional.tsv").splitlines() if not row.startswith("#"))
    return {ord(traditional): simplified for traditional, simplified in rows}


class _SkipSymbols:
    """Whether a character is a skip symbol, by the data file."""

    def __init__(self, source: str) -> None:
        import tomllib

        data = tomllib.loads(source)
        self._categories = frozenset(data["categories"])
        self._also = frozenset(data["also"]) | {SKIP, DROPPED}
        self._except = frozenset(data["except"]) | {BARRIER}

    def __call__(self, character: str) -> bool:
        ordinary = character in self._except or unicodedata.category(character) not in self._categories
        return character in self._also or not ordinary


@cache
def _skip_symbols() -> _SkipSymbols:
    return _SkipSymbols(_read("skip_symbols.toml"))


def _read(name: str) -> str:
    return files("sealmark.review").joinpath("data", name).read_text(encoding="utf-8")

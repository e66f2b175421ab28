"""The label font as a document embeds it: its outlines, and of each character glyph and width (OpenType 1.9)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sealmark.marks.explicit.errors import UnlawfulWording, UnprintableWording
from sealmark.marks.explicit.wording import lawful, read

FILE = "SealmarkLabel.otf"
_CHARSET = 15  # Adobe TN 5176, table 9: the operator of the character sets' offset
EM = 1000


@dataclass(frozen=True, slots=True)
class Typeface:
    """The outlines as a bare CFF table; of each character its CID in them, and its width in thousandths of an em."""

    outlines: bytes
    identifiers: dict[str, int]
    widths: dict[str, int]

    def width(self, text: str) -> float:
        """The width of a text in ems."""
        return sum(self.widths[character] for character in text) / EM


def check(wording: str) -> None:
    """Raise `UnlawfulWording` or `UnprintableWording`."""
    if not lawful(wording):
        raise UnlawfulWording(wording=wording)
    missing = sorted({character for character in wording if character not in typeface().identifiers})
    if missing:
        raise UnprintableWording(characters="".join(missing))


@cache
def typeface() -> Typeface:
    """The committed font, read once."""
    tables = _tables(read(FILE))
    glyphs = dict(_glyphs(tables[b"cmap"]))
    identifiers, widths = _charset(tables[b"CFF "]), _widths(tables[b"hhea"], tables[b"hmtx"])
    return Typeface(
        tables[b"CFF "],
        {character: identifiers[glyph] for character, glyph in glyphs.items()},
        {character: widths[min(glyph, len(widths) - 1)] for character, glyph in glyphs.items()},
    )


def _tables(font: bytes) -> dict[bytes, bytes]:
    """The tables of the font by their tags."""
    (count,) = struct.unpack_from(">H", font, 4)
    records = (struct.unpack_from(">4s3I", font, 12 + 16 * number) for number in range(count))
    return {tag: font[start : start + length] for tag, _, start, length in records}


def _glyphs(cmap: bytes) -> Iterator[tuple[str, int]]:
    """Each character with its glyph, from the table of format 4 for the basic plane."""
    (count,) = struct.unpack_from(">H", cmap, 2)
    starts = [struct.unpack_from(">2HI", cmap, 4 + 8 * number)[2] for number in range(count)]
    at = next(start for start in starts if struct.unpack_from(">H", cmap, start)[0] == 4)
    segments = struct.unpack_from(">H", cmap, at + 6)[0] // 2
    ends, firsts, deltas, offsets = (
        struct.unpack_from(f">{segments}H", cmap, at + 14 + 2 * (segments * row + (row > 0))) for row in range(4)
    )
    place = at + 16 + 6 * segments
    for number in range(segments):
        for code in range(firsts[number], min(ends[number], 0xFFFE) + 1):
            glyph = code
            if offsets[number]:
                where = place + 2 * number + offsets[number] + 2 * (code - firsts[number])
                (glyph,) = struct.unpack_from(">H", cmap, where)
            yield chr(code), (glyph + deltas[number]) & 0xFFFF


def _widths(hhea: bytes, hmtx: bytes) -> list[int]:
    (count,) = struct.unpack_from(">H", hhea, 34)
    return [struct.unpack_from(">H", hmtx, 4 * number)[0] for number in range(count)]


def _charset(outlines: bytes) -> list[int]:
    """The CID of each glyph (TN 5176, 13): formats 1 and 2 have runs, format 0 has each by itself."""
    _, stop = _index(outlines, outlines[2])
    tops, stop = _index(outlines, stop)
    operands = dict(_operators(outlines[tops[0] : tops[1]]))
    at, charstrings = operands[_CHARSET], operands[17]
    glyphs = struct.unpack_from(">H", outlines, charstrings)[0]
    kind, at = outlines[at], at + 1
    found = [0]
    while len(found) < glyphs:
        first, left = struct.unpack_from({0: ">H", 1: ">HB", 2: ">HH"}[kind] + "0s", outlines, at)[:2]
        run = int(left) + 1 if kind else 1
        found += range(first, first + run)
        at += 2 + kind
    return found


def _index(outlines: bytes, at: int) -> tuple[list[int], int]:
    """Where the objects of an INDEX begin and end (TN 5176, 5), and where it ends itself."""
    count, size = struct.unpack_from(">HB", outlines, at)
    base = at + 2 + (count + 1) * size
    places = [
        base + int.from_bytes(outlines[at + 3 + size * number : at + 3 + size * (number + 1)], "big")
        for number in range(count + 1)
    ]
    return places, places[-1]


def _operators(top: bytes) -> Iterator[tuple[int, int]]:
    """The operators of a DICT with one integer each (TN 5176, 4); others have their last operand."""
    at, last = 0, 0
    while at < len(top):
        byte = top[at]
        if byte == 30:  # a real number ends with the nibble f
            at += 1
            while top[at] & 0x0F != 0x0F and top[at] >> 4 != 0x0F:
                at += 1
            at += 1
        elif byte < 22:
            at += 2 if byte == 12 else 1
            if byte != 12:
                yield byte, last
        else:
            last, at = _operand(top, at)


def _operand(top: bytes, at: int) -> tuple[int, int]:
    byte = top[at]
    if byte == 28:
        return int.from_bytes(top[at + 1 : at + 3], "big", signed=True), at + 3
    if byte == 29:
        return int.from_bytes(top[at + 1 : at + 5], "big", signed=True), at + 5
    if byte < 247:
        return byte - 139, at + 1
    sign, base = (1, 247) if byte < 251 else (-1, 251)
    return sign * ((byte - base) * 256 + top[at + 1] + 108), at + 2

"""USD as a binary crate: values, then the tables that say what they are of (AOUSD Core, 16.3).

A crate is read here without USD's own library: what others sent never reaches its native code. It is edited as that
library saves it, by values behind values and tables made anew; no value moves.
"""

import struct
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.format import Format
from sealmark.media.pieces import Buffer, Pieces, Span
from sealmark.media.scene import crate, lz4
from sealmark.media.scene.crate import Integers

MAGIC = b"PXR-USDC"
# Tables are packed since 0.4.0; the newest version whose tables are known to be so.
OLDEST, NEWEST = (0, 4), (0, 15)
_TABLES = (b"TOKENS", b"STRINGS", b"FIELDS", b"FIELDSETS", b"PATHS", b"SPECS")
_SECTION = struct.Struct("<16sqq")
_NO_FIELD = 0xFFFFFFFF  # ends a set of fields
_ROOT = 7  # SdfSpecTypePseudoRoot: the layer itself
# Bits of a value: its type in bits 48 to 55, and that the value itself stands in the low 48.
INLINED = 1 << 62
STRING, TOKEN, DICTIONARY = 10, 11, 31
# Tables of an honest scene take a few megabytes; entries of a dictionary are tens.
MOST_BYTES, MOST_ENTRIES = 1 << 24, 1 << 12


class Section(NamedTuple):
    """One table: its name and place."""

    name: bytes
    start: int
    size: int


class Entry(NamedTuple):
    """One entry of a dictionary: the number of its key among the strings, and its value."""

    key: int
    value: int


@dataclass(frozen=True, slots=True)
class Crate:
    """The tables of a crate but its paths.

    `base` is where the values end and the tables begin, or the end of a file whose tables stand among values.
    `texts` holds all tokens, each with a zero behind it, `ends` where each ends; `strings` says which token each
    string is, `names` and `values` are the fields, `sets` the sets of fields, `specs` which set each spec has.
    """

    sections: tuple[Section, ...]
    base: int
    tables: dict[bytes, bytes]
    texts: bytes
    ends: NDArray[np.int64]
    strings: Integers
    names: Integers
    values: NDArray[np.uint64]
    sets: Integers
    specs: Integers
    root: int

    def token(self, number: int) -> bytes:
        """The token of that number."""
        start = int(self.ends[number - 1]) + 1 if number else 0
        return self.texts[start : int(self.ends[number])]

    def string(self, number: int) -> bytes:
        """The string of that number."""
        return self.token(int(self.strings[number]))

    def fields(self) -> list[int]:
        """The numbers of the layer's own fields."""
        start = int(self.specs[self.root])
        ends = np.flatnonzero(self.sets[start:] == _NO_FIELD)
        return [int(number) for number in self.sets[start : start + int(ends[0])]]


def is_usdc(data: bytes) -> bool:
    """Whether the bytes begin as a crate does."""
    return data[:8] == MAGIC


FORMAT = Format("usdc", "scene", ("model/vnd.usdc",), ("usdc",), is_usdc, mapped=True)


def parse(data: Buffer) -> Crate:
    """The tables; raises `Damaged` where they are missing, cut, contradict each other, or are of an unknown version."""
    try:
        return _parse(data)
    except (struct.error, IndexError, ValueError, OverflowError, crate.BrokenError):
        raise damaged(why("表", "tables")) from None


def _parse(data: Buffer) -> Crate:
    head = data[:24]
    if not OLDEST <= (head[8], head[9]) <= NEWEST:
        raise damaged(why("版本未知", "unknown version"))
    (toc,) = struct.unpack_from("<q", head, 16)
    sections = _sections(data, toc)
    held = {one.name: data[one.start : one.start + one.size] for one in sections if one.name in _TABLES}
    if len(held) != len(_TABLES) or sum(map(len, held.values())) > MOST_BYTES:
        raise damaged(why("表的目录", "table of contents"))
    texts, ends = _tokens(held[b"TOKENS"])
    names, values = _fields(held[b"FIELDS"])
    _, sets = integer_list(held[b"FIELDSETS"], 0, None)
    specs, root = _specs(held[b"SPECS"])
    base = _base(sections, toc, len(data))
    strings = np.frombuffer(held[b"STRINGS"], "<u4", _count(held[b"STRINGS"]), 8)
    return Crate(sections, base, held, texts, ends, strings, names, values, sets, specs, root)


def _sections(data: Buffer, toc: int) -> tuple[Section, ...]:
    (count,) = struct.unpack("<q", data[toc : toc + 8])
    if not 24 <= toc < len(data) or not 0 < count <= 64:
        raise damaged(why("表的目录", "table of contents"))
    rows = _SECTION.iter_unpack(data[toc + 8 : toc + 8 + count * _SECTION.size])
    sections = tuple(Section(name.rstrip(b"\x00"), start, size) for name, start, size in rows)
    if len({one.name for one in sections}) != count:
        raise damaged(why("表的目录", "table of contents"))
    if any(one.start < 24 or one.size < 0 or one.start + one.size > len(data) for one in sections):
        raise damaged(why("表的长度", "length of a table"))
    return sections


def _base(sections: tuple[Section, ...], toc: int, size: int) -> int:
    """Where the tables begin, if they stand in a row up to the end and all else before them; else the file's end."""
    known = sorted((one for one in sections if one.name in _TABLES), key=lambda one: one.start)
    starts, ends = [one.start for one in known], [one.start + one.size for one in known]
    others = (one.start + one.size for one in sections if one.name not in _TABLES)
    in_row = [*starts[1:], toc] == ends and max(others, default=0) <= starts[0]
    return starts[0] if in_row and toc + 8 + _SECTION.size * len(sections) == size else size


def _count(table: bytes) -> int:
    (count,) = struct.unpack_from("<Q", table)
    if count > crate.MOST:
        raise crate.BrokenError
    return int(count)


def _tokens(table: bytes) -> tuple[bytes, NDArray[np.int64]]:
    count, size, length = struct.unpack_from("<3Q", table)
    texts = crate.unpacked(table[24 : 24 + length]).content
    ends = np.flatnonzero(np.frombuffer(texts, np.uint8) == 0)
    if len(texts) != size or len(ends) != count or (texts and texts[-1]):
        raise crate.BrokenError
    return texts, ends


def integer_list(table: bytes, at: int, count: int | None) -> tuple[int, Integers]:
    """The list of integers at a place, which may say its own count, and where it ends."""
    if count is None:
        count, at = _count(table), at + 8
    (size,) = struct.unpack_from("<Q", table, at)
    if size > len(table):
        raise crate.BrokenError
    return at + 8 + size, crate.integers(table[at + 8 : at + 8 + size], count)


def _fields(table: bytes) -> tuple[Integers, NDArray[np.uint64]]:
    at, names = integer_list(table, 0, None)
    (size,) = struct.unpack_from("<Q", table, at)
    content = crate.unpacked(table[at + 8 : at + 8 + size]).content if len(names) else b""
    if len(content) != 8 * len(names):
        raise crate.BrokenError
    return names, np.frombuffer(content, "<u8")


def _specs(table: bytes) -> tuple[Integers, int]:
    """Which set of fields each spec has, and the number of the layer's own spec."""
    at, paths = integer_list(table, 0, None)
    at, sets = integer_list(table, at, len(paths))
    at, kinds = integer_list(table, at, len(paths))
    roots = np.flatnonzero(kinds == _ROOT)
    if len(roots) != 1:
        raise crate.BrokenError
    return sets, int(roots[0])


def kind(value: int) -> int:
    """The type of a value."""
    return value >> 48 & 0xFF


def payload(value: int) -> int:
    """The value itself where it is inlined, else where it stands in the file."""
    return value & (1 << 48) - 1


def dictionary(data: Buffer, at: int) -> tuple[tuple[Entry, ...], int]:
    """The entries of the dictionary at a place, and where it ends; raises `Damaged`."""
    try:
        return _dictionary(data, at)
    except struct.error:
        raise damaged(why("字典", "a dictionary")) from None


def _dictionary(data: Buffer, at: int) -> tuple[tuple[Entry, ...], int]:
    (count,) = struct.unpack("<Q", data[at : at + 8])
    if count > MOST_ENTRIES:
        raise damaged(why("字典", "a dictionary"))
    entries, at = list[Entry](), at + 8
    for _ in range(count):
        # A value may be written after what it is made of; a distance leads over that.
        key, distance = struct.unpack("<Iq", data[at : at + 12])
        if not 8 <= distance < len(data):
            raise damaged(why("字典", "a dictionary"))
        (value,) = struct.unpack("<Q", data[at + 4 + distance : at + 12 + distance])
        entries.append(Entry(key, value))
        at += 12 + distance
    return tuple(entries), at


def retexted(data: Buffer, held: Crate, text: bytes) -> Pieces:
    """The crate with another text as its last token; nothing else changes."""
    keep = int(held.ends[-2]) + 1 if len(held.ends) > 1 else 0
    return assembled(data, held, b"", {b"TOKENS": token_table(held, keep, [text], len(held.ends) - 1)})


def entered(data: Buffer, held: Crate, path: tuple[bytes, bytes], text: bytes, kept: list[Entry]) -> Pieces:
    """The crate with a dictionary as a field of its layer: what is `kept` of an old one, and a text.

    `path` is the name of the field, and the key of the text.
    """
    found, (field, key) = token_numbers(held, path), path
    new_tokens = [word for word in path if word not in found] + [text]
    found |= {word: len(held.ends) + number for number, word in enumerate(new_tokens)}
    known = np.flatnonzero(held.strings == found[key])
    added = [found[text]] if len(known) else [found[key], found[text]]
    strings = np.concatenate((held.strings, np.array(added))).astype("<u4")
    number = int(known[0]) if len(known) else len(held.strings)
    entries = [*kept, Entry(number, INLINED | STRING << 48 | len(strings) - 1)]
    start = held.base + -held.base % 8
    tables = _field_tables(held, found[field], DICTIONARY << 48 | start)
    tables[b"TOKENS"] = token_table(held, len(held.texts), new_tokens, len(held.ends))
    tables[b"STRINGS"] = struct.pack("<Q", len(strings)) + strings.tobytes()
    rows = b"".join(struct.pack("<IqQ", one.key, 8, one.value) for one in entries)
    values = bytes(start - held.base) + struct.pack("<Q", len(entries)) + rows
    return assembled(data, held, values, tables)


def token_numbers(held: Crate, words: tuple[bytes, ...]) -> dict[bytes, int]:
    """The numbers of tokens that are there already."""
    found: dict[bytes, int] = {}
    framed = b"\x00" + held.texts
    for word in words:
        at = framed.find(b"\x00" + word + b"\x00")
        if at >= 0:
            found[word] = int(np.searchsorted(held.ends, at + len(word)))
    return found


def token_table(held: Crate, keep: int, new: list[bytes], count: int) -> bytes:
    """The table of tokens, its text cut to `keep` bytes and its tokens to `count`, with further ones."""
    table = held.tables[b"TOKENS"]
    (length,) = struct.unpack_from("<Q", table, 16)
    block = crate.unpacked(table[24 : 24 + length])
    added = b"".join(word + b"\x00" for word in new)
    content = crate.lengthened(block, keep, added)
    return struct.pack("<3Q", count + len(new), keep + len(added), len(content)) + content


def _field_tables(held: Crate, name: int, value: int) -> dict[bytes, bytes]:
    """The tables with one more field, one more set with it instead of its namesake, and that as the layer's."""
    names = np.append(held.names, np.uint32(name))
    kept = [number for number in held.fields() if held.names[number] != name]
    sets = np.concatenate((held.sets, np.array([*kept, len(held.names), _NO_FIELD], np.uint32)))
    specs = held.specs.copy()
    specs[held.root] = len(held.sets)
    table = held.tables[b"SPECS"]
    first, _ = integer_list(table, 0, None)
    second, _ = integer_list(table, first, len(specs))
    return {
        b"FIELDS": field_table(held, names, struct.pack("<Q", value)),
        b"FIELDSETS": struct.pack("<Q", len(sets)) + _sized(crate.listed(sets)),
        b"SPECS": table[:first] + _sized(crate.listed(specs)) + table[second:],
    }


def field_table(held: Crate, names: Integers, new: bytes) -> bytes:
    """The table of fields with these names and further values."""
    block = _value_block(held.tables[b"FIELDS"])
    values = crate.lengthened(block, len(block.content), new)
    return struct.pack("<Q", len(names)) + _sized(crate.listed(names)) + _sized(values)


def _value_block(table: bytes) -> lz4.Block:
    at, names = integer_list(table, 0, None)
    (size,) = struct.unpack_from("<Q", table, at)
    return crate.unpacked(table[at + 8 : at + 8 + size]) if len(names) else lz4.Block(b"", b"", 0)


def _sized(content: bytes) -> bytes:
    return struct.pack("<Q", len(content)) + content


def assembled(data: Buffer, held: Crate, values: bytes, tables: dict[bytes, bytes]) -> Pieces:
    """What was, further values, the tables with those that are new, and where they are; what we do not know stays."""
    at, written, rows = held.base + len(values), [values], b""
    for section in held.sections:
        if section.name not in held.tables:
            rows += _SECTION.pack(*section)
            continue
        table = tables.get(section.name, held.tables[section.name])
        rows += _SECTION.pack(section.name, at, len(table))
        written.append(table)
        at += len(table)
    written.append(struct.pack("<q", len(held.sections)) + rows)
    return (data[:16] + struct.pack("<q", at), Span(24, held.base), b"".join(written))


def damaged(reason: dict[str, str]) -> Damaged:
    """A crate that cannot be read."""
    return Damaged(format="USDC", **reason)

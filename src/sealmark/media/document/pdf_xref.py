"""Where the objects of a PDF stand: its cross-reference tables and streams (ISO 32000-2, 7.5.4 and 7.5.8)."""

import re
import zlib
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from sealmark.errors import why
from sealmark.media.document import pdf_syntax
from sealmark.media.document.pdf_syntax import Allowance, Dictionary, Name, damaged
from sealmark.media.errors import MetadataOverLimit
from sealmark.media.limits import MOST_PARTS

MOST_SECTIONS = 4096
# Bytes of a stream that is unfolded: cross-references of a million objects, or a packet larger than any.
LONGEST = 32 * 1024 * 1024
# ISO 32000-1 annex C: the largest object number of an ordinary file.
LARGEST = 8_388_607
_SLACK = 1 << 16  # a writer may have padded its rows
_OBJECT = re.compile(rb"\s*+(\d{1,10})\s++(\d{1,5})\s++obj")
_SUBSECTION = re.compile(rb"\s*+(\d{1,10})[ \t]++(\d{1,10})[ \t]*+(?:\r\n|\r|\n)")
_LINE = re.compile(rb"(\d{10}) (\d{5}) ([nf])\s{1,3}+")
_STREAM = re.compile(rb"\s*+stream(?:\r\n|\n|\r)")


@dataclass(frozen=True, slots=True)
class Plain:
    """An object that stands at an offset from the header, in bytes."""

    offset: int
    generation: int


@dataclass(frozen=True, slots=True)
class Packed:
    """An object that stands in an object stream, at an index."""

    stream: int
    index: int


# None: the object is free, and with that null.
Location: TypeAlias = Plain | Packed | None


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive objects whose entries stand in `rows`, `width` bytes each; `fields` are those of a stream."""

    first: int
    count: int
    rows: bytes
    width: int
    fields: tuple[int, int, int] | None

    def get(self, number: int) -> Location:
        """Where an object of this run stands; raises `Damaged`."""
        row = self.rows[(number - self.first) * self.width : (number - self.first + 1) * self.width]
        return _line(row) if self.fields is None else _row(row, self.fields)


@dataclass(frozen=True, slots=True)
class Section:
    """One cross-reference section: its runs, its trailer, its offset from the header, and whether it is a stream."""

    runs: tuple[Run, ...]
    trailer: Dictionary
    offset: int
    packed: bool
    firsts: tuple[int, ...] = field(init=False)  # of runs in order; empty where they overlap or have none

    def __post_init__(self) -> None:
        inorder = all(one.first + one.count <= other.first for one, other in pairwise(self.runs))
        object.__setattr__(self, "firsts", tuple(run.first for run in self.runs) if inorder else ())

    def find(self, number: int) -> tuple[bool, Location]:
        """Whether the section speaks of an object, and where that stands."""
        near = bisect_right(self.firsts, number)
        for run in self.runs[max(near - 1, 0) : near] if self.firsts else self.runs:
            if run.first <= number < run.first + run.count:
                return True, run.get(number)
        return False, None


def sections(data: bytes, base: int, offset: int, allowance: Allowance) -> tuple[Section, ...]:
    """Every section, the newest first, from the offset that `startxref` gives; raises `Damaged`."""
    found: list[Section] = []
    seen = set[int]()
    following: int | None = offset
    while following is not None:
        if following in seen or len(found) > MOST_SECTIONS:
            raise damaged(**why("交叉引用成环", "cross-references in a circle"))
        seen.add(following)
        section = _section(data, base, following, allowance)
        found.append(section)
        if section.trailer.get(b"XRefStm") is not None:  # a hybrid file: before what is older (7.5.8.4)
            found.append(_section(data, base, integer(section.trailer, b"XRefStm"), allowance))
        following = integer(section.trailer, b"Prev") if section.trailer.get(b"Prev") is not None else None
    return tuple(found)


def integer(dictionary: Dictionary, key: bytes) -> int:
    """A number that must be there and be no less than zero; raises `Damaged`."""
    found = dictionary.get(key)
    if not isinstance(found, int) or found < 0:
        raise damaged(**why(f"{key.decode()} 的值", f"the value of {key.decode()}"))
    return found


def _section(data: bytes, base: int, offset: int, allowance: Allowance) -> Section:
    at = pdf_syntax.after_gap(data, base + offset)
    if data.startswith(b"xref", at):
        return _table(data, at + 4, offset, allowance)
    head = _OBJECT.match(data, at)
    if head is None:
        raise damaged(**why("交叉引用的位置", "no cross-reference where one should be"))
    trailer, stop = _dictionary(data, head.end(), allowance)
    if trailer.get(b"Type") != Name(b"XRef"):
        raise damaged(**why("交叉引用的位置", "no cross-reference where one should be"))
    return Section(_stream_runs(trailer, data, stop), trailer, offset, packed=True)


def _dictionary(data: bytes, at: int, allowance: Allowance) -> tuple[Dictionary, int]:
    found, stop = pdf_syntax.value(data, at, allowance)
    if not isinstance(found, Dictionary):
        raise damaged(**why("字典", "dictionary"))
    return found, stop


def _table(data: bytes, at: int, offset: int, allowance: Allowance) -> Section:
    runs: list[Run] = []
    while (head := _SUBSECTION.match(data, at)) and len(runs) < MOST_PARTS:
        count, line = int(head.group(2)), _LINE.match(data, head.end())
        # Some writers end a line with one byte, and some with three; within a table all are alike.
        width = line.end() - line.start() if line else 0
        at = head.end() + count * width
        if at > len(data) or (count and not width):
            raise damaged(**why("交叉引用表", "cross-reference table"))
        runs.append(Run(int(head.group(1)), count, data[head.end() : at], width, None))
    at = pdf_syntax.after_gap(data, at)
    if not data.startswith(b"trailer", at):
        raise damaged(**why("交叉引用表", "cross-reference table"))
    return Section(tuple(runs), _dictionary(data, at + 7, allowance)[0], offset, packed=False)


def _line(row: bytes) -> Location:
    line = _LINE.fullmatch(row)
    if line is None:
        raise damaged(**why("交叉引用表", "cross-reference table"))
    return Plain(int(line.group(1)), int(line.group(2))) if line.group(3) == b"n" else None


def _row(row: bytes, fields: tuple[int, int, int]) -> Location:
    """One entry of a cross-reference stream (table 18); a missing type is 1."""
    first, second, _ = fields
    kind = int.from_bytes(row[:first], "big") if first else 1
    two, three = row[first : first + second], row[first + second :]
    if kind == 1:
        return Plain(int.from_bytes(two, "big"), int.from_bytes(three, "big"))
    return Packed(int.from_bytes(two, "big"), int.from_bytes(three, "big")) if kind == 2 else None


def _stream_runs(trailer: Dictionary, data: bytes, at: int) -> tuple[Run, ...]:
    fields, index = trailer.get(b"W"), trailer.get(b"Index") or (0, integer(trailer, b"Size"))
    match fields:
        case (int(a), int(b), int(c)) if min(a, b, c) >= 0 and max(a, b, c) <= 8 and a + b + c:
            widths = (a, b, c)
        case _:
            raise damaged(**why("W 的值", "the value of W"))
    numbers = [one for one in index if isinstance(one, int) and one >= 0] if isinstance(index, tuple) else []
    counts, width = numbers[1::2], sum(widths)
    if len(numbers) % 2 or sum(counts) > LARGEST:
        raise damaged(**why("Index 的值", "the value of Index"))
    rows = unfolded(trailer, raw_stream(data, at, integer(trailer, b"Length")), sum(counts) * width + _SLACK)
    runs, start = [], 0
    for first, count in zip(numbers[::2], counts, strict=True):
        runs.append(Run(first, count, rows[start : start + count * width], width, widths))
        start += count * width
    if start > len(rows):
        raise damaged(**why("交叉引用流", "cross-reference stream"))
    return tuple(runs)


def raw_stream(data: bytes, at: int, length: int) -> bytes:
    """The coded bytes of a stream whose dictionary ends at `at`; raises `Damaged`."""
    head = _STREAM.match(data, at)
    if head is None or head.end() + length > len(data):
        raise damaged(**why("流", "stream"))
    start = head.end()
    if pdf_syntax.after_gap(data, start + length) != data.find(b"endstream", start + length, start + length + 64):
        raise damaged(**why("流的长度", "the length of a stream"))
    return data[start : start + length]


def unfolded(about: Dictionary, coded: bytes, most: int = LONGEST) -> bytes:
    """The bytes of a stream, of which no more than `most` are wanted; raises `Damaged` and `MetadataOverLimit`."""
    names, settings = _filters(about)
    if not names:
        return coded
    if names != [b"FlateDecode"]:
        raise damaged(**why("流的过滤器", "the filter of a stream"))
    if most > LONGEST:
        raise MetadataOverLimit(place="PDF", **why("流过大", "a stream is too large"))
    predictor = settings.get(b"Predictor") if settings else None
    if not isinstance(predictor, int) or predictor < 10:
        return _inflated(coded, most)
    columns = settings.get(b"Columns") if settings else None
    width = columns if isinstance(columns, int) and 0 < columns <= LONGEST else 1
    return _unpredicted(_inflated(coded, most + most // width + 1 + width), width)


def _filters(about: Dictionary) -> tuple[list[bytes], Dictionary | None]:
    filters, settings = about.get(b"Filter"), about.get(b"DecodeParms")
    names = filters if isinstance(filters, tuple) else () if filters is None else (filters,)
    one = settings[0] if isinstance(settings, tuple) and settings else settings
    texts = [name.text if isinstance(name, Name) else b"?" for name in names]
    return texts, one if isinstance(one, Dictionary) else None


def _inflated(coded: bytes, most: int) -> bytes:
    unpack = zlib.decompressobj()
    try:
        out = unpack.decompress(coded, most + 1)
    except zlib.error:
        raise damaged(**why("压缩数据", "compressed data")) from None
    if len(out) > most:
        raise MetadataOverLimit(place="PDF", **why("解压后过大", "too large when decompressed"))
    return out


def _unpredicted(data: bytes, width: int) -> bytes:
    """The rows before the PNG predictor (7.4.4.4): each begins with its filter, in practice None or Up."""
    count = len(data) // (width + 1)
    rows = np.frombuffer(data, np.uint8, count * (width + 1)).reshape(count, width + 1)
    kinds, body = rows[:, 0], rows[:, 1:]
    if not np.isin(kinds, (0, 2)).all():
        raise damaged(**why("流的预测器", "the predictor of a stream"))
    sums = np.cumsum(body, axis=0, dtype=np.uint8)
    before = np.concatenate((np.zeros((1, width), np.uint8), sums[:-1])) if count else sums
    # An unfiltered row begins anew: what had summed up before it is taken off.
    begun = np.maximum.accumulate(np.where(kinds == 0, np.arange(count), 0))
    return (sums - before[begun]).tobytes()

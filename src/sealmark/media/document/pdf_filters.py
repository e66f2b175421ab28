"""What a stream of a PDF says behind its filters, within bounds (ISO 32000-2, 7.4).

Only the filters of text are undone: what is packed as a picture is none of a page's instructions.
"""

import base64
import re
import zlib
from collections.abc import Callable, Mapping

from sealmark.errors import why
from sealmark.media.document.pdf import Container
from sealmark.media.document.pdf_syntax import Dictionary, Name, Reference, Value, damaged
from sealmark.media.errors import MetadataOverLimit

LONGEST = 128 * 1024 * 1024  # bytes of the instructions of one page
_SPACE = re.compile(rb"[\x00\t\n\x0c\r ]+")


def content(container: Container, reference: Reference, most: int = LONGEST) -> bytes:
    """A stream's bytes, of which no more than `most` are wanted; raises `Damaged` and `MetadataOverLimit`."""
    about, coded = container.coded(reference)
    names, settings = _listed(container, about, b"Filter"), _listed(container, about, b"DecodeParms")
    for number, name in enumerate(names):
        undo = _FILTERS.get(name.text) if isinstance(name, Name) else None
        given = container.dictionary(settings[number]) if number < len(settings) else None
        if undo is None or (given is not None and given.get(b"Predictor") not in {None, 1}):
            raise damaged(**why("页面内容的过滤器", "the filter of a page's content"))
        coded = undo(coded, most, given)
        if len(coded) > most:
            raise MetadataOverLimit(place="PDF", **why("页面内容过大", "a page's content is too large"))
    return coded


def _listed(container: Container, about: Dictionary, key: bytes) -> tuple[Value, ...]:
    found, _ = container.resolved(about.get(key))
    several = found if isinstance(found, tuple) else () if found is None else (found,)
    return tuple(container.resolved(one)[0] for one in several)


def _flate(coded: bytes, most: int, _settings: Dictionary | None) -> bytes:
    unpack = zlib.decompressobj()
    try:
        return unpack.decompress(coded, most + 1)
    except zlib.error:
        raise damaged(**why("页面内容的压缩数据", "the compressed content of a page")) from None


def _hexadecimal(coded: bytes, _most: int, _settings: Dictionary | None) -> bytes:
    digits = _SPACE.sub(b"", coded.partition(b">")[0])
    try:
        return bytes.fromhex((digits + b"0" * (len(digits) & 1)).decode())
    except (ValueError, UnicodeDecodeError):
        raise damaged(**why("十六进制数据", "hexadecimal data")) from None


def _base85(coded: bytes, _most: int, _settings: Dictionary | None) -> bytes:
    digits = _SPACE.sub(b"", coded).removeprefix(b"<~").partition(b"~")[0]
    try:
        return base64.a85decode(digits)
    except ValueError:
        raise damaged(**why("ASCII85 数据", "base-85 data")) from None


def _run_length(coded: bytes, most: int, _settings: Dictionary | None) -> bytes:
    out, at = bytearray(), 0
    while at < len(coded) and coded[at] != 128 and len(out) <= most:
        length = coded[at]
        out += coded[at + 1 : at + 2 + length] if length < 128 else coded[at + 1 : at + 2] * (257 - length)
        at += length + 2 if length < 128 else 2
    return bytes(out)


def _lzw(coded: bytes, most: int, settings: Dictionary | None) -> bytes:
    """7.4.4.2: codes of 9 to 12 bits; 256 begins a new table, 257 ends."""
    early = 0 if settings is not None and settings.get(b"EarlyChange") == 0 else 1
    out, table, last = bytearray(), [bytes((byte,)) for byte in range(256)] + [b"", b""], b""
    bits, held, width = 0, 0, 9
    for byte in coded:
        bits, held = bits << 8 | byte, held + 8
        if held < width:
            continue
        held -= width
        code, bits = bits >> held, bits & ((1 << held) - 1)
        if code == 256:
            del table[258:]
            last, width = b"", 9
            continue
        if code == 257 or code > len(table) or (code == len(table) and not last) or len(out) > most:
            break
        word = table[code] if code < len(table) else last + last[:1]
        out += word
        if last and len(table) < 4096:
            table.append(last + word[:1])
        last = word
        width = max(9, min(12, (len(table) + early).bit_length()))
    return bytes(out)


_Undo = Callable[[bytes, int, Dictionary | None], bytes]
_FILTERS: Mapping[bytes, _Undo] = {
    name: undo
    for names, undo in (
        ((b"FlateDecode", b"Fl"), _flate),
        ((b"ASCIIHexDecode", b"AHx"), _hexadecimal),
        ((b"ASCII85Decode", b"A85"), _base85),
        ((b"RunLengthDecode", b"RL"), _run_length),
        ((b"LZWDecode", b"LZW"), _lzw),
    )
    for name in names
}

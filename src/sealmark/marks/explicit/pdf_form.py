"""The form that draws the plate, and its font, as the objects of a PDF (ISO 32000-2, 8.10 and 9.7)."""

import zlib
from collections.abc import Callable
from functools import cache

from sealmark.marks.explicit import plate
from sealmark.marks.explicit.typeface import typeface
from sealmark.media.document import pdf_syntax
from sealmark.media.document.pdf_syntax import Reference

FONT = b"SealmarkFont"
WORDING = b"SealmarkWording"  # what the form says, among its entries
_NAME = b"SEALMK+SealmarkLabel-Bold"  # 9.9.2: a subset has a tag of six letters
_MOST_SHOWN = 100  # entries of one block of a map (Adobe TN 5014)

New = Callable[[bytes], Reference]


def made(wording: str, new: New) -> Reference:
    """The form with this wording; `new` takes the body of each object that it needs, and numbers it."""
    font = _font(wording, new)
    (across, high), body = plate.form(wording, FONT)
    about = b"/Type /XObject /Subtype /Form /BBox [0 0 %.2f %.2f] /Resources << /Font << /%s %s >> >> /%s %s"
    return new(stream(about % (across, high, FONT, written(font), WORDING, pdf_syntax.written(wording)), body))


def stream(about: bytes, body: bytes) -> bytes:
    """A stream with these further entries."""
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (about, len(body), body)


def written(reference: Reference) -> bytes:
    """A reference as a file holds it."""
    return b"%d %d R" % (reference.number, reference.generation)


def _font(wording: str, new: New) -> Reference:
    """The label font, whose codes are its own glyphs (9.7.4), and what they say (9.10.3)."""
    about = b"/Type /Font /Subtype /Type0 /BaseFont /%s-Identity-H /Encoding /Identity-H /DescendantFonts [%s]"
    unicode = new(stream(b"", _to_unicode(wording)))
    return new(b"<< " + about % (_NAME, written(_descendant(wording, new))) + b" /ToUnicode %s >>" % written(unicode))


def _descendant(wording: str, new: New) -> Reference:
    face = typeface()
    widths = b" ".join(b"%d [%d]" % (face.identifiers[one], face.widths[one]) for one in sorted(set(wording)))
    return new(
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
        b"/Supplement 0 >> /FontDescriptor %s /DW 1000 /W [%s] >>" % (_NAME, written(_descriptor(new)), widths)
    )


def _descriptor(new: New) -> Reference:
    file = new(stream(b"/Subtype /CIDFontType0C /Filter /FlateDecode", _packed_outlines()))
    return new(
        b"<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [-1000 -1000 2000 2000] /ItalicAngle 0 "
        b"/Ascent 880 /Descent -120 /CapHeight 733 /StemV 140 /FontFile3 %s >>" % (_NAME, written(file))
    )


@cache
def _packed_outlines() -> bytes:
    return zlib.compress(typeface().outlines, 9)


def _to_unicode(wording: str) -> bytes:
    """The map from codes to characters, so that the wording is found, copied and read aloud."""
    codes = typeface().identifiers
    entries = [f"<{codes[one]:04X}> <{one.encode('utf-16-be').hex().upper()}>" for one in sorted(set(wording))]
    blocks = [entries[at : at + _MOST_SHOWN] for at in range(0, len(entries), _MOST_SHOWN)]
    shown = "".join(f"{len(block)} beginbfchar\n{chr(10).join(block)}\nendbfchar\n" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\n"
        f"endcodespacerange\n{shown}endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode()

"""The filters of text are undone as their specification says, within bounds."""

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.media.document import pdf, pdf_filters
from sealmark.media.document.pdf_syntax import Reference
from sealmark.media.errors import Damaged, MetadataOverLimit
from tests.media import papers

# ISO 32000-2, 7.4.4.2, example: what its encoder makes of 45 45 45 45 45 65 45 45 45 66.
LZW = bytes.fromhex("800B6050220C0C8501")


def _content(coded: bytes, filters: bytes, most: int = 1 << 20) -> bytes:
    stream = b"<< /Filter %s /Length %d >>\nstream\n%s\nendstream" % (filters, len(coded), coded)
    objects = {1: papers.CATALOGUE, 2: papers.PAGES, 3: stream}
    container = pdf.parse(papers.table(objects, papers.ROOT, before=b"%PDF-1.4\n"))
    return pdf_filters.content(container, Reference(3, 0), most)


@given(st.binary(max_size=300))
def test_every_filter_gives_back_what_was_coded(body: bytes) -> None:
    """Alone and one behind another, by the encoders of the standard library."""
    packed = zlib.compress(body)
    assert _content(packed, b"/FlateDecode") == body
    assert _content(base64.a85encode(packed, wrapcol=20) + b"~>", b"[/ASCII85Decode /FlateDecode]") == body
    assert _content(body.hex(" ").encode() + b">", b"/ASCIIHexDecode") == body
    assert _content(base64.a85encode(body.hex().encode()) + b"~>", b"[/A85 /AHx]") == body


def test_lzw_as_the_specification_has_it() -> None:
    """Its own example; and runs of literal and of equal bytes."""
    assert _content(LZW, b"/LZWDecode") == bytes((45, 45, 45, 45, 45, 65, 45, 45, 45, 66))
    assert _content(b"\x02abc\xfdz\x80junk", b"/RunLengthDecode") == b"abczzzz"


@pytest.mark.parametrize(
    ("coded", "filters", "error"),
    [
        (b"x", b"/DCTDecode", Damaged),
        (b"not packed", b"/FlateDecode", Damaged),
        (b"4g>", b"/ASCIIHexDecode", Damaged),
        (b"\x7f\x80~>", b"/ASCII85Decode", Damaged),
        (zlib.compress(bytes(1 << 20)), b"/FlateDecode", MetadataOverLimit),
        (b"\x81z" * 9999, b"/RunLengthDecode", MetadataOverLimit),
    ],
)
def test_what_cannot_be_read_is_said(coded: bytes, filters: bytes, error: type[Exception]) -> None:
    """Pictures' filters, broken data, and what unfolds beyond what is wanted."""
    with pytest.raises(error):
        _content(coded, filters, 1 << 16)
